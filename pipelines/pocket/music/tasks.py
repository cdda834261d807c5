"""A new score from what somebody brought: a song's score to go on from, a tune to accompany.

Chooses what the composing functions need: bars of a stretch, words that go on, a key for a tune.
Knows nothing of sound or files.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from pipelines.pocket.music import theory
from pipelines.pocket.music.extend import continue_score
from pipelines.pocket.music.given import Tune
from pipelines.pocket.music.harmonise import accompany
from pipelines.pocket.music.lyricist import write_lyrics
from pipelines.pocket.music.params import PocketMusicParams
from pipelines.pocket.music.plan import SongPlan
from pipelines.pocket.music.rework import Work, bars_between, repaint, vary
from pipelines.pocket.music.spoken import sung_stanzas
from pipelines.pocket.music.words import Stanza
from studio.errors import RequestError
from studio.score import Note, Score
from studio.scripts import is_chinese

_BREATH_BEATS, _SHORT_BREATH_BEATS = 0.9, 0.4
"""Rests that end a line, and one that has its words already."""

_SHORTEST_LINE = 4
_NO_LINE_BEGINS = re.compile(r"I(['’].*)?$")

_FITS = 0.9
"""From this share of its notes in a key on, a tune may be said to be in it."""


def from_song(score: Score, params: PocketMusicParams, plan: SongPlan, work: Work) -> Score:
    """The song continued, with a stretch written anew, or varied; played as it was before.

    Raises:
        RequestError: what was asked for cannot be; the message says what can.
    """
    plan = replace(plan, is_loop=score.is_loop)
    if params.doing == "continue":
        longer = _continued(score, params, replace(plan, is_loop=False), work)
        return replace(longer, take=score.take, is_loop=False)
    if params.doing == "vary":
        new = vary(score, params.amount, work, plan)
    else:
        assert params.from_s is not None and params.to_s is not None
        new = repaint(score, *bars_between(score, params.from_s, params.to_s), work, plan)
    return replace(new, take=score.take, is_loop=score.is_loop)


def from_tune(tune: Tune, vocals: str, plan: SongPlan, work: Work) -> Score:
    """A tune with its accompaniment, at its own length; in another key if that is asked for.

    Args:
        vocals: "no" plays what has words, "yes" refuses what has none.

    Raises:
        RequestError: no words or too many, or the mode asked for is not the tune's.
    """
    notes = in_key(tune.notes, plan)
    if vocals == "no":
        notes = tuple(replace(note, syllable="") for note in notes)
    elif plan.stanzas:
        notes = with_words(notes, plan.stanzas)
    if vocals == "yes" and not any(note.syllable for note in notes):
        raise RequestError("vocals yes, but the tune has no words; give lyrics to sing on it")
    plan = replace(
        plan, duration_s=tune.duration_s, tempo_bpm=tune.tempo_bpm, metre=tune.metre, stanzas=()
    )
    return accompany(notes, plan, work)


# Words that go on


def _continued(score: Score, params: PocketMusicParams, plan: SongPlan, work: Work) -> Score:
    """With the words given, else with as many of our own as the time has room for."""
    *longer, shortest = _words_to_go_on(score, params)
    for stanzas in longer:
        found = _try_continued(score, params, replace(plan, stanzas=stanzas), work)
        if found is not None:
            return found
    return continue_score(score, params.added_s, work, replace(plan, stanzas=shortest))


def _try_continued(
    score: Score, params: PocketMusicParams, plan: SongPlan, work: Work
) -> Score | None:
    """None where the words do not fit into the time."""
    try:
        return continue_score(score, params.added_s, work, plan)
    except RequestError:
        return None


def _words_to_go_on(score: Score, params: PocketMusicParams) -> Iterator[tuple[Stanza, ...]]:
    """A new verse and the old chorus, then less and less."""
    sings = score.part("vocals") is not None or params.vocals == "yes"
    words = old_words(score)
    language = "zh" if is_chinese(params.lyrics or words or params.prompt) else "en"
    if params.lyrics.strip():
        yield sung_stanzas(params.lyrics, language)
        return
    if sings and params.vocals != "no":
        subject = score.title or params.prompt
        verse = write_lyrics(subject, params.mood, language, ("verse",), params.seed or 0)
        for text in (f"{verse}\n\n[chorus]\n{words}", f"[chorus]\n{words}", verse):
            if words or text == verse:
                yield sung_stanzas(text, language)
    if params.vocals != "yes":
        yield ()


def old_words(score: Score) -> str:
    """The lines of the last chorus that is sung, else of the last section that is."""
    sung = sorted(score.sung(), key=lambda note: note.start_beats)
    found: dict[str, str] = {}
    for section in score.sections:
        end = section.start_beats + section.length_beats
        inside = [note for note in sung if section.start_beats <= note.start_beats < end]
        if text := _lines(inside):
            found[section.name] = text
    return found.get("chorus", next(reversed(found.values()), ""))


def _lines(notes: list[Note]) -> str:
    """Syllables joined to words; a breath or a capital letter begins a line."""
    lines: list[list[str]] = [[]]
    before = 0.0
    for note in notes:
        if note.syllable != "-":
            if lines[-1] and _begins_line(note, note.start_beats - before, len(lines[-1])):
                lines.append([])
            lines[-1].append(_spelled(note.syllable))
        before = note.end_beats
    return "\n".join("".join(line).strip() for line in lines).strip()


def _begins_line(note: Note, rest_beats: float, before: int) -> bool:
    is_enough = before >= _SHORTEST_LINE
    text = note.syllable
    is_capital = text[:1].isupper() and _NO_LINE_BEGINS.match(text) is None
    breath = _SHORT_BREATH_BEATS if is_enough else _BREATH_BEATS
    return rest_beats >= breath or (is_enough and is_capital)


def _spelled(syllable: str) -> str:
    """ "hel-" goes on with what follows; a whole word has a space behind it, a Han sign none."""
    if syllable.endswith("-"):
        return syllable.rstrip("-")
    return syllable if is_chinese(syllable) else syllable + " "


# A tune that somebody brought


def in_key(notes: tuple[Note, ...], plan: SongPlan) -> tuple[Note, ...]:
    """The tune in the key asked for: as it is where it fits that key, else moved there."""
    if plan.key is None:
        return notes
    key, mode = theory.find_key(notes)
    asked = plan.mode or mode
    if theory.in_scale_share(notes, theory.scale_of(plan.key, asked)) >= _FITS:
        return notes
    if theory.has_minor_third(asked) != theory.has_minor_third(mode):
        raise RequestError(
            f"the tune is in {key} {mode}, {plan.key} {asked} was asked for; "
            f"ask for mode={mode} or leave it out"
        )
    up = (theory.pitch_class(plan.key) - theory.pitch_class(key)) % 12
    return tuple(replace(note, pitch=note.pitch + up - 12 * (up > 6)) for note in notes)


def with_words(notes: tuple[Note, ...], stanzas: tuple[Stanza, ...]) -> tuple[Note, ...]:
    """The words on the notes, a syllable each; over and over where there are more notes.

    Raises:
        RequestError: there are more syllables than notes.
    """
    texts = [each.text for stanza in stanzas for line in stanza.lines for each in line]
    if len(texts) > len(notes):
        raise RequestError(
            f"{len(texts)} syllables are too many for a tune of {len(notes)} notes; "
            "give fewer words"
        )
    return tuple(replace(note, syllable=texts[at % len(texts)]) for at, note in enumerate(notes))
