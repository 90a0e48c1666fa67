"""``restore replay``: repeat a restoration and compare the pixels."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from .words import tell, tell_json, warn


@click.command(
    epilog="\b\nExamples:\n"
    "  restore replay large/photo.jpg\n"
    "  restore replay photo-restored.png --source archive/photo.png\n"
    "  restore replay big.png --source small.png --reference sharp.jpg -o again.png\n"
)
@click.argument("result", metavar="FILE", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--source",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="The image that FILE was made from.  [default: as in the journal, or next to FILE]",
)
@click.option(
    "--reference",
    multiple=True,
    metavar="PATH",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A reference that was used; may be repeated.  [default: as for --source]",
)
@click.option(
    "--weights",
    "checkpoints",
    multiple=True,
    metavar="PATH",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File of weights that were used but are not installed; may be repeated.",
)
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    type=click.Path(path_type=Path),
    help="Also write the new picture to this file, in the format of FILE; it must not exist yet.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
@click.pass_context
def replay(
    ctx: click.Context,
    result: Path,
    source: Path | None,
    reference: tuple[Path, ...],
    checkpoints: tuple[Path, ...],
    output: Path | None,
    as_json: bool,
) -> None:
    """Repeat the restoration that made FILE, and compare the pixels.

    How FILE was made is recorded in its XMP, in a sidecar FILE.xmp or in the journal of its batch.
    Source, references and weights are recognized by their SHA-256.

    Exit codes: 0 same pixels, 1 other pixels or a failure, 2 wrong usage or nothing recorded.
    """
    from restorer import replay_result

    found = replay_result(
        result, source=source, references=reference, checkpoints=checkpoints, output=output
    )
    if as_json:
        tell_json({**asdict(found), "same": found.same})
    else:
        for note in found.notes:
            warn(note)
        tell(_words(found.same, found.psnr, found.largest, found.share))
    ctx.exit(0 if found.same else 1)


def _words(same: bool, psnr: float, largest: float, share: float) -> str:
    if same:
        return "same pixels"
    if not psnr:
        return "another size or depth"
    return (
        f"other pixels: {share:.2%} of the samples differ, by at most {largest:.3g} of 255;"
        f" PSNR {psnr:.1f} dB"
    )
