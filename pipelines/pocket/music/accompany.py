"""Plays a genre's grooves over chords: bass, chords, texture and drums of one section.

Writes in straight time; swing is put on the whole piece at the end. Knows nothing of form, words or
the model.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipelines.pocket.music import theory
from pipelines.pocket.music.genres.genre import Genre
from pipelines.pocket.music.genres.patterns import DRUMS, METRES, Groove, Metre
from pipelines.pocket.music.instruments import instrument
from studio.score import QUALITIES, Chord, Note, Role

STEP = 0.25
LOUDNESS = {1: 56, 2: 66, 3: 77, 4: 88}
"""Velocity of an ordinary note at each energy."""

NARROWEST = 14
"""Semitones that a voicing needs to move in."""

ACCENTS = {"X": 13, "o": -20}
ROLE_LOUDNESS: dict[Role, int] = {"bass": 4, "texture": -8}


@dataclass(frozen=True)
class Player:
    """One part: its name in the score, its role and instrument."""

    name: str
    role: Role
    instrument: str


@dataclass(frozen=True)
class Passage:
    """A section as its accompaniment sees it; beats count from the beginning of the piece."""

    start_beats: float
    length_beats: float
    metre: Metre
    scale: frozenset[int]
    chords: tuple[Chord, ...]
    """They cover the section without a gap."""

    energy: int
    is_opening: bool = False
    """Whether it may begin with a cymbal: something louder starts here."""

    leads_on: bool = False
    """Whether its last bar leads into another section."""

    rings_from: float | None = None
    """From this beat on the last chord rings, to the end of the section."""

    tune_pitch: float | None = None
    """The middle of the tune, which others leave room for."""

    @property
    def steps(self) -> int:
        end = self.length_beats if self.rings_from is None else self.rings_from - self.start_beats
        return round(end / STEP)


@dataclass(frozen=True)
class Event:
    """A character of a groove with its place: steps from the beginning of the section."""

    sign: str
    first: int
    steps: int


def players_of(genre: Genre) -> tuple[Player, ...]:
    """The usual accompaniment of a genre."""
    roles: tuple[Role, ...] = ("chords", "bass", "texture", "drums")
    return tuple(Player(role, role, genre.instruments[role][0]) for role in roles)


def genre_accompaniment(
    passage: Passage, players: Sequence[Player], genre: Genre, seed: int
) -> dict[str, list[Note]]:
    """What each player plays in a section, by the player's name.

    The same seed gives every section of one energy the same groove.
    """
    return {player.name: _part(passage, player, genre, seed) for player in players}


def _part(passage: Passage, player: Player, genre: Genre, seed: int) -> list[Note]:
    rng = random.Random(f"{seed} {player.name} {passage.start_beats}")
    if player.role == "drums":
        return _drums(passage, genre, seed, rng)
    grooves = getattr(genre.grooves, player.role)
    groove = _choose(grooves, passage, f"{seed} {player.name}")
    if player.role == "bass":
        notes = BassLine(passage, player, rng).play(groove)
    else:
        notes = Comping(passage, player, genre.gate, rng).play(groove)
    return sorted(notes, key=lambda note: (note.start_beats, note.pitch))


def _choose(grooves: Sequence[Groove], passage: Passage, salt: str) -> Groove:
    """One of the grooves of the energy, those written for the metre before others."""
    written = [each for each in grooves if each.metre == passage.metre] or list(grooves)
    quiet = min(each.energy for each in written)
    level = max(each.energy for each in written if each.energy <= max(quiet, passage.energy))
    choice = [each for each in written if each.energy == level]
    picked = random.Random(f"{salt} {level}").choice(choice)
    return picked.in_metre(passage.metre)


def _events(lane: str, passage: Passage) -> Iterator[Event]:
    """The notes of a lane over a whole section, each with what is held after it."""
    signs = [lane[step % len(lane)] for step in range(passage.steps)]
    step = 0
    while step < len(signs):
        sign, first = signs[step], step
        step += 1
        if sign in ".-":
            continue
        while step < len(signs) and signs[step] == "-":
            step += 1
        yield Event(sign, first, step - first)


class Harmony:
    """Which chord sounds at a step of a section."""

    def __init__(self, passage: Passage) -> None:
        self.passage = passage
        self.changes = [
            round((chord.start_beats - passage.start_beats) / STEP) for chord in passage.chords
        ]

    def index(self, step: int) -> int:
        """The place among the passage's chords."""
        return max(0, sum(change <= step for change in self.changes) - 1)

    def pieces(self, event: Event) -> list[tuple[int, Event]]:
        """The event cut where chords change under it, with each piece's chord.

        What begins an 8th or less before a change and lasts beyond it anticipates the new chord.
        """
        inner = [at for at in self.changes if event.first < at < event.first + event.steps]
        if inner and inner[0] - event.first <= 2:
            return [(self.index(inner[0]), event)]
        cuts = [event.first, *inner, event.first + event.steps]
        return [
            (self.index(start), Event(event.sign, start, stop - start))
            for start, stop in zip(cuts, cuts[1:], strict=False)
        ]


