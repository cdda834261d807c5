"""What is asked of a piece, and what follows from it: key, form, who plays in which section.

Decides by rules and the seed. Knows no notes and no model.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.music import theory
from pipelines.pocket.music.accompany import Player
from pipelines.pocket.music.form import Form, Planned, Span, plan_form
from pipelines.pocket.music.genres import Genre, find_genre
from pipelines.pocket.music.genres.patterns import Metre
from pipelines.pocket.music.instruments import KITS, instrument
from pipelines.pocket.music.words import Stanza
from pipelines.pocket.sound.names import ALIASES
from studio.errors import PipelineError, RequestError
from studio.score import Mode, Role, pitch_class


@dataclass(frozen=True, eq=False)
class SongPlan:
    """What a piece shall be. None leaves the choice to the genre and the seed."""

    genre: str = "pop"
    duration_s: float | None = None
    tempo_bpm: float | None = None
    key: str | None = None
    mode: Mode | None = None
    metre: Metre | None = None
    lift: int = 0
    """−1 calmer than the genre's usual, 1 more energetic."""

    instruments: tuple[str, ...] = ()
    """Every one of them plays."""

    without: frozenset[Role] = frozenset()
    stanzas: tuple[Stanza, ...] = ()
    """Lyrics as `words.read_lyrics` gives them; without any the piece is instrumental."""

    voice: str = "soft female"
    voice_range: tuple[int, int] = (57, 74)
    is_loop: bool = False
    title: str = ""
    text: NDArray[np.float32] | None = None
    """The text backbone's vector of the prompt, for the model."""


@dataclass(frozen=True)
class Scene:
    """A section of the form in place: its beats, and who plays how hard."""

    planned: Planned
    start_beats: float
    length_beats: float
    energy: int
    roles: frozenset[Role]
    rings_from: float | None = None
    has_voice: bool = False
    """Sung to a tune that is there already, without lines to lay."""

    @property
    def name(self) -> str:
        return self.planned.name

    @property
    def is_sung(self) -> bool:
        return self.has_voice or bool(self.planned.line_bars)


@dataclass(frozen=True, eq=False)
class Piece:
    """Everything decided before the first note."""

    plan: SongPlan
    genre: Genre
    key: str
    mode: Mode
    tempo_bpm: float
    metre: Metre
    scenes: tuple[Scene, ...]
    players: tuple[Player, ...]
    seed: int
    length_beats: float = field(default=0.0)

    @property
    def scale(self) -> frozenset[int]:
        return theory.scale_of(self.key, self.mode)

    @property
    def shift(self) -> int:
        """Semitones to the white keys."""
        return theory.white_shift(self.key, self.mode)

    def rng(self, what: str) -> random.Random:
        """Random numbers for one purpose, the same for the same seed."""
        return random.Random(f"{self.seed} {what}")

    def player(self, role: Role) -> Player | None:
        return next((each for each in self.players if each.role == role), None)


KEYS: tuple[str, ...] = ("C", "D", "Eb", "E", "F", "G", "A", "Bb")


def plan_piece(plan: SongPlan, seed: int) -> Piece:
    """Settles what the plan leaves open.

    Raises:
        RequestError: something asked for cannot be; the message says what can.
    """
    genre = find_genre(plan.genre)
    asked = (_canonical(name, genre) for name in plan.instruments)
    plan = replace(plan, instruments=tuple(dict.fromkeys(asked)))
    rng = random.Random(f"{seed} plan")
    metre = plan.metre or genre.metres[0]
    form = plan_form(
        Span(plan.duration_s, plan.tempo_bpm, metre, plan.is_loop), genre, plan.stanzas
    )
    key = _known_key(plan.key) if plan.key else rng.choice(KEYS)
    # The usual mode half of the time, its relatives share the other half.
    mode = plan.mode or rng.choice((genre.modes[0], *genre.modes))
    players = plan_players(plan, genre, form, rng)
    scenes = scenes_of(plan, genre, form, players)
    piece = Piece(plan, genre, key, mode, form.tempo_bpm, metre, scenes, players, seed)
    return replace(piece, length_beats=form.length_beats)


def _known_key(key: str) -> str:
    try:
        pitch_class(key)
    except PipelineError as error:
        raise RequestError(str(error)) from error
    return key


def _canonical(name: str, genre: Genre) -> str:
    """The players' name of an instrument; of "drums" and "bass" the genre's own."""
    plain = name.strip().lower()
    own: dict[str, Role] = {"drums": "drums", "drum kit": "drums", "bass": "bass"}
    if plain in own:
        return genre.instruments[own[plain]][0]
    return ALIASES.get(plain, plain)


# Who plays


