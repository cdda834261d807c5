"""Bass and texture as the model writes them, for genres whose real scores it learned from.

First the model fills both streams below a tune that is there; then `written_accompaniment` plays
them: the bass as it is, the texture (when something begins, how thick, how high) with the tones of
the chords, led as closely as can be. Genres without such scores keep their grooves.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipelines.pocket.music import theory
from pipelines.pocket.music.accompany import Comping, Event, Passage, Player, Writer
from pipelines.pocket.music.asking import WHITE, tones_under
from pipelines.pocket.music.genres.patterns import METRES
from pipelines.pocket.music.instruments import instrument
from pipelines.pocket.music.model import Rule, pitch_rule
from pipelines.pocket.music.plan import Piece, Scene
from pipelines.pocket.music.tokens import (
    BASS_HIGH,
    BASS_LOW,
    FIRST,
    REGISTER_STARTS,
    REST,
    Grid,
    Stream,
    Texture,
    Tokens,
    bass_notes,
    texture_of,
)
from studio.score import Note, Role

STREAMS_OF: dict[Role, Stream] = {"bass": "bass", "chords": "texture"}
"""The stream that says what a role plays."""

BELOW_STEPS, BELOW_TEMPERATURE = 10, 0.7
"""How bass and texture are drawn: both follow what is there, so fewer steps are enough, and a bass
chosen less safely leaps about."""

DEEPEST = 31
"""Pianos and basses could go lower than G1; what moves there is a rumble."""

LOWEST_CHORD = 48
"""Close chords below C3 turn to mud."""

SPAN = 16
"""Semitones from the lowest to the highest tone of a figure."""

BROKEN = ((0, 1, 2, 1), (0, 2, 1, 2), (0, 1, 2, 3), (0, 1, 2, 3, 2, 1))
"""Orders of the tones of a chord that is broken."""


@dataclass(frozen=True)
class Written:
    """What the model wrote below one scene."""

    bass: tuple[Note, ...] | None = None
    """In the piece's key and beats."""

    texture: Tokens | None = None


def written_streams(piece: Piece, scene: Scene) -> tuple[Stream, ...]:
    """The streams of a scene that the model writes: of roles that play in it."""
    asked = piece.genre.written & scene.roles
    return tuple(
        stream for role, stream in STREAMS_OF.items() if role in asked and piece.player(role)
    )


def bass_rule(piece: Piece, window: Grid) -> Rule:
    """(steps, tokens): the bass player's register, in the scale as each chord bends it."""
    player = piece.player("bass")
    assert player is not None
    register = instrument(player.instrument).register("bass")
    low, high = (max(DEEPEST, pitch) + piece.shift for pitch in register)
    low, high = max(low, BASS_LOW), min(high, low + 21, BASS_HIGH)
    if not piece.genre.bends_scale:
        return pitch_rule("bass", WHITE, low, high)
    rules = [pitch_rule("bass", tones, low, high) for tones in tones_under(window)]
    return np.stack(rules)


def written(piece: Piece, scene: Scene, grid: Grid) -> Written:
    """What a filled grid says of bass and texture."""
    streams = written_streams(piece, scene)
    bass = tuple(bass_notes(grid.bass, -piece.shift, scene.start_beats))
    return Written(
        bass if "bass" in streams else None, grid.texture if "texture" in streams else None
    )


def written_accompaniment(
    passage: Passage, players: Sequence[Player], score: Written, seed: int
) -> dict[str, list[Note]]:
    """What the first player of each written role plays, by its name."""
    found: dict[str, list[Note]] = {}
    first = {player.role: player for player in reversed(players)}
    if score.bass is not None and "bass" in first:
        rng = random.Random(f"{seed} written bass {passage.start_beats}")
        found[first["bass"].name] = WrittenBass(passage, first["bass"], rng).play(score.bass)
    if score.texture is not None and "chords" in first:
        # The order in which chords are broken is one of the whole piece.
        rng = random.Random(f"{seed} written chords")
        player = first["chords"]
        found[player.name] = Figures(passage, player, 1.0, rng).play_figures(score.texture)
    return found


