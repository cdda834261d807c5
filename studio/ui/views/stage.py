"""The stage: nothing yet, a picture on its way, or what came of it.

Knows no store or component, and of the queue only what a job's state is.
"""

import base64
import io
from collections.abc import Sequence
from html import escape

import PIL.Image

from studio.jobs import JobState
from studio.media import Image
from studio.ui import icons
from studio.ui.views.clip import clip
from studio.ui.views.parts import Picture, actions, canvas, duration, how, image, note, short
from studio.ui.views.song import song
from studio.ui.words import EXAMPLES, Language, say

_PREVIEW_PX = 512


def stage_empty(language: Language) -> str:
    examples = "".join(
        f'<button class="st-example" data-act="example" data-value="{escape(text)}">{escape(text)}'
        "</button>"
        for text in EXAMPLES[language]
    )
    return (
        f'<div class="st-stage" data-status="empty"><div class="st-canvas"><div class="st-empty">'
        f"{icons.EASEL}<h2>{say(language, 'empty_title')}</h2><p>{say(language, 'empty_text')}</p>"
        f'<div class="st-examples">{examples}</div></div></div></div>'
    )


def stage_running(language: Language, state: JobState, prompt: str, made: Sequence[Picture]) -> str:
    """The newest preview, how far it is, and what is finished already."""
    preview = state.step.preview if state.step else None
    if preview is not None:
        alt = escape(say(language, "preview_of", prompt=short(prompt)))
        canvas = f'<img src="{data_uri(preview)}" alt="{alt}">'
    elif made:
        canvas = image(language, made[-1])
    else:
        canvas = f'<div class="st-empty">{icons.EASEL}</div>'
    return (
        '<div class="st-stage" data-status="running">'
        f'<figure class="st-canvas is-preview">{canvas}</figure>'
        f"{_progress(language, state)}{_thumbs(language, made, None)}</div>"
    )


def _progress(language: Language, state: JobState) -> str:
    left = "" if state.seconds_left is None else duration(language, state.seconds_left)
    right = say(language, "left", time=left) if left else ""
    percent = round(state.share_done * 100)
    is_waiting = state.step is None and not state.made
    mood = "is-waiting" if is_waiting else ""
    return (
        f'<div class="st-progress"><div class="st-bar {mood}" role="progressbar" '
        f'aria-valuemin="0" aria-valuemax="100" aria-valuenow="{percent}">'
        f'<span style="width:{percent}%"></span></div>'
        f'<p class="st-status" role="status"><span>{_where(language, state)}</span>'
        f"<span>{right}</span></p></div>"
    )


def _where(language: Language, state: JobState) -> str:
    if state.status == "waiting" and state.ahead:
        return say(language, "waiting", ahead=state.ahead)
    if state.step is None:
        text = say(language, "starting")
    else:
        text = say(language, "step", index=state.step.index, total=state.step.total)
    if state.items > 1:
        index = min(len(state.made) + 1, state.items)
        text = f"{say(language, 'item', index=index, total=state.items)} · {text}"
    return text


def stage_done(
    language: Language, made: Sequence[Picture], index: int, news: tuple[str, str] = ("", "")
) -> str:
    """A finished result large, its fellows small, and what can be done with it next."""
    mood, text = news
    if not made:
        return (
            '<div class="st-stage" data-status="done">'
            f'<div class="st-canvas"><div class="st-empty">{icons.EASEL}</div></div>'
            f"{note(text, mood)}</div>"
        )
    shown = made[min(index, len(made) - 1)]
    return (
        f'<div class="st-stage" data-status="done" data-id="{escape(shown.artifact.id)}">'
        f"{result(language, shown)}{note(text, mood)}{_thumbs(language, made, shown)}"
        f"{actions(language, shown)}{how(language, shown)}</div>"
    )


def result(language: Language, shown: Picture) -> str:
    """What was made, to look at or to listen to."""
    if shown.is_song:
        return song(language, shown)
    return clip(language, shown) if shown.is_clip else canvas(language, shown)


def _thumbs(language: Language, made: Sequence[Picture], shown: Picture | None) -> str:
    if len(made) < 2 and shown is not None or not made:
        return ""
    buttons = "".join(
        f'<button class="st-thumb" data-act="pick" data-value="{index}" '
        f'aria-pressed="{str(picture is shown).lower()}" '
        f'aria-label="{say(language, "show_item", index=index + 1)}">'
        f'<img src="{escape(picture.thumbnail_url)}" alt=""></button>'
        for index, picture in enumerate(made)
    )
    return f'<div class="st-thumbs">{buttons}</div>'


def data_uri(image: Image) -> str:
    """A preview small enough to travel with every step."""
    picture = PIL.Image.fromarray(image.pixels)
    picture.thumbnail((_PREVIEW_PX, _PREVIEW_PX))
    buffer = io.BytesIO()
    picture.save(buffer, format="WEBP", quality=80, method=0)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()
