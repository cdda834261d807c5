"""Which language a prompt is written in, by script and by its commonest words.

Knows the scripts of the world by name and a few Latin languages by their small words.
"""

import re
import unicodedata
from collections import Counter

SCRIPTS = {
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "CYRILLIC": "ru",
    "ARABIC": "ar",
    "HEBREW": "he",
    "DEVANAGARI": "hi",
    "THAI": "th",
    "GREEK": "el",
    "CJK": "zh",
    "LATIN": "latin",
}
SMALL_WORDS = {
    "en": "the a an of in on with and for to is my about from at without",
    "de": "der die das ein eine einen und mit im auf für von ist nicht den dem",
    "fr": "le la les un une des du et avec dans sur pour sans est au aux qui",
    "es": "el la los las un una con en y para por sin del que es sobre",
    "it": "il lo la gli un una con nel e per senza del che di sul",
    "pt": "o a os as um uma com em e para por sem do da que no",
}
NAMES = {
    "en": r"english|英文|英语",
    "zh": r"chinese|mandarin|中文|国语|普通话|汉语|华语",
    "yue": r"cantonese|粤语|广东话",
    "ja": r"japanese|日语|日文",
    "ko": r"korean|韩语|韩文",
    "es": r"spanish|西班牙语",
    "fr": r"french|法语",
    "de": r"german|德语",
    "it": r"italian|意大利语",
    "pt": r"portuguese|葡萄牙语",
    "ru": r"russian|俄语",
}
SUNG_IN = re.compile(
    r"\b(?:in|sung in|lyrics in|language:?)\s+(?P<en>english|chinese|mandarin|cantonese|japanese"
    r"|korean|spanish|french|german|italian|portuguese|russian)\b"
    r"|(?:用|以)?(?P<zh>英文|英语|中文|国语|普通话|汉语|华语|粤语|广东话|日语|日文|韩语|韩文|西班牙语|法语|德语|意大利语|葡萄牙语|俄语)"
    r"(?=歌|唱|演唱|情歌|流行|版|歌词|民谣|说唱|对唱|摇滚)",
    re.IGNORECASE,
)
# A Latin word or two inside Chinese is a name, not a second language, until it is this much.
MIXED_SHARE = 0.2


def _script(letter: str) -> str | None:
    if letter.isascii():
        return "latin" if letter.isalpha() else None
    if not letter.isalpha():
        return None
    return SCRIPTS.get(unicodedata.name(letter, "").split(" ")[0])


def detect(text: str) -> str:
    """A language code: "en", "zh", "mixed" (Chinese with English), another code, or "none"."""
    letters = Counter(script for script in map(_script, text) if script is not None)
    if not letters:
        return "none"
    if letters["ja"]:
        return "ja"
    han, latin = letters["zh"], len(re.findall(r"[A-Za-z]{2,}", text))
    if han and latin:
        share = min(han, latin * 2) / (han + latin * 2)
        return "mixed" if share >= MIXED_SHARE else ("zh" if han > latin else "en")
    top = letters.most_common(1)[0][0]
    return _latin(text) if top == "latin" else top


def _latin(text: str) -> str:
    words = Counter(re.findall(r"[a-zà-ÿ]+", text.lower()))
    scores = {
        code: sum(words[word] for word in small.split()) for code, small in SMALL_WORDS.items()
    }
    best = max(scores, key=lambda code: scores[code])
    return best if scores[best] >= scores["en"] + 2 else "en"


def asked(text: str) -> tuple[str, int, int] | None:
    """The language that a song shall be sung in, where the prompt says so."""
    match = SUNG_IN.search(text)
    if match is None:
        return None
    name = match.group().lower()
    for code, pattern in NAMES.items():
        if re.search(pattern, name):
            return code, match.start(), match.end()
    return None
