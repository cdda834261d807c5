"""Storyboards of music videos: scenes that are cut on the beats of a song, as text to be edited.

`plan` makes one from a song's form and a prompt, `read` and `Storyboard.to_toml` are its file.
Pure functions: runs no model, knows no family and no file.
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from studio.errors import RequestError
from studio.headings import without_film
from studio.scripts import is_chinese

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pyright: ignore[reportMissingImports]

SHORTEST_S = 0.75
"""No scene may be shorter: it could not be seen."""

USUAL_S = {"chorus": 2.6}
OTHERS_S = 4.0
"""How long a scene is, about; choruses are cut faster."""

MOST_SCENES = 240

CAMERAS = {
    "intro": ("zoom out", "pan right"),
    "verse": ("pan left", "zoom in", "pan right", "tilt up"),
    "chorus": ("orbit", "zoom in", "tilt down", "zoom out"),
    "bridge": ("tilt up", "static"),
    "outro": ("zoom out", "static"),
}
CAMERA_WORDS = {
    "static": ("the camera stays still", "镜头静止"),
    "zoom in": ("the camera moves in slowly", "镜头缓缓推近"),
    "zoom out": ("the camera moves back slowly", "镜头缓缓拉远"),
    "pan left": ("the camera pans left", "镜头向左摇"),
    "pan right": ("the camera pans right", "镜头向右摇"),
    "tilt up": ("the camera tilts up", "镜头向上摇"),
    "tilt down": ("the camera tilts down", "镜头向下摇"),
    "orbit": ("the camera circles around", "镜头环绕"),
}
"""What a scene's camera does, for models that read words: in English and in Chinese."""

ASIDE = 0.5
"""How far the camera goes aside in a scene: the character stays in the frame."""

PLACES_EN = (
    "in a forest", "at the beach", "in a city", "in the mountains", "in a meadow",
    "in the snow", "in the desert", "in a garden", "under the stars at night", "in the rain",
)  # fmt: skip
PLACES_ZH = (
    "在森林里", "在海边", "在城市里", "在山间", "在草地上", "在雪地里", "在沙漠里", "在花园里",
    "在夜晚的星空下", "在雨中",
)  # fmt: skip

_HEADER = re.compile(r"^[ \t]*\[\[\s*scene\s*\]\]", re.MULTILINE)
_LYRICS = re.compile(r"[,，.。;；]?\s*(?:\blyrics?|歌词)\s*[:：].*$", re.IGNORECASE | re.DOTALL)
_DOES_EN = re.compile(
    r"\s+(?:who|that|which|and then|in|on|at|under|over|through|with|from|to|into|is|are|\w+ing)\b",
    re.IGNORECASE,
)
_WHO_ZH = re.compile(
    r"^(?:[一两三四五六七八九十几]?[只个位头条匹群辆艘]?)[^在去找从和与，,。的到跑飞走游]{1,6}"
)
_PLACED = re.compile(
    r"\b(?:in|on|at|under|over|through|across|by|along|inside|underwater)\b|[在里裡上中下边]",
    re.IGNORECASE,
)
_NIGHT = re.compile(r"\b(?:moon|stars?|night|dreams?|sleep\w*)\b|[月星夜梦睡]", re.IGNORECASE)
_STARRY = PLACES_EN.index("under the stars at night")
_DREAM_ZH = re.compile(r"^(?:关于|讲述|讲)")


