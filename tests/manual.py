"""The generated parts of the manual, docs/commands.md and docs/llms.txt: python tests/manual.py

tests/test_docs.py compares the files with what the program says of itself.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from restorer import presets_file
from restorer.cli.group import cli

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
_SHARED = ("image", "batch", "watch")  # what these have in common is described once
_PRESETS = "~/.config/restorer/presets.toml"
_LINK = re.compile(r"!?\[([^]]*)\]\([^)]*\)")


def main() -> None:
    for path, text in GENERATED.items():
        path.write_text(text(), "utf-8")


def commands() -> dict[str, click.Command]:
    """Return all commands by their words, such as ``weights fetch``."""
    return dict(_walk(cli, ""))


def _walk(group: click.Group, before: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{before}{name}", command
        if isinstance(command, click.Group):
            yield from _walk(command, f"{before}{name} ")


def reference() -> str:
    """Return the reference of all commands as Markdown."""
    found = commands()
    listed = {name: options(command) for name, command in found.items()}
    first, *others = (listed[name] for name in _SHARED)
    shared = [option for option in first if all(option in other for other in others)]
    lines = [
        "# Command reference",
        "",
        "Every command with its options, as `restore COMMAND --help` prints them."
        " `python tests/manual.py` writes this page. [Command line](command-line.md) explains"
        " what they are for.",
        "",
        "| exit code | meaning |",
        "|---|---|",
        "| 0 | success |",
        "| 1 | some files failed, or there is a problem |",
        "| 2 | the command line is wrong |",
        "| 130 | interrupted |",
    ]
    for name, command in found.items():
        context = click.Context(command, info_name=f"restore {name}")
        usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
        lines += ["", f"## restore {name}", "", "```text", usage, "```", ""]
        lines += paragraphs(command.help or "")
        own = [option for option in listed[name] if name not in _SHARED or option not in shared]
        lines += table(own)
        if name in _SHARED:
            lines += ["", "It also takes the [shared options](#shared-options)."]
        lines += examples(command.epilog or "")
    lines += ["", "## Shared options", ""]
    lines += ["These are options of `restore image`, `restore batch` and `restore watch`."]
    return "\n".join([*lines, *table(shared)]) + "\n"


def options(command: click.Command) -> list[tuple[str, str]]:
    """Return names and description of each option but --help."""
    context = click.Context(command)
    records = (
        each.get_help_record(context)
        for each in command.params
        if isinstance(each, click.Option) and not each.hidden
    )
    return [(names, _plain(text)) for names, text in filter(None, records)]


def _plain(text: str) -> str:
    return " ".join(text.split()).replace(str(presets_file()), _PRESETS)


def table(records: list[tuple[str, str]]) -> list[str]:
    if not records:
        return []
    rows = [f"| `{cell(names)}` | {cell(text)} |" for names, text in records]
    return ["", "| option | meaning |", "|---|---|", *rows]


def cell(text: str) -> str:
    return text.replace("|", "\\|")


def paragraphs(text: str) -> list[str]:
    kept = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text.split("\f")[0])]
    return "\n\n".join(filter(None, kept)).split("\n")


def examples(epilog: str) -> list[str]:
    r"""Return the lines of an epilog, whose paragraphs start with \b, as a block of code."""
    lines = [line.rstrip() for line in epilog.replace("\b", "").split("\n")]
    code = "\n".join(lines).strip("\n")
    return ["", "```text", code, "```"] if code.strip() else []


def index() -> str:
    """Return a list of all pages with their first sentences, as llms.txt files have it."""
    lines = [
        "# restorer",
        "",
        "> Restores photographs with attention networks, offline: super-resolution, denoising,"
        " removal of JPEG artifacts, demosaicing, and enlargement with reference pictures.",
    ]
    for title, pages in navigation():
        lines += ["", f"## {title}", ""]
        lines += [f"- [{heading(page)}]({page}): {summary(page)}" for page in pages]
    return "\n".join(lines) + "\n"


def navigation() -> Iterator[tuple[str, list[str]]]:
    """Yield the title and the pages of each section of mkdocs.yml."""
    title, pages = "Start", list[str]()
    text = (ROOT / "mkdocs.yml").read_text("utf-8").split("\nnav:\n")[1]
    for line in text.splitlines():
        found = re.match(r"( +)- (?:([^:]+):)?\s*(\S+\.md)?$", line)
        assert found is not None, line
        if found[2] and not found[3] and len(found[1]) == 2:
            yield title, pages
            title, pages = found[2], []
        elif found[3]:
            pages.append(found[3])
    yield title, pages


def heading(page: str) -> str:
    return _text(page).split("\n", 1)[0].removeprefix("# ")


def summary(page: str) -> str:
    """Return the first sentence of a page."""
    if page == "commands.md":  # which is being written
        return "Every command with its options."
    text = re.sub(r"^```.*?^```$", "", _text(page), flags=re.MULTILINE | re.DOTALL)
    for part in text.split("\n\n")[1:]:
        if re.match(r"[\w`*\[]", part):
            plain = _LINK.sub(r"\1", " ".join(part.split())).replace("**", "").replace("*", "")
            return re.split(r"(?<=\.)\s(?=[A-Z`])", plain)[0]
    raise AssertionError(f"{page}: starts with no sentence")


def _text(page: str) -> str:
    if page == "commands.md":
        return "# Command reference"
    return (DOCS / page).read_text("utf-8")


GENERATED = {DOCS / "commands.md": reference, DOCS / "llms.txt": index}

if __name__ == "__main__":
    sys.exit(main())
