"""What the page shows, as HTML: pure functions of data. All text from outside is escaped.

Clickable things carry `data-act` and their arguments as data attributes; the page's script turns a
click into an event.
"""

from studio.ui.views.compose import WITHOUT_PICTURE, Choice, plan, presets, started, understood
from studio.ui.views.library import grid, sheet
from studio.ui.views.models import Model, models
from studio.ui.views.parts import Picture, foreign, header, note
from studio.ui.views.stage import stage_done, stage_empty, stage_running

__all__ = [
    "WITHOUT_PICTURE",
    "Choice",
    "Model",
    "Picture",
    "foreign",
    "grid",
    "header",
    "models",
    "note",
    "plan",
    "presets",
    "sheet",
    "stage_done",
    "stage_empty",
    "stage_running",
    "started",
    "understood",
]
