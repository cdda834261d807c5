"""The commands and their options, and the errors of whoever mistypes them.

Built from the standard library alone, so that `studio --help` answers at once. Knows no family,
preset or range: those are checked by the core when the command runs.
"""

import argparse
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NoReturn

from studio import __version__
from studio.errors import RequestError, unknown

KINDS = ("image", "song", "video")
USES = ("personal", "research", "commercial")

EPILOG = """\
exit codes: 0 done, 2 the request is wrong, 3 the machine cannot, 4 the pipeline failed,
5 saving failed, 130 interrupted"""


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are RequestErrors: one line with the way out."""

    def error(self, message: str) -> NoReturn:
        what = message.removeprefix("argument ").replace(
            "the following arguments are required:", "missing"
        )
        raise RequestError(f"{what}; see {self.prog} --help")


Commands = "argparse._SubParsersAction[Parser]"


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The options of one command.

    Raises:
        RequestError: a command, option or value that is not there, with the nearest that is.
    """
    root = build()
    given = _repeat_set(argv) or ["--help"]
    commands = subcommands(root)
    name = next((word for word in given if not word.startswith("-")), None)
    if name is not None and name not in commands:
        raise unknown("command", name, commands)
    options, extra = root.parse_known_args(given)
    if extra:
        raise _stray(extra, commands[name] if name else root)
    if name is None:
        raise RequestError(f"no command given; there is {', '.join(commands)}")
    return options


