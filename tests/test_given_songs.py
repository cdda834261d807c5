"""Songs and tunes that people bring along: read, refused in one line, told apart."""

import os
from dataclasses import replace
from pathlib import Path

import mido
import numpy as np
import pytest

from pipelines.pocket.music.given import tune_in
from pipelines.pocket.music.params import PocketMusicParams
from studio import forms, registry
from studio.cli import main
from studio.core import Job, Request, generate, resolve
from studio.errors import RequestError
from studio.library import Artifact
from studio.media import Audio
from studio.score import Note, Part, Score, Section
from studio.sounds import containers, packed, tags
from studio.sounds.given import kind_of, song_facts
from studio.store import Store

Capture = pytest.CaptureFixture[str]
TOY = registry.family("toy-song")


def toy_song(store: Store, format: str, **more: object) -> Artifact:
    params = forms.fill(TOY.params, {"prompt": "a tune", "seed": 7, "duration_s": 4})
    job = replace(Job(TOY, params, prompt="a tune", format=format), **more)  # type: ignore[arg-type]
    return next(iter(generate([job], store=store)))


def midi_file(path: Path, notes: int = 8, metre: tuple[int, int] = (4, 4), lead: int = 0) -> Path:
    track = mido.MidiTrack()
    track.append(mido.MetaMessage("time_signature", numerator=metre[0], denominator=metre[1]))
    for at in range(notes):
        track.append(mido.Message("note_on", note=60 + at, time=lead if at == 0 else 0))
        track.append(mido.Message("note_off", note=60 + at, time=480))
    track.append(mido.MetaMessage("end_of_track"))
    file = mido.MidiFile(ticks_per_beat=480)
    file.tracks.append(track)
    file.save(path)
    return path


def noise_file(path: Path, seconds: float) -> Path:
    sound = np.random.default_rng(1).normal(0, 0.1, (1, round(seconds * 44_100)))
    containers.encode(Audio(sound.astype(np.float32).clip(-1, 1), 44_100), path.suffix[1:], path)
    return path


def own_song(path: Path, seconds: float = 12.0) -> Path:
    """A file that brings a score of ours, without the time that making one takes."""
    beats = seconds * 2
    notes = tuple(Note(at, 1, 60 + at % 5) for at in range(int(beats)))
    score = Score(
        120, (4, 4), "C", "major", (Part("melody", "melody", "flute", notes),), (),
        (Section("verse", 0, beats),), beats, genre="folk",
    )  # fmt: skip
    noise_file(path, seconds)
    tags.write_tags(path, replace(tags.read_tags(path), score=packed.pack(score)))
    return path


@pytest.mark.parametrize("format", containers.FORMATS)
def test_the_score_travels_in_every_container(store: Store, format: str) -> None:
    made = toy_song(store, format)
    facts = song_facts(made.path)
    assert facts.score is not None and facts.score.genre == "toy"
    assert facts.duration_s == pytest.approx(4, abs=0.05)
    assert kind_of(made.path) == "song"


def test_a_private_song_keeps_its_sung_score_to_itself(store: Store) -> None:
    assert song_facts(toy_song(store, "flac", is_private=True).path).score is None


def test_a_song_that_was_cut_is_a_recording(store: Store, tmp_path: Path) -> None:
    made = toy_song(store, "wav")
    whole = containers.decode(made.path)
    cut = tmp_path / "cut.wav"
    containers.encode(Audio(whole.samples[:, :100_000], 44_100), "wav", cut)
    tags.write_tags(cut, tags.read_tags(made.path))
    assert song_facts(cut).score is None


def filled(**values: object) -> PocketMusicParams:
    params = forms.fill(PocketMusicParams, {"prompt": "go on", "seed": 1, **values})
    assert isinstance(params, PocketMusicParams)
    return params


def test_the_task_and_the_length_follow_from_the_file(tmp_path: Path) -> None:
    song = own_song(tmp_path / "own.flac")
    assert filled().doing == "compose"
    longer = filled(song=song, added_s=8)
    assert (longer.doing, longer.duration_s) == ("continue", pytest.approx(20))
    assert filled(song=song).duration_s == pytest.approx(32)
    assert filled(song=song, duration_s=30).added_s == pytest.approx(18)
    assert filled(song=song, duration_s=9).added_s == pytest.approx(9)
    assert filled(song=song, task="vary", duration_s=45).duration_s == pytest.approx(12)
    tune = midi_file(tmp_path / "tune.mid", 16)
    accompanied = filled(melody=tune)
    assert (accompanied.doing, accompanied.duration_s) == ("accompany", pytest.approx(8))
    assert filled(melody=tune, tempo_bpm=60).duration_s == pytest.approx(16)
    assert forms.fill(PocketMusicParams, longer.model_dump()) == longer


def test_the_files_fill_the_options_that_they_are_for(tmp_path: Path) -> None:
    tune = midi_file(tmp_path / "tune.mid", 16)
    [job] = resolve(Request("a waltz", inputs=[tune], seed=1))
    assert isinstance(job.params, PocketMusicParams)
    assert job.params.melody == tune and job.params.song is None and not job.notes
    song = own_song(tmp_path / "own.mp3")
    # Nothing in these words asks for a song: the file does.
    [job] = resolve(Request("go on, brighter", inputs=[song], seed=1))
    assert isinstance(job.params, PocketMusicParams) and job.params.song == song
    assert [each.role for each in job.inputs] == ["input"]


