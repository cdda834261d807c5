"""What is fixed before the model is asked: chords of the genre, rhythms of words and of figures.

Knows nothing of pitch: that is the model's.
"""

from dataclasses import replace

import numpy as np

from pipelines.pocket.music import theory
from pipelines.pocket.music.genres.patterns import play
from pipelines.pocket.music.plan import Piece, Scene
from pipelines.pocket.music.tokens import (
    HOLD,
    MASK,
    ONSET,
    REST,
    STEP_BEATS,
    STEPS_A_BAR,
    Grid,
    Tokens,
    chord_token,
    chord_tokens,
    empty,
)
from pipelines.pocket.music.words import Sung, lay_line
from studio.score import Chord


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
    for place, symbol in _cadences(piece, scene, grid):
        (chord,) = _bar_chords(piece, [symbol], 0.0, 1.0)
        chords[place] = chord_token(chord.root + piece.shift, chord.quality)
    if scene.rings_from is not None:
        bar = len(chords) // grid.bars
        chords[-bar:] = HOLD
        chords[-bar] = tonic
    return chords


HALF_CADENCE, FULL_CADENCE = 0.6, 0.75
"""How often the first half of a section ends open, and a section closed."""


TURNS = {True: ("iv", "VI", "VII"), False: ("IV", "vi", "V")}
"""Where harmony goes in the middle of a section, where it has a minor third and where not."""


def _cadences(piece: Piece, scene: Scene, grid: Grid) -> list[tuple[int, str]]:
    """Where a section's phrases breathe: the dominant at the half, dominant and tonic at the end.

    Places count 8ths. Without them harmony that the model writes may stand still; where chance
    gives none, it turns in the middle.
    """
    bar = len(grid.chord) // grid.bars
    late = bar - 2 if piece.metre == (3, 4) else bar // 2
    rng = piece.rng(f"cadences {scene.name}")
    found: list[tuple[int, str]] = []
    if grid.bars >= 8 and rng.random() < HALF_CADENCE:
        found.append(((grid.bars // 2 - 1) * bar + late, "V"))
    if grid.bars >= 4 and rng.random() < FULL_CADENCE:
        end = (grid.bars - 1) * bar
        found += [(end - bar + late, "V"), (end, home(piece))]
    if grid.bars >= 4 and not found:
        turns = TURNS[theory.has_minor_third(piece.mode)]
        found.append((grid.bars // 2 * bar, rng.choice(turns)))
    return found


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
