"""Measures songs: are they what was asked for, in their notes, their singing and their sound?

    python -m studio.evaluate.song --limit 20

Asks a family for the prompts of `data/song_prompts.tsv`, in English and in Chinese, by the way
that people's prompts go: router, options, family. Some are saved as files, and the files measured.
Knows no family: options come from the prompt alone, but for the length where it names none.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from studio import registry
from studio.core import Job, Request, default_engine, generate, resolve
from studio.engine import Engine
from studio.errors import RequestError
from studio.evaluate import _asked, _genre, _singing, _sounding, _tunes
from studio.evaluate._report import to_stderr, write
from studio.evaluate._song_prompts import USUAL_S, Prompt, chosen
from studio.evaluate._song_table import Song, markdown, table
from studio.media import Audio, Media
from studio.score import Score
from studio.sounds.containers import decode
from studio.spec import OnStep, unwatched
from studio.store import Store, home_folder

SEED_STRIDE = 7919
SOUND = 12
"""Songs that are saved and measured as files; a third in each lossy format."""

Say = Callable[[str], None]


class _Keeping(Engine):
    """The shared engine, remembering the last sound: a file is compared with what went in."""

    last: Audio | None = None

    def run(self, job: Job, on_step: OnStep) -> Media:  # pyright: ignore[reportIncompatibleMethodOverride]
        media = default_engine().run(job, on_step)
        # A cover may be drawn after it.
        self.last = media if isinstance(media, Audio) else self.last
        return media


@dataclass(frozen=True)
class _Work:
    """What all prompts are judged with."""

    family: str
    seed: int
    judge: _genre.Judge
    folder: Path
    """For files that are measured and thrown away."""


def evaluate(
    family: str = "pocket-music",
    limit: int | None = None,
    seed: int = 0,
    sound: int = SOUND,
    out: Path | str | None = None,
    say: Say | None = None,
    seconds: float = USUAL_S,
) -> dict[str, Any]:
    """Makes and judges the songs; writes the tables into `out` or the home's evaluation folder.

    Args:
        limit: at most so many prompts.
        sound: how many songs are measured as files as well, at most one in six.
        out: a folder.
        seconds: the length of songs whose prompt names none.

    Raises:
        RequestError: the family does not make songs.
    """
    known = registry.family(family)
    if known.kind != "song":
        raise RequestError(f"model {family!r} makes no songs; name one that does")
    say, started = say or to_stderr, time.perf_counter()
    selection = [replace(prompt, usual_s=seconds) for prompt in chosen(limit)]
    # Of few songs few: a file takes as long as five songs.
    sound = min(sound, -(-len(selection) // 6))
    as_files = {selection[n * len(selection) // sound].id for n in range(sound)} if sound else set()
    with tempfile.TemporaryDirectory() as folder:
        work = _Work(family, seed, _genre.Judge.load(), Path(folder))
        songs: list[Song] = []
        for song in _songs(selection, work, as_files):
            songs.append(song)
            if len(songs) % 20 == 0 or len(songs) == len(selection):
                say(_progress(songs, len(selection), time.perf_counter() - started))
    beside = _tunes.folder_of([weights.path for weights in known.weights()])
    scores = [song.score for song in songs if song.score is not None]
    tunes = _tunes.summary(scores, beside) if scores else {}
    facts = {"family": family, "seed": seed, "seconds": round(time.perf_counter() - started)}
    result = facts | table(songs, tunes, _genre.report())
    return result | {
        "report": str(
            write(result, markdown(result), Path(out or home_folder() / "evaluation"), family)
        )
    }


def _songs(selection: Sequence[Prompt], work: _Work, as_files: set[int]) -> Iterator[Song]:
    formats = iter(_sounding.LOSSY * len(selection))
    for prompt in selection:
        format = next(formats) if prompt.id in as_files else None
        yield _song(prompt, work, format)


def _song(prompt: Prompt, work: _Work, format: str | None) -> Song:
    """Makes one song as a person would have it made, and measures it."""
    length = {} if prompt.want.duration else {"duration_s": prompt.duration_s}
    seed = (work.seed + prompt.id * SEED_STRIDE) % 2**32
    try:
        [job] = resolve(Request(prompt.text, params=length, seed=seed, count=1, format=None))
        if job.kind != "song":
            return Song(prompt, _asked.missed(prompt.want), f"became {job.kind}")
        if job.family.name != work.family:
            asked = Request(prompt.text, family=work.family, params=length, seed=seed, count=1)
            [job] = resolve(asked)
        if format is None:
            return _judged(prompt, job, default_engine().run(job, unwatched), work)
        return _as_file(prompt, replace(job, format=format), work)
    except RequestError as error:
        return Song(prompt, _asked.missed(prompt.want), str(error))


def _judged(prompt: Prompt, job: Job, media: Media, work: _Work) -> Song:
    assert isinstance(media, Audio)
    if media.score is None:
        raise RequestError(f"model {work.family!r} hands in no score; name one that does")
    score = media.score
    read = str(getattr(job.params, "genre", ""))
    made = _asked.Made(media, score, read, work.judge.guess(score))
    marks = _asked.marks(prompt, made)
    return Song(
        prompt,
        marks,
        "; ".join(_wrong(prompt, made, marks)),
        score=score,
        singing=_sung(media, score),
        in_scale=_asked.in_scale(score),
        genre_heard=made.genre_heard,
        lufs=_sounding.loudness(media),
        peak_db=_sounding.true_peak(media),
    )


def _wrong(prompt: Prompt, made: _asked.Made, marks: dict[str, bool]) -> Iterator[str]:
    """What there is in place of what was asked for."""
    score = made.score
    got = {
        "genre read": made.genre_read,
        "genre heard": made.genre_heard,
        "tempo": f"{score.tempo_bpm:g}",
        "key and mode": f"{score.key} {score.mode}",
        "metre": f"{score.metre[0]}/{score.metre[1]}",
        "instruments": "no " + ", ".join(_asked.absent(prompt.want, made.audio, score)),
        "notes in scale": f"{_asked.in_scale(score):.3f}",
    }
    return (f"{name}: {got.get(name, '')}" for name, is_right in marks.items() if not is_right)


def _sung(media: Audio, score: Score) -> _singing.Singing | None:
    """What is heard of the voice in its own stem, with the room that it stands in."""
    part = score.part("vocals")
    stem = next((each for each in media.stems if part and each.name == part.name), None)
    if part is None or stem is None:
        return None
    return _singing.measure(
        stem.samples, media.sample_rate, part.notes, score.tempo_bpm, octaves=None
    )


def _as_file(prompt: Prompt, job: Job, work: _Work) -> Song:
    """The song as it is delivered: saved, read back, and sent through what happens to files."""
    engine = _Keeping()
    job = replace(job, out_dir=work.folder)
    [made] = generate([job], unwatched, Store(work.folder / "home"), engine)
    assert engine.last is not None and job.format is not None
    song = _judged(prompt, job, engine.last, work)
    delivered = decode(made.path)
    return replace(
        song,
        file_peak_db=(job.format, _sounding.true_peak(delivered)),
        file_lufs=_sounding.loudness(delivered),
        marked=_sounding.marked(delivered),
    )


def _progress(songs: Sequence[Song], total: int, elapsed: float) -> str:
    right = np.mean([is_right for song in songs for is_right in song.marks.values()])
    left = elapsed / len(songs) * (total - len(songs))
    return f"{len(songs)} of {total} songs, {right:.1%} of marks right, {left / 60:.1f} min left"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family", default="pocket-music")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sound", type=int, default=SOUND, help="songs measured as files")
    parser.add_argument("--seconds", type=float, default=USUAL_S, help="where none are named")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    sys.stdout.write(markdown(evaluate(**vars(args))))
