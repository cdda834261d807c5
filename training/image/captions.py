"""Says in English or Chinese exactly what a scene shows, in many wordings.

Knows the scene plan and the manifest; knows nothing about pixels or models.
"""

import re

import numpy as np

from training.image.scenes import PLACES, Scene

STYLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "glossy": (("glossy", "shiny", "glossy gradient"), ("光泽", "亮面", "渐变光泽")),
    "flat": (("flat", "flat design", "flat vector"), ("扁平", "扁平化", "扁平矢量")),
    "3d": (("3D", "3D rendered", "three-dimensional"), ("3D", "立体", "三维渲染")),
    "cartoon": (("cartoon", "cartoon style", "comic"), ("卡通", "卡通风格", "漫画")),
    "soft": (("soft", "soft rounded", "cute soft"), ("柔和", "圆润", "柔软可爱")),
    "simple": (("simple", "minimal", "clean simple"), ("简约", "极简", "简洁")),
    "classic": (("classic", "retro classic", "old-school"), ("经典", "复古", "传统")),
    "bold": (("bold", "bold graphic", "strong"), ("醒目", "粗犷", "大胆")),
    "outline": (("outlined", "line art", "outline drawing style"), ("描边", "线稿", "勾线")),
    "icon": (("blue line icon", "icon", "interface icon"), ("蓝色线条图标", "图标", "界面图标")),
    "flat icon": (("flat icon", "flat colour icon"), ("扁平图标", "平面彩色图标")),
    "gradient icon": (("gradient icon", "colourful app icon"), ("渐变图标", "彩色应用图标")),
    "weather icon": (("weather icon", "forecast icon"), ("天气图标", "气象图标")),
}
NOUNS_EN = ("", "", "", " sticker", " emoji", " illustration", " picture", " drawing")
NOUNS_ZH = ("", "", "", "贴纸", "表情", "插画", "图片", "图画")
COLOURS_ZH = {
    "red": "红色", "orange": "橙色", "yellow": "黄色", "green": "绿色", "teal": "青色",
    "blue": "蓝色", "purple": "紫色", "pink": "粉色", "brown": "棕色", "black": "黑色",
    "grey": "灰色", "white": "白色",
}  # fmt: skip
PLACES_EN = {
    "meadow": ("in a meadow", "on the grass"),
    "beach": ("on a beach", "at the seaside"),
    "sea": ("at sea", "on the ocean"),
    "night": ("at night", "under the stars"),
    "sunset": ("at sunset", "in the evening glow"),
    "snow": ("in the snow", "in winter"),
    "desert": ("in the desert", "among sand dunes"),
    "mountains": ("in the mountains", "before mountain peaks"),
    "forest": ("in a forest", "in the woods"),
    "space": ("in space", "among the stars of outer space"),
    "underwater": ("underwater", "under the sea"),
    "rain": ("in the rain", "on a rainy day"),
    "room": ("in a room", "indoors"),
    "city": ("in the city", "in front of a city skyline"),
}
PLACES_ZH = {
    "meadow": ("在草地上", "在草原上"),
    "beach": ("在沙滩上", "在海滩上"),
    "sea": ("在海上", "在大海上"),
    "night": ("在夜晚", "在星空下"),
    "sunset": ("在日落时", "在夕阳下"),
    "snow": ("在雪地里", "在冬天"),
    "desert": ("在沙漠里", "在沙丘间"),
    "mountains": ("在山里", "在群山前"),
    "forest": ("在森林里", "在树林里"),
    "space": ("在太空中", "在宇宙里"),
    "underwater": ("在水下", "在海底"),
    "rain": ("在雨中", "在雨天"),
    "room": ("在房间里", "在室内"),
    "city": ("在城市里", "在城市天际线前"),
}
COUNT_EN = {
    1: ("one", "a single"),
    2: ("two", "2", "a pair of"),
    3: ("three", "3"),
    4: ("four", "4"),
}
COUNT_ZH = {1: ("一个",), 2: ("两个", "2个"), 3: ("三个", "3个"), 4: ("四个", "4个")}
RELATIONS_EN = {
    "left of": ("{a} to the left of {b}", "{a} on the left, {b} on the right", "{a} left of {b}"),
    "right of": (
        "{a} to the right of {b}",
        "{b} on the left, {a} on the right",
        "{a} right of {b}",
    ),
    "above": ("{a} above {b}", "{a} over {b}", "{a} at the top, {b} at the bottom"),
    "below": ("{a} below {b}", "{a} under {b}", "{b} at the top, {a} at the bottom"),
}
RELATIONS_ZH = {
    "left of": ("{a}在{b}的左边", "左边是{a}，右边是{b}", "{a}在{b}左侧"),
    "right of": ("{a}在{b}的右边", "左边是{b}，右边是{a}", "{a}在{b}右侧"),
    "above": ("{a}在{b}的上面", "{a}在{b}上方", "上面是{a}，下面是{b}"),
    "below": ("{a}在{b}的下面", "{a}在{b}下方", "上面是{b}，下面是{a}"),
}
IRREGULAR = {"mouse": "mice", "goose": "geese", "sheep": "sheep", "fish": "fish", "deer": "deer",
             "person": "people", "man": "men", "woman": "women", "child": "children",
             "tooth": "teeth", "foot": "feet", "knife": "knives", "leaf": "leaves",
             "wolf": "wolves", "ox": "oxen", "loaf": "loaves"}  # fmt: skip


