"""Clips as files: every container holds them whole, and gives them back."""

import hashlib
import json
import os
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from studio.errors import Cancelled, PipelineError, RequestError, SaveError
from studio.frames import stored
from studio.media import Audio, Video
from studio.rights.tags import RightsTags
from studio.score import Note, Part, Score
from studio.sounds import containers
from studio.sounds.ffmpeg import program
from studio.videos import formats, paint, subtitles, tags
from studio.videos.decode import open_clip, poster, poster_of, read_clip
from studio.videos.encode import Beside, encode
from studio.videos.formats import FORMATS, format_of
from studio.videos.paint import Painting, painted
from studio.videos.probe import probe
from studio.videos.subtitles import Caption, captions_of, to_srt

FPS, COUNT, WIDTH, HEIGHT = 24.0, 36, 96, 64
LINES = (Caption("Rain on the roof", 0.2, 0.7), Caption("雨落在屋顶上", 0.7, 1.4))
TAGS = RightsTags(
    title="a red ball\nthat = flies; #1 \\ 红球",
    genre="toy",
    licence="Apache-2.0 AND CC-BY-4.0",
    credit_text="Drawings by A; B = C",
    aigc={"Label": "1", "ContentProducer": "Studio"},
    record_json='{"a":"b;c=#\\\\n"}',
    rights_id="urn:uuid:1",
    lyrics="one\ntwo",
    studio_record_json=json.dumps(
        {"prompt": 'l1\nl2 "x" <&> ' + "雨" * 60_000}, ensure_ascii=False
    ),
    software="Studio 0",
)


