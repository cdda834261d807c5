"""`studio models pull`, `remove` and `gc`: published weights come and go.

Says how large they are and what their licence allows before anything is fetched. Knows no family.
"""

import argparse
from pathlib import Path

from studio import pulling, uses
from studio.cli import output
from studio.cli.progress import progress
from studio.errors import RequestError, ResourceError
from studio.weights import REST

WITH_IT = "with it comes "
STEPS = 1000
"""Progress is told in so many steps, whatever the size."""


def run(options: argparse.Namespace) -> int:
    """The action that `options.name` names."""
    if options.name == "gc":
        output.note(f"freed {_size(pulling.clean())}")
        return 0
    if options.checkpoint is None:
        raise RequestError(
            f"{options.name} what? give owner/name of the Hugging Face Hub, or a family"
        )
    if options.name == "remove":
        freed = pulling.remove(options.checkpoint)
        output.note(f"removed {options.checkpoint}, freed {_size(freed)}")
        return 0
    return _pull(options.checkpoint, options.json)


def _pull(name: str, is_json: bool) -> int:
    what = pulling.plan(name)
    _tell(what)
    # All sizes are told before anything is fetched, where a card says what a file is of.
    rest = pulling.rest(what.base) if what.base else None
    if rest is not None:
        _tell(rest, WITH_IT)
    folder = _fetched(what)
    if is_json:
        output.as_json({"id": what.repository, "revision": what.revision, "folder": str(folder)})
    else:
        output.line(str(folder))
    if rest is None and (base := _base_by_file(what, folder)):
        rest = pulling.rest(base)
        _tell(rest, WITH_IT)
    if rest is not None and rest.bytes_to_come:
        _fetched(rest)
    return 0


def _base_by_file(what: pulling.Pull, folder: Path) -> str:
    """What a GGUF file is of, by what is in it; where that does not tell, says so."""
    try:
        return pulling.base_of(what, folder)
    except (RequestError, ResourceError) as error:
        output.note(f"what it needs beside it is for you to find: {error}")
        return ""


def _tell(what: pulling.Pull, before: str = "") -> None:
    """How large it is, how much of it is not here yet, and what its licence asks."""
    part = f"/{what.file}" if what.file == REST else ""
    output.note(
        f"{before}{what.repository}{part} at {what.revision[:12]}: {_size(what.bytes_to_come)} "
        f"to come of {_size(what.size_bytes)} ({_licence(what)})"
    )
    if what.licence:
        _tell_terms(what.licence)


def _fetched(what: pulling.Pull) -> Path:
    bar = progress()
    bar.start(f"pulling {what.repository}")

    def on_bytes(done: int, total: int) -> None:
        bar.step(max(1, STEPS * done // max(total, 1)), STEPS)

    try:
        return pulling.fetch(what, on_bytes)
    finally:
        bar.clear()


def _licence(what: pulling.Pull) -> str:
    """What is known of its terms, and where to read what is not."""
    if what.known is not None:
        return f"{what.known.licence}: {what.known.terms}"
    card = f"https://huggingface.co/{what.repository}"
    if not what.licence:
        return f"its card states no licence: read {card} first"
    if uses.terms_for(what.licence).is_unknown:
        return f"{what.licence}, by its card; its terms are not known here: read {card} first"
    return f"{what.licence}, by its card"


def _tell_terms(licence: str) -> None:
    """What its licence asks, and whether that is in the way of what was declared for good."""
    terms = uses.terms_for(licence)
    for text in uses.asked(terms):
        output.note(f"whoever uses results {text}")
    if why := uses.forbidden(terms, uses.declared(None, None, None)):
        output.note(f"it is {why}, and making anything with it will be refused")


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"
