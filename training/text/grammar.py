"""Makes prompts: a meaning (slots), then the same meaning in English and Chinese.

The slots are what a picture, song or video model must be able to read from the text, so they
are also the labels of the auxiliary losses. Knows nothing about tokens or models.
"""

import random
from dataclasses import dataclass, field
from functools import cache

from training.text.lexicon import Word, lexicon, subjects

EN_NUMBERS = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
ZH_NUMBERS = ("", "一", "两", "三", "四", "五", "六", "七", "八", "九", "十")
RELATIONS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("and", "with", "together with"), ("和", "与", "还有")),
    (("to the left of", "left of", "on the left of"), ("左边", "左侧", "左面")),
    (("to the right of", "right of", "on the right of"), ("右边", "右侧", "右面")),
    (("above", "over", "on top of"), ("上面", "上方", "上边")),
    (("below", "under", "beneath"), ("下面", "下方", "下边")),
    (("inside", "in"), ("里面", "里")),
    (("next to", "beside"), ("旁边", "边上")),
    (("behind",), ("后面", "背后")),
    (("in front of",), ("前面", "前方")),
)
SLOTS = (
    "kind", "subject", "subject2", "count", "count2", "colour", "colour2", "relation", "size",
    "material", "style", "background", "mood", "shot", "light", "action", "scene", "genre",
    "tempo", "key", "instrument", "instrument2", "vocals", "camera",
)  # fmt: skip
KINDS = ("none", "image", "song", "video")


EN_LEADS = (
    "", "", "", "", "a picture of ", "draw ", "an image of ", "make ", "an illustration of ",
    "please draw ",
)  # fmt: skip
SPELLINGS = (("-coloured", ""), ("grey", "gray"), ("watercolour", "watercolor"))


@dataclass
class Scene:
    """A meaning: slot → class number (0 is "not said") and the words that say it."""

    kind: str
    words: dict[str, Word] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    relation: int | None = None
    seconds: int | None = None

    def labels(self) -> list[int]:
        values = {"kind": KINDS.index(self.kind)}
        for name, word in self.words.items():
            values[name] = word_class(name)[word.en]
        values |= self.counts
        if self.relation is not None:
            values["relation"] = self.relation + 1
        return [values.get(slot, 0) for slot in SLOTS]


CATEGORY = {
    "subject2": "subject", "colour2": "colour", "instrument2": "instrument",
}  # fmt: skip


def slot_words(slot: str) -> tuple[Word, ...]:
    name = CATEGORY.get(slot, slot)
    return subjects() if name == "subject" else lexicon()[name]


@cache
def word_class(slot: str) -> dict[str, int]:
    return {word.en: number for number, word in enumerate(slot_words(slot), 1)}


def slot_sizes() -> list[int]:
    fixed = {"kind": len(KINDS), "count": 11, "count2": 11, "relation": len(RELATIONS) + 1}
    return [fixed.get(slot) or len(slot_words(slot)) + 1 for slot in SLOTS]


def _pick(scene: Scene, slot: str, chance: float, rng: random.Random) -> None:
    if rng.random() < chance:
        words = slot_words(slot)
        # Half of all subjects come from the hand-written lexicon, the everyday ones.
        if CATEGORY.get(slot, slot) == "subject" and rng.random() < 0.5:
            words = [w for w in words if not w.is_emoji]
        scene.words[slot] = rng.choice(words)


def picture_scene(rng: random.Random) -> Scene:
    scene = Scene("image")
    _pick(scene, "subject", 1.0, rng)
    _pick(scene, "subject2", 0.4, rng)
    has_two = "subject2" in scene.words
    scene.counts["count"] = rng.choice((1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 6, 7, 8, 9, 10))
    _pick(scene, "colour", 0.4, rng)
    if has_two:
        scene.counts["count2"] = rng.choice((1, 1, 1, 1, 2, 3, 4, 5))
        scene.relation = rng.choice((0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 6, 7, 8))
        _pick(scene, "colour2", 0.4 if "colour" in scene.words else 0.1, rng)
    for slot, chance in (
        ("size", 0.15), ("material", 0.1), ("style", 0.4), ("background", 0.25), ("mood", 0.12),
        ("shot", 0.08), ("light", 0.06),
    ):  # fmt: skip
        _pick(scene, slot, chance, rng)
    if not has_two and scene.words["subject"].category in ("animal", "person", "fantasy"):
        _pick(scene, "action", 0.5, rng)
    return scene


