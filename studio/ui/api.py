"""The page's named endpoints, for scripts and agents that talk to a Space.

Knows no component.
"""

from collections.abc import Iterator
from typing import Any, Literal

import gradio as gr

from studio import core
from studio.errors import StudioError
from studio.ui.desk import Desk, Draft
from studio.ui.web import picture


def publish(desk: Desk) -> None:
    """Add `make` and `route` to the page being built."""

    def make(
        prompt: str,
        kind: Literal["auto", "image", "song", "video"] = "auto",
        model: str = "",
        preset: str = "",
        seed: int = -1,
        count: int = 1,
        options: dict[str, Any] | None = None,
    ) -> list[dict[str, Any]]:
        """Make what a prompt asks for and wait for it.

        Args:
            prompt: What to make, in English or Chinese.
            kind: What to make of it; "auto" reads it from the prompt.
            model: A model's name; empty for the default one.
            preset: A preset's name; empty for none.
            seed: The same seed makes the same result; -1 for a new one.
            count: How many; each after the first counts the seed up by one.
            options: The model's own options by name.

        Returns:
            One object for each result: its url, kind, family, seed and seconds.
        """
        given = tuple((options or {}).items()) + ((("seed", seed),) if seed >= 0 else ())
        draft = Draft(prompt, kind, model or None, preset or None, given, count)
        shelf = desk.new_shelf()
        try:
            jobs = core.resolve(draft.request())
            return [_told(each, shelf) for each in _run(desk, jobs, shelf)]
        except StudioError as error:
            raise gr.Error(str(error), print_exception=False) from error

    def route(prompt: str) -> dict[str, Any]:
        """Read a prompt without making anything.

        Args:
            prompt: What to make, in English or Chinese.

        Returns:
            The kind, how sure it is, the words that decided, and the options read from the text.
        """
        try:
            reading = desk.read(Draft(prompt))
        except StudioError as error:
            raise gr.Error(str(error), print_exception=False) from error
        return reading.to_dict() if reading else {}

    gr.api(make, api_name="make", concurrency_id="gpu", concurrency_limit=1)
    gr.api(route, api_name="route")


def _run(desk: Desk, jobs: list[core.Job], shelf: str) -> Iterator[core.Artifact]:
    return core.generate(jobs, None, desk.store(shelf), desk.engine)


def _told(artifact: core.Artifact, shelf: str) -> dict[str, Any]:
    record = artifact.record
    return {
        "url": picture(artifact, shelf).url,
        "kind": record.kind,
        "family": record.family,
        "seed": record.seed,
        "seconds": record.seconds,
    }
