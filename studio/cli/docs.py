"""`python -m studio.cli.docs`: docs/cli.md, written from the parser so that it cannot drift."""

import argparse
import sys
from collections.abc import Iterator

from studio.cli.parser import EPILOG, Parser, build, subcommands

HEAD = """\
# The command line

Written by `python -m studio.cli.docs > docs/cli.md`; change the parser, not this page.

Results go to stdout, one path per artifact; progress, notes and errors go to stderr. An error is
one line, `error: what, the value got, the way out`; `--debug`, before or after the command, adds
the traceback. With `--json`, stdout holds one JSON value per line.
"""


def page() -> str:
    """The whole page."""
    root = build()
    lines = [HEAD, EPILOG[0].upper() + " ".join(EPILOG[1:].split()) + ".", ""]
    for name, command in subcommands(root).items():
        lines += [
            f"## studio {name}",
            "",
            command.description or "",
            "",
            f"    {usage(command)}",
            "",
        ]
        lines += [*rows(command), ""]
    return "\n".join(lines).rstrip() + "\n"


def usage(command: Parser) -> str:
    """The command with its arguments on one line, whatever the width of the terminal."""
    actions = [a for a in command._actions if a.option_strings] + [
        a for a in command._actions if not a.option_strings
    ]
    shown = [action for action in actions if action.dest not in ("help", "debug")]
    return " ".join([command.prog, *map(_usage_part, shown)])


def _usage_part(action: argparse.Action) -> str:
    if not action.option_strings:
        return {"?": f"[{action.metavar}]", "*": f"[{action.metavar} ...]"}.get(
            str(action.nargs), str(action.metavar)
        )
    return f"[{_option(action)}]"


def _option(action: argparse.Action) -> str:
    name = action.option_strings[-1]
    if action.nargs == 0:
        return name
    return f"{name} {action.metavar or action.dest.upper()}"


def rows(command: Parser) -> Iterator[str]:
    """A table of what the command takes."""
    yield "| argument | meaning |"
    yield "|---|---|"
    for action in command._actions:
        if action.dest in ("help", "debug"):
            continue
        name = _option(action) if action.option_strings else str(action.metavar)
        yield f"| `{_cell(name)}` | {_cell(_meaning(action))} |"


def _cell(text: str) -> str:
    """Text inside a table: a bare bar would end the cell."""
    return text.replace("|", "\\|")


def _meaning(action: argparse.Action) -> str:
    has_default = bool(action.option_strings) and action.nargs != 0 and bool(action.default)
    return f"{action.help} (default {action.default})" if has_default else str(action.help)


if __name__ == "__main__":
    sys.stdout.write(page())
