"""The `studio` command: one function, `main`, from arguments to an exit code.

Every failure ends here as one line on stderr and the code its class names. Knows no model, no
default and no range: those come from the families. Nothing heavy is imported until a command runs.
"""

import argparse
import importlib
import os
import sys
import traceback
from collections.abc import Callable, Sequence

from studio.cli import output
from studio.cli.parser import parse
from studio.errors import Cancelled, PipelineError, ResourceError, SaveError, StudioError

Command = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    output.prepare_streams()
    try:
        return _run(given)
    except SystemExit as done:  # argparse's way of saying that --help is printed
        return int(done.code or 0)
    except BrokenPipeError:
        return _reader_left()
    except (Cancelled, KeyboardInterrupt) as stop:
        output.error(str(stop) or "interrupted")
        return Cancelled.exit_code
    except Exception as error:  # noqa: BLE001 - the promise is one line, even for our own bugs
        if "--debug" in given:
            traceback.print_exc()
        message, code = _explain(error)
        output.error(message)
        return code


def _run(given: list[str]) -> int:
    options = parse(given)
    module, name = options.run.split(":")
    command: Command = getattr(importlib.import_module(f"studio.cli.{module}"), name)
    code = command(options)
    sys.stdout.flush()
    return code


def _explain(error: Exception) -> tuple[str, int]:
    """The message and exit code of a failure."""
    if isinstance(error, StudioError):
        return str(error), error.exit_code
    if isinstance(error, MemoryError):
        return "this machine ran out of memory; ask for a smaller size", ResourceError.exit_code
    if isinstance(error, OSError):
        where = f"{error.filename!r}: " if error.filename else ""
        return f"{where}{error.strerror or error}; --debug shows where", SaveError.exit_code
    kind = type(error).__name__
    return f"{kind}: {error}; this is a bug, --debug shows where", PipelineError.exit_code


def _reader_left() -> int:
    """The program reading our output has closed it (`| head`): stop quietly, as it wished."""
    # Python flushes stdout once more at exit and would complain; give it somewhere to write.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
