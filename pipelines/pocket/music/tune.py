"""Melody and harmony of a piece: what is fixed is put on grids, the model fills the rest.

New sections are filled first; then what repeats is copied (bars within a phrase, a verse's second
time) and only what should differ is filled again. Knows nothing of accompaniment.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.music import conditions as told
from pipelines.pocket.music import theory
from pipelines.pocket.music.conditions import Conditions
from pipelines.pocket.music.genres.patterns import play
from pipelines.pocket.music.instruments import instrument
from pipelines.pocket.music.model import Rule, Settings, Task, chord_rule, pitch_rule
from pipelines.pocket.music.plan import Piece, Scene
from pipelines.pocket.music.tokens import (
    BARS,
    FIRST,
    HOLD,
    MASK,
    MELODY_HIGH,
    MELODY_LOW,
    ONSET,
    REST,
    STEP_BEATS,
    STEPS_A_BAR,
    Grid,
    Stream,
    Tokens,
    chord_token,
    chord_tokens,
    chords_of,
    empty,
    join,
    melody_notes,
)
from pipelines.pocket.music.words import Sung, lay_line
from studio.score import Chord, Note
from studio.spec import OnStep, Step

WHITE = frozenset((0, 2, 4, 5, 7, 9, 11))
FIVE_TONES = frozenset((0, 2, 4, 7, 9))
ALL_TONES = frozenset(range(12))
PLAIN_CHORDS = frozenset(("maj", "min"))
CLASSIC_CHORDS = frozenset(("maj", "min", "7", "dim", "min7", "m7b5", "dim7"))
KNOWN_SECTIONS = {"prechorus": "verse", "drop": "chorus", "solo": "any", "breakdown": "bridge"}


class Filler(Protocol):
    """What fills grids: the music model."""

    def fill_many(
        self, tasks: Sequence[Task], settings: Settings, on_step: OnStep | None = None
    ) -> list[Grid]: ...


@dataclass(frozen=True)
class Tune:
    """A scene's result, in the piece's key; beats count from the beginning of the piece."""

    chords: tuple[Chord, ...]
    notes: tuple[Note, ...]
    """Sung ones carry their syllables."""


# What is fixed before the model is asked


def planned_chords(piece: Piece, scene: Scene) -> list[Chord]:
    """The genre's progression over a scene; the last bar of a piece is on the tonic."""
    bar = STEPS_A_BAR[piece.metre] * STEP_BEATS
    bars = _progression(piece, scene.name).split()
    chords: list[Chord] = []
    for at in range(scene.planned.bars):
        start = scene.start_beats + at * bar
        symbols = bars[at % len(bars)].split(",")
        if scene.rings_from is not None and at == scene.planned.bars - 1:
            symbols = [home(piece)]
        chords += _bar_chords(piece, symbols, start, bar)
    return chords


def home(piece: Piece) -> str:
    """The tonic chord as a numeral."""
    return "i" if theory.has_minor_third(piece.mode) else "I"


def _bar_chords(piece: Piece, symbols: list[str], start: float, bar: float) -> list[Chord]:
    # Two chords share 4/4 and 6/8 evenly; in 3/4 the second has the last beat.
    first = bar if len(symbols) == 1 else 2.0 if piece.metre == (3, 4) else bar / 2
    lengths = [first, bar - first]
    chords = []
    for symbol, length in zip(symbols, lengths, strict=False):
        harmony = theory.roman(symbol, piece.key, piece.mode)
        if not piece.genre.bends_scale:
            harmony = theory.diatonic(harmony, piece.scale)
        chords.append(Chord(start, length, *harmony))
        start += length
    return chords


PLACES = {"chorus": 1, "drop": 1, "build": 1, "prechorus": 1, "bridge": 2, "breakdown": 2}
"""Which of a piece's progressions a section takes; the others take the first."""


def _progression(piece: Piece, name: str) -> str:
    choices = list(piece.genre.progressions_in(piece.mode))
    piece.rng("progressions").shuffle(choices)
    return choices[PLACES.get(name, 0) % len(choices)]