def moving(count: int = COUNT, width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.uint8]:
    """A bright square that goes to the right over a smooth ground."""
    y, x = np.mgrid[0:height, 0:width]
    ground = np.stack([x * 255 // width, y * 255 // height, np.full_like(x, 90)], axis=2)
    frames = np.repeat(ground[None].astype(np.uint8), count, axis=0)
    for number, frame in enumerate(frames):
        left = number * (width - 16) // max(1, count - 1)
        frame[height // 2 - 8 : height // 2 + 8, left : left + 16] = (250, 230, 40)
    return frames


def tone(seconds: float, rate: int = 44_100) -> Audio:
    t = np.arange(round(seconds * rate)) / rate
    wave = 0.3 * np.sin(2 * np.pi * 330 * t)
    return Audio(np.stack([wave, wave]).astype(np.float32), rate)


CLIP = Video(moving(), FPS)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same clip in every container; where it can, with sound and subtitles."""
    folder = tmp_path_factory.mktemp("clips")
    made: dict[str, Path] = {}
    for name, format in FORMATS.items():
        made[name] = folder / f"clip.{name}"
        sound: Path | None = None
        if format.has_sound:
            sound = folder / f"sound.{format.sound}"
            containers.encode(tone(CLIP.duration_s), format.sound, sound)
        encode(CLIP, name, made[name], Beside(sound, LINES))
    return made


@pytest.fixture(params=FORMATS)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def test_frames_rate_and_length_are_exact_in_every_container(
    name: str, files: dict[str, Path]
) -> None:
    facts = probe(files[name])
    assert (facts.frames, facts.width, facts.height) == (COUNT, WIDTH, HEIGHT)
    assert facts.fps == FPS and facts.duration_s == CLIP.duration_s
    assert facts.format == name
    assert facts.has_sound == FORMATS[name].has_sound
    if facts.has_sound:
        assert abs(facts.sound_s - facts.duration_s) < 1 / FPS


def test_what_is_seen_comes_back(name: str, files: dict[str, Path]) -> None:
    read = read_clip(files[name])
    difference = np.abs(np.stack(list(read.frames)).astype(int) - CLIP.frames)
    assert difference.mean() < (0.01 if FORMATS[name].is_lossless else 6)
    # The square is where it was: no frame was dropped, repeated or moved in time.
    for number in (0, COUNT // 2, COUNT - 1):
        bright = (read.frames[number][..., 2] < 70) & (read.frames[number][..., 0] > 180)
        left = int(np.flatnonzero(bright[HEIGHT // 2].astype(int))[0])
        assert abs(left - number * (WIDTH - 16) // (COUNT - 1)) <= 1
    assert (read.audio is not None) == FORMATS[name].has_sound


def test_the_same_clip_makes_the_same_bytes(
    name: str, files: dict[str, Path], tmp_path: Path
) -> None:
    again = tmp_path / f"again.{name}"
    sound = files[name].with_name(f"sound.{FORMATS[name].sound}")
    beside = Beside(sound if sound.exists() else None, LINES)
    encode(Video(stored(CLIP.frames), FPS), name, again, beside)
    assert hashlib.sha256(again.read_bytes()).digest() == (
        hashlib.sha256(files[name].read_bytes()).digest()
    )


def test_tags_come_back_and_the_picture_stays(
    name: str, files: dict[str, Path], tmp_path: Path
) -> None:
    copy = tmp_path / f"tagged.{name}"
    copy.write_bytes(files[name].read_bytes())
    assert tags.read_tags(copy) == RightsTags(source_type="")
    cover = (files["mp4"].parent / "cover.jpg") if name == "mp4" else None
    if cover is not None:
        PIL.Image.new("RGB", (32, 32), "red").save(cover)
    extras = tags.Extras(poster=cover.read_bytes() if cover else b"", disclosure={"studio:id": "x"})
    for _ in range(2):  # the second time instead of the first
        tags.write_tags(copy, TAGS, extras)
        assert tags.read_tags(copy) == TAGS
        assert tags.read_poster(copy) == extras.poster
    assert probe(copy) == probe(files[name])
    before, after = read_clip(files[name], False), read_clip(copy, False)
    assert before == after


def test_a_player_can_begin_before_the_whole_mp4_is_there(
    files: dict[str, Path], tmp_path: Path
) -> None:
    copy = tmp_path / "tagged.mp4"
    copy.write_bytes(files["mp4"].read_bytes())
    tags.write_tags(copy, TAGS)
    data = copy.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_a_file_is_known_by_what_is_in_it(files: dict[str, Path], tmp_path: Path) -> None:
    for name, path in files.items():
        odd = tmp_path / f"{name}.bin"
        odd.write_bytes(path.read_bytes())
        found = format_of(odd)
        assert found is not None and found.name == name
    sound, picture, zipped = tmp_path / "a.m4a", tmp_path / "a.webp", tmp_path / "a.mxl"
    containers.encode(tone(0.3), "m4a", sound)
    PIL.Image.new("RGBA", (8, 8)).save(picture)
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("META-INF/container.xml", "<container/>")
    assert [format_of(each) for each in (sound, picture, zipped, tmp_path / "none")] == [None] * 4


def test_browsers_get_what_they_play(files: dict[str, Path]) -> None:
    told = {name: _told(files[name]) for name in ("mp4", "webm")}
    assert "h264" in told["mp4"] and "yuv420p(tv, bt709" in told["mp4"] and "aac" in told["mp4"]
    assert "vp9" in told["webm"] and "yuv420p(tv, bt709" in told["webm"] and "opus" in told["webm"]
    assert "mov_text" in told["mp4"] and "webvtt" in told["webm"]


def _told(path: Path) -> str:
    done = subprocess.run([program(), "-i", str(path)], capture_output=True, text=True)
    return done.stderr


def test_subtitles_say_each_line_at_its_time(files: dict[str, Path]) -> None:
    for name in ("mp4", "webm"):
        command = [program(), "-v", "error", "-i", str(files[name]), "-f", "srt", "-"]
        written = subprocess.run(command, capture_output=True, check=True).stdout.decode()
        assert "00:00:00,200 --> 00:00:00,700" in written and "Rain on the roof" in written
        assert "雨落在屋顶上" in written


def test_a_gif_and_a_webp_move_in_any_reader(files: dict[str, Path]) -> None:
    for name in ("gif", "webp"):
        with PIL.Image.open(files[name]) as picture:
            assert getattr(picture, "n_frames", 1) == COUNT
            durations: list[float] = []
            for number in range(COUNT):
                picture.seek(number)
                picture.load()
                durations.append(picture.info["duration"])
            assert abs(sum(durations) / 1000 - CLIP.duration_s) < 1 / FPS
            assert picture.info.get("loop") == 0


def test_a_zip_opens_as_pictures_anywhere(files: dict[str, Path]) -> None:
    with zipfile.ZipFile(files["zip"]) as archive:
        names = archive.namelist()
        assert names[:2] == ["sequence.json", "frame-000001.png"] and len(names) == COUNT + 1
        with archive.open("frame-000002.png") as file, PIL.Image.open(file) as picture:
            assert np.array_equal(np.asarray(picture), CLIP.frames[1])


@pytest.mark.parametrize(
    ("frames", "fps", "name", "message"),
    [
        (moving(4, 65, 48), 24, "mp4", "even width and height, got 65x48; use 66x48"),
        (moving(4, 64, 47), 24, "webm", "even width and height, got 64x47; use 64x48"),
        (moving(4), 60, "gif", "gif shows at most 50 frames a second, got 60"),
        (moving(4), 24 / 1.001, "mp4", "two decimals, got 23.97"),
        (moving(4), 24, "avi", "no clip format 'avi'; there is mp4"),
    ],
)
def test_what_a_container_cannot_hold_is_refused_with_what_would_do(
    frames: NDArray[np.uint8], fps: float, name: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(RequestError, match=message):
        encode(Video(frames, fps), name, tmp_path / f"a.{name}")
    assert not list(tmp_path.iterdir())


def test_odd_sizes_go_where_they_can(tmp_path: Path) -> None:
    for name in ("gif", "webp", "zip"):
        encode(Video(moving(3, 65, 47), FPS), name, tmp_path / f"a.{name}")
        facts = probe(tmp_path / f"a.{name}")
        assert (facts.width, facts.height, facts.frames) == (65, 47, 3)


def test_one_frame_is_a_clip_and_none_is_not(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{name}"
    if name not in ("gif", "webp"):  # a single picture does not move
        encode(Video(moving(1), FPS), name, path)
        assert probe(path).frames == 1
        path.unlink()
    with pytest.raises(PipelineError, match="needs frames with pixels, got 0"):
        encode(Video(moving(1)[:0], FPS), name, path)
    assert not list(tmp_path.iterdir())


def test_a_cancel_in_mid_encode_leaves_nothing(name: str, tmp_path: Path) -> None:
    seen: list[int] = []

    def cancel(done: int) -> None:
        seen.append(done)
        if len(seen) == 5:
            raise Cancelled

    sound = FORMATS[name].sound
    given = tmp_path.parent / f"beside.{sound}" if sound else None
    if given is not None:
        containers.encode(tone(CLIP.duration_s), sound, given)
    with pytest.raises(Cancelled):
        encode(CLIP, name, tmp_path / f"a.{name}", Beside(given, LINES), cancel)
    assert len(seen) == 5 and not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full here")
@pytest.mark.parametrize("name", ["mp4", "webm", "gif", "webp"])
def test_a_full_disk_is_told_in_a_line(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{name}"
    path.symlink_to("/dev/full")
    noise = np.random.default_rng(0).integers(0, 256, (12, 64, 64, 3), dtype=np.uint8)
    with pytest.raises(SaveError, match="No space left on device; free some space") as caught:
        encode(Video(noise, FPS), name, path)
    assert "\n" not in str(caught.value) and not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def strange(files: dict[str, Path]) -> Iterator[dict[str, Path]]:
    folder = files["mp4"].parent
    made = {
        "text": folder / "text.mp4",
        "empty": folder / "empty.mp4",
        "cut": folder / "cut.mp4",
        "hit": folder / "hit.webm",
        "sound": folder / "only.m4a",
        "bomb": folder / "bomb.zip",
    }
    made["text"].write_text("I am a clip, honestly.\n" * 50)
    made["empty"].touch()
    tagged = folder / "whole.mp4"
    tagged.write_bytes(files["mp4"].read_bytes())
    tags.write_tags(tagged, TAGS)
    made["cut"].write_bytes(tagged.read_bytes()[: tagged.stat().st_size * 2 // 3])
    made["hit"].write_bytes(files["webm"].read_bytes()[:-3000])
    containers.encode(tone(0.5), "m4a", made["sound"])
    with zipfile.ZipFile(made["bomb"], "w", zipfile.ZIP_DEFLATED) as archive:
        facts = {"width": 8, "height": 8, "frames": 1, "fps": 24}
        archive.writestr("sequence.json", json.dumps(facts))
        archive.writestr("frame-000001.png", bytes(100_000_000))
    yield made


@pytest.mark.parametrize(
    ("which", "message"),
    [
        ("text", "'text.mp4' is not a clip; give an MP4"),
        ("empty", "'empty.mp4' is empty; give a whole file"),
        ("cut", "'cut.mp4' is damaged or cut short"),
        ("hit", "'hit.webm' is damaged or cut short"),
        ("sound", "'only.m4a' has no picture in it; give a clip, not a sound"),
    ],
)
def test_a_bad_file_is_told_in_a_line(which: str, message: str, strange: dict[str, Path]) -> None:
    with pytest.raises(RequestError, match=message) as caught:
        open_clip(strange[which])
    assert "\n" not in str(caught.value)


def test_a_zip_bomb_is_not_unpacked(strange: dict[str, Path]) -> None:
    with pytest.raises(RequestError, match="is over 64 MB"):
        list(open_clip(strange["bomb"]))


def test_a_file_that_names_others_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    playlist = tmp_path / "list.mp4"
    playlist.write_text(f"ffconcat version 1.0\nfile {secret}\n")
    with pytest.raises(RequestError, match="is not a clip"):
        open_clip(playlist)


def test_a_missing_clip_and_a_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="does not exist"):
        open_clip(tmp_path / "none.mp4")
    with pytest.raises(RequestError, match="is a folder"):
        open_clip(tmp_path)


def test_a_silent_clip_is_a_clip(tmp_path: Path) -> None:
    path = tmp_path / "silent.mp4"
    encode(CLIP, "mp4", path)
    read = read_clip(path)
    assert read.audio is None and len(read.frames) == COUNT


def test_the_poster_is_the_frame_with_the_most_to_see(tmp_path: Path) -> None:
    frames = np.full((20, 32, 32, 3), 40, np.uint8)
    frames[10] = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    # The ninth of nine that are looked at may be any; the noise is in the middle.
    frames[9:12] = frames[10]
    assert np.array_equal(poster(frames).pixels, frames[10])
    assert np.array_equal(poster(frames[:5]).pixels, frames[0])
    path = tmp_path / "a.zip"
    encode(Video(frames, FPS), "zip", path)
    assert np.array_equal(poster_of(path).pixels, frames[10])


def test_captions_are_the_lines_that_are_sung() -> None:
    words = ("Rain", "on", "the", "roof", "all", "day")
    notes = [Note(i * 1.0, 0.9, 60, syllable=word) for i, word in enumerate(words[:4])]
    notes += [Note(6 + i * 1.0, 0.9, 60, syllable=word) for i, word in enumerate(words[4:])]
    score = Score(
        tempo_bpm=120,
        metre=(4, 4),
        key="C",
        mode="major",
        parts=(Part("vocals", "vocals", "voice", tuple(notes)),),
        chords=(),
        sections=(),
        length_beats=8,
    )
    lines = captions_of(score, "Rain on the roof\nAll day", 4.0)
    assert [each.text for each in lines] == ["Rain on the roof", "All day"]
    assert lines[0].start_s == 0 and 1.95 <= lines[0].end_s <= lines[1].start_s == 3.0
    assert lines[1].end_s == 4.0
    assert [each.text for each in captions_of(score, "", 2.0)] == ["Rain on the roof"]
    assert captions_of(None, "la", 4.0) == ()


def test_a_caption_cannot_pose_as_another() -> None:
    text = to_srt([Caption("a\n\n2\n00:00:00,000 --> 00:00:09,000\nb", 0, 3661.5)])
    assert text.count("-->") == 1 and "01:01:01,500" in text and text.count("\n") == 3


def test_burnt_in_words_stand_at_their_times_and_the_label_all_the_time() -> None:
    frames = np.full((24, 128, 192, 3), 128, np.uint8)
    shown = painted(frames, 24, Painting((Caption("Hello", 0.25, 0.5),), "AI-generated"))
    lower, upper = slice(90, 128), slice(0, 30)
    for number in range(24):
        is_said = 6 <= number < 12
        assert (shown[number][lower] != 128).any() == is_said, number
        assert (shown[number][upper, :120] != 128).any()
        assert (shown[number][40:80] == 128).all()
    assert (frames == 128).all()
    assert painted(frames, 24, Painting()) is frames


def test_the_label_is_in_the_language_of_the_prompt() -> None:
    assert paint.label_for("a cat") == "AI-generated"
    assert paint.label_for("一只猫") in ("AI 生成", "AI-generated")
    tall = int(np.flatnonzero((_labelled(400) != 0).any(axis=(1, 2))).size)
    assert tall >= 400 * paint.LABEL_SHARE


def _labelled(side: int) -> NDArray[np.uint8]:
    black = np.zeros((1, side, side, 3), np.uint8)
    return painted(black, 24, Painting(label="AI-generated"))[0]


def test_the_language_of_subtitles_is_that_of_most_lines() -> None:
    assert subtitles.language_of(LINES) == "eng"
    assert subtitles.language_of(LINES[1:]) == "zho"


def test_files_with_odd_names_are_read_and_written(tmp_path: Path) -> None:
    folder = tmp_path / "it's [a] folder; x,y=1"
    folder.mkdir()
    for name in FORMATS:
        path = folder / f"雨 'n' rain: 100%.{name}" if os.name == "posix" else folder / f"a.{name}"
        encode(Video(moving(3), FPS), name, path)
        tags.write_tags(path, TAGS)
        assert probe(path).frames == 3 and formats.format_of(path) is FORMATS[name]
