"""Numbers as people write them: digits, English words and Chinese numerals.

Knows nothing about what is counted.
"""

import re

ENGLISH = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen twenty".split()
    )
}
ENGLISH |= {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "dozen": 12}
ENGLISH |= {"seventy": 70, "eighty": 80, "ninety": 90}
HAN = {digit: number for number, digit in enumerate("零一二三四五六七八九")}
HAN |= {"两": 2, "俩": 2, "仨": 3, "〇": 0}

ENGLISH_PATTERN = r"(?:\d+(?:\.\d+)?|" + "|".join(sorted(ENGLISH, key=len, reverse=True)) + ")"
HAN_PATTERN = r"(?:\d+(?:\.\d+)?|[零一二三四五六七八九两俩仨十百〇]+)"


def value(text: str) -> float | None:
    """The number that `text` spells, or None."""
    word = text.strip().lower()
    if re.fullmatch(r"\d{1,9}(?:\.\d{1,6})?", word, re.ASCII):
        return float(word)
    if word in ENGLISH:
        return float(ENGLISH[word])
    return _han(word)


def _han(word: str) -> float | None:
    if not word or any(letter not in HAN and letter not in "十百" for letter in word):
        return None
    total, digit = 0, None
    for letter in word:
        if letter in "十百":
            total += (1 if digit is None else digit) * (10 if letter == "十" else 100)
            digit = None
        else:
            digit = HAN[letter]
    return float(total + (digit or 0))


def tidy(number: float) -> int | float:
    """2.0 → 2, 2.5 → 2.5."""
    return int(number) if number == int(number) else number