def wish(piece: Piece, scene: Scene) -> tuple[Grid, dict[int, str]]:
    """A scene's grid with what is fixed, and the syllable that begins at each step."""
    grid = empty(piece.metre, scene.planned.bars)
    grid = grid.with_stream("chord", _wished_chords(piece, scene, grid))
    if scene.is_sung:
        rhythm, syllables = _sung_rhythm(piece, scene, grid.steps)
        return grid.with_stream("melody", rhythm), syllables
    return grid.with_stream("melody", _played_rhythm(piece, scene, grid.steps)), {}


def _wished_chords(piece: Piece, scene: Scene, grid: Grid) -> Tokens:
    if piece.genre.harmony == "ours":
        local = [
            replace(chord, start_beats=chord.start_beats - scene.start_beats)
            for chord in planned_chords(piece, scene)
        ]
        return chord_tokens(local, grid.steps, piece.shift)
    chords = grid.chord.copy()
    root, quality = theory.roman(home(piece), piece.key, piece.mode)
    tonic = chord_token(root + piece.shift, quality)
    if scene.start_beats == 0 or scene.name in ("verse", "chorus"):
        chords[0] = tonic
    if scene.rings_from is not None:
        bar = len(chords) // grid.bars
        chords[-bar:] = HOLD
        chords[-bar] = tonic
    return chords


def _sung_rhythm(piece: Piece, scene: Scene, steps: int) -> tuple[Tokens, dict[int, str]]:
    tokens = np.full(steps, REST, np.uint8)
    syllables: dict[int, str] = {}
    for start, line in sung_lines(piece, scene):
        for each in line:
            first = start + each.first
            tokens[first : first + each.steps] = HOLD
            tokens[first] = ONSET
            syllables[first] = each.syllable.text
    return tokens, syllables


def sung_lines(piece: Piece, scene: Scene) -> list[tuple[int, list[Sung]]]:
    """Each line of a scene with the step at which its bars begin."""
    bar = STEPS_A_BAR[piece.metre]
    stanza = scene.planned.stanza
    lines = stanza.lines if stanza else ()
    laid, start = [], 0
    for line, bars in zip(lines, scene.planned.line_bars, strict=True):
        # One motif a section of its name: its lines, and its return, move alike.
        motif = f"{piece.seed} {scene.name}"
        laid.append((start, lay_line(line, bars, piece.metre, piece.tempo_bpm, motif)))
        start += bars * bar
    return laid


def _played_rhythm(piece: Piece, scene: Scene, steps: int) -> Tokens:
    """An instrument's onsets: the genre's, free where it has none, silent where nobody plays."""
    if "melody" not in scene.roles or piece.player("melody") is None:
        return np.full(steps, REST, np.uint8)
    rhythms = piece.genre.rhythms or ("",)
    rhythm = piece.rng(f"rhythm {scene.name}").choice(rhythms)
    if rhythm:
        lane = play(1, rhythm).in_metre(piece.metre).lanes[0]
        signs = {"x": ONSET, "-": HOLD, ".": REST}
        tokens = np.array([signs[lane[at % len(lane)]] for at in range(steps)], np.uint8)
    else:
        tokens = np.full(steps, MASK, np.uint8)
    if scene.rings_from is not None:
        # The tune comes home on one long note.
        last = steps - STEPS_A_BAR[piece.metre]
        tokens[last] = ONSET
        tokens[last + 1 :] = HOLD
    return tokens


# What the model is told


def melody_range(piece: Piece, scene: Scene) -> tuple[int, int]:
    """The pitches that a scene's tune may have, in the piece's key."""
    if scene.is_sung:
        return piece.plan.voice_range
    player = piece.player("melody")
    low, high = instrument(player.instrument).register("melody") if player else (60, 79)
    # An octave and a half: wider tunes jump about.
    low = min(max(low, 60), high - 17)
    return low, min(high, low + 21)


def rules_of(piece: Piece, scene: Scene) -> dict[Stream, Rule]:
    """What may stand in the tune and in the harmony of a scene."""
    low, high = (pitch + piece.shift for pitch in melody_range(piece, scene))
    low, high = max(low, MELODY_LOW), min(high, MELODY_HIGH)
    genre = piece.genre
    tones = FIVE_TONES if genre.is_pentatonic else ALL_TONES if genre.bends_scale else WHITE
    chords = (
        chord_rule(ALL_TONES, CLASSIC_CHORDS)
        if genre.bends_scale
        else chord_rule(WHITE, PLAIN_CHORDS)
    )
    return {"melody": pitch_rule("melody", tones, low, high), "chord": chords}


