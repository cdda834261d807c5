"""`studio teach`: a folder of pictures becomes an adapter; lists and removes those that are there.

Knows no family and nothing of how one learns.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio import adapters, registry
from studio.cli import output
from studio.cli.making import watch
from studio.cli.progress import progress
from studio.cli.stop import stopping
from studio.errors import Cancelled, RequestError
from studio.spec import Family

if TYPE_CHECKING:
    from studio.teach.session import Plan, Taught

MOST_STEPS, MOST_RANK = 20_000, 128
LEAST_SIDE, MOST_SIDE = 64, 2048


def run(options: argparse.Namespace) -> int:
    """Teach, unless asked to list or remove."""
    if options.list:
        return _list(options.json)
    if options.remove is not None:
        return _remove(options.remove)
    return _teach(options)


def _teach(options: argparse.Namespace) -> int:
    plan = plan_of(options)
    lesson = plan.lesson
    output.note(
        f"teaching {plan.family.name} {plan.name!r} from {len(lesson.examples)} pictures, "
        f"{len(lesson.held_out)} held out"
    )
    if not any(each.licence for each in lesson.examples):
        output.note(
            "no licence declared: the terms of what is made with it are unknown; "
            "declare one with --licence"
        )
    taught = _watched(plan, options.quiet)
    if options.json:
        output.as_json(facts(taught))
    else:
        for line in summary(taught):
            output.note(line)
        output.line(str(taught.folder))
    return 0


def plan_of(options: argparse.Namespace) -> "Plan":
    """What was typed, checked.

    Raises:
        RequestError: something is missing or cannot be.
    """
    from studio.lesson import Lesson
    from studio.teach import examples, session

    if options.folder is None or options.name is None:
        raise RequestError("teach what? give FOLDER --name NAME, or --list")
    session.check_name(options.name, options.replace)
    family = _family(options.model)
    usual = session.teaching_of(family)
    steps, rank, side = (
        _checked(options, "steps", usual.steps, MOST_STEPS),
        _checked(options, "rank", usual.rank, MOST_RANK),
        _checked(options, "side", usual.side, MOST_SIDE, LEAST_SIDE),
    )
    for name in ("checkpoint", "side"):
        if getattr(options, name) and not getattr(usual, name):
            raise RequestError(f"{family.name} has but one {name}; leave --{name} out")
    found = examples.read_folder(Path(options.folder).expanduser(), options.licence)
    learned, held_out = examples.held_out(found)
    lesson = Lesson(
        learned,
        held_out,
        rank,
        options.rate or usual.rate,
        options.batch or usual.batch,
        options.seed,
        options.checkpoint or usual.checkpoint,
        side,
    )
    return session.Plan(
        name=options.name,
        family=family,
        lesson=lesson,
        steps=steps,
        minutes=options.minutes,
        preview_every=options.previews,
        prompts=tuple(options.prompt) or session.PREVIEW_PROMPTS,
        stops_early=not options.all_steps,
    )


def _checked(options: argparse.Namespace, name: str, usual: int, high: int, low: int = 1) -> int:
    """What was typed, or what is usual."""
    value = getattr(options, name)
    if value is None:
        return usual
    if not low <= value <= high:
        raise RequestError(f"--{name} must be {low} to {high}, got {value}")
    return value


def _family(name: str | None) -> Family:
    if name is not None:
        return registry.family(name)
    able = [each for each in registry.families().values() if each.teaching and not each.hidden]
    return next((each for each in able if each.default_for_kind), able[0])


def _watched(plan: "Plan", is_quiet: bool) -> "Taught":
    from studio.teach.session import teach

    bar = progress(is_quiet)
    with stopping() as stop:
        try:
            bar.start(f"teaching {plan.name}")
            return teach(plan, watch(bar, stop), output.note)
        except (Cancelled, KeyboardInterrupt) as error:
            raise Cancelled("interrupted; the same command goes on from here") from error
        finally:
            bar.clear()


def facts(taught: "Taught") -> dict[str, Any]:
    """A finished adapter as JSON."""
    card = taught.card.model_dump(mode="json")
    more = {"path": str(taught.folder), "sheet": str(taught.sheet), "stopped": taught.stopped}
    return card | more


def summary(taught: "Taught") -> list[str]:
    """What to know, and what to type next."""
    card = taught.card
    why = {"steps": "all steps", "early": "it got no better", "time": "the time was over"}
    return [
        f"learned in {card.seconds / 60:.1f} min, as it was after step {card.steps} "
        f"({why[taught.stopped]}); loss on pictures held out {card.loss_before:.3f} → "
        f"{card.loss_after:.3f}",
        f"before and after: {taught.sheet}",
        f'use it: studio make "a penguin" --model {card.family} --set adapter={card.name}',
    ]


def _list(is_json: bool) -> int:
    cards = [adapters.card(name) for name in adapters.names()]
    if is_json:
        output.as_json([each.model_dump(mode="json") for each in cards])
        return 0
    output.table(
        (each.name, each.family, f"{len(each.items)} pictures", each.licence, each.created[:10])
        for each in cards
    )
    return 0


def _remove(name: str) -> int:
    from studio.teach import kept

    adapters.card(name)
    kept.remove(name)
    output.note(f"removed {name}")
    return 0
