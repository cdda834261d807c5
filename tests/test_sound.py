"""Instruments are in tune, drums in time, mixes as long and as loud as they must be."""

import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipelines.pocket.music import instruments as written
from pipelines.pocket.music.genres import GENRES
from pipelines.pocket.sound import drums, mastering, player, soundfont
from pipelines.pocket.sound.instruments import INSTRUMENTS, KITS
from pipelines.pocket.sound.mix import Mix, Settings, render
from pipelines.pocket.sound.names import ALIASES
from pipelines.pocket.sound.styles import STYLES
from pipelines.pocket.sound.tone import SAMPLE_RATE
from studio.errors import PipelineError, RequestError, UnknownName
from studio.score import Note, Part, Role, Score
from studio.sounds.peaks import true_peak_db

# What composers may ask for.
ASKED = (
    "grand piano, electric piano, nylon guitar, steel guitar, clean guitar, overdriven guitar, "
    "upright bass, finger bass, synth bass, sub bass, violin, cello, strings, flute, clarinet, "
    "oboe, sax, trumpet, brass, organ, accordion, music box, vibraphone, marimba, harp, choir, "
    "warm pad, synth lead, pluck, chip square, chip triangle"
).split(", ")
LOW = {
    "upright bass": 33,
    "slap bass": 33,
    "fretless bass": 33,
    "bassoon": 40,
    "finger bass": 33,
    "synth bass": 33,
    "sub bass": 33,
    "cello": 43,
}
HIGH = {
    "music box": 67,
    "glockenspiel": 72,
    "harmonica": 62,
    "pan flute": 62,
    "celesta": 67,
    "flute": 65,
    "marimba": 60,
    "oboe": 62,
}


def score(*parts: Part, genre: str = "", tempo: float = 120, beats: float = 8) -> Score:
    return Score(tempo, (4, 4), "C", "major", parts, (), (), beats, genre=genre)


def part(role: Role, instrument: str, *notes: tuple[float, float, int], name: str = "") -> Part:
    made = tuple(Note(start, length, pitch, 96) for start, length, pitch in notes)
    return Part(name or role, role, instrument, made)


def band(genre: str = "pop", beats: int = 16) -> Score:
    bars = range(0, beats, 4)
    chords = [(b, 3.5, p) for b in bars for p in (60, 64, 67)]
    low = [(b + i, 0.9, 36 + 7 * (i % 2)) for b in bars for i in range(4)]
    tune = [(b + i * 0.5, 0.45, 72 + (i * 5) % 9) for b in bars for i in range(8)]
    beat = sorted([(b + i, 0.1, (36, 38)[i % 2]) for b in bars for i in range(4)])
    return score(
        part("melody", "flute", *tune),
        part("chords", "grand piano", *chords),
        part("bass", "finger bass", *low),
        part("drums", "acoustic kit", *beat),
        genre=genre,
        beats=beats,
    )


def played(instrument: str, pitch: int, seconds: float = 2.0) -> np.ndarray:
    timing = player.Timing(60, round(seconds * SAMPLE_RATE), seed=0, stray_s=0)
    sound = player.play(part("melody", instrument, (0, seconds, pitch)), timing)
    return sound.sum(axis=0)


def cents_off(sound: np.ndarray, pitch: int) -> float:
    """How far the partials at whole multiples lie from where they should, loud ones foremost.

    Of a plucked or struck string only the lowest four: the higher ones are stretched.
    """
    size = 1 << 19
    held = sound[round(0.25 * SAMPLE_RATE) : round(1.6 * SAMPLE_RATE)]
    spectrum = np.abs(np.fft.rfft(held * np.hanning(held.size), size))
    hz = player.key_hz(pitch)
    found, weights = [], []
    for number in range(1, 5):
        low, high = (round(number * hz * 2 ** (c / 12) * size / SAMPLE_RATE) for c in (-0.7, 0.7))
        middle = low + np.argmax(spectrum[low:high])
        found.append(1200 * np.log2(middle * SAMPLE_RATE / size / (number * hz)))
        weights.append(spectrum[middle])
    return float(np.average(found, weights=weights))


