"""How well a clip holds together, in numbers: streamed.

Each follows a definition of VBench (Huang et al. 2024, "VBench: Comprehensive Benchmark Suite for
Video Generative Models") with a stand-in where VBench asks a large network: colours and edges
(`identity.py`), or the small network of `eye.py`, for DINO and CLIP, our interpolation for AMT,
dense inverse search for RAFT. They rank clips of one kind; they are NOT VBench scores and must
never be shown as such. A frozen clip holds together perfectly, so motion is always measured
beside. Knows nothing about families or records.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipelines.temporal.flow import (
    Pixels,
    both_ways,
    difference,
    is_in_both,
    lab,
    length,
    small,
    warped,
)
from pipelines.temporal.identity import Features, Look, background_look, subject_look
from pipelines.temporal.interpolate import Between

SIDE = 192
"""Pixels of the shorter side that motion is looked for in."""

MOVES = 6 / 256
"""Share of the shorter side that the fastest twentieth goes in an eighth of a second, if a pair
moves (VBench, dynamic degree)."""

FASTEST = 0.95


Eye = Callable[[Pixels], Features]
"""Sees what a frame shows: features of length 1, never below 0."""


@dataclass(frozen=True)
class ClipScores:
    """Stand-ins for VBench's measures, with its names; all in [0, 1] but the motion."""

    temporal_flickering: float
    """1 where each frame is the one before it: VBench means still scenes by it."""
    subject_consistency: float
    background_consistency: float
    """1 where subject and background look as in the first frame and in the one before."""
    motion_smoothness: float
    """1 where each second frame is what its neighbours lead one to expect."""
    dynamic_degree: float
    """1 where as many pairs of frames move as VBench asks of a moving clip; 0 where none does."""
    motion_sides_per_s: float
    """How fast the fastest twentieth of the pixels is, in shorter sides a second."""
    warp_error: float
    """Difference from the frame before, brought along the flow, where both are seen; 0 is best."""
    colour_drift: float
    """How far the mean colour of a half second goes from the first's; 0 is best, 1 is black
    turned white."""

    def as_dict(self) -> dict[str, float]:
        """Rounded, for the record."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


@dataclass
class _Mean:
    """A mean of values that come one by one; `default` where none came."""

    default: float
    total: float = 0.0
    count: int = 0

    def add(self, value: float) -> None:
        self.total += value
        self.count += 1

    @property
    def value(self) -> float:
        return self.total / self.count if self.count else self.default


@dataclass(frozen=True)
class _Seen:
    """What subject and background of a frame look like."""

    subject: Look | Features
    background: Features

    def subject_like(self, other: "_Seen") -> float:
        if isinstance(self.subject, Look) and isinstance(other.subject, Look):
            return self.subject.likeness(other.subject).score
        assert not isinstance(self.subject, Look) and not isinstance(other.subject, Look)
        return float(self.subject @ other.subject)


@dataclass
class Measure:
    """Takes the frames of a clip one by one and holds three of them, reduced."""

    fps: float
    eye: Eye | None = None
    index: int = 0
    moving: int = 0
    recent: list[Pixels] = field(default_factory=list)
    sampled: Pixels | None = None
    first: "_Seen | None" = None
    before: "_Seen | None" = None
    flickering: _Mean = field(default_factory=lambda: _Mean(1))
    subject: _Mean = field(default_factory=lambda: _Mean(1))
    background: _Mean = field(default_factory=lambda: _Mean(1))
    smoothness: _Mean = field(default_factory=lambda: _Mean(1))
    motion: _Mean = field(default_factory=lambda: _Mean(0))
    warping: _Mean = field(default_factory=lambda: _Mean(0))
    drift: "_Drift" = field(default_factory=lambda: _Drift())

    def add(self, frame: Pixels) -> None:
        """The next frame, uint8 (H, W, 3)."""
        reduced = small(frame, SIDE)
        self._looks(reduced)
        self.drift.add(lab(small(frame, 32)).mean((0, 1)), self.fps)
        if self.recent:
            self._follows(self.recent[-1], reduced)
        self.recent = [*self.recent[-2:], reduced]
        if self.index % 2 == 0 and len(self.recent) == 3:
            guess = Between(self.recent[0], self.recent[2]).at(0.5)
            self.smoothness.add(1 - _apart(guess, self.recent[1]))
        self._samples(reduced)
        self.index += 1

    def scores(self) -> ClipScores:
        """Of all frames so far."""
        # VBench: of 16 pairs four must move.
        needed = max(1, round(self.motion.count / 4))
        return ClipScores(
            temporal_flickering=self.flickering.value,
            subject_consistency=self.subject.value,
            background_consistency=self.background.value,
            motion_smoothness=self.smoothness.value,
            dynamic_degree=min(1.0, self.moving / needed),
            motion_sides_per_s=self.motion.value,
            warp_error=self.warping.value,
            colour_drift=self.drift.farthest,
        )

    def _looks(self, frame: Pixels) -> None:
        """Compares subject and background with the first frame and the one before."""
        subject = self.eye(frame) if self.eye else subject_look(frame)
        seen = _Seen(subject, background_look(frame))
        if self.first is not None and self.before is not None:
            self.subject.add((seen.subject_like(self.before) + seen.subject_like(self.first)) / 2)
            near, far = (
                seen.background @ self.before.background,
                seen.background @ self.first.background,
            )
            self.background.add(float(near + far) / 2)
        self.first = self.first or seen
        self.before = seen

    def _follows(self, before: Pixels, frame: Pixels) -> None:
        """Compares a frame with the one before, as it stands and brought along the flow."""
        self.flickering.add(1 - _apart(before, frame))
        if np.array_equal(before, frame):
            self.warping.add(0)
            return
        back, there = both_ways(frame, before)
        seen = is_in_both(back, there)
        differ = difference(warped(before, back), frame)
        self.warping.add(float((differ * seen).sum() / max(float(seen.sum()), 1)) / 255)

    def _samples(self, frame: Pixels) -> None:
        """Eight times a second: how far has the fastest gone?"""
        if self.index % max(1, round(self.fps / 8)):
            return
        if self.sampled is not None:
            there = length(both_ways(self.sampled, frame)[0]) / min(frame.shape[:2])
            fastest = np.sort(there, axis=None)[int(there.size * FASTEST) :].mean()
            gap_s = max(1, round(self.fps / 8)) / self.fps
            self.motion.add(float(fastest) / gap_s)
            # Clips of fewer than eight frames a second go further from one to the next.
            self.moving += bool(fastest / gap_s > MOVES * 8)
        self.sampled = frame


@dataclass
class _Drift:
    """The mean colours of each half second, and how far any of them is from the first one's."""

    start: NDArray[np.float64] | None = None
    total: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
    count: int = 0
    farthest: float = 0.0

    def add(self, colour: NDArray[np.float32], fps: float) -> None:
        """One frame's mean colour, Lab."""
        self.total += colour
        self.count += 1
        if self.count < max(1, round(fps / 2)):
            return
        mean = self.total / self.count
        self.start = mean if self.start is None else self.start
        self.farthest = max(self.farthest, float(np.linalg.norm(mean - self.start)) / 100)
        self.total, self.count = np.zeros(3), 0


def measured(frames: Iterable[Pixels], fps: float, eye: Eye | None = None) -> ClipScores:
    """Scores of a clip, uint8 (H, W, 3) each, read once and one at a time.

    Args:
        eye: looks at the subject; without one, colours and edges are compared.
    """
    measure = Measure(fps, eye)
    for frame in frames:
        measure.add(frame)
    return measure.scores()


def measured_by_window(
    frames: Iterable[Pixels], fps: float, window_s: float = 2.0, eye: Eye | None = None
) -> Iterator[ClipScores]:
    """Scores over time: those of each `window_s` of a clip, all compared with its first frame."""
    frames_each = max(2, round(window_s * fps))
    measure = Measure(fps, eye)
    for frame in frames:
        measure.add(frame)
        if measure.index == frames_each:
            yield measure.scores()
            following = Measure(fps, eye, first=measure.first, before=measure.before)
            following.drift.start = measure.drift.start
            measure = following
    if measure.index:
        yield measure.scores()


def _apart(left: Pixels, right: Pixels) -> float:
    """Mean absolute difference, 0 … 1."""
    return float(np.abs(left.astype(np.int16) - right).mean() / 255)
