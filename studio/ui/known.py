"""The models that this studio knows, as the page tells of them. Knows no HTML and no component."""

from studio import core, forecast, registry, uses
from studio.spec import Family
from studio.store import Store
from studio.ui import naming
from studio.ui.desk import KINDS, Desk
from studio.ui.views.models import Model, Weights
from studio.ui.words import Language


def models(language: Language, desk: Desk) -> list[Model]:
    """Every model that is shown, of each kind."""
    shown = [family for family in registry.families().values() if not family.hidden]
    in_order = sorted(shown, key=lambda family: KINDS.index(family.kind))
    engine, store = desk.engine or core.default_engine(), Store()
    return [_model(language, family, forecast.usual(family, engine, store)) for family in in_order]


def _model(language: Language, family: Family, found: forecast.Forecast | None) -> Model:
    return Model(
        name=family.name,
        kind=family.kind,
        about=naming.about(language, family),
        licence=family.licence,
        terms=uses.terms_for(family.licence),
        is_here=family.is_here(**family.loading()),
        needs=naming.needs(language, forecast.in_brief(family, found)),
        is_too_large=found is not None and bool(found.problem),
        checkpoints=tuple(
            Weights(each.id, each.licence, naming.terms(language, each.terms), each.size_bytes)
            for each in family.checkpoints
        ),
    )
