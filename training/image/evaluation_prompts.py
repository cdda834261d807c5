"""Writes the fixed prompts that pictures are evaluated on, English and Chinese side by side.

    python -m training.image.evaluation_prompts

The wordings are how a person asks, and deliberately not those of `captions.py`, which the model
learned from. Each line says what must be seen; `is_quick` marks the lines of the default run.
Same seed, same file. Knows nothing about judges or models.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.image.judge_concepts import judged
from training.image.split import manifest

HERE = Path(__file__).parent
DATA = HERE.parent.parent / "studio" / "evaluate" / "data"
SEED = 20
QUICK_CONCEPTS = 400

Wording = tuple[str, str]

CONCEPTS: tuple[Wording, ...] = (
    ("{a}", "{x}"),
    ("draw {a}", "画{x}"),
    ("please make {a}", "请画{x}"),
    ("a small picture showing {a}", "帮我画一张{x}的图"),
    ("{a} for my sticker sheet", "做一个{x}的贴纸"),
)
STYLE_WORDS = {
    "3d": ("3D", "3D"),
    "bold": ("bold", "粗犷"),
    "cartoon": ("cartoon", "卡通"),
    "classic": ("classic", "经典"),
    "flat": ("flat", "扁平"),
    "glossy": ("glossy", "光泽"),
    "outline": ("outline", "描边"),
    "simple": ("simple", "简约"),
    "soft": ("soft", "柔和"),
}
STYLES: tuple[Wording, ...] = (
    ("{a} in {s} style", "{s}风格，一{m}{x}"),
    ("draw {a}, {s} look", "画一{m}{x}，要{s}的样子"),
    ("{a}, done in a {s} style", "一{m}{x}，做成{s}风格"),
)
COLOUR_WORDS = {
    "red": "红色",
    "orange": "橙色",
    "yellow": "黄色",
    "green": "绿色",
    "teal": "青色",
    "blue": "蓝色",
    "purple": "紫色",
    "pink": "粉色",
    "brown": "棕色",
    "black": "黑色",
    "grey": "灰色",
    "white": "白色",
}
TINTS = ("red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "brown")
BACKGROUNDS = (*TINTS, "black", "grey", "white", "transparent")
THINGS_IN_COLOUR: tuple[Wording, ...] = (
    ("draw {ac}", "画一{m}{c}的{x}"),
    ("{a} that is all {c}", "一{m}全身{c}的{x}"),
    ("I want {ac}", "我要一{m}{c}的{x}"),
)
BEHIND: tuple[Wording, ...] = (
    ("{a} against a plain {c} background", "一{m}{x}，背景用{c}"),
    ("draw {a} with a {c} background", "画一{m}{x}，背景要{c}"),
    ("{a}, and make the background {c}", "一{m}{x}，把背景做成{c}"),
)
TRANSPARENT: tuple[Wording, ...] = (
    ("{a} with a transparent background", "一{m}{x}，要透明背景"),
    ("draw {a}, background transparent", "画一{m}{x}，背景要透明"),
)
EN_NUMBERS = ("", "one", "two", "three", "four")
ZH_NUMBERS = ("", "一", "两", "三", "四")
COUNTS: tuple[Wording, ...] = (
    ("draw {n} {xs} together", "画{n}{m}{x}在一起"),
    ("there are {n} {xs}", "这里有{n}{m}{x}"),
    ("I need {n} {xs}", "我要{n}{m}{x}"),
)
JUST_ONE: tuple[Wording, ...] = (
    ("just one {x}", "只要一{m}{x}"),
    ("draw one {x} alone", "单独画一{m}{x}"),
)
POSITIONS: dict[str, tuple[Wording, ...]] = {
    "left of": (
        ("on the left {a}, on the right {b}", "左侧画一{m}{x}，右侧画一{k}{y}"),
        ("draw {a} to the left of {b}", "{y}的左边有一{m}{x}"),
    ),
    "right of": (
        ("on the right {a}, on the left {b}", "右侧画一{m}{x}，左侧画一{k}{y}"),
        ("draw {a} to the right of {b}", "{y}的右边有一{m}{x}"),
    ),
    "above": (
        ("at the top {a}, at the bottom {b}", "上方画一{m}{x}，下方画一{k}{y}"),
        ("draw {a} above {b}", "{y}的上方有一{m}{x}"),
    ),
    "below": (
        ("at the bottom {a}, at the top {b}", "下方画一{m}{x}，上方画一{k}{y}"),
        ("draw {a} below {b}", "{y}的下方有一{m}{x}"),
    ),
}
# Names that take no article: plurals that do not show it, stuff, sports, states.
BARE = re.compile(
    r"(s|people|feet|rice|bread|bacon|butter|garlic|salt|ear of corn|fondue|sushi|oden|dango|"
    r"falafel|spaghetti|wood|fog|foggy|ice|yarn|soap|ginger root|fire|Fuji|coral|broccoli|dna|"
    r"luggage|dizzy|star-struck|palms up together|thumbs up|thumbs down|mate|OK|NO|ZZZ|"
    r"bowling|tennis|badminton|lacrosse|hockey|ping pong|construction|camping)$"
)
# Spelled with a vowel, spoken with a consonant, and the other way round.
AN = re.compile(r"[aeio]|umb|una|up|hourglass")
NOT_AN = re.compile(r"ewe|euro|one-")


@dataclass(frozen=True)
class Thing:
    """An everyday thing and how it is spoken of."""

    ids: tuple[str, ...]
    a: str
    plural: str
    zh: str
    measure: str

    @property
    def bare(self) -> str:
        return self.a.split(" ", 1)[1]


def things() -> list[Thing]:
    """The hand-written list."""
    lines = (HERE / "evaluation_words.tsv").read_text("utf-8").splitlines()
    fields = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [Thing(tuple(ids.split()), *rest) for ids, *rest in fields]


def with_article(name: str) -> str:
    """A name from the concept list as it stands in a sentence."""
    is_plural = BARE.search(name) is not None and not name.endswith(("ss", "us", "lens"))
    if is_plural or ":" in name or name.startswith(("busts", "people", "1", "2", "3")):
        return name
    return article(name)


def article(words: str) -> str:
    """The words with "a" or "an"."""
    lower = words.lower()
    return f"an {words}" if AN.match(lower) and not NOT_AN.match(lower) else f"a {words}"


def _line(suite: str, wording: Wording, words: tuple[dict, dict], want: dict) -> dict:
    return {"suite": suite, "en": wording[0].format(**words[0]),
            "zh": wording[1].format(**words[1]), "want": want}  # fmt: skip


def _of(thing: Thing) -> tuple[dict, dict]:
    return {"a": thing.a, "x": thing.bare, "xs": thing.plural}, {"x": thing.zh, "m": thing.measure}


def _concepts(rng: np.random.Generator) -> Iterator[dict]:
    facts = judged(manifest())
    order = rng.permutation(len(facts))
    for place, number in enumerate(order):
        about = facts[number]
        name = about["en"].replace("’", "'")
        wording = CONCEPTS[place % len(CONCEPTS)]
        words = {"a": with_article(name) if wording[0] != "{a}" else name}, {"x": about["zh"]}
        line = _line("concept", wording, words, {"concepts": [about["id"]]})
        yield line | {"is_quick": place < QUICK_CONCEPTS}


def _turns(options: tuple[Wording, ...], place: int) -> Wording:
    return options[place % len(options)]


def _styles(pick: Iterator[Thing]) -> Iterator[dict]:
    for turn in range(10):
        for place, (style, (en, zh)) in enumerate(STYLE_WORDS.items()):
            thing = next(pick)
            words = _of(thing)
            words[0]["s"], words[1]["s"] = en, zh
            want = {"style": style, "concepts": thing.ids}
            wording = _turns(STYLES, turn + place)
            if en[0] in "aeio":
                wording = (wording[0].replace("a {s}", "an {s}"), wording[1])
            yield _line("style", wording, words, want) | {"is_quick": turn % 2 == 0}


def _tints(pick: Iterator[Thing]) -> Iterator[dict]:
    for turn in range(9):
        for place, colour in enumerate(TINTS):
            thing = next(pick)
            words = _of(thing)
            words[0].update(c=colour, ac=article(f"{colour} {thing.bare}"))
            words[1]["c"] = COLOUR_WORDS[colour]
            want = {"colour": colour, "concepts": thing.ids}
            wording = _turns(THINGS_IN_COLOUR, turn + place)
            yield _line("tint", wording, words, want) | {"is_quick": turn % 2 == 0}


def _backgrounds(pick: Iterator[Thing]) -> Iterator[dict]:
    for turn in range(6):
        for place, colour in enumerate(BACKGROUNDS):
            thing = next(pick)
            words = _of(thing)
            wording = _turns(TRANSPARENT, turn)
            if colour != "transparent":
                words[0]["c"], words[1]["c"] = colour, COLOUR_WORDS[colour]
                wording = _turns(BEHIND, turn + place)
                if colour[0] in "aeio":
                    wording = (wording[0].replace("a {c}", "an {c}"), wording[1])
            want = {"background": colour, "concepts": thing.ids}
            yield _line("background", wording, words, want) | {"is_quick": turn % 2 == 0}


def _counts(pick: Iterator[Thing]) -> Iterator[dict]:
    for turn in range(20):
        for count in range(1, 5):
            thing = next(pick)
            words = _of(thing)
            words[0]["n"], words[1]["n"] = EN_NUMBERS[count], ZH_NUMBERS[count]
            wording = _turns(JUST_ONE if count == 1 else COUNTS, turn)
            want = {"count": count, "concepts": thing.ids}
            yield _line("count", wording, words, want) | {"is_quick": turn % 2 == 0}


def _positions(pick: Iterator[Thing]) -> Iterator[dict]:
    for turn in range(20):
        for relation, wordings in POSITIONS.items():
            first, second = next(pick), next(pick)
            words = _of(first)
            words[0]["b"] = second.a
            words[1].update(y=second.zh, k=second.measure)
            want = {"relation": relation, "concepts": first.ids, "others": second.ids}
            wording = _turns(wordings, turn // 2)
            yield _line("position", wording, words, want) | {"is_quick": turn % 2 == 0}


def _endless(rng: np.random.Generator) -> Iterator[Thing]:
    """Things in shuffled passes, so that neighbours differ and all come up equally often."""
    known = things()
    while True:
        yield from (known[i] for i in rng.permutation(len(known)))


def prompts(seed: int = SEED) -> list[dict]:
    """All prompts, numbered."""
    rng = np.random.default_rng(seed)
    lines = [*_concepts(rng)]
    for suite in (_styles, _tints, _backgrounds, _counts, _positions):
        lines += suite(_endless(rng))
    return [{"id": number, **line} for number, line in enumerate(lines)]


def write(folder: Path = DATA) -> None:
    """Writes the prompts and the list of judged concepts with their names."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in (("image_prompts", prompts()), ("image_concepts", judged(manifest()))):
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text, "utf-8")


if __name__ == "__main__":
    write()