def plan_players(
    plan: SongPlan, genre: Genre, form: Form, rng: random.Random
) -> tuple[Player, ...]:
    """The genre's own players, those asked for in their places or beside them."""
    roles: tuple[Role, ...] = ("melody", "chords", "bass", "drums", "texture")
    usual = {role: _choice(genre.instruments[role], rng) for role in roles}
    taken: dict[str, Player] = {}
    tune = _has_tune(genre, form)
    for name in dict.fromkeys(plan.instruments):
        role = _role_for(name, taken, tune, plan.without)
        part = role if role not in taken else f"{role} {_next(role, taken)}"
        taken[part] = Player(part, role, name)
    for role in roles:
        if role not in taken and role not in plan.without:
            taken[role] = Player(role, role, usual[role])
    return tuple(sorted(taken.values(), key=lambda each: (roles.index(each.role), each.name)))


def _choice(names: Sequence[str], rng: random.Random) -> str:
    """The usual one half of the time."""
    return rng.choice((*tuple(names[:1]) * max(1, len(names) - 1), *names))


def _has_tune(genre: Genre, form: Form) -> bool:
    """Whether an instrument ever has the melody: in sung forms only between the verses."""
    return any(
        not section.line_bars and "melody" in genre.cast_of(section.name).roles
        for section in form.sections
    )


def _role_for(
    name: str, taken: dict[str, Player], has_tune: bool, without: frozenset[Role]
) -> Role:
    """The role that suits an instrument best and is still free; else the first that suits."""
    if name in KITS:
        return "drums"
    around: list[Role] = ["texture"]
    fitting: list[Role] = [role for role in instrument(name).roles if role not in without] or around
    possible: list[Role] = [role for role in fitting if role != "melody" or has_tune] or around
    free: list[Role] = [role for role in possible if role not in taken]
    if free:
        return free[0]
    # A second melody would cover the first: it plays around it.
    return "texture" if possible[0] == "melody" or "texture" in possible else possible[0]


def _next(role: str, taken: dict[str, Player]) -> int:
    return 1 + sum(name.split()[0] == role for name in taken)


# Where they play


def scenes_of(
    plan: SongPlan, genre: Genre, form: Form, players: Sequence[Player]
) -> tuple[Scene, ...]:
    """The sections of a form in place, cast by the genre."""
    scenes: list[Scene] = []
    start = 0.0
    for at, section in enumerate(form.sections):
        is_last = at == len(form.sections) - 1
        length = section.bars * form.beats_a_bar + (form.rest_beats if is_last else 0.0)
        cast = genre.cast_of(section.name)
        energy = max(1, min(4, cast.energy + plan.lift + _grown(form, at)))
        rings = ring_start(form, start, section.bars) if is_last and not plan.is_loop else None
        scenes.append(Scene(section, start, length, energy, cast.roles - plan.without, rings))
        start += length
    if len(scenes) == 1:
        scenes[0] = replace(scenes[0], roles=_full(genre) - plan.without)
    return tuple(_with_asked(scenes, plan, players))


def _grown(form: Form, at: int) -> int:
    """The last of several choruses or drops is the greatest."""
    name = form.sections[at].name
    again = form.sections[at].like is not None and name in ("chorus", "drop")
    later = any(section.name == name for section in form.sections[at + 1 :])
    return int(again and not later)


def ring_start(form: Form, start: float, bars: int) -> float | None:
    """From where the last chord rings: the last bar, or only what is over a bar if that is long."""
    if form.rest_beats >= 2 or bars == 1:
        return start + bars * form.beats_a_bar if form.rest_beats > 0 else None
    return start + (bars - 1) * form.beats_a_bar


def _full(genre: Genre) -> frozenset[Role]:
    """A piece of one section has everyone who ever plays in a verse or chorus."""
    return genre.cast_of("verse").roles | genre.cast_of("chorus").roles


def _with_asked(scenes: Sequence[Scene], plan: SongPlan, players: Sequence[Player]) -> list[Scene]:
    """Roles of instruments asked for are heard: where the genre has no place for them, in all
    sections but the edges."""
    asked: set[Role] = {player.role for player in players if player.instrument in plan.instruments}
    body = [scene for scene in scenes if scene.name not in ("intro", "outro")] or scenes
    missing: set[Role] = {
        role for role in asked if not any(_can_hear(scene, role) for scene in scenes)
    }
    return [
        replace(scene, roles=scene.roles | missing) if scene in body else scene for scene in scenes
    ]


def _can_hear(scene: Scene, role: Role) -> bool:
    # Under a voice the melody instrument is silent; of a single bar that only rings little is left.
    return role in scene.roles and not (role == "melody" and scene.is_sung)
