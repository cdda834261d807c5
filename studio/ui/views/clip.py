"""A clip: its player, the facts about it, how well it holds together, and what it was before.

Knows no store, queue or component.
"""

from collections.abc import Mapping
from html import escape

from studio.ui import icons, mending, naming
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

_LESS_IS_BETTER = ("warp_error", "colour_drift")
_HOLDING = ("subject_consistency", "background_consistency", "motion_smoothness")
_HELD = (0.85, 0.92, 0.97)
"""From so much on the least of those is called wavering, well, very well."""

_WARPED, _DRIFTED = 0.03, 0.05
"""More change beyond motion, or drift of colours, is a step worse: as flickering and drifting clips
of `docs/consistency.md` have."""

_MOVING = (0.1, 0.6)
"""From so much dynamic degree on a clip is called moving, moving a lot."""

_NOTICED = 0.002
"""A smaller difference between before and after is none."""


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
    if suffix in _SHOWN or suffix not in _PLAYED:
        shown = url if suffix in _SHOWN else poster
        return f'<figure class="st-canvas is-clip"><img src="{shown}" alt="{words}"></figure>'
    loop = "loop" if picture.record.params.get("loop") else ""
    video = (
        f'<video controls playsinline preload="metadata" {loop} aria-label="{words}" '
        f'poster="{poster}" src="{url}"></video>'
    )
    if mending.came_as(picture.record) is None:
        return f'<figure class="st-canvas is-clip">{video}</figure>'
    return _compared(language, video, escape(picture.before_url))


def _compared(language: Language, video: str, before_url: str) -> str:
    """The clip with the one that it was before over its left, up to a line that can be moved."""
    hint = say(language, "compare_hint")
    return (
        '<div class="st-compare" data-compare>'
        f'<figure class="st-canvas is-clip">{video}<video class="st-before" muted playsinline '
        f'preload="auto" tabindex="-1" aria-hidden="true" src="{before_url}"></video>'
        '<span class="st-edge" aria-hidden="true"></span></figure>'
        f"<label><span>{say(language, 'before')}</span>"
        f'<input type="range" min="0" max="100" value="50" aria-label="{hint}">'
        f"<span>{say(language, 'after')}</span></label>"
        f'<p class="st-dim">{say(language, "compare")}</p></div>'
    )


def _facts(language: Language, picture: Picture) -> str:
    params, record = picture.record.params, picture.record
    found: list[str] = []
    if "width" in params and "height" in params:
        found.append(f"{params['width']} × {params['height']}")
    if "duration_s" in params:
        found.append(say(language, "seconds", count=f"{float(params['duration_s']):g}"))
    if params.get("fps"):
        found.append(say(language, "fps", count=params["fps"]))
    if record.soundtrack is not None:
        genre = str(record.soundtrack.params.get("genre") or "")
        genre = naming.value(language, record.soundtrack.family, "genre", genre)
        found.append(say(language, "with_music", genre=genre).strip(" :："))
    spans = "".join(f"<span>{escape(each)}</span>" for each in found)
    return f'<p class="st-facts">{spans}</p>' if spans else ""


def _scores(language: Language, picture: Picture) -> str:
    """Words first; bars for shares, numbers for the rest; nothing where nothing was measured."""
    scores = picture.record.scores
    bars = "".join(_bar(language, name, scores) for name in _SHARES if name in scores)
    rest = "".join(
        f"<dt>{say(language, f'score.{name}')}</dt><dd>{_with_before(language, name, scores)}</dd>"
        for name in scores
        if name not in _SHARES and f"score.{name}" in WORDS
    )
    if not bars and not rest:
        return ""
    words = in_words(language, scores)
    told = f'<span class="st-told">{words}</span>' if words else ""
    return (
        f'<details class="st-more st-scores"><summary>{icons.GAUGE}{say(language, "scores")}'
        f"{told}</summary>{bars}<dl>{rest}</dl>"
        f'<p class="st-dim">{say(language, "scores_hint")}</p></details>'
    )


def in_words(language: Language, scores: Mapping[str, float]) -> str:
    """How well a clip holds together, and how much moves: always both, for what is frozen holds."""
    if not {"dynamic_degree", *_HOLDING} <= set(scores):
        return ""
    least = min(scores[name] for name in _HOLDING)
    held = sum(least >= each for each in _HELD)
    is_off = scores.get("warp_error", 0) > _WARPED or scores.get("colour_drift", 0) > _DRIFTED
    moved = sum(scores["dynamic_degree"] >= each for each in _MOVING)
    words = (f"holds.{max(0, held - is_off)}", f"moves.{moved}")
    return " · ".join(say(language, each) for each in words)


def _bar(language: Language, name: str, scores: Mapping[str, float]) -> str:
    share = max(0.0, min(1.0, scores[name]))
    return (
        f'<p class="st-score"><span>{say(language, f"score.{name}")}</span>'
        f'<span class="st-bar"><span style="width:{share * 100:.1f}%"></span></span>'
        f"<b>{_with_before(language, name, scores)}</b></p>"
    )


def _with_before(language: Language, name: str, scores: Mapping[str, float]) -> str:
    """The score; of an evened clip also what it was, and whether that is better."""
    now, was = scores[name], scores.get(f"before.{name}")
    figure = f"{now:.3f}" if name in _SHARES else f"{now:.3g}"
    if was is None:
        return figure
    gain = (was - now) if name in _LESS_IS_BETTER else (now - was)
    shown = f"{was:.3f} → {now:.3f}"
    if name in ("dynamic_degree", "motion_sides_per_s"):
        # More motion is neither better nor worse.
        return f"{shown} <i></i>"
    word = "alike" if abs(gain) < _NOTICED else "better" if gain > 0 else "worse"
    return f'{shown} <i class="is-{word}">{say(language, word)}</i>'
