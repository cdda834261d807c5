"""What is here, on the page: the library, searched and shown further, and the models."""

from typing import Any

import gradio as gr

from studio.errors import StudioError
from studio.ui import known, views
from studio.ui.desk import Desk
from studio.ui.drafting import Updates
from studio.ui.page import Parts
from studio.ui.problems import told
from studio.ui.session import Session
from studio.ui.web import picture

TILES = 24


class Finding:
    """The handlers of the library's search and grid, and of the list of models."""

    def __init__(self, parts: Parts, desk: Desk) -> None:
        self.parts, self.desk = parts, desk

    def show_library(self, search: str, *session: Any) -> Updates:
        return self.library(Session.of(*session), search, TILES)

    def show_more(self, search: str, shown: int, *session: Any) -> Updates:
        return self.library(Session.of(*session), search, shown + TILES)

    def library(self, now: Session, search: str, limit: int) -> Updates:
        p = self.parts
        try:
            found = self.desk.find(now.shelf, search, limit + 1)
        except StudioError as error:
            return {p.grid: views.note(told(now.language, error))}
        tiles = [picture(each, now.shelf) for each in found[:limit]]
        return {
            p.grid: views.grid(now.language, tiles, search),
            p.more: gr.Button(visible=len(found) > limit),
            p.shown: limit,
        }

    def show_models(self, *session: Any) -> Updates:
        now = Session.of(*session)
        found = known.models(now.language, self.desk)
        return {self.parts.models: views.models(now.language, found)}
