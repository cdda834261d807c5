"""`studio storyboard`: the scenes of a music video before any is made, as text to be edited.

Knows no family; the song alone is made for it, since the scenes are cut on its beats.
"""

import argparse
from pathlib import Path

from studio import core
from studio.cli import output
from studio.errors import Cancelled, RequestError

MOST_BYTES = 200_000


def run(options: argparse.Namespace) -> int:
    from studio import filming
    from studio.cli.making import assignments, read_prompt, watch
    from studio.cli.progress import progress
    from studio.cli.stop import stopping

    request = core.Request(
        prompt=read_prompt(options.prompt),
        kind="video",
        family=options.model,
        preset=options.preset,
        params={**assignments(options.assignments), "scenes": "true"},
        inputs=tuple(Path(name).expanduser() for name in options.input),
        seed=options.seed,
        count=1,
    )
    job = core.resolve(request)[0]
    bar = progress(options.quiet)
    with stopping() as stop:
        try:
            bar.start("the song", after=0)
            board = filming.board_of(job, core.default_engine(), watch(bar, stop))
        except (Cancelled, KeyboardInterrupt) as error:
            raise Cancelled("interrupted before the scenes were planned") from error
        finally:
            bar.clear()
    if options.json:
        output.as_json({"seed": job.seed, **board.model_dump(mode="json")})
    else:
        output.note(
            f"to film it: studio make with the same prompt and options, --seed {job.seed} and "
            "--storyboard FILE"
        )
        output.line(board.to_toml().rstrip("\n"))
    return 0


def read(name: str) -> str:
    """The text of a storyboard's file.

    Raises:
        RequestError: there is none, or it is no text.
    """
    path = Path(name).expanduser()
    try:
        data = path.read_bytes()[: MOST_BYTES + 1]
    except OSError as error:
        raise RequestError(
            f"storyboard {name!r} cannot be read: {error.strerror}; give a file that "
            "studio storyboard wrote"
        ) from error
    if len(data) > MOST_BYTES:
        raise RequestError(f"storyboard {name!r} has more than {MOST_BYTES:,} bytes; shorten it")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestError(
            f"storyboard {name!r} is not UTF-8 at byte {error.start + 1}; save it as such"
        ) from error