class WrittenBass(Writer):
    """The model's line with a loudness, and a last root that rings."""

    def play(self, notes: Sequence[Note]) -> list[Note]:
        passage = self.passage
        end = passage.start_beats + passage.steps * 0.25
        played = [
            replace(note, length_beats=min(note.length_beats, end - note.start_beats))
            for note in notes
            if note.start_beats < end
        ]
        voiced = [replace(note, velocity=self.velocity(self._event(note))) for note in played]
        last = self.ringing()
        return [*voiced, *([self._root(last)] if last else [])]

    def _event(self, note: Note) -> Event:
        step = round((note.start_beats - self.passage.start_beats) * 4)
        return Event("x", step, max(1, round(note.length_beats * 4)))

    def _root(self, event: Event) -> Note:
        """The root of the last chord, low: a piece ends on firm ground."""
        low = max(self.register[0], DEEPEST)
        return self.note(low + (self.passage.chords[-1].root - low) % 12, event)


@dataclass(frozen=True)
class Figure:
    """One onset of a texture, and how long it is held."""

    event: Event
    texture: Texture


def figures(tokens: Tokens) -> list[Figure]:
    """The onsets of a texture; each lasts until the next one or a rest."""
    found: list[tuple[int, Texture]] = []
    ends: list[int] = []
    for place, token in enumerate(tokens.tolist()):
        if token >= FIRST:
            texture = texture_of(token)
            steps = [2 * place + at for at, begins in enumerate(texture.onsets) if begins]
            found += [(step, texture) for step in steps]
            ends += steps
        elif token == REST:
            ends.append(2 * place)
    ends = sorted({*ends, 2 * len(tokens)})
    lengths = {step: next(end for end in ends if end > step) - step for step, _ in found}
    return [Figure(Event("x", step, lengths[step]), texture) for step, texture in found]


class Figures(Comping):
    """Chords played as a texture says: broken, in thirds and sixths, or full."""

    def play_figures(self, tokens: Tokens) -> list[Note]:
        order = BROKEN[self.rng.randrange(len(BROKEN))]
        leads = [self._lead(self._window(register)) for register in range(len(REGISTER_STARTS))]
        notes: list[Note] = []
        place = 0
        before = (-1, -1)
        inside = [each for each in figures(tokens) if each.event.first < self.passage.steps]
        for figure in inside:
            bar = figure.event.first // METRES[self.passage.metre]
            for at, event in self.harmony.pieces(self._until_end(figure.event)):
                place = 0 if (bar, at) != before else place + 1
                before = (bar, at)
                tones = leads[figure.texture.register][at]
                chosen = self._tones(tones, figure.texture.thickness, order[place % len(order)])
                notes += [self.note(pitch, event) for pitch in chosen]
        return [*notes, *self._last(leads[0])]

    def _until_end(self, event: Event) -> Event:
        steps = self.passage.steps
        return replace(event, steps=min(event.steps, steps - event.first))

    def _window(self, register: int) -> tuple[int, int]:
        """Where the tones of a register lie: from its lowest note on, below the middle of the tune
        where there is room."""
        low, high = self.instrument.low, self.instrument.high
        tune = self.passage.tune_pitch
        start = max(low, LOWEST_CHORD, REGISTER_STARTS[register] - 2)
        if tune is not None:
            start = max(low, LOWEST_CHORD, min(start, round(tune) - SPAN + 4))
        start = min(start, high - SPAN)
        return start, start + SPAN

    def _tones(self, tones: theory.Pitches, thickness: int, place: int) -> tuple[int, ...]:
        voices = self.instrument.voices
        if thickness == 0 or voices == 1:
            return (tones[place % len(tones)],)
        return tones[-min(voices, 2 + thickness) :]

    def _last(self, led: Sequence[theory.Pitches]) -> list[Note]:
        event = self.ringing()
        if event is None or not led:
            return []
        return [self.note(pitch, event) for pitch in led[-1][-self.instrument.voices :]]
