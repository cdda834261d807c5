"""How a text is said: how long each syllable lasts, where pauses lie, how the pitch moves.

English has its accents on stressed words, Mandarin its tones; both sink through a sentence and rise
where it asks. Heights are semitones above the speaker's usual pitch. Knows nothing about samples.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.pocket.voice.english import LIGHT
from pipelines.pocket.voice.lyrics import LyricsError, Syllable, syllables
from pipelines.pocket.voice.phones import PHONES
from pipelines.pocket.voice.reading import spelled

PAUSES = {",": 0.2, ";": 0.32, ":": 0.32, ".": 0.5, "!": 0.5, "?": 0.5, "\n": 0.55, "-": 0.25}
"""Seconds after a mark."""

_WIDTHS = str.maketrans("，；：。！？、…—–", ",;:.!?,.--")
_PHRASE = re.compile(
    r"((?:(?<=\w)[-'](?=\w)|[^,;:.!?\n，；：。！？、…—–-])+)([,;:.!?\n，；：。！？、…—–\s\"')）」-]*)"
)
_MARK = re.compile(r"[,;:.!?\n-]+$")
_ASKING = frozenset("who whom whose what which when where why how".split())
_FALL_ST = 3.0
"""How far the voice sinks through a sentence."""

_MARKS_LOW_TO_HIGH = (",", "-", ";", ":", ".", "!", "?", "\n")


@dataclass(frozen=True)
class Phrase:
    """Words up to a mark."""

    said: tuple[Syllable, ...]
    mark: str
    """"" at the end of a text without one."""

    place: float = 0.0
    """Where the phrase begins in its sentence, 0 to 1."""

    share: float = 1.0
    """How much of the sentence it is."""

    @property
    def is_question(self) -> bool:
        """Whether the voice rises at its end: "who" and 谁 ask with a falling one."""
        first = self.said[0].text.lower().rstrip("-") if self.said else ""
        asks = first in _ASKING or any(s.text in "谁哪什么怎" for s in self.said)
        return self.mark == "?" and not asks

    @property
    def ends(self) -> bool:
        return self.mark not in (",", "-", ";", ":")


def phrases(text: str, language: str = "") -> list[Phrase]:
    """The phrases of a text.

    Raises:
        LyricsError: no words, or a script that cannot be read.
    """
    found = [
        Phrase(tuple(syllables(words, language)), _strongest(marks))
        for words, marks in _PHRASE.findall(spelled(text, language))
        if any(each.isalnum() for each in words)
    ]
    if not found:
        raise LyricsError(f"narration: nothing to say in {text[:40]!r}; give words")
    return placed(found)


def _strongest(marks: str) -> str:
    plain = [each for each in marks.translate(_WIDTHS) if each in PAUSES]
    return max(plain, key=_MARKS_LOW_TO_HIGH.index) if plain else ""


def placed(found: Sequence[Phrase]) -> list[Phrase]:
    """The phrases, each with its place in its sentence."""
    done: list[Phrase] = []
    sentence: list[Phrase] = []
    for phrase in found:
        sentence.append(phrase)
        if phrase.ends or phrase is found[-1]:
            total = sum(len(each.said) for each in sentence)
            at = 0
            for each in sentence:
                done.append(
                    Phrase(each.said, each.mark, at / total, max(len(each.said), 1) / total)
                )
                at += len(each.said)
            sentence = []
    return done


def marked(phrase: Phrase) -> list[str]:
    """The phrase's syllables as a score holds them: the mark stands with the last."""
    texts = [each.text for each in phrase.said]
    # A hyphen would join the word to the next, and a line's end is a silence.
    mark = {"\n": "", "-": ","}.get(phrase.mark, phrase.mark)
    return [*texts[:-1], texts[-1] + mark]


def mark_of(text: str) -> str:
    """The mark of a syllable that ends a phrase, of others ""."""
    plain = text.strip().translate(_WIDTHS)
    # A hyphen alone only joins a word's syllables.
    match = _MARK.search(plain)
    if match is None or match.group() == "-":
        return ""
    return _strongest(match.group())


# Lengths

_VOWELS = 1.2
"""Unhurried: a speech recogniser understands more than at the pace of talk."""


def lengths(phrase: Phrase) -> list[list[float]]:
    """Seconds of each phone of each syllable."""
    last = len(phrase.said) - 1
    return [
        [_phone_s(name, each, index == last) for name in each.phonemes]
        for index, each in enumerate(phrase.said)
    ]


