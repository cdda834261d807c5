"""The README tells the truth: its commands are read as they stand, what it links to is there."""

import re
import shlex
from pathlib import Path

import pytest

from studio import core
from studio.cli import making, parser

ROOT = Path(__file__).resolve().parent.parent
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
COMMAND = re.compile(r"^(?:\.venv/bin/)?studio ((?:make|verify) .+)$", re.MULTILINE)
IN_A_TABLE = re.compile(r"^\| \d+ \| `studio (make [^`]+)`", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


def commands() -> list[str]:
    text = "\n".join(page.read_text("utf-8") for page in PAGES)
    found = [*COMMAND.findall(text), *IN_A_TABLE.findall(text)]
    # The reference has patterns, not commands.
    return [line for line in found if "[--" not in line]


@pytest.mark.parametrize("line", commands())
def test_a_command_means_something(line: str) -> None:
    options = parser.parse(shlex.split(line))
    if options.command == "make" and not options.input:
        jobs = core.resolve(making.request_of(options))
        assert jobs and jobs[0].is_sure


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_linked_to_is_there(page: Path) -> None:
    links = LINK.findall(page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
