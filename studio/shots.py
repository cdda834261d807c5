"""The scenes of a storyboard as clips to make: their options, checked before any work begins.

Knows storyboards and the options that clips share; no family by name, and runs nothing.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from studio import forms, storyboard
from studio.clips import ClipParams
from studio.errors import RequestError
from studio.spec import Params
from studio.storyboard import Scene, Storyboard

_OF_THE_FILM = ("storyboard", "duration_s", "music", "lyrics", "song", "loop")


def given_board(params: Params) -> Storyboard | None:
    """The storyboard among the options, seen to be one that can be filmed; None without one.

    Raises:
        RequestError: it cannot be; names the scene and its line, and how many more are wrong.
    """
    if not isinstance(params, ClipParams) or not params.storyboard.strip():
        return None
    text = params.storyboard
    board = storyboard.read(text)
    counts = storyboard.frame_counts(board, params.frame_count, params.fps)
    problems = list(_problems(params, board, counts))
    if problems:
        number, why = problems[0]
        more = storyboard.and_more(len(problems) - 1)
        raise RequestError(f"storyboard {storyboard.place(text, number)}: {why}{more}")
    return board


def of_scene(film: ClipParams, scene: Scene, frames: int) -> Params:
    """The options of one scene: the film's, but for what the scene says itself.

    Raises:
        RequestError: the family has no such option, or not such a value of it.
    """
    values: dict[str, Any] = film.model_dump(exclude=set(_OF_THE_FILM))
    told = {name: getattr(scene, name) for name in ("camera", "camera_strength", "motion")}
    values |= {name: value for name, value in told.items() if value not in ("", None)}
    own = {"prompt": scene.prompt, **film.lasting(frames), "scenes": False, "soundtrack": "none"}
    # Sound, words, accents on the beats and the label are laid on the whole film.
    values |= {**own, "captions": "none", "accents": "off", "ai_label": False}
    return forms.fill(type(film), values)


def _problems(
    film: ClipParams, board: Storyboard, counts: Sequence[int]
) -> Iterator[tuple[int, str]]:
    """What is wrong with which scene, counted from 1. `counts`: how many frames each has."""
    for number, (scene, frames) in enumerate(zip(board.scene, counts, strict=True), 1):
        if problem := _problem(film, scene, frames):
            yield number, problem


def _problem(film: ClipParams, scene: Scene, frames: int) -> str:
    try:
        of_scene(film, scene, frames)
    except RequestError as error:
        return str(error)
    return ""
