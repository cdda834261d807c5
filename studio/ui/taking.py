"""Taking settings back: from a dropped file, or from something in the library."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from studio.errors import RequestError, StudioError
from studio.library import Artifact
from studio.request import media_of
from studio.spec import Family, Kind
from studio.ui import mending, pictures, starting, views
from studio.ui.desk import Draft, Restored
from studio.ui.drafting import Drafting, Updates, with_kind
from studio.ui.problems import told
from studio.ui.session import Session
from studio.ui.starting import Start
from studio.ui.words import say


class Taking:
    """The handlers that fill the page from a record."""

    def __init__(self, drafting: Drafting) -> None:
        self.drafting = drafting
        self.parts, self.desk = drafting.parts, drafting.desk

    def bring_back(self, file: str, *session: Any) -> Updates:
        """A dropped file: its settings, or one line that says why not and what it can be."""
        p, now, path = self.parts, Session.of(*session), Path(file)
        try:
            record = None if media_of(path) == "melody" else self.desk.read_file(path)
            if record is None:
                return {p.news: self._foreign(now, path)}
            restored = self.desk.restore(record, now.shelf)
            found = self._restored(now, restored)
        except StudioError as error:
            return {p.news: views.note(told(now.language, error))}
        if not restored.missing_family:
            text = say(now.language, "brought_back", name=path.name)
            found[p.news] = views.note(" ".join((text, *restored.notes)), "good")
        return found

    def _foreign(self, now: Session, path: Path) -> str:
        media = media_of(path) or "image"
        kinds = self.desk.makeable() & {"image"} if media == "image" else {media}
        if not kinds or (media == "video" and mending.mender() is None):
            return views.note(say(now.language, "not_ours", name=path.name))
        return views.foreign(now.language, self.desk.keep(path, now.shelf), media)

    def begin_with(self, now: Session, word: str) -> Updates:
        """Start from a file that was dropped and has no settings of its own."""
        media, _, text = word.partition(" ")
        start = Start.from_text(text)
        if start is None:
            raise RequestError("nothing was dropped; drop the file again")
        if media == "image":
            return self._begin_with_picture(now, start)
        family = mending.mender() if media == "video" else self._kind_family(now, "song")
        draft = Draft(prompt=now.draft.prompt, family=family.name if family else None)
        path = self.desk.kept_input(start.id, now.shelf)
        draft = self.desk.bring(draft, path, now.shelf, start.name)
        return {self.parts.wanted: "", **self.drafting.redraw(replace(now, draft=draft))}

    def _kind_family(self, now: Session, kind: Kind) -> Family | None:
        """The family that is chosen already where it makes that kind, else the usual one."""
        chosen = self.desk.family_of(now.draft, self.desk.read(now.draft))
        if chosen is not None and chosen.kind == kind:
            return chosen
        return next(iter(self.desk.families(kind)), None)

    def _begin_with_picture(self, now: Session, start: Start) -> Updates:
        family = self.desk.family_of(now.draft, self.desk.read(now.draft))
        takes = family is not None and starting.takes_pictures(family)
        draft = now.draft if takes else with_kind(now.draft, "image")
        redrawn = self.drafting.redraw(replace(now, draft=draft))
        return {**redrawn, self.parts.wanted: f"inputs {start.id}"}

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
        """A song, a tune or a clip of the person's own."""
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
