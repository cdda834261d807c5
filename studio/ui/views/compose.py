"""What stands around the prompt: how it was understood, and the presets.

Knows no store, queue or component.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from studio import registry
from studio.backbone import Route
from studio.presets import Preset
from studio.scripts import is_chinese
from studio.spec import Kind
from studio.ui import icons, naming
from studio.ui.starting import Start
from studio.ui.views.parts import short
from studio.ui.words import WORDS, Language, say

_WORDS_SHOWN = 4
WITHOUT_PICTURE = '<i class="st-without-picture" hidden></i>'
"""Where it stands the style sheet folds the picture to start from away: a song has no use for one.

The picture itself stays where it is, for when a picture or a clip is wanted again.
"""


@dataclass(frozen=True)
class Choice:
    """What the person chose about the kind: "auto" or a kind, and which kinds can be made."""

    kind: str
    makeable: frozenset[Kind]
    kinds: tuple[Kind, ...] = ("image", "song", "video")


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


def started(language: Language, start: Start | None, task: str) -> str:
    """The song, tune or clip that is worked on, and a way to let go of it."""
    if start is None:
        return ""
    key = f"start.{task}"
    text = say(language, key if key in WORDS else "start.auto", name=short(start.name))
    return (
        f'<p class="st-line st-start">{icons.NOTE}<b>{escape(text)}</b>'
        f'<button class="st-round" data-act="forget" aria-label="{say(language, "forget")}" '
        f'title="{say(language, "forget")}">✕</button></p>'
    )


def plan(language: Language, is_planned: bool) -> str:
    """A button that shows the scenes of a music video before they are made."""
    text = say(language, "plan_again" if is_planned else "plan")
    return (
        f'<p class="st-line st-start">{icons.FILM}<b>{say(language, "option.scenes")}</b>'
        f'<button class="st-button" data-act="plan">{text}</button></p>'
    )


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
    words: list[str] = []
    for word in dict.fromkeys(each.word for each in heaviest if each.word.strip()):
        # A piece of what is told already says no more.
        if not any(word.casefold() in other.casefold() for other in words):
            words.append(word)
    words = words[:_WORDS_SHOWN]
    return "".join(f'<span class="st-chip is-word">{escape(short(w, 40))}</span>' for w in words)


def _params_read(language: Language, route: Route) -> str:
    chips = "".join(
        f'<span class="st-chip">{escape(naming.option_name(language, name))} '
        f"<b>{escape(_value_read(language, route, name))}</b></span>"
        for name in route.params
    )
    if not chips:
        return ""
    words = say(language, "settings_read")
    return f'<p class="st-line"><span class="st-dim">{words}</span>{chips}</p>'


def _value_read(language: Language, route: Route, name: str) -> str:
    """A value as read; on a Chinese page by its Chinese name, or the words it was read from."""
    value = route.params[name]
    if language == "zh" and isinstance(value, (str, list)):
        family = registry.default_family(route.kind).name
        given = value if isinstance(value, list) else [value]
        named = [naming.value(language, family, name, str(each)) for each in given]
        if all(map(is_chinese, named)):
            return "、".join(named)
        said = [each.word for each in route.why if each.says.startswith(f"{name}=")]
        words = [short(word, 40) for word in said if is_chinese(word)]
        return "、".join(dict.fromkeys(words or named))
    return naming.as_text(value)


def _kind(language: Language, kind: str) -> str:
    name = say(language, f"kind.{kind}")
    return name.lower() if language == "en" else name


def _percent(share: float) -> int:
    # Never claim certainty.
    return min(99, round(share * 100))


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