def conditions_of(piece: Piece, scene: Scene, first_bar: int, bars: int) -> Conditions:
    """What the model is told of some bars of a scene."""
    index = piece.scenes.index(scene)
    is_end = index == len(piece.scenes) - 1 and first_bar + bars == scene.planned.bars
    place = "start" if index == 0 and first_bar == 0 else "end" if is_end else "middle"
    return Conditions(
        genre=piece.genre.name,
        mode="minor" if theory.has_minor_third(piece.mode) else "major",
        tempo_bpm=piece.tempo_bpm,
        # The rhythm is told already where it is fixed; free tunes follow the energy.
        energy=None if scene.is_sung else scene.energy,
        colour="some" if piece.genre.bends_scale else "plain",
        section=KNOWN_SECTIONS.get(scene.name, scene.name),
        place=place,
        phrases=_phrases(piece, scene, first_bar, bars),
        text=piece.plan.text,
    )


def _phrases(piece: Piece, scene: Scene, first_bar: int, bars: int) -> NDArray[np.uint8] | None:
    """Of sung lines: inside, the last note, the breath; of each 8th."""
    lines = sung_lines(piece, scene)
    if not lines:
        return None
    bar = STEPS_A_BAR[piece.metre]
    marks = np.full(scene.planned.bars * bar, told.PHRASE_REST, np.uint8)
    for start, line in lines:
        last = line[-1]
        marks[start : start + last.first] = told.PHRASE_INSIDE
        marks[start + last.first : start + last.first + last.steps] = told.PHRASE_END
    return marks[first_bar * bar : (first_bar + bars) * bar : 2]


# Filling


