"""A score becomes sound: every part played, mixed as its genre wants, mastered.

    mix = render(score, {"vocals": sung}, seed=7)
    mix.master      float32 (2, T) at 44,100 Hz, −14 LUFS, at most −1 dBTP
    mix.stems       the parts with their rooms and effects; their sum times `mix.gain` is the master

Knows scores and sound; nothing of files, songs' words or models.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.sound import effects, mastering, player, soundfont
from pipelines.pocket.sound.player import Timing
from pipelines.pocket.sound.styles import CHORUS, LEVELS_DB, NEUTRAL, PLACES, SENDS, STYLES, Style
from pipelines.pocket.sound.tone import SAMPLE_RATE
from studio.errors import PipelineError, RequestError
from studio.score import Part, Role, Score

Sound = NDArray[np.float32]
OnPart = Callable[[int, int, str], None]
"""Told (finished, total, part's name) after each part; what it raises stops the work."""

VINYL = "vinyl"
"""The stem of a record's noise, where the genre has one."""

MOST_S = 600.0
_END_S = 1.6
_TAIL_S = 3.0
_BEHIND_VOICE_DB = 3.0
_UNDER_WORDS_DB = 12.0
_LOWEST_HZ: dict[Role, float] = {"bass": 30, "drums": 30, "vocals": 90}
_DRUM_DRIVE = 0.9
"""Rounds the strokes' peaks, which would take the limiter's room from everything else."""

_KICKS = (35, 36)
_DUCKED: dict[Role, float] = {"bass": 1.0, "chords": 0.8, "texture": 1.0, "melody": 0.35}


@dataclass(frozen=True, eq=False)
class Mix:
    """A finished piece at 44,100 Hz."""

    stems: dict[str, Sound]
    """(2, T) by part, in the score's order."""

    master: Sound
    """(2, T); the sum of the stems times `gain`."""

    gain: Sound
    """(T,) what mastering did."""


@dataclass(frozen=True)
class Settings:
    """How to render, beside the score."""

    duration_s: float | None = None
    """Of the result, exact to the sample; without it, the score's."""

    is_loop: bool = False
    """What rings beyond the end is laid at the beginning, and nothing fades out."""

    soundfont: Path | None = None
    """Plays every pitched part and the drums, by General MIDI programs."""

    levels_db: Mapping[str, float] = field(default_factory=dict)
    """More or less of a part, by name."""


def render(
    score: Score,
    vocals: Mapping[str, Sound] | None = None,
    seed: int = 0,
    on_part: OnPart | None = None,
    settings: Settings | None = None,
) -> Mix:
    """Play, mix and master a score.

    Args:
        vocals: what is sung, (2, T) or (T,) at 44,100 Hz from the beginning, by the part's name.
        seed: of the small freedoms that players take.

    Raises:
        UnknownName: a part's instrument does not exist.
        RequestError: a duration that cannot be.
        PipelineError: a sung part comes without its singing.
    """
    settings = settings or Settings()
    session = _Session(score, dict(vocals or {}), seed, settings)
    stems: dict[str, Sound] = {}
    for index, part in enumerate(score.parts):
        stems[part.name] = session.stem(part)
        if on_part is not None:
            on_part(index + 1, len(score.parts), part.name)
    if session.style.vinyl_db is not None and VINYL not in stems:
        stems[VINYL] = session.vinyl()
    return _mastered(stems, session.style)


def length(score: Score, duration_s: float | None) -> int:
    """Samples of the result.

    Raises:
        RequestError: not more than nothing, or over ten minutes.
    """
    seconds = score.duration_s if duration_s is None else duration_s
    if not 0 < seconds <= MOST_S:
        raise RequestError(f"a piece lasts over 0 and at most {MOST_S:.0f} s, got {seconds:g} s")
    return round(seconds * SAMPLE_RATE)


class _Session:
    """One rendering: the score, its style, and what its parts share."""

    def __init__(
        self, score: Score, vocals: dict[str, Sound], seed: int, settings: Settings
    ) -> None:
        self.score, self.vocals, self.seed, self.settings = score, vocals, seed, settings
        self.style = STYLES.get(score.genre.lower(), NEUTRAL)
        self.count = length(score, settings.duration_s)
        self.rendered = self.count + (round(_TAIL_S * SAMPLE_RATE) if settings.is_loop else 0)
        self.font = soundfont.Font(settings.soundfont) if settings.soundfont else None
        self.order = _order(score)
        self.kicks = self._kicks()
        self.under = self._room_for_words()
        for part in score.parts:
            self._check(part)

    def stem(self, part: Part) -> Sound:
        """(2, count) of a part with its room and effects."""
        dry = self._dry(part)
        if not dry.any():
            return np.zeros((2, self.count), np.float32)
        sound = self._placed(self._treated(dry, part), part)
        return self._ended(self._with_sends(sound, part))

    def vinyl(self) -> Sound:
        level = np.float32(10 ** ((self.style.vinyl_db or 0.0) / 20))
        noise = effects.vinyl(self.count, self.seed)
        noise *= level / max(float(np.sqrt(np.mean(noise**2))), 1e-9)
        return noise if self.settings.is_loop else _faded(noise)

    def _check(self, part: Part) -> None:
        if part.role == "vocals" and part.name not in self.vocals:
            raise PipelineError(
                f"part {part.name!r} is sung, but vocals has only {list(self.vocals)}"
            )
        if part.role != "vocals":
            player.check(part)

    def _dry(self, part: Part) -> Sound:
        if part.name in self.vocals:
            return _stereo(self.vocals[part.name], self.rendered)
        timing = Timing(
            self.score.tempo_bpm,
            self.rendered,
            _seed(self.seed, part.name),
            self.style.stray_s,
        )
        return self.font.play(part, timing) if self.font else player.play(part, timing)

    def _treated(self, sound: Sound, part: Part) -> Sound:
        """Filters and tape, then the level that the role has in this genre."""
        style = self.style
        sound = effects.filtered(sound, _LOWEST_HZ.get(part.role, 110), "highpass")
        if part.role == "vocals":
            sound = effects.levelled(sound, 1.8)
        if style.dull_hz and part.role != "vocals":
            sound = effects.filtered(sound, style.dull_hz, "lowpass")
        drive = max(style.drive, _DRUM_DRIVE if part.is_drums else 0.0)
        if drive and part.role != "vocals":
            sound = effects.taped(sound, drive)
        wanted = LEVELS_DB[part.role] + style.levels_db.get(part.role, 0.0)
        if part.role == "melody" and self.vocals:
            wanted -= _BEHIND_VOICE_DB
        wanted += self.settings.levels_db.get(part.name, 0.0) - 3.0 * self.order[part.name]
        return sound * np.float32(10 ** ((wanted - level_db(sound)) / 20))

    def _placed(self, sound: Sound, part: Part) -> Sound:
        choices = PLACES[part.role]
        return _balanced(sound, choices[self.order[part.name] % len(choices)])

    def _with_sends(self, sound: Sound, part: Part) -> Sound:
        style = self.style
        depth = CHORUS.get(part.instrument, 0.0)
        if depth:
            sound = effects.chorus(sound, depth)
        wet = SENDS[part.role] * style.wet
        if wet > 0:
            sound = sound + np.float32(wet) * effects.reverb(sound, style.room_s, style.bright_hz)
        ducked = style.duck * _DUCKED.get(part.role, 0.0)
        if ducked and self.kicks:
            sound = sound * effects.duck(self.rendered, self.kicks, ducked, style.duck_s)
        if self.under is not None and part.role != "vocals":
            sound = sound * self.under
        return sound

    def _ended(self, sound: Sound) -> Sound:
        if not self.settings.is_loop:
            return _faded(sound)
        tail = sound[:, self.count :]
        out = sound[:, : self.count].copy()
        out[:, : tail.shape[1]] += tail[:, : self.count]
        return out

    def _room_for_words(self) -> Sound | None:
        """(rendered,) gain of the music under what is spoken."""
        spoken = [part.name for part in self.score.parts if part.is_spoken]
        if not spoken or spoken[0] not in self.vocals:
            return None
        return effects.under(_stereo(self.vocals[spoken[0]], self.rendered), _UNDER_WORDS_DB)

    def _kicks(self) -> list[int]:
        tempo = self.score.tempo_bpm
        starts = [
            round(note.start_beats * 60 / tempo * SAMPLE_RATE)
            for part in self.score.parts
            if part.is_drums
            for note in part.notes
            if note.pitch in _KICKS
        ]
        return sorted(start for start in starts if start < self.rendered)


def level_db(sound: Sound) -> float:
    """Loudness where it plays: of windows spread over the piece, those near the loudest."""
    width = round(0.4 * SAMPLE_RATE)
    count = sound.shape[1]
    starts = np.unique(
        np.linspace(0, max(0, count - width), min(96, 1 + count // width)).astype(int)
    )
    windows = np.stack(
        [np.pad(sound[:, s : s + width], ((0, 0), (0, max(0, s + width - count)))) for s in starts]
    )
    weighted, plain = (
        np.mean(each**2, axis=2, dtype=np.float64).sum(axis=1)
        for each in (mastering.k_weighted(windows), windows)
    )
    # The weighting hardly hears what lies below 60 Hz, yet that takes its room in the mix.
    power = np.maximum(weighted, 0.8 * plain)
    heard = power[power > power.max() * 0.02]
    return float(10 * np.log10(heard.mean() + 1e-12)) if heard.size else 0.0


def _order(score: Score) -> dict[str, int]:
    """Which a part is among those of its role, from 0."""
    seen: dict[str, int] = {}
    order: dict[str, int] = {}
    for part in score.parts:
        order[part.name] = seen.get(part.role, 0)
        seen[part.role] = order[part.name] + 1
    return order


def _seed(seed: int, name: str) -> int:
    """Another for each part, whichever others there are."""
    return (seed * 1_000_003 + sum((i + 1) * ord(letter) for i, letter in enumerate(name))) % 2**32


def _stereo(sound: Sound, count: int) -> Sound:
    both = np.asarray(sound, np.float32)
    both = np.stack([both, both]) if both.ndim == 1 else both
    if both.ndim != 2 or both.shape[0] != 2:
        raise PipelineError(f"singing is (2, T) or (T,) samples, got {np.shape(sound)}")
    return np.pad(both[:, :count], ((0, 0), (0, max(0, count - both.shape[1]))))


def _balanced(sound: Sound, place: float) -> Sound:
    return sound * player.pan_gains(place)[:, None] if place else sound


def _faded(sound: Sound) -> Sound:
    """What still rings at the end dies away within the length."""
    length = min(round(_END_S * SAMPLE_RATE), sound.shape[1] // 4)
    if length:
        sound[:, -length:] *= np.cos(np.linspace(0, np.pi / 2, length, dtype=np.float32)) ** 2
    return sound


def _mastered(stems: dict[str, Sound], style: Style) -> Mix:
    if not stems:
        raise PipelineError("a score without parts has no sound; add a part")
    mixed = np.zeros_like(next(iter(stems.values())))
    for stem in stems.values():
        mixed += stem
    gain = mastering.master_gain(mixed, style.glue_db)
    # One constant for all, so that each stem alone is near the level that it has in the master.
    typical = np.float32(np.median(gain))
    loudest = max(float(np.abs(stem).max()) for stem in stems.values())
    constant = np.float32(min(float(typical), 0.89 / loudest)) if loudest > 0 else np.float32(1)
    for stem in stems.values():
        stem *= constant
    master = mixed
    master *= gain
    return Mix(stems, master, (gain / constant).astype(np.float32))
