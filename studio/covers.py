"""The picture on the cover of a song: of what it is about, by the family that draws by default.

Finds words for it and has them drawn. Where no words name a thing that can be drawn, or this
machine cannot draw, there is no picture, and the cover is made of the music alone. Knows no family
by name and no file.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from studio import forms, registry
from studio.engine import Engine
from studio.errors import StudioError
from studio.media import Audio, Image
from studio.request import Job
from studio.score import Role, Score
from studio.sounds.cover import EMBLEM_PX
from studio.sounds.sung import sung_lines
from studio.spec import Family, OnStep

TICKS = 4
"""Steps of the progress that the cover takes, after those of the song."""

_PLAYED: tuple[Role, ...] = ("melody", "chords", "bass", "texture")
"""Whose instrument may be drawn, the foremost first."""

_HEARD = ("song", "genre", "mood", "tempo_bpm", "key", "mode", "metre", "duration_s")
_SEEN = ("instruments",)
"""What a prompt's words may speak of that is heard alone, and that has a look as well."""


@dataclass(frozen=True)
class Drawn:
    """`job` says how the picture was made; `note` is a line for the person where it failed."""

    picture: Image | None = None
    job: Job | None = None
    note: str = ""


def has_cover(job: Job) -> bool:
    """Whether a picture is drawn for what this job makes; a hidden family is there for tests."""
    return job.kind == "song" and not job.family.hidden


def draw(sound: Audio, song: Job, engine: Engine, on_step: OnStep) -> Drawn:
    """The picture for a finished song. What `on_step` raises (Cancelled) passes through."""
    try:
        job = _job(sound, song)
        if job is None:
            return Drawn()
        picture = engine.run(job, on_step)
    except StudioError as error:
        return Drawn(note=f"the cover has no picture: {error}")
    assert isinstance(picture, Image)
    return Drawn(picture, job)


def _job(sound: Audio, song: Job) -> Job | None:
    """The first words that name something to draw; None where none do."""
    family = registry.default_family("image")
    # Of a family that looks nothing up, nobody can say what it knows.
    knows = family.sources is not Family.sources
    for words in _wordings(sound.score, song):
        values = {**_look(family), "prompt": words, "seed": song.seed}
        params = forms.fill(family.params, values)
        if not knows or family.sources(params):
            return Job(family, params, words, is_private=song.is_private)
    return None


def _wordings(score: Score | None, song: Job) -> Iterator[str]:
    """What the song is about, in several ways; of a private one only what plays in it."""
    found: list[str] = []
    if not song.is_private:
        found += [_subject(song), score.title if score else ""]
        found += _lines(score, song) if score else []
    if score is not None:
        found += [part.instrument for role in _PLAYED for part in score.parts if part.role == role]
    yield from dict.fromkeys(words for each in found if (words := " ".join(each.split())))


def _subject(song: Job) -> str:
    """The prompt without the words that say how it shall sound."""
    letters = list(song.prompt)
    reasons = (song.route or {}).get("why", ())
    for name, start, end in sorted(map(_place, reasons), key=lambda place: place[0] in _SEEN):
        said = song.prompt[start:end]
        # Last come those that can be seen: what also hints at a song comes back.
        letters[start:end] = said if name in _SEEN else " " * len(said)
    return "".join(letters)


def _place(reason: Mapping[str, Any]) -> tuple[str, int, int]:
    """What a reason of the router speaks of, and where; what no list names stays as it is."""
    name = str(reason["says"]).partition("=")[0]
    is_told = name in (*_HEARD, *_SEEN)
    return (name, reason["start"], reason["end"]) if is_told else (name, 0, 0)


def _lines(score: Score, song: Job) -> list[str]:
    """The lines that are sung, those of the chorus first."""
    lyrics = str(getattr(song.params, "lyrics", "") or "")
    found: dict[int, list[tuple[str, float]]] = {}
    for each in sung_lines(score, lyrics):
        found.setdefault(each.line, []).append((each.text, each.start_s))
    lines = sorted(found.values(), key=lambda line: not _in_chorus(score, line[0][1]))
    return ["".join(text for text, _ in line) for line in lines]


def _in_chorus(score: Score, second: float) -> bool:
    at = second * score.tempo_bpm / 60
    return any(
        each.name.startswith("chorus")
        and each.start_beats - 1 <= at < each.start_beats + each.length_beats
        for each in score.sections
    )


def _look(family: Family) -> dict[str, Any]:
    """Small, square and cut out, as far as the family has options for that."""
    found: dict[str, Any] = {}
    for each in forms.controls(family.params):
        if each.name in ("width", "height"):
            step = each.step or 1
            side = math.ceil(max(EMBLEM_PX, each.minimum or 0) / step) * step
            found[each.name] = int(min(side, each.maximum or side))
        elif each.name == "background" and "transparent" in each.choices:
            found[each.name] = "transparent"
    return found