class TuneWriter:
    """The grids of a piece on their way from wishes to a tune."""

    def __init__(
        self, piece: Piece, model: Filler, settings: Settings, on_step: OnStep | None = None
    ) -> None:
        self.piece, self.model, self.settings, self.on_step = piece, model, settings, on_step
        self.known: frozenset[int] = frozenset()
        wishes = [wish(piece, scene) for scene in piece.scenes]
        self.wishes = [grid for grid, _ in wishes]
        self.syllables = [syllables for _, syllables in wishes]
        self.grids = list(self.wishes)

    def keep(self, grids: dict[int, Grid]) -> None:
        """Takes scenes as they are: they are not filled, but later ones may repeat them."""
        self.known = frozenset(grids)
        for at, grid in grids.items():
            self.grids[at] = self.wishes[at] = grid

    def write(self) -> list[Tune]:
        """The tune of every scene."""
        scenes = self.piece.scenes
        open_ones = [at for at in range(len(scenes)) if at not in self.known]
        new = [at for at in open_ones if scenes[at].planned.like is None]
        self._fill([(at, 0) for at in new], 0)
        for at in new:
            self._reprise(at)
        self._fill([(at, bar) for at in new for bar in self._chunks(at)], 1)
        again = [at for at in open_ones if at not in new]
        for at in again:
            self._return(at)
        self._fill([(at, bar) for at in again for bar in self._chunks(at)], 2)
        return [self._tune(at) for at in range(len(scenes))]

    def _chunks(self, at: int) -> range:
        return range(0, self.grids[at].bars, BARS)

    def _fill(self, places: Sequence[tuple[int, int]], turn: int) -> None:
        """Fills what is free in the windows that begin at these (scene, bar), by length."""
        tasks = {place: self._task(*place) for place in places}
        free = {place: task for place, task in tasks.items() if is_free(task)}
        lengths = sorted({task.grid.bars for task in free.values()})
        for call, bars in enumerate(lengths):
            group = {place: task for place, task in free.items() if task.grid.bars == bars}
            seed = self.piece.rng(f"fill {turn} {bars}").randrange(2**31)
            settings = replace(self.settings, seed=seed)
            on_step = self._progress(turn, call, len(lengths))
            filled = self.model.fill_many(list(group.values()), settings, on_step)
            for (at, bar), grid in zip(group, filled, strict=True):
                self.grids[at] = put(self.grids[at], bar, grid)

    def _progress(self, turn: int, call: int, calls: int) -> OnStep | None:
        """Steps of one call as steps of the three turns."""
        tell = self.on_step
        if tell is None:
            return None
        steps = self.settings.steps

        def on_step(step: Step) -> None:
            done = turn * steps + (call * steps + step.index) // calls
            tell(Step(done, 3 * steps))

        return on_step

    def _task(self, at: int, bar: int) -> Task:
        scene = self.piece.scenes[at]
        window = self.grids[at].slice_bars(bar, min(bar + BARS, self.grids[at].bars))
        conditions = conditions_of(self.piece, scene, bar, window.bars)
        return Task(window, conditions, ("chord", "melody"), rules_of(self.piece, scene))

    def _reprise(self, at: int) -> None:
        """Takes a phrase's beginning up again within a section; its last bars stay free."""
        phrase = self.piece.genre.phrase_bars
        bars = self.grids[at].bars
        for bar in range(phrase, bars):
            wished = self.wishes[at].slice_bars(bar, bar + 1)
            if bar % BARS < BARS - max(1, phrase // 2):
                source = bar % BARS % phrase
                wished = taken_over(self.grids[at].slice_bars(source, source + 1), wished)
            self.grids[at] = put(self.grids[at], bar, wished)

    def _return(self, at: int) -> None:
        """A section that comes again: the same chords; the same tune, or a verse's varied one."""
        scene = self.piece.scenes[at]
        earlier = scene.planned.like
        assert earlier is not None
        model = self.grids[earlier]
        rng = self.piece.rng(f"return {at}")
        varies = scene.name in ("verse", "solo") and not scene.is_sung
        for bar in range(self.grids[at].bars):
            wished = self.wishes[at].slice_bars(bar, bar + 1)
            is_new = varies and (bar % 4 == 3 or rng.random() < 0.2)
            if bar < model.bars:
                source = model.slice_bars(bar, bar + 1)
                taken = taken_over(source, wished)
                if is_new:
                    taken = taken.with_stream("melody", wished.melody)
                wished = taken
            self.grids[at] = put(self.grids[at], bar, wished)

    def _tune(self, at: int) -> Tune:
        piece, scene, grid = self.piece, self.piece.scenes[at], self.grids[at]
        if piece.genre.harmony == "ours":
            chords = planned_chords(piece, scene)
        else:
            chords = chords_of(grid.chord, -piece.shift, scene.start_beats)
        notes = melody_notes(grid.melody, -piece.shift, scene.start_beats)
        sung = self.syllables[at]
        named = [
            replace(note, syllable=sung.get(_step(note, scene), "")) if sung else note
            for note in notes
        ]
        return Tune(tuple(chords), tuple(named))


def _step(note: Note, scene: Scene) -> int:
    return round((note.start_beats - scene.start_beats) / STEP_BEATS)


def is_free(task: Task) -> bool:
    return any(
        bool(((tokens == MASK) | (tokens == ONSET)).any())
        for tokens in (task.grid.melody, task.grid.chord)
    )


def put(grid: Grid, bar: int, part: Grid) -> Grid:
    """A grid with some bars replaced."""
    pieces = [part]
    if bar:
        pieces.insert(0, grid.slice_bars(0, bar))
    if bar + part.bars < grid.bars:
        pieces.append(grid.slice_bars(bar + part.bars, grid.bars))
    return join(pieces)


def taken_over(source: Grid, wished: Grid) -> Grid:
    """A bar sung or played like an earlier one, as far as what is fixed allows.

    Pitches are kept over the same chords; over others only the rhythm is.
    """
    chord = np.where(wished.chord == MASK, source.chord, wished.chord)
    is_same = bool((chord == source.chord).all())
    old = source.melody if is_same else np.where(source.melody >= FIRST, ONSET, source.melody)
    kept = np.where(wished.melody == ONSET, np.where(old >= FIRST, old, ONSET), wished.melody)
    melody = np.where(wished.melody == MASK, old, kept)
    return replace(wished, chord=chord.astype(np.uint8), melody=melody.astype(np.uint8))