@pytest.mark.parametrize("name", sorted(INSTRUMENTS))
def test_every_instrument_is_in_tune_at_three_pitches(name: str) -> None:
    lowest = LOW.get(name, HIGH.get(name, 55))
    for pitch in (lowest, lowest + 7, lowest + 16):
        assert abs(cents_off(played(name, pitch), pitch)) < 10, (name, pitch)


@pytest.mark.parametrize("name", sorted(INSTRUMENTS))
def test_a_harder_stroke_is_louder_and_a_note_ends_when_let_go(name: str) -> None:
    timing = player.Timing(60, 4 * SAMPLE_RATE, seed=0, stray_s=0)
    soft, hard = (
        player.play(Part("a", "melody", name, (Note(0, 1, 62, velocity),)), timing)
        for velocity in (40, 120)
    )
    assert np.std(hard[:, :SAMPLE_RATE]) > 2 * np.std(soft[:, :SAMPLE_RATE])
    late = hard[:, round(3.8 * SAMPLE_RATE) :]
    assert np.abs(late).max() < 0.05 * np.abs(hard).max()
    assert np.isfinite(hard).all()


def test_every_asked_instrument_exists() -> None:
    assert set(ASKED) <= set(INSTRUMENTS)
    assert {"acoustic kit", "electronic kit", "jazz kit", "lo-fi kit"} <= set(KITS)
    assert set(ALIASES.values()) <= {*INSTRUMENTS, *KITS}
    assert set(soundfont.PROGRAMS) == set(INSTRUMENTS)
    assert set(soundfont.KIT_PROGRAMS) == set(KITS)


def test_what_composers_write_for_can_be_played_and_mixed() -> None:
    assert set(GENRES) <= set(STYLES)
    assert {*written.INSTRUMENTS, *written.KITS} <= {*INSTRUMENTS, *KITS}


def test_an_unknown_instrument_is_named_with_the_nearest_before_anything_is_played() -> None:
    told: list[str] = []
    wrong = score(part("bass", "finger bass", (0, 1, 36)), part("melody", "vibrafone", (0, 1, 60)))
    with pytest.raises(UnknownName, match="vibrafone.*vibraphone"):
        render(wrong, on_part=lambda *each: told.append(each[2]))
    assert told == []
    with pytest.raises(UnknownName, match="kit"):
        render(score(part("drums", "elektronic kit", (0, 1, 36))))


@pytest.mark.parametrize("kit", sorted(KITS))
@pytest.mark.parametrize("key", [36, 38, 42])
def test_drums_are_on_time(kit: str, key: int) -> None:
    beats = (0.5, 1.0, 1.75, 2.5, 3.25)
    timing = player.Timing(120, 3 * SAMPLE_RATE, seed=3)
    sound = np.abs(player.play(part("drums", kit, *((b, 0.1, key) for b in beats)), timing)).max(0)
    for beat in beats:
        start = timing.sample(beat)
        near = sound[start - 400 : start + 1200]
        first = np.flatnonzero(near > 0.05 * near.max())[0] - 400
        quiet = sound[start - 2000 : start - 200].max()
        assert abs(first) / SAMPLE_RATE <= 0.002 or quiet > 0.05 * near.max(), (beat, first)


@pytest.mark.parametrize("kit", sorted(KITS))
def test_a_kit_plays_every_general_midi_drum(kit: str) -> None:
    for key in range(35, 82):
        hit = drums.hit(KITS[kit], key, 100)
        assert np.isfinite(hit).all() and np.abs(hit).max() > 0.005, key


