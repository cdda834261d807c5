"""How a measurement tells: lines while it runs, files for people and programs at its end.

Knows nothing of what is measured.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def to_stderr(line: str) -> None:
    """A line at once, apart from the result."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def write(result: Mapping[str, Any], page: str, folder: Path, name: str) -> Path:
    """Writes the result for programs and its page for people; returns where the page is."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result, ensure_ascii=False, indent=1)
    (folder / f"{name}.json").write_text(text + "\n", "utf-8")
    path = folder / f"{name}.md"
    path.write_text(page, "utf-8")
    return path
