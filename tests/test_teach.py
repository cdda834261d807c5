"""Teaching: what a folder may hold, how a lesson goes on, what is left where it does not."""

import contextlib
import json
import resource
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from studio import adapters, registry
from studio.adapters import folder_of
from studio.errors import Cancelled, RequestError, SaveError, WeightsError
from studio.lesson import Example, Lesson, Teaching
from studio.media import Image
from studio.spec import Step, unwatched
from studio.teach import examples, kept
from studio.teach.kept import Progress
from studio.teach.session import Plan, check_name, teach, teaching_of


class Averages:
    """A learner small enough to follow: it learns the mean colour of its pictures."""

    base_sha256 = "ba5e"
    base_name = "toy"
    spans: tuple[int, ...] = (1,)

    def then(self) -> "Averages | None":
        return None

    def __init__(self, lesson: Lesson, device: str) -> None:
        self.lesson = lesson
        self.colour = torch.zeros(3)

    def _colour_of(self, example: Example) -> torch.Tensor:
        pixels = np.asarray(Pillow.open(example.path).convert("RGB"), np.float32)
        return torch.from_numpy(pixels.mean((0, 1)) / 255)

    def step(self, number: int) -> float:
        rng = np.random.default_rng([self.lesson.seed, number])
        example = self.lesson.examples[int(rng.integers(len(self.lesson.examples)))]
        away = self._colour_of(example) - self.colour
        self.colour += self.lesson.rate * away
        return float(away.square().mean())

    def held_out_loss(self) -> float:
        away = [self._colour_of(each) - self.colour for each in self.lesson.held_out]
        return float(torch.stack(away).square().mean())

    def draw(self, prompt: str, seed: int) -> Image:
        pixels = np.broadcast_to((self.colour.numpy() * 255).astype(np.uint8), (32, 32, 3))
        return Image(np.ascontiguousarray(pixels))

    def adapter(self) -> dict[str, Any]:
        return {"colour": self.colour.clone()}

    def use(self, adapter: dict[str, Any]) -> None:
        self.restore(adapter)

    def state(self) -> dict[str, Any]:
        return self.adapter()

    def restore(self, state: dict[str, Any]) -> None:
        self.colour.copy_(state["colour"])


