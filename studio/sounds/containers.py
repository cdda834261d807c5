"""Sound to and from files: WAV and FLAC (24 bits, lossless), MP3, M4A (AAC), Opus.

What goes in comes out at the same length to the sample, in the lossy formats too. Knows no tags:
`tags` adds them to a finished file.
"""

import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from studio.errors import PipelineError, RequestError, SaveError
from studio.media import Audio
from studio.sounds import ffmpeg

MAX_SECONDS = 15 * 60
MAX_BYTES = 1_000_000_000
"""Of a file that somebody hands in: 15 minutes of 96 kHz, 32 bits, stereo have room."""

FULL_SCALE = 1 << 23
_LOSSY_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
_DECLARED = re.compile(r"\[info\]   Duration: (\d+):(\d\d):(\d\d\.\d+)")
_FILM = r"\[info\]   Stream #0:\d+.*?: Video:"
# Half a second: containers round their length, and encoders pad.
_MISSING_S = 0.5
# Pictures that begin like an MP4.
_PICTURE_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1")


@dataclass(frozen=True)
class SoundFormat:
    """A container: `name` is what people type and, with a dot, the file's suffix."""

    name: str
    mime: str
    is_lossless: bool
    codec: tuple[str, ...] = ()
    """How ffmpeg encodes it, apart from the bit rate."""

    kbps: int = 0
    """Bit rate unless another is asked for."""


FORMATS: dict[str, SoundFormat] = {
    each.name: each
    for each in (
        SoundFormat("wav", "audio/wav", is_lossless=True),
        SoundFormat("flac", "audio/flac", True, ("-c:a", "flac", "-sample_fmt", "s32")),
        SoundFormat("mp3", "audio/mpeg", False, ("-c:a", "libmp3lame", "-id3v2_version", "0"), 256),
        SoundFormat("m4a", "audio/mp4", False, ("-c:a", "aac", "-movflags", "+faststart"), 256),
        SoundFormat("opus", "audio/ogg", False, ("-c:a", "libopus"), 160),
    )
}


def encode(audio: Audio, format: str, path: Path, kbps: int | None = None) -> None:
    """Write a sound without tags; the same sound always makes the same bytes.

    `kbps` is for the lossy formats. Opus stores every sound at 48,000 Hz.

    Raises:
        RequestError: no such format, or one that cannot hold this sound.
        PipelineError: the samples are not a sound that can be stored without damage.
        SaveError: it could not be written; nothing is left of it.
    """
    known = find_format(format)
    _check_sound(audio, known)
    pcm = _integers(audio.samples)
    try:
        if known.name == "wav":
            path.write_bytes(_wav_header(audio) + _three_bytes(pcm))
        else:
            _through_ffmpeg(pcm, audio.sample_rate, known, path, kbps)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise SaveError(f"cannot write {path}: {error.strerror or error}") from error
    except SaveError:
        path.unlink(missing_ok=True)
        raise


def decode(path: Path, sample_rate: int | None = None) -> Audio:
    """Read the first sound of any common sound or video file, mono or stereo.

    More than two channels are mixed to stereo; another `sample_rate` is resampled to.

    Raises:
        RequestError: missing, no sound in it, damaged, too large or too long.
    """
    check_file(path)
    wanted = "aformat=channel_layouts=mono|stereo"
    wanted += f":sample_rates={sample_rate}" if sample_rate else ""
    after = ("-map", "0:a:0", "-af", wanted, "-c:a", "pcm_f32le", "-fflags", "+bitexact")
    limit = 8 * 96_000 * MAX_SECONDS
    done = ffmpeg.extract(path, ("-t", str(MAX_SECONDS + 1)), (*after, "-f", "wav"), limit)
    _check_decoded(path, done)
    audio = _from_wav(done.output)
    if audio is None:
        raise _damaged(path, "no samples")
    if done.is_cut or audio.duration_s > MAX_SECONDS:
        raise RequestError(
            f"sound {path.name!r} is longer than {MAX_SECONDS // 60} minutes; cut it first"
        )
    _check_length(path, done, audio)
    return audio


def find_format(name: str) -> SoundFormat:
    """The format of a name.

    Raises:
        RequestError: there is none.
    """
    if name not in FORMATS:
        raise RequestError(f"no sound format {name!r}; there is {', '.join(FORMATS)}")
    return FORMATS[name]