class Scene(BaseModel):
    """One shot, until the next begins. What is empty follows the clip's own options."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start_s: float = Field(ge=0)
    section: str = ""
    prompt: str = Field(min_length=1, max_length=2000)
    camera: str = ""
    camera_strength: float | None = None
    motion: str = ""


class Storyboard(BaseModel):
    """The scenes of a clip in their order, the first at 0."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    character: str = ""
    """The words for whom the scenes are about; for people to see, each scene says its own."""

    scene: tuple[Scene, ...] = Field(min_length=1, max_length=MOST_SCENES)

    @model_validator(mode="after")
    def _in_order(self) -> "Storyboard":
        starts = [each.start_s for each in self.scene]
        if starts[0] != 0:
            raise ValueError(f"the first scene starts at {starts[0]:g} s; let it start at 0")
        for number, (one, two) in enumerate(zip(starts, starts[1:], strict=False), start=1):
            if two - one < SHORTEST_S:
                raise ValueError(
                    f"scene {number} lasts {two - one:.2f} s; give it at least {SHORTEST_S} s"
                )
        return self

    def to_toml(self) -> str:
        """The board as text to be edited and read again."""
        lines = [f"character = {_text(self.character)}"]
        for each in self.scene:
            lines += ["", "[[scene]]", f"start_s = {each.start_s:g}"]
            told = {n: getattr(each, n) for n in ("section", "prompt", "camera", "motion")}
            lines += [f"{name} = {_text(value)}" for name, value in told.items() if value]
            if each.camera_strength is not None:
                lines.append(f"camera_strength = {each.camera_strength:g}")
        return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Form:
    """What a song offers to cut on: (name, start, end) of its sections, its bars and beats, in
    seconds."""

    sections: tuple[tuple[str, float, float], ...]
    bars_s: tuple[float, ...]
    beats_s: tuple[float, ...]


def read(text: str) -> Storyboard:
    """A board from TOML, or from JSON of the same shape.

    Raises:
        RequestError: it is neither, or a scene cannot be; says which.
    """
    try:
        values = json.loads(text) if _is_json(text) else tomllib.loads(text)
        return Storyboard.model_validate(values)
    except (json.JSONDecodeError, tomllib.TOMLDecodeError) as error:
        raise RequestError(f"storyboard is neither TOML nor JSON: {error}") from error
    except ValidationError as error:
        raise _refusal(text, error) from error


def _refusal(text: str, error: ValidationError) -> RequestError:
    """The first complaint as one line, and how many more there are."""
    problems = error.errors()
    loc, reason = problems[0]["loc"], str(problems[0]["msg"]).removeprefix("Value error, ")
    if len(loc) > 1 and isinstance(loc[1], int):
        rest = ".".join(str(part) for part in loc[2:])
        where = f" {place(text, loc[1] + 1)}" + (f", {rest}" if rest else "")
    else:
        where = "".join(f" {part}" for part in loc[:1])
    return RequestError(f"storyboard{where}: {reason}{and_more(len(problems) - 1)}")


def place(text: str, number: int) -> str:
    """Which scene is meant, counted from 1, in words; where it begins in a TOML file too."""
    starts = [] if _is_json(text) else [each.end() for each in _HEADER.finditer(text)]
    if number > len(starts):
        return f"scene {number}"
    return f"scene {number} (line {text.count(chr(10), 0, starts[number - 1]) + 1})"


def and_more(count: int) -> str:
    """How many more problems there are than the one that is told."""
    return f" (and {count} more problem{'s' if count > 1 else ''})" if count > 0 else ""


def _is_json(text: str) -> bool:
    return text.lstrip().startswith("{")


def plan(prompt: str, form: Form, duration_s: float, seed: int) -> Storyboard:
    """Scenes along the form of a song, the same character in each, every cut on a beat.

    Choruses come back to what the prompt says; between them the character is at other places.
    """
    about = subject(prompt)
    who = character(about)
    has_han = is_chinese(about)
    turned = _turned(PLACES_ZH if has_han else PLACES_EN, seed)
    told, places = _at_home(about, turned[0]), cycle(turned[1:])
    scenes: list[Scene] = []
    for name, start, end in _sections(form, duration_s):
        cameras = cycle(CAMERAS.get(name, CAMERAS["verse"]))
        for at in _cuts(form, name, start, end):
            elsewhere = f"{next(places)}的{who}" if has_han else f"{who} {next(places)}"
            is_told = name in ("chorus", "intro") or who == about and len(scenes) % 2 == 0
            prompt_here = told if is_told else elsewhere
            camera = next(cameras)
            scenes.append(
                Scene(
                    start_s=round(at, 3),
                    section=name,
                    prompt=prompt_here,
                    camera=camera,
                    camera_strength=ASIDE if camera.startswith(("pan", "tilt")) else None,
                )
            )
    return Storyboard(character=who, scene=tuple(scenes[:MOST_SCENES]))


