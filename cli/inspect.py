"""``restore inspect``: say what pictures need, without restoring them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from .params import expanded
from .words import duration, size, tell, tell_json, warn

if TYPE_CHECKING:
    from restorer import Diagnosis, Finding, Header

_CONTENTS = {
    "photograph": "a photograph",
    "art": "art or a drawing",
    "screenshot": "a screenshot",
    "scan": "a scanned page",
    "raw": "samples of a camera sensor",
}
# Of each damage: its name and the meaning of its strength.
_DAMAGES = {
    "white-noise": "white noise, sigma {:.1f}",
    "camera-noise": "camera noise, sigma {:.1f}",
    "coarse-noise": "coarse noise, sigma {:.1f}",
    "film-grain": "film grain, sigma {:.1f}",
    "chroma-noise": "color blotches, sigma {:.1f}",
    "sensor-noise": "sensor noise, sigma {:.1f}",
    "jpeg": "JPEG compression, quality {:.0f}",
    "resaved-jpeg": "JPEG compression, saved again, lowest quality {:.0f}",
    "blur": "blur, sigma {:.1f} pixels",
    "small": "few pixels, {:.0f} on the shorter side",
}


@click.command(
    epilog="\b\nExamples:\n"
    "  restore inspect photo.jpg\n"
    "  restore inspect small.jpg --scale 4             with the steps that enlarge it\n"
    "  restore inspect *.jpg --json > findings.json\n"
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--scale",
    metavar="N",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Also recommend steps that enlarge by this factor.",
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.pass_context
def inspect(ctx: click.Context, files: tuple[str, ...], scale: int, as_json: bool) -> None:
    """Say what each FILE shows, what is wrong with it, and which steps would repair it.

    Noise is given as sigma on the 0-255 scale, and blur as the sigma of a Gaussian in pixels. Each
    finding has a confidence between 0 and 100 %.

    Exit codes: 0 all files were inspected, 1 some cannot be read, 2 wrong usage.
    """
    from restorer import ImageError, diagnose, local_copy, location, probe

    entries, failed = [], 0
    for number, word in enumerate(expanded(files)):
        place = location(word)
        try:
            with local_copy(place) as path:
                header, found = probe(path), diagnose(path, scale=scale)
        except (ImageError, OSError) as error:
            failed += 1
            said = str(error) if isinstance(error, ImageError) else error.strerror or str(error)
            said = said if said.startswith(str(place)) else f"{place}: {said}"
            warn(f"failed: {said}")
            entries.append({"file": str(place), "error": said})
            continue
        entries.append(_entry(str(place), header, found))
        if not as_json:
            tell(*([""] if number else []), *_lines(str(place), header, found))
    if as_json:
        tell_json(entries)
    ctx.exit(1 if failed else 0)


def _lines(name: str, header: Header, found: Diagnosis) -> Iterator[str]:
    pages = f", {header.pages} pages, of which this is the first" if header.pages > 1 else ""
    yield f"{name}: {header.format}, {header.width} x {header.height}, {header.bits} bit{pages}"
    yield f"  It shows {_CONTENTS[found.content.kind]}{_reason(found.content)}"
    for damage in found.damages:
        words = _DAMAGES[damage.kind].format(damage.strength)
        yield f"  It has {words}{_reason(damage)}"
    treatment = found.treatment
    yield f"  Recommended: {_steps(found)}. {treatment.reason}"
    if treatment.steps:
        needed = f"{duration(treatment.seconds)} and {size(treatment.memory)} of memory"
        yield f"  That takes about {needed} on this machine."


def _reason(finding: Finding) -> str:
    return f" ({finding.confidence:.0%} certain). {finding.reason}"


def _steps(found: Diagnosis) -> str:
    """Return the steps as options of `restore image`."""
    words = []
    for step in found.treatment.steps:
        level = "" if step.sigma is None else f" --sigma {step.sigma:g}"
        words.append(f"--model {step.model}{level}")
    return ", then ".join(words) or "nothing"


def _entry(name: str, header: Header, found: Diagnosis) -> dict[str, Any]:
    """Return a diagnosis as JSON; noise levels are pictures of their own and left out."""
    treatment = asdict(found.treatment)
    treatment["steps"] = [
        {field: value for field, value in step.items() if value is not None}
        for step in treatment["steps"]
    ]
    return {
        "file": name,
        **asdict(header),
        "content": asdict(found.content),
        "clean": found.clean,
        "damages": [asdict(each) for each in found.damages],
        "treatment": treatment,
    }
