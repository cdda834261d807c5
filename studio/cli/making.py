"""`studio make`, `studio route` and `studio replay`: from a prompt or a file to new files.

Turns options into one Request and tells what becomes of it: progress on stderr, one path per
artifact on stdout. Knows no family, default or range.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from studio import core
from studio.cli import output
from studio.cli.looking import facts, find_record
from studio.cli.progress import Progress, progress
from studio.cli.stop import Stop, stopping
from studio.errors import Cancelled, PipelineError, RequestError
from studio.spec import OnStep, Step

if TYPE_CHECKING:
    from studio.backbone import Route
    from studio.record import Record


def make(options: argparse.Namespace) -> int:
    jobs = core.resolve(request_of(options))
    for text in remarks(jobs[0]):
        output.note(text)
    if options.dry_run:
        from studio.cli.planning import dry_run

        return dry_run(jobs, options.json)
    _run_all(jobs, options)
    return 0


def request_of(options: argparse.Namespace) -> core.Request:
    """What was typed, not yet judged."""
    return core.Request(
        prompt=read_prompt(options.prompt),
        kind=options.kind,
        family=options.model,
        preset=options.preset,
        params={**assignments(options.assignments), **_board(options)},
        inputs=tuple(Path(name).expanduser() for name in options.input),
        seed=options.seed,
        count=options.count,
        private=options.private,
        out_dir=folder(options.out),
        format=options.format,
        use=options.use,
        territory=options.territory,
        revenue_usd=options.revenue,
    )


def _board(options: argparse.Namespace) -> dict[str, str]:
    if options.storyboard is None:
        return {}
    from studio.cli import boards

    return {"storyboard": boards.read(options.storyboard), "scenes": "true"}


def read_prompt(text: str) -> str:
    """The prompt as given, or from stdin for `-`."""
    if text == "-":
        try:
            return sys.stdin.buffer.read().decode("utf-8").strip("\r\n")
        except UnicodeDecodeError as error:
            raise RequestError(
                f"the prompt on stdin is not UTF-8 at byte {error.start + 1}; convert it first"
            ) from error
    return _utf8("the prompt", text)


def assignments(words: Iterable[str]) -> dict[str, str]:
    """`k=v` words as options; what they mean is for the family to say."""
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = _utf8("--set", word).partition("=")
        if not equals or not name:
            raise RequestError(f"--set {word!r} is not name=value; write both, as in seed=7")
        found[name] = value
    return found


def folder(text: str | None) -> Path | None:
    return None if text is None else Path(_utf8("--out", text)).expanduser()


def _utf8(what: str, text: str) -> str:
    """Refuse bytes that are no text: neither a record nor the library could hold them."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise RequestError(
            f"{what} is not UTF-8 at character {error.start + 1}; check the terminal's encoding"
        ) from error
    return text


def remarks(job: core.Job) -> list[str]:
    """What the person should know before it starts."""
    found = list(job.notes)
    if not job.is_sure and job.route is not None:
        found.append(
            f"making {job.kind}, but not sure ({job.route['confidence']:.0%}); "
            f"--as {job.route['runner_up']} makes the other"
        )
    return found


def _run_all(jobs: Sequence[core.Job], options: argparse.Namespace) -> None:
    """Make each, printing its path as soon as it is saved."""
    bar, saved = progress(options.quiet), 0
    with stopping() as stop:
        try:
            bar.start(title(jobs[0]), after=len(jobs) - 1)
            for artifact in core.generate(jobs, watch(bar, stop)):
                bar.clear()
                report(artifact, options.json)
                saved += 1
                stop.check()
                stop.is_running = False
                if saved < len(jobs):
                    bar.start(title(jobs[saved]), after=len(jobs) - saved - 1)
        except (Cancelled, KeyboardInterrupt) as error:
            raise Cancelled(f"interrupted; {saved} of {len(jobs)} are saved") from error
        finally:
            bar.clear()


def title(job: core.Job) -> str:
    number = f"{job.index} of {job.count}: " if job.count > 1 else ""
    return f"{number}{job.family.name}, seed {job.seed}"


def watch(bar: Progress, stop: Stop) -> OnStep:
    """What happens after each step: draw it, or stop if asked."""

    def on_step(step: Step) -> None:
        stop.is_running = True
        bar.step(step.index, step.total)
        # After the last step the work is done: saving it loses nothing.
        if step.index < step.total:
            stop.check()

    return on_step


def report(artifact: core.Artifact, is_json: bool) -> None:
    for text in artifact.notes:
        output.note(text)
    if is_json:
        output.as_json(facts(artifact))
    else:
        output.line(str(artifact.path))


def route(options: argparse.Namespace) -> int:
    prompt = read_prompt(options.prompt)
    core.check_prompt(prompt)
    from studio.backbone import route as read

    found = read(prompt, options.kind)
    if options.json:
        output.as_json(found.to_dict())
    else:
        output.table(understanding(found))
    return 0


def understanding(found: "Route") -> list[tuple[str, str]]:
    """A route for people: the kind, what was read, then the words that decided."""
    unsure = "" if found.is_sure else f", not sure: --as {found.runner_up} is the other"
    rows = [("kind", f"{found.kind} ({found.confidence:.0%}{unsure})")]
    for name, value in found.params.items():
        words = [reason.word for reason in found.why if reason.says.startswith(f"{name}=")]
        source = f"  (from {', '.join(map(repr, words))})" if words else ""
        rows.append((name, f"{value}{source}"))
    decided = [reason for reason in found.why if reason.weight]
    rows += [
        ("because", f"{each.weight:+.2f} {each.says}  {each.word or '(any prompt)'}")
        for each in decided
    ]
    return rows


def replay(options: argparse.Namespace) -> int:
    source = find_record(options.file)
    given = assignments(options.assignments)
    if options.prompt is not None:
        given["prompt"] = read_prompt(options.prompt)
    bar = progress(options.quiet)
    with stopping() as stop:
        bar.start(f"{source.family}, seed {source.seed}")
        try:
            if options.check:
                return _check(source, given, watch(bar, stop), options.json)
            artifact = core.replay(source, given, watch(bar, stop), out_dir=folder(options.out))
        finally:
            bar.clear()
    report(artifact, options.json)
    return 0


def _check(source: "Record", given: dict[str, str], on_step: OnStep, is_json: bool) -> int:
    found = core.check(source, given, on_step)
    if is_json:
        output.as_json(
            {
                "is_same": found.is_same,
                "expected": found.expected,
                "got": found.got,
                "differences": found.differences,
            }
        )
    if not found.is_same:
        changed = "; ".join(found.differences) or "nothing known has changed since"
        raise PipelineError(
            f"the media differ: sha256 {found.got[:12]}…, was {found.expected[:12]}…; {changed}"
        )
    if not is_json:
        output.line(f"identical: sha256 {found.got}")
    return 0
