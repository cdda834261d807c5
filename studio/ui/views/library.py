"""The library: a grid of what was made, and one of its entries over the page.

Knows no store, queue or component.
"""

from collections.abc import Sequence
from html import escape

from studio.ui import icons
from studio.ui.views.parts import Picture, action, actions, alt_text, how
from studio.ui.views.stage import result
from studio.ui.words import Language, say


def grid(language: Language, found: Sequence[Picture], text: str) -> str:
    if not found:
        key = "library_none" if text else "library_empty"
        return f'<p class="st-nothing">{escape(say(language, key, text=text))}</p>'
    tiles = "".join(_tile(language, picture) for picture in found)
    return f'<div class="st-grid">{tiles}</div>'


def _tile(language: Language, picture: Picture) -> str:
    alpha = "has-alpha" if picture.record.params.get("background") == "transparent" else ""
    words = escape(alt_text(language, picture.record))
    kind = picture.record.kind
    sign = {"song": icons.NOTE, "video": icons.FILM}.get(kind)
    mark = f'<i title="{say(language, f"kind.{kind}")}">{sign}</i>' if sign else ""
    return (
        f'<button class="st-tile {alpha}" data-act="open" '
        f'data-value="{escape(picture.artifact.id)}"><img loading="lazy" alt="{words}" '
        f'src="{escape(picture.thumbnail_url)}">{mark}'
        f'<span aria-hidden="true">{words}</span></button>'
    )


def sheet(language: Language, picture: Picture, is_deleting: bool = False) -> str:
    """One entry of the library over the page."""
    extra = (
        _confirm(language, picture)
        if is_deleting
        else action(language, picture, "delete", "delete", icons.TRASH)
    )
    prompt = escape(picture.record.prompt or say(language, "private"))
    return (
        f'<div class="st-sheet" role="dialog" aria-modal="true" data-id="{picture.artifact.id}">'
        f'<div><header><p class="st-prompt">{prompt}</p><button class="st-round" data-act="close" '
        f'aria-label="{say(language, "close")}">✕</button></header>'
        f"{result(language, picture)}{actions(language, picture, extra)}"
        f"{how(language, picture, is_open=True)}</div></div>"
    )


def _confirm(language: Language, picture: Picture) -> str:
    return (
        f'<span class="st-line" role="alert"><b>{say(language, "delete_sure")}</b>'
        f'<button class="st-button is-bad" data-act="delete-now" '
        f'data-value="{escape(picture.artifact.id)}">{icons.TRASH}'
        f"{say(language, 'delete')}</button>"
        f'<button class="st-button" data-act="open" data-value="{escape(picture.artifact.id)}">'
        f"{say(language, 'keep')}</button></span>"
    )
