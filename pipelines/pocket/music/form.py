"""The plan of a piece: a tempo and sections whose bars fill the asked time exactly.

Knows lines only by their number of syllables and genres only by their form; no notes.

How time is met: without an asked tempo, a whole number of bars is chosen and the tempo set so that
they last exactly as long as asked (it stays within the genre's range; a piece too short for that
is treated as below). With an asked tempo the piece has its whole bars, and the fraction of a bar
that is left prolongs the last chord; the score's length in beats is then fractional and exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipelines.pocket.music.genres.genre import Genre
from pipelines.pocket.music.genres.patterns import METRES, Metre
from pipelines.pocket.music.outlines import outline
from pipelines.pocket.music.words import PACES, Stanza, line_bars
from studio.errors import RequestError

SLOWEST_BPM, FASTEST_BPM = 20.0, 300.0
SHORTEST_S, LONGEST_S = 1.0, 900.0


@dataclass(frozen=True)
class Planned:
    """A section: its bars, and for sung ones the bars of each line."""

    name: str
    bars: int
    stanza: Stanza | None = None
    line_bars: tuple[int, ...] = ()
    like: int | None = None
    """The earlier section that it repeats, by its place in the form."""


@dataclass(frozen=True)
class Form:
    tempo_bpm: float
    metre: Metre
    sections: tuple[Planned, ...]
    rest_beats: float = 0.0
    """What the last bar is longer than a bar."""

    @property
    def beats_a_bar(self) -> float:
        return METRES[self.metre] / 4

    @property
    def bars(self) -> int:
        return sum(section.bars for section in self.sections)

    @property
    def length_beats(self) -> float:
        return self.bars * self.beats_a_bar + self.rest_beats


@dataclass(frozen=True)
class Span:
    """The time that a form fills."""

    duration_s: float | None
    tempo_bpm: float | None
    metre: Metre
    is_loop: bool = False

    def __post_init__(self) -> None:
        if self.metre not in METRES:
            known = ", ".join(f"{top}/{bottom}" for top, bottom in METRES)
            raise RequestError(f"no metre {self.metre[0]}/{self.metre[1]}; there is {known}")
        if self.tempo_bpm is not None and not SLOWEST_BPM <= self.tempo_bpm <= FASTEST_BPM:
            raise RequestError(
                f"a tempo of {self.tempo_bpm:g}; ask for {SLOWEST_BPM:g} to {FASTEST_BPM:g}"
            )
        if self.duration_s is not None and not SHORTEST_S <= self.duration_s <= LONGEST_S:
            raise RequestError(
                f"a duration of {self.duration_s:g} s; ask for {SHORTEST_S:g} to {LONGEST_S:g} s"
            )


DEFAULT_S = 60.0


def plan_form(span: Span, genre: Genre, stanzas: Sequence[Stanza] = ()) -> Form:
    """Sections for the asked time.

    Raises:
        RequestError: the lyrics cannot be sung in the time, or a loop is not of whole bars.
    """
    if span.duration_s is None:
        span = replace(span, duration_s=_natural_s(span, genre, stanzas))
    if stanzas:
        return _sung_form(span, genre, stanzas)
    tempo, bars, rest = _bars(span, genre)
    sections = [Planned(*each) for each in outline(genre.form, bars, span.is_loop)]
    return Form(tempo, span.metre, _likened(sections), rest)


def _bar_beats(span: Span) -> float:
    return METRES[span.metre] / 4


def _bars(span: Span, genre: Genre) -> tuple[float, int, float]:
    """Tempo, whole bars and the beats left over, so that the duration is met exactly."""
    assert span.duration_s is not None
    found = None if span.tempo_bpm else _fitting_tempo(span, genre)
    if found:
        return found
    tempo = span.tempo_bpm or genre.tempo[1]
    beats = span.duration_s * tempo / 60
    bars = int(beats / _bar_beats(span) + 1e-6)
    rest = max(0.0, beats - bars * _bar_beats(span))
    rest = 0.0 if rest < 1e-6 else rest
    if span.is_loop and rest:
        raise _no_loop(span, tempo, max(1, bars))
    # A piece shorter than a bar is one bar cut short: its rest is negative.
    return (tempo, bars, rest) if bars else (tempo, 1, beats - _bar_beats(span))


def _no_loop(span: Span, tempo: float, bars: int) -> RequestError:
    seconds = [count * _bar_beats(span) * 60 / tempo for count in (bars, bars + 1)]
    return RequestError(
        f"a loop of {span.duration_s:g} s at {tempo:g} bpm is no whole number of bars; "
        f"ask for {seconds[0]:.3f} or {seconds[1]:.3f} s, or leave the tempo open"
    )


def _fitting_tempo(span: Span, genre: Genre) -> tuple[float, int, float] | None:
    """The whole number of bars nearest to the genre's tempo, fours before twos before odd."""
    assert span.duration_s is not None
    low, usual, high = genre.tempo
    a_bar = 60 * _bar_beats(span) / span.duration_s
    counts = range(max(1, int(low / a_bar)), int(high / a_bar) + 2)

    def cost(bars: int) -> float:
        tempo = bars * a_bar
        off = tempo / usual if tempo > usual else usual / tempo
        uneven = 0.0 if bars % 4 == 0 else 0.03 if bars % 2 == 0 else 0.07
        return off + uneven

    inside = [bars for bars in counts if low <= bars * a_bar <= high]
    if not inside and span.is_loop:
        inside = list(counts)
    return (min(inside, key=cost) * a_bar, min(inside, key=cost), 0.0) if inside else None


