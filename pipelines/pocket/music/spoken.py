"""Lyrics as the singer will pronounce them: stanzas of the voice's own syllables.

Joins words.py, which knows no language, to the voice, which knows no form.
"""

from collections.abc import Sequence

from pipelines.pocket.music.words import Stanza, Syllable, read_lyrics
from pipelines.pocket.voice.english import LIGHT
from studio.errors import RequestError

LONGEST_CHARACTERS = 12_000


def sung_stanzas(text: str, language: str = "") -> tuple[Stanza, ...]:
    """The stanzas of a lyric in English, Chinese or both.

    Args:
        language: "en" or "zh" decides how digits are read; otherwise each line does.

    Raises:
        RequestError: too long, in another script, or without words.
    """
    if len(text) > LONGEST_CHARACTERS:
        raise RequestError(f"lyrics of {len(text)} characters; give at most {LONGEST_CHARACTERS}")

    def cut(line: str) -> Sequence[Syllable]:
        return _syllables(line, language)

    return tuple(read_lyrics(text, cut))


def _syllables(line: str, language: str) -> list[Syllable]:
    from pipelines.pocket.voice.lyrics import syllables

    # A line of marks alone is silence, not a mistake.
    if not any(character.isalnum() for character in line):
        return []
    found = []
    for each in syllables(line, language):
        is_light = each.text.lower().replace("’", "'") in LIGHT and _begins(found)
        stress = 0 if is_light else each.stress
        found.append(Syllable(each.text, stress, each.tone, not each.text.endswith("-")))
    return found


def _begins(before: Sequence[Syllable]) -> bool:
    """Whether the next syllable begins a word."""
    return not before or before[-1].ends_word
