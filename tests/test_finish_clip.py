"""A clip from the family to the signed file, with everything that is told of it."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from studio import finish_clip, tag
from studio.core import Request, check, generate, resolve
from studio.engine import Engine
from studio.errors import Cancelled, PipelineError, RequestError, SaveError, StudioError
from studio.finish import Given
from studio.library import Artifact
from studio.media import Video
from studio.record import Record, media_sha256
from studio.rights.verify import verify
from studio.sounds import containers
from studio.spec import Step
from studio.store import Store
from studio.videos.decode import read_clip
from studio.videos.formats import FORMATS
from studio.videos.probe import probe

LYRICS = "[verse]\nRain on the roof\nfalling all day"


def request(format: str | None = None, **params: Any) -> Request:
    values = {"duration_s": 1.5, "width": 64, "height": 48, **params}
    return Request("a red ball", family="toy-clip", seed=7, params=values, format=format)


@pytest.fixture
def song(store: Store, engine: Engine) -> Artifact:
    asked = {"duration_s": 5, "lyrics": LYRICS}
    made = Request("a song about rain", family="toy-song", seed=3, params=asked)
    return next(generate(made, store=store, engine=engine))


def made(asked: Request, store: Store, engine: Engine) -> Artifact:
    return next(generate(asked, store=store, engine=engine))


@pytest.mark.parametrize("format", FORMATS)
def test_a_clip_is_saved_whole_signed_and_told_of(
    format: str, store: Store, engine: Engine, home: Path
) -> None:
    artifact = made(request(format), store, engine)
    assert artifact.path.suffix == f".{format}" and probe(artifact.path).frames == 36
    record = tag.read(artifact.path)
    assert record == artifact.record == store.entry(artifact.id).record
    assert record is not None and record.kind == "video"
    assert check(artifact.path, store=store, engine=engine).is_same
    states = {each.question: each.state for each in verify(artifact.path, home).findings}
    assert states == {
        "bytes": "good",
        "signer": "good",
        "chain": "good",
        "watermark": "unknown",
        "tags": "good",
        "terms": "good",
    }
    with PIL.Image.open(store.thumbnail(artifact.id)) as picture:
        assert picture.size == (64, 48)
    beside = [path for path in artifact.path.parent.iterdir() if path.stem != artifact.path.stem]
    assert beside == ([] if format not in ("webm", "zip") else [_signature(artifact.path)])
    store.remove(artifact.id)
    assert not list(artifact.path.parent.iterdir())


def _signature(path: Path) -> Path:
    return path.with_name(path.name + ".rights.jws")


@pytest.mark.parametrize("format", ["mp4", "webm"])
def test_a_song_goes_under_a_clip_with_its_rights_and_its_words(
    format: str, song: Artifact, store: Store, engine: Engine, home: Path
) -> None:
    asked = request(format, duration_s=4, song=str(song.path), captions="soft")
    artifact = made(asked, store, engine)
    facts = probe(artifact.path)
    assert facts.frames == 96 and abs(facts.sound_s - 4) < 1 / 24
    report = verify(artifact.path, home)
    assert not report.is_bad, [f for f in report.findings if f.state == "bad"]
    assert report.finding("chain").state == "good"
    assert "componentOf a song about rain" in report.finding("chain").details[0]
    assert report.record is not None and report.record.work.type == "VideoObject"
    assert report.record.ai.digital_source_type == "compositeSynthetic"
    assert report.record.inputs[0].verified == "Trusted"
    roles = {each.role: each.ai_contribution for each in report.record.ai.roles}
    assert roles == {"Video": "All", "Soundtrack": "None"}
    heard = containers.decode(artifact.path, 44_100).samples
    given = containers.decode(song.path, 44_100).samples
    early = slice(0, 44_100)
    assert np.corrcoef(heard[0, early], given[0, early])[0, 1] > 0.95


def test_a_mark_is_claimed_only_where_it_can_be_heard(
    store: Store, engine: Engine, home: Path
) -> None:
    tone = home / "own.wav"
    time_s = np.arange(20 * 44_100) / 44_100
    noise = np.random.default_rng(0).normal(0, 0.05, (2, time_s.size))
    samples = (0.2 * np.sin(2 * np.pi * 300 * time_s) + noise).astype(np.float32)
    containers.encode(containers.Audio(np.clip(samples, -1, 1), 44_100), "wav", tone)
    for seconds, has_mark in ((1.5, False), (20.0, True)):
        asked = request(duration_s=seconds, fps=8, song=str(tone))
        report = verify(made(asked, store, engine).path, home)
        assert report.record is not None and (report.record.watermark is not None) == has_mark
        assert report.finding("watermark").state == ("good" if has_mark else "unknown")
        # Nobody knows where the sound comes from.
        assert report.finding("terms").state == "unknown"
        assert report.record.terms.commercial == "unknown"


def test_words_in_the_picture_and_the_label_are_seen_and_the_record_is_of_the_clip(
    song: Artifact, store: Store, engine: Engine
) -> None:
    values = {"duration_s": 4, "width": 192, "height": 128, "song": str(song.path)}
    plain = made(request("zip", **{**values, "song": ""}), store, engine)
    asked = request(**values, captions="burnt-in", ai_label=True)
    worded = made(asked, store, engine)
    assert check(worded.path, store=store, engine=engine).is_same
    ground, shown = read_clip(plain.path), read_clip(worded.path)
    changed = np.abs(np.array(shown.frames[12]).astype(int) - ground.frames[12]).max(axis=2) > 60
    assert changed[100:, 40:150].sum() > 100 and changed[:30, :100].sum() > 100
    assert changed[40:90].sum() < 20


def test_a_container_without_sound_gets_none_and_says_so(
    song: Artifact, store: Store, engine: Engine
) -> None:
    job = resolve(request("gif"))[0]
    assert job.params.model_dump()["soundtrack"] == "none"
    with pytest.raises(RequestError, match="gif holds no sound, but song was given; leave it out"):
        resolve(request("gif", song=str(song.path)))
    with pytest.raises(RequestError, match="holds no sound, but soundtrack was given"):
        resolve(request("webp", soundtrack="song"))
    assert resolve(request("zip", soundtrack="none"))


def test_a_clip_can_go_into_a_clip(store: Store, engine: Engine, home: Path) -> None:
    first = made(request(), store, engine)
    asked = replace(request(), inputs=[first.path], seed=8)
    second = made(asked, store, engine)
    assert second.record.inputs[0].field == "video" and second.record.parents == (first.id,)
    report = verify(second.path, home)
    assert report.finding("chain").state == "good" and not report.is_bad
    assert report.record is not None
    assert report.record.ai.digital_source_type == "compositeWithTrainedAlgorithmicMedia"
    text = home / "text.mp4"
    text.write_text("no clip at all, but long enough to look into")
    with pytest.raises(RequestError, match="'text.mp4' is not a clip"):
        resolve(request(video=str(text)))


def test_a_picture_made_here_vouches_for_itself_in_the_clip_that_it_became(
    store: Store, engine: Engine, home: Path, tmp_path: Path
) -> None:
    drawn = Request("a red cat", family="toy", seed=7, params={"width": 64, "height": 64})
    picture = next(generate(drawn, store=store, engine=engine))
    for format in ("mp4", "webm"):
        report = verify(made(request(format, image=str(picture.path)), store, engine).path, home)
        assert report.finding("chain").state == "good" and not report.is_bad
        assert report.finding("chain").details[0].startswith("parentOf a red cat: as signed")
        assert report.finding("terms").state == "good", report.finding("terms")
    assert len(list((home / "vouched").iterdir())) == 1

    # The same picture with one byte more is none that was made here, whatever its record says.
    other = tmp_path / "other.png"
    other.write_bytes(picture.path.read_bytes() + b"\0")
    report = verify(made(request(image=str(other)), store, engine).path, home)
    assert report.finding("chain").text == "1 earlier work, of which some were not signed"
    assert report.finding("terms").state == "unknown"


def test_a_picture_from_another_picture_says_what_is_not_known(
    store: Store, engine: Engine, home: Path, tmp_path: Path
) -> None:
    PIL.Image.new("RGB", (64, 64), "teal").save(tmp_path / "photo.png")
    drawn = Request("a red cat", family="toy", seed=7, inputs=[tmp_path / "photo.png"])
    picture = next(generate(drawn, store=store, engine=engine))
    report = verify(made(request(image=str(picture.path)), store, engine).path, home)
    assert report.finding("chain").state == "good"
    assert report.finding("terms").state == "unknown"


def test_a_changed_clip_is_found_out(store: Store, engine: Engine, home: Path) -> None:
    for format in ("mp4", "webm", "gif", "webp", "zip"):
        path = made(request(format), store, engine).path
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        assert verify(path, home).finding("bytes").state == "bad", format


def test_a_cancel_while_it_is_encoded_leaves_nothing(
    store: Store, engine: Engine, home: Path
) -> None:
    seen: list[Step] = []

    def cancel(step: Step) -> None:
        seen.append(step)
        if step.index == step.total - 5:
            raise Cancelled

    with pytest.raises(Cancelled):
        next(generate(request(), cancel, store, engine))
    # All windows of frames were done; it was the encoder that was stopped.
    assert seen[-1].index > 5 and [each.index for each in seen] == list(range(1, len(seen) + 1))
    assert not list(store.outputs.iterdir()) and store.count() == 0
    assert made(request(), store, engine).path.is_file()


def test_progress_goes_to_its_end(store: Store, engine: Engine) -> None:
    seen: list[Step] = []
    next(generate(request("gif"), seen.append, store, engine))
    assert [each.index for each in seen] == list(range(1, seen[-1].total + 1))
    assert len({each.total for each in seen}) == 1


def test_an_odd_size_is_refused_with_the_nearest_even_one(store: Store, engine: Engine) -> None:
    with pytest.raises(RequestError, match="mp4 needs an even width and height, got 65x48; use 66"):
        resolve(request(width=65))
    assert made(request("webp", width=65), store, engine).path.is_file()


def test_a_private_clip_tells_nothing_of_its_words(store: Store, engine: Engine) -> None:
    artifact = made(replace(request(), private=True), store, engine)
    assert b"red ball" not in artifact.path.read_bytes()
    assert "red" not in artifact.path.name and artifact.record.prompt is None


@pytest.mark.skipif(sys.platform != "linux", reason="needs a small file system of its own")
def test_a_full_disk_in_mid_encode_leaves_no_half_file(tmp_path: Path, home: Path) -> None:
    """In a process of its own, whose output folder has room for a part of the clip."""
    folder, picture = tmp_path / "small", tmp_path / "noise.png"
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (128, 192, 3), dtype=np.uint8)
    PIL.Image.fromarray(noise).save(picture)
    mount = ["mount", "-t", "tmpfs", "-o", "size=20k", "tmpfs", str(folder)]
    code = f"""
