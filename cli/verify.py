"""``restore verify``: check that results are sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import table_options
from .words import tell, tell_json, warn

if TYPE_CHECKING:
    from restorer import Verification


@click.command(
    epilog="\b\nExamples:\n"
    "  restore verify photo.jpg photo-restored.jpg\n"
    "  restore verify holiday large --scale 2\n"
    "  restore verify scans clean --name '{stem}-clean{suffix}' --profile srgb --json\n"
)
@click.argument("source", metavar="IN", type=click.Path(exists=True, path_type=Path))
@click.argument("result", metavar="OUT", type=click.Path(path_type=Path))
@click.option(
    "--scale",
    metavar="N",
    type=click.IntRange(1),
    help="Factor by which all results were enlarged.  [default: any whole number]",
)
@click.option(
    "--name",
    metavar="TEMPLATE",
    default="{stem}{suffix}",
    show_default=True,
    help="Names of the results in a folder, as for `restore batch`; results with other suffixes"
    " are found, too.",
)
@click.option(
    "--model",
    multiple=True,
    metavar="ID",
    help="Model that made the results, for {model} and {scale} in --name.",
)
@click.option(
    "--exclude",
    multiple=True,
    metavar="PATTERN",
    help="Skip files and folders that match; may be repeated.",
)
@table_options("bits", "profile")
@click.option("--json", "as_json", is_flag=True, help="Print all checks as JSON.")
@click.option("-v", "--verbose", is_flag=True, help="Print every check, with its notes.")
@click.pass_context
def verify(
    ctx: click.Context,
    source: Path,
    result: Path,
    scale: int | None,
    name: str,
    model: tuple[str, ...],
    exclude: tuple[str, ...],
    bits: Any,
    profile: str,
    as_json: bool,
    verbose: bool,
) -> None:
    """Check that OUT is a sound result of IN: two files, or two folders of `restore batch`.

    Every result must exist and be readable to the end. It must have the size, depth, color profile,
    orientation, transparency and metadata of its source, as far as its format can hold them, and
    the same colors when averaged over blocks. If you restored with --bits or --profile, give the
    same options here. Extra files in the folder of results are counted.

    Exit codes: 0 all results are sound, 1 some are not, 2 wrong usage.
    """
    from restorer import ResultPairs, pair_results, verify_result

    if source.is_dir():
        found = pair_results(source, result, steps=model, name=name, exclude=exclude)
    elif result.is_dir():
        raise click.UsageError(f"{source} and {result}: give two files, or two folders")
    else:
        found = ResultPairs(((source, result),), (), ())
    entries, failed = [], 0
    for pair in found.pairs:
        verified = verify_result(*pair, scale=scale, bits=bits, profile=profile)
        failed += verified.state == "failed"
        entries.append({**asdict(verified), "state": verified.state})
        if not as_json:
            tell(*_lines(verified, verbose=verbose))
    unread = [each for each in found.ignored if each.failed]
    counts = {
        "sound": len(found.pairs) - failed,
        "failed": failed + len(unread),
        "extra": len(found.extra),
    }
    if as_json:
        everything = {"files": entries, "unread": [asdict(each) for each in unread]}
        tell_json({**everything, "counts": counts})
    else:
        tell(", ".join(f"{number} {word}" for word, number in counts.items()))
    for each in unread:
        warn(f"failed: {each.path}: {each.reason}")
    if not found.pairs:
        warn(f"{source}: no pictures")
    ctx.exit(1 if counts["failed"] or not found.pairs else 0)


def _lines(verified: Verification, *, verbose: bool) -> Iterator[str]:
    """Yield a line on a result, and one for each check that failed, or for each at all."""
    if verified.state == "failed":
        yield f"failed: {verified.result}"
    else:
        notes = sum(check.state == "noted" for check in verified.checks)
        words = {0: "", 1: "  (1 note)"}.get(notes, f"  ({notes} notes)")
        yield f"sound: {verified.result}{words}"
    for check in verified.checks:
        if verbose or check.state == "failed":
            yield f"  {check.state}: {check.name}: {check.words}"
