"""A lesson from its first step to the saved adapter: previews, early stop, interruption, time.

Every step depends on the lesson and its number alone, so a lesson that was interrupted ends with
the very weights that it would have had. Knows no family and no front.
"""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import PIL.Image

from studio import adapters, registry
from studio.adapters import CARD_FILE, WEIGHTS_FILE, Card, Item, Part
from studio.engine import pick_device
from studio.errors import Cancelled, RequestError
from studio.lesson import Example, Learner, Lesson, Teaching
from studio.pictures import read_picture
from studio.record import versions
from studio.spec import Family, OnStep, Step
from studio.teach import kept
from studio.teach.kept import Progress, Unfinished

CHECK_EVERY = 20
"""Steps asked for; of a part whose steps are short, so many times as many."""

PATIENCE = 5
"""Checks of the held-out loss without a better one, until a lesson ends early."""

LEAST_GAIN = 0.002
"""A loss is better if it is so much lower, as a share."""

TOLERATED = 0.01
"""A loss so much above the best one, as a share, counts as equal, and the later adapter is kept: a
style grows clearer for a while after the loss has settled."""

KEEP_EVERY_S = 60.0
PREVIEW_SEED = 3
PREVIEW_PROMPTS = ("a penguin", "a castle", "a butterfly", "a teapot", "一只狐狸")
SHEET_SIDE = 256

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What to teach whom, and how long. `minutes` None: until the steps are done."""

    name: str
    family: Family
    lesson: Lesson
    steps: int = 300
    minutes: float | None = None
    preview_every: int = 100
    prompts: tuple[str, ...] = PREVIEW_PROMPTS
    stops_early: bool = True

    @property
    def sha256(self) -> str:
        """Of all that the adapter depends on, apart from how long it is taught."""
        lesson = self.lesson
        told = [self.family.name, lesson.rank, lesson.rate, lesson.batch, lesson.seed]
        told += [lesson.checkpoint, lesson.side]
        items = [
            (each.sha256, each.caption, each.licence)
            for each in (*lesson.examples, *lesson.held_out)
        ]
        return hashlib.sha256(json.dumps([told, items]).encode()).hexdigest()


@dataclass(frozen=True)
class Taught:
    """A finished adapter. `stopped`: what ended the lesson."""

    card: Card
    folder: Path
    stopped: str
    sheet: Path


@dataclass
class _Run:
    """A lesson under way."""

    plan: Plan
    learner: Learner
    unfinished: Unfinished
    progress: Progress
    best: dict[str, Any]
    say: Say
    spans: tuple[int, ...]
    previews: list[tuple[int, list[PIL.Image.Image]]] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    kept_at: float = field(default_factory=time.monotonic)

    def seconds(self) -> float:
        return self.progress.seconds + time.monotonic() - self.began

    @property
    def span(self) -> int:
        """Of the part that it is in."""
        return self.spans[len(self.progress.parts)]

    @property
    def steps(self) -> int:
        return self.plan.steps * self.span

    def at(self) -> Step:
        """How far it is, all parts together; one that ended early counts whole."""
        before = sum(self.spans[: len(self.progress.parts)]) * self.plan.steps
        return Step(before + self.progress.step, sum(self.spans) * self.plan.steps)


def check_name(name: str, replaces: bool) -> None:
    """Refuse a name that cannot be, or is taken.

    Raises:
        RequestError: says what would do.
    """
    if adapters.folder_of(name).exists() and not replaces:
        raise RequestError(
            f"adapter {name!r} is there already; choose another name, or replace it with --replace"
        )


def teach(plan: Plan, on_step: OnStep, say: Say, device: str | None = None) -> Taught:
    """Teach, and save what was learned. What `on_step` raises ends it; the state is kept.

    Raises:
        RequestError: the family cannot be taught, or not from this.
        SaveError: it could not be saved.
        Cancelled: from `on_step`; the same plan goes on from there.
    """
    learner = teaching_of(plan.family).learner(plan.lesson, device or pick_device())
    run = _start(plan, learner, say)
    try:
        stopped = _go_on(run, on_step)
    except (Cancelled, KeyboardInterrupt):
        _keep(run)
        raise
    taught = _save(run, stopped)
    run.unfinished.forget()
    return taught


def teaching_of(family: Family) -> Teaching:
    """How a family is taught.

    Raises:
        RequestError: it cannot be; names those that can.
    """
    if family.teaching is None:
        able = [each.name for each in registry.families().values() if each.teaching]
        why = "pictures teach picture models" if family.kind != "image" else "it has no trainer"
        raise RequestError(
            f"model {family.name!r} cannot be taught ({why}); choose {', '.join(sorted(able))}"
        )
    return family.teaching


def _start(plan: Plan, learner: Learner, say: Say) -> _Run:
    """Fresh, or where an interruption left it."""
    name = hashlib.sha256((plan.sha256 + learner.base_sha256).encode()).hexdigest()
    unfinished = Unfinished(plan.name, name)
    found = unfinished.read()
    before = _drawn(plan, learner)
    if found is None:
        progress, best = _fresh(learner), learner.adapter()
        run = _Run(plan, learner, unfinished, progress, best, say, learner.spans)
    else:
        progress, tensors = found
        best, spans = _part(tensors, "best"), learner.spans
        for _ in progress.parts:
            learner = _next(learner, best)
        learner.restore(_part(tensors, "state"))
        run = _Run(plan, learner, unfinished, progress, best, say, spans)
        say(f"going on after step {run.at().index}")
    run.previews.append((0, before))
    return run


def _fresh(learner: Learner, seconds: float = 0, parts: tuple[Part, ...] = ()) -> Progress:
    """Before the first step of a part."""
    loss = learner.held_out_loss()
    return Progress(0, seconds, loss, loss, 0, loss, 0, parts)


def _next(learner: Learner, best: dict[str, Any]) -> Learner:
    """The learner of the next part, which there is."""
    learner.use(best)
    following = learner.then()
    assert following is not None
    return following


def _part(tensors: dict[str, Any], prefix: str) -> dict[str, Any]:
    start = f"{prefix}/"
    return {k.removeprefix(start): value for k, value in tensors.items() if k.startswith(start)}


def _go_on(run: _Run, on_step: OnStep) -> str:
    """Part after part, until one of the reasons to end; returns that of the last."""
    while True:
        stopped = _take_steps(run, on_step)
        if len(run.progress.parts) + 1 == len(run.spans):
            return stopped
        _go_to_next(run)


def _go_to_next(run: _Run) -> None:
    """From what was best in this part to the next one."""
    part = _ended(run.progress)
    run.learner = learner = _next(run.learner, run.best)
    run.best = learner.adapter()
    run.progress = _fresh(learner, run.progress.seconds, (*run.progress.parts, part))


def _ended(progress: Progress) -> Part:
    return Part(
        steps=progress.kept_step,
        loss_before=round(progress.loss_before, 5),
        loss_after=round(progress.kept_loss, 5),
    )


def _take_steps(run: _Run, on_step: OnStep) -> str:
    """The steps of one part, until one of the reasons to end; returns it."""
    plan = run.plan
    while run.progress.step < run.steps:
        number = run.progress.step
        run.learner.step(number)
        run.progress = replace(run.progress, step=number + 1)
        is_last = number + 1 == run.steps
        if is_last or (number + 1) % (CHECK_EVERY * run.span) == 0:
            _check(run)
            if plan.stops_early and _is_stuck(run):
                return "early"
        is_shown = plan.preview_every and (number + 1) % (plan.preview_every * run.span) == 0
        if is_shown and not is_last:
            _preview(run)
        if time.monotonic() - run.kept_at > KEEP_EVERY_S:
            _keep(run)
        if _is_over(run):
            _check(run)
            return "time"
        on_step(run.at())
    return "steps"


def _is_over(run: _Run) -> bool:
    """Whether this part has had its share of the minutes: an even one, the last what is left."""
    share = (len(run.progress.parts) + 1) / len(run.spans)
    limit_s = (run.plan.minutes or 0) * 60 * share
    return bool(limit_s) and run.seconds() > limit_s


def _check(run: _Run) -> None:
    """Keeps what was learned unless it does worse on the pictures held out."""
    loss, progress = run.learner.held_out_loss(), run.progress
    if loss < progress.best_loss * (1 + TOLERATED):
        run.best = run.learner.adapter()
        run.progress = replace(run.progress, kept_loss=loss, kept_step=progress.step)
    if loss < progress.best_loss * (1 - LEAST_GAIN):
        run.progress = replace(run.progress, best_loss=loss, best_step=progress.step)


def _is_stuck(run: _Run) -> bool:
    progress = run.progress
    return progress.step - progress.best_step >= PATIENCE * CHECK_EVERY * run.span


def _keep(run: _Run) -> None:
    """Writes down all that going on later needs; before the first step there is nothing."""
    if run.progress.step == 0:
        # Of a part that has just begun too: what was kept before does.
        return
    now = time.monotonic()
    run.progress = replace(run.progress, seconds=run.progress.seconds + now - run.began)
    run.began = run.kept_at = now
    state = {f"state/{name}": value for name, value in run.learner.state().items()}
    state |= {f"best/{name}": value for name, value in run.best.items()}
    run.unfinished.write(run.progress, state)


def _drawn(plan: Plan, learner: Learner) -> list[PIL.Image.Image]:
    return [
        PIL.Image.fromarray(learner.draw(prompt, PREVIEW_SEED).pixels) for prompt in plan.prompts
    ]


def _preview(run: _Run) -> None:
    """A sheet of how it draws now, below how it drew before."""
    step = run.at().index
    run.previews.append((step, _drawn(run.plan, run.learner)))
    path = run.unfinished.preview(step)
    run.say(f"preview: {kept.write_sheet([row for _, row in run.previews], path)}")


def _save(run: _Run, stopped: str) -> Taught:
    """The best of what was learned, its card, and the sheet of before and after."""
    plan = run.plan
    run.learner.use(run.best)
    run.previews.append((run.at().index, _drawn(plan, run.learner)))
    seen = [_thumbnail(each) for each in plan.lesson.examples[: len(plan.prompts)]]
    with kept.making(plan.name) as folder:
        sha256 = kept.write_tensors(run.best, folder / WEIGHTS_FILE, run.learner.base_name)
        card = _card(run, sha256)
        (folder / CARD_FILE).write_text(card.model_dump_json(indent=1), "utf-8")
        rows = [seen, *(row for _, row in run.previews)]
        kept.write_sheet(rows, folder / "sheet.webp")
    final = adapters.folder_of(plan.name)
    return Taught(card, final, stopped, final / "sheet.webp")


def _thumbnail(example: Example) -> PIL.Image.Image:
    picture = read_picture(example.path).convert("RGBA")
    picture.thumbnail((SHEET_SIDE, SHEET_SIDE))
    square = PIL.Image.new("RGBA", (SHEET_SIDE, SHEET_SIDE), "white")
    at = ((SHEET_SIDE - picture.width) // 2, (SHEET_SIDE - picture.height) // 2)
    square.alpha_composite(picture, at)
    return square


def _card(run: _Run, sha256: str) -> Card:
    lesson = run.plan.lesson
    first, *more = (*run.progress.parts, _ended(run.progress))
    items = [_item(each, False) for each in lesson.examples]
    items += [_item(each, True) for each in lesson.held_out]
    items.sort(key=lambda each: each.name)
    return Card(
        name=run.plan.name,
        family=run.plan.family.name,
        base_sha256=run.learner.base_sha256,
        base=run.learner.base_name,
        sha256=sha256,
        licence=_joined(items),
        rank=lesson.rank,
        rate=lesson.rate,
        batch=lesson.batch,
        seed=lesson.seed,
        steps=first.steps,
        seconds=round(run.seconds(), 1),
        loss_before=first.loss_before,
        loss_after=first.loss_after,
        more_parts=tuple(more),
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        versions=versions(),
        items=tuple(items),
        items_sha256=_items_sha256(items),
    )


def _item(example: Example, is_held_out: bool) -> Item:
    return Item(
        name=example.path.name,
        sha256=example.sha256,
        caption=example.caption,
        licence=example.licence,
        is_held_out=is_held_out,
    )


def _joined(items: Sequence[Item]) -> str:
    """All licences hold together, and one that nobody declared holds too."""
    licences = sorted({each.licence or adapters.UNDECLARED for each in items})
    alone = len(licences) == 1
    return " AND ".join(f"({e})" if " OR " in e and not alone else e for e in licences)


def _items_sha256(items: Sequence[Item]) -> str:
    listed = sorted((each.sha256, each.licence) for each in items)
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()