import os, subprocess, sys
from pathlib import Path
from studio.core import Request, generate
from studio.errors import SaveError
if subprocess.run({mount!r}).returncode:
    sys.exit(77)
for format in ("mp4", "webm", "gif", "webp", "zip"):
    values = dict(duration_s=1, width=192, height=128, image={str(picture)!r})
    request = Request("a", family="toy-clip", seed=1, params=values, format=format,
                      out_dir=Path({str(folder)!r}))
    try:
        next(generate(request))
        print(format, "was saved")
    except SaveError as error:
        print(error)
    print("left:", os.listdir({str(folder)!r}))
"""
    command = ["unshare", "-rm", sys.executable, "-c", code]
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ))
    except FileNotFoundError:
        pytest.skip("no unshare here")
    if done.returncode in (1, 77) and not done.stdout:
        pytest.skip(f"no file system of its own here: {done.stderr[-200:]}")
    lines = done.stdout.splitlines()
    assert len(lines) == 10, done.stdout + done.stderr
    for told, left in zip(lines[::2], lines[1::2], strict=True):
        assert "No space left on device; free some space" in told and left == "left: []"


def test_a_sound_that_a_model_made_ends_with_its_picture(home: Path, store: Store) -> None:
    """Some are a little shorter or longer, and at a rate of their own."""
    from tests.test_videos import moving, tone

    for seconds, rate in ((1.4, 24_000), (1.8, 44_100)):
        job = resolve(request())[0]
        clip = Video(moving(36), 24.0, tone(seconds, rate))
        record = _record_of(job.family.name, clip)
        ready = finish_clip.finish(clip, record, Given("a"), home, "mp4")
        path = store.save(ready, record).path
        assert abs(probe(path).sound_s - 1.5) < 1 / 24
    with pytest.raises(PipelineError, match="the sound is 3.000 s long, the clip 1.500 s"):
        finish_clip.finish(Video(moving(36), 24.0, tone(3)), record, Given("a"), home, "mp4")


def test_captions_that_nothing_is_sung_for_are_told_of(store: Store, engine: Engine) -> None:
    artifact = made(request("gif", captions="soft"), store, engine)
    assert artifact.notes == ("the clip has no captions: gif holds no sound",)


def _record_of(family: str, clip: Video) -> Record:
    return Record(
        id=os.urandom(16).hex(),
        created="2026-11-22T10:00:00.000+00:00",
        kind="video",
        family=family,
        family_licence="Apache-2.0",
        params={"seed": 1},
        prompt="a",
        versions={},
        platform="here",
        seconds=1,
        media_sha256=media_sha256(clip),
    )


def test_errors_are_one_line(store: Store, engine: Engine) -> None:
    for asked in (request(width=65), request("gif", fps=60)):
        with pytest.raises(StudioError) as caught:
            made(asked, store, engine)
        assert "\n" not in str(caught.value)
    assert issubclass(SaveError, StudioError)