def format_of(path: Path) -> SoundFormat:
    """What a file is, by its first bytes, whatever its name says.

    Raises:
        RequestError: missing, or none of the formats above.
    """
    with open_file(path) as file:
        head = file.read(12)
        if head[:3] == b"ID3" and len(head) >= 10:
            # C2PA puts its manifest in front of a FLAC file, as an ID3 tag.
            file.seek(10 + id3_size(head))
            return FORMATS["flac" if file.read(4) == b"fLaC" else "mp3"]
    signs = {
        "wav": head[:4] == b"RIFF" and head[8:12] == b"WAVE",
        "flac": head[:4] == b"fLaC",
        "m4a": head[4:8] == b"ftyp" and head[8:12] not in _PICTURE_BRANDS,
        "opus": head[:4] == b"OggS",
        "mp3": len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2,
    }
    for name, is_it in signs.items():
        if is_it:
            return FORMATS[name]
    raise _no_sound(path)


def id3_size(head: bytes) -> int:
    """Length of an ID3v2 tag behind its ten bytes of header: four bytes of seven bits."""
    return (head[6] << 21) | (head[7] << 14) | (head[8] << 7) | head[9]


def open_file(path: Path) -> BinaryIO:
    """Open for reading, with an error fit for the user where it cannot be."""
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise RequestError(f"sound {str(path)!r} {what}; give the path of a WAV, FLAC or MP3")
    try:
        return path.open("rb")
    except OSError as error:
        raise RequestError(f"cannot read sound {str(path)!r}: {error.strerror}") from error


def _check_sound(audio: Audio, format: SoundFormat) -> None:
    channels, length = audio.samples.shape
    if channels not in (1, 2) or length == 0:
        raise PipelineError(
            f"a sound file needs 1 or 2 channels and samples, got {channels} x {length}"
        )
    peak = float(np.max(np.abs(audio.samples)))
    if not peak <= 1:  # also where a sample is not a number
        raise PipelineError(f"samples must lie within -1 and 1, got a peak of {peak:.4g}; limit it")
    rate = audio.sample_rate
    is_known = 8000 <= rate <= 192_000 if format.is_lossless else rate in _LOSSY_RATES
    if not is_known:
        raise RequestError(f"{format.name} cannot hold {rate} Hz; use 44100 or 48000 Hz")


def _integers(samples: NDArray[np.float32]) -> NDArray[np.int32]:
    """Time-major 24-bit values (T, C). A float32 holds every one of them exactly."""
    scaled = np.rint(samples.T.astype(np.float64) * FULL_SCALE)
    return np.ascontiguousarray(np.minimum(scaled, FULL_SCALE - 1).astype("<i4"))


def _three_bytes(pcm: NDArray[np.int32]) -> bytes:
    data = pcm.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    # A chunk of odd length ends with a byte that does not count.
    return data + b"\0" * (len(data) % 2)


def _wav_header(audio: Audio) -> bytes:
    channels, length = audio.samples.shape
    frame = 3 * channels
    size = frame * length
    format = struct.pack(
        "<HHIIHH", 1, channels, audio.sample_rate, audio.sample_rate * frame, frame, 24
    )
    if size + 1_000_000 >= 1 << 32:
        raise SaveError(f"{audio.duration_s:.0f} s do not fit in a WAV of 4 GB; use flac")
    body = b"WAVEfmt " + struct.pack("<I", len(format)) + format + b"data" + struct.pack("<I", size)
    return b"RIFF" + struct.pack("<I", len(body) + size + size % 2) + body


