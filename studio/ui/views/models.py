"""The models of this studio: what each makes, asks of this machine, and allows.

Knows no registry, forecast or component.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from studio.fit import in_words
from studio.rights.terms import Terms
from studio.ui.views.terms import commercial, territory
from studio.ui.words import Language, say


@dataclass(frozen=True)
class Weights:
    """A checkpoint that a model can be run with."""

    id: str
    licence: str
    terms: str
    size_bytes: int


@dataclass(frozen=True)
class Model:
    """What is told of a model.

    `needs`: memory and time of a usual job on this machine; `is_too_large`: it does not fit.
    `is_here`: its weights are. `checkpoints`: those that can be pulled, the usual one first.
    """

    name: str
    kind: str
    about: str
    licence: str
    terms: Terms
    is_here: bool
    needs: str
    is_too_large: bool
    checkpoints: tuple[Weights, ...] = ()


def models(language: Language, found: Sequence[Model]) -> str:
    """Every model by what it makes, those that are here first."""
    kinds = dict.fromkeys(model.kind for model in found)
    return "".join(
        f'<section class="st-models"><h3>{say(language, f"kind.{kind}")}</h3>'
        + "".join(
            _model(language, model)
            for model in sorted(found, key=lambda model: not model.is_here)
            if model.kind == kind
        )
        + "</section>"
        for kind in kinds
    )


def _model(language: Language, model: Model) -> str:
    mood = "is-here" if model.is_here else ""
    return (
        f'<details class="st-model {mood}" data-name="{escape(model.name)}"><summary>'
        f"<b>{escape(model.name)}</b>{_state(language, model)}"
        f"<span>{escape(model.about)}</span></summary><dl>{_facts(language, model)}</dl>"
        f"{_pull(language, model)}</details>"
    )


def _state(language: Language, model: Model) -> str:
    if model.is_here:
        words = say(language, "models.here")
    elif model.checkpoints:
        words = say(language, "models.absent", size=in_words(model.checkpoints[0].size_bytes))
    else:
        words = say(language, "models.unset")
    return f'<i class="st-chip">{escape(words)}</i>'


def _facts(language: Language, model: Model) -> str:
    size = say(language, "models.too_large", needs=model.needs)
    needs = ("bad", size) if model.is_too_large else ("good", model.needs)
    rows = [
        ("models.needs", *needs),
        ("models.licence", "good", model.licence),
        ("rights.commercial", *commercial(language, model.terms)),
        ("rights.territory", *territory(language, model.terms)),
    ]
    return "".join(
        f'<dt>{say(language, question)}</dt><dd class="is-{mood}"><b>{escape(words)}</b></dd>'
        for question, mood, words in rows
    )


def _pull(language: Language, model: Model) -> str:
    if not model.checkpoints:
        return ""
    rows = "".join(
        f"<li><code>{escape(each.id)}</code> {in_words(each.size_bytes)}, "
        f'{escape(each.licence)}<span class="st-dim">{escape(each.terms)}</span></li>'
        for each in model.checkpoints
    )
    command = f"studio models pull {model.name}"
    return f"<p>{say(language, 'models.pull')} <code>{escape(command)}</code></p><ul>{rows}</ul>"
