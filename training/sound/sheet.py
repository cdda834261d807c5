"""Spectrograms of recorded notes beside the notes made from their parameters.

    python -m training.sound.sheet out.png [instrument …]

Left the recording, right ours; 0 to 12 kHz, upwards, 80 dB from black to white.
"""

import sys

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from pipelines.pocket.sound import fitted
from pipelines.pocket.sound.tone import SAMPLE_RATE, synthesise
from training.sound.fit import DRUM_QUIET, KITS, SOURCES, key_hz, trimmed
from training.sound.source import DRUM_BANK, Recordings

SECONDS = 1.6
HEIGHT = 110
DRUMS = (36, 38, 42, 49)


def main() -> None:
    path, *names = sys.argv[1:]
    recordings = Recordings()
    rows = [_row(recordings, name) for name in names or [*SOURCES, *KITS]]
    height = HEIGHT + 14
    columns = 4
    width = max(row.shape[1] for row in rows)
    sheet = Image.new("L", (columns * (width + 8), -(-len(rows) // columns) * height))
    for index, row in enumerate(rows):
        at = (index % columns * (width + 8), index // columns * height)
        sheet.paste(Image.fromarray(row), (at[0], at[1] + 14))
        ImageDraw.Draw(sheet).text((at[0] + 2, at[1]), (names or [*SOURCES, *KITS])[index], 255)
    sheet.save(path)


def _row(recordings: Recordings, name: str) -> NDArray[np.uint8]:
    if name in KITS:
        pairs = [_drum(recordings, name, key) for key in DRUMS]
        left, right = (np.concatenate([pair[side] for pair in pairs]) for side in (0, 1))
        return _pair(left, right)
    source = SOURCES[name]
    key = source.low + (source.high - source.low) // source.step // 2 * source.step
    pressed = key + source.transpose
    left = trimmed(recordings.note(0, source.program, pressed, 112, (SECONDS, 0)))
    made = fitted.tone(name, key, source.is_sustained)
    return _pair(left, synthesise(made, key_hz(key), left.size))


def _drum(recordings: Recordings, kit: str, key: int) -> tuple[NDArray, NDArray]:
    left = recordings.note(DRUM_BANK, KITS[kit], key, 112, (SECONDS / len(DRUMS), 0))
    left = trimmed(left, DRUM_QUIET)
    made = fitted.drum(kit, key)
    return left, synthesise(made, made.onset_hz, left.size)


def _pair(left: NDArray, right: NDArray) -> NDArray[np.uint8]:
    first, second = _spectrogram(left), _spectrogram(right)
    gap = np.full((HEIGHT, 4), 255, np.uint8)
    pair = [np.clip((each - each.max() + 80) / 80 * 255, 0, 255) for each in (first, second)]
    return np.concatenate([pair[0], gap, pair[1]], axis=1).astype(np.uint8)


def _spectrogram(sound: NDArray) -> NDArray:
    size = 2048
    starts = np.linspace(0, sound.size - size, 110).astype(int)
    frames = np.stack([sound[s : s + size] for s in starts]) * np.hanning(size)
    level = 20 * np.log10(np.abs(np.fft.rfft(frames)).T + 1e-5)
    edges = np.linspace(0, 12_000 * size / SAMPLE_RATE, HEIGHT + 1).astype(int)
    return np.stack(
        [level[a : max(b, a + 1)].max(0) for a, b in zip(edges, edges[1:], strict=False)]
    )[::-1]


if __name__ == "__main__":
    main()