def _through_ffmpeg(
    pcm: NDArray[np.int32], rate: int, format: SoundFormat, path: Path, kbps: int | None
) -> None:
    source = ("-f", "s32le", "-ar", str(rate), "-ac", str(pcm.shape[1]), "-i", "pipe:0")
    # Bit-exact leaves out versions, dates and random serial numbers.
    exact = ("-map_metadata", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact")
    bits = () if format.is_lossless else ("-b:a", f"{kbps or format.kbps}k")
    muxer = {"m4a": "ipod", "opus": "ogg"}.get(format.name, format.name)
    target = (*format.codec, *bits, "-f", muxer, f"file:{path.absolute()}")
    done = ffmpeg.convert((pcm << 8).tobytes(), (*source, *exact, *target))
    if done.code != 0:
        is_full = any("No space left" in each for each in done.errors)
        problem = "No space left on device" if is_full else (done.errors or ("no reason given",))[0]
        raise SaveError(
            f"cannot encode the {format.name} in {path.parent}: {problem}; free some space or "
            "choose another folder"
        )


def check_file(path: Path) -> None:
    """Refuse a file that is not there, empty or too large to be read whole."""
    with open_file(path):
        ffmpeg.check_size(path, "sound", MAX_BYTES)


def _check_decoded(path: Path, done: ffmpeg.Finished) -> None:
    if done.is_cut:
        return
    has_stream = _says(done, r"\[info\]   Stream #0:")
    if any("matches no streams" in problem for problem in done.errors):
        raise RequestError(f"{path.name!r} has no sound in it; give a file with an audio track")
    if not has_stream:
        raise _no_sound(path)
    if done.code != 0 or done.errors:
        raise _damaged(path, (done.errors or (f"ffmpeg ended with {done.code}",))[0])


def _from_wav(data: bytes) -> Audio | None:
    """The float samples behind ffmpeg's header, which has no lengths where it writes to a pipe."""
    at, rate, channels = 12, 0, 0
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if name == b"fmt ":
            channels, rate = struct.unpack_from("<HI", data, at + 10)
        if name == b"data":
            break
        at += 8 + size + size % 2
    values = np.frombuffer(data, "<f4", offset=min(at + 8, len(data)), count=-1 if channels else 0)
    if not channels or values.size < channels:
        return None
    samples = values.reshape(-1, channels).T
    return Audio(np.ascontiguousarray(samples, dtype=np.float32), rate)


def _check_length(path: Path, done: ffmpeg.Finished, audio: Audio) -> None:
    """Refuse a sound that ends before its header says it should."""
    if _says(done, r"\[info\] Input #0, wav") and not _has_whole_chunk(path):
        raise _damaged(path, "fewer samples than it says")
    if _says(done, r"\[info\] Input #0, ogg") and not _has_end_page(path):
        raise _damaged(path, "no last page")
    declared = next(filter(None, map(_DECLARED.match, done.log)), None)
    # Without a header the length is a guess from the bit rate; a film may be longer than its sound.
    if declared is None or _says(done, ".*Estimating duration") or _says(done, _FILM):
        return
    hours, minutes, seconds = (float(part) for part in declared.groups())
    expected = hours * 3600 + minutes * 60 + seconds
    if audio.duration_s < min(expected, MAX_SECONDS) - _MISSING_S:
        raise _damaged(path, f"{audio.duration_s:.1f} of {expected:.1f} s")


def _says(done: ffmpeg.Finished, message: str) -> bool:
    return any(re.match(message, line) for line in done.log)


def _has_whole_chunk(path: Path) -> bool:
    """Whether a WAV file is as long as its chunk of samples; ffmpeg takes what there is."""
    end = path.stat().st_size
    with path.open("rb") as file:
        at = 12
        while at + 8 <= end:
            file.seek(at)
            name, size = struct.unpack("<4sI", file.read(8))
            if name == b"data":
                # Programs that write to a pipe cannot know the length.
                return size in (0, 0xFFFFFFFF) or at + 8 + size <= end
            at += 8 + size + size % 2
    return True


def _has_end_page(path: Path) -> bool:
    """Whether an Ogg file's last page says that it is the last; it alone tells the length."""
    with path.open("rb") as file:
        # A page has at most 65,307 bytes.
        file.seek(max(0, path.stat().st_size - 65_307))
        end = file.read()
    at = end.rfind(b"OggS")
    return at >= 0 and at + 5 < len(end) and bool(end[at + 5] & 4)


def _no_sound(path: Path) -> RequestError:
    return RequestError(f"{path.name!r} is not a sound; give a WAV, FLAC, MP3, M4A or Opus file")


def _damaged(path: Path, why: str) -> RequestError:
    return RequestError(f"sound {path.name!r} is damaged or cut short ({why}); give a whole file")
