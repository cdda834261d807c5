"""Measures clips: does the camera do what was asked, are length and rate exact, do they hold?

    studio evaluate video --limit 20

Asks a family for the prompts of `data/clip_prompts.tsv`, in English and in Chinese, by the way
that people's prompts go: router, options, family. The camera is recognised from the frames alone.
Some clips are saved as files with their sound, and the files measured. Knows no family.
"""

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from studio import registry
from studio.core import Request, default_engine, generate, resolve
from studio.evaluate._camera import Seen, seen
from studio.evaluate._report import to_stderr, write
from studio.media import Video
from studio.spec import unwatched
from studio.store import Store, home_folder
from studio.videos.probe import probe

SEED_STRIDE = 7919
TARGET = 0.85
SMALL = {"width": 256, "height": 256, "fps": 12, "soundtrack": "none"}
"""What the camera is recognised at: the paths do not depend on the size."""

FILES = (
    {"duration_s": 1, "fps": 24},
    {"duration_s": 1.3, "fps": 25},
    {"frames": 31, "fps": 30},
    {"duration_s": 0.7, "fps": 60},
    {"duration_s": 2, "fps": 12, "width": 448, "height": 256},
    {"frames": 17, "fps": 8, "format": "webm"},
)
"""Lengths, rates and sizes of clips that are saved as files."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Prompt:
    """`camera` is what the words ask for."""

    language: str
    camera: str
    text: str


@dataclass(frozen=True)
class Result:
    """What was seen in the clip of a prompt."""

    prompt: Prompt
    seen: Seen
    has_count: bool
    scores: dict[str, float]
    seconds: float

    @property
    def is_right(self) -> bool:
        return self.seen.camera == self.prompt.camera


def prompts() -> list[Prompt]:
    """All prompts, the languages by turns, each camera early on."""
    text = resources.files("studio.evaluate").joinpath("data/clip_prompts.tsv").read_text("utf-8")
    found = [Prompt(*line.split("\t")) for line in text.splitlines()[1:]]
    places = Counter[tuple[str, str]]()
    order: dict[Prompt, tuple[int, str, str]] = {}
    for each in found:
        kind = (each.language, each.camera)
        order[each] = (places[kind], each.camera, each.language)
        places[kind] += 1
    return sorted(found, key=lambda each: order[each])


def evaluate(
    family: str = "",
    limit: int | None = None,
    seed: int = 0,
    files: int = len(FILES),
    out: Path | str | None = None,
    say: Say | None = None,
) -> dict[str, Any]:
    """Makes and judges the clips; writes the tables into `out` or the home's evaluation folder.

    Args:
        family: the default one for clips where it is empty.
        limit: at most so many prompts.
        files: how many clips are saved as files with their sound.
        out: a folder.

    Raises:
        StudioError: a clip could not be made.
    """
    say = say or to_stderr
    name = family or registry.default_family("video").name
    results: list[Result] = []
    for index, prompt in enumerate(prompts()[:limit]):
        result = _judged(name, prompt, seed + index * SEED_STRIDE)
        results.append(result)
        mark = "ok" if result.is_right else f"seen as {result.seen.camera}"
        say(f"{index + 1}: {prompt.text}: {mark} ({result.seconds:.1f} s)")
    table = {"family": name, **_table(results), "files": _files(name, files, seed)}
    folder = Path(out) if out is not None else home_folder() / "evaluation"
    say(f"written to {write(table, _page(table), folder, 'video')}")
    return table


def _judged(family: str, prompt: Prompt, seed: int) -> Result:
    request = Request(prompt.text, kind="video", family=family, params=SMALL, seed=seed)
    job = resolve(request)[0]
    began = time.perf_counter()
    clip = default_engine().run(job, unwatched)
    assert isinstance(clip, Video)
    wanted = round(float(getattr(job.params, "duration_s", 0)) * SMALL["fps"])
    return Result(
        prompt=prompt,
        seen=seen(clip.frames, clip.fps),
        has_count=len(clip.frames) == wanted and clip.fps == SMALL["fps"],
        scores=dict(clip.scores),
        seconds=time.perf_counter() - began,
    )


def _files(family: str, count: int, seed: int) -> dict[str, Any]:
    """Whether saved files are as long and as fast as asked, and end with their sound."""
    right, worst = 0, 0.0
    chosen = FILES[:count]
    with tempfile.TemporaryDirectory() as home:
        store = Store(Path(home))
        for each in chosen:
            asked = {"width": 256, "height": 256, **each}
            kind = asked.pop("format", "mp4")
            request = Request(
                "a jumping frog", "video", family, params=asked, seed=seed, format=str(kind)
            )
            made = next(iter(generate(request, store=store)))
            facts, fps = probe(made.path), int(str(each["fps"]))
            wanted = int(str(each.get("frames") or round(float(str(each["duration_s"])) * fps)))
            right += facts.frames == wanted and abs(facts.fps - fps) < 0.01
            if facts.sound_s:
                worst = max(worst, abs(facts.sound_s - wanted / fps) * fps)
    return {"measured": len(chosen), "exact": right, "sound_ends_frames_off": round(worst, 3)}


def _table(results: Sequence[Result]) -> dict[str, Any]:
    by_camera = {
        name: [r for r in results if r.prompt.camera == name] for name in _cameras(results)
    }
    languages = sorted({r.prompt.language for r in results})
    return {
        "prompts": len(results),
        "camera": _share(results),
        "camera_target": TARGET,
        "languages": {
            name: _share([r for r in results if r.prompt.language == name]) for name in languages
        },
        "cameras": {name: _share(rows) for name, rows in by_camera.items()},
        "seen_as": {
            name: dict(Counter(r.seen.camera for r in rows)) for name, rows in by_camera.items()
        },
        "exact_count": sum(r.has_count for r in results) / max(1, len(results)),
        "scores": _means([r.scores for r in results]),
        "wrong": [
            {"prompt": r.prompt.text, "asked": r.prompt.camera, "seen": r.seen.camera}
            for r in results
            if not r.is_right
        ],
        "seconds_a_clip": round(sum(r.seconds for r in results) / max(1, len(results)), 2),
    }


def _cameras(results: Sequence[Result]) -> list[str]:
    return sorted({r.prompt.camera for r in results})


def _share(results: Sequence[Result]) -> float:
    return round(sum(r.is_right for r in results) / max(1, len(results)), 4)


def _means(scores: Sequence[dict[str, float]]) -> dict[str, float]:
    names = sorted({name for each in scores for name in each})
    return {
        name: round(sum(each[name] for each in scores if name in each) / len(scores), 4)
        for name in names
    }


def _page(table: dict[str, Any]) -> str:
    """The table for people, in Markdown."""
    lines = [
        f"# Clips of {table['family']}",
        "",
        f"Camera recognised in {table['camera']:.1%} of {table['prompts']} prompts "
        f"(target {TARGET:.0%}).",
        "",
        "| camera | recognised | seen as |",
        "|---|---|---|",
    ]
    for name, share in table["cameras"].items():
        told = ", ".join(f"{other} {count}" for other, count in table["seen_as"][name].items())
        lines.append(f"| {name} | {share:.0%} | {told} |")
    lines += ["", "| score | mean |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in table["scores"].items()]
    return "\n".join(lines) + "\n"
