"""What several parts of the page show: the header, a line of news, a finished result.

Knows no store, queue or component.
"""

from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from urllib.parse import quote

from studio import registry
from studio.errors import RequestError
from studio.library import Artifact
from studio.record import Record
from studio.rights.record import RightsRecord
from studio.sounds import parts
from studio.sounds.player import Player, read_player
from studio.ui import icons, mending, naming, starting
from studio.ui.starting import Start
from studio.ui.words import Language, say

# Shown in places of their own.
_SONG_BUTTONS = (("continue", "continue", icons.FORTH), ("repaint", "repaint", icons.EDIT))
_LEFT_OUT = ("prompt", "seed")


@dataclass(frozen=True)
class Picture:
    """A finished result and where the browser finds it."""

    artifact: Artifact
    url: str
    thumbnail_url: str
    parts_url: str = ""
    """Where what lies beside a song is found, by its name in that folder."""

    before_url: str = ""
    """Where the clip is found that an evened one was made from."""

    @property
    def record(self) -> Record:
        return self.artifact.record

    @property
    def is_song(self) -> bool:
        return self.record.kind == "song"

    @property
    def is_clip(self) -> bool:
        return self.record.kind == "video"

    @cached_property
    def player(self) -> Player | None:
        """What the player shows; None of a song without it, which is heard all the same."""
        file = self._beside(parts.PLAYER)
        try:
            return read_player(file) if file else None
        except RequestError:
            # `missing` says so.
            return None

    @cached_property
    def rights(self) -> RightsRecord | None:
        """None where it is gone: what is signed into the song is not read here."""
        file = self._beside(parts.RIGHTS)
        try:
            return RightsRecord.from_json(file.read_bytes()) if file else None
        except RequestError:
            return None

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """What should lie beside a song, but is gone or cannot be read."""
        read = {parts.PLAYER: self.player, parts.RIGHTS: self.rights}
        wanted = [parts.COVER]
        if self.player is not None:
            wanted += [each.file for each in self.player.stems]
            # Only what was played from a score has a tempo.
            is_written = self.player.tempo_bpm is not None
            wanted += [parts.MIDI, parts.LEAD_SHEET, parts.PIANO_ROLL] if is_written else []
        found = [name for name, value in read.items() if value is None]
        return (*found, *(name for name in wanted if not self.has(name)))

    def has(self, name: str) -> bool:
        """Whether a file of that name lies beside the song."""
        return self._beside(name) is not None

    def part(self, name: str) -> str:
        """The address of a file in the folder beside the song."""
        return f"{self.parts_url}/{quote(name)}"

    def _beside(self, name: str) -> Path | None:
        folder = self.artifact.parts
        return folder / name if folder is not None and (folder / name).is_file() else None


def header(language: Language) -> str:
    return (
        f'<div class="st-top">{icons.MARK}<div><p class="st-name">Studio</p>'
        f'<p class="st-tag">{say(language, "tagline")}</p></div><nav>'
        f'<button class="st-round" data-studio="language" title="{say(language, "to_language")}">'
        f"{say(language, 'to_language_short')}</button>"
        f'<button class="st-round" data-studio="theme" aria-label="{say(language, "to_dark")}" '
        f'title="{say(language, "to_dark")}">{icons.CONTRAST}</button></nav></div>'
    )


def note(text: str, mood: str = "bad", extra: str = "") -> str:
    """One line of good or bad news and what can be done about it; nothing for no text."""
    return f'<p class="st-note is-{mood}" role="alert">{escape(text)}{extra}</p>' if text else ""


def foreign(language: Language, start: Start, media: str) -> str:
    """That a file has no settings to bring back, and what it can be used for instead."""
    button = (
        f'<button class="st-button" data-act="begin-with" '
        f'data-value="{escape(f"{media} {start.to_text()}")}">'
        f"{say(language, f'begin_with.{media}')}</button>"
    )
    return note(say(language, "not_ours", name=start.name), "good", button)


