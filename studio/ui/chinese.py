"""Chinese for what families say in English only: instruments, voices, units, terms of use.

Data and look-ups; what has no Chinese here stays as it is. Knows no component and no family.
"""

import re

UNITS = {"s": "秒", "px": "像素", "bpm": "拍/分"}

INSTRUMENTS = {
    "grand piano": "三角钢琴", "piano": "钢琴", "electric piano": "电钢琴",
    "harpsichord": "羽管键琴", "celesta": "钢片琴", "music box": "八音盒",
    "vibraphone": "颤音琴", "marimba": "马林巴", "xylophone": "木琴", "bell": "钟琴",
    "organ": "风琴", "church organ": "管风琴", "accordion": "手风琴", "harmonica": "口琴",
    "nylon guitar": "尼龙弦吉他", "steel guitar": "钢弦吉他", "guitar": "吉他",
    "jazz guitar": "爵士吉他", "clean guitar": "清音电吉他", "overdriven guitar": "过载吉他",
    "distorted guitar": "失真吉他", "upright bass": "立式贝斯", "finger bass": "指弹贝斯",
    "bass": "贝斯", "picked bass": "拨片贝斯", "fretless bass": "无品贝斯",
    "synth bass": "合成贝斯", "sub bass": "超低贝斯", "violin": "小提琴", "viola": "中提琴",
    "cello": "大提琴", "double bass": "低音提琴", "pizzicato strings": "拨奏弦乐",
    "harp": "竖琴", "timpani": "定音鼓", "strings": "弦乐", "choir": "合唱", "voice": "人声",
    "trumpet": "小号", "trombone": "长号", "tuba": "大号", "french horn": "圆号", "horn": "圆号",
    "brass": "铜管", "soprano sax": "高音萨克斯", "sax": "萨克斯", "oboe": "双簧管",
    "bassoon": "大管", "clarinet": "单簧管", "piccolo": "短笛", "flute": "长笛",
    "recorder": "竖笛", "chip square": "芯片方波", "chip triangle": "芯片三角波",
    "synth lead": "合成主音", "lead": "主音", "pluck": "拨弦合成音", "warm pad": "温暖铺底",
    "pad": "铺底", "polysynth": "复音合成器", "sitar": "西塔琴", "banjo": "班卓琴",
    "koto": "古筝", "kalimba": "拇指琴", "fiddle": "民间提琴", "acoustic kit": "原声鼓组",
    "electronic kit": "电子鼓组", "lo-fi kit": "低保真鼓组", "jazz kit": "爵士鼓组",
    "brush kit": "鼓刷鼓组",
}  # fmt: skip
"""What players play, as `studio.sounds.programs` names it."""

_VOICES = {
    "soft": "柔和", "warm": "温暖", "bright": "明亮", "deep": "低沉", "old": "苍老",
    "young": "年轻", "breathy": "气声", "whisper": "耳语", "robot": "机器人", "female": "女声",
    "male": "男声", "child": "童声", "choir": "合唱",
}  # fmt: skip

TERMS = {
    "any use, also commercial": "可用于任何用途，包括商用",
    "any use, also commercial, but those that its licence lists as harmful": (
        "可用于任何用途，包括商用；许可证列明的有害用途除外"
    ),
    "any use, also commercial, as the NVIDIA Open Model License allows": (
        "在 NVIDIA Open Model License 允许的范围内可用于任何用途，包括商用"
    ),
    "any use below 1,000,000 USD of revenue a year; above, a licence of Stability AI": (
        "年收入低于 1,000,000 美元可用于任何用途；高于此须有 Stability AI 的许可"
    ),
    "commercial use below 10,000,000 USD a year, above it by a paid licence; provenance marks "
    "stay in": "年收入低于 10,000,000 美元可商用，高于此须付费许可；须保留来源标记",
    "research; commercial use after registration with Zhipu AI": "可用于研究；商用须先向智谱登记",
    "not for commercial use": "不可商用",
    "as the Skywork Community License allows, commercial use too; read it first": (
        "按 Skywork Community License 使用，包括商用；请先阅读"
    ),
}
"""What a checkpoint's licence allows, as its family says it."""

TERMS_OF_PARTS = {
    "; not for what Gemma's prohibited use policy lists": "；Gemma 禁止使用政策所列的用途除外",
}
"""What the licence of an encoder inside adds."""

_LENGTHS = {"s": "秒", "min": "分钟", "h": "小时"}


def terms(text: str) -> str:
    """What the licences of a checkpoint and of its parts allow; the same text where unknown."""
    for said, added in TERMS_OF_PARTS.items():
        if text.endswith(said) and text.removesuffix(said) in TERMS:
            return TERMS[text.removesuffix(said)] + added
    return TERMS.get(text, text)


def instrument(name: str) -> str:
    """An instrument, or a singer in words ("soft female")."""
    if name in INSTRUMENTS:
        return INSTRUMENTS[name]
    words = name.split()
    return "".join(_VOICES[word] for word in words) if set(words) <= _VOICES.keys() else name


def lengths(text: str) -> str:
    """The units of time in "0.7 GB, 4.8 s", and its comma."""
    found = re.sub(r"(?<=\d )(s|min|h)\b", lambda unit: _LENGTHS[unit[1]], text)
    return found.replace(", ", "，")
