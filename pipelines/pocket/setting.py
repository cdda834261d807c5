"""Where and when a prompt's picture is set: the land, the time of day, the weather.

Reads the same words as `places.py`. Knows no drawings, no colours and no layout.
"""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Literal, TypeVar

from pipelines.pocket.names import Mention
from pipelines.pocket.places import NOUN_ZH, PAINTED_ZH, PLACE_EN, PLACE_ZH, RELATIONS
from pipelines.pocket.plain_background import PlainBackground
from studio.scripts import is_chinese

Value = TypeVar("Value")
Land = Literal[
    "plain", "meadow", "beach", "sea", "underwater", "desert", "mountains", "forest", "city",
    "room", "space", "sky",
]  # fmt: skip
Hour = Literal["day", "sunset", "night"]
Weather = Literal["clear", "rain", "snow"]

LANDS: dict[str, Land] = {
    "meadow grass grassland lawn field fields park garden countryside farm farmyard village valley "
    "hill hills": "meadow",
    "beach seaside shore seashore coast sand": "beach",
    "sea ocean lake river waves": "sea",
    "underwater": "underwater",
    "desert dunes": "desert",
    "mountain mountains peaks": "mountains",
    "forest woods jungle woodland rainforest": "forest",
    "city town street skyline downtown cityscape": "city",
    "room bedroom kitchen indoors library classroom bathroom attic workshop cafe café": "room",
    "space universe galaxy cosmos": "space",
}
HOURS: dict[str, Hour] = {
    "night nighttime midnight stars starlight moonlight starry": "night",
    "sunset sunrise dusk dawn evening twilight glow": "sunset",
}
WEATHERS: dict[str, Weather] = {
    "snow snowfall blizzard winter ice snowy": "snow",
    "rain storm rainstorm downpour rainy stormy": "rain",
}
RELATED = re.compile(rf"(?:{RELATIONS})\b", re.IGNORECASE)
SETTLED = re.compile(r"[\W_]|的?(?:风景|景色|夜景|画)")
BELOW = re.compile(r"^(?:under|beneath)\b", re.IGNORECASE)
IN_THE_SKY = re.compile(
    r"\b(?:in|across|through)\s+(?:the\s+|an?\s+)?(?:[\w-]+\s+){0,2}sky\b"
    r"|(?:天空|夜空|星空|半空|高空)[里中]|在[^，。；]{0,3}(?:天空|天上|蓝天|半空|高空|云端)(?!下)",
    re.IGNORECASE,
)
WORD = re.compile(r"[a-z]+")

LANDSCAPES = frozenset(
    "1f332 1f303 1f304 1f305 1f306 1f307 1f309 1f30c 1f3d4 26f0 1f3d5 1f3d6 1f3d9 1f3dc 1f3de 1f30a"
    .split()
)  # fmt: skip
"""Things, by the code of their emoji, that are themselves places or times of day."""

AFLOAT = frozenset(
    "26f5 1f6a2 1f6e5 1f6a4 1f6f6 26f4 1f433 1f40b 1f42c 1f988 1f3c4 pirate-ship narwhal iceberg"
    .split()
)  # fmt: skip
"""Things that lie in water: where only the hour or the weather is told, they are at sea."""

SUNK = frozenset(
    "1f41f 1f420 1f421 1f419 1f991 1fabc 1f988 1f99e 1f990 1fab8 submarine seahorse starfish "
    "stingray".split()
)  # fmt: skip
"""Things that are in the sea rather than on it."""

LIGHTS = frozenset(("2600", *(f"1f3{code:x}" for code in range(0x11, 0x1F))))
"""The sun and the moon."""

MOONS = LIGHTS - {"2600", "1f31e"}

WAVES = frozenset(("1f30a", "1f3c4"))
"""Waves, and who surfs: beside something else they mean the sea."""

WET_UMBRELLA, CORAL = "2614", "1fab8"

PLAIN_WORDS = frozenset(
    "a an the of with in on at by and view scene scenery landscape picture image painting drawing "
    "illustration wallpaper background quiet calm peaceful beautiful pretty wide vast empty lonely "
    "misty foggy tranquil serene wild autumn spring summer sunny bright dark big small huge little "
    "please draw paint make me some old cold warm lovely dreamy".split()
)
PLAIN_SIGNS = re.compile(r"[的里上中下在与和边间前后一片座画张幅个美丽安静宁静辽阔图风景，。、\s]")


@dataclass(frozen=True)
class Setting:
    """What lies around the things of a picture; a "plain" land is bare ground under a sky."""

    land: Land = "plain"
    hour: Hour = "day"
    weather: Weather = "clear"
    has_light: bool = True
    """Whether a sun or moon stands in its sky; one of the things may be that."""

    wall: PlainBackground | None = None
    """A plain background is that alone, instead of a land under a sky."""

    @property
    def has_ground(self) -> bool:
        """Whether things stand on something, and throw a shadow."""
        return self.wall is None and self.land not in ("sea", "underwater", "space", "sky")


