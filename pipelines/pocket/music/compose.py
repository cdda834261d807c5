"""From a plan to a score: the tune by the model, its accompaniment by the genre, all in place.

    score = compose(SongPlan(genre="lo-fi", duration_s=30), MusicModel.load(), seed=7)

The same plan, model and seed give the same score. Knows nothing of sound or files.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from pipelines.pocket.music import theory
from pipelines.pocket.music.accompany import Passage, Player, genre_accompaniment
from pipelines.pocket.music.asking import melody_range
from pipelines.pocket.music.colour import (
    is_filtered,
    limited,
    ornamented,
    passing,
    settled,
    takes_colour,
)
from pipelines.pocket.music.ensemble import written_accompaniment
from pipelines.pocket.music.genres.genre import Swing
from pipelines.pocket.music.genres.patterns import METRES
from pipelines.pocket.music.model import Settings
from pipelines.pocket.music.plan import Piece, Scene, SongPlan, plan_piece
from pipelines.pocket.music.tune import Filler, Tune, TuneWriter
from pipelines.pocket.music.wishes import home, sung_lines
from pipelines.pocket.music.words import weight
from studio.score import Chord, Note, Part, Role, Score, Section
from studio.spec import OnStep

LOUDNESS = {1: 70, 2: 78, 3: 88, 4: 96}
"""Velocity of the tune at each energy."""


def compose(
    plan: SongPlan,
    model: Filler,
    seed: int,
    settings: Settings | None = None,
    on_step: OnStep | None = None,
) -> Score:
    """Writes a whole piece.

    Raises:
        RequestError: something asked for cannot be; the message says what can.
    """
    piece = plan_piece(plan, seed)
    tunes = TuneWriter(piece, model, settings or Settings(), on_step).write()
    return assemble(piece, tunes)


def assemble(piece: Piece, tunes: Sequence[Tune]) -> Score:
    """The score of a piece from the tune of each of its scenes."""
    tunes = [polished(piece, at, tune) for at, tune in enumerate(tunes)]
    chords = [chord for tune in tunes for chord in tune.chords]
    notes = accompaniment(piece, tunes)
    if not piece.genre.bends_scale:
        tunes = _in_scale(piece, tunes, notes)
    for scene, tune in zip(piece.scenes, tunes, strict=True):
        name = "vocals" if scene.is_sung else "melody"
        notes.setdefault(name, []).extend(tune.notes)
    swing = swinging(piece.genre.swing, piece.metre)
    return Score(
        tempo_bpm=piece.tempo_bpm,
        metre=piece.metre,
        key=piece.key,
        mode=piece.mode,
        parts=tuple(_parts(piece, notes, swing)),
        chords=tuple(_clipped_chords(chords, piece.length_beats)),
        sections=tuple(
            Section(scene.name, scene.start_beats, scene.length_beats) for scene in piece.scenes
        ),
        length_beats=piece.length_beats,
        title=piece.plan.title,
        genre=piece.genre.name,
    )


def _parts(
    piece: Piece, notes: dict[str, list[Note]], swing: Callable[[float], float]
) -> Iterable[Part]:
    players = [Player("vocals", "vocals", piece.plan.voice), *piece.players]
    for player in players:
        played = finished(notes.get(player.name, []), piece.length_beats, swing)
        if played:
            yield Part(player.name, player.role, player.instrument, played)


# The tune


def polished(piece: Piece, at: int, tune: Tune) -> Tune:
    """A tune with its loudness, its leaps tamed, its end at home and its chords to the end."""
    scene = piece.scenes[at]
    within = melody_range(piece, scene)
    notes = _tamed(list(tune.notes), *within)
    if is_filtered(piece):
        notes = passing(piece, notes, tune.chords, within)
    notes = settled(piece, notes, tune.chords, within)
    if is_filtered(piece) and takes_colour(piece):
        notes = ornamented(piece, notes, scene.start_beats)
    if scene.is_sung:
        notes = _toned(piece, scene, notes)
    if at == len(piece.scenes) - 1 and not piece.plan.is_loop and notes:
        notes[-1] = _home(piece, scene, notes[-1])
    loud = [replace(note, velocity=_velocity(piece, scene, note)) for note in notes]
    return replace(tune, chords=_covering(piece, scene, tune.chords), notes=tuple(loud))


def _in_scale(
    piece: Piece, tunes: Sequence[Tune], others: Mapping[str, Sequence[Note]]
) -> list[Tune]:
    """Tunes with few enough notes beside the scale for all that sounds with them."""
    drums = {player.name for player in piece.players if player.role == "drums"}
    pitched = sum(len(notes) for name, notes in others.items() if name not in drums)
    pitched += sum(len(tune.notes) for tune in tunes)
    ranges = [melody_range(piece, scene) for scene in piece.scenes]
    kept = limited(piece, [tune.notes for tune in tunes], ranges, pitched)
    return [replace(tune, notes=tuple(own)) for tune, own in zip(tunes, kept, strict=True)]


def _tamed(notes: list[Note], low: int, high: int) -> list[Note]:
    """Leaps beyond an octave are folded, where the range allows."""
    for at in range(1, len(notes)):
        leap = notes[at].pitch - notes[at - 1].pitch
        folded = notes[at].pitch - (12 if leap > 0 else -12)
        if abs(leap) > 12 and low <= folded <= high:
            notes[at] = replace(notes[at], pitch=folded)
    return notes


def _home(piece: Piece, scene: Scene, last: Note) -> Note:
    """The last note of a piece: the tonic nearest to it, held to the end of what rings."""
    pitch = theory.snap(last.pitch, {min(piece.scale, key=lambda pc: pc != _tonic(piece))})
    low, high = melody_range(piece, scene)
    pitch = theory.fold(pitch, low, high) if high - low >= 11 else pitch
    end = last.end_beats
    if scene.rings_from is not None and last.start_beats >= scene.rings_from:
        end = scene.start_beats + scene.length_beats
    return replace(last, pitch=pitch, length_beats=max(last.length_beats, end - last.start_beats))


def _tonic(piece: Piece) -> int:
    return theory.roman("I", piece.key, piece.mode)[0]


def _velocity(piece: Piece, scene: Scene, note: Note) -> int:
    step = round((note.start_beats - scene.start_beats) * 4)
    # Higher notes are sung and blown a little louder, strong beats too.
    shape = 0.25 * (note.pitch - sum(melody_range(piece, scene)) / 2)
    height = max(-6, min(6, shape))
    return round(
        LOUDNESS[scene.energy] + 8 * weight(step, piece.metre) + height + _arc(piece, step)
    )


ARC = 8


def _arc(piece: Piece, step: int) -> float:
    """A phrase swells to its middle and comes back."""
    phrase = max(2, piece.genre.phrase_bars) * METRES[piece.metre]
    return ARC * (math.sin(math.pi * (step % phrase) / phrase) - 0.5)


# Where a Mandarin tone sits in the voice's range, at its beginning and end: low 0 to high 1.
_TONE_ENDS = {1: (1.0, 1.0), 2: (0.4, 1.0), 3: (0.2, 0.1), 4: (1.0, 0.1)}


def _toned(piece: Piece, scene: Scene, notes: list[Note]) -> list[Note]:
    """Mandarin tones, mildly: a light note that contradicts the words moves by a scale step."""
    tones = [each.syllable.tone for _, line in sung_lines(piece, scene) for each in line]
    low, high = melody_range(piece, scene)
    for at in range(1, min(len(notes), len(tones))):
        before, now = tones[at - 1], tones[at]
        if before not in _TONE_ENDS or now not in _TONE_ENDS:
            continue
        wanted = _TONE_ENDS[now][0] - _TONE_ENDS[before][1]
        sung = notes[at].pitch - notes[at - 1].pitch
        step = round((notes[at].start_beats - scene.start_beats) * 4)
        # Strong beats and last notes carry the harmony: they stay.
        is_light = weight(step, piece.metre) < 0.5 and at + 1 < len(notes)
        if abs(wanted) < 0.5 or wanted * sung > 0 or not is_light:
            continue
        moved = theory.scale_step(notes[at].pitch, 1 if wanted > 0 else -1, _tones(piece))
        if low <= moved <= high and abs(moved - notes[at + 1].pitch) <= 7:
            notes[at] = replace(notes[at], pitch=moved)
    return notes


def _tones(piece: Piece) -> frozenset[int]:
    """The pitch classes of the tune: five of them where the genre keeps to five."""
    if not piece.genre.is_pentatonic:
        return piece.scale
    tonic = -piece.shift % 12
    return frozenset((tonic + step) % 12 for step in (0, 2, 4, 7, 9))


def _covering(piece: Piece, scene: Scene, chords: Sequence[Chord]) -> tuple[Chord, ...]:
    """Chords from the scene's first beat to its last without a gap."""
    covered: list[Chord] = []
    end = scene.start_beats + scene.length_beats
    for at, chord in enumerate(chords):
        start = scene.start_beats if at == 0 else chord.start_beats
        stop = chords[at + 1].start_beats if at + 1 < len(chords) else end
        if stop > start:
            covered.append(replace(chord, start_beats=start, length_beats=stop - start))
    if covered:
        return tuple(covered)
    tonic = theory.roman(home(piece), piece.key, piece.mode)
    return (Chord(scene.start_beats, scene.length_beats, *tonic),)