def subcommands(root: Parser) -> dict[str, Parser]:
    """The parser of each command, by name."""
    for action in root._actions:  # argparse has no public way to list them
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def build() -> Parser:
    """The whole command line."""
    root = Parser(
        prog="studio",
        description="One prompt becomes a picture, a song or a video.",
        epilog=EPILOG,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    root.add_argument("--version", action="version", version=f"studio {__version__}")
    root.add_argument("--debug", action="store_true", help="show the traceback of an error")
    commands = root.add_subparsers(dest="command", metavar="COMMAND", title="commands")

    def add(name: str, run: str, about: str) -> Parser:
        command = commands.add_parser(name, help=about, description=about, allow_abbrev=False)
        command.set_defaults(run=run)
        # SUPPRESS: otherwise the command's own default would undo a --debug given before it.
        command.add_argument(
            "--debug",
            action="store_true",
            default=argparse.SUPPRESS,
            help="show the traceback of an error",
        )
        return command

    for section in (_making, _teaching, _looking, _machine):
        section(add)
    return root


Add = Callable[[str, str, str], Parser]


def _making(add: Add) -> None:
    make = add("make", "making:make", "Make a picture, a song or a video from a prompt.")
    _prompt(make)
    make.add_argument("--model", metavar="F", help="model family; `studio models` lists them")
    make.add_argument("--preset", metavar="P", help="settings by name; `studio presets` lists them")
    make.add_argument("--seed", type=whole, metavar="N", help="same seed and settings, same result")
    make.add_argument(
        "--count",
        type=whole,
        metavar="N",
        help="how many, each with the next seed; else as many as the prompt says",
    )
    _set(make)
    make.add_argument(
        "--input",
        action="append",
        default=[],
        metavar="FILE",
        help="a file to start from; given again, a mask; --set names any other",
    )
    make.add_argument("--format", metavar="FORMAT", help="file format, such as png, jpg or webp")
    make.add_argument(
        "--storyboard",
        metavar="FILE",
        help="the scenes of a music video, as `studio storyboard` writes them",
    )
    make.add_argument(
        "--private", action="store_true", help="leave the prompt out of file and library"
    )
    _uses(make)
    make.add_argument(
        "--dry-run",
        action="store_true",
        help="say what it will take here (plan, memory, disk, time); make nothing",
    )
    _results(make)

    route = add("route", "making:route", "Say what a prompt asks for and why; runs nothing.")
    _prompt(route)
    _json(route, "one JSON object: kind, confidence, why, params")

    board = add("storyboard", "boards:run", "Show the scenes of a music video before it is made.")
    board.add_argument("prompt", metavar="PROMPT", help="what it is about; - reads it from stdin")
    board.add_argument("--model", metavar="F", help="model family of the scenes")
    board.add_argument("--preset", metavar="P", help="settings by name")
    board.add_argument("--seed", type=whole, metavar="N", help="that of the music video")
    _set(board)
    board.add_argument(
        "--input", action="append", default=[], metavar="FILE", help="a song to cut to"
    )
    board.add_argument("--quiet", action="store_true", help="no progress on stderr")
    _json(board, "one JSON object: seed, character, scene")

    replay = add("replay", "making:replay", "Make a file again from what it says about itself.")
    replay.add_argument("file", metavar="FILE", help="a file made here, or its id in the library")
    replay.add_argument(
        "--check", action="store_true", help="save nothing; exit 0 only if the media are identical"
    )
    replay.add_argument("--prompt", metavar="PROMPT", help="the prompt, where it was kept private")
    _set(replay)
    _results(replay)


def _teaching(add: Add) -> None:
    teach = add("teach", "teaching:run", "Teach a model a style from a folder of pictures.")
    teach.add_argument(
        "folder",
        nargs="?",
        metavar="FOLDER",
        help="5 to 50 pictures; captions in .txt files, metadata.jsonl or .csv, or the file names",
    )
    teach.add_argument("--name", metavar="NAME", help="what to call it: --set adapter=NAME uses it")
    teach.add_argument("--model", metavar="F", help="family to teach; the one that can otherwise")
    teach.add_argument(
        "--licence",
        default="",
        metavar="SPDX",
        help="licence of the pictures, such as CC0-1.0; joined into what is made with it",
    )
    teach.add_argument(
        "--checkpoint", metavar="C", help="which weights of an open model; its base ones otherwise"
    )
    teach.add_argument("--side", type=whole, metavar="PX", help="of the pictures it learns from")
    teach.add_argument("--steps", type=whole, metavar="N", help="at most so many")
    teach.add_argument("--minutes", type=_positive, metavar="M", help="at most so long")
    teach.add_argument("--rank", type=whole, metavar="N", help="size of the adapter")
    teach.add_argument("--rate", type=_positive, metavar="R", help="how fast to learn")
    teach.add_argument("--batch", type=_at_least_one, metavar="N", help="pictures per step")
    teach.add_argument("--seed", type=whole, default=1, metavar="N", help="same seed, same result")
    teach.add_argument(
        "--previews", type=whole, default=100, metavar="N", help="a sheet every N steps; 0: none"
    )
    teach.add_argument(
        "--prompt", action="append", default=[], metavar="PROMPT", help="draw this for the sheets"
    )
    teach.add_argument(
        "--all-steps", action="store_true", help="go on where it gets no better on unseen pictures"
    )
    teach.add_argument("--replace", action="store_true", help="replace the one of that name")
    teach.add_argument("--list", action="store_true", help="list what was taught here")
    teach.add_argument("--remove", metavar="NAME", help="delete what was taught under this name")
    teach.add_argument("--quiet", action="store_true", help="no progress on stderr")
    _json(teach, "one JSON object: the card of the adapter, its path, its sheet")


def _looking(add: Add) -> None:
    show = add("show", "looking:show", "Show how a file was made.")
    show.add_argument("file", metavar="FILE", help="a file made here, or its id in the library")
    _json(show, "the whole record as one JSON object")

    verify = add("verify", "verifying:verify", "Tell what can be told about the rights of a file.")
    verify.add_argument(
        "file", metavar="FILE", help="a sound, clip or picture, or its id in the library"
    )
    _json(verify, "one JSON object: findings (question, state, text, details), record")

    models = add(
        "models",
        "looking:models",
        "List the model families, or the options of one; pull, remove and clean up their weights.",
    )
    models.add_argument(
        "name", nargs="?", metavar="F", help="show this family and its options; or pull, remove, gc"
    )
    models.add_argument(
        "checkpoint",
        nargs="?",
        metavar="ID",
        help="what to pull or remove: owner/name on the Hugging Face Hub, or a family; to pull, "
        "also owner/name/file.safetensors or owner/name/settings",
    )
    models.add_argument("--all", action="store_true", help="hidden families too")
    _json(models)

    presets = add("presets", "looking:presets", "List the presets, or the settings of one.")
    presets.add_argument("name", nargs="?", metavar="P", help="show this preset and its settings")
    _json(presets)

    library = add("library", "looking:library", "List what was made here, newest first.")
    library.add_argument(
        "text", nargs="?", metavar="TEXT", help="only those whose prompt has this text"
    )
    library.add_argument(
        "--as", dest="kind", type=_one_of("kind", KINDS), metavar="KIND", help="only this kind"
    )
    library.add_argument("--limit", type=whole, default=50, metavar="N", help="at most so many")
    library.add_argument(
        "--offset", type=whole, default=0, metavar="N", help="leave out the newest N"
    )
    library.add_argument("--remove", metavar="ID", help="delete this one: its file and its entry")
    _json(library)


def _machine(add: Add) -> None:
    doctor = add("doctor", "doctor:doctor", "Check that this machine has what the studio needs.")
    _json(doctor)

    serve = add("serve", "service:serve", "Serve the page.")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on")
    serve.add_argument("--port", type=whole, default=7860, metavar="N", help="port to listen on")
    serve.add_argument(
        "--auth",
        metavar="USER:PASSWORD",
        help="ask visitors for these; needed beyond this machine; STUDIO_AUTH does the same unseen",
    )
    _json(serve, "one JSON object once it is up: url")

    evaluate = add(
        "evaluate", "service:evaluate", "Measure how well the models do what they are asked."
    )
    evaluate.add_argument(
        "suites", nargs="*", metavar="SUITE", help="only these; all of them otherwise"
    )
    evaluate.add_argument("--model", metavar="F", help="family to evaluate, where a suite asks")
    evaluate.add_argument("--limit", type=whole, metavar="N", help="at most so many prompts")
    evaluate.add_argument("--seed", type=whole, metavar="N", help="first seed of what is made")
    evaluate.add_argument(
        "--out", metavar="DIR", help="folder for the tables, where a suite writes any"
    )
    _json(evaluate)

    bench = add("bench", "service:bench", "Measure time and memory on this machine.")
    bench.add_argument(
        "suites",
        nargs="*",
        metavar="SUITE",
        help="only these; otherwise all but forecast, switches and pipeline, which take minutes",
    )
    bench.add_argument(
        "--model", metavar="F", help="family to measure; the default for pictures otherwise"
    )
    bench.add_argument(
        "--repeat", type=whole, default=3, metavar="N", help="runs of each; the median counts"
    )
    _json(bench)


def _prompt(parser: Parser) -> None:
    parser.add_argument("prompt", metavar="PROMPT", help="what to make; - reads it from stdin")
    parser.add_argument(
        "--as",
        dest="kind",
        type=_one_of("kind", ("auto", *KINDS)),
        default="auto",
        metavar="|".join(("auto", *KINDS)),
        help="what it should become; auto reads it from the prompt",
    )


def _set(parser: Parser) -> None:
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="K=V",
        dest="assignments",
        help="an option of the family; may be given again; `studio models F` lists them",
    )


