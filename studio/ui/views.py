"""What the page shows, as HTML: pure functions of data. All text from outside is escaped.

Clickable things carry `data-act` and their arguments as data attributes; `act.js` turns a click
into an event. Knows no store, queue or component.
"""

import base64
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import PIL.Image

from studio.backbone import Route
from studio.jobs import JobState
from studio.library import Artifact
from studio.media import Image
from studio.presets import Preset
from studio.record import Record
from studio.spec import Kind
from studio.ui import icons
from studio.ui.words import EXAMPLES, Language, option_name, say

_PREVIEW_PX = 512
_WORDS_SHOWN = 4


@dataclass(frozen=True)
class Picture:
    """A finished result and where the browser finds it."""

    artifact: Artifact
    url: str
    thumbnail_url: str

    @property
    def record(self) -> Record:
        return self.artifact.record


@dataclass(frozen=True)
class Choice:
    """What the person chose about the kind: "auto" or a kind, and which kinds can be made."""

    kind: str
    makeable: frozenset[Kind]
    kinds: tuple[Kind, ...] = ("image", "song", "video")


def header(language: Language) -> str:
    return (
        f'<div class="st-top">{icons.MARK}<div><p class="st-name">Studio</p>'
        f'<p class="st-tag">{say(language, "tagline")}</p></div><nav>'
        f'<button class="st-round" data-studio="language" title="{say(language, "to_language")}">'
        f"{say(language, 'to_language_short')}</button>"
        f'<button class="st-round" data-studio="theme" aria-label="{say(language, "to_dark")}" '
        f'title="{say(language, "to_dark")}">{icons.CONTRAST}</button></nav></div>'
    )


def note(text: str, mood: str = "bad") -> str:
    """One line of good or bad news; nothing for no text."""
    return f'<p class="st-note is-{mood}" role="alert">{escape(text)}</p>' if text else ""


# -- what was understood ------------------------------------------------------------------------


def understood(language: Language, route: Route | None, choice: Choice, is_asking: bool) -> str:
    """The switch of kinds, and under it the reading of the prompt with its reasons."""
    parts = [_kinds(language, route, choice)]
    if route is None:
        parts.append(f'<p class="st-line st-dim">{say(language, "type_more")}</p>')
    elif choice.kind == "auto" and not route.is_sure:
        parts.append(_question(language, route, choice, is_asking))
    elif choice.kind == "auto" and route.kind not in choice.makeable:
        parts.append(_unmakeable(language, route.kind, choice))
    else:
        parts.append(_verdict(language, route, choice))
    if route is not None:
        parts.append(_params_read(language, route))
    return f'<div class="st-read">{"".join(parts)}</div>'


def _kinds(language: Language, route: Route | None, choice: Choice) -> str:
    buttons: list[str] = []
    for kind in ("auto", *choice.kinds):
        is_on = "true" if choice.kind == kind else "false"
        off = kind != "auto" and kind not in choice.makeable
        hint = f'disabled title="{say(language, "kind.none_yet")}"' if off else ""
        buttons.append(
            f'<button role="radio" aria-checked="{is_on}" data-act="kind" data-value="{kind}" '
            f"{hint}>{say(language, 'kind.' + kind)}</button>"
        )
    label = say(language, "kind")
    return f'<div class="st-kinds" role="radiogroup" aria-label="{label}">{"".join(buttons)}</div>'


def _verdict(language: Language, route: Route, choice: Choice) -> str:
    if choice.kind != "auto":
        text = say(language, "chosen", kind=_kind(language, choice.kind))
        return f'<p class="st-line"><span class="st-verdict">{text}</span></p>'
    verdict = say(language, "reads_as", kind=_kind(language, route.kind))
    sure = say(language, "sure", percent=_percent(route.confidence))
    line = f'<span class="st-verdict">{verdict}</span><span class="st-dim">· {sure}</span>'
    words = _words_for(route, route.kind)
    if words:
        line += f'<span class="st-dim">{say(language, "because")}</span>{words}'
    return f'<p class="st-line">{line}</p>'