TOY = replace(registry.family("toy"), teaching=Teaching(Averages, 1, 0.1, 1, 100))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten reddish pictures named after what they show."""
    found = tmp_path / "pictures"
    found.mkdir()
    rng = np.random.default_rng(1)
    for number in range(10):
        pixels = rng.integers(0, 60, (80, 80, 3), dtype=np.uint8)
        pixels[..., 0] += 180
        Pillow.fromarray(pixels).save(found / f"red_apple-{number}.png")
    return found


def plan(folder: Path, **more: Any) -> Plan:
    rate = more.pop("rate", 0.05)
    learned, held_out = examples.held_out(examples.read_folder(folder, "CC0-1.0"))
    lesson = Lesson(learned, held_out, rank=2, rate=rate, batch=1, seed=1)
    return Plan("mine", TOY, lesson, **{"steps": 60, "prompts": ("a cat",), **more})


def weights_of(name: str) -> dict[str, Any]:
    from safetensors.torch import load_file

    return load_file(adapters.folder_of(name) / adapters.WEIGHTS_FILE)


def test_captions_come_from_metadata_then_text_files_then_names(folder: Path) -> None:
    (folder / "red_apple-1.txt").write_text("an apple\non a table\n")
    line = {"file_name": "red_apple-2.png", "text": "苹果", "licence": "CC-BY-4.0"}
    (folder / "metadata.jsonl").write_text(json.dumps(line) + "\n")
    found = examples.read_folder(folder, "MIT")
    assert [each.caption for each in found[:3]] == ["red apple", "an apple on a table", "苹果"]
    assert [each.licence for each in found[:3]] == ["MIT", "MIT", "CC-BY-4.0"]


def test_a_table_of_captions_may_come_as_csv(folder: Path) -> None:
    (folder / "metadata.csv").write_text('file_name,caption\nred_apple-0.png,"a pear, green"\n')
    assert examples.read_folder(folder)[0].caption == "a pear, green"


def _cut(folder: Path) -> None:
    path = folder / "red_apple-4.png"
    path.write_bytes(path.read_bytes()[:2000])


def _twice(folder: Path) -> None:
    (folder / "twin.png").write_bytes((folder / "red_apple-4.png").read_bytes())


def _few(folder: Path) -> None:
    for number in range(6):
        (folder / f"red_apple-{number}.png").unlink()


def _tiny(folder: Path) -> None:
    Pillow.new("RGB", (40, 200)).save(folder / "tiny.png")


def _stray(folder: Path) -> None:
    (folder / "metadata.jsonl").write_text('{"file_name": "gone.png", "text": "a"}')


def _no_json(folder: Path) -> None:
    (folder / "metadata.jsonl").write_text('{"file_name": "red_apple-1.png"}\n{oops')


def _camera(folder: Path) -> None:
    (folder / "red_apple-4.png").rename(folder / "IMG_2041.png")


def _latin(folder: Path) -> None:
    (folder / "red_apple-3.txt").write_bytes(b"caf\xe9")


def _no_words(folder: Path) -> None:
    (folder / "red_apple-3.txt").write_text("  \n")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_cut, "red_apple-4.png"),
        (_twice, "'red_apple-4.png' and 'twin.png' are the same; remove one"),
        (_few, "has 4 pictures .*; give 5 to 50"),
        (_tiny, "'tiny.png' is 40x200; give pictures of at least 64x64"),
        (_stray, "names 'gone.png'"),
        (_no_json, "metadata.jsonl line 2 is no JSON"),
        (_camera, "'IMG_2041.png' has no caption, .* what it shows into 'IMG_2041.txt'"),
        (_latin, "'red_apple-3.txt' is not UTF-8"),
        (_no_words, "'red_apple-3.png' has 0 characters"),
    ],
)
def test_a_folder_that_cannot_be_learned_from_is_refused_before_any_time_is_spent(
    folder: Path, spoil: Any, says: str
) -> None:
    spoil(folder)
    with pytest.raises(RequestError, match=says):
        examples.read_folder(folder)


def test_a_licence_that_nobody_knows_is_refused(folder: Path) -> None:
    with pytest.raises(RequestError, match="no licence 'CC0'"):
        examples.read_folder(folder, "CC0")


def test_what_was_learned_is_saved_with_a_card_of_what_from(folder: Path) -> None:
    taught = teach(plan(folder), unwatched, print)
    card = adapters.card("mine")
    assert card == taught.card
    assert card.loss_after < card.loss_before / 2
    assert float(weights_of("mine")["colour"][0]) > 0.5
    assert len(card.items) == 10 and sum(each.is_held_out for each in card.items) == 1
    assert card.licence == "CC0-1.0" and card.items[0].licence == "CC0-1.0"
    assert taught.sheet.is_file()
    assert adapters.names("toy") == ["mine"] and adapters.names("pocket-image") == []


def test_an_interrupted_lesson_ends_with_the_weights_it_would_have_had(folder: Path) -> None:
    teach(plan(folder), unwatched, print)
    whole = weights_of("mine")

    def interrupt(step: Step) -> None:
        if step.index == 30:
            raise Cancelled

    again = replace(plan(folder), name="again")
    with pytest.raises(Cancelled):
        teach(again, interrupt, print)
    assert adapters.names() == ["mine"]
    said: list[str] = []
    steps: list[int] = []
    teach(again, lambda step: steps.append(step.index), said.append)
    assert said == ["going on after step 30"] and steps[0] == 31
    assert torch.equal(weights_of("again")["colour"], whole["colour"])
    assert not list(adapters.folder_of("again").parent.glob(".unfinished/again*"))


class Twice(Averages):
    """A lesson of two parts: the second goes on from the first, with steps half as long."""

    spans: tuple[int, ...] = (1, 2)

    def then(self) -> "Twice":
        following = Twice(self.lesson, "cpu")
        following.colour = self.colour.clone()
        return following


TWICE = replace(TOY, teaching=Teaching(Twice, 1, 0.1, 1, 100))


@pytest.mark.parametrize("at", [30, 100])
def test_a_lesson_of_two_parts_goes_on_in_the_part_that_it_was_in(folder: Path, at: int) -> None:
    whole = replace(plan(folder, steps=60, stops_early=False), family=TWICE)
    card = teach(whole, unwatched, print).card
    assert [each.steps for each in card.more_parts] == [120]
    assert card.more_parts[0].loss_after < card.loss_after < card.loss_before

    def interrupt(step: Step) -> None:
        assert step.total == 180
        if step.index == at:
            raise Cancelled

    again = replace(whole, name="again")
    with pytest.raises(Cancelled):
        teach(again, interrupt, print)
    steps: list[int] = []
    teach(again, lambda step: steps.append(step.index), print)
    assert steps == list(range(at + 1, 181))
    assert torch.equal(weights_of("again")["colour"], weights_of("mine")["colour"])


def test_a_family_that_cannot_be_taught_says_why_and_which_can() -> None:
    with pytest.raises(RequestError, match=r"'pocket-music' cannot be taught \(pictures teach"):
        teaching_of(registry.family("pocket-music"))
    with pytest.raises(RequestError, match="choose flux2-klein, pocket-image, sd3.5, sdxl, z-im"):
        teaching_of(registry.family("pocket-upscale"))


def test_sheets_show_how_it_draws_on_the_way(folder: Path) -> None:
    rows: list[int] = []

    def look(said: str) -> None:
        path = Path(said.removeprefix("preview: "))
        rows.append(Pillow.open(path).height // 32)

    taught = teach(plan(folder, preview_every=20), unwatched, look)
    assert rows == [2, 3]
    # The pictures to learn from, before, two on the way, after.
    assert Pillow.open(taught.sheet).height == 5 * 256


def test_other_pictures_begin_anew(folder: Path) -> None:
    def interrupt(step: Step) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        teach(plan(folder), interrupt, print)
    (folder / "red_apple-0.txt").write_text("a tomato")
    said: list[str] = []
    teach(plan(folder), unwatched, said.append)
    assert said == []


def test_a_lesson_ends_early_where_it_gets_no_better(folder: Path) -> None:
    taught = teach(plan(folder, rate=0.9, steps=2000), unwatched, print)
    assert taught.stopped == "early" and taught.card.steps < 1000
    whole = teach(replace(plan(folder, steps=150, rate=0.9, stops_early=False), name="b"),
                  unwatched, print)  # fmt: skip
    assert whole.stopped == "steps"


def test_a_lesson_ends_when_its_time_is_over(folder: Path) -> None:
    taught = teach(plan(folder, steps=20_000, minutes=0.01, stops_early=False), unwatched, print)
    assert taught.stopped == "time"


def test_a_name_that_is_taken_or_cannot_be_is_refused(folder: Path) -> None:
    teach(plan(folder), unwatched, print)
    with pytest.raises(RequestError, match="'mine' is there already; .* --replace"):
        check_name("mine", False)
    check_name("mine", True)
    for name in ("../mine", "Mine", "", ".unfinished"):
        with pytest.raises(RequestError, match="must be of a-z"):
            check_name(name, False)


def test_nothing_is_left_of_an_adapter_that_could_not_be_written(folder: Path) -> None:
    first = teach(plan(folder), unwatched, print)
    with pytest.raises(SaveError), kept.making("mine") as part:
        (part / adapters.CARD_FILE).write_text(first.card.model_dump_json())
        (part / adapters.WEIGHTS_FILE).write_bytes(b"half")
    assert adapters.taught("mine", "toy")[0].sha256 == first.card.sha256
    assert [path.name for path in first.folder.parent.iterdir()] == ["mine"]


@contextlib.contextmanager
def full_disk(most: int) -> Iterator[None]:
    """No file may grow beyond `most` bytes: what a full disk does to a write."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_told_with_a_way_out_and_the_lesson_goes_on_later(folder: Path) -> None:
    unfinished, progress = kept.Unfinished("mine", "5ha"), Progress(7, 1.0, 1, 1, 7, 1, 7)
    unfinished.write(progress, {"colour": torch.ones(3)})
    with full_disk(10_000):
        with pytest.raises(SaveError, match="free some space, or set STUDIO_HOME"):
            unfinished.write(replace(progress, step=8), {"colour": torch.ones(99_999)})
        with pytest.raises(SaveError, match="free some space"), kept.making("mine") as part:
            kept.write_tensors({"colour": torch.ones(99_999)}, part / "a", "toy")
    found = unfinished.read()
    assert found is not None and found[0].step == 7
    assert [path.name for path in unfinished.path.parent.iterdir()] == ["mine.safetensors"]
    assert adapters.names() == []