def _uses(parser: Parser) -> None:
    parser.add_argument(
        "--use",
        type=_one_of("use", USES),
        metavar="|".join(USES),
        help="what it is for: a model whose terms forbid that is refused; else STUDIO_USE",
    )
    parser.add_argument("--territory", metavar="CODE", help="where: EU, US; else STUDIO_TERRITORY")
    parser.add_argument(
        "--revenue", type=whole, metavar="USD", help="of a year; else STUDIO_REVENUE_USD"
    )


def _results(parser: Parser) -> None:
    parser.add_argument(
        "--out", metavar="DIR", help="folder for the results; the library's otherwise"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")
    _json(parser, "one JSON object per artifact: path, kind, family, seed, seconds, ...")


def _json(parser: Parser, about: str = "JSON for scripts instead of text for people") -> None:
    parser.add_argument("--json", action="store_true", help=about)


def whole(text: str) -> int:
    """A whole number, 0 or more, typed by a person."""
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 up")
    return int(text)


def _at_least_one(text: str) -> int:
    if (found := whole(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 up")
    return found


def _positive(text: str) -> float:
    """A number above 0, typed by a person."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return found


def _one_of(thing: str, known: Sequence[str]) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text not in known:
            raise unknown(thing, text, known)
        return text

    return check


def _repeat_set(argv: Sequence[str]) -> list[str]:
    """`--set a=1 b=2` means `--set a=1 --set b=2`; argparse alone would swallow the prompt too."""

    def words() -> Iterator[str]:
        in_set = False
        for index, word in enumerate(argv):
            is_value = index > 0 and argv[index - 1] == "--set"
            is_another = in_set and not is_value and re.match(r"[a-z_]+=", word) is not None
            if is_another:
                yield "--set"
            in_set = word == "--set" or is_value or is_another
            yield word

    return list(words())


def _stray(extra: Sequence[str], parser: Parser) -> RequestError:
    """The error for arguments that no option takes."""
    option = next((word for word in extra if word.startswith("-")), None)
    if option is None:
        return RequestError(f"unexpected {extra[0]!r}; a prompt of several words needs quotes")
    known = [text for action in parser._actions for text in action.option_strings]
    return unknown("option", option.split("=")[0], known)
