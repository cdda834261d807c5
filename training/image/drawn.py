"""Our own drawings: things that no emoji shows, and all of what it shows the head of.

The drawings are `drawn/*.svg`, their names are in `drawn.txt`, written by hand. They are for the
memory only: no model was trained on them, so the split and the judge's pictures stay as they were.
Knows nothing about models or prompts.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.references import OWN, WHOLE
from training.image.render import render_svg

FOLDER = Path(__file__).with_name("drawn")
NAMES = Path(__file__).with_name("drawn.txt")
PACK = "studio-drawings"
STYLE, AUTHOR, LICENCE = OWN, "Multimodal Studio contributors", "Apache-2.0"


@dataclass(frozen=True)
class Drawn:
    """One drawing: its file's name, and what it shows.

    `names`: kind → names, as in `names.json` ("en", "zh", "tags", "alone"); the label comes first.
    `whole_of`: the label of the emoji that shows its head or upper half; it gives the names.
    """

    file: str
    names: Mapping[str, list[str]]
    whole_of: str = ""


def drawn() -> list[Drawn]:
    """Every drawing, in the order of the list."""
    lines = NAMES.read_text("utf-8").splitlines()
    return [_read(line) for line in lines if line and not line.startswith("#")]


def _read(line: str) -> Drawn:
    """One line of `drawn.txt`.

    Raises:
        SystemExit: the line is neither "file: names; names" nor "file = label".
    """
    file, is_whole, label = line.partition(" = ")
    if is_whole:
        return Drawn(file, {}, label)
    file, _, rest = line.partition(": ")
    said = [[name.strip() for name in names.split(",")] for names in rest.split(";")]
    if len(said) != 2 or not all(map(all, said)):
        raise SystemExit(f"{NAMES.name}: cannot read {line!r}; write file: English; Chinese")
    names: dict[str, list[str]] = {}
    for language, each in zip(("en", "zh"), said, strict=True):
        firm = [name for name in each if not name.startswith("~")]
        names[language] = firm[:1]
        names.setdefault("tags", []).extend(firm[1:])
        names.setdefault("alone", []).extend(name[1:] for name in each if name[0] == "~")
    return Drawn(file, {kind: each for kind, each in names.items() if each})


def concept(one: Drawn, labels: Mapping[str, str]) -> str:
    """What a drawing shows: its file's name, or that of an emoji with `WHOLE` behind it.

    Args:
        labels: English label of an emoji → its concept.

    Raises:
        SystemExit: there is no emoji of that label.
    """
    if not one.whole_of:
        return one.file
    if one.whole_of not in labels:
        raise SystemExit(f"{NAMES.name}: no such label: {one.whole_of}; see emojibase-data")
    return labels[one.whole_of] + WHOLE


def pixels(one: Drawn, side: int) -> NDArray[np.uint8]:
    """uint8 (side, side, 4), straight alpha."""
    return np.asarray(render_svg((FOLDER / f"{one.file}.svg").read_text("utf-8"), side))


def named(
    labels: Mapping[str, str], taken: Collection[str] = ()
) -> dict[str, dict[str, list[str]]]:
    """Concept → its names, without those (lower case) that another thing has already."""
    found: dict[str, dict[str, list[str]]] = {}
    for one in drawn():
        free = {
            kind: [name for name in each if name.lower() not in taken]
            for kind, each in one.names.items()
        }
        if one.names:
            found[concept(one, labels)] = {kind: each for kind, each in free.items() if each}
    return found
