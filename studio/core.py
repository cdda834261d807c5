"""The one way in: every front calls `resolve`, `generate`, `replay` or `check`.

Each file is saved before the next is started, so that an error never costs what is finished.
Knows no front, no family by name and no file format.
"""

import functools
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from studio import covers, filming, finish_clip, fitting, forms, registry, soundtracks, tag, uses
from studio.accents import accented
from studio.clips import ClipParams
from studio.covers import Drawn
from studio.engine import Engine
from studio.errors import RequestError
from studio.finish import Finished, Given, finish
from studio.finish_clip import ReadyClip
from studio.library import Artifact
from studio.media import Audio, Image, Media, Video, kept_on_failure
from studio.record import (
    CoverUsed,
    Record,
    SoundtrackUsed,
    SourceUsed,
    WeightsUsed,
    media_sha256,
    platform_name,
    versions,
)
from studio.request import Input, Job, Request, check_prompt, read_inputs, resolve
from studio.rights import keys
from studio.spec import OnStep, unwatched
from studio.stages import TwoStages
from studio.store import Store

__all__ = [
    "Artifact",
    "Check",
    "Job",
    "Request",
    "check",
    "check_prompt",
    "default_engine",
    "generate",
    "job_of",
    "replay",
    "resolve",
]


@dataclass(frozen=True)
class Check:
    """Whether making it again gave the identical media; `differences` says what changed here."""

    is_same: bool
    expected: str
    got: str
    differences: tuple[str, ...]


@dataclass(frozen=True)
class _Made:
    """What a job makes, and how what came with it was made: a song's cover, a clip's sound."""

    media: Media
    drawn: Drawn = Drawn()
    sound: Job | None = None
    notes: tuple[str, ...] = ()
    board: str = ""
    scenes: tuple[Job, ...] = ()
    """Of a music video: what each of its scenes was made by."""


@functools.lru_cache(maxsize=1)
def default_engine() -> Engine:
    """The engine that all callers of this process share."""
    return Engine()


def generate(
    request: Request | Sequence[Job],
    on_step: OnStep | None = None,
    store: Store | None = None,
    engine: Engine | None = None,
) -> Iterator[Artifact]:
    """Make what was asked for, one finished file after the other.

    What can be known to be wrong raises here, before the first is started. Raise Cancelled in
    `on_step` to stop at that step; files already yielded stay.
    """
    jobs = resolve(request) if isinstance(request, Request) else list(request)
    store = store or Store()
    for folder in {job.out_dir for job in jobs}:
        store.prepare(folder)
    if any(job.kind != "image" for job in jobs):
        # A key that cannot sign is told before time is spent on a song or a clip.
        keys.identity(store.home)
    return _make_each(jobs, on_step or unwatched, store, engine or default_engine())


def replay(
    source: Path | Record,
    given: Mapping[str, Any] | None = None,
    on_step: OnStep | None = None,
    store: Store | None = None,
    engine: Engine | None = None,
    out_dir: Path | None = None,
) -> Artifact:
    """Make a file again from its record; `given` replaces options, or fills in private ones."""
    store = store or Store()
    job = replace(job_of(source, store, given), out_dir=out_dir)
    return next(iter(generate([job], on_step, store, engine)))


def check(
    source: Path | Record,
    given: Mapping[str, Any] | None = None,
    on_step: OnStep | None = None,
    store: Store | None = None,
    engine: Engine | None = None,
) -> Check:
    """Make it again without saving, and compare the media bit by bit."""
    record = _record_of(source)
    engine = engine or default_engine()
    job = job_of(record, store or Store(), given)
    got, was = media_sha256(_heard(job, on_step or unwatched, engine).media), record.media_sha256
    return Check(got == was, was, got, _differences(record, job, engine))


def job_of(
    source: Path | Record, store: Store | None = None, given: Mapping[str, Any] | None = None
) -> Job:
    """The job that made a file."""
    record, given, store = _record_of(source), dict(given or {}), store or Store()
    family = registry.family(record.family)
    if record.is_private and "prompt" not in given:
        raise RequestError("the prompt of this file was kept private; give it again")
    new = {name: given[name] for name in forms.input_fields(family.params) if given.get(name)}
    kept = tuple(
        Input(each.field, each.role, each.sha256, store.kept_input(each.sha256), each.name)
        for each in record.inputs
        if each.field not in given
    )
    inputs = kept + read_inputs(family, new)
    values = {**family.params.without_rivals(record.params, given), **given}
    values |= {each.field: each.path for each in inputs}
    return Job(
        family=family,
        params=forms.fill(family.params, values),
        prompt=str(given.get("prompt", record.prompt)),
        preset=record.preset,
        route=record.route,
        inputs=inputs,
        parents=record.parents,
        is_private=record.is_private,
    )


