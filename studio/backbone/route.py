"""Routes a prompt: picture, song or clip, how sure, because of which words, with which parameters.

No language model: a lexicon, the grammar of what is being made, a linear model over both, and what
each word leans to by itself. Where these leave doubt, the whole text as pocket-kinds reads it is
weighed too. Knows no family: the parameters are those a reader would take from the text, and the
core keeps what the chosen family has.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from studio.backbone import clip_sounds, leanings, linear, meaning, tongue
from studio.backbone import evidence as evidence_of
from studio.backbone.evidence import Evidence, Understood
from studio.backbone.found import Found
from studio.backbone.linear import KINDS, Vector, Weights
from studio.errors import RequestError
from studio.spec import Kind

# Reasons shown; all of them count.
MAX_REASONS = 40

SHARED = {"count", "negative_prompt"}
LOOKS = {"aspect", "width", "height", "style", "colours", "background"}
PARAMETERS: dict[Kind, set[str]] = {
    "image": SHARED | LOOKS,
    "song": SHARED
    | {
        "duration_s",
        "tempo_bpm",
        "key",
        "mode",
        "metre",
        "genre",
        "mood",
        "instruments",
        "lyrics",
        "language",
    },
    "video": SHARED
    | LOOKS
    | {
        "duration_s",
        "frames",
        "fps",
        "motion",
        "motion_strength",
        "camera",
        "camera_strength",
        "loop",
        "scenes",
        "soundtrack",
        "music",
        "captions",
        "lyrics",
    },
}


@dataclass(frozen=True)
class Reason:
    """One thing that decided.

    `says` is a kind, or `name=value` of a parameter. `weight` is what it adds to the log-odds of
    the chosen kind over the runner-up (0 for a parameter); the weights of all reasons add up to
    those odds. [start, end) is its place in the prompt; (0, 0) where it is no place of its own.
    """

    word: str
    says: str
    weight: float
    start: int
    end: int


@dataclass(frozen=True)
class Route:
    """What the studio understood of a prompt."""

    kind: Kind
    confidence: float
    is_sure: bool
    why: tuple[Reason, ...]
    params: dict[str, Any]
    language: str
    kinds: dict[Kind, float]

    @property
    def runner_up(self) -> Kind:
        """The second most likely kind: the other one to offer where the route is not sure."""
        return sorted(KINDS, key=lambda kind: self.kinds[kind])[-2]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON and for the record."""
        why = [asdict(reason) for reason in self.why]
        return asdict(self) | {"why": why, "runner_up": self.runner_up}


@dataclass(frozen=True)
class _Weighed:
    """Scores of a prompt and the parts that they are the sum of."""

    scores: Vector
    parts: tuple[tuple[str, int, int, Vector], ...]


def route(prompt: str, kind: Kind | Literal["auto"] = "auto") -> Route:
    """Decide what a prompt asks for; with `kind` given, only read its parameters.

    Raises:
        RequestError: nothing in the prompt can be seen.
    """
    if not _is_visible(prompt):
        raise RequestError(f"the prompt is empty ({prompt[:20]!r}); say what to make")
    if kind != "auto" and kind not in KINDS:
        raise RequestError(f"no kind {kind!r}; there is auto, {', '.join(KINDS)}")
    understood = evidence_of.understand(prompt)
    model = linear.weights()
    weighed = _weigh(understood, model)
    chances = linear.probabilities(weighed.scores, model.temperature)
    if kind != "auto":
        return _given(kind, understood, weighed)
    best = KINDS[int(np.argmax(chances))]
    confidence = float(chances.max())
    return Route(
        kind=best,
        confidence=round(confidence, 4),
        is_sure=confidence >= model.sure_from,
        why=_why(best, understood, weighed, model.temperature),
        params=_params(best, understood),
        language=tongue.detect(prompt),
        kinds={name: round(float(chance), 4) for name, chance in zip(KINDS, chances, strict=True)},
    )


