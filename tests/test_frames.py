"""Frames of a clip in a file: the same clip as in memory, without the memory."""

import gc
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.errors import PipelineError, ResourceError
from studio.frames import FrameWriter, JoinedFrames, stored
from studio.media import Audio, Video
from studio.record import media_sha256

SOUND = Audio(np.zeros((2, 4410), np.float32), 44_100)


def noise(frames: int = 5, height: int = 6, width: int = 8) -> NDArray[np.uint8]:
    generator = np.random.default_rng(1)
    return generator.integers(0, 256, (frames, height, width, 3), dtype=np.uint8)


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    frames = noise()
    writer = FrameWriter(tmp_path / "a.frames", width=8, height=6)
    writer.append(frames[0])
    writer.extend(frames[1:])
    kept = writer.close()
    assert kept.shape == frames.shape and len(kept) == 5 and kept.ndim == 4
    assert np.array_equal(kept[2], frames[2]) and np.array_equal(kept[-1], frames[-1])
    assert np.array_equal(np.stack(list(kept)), frames)
    with pytest.raises(IndexError):
        kept[5]


def test_a_clip_is_the_same_whether_its_frames_lie_in_a_file_or_not() -> None:
    frames = noise()
    one, two = Video(frames, 8.0, SOUND), Video(stored(frames), 8.0, SOUND)
    assert one == two and two == one
    assert media_sha256(one) == media_sha256(two)
    other = frames.copy()
    other[-1, -1, -1, -1] ^= 1
    assert Video(stored(other), 8.0, SOUND) != one
    assert media_sha256(Video(stored(other), 8.0, SOUND)) != media_sha256(one)
    assert (two.width, two.height, two.duration_s) == (8, 6, 5 / 8)


def test_a_frame_that_is_a_view_is_kept_as_it_looks() -> None:
    frames = noise(height=8, width=8)
    turned = frames.transpose(0, 2, 1, 3)
    assert np.array_equal(np.stack(list(stored(turned))), turned)
    assert media_sha256(Video(turned, 8.0)) == media_sha256(Video(turned.copy(), 8.0))


def test_a_temporary_file_goes_when_nobody_holds_its_frames() -> None:
    kept = stored(noise())
    path = kept.path
    assert path.is_file()
    del kept
    gc.collect()
    assert not path.exists()


def test_a_temporary_file_goes_with_a_writer_that_was_never_closed() -> None:
    writer = FrameWriter.temporary(8, 6)
    writer.append(noise()[0])
    path = writer.path
    assert path.is_file()
    del writer
    gc.collect()
    assert not path.exists()


def test_an_error_in_between_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "a.frames"
    with pytest.raises(KeyboardInterrupt), FrameWriter(path, 8, 6) as writer:
        writer.append(noise()[0])
        raise KeyboardInterrupt
    assert not path.exists()


def test_a_frame_of_another_size_is_refused(tmp_path: Path) -> None:
    with (
        FrameWriter(tmp_path / "a.frames", 8, 6) as writer,
        pytest.raises(PipelineError, match=r"must be uint8 \(6, 8, 3\), got uint8 \(8, 6, 3\)"),
    ):
        writer.append(noise(1, 8, 6)[0])


def test_no_frames_are_no_clip() -> None:
    with pytest.raises(PipelineError, match="at least one frame, got none"):
        stored(iter(()))


def test_a_file_that_lost_its_end_is_told(tmp_path: Path) -> None:
    writer = FrameWriter(tmp_path / "a.frames", 8, 6)
    writer.extend(noise())
    kept = writer.close()
    os.truncate(kept.path, kept.path.stat().st_size - 1)
    with pytest.raises(ResourceError, match="frame 4 of .* is cut short"):
        kept[4]
    kept.path.unlink()
    with pytest.raises(ResourceError, match="No such file"):
        kept[0]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full here")
def test_a_full_disk_is_told() -> None:
    with pytest.raises(ResourceError, match="No space left on device; free some space"):
        writer = FrameWriter(Path("/dev/full"), 512, 512)
        writer.path = Path("/nowhere")  # what is deleted after the error
        writer.append(np.zeros((512, 512, 3), np.uint8))
        writer.close()


def test_a_long_clip_takes_no_more_memory_than_a_short_one() -> None:
    """In a process of its own, whose peak nothing else has raised."""
    code = """
import resource, sys
import numpy as np
from studio.frames import FrameWriter
from studio.media import Video
from studio.record import media_sha256
writer = FrameWriter.temporary(512, 512)
frame = np.zeros((512, 512, 3), np.uint8)
for number in range(int(sys.argv[1])):
    frame[:] = number % 256
    writer.append(frame)
media_sha256(Video(writer.close(), 24.0))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""

    def peak_kb(count: int) -> int:
        command = [sys.executable, "-c", code, str(count)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return int(done.stdout)

    assert peak_kb(200) < peak_kb(4) * 1.1


def test_parts_that_are_joined_are_one_clip_and_none_is_copied() -> None:
    parts = [np.full((count, 4, 6, 3), count, np.uint8) for count in (2, 1, 3)]
    joined = JoinedFrames(parts)
    assert joined.shape == (6, 4, 6, 3) and len(joined) == 6
    assert [int(each[0, 0, 0]) for each in joined] == [2, 2, 1, 3, 3, 3]
    assert [int(joined[index][0, 0, 0]) for index in (0, 1, 2, 3, -1)] == [2, 2, 1, 3, 3]
    with pytest.raises(IndexError):
        joined[6]
    with pytest.raises(PipelineError, match="one size"):
        JoinedFrames([parts[0], np.zeros((1, 8, 6, 3), np.uint8)])
