"""Lines as they are read out: figures, signs and abbreviations become words.

English figures in English words, Chinese ones in characters, by what stands beside them. Knows
nothing about sound.
"""

import re
import unicodedata
from collections.abc import Callable

HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_HAN = re.compile(f"[{HAN}]")
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O", "œ": "oe", "Œ": "Oe", "ł": "l",
     "Ł": "L", "đ": "d", "Đ": "D", "ð": "th", "þ": "th", "Þ": "Th", "ı": "i", "‘": "'", "’": "'",
     "“": '"', "”": '"', "\u00a0": " ", "\u3000": " "}
)  # fmt: skip


def spelled(text: str, language: str = "") -> str:
    """A text in letters and characters alone, with its punctuation.

    Args:
        language: "en" or "zh" for figures that have no words beside them; else the text decides.
    """
    text = "".join(_plain(each) for each in text).translate(_LETTERS)
    chinese = language.startswith("zh") or (not language and bool(_HAN.search(text)))
    text = _abbreviated(text)
    for pattern, english, mandarin in _FIGURES:

        def said(
            match: re.Match[str],
            english: Callable[[re.Match[str]], str] = english,
            mandarin: Callable[[re.Match[str]], str] = mandarin,
        ) -> str:
            if _is_chinese(match, chinese):
                return mandarin(match)
            return f" {english(match)} "

        text = pattern.sub(said, text)
    return re.sub(r"[^\S\n]+", " ", text).strip()


def _plain(character: str) -> str:
    """Full-width letters and figures, and Latin letters that the rules do not know, folded."""
    if "\uff10" <= character <= "\uff5a" and character.isalnum():
        return unicodedata.normalize("NFKC", character)
    if "\u0100" <= character <= "\u024f" or "\u1e00" <= character <= "\u1eff":
        folded = unicodedata.normalize("NFD", character)[0]
        return folded if folded.isascii() else character
    return character


def _is_chinese(match: re.Match[str], otherwise: bool) -> bool:
    """The language of what touches the figure, else of the nearest word, else of the line."""
    before, after = match.string[: match.start()], match.string[match.end() :]
    for beside in (after[:1], before[-1:], *reversed(before[-12:]), *after[:12]):
        if beside and (_HAN.match(beside) or (beside.isalpha() and beside.isascii())):
            return bool(_HAN.match(beside))
    return otherwise


# Abbreviations

_SHORT = {
    "mr": "mister", "mrs": "missus", "ms": "miz", "dr": "doctor", "prof": "professor",
    "vs": "versus", "etc": "et cetera", "jr": "junior", "sr": "senior", "mt": "mount",
    "ave": "avenue", "blvd": "boulevard", "approx": "approximately", "feat": "featuring",
    "dept": "department", "capt": "captain", "sgt": "sergeant", "gov": "governor",
    "jan": "January", "feb": "February", "aug": "August", "sept": "September", "oct": "October",
    "nov": "November", "dec": "December",
}  # fmt: skip
_SHORT_WORD = re.compile(rf"\b({'|'.join(_SHORT)})\.(?=\s|,|$)", re.IGNORECASE)
_DOTTED = re.compile(r"\b((?:[A-Za-z]\.){2,})(?=\W|$)|\b((?:[A-Za-z]\.)+[A-Za-z])\b")
_CAPITALS = re.compile(r"(?<![A-Za-z'])[A-Z]{2,5}(?![A-Za-z'])")
_SIGNS = (
    (re.compile(r"\b(?:e\.g\.)", re.IGNORECASE), "for example"),
    (re.compile(r"\b(?:i\.e\.)", re.IGNORECASE), "that is"),
    (re.compile(r"\bst\.(?= [A-Z])", re.IGNORECASE), "Saint"),
    (re.compile(r"\bSt\.(?=\s|,|$)"), "Street"),
    (re.compile(r"\bno\.(?= ?\d)", re.IGNORECASE), "number"),
    (re.compile(r"\bw/(?=\s|\w)"), "with "),
    (re.compile(r"#(?=\d)"), "number "),
)
_JOINING = (("&", "and", "和"), ("+", "plus", "加"), ("@", "at", "在"), ("=", "equals", "等于"))


