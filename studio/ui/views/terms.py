"""What may be done with a song, as questions and answers. Knows no licence and no signature."""

from html import escape

from studio.rights.record import RightsRecord
from studio.rights.terms import Terms
from studio.ui import icons
from studio.ui.words import WORDS, Language, say

_GOOD = {"allowed", "none"}
_BAD = {"prohibited"}


def card(language: Language, rights: RightsRecord) -> str:
    """May I sell it, must I credit, where not, and why."""
    terms = rights.terms
    rows = "".join(
        _row(language, terms, *each)
        for each in (
            ("commercial", commercial(language, terms), ("commercial", *_CAPS)),
            ("credit", _credit(language, rights), ("credit", "duties")),
            ("territory", territory(language, terms), ("excluded_territories",)),
            ("disclosure", _level(language, "disclosure", terms.disclosure), ("disclosure",)),
            ("training", _level(language, "training", terms.training), ("training",)),
            ("derivatives", _level(language, "derivatives", terms.derivatives), _CHANGES),
        )
    )
    more = "".join(f"<li>{escape(text)}</li>" for text in (*terms.duties, *terms.restrictions))
    duties = f'<ul class="st-duties">{more}</ul>' if more else ""
    return (
        '<details class="st-rights" open><summary>'
        f"{icons.SHIELD}{say(language, 'rights')}"
        f'<span class="st-chip">{escape(terms.spdx or "–")}</span></summary>'
        f'<dl>{rows}</dl>{duties}<p class="st-dim">{say(language, "rights_aid")}</p></details>'
    )


_CAPS = ("revenue_cap_usd", "mau_cap")
_CHANGES = ("derivatives", "share_alike")

Answer = tuple[str, str]
"""A mood ("good", "bad", "mixed") and the words."""


def _row(
    language: Language, terms: Terms, question: str, answer: Answer, axes: tuple[str, ...]
) -> str:
    mood, words = answer
    ids = dict.fromkeys(id for axis in axes for id in terms.reasons.get(axis, ()))
    because = "、" if language == "zh" else ", "
    why = say(language, "rights_why", parts=because.join(_part(language, id) for id in ids))
    reason = f'<span class="st-why">{escape(why)}</span>' if ids else ""
    return (
        f"<dt>{say(language, f'rights.{question}')}</dt>"
        f'<dd class="is-{mood}"><b>{escape(words)}</b>{reason}</dd>'
    )


def _part(language: Language, id: str) -> str:
    # The studio is a part of its own: what it asks for, it asks of every song.
    return say(language, "rights.studio") if id == "the studio" else id


def _level(language: Language, axis: str, value: str) -> Answer:
    mood = "good" if value in _GOOD else "bad" if value in _BAD else "mixed"
    return mood, say(language, f"rights.{axis}.{value}")


def commercial(language: Language, terms: Terms) -> Answer:
    """Whether results may be sold, and up to which revenue."""
    mood, words = _level(language, "commercial", terms.commercial)
    caps = [
        say(language, f"rights.{axis}", cap=f"{cap:,}")
        for axis in _CAPS
        if (cap := getattr(terms, axis)) is not None
    ]
    if not caps or terms.commercial == "prohibited":
        return mood, words
    return "mixed", ("，" if language == "zh" else ", ").join((words, *caps))


def _credit(language: Language, rights: RightsRecord) -> Answer:
    names = rights.terms.credit
    if not names:
        return "good", say(language, "rights.credit.no")
    return "mixed", say(language, "rights.credit.yes", names=", ".join(names))


def territory(language: Language, terms: Terms) -> Answer:
    """Where results may not be used."""
    if not terms.excluded_territories:
        return "good", say(language, "rights.territory.everywhere")
    places = [_place(language, code) for code in terms.excluded_territories]
    joined = ("、" if language == "zh" else ", ").join(places)
    return "bad", say(language, "rights.territory.not_in", places=joined)


def _place(language: Language, code: str) -> str:
    key = f"place.{code}"
    return say(language, key) if key in WORDS else code
