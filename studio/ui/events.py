"""What happens on the page: which event reads what, asks the desk, and changes what.

Handlers return only the components that change. Nothing here waits for a result: a job is
submitted, and a timer asks how it goes, so a lost connection costs nothing.
"""

import secrets
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Any

import gradio as gr

from studio import registry
from studio.backbone import Route
from studio.errors import RequestError, StudioError
from studio.library import Artifact
from studio.presets import presets
from studio.ui import options, pictures, views
from studio.ui.desk import KINDS, Desk, Draft, Restored, Unsure
from studio.ui.page import Form, Parts
from studio.ui.space import has_zero_gpu
from studio.ui.web import picture
from studio.ui.words import Language, read_language, say

Updates = dict[Any, Any]

TILES = 24


@dataclass(frozen=True)
class Session:
    """Where a visitor is: the values every handler gets."""

    draft: Draft
    language: Language
    shelf: str
    job: str

    @classmethod
    def of(
        cls,
        prompt: str,
        count: float | None,
        draft: Draft,
        language: Language,
        shelf: str,
        job: str,
    ) -> "Session":
        whole = int(count) if count else None
        return cls(replace(draft, prompt=prompt or "", count=whole), language, shelf, job)


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
        self.folder = Path(tempfile.gettempdir()) / "studio-masks"

    def connect(self) -> None:
        p = self.parts
        self.page.load(
            self.open_page,
            [p.memory, p.browser_language],
            self.all,
            js="(memory, language) => [memory, window.studio ? window.studio.language : 'en']",
            **_QUIET,
        )
        drawn = [p.draft, p.understood, p.presets, p.form, p.memory, p.news]
        self.on(p.prompt.change, self.read, [], drawn, trigger_mode="always_last")
        self.on(p.count.change, self.read, [], drawn, trigger_mode="always_last")
        for html in (p.understood, p.presets, p.stage, p.grid, p.sheet):
            self.on(html.act, self.act, [p.shown, p.search], self.all, is_lent=True)
        for start in (p.create.click, p.go.change):
            self.on(start, self.create, [p.editor, p.source], self.all, is_lent=True)
        self.on(p.wanted.change, self.load_editor, [p.wanted], [p.editor, p.start, p.source])
        self.on(p.cancel.click, self.cancel, [], [p.cancel])
        self.on(
            p.timer.tick,
            self.tick,
            [p.seen, p.pick],
            [p.stage, p.create, p.cancel, p.timer, p.seen, p.news],
        )
        self.on(p.bring_back.upload, self.bring_back, [p.bring_back], self.all)
        self.on(p.clear_picture.click, self.clear_picture, [], [p.editor, p.source, p.wanted])
        library = [p.grid, p.more, p.shown]
        self.on(p.library_tab.select, self.show_library, [p.search], library)
        self.on(p.search.change, self.show_library, [p.search], library, trigger_mode="always_last")
        self.on(p.more.click, self.show_more, [p.search, p.shown], library)
        options.connect(self)

    # -- opening ----------------------------------------------------------------------------

    def open_page(self, memory: dict[str, Any] | None, browser_language: str) -> Updates:
        """Bring back what this browser had: the draft, and the job it may still be waiting for."""
        memory = memory or {}
        p, language = self.parts, read_language(browser_language)
        shelf = memory.get("shelf") or self.desk.new_shelf()
        job = memory.get("job", "")
        job = job if self.desk.jobs.knows(job) else ""
        session = Session(_remembered(memory), language, shelf, job)
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
        return found | self.redraw(session)

    # -- the draft --------------------------------------------------------------------------

    def redraw(self, session: Session, is_asking: bool = False) -> Updates:
        """Everything that follows from the draft."""
        p, desk, draft, language = self.parts, self.desk, session.draft, session.language
        found: Updates = {p.draft: draft, p.memory: _memory_of(session), p.news: ""}
        reading: Route | None = None
        try:
            reading = desk.read(draft)
            family = desk.family_of(draft, reading)
            found[p.form] = self._form(draft, family, language).to_json()
            cards = desk.presets(family) if family else []
            found[p.presets] = views.presets(language, cards, draft.preset)
        except StudioError as error:
            found[p.news] = views.note(str(error))
        choice = views.Choice(draft.kind, desk.makeable(), KINDS)
        found[p.understood] = views.understood(language, reading, choice, is_asking)
        return found

    def _form(self, draft: Draft, family: Any, language: Language) -> Form:
        if family is None:
            return Form(language=language)
        kind = draft.kind if draft.kind != "auto" else family.kind
        names = tuple(each.name for each in self.desk.families(kind))
        values = self.desk.values(draft, family)
        shown = {name: value for name, value in values.items() if _is_plain(value)}
        return Form(family.name, names, shown, language)

    def read(self, *session: Any) -> Updates:
        now, before = Session.of(*session), session[2]
        found = self.redraw(now)
        if now.draft == before and not found[self.parts.news]:
            # The prompt was not typed but put there, and the news may be about that.
            del found[self.parts.news]
        return found

    def change(self, make: Callable[[Draft], Draft], *session: Any) -> Updates:
        """Redraw with a changed draft."""
        now = Session.of(*session)
        return self.redraw(replace(now, draft=make(now.draft)))

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
                return self.redraw(replace(now, draft=_with_kind(draft, word)))
            case "kind-now":
                chosen = replace(now, draft=_with_kind(draft, word))
                return {**self.redraw(chosen), p.go: secrets.token_hex(4)}
            case "preset":
                return self.redraw(replace(now, draft=_with_preset(draft, word)))
            case "example":
                fresh = replace(now, draft=replace(draft, prompt=word, kind="auto"))
                return {p.prompt: word, **self.redraw(fresh)}
            case "pick":
                return {p.pick: int(word), p.stage: self._stage(now, int(word))}
            case other:
                return self._act_on_entry(other, word, now, search, shown)

    def _act_on_entry(self, act: str, id: str, now: Session, search: str, shown: int) -> Updates:
        p, language = self.parts, now.language
        if act == "close":
            return {p.sheet: ""}
        try:
            if act in ("open", "delete"):
                entry = picture(self.desk.entry(id, now.shelf), now.shelf)
                return {p.sheet: views.sheet(language, entry, is_deleting=act == "delete")}
            if act == "delete-now":
                self.desk.remove(id, now.shelf)
                return {p.sheet: "", **self._library(now, search, max(shown, TILES))}
            artifact = self.desk.entry(id, now.shelf)
            if act == "vary":
                return {p.sheet: "", **self._watch(now, self.desk.vary(id, now.shelf))}
            return {p.sheet: "", **self._take(now, artifact, is_edit=act == "edit")}
        except StudioError as error:
            return {p.news: views.note(str(error)), p.sheet: "", p.tabs: gr.Tabs(selected="create")}

    # -- making -----------------------------------------------------------------------------

    def create(self, editor: Any, source: str, *session: Any) -> Updates:
        return self._submit(Session.of(*session), editor, source)

    def _submit(self, now: Session, editor: Any, source: str) -> Updates:
        try:
            files = self._files(now, editor, source)
            return self._watch(now, self.desk.submit(now.draft, files, now.shelf))
        except Unsure:
            return self.redraw(now, is_asking=True)
        except StudioError as error:
            return {self.parts.news: views.note(str(error))}

    def _files(self, now: Session, editor: Any, source: str) -> dict[str, Path]:
        if not editor or not editor.get("background"):
            return {}
        family = self.desk.family_of(now.draft, self.desk.read(now.draft))
        if family is None:
            raise RequestError("nothing here makes that from a picture; choose another kind")
        original = self.desk.entry(source, now.shelf).path if source else None
        return pictures.input_files(editor, family, self.folder, original)

    def _watch(self, now: Session, job: str) -> Updates:
        p, now = self.parts, replace(now, job=job)
        return {
            p.job: job,
            p.pick: 0,
            p.seen: -1,
            p.news: "",
            p.timer: gr.Timer(active=True),
            p.stage: self._stage(now, 0),
            p.create: gr.Button(visible=False),
            p.cancel: gr.Button(visible=True, interactive=True),
            p.memory: _memory_of(now),
            p.tabs: gr.Tabs(selected="create"),
        }

    def cancel(self, *session: Any) -> Updates:
        job = Session.of(*session).job
        if self.desk.jobs.knows(job):
            self.desk.jobs.cancel(job)
        return {self.parts.cancel: gr.Button(interactive=False)}

    def tick(self, seen: int, pick: int, *session: Any) -> Updates:
        """Look at the job; say nothing when nothing changed."""
        p, now = self.parts, Session.of(*session)
        if not self.desk.jobs.knows(now.job):
            return {p.timer: gr.Timer(active=False), **self._buttons(is_busy=False)}
        state = self.desk.jobs.state(now.job)
        if state.version == seen:
            return {p.seen: seen}
        found: Updates = {p.seen: state.version, p.stage: self._stage(now, pick)}
        if state.is_finished:
            return {**found, p.timer: gr.Timer(active=False), **self._buttons(is_busy=False)}
        return found | (self._buttons(is_busy=True) if seen < 0 else {})

    def _buttons(self, is_busy: bool) -> Updates:
        p = self.parts
        cancel = gr.Button(visible=is_busy, interactive=True)
        return {p.create: gr.Button(visible=not is_busy), p.cancel: cancel}

    def _stage(self, now: Session, pick: int) -> str:
        if not self.desk.jobs.knows(now.job):
            return views.stage_empty(now.language)
        state = self.desk.jobs.state(now.job)
        made = [picture(each, now.shelf) for each in state.made]
        if not state.is_finished:
            return views.stage_running(now.language, state, self.desk.prompt_of(state), made)
        return views.stage_done(now.language, made, pick, self._ending(state, now.language))

    def _ending(self, state: Any, language: Language) -> tuple[str, str]:
        if state.status == "failed":
            return "bad", f"{say(language, 'failed')}: {state.error}"
        if state.status == "cancelled":
            return "good", say(language, "stopped_with" if state.made else "stopped")
        return "good", " ".join(self.desk.notes_of(state))

    # -- taking settings back ---------------------------------------------------------------

    def bring_back(self, file: str, *session: Any) -> Updates:
        """A dropped picture: its settings, or one line that says why not."""
        p, now, name = self.parts, Session.of(*session), Path(file).name
        try:
            record = self.desk.read_file(Path(file))
            if record is None:
                return {p.news: views.note(say(now.language, "not_ours", name=name))}
            restored = self.desk.restore(record, now.shelf)
            found = self._restored(now, restored)
        except StudioError as error:
            return {p.news: views.note(str(error))}
        if not restored.missing_family:
            text = say(now.language, "brought_back", name=name)
            found[p.news] = views.note(" ".join((text, *restored.notes)), "good")
        return found

    def _take(self, now: Session, artifact: Artifact, is_edit: bool) -> Updates:
        p = self.parts
        restored = self.desk.restore(artifact.record, now.shelf)
        if not is_edit:
            return self._restored(now, restored)
        draft = restored.draft.give("seed", None)
        again = replace(restored, picture=None, mask=None, draft=draft)
        return {**self._restored(now, again), p.wanted: f"entry {artifact.id}"}

    def _restored(self, now: Session, restored: Restored) -> Updates:
        p, draft = self.parts, restored.draft
        found: Updates = {
            p.prompt: draft.prompt,
            p.count: None,
            p.tabs: gr.Tabs(selected="create"),
            p.wanted: "",
            **self.redraw(replace(now, draft=draft)),
        }
        if restored.picture is not None:
            # By hash: what a browser sends back must not be a path.
            mask = restored.mask.stem if restored.mask else ""
            found[p.wanted] = f"inputs {restored.picture.stem} {mask}"
        if restored.missing_family:
            gone = say(now.language, "family_gone", family=restored.missing_family)
            found[p.news] = views.note(gone)
        return found

    def load_editor(self, wanted: str, *session: Any) -> Updates:
        """Show a result, or the picture and mask of a record, or nothing in the editor."""
        p, shelf = self.parts, Session.of(*session).shelf
        what, _, names = wanted.partition(" ")
        if not what:
            return {p.editor: None, p.source: ""}
        if what == "entry":
            found = pictures.as_edited(self.desk.entry(names, shelf).path, None)
        else:
            paths = [self.desk.kept_input(name, shelf) for name in names.split()]
            found = pictures.as_edited(paths[0], paths[1] if len(paths) > 1 else None)
        source = names if what == "entry" else ""
        return {p.editor: found, p.start: gr.Accordion(open=True), p.source: source}

    def clear_picture(self, *session: Any) -> Updates:
        return {self.parts.editor: None, self.parts.source: "", self.parts.wanted: ""}

    # -- the library ------------------------------------------------------------------------

    def show_library(self, search: str, *session: Any) -> Updates:
        return self._library(Session.of(*session), search, TILES)

    def show_more(self, search: str, shown: int, *session: Any) -> Updates:
        return self._library(Session.of(*session), search, shown + TILES)

    def _library(self, now: Session, search: str, limit: int) -> Updates:
        p = self.parts
        try:
            found = self.desk.find(now.shelf, search, limit + 1)
        except StudioError as error:
            return {p.grid: views.note(str(error))}
        tiles = [picture(each, now.shelf) for each in found[:limit]]
        return {
            p.grid: views.grid(now.language, tiles, search),
            p.more: gr.Button(visible=len(found) > limit),
            p.shown: limit,
        }

    # -- wiring -----------------------------------------------------------------------------

    def on(
        self,
        listen: Callable[..., Any],
        handler: Callable[..., Updates],
        inputs: list[Any],
        outputs: list[Any],
        trigger_mode: str = "once",
        is_lent: bool = False,
    ) -> None:
        settings = dict(_QUIET)
        if is_lent and has_zero_gpu():
            handler, settings["queue"] = _marked(handler), True
        listen(handler, [*inputs, *self.session], outputs, trigger_mode=trigger_mode, **settings)