@pytest.mark.parametrize(
    "genre", ["pop", "lo-fi", "house", "funk", "chamber", "a genre of its own"]
)
def test_a_mix_is_loud_safe_and_the_sum_of_its_stems(genre: str) -> None:
    mix = render(band(genre))
    assert mastering.loudness_lufs(mix.master) == pytest.approx(-14, abs=0.1)
    assert true_peak_db(mix.master) <= -1
    whole = np.sum(list(mix.stems.values()), axis=0) * mix.gain
    assert np.abs(whole - mix.master).max() < 1e-5
    assert all(stem.dtype == np.float32 for stem in (*mix.stems.values(), mix.master))
    assert ("vinyl" in mix.stems) == (genre == "lo-fi")


def test_the_true_peak_lies_between_samples() -> None:
    # A quarter of the rate, an eighth of a turn late: every sample is 3 dB below the crest.
    wave = np.sin(np.pi / 2 * np.arange(4096) + np.pi / 4).astype(np.float32)
    assert np.abs(wave).max() == pytest.approx(0.7071, abs=1e-3)
    assert true_peak_db(np.stack([wave, wave])) == pytest.approx(0, abs=0.3)


@pytest.mark.parametrize("seconds", [0.3, 4.0, 7.123, 12.5])
def test_the_length_is_exact_and_the_end_is_quiet(seconds: float) -> None:
    mix = render(band(), settings=Settings(duration_s=seconds))
    assert mix.master.shape == (2, round(seconds * SAMPLE_RATE))
    assert all(stem.shape == mix.master.shape for stem in mix.stems.values())
    assert np.abs(mix.master[:, -20:]).max() < 0.001


@pytest.mark.parametrize("seconds", [0, -1, 10_800, float("nan")])
def test_an_impossible_length_is_refused(seconds: float) -> None:
    with pytest.raises(RequestError, match="lasts"):
        render(band(), settings=Settings(duration_s=seconds))


