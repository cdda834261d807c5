"""What happens on the page: which event goes to which handler, and what a click means.

Handlers return only the components that change. Each kind of thing a person does has a module of
its own: `drafting`, `making`, `taking`, `finding`.
"""

import contextlib
import secrets
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

import gradio as gr

from studio.errors import StudioError
from studio.ui import mending, options, starting, views
from studio.ui.desk import Desk
from studio.ui.drafting import Drafting, Updates, with_kind, with_preset, without_start
from studio.ui.finding import TILES, Finding
from studio.ui.making import Making
from studio.ui.page import Parts
from studio.ui.problems import told
from studio.ui.session import Session, Slot, remembered
from studio.ui.space import has_zero_gpu
from studio.ui.taking import Taking
from studio.ui.web import picture
from studio.ui.words import read_language

Handler = Callable[..., Updates]


def connect(page: gr.Blocks, parts: Parts, desk: Desk) -> None:
    Events(page, parts, desk).connect()


class Events:
    """The handlers of one page, with the components they change."""

    def __init__(self, page: gr.Blocks, parts: Parts, desk: Desk) -> None:
        self.page, self.parts, self.desk = page, parts, desk
        p = parts
        self.session = [p.prompt, p.count, p.draft, p.language, p.shelf, p.job]
        left_out = ("browser_language", "editor", "start")
        self.all = [part for name, part in vars(parts).items() if name not in left_out]
        self.drafting = Drafting(parts, desk)
        self.making, self.taking = Making(self.drafting), Taking(self.drafting)
        self.finding = Finding(parts, desk)

    def connect(self) -> None:
        p = self.parts
        self.page.load(
            self.open_page,
            [p.memory, p.browser_language],
            self.all,
            js="(memory, language) => [memory, window.studio ? window.studio.language : 'en']",
            **_QUIET,
        )
        drawn = [p.draft, p.understood, p.presets, p.form, p.memory, p.news, p.start_song]
        self.on(p.prompt.change, self.drafting.read, [], drawn, trigger_mode="always_last")
        self.on(p.count.change, self.drafting.read, [], drawn, trigger_mode="always_last")
        for html in (p.understood, p.presets, p.news, p.stage, p.grid, p.sheet):
            self.on(html.act, self.act, [p.shown, p.search], self.all, is_lent=True)
        for start in (p.create.click, p.go.change):
            self.on(start, self.making.create, [p.editor, p.source], self.all, is_lent=True)
        self.on(p.wanted.change, self.taking.load_editor, [p.wanted], [p.editor, p.start, p.source])
        self.on(p.cancel.click, self.making.cancel, [], [p.cancel])
        self.on(
            p.timer.tick,
            self.making.tick,
            [p.seen, p.pick],
            [p.stage, p.create, p.cancel, p.timer, p.seen, p.news],
        )
        self.on(p.bring_back.upload, self.taking.bring_back, [p.bring_back], self.all)
        self.on(p.start_song.upload, self.taking.start_from, [p.start_song], self.all)
        self.on(
            p.clear_picture.click, self.taking.clear_picture, [], [p.editor, p.source, p.wanted]
        )
        library = [p.grid, p.more, p.shown]
        self.on(p.library_tab.select, self.finding.show_library, [p.search], library)
        self.on(p.models_tab.select, self.finding.show_models, [], [p.models])
        self.on(
            p.search.change,
            self.finding.show_library,
            [p.search],
            library,
            trigger_mode="always_last",
        )
        self.on(p.more.click, self.finding.show_more, [p.search, p.shown], library)
        options.connect(self)

    # -- opening ----------------------------------------------------------------------------

    def open_page(self, memory: dict[str, Any] | None, browser_language: str) -> Updates:
        """Bring back what this browser had: the draft, and the job it may still be waiting for."""
        memory = memory or {}
        p, language = self.parts, read_language(browser_language)
        shelf = memory.get("shelf") or self.desk.new_shelf()
        job = memory.get("job", "")
        job = job if self.desk.jobs.knows(job) else ""
        session = Session(remembered(memory), language, shelf, job)
        found: Updates = {
            p.language: language,
            p.shelf: shelf,
            p.job: job,
            p.header: views.header(language),
            p.stage: views.stage_empty(language),
            p.prompt: session.draft.prompt,
            p.count: session.draft.count,
        }
        if job:
            found |= {p.timer: gr.Timer(active=True), p.seen: -1}
        # A slot of this visitor's own, from now on changed in place.
        return {**found, **self.drafting.redraw(session), p.draft: Slot(session.draft)}

    # -- clicks on what `views` draws -------------------------------------------------------

    def act(
        self,
        event: gr.EventData,
        shown: int,
        search: str,
        *session: Any,
    ) -> Updates:
        p, now, word = self.parts, Session.of(*session), str(event.word)
        draft = now.draft
        match str(event.act):
            case "kind":
                return self.drafting.redraw(replace(now, draft=with_kind(draft, word)))
            case "kind-now":
                chosen = replace(now, draft=with_kind(draft, word))
                return {**self.drafting.redraw(chosen), p.go: secrets.token_hex(4)}
            case "preset":
                return self.drafting.redraw(replace(now, draft=with_preset(draft, word)))
            case "example":
                draft = without_start(draft)
                fresh = replace(now, draft=replace(draft, prompt=word, kind="auto"))
                return {p.prompt: word, **self.drafting.redraw(fresh)}
            case "plan":
                return self.drafting.plan(now)
            case "forget":
                return self.drafting.redraw(replace(now, draft=without_start(draft)))
            case "pick":
                return {p.pick: int(word), p.stage: self.making.stage(now, int(word))}
            case other:
                return self._act_on_entry(other, word, now, search, shown)

    def _act_on_entry(self, act: str, id: str, now: Session, search: str, shown: int) -> Updates:
        p, language = self.parts, now.language
        if act == "close":
            return {p.sheet: ""}
        try:
            if act == "begin-with":
                return self.taking.begin_with(now, id)
            if act in ("open", "delete"):
                entry = picture(self.desk.entry(id, now.shelf), now.shelf)
                return {p.sheet: views.sheet(language, entry, is_deleting=act == "delete")}
            if act == "delete-now":
                self.desk.remove(id, now.shelf)
                return {p.sheet: "", **self.finding.library(now, search, max(shown, TILES))}
            if act in starting.TASKS and act != "vary":
                return {p.sheet: "", **self.taking.begin(now, act, id)}
            artifact = self.desk.entry(id, now.shelf)
            if act == "animate":
                return {p.sheet: "", **self.taking.animate(now, artifact)}
            if act == "steady":
                return {
                    p.sheet: "",
                    **self.making.watch(now, mending.mend(self.desk, id, now.shelf)),
                }
            if act == "vary":
                return {p.sheet: "", **self.making.watch(now, self.desk.vary(id, now.shelf))}
            return {p.sheet: "", **self.taking.take(now, artifact, is_edit=act == "edit")}
        except StudioError as error:
            return {
                p.news: views.note(told(language, error)),
                p.sheet: "",
                p.tabs: gr.Tabs(selected="create"),
            }

    # -- wiring -----------------------------------------------------------------------------

    def on(
        self,
        listen: Callable[..., Any],
        handler: Handler,
        inputs: list[Any],
        outputs: list[Any],
        trigger_mode: str = "once",
        is_lent: bool = False,
    ) -> None:
        settings = dict(_QUIET)
        handler = self._with_draft(handler, is_changing=self.parts.draft in outputs)
        if is_lent and has_zero_gpu():
            handler, settings["queue"] = _marked(handler), True
        listen(handler, [*inputs, *self.session], outputs, trigger_mode=trigger_mode, **settings)

    def _with_draft(self, handler: Handler, is_changing: bool) -> Handler:
        """Gives a handler the draft in place of its slot, and keeps the draft that it returns."""
        place = self.session.index(self.parts.draft) - len(self.session)

        @wraps(handler)
        def whole(*values: Any) -> Updates:
            slot: Slot = values[place]
            with slot.lock if is_changing else contextlib.nullcontext():
                found = handler(*values[:place], slot.draft, *values[place + 1 :])
                slot.draft = found.pop(self.parts.draft, slot.draft)
            return found

        return whole


def _marked(handler: Handler) -> Handler:
    """Marked, a queued event carries the visitor's claim to GPU time, which the job takes along."""

    @wraps(handler)
    def marked(*values: Any) -> Updates:
        return handler(*values)

    setattr(marked, "zerogpu", None)  # noqa: B010  (a function has no such attribute to a checker)
    return marked


_QUIET: dict[str, Any] = {
    "queue": False,
    "show_progress": "hidden",
    "api_visibility": "private",
}
