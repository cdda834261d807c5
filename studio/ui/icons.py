"""The few drawings of the page, as inline SVG. Decoration only: hidden from screen readers."""


def _svg(body: str, size: int = 24) -> str:
    return (
        f'<svg viewBox="0 0 {size} {size}" fill="none" stroke="currentColor" stroke-width="1.8" '
        f'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{body}</svg>'
    )


MARK = (
    '<svg class="st-mark" viewBox="0 0 34 34" aria-hidden="true">'
    '<rect width="34" height="34" rx="10" fill="#226d54"/>'
    '<circle cx="14" cy="14" r="6.5" fill="#f2c166"/>'
    '<path d="M5 27c5-9 9-9 12-4s6 2 12-7v8a6 6 0 0 1-6 6H11a6 6 0 0 1-6-3z" fill="#eef7f3"/></svg>'
)
FAVICON = "data:image/svg+xml," + MARK.replace(
    'class="st-mark" ', 'xmlns="http://www.w3.org/2000/svg" '
).replace("#", "%23").replace('"', "'")
CONTRAST = _svg(
    '<circle cx="12" cy="12" r="8.5"/>'
    '<path d="M12 3.5v17a8.5 8.5 0 0 0 0-17z" fill="currentColor"/>'
)
DOWNLOAD = _svg('<path d="M12 4v11m-4.5-4L12 15.5 16.5 11M5 20h14"/>')
VARY = _svg(
    '<rect x="4" y="4" width="9" height="9" rx="2"/>'
    '<path d="M16 8h2a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-8a2 2 0 0 1-2-2v-2"/>'
)
EDIT = _svg('<path d="M4 20l1-4L16 5l3 3L8 19l-4 1zM14 7l3 3"/>')
REUSE = _svg('<path d="M4 12a8 8 0 1 0 2.5-5.8M4 4v4.5h4.5"/>')
FORTH = _svg('<path d="M4 12h9m-4-4.5L13.5 12 9 16.5M20 5v14"/>')
TRASH = _svg('<path d="M5 7h14M10 7V4.5h4V7m-7 0l1 13h8l1-13"/>')
PLAY = (
    '<svg class="is-play" viewBox="0 0 24 24" fill="currentColor" aria-hidden="true">'
    '<path d="M8 5.2v13.6a.8.8 0 0 0 1.2.7l10.6-6.8a.8.8 0 0 0 0-1.4L9.2 4.5a.8.8 0 0 0-1.2.7z"/>'
    "</svg>"
)
PAUSE = (
    '<svg class="is-pause" viewBox="0 0 24 24" fill="currentColor" aria-hidden="true">'
    '<rect x="6" y="5" width="4.2" height="14" rx="1.2"/>'
    '<rect x="13.8" y="5" width="4.2" height="14" rx="1.2"/></svg>'
)
SHIELD = _svg(
    '<path d="M12 3.5l7 2.6v5.4c0 4.4-2.9 7.5-7 9-4.1-1.5-7-4.6-7-9V6.1zM9 12l2.2 2.2L15.2 10"/>'
)
NOTE = _svg(
    '<circle cx="7.5" cy="17.5" r="2.8"/><path d="M10.3 17.5V5l8-1.5V15"/>'
    '<circle cx="15.5" cy="15.5" r="2.8"/>'
)
FILM = _svg(
    '<rect x="3.5" y="5.5" width="17" height="13" rx="2.5"/><path d="M10.3 9.6v4.8l4-2.4z"/>'
)
GAUGE = _svg('<path d="M4.5 17a8.5 8.5 0 1 1 15 0M12 15l3.5-5"/><circle cx="12" cy="15" r="1.2"/>')
EASEL = _svg(
    '<rect x="10" y="12" width="44" height="32" rx="5"/><path d="M22 44l-5 14m25-14l5 14M32 44v9"/>'
    '<circle cx="23" cy="23" r="4"/><path d="M12 40l13-10 8 6 9-9 11 10"/>',
    64,
)