def canvas(language: Language, picture: Picture) -> str:
    alpha = "has-alpha" if picture.record.params.get("background") == "transparent" else ""
    return f'<figure class="st-canvas {alpha}">{image(language, picture)}</figure>'


def image(language: Language, picture: Picture) -> str:
    # A song is seen by its cover, a clip by one of its frames.
    is_seen = picture.record.kind == "image"
    url = picture.url if is_seen else picture.thumbnail_url
    return f'<img src="{escape(url)}" alt="{escape(alt_text(language, picture.record))}">'


def alt_text(language: Language, record: Record) -> str:
    """What a screen reader says: the prompt, as far as it may be told."""
    return short(record.prompt) if record.prompt else say(language, "private")


def actions(language: Language, picture: Picture, extra: str = "") -> str:
    file_name = escape(picture.artifact.path.name)
    link = (
        f'<a class="st-button is-main" href="{escape(picture.url)}" download="{file_name}">'
        f"{icons.DOWNLOAD}{say(language, 'download')}</a>"
    )
    buttons = [("vary", "variations", icons.VARY)]
    if picture.is_song:
        family = registry.families().get(picture.record.family)
        known = starting.tasks(family) if family else ()
        buttons += [each for each in _SONG_BUTTONS if each[0] in known]
    elif picture.is_clip:
        # What nothing was drawn by chance for has no variations.
        can_mend = mending.mender() is not None and mending.came_as(picture.record) is None
        buttons = [*buttons, ("steady", "steady", icons.GAUGE)] if can_mend else []
    else:
        # Only a picture can be painted over.
        buttons.append(("edit", "edit", icons.EDIT))
        buttons += [("animate", "animate", icons.FILM)] if _makes_clips() else []
    rest = "".join(action(language, picture, *each) for each in buttons)
    rest += action(language, picture, "reuse", "reuse", icons.REUSE)
    return f'<div class="st-actions">{link}{rest}{extra}</div>'


def _makes_clips() -> bool:
    """Whether something here makes a picture move."""
    return any(
        each.kind == "video" and each.default_for_kind for each in registry.families().values()
    )


def action(language: Language, picture: Picture, act: str, word: str, icon: str) -> str:
    return (
        f'<button class="st-button" data-act="{act}" data-value="{escape(picture.artifact.id)}">'
        f"{icon}{say(language, word)}</button>"
    )


def how(language: Language, picture: Picture, is_open: bool = False) -> str:
    """How a result was made, folded away unless it is open."""
    record = picture.record
    # Where nothing went in, what would be done with it is nothing to tell.
    left_out = _LEFT_OUT if record.inputs else (*_LEFT_OUT, *starting.OPTIONS)
    given = {k: v for k, v in record.params.items() if k not in left_out and not _is_open(v)}
    rows = [
        (say(language, "made_with"), record.family),
        (say(language, "preset_used"), record.preset or ""),
        (say(language, "option.seed"), str(record.params.get("seed", ""))),
        *naming.told(language, record.family, given),
        (say(language, "made_in"), duration(language, record.seconds)),
        (say(language, "made_at"), record.created[:19].replace("T", " ") + " UTC"),
        (say(language, "licence"), record.family_licence),
    ]
    cells = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows if value
    )
    return (
        f'<details class="st-how" {"open" if is_open else ""}>'
        f"<summary>{say(language, 'made_how')}</summary><dl>{cells}</dl>"
        f'<p class="st-dim">{say(language, "ai_made")}</p></details>'
    )


def _is_open(value: object) -> bool:
    """Whether an option was left to the model or off: there is nothing to tell."""
    return value is None or value is False or value in ("", "any", "auto")


def duration(language: Language, seconds: float) -> str:
    whole = max(1, round(seconds))
    if whole < 60:
        return say(language, "seconds", count=f"{seconds:.1f}" if seconds < 10 else whole)
    return say(language, "minutes", minutes=whole // 60, seconds=whole % 60)


def short(text: str, length: int = 300) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
