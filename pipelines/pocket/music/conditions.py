"""What the music model may be told of the bars that it fills, as small numbers.

Pure values. Knows nothing about networks or how a song is planned.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.music.tokens import STEPS_A_BAR, STRIDES
from studio.errors import PipelineError

GENRES = (
    "any", "art song", "chamber", "folk", "pop", "pop ballad", "rock", "jazz swing", "waltz",
    "ragtime", "lullaby", "lo-fi", "house", "techno", "ambient", "synthwave", "funk", "bossa nova",
    "chiptune", "hip-hop", "reggae", "cinematic", "guofeng", "blues", "country", "march", "soul",
    "trance", "drum and bass",
)  # fmt: skip
"""Names that the model has numbers for; another one is told as "any", with its words."""

SECTIONS = ("any", "intro", "verse", "chorus", "bridge", "outro")
PLACES = ("any", "start", "middle", "end")
"""Where in the piece the bars are: its first, its last, or between."""

MODES = ("any", "major", "minor")
METRES = ((4, 4), (3, 4), (6, 8))
TEMPO_STARTS = (0, 60, 76, 92, 108, 126, 150)
"""Quarters a minute at which each bucket begins; bucket 0 stands for none given."""

ENERGY_STARTS = (0.0, 0.7, 1.0, 1.4, 1.9)
"""Melody notes a quarter at which each of five levels begins."""

COLOURS = ("any", "plain", "some", "chromatic")
"""Share of sounding time outside the scale: below 2 %, below 8 %, or more."""

COLOUR_STARTS = (0.0, 0.02, 0.08)
PHRASE_ANY, PHRASE_INSIDE, PHRASE_END, PHRASE_REST = range(4)
"""Of each 8th: untold, within a phrase, its last note, the breath after it."""

TEXT_WIDTH = 384
SIZES = {
    "genre": len(GENRES),
    "mode": len(MODES),
    "tempo": len(TEMPO_STARTS) + 1,
    "energy": len(ENERGY_STARTS) + 1,
    "colour": len(COLOURS),
    "section": len(SECTIONS),
    "place": len(PLACES),
}
"""How many values each condition of a whole grid has; 0 is always "not told"."""


def bucket(value: float, starts: tuple[float, ...]) -> int:
    """1 for the first bucket, and so on."""
    return max(1, int(np.searchsorted(starts, value, side="right")))


@dataclass(frozen=True)
class Conditions:
    """What is known of a grid. Every field may be left open."""

    genre: str = "any"
    mode: Literal["any", "major", "minor"] = "any"
    tempo_bpm: float | None = None
    energy: int | None = None
    """0 (sparse) to 4 (busy): how many notes the melody has."""

    colour: Literal["any", "plain", "some", "chromatic"] = "plain"
    section: str = "any"
    place: str = "any"
    phrases: NDArray[np.uint8] | None = None
    """PHRASE_… of each 8th of the grid."""

    text: NDArray[np.float32] | None = None
    """pocket-text's pooled vector of what is asked for, (384,)."""

    def __post_init__(self) -> None:
        for name, known in (("mode", MODES), ("colour", COLOURS), ("place", PLACES)):
            if getattr(self, name) not in known:
                raise PipelineError(f"no {name} {getattr(self, name)!r}; there is {known}")
        if self.energy is not None and not 0 <= self.energy < len(ENERGY_STARTS):
            raise PipelineError(f"energy is 0 to {len(ENERGY_STARTS) - 1}, got {self.energy}")
        if self.text is not None and self.text.shape != (TEXT_WIDTH,):
            raise PipelineError(f"text has {TEXT_WIDTH} numbers, got shape {self.text.shape}")

    def numbers(self) -> dict[str, int]:
        """The conditions of the whole grid, by the names of SIZES."""
        tempo = 0 if self.tempo_bpm is None else bucket(self.tempo_bpm, TEMPO_STARTS)
        return {
            "genre": GENRES.index(self.genre) if self.genre in GENRES else 0,
            "mode": MODES.index(self.mode),
            "tempo": tempo,
            "energy": 0 if self.energy is None else self.energy + 1,
            "colour": COLOURS.index(self.colour),
            "section": SECTIONS.index(self.section) if self.section in SECTIONS else 0,
            "place": PLACES.index(self.place),
        }


def phrase_tokens(phrases: NDArray[np.uint8] | None, places: int) -> NDArray[np.uint8]:
    """The phrase of each 8th, all untold where none are given.

    Raises:
        PipelineError: of another length than the grid.
    """
    if phrases is None:
        return np.zeros(places, np.uint8)
    if len(phrases) != places:
        raise PipelineError(f"phrases need {places} numbers, got {len(phrases)}")
    return phrases.astype(np.uint8)


def positions(metre: tuple[int, int], steps: int) -> NDArray[np.int64]:
    """The place of each 8th in its bar, different numbers for each metre."""
    a_bar = STEPS_A_BAR[metre] // STRIDES["chord"]
    return np.arange(steps // STRIDES["chord"]) % a_bar + 8 * METRES.index(metre)