def plural(name: str) -> str:
    """English plural of the last word of a name."""
    *head, last = name.split(" ")
    if last in IRREGULAR:
        last = IRREGULAR[last]
    elif re.search(r"(s|x|z|ch|sh)$", last):
        last = last if last.endswith("ses") or last == "glasses" else last + "es"
    elif re.search(r"[^aeiou]y$", last):
        last = last[:-1] + "ies"
    else:
        last += "s"
    return " ".join([*head, last])


def _pick(rng: np.random.Generator, options: tuple[str, ...]) -> str:
    return options[int(rng.integers(len(options)))]


def _name(row: dict, language: str, rng: np.random.Generator) -> str:
    """The thing's name; now and then one of its tags, which teaches synonyms."""
    tags = row.get(f"tags_{language}") or ()
    if tags and rng.random() < 0.1:
        return _pick(rng, tuple(tags))
    return row[language].replace("’", "'")


def _place_en(background: str, rng: np.random.Generator) -> str:
    if background == "transparent":
        return _pick(rng, (" on a transparent background", ", transparent background", " cut out"))
    if background == "white":
        return _pick(rng, ("", "", "", " on a white background", " on white"))
    if background in PLACES:
        return " " + _pick(rng, PLACES_EN[background])
    return _pick(
        rng, (f" on a {background} background", f", {background} background", f" on {background}")
    )


def _place_zh(background: str, rng: np.random.Generator) -> str:
    if background == "transparent":
        return _pick(rng, ("，透明背景", "，背景透明", "，抠图"))
    if background == "white":
        return _pick(rng, ("", "", "", "，白色背景", "，白底"))
    if background in PLACES:
        return _pick(rng, PLACES_ZH[background])
    colour = COLOURS_ZH[background]
    return _pick(rng, (f"，{colour}背景", f"，背景是{colour}", f"，{colour}的底"))


def _content_en(scene: Scene, names: list[str], rng: np.random.Generator) -> str:
    if scene.kind == "count":
        count = len(scene.sprites)
        return _pick(rng, COUNT_EN[count]) + " " + (names[0] if count == 1 else plural(names[0]))
    if scene.relation is not None:
        a, b = (f"a {n}" if rng.random() < 0.6 else n for n in names)
        return _pick(rng, RELATIONS_EN[scene.relation]).format(a=a, b=b)
    tint = scene.sprites[0].tint
    return f"{tint} {names[0]}" if tint else names[0]


def _content_zh(scene: Scene, names: list[str], rng: np.random.Generator) -> str:
    if scene.kind == "count":
        return _pick(rng, COUNT_ZH[len(scene.sprites)]) + names[0]
    if scene.relation is not None:
        return _pick(rng, RELATIONS_ZH[scene.relation]).format(a=names[0], b=names[1])
    tint = scene.sprites[0].tint
    return f"{COLOURS_ZH[tint]}的{names[0]}" if tint else names[0]


def caption(scene: Scene, rows: list[dict], rng: np.random.Generator, language: str = "") -> str:
    """One wording of what the scene shows. `language` "en" or "zh"; drawn if not given."""
    about = [rows[p.row] for p in scene.sprites[: 2 if scene.relation else 1]]
    has_chinese = all(a["zh"] for a in about)
    language = language or ("zh" if has_chinese and rng.random() < 0.45 else "en")
    style_en, style_zh = STYLES[about[0]["style"]]
    names = [_name(a, language, rng) for a in about]
    is_styled = rng.random() < 0.75
    if language == "zh":
        style = _pick(rng, style_zh) + _pick(rng, ("", "的", "风格的")) if is_styled else ""
        where, what = _place_zh(scene.background, rng), _content_zh(scene, names, rng)
        noun = _pick(rng, NOUNS_ZH)
        if scene.background in PLACES:
            return f"{style}{what}{where}{noun and '，' + noun}"
        return f"{style}{what}{noun}{where}"
    style = _pick(rng, style_en) if is_styled else ""
    noun, what = _pick(rng, NOUNS_EN), _content_en(scene, names, rng)
    where = _place_en(scene.background, rng)
    if style and rng.random() < 0.25:
        return f"{what}{noun}{where}, {style}"
    article = "a " if not style and scene.kind == "single" and rng.random() < 0.4 else ""
    return f"{style} {article}{what}{noun}{where}".strip()
