"""A clip: its player, the facts about it, and how well it holds together.

Knows no store, queue or component.
"""

from html import escape

from studio.ui import icons
from studio.ui.views.parts import Picture, alt_text
from studio.ui.words import WORDS, Language, say

_PLAYED = (".mp4", ".webm")
_SHOWN = (".gif", ".webp")
_SHARES = (
    "subject_consistency",
    "background_consistency",
    "motion_smoothness",
    "temporal_flickering",
    "dynamic_degree",
)
"""Scores from 0 to 1 of which more is better, or more of what it is."""


def clip(language: Language, picture: Picture) -> str:
    """The clip to watch and listen to, and what was measured on it."""
    return (
        f'<section class="st-clip" aria-label="{say(language, "kind.video")}">'
        f"{_player(language, picture)}{_facts(language, picture)}{_scores(language, picture)}"
        "</section>"
    )


def _player(language: Language, picture: Picture) -> str:
    words = escape(alt_text(language, picture.record))
    url, poster = escape(picture.url), escape(picture.thumbnail_url)
    suffix = picture.artifact.path.suffix.lower()
    if suffix in _PLAYED:
        loop = "loop" if picture.record.params.get("loop") else ""
        inside = (
            f'<video controls playsinline preload="metadata" {loop} aria-label="{words}" '
            f'poster="{poster}" src="{url}"></video>'
        )
    else:
        inside = f'<img src="{url if suffix in _SHOWN else poster}" alt="{words}">'
    return f'<figure class="st-canvas is-clip">{inside}</figure>'


def _facts(language: Language, picture: Picture) -> str:
    params, record = picture.record.params, picture.record
    found: list[str] = []
    if "width" in params and "height" in params:
        found.append(f"{params['width']} × {params['height']}")
    if "duration_s" in params:
        found.append(say(language, "seconds", count=f"{float(params['duration_s']):g}"))
    if "fps" in params:
        found.append(say(language, "fps", count=params["fps"]))
    if record.soundtrack is not None:
        genre = str(record.soundtrack.params.get("genre") or "")
        found.append(say(language, "with_music", genre=genre).strip(" :："))
    spans = "".join(f"<span>{escape(each)}</span>" for each in found)
    return f'<p class="st-facts">{spans}</p>' if spans else ""


def _scores(language: Language, picture: Picture) -> str:
    """Bars for shares, numbers for the rest; nothing where nothing was measured."""
    scores = picture.record.scores
    bars = "".join(_bar(language, name, scores[name]) for name in _SHARES if name in scores)
    rest = "".join(
        f"<dt>{say(language, f'score.{name}')}</dt><dd>{value:.3g}</dd>"
        for name, value in scores.items()
        if name not in _SHARES and f"score.{name}" in WORDS
    )
    if not bars and not rest:
        return ""
    return (
        f'<details class="st-more st-scores"><summary>{icons.GAUGE}{say(language, "scores")}'
        f"</summary>{bars}<dl>{rest}</dl>"
        f'<p class="st-dim">{say(language, "scores_hint")}</p></details>'
    )


def _bar(language: Language, name: str, value: float) -> str:
    share = max(0.0, min(1.0, value))
    return (
        f'<p class="st-score"><span>{say(language, f"score.{name}")}</span>'
        f'<span class="st-bar"><span style="width:{share * 100:.1f}%"></span></span>'
        f"<b>{value:.3f}</b></p>"
    )