def _make_each(
    jobs: Sequence[Job], on_step: OnStep, store: Store, engine: Engine
) -> Iterator[Artifact]:
    for job, after in zip(jobs, [*jobs[1:], None], strict=True):
        kept = _keep_inputs(job, store)
        started = time.perf_counter()
        progress = TwoStages(on_step, finish_clip.TICKS) if job.kind == "video" else None
        watched = fitting.ahead(progress.first if progress else on_step, after, engine)
        fitted = fitting.make(kept, engine, lambda j, w=watched: _made(j, w, engine))
        seconds = time.perf_counter() - started
        made, kept = fitted.made, _with_board(fitted.job, fitted.made.board)
        record = _with_scenes(_record(kept, made.media, seconds, engine.device), made.scenes)
        record = record.model_copy(update={"fit": fitted.why})
        record = _with_sound(_with_cover(record, made.drawn), made.sound)
        with kept_on_failure(made.media):
            finished = _finished(made, record, kept, store)
            if isinstance(finished, ReadyClip) and progress is not None:
                finished = finish_clip.watched(finished, progress.second)
            artifact = store.save(finished, record, job.out_dir, job.format)
        if progress is not None:
            progress.finish()
        told = (made.media.told["differs"],) if "differs" in made.media.told else ()
        told += finished.notes if isinstance(finished, ReadyClip) else ()
        yield replace(artifact, notes=fitted.notes + made.notes + told)


def _made(job: Job, on_step: OnStep, engine: Engine) -> _Made:
    """What a job makes, and the picture for its cover where it is a song."""
    if not covers.has_cover(job):
        return _heard(job, on_step, engine)
    progress = TwoStages(on_step, covers.TICKS)
    sound = engine.run(job, progress.first)
    assert isinstance(sound, Audio)
    drawn = covers.draw(sound, job, engine, progress.second)
    progress.finish()
    return _Made(sound, drawn, notes=(drawn.note,) if drawn.note else ())


def _heard(job: Job, on_step: OnStep, engine: Engine) -> _Made:
    """What a job makes, with the sound under it where it is a clip."""
    if filming.is_wanted(job):
        film = filming.film(job, engine, on_step)
        clip, told = accented(film.clip, job.params)
        board = film.board.to_toml()
        return _Made(clip, sound=film.song, notes=told, scenes=film.scenes, board=board)
    if not soundtracks.is_wanted(job):
        return _Made(engine.run(job, on_step))
    progress = TwoStages(on_step, soundtracks.TICKS)
    clip = engine.run(job, progress.first)
    assert isinstance(clip, Video)
    with kept_on_failure(clip):
        laid = soundtracks.lay(clip, job, engine, progress.second)
    clip, told = accented(laid.clip, job.params)
    progress.finish()
    return _Made(clip, sound=laid.job, notes=(laid.note, *told) if laid.note else told)


def _with_cover(record: Record, drawn: Drawn) -> Record:
    """What drew the cover, and the drawings that it looked at, get their credit."""
    job = drawn.job
    if job is None:
        return record
    used = CoverUsed(
        family=job.family.name,
        family_licence=job.family.licence_for(job.params),
        words="" if job.is_private else job.prompt,
        weights=_weights(job),
    )
    return _credited(record, job, cover=used)


def _with_board(job: Job, board: str) -> Job:
    """The record keeps the scenes as they were made, to be seen and edited."""
    if not board:
        return job
    return replace(job, params=job.params.model_copy(update={"storyboard": board}))


def _with_scenes(record: Record, scenes: Sequence[Job]) -> Record:
    """Credit for what each scene was made after."""
    if not scenes:
        return record
    sources = tuple(dict.fromkeys(each for job in scenes for each in _sources(job)))
    return record.model_copy(update={"sources": sources})


def _with_sound(record: Record, job: Job | None) -> Record:
    """What made the song under a clip gets its credit."""
    if job is None:
        return record
    used = SoundtrackUsed(
        family=job.family.name,
        family_licence=job.family.licence_for(job.params),
        words="" if job.is_private else job.prompt,
        params={} if job.is_private else _recorded_params(job),
        weights=_weights(job),
    )
    return _credited(record, job, soundtrack=used)


def _credited(record: Record, job: Job, **used: CoverUsed | SoundtrackUsed) -> Record:
    """The record with what another job added, and the works and data behind that."""
    more = {
        "sources": (*record.sources, *_sources(job)),
        "trained_on": record.trained_on | _trained_on(job),
    }
    return record.model_copy(update={**used, **more})