def test_the_same_seed_gives_the_same_samples_and_another_gives_others() -> None:
    first, again, other = (render(band(), seed=seed).master for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_part_sounds_the_same_whatever_plays_beside_it() -> None:
    whole = band()
    alone = replace(whole, parts=whole.parts[1:2])
    left, right = (render(each).stems["chords"] for each in (whole, alone))
    scale = np.std(left) / np.std(right)
    assert np.abs(left - right * scale).max() < 1e-4 * np.abs(left).max()


def test_a_loop_has_no_seam() -> None:
    mix = render(band(), settings=Settings(is_loop=True))
    assert mix.master.shape[1] == 8 * SAMPLE_RATE
    seam = np.abs(mix.master[:, 0] - mix.master[:, -1]).max()
    assert seam < 4 * np.abs(np.diff(mix.master, axis=1)).max()
    assert np.std(mix.master[:, -2000:]) > 0.05 * np.std(mix.master)


def test_singing_is_mixed_in_by_name_and_missed_by_name() -> None:
    sung = part("vocals", "soft female", (0, 2, 64), name="lead voice")
    song = score(*band().parts, sung, genre="pop", beats=16)
    voice = 0.2 * np.sin(np.arange(4 * SAMPLE_RATE) * 2 * np.pi * 330 / SAMPLE_RATE)
    mix = render(song, {"lead voice": voice.astype(np.float32)})
    assert np.std(mix.stems["lead voice"]) > 0.01
    with pytest.raises(PipelineError, match="lead voice"):
        render(song)


def test_progress_is_told_for_each_part_and_what_it_raises_stops_the_work() -> None:
    told: list[tuple[int, int, str]] = []

    def on_part(done: int, total: int, name: str) -> None:
        told.append((done, total, name))
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render(band(), on_part=on_part)
    assert told == [(1, 4, "melody"), (2, 4, "chords")]


def test_house_makes_way_for_the_kick() -> None:
    pad = part("chords", "warm pad", (0, 15.9, 60), (0, 15.9, 64))
    kicks = part("drums", "electronic kit", *((float(b), 0.1, 36) for b in range(16)))
    stem = render(score(pad, kicks, genre="house", beats=16)).stems["chords"]
    level = np.abs(stem).max(axis=0)
    at, between = (
        level[[round((4 + b + o) * SAMPLE_RATE / 2) + np.arange(900) for b in range(8)]].mean()
        for o in (0.02, 0.85)
    )
    assert between > 1.8 * at


def test_silence_stays_silence() -> None:
    mix: Mix = render(score(part("melody", "flute")))
    assert not mix.master.any()
    assert mix.master.shape == (2, 4 * SAMPLE_RATE)


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body


def tiny_soundfont(program: int) -> bytes:
    """One looped triangle wave of 441 Hz on one program."""
    period = np.abs(np.arange(100) % 100 - 50) * 800 - 20_000
    wave = np.concatenate([np.tile(period, 20), np.zeros(46)]).astype("<i2")
    pairs = ((54, 1), (53, 0))  # the sample loops; the zone is sample 0
    generators = b"".join(struct.pack("<HH", *pair) for pair in pairs)
    sample = struct.pack("<IIIIIBbHH", 0, 2000, 100, 1900, 44_100, 69, 0, 0, 1)
    tables = (
        (b"phdr", preset(b"wave", program, 0) + preset(b"EOP", 0, 1)),
        (b"pbag", struct.pack("<4H", 0, 0, 1, 0)),
        (b"pmod", bytes(10)),
        (b"pgen", struct.pack("<4H", 41, 0, 0, 0)),
        (b"inst", struct.pack("<20sH20sH", b"wave", 0, b"EOI", 1)),
        (b"ibag", struct.pack("<4H", 0, 0, 2, 0)),
        (b"imod", bytes(10)),
        (b"igen", generators + bytes(4)),
        (b"shdr", struct.pack("<20s", b"wave") + sample + struct.pack("<20s26x", b"EOS")),
    )
    lists = (
        b"INFO" + chunk(b"ifil", struct.pack("<HH", 2, 1)),
        b"sdta" + chunk(b"smpl", wave.tobytes()),
        b"pdta" + b"".join(chunk(*table) for table in tables),
    )
    return chunk(b"RIFF", b"sfbk" + b"".join(chunk(b"LIST", each) for each in lists))


def preset(name: bytes, program: int, bag: int) -> bytes:
    return struct.pack("<20sHHHIII", name, program, 0, bag, 0, 0, 0)


def test_a_users_soundfont_plays_in_tune_and_in_time(tmp_path: Path) -> None:
    pytest.importorskip("tinysoundfont")
    font = tmp_path / "tiny.sf2"
    font.write_bytes(tiny_soundfont(program=73))
    tune = score(part("melody", "flute", (2, 6, 69)), tempo=60)
    mix = render(tune, settings=Settings(soundfont=font))
    sound = mix.stems["melody"].sum(axis=0)
    first = np.flatnonzero(np.abs(sound) > 0.05 * np.abs(sound).max())[0]
    assert abs(first / SAMPLE_RATE - 2) < 0.005
    # The wave is 441 Hz where the key's A is 440: the file says so, and is believed.
    assert abs(cents_off(sound[2 * SAMPLE_RATE :], 69) - 1200 * np.log2(441 / 440)) < 2
    with pytest.raises(RequestError, match="program 0 for 'grand piano'"):
        render(score(part("melody", "grand piano", (0, 1, 60))), settings=Settings(soundfont=font))


def test_a_soundfont_that_is_not_there_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("tinysoundfont")
    with pytest.raises(RequestError, match=r"no SoundFont .*missing\.sf2"):
        render(band(), settings=Settings(soundfont=tmp_path / "missing.sf2"))
    wrong = tmp_path / "wrong.sf2"
    wrong.write_bytes(b"not a SoundFont")
    with pytest.raises(RequestError, match=r"wrong\.sf2 is not a SoundFont"):
        render(band(), settings=Settings(soundfont=wrong))
