"""The library on the page: searching it and showing more of it."""

from typing import Any

import gradio as gr

from studio.errors import StudioError
from studio.ui import views
from studio.ui.desk import Desk
from studio.ui.drafting import Updates
from studio.ui.page import Parts
from studio.ui.problems import told
from studio.ui.session import Session
from studio.ui.web import picture

TILES = 24


class Finding:
    """The handlers of the library's search and of its grid."""

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
