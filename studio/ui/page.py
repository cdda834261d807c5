"""The layout of the page: which components there are and where. What they do is in `events`."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

import gradio as gr

from studio.ui import views, words
from studio.ui.desk import Desk
from studio.ui.session import Slot

# A click on anything that carries data-act becomes one event with its arguments.
_ACT = """
element.addEventListener('click', (event) => {
  const target = event.target.closest('[data-act]');
  if (target && !target.disabled) {
    trigger('act', { act: target.dataset.act, word: target.dataset.value || '' });
  } else if (event.target.classList.contains('st-sheet')) {
    trigger('act', { act: 'close', word: '' });
  }
});
"""

POLL_S = 0.4


@dataclass(frozen=True)
class Form:
    """What the settings show; drawn anew whenever it differs."""

    family: str | None = None
    families: tuple[str, ...] = ()
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    language: words.Language = "en"
    near: tuple[str, ...] = ()
    """Options that are not folded away, for what is to be done asks for them."""

    anew: str = ""
    """Differs where it is to be drawn anew though nothing else does."""

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Form":
        return cls(**json.loads(text)) if text else cls()


@dataclass
class Parts:
    """Every component that some event reads or changes."""

    # what the page remembers: per tab, and in the browser
    draft: gr.State
    form: gr.Textbox
    wanted: gr.Textbox
    go: gr.Textbox
    language: gr.State
    shelf: gr.State
    job: gr.State
    seen: gr.State
    pick: gr.State
    source: gr.State
    shown: gr.State
    memory: gr.BrowserState
    browser_language: gr.Textbox
    timer: gr.Timer
    # what it shows
    header: gr.HTML
    tabs: gr.Tabs
    library_tab: gr.Tab
    models_tab: gr.Tab
    prompt: gr.Textbox
    understood: gr.HTML
    presets: gr.HTML
    count: gr.Number
    create: gr.Button
    cancel: gr.Button
    news: gr.HTML
    start: gr.Accordion
    editor: gr.ImageEditor
    clear_picture: gr.Button
    start_song: gr.UploadButton
    bring_back: gr.UploadButton
    stage: gr.HTML
    search: gr.Textbox
    grid: gr.HTML
    models: gr.HTML
    more: gr.Button
    sheet: gr.HTML
    settings: gr.Accordion


def build(desk: Desk | None = None) -> gr.Blocks:
    """The page; `serve` gives it a theme, routes and a port."""
    from studio.ui import api, events

    desk = desk or Desk()
    with gr.Blocks(title="Studio", analytics_enabled=False) as page:
        parts = _layout(words.i18n())
        events.connect(page, parts, desk)
        api.publish(desk)
    return page


def _html(**options: Any) -> gr.HTML:
    return gr.HTML("", js_on_load=_ACT, apply_default_css=False, elem_classes="st-plain", **options)


def _layout(t: gr.I18n) -> Parts:
    found: dict[str, Any] = _memory()
    found["header"] = gr.HTML(
        views.header("en"), apply_default_css=False, elem_classes="st-plain", js_on_load=None
    )
    with gr.Tabs(elem_id="tabs") as found["tabs"]:
        with gr.Tab(t("create_tab"), id="create"), gr.Row(elem_id="desk"):
            with gr.Column(scale=5, min_width=320, elem_id="compose"):
                found |= _compose(t)
            with gr.Column(scale=7, min_width=320, elem_id="stage-column"):
                found["stage"] = _html(elem_id="stage")
        with gr.Tab(t("library_tab"), id="library") as found["library_tab"]:
            found |= _library(t)
        with gr.Tab(t("models_tab"), id="models") as found["models_tab"]:
            found["models"] = _html(elem_id="models")
    found["sheet"] = _html(elem_id="sheet")
    return Parts(**found)


def _memory() -> dict[str, Any]:
    return {
        "draft": gr.State(Slot()),
        # Not a State: the change of one is announced only by events that went through the queue.
        "form": gr.Textbox(visible="hidden", elem_id="form"),
        # What the picture editor is to show, and a nudge to start making. The editor is slow to
        # hand its picture over and to take one, so that only the events that must do touch it.
        "wanted": gr.Textbox(visible="hidden", elem_id="wanted"),
        "go": gr.Textbox(visible="hidden", elem_id="go"),
        "language": gr.State("en"),
        "shelf": gr.State(""),
        "job": gr.State(""),
        "seen": gr.State(-1),
        "pick": gr.State(0),
        "source": gr.State(""),
        "shown": gr.State(0),
        # A fixed key: a random one would forget everything when the server restarts. Nothing
        # secret is in it but the shelf, which this browser alone is to know.
        "memory": gr.BrowserState({}, storage_key="studio-page", secret="studio"),
        "browser_language": gr.Textbox(visible=False),
        "timer": gr.Timer(POLL_S, active=False),
    }


def _compose(t: gr.I18n) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with gr.Column(elem_id="prompt-card"):
        found["prompt"] = gr.Textbox(
            label=t("prompt"),
            placeholder=t("prompt_hint"),
            show_label=False,
            lines=3,
            max_lines=10,
            elem_id="prompt",
            autofocus=True,
            container=False,
        )
        found["understood"] = _html(elem_id="understood")
    found["presets"] = _html(elem_id="presets")
    with gr.Row(elem_id="make-row"):
        found["count"] = gr.Number(
            None,
            label=t("count"),
            precision=0,
            placeholder=t("kind.auto"),
            elem_id="count",
            min_width=92,
            scale=0,
        )
        found["create"] = gr.Button(t("create"), variant="primary", size="lg", elem_id="create")
        found["cancel"] = gr.Button(t("cancel"), size="lg", visible=False, elem_id="cancel")
    found["news"] = _html(elem_id="news")
    with gr.Accordion(t("settings"), open=False, elem_id="settings") as found["settings"]:
        # Filled by `events`, one component for each option of the chosen family.
        pass
    with gr.Accordion(t("start_picture"), open=False, elem_id="start") as found["start"]:
        gr.HTML(t("start_picture_hint"), elem_classes=["st-plain", "st-hint"], js_on_load=None)
        found["editor"] = gr.ImageEditor(
            type="filepath",
            format="png",
            show_label=False,
            elem_id="start-editor",
            sources=("upload", "clipboard"),
            buttons=[],
            layers=False,
            transforms=("crop",),
            brush=gr.Brush(colors=["#34876aa0"], color_mode="fixed"),
            height=420,
        )
        found["clear_picture"] = gr.Button(t("clear_picture"), elem_id="clear-picture")
    found["start_song"] = gr.UploadButton(
        t("start_song"),  # pyright: ignore[reportArgumentType]
        elem_id="start-song",
        type="filepath",
        visible=False,
    )
    found["bring_back"] = gr.UploadButton(
        t("bring_back"),  # pyright: ignore[reportArgumentType]
        elem_id="bring-back",
        type="filepath",
    )
    return found


def _library(t: gr.I18n) -> dict[str, Any]:
    return {
        "search": gr.Textbox(
            label=t("search"),
            placeholder=t("search_hint"),
            show_label=False,
            elem_id="search",
            container=False,
            max_lines=1,
        ),
        "grid": _html(elem_id="grid"),
        "more": gr.Button(t("more"), visible=False, elem_id="library-more"),
    }
