"""Measure all included models by the papers' protocols and write the tables into the docs.

python tests/benchmarks quality --data DIR [--limit N] [SECTION ...]

DIR holds the test sets; missing ones are skipped: set5/HR, set14/HR, cbsd68, set12, classic5,
kodak24, mcmaster; for references refsr/sceaux_castle and refsr/opensfm_berlin. Each table compares
the baselines, the models, and published networks.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

from page import fill

import restorer
from restorer import Score
from restorer.evaluation.evaluate import Evaluation, named_models
from restorer.evaluation.protocols import PROTOCOLS, Value

DOCS = Path(__file__).parents[2] / "docs"
TITLES = {
    "set5/HR": "Set5",
    "set14/HR": "Set14",
    "cbsd68": "CBSD68",
    "set12": "Set12",
    "classic5": "Classic5",
    "kodak24": "Kodak24",
    "mcmaster": "McMaster",
    "refsr/sceaux_castle": "Sceaux, 8 views",
    "refsr/opensfm_berlin": "Berlin, 3 views",
}

# Sources of published figures; the cells of a row follow the columns of its section, set by set.
PAPER = "paper"
HERE = "published code, this protocol"


@dataclass(frozen=True)
class Row:
    """A network that is not included; `cells` are PSNR / SSIM, by column."""

    network: str
    source: str
    cells: Sequence[str]


@dataclass(frozen=True)
class Section:
    """One table.

    Attributes:
        protocol: A key of `PROTOCOLS`.
        sets: Folders below DIR.
        values: Values of the protocol's setting; the protocol's defaults if empty.
        published: Published networks to compare with.
        page: The page in docs that contains the table.
    """

    protocol: str
    sets: Sequence[str]
    values: Sequence[Value] = ()
    published: Sequence[Row] = field(default=())
    page: str = "quality.md"


SR = ("set5/HR", "set14/HR")
VIEWS = ("refsr/sceaux_castle", "refsr/opensfm_berlin")
SECTIONS: Mapping[str, Section] = {
    "x2": Section(
        "super-resolution",
        SR,
        (2,),
        (
            Row("CARN-M [1]", HERE, ("37.68 / 0.9595", "33.30 / 0.9152")),
            Row("IMDN [2]", HERE, ("38.00 / 0.9605", "33.63 / 0.9177")),
            Row("PAN [3]", HERE, ("38.00 / 0.9605", "33.59 / 0.9181")),
            Row("PA-EDSR [4]", PAPER, ("38.33 / 0.9617", "34.22 / 0.9224")),
            Row("NLSN [5]", PAPER, ("38.34 / 0.9617", "34.08 / 0.9231")),
            Row("ENLCN [6]", PAPER, ("38.37 / 0.9618", "34.17 / 0.9229")),
        ),
    ),
    "x3": Section(
        "super-resolution",
        SR,
        (3,),
        (
            Row("CARN-M [1]", HERE, ("34.06 / 0.9248", "30.10 / 0.8377")),
            Row("IMDN [2]", HERE, ("34.36 / 0.9270", "30.32 / 0.8417")),
            Row("PAN [3]", HERE, ("34.40 / 0.9272", "30.36 / 0.8422")),
            Row("PA-EDSR [4]", PAPER, ("34.84 / 0.9306", "30.71 / 0.8488")),
            Row("NLSN [5]", PAPER, ("34.85 / 0.9306", "30.70 / 0.8485")),
        ),
    ),
    "x4": Section(
        "super-resolution",
        SR,
        (4,),
        (
            Row("CARN-M [1]", HERE, ("31.88 / 0.8910", "28.42 / 0.7772")),
            Row("IMDN [2]", HERE, ("32.21 / 0.8948", "28.58 / 0.7811")),
            Row("PAN [3]", HERE, ("32.13 / 0.8948", "28.61 / 0.7822")),
            Row("RFDN [7]", HERE, ("32.16 / 0.8946", "28.65 / 0.7825")),
            Row("PA-EDSR [4]", PAPER, ("32.65 / 0.9006", "28.87 / 0.7891")),
            Row("NLSN [5]", PAPER, ("32.59 / 0.9000", "28.87 / 0.7891")),
            Row("ENLCN [6]", PAPER, ("32.67 / 0.9004", "28.94 / 0.7892")),
        ),
    ),
    "web-x2": Section("web", SR, (2,)),
    "web-x4": Section("web", SR, (4,)),
    "noise": Section(
        "denoising",
        ("cbsd68",),
        published=(
            Row("DnCNN [8]", PAPER, ("33.90", "31.24", "27.95")),
            Row("FFDNet [9]", PAPER, ("33.87", "31.21", "27.96")),
            Row("DRUNet [10]", PAPER, ("34.30", "31.69", "28.51")),
        ),
    ),
    "noise-gray": Section(
        "denoising", ("set12",), published=(Row("DnCNN [8]", PAPER, ("-", "30.43", "-")),)
    ),
    "noise-8bit": Section(
        "denoising-8bit",
        ("cbsd68",),
        published=(Row("PANet [4]", PAPER, ("36.50", "30.70", "28.33", "26.89")),),
    ),
    "camera": Section("camera", ("cbsd68",)),
    "jpeg-gray": Section(
        "deblocking",
        ("classic5",),
        published=(
            Row(
                "AR-CNN [11]",
                PAPER,
                ("29.03 / 0.7929", "31.15 / 0.8517", "32.51 / 0.8806", "33.34 / 0.8953"),
            ),
            Row(
                "DnCNN-3 [8]",
                PAPER,
                ("29.40 / 0.8026", "31.63 / 0.8610", "32.91 / 0.8861", "33.77 / 0.9003"),
            ),
            Row(
                "PANet [4]",
                PAPER,
                ("30.03 / 0.8195", "32.36 / 0.8712", "33.53 / 0.8939", "34.38 / 0.9068"),
            ),
        ),
    ),
    "jpeg": Section("deblocking", ("cbsd68",)),
    "mosaic": Section(
        "demosaicing",
        ("kodak24", "mcmaster", "cbsd68"),
        ("rggb",),
        (
            Row("OpenCV VNG", HERE, ("33.47 / 0.9645", "34.86 / 0.9472", "-")),
            Row(
                "Menon et al. 2007 (IEEE TIP 16(1), color-demosaicing 0.2.7)",
                HERE,
                ("39.20 / 0.9818", "34.23 / 0.9311", "-"),
            ),
            Row(
                "Gharbi et al. 2016 (demosaicnet, ACM TOG 35(6))",
                HERE,
                ("41.84 / 0.9882", "39.14 / 0.9707", "-"),
            ),
            Row("PANet, grbg [4]", PAPER, ("43.29 / 0.9905", "40.00 / 0.9737", "42.86 / 0.9933")),
        ),
    ),
} | {
    f"{protocol}-x{scale}": Section(protocol, VIEWS, (scale,), page="reference-sr.md")
    for protocol in ("reference-sr", "reference-self", "reference-unrelated")
    for scale in (4, 2)
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python tests/benchmarks quality")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--limit", type=int, metavar="N", help="use only the first N images of each set"
    )
    parser.add_argument("--page", type=Path, help="write into this page instead of those in docs")
    wanted = parser.parse_args()
    if unknown := set(wanted.sections) - set(SECTIONS):
        parser.error(
            f"unknown sections: {', '.join(sorted(unknown))}; expected one of {', '.join(SECTIONS)}"
        )
    for name in wanted.sections or SECTIONS:
        section = SECTIONS[name]
        block = table(section, wanted.data, wanted.limit)
        print(f"{name}\n{block}\n", flush=True)
        fill(wanted.page or DOCS / section.page, name, block)


def table(section: Section, data: Path, limit: int | None) -> str:
    """Return the table of a section in Markdown, without columns for missing sets."""
    folders = {data / name: name for name in section.sets if (data / name).is_dir()}
    if not folders:
        return f"No data: requires {' or '.join(section.sets)}."
    protocol = PROTOCOLS[section.protocol]
    values = {protocol.setting: section.values}
    run = Evaluation(
        named_models(models(section)),
        list(folders),
        protocol=section.protocol,
        values=values,
        limit=limit,
    )
    scores = list(run.scores())
    columns = [(str(folder), setting) for folder in folders for setting in run.settings]
    head = [heading(TITLES[folders[Path(f)]], s, len(folders), run.settings) for f, s in columns]
    rows = [["method", *head, "source"], ["---"] * (len(head) + 2)]
    for method in run.methods:
        own = [score for score in scores if score.method == method]
        name = method if method in protocol.baselines else f"**{method}**"
        rows.append([name, *(mean(own, *column) for column in columns), "restorer"])
    for row in section.published:
        cells = list(published(row, section, list(folders.values()), run))
        if set(cells) != {"-"}:
            rows.append([row.network, *cells, row.source])
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    if limit is not None:
        lines.append(f"\nOnly the first {limit} images of each set.")
    return "\n".join(lines)


def models(section: Section) -> list[str | Path]:
    """Return the included models for a section."""
    protocol = PROTOCOLS[section.protocol]
    specs = [s for s in restorer.list_models(protocol.task) if s.weights.embedded]
    if protocol.setting == "scale" and section.values:
        specs = [spec for spec in specs if spec.scale in section.values]
    return [spec.id for spec in specs]


def heading(title: str, setting: str, sets: int, settings: Sequence[str]) -> str:
    """Return the heading of a column: the set, the setting, or whichever of the two varies."""
    words = [title] * (sets > 1 or len(settings) == 1) + [setting] * (len(settings) > 1)
    return ", ".join(words)


def mean(scores: Sequence[Score], folder: str, setting: str) -> str:
    own = [score for score in scores if (score.folder, score.setting) == (folder, setting)]
    return f"{fmean(s.psnr for s in own):.2f} / {fmean(s.ssim for s in own):.4f}" if own else "-"


def published(row: Row, section: Section, sets: Sequence[str], run: Evaluation) -> Iterator[str]:
    """Yield the cells of the available sets."""
    count = len(run.settings)
    for number, name in enumerate(section.sets):
        if name in sets:
            yield from row.cells[number * count : (number + 1) * count]


if __name__ == "__main__":
    main()
