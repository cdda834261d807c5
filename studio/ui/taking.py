"""Taking settings back: from a dropped file, or from something in the library."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from studio.errors import StudioError
from studio.library import Artifact
from studio.ui import pictures, views
from studio.ui.desk import Draft, Restored
from studio.ui.drafting import Drafting, Updates
from studio.ui.problems import told
from studio.ui.session import Session
from studio.ui.words import say


class Taking:
    """The handlers that fill the page from a record."""

    def __init__(self, drafting: Drafting) -> None:
        self.drafting = drafting
        self.parts, self.desk = drafting.parts, drafting.desk

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
            return {p.news: views.note(told(now.language, error))}
        if not restored.missing_family:
            text = say(now.language, "brought_back", name=name)
            found[p.news] = views.note(" ".join((text, *restored.notes)), "good")
        return found

    def take(self, now: Session, artifact: Artifact, is_edit: bool) -> Updates:
        p = self.parts
        restored = self.desk.restore(artifact.record, now.shelf)
        if not is_edit:
            return self._restored(now, restored)
        draft = restored.draft.give("seed", None)
        again = replace(restored, picture=None, mask=None, draft=draft)
        return {**self._restored(now, again), p.wanted: f"entry {artifact.id}"}

    def begin(self, now: Session, task: str, id: str) -> Updates:
        """Make ready to go on from a song, or to write a part of it anew."""
        p, draft = self.parts, self.desk.begin(task, id, now.shelf)
        return {
            p.prompt: draft.prompt,
            p.count: None,
            p.tabs: gr.Tabs(selected="create"),
            p.wanted: "",
            p.settings: gr.Accordion(open=True),
            **self.drafting.redraw(replace(now, draft=draft)),
        }

    def animate(self, now: Session, artifact: Artifact) -> Updates:
        """Make ready to make a finished picture move."""
        p, draft = self.parts, Draft(prompt=artifact.record.prompt or "", kind="video")
        return {
            p.prompt: draft.prompt,
            p.count: None,
            p.tabs: gr.Tabs(selected="create"),
            p.wanted: f"entry {artifact.id}",
            **self.drafting.redraw(replace(now, draft=draft)),
        }

    def start_from(self, file: str, *session: Any) -> Updates:
        """A song or a tune of the person's own."""
        now = Session.of(*session)
        try:
            draft = self.desk.bring(now.draft, Path(file), now.shelf)
        except StudioError as error:
            return {self.parts.news: views.note(told(now.language, error))}
        return self.drafting.redraw(replace(now, draft=draft))

    def _restored(self, now: Session, restored: Restored) -> Updates:
        p, draft = self.parts, restored.draft
        found: Updates = {
            p.prompt: draft.prompt,
            p.count: None,
            p.tabs: gr.Tabs(selected="create"),
            p.wanted: "",
            **self.drafting.redraw(replace(now, draft=draft)),
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
