"""Sound files: nothing is lost on the way there and back, and bad files are told apart."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from studio.errors import PipelineError, RequestError, ResourceError, SaveError
from studio.media import Audio
from studio.rights.tags import RightsTags
from studio.sounds import ffmpeg
from studio.sounds.containers import FORMATS, FULL_SCALE, decode, encode, find_format, format_of
from studio.sounds.tags import write_tags

LENGTH = 44_100 * 2 + 137
LOSSLESS = [name for name, format in FORMATS.items() if format.is_lossless]
LOSSY = [name for name, format in FORMATS.items() if not format.is_lossless]


def chord(channels: int = 2, rate: int = 44_100, length: int = LENGTH) -> Audio:
    time = np.arange(length) / rate
    tones = [np.sin(2 * np.pi * 220 * (side + 1) * time) * 0.4 for side in range(channels)]
    noise = np.random.default_rng(7).normal(0, 0.01, (channels, length))
    return Audio((np.stack(tones) + noise).astype(np.float32), rate)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("sounds")
    paths = {name: folder / f"chord.{name}" for name in FORMATS}
    for name, path in paths.items():
        encode(chord(), name, path)
    return paths


@pytest.mark.parametrize("name", LOSSLESS)
def test_a_lossless_file_holds_every_one_of_24_bits(files: dict[str, Path], name: str) -> None:
    expected = np.rint(chord().samples.astype(np.float64) * FULL_SCALE) / FULL_SCALE
    assert np.array_equal(decode(files[name]).samples, expected.astype(np.float32))


@pytest.mark.parametrize("name", LOSSLESS)
def test_storing_again_what_was_read_changes_nothing(
    files: dict[str, Path], name: str, tmp_path: Path
) -> None:
    again = tmp_path / f"again.{name}"
    encode(decode(files[name]), name, again)
    assert again.read_bytes() == files[name].read_bytes()


@pytest.mark.parametrize("name", LOSSY)
def test_a_lossy_file_keeps_length_place_and_sound(files: dict[str, Path], name: str) -> None:
    read = decode(files[name], sample_rate=44_100)
    # Opus counts in 48,000 Hz, so that its length on the way back may round up.
    assert read.samples.shape[1] - LENGTH in ((0, 1) if name == "opus" else (0,))
    error = read.samples[:, :LENGTH] - chord().samples
    signal_to_error = 10 * np.log10(np.mean(chord().samples ** 2) / np.mean(error**2))
    # A shift by one sample would leave 27 dB or less.
    assert signal_to_error > 30


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_sound_makes_the_same_bytes(
    files: dict[str, Path], name: str, tmp_path: Path
) -> None:
    encode(chord(), name, tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == files[name].read_bytes()


@pytest.mark.parametrize("name", FORMATS)
def test_one_channel_and_another_rate_stay_what_they_are(name: str, tmp_path: Path) -> None:
    encode(chord(1, 48_000), name, tmp_path / "mono")
    read = decode(tmp_path / "mono")
    assert (read.sample_rate, read.samples.shape) == (48_000, (1, LENGTH))


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_is_known_by_its_bytes(files: dict[str, Path], name: str, tmp_path: Path) -> None:
    unnamed = tmp_path / "file.bin"
    shutil.copyfile(files[name], unnamed)
    assert format_of(unnamed).name == name


def test_full_scale_is_stored_without_a_wrap(tmp_path: Path) -> None:
    samples = np.array([[1.0, -1.0, 0.0, 0.5]], dtype=np.float32)
    encode(Audio(samples, 44_100), "wav", tmp_path / "peak.wav")
    assert np.abs(decode(tmp_path / "peak.wav").samples - samples).max() <= 1 / FULL_SCALE


@pytest.mark.parametrize("peak", [1.2, float("nan"), float("inf")])
def test_samples_out_of_range_are_refused_not_clipped(peak: float, tmp_path: Path) -> None:
    samples = np.full((2, 100), peak, dtype=np.float32)
    with pytest.raises(PipelineError, match="within -1 and 1"):
        encode(Audio(samples, 44_100), "wav", tmp_path / "loud.wav")
    assert not (tmp_path / "loud.wav").exists()


def test_no_samples_no_file(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="got 2 x 0"):
        encode(Audio(np.zeros((2, 0), np.float32), 44_100), "flac", tmp_path / "none.flac")


def test_an_unknown_format_and_rate_name_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="wav, flac, mp3, m4a, opus"):
        find_format("midi")
    with pytest.raises(RequestError, match="mp3 cannot hold 96000 Hz"):
        encode(chord(rate=96_000), "mp3", tmp_path / "fast.mp3")


@pytest.mark.parametrize("name", ["wav", "mp3"])
def test_a_file_that_cannot_be_written_is_an_error(name: str, tmp_path: Path) -> None:
    with pytest.raises(SaveError):
        encode(chord(), name, tmp_path / "no folder" / "x")


@pytest.mark.parametrize("name", FORMATS)
def test_half_a_file_is_refused(files: dict[str, Path], name: str, tmp_path: Path) -> None:
    half = tmp_path / f"half.{name}"
    half.write_bytes(files[name].read_bytes()[: files[name].stat().st_size // 2])
    with pytest.raises(RequestError, match="damaged or cut short"):
        decode(half)


@pytest.mark.parametrize("frames", [100, 44_100])
def test_a_wav_cut_between_samples_is_refused(
    files: dict[str, Path], frames: int, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.wav"
    cut.write_bytes(files["wav"].read_bytes()[: -6 * frames])
    with pytest.raises(RequestError, match="damaged or cut short"):
        decode(cut)


@pytest.mark.parametrize("name", ["flac", "mp3", "m4a", "opus"])
def test_a_hole_in_the_sound_is_noticed(files: dict[str, Path], name: str, tmp_path: Path) -> None:
    data = bytearray(files[name].read_bytes())
    middle = len(data) // 2
    data[middle : middle + 4000] = bytes(4000)
    (tmp_path / "hole").write_bytes(data)
    with pytest.raises(RequestError, match="damaged"):
        decode(tmp_path / "hole")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"la la la " * 1000, "is not a sound"),
        (b"\x89PNG\r\n\x1a\n" + bytes(1000), "is not a sound"),
        (b"#EXTM3U\n#EXTINF:2,\nchord.wav\n#EXT-X-ENDLIST\n", "is not a sound"),
        (b"ffconcat version 1.0\nfile chord.wav\n", "is not a sound"),
    ],
)
def test_what_is_no_sound_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(RequestError, match=message):
        decode(tmp_path / "file")
    with pytest.raises(RequestError):
        format_of(tmp_path / "file")


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="is a folder"):
        decode(tmp_path)
    with pytest.raises(RequestError, match="does not exist"):
        decode(tmp_path / "gone.wav")


def test_a_file_of_2_gb_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "huge.wav").open("wb") as file:
        file.truncate(2 << 30)
    with pytest.raises(RequestError, match=r"2\.1 GB; at most 1 GB"):
        decode(tmp_path / "huge.wav")


def test_a_sound_of_16_minutes_is_refused(tmp_path: Path) -> None:
    encode(Audio(np.zeros((1, 8000 * 960), np.float32), 8000), "flac", tmp_path / "long.flac")
    with pytest.raises(RequestError, match="longer than 15 minutes"):
        decode(tmp_path / "long.flac")


def test_a_film_without_sound_is_refused_and_one_with_sound_is_read(
    files: dict[str, Path], tmp_path: Path
) -> None:
    colour = ["-f", "lavfi", "-i", "color=size=64x64:duration=3"]
    silent, loud = tmp_path / "silent.mp4", tmp_path / "loud.mp4"
    tool = [ffmpeg.program(), "-v", "error", "-y"]
    subprocess.run([*tool, *colour, str(silent)], check=True)
    subprocess.run([*tool, *colour, "-i", str(files["wav"]), str(loud)], check=True)
    with pytest.raises(RequestError, match="has no sound in it"):
        decode(silent)
    assert decode(loud).duration_s == pytest.approx(2, abs=0.05)


def test_six_channels_are_mixed_to_two(files: dict[str, Path], tmp_path: Path) -> None:
    tool = [ffmpeg.program(), "-v", "error", "-y", "-i", str(files["wav"])]
    subprocess.run([*tool, "-ac", "6", str(tmp_path / "six.flac")], check=True)
    assert decode(tmp_path / "six.flac").samples.shape == (2, LENGTH)


def test_without_ffmpeg_the_way_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> str:
        raise RuntimeError("No ffmpeg exe could be found")

    monkeypatch.setattr("imageio_ffmpeg.get_ffmpeg_exe", missing)
    ffmpeg.program.cache_clear()
    try:
        with pytest.raises(ResourceError, match="reinstall imageio-ffmpeg"):
            ffmpeg.program()
    finally:
        ffmpeg.program.cache_clear()


def test_a_sound_is_read_whatever_its_tags_say(tmp_path: Path) -> None:
    words = "[error] boom\r[error] boom\nStream map matches no streams\nInput #0, wav\n"
    words += "  Duration: 09:00:00.00\n[info]   Stream #0:1: Video: h264\n"
    for name in ("mp3", "flac", "m4a"):
        path = tmp_path / f"[error] [fatal] x.{name}"
        encode(chord(), name, path)
        write_tags(path, RightsTags(title=words, lyrics=words))
        assert decode(path).samples.shape == (2, LENGTH)