def _abbreviated(text: str) -> str:
    for pattern, words in _SIGNS:
        text = pattern.sub(words, text)
    text = _SHORT_WORD.sub(lambda match: _SHORT[match.group(1).lower()], text)
    text = _DOTTED.sub(lambda match: " ".join(match.group().replace(".", " ").split()), text)
    for sign, english, mandarin in _JOINING:
        is_han = re.escape(sign).join((rf"(?<=[{HAN}])\s*", rf"\s*(?=[{HAN}])"))
        text = re.sub(is_han, mandarin, text)
        text = re.sub(rf"(?<=[\w ]){re.escape(sign)}(?=[\w ])", f" {english} ", text)
    # A line all in capitals is a shout, not a row of abbreviations.
    if re.search("[a-z]", text) or _HAN.search(text):
        text = _CAPITALS.sub(lambda match: _lettered(match.group()), text)
    return text


def _lettered(word: str) -> str:
    """Capitals that are no word are read letter by letter."""
    from pipelines.pocket.voice.english import is_known

    return word if is_known(word) else " ".join(word)


# English figures

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
    "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip
_MONEY = {"$": ("dollar", "cents"), "£": ("pound", "pence"), "€": ("euro", "cents")}


def english_number(digits: str) -> str:
    """A whole number in words; long rows of figures and those with a zero before, one by one."""
    digits = digits.replace(",", "")
    if len(digits) > 9 or (digits[0] == "0" and len(digits) > 1):
        return " ".join(_ONES[int(digit)] for digit in digits)
    return _cardinal(int(digits))