def _phone_s(name: str, syllable: Syllable, is_last: bool) -> float:
    phone = PHONES[name]
    if not phone.is_vowel:
        return 0.95 * phone.seconds * (1.2 if is_last and syllable.tone != 5 else 1.0)
    if syllable.tone:
        stretch = {3: 1.25, 4: 1.05, 5: 0.7}.get(syllable.tone, 1.15)
    else:
        stretch = 0.8 + 0.2 * weight(syllable)
    longer = 1.1 if syllable.tone == 5 else 1.4
    return _VOWELS * phone.seconds * stretch * (longer if is_last else 1.0)


def weight(syllable: Syllable) -> int:
    """Stress as a speaker gives it: little words have none."""
    return 0 if syllable.text.lower().replace("’", "'") in LIGHT else syllable.stress


# Pitch

_TONES = {
    1: ((0.0, 3.8), (0.5, 4.0), (1.0, 4.0)),
    2: ((0.0, -1.0), (0.35, -1.2), (1.0, 4.2)),
    3: ((0.0, -2.0), (0.5, -5.2), (1.0, -4.6)),
    4: ((0.0, 5.2), (0.25, 4.6), (1.0, -4.5)),
}
"""(share of the syllable's voiced part, semitones)."""

_LAST_THIRD = ((0.0, -2.0), (0.55, -5.4), (1.0, -1.8))
_NEUTRAL = {1: (-0.5, -2.5), 2: (0.8, -1.5), 3: (2.2, 0.8), 4: (-3.0, -4.6), 0: (0.0, -1.0)}
"""How a neutral tone begins and ends, by the tone before it."""

Knots = list[tuple[float, float]]


def heights(phrase: Phrase) -> list[Knots]:
    """Of each syllable (share of its voiced part, semitones)."""
    last = len(phrase.said) - 1
    accents = [at for at, each in enumerate(phrase.said) if not each.tone and weight(each) == 2]
    nucleus = accents[-1] if accents else last
    found = []
    for at, each in enumerate(phrase.said):
        if each.tone:
            own = _toned(phrase, at)
        else:
            own = _accented(phrase, at, nucleus)
        done = phrase.place + phrase.share * at / max(last, 1)
        found.append([(share, height + 1.0 - _FALL_ST * done) for share, height in own])
    return found


def _toned(phrase: Phrase, at: int) -> Knots:
    tone, is_last = phrase.said[at].tone, at == len(phrase.said) - 1
    if tone == 3 and is_last:
        knots = list(_LAST_THIRD)
    elif tone in _TONES:
        knots = list(_TONES[tone])
    else:
        begins, ends = _NEUTRAL[phrase.said[at - 1].tone % 5 if at else 0]
        knots = [(0.0, begins), (1.0, ends)]
    if phrase.is_question:
        # A question lifts its end and leaves the tones their shape.
        knots = [(share, height + (3.0 if is_last else 1.0)) for share, height in knots]
    return knots


def _accented(phrase: Phrase, at: int, nucleus: int) -> Knots:
    """Rest, a peak on a stressed word, and what the mark asks for at the end."""
    peak = (0.0, 0.8, 2.4)[weight(phrase.said[at])] + (1.6 if at == nucleus else 0.0)
    if phrase.mark == "!":
        peak *= 1.4
    last = len(phrase.said) - 1
    if phrase.is_question and at >= nucleus:
        return _rising(at == nucleus, at == last)
    if at < nucleus:
        return [(0.15, 0.25 * peak), (0.55, peak), (0.95, 0.4 * peak)]
    ending = -4.0 if phrase.ends else -0.5
    # After the accent the voice falls, over the syllables that are left.
    left = (last - at) / max(last - nucleus, 1) if last > nucleus else 0.0
    start = peak if at == nucleus else 0.0
    knots = [(0.1, 0.4 * start), (0.4, start), (0.95, ending * (1 - 0.7 * left))]
    if not phrase.ends and at == last:
        # A comma promises more.
        knots[-1] = (0.8, -1.0)
        knots.append((1.0, 0.8))
    return knots


def _rising(is_nucleus: bool, is_last: bool) -> Knots:
    if is_nucleus and is_last:
        return [(0.1, -1.0), (0.4, -1.5), (1.0, 6.0)]
    if is_nucleus:
        return [(0.1, -0.5), (0.5, -1.5), (1.0, 0.5)]
    return [(0.1, 1.0), (1.0, 6.0 if is_last else 2.5)]