def song_scene(rng: random.Random) -> Scene:
    scene = Scene("song")
    for slot, chance in (
        ("genre", 0.75), ("mood", 0.55), ("tempo", 0.3), ("key", 0.15), ("instrument", 0.5),
        ("vocals", 0.25), ("scene", 0.4),
    ):  # fmt: skip
        _pick(scene, slot, chance, rng)
    if "instrument" in scene.words:
        _pick(scene, "instrument2", 0.4, rng)
    if rng.random() < 0.2:
        scene.seconds = rng.choice((10, 15, 20, 30, 45, 60, 90, 120))
    return scene


def video_scene(rng: random.Random) -> Scene:
    scene = Scene("video")
    _pick(scene, "subject", 1.0, rng)
    scene.counts["count"] = rng.choice((1, 1, 1, 2, 3, 4))
    for slot, chance in (
        ("colour", 0.25), ("action", 0.75), ("background", 0.35), ("style", 0.25), ("mood", 0.15),
        ("camera", 0.5), ("light", 0.1),
    ):  # fmt: skip
        _pick(scene, slot, chance, rng)
    if rng.random() < 0.25:
        scene.seconds = rng.choice((2, 3, 4, 5, 6, 8, 10))
    return scene


def make_scene(rng: random.Random) -> Scene:
    make = rng.choices((picture_scene, song_scene, video_scene), (0.66, 0.19, 0.15))[0]
    return make(rng)


def plural(noun: str) -> str:
    if noun.endswith(("s", "sh", "ch", "x")) and not noun.endswith("ous"):
        return noun if noun.endswith("s") and not noun.endswith("ss") else noun + "es"
    if noun.endswith("man") and noun not in ("german", "human"):
        return noun[:-3] + "men"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    irregular = {"mouse": "mice", "child": "children", "fish": "fish", "sheep": "sheep",
                 "deer": "deer", "person": "people", "goose": "geese", "wolf": "wolves",
                 "foot": "feet", "tooth": "teeth", "knife": "knives", "leaf": "leaves"}  # fmt: skip
    return irregular.get(noun, noun + "s")


def _article(phrase: str) -> str:
    return ("an " if phrase[:1] in "aeiou" else "a ") + phrase


def en_noun(scene: Scene, tail: str, rng: random.Random, is_plain: bool) -> str:
    """ "three red cats", "a wooden chair"; `tail` is "" or "2"."""
    noun = scene.words["subject" + tail].en
    count = scene.counts["count" + tail]
    slots = ("colour2",) if tail else ("size", "colour", "material")
    adjectives = [scene.words[s].en for s in slots if s in scene.words]
    phrase = " ".join((*adjectives, plural(noun) if count > 1 else noun))
    if count > 1:
        number = str(count) if not is_plain and rng.random() < 0.2 else EN_NUMBERS[count]
        return f"{number} {phrase}"
    if not is_plain and rng.random() < 0.3:
        return rng.choice((phrase, "one " + phrase, "the " + phrase))
    return _article(phrase)


def _zh(word: Word, rng: random.Random, is_plain: bool = False) -> str:
    return word.zh[0] if is_plain or rng.random() < 0.5 else rng.choice(word.zh)


def zh_noun(scene: Scene, tail: str, rng: random.Random) -> str:
    word = scene.words["subject" + tail]
    count = scene.counts["count" + tail]
    slots = ("colour2",) if tail else ("size", "colour", "material")
    parts = []
    for slot in slots:
        if slot in scene.words:
            adjective = _zh(scene.words[slot], rng)
            is_bare = adjective.endswith("的") or rng.random() < 0.3
            parts.append(adjective if is_bare else adjective + "的")
    number = ZH_NUMBERS[count] if rng.random() < 0.8 else str(count)
    head = number + word.measure if count > 1 or rng.random() < 0.7 else ""
    return head + "".join(parts) + _zh(word, rng)


