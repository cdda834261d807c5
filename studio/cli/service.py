"""`studio serve`, `studio evaluate` and `studio bench`: hand over to the part that does the work.

Knows how to keep strangers out, and how to print a table of numbers; not what is measured.
"""

import argparse
import inspect
import ipaddress
import os
import socket
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from studio.cli import output
from studio.cli.stop import stopping
from studio.errors import RequestError, ResourceError


def serve(options: argparse.Namespace) -> int:
    auth = read_auth(options.auth or os.environ.get("STUDIO_AUTH"))
    if not 0 < options.port < 65536:
        raise RequestError(f"no port {options.port}; give --port a number from 1 to 65535")
    if auth is None and not is_loopback(options.host):
        raise RequestError(
            f"{options.host} can be reached from other machines; "
            "set STUDIO_AUTH=user:password or give --auth, or listen on 127.0.0.1"
        )
    check_free(options.host, options.port)

    def on_ready(url: str) -> None:
        if options.json:
            output.as_json({"url": url})
        else:
            output.note(f"the page is at {url}; Ctrl-C stops it")

    # Imported now and not above: gradio takes seconds.
    from studio import ui

    with stopping():
        ui.serve(options.host, options.port, auth, on_ready=on_ready)
    return 0


def check_free(host: str, port: int) -> None:
    """Refuse an address that another program has, before seconds are spent on loading the page."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        with socket.socket(found[0], found[1]) as trial:
            # As servers do: the port of a server that has just ended may be taken again.
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(found[4])
    except OSError as error:
        raise ResourceError(
            f"cannot listen on {host} port {port}: {error.strerror or error}; "
            "give another --host or --port"
        ) from error


def read_auth(text: str | None) -> tuple[str, str] | None:
    """User and password from `user:password`."""
    if text is None:
        return None
    user, colon, password = text.partition(":")
    if not (user and colon and password):
        # The value is a secret: it must not land in a log.
        raise RequestError("--auth or STUDIO_AUTH is not user:password; write both with a colon")
    return user, password


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:  # a name: it may point anywhere
        return False


def evaluate(options: argparse.Namespace) -> int:
    from studio.evaluate import suite, suites

    wanted = {
        "family": options.model,
        "limit": options.limit,
        "seed": options.seed,
        "out": options.out,
    }
    given = {name: value for name, value in wanted.items() if value is not None}
    found = {name: suite(name) for name in options.suites or suites()}
    taken = {name: _taken(run, given) for name, run in found.items()}
    if given and not any(taken.values()):
        raise RequestError(f"no suite of {', '.join(found)} takes {', '.join(given)}; leave it out")
    for name, run in found.items():
        output.note(f"evaluating {name}")
        _report(name, run(**taken[name]), options.json)
    return 0


def _taken(run: Callable[..., object], given: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the given settings that a suite has a parameter for."""
    known = inspect.signature(run).parameters
    return {name: value for name, value in given.items() if name in known}


def bench(options: argparse.Namespace) -> int:
    from studio import bench as benches

    quick = [name for name in benches.SUITES if name not in benches.NEED_RANDOM_WEIGHTS]
    names = options.suites or quick
    if options.repeat < 1:
        raise RequestError("--repeat 0 measures nothing; give 1 or more")
    plan = benches.Plan(family=options.model, repeat=options.repeat)
    found = [(name, benches.suite(name)) for name in names]
    for name, run in found:
        output.note(f"measuring {name}")
        _report(name, run(plan), options.json)
    return 0


def _report(name: str, result: Mapping[str, Any], is_json: bool) -> None:
    if is_json:
        output.as_json({"suite": name, **result})
        return
    output.line(name)
    output.table((f"  {key}", text) for key, text in _flat(result))


def _flat(data: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, str]]:
    """Nested results as rows: `image.song` and so on for what lies within."""
    for key, value in data.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        elif isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
            yield f"{prefix}{key}", f"{len(value)}:"
            for each in value:
                yield "", ", ".join(f"{name} {text}" for name, text in _flat(each))
        elif isinstance(value, float):
            yield f"{prefix}{key}", f"{value:,.4g}"
        else:
            yield f"{prefix}{key}", str(value)
