"""How a prompt says that it asks for a music video, and what is left when that is taken off.

Knows nothing about what a music video is.
"""

import re

_FILM_ZH = r"(?:音乐视频|音乐短片|音乐录影带|MV)"
_ORDER = (
    r"\W*(?:(?:please|make|create|generate|render|give|shoot|film|me|us|i|we|need|want|an?|the|my|our"
    r"|short|new|looping|looped|\d+[- ]?(?:s|secs?|seconds?|minutes?|mins?))\b[\s-]*)*"
)
_ORDER_ZH = (
    r"\W*(?:请|帮|给|我|想|要|做|生成|制作|来|拍|创作|一下)*(?:一[个段支部首条])?(?:短的?|新的?)?"
)
# "a disco music video": what it sounds like may stand before.
_LOOK = r"(?:(?!for\b|of\b|in\b|from\b|like\b|about\b|to\b|with\b|on\b)[\w'-]+\s+){0,2}?"
_NAMED = re.compile(
    rf"{_ORDER}(?:music|lyric) (?:video|clip)\s*[:：]|{_ORDER_ZH}{_FILM_ZH}\s*[:：]", re.IGNORECASE
)
_SONG = r"(?:songs?|tracks?|ballads?|singles?|demos?|tunes?|beats?|bands?|albums?)"
_TOLD = re.compile(
    rf"{_ORDER}{_LOOK}(?:music|lyric) (?:video|clip)\s+(?:"
    rf"for\s+(?:[\w'-]+\s+){{0,4}}?{_SONG}\s*(?:about\s+|[,，:;.]\s*)"
    r"|(?:about|of|for|with|where|in which|featuring|starring|showing)\s+)"
    rf"|{_ORDER_ZH}{_FILM_ZH}\s*[，,]?\s*(?:关于|讲述?的?是?|主题是|内容是)",
    re.IGNORECASE,
)
# "关于狐狸的音乐视频": what it is about stands inside.
_INSIDE = re.compile(rf"{_ORDER_ZH}关于(?P<about>[^，,。.；;\n]+?)的{_FILM_ZH}", re.IGNORECASE)
_ONE_SHOT = re.compile(r"\bone[- ](?:take|shot)\b|\bsingle (?:take|shot)\b|一镜到底", re.IGNORECASE)


def named_film(text: str) -> re.Match[str] | None:
    """The words up to the colon in "music video: a fox on the moon"."""
    return _NAMED.match(text)


def film(text: str) -> re.Match[str] | None:
    """The words that ask for a music video of several scenes, with a colon or without.

    None in other prompts, and where one single shot is asked for.
    """
    if _ONE_SHOT.search(text):
        return None
    return _NAMED.match(text) or _TOLD.match(text) or _INSIDE.match(text)


def without_film(text: str) -> str:
    """What a music video is about, without the words that ask for one."""
    inside = _INSIDE.match(text)
    if inside is not None:
        return inside["about"] + text[inside.end() :]
    asked = _NAMED.match(text) or _TOLD.match(text)
    return text[asked.end() :].strip() if asked is not None else text
