"""Making: a job is submitted, watched by asking how it goes, and stopped.

Nothing here waits for a result, so a lost connection costs nothing.
"""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from studio.errors import RequestError, StudioError
from studio.ui import pictures, starting, views
from studio.ui.desk import Unsure
from studio.ui.drafting import Drafting, Updates
from studio.ui.problems import told
from studio.ui.session import Session, memory_of
from studio.ui.web import picture
from studio.ui.words import Language, say


class Making:
    """The handlers of the create and stop buttons and of the timer."""

    def __init__(self, drafting: Drafting) -> None:
        self.drafting = drafting
        self.parts, self.desk = drafting.parts, drafting.desk
        self.folder = Path(tempfile.gettempdir()) / "studio-masks"

    def create(self, editor: Any, source: str, *session: Any) -> Updates:
        return self._submit(Session.of(*session), editor, source)

    def _submit(self, now: Session, editor: Any, source: str) -> Updates:
        try:
            files = self._files(now, editor, source)
            found = self.watch(now, self.desk.submit(now.draft, files, now.shelf))
        except Unsure:
            return self.drafting.redraw(now, is_asking=True)
        except StudioError as error:
            return {self.parts.news: views.note(told(now.language, error))}
        if editor and editor.get("background") and not files:
            found[self.parts.news] = views.note(say(now.language, "picture_left"), "good")
        return found

    def _files(self, now: Session, editor: Any, source: str) -> dict[str, Path]:
        if not editor or not editor.get("background"):
            return {}
        family = self.desk.family_of(now.draft, self.desk.read(now.draft))
        if family is None:
            raise RequestError("nothing here makes that from a picture; choose another kind")
        if not starting.takes_pictures(family):
            # The picture is not on the page while such a family is chosen.
            return {}
        original = self.desk.entry(source, now.shelf).path if source else None
        return pictures.input_files(editor, family, self.folder, original)

    def watch(self, now: Session, job: str) -> Updates:
        p, now = self.parts, replace(now, job=job)
        return {
            p.job: job,
            p.pick: 0,
            p.seen: -1,
            p.news: "",
            p.timer: gr.Timer(active=True),
            p.stage: self.stage(now, 0),
            p.create: gr.Button(visible=False),
            p.cancel: gr.Button(visible=True, interactive=True),
            p.memory: memory_of(now),
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
        found: Updates = {p.seen: state.version, p.stage: self.stage(now, pick)}
        if state.is_finished:
            return {**found, p.timer: gr.Timer(active=False), **self._buttons(is_busy=False)}
        return found | (self._buttons(is_busy=True) if seen < 0 else {})

    def _buttons(self, is_busy: bool) -> Updates:
        p = self.parts
        cancel = gr.Button(visible=is_busy, interactive=True)
        return {p.create: gr.Button(visible=not is_busy), p.cancel: cancel}

    def stage(self, now: Session, pick: int) -> str:
        if not self.desk.jobs.knows(now.job):
            return views.stage_empty(now.language)
        state = self.desk.jobs.state(now.job)
        made = [picture(each, now.shelf) for each in state.made]
        if not state.is_finished:
            return views.stage_running(now.language, state, self.desk.prompt_of(state), made)
        return views.stage_done(now.language, made, pick, self._ending(state, now.language))

    def _ending(self, state: Any, language: Language) -> tuple[str, str]:
        if state.status == "failed":
            return "bad", f"{say(language, 'failed')}: {told(language, state.error)}"
        if state.status == "cancelled":
            return "good", say(language, "stopped_with" if state.made else "stopped")
        return "good", " ".join(told(language, each) for each in self.desk.notes_of(state))
