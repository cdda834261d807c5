"""Continue, repaint, vary, accompany, loop with the real weights: by notes and by sound."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import mido
import numpy as np
import pytest
from rights_parts import made as signed_file
from rights_parts import record as rights_of

from pipelines.pocket_music import FAMILY
from studio import finish, forms, registry
from studio.core import Job, Request, check, generate, resolve
from studio.engine import Engine
from studio.errors import RequestError
from studio.library import Artifact
from studio.media import Audio
from studio.rights import keys, signed
from studio.score import Note, Score
from studio.sounds import containers
from studio.store import Store

RATE = 44_100


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine(device="cpu")
    yield engine
    engine.clear()


@dataclass(frozen=True)
class Base:
    """A song on disk, its sound as it was made, and the store it lies in."""

    made: Artifact
    sound: Audio
    store: Store

    @property
    def score(self) -> Score:
        assert self.sound.score is not None
        return self.sound.score


BASE = {"prompt": "a tune", "seed": 3, "duration_s": 16, "vocals": "no", "genre": "folk"}


@pytest.fixture(scope="module")
def base(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Base:
    store = Store(tmp_path_factory.mktemp("home"))
    job = Job(FAMILY, forms.fill(FAMILY.params, BASE), "a tune")
    sound = engine.run(job, lambda step: None)
    assert isinstance(sound, Audio)
    return Base(next(iter(generate([job], store=store, engine=engine))), sound, store)


def run(engine: Engine, **params: object) -> tuple[Audio, Score]:
    values = {"prompt": "go on", "seed": 9, **params}
    sound = engine.run(Job(FAMILY, forms.fill(FAMILY.params, values), "go on"), lambda step: None)
    assert isinstance(sound, Audio) and sound.score is not None
    return sound, sound.score


def notes(score: Score, name: str, begin: float, end: float) -> list[Note]:
    found = next((part.notes for part in score.parts if part.name == name), ())
    return [note for note in found if begin <= note.start_beats < end]


def alike(left: Audio, right: Audio, name: str, begin_s: float, end_s: float) -> float:
    """How much a stem of both is the same sound within a stretch, 1 at best."""
    here = slice(round(begin_s * RATE), round(end_s * RATE))
    first, second = (
        next(stem.samples for stem in each.stems if stem.name == name)[:, here].ravel()
        for each in (left, right)
    )
    return float(np.corrcoef(first, second)[0, 1])


def test_a_continued_song_begins_as_before_in_notes_and_sound(engine: Engine, base: Base) -> None:
    longer, score = run(engine, song=base.made.path, added_s=7.5)
    assert longer.samples.shape[1] == round(23.5 * RATE)
    kept = base.score.length_beats - 2 * base.score.beats_a_bar
    for part in base.score.parts:
        before = notes(base.score, part.name, 0, kept)
        assert before == notes(score, part.name, 0, kept)
        if before and not part.is_drums:
            end_s = base.score.seconds(kept)
            assert alike(base.sound, longer, part.name, 0, end_s) > 0.99, part.name
    late = [n for part in score.parts for n in part.notes if score.seconds(n.start_beats) > 16]
    assert late and (score.take, score.key) == (base.score.take, base.score.key)


def test_a_repainted_song_is_the_same_around_the_stretch(engine: Engine, base: Base) -> None:
    painted, score = run(engine, song=base.made.path, task="repaint", from_s=5, to_s=9)
    assert painted.samples.shape == base.sound.samples.shape
    bar = base.score.seconds(base.score.beats_a_bar)
    first, last = int(5 / bar) * base.score.beats_a_bar, -int(-9 // bar) * base.score.beats_a_bar
    changed = False
    for part in base.score.parts:
        for begin, end in ((0.0, first), (last, 999.0)):
            before = [(n.start_beats, n.pitch) for n in notes(base.score, part.name, begin, end)]
            assert before == [(n.start_beats, n.pitch) for n in notes(score, part.name, begin, end)]
        changed |= notes(base.score, part.name, first, last) != notes(score, part.name, first, last)
    assert changed


def test_a_variation_keeps_length_and_form_and_changes_the_tune(engine: Engine, base: Base) -> None:
    varied, score = run(engine, song=base.made.path, task="vary", amount=0.6)
    assert varied.samples.shape == base.sound.samples.shape
    assert [s.name for s in score.sections] == [s.name for s in base.score.sections]
    assert notes(score, "melody", 0, 999) != notes(base.score, "melody", 0, 999)


def test_a_recording_is_kept_to_the_bit_up_to_the_seam(
    engine: Engine, base: Base, tmp_path: Path
) -> None:
    file = tmp_path / "recording.wav"
    containers.encode(base.sound, "wav", file)
    given = containers.decode(file)
    longer, score = run(engine, song=file, added_s=6, genre="folk")
    assert longer.samples.shape[1] == round(22 * RATE) and not longer.is_written
    assert score.tempo_bpm == pytest.approx(base.score.tempo_bpm, rel=0.01)
    seam = round(score.seconds(score.sections[1].start_beats) * RATE)
    assert seam > 8 * RATE
    assert np.array_equal(longer.samples[:, :seam], given.samples[:, :seam])
    assert np.abs(longer.samples[:, seam + RATE :]).max() > 0.01
    total = np.sum([stem.samples for stem in longer.stems], axis=0)
    assert np.abs(total - longer.samples).max() < 1e-4


def test_a_tune_is_played_note_for_note(engine: Engine, tmp_path: Path) -> None:
    pitches = (64, 64, 65, 67, 67, 65, 64, 62, 60, 60, 62, 64, 64, 62, 62, 60)
    track = mido.MidiTrack()
    for pitch in pitches:
        track.append(mido.Message("note_on", note=pitch, time=0))
        track.append(mido.Message("note_off", note=pitch, time=480))
    file = mido.MidiFile(ticks_per_beat=480)
    file.tracks.append(track)
    file.save(tmp_path / "ode.mid")
    _, score = run(engine, melody=tmp_path / "ode.mid", genre="waltz", metre="4/4")
    played = [(note.start_beats, note.pitch) for note in notes(score, "melody", 0, 99)]
    assert played == [(float(at), pitch) for at, pitch in enumerate(pitches)]
    assert {"chords", "bass"} <= {part.role for part in score.parts}
    words = "Morning comes and lights the water"
    _, score = run(engine, melody=tmp_path / "ode.mid", genre="folk", lyrics=words)
    assert len(list(score.sung())) == len(pitches)
    with pytest.raises(RequestError, match="syllables are too many"):
        run(engine, melody=tmp_path / "ode.mid", lyrics=words * 4)


def spectrum_db(sound: np.ndarray) -> np.ndarray:
    """The level of low, middle and high tones of a moment."""
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    bands = [slice(2, 20), slice(20, 80), slice(80, 300)]
    return 10 * np.log10(np.array([power[band].mean() for band in bands]) + 1e-9)


@pytest.mark.parametrize("genre", ["house", "ambient"])
def test_the_end_of_a_loop_meets_its_beginning(engine: Engine, genre: str) -> None:
    values = {"prompt": "a beat", "seed": 2, "duration_s": 8, "vocals": "no", "loop": True}
    job = Job(FAMILY, forms.fill(FAMILY.params, {**values, "genre": genre}), "a beat")
    sound = engine.run(job, lambda step: None)
    assert isinstance(sound, Audio) and sound.score is not None and sound.score.is_loop
    mono = sound.samples.mean(axis=0)
    # No fade: the last half second is as loud as the whole, within what music does by itself.
    end, whole = np.mean(mono[-RATE // 2 :] ** 2), np.mean(mono**2)
    assert abs(10 * np.log10(end / whole)) < 4
    # No click: the step over the joint is no steeper than steps elsewhere.
    assert abs(mono[0] - mono[-1]) <= np.quantile(np.abs(np.diff(mono)), 0.999)
    if genre == "ambient":
        # No stroke falls on the joint, and what rings at the end rings on at the beginning.
        assert np.abs(spectrum_db(mono[:4096]) - spectrum_db(mono[-4096:])).max() < 9


# Where it comes from


def test_a_continued_song_names_its_parent_and_can_be_made_again(
    engine: Engine, base: Base
) -> None:
    asked = Request("go on", inputs=[base.made.path], seed=5, params={"added_s": 5})
    [longer] = generate(asked, store=base.store, engine=engine)
    assert longer.record.parents == (base.made.id,)
    assert [each.role for each in longer.record.inputs] == ["input"]
    found = signed.read(longer.path, keys.anchors(base.store.home))
    parent = signed.read(base.made.path, keys.anchors(base.store.home))
    assert found is not None and found.record is not None
    assert parent is not None and parent.record is not None
    [source] = found.record.inputs
    assert (source.relation, source.id) == ("parentOf", parent.record.id)
    assert source.verified == "Trusted"
    assert found.record.ai.digital_source_type == "compositeWithTrainedAlgorithmicMedia"
    assert check(longer.path, store=base.store, engine=engine).is_same


@pytest.mark.parametrize(
    ("licence", "commercial", "share_alike"),
    [("CC-BY-SA-4.0", "allowed", True), ("CC-BY-NC-4.0", "prohibited", False)],
)
def test_the_terms_of_the_parent_are_joined(
    tmp_path: Path, licence: str, commercial: str, share_alike: bool
) -> None:
    parent = signed_file(tmp_path / "parent.flac", tmp_path, rights_of("Blue", licence))
    rights = finished_from(parent, tmp_path).rights
    assert rights.terms.commercial == commercial
    assert bool(rights.terms.share_alike) == share_alike
    [source] = rights.inputs
    assert source.title == "Blue" and source.license == licence
    assert source.id in str(rights.terms.reasons)


def test_of_a_stranger_nothing_is_known(tmp_path: Path) -> None:
    file = tmp_path / "stranger.wav"
    containers.encode(Audio(np.full((2, RATE), 0.1, np.float32), RATE), "wav", file)
    assert finished_from(file, tmp_path).rights.terms.commercial == "unknown"


def finished_from(parent: Path, home: Path) -> finish.Finished:
    """A short song finished as if it went on from a file."""
    toy = registry.family("toy-song")
    params = forms.fill(toy.params, {"prompt": "a tune", "seed": 7, "duration_s": 4})
    sound = Engine(device="cpu").run(Job(toy, params, prompt="a tune"), lambda step: None)
    assert isinstance(sound, Audio)
    made = next(iter(generate([Job(toy, params, prompt="a tune")], store=Store(home))))
    given = finish.Given("a tune", files=(("input", parent, "", parent.name),))
    return finish.finish(sound, made.record, given, home)


def test_words_of_the_prompt_give_way_to_the_task_and_options_do_not(base: Base) -> None:
    asked = Request(
        "make it a happier song with guitar and flute",
        family=FAMILY.name, inputs=[base.made.path], params={"task": "vary"}, seed=1,
    )  # fmt: skip
    (job,) = resolve(asked)
    assert job.params.model_dump()["instruments"] == ""
    assert any("not taken from the prompt: instruments cannot be new" in n for n in job.notes)
    with pytest.raises(RequestError, match="instruments cannot be new to vary a song"):
        resolve(replace(asked, params={"task": "vary", "instruments": "flute"}))


def test_the_rights_record_names_each_model_and_what_it_learned_from(base: Base) -> None:
    found = signed.read(base.made.path, keys.anchors(base.store.home))
    assert found is not None and found.record is not None
    models = {each.model: each for each in found.record.generators}
    assert {"pocket-music", "pocket-sound", "pocket-text"} <= set(models)
    assert all(name.startswith("pocket-") and models[name].training_data for name in models)
    assert "OpenScore Lieder Corpus (CC0-1.0)" in models["pocket-music"].training_data