def _clipped_chords(chords: Iterable[Chord], end: float) -> Iterable[Chord]:
    for chord in chords:
        length = min(chord.length_beats, end - chord.start_beats)
        if length > 1e-6:
            yield replace(chord, length_beats=length)


# The accompaniment


def accompaniment(piece: Piece, tunes: Sequence[Tune]) -> dict[str, list[Note]]:
    """The notes of every player but the tune's, by name, in straight time."""
    notes: dict[str, list[Note]] = {}
    for at, (scene, tune) in enumerate(zip(piece.scenes, tunes, strict=True)):
        for name, played in scene_accompaniment(piece, at, scene, tune).items():
            notes.setdefault(name, []).extend(played)
    return notes


def scene_accompaniment(piece: Piece, at: int, scene: Scene, tune: Tune) -> dict[str, list[Note]]:
    """What everybody but the tune plays in one scene."""
    before = piece.scenes[at - 1].energy if at else 0
    is_last = at == len(piece.scenes) - 1
    passage = Passage(
        start_beats=scene.start_beats,
        length_beats=scene.length_beats,
        metre=piece.metre,
        scale=piece.scale,
        chords=tune.chords,
        energy=scene.energy,
        is_opening=scene.energy > before,
        leads_on=not is_last or piece.plan.is_loop,
        rings_from=scene.rings_from,
        tune_pitch=_middle(tune.notes),
    )
    roles: frozenset[Role] = scene.roles - {"melody"}
    players = [player for player in piece.players if player.role in roles]
    played = genre_accompaniment(passage, players, piece.genre, piece.seed)
    played |= written_accompaniment(passage, players, tune.written, piece.seed)
    if scene.name not in SWELLING:
        return played
    return {name: [_swelling(scene, note) for note in notes] for name, notes in played.items()}