def _at_home(about: str, place: str) -> str:
    """What it is about with a place that it comes back to, where it names none itself."""
    if _PLACED.search(about):
        return about
    if is_chinese(about):
        return f"{about}，{PLACES_ZH[_STARRY] if _NIGHT.search(about) else place}"
    return f"{about}, {PLACES_EN[_STARRY] if _NIGHT.search(about) else place}"


def in_words(scene: Scene, is_read: bool) -> Scene:
    """A scene without a camera of its own: it is in the prompt where words about it are read."""
    found = CAMERA_WORDS.get(scene.camera)
    prompt = scene.prompt
    if found and is_read:
        has_han = is_chinese(prompt)
        prompt = f"{prompt}，{found[1]}" if has_han else f"{prompt}, {found[0]}"
    return scene.model_copy(update={"prompt": prompt, "camera": "", "camera_strength": None})


def subject(prompt: str) -> str:
    """What a music video is about: the prompt without its heading and its lyrics."""
    found = without_heading(prompt)
    first = re.split(r"[.。;；\n]|,\s|，", found)[0].strip()
    return _DREAM_ZH.sub("", first) or found or prompt.strip()


def without_heading(prompt: str) -> str:
    """A prompt without "music video:" and without the lyrics that are options of their own."""
    return _LYRICS.sub("", without_film(prompt)).strip(" ,，.。;；") or prompt.strip()


def character(about: str) -> str:
    """Whom it is about: the first words, up to what they do or where they are."""
    if is_chinese(about):
        found = _WHO_ZH.match(about)
        return found.group().strip() if found else about
    place = _DOES_EN.search(about)
    return about[: place.start()].strip() if place and place.start() > 2 else about


def frame_counts(board: Storyboard, frame_count: int, fps: float) -> tuple[int, ...]:
    """How many frames each scene has, so that all together are as many as the clip.

    Raises:
        RequestError: a scene starts after the end of the clip.
    """
    starts = [round(each.start_s * fps) for each in board.scene]
    if frame_count - starts[-1] < SHORTEST_S * fps * 0.9:
        raise RequestError(
            f"scene {len(starts)} of the storyboard starts at {board.scene[-1].start_s:g} s, the "
            f"clip lasts {frame_count / fps:g} s; start it earlier or make the clip longer"
        )
    ends = [*starts[1:], frame_count]
    return tuple(end - start for start, end in zip(starts, ends, strict=True))


def _sections(form: Form, duration_s: float) -> Iterator[tuple[str, float, float]]:
    """The sections as far as the clip goes; one verse where a song has none."""
    known = [each for each in form.sections if each[1] < duration_s - SHORTEST_S]
    if not known:
        known = [("verse", 0.0, duration_s)]
    for index, (name, start, _) in enumerate(known):
        end = known[index + 1][1] if index + 1 < len(known) else duration_s
        yield re.sub(r"[\s\d]+$", "", name.lower()), 0.0 if index == 0 else start, end


def _cuts(form: Form, name: str, start: float, end: float) -> list[float]:
    """Where the scenes of a section begin: at its start, then on bars, or on beats of long bars."""
    usual = USUAL_S.get(name, OTHERS_S)
    count = max(1, round((end - start) / usual))
    grid = form.bars_s if len(form.bars_s) > 1 else form.beats_s
    found = [start]
    for number in range(1, count):
        wanted = start + (end - start) * number / count
        at = _nearest(grid, wanted) if grid else wanted
        if at - found[-1] < SHORTEST_S:
            at = _nearest(form.beats_s, wanted) if form.beats_s else wanted
        if at - found[-1] >= SHORTEST_S and end - at >= SHORTEST_S:
            found.append(at)
    return found


def _nearest(times: Sequence[float], wanted: float) -> float:
    return min(times, key=lambda each: abs(each - wanted))


def _turned(values: Sequence[str], seed: int) -> list[str]:
    at = seed % len(values)
    return [*values[at:], *values[:at]]


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