class Writer:
    """What pitched players share: places, loudness, the last chord that rings."""

    def __init__(self, passage: Passage, player: Player, rng: random.Random) -> None:
        self.passage = passage
        self.player = player
        self.rng = rng
        self.instrument = instrument(player.instrument)
        self.register = self.instrument.register(player.role)
        self.harmony = Harmony(passage)

    def note(self, pitch: int, event: Event, gate: float = 1.0) -> Note:
        length = event.steps * STEP
        if event.steps <= 4:
            length *= gate
        start = self.passage.start_beats + event.first * STEP
        return Note(start, length, pitch, self.velocity(event))

    def velocity(self, event: Event) -> int:
        beat = 4 if event.first % METRES[self.passage.metre] == 0 else 0
        base = LOUDNESS[self.passage.energy] + ROLE_LOUDNESS.get(self.player.role, 0)
        return base + beat + ACCENTS.get(event.sign, 0) + self.rng.randint(-3, 3)

    def ringing(self) -> Event | None:
        """The held end of a piece."""
        passage = self.passage
        if passage.rings_from is None:
            return None
        end = passage.start_beats + passage.length_beats
        # A last bar that is cut anywhere rings for as long as there is, not for whole steps.
        return Event("x", passage.steps, max(1, int((end - passage.rings_from) / STEP)))


class Comping(Writer):
    """Chords and textures: voicings that move little, struck, broken or held."""

    def __init__(self, passage: Passage, player: Player, gate: float, rng: random.Random) -> None:
        super().__init__(passage, player, rng)
        self.gate = gate
        self.voicings: list[theory.Pitches] = []

    def _beside(self, groove: Groove) -> tuple[int, int]:
        """The register, less where the tune is: chords and pads below it, figures above."""
        low, high = self.register
        tune = self.passage.tune_pitch
        if tune is None:
            return low, high
        under = (low, max(low + NARROWEST, min(high, round(tune))))
        over = (min(high - NARROWEST, max(low, round(tune) + 3)), high)
        is_figure = any(sign.isdigit() for sign in groove.lanes[0])
        if self.player.role == "texture" and is_figure:
            return over
        return under

    def _lead(self, register: tuple[int, int]) -> list[theory.Pitches]:
        voices = max(3, min(4, self.instrument.voices))
        before: theory.Pitches = ()
        led = []
        for chord in self.passage.chords:
            before = theory.voice((chord.root, chord.quality), before, register, voices)
            led.append(before)
        return led

    def play(self, groove: Groove) -> list[Note]:
        self.voicings = self._lead(self._beside(groove))
        # A second lane written for the low hand is left out by instruments of one voice.
        lanes = groove.lanes if self.instrument.voices > 1 else groove.lanes[:1]
        notes = [
            note
            for lane in lanes
            for event in _events(lane, self.passage)
            for at, piece in self.harmony.pieces(event)
            for note in self._struck(at, piece)
        ]
        last = self.ringing()
        if last:
            notes += self._struck(len(self.voicings) - 1, last)
        return notes

    def _struck(self, at: int, event: Event) -> list[Note]:
        tones = self.voicings[at]
        if event.sign in "bf":
            pitches = [self._low(self.passage.chords[at], event.sign)]
        elif event.sign.isdigit():
            octaves, place = divmod(int(event.sign), len(tones))
            pitch = tones[place] + 12 * octaves
            pitches = [min(pitch, theory.fold(pitch, *self._whole_range()))]
        else:
            pitches = (
                [*tones[-self.instrument.voices :]] if self.instrument.voices > 1 else [tones[-1]]
            )
        return [self.note(pitch, event, self.gate) for pitch in pitches]

    def _low(self, chord: Chord, sign: str) -> int:
        root = chord.root if chord.bass is None else chord.bass
        low = max(self.instrument.low, 36)
        pitch = low + (root - low) % 12
        tones = QUALITIES[chord.quality]
        return pitch + (tones[-1 if len(tones) == 2 else 2] if sign == "f" else 0)

    def _whole_range(self) -> tuple[int, int]:
        return self.instrument.low, self.instrument.high