def _marked(handler: Callable[..., Updates]) -> Callable[..., Updates]:
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


def _with_kind(draft: Draft, kind: str) -> Draft:
    """Another kind means other families: what was chosen for the old one goes."""
    if kind == draft.kind:
        return draft
    family = registry.families().get(draft.family or "")
    keeps = family is not None and kind in ("auto", family.kind)
    return (
        replace(draft, kind=kind)
        if keeps
        else replace(draft, kind=kind, family=None, preset=None, given=())
    )


def _with_preset(draft: Draft, name: str) -> Draft:
    return replace(draft, preset=None if draft.preset == name else name)


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, float, bool))


def _memory_of(session: Session) -> dict[str, Any]:
    """What the browser keeps, so that a reload finds the page as it was."""
    draft = session.draft
    return {
        "prompt": draft.prompt,
        "kind": draft.kind,
        "family": draft.family,
        "preset": draft.preset,
        "given": dict(draft.given),
        "count": draft.count,
        "shelf": session.shelf,
        "job": session.job,
    }


def _remembered(memory: dict[str, Any]) -> Draft:
    """The reverse; names that are gone by now are dropped."""
    family, preset = memory.get("family"), memory.get("preset")
    return Draft(
        prompt=str(memory.get("prompt") or ""),
        kind=str(memory.get("kind") or "auto"),
        family=family if family in registry.families() else None,
        preset=preset if preset in presets() else None,
        given=tuple((memory.get("given") or {}).items()),
        count=memory.get("count"),
    )