def _natural_s(span: Span, genre: Genre, stanzas: Sequence[Stanza]) -> float:
    """How long a piece is when nobody says: its lyrics with an intro and outro, else a minute."""
    tempo = span.tempo_bpm or genre.tempo[1]
    seconds_a_bar = _bar_beats(span) * 60 / tempo
    if not stanzas:
        return max(1, round(DEFAULT_S / seconds_a_bar / 4) * 4) * seconds_a_bar
    sung = [_planned(stanza, span, tempo, 1) for stanza in stanzas]
    bars = sum(each.bars for each in sung if each) + 8
    if None in sung or bars * seconds_a_bar > LONGEST_S:
        raise _too_many(span, genre, stanzas)
    return bars * seconds_a_bar


# Sung forms


def _sung_form(span: Span, genre: Genre, stanzas: Sequence[Stanza]) -> Form:
    """The lyrics at the genre's usual tempo, or its fastest where the time is short."""
    form = _try_sung(span, genre, stanzas)
    if form is None:
        raise _too_many(span, genre, stanzas)
    return form


def _try_sung(span: Span, genre: Genre, stanzas: Sequence[Stanza]) -> Form | None:
    low, _, high = genre.tempo
    for each in (genre, replace(genre, tempo=(low, high, high))):
        tempo, bars, rest = _bars(span, each)
        sections = _sung(span, bars, tempo, stanzas)
        if sections:
            return Form(tempo, span.metre, _likened(sections), rest)
    return None


def _sung(span: Span, bars: int, tempo: float, stanzas: Sequence[Stanza]) -> list[Planned] | None:
    """The stanzas in their order at the airiest pace that fits, and instrumental bars around."""
    for pace in range(len(PACES)):
        planned = [_planned(stanza, span, tempo, pace) for stanza in stanzas]
        sections = [each for each in planned if each]
        spare = bars - sum(section.bars for section in sections)
        least = 1 if bars > 4 and pace < len(PACES) - 1 and not span.is_loop else 0
        if len(sections) == len(planned) and spare >= least:
            return _around(sections, spare, span)
    return None


def _too_many(span: Span, genre: Genre, stanzas: Sequence[Stanza]) -> RequestError:
    """Says how many seconds would be enough, by trying longer ones."""
    count = sum(len(line) for stanza in stanzas for line in stanza.lines)
    if span.duration_s is None:
        return RequestError(f"{count} syllables are too many for one song; give fewer lines")
    asked = span.duration_s
    longer = [asked * 1.15**step for step in range(1, 30)]
    enough = next(
        (
            seconds
            for seconds in longer
            if seconds <= LONGEST_S
            and _try_sung(replace(span, duration_s=seconds, is_loop=False), genre, stanzas)
        ),
        None,
    )
    hope = f"ask for {enough:.0f} s or more, or " if enough else ""
    return RequestError(
        f"{count} syllables are too many for {asked:g} s; {hope}give fewer or shorter lines"
    )