def test_two_lessons_of_one_name_do_not_end_each_other(folder: Path) -> None:
    def write(number: int) -> None:
        for step in range(40):
            progress = Progress(step, 1.0, 1, 1, 0, 1, 0)
            kept.Unfinished("mine", str(number)).write(progress, {"colour": torch.ones(3)})

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(4)))
    assert [path.name for path in (folder_of("mine").parent / kept.UNFINISHED).iterdir()] == [
        "mine.safetensors"
    ]


def test_an_adapter_of_another_family_names_both(folder: Path) -> None:
    teach(plan(folder), unwatched, print)
    with pytest.raises(RequestError, match="'mine' is for toy, not for pocket-image"):
        adapters.taught("mine", "pocket-image")


def test_an_adapter_that_is_not_there_says_how_to_get_it(folder: Path) -> None:
    with pytest.raises(RequestError, match="no adapter 'mine'; teach it with: studio teach"):
        adapters.taught("mine", "toy")
    teach(plan(folder), unwatched, print)
    with pytest.raises(RequestError, match="no adapter 'mnie'; did you mean mine"):
        adapters.taught("mnie", "toy")


def test_an_adapter_that_was_changed_is_refused(folder: Path) -> None:
    taught = teach(plan(folder), unwatched, print)
    with (taught.folder / adapters.WEIGHTS_FILE).open("ab") as file:
        file.write(b"more")
    with pytest.raises(WeightsError, match="not what its card says"):
        adapters.taught("mine", "toy")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("a", [("a", 1.0)]),
        ("a:0.8+b", [("a", 0.8), ("b", 1.0)]),
        ("a:-.5 + owner/name:1", [("a", -0.5), ("owner/name", 1.0)]),
        ("a:0+b:2", [("b", 2.0)]),
    ],
)
def test_adapters_are_named_with_weights_and_stacked(
    text: str, found: list[tuple[str, float]]
) -> None:
    assert [(each.name, each.weight) for each in adapters.parse(text)] == found


