"""Plans a clip: its windows, and where in which window every frame lies.

The motion network makes up 16 key places for everything in the picture, a window. A clip of one
window leaves the key picture and goes where the motion leads. A longer one is a row of rounds:
every window is a loop from the key picture back to it, and goes over into the next bit by bit. So
every window is anchored to the same picture as the first, nothing can drift, and the next window
needs nothing of the one before but its motion (sliding windows that share their frames: Qiu et al.
2024, "FreeNoise", section 3.3, here over paths). Knows no model and no pixels.
"""

from dataclasses import dataclass

KEYS = 16
"""Key places of a window."""

KEY_FPS = 8
"""Key places a second where a clip is one window: as in training."""

ONCE_S = 2.6
"""Longer clips are made of rounds."""

ROUND_S = 2.5
"""How long a round is, about."""


@dataclass(frozen=True)
class Place:
    """Where a frame lies: `key` from 0 to 16 in window `window`, whose motion counts as much as
    `1 - share`; that of the next window counts the rest."""

    window: int
    key: float
    share: float


@dataclass(frozen=True)
class Plan:
    """A clip of `frame_count` frames in `windows` windows; `is_round`: each is a loop."""

    frame_count: int
    windows: int
    is_round: bool
    is_loop: bool
    keys_a_frame: float

    def place(self, frame: int) -> Place:
        """Where frame number `frame` lies."""
        if not self.is_round:
            return Place(0, frame * self.keys_a_frame, 0)
        window = frame * self.windows // self.frame_count
        key = frame * self.keys_a_frame - window * KEYS
        is_alone = self.following(window) == window
        return Place(window, key, 0 if is_alone else _smooth(key / KEYS))

    def frames_of(self, window: int) -> range:
        """The frames that lie in a window."""
        first, last = (-(-each * self.frame_count // self.windows) for each in (window, window + 1))
        return range(first, last)

    def following(self, window: int) -> int:
        """The window whose motion a window goes over into."""
        if window + 1 < self.windows:
            return window + 1
        return 0 if self.is_loop else window


def plan(frame_count: int, fps: float, is_loop: bool, speed: float = 1) -> Plan:
    """The windows of a clip; at speed 2 everything moves twice as fast."""
    length_s = frame_count / fps
    if length_s <= ONCE_S and not is_loop:
        # The last key place is the last one: a little slower rather than standing still there.
        a_frame = min(speed * KEY_FPS / fps, (KEYS - 1) / max(1, frame_count - 1))
        return Plan(frame_count, 1, False, False, a_frame)
    windows = max(1, round(length_s * speed / ROUND_S))
    return Plan(frame_count, windows, True, is_loop, windows * KEYS / frame_count)


def _smooth(progress: float) -> float:
    return progress * progress * (3 - 2 * progress)