def _middle(notes: Sequence[Note]) -> float | None:
    return sum(note.pitch for note in notes) / len(notes) if notes else None


SWELLING = ("build", "prechorus")


def _swelling(scene: Scene, note: Note) -> Note:
    """Softer at the beginning of what leads up, louder at its end."""
    share = (note.start_beats - scene.start_beats) / scene.length_beats
    return replace(note, velocity=max(1, min(127, round(note.velocity - 18 + 26 * share))))


# In time


def swinging(swing: Swing, metre: tuple[int, int]) -> Callable[[float], float]:
    """The function that moves straight beats to swung ones; 6/8 swings by itself."""
    ratio = 0.5 if metre == (6, 8) else swing.ratio
    return _bent(2 * swing.unit_beats, 0.5, ratio)


def straightening(swing: Swing, metre: tuple[int, int]) -> Callable[[float], float]:
    """The inverse of `swinging`."""
    ratio = 0.5 if metre == (6, 8) else swing.ratio
    return _bent(2 * swing.unit_beats, ratio, 0.5)


def _bent(pair: float, middle: float, goes_to: float) -> Callable[[float], float]:
    """Moves the `middle` (a share) of every pair of beats to another place, the rest evenly."""
    if middle == goes_to:
        return lambda beats: beats

    def bent(beats: float) -> float:
        pairs, place = divmod(beats + 1e-9, pair)
        moved = float(np.interp(place / pair, (0, middle, 1), (0, goes_to, 1)))
        return max(0.0, (pairs + moved) * pair - 1e-9)

    return bent


SHORTEST = 0.05


def finished(
    notes: Iterable[Note], end: float, swing: Callable[[float], float]
) -> tuple[Note, ...]:
    """Notes swung, cut at the end of the piece, in order."""
    done = []
    for note in notes:
        start = swing(note.start_beats)
        stop = min(swing(note.end_beats), end)
        if stop - start >= SHORTEST:
            done.append(replace(note, start_beats=start, length_beats=stop - start))
    return tuple(sorted(done, key=lambda note: (note.start_beats, note.pitch)))