def _question(language: Language, route: Route, choice: Choice, is_asking: bool) -> str:
    kinds = sorted(choice.makeable, key=lambda kind: -route.kinds.get(kind, 0.0))
    act = "kind-now" if is_asking else "kind"
    buttons = "".join(
        f'<button class="st-button" data-act="{act}" data-value="{kind}">'
        f'{_kind(language, kind)} <span class="st-dim">'
        f"{_percent(route.kinds.get(kind, 0.0))} %</span></button>"
        for kind in kinds
    )
    role = 'role="alert"' if is_asking else ""
    return f'<div class="st-ask" {role}>{say(language, "which")}<div>{buttons}</div></div>'


def _unmakeable(language: Language, kind: Kind, choice: Choice) -> str:
    text = say(language, "none_makes", kind=_kind(language, kind))
    buttons = "".join(
        f'<button class="st-button" data-act="kind" data-value="{other}">'
        f"{say(language, 'make_instead', kind=_kind(language, other))}</button>"
        for other in sorted(choice.makeable)
    )
    return f'<div class="st-ask">{text}<div>{buttons}</div></div>'


def _words_for(route: Route, kind: Kind) -> str:
    # Reasons that stand for no words of their own (the sense of the whole) are left out.
    told = [
        each
        for each in route.why
        if each.says == kind and each.weight > 0 and each.end - each.start == len(each.word)
    ]
    heaviest = sorted(told, key=lambda each: -each.weight)
    words = list(dict.fromkeys(each.word for each in heaviest if each.word.strip()))[:_WORDS_SHOWN]
    return "".join(f'<span class="st-chip is-word">{escape(_short(w, 40))}</span>' for w in words)


def _params_read(language: Language, route: Route) -> str:
    chips = "".join(
        f'<span class="st-chip">{option_name(language, name, name.replace("_", " "))} '
        f"<b>{escape(_value(value))}</b></span>"
        for name, value in route.params.items()
    )
    if not chips:
        return ""
    words = say(language, "settings_read")
    return f'<p class="st-line"><span class="st-dim">{words}</span>{chips}</p>'


def _kind(language: Language, kind: str) -> str:
    name = say(language, f"kind.{kind}")
    return name.lower() if language == "en" else name


def _percent(share: float) -> int:
    # Never claim certainty.
    return min(99, round(share * 100))


def _value(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(str(each) for each in value)
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


# -- presets ------------------------------------------------------------------------------------


def presets(language: Language, found: Iterable[Preset], chosen: str | None) -> str:
    """Cards to choose one from; choosing the chosen one again takes it back."""
    cards = "".join(_preset(language, preset, preset.name == chosen) for preset in found)
    if not cards:
        return ""
    label = say(language, "presets")
    return f'<p class="st-legend">{label}</p><div class="st-presets" role="group">{cards}</div>'


def _preset(language: Language, preset: Preset, is_chosen: bool) -> str:
    about = preset.about_zh if language == "zh" and preset.about_zh else preset.about
    name = preset.name.replace("-", " ").capitalize()
    if about is preset.about_zh:
        name, _, about = about.partition("，")
    return (
        f'<button class="st-preset" data-act="preset" data-value="{escape(preset.name)}" '
        f'aria-pressed="{str(is_chosen).lower()}"><b>{escape(name)}</b>'
        f"<span>{escape(about)}</span></button>"
    )


# -- the stage ----------------------------------------------------------------------------------


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
        alt = escape(say(language, "preview_of", prompt=_short(prompt)))
        canvas = f'<img src="{data_uri(preview)}" alt="{alt}">'
    elif made:
        canvas = _image(language, made[-1])
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
        f"{_canvas(language, shown)}{note(text, mood)}{_thumbs(language, made, shown)}"
        f"{_actions(language, shown)}{_how(language, shown)}</div>"
    )


def _canvas(language: Language, picture: Picture) -> str:
    alpha = "has-alpha" if picture.record.params.get("background") == "transparent" else ""
    return f'<figure class="st-canvas {alpha}">{_image(language, picture)}</figure>'


def _image(language: Language, picture: Picture) -> str:
    return f'<img src="{escape(picture.url)}" alt="{escape(alt_text(language, picture.record))}">'


