"""Whether a melody repeats what it was trained on: runs of eight notes, in any key, at any place.

    known = Known.load(folder)
    known.longest(notes)

A run is seven pairs of interval and time to the next note. Known runs are kept as sorted 32-bit
hashes, so one in some thousand runs is taken for known that is not; none the other way round.
Knows nothing about networks or grids.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.errors import WeightsError
from studio.score import Note

RUN_NOTES = 8
FILE = "known.npz"
STEPS_A_BEAT = 4
_WIDEST, _LONGEST = 40, 64
_FACTOR = np.uint64(0x9E3779B97F4A7C15)

Hashes = NDArray[np.uint32]


def runs(notes: Sequence[Note]) -> Hashes:
    """A hash for each run of RUN_NOTES notes; empty where there are fewer."""
    length = RUN_NOTES - 1
    if len(notes) <= length:
        return np.zeros(0, np.uint32)
    pitches = np.array([note.pitch for note in notes])
    starts = np.array([round(note.start_beats * STEPS_A_BEAT) for note in notes])
    intervals = np.clip(np.diff(pitches), -_WIDEST, _WIDEST) + _WIDEST
    pairs = (intervals * _LONGEST + np.clip(np.diff(starts), 0, _LONGEST - 1)).astype(np.uint64)
    windows = np.lib.stride_tricks.sliding_window_view(pairs, length)
    mixed = np.zeros(len(windows), np.uint64)
    for place in range(length):
        mixed = (mixed ^ windows[:, place]) * _FACTOR
        mixed ^= mixed >> np.uint64(29)
    return (mixed >> np.uint64(32)).astype(np.uint32)


def collect(melodies: Iterable[Sequence[Note]]) -> Hashes:
    """The sorted hashes of all runs in some melodies."""
    found = [runs(melody) for melody in melodies]
    return np.unique(np.concatenate([np.zeros(0, np.uint32), *found]))


@dataclass(frozen=True)
class Known:
    """The runs of the training pieces."""

    hashes: Hashes

    @classmethod
    def load(cls, folder: Path) -> "Known":
        """Those that lie beside the weights.

        Raises:
            WeightsError: the file is missing or damaged.
        """
        try:
            with np.load(folder / FILE) as pack:
                return cls(pack["hashes"])
        except (OSError, ValueError, KeyError) as error:
            raise WeightsError(f"weights: cannot read {folder / FILE} ({error})") from error

    def at(self, notes: Sequence[Note]) -> NDArray[np.bool_]:
        """For each run, by its first note, whether it is known."""
        found = runs(notes)
        if not len(self.hashes):
            return np.zeros(len(found), bool)
        places = np.minimum(np.searchsorted(self.hashes, found), len(self.hashes) - 1)
        return self.hashes[places] == found

    def longest(self, notes: Sequence[Note]) -> int:
        """Notes of the longest stretch whose runs are all known, 0 where none is."""
        longest = chain = 0
        for is_known in self.at(notes).tolist():
            chain = chain + 1 if is_known else 0
            longest = max(longest, chain)
        return longest + RUN_NOTES - 1 if longest else 0