@pytest.mark.parametrize("text", ["+", "a+", ":1", "a:3", "a+a:0.5"])
def test_a_list_of_adapters_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(RequestError, match="adapter"):
        adapters.parse(text)


def test_its_terms_join_those_of_the_model(folder: Path) -> None:
    line = {"file_name": "red_apple-2.png", "licence": "CC-BY-NC-4.0"}
    (folder / "metadata.jsonl").write_text(json.dumps(line))
    teach(plan(folder), unwatched, print)
    whole = adapters.licence_with("Apache-2.0", "mine", "toy")
    assert whole == "Apache-2.0 AND CC-BY-NC-4.0 AND CC0-1.0"
    from studio.rights.licences import terms_of

    assert terms_of(whole, "picture").commercial == "prohibited"
    learned_from = adapters.taught("mine", "toy")[0].trained_on
    assert [each.split(" (")[0] for each in learned_from] == [
        "1 picture of the user", "9 pictures of the user",
    ]  # fmt: skip


def test_what_nobody_declared_a_licence_for_has_unknown_terms(folder: Path) -> None:
    learned, held_out = examples.held_out(examples.read_folder(folder))
    lesson = replace(plan(folder).lesson, examples=learned, held_out=held_out)
    teach(replace(plan(folder), lesson=lesson), unwatched, print)
    from studio.rights.licences import terms_of

    terms = terms_of(adapters.licence_with("Apache-2.0", "mine", "toy"), "picture")
    assert terms.commercial == "unknown" and terms.is_unknown