def _finished(made: _Made, record: Record, job: Job, store: Store) -> Media | Finished | ReadyClip:
    """What has sound is marked and its rights are written down; pictures are ready as they are."""
    media = made.media
    if isinstance(media, Image):
        return media
    files = tuple(
        (each.role, getattr(job.params, each.field), each.sha256, each.used(job.is_private).name)
        for each in job.inputs
    )
    lyrics = str(getattr(job.params, "lyrics", "") or "")
    own = frozenset(each.sha256 for each in job.inputs if store.has_made(each.sha256))
    given = Given(_title(media, job), lyrics, files, job.is_private, made.drawn.picture, own=own)
    if isinstance(media, Audio):
        return finish(media, record, given, store.home)
    if isinstance(job.params, ClipParams):
        given = replace(given, captions=job.params.captions, has_label=job.params.ai_label)
    format = job.format or tag.DEFAULT_FORMATS["video"]
    return finish_clip.finish(media, record, given, store.home, format)


def _title(media: Audio | Video, job: Job) -> str:
    if job.is_private:
        return job.family.name
    score = media.score if isinstance(media, Audio) else None
    written = score.title if score is not None else ""
    return written or " ".join(job.prompt.split())


def _keep_inputs(job: Job, store: Store) -> Job:
    """Point the job at our own copies: the originals may change while it runs."""
    if not job.inputs:
        return job
    files: dict[str, Path] = {}
    for each in job.inputs:
        sha256, files[each.field] = store.keep_input(each.path)
        if sha256 != each.sha256:
            raise RequestError(f"{each.path.name!r} changed since it was asked for; ask again")
    return replace(job, params=job.params.model_copy(update=files))


def _record(job: Job, media: Media, seconds: float, device: str) -> Record:
    return Record(
        id=uuid.uuid4().hex,
        created=datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
        kind=job.kind,
        family=job.family.name,
        family_licence=job.family.licence_for(job.params),
        terms=uses.recorded(job.family, job.params),
        weights=_weights(job),
        trained_on=_trained_on(job),
        sources=_sources(job),
        params=_recorded_params(job),
        preset=job.preset,
        prompt=None if job.is_private else job.prompt,
        inputs=tuple(each.used(job.is_private) for each in job.inputs),
        parents=job.parents,
        # It quotes the prompt.
        route=None if job.is_private else job.route,
        versions=versions(),
        platform=platform_name(),
        device=device,
        seconds=round(seconds, 3),
        media_sha256=media_sha256(media),
        scores=dict(media.scores) if isinstance(media, Video) else {},
        told=_told(job, media),
    )


def _told(job: Job, media: Media) -> dict[str, str]:
    """What a server said; of a private job not what it made of the prompt, nor where it is."""
    left_out = {"prompt", "host"} if job.is_private else set[str]()
    return {name: text for name, text in media.told.items() if name not in left_out}


def _recorded_params(job: Job) -> dict[str, Any]:
    left_out = {"file", "text"} if job.is_private else {"file"}
    shown = {each.name for each in forms.controls(job.family.params) if each.kind not in left_out}
    return job.params.model_dump(mode="json", include=shown)


def _sources(job: Job) -> tuple[SourceUsed, ...]:
    """Credit stays in a private record; what was looked at, which tells of the prompt, does not."""
    found = (
        SourceUsed(name="" if job.is_private else s.name, author=s.author, licence=s.licence)
        for s in job.family.sources(job.params)
    )
    return tuple(dict.fromkeys(found))


def _weights(job: Job) -> tuple[WeightsUsed, ...]:
    return tuple(
        WeightsUsed(
            name=f"{each.path.parent.name}/{each.path.name}",
            sha256=each.sha256,
            revision=each.revision,
            licence=each.licence,
            model=each.model,
        )
        for each in job.family.weights_for(job.params)
    )


def _trained_on(job: Job) -> dict[str, tuple[str, ...]]:
    weights = job.family.weights_for(job.params)
    return {each.model: each.trained_on for each in weights if each.trained_on}


def _record_of(source: Path | Record) -> Record:
    if isinstance(source, Record):
        return source
    record = tag.read(source)
    if record is None:
        raise RequestError(f"{source.name!r} has no record; it was not made here or lost its tags")
    return record


def _differences(record: Record, job: Job, engine: Engine) -> tuple[str, ...]:
    """What is not as it was when the file was made."""
    then = {**record.versions, "platform": record.platform, "device": record.device}
    now = {**versions(), "platform": platform_name(), "device": engine.device}
    then |= {each.name: each.sha256[:12] for each in record.weights}
    now |= {each.name: each.sha256[:12] for each in _weights(job)}
    return tuple(
        f"{name} was {then.get(name, 'absent')}, is {now.get(name, 'absent')}"
        for name in sorted(then.keys() | now.keys())
        if then.get(name) != now.get(name)
    )