def _en_style(style: str, rng: random.Random, is_plain: bool) -> str:
    forms = (f"{style} style", f"in {style} style", f"in a {style} style", f"{style}")
    return forms[0] if is_plain else rng.choice(forms)


def _zh_style(style: str, rng: random.Random) -> str:
    if style.endswith(("风格", "画", "风", "图", "稿")):
        return style
    return style + rng.choice(("风格", "风", "", "风格的"))


def _en_pair(scene: Scene, rng: random.Random, is_plain: bool) -> str:
    first, second = (en_noun(scene, tail, rng, is_plain) for tail in ("", "2"))
    assert scene.relation is not None
    forms = RELATIONS[scene.relation][0]
    return f"{first} {forms[0] if is_plain else rng.choice(forms)} {second}"


def _zh_pair(scene: Scene, rng: random.Random) -> str:
    first, second = (zh_noun(scene, tail, rng) for tail in ("", "2"))
    assert scene.relation is not None
    place = rng.choice(RELATIONS[scene.relation][1])
    if scene.relation == 0:
        return f"{first}{place}{second}"
    return rng.choice((f"{first}在{second}{place}", f"{first}在{second}的{place}",
                       f"{second}{place}有{first}", f"{second}的{place}是{first}"))  # fmt: skip


def en_picture(scene: Scene, rng: random.Random, is_plain: bool) -> str:
    words = scene.words
    has_two = "subject2" in words
    text = _en_pair(scene, rng, is_plain) if has_two else en_noun(scene, "", rng, is_plain)
    if "action" in words:
        text += f" {words['action'].en}"
    if "background" in words:
        name = words["background"].en
        text += f" {name}" if name.split()[0] in ("on", "in", "at", "under", "by") else f", {name}"
    extras = [words[s].en for s in ("mood", "shot", "light") if s in words]
    lead = "" if is_plain else rng.choice(EN_LEADS)
    if "style" in words:
        style = words["style"].en
        if not is_plain and not lead and rng.random() < 0.3:
            lead = style + " "
        else:
            extras.append(_en_style(style, rng, is_plain))
    if not is_plain:
        rng.shuffle(extras)
    return ", ".join((lead + text, *extras))


def zh_picture(scene: Scene, rng: random.Random) -> str:
    words = scene.words
    text = _zh_pair(scene, rng) if "subject2" in words else zh_noun(scene, "", rng)
    place = _zh(words["background"], rng) if "background" in words else ""
    is_place = place.startswith("在")
    if "action" in words:
        action = _zh(words["action"], rng)
        text += (place + action) if is_place else rng.choice(("正在", "在", "")) + action
    elif is_place and "subject2" not in words and rng.random() < 0.6:
        text = text + place
    elif is_place:
        text = place + rng.choice(("，", "")) + text
    extras = [_zh(words[s], rng) for s in ("mood", "shot", "light") if s in words]
    if place and not is_place:
        extras.append(place)
    if "style" in words:
        extras.append(_zh_style(_zh(words["style"], rng), rng))
    rng.shuffle(extras)
    lead = rng.choice(("", "", "", "", "画", "一张", "请画", "生成一张图片：", "一幅插画，"))
    return rng.choice(("，", "，", "、", " ", ",")).join((lead + text, *extras))


def en_song(scene: Scene, rng: random.Random, is_plain: bool) -> str:
    w = scene.words
    adjectives = [w[s].en for s in ("tempo", "mood", "genre") if s in w and w[s].en[0].isalpha()]
    nouns = ("song",) if is_plain else ("song", "song", "track", "tune", "piece", "music", "beat")
    text = _article(" ".join((*adjectives, rng.choice(nouns))))
    if "scene" in w:
        text += f" about {w['scene'].en}"
    if "instrument" in w:
        players = [w[s].en for s in ("instrument", "instrument2") if s in w]
        text += " with " + " and ".join(players)
    extras = [w["tempo"].en] if "tempo" in w and w["tempo"].en[0].isdigit() else []
    if "key" in w:
        extras.append(f"in {w['key'].en}")
    if "vocals" in w:
        extras.append(w["vocals"].en)
    if scene.seconds:
        extras.append(f"{scene.seconds} seconds")
    if not is_plain:
        rng.shuffle(extras)
        text = rng.choice(("", "", "", "compose ", "write ", "make ", "sing ", "i want ")) + text
    return ", ".join((text, *extras))


