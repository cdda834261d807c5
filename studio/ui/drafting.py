"""What follows from the draft: how it reads, which settings it has, which presets fit.

Changes components, submits nothing.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import gradio as gr

from studio import registry
from studio.backbone import Route
from studio.errors import StudioError
from studio.spec import Family
from studio.ui import starting, views
from studio.ui.desk import KINDS, Desk, Draft
from studio.ui.page import Form, Parts
from studio.ui.problems import told
from studio.ui.session import Session, memory_of
from studio.ui.starting import Start
from studio.ui.words import Language, say

Updates = dict[Any, Any]
"""Which components change, and into what."""


class Drafting:
    """The draft of a page and everything drawn from it."""

    def __init__(self, parts: Parts, desk: Desk) -> None:
        self.parts, self.desk = parts, desk

    def redraw(self, session: Session, is_asking: bool = False) -> Updates:
        """Everything that follows from the draft."""
        p, desk, draft, language = self.parts, self.desk, session.draft, session.language
        found: Updates = {p.draft: draft, p.memory: memory_of(session), p.news: ""}
        reading: Route | None = None
        family: Family | None = None
        without_picture = ""
        try:
            reading = desk.read(draft)
            family = desk.family_of(draft, reading)
            found[p.start_song] = _start_button(language, family)
            if family is not None and not starting.takes_pictures(family):
                without_picture = views.WITHOUT_PICTURE
            found[p.form] = self._form(session, family).to_json()
            cards = desk.presets(family) if family else []
            found[p.presets] = views.presets(language, cards, draft.preset)
        except StudioError as error:
            found[p.news] = views.note(told(language, error))
        choice = views.Choice(draft.kind, desk.makeable(), KINDS)
        task = _task(draft, family)
        start = views.started(language, Start.from_text(draft.start), task)
        plan = views.plan(language, bool(dict(draft.given).get("storyboard")))
        is_film = _is_film(draft, reading)
        read = views.understood(language, reading, choice, is_asking)
        found[p.understood] = start + read + (plan if is_film else "") + without_picture
        return found

    def _form(self, session: Session, family: Any) -> Form:
        draft, language = session.draft, session.language
        if family is None:
            return Form(language=language)
        kind = draft.kind if draft.kind != "auto" else family.kind
        names = tuple(each.name for each in self.desk.families(kind))
        files = self.desk.start_files(draft, family, session.shelf)
        values = self.desk.values(draft, family, files)
        shown = {name: value for name, value in values.items() if _is_plain(value)}
        told = [name for name, _ in draft.given]
        near = tuple(name for name in told if draft.start or name == "storyboard")
        return Form(family.name, names, shown, language, near)

    def plan(self, session: Session) -> Updates:
        """The scenes of a music video, to be looked at and edited before it is made."""
        try:
            draft = self.desk.plan(session.draft, session.shelf)
        except StudioError as error:
            return {self.parts.news: views.note(told(session.language, error))}
        found = self.redraw(replace(session, draft=draft))
        return {**found, self.parts.settings: gr.Accordion(open=True)}

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


def _is_film(draft: Draft, reading: Route | None) -> bool:
    """Whether a music video is asked for, by an option or by the prompt."""
    if draft.kind not in ("auto", "video") or not draft.prompt.strip():
        return False
    read = bool(reading and reading.kind == "video" and reading.params.get("scenes"))
    return bool(dict(draft.given).get("scenes", read))


def _task(draft: Draft, family: Family | None) -> str:
    """What the file that it starts from is for."""
    is_music = draft.kind == "video" and "video" not in starting.media(family)
    return "music" if is_music else str(dict(draft.given).get(starting.TASK, "auto"))


def _start_button(language: Language, family: Family | None) -> gr.UploadButton:
    """What can be handed in beside pictures; not there where nothing can."""
    media = starting.media(family)
    is_clip = family is not None and family.kind == "video"
    if "video" in media:
        word = "start_clip_music" if "song" in media else "start_clip"
    else:
        word = "own_music" if is_clip else "start_song"
    return gr.UploadButton(say(language, word), visible=bool(media))


def with_kind(draft: Draft, kind: str) -> Draft:
    """Another kind means other families: what was chosen for the old one goes."""
    if kind == draft.kind:
        return draft
    family = registry.families().get(draft.family or "")
    keeps = family is not None and kind in ("auto", family.kind)
    return (
        replace(draft, kind=kind)
        if keeps
        else replace(draft, kind=kind, family=None, preset=None, given=(), start="")
    )


def without_start(draft: Draft) -> Draft:
    """Anew, not from a song: what belongs to that goes too."""
    given = tuple(pair for pair in draft.given if pair[0] not in starting.OPTIONS)
    return replace(draft, given=given, start="")


def with_preset(draft: Draft, name: str) -> Draft:
    return replace(draft, preset=None if draft.preset == name else name)


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, float, bool))
