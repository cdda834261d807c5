"""The settings: one component for each option of the family at hand, made from its Params.

Drawn anew when the family or a value that follows from elsewhere changes, not while the person
sets one. Knows no option by name but the prompt, which has its own place.
"""

import secrets
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import gradio as gr

from studio import registry
from studio.errors import RequestError
from studio.forms import Control, controls
from studio.spec import Family
from studio.ui import naming
from studio.ui.controls import read, widget
from studio.ui.desk import Draft
from studio.ui.page import Form
from studio.ui.problems import told
from studio.ui.session import Session
from studio.ui.views import note
from studio.ui.words import say

if TYPE_CHECKING:
    from studio.ui.drafting import Updates
    from studio.ui.events import Events


def connect(events: "Events") -> None:
    """Draw the settings whenever the form changes."""
    p = events.parts
    with p.settings:

        @gr.render(inputs=[p.form], triggers=[p.form.change], show_progress="hidden")
        def settings(text: str) -> None:
            form = Form.from_json(text)
            if form.family is not None:
                _draw(events, form, registry.family(form.family))


def _draw(events: "Events", form: Form, family: Family) -> None:
    _family(events, form)
    found = [
        each
        for each in controls(family.params)
        if each.name != "prompt"
        and each.kind != "file"
        and (each.name != "seed" or family.is_seeded)
    ]
    # Declared first, for every family; wanted last.
    found.sort(key=lambda each: each.name == "seed")
    folded = [each for each in found if each.is_advanced and each.name not in form.near]
    for each in found:
        if each not in folded:
            _option(events, form, each)
    if folded:
        with gr.Accordion(say(form.language, "more_settings"), open=False, elem_id="more-settings"):
            for each in folded:
                _option(events, form, each)
    reset = gr.Button(say(form.language, "reset"), elem_id="reset")
    _listen(events, reset.click, [], partial(_reset, events))


def _family(events: "Events", form: Form) -> None:
    if len(form.families) < 2:
        return
    found = [registry.family(name) for name in form.families]
    choices = [(f"{each.name} · {naming.about(form.language, each)}", each.name) for each in found]
    chosen = gr.Dropdown(
        choices,
        value=form.family,
        label=say(form.language, "model"),
        filterable=False,
        elem_id="family",
        interactive=True,
    )
    _listen(events, chosen.input, [chosen], partial(_choose, events))


def _option(events: "Events", form: Form, control: Control) -> None:
    component = widget(control, form.values.get(control.name), form.language)

    def give(value: Any, *session: Any) -> "Updates":
        try:
            given = read(control, value)
        except RequestError as error:
            return {events.parts.news: note(told(form.language, error))}
        before = Session.of(*session).draft
        family = registry.family(form.family or "")
        after = _with_option(family, before, control.name, given)
        changed = events.drafting.change(lambda _: after, *session)
        if not _changes_rivals(family, control.name, form, str(changed.get(events.parts.form, ""))):
            # Drawn as it is set already; drawing it anew would take it from under the hand.
            changed.pop(events.parts.form, None)
        return changed

    def give_new(value: Any, *session: Any) -> "Updates":
        known = {**form.values, **dict(Session.of(*session).draft.given)}.get(control.name)
        if str(value or "") == str(known or ""):
            return {events.parts.news: gr.skip()}
        return give(value, *session)

    if isinstance(component, gr.Textbox):
        # What is pasted or dictated is no input to the framework, only a change, and so is what
        # the page itself puts there.
        _listen(events, component.change, [component], give_new, trigger_mode="always_last")
    else:
        _listen(events, component.input, [component], give, trigger_mode="always_last")


def _with_option(family: Family, draft: Draft, name: str, value: Any) -> Draft:
    """What is set last counts: options that say the same in another way are taken back."""
    kept = family.params.without_rivals(dict(draft.given), {name: value})
    return replace(draft, given=tuple(kept.items())).give(name, value)


def _changes_rivals(family: Family, name: str, form: Form, drawn: str) -> bool:
    """Whether options that say the same in another way show something else now."""
    others = {each for rivals in family.params.RIVALS if name in rivals for each in rivals} - {name}
    values = Form.from_json(drawn).values if drawn else form.values
    return any(values.get(each) != form.values.get(each) for each in others)


def _listen(
    events: "Events", listen: Any, inputs: list[Any], handler: Any, trigger_mode: str = "once"
) -> None:
    p = events.parts
    outputs = [p.draft, p.understood, p.presets, p.form, p.memory, p.news, p.start_song]
    events.on(listen, handler, inputs, outputs, trigger_mode=trigger_mode)


def _choose(events: "Events", family: str, *session: Any) -> "Updates":
    return events.drafting.change(partial(_with_family, family), *session)


def _reset(events: "Events", *session: Any) -> "Updates":
    changed = events.drafting.change(
        lambda draft: replace(draft, given=(), preset=None, start=""), *session
    )
    form = events.parts.form
    if form in changed:
        # What was set by hand was not drawn; to the page the form looks as it did before.
        fresh = replace(Form.from_json(changed[form]), anew=secrets.token_hex(4))
        changed[form] = fresh.to_json()
    return changed


def _with_family(name: str, draft: Draft) -> Draft:
    """Keep what the other family also has an option for."""
    family = registry.family(name)
    known = family.params.model_fields
    given = tuple((key, value) for key, value in draft.given if key in known)
    return replace(draft, family=name, preset=None, given=given)
