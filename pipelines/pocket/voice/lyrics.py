"""A line of lyrics to syllables, English and Chinese mixed as they come.

`syllables` divides a line; `pronounce` reads the syllables back from a score, where a word's
syllables but the last end in a hyphen ("hel-", "lo"). Knows nothing about notes or sound.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.pocket.voice import english, mandarin
from pipelines.pocket.voice.phones import PHONES
from pipelines.pocket.voice.reading import HAN, spelled
from studio.errors import RequestError


class LyricsError(RequestError):
    """Lyrics that cannot be sung."""


@dataclass(frozen=True)
class Syllable:
    """What one note carries."""

    text: str
    """As written; ends in a hyphen where the word goes on."""

    phonemes: tuple[str, ...]
    stress: int
    """2 primary, 1 secondary, 0 none; Chinese: 1, of a neutral tone 0."""

    tone: int = 0
    """Of Chinese 1 to 5, 5 neutral; of English 0."""

    @property
    def ends_word(self) -> bool:
        return not self.text.endswith("-")

    @property
    def nucleus(self) -> int:
        """Where the vowel stands among the phonemes."""
        return next(i for i, each in enumerate(self.phonemes) if PHONES[each].is_vowel)


_TOKEN = re.compile(rf"[{HAN}]+|[A-Za-zÀ-ÖØ-öø-ÿ'’]*[A-Za-zÀ-ÖØ-öø-ÿ][A-Za-zÀ-ÖØ-öø-ÿ'’]*")


def syllables(line: str, language: str = "") -> list[Syllable]:
    """The syllables of a line. `language` ("en", "zh") is that of figures without words.

    Raises:
        LyricsError: another script, or nothing to sing.
    """
    written = spelled(unicodedata.normalize("NFC", line), language)
    _check_script(written)
    found = [syllable for word in _TOKEN.findall(written) for syllable in _word(word)]
    if not found:
        raise LyricsError(f"lyrics: nothing to sing in {line[:40]!r}; give words")
    return found


def pronounce(texts: Sequence[str]) -> list[Syllable]:
    """The syllables of a score's texts, one each, words put together again at their hyphens."""
    found: list[Syllable] = []
    at = 0
    while at < len(texts):
        end = at + 1
        if _is_han(texts[at]):
            while end < len(texts) and _is_han(texts[end]):
                end += 1
        else:
            while end < len(texts) and texts[end - 1].endswith("-") and not _is_han(texts[end]):
                end += 1
        found += _fitted(texts[at:end])
        at = end
    return found


def _fitted(texts: Sequence[str]) -> list[Syllable]:
    """One syllable for each text: too few are held on their vowel, too many sung together."""
    whole = syllables("".join(text.rstrip("-") for text in texts))
    while len(whole) < len(texts):
        last = whole[-1]
        vowel = last.phonemes[last.nucleus]
        whole[-1] = Syllable(last.text, last.phonemes[: last.nucleus + 1], last.stress, last.tone)
        whole.append(Syllable("", (vowel, *last.phonemes[last.nucleus + 1 :]), 0, last.tone))
    extra = whole[len(texts) - 1 :]
    joined = tuple(each for syllable in extra for each in syllable.phonemes)
    kept = [*whole[: len(texts) - 1], Syllable("", joined, extra[0].stress, extra[0].tone)]
    return [
        Syllable(text, each.phonemes, each.stress, each.tone)
        for text, each in zip(texts, kept, strict=True)
    ]


def _is_han(text: str) -> bool:
    return bool(re.match(f"[{HAN}]", text))


def _check_script(line: str) -> None:
    for character in line:
        if character.isalpha() and not _TOKEN.fullmatch(character):
            script = unicodedata.name(character, "an unknown script").split()[0].capitalize()
            raise LyricsError(
                f"lyrics: cannot sing {script} ({character!r}); write English or Chinese"
            )


def _word(word: str) -> list[Syllable]:
    if _is_han(word):
        read = mandarin.pronounce(word)
        return [
            Syllable(text, phones, 0 if tone == 5 else 1, tone)
            for text, (phones, tone) in zip(word, read, strict=True)
        ]
    folded = unicodedata.normalize("NFD", word)
    spoken = english.pronounce("".join(c for c in folded if not unicodedata.combining(c)))
    texts = hyphenated(word, len(spoken))
    return [Syllable(t, s.phones, s.stress) for t, s in zip(texts, spoken, strict=True)]


def hyphenated(word: str, count: int) -> list[str]:
    """The letters of a word in `count` pieces, cut before the consonant that opens a syllable."""
    groups = [(m.start(), m.end()) for m in re.finditer(r"[aeiouyà-öø-ÿ]+", word.lower())]
    if len(groups) > count and groups[-1][1] == len(word) and word[-1] in "eE":
        groups.pop()
    cuts = [0]
    for (_, left), (right, _) in zip(groups[: count - 1], groups[1:count], strict=False):
        cuts.append(right - 1 if right - left >= 1 else left)
    # Letters that do not show their syllables are shared out evenly.
    if len(cuts) < count or len(set(cuts)) < count:
        cuts = [len(word) * index // count for index in range(count)]
    ends = [*cuts[1:], len(word)]
    pieces = [word[start:end] or "’" for start, end in zip(cuts, ends, strict=True)]
    return [*[piece + "-" for piece in pieces[:-1]], pieces[-1]]