def _cardinal(value: int) -> str:
    if value < 20:
        return _ONES[value]
    if value < 100:
        return _TENS[value // 10] + (f" {_ONES[value % 10]}" if value % 10 else "")
    for size, name in ((1_000_000, "million"), (1000, "thousand"), (100, "hundred")):
        if value >= size:
            rest = f" {_cardinal(value % size)}" if value % size else ""
            return f"{_cardinal(value // size)} {name}{rest}"
    raise AssertionError(value)


def _year(digits: str) -> str:
    """Four figures, two by two as years are."""
    value = int(digits)
    high, low = divmod(value, 100)
    if not 1100 <= value <= 2099 or value in range(2000, 2010):
        return english_number(digits)
    if low == 0:
        return f"{_cardinal(high)} hundred"
    return f"{_cardinal(high)} {'oh ' if low < 10 else ''}{_cardinal(low)}"


def _whole(match: re.Match[str]) -> str:
    digits = match.group()
    return _year(digits) if len(digits) == 4 and digits[0] != "0" else english_number(digits)


def _ordinal(match: re.Match[str]) -> str:
    *first, last = english_number(match.group(1)).split()
    if last not in _ORDINALS:
        ending = last[:-1] + "ieth" if last.endswith("y") else last + "th"
    else:
        ending = _ORDINALS[last]
    return " ".join([*first, ending])


def _decade(match: re.Match[str]) -> str:
    *first, last = (_year if len(match.group(1)) == 4 else english_number)(match.group(1)).split()
    return " ".join([*first, last[:-1] + "ies" if last.endswith("y") else last + "s"])


def _decimal(match: re.Match[str]) -> str:
    after = " ".join(_ONES[int(digit)] for digit in match.group(2))
    return f"{english_number(match.group(1))} point {after}"


def _clock(match: re.Match[str]) -> str:
    hour, minute = int(match.group(1)), int(match.group(2))
    if minute == 0:
        return f"{_cardinal(hour)} o'clock"
    return f"{_cardinal(hour)} {'oh ' if minute < 10 else ''}{_cardinal(minute)}"


def _priced(match: re.Match[str]) -> str:
    name, small = _MONEY[match.group(1)]
    whole, part = match.group(2), match.group(3)
    words = f"{english_number(whole)} {name}{'' if whole == '1' else 's'}"
    return f"{words} and {_cardinal(int(part))} {small}" if part and int(part) else words


def _fraction(match: re.Match[str]) -> str:
    above, below = int(match.group(1)), int(match.group(2))
    names = {2: "half", 3: "third", 4: "quarter", 5: "fifth", 8: "eighth", 10: "tenth"}
    if above >= below or below not in names:
        return f"{_cardinal(above)} {_cardinal(below)}"
    plural = "" if above == 1 else "s"
    return f"{_cardinal(above)} {names[below]}{plural}"


# Chinese figures

_FIGURE = "零一二三四五六七八九"
_COUNTED = "个只条张位次天年岁里首颗朵片杯句场双种本把分秒点米元"


def mandarin_number(digits: str) -> str:
    """A whole number in characters; long rows and those with a zero before, one by one."""
    digits = digits.replace(",", "")
    if len(digits) > 9 or (digits[0] == "0" and len(digits) > 1):
        return "".join(_FIGURE[int(digit)] for digit in digits)
    value = int(digits)
    high, low = divmod(value, 10_000)
    if high >= 10_000:
        rest = mandarin_number(str(value % 100_000_000)) if value % 100_000_000 else ""
        return f"{_thousands(high // 10_000)}亿{rest}"
    if high:
        gap = "零" if 0 < low < 1000 else ""
        many = "两" if high == 2 else _thousands(high)
        return f"{many}万{gap}{_thousands(low) if low else ''}"
    return _thousands(low)


def _thousands(value: int) -> str:
    words = ""
    digits = str(value)
    for place, digit in zip("千百十 "[4 - len(digits) :], digits, strict=True):
        if digit != "0":
            words += _FIGURE[int(digit)] + place.strip()
        elif words and not words.endswith("零"):
            words += "零"
    words = words.rstrip("零") or "零"
    words = words.replace("二千", "两千")
    return words.removeprefix("一") if words.startswith("一十") else words


def _mandarin_whole(match: re.Match[str]) -> str:
    digits, after = match.group(), match.string[match.end() :][:1]
    before = match.string[: match.start()][-1:]
    if len(digits) == 4 and after == "年":
        return "".join(_FIGURE[int(digit)] for digit in digits)
    if digits == "2" and after and after in _COUNTED and before != "第":
        return "两"
    return mandarin_number(digits)


def _mandarin_decimal(match: re.Match[str]) -> str:
    after = "".join(_FIGURE[int(digit)] for digit in match.group(2))
    return f"{mandarin_number(match.group(1))}点{after}"


def _mandarin_clock(match: re.Match[str]) -> str:
    hour, minute = match.group(1), int(match.group(2))
    if minute == 0:
        return f"{mandarin_number(hour)}点"
    return f"{mandarin_number(hour)}点{'零' if minute < 10 else ''}{_thousands(minute)}分"


def _mandarin_price(match: re.Match[str]) -> str:
    name = {"$": "美元", "£": "英镑", "€": "欧元"}[match.group(1)]
    part = match.group(3)
    tail = "点" + "".join(_FIGURE[int(d)] for d in part) if part and int(part) else ""
    return f"{mandarin_number(match.group(2))}{tail}{name}"


_WHOLE = r"\d{1,3}(?:,\d{3})+|\d+"


def _yuan(match: re.Match[str]) -> str:
    return f"{mandarin_number(match.group(1))}元"


_Words = Callable[[re.Match[str]], str]
_FIGURES: tuple[tuple[re.Pattern[str], _Words, _Words], ...] = (
    (
        re.compile(r"(?<![A-Za-z0-9.])[-−](?=[$£€¥]?\d)"),
        lambda _: "minus",
        lambda _: "负",
    ),
    (
        re.compile(r"([$£€])\s?(\d[\d,]*)(?:\.(\d\d))?(?![\d.])"),
        _priced,
        _mandarin_price,
    ),
    (re.compile(r"[¥￥]\s?(\d[\d,]*)"), lambda m: f"{english_number(m.group(1))} yuan", _yuan),
    (re.compile(r"\b(\d{1,2})[:：]([0-5]\d)(?!\d)"), _clock, _mandarin_clock),
    (
        re.compile(r"(\d+(?:\.\d+)?)\s?[%％]"),
        lambda m: f"{m.group(1)} percent",
        lambda m: f"百分之{m.group(1)}",
    ),
    (
        re.compile(r"(\d)\s?(?:°\s?C|℃)"),
        lambda m: f"{m.group(1)} degrees Celsius",
        lambda m: f"{m.group(1)}摄氏度",
    ),
    (re.compile(r"(\d)\s?°"), lambda m: f"{m.group(1)} degrees", lambda m: f"{m.group(1)}度"),
    (
        re.compile(r"\b(\d{1,3})/(\d{1,3})\b(?!/)"),
        _fraction,
        lambda m: f"{mandarin_number(m.group(2))}分之{mandarin_number(m.group(1))}",
    ),
    (re.compile(r"\b(\d+)(?:st|nd|rd|th)\b", re.IGNORECASE), _ordinal, _ordinal),
    (re.compile(r"'?\b((?:\d\d)?\d0)'?s\b"), _decade, _decade),
    (re.compile(r"(\d+)\.(\d+)"), _decimal, _mandarin_decimal),
    (re.compile(_WHOLE), _whole, _mandarin_whole),
)
"""(what stands there, in English, in Chinese); the first that fits reads it."""