def alt_text(language: Language, record: Record) -> str:
    """What a screen reader says: the prompt, as far as it may be told."""
    return _short(record.prompt) if record.prompt else say(language, "private")


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


def _actions(language: Language, picture: Picture, extra: str = "") -> str:
    file_name = escape(picture.artifact.path.name)
    link = (
        f'<a class="st-button is-main" href="{escape(picture.url)}" download="{file_name}">'
        f"{icons.DOWNLOAD}{say(language, 'download')}</a>"
    )
    buttons = (("vary", "variations", icons.VARY), ("edit", "edit", icons.EDIT))
    rest = "".join(_action(language, picture, *each) for each in buttons)
    rest += _action(language, picture, "reuse", "reuse", icons.REUSE)
    return f'<div class="st-actions">{link}{rest}{extra}</div>'


def _action(language: Language, picture: Picture, act: str, word: str, icon: str) -> str:
    return (
        f'<button class="st-button" data-act="{act}" data-value="{escape(picture.artifact.id)}">'
        f"{icon}{say(language, word)}</button>"
    )


def _how(language: Language, picture: Picture, is_open: bool = False) -> str:
    record = picture.record
    rows = [
        (say(language, "made_with"), record.family),
        (say(language, "preset_used"), record.preset or ""),
        (say(language, "option.seed"), str(record.params.get("seed", ""))),
        *(_option_row(language, name, value) for name, value in _told(record)),
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


def _told(record: Record) -> list[tuple[str, object]]:
    left_out = ("prompt", "seed", "", None)
    return [
        (name, value)
        for name, value in record.params.items()
        if name not in left_out and value not in ("", None)
    ]


def _option_row(language: Language, name: str, value: object) -> tuple[str, str]:
    return option_name(language, name, name.replace("_", " ").capitalize()), _value(value)


def duration(language: Language, seconds: float) -> str:
    whole = max(1, round(seconds))
    if whole < 60:
        return say(language, "seconds", count=f"{seconds:.1f}" if seconds < 10 else whole)
    return say(language, "minutes", minutes=whole // 60, seconds=whole % 60)


def data_uri(image: Image) -> str:
    """A preview small enough to travel with every step."""
    picture = PIL.Image.fromarray(image.pixels)
    picture.thumbnail((_PREVIEW_PX, _PREVIEW_PX))
    buffer = io.BytesIO()
    picture.save(buffer, format="WEBP", quality=80, method=0)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()


def _short(text: str, length: int = 300) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


# -- the library --------------------------------------------------------------------------------


def grid(language: Language, found: Sequence[Picture], text: str) -> str:
    if not found:
        key = "library_none" if text else "library_empty"
        return f'<p class="st-nothing">{escape(say(language, key, text=text))}</p>'
    tiles = "".join(_tile(language, picture) for picture in found)
    return f'<div class="st-grid">{tiles}</div>'


def _tile(language: Language, picture: Picture) -> str:
    alpha = "has-alpha" if picture.record.params.get("background") == "transparent" else ""
    words = escape(alt_text(language, picture.record))
    return (
        f'<button class="st-tile {alpha}" data-act="open" '
        f'data-value="{escape(picture.artifact.id)}"><img loading="lazy" alt="{words}" '
        f'src="{escape(picture.thumbnail_url)}"><span aria-hidden="true">{words}</span></button>'
    )


def sheet(language: Language, picture: Picture, is_deleting: bool = False) -> str:
    """One entry of the library over the page."""
    extra = (
        _confirm(language, picture)
        if is_deleting
        else _action(language, picture, "delete", "delete", icons.TRASH)
    )
    prompt = escape(picture.record.prompt or say(language, "private"))
    return (
        f'<div class="st-sheet" role="dialog" aria-modal="true" data-id="{picture.artifact.id}">'
        f'<div><header><p class="st-prompt">{prompt}</p><button class="st-round" data-act="close" '
        f'aria-label="{say(language, "close")}">✕</button></header>'
        f"{_canvas(language, picture)}{_actions(language, picture, extra)}"
        f"{_how(language, picture, is_open=True)}</div></div>"
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