def _planned(stanza: Stanza, span: Span, tempo: float, pace: int) -> Planned | None:
    """A stanza as a section; None where a line does not fit at this pace."""
    if not stanza.lines:
        return Planned(stanza.name, 4 if pace < 2 else 2 if pace < 4 else 1, stanza)
    needs = [line_bars(len(line), span.metre, tempo, pace) for line in stanza.lines]
    if any(need is None for need in needs):
        return None
    found = [need for need in needs if need]
    # Lines of one length are a tune; only where time is short each takes what it needs.
    each = [max(found)] * len(found) if pace < 3 else found
    return Planned(stanza.name, sum(each), stanza, tuple(each))


def _around(sections: list[Planned], spare: int, span: Span) -> list[Planned]:
    """Sections with the spare bars put around and between them."""
    cycle = sum(section.bars for section in sections)
    body = list(sections)
    chorus = next((s for s in reversed(sections) if s.name == "chorus" and s.line_bars), None)
    while spare >= cycle + 8:
        body = _with_more(body, sections)
        spare -= cycle
    if chorus and spare >= chorus.bars + 6 and body[-1].name == "chorus":
        body.append(chorus)
        spare -= chorus.bars
    return _spread(body, spare, span)


def _with_more(body: list[Planned], sections: list[Planned]) -> list[Planned]:
    """The lyrics again: before an outro if there is one, without a second intro."""
    again = [section for section in sections if section.name not in ("intro", "outro")]
    if body[-1].name == "outro":
        return [*body[:-1], *again, body[-1]]
    return [*body, *again]


def _spread(body: list[Planned], spare: int, span: Span) -> list[Planned]:
    """Intro, outro, solo and interlude out of spare bars, in fours first."""
    slots = ["interlude", "solo"] if span.is_loop else ["intro", "outro", "solo", "interlude"]
    sizes = dict.fromkeys(slots, 0)
    caps = {"intro": 4, "outro": 4, "solo": 8, "interlude": 4}
    if 2 <= spare < 8 and not span.is_loop:
        # Too little for fours on both sides: some of it leads in, some closes.
        sizes["intro"] = spare // 2 - (spare // 2) % 2
        sizes["outro"] = spare - sizes["intro"]
        spare = 0
    while spare >= 4:
        name = next((each for each in slots if sizes[each] < caps[each]), None)
        if name is None:
            caps = {each: 2 * cap for each, cap in caps.items()}
            continue
        sizes[name] += 4
        spare -= 4
    last = "interlude" if span.is_loop else "outro"
    sizes[last] += spare
    return _placed(body, sizes)


def _placed(body: list[Planned], sizes: dict[str, int]) -> list[Planned]:
    """Extra sections at their places; an edge that is there already grows instead."""
    sections = list(body)
    middle = max((at for at, s in enumerate(sections) if s.name == "chorus"), default=0)
    middle = middle or (len(sections) + 1) // 2
    places = {"interlude": min(2, len(sections)), "solo": middle, "intro": 0}
    for name in ("solo", "interlude", "intro", "outro"):
        bars = sizes.get(name, 0)
        old = next((at for at, s in enumerate(sections) if s.name == name), None)
        if not bars:
            continue
        if old is not None and not sections[old].line_bars:
            sections[old] = replace(sections[old], bars=sections[old].bars + bars)
            continue
        sections.insert(places.get(name, len(sections)), Planned(name, bars))
    return sections


def _likened(sections: Sequence[Planned]) -> tuple[Planned, ...]:
    """Each section told which earlier one of its name it repeats."""
    seen: dict[str, int] = {}
    likened = []
    for at, section in enumerate(sections):
        likened.append(replace(section, like=seen.get(section.name)))
        seen.setdefault(section.name, at)
    return tuple(likened)
