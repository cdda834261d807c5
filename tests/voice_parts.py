"""What the tests of the voice measure by: notes under words, and pitch by autocorrelation."""

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.voice.lyrics import syllables
from studio.score import Note


def notes_under(
    line: str, pitches: tuple[int, ...], start: float = 1.0, beats: float = 1.0
) -> list[Note]:
    """A note for every syllable of a line, the pitches in turn."""
    return [
        Note(start + beats * index, beats, pitches[index % len(pitches)], 90, syllable.text)
        for index, syllable in enumerate(syllables(line))
    ]


def pitch_at(samples: NDArray, rate: int, second: float) -> float:
    """MIDI pitch around a moment, nan where nothing periodic is heard."""
    middle, half = round(second * rate), round(0.025 * rate)
    part = samples[max(middle - half, 0) : middle + half].astype(float)
    if len(part) < 2 * half or np.std(part) < 0.01:
        return float("nan")
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)), 8192)) ** 2
    window = np.fft.irfft(np.abs(np.fft.rfft(np.hanning(len(part)), 8192)) ** 2)
    correlation = np.fft.irfft(spectrum)[:900] / window[:900]
    correlation /= correlation[0]
    low, high = rate // 900, rate // 70
    strong = correlation[low:high].max()
    if strong < 0.5:
        return float("nan")
    inner = correlation[1:-1]
    is_peak = (inner > correlation[:-2]) & (inner >= correlation[2:]) & (inner > 0.9 * strong)
    peaks = np.flatnonzero(is_peak) + 1
    lag = peaks[peaks >= low][0]
    left, top, right = correlation[lag - 1 : lag + 2]
    lag = lag + 0.5 * (left - right) / (left - 2 * top + right)
    return float(69 + 12 * np.log2(rate / lag / 440))