@pytest.mark.parametrize(
    ("metre", "bars"), [((4, 4), 4), ((2, 4), 4), ((3, 4), 6), ((6, 8), 6), ((12, 8), 6)]
)
def test_a_tune_is_counted_in_whole_bars(tmp_path: Path, metre: tuple[int, int], bars: int) -> None:
    tune = tune_in(midi_file(tmp_path / "tune.mid", 16, metre), 100)
    assert tune.bars == bars and min(note.start_beats for note in tune.notes) == 0


def test_empty_bars_before_a_tune_are_left_out(tmp_path: Path) -> None:
    tune = tune_in(midi_file(tmp_path / "tune.mid", 16, lead=480 * 9))
    assert min(note.start_beats for note in tune.notes) == 1


# What is refused


def refused(capsys: Capture, *argv: str) -> str:
    """The one line of a command that fails with code 2, having printed and saved nothing."""
    assert main(["make", "go on", "--as", "song", *argv]) == 2
    out, err = capsys.readouterr()
    last = err.rstrip("\n").split("\n")[-1]
    assert out == "" and last.startswith("error: ") and len(last) < 400 and "Traceback" not in err
    assert not Store().library()
    return last


@pytest.mark.parametrize("data", [b"", b"hello", b"fLaC" + bytes(90), b"RIFF\0\0\0\0WAVE"])
def test_a_file_that_is_no_song_is_refused(capsys: Capture, tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "song.flac"
    file.write_bytes(data)
    assert "song.flac" in refused(capsys, "--input", str(file))


@pytest.mark.parametrize("format", ["flac", "mp3", "wav"])
def test_a_song_cut_short_is_refused(capsys: Capture, tmp_path: Path, format: str) -> None:
    file = own_song(tmp_path / f"song.{format}")
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2] if format != "mp3" else b"\xff\xfb" + bytes(5000))
    assert f"song.{format}" in refused(capsys, "--input", str(file))


def test_a_song_of_two_gigabytes_is_refused_unread(capsys: Capture, tmp_path: Path) -> None:
    file = noise_file(tmp_path / "huge.wav", 1)
    os.truncate(file, 2_000_000_000)
    assert "GB" in refused(capsys, "--input", str(file))


def test_a_song_of_eleven_minutes_is_refused(capsys: Capture, tmp_path: Path) -> None:
    file = tmp_path / "long.flac"
    containers.encode(Audio(np.zeros((1, 8000 * 660), np.float32), 8000), "flac", file)
    assert "600 s" in refused(capsys, "--input", str(file))


def test_a_tune_without_notes_is_refused(capsys: Capture, tmp_path: Path) -> None:
    file = midi_file(tmp_path / "empty.mid", 0)
    assert "no notes" in refused(capsys, "--input", str(file))
    file.write_bytes(file.read_bytes()[:20])
    assert "empty.mid" in refused(capsys, "--input", str(file))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("task=repaint",), "from_s and to_s"),
        (("task=repaint", "from_s=3", "to_s=3"), "inside"),
        (("task=repaint", "from_s=12", "to_s=14"), "inside"),
        (("task=repaint", "from_s=4", "to_s=90"), "inside"),
        (("from_s=4", "to_s=8"), "task repaint"),
        (("task=accompany",), "melody"),
        (("task=compose",), "takes no song"),
        (("task=vary", "lyrics=la la"), "lyrics"),
        (("task=vary", "amount=0"), "amount"),
        (("added_s=0",), "added_s"),
        (("added_s=299.5", "task=continue", "loop=true"), "loop"),
        (("key=F#",), "key"),
        (("genre=rock",), "genre"),
        (("tempo_bpm=90",), "tempo_bpm"),
    ],
)
def test_what_does_not_go_with_a_song_is_refused(
    capsys: Capture, tmp_path: Path, options: tuple[str, ...], says: str
) -> None:
    file = own_song(tmp_path / "own.flac")
    assert says in refused(capsys, "--input", str(file), "--set", *options)


def test_a_task_without_its_file_is_refused(capsys: Capture) -> None:
    for task, file in (("continue", "song"), ("repaint", "song"), ("accompany", "melody")):
        assert file in refused(capsys, "--set", f"task={task}")


def test_a_recording_cannot_be_varied(capsys: Capture, tmp_path: Path) -> None:
    file = noise_file(tmp_path / "noise.wav", 8)
    line = refused(capsys, "--input", str(file), "--set", "task=vary")
    assert "no score" in line and "MIDI" in line
    assert "keeps its own" in refused(capsys, "--input", str(file), "--set", "tempo_bpm=90")


def test_a_damaged_score_is_refused(tmp_path: Path) -> None:
    file = own_song(tmp_path / "own.flac")
    tags.write_tags(file, replace(tags.read_tags(file), score="studio.score/1:eJyr"))
    with pytest.raises(RequestError, match="damaged"):
        filled(song=file)
