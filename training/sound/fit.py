"""Fits the instruments of pocket-sound to recorded notes and writes `assets/pocket-sound`.

    python -m training.sound.fit [--only piano]

Each instrument at keys some semitones apart; each drum once. Reports the
log-spectral distance between the recording and the note made from its parameters.
"""

import argparse
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from pipelines.pocket.sound.mastering import k_weighted
from pipelines.pocket.sound.packed import pack
from pipelines.pocket.sound.tone import SAMPLE_RATE, Tone, synthesise
from studio.weights import file_sha256
from training.sound.analyse import CEILING_HZ, Manner, find_modes, find_partials, fit, steady
from training.sound.card import card
from training.sound.source import DRUM_BANK, Recordings

OUT = Path("assets/pocket-sound")
FILE = "instruments.safetensors"
VELOCITY = 112
"""Softer notes have the same spectrum in the recordings; `fitted` darkens them itself."""


@dataclass(frozen=True)
class Source:
    """Where an instrument's notes are and how they are heard."""

    program: int
    low: int
    high: int
    step: int = 3
    is_sustained: bool = False
    seconds: float = 5.0
    has_vibrato: bool = False
    has_modes: bool = False
    """Bars, plates and tines: partials lie anywhere, beside the multiples too."""

    transpose: int = 0
    """Semitones between the key and the one whose recording sounds at its pitch."""

    base: float = 1.0
    """Where its lowest partial is; half the key's pitch where a 16-foot rank sounds too."""


SOURCES = {
    "piano": Source(0, 28, 100, 3, seconds=7.5),
    "electric piano": Source(4, 33, 93, 3, seconds=6.0),
    "celesta": Source(8, 60, 96, 3, seconds=3.0, has_modes=True),
    "music box": Source(10, 60, 96, 3, seconds=3.0, has_modes=True),
    "vibraphone": Source(11, 53, 89, 3, seconds=6.0, has_modes=True),
    "marimba": Source(12, 45, 89, 3, seconds=2.0, has_modes=True),
    "organ": Source(16, 36, 92, 3, is_sustained=True, seconds=3.0, transpose=12, base=0.5),
    "church organ": Source(19, 36, 92, 3, is_sustained=True, seconds=3.0, base=0.5),
    "accordion": Source(21, 53, 89, 3, is_sustained=True, seconds=3.0, base=0.5),
    "nylon guitar": Source(24, 40, 84, 3, seconds=4.0),
    "steel guitar": Source(25, 40, 84, 3, seconds=5.0),
    "jazz guitar": Source(26, 40, 84, 3, seconds=4.0),
    "clean guitar": Source(27, 40, 84, 3, seconds=5.0),
    "overdriven guitar": Source(29, 40, 84, 3, is_sustained=True, seconds=3.0),
    "upright bass": Source(32, 28, 60, 3, seconds=3.0),
    "finger bass": Source(33, 28, 60, 3, seconds=4.0),
    "violin": Source(40, 55, 98, 3, is_sustained=True, seconds=3.0, has_vibrato=True),
    "viola": Source(41, 48, 86, 3, is_sustained=True, seconds=3.0, has_vibrato=True),
    "cello": Source(42, 36, 76, 3, is_sustained=True, seconds=3.0, has_vibrato=True),
    "pizzicato strings": Source(45, 40, 92, 3, seconds=1.5),
    "harp": Source(46, 36, 96, 3, seconds=4.0),
    "strings": Source(48, 36, 94, 3, is_sustained=True, seconds=3.0),
    "choir": Source(52, 45, 82, 3, is_sustained=True, seconds=3.0),
    "trumpet": Source(56, 54, 86, 3, is_sustained=True, seconds=3.0, has_vibrato=True),
    "trombone": Source(57, 40, 72, 3, is_sustained=True, seconds=3.0, has_vibrato=True),
    "french horn": Source(60, 41, 77, 3, is_sustained=True, seconds=3.0),
    "brass section": Source(61, 45, 84, 3, is_sustained=True, seconds=3.0),
    "saxophone": Source(66, 44, 80, 3, is_sustained=True, seconds=3.0, has_vibrato=True),
    "oboe": Source(68, 58, 91, 3, is_sustained=True, seconds=3.0, has_vibrato=True),
    "clarinet": Source(71, 50, 90, 3, is_sustained=True, seconds=3.0, has_vibrato=True),
    "flute": Source(73, 60, 96, 3, is_sustained=True, seconds=3.0, has_vibrato=True),
    "harpsichord": Source(6, 36, 84, seconds=4.0),
    "clavinet": Source(7, 36, 84, seconds=3.0),
    "glockenspiel": Source(9, 72, 102, seconds=2.5, has_modes=True),
    "harmonica": Source(22, 60, 84, is_sustained=True, seconds=3.0),
    "fretless bass": Source(35, 28, 60, seconds=4.0),
    "slap bass": Source(36, 28, 60, seconds=3.0),
    "muted trumpet": Source(59, 54, 82, is_sustained=True, seconds=3.0, has_vibrato=True),
    "bassoon": Source(70, 34, 70, is_sustained=True, seconds=3.0, has_vibrato=True),
    "pan flute": Source(75, 60, 90, is_sustained=True, seconds=3.0, has_vibrato=True),
    "bamboo flute": Source(77, 55, 85, is_sustained=True, seconds=3.0, has_vibrato=True),
    "banjo": Source(105, 48, 81, seconds=2.5),
    "koto": Source(107, 45, 84, seconds=3.5),
    "steel drums": Source(114, 52, 85, seconds=2.5, has_modes=True),
    "kalimba": Source(108, 55, 89, 3, seconds=2.5, has_modes=True),
}
KITS = {"acoustic": 0, "jazz": 32, "brush": 40}
DRUMS = (
    35,
    36,
    37,
    38,
    39,
    40,
    41,
    42,
    43,
    44,
    45,
    46,
    47,
    48,
    49,
    50,
    51,
    52,
    53,
    54,
    55,
    56,
    57,
    59,
    60,
    61,
    62,
    63,
    64,
    69,
    70,
    75,
    76,
    81,
)
LONG_DRUMS = frozenset((46, 49, 51, 52, 53, 55, 57, 59, 81))
PARTIALS = 56
ONSET = 2646
DRUM_ONSET = 5292
MODES = 20
DRUM_QUIET = 0.04
"""A kick's beater is heard long after its skin begins to move; time is kept by what is heard."""