def _given(kind: Kind, understood: Understood, weighed: _Weighed) -> Route:
    return Route(
        kind=kind,
        confidence=1.0,
        is_sure=True,
        why=tuple(_parameter_reasons(kind, understood)),
        params=_params(kind, understood),
        language=tongue.detect(understood.text),
        kinds={name: float(name == kind) for name in KINDS},
    )


def _is_visible(prompt: str) -> bool:
    return any(
        not letter.isspace() and unicodedata.category(letter)[0] not in "CZ" for letter in prompt
    )


def _weigh(understood: Understood, model: Weights) -> _Weighed:
    """Words first; the meaning joins where the words leave doubt."""
    values = evidence_of.values(understood.evidence)
    by_name = linear.word_scores(values, model)
    parts = [
        *_shares(understood.evidence, by_name),
        *leanings.weighed(understood.leanings, model.leaning_share),
        ("", 0, 0, model.bias),
    ]
    scores = np.sum([part[3] for part in parts], axis=0)
    is_readable = len(understood.text) <= meaning.MAX_CHARACTERS
    if model.text_hash and is_readable and _is_doubtful(scores, model):
        extra = meaning.scores(understood.text, model)
        parts.append((meaning.NAME, 0, 0, extra))
        scores = scores + extra
    return _Weighed(scores, tuple(parts))


def _is_doubtful(scores: Vector, model: Weights) -> bool:
    return float(linear.probabilities(scores, model.temperature).max()) < meaning.ASK_BELOW


def _shares(
    evidence: Iterable[Evidence], by_name: dict[str, Vector]
) -> list[tuple[str, int, int, Vector]]:
    """Split the score of a feature evenly among the places that showed it."""
    places: dict[str, list[Evidence]] = {}
    for item in evidence:
        if item.name in by_name:
            places.setdefault(item.name, []).append(item)
    return [
        (name, item.start, item.end, by_name[name] / len(items))
        for name, items in places.items()
        for item in items
    ]


def _why(
    kind: Kind, understood: Understood, weighed: _Weighed, temperature: float
) -> tuple[Reason, ...]:
    order = np.argsort(weighed.scores)
    best, second = int(order[-1]), int(order[-2])
    merged: dict[tuple[str, int, int], float] = {}
    for name, start, end, part in weighed.parts:
        word = (name or "before any word") if end == 0 else understood.text[start:end]
        label = word if not name.startswith("clause.") else f"{word} (the sentence)"
        place = (label, start, end)
        gain = float(part[best] - part[second]) / temperature
        merged[place] = merged.get(place, 0.0) + gain
    reasons = [
        Reason(word, KINDS[best if gain >= 0 else second], round(gain, 3), start, end)
        for (word, start, end), gain in merged.items()
    ]
    reasons.sort(key=lambda reason: -abs(reason.weight))
    return (*_gather(reasons), *_parameter_reasons(kind, understood))


def _gather(reasons: list[Reason]) -> list[Reason]:
    """The strongest reasons, and the rest in one, so that the sum stays the decision."""
    rest = sum(reason.weight for reason in reasons[MAX_REASONS:])
    kept = reasons[:MAX_REASONS]
    if len(reasons) > MAX_REASONS:
        kept.append(Reason("other words", kept[0].says, round(rest, 3), 0, 0))
    return kept


def _parameter_reasons(kind: Kind, understood: Understood) -> Iterable[Reason]:
    for item in _told(kind, understood):
        word = understood.text[item.start : item.end]
        yield Reason(word, f"{item.name}={item.value}", 0.0, item.start, item.end)


def _params(kind: Kind, understood: Understood) -> dict[str, Any]:
    return {item.name: item.value for item in _told(kind, understood)}


def _told(kind: Kind, understood: Understood) -> Iterable[Found]:
    """What was found that a kind can take; words to be seen in a clip are no lyrics."""
    left_out = {"lyrics"} if kind == "video" and not clip_sounds.is_sung(understood.text) else set()
    for item in understood.found:
        if item.name in PARAMETERS[kind] - left_out:
            yield item