def zh_song(scene: Scene, rng: random.Random) -> str:
    w = scene.words
    about = f"关于{_zh(w['scene'], rng)}的" if "scene" in w else ""
    adjectives = [_zh(w[s], rng) + "的" * (s == "mood") for s in ("mood", "genre") if s in w]
    noun = rng.choice(("歌", "歌曲", "音乐", "曲子", "乐曲"))
    text = rng.choice(("一首", "", "写一首", "来一首", "做一首", "一段")) + about
    text += "".join(adjectives) + noun
    extras = []
    if "instrument" in w:
        players = "和".join(_zh(w[s], rng) for s in ("instrument", "instrument2") if s in w)
        extras.append(rng.choice((f"用{players}演奏", f"有{players}", f"{players}伴奏", players)))
    extras += [_zh(w[s], rng) for s in ("tempo", "key", "vocals") if s in w]
    if scene.seconds:
        extras.append(f"{scene.seconds}秒")
    rng.shuffle(extras)
    return rng.choice(("，", "，", "、", " ")).join((text, *extras))


def en_video(scene: Scene, rng: random.Random, is_plain: bool) -> str:
    w = scene.words
    leads = ("a video of ",) if is_plain else (
        "a video of ", "video: ", "an animation of ", "a clip of ", "film ", "a short movie of ",
        "animate ", "",
    )  # fmt: skip
    text = rng.choice(leads) + en_noun(scene, "", rng, is_plain)
    if "action" in w:
        text += f" {w['action'].en}"
    if "background" in w:
        text += f" {w['background'].en}" if w["background"].en[:2] in ("on", "in", "at") else (
            f", {w['background'].en}")  # fmt: skip
    extras = [w[s].en for s in ("mood", "light", "camera") if s in w]
    if "style" in w:
        extras.append(_en_style(w["style"].en, rng, is_plain))
    if scene.seconds:
        extras.append(f"{scene.seconds} seconds")
    return ", ".join((text, *extras))


def zh_video(scene: Scene, rng: random.Random) -> str:
    w = scene.words
    text = zh_noun(scene, "", rng)
    place = _zh(w["background"], rng) if "background" in w else ""
    text += place if place.startswith("在") else ""
    if "action" in w:
        text += ("" if place.startswith("在") else rng.choice(("正在", "在", ""))) + _zh(
            w["action"], rng)  # fmt: skip
    text = rng.choice((f"{text}的视频", f"一段{text}的动画", f"视频：{text}", f"拍一段{text}",
                       f"一个{text}的短片", text))  # fmt: skip
    extras = [_zh(w[s], rng) for s in ("mood", "light", "camera") if s in w]
    if place and not place.startswith("在"):
        extras.append(place)
    if "style" in w:
        extras.append(_zh_style(_zh(w["style"], rng), rng))
    if scene.seconds:
        extras.append(f"{scene.seconds}秒")
    return rng.choice(("，", "，", "、", " ")).join((text, *extras))


def render_en(scene: Scene, rng: random.Random, is_plain: bool) -> str:
    """English for a scene; `is_plain` gives the one canonical wording, the teacher's target."""
    render = {"image": en_picture, "song": en_song, "video": en_video}[scene.kind]
    text = render(scene, rng, is_plain)
    if not is_plain:
        for british, american in SPELLINGS:
            if rng.random() < 0.7:
                text = text.replace(british, american)
    return text


def render_zh(scene: Scene, rng: random.Random) -> str:
    return {"image": zh_picture, "song": zh_song, "video": zh_video}[scene.kind](scene, rng)
