"""A user's own SoundFont (SF2, SF3) plays the parts, through the optional package `tinysoundfont`.

Instruments become General MIDI programs. Knows nothing of mixing.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.sound.names import ALIASES
from pipelines.pocket.sound.player import Timing
from pipelines.pocket.sound.tone import SAMPLE_RATE
from studio.errors import RequestError, ResourceError
from studio.score import Part

DRUM_BANK = 128

PROGRAMS: dict[str, int] = {
    "grand piano": 0, "electric piano": 4, "celesta": 8, "music box": 10, "vibraphone": 11,
    "marimba": 12, "organ": 16, "church organ": 19, "accordion": 21, "nylon guitar": 24,
    "steel guitar": 25, "jazz guitar": 26, "clean guitar": 27, "overdriven guitar": 29,
    "upright bass": 32, "finger bass": 33, "synth bass": 38, "sub bass": 39, "violin": 40,
    "viola": 41, "cello": 42, "pizzicato strings": 45, "harp": 46, "strings": 48, "choir": 52,
    "trumpet": 56, "trombone": 57, "french horn": 60, "brass": 61, "sax": 66, "oboe": 68,
    "clarinet": 71, "flute": 73, "chip square": 80, "synth lead": 81, "chip triangle": 79,
    "pluck": 98, "warm pad": 89, "polysynth": 90, "bell": 14, "kalimba": 108, "harpsichord": 6,
    "clavinet": 7, "glockenspiel": 9, "harmonica": 22, "fretless bass": 35, "slap bass": 36,
    "muted trumpet": 59, "bassoon": 70, "pan flute": 75, "bamboo flute": 77, "banjo": 105,
    "koto": 107, "steel drums": 114,
}  # fmt: skip
"""General MIDI, from 0; every instrument has one."""

KIT_PROGRAMS = {
    "acoustic kit": 0,
    "jazz kit": 32,
    "brush kit": 40,
    "electronic kit": 25,
    "lo-fi kit": 0,
}


class Font:
    """An opened SoundFont.

    Raises:
        ResourceError: the package is not installed.
        RequestError: the file is not there or not a SoundFont.
    """

    def __init__(self, path: Path) -> None:
        try:
            from tinysoundfont import Synth  # pyright: ignore[reportMissingImports]
        except ImportError as error:
            raise ResourceError(
                "a SoundFont needs the package tinysoundfont; pip install --no-deps tinysoundfont"
            ) from error
        if not path.is_file():
            raise RequestError(f"no SoundFont {str(path)!r}; give the path of an .sf2 or .sf3 file")
        self._synth = Synth(samplerate=SAMPLE_RATE, gain=-6)
        try:
            self._font = self._synth.sfload(str(path))
        except RuntimeError as error:
            raise RequestError(
                f"{path} is not a SoundFont ({error}); give an .sf2 or .sf3 file"
            ) from error

    def play(self, part: Part, timing: Timing) -> NDArray[np.float32]:
        """(2, count) of a part.

        Raises:
            RequestError: the SoundFont has nothing for its instrument.
        """
        name = ALIASES.get(part.instrument.lower(), part.instrument.lower())
        program = (KIT_PROGRAMS if part.is_drums else PROGRAMS)[name]
        bank = DRUM_BANK if part.is_drums else 0
        try:
            self._synth.program_select(0, self._font, bank, program, part.is_drums)
        except RuntimeError as error:
            raise RequestError(
                f"the SoundFont has no bank {bank} program {program} for {part.instrument!r}; "
                "take a General MIDI one, or leave it out"
            ) from error
        out = np.zeros((2, timing.count), np.float32)
        at = 0
        for place, key, velocity in _events(part, timing):
            at = self._until(min(place, timing.count), at, out)
            if velocity:
                self._synth.noteon(0, key, velocity)
            else:
                self._synth.noteoff(0, key)
        self._until(timing.count, at, out)
        self._synth.sounds_off(0)
        return out

    def _until(self, place: int, at: int, out: NDArray[np.float32]) -> int:
        if place > at:
            both = np.frombuffer(bytes(self._synth.generate(place - at)), np.float32)
            out[:, at:place] = both.reshape(-1, 2).T
        return max(place, at)


def _events(part: Part, timing: Timing) -> list[tuple[int, int, int]]:
    """(sample, key, velocity), ends (velocity 0) before beginnings."""
    events = [(timing.sample(n.start_beats), n.pitch, n.velocity) for n in part.notes]
    events += [(timing.sample(n.end_beats), n.pitch, 0) for n in part.notes]
    return sorted(events, key=lambda event: (event[0], event[2] > 0))