def key_hz(key: float) -> float:
    return 440 * 2 ** ((key - 69) / 12)


def trimmed(sound: NDArray[np.float32], quiet: float = 0.003) -> NDArray[np.float32]:
    """From just before the first sample louder than `quiet` times the loudest."""
    loud = np.flatnonzero(np.abs(sound) > quiet * np.abs(sound).max(initial=0))
    return sound[max(0, int(loud[0]) - 8) :] if loud.size else sound


def release_s(recordings: Recordings, bank_program: tuple[int, int], key: int) -> float:
    """Seconds by 60 dB down after the key is let go."""
    sound = recordings.note(*bank_program, key, 100, (0.8, 2.0))
    blocks = np.sqrt(np.mean(sound[: sound.size // 441 * 441].reshape(-1, 441) ** 2, axis=1))
    held, after = blocks[76:79].mean(), blocks[80:]
    below = np.flatnonzero(after < held * 0.1)
    return float(np.clip((below[0] + 1) * 0.01 * 3 if below.size else 3.0, 0.06, 3.0))


def fit_note(recordings: Recordings, source: Source, key: int) -> tuple[Tone, float]:
    pressed = key + source.transpose
    sound = trimmed(recordings.note(0, source.program, pressed, VELOCITY, (source.seconds, 0)))
    nominal = key_hz(key)
    _, first = find_partials(sound[SAMPLE_RATE // 10 :], nominal, 8)
    if source.has_vibrato:
        sound = steady(sound, first)
    ratios, first = find_partials(sound[SAMPLE_RATE // 10 :], first, PARTIALS)
    if source.is_sustained:
        # What is blown or bowed is locked to whole multiples.
        ratios = np.arange(1.0, round(ratios.size / source.base) + 1) * source.base
        ratios = ratios[ratios * first < CEILING_HZ]
    hz = np.asarray(ratios * first, np.float64)
    if source.has_modes:
        modes = find_modes(sound[ONSET // 4 :], MODES)
        apart = [np.min(np.abs(hz - mode)) > max(30.0, 0.03 * mode) for mode in modes]
        hz = np.sort(np.concatenate([hz, modes[np.array(apart, bool)]]))
    tone = fit(sound, hz, first, Manner(ONSET, 4096 if first < 250 else 2048, source.is_sustained))
    return tone, distance_db(sound, synthesise(tone, first, sound.size))


def fit_drum(recordings: Recordings, program: int, key: int) -> tuple[Tone, float]:
    seconds = 3.0 if key in LONG_DRUMS else 1.2
    sound = trimmed(recordings.note(DRUM_BANK, program, key, VELOCITY, (seconds, 0)), DRUM_QUIET)
    modes = find_modes(sound[DRUM_ONSET // 3 :], MODES)
    hz = modes if modes.size else np.array([200.0])
    tone = fit(sound, hz, 1.0, Manner(DRUM_ONSET))
    return tone, distance_db(sound, synthesise(tone, 1.0, sound.size))


def distance_db(left: NDArray[np.float32], right: NDArray[np.float32]) -> float:
    """Log-spectral distance in 40 bands, where the recording is within 60 dB of its top."""
    first, second = bands_db(left), bands_db(right)
    heard = first > first.max() - 60
    return float(np.sqrt(np.mean((first - second)[heard] ** 2)))


def bands_db(sound: NDArray[np.float32], size: int = 2048) -> NDArray[np.float64]:
    count = 1 + (sound.size - size) // 1024
    frames = np.stack([sound[i * 1024 : i * 1024 + size] for i in range(count)]) * np.hanning(size)
    power = np.abs(np.fft.rfft(frames)) ** 2
    edges = np.unique(np.geomspace(2, size // 2, 41).astype(int))
    bands = np.add.reduceat(power, edges[:-1], axis=1)
    return 10 * np.log10(bands + 1e-9)


def fit_instrument(recordings: Recordings, source: Source) -> tuple[dict, list[float]]:
    keys = list(range(source.low, source.high + 1, source.step))
    tones, releases, distances = [], [], []
    for key in keys:
        tone, distance = fit_note(recordings, source, key)
        tones.append(tone)
        releases.append(release_s(recordings, (0, source.program), key))
        distances.append(distance)
    table = pack(_even(tones), releases)
    return {**table, "keys": np.array(keys, np.int16)}, distances


def _even(tones: list[Tone]) -> list[Tone]:
    """Keys follow half the slope that their loudness has over the range, without outliers."""
    level = np.array([_level_db(tone) for tone in tones])
    padded = np.pad(level, 2, mode="edge")
    trend = np.array([np.median(padded[i : i + 5]) for i in range(level.size)])
    wanted = np.median(level) + 0.5 * (trend - np.median(level))
    gains = (10 ** ((wanted - level) / 20)).astype(np.float32)
    return [
        replace(
            tone, partials=tone.partials * gain, noise=tone.noise * gain, onset=tone.onset * gain
        )
        for tone, gain in zip(tones, gains, strict=True)
    ]


def _level_db(tone: Tone) -> float:
    """Loudness of the first second, as the ear weighs it."""
    sound = synthesise(tone, tone.onset_hz, SAMPLE_RATE)
    return float(10 * np.log10(np.mean(k_weighted(sound[None]) ** 2)))


def fit_kit(recordings: Recordings, program: int) -> tuple[dict, list[float]]:
    fitted = [fit_drum(recordings, program, key) for key in DRUMS]
    table = pack([tone for tone, _ in fitted], [0.1] * len(fitted))
    return {**table, "keys": np.array(DRUMS, np.int16)}, [distance for _, distance in fitted]


def save(tables: dict, report: dict) -> None:
    """Write the tables, their manifest, the report and the model card."""
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / FILE
    save_file(tables, path)
    path.chmod(0o644)
    (OUT / "report.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    manifest = {FILE: file_sha256(path)}
    (OUT / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    (OUT / "README.md").write_text(card(report, path.stat().st_size), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[*SOURCES, *KITS])
    only = parser.parse_args().only
    path, report_path = OUT / FILE, OUT / "report.json"
    tables = load_file(path) if path.is_file() else {}
    report = json.loads(report_path.read_text()) if report_path.is_file() else {}
    recordings = Recordings()
    for name in only:
        is_kit = name in KITS
        fitted = (
            fit_kit(recordings, KITS[name]) if is_kit else fit_instrument(recordings, SOURCES[name])
        )
        table, distances = fitted
        tables.update({f"{name}.{key}": np.ascontiguousarray(each) for key, each in table.items()})
        report[name] = {
            "notes": len(distances),
            "bytes": sum(each.nbytes for each in table.values()),
            "distance_db": round(float(np.mean(distances)), 2),
            "worst_db": round(max(distances), 2),
        }
        print(name, report[name], flush=True)
    save(tables, {name: report[name] for name in (*SOURCES, *KITS) if name in report})


if __name__ == "__main__":
    main()