class BassLine(Writer):
    """A single low line that knows where the harmony goes next."""

    def __init__(self, passage: Passage, player: Player, rng: random.Random) -> None:
        super().__init__(passage, player, rng)
        low = self.register[0]
        # The lowest octave and a third: deeper than that a line loses its shape.
        self.register = (low, min(self.register[1], max(low + 16, 43)))
        self.last = low + 5

    def play(self, groove: Groove) -> list[Note]:
        notes = []
        for event in _events(groove.lanes[0], self.passage):
            for at, piece in self.harmony.pieces(event):
                is_first = piece.first in self.harmony.changes
                self.last = self._pitch(at, piece, is_first)
                notes.append(self.note(self.last, piece))
        last = self.ringing()
        if last:
            root = self._near(self._root(len(self.passage.chords) - 1))
            notes.append(self.note(root, last))
        return notes

    def _root(self, at: int) -> int:
        chord = self.passage.chords[at]
        return chord.root if chord.bass is None else chord.bass

    def _near(self, pitch_class: int) -> int:
        """The pitch of a class nearest to the last one, within the register."""
        low, high = self.register
        choices = [p for p in range(low, high + 1) if p % 12 == pitch_class]
        return min(choices, key=lambda p: (abs(p - self.last), p))

    def _pitch(self, at: int, event: Event, is_first: bool) -> int:
        chord = self.passage.chords[at]
        sign = event.sign
        if sign == "w":
            return self._near(self._root(at)) if is_first else self._walk(at)
        if sign == "a":
            return self._approach(at)
        if sign == "8":
            high = self._near(self._root(at)) + 12
            return high if high <= self.instrument.high else high - 12
        # A new chord is heard by its root, whatever tone the figure has there.
        if sign == "1" or is_first:
            return self._near(self._root(at))
        return self._near((chord.root + self._interval(chord, sign)) % 12)

    def _interval(self, chord: Chord, sign: str) -> int:
        """Semitones above the root of a chord's third, fifth, sixth or seventh."""
        tones = QUALITIES[chord.quality]
        place = {"3": 1, "5": 2, "7": 3}.get(sign, 9)
        if place < len(tones) and len(tones) > 2:
            return tones[place]
        wanted = {"3": 4, "5": 7, "6": 9, "7": 10}[sign]
        return theory.snap(chord.root + wanted, self.passage.scale) - chord.root

    def _following(self, at: int) -> int:
        return self._root(min(at + 1, len(self.passage.chords) - 1))

    def _approach(self, at: int) -> int:
        """A scale step below or above the next root, whichever is nearer."""
        goal = self._near(self._following(at))
        side = 1 if self.last > goal else -1
        pitch = theory.scale_step(goal, side, self.passage.scale | {goal % 12})
        return theory.fold(pitch, self.instrument.low, self.instrument.high)

    def _walk(self, at: int) -> int:
        """On from the last note by a step or a small leap, towards the next root."""
        low, high = self.register
        goal = self._near(self._following(at))
        tones = set(
            theory.chord_tones((self.passage.chords[at].root, self.passage.chords[at].quality))
        )

        def cost(pitch: int) -> float:
            leap = abs(pitch - self.last)
            away = abs(pitch - goal)
            return abs(leap - 3) + 0.3 * away - 1.5 * (pitch % 12 in tones) + self.rng.random()

        allowed = self.passage.scale | tones
        near = range(max(low, self.last - 7), min(high, self.last + 7) + 1)
        return min((p for p in near if p % 12 in allowed and p != self.last), key=cost)


def _drums(passage: Passage, genre: Genre, seed: int, rng: random.Random) -> list[Note]:
    bar = METRES[passage.metre]
    grooves = [each for each in genre.grooves.drums if each.kind == "groove"]
    groove = _choose(grooves, passage, f"{seed} drums")
    filled = _fill_bars(passage, genre)
    hits: dict[tuple[int, str], str] = {}
    for step in range(passage.steps):
        figure = filled.get(step // bar, groove)
        for name, lane in zip(figure.names, figure.lanes, strict=True):
            at = step % bar if figure.kind == "fill" else step % len(lane)
            if lane[at] not in ".-":
                hits[(step, name)] = lane[at]
    if passage.is_opening and passage.energy >= 3 and passage.steps:
        hits[(0, "crash")] = "x"
    if passage.rings_from is not None:
        hits |= {(passage.steps, "kick"): "X", (passage.steps, "crash"): "x"}
    return [_hit(passage, *place, sign, rng) for place, sign in sorted(hits.items())]


def _fill_bars(passage: Passage, genre: Genre) -> dict[int, Groove]:
    """The bars of a section that a fill takes over: the last, and each eighth before it."""
    bars = passage.steps // METRES[passage.metre]
    fills = [each for each in genre.grooves.drums if each.kind == "fill"]
    if not fills or passage.energy < 2 or bars < 2:
        return {}
    fitting = [each for each in fills if each.energy <= passage.energy]
    if not fitting:
        return {}
    figure = max(fitting, key=lambda each: each.energy).in_metre(passage.metre)
    inner = range(7, bars - 4, 8)
    return {at: figure for at in (*inner, *((bars - 1,) if passage.leads_on else ()))}


def _hit(passage: Passage, step: int, name: str, sign: str, rng: random.Random) -> Note:
    loud = LOUDNESS[passage.energy] + 8 + ACCENTS.get(sign, 0) + rng.randint(-4, 4)
    start = passage.start_beats + step * STEP
    return Note(start, 1.0 if name == "crash" else STEP, DRUMS[name], max(20, min(120, loud)))