@dataclass(frozen=True)
class Reading:
    """What a prompt says: the things in it, and where they are, if it says that.

    `is_whole`: the picture is of the place: nothing else is named, or it is what the rest belongs
    to ("a city street with neon signs").
    """

    things: list[Mention]
    setting: Setting | None
    is_whole: bool


def read(prompt: str, mentions: Sequence[Mention]) -> Reading:
    """Parts things from places: a beach alone is a thing, with a crab on it the crab's place."""
    said = [found for pattern in (PLACE_EN, PLACE_ZH) for found in pattern.finditer(prompt)]
    # "A bridge at night" is the name of a thing, "a snowy forest" says more than one.
    free = [f.span() for f in said if all(_goes_beyond(f.span(), m) for m in mentions)]
    lands = [m for m in mentions if m.concept in LANDSCAPES and _is_place(prompt[m.start : m.end])]
    if not free and len(lands) == len(mentions):
        return Reading(list(mentions), None, is_whole=False)
    things = [m for m in mentions if m not in lands]
    spans = [found.span() for found in said if not any(_holds(m, found.span()) for m in things)]
    spans += [(m.start, m.end) for m in lands]
    words = [word for start, end in spans for word in _words(prompt[start:end])]
    concepts = {thing.concept for thing in things}
    if not words:
        water = _water(concepts)
        return Reading(things, Setting(water) if water else None, is_whole=False)
    land = _land(prompt, spans, concepts)
    is_moonlit = concepts & MOONS and not concepts & (LIGHTS - MOONS) and land != "space"
    setting = Setting(
        land,
        _first(HOURS, words, "night" if is_moonlit else "day"),
        _first(WEATHERS, words, "clear"),
        has_light=not concepts & LIGHTS,
    )
    return Reading(things, setting, is_whole=_is_of_place(prompt, spans))


def _water(concepts: Set[str]) -> Land | None:
    """The water that several things mean together, where the words name no place."""
    if len(concepts) > 1 and CORAL in concepts and concepts <= SUNK:
        return "underwater"
    return "sea" if len(concepts) > 1 and concepts & WAVES else None


def _land(prompt: str, spans: Sequence[tuple[int, int]], concepts: Set[str]) -> Land:
    """The land that the places name, or that the things in it are at home in."""
    said = [prompt[start:end] for start, end in spans]
    words = [word for place in said for word in _words(place)]
    if not _first(LANDS, words, "") and len(concepts) == 1 and IN_THE_SKY.search(prompt):
        # Of several things, some may stand on the ground under that sky.
        return "sky"
    otherwise: Land = "sea" if concepts & AFLOAT else "plain"
    land: Land = _first(LANDS, words, otherwise)
    is_below = any(BELOW.match(each) and _first(LANDS, _words(each), "") == "sea" for each in said)
    is_in_it = is_below or (concepts and concepts <= SUNK)
    return "underwater" if land == "sea" and is_in_it else land


def _holds(mention: Mention, span: tuple[int, int]) -> bool:
    """Whether a place is said by a thing's name: that of an umbrella in the rain tells of both."""
    is_met = span[0] < mention.end and mention.start < span[1]
    return is_met and mention.concept != WET_UMBRELLA


def _goes_beyond(span: tuple[int, int], mention: Mention) -> bool:
    """Whether a place is said by other words than a thing's name, or by more of them."""
    is_more = span[0] < mention.start and mention.end <= span[1] and mention.concept in LANDSCAPES
    return is_more or not _holds(mention, span)


def _is_place(name: str) -> bool:
    return _first(LANDS, _words(name), "") != "" or any(
        _first(table, _words(name), "") for table in (HOURS, WEATHERS)
    )


def _words(said: str) -> list[str]:
    """English words of a place; Chinese ones are said in English, as they are for the network."""
    found = [phrase for nouns, phrase in PAINTED_ZH.items() if re.search(nouns, said)]
    return WORD.findall(" ".join([said.lower(), *found]))


def _first(table: Mapping[str, Value], words: Sequence[str], otherwise: Value) -> Value:
    known = {word: value for names, value in table.items() for word in names.split()}
    return next((known[word] for word in words if word in known), otherwise)


def _is_of_place(prompt: str, spans: Sequence[tuple[int, int]]) -> bool:
    """English names what a picture is of first, Chinese last."""
    first, last = min(spans), max(spans, key=lambda span: span[1])
    said = prompt[slice(*first)]
    leads = not is_chinese(said) and not RELATED.match(said) and len(prompt[: first[0]].split()) < 4
    ends = is_chinese(prompt) and not SETTLED.sub("", prompt[last[1] :])
    return leads or ends or not _rest(prompt, spans)


def _rest(prompt: str, spans: Sequence[tuple[int, int]]) -> str:
    """What a prompt says besides its places and words that hardly say anything."""
    left = "".join(
        " " if any(start <= at < end for start, end in spans) else letter
        for at, letter in enumerate(prompt)
    )
    left = PLAIN_SIGNS.sub("", re.sub(NOUN_ZH, "", re.sub(r"[a-zA-Z'-]+", _blank, left)))
    return re.sub(r"[\W\d]", "", left)


def _blank(found: re.Match[str]) -> str:
    return " " if found.group().lower() in PLAIN_WORDS else found.group()
