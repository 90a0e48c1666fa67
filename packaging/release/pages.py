"""Write a man page for each command, and completions for bash, zsh and fish, from click's tree.

Run as: python packaging/release/pages.py FOLDER
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import click
from click.shell_completion import get_completion_class

import restorer
from restorer.cli.group import cli

COMPLETIONS = {
    "bash": "bash-completion/completions/restore",
    "zsh": "zsh/vendor-completions/_restore",
    "fish": "fish/vendor_completions.d/restore.fish",
}


def main(share: Path) -> None:
    """Write everything below a folder such as /usr/share."""
    pages = share / "man/man1"
    pages.mkdir(parents=True, exist_ok=True)
    for context in walk(click.Context(cli, info_name="restore")):
        name = context.command_path.replace(" ", "-")
        (pages / f"{name}.1").write_text(man_page(context), "utf-8")
    for shell, path in COMPLETIONS.items():
        (share / path).parent.mkdir(parents=True, exist_ok=True)
        (share / path).write_text(completion(shell), "utf-8")


def walk(context: click.Context) -> Iterator[click.Context]:
    """Yield the contexts of a command and of all commands below it."""
    yield context
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            command = context.command.get_command(context, name)
            if command is not None and not command.hidden:
                yield from walk(click.Context(command, parent=context, info_name=name))


def completion(shell: str) -> str:
    """Return the script that completes the words of `restore` in a shell."""
    found = get_completion_class(shell)
    assert found is not None
    script = found(cli, {}, "restore", "_RESTORE_COMPLETE")
    return script.source_template % script.source_vars()


def man_page(context: click.Context) -> str:
    """Return the manual page of a command in roff."""
    command, path = context.command, context.command_path
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH", datetime.now(timezone.utc).timestamp()))
    day = f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%d}"
    title = path.replace(" ", "-")
    short = command.get_short_help_str(200).rstrip(".")
    lines = [
        f'.TH "{roff(title.upper())}" 1 "{day}" "restorer {restorer.__version__}" "restorer"',
        ".ad l",
        ".SH NAME",
        f"{roff(title)} \\- {roff(short)}",
        ".SH SYNOPSIS",
        f".B {roff(path)}",
        roff(" ".join(command.collect_usage_pieces(context))),
        ".SH DESCRIPTION",
        *paragraphs(command.help or ""),
    ]
    records = [
        record
        for each in command.get_params(context)
        if isinstance(each, click.Option) and (record := each.get_help_record(context))
    ]
    if records:
        lines.append(".SH OPTIONS")
    for names, text in records:
        lines += [".TP", f".B {roff(names)}", roff(" ".join(text.split()))]
    if isinstance(command, click.Group):
        lines.append(".SH COMMANDS")
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None and not below.hidden:
                lines += [".TP", f".BR {roff(title + '-' + name)} (1)"]
                lines.append(roff(below.get_short_help_str(200)))
    if command.epilog:
        lines += [".SH EXAMPLES", *paragraphs(command.epilog.replace("Examples:\n", ""))]
    return "\n".join(lines) + "\n"


def paragraphs(text: str) -> Iterator[str]:
    r"""Yield a text of click as roff; a paragraph that starts with \b keeps its lines."""
    for paragraph in re.split(r"\n\s*\n", text.replace("\f", "").strip("\n")):
        if paragraph.strip().startswith("\b"):
            kept = paragraph.split("\b", 1)[1].strip("\n").split("\n")
            yield from (".PP", ".nf", *map(roff, kept), ".fi")
        elif paragraph.strip():
            yield from (".PP", roff(" ".join(paragraph.split())))


def roff(text: str) -> str:
    """Escape what roff would interpret."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga")
    return re.sub(r"^([.'])", r"\\&\1", text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
