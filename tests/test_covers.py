"""The picture on a song's cover: of what it is about, credited, and never at the song's cost."""

import io
from dataclasses import dataclass, field, replace

import numpy as np
import PIL.Image
import pytest

from studio import forms, registry
from studio.backbone import route
from studio.core import Job, check, generate
from studio.engine import Engine, Runnable
from studio.errors import Cancelled, OutOfMemory
from studio.library import Artifact
from studio.media import Image, Media
from studio.rights.record import RightsRecord
from studio.sounds import tags
from studio.spec import OnStep, Step
from studio.store import Store

SONGS = replace(registry.family("toy-song"), hidden=False)
STEPS = 6


@dataclass
class Painter(Engine):
    """Makes the songs as ever and, in place of a model, paints pictures in one colour."""

    colour: tuple[int, int, int] = (200, 30, 30)
    problem: Exception | None = None
    asked: list[Runnable] = field(default_factory=list[Runnable])

    def __post_init__(self) -> None:
        super().__init__("cpu")

    def run(self, job: Runnable, on_step: OnStep) -> Media:
        if job.family.kind == "song":
            return super().run(job, on_step)
        self.asked.append(job)
        if self.problem is not None:
            raise self.problem
        for index in range(STEPS):
            on_step(Step(index + 1, STEPS))
        pixels = np.zeros((256, 256, 4), np.uint8)
        pixels[64:192, 64:192] = (*self.colour, 255)
        return Image(pixels)


def job(prompt: str, lyrics: str = "", is_private: bool = False) -> Job:
    values = {"prompt": prompt, "seed": 7, "duration_s": 4, "lyrics": lyrics}
    params = forms.fill(SONGS.params, values)
    return Job(SONGS, params, prompt, route=route(prompt, "song").to_dict(), is_private=is_private)


def make(store: Store, painter: Painter, song: Job, on_step: OnStep | None = None) -> Artifact:
    return next(iter(generate([song], on_step, store, painter)))


def drawn(painter: Painter) -> list[str]:
    return [str(getattr(each.params, "prompt", "")) for each in painter.asked]


def middle(picture: PIL.Image.Image) -> tuple[int, ...]:
    box = (picture.width // 2 - 9, picture.height * 2 // 5, picture.width // 2 + 9, 280)
    return tuple(int(each) for each in np.asarray(picture.convert("RGB").crop(box)).mean((0, 1)))


def test_the_cover_shows_what_the_song_is_about_and_credits_what_was_looked_at(
    store: Store,
) -> None:
    painter = Painter()
    made = make(store, painter, job("a rock song about a violin and a red apple"))
    (words,) = drawn(painter)
    assert "violin" in words and "apple" in words and "rock" not in words
    record = made.record
    assert record.cover is not None and record.cover.words == words
    assert record.cover.weights and record.weights == ()
    assert {"violin", "red-apple"} <= {each.name.rpartition("/")[2] for each in record.sources}
    assert made.parts is not None
    rights = RightsRecord.from_json((made.parts / "rights.json").read_bytes())
    assert record.cover.family in {each.model for each in rights.generators}
    with PIL.Image.open(made.parts / "cover.png") as cover:
        red, green, blue = middle(cover)
        assert red > 180 and green < 50 and blue < 50
    with PIL.Image.open(io.BytesIO(tags.read_cover(made.path))) as inside:
        assert (inside.format, inside.size) == ("JPEG", (640, 640))
    assert check(made.path, store=store, engine=painter).is_same


def test_progress_counts_song_and_cover_as_one(store: Store) -> None:
    steps: list[Step] = []
    make(store, Painter(), job("a song about a violin"), steps.append)
    assert [each.index for each in steps] == list(range(1, steps[0].total + 1))
    assert {each.total for each in steps} == {steps[0].total}


def test_a_line_that_is_sung_names_what_the_prompt_does_not(store: Store) -> None:
    painter = Painter()
    make(store, painter, job("a song about us", lyrics="[verse]\nOh so long\nA violin plays"))
    assert drawn(painter) == ["A violin plays"]


def test_a_song_about_nothing_that_can_be_drawn_has_a_cover_of_its_music(store: Store) -> None:
    painter = Painter()
    made = make(store, painter, job("a song about longing"))
    assert drawn(painter) == [] and made.record.cover is None and made.notes == ()
    assert made.parts is not None and (made.parts / "cover.png").is_file()


def test_without_memory_for_a_picture_the_song_is_there_and_says_so(store: Store) -> None:
    made = make(store, Painter(problem=OutOfMemory("no room")), job("a song about a violin"))
    assert made.notes == ("the cover has no picture: no room",)
    assert made.record.cover is None and made.record.sources == ()
    assert made.parts is not None and (made.parts / "cover.png").is_file()


def test_a_cancel_while_the_cover_is_drawn_leaves_nothing(store: Store) -> None:
    def stop(step: Step) -> None:
        if step.index == step.total - 1:
            raise Cancelled

    painter = Painter()
    with pytest.raises(Cancelled):
        make(store, painter, job("a song about a violin"), stop)
    assert len(painter.asked) == 1
    assert store.count() == 0 and not list(store.outputs.iterdir())


def test_a_private_song_shows_nothing_of_its_words(store: Store) -> None:
    painter = Painter()
    song = job("a song about a violin", lyrics="A red apple", is_private=True)
    made = make(store, painter, song)
    assert not any("violin" in each or "apple" in each for each in drawn(painter))
    assert made.record.cover is None or made.record.cover.words == ""
