"""What a person can do on the page, without the page: read a prompt, make, watch, find, take back.

Every visitor of a Space has a library of their own; at home all share one. Knows no component, no
HTML and no language.
"""

import contextlib
import hashlib
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast, get_args

from studio import core, filming, forms, registry, tag
from studio.backbone import Route, route
from studio.engine import Engine
from studio.errors import RequestError, StudioError
from studio.jobs import Jobs, JobState
from studio.library import Artifact
from studio.presets import Preset, preset, presets
from studio.record import Record
from studio.request import read_inputs
from studio.spec import MAX_SEED, Family, Kind, OnStep, unwatched
from studio.store import Store, home_folder
from studio.ui import starting
from studio.ui.starting import Start

KINDS: tuple[Kind, ...] = get_args(Kind)
SHARED = "all"
"""The shelf that everybody sees, when there is only one."""

VARIATIONS = 4
SONG_VARIATIONS = 2
"""Songs and clips take their time."""

VARIATION = 0.35
"""How far the "variations" of a result turn from it: its idea stays, its details do not."""


@dataclass(frozen=True)
class Draft:
    """What is on the page: what the person chose, and nothing that was decided for them."""

    prompt: str = ""
    kind: str = "auto"
    family: str | None = None
    preset: str | None = None
    given: tuple[tuple[str, Any], ...] = ()
    count: int | None = None
    start: str = ""
    """The song or tune that it starts from, as `Start` writes it."""

    def give(self, name: str, value: Any) -> "Draft":
        """Set one option; None takes it back."""
        values = {**dict(self.given), name: value}
        kept = {name: value for name, value in values.items() if value is not None}
        return replace(self, given=tuple(kept.items()))

    def request(self, files: Mapping[str, Path] | None = None) -> core.Request:
        return core.Request(
            prompt=self.prompt,
            kind=cast(Any, self.kind),
            family=self.family,
            preset=self.preset,
            params={**dict(self.given), **(files or {})},
            count=self.count,
        )


@dataclass(frozen=True)
class Order:
    """Work for the queue: everything decided, and whose shelf it goes on."""

    jobs: tuple[core.Job, ...]
    shelf: str


@dataclass(frozen=True)
class Restored:
    """A record as a draft again, with the pictures that went in and what could not come back."""

    draft: Draft
    picture: Path | None = None
    mask: Path | None = None
    missing_family: str | None = None
    notes: tuple[str, ...] = ()


class Unsure(Exception):
    """The router cannot tell what is wanted; ask the person."""


class Desk:
    """One per process; every page is a visitor at it.

    Args:
        engine: runs the jobs; the one shared by this process when None.
        is_public: give each visitor a library of their own.
        show_hidden: offer hidden families too, for tests.
    """

    def __init__(
        self, engine: Engine | None = None, is_public: bool = False, show_hidden: bool = False
    ) -> None:
        self.is_public = is_public
        self.engine = engine
        self._show_hidden = show_hidden
        self.jobs: Jobs[Order, Artifact] = Jobs(self._run)

    # -- what there is ----------------------------------------------------------------------

    def families(self, kind: str = "auto") -> list[Family]:
        """Those that can be chosen for a kind, the default one first; their weights are here."""
        found = [
            each
            for each in registry.families().values()
            if (self._show_hidden or not each.hidden) and kind in ("auto", each.kind)
            if each.is_here(**each.loading())
        ]
        return sorted(
            found,
            key=lambda each: (not each.default_for_kind, starting.needs_file(each), each.hidden),
        )

    def makeable(self) -> frozenset[Kind]:
        return frozenset(each.kind for each in self.families())

    def presets(self, family: Family) -> list[Preset]:
        return [each for each in presets().values() if each.family == family.name]

    # -- reading ----------------------------------------------------------------------------

    def read(self, draft: Draft) -> Route | None:
        """How the router understands the prompt; None while there is nothing to read.

        Raises:
            RequestError: the prompt cannot be read at all.
        """
        if not draft.prompt.strip():
            return None
        core.check_prompt(draft.prompt)
        return route(draft.prompt, "auto")

    def warm(self) -> None:
        """Load what reads an unclear prompt before somebody writes one."""
        with contextlib.suppress(StudioError):
            route("?", "auto")

    def family_of(self, draft: Draft, reading: Route | None) -> Family | None:
        """The family whose options to show; None when nothing makes that kind."""
        if draft.family:
            return registry.family(draft.family)
        if draft.preset:
            return registry.family(preset(draft.preset).family)
        kind = draft.kind
        if kind == "auto" and reading is not None:
            kind = reading.kind
        return next(iter(self.families(kind)), None)

    def values(
        self, draft: Draft, family: Family, files: Mapping[str, Path] | None = None
    ) -> dict[str, Any]:
        """Every option as it would be used now; the seed only when it was given.

        Raises:
            RequestError: an option given cannot be.
        """
        if starting.needs_file(family):
            # Cannot be resolved before the file is there.
            usual = {each.name: each.default for each in forms.controls(family.params)}
            return {**usual, **dict(draft.given)}
        # Nothing written yet stands for the kind's own name: read at once, by the word alone.
        prompt = draft.prompt if draft.prompt.strip() else family.kind
        whole = replace(draft, prompt=prompt, kind=family.kind, family=family.name, count=1)
        job = core.resolve(whole.request(files))[0]
        values = job.params.model_dump()
        return {**values, "seed": dict(draft.given).get("seed")}

    # -- making -----------------------------------------------------------------------------

    def submit(self, draft: Draft, files: Mapping[str, Path], shelf: str) -> str:
        """Queue what the page asks for, and return the job's id.

        Raises:
            Unsure: the kind was left open and the router cannot tell.
            StudioError: it cannot be.
        """
        reading = self.read(draft)
        is_open = draft.kind == "auto" and not draft.family and not draft.preset
        if is_open and reading is not None and not reading.is_sure:
            raise Unsure
        family = self.family_of(draft, reading)
        if family is not None and family.hidden:
            # The core never picks a hidden one by itself.
            draft = replace(draft, family=family.name)
        if family is not None and not draft.prompt.strip():
            # Where the words change nothing there are usual ones.
            usual = family.params.model_fields["prompt"].get_default()
            draft = replace(draft, prompt=usual if isinstance(usual, str) else draft.prompt)
        starts = self.start_files(draft, family, shelf)
        return self.queue(core.resolve(draft.request({**files, **starts})), shelf)

    def plan(self, draft: Draft, shelf: str) -> Draft:
        """The draft of a music video with its scenes planned, as text to be edited.

        The song is made for it; the seed is fixed, so that it is the song that is filmed.

        Raises:
            StudioError: it cannot be.
        """
        draft = draft.give("storyboard", None).give("scenes", True)
        family = self.family_of(replace(draft, kind="video"), None)
        if family is not None and family.hidden:
            draft = replace(draft, family=family.name)
        files = self.start_files(draft, family, shelf)
        job = core.resolve(replace(draft, kind="video", count=1).request(files))[0]
        board = filming.board_of(job, self.engine or core.default_engine(), unwatched)
        return draft.give("storyboard", board.to_toml()).give("seed", job.seed)

    def vary(self, id: str, shelf: str) -> str:
        """Queue more like a finished one, as near as its family can keep to it."""
        artifact = self.entry(id, shelf)
        if "vary" in starting.tasks(registry.family(artifact.record.family)):
            draft = self.begin("vary", id, shelf)
            files = self.start_files(draft, registry.family(artifact.record.family), shelf)
            requests = [replace(draft, count=1).request(files)] * SONG_VARIATIONS
        else:
            draft = replace(self.restore(artifact.record, shelf).draft, count=1)
            requests = self._variations(draft, artifact, shelf)
        if not draft.prompt:
            raise RequestError("the prompt of this file was kept private; write it again")
        return self.queue([core.resolve(each)[0] for each in requests], shelf)

    def _variations(self, draft: Draft, artifact: Artifact, shelf: str) -> list[core.Request]:
        """Turns of the same seed where the family knows them; else new seeds from its picture."""
        family = registry.family(artifact.record.family)
        fields = family.params.model_fields
        if {"variation", "variation_seed"} <= fields.keys():
            turned = draft.give("seed", artifact.record.seed).give("variation", VARIATION)
            seeds = [secrets.randbelow(MAX_SEED) for _ in range(VARIATIONS)]
            return [turned.give("variation_seed", seed).request() for seed in seeds]
        inputs = forms.input_fields(family.params).items()
        kind = artifact.record.kind
        files = {n: artifact.path for n, f in inputs if (f.role, f.media) == ("input", kind)}
        # Where it cannot start from the result itself, it starts from the same files once more.
        went_in = () if files else artifact.record.inputs
        files |= {each.field: self.kept_input(each.sha256, shelf) for each in went_in}
        count = SONG_VARIATIONS if kind == "video" else VARIATIONS
        return [draft.give("seed", None).request(files)] * count

    # -- starting from a song, a tune or a clip ----------------------------------------------

    def begin(self, task: str, id: str, shelf: str) -> Draft:
        """A draft that does something with a finished song."""
        record = self.entry(id, shelf).record
        family = registry.family(record.family)
        seconds = float(record.params.get("duration_s") or 0)
        given = starting.options(family, task, seconds)
        start = Start("entry", id, record.prompt or record.family)
        return Draft(
            record.prompt or "", record.kind, family.name, None, tuple(given.items()),
            start=start.to_text(),
        )  # fmt: skip

    def bring(self, draft: Draft, path: Path, shelf: str, name: str = "") -> Draft:
        """The draft, starting from a file that was handed in, and may have another name by now.

        Raises:
            RequestError: nothing can be made from such a file, or it is damaged.
        """
        family = self.family_of(draft, self.read(draft))
        files = {} if family is None else starting.files(family, path)
        if family is None or not files:
            raise RequestError(f"{path.name!r} is no sound and no MIDI file; choose one that is")
        read_inputs(family, files)
        start = replace(self.keep(path, shelf), name=name or path.name).to_text()
        given = tuple(pair for pair in draft.given if pair[0] not in starting.OPTIONS)
        return replace(draft, kind=family.kind, family=family.name, given=given, start=start)

    def keep(self, path: Path, shelf: str) -> Start:
        """Keep a file that was handed in, until it is said what to do with it."""
        sha256, _ = self.store(shelf).keep_input(path)
        return Start("input", sha256, path.name)

    def start_files(self, draft: Draft, family: Family | None, shelf: str) -> dict[str, Path]:
        """The file that the draft starts from, by the option that it fills.

        Raises:
            RequestError: it is gone.
        """
        start = Start.from_text(draft.start)
        if start is None or family is None:
            return {}
        is_entry = start.what == "entry"
        path = self.entry(start.id, shelf).path if is_entry else self.kept_input(start.id, shelf)
        return starting.files(family, path)

    def prompt_of(self, state: JobState[Order, Artifact]) -> str:
        return state.request.jobs[0].prompt

    def notes_of(self, state: JobState[Order, Artifact]) -> tuple[str, ...]:
        return state.request.jobs[0].notes

    def queue(self, jobs: list[core.Job], shelf: str) -> str:
        return self.jobs.submit(Order(tuple(jobs), shelf), len(jobs))

    def _run(self, order: Order, on_step: OnStep) -> Iterator[Artifact]:
        return core.generate(order.jobs, on_step, self.store(order.shelf), self.engine)

    # -- the library ------------------------------------------------------------------------

    def new_shelf(self) -> str:
        """Where a newcomer's results go. On a public page nobody can guess another's."""
        return secrets.token_urlsafe(24) if self.is_public else SHARED

    def store(self, shelf: str) -> Store:
        if not self.is_public:
            return Store()
        # Hashed, so that what a browser sends can never be a path.
        return Store(home_folder() / "visitors" / hashlib.sha256(shelf.encode()).hexdigest()[:32])

    def find(self, shelf: str, text: str, limit: int) -> list[Artifact]:
        """Newest first; files that somebody moved away are left out."""
        return [
            each for each in self.store(shelf).library(None, text or None, limit) if each.is_there
        ]

    def entry(self, id: str, shelf: str) -> Artifact:
        return self.store(shelf).entry(id)

    def kept_input(self, sha256: str, shelf: str) -> Path:
        """A picture that went into something, by the hash of its file."""
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise RequestError(f"{sha256[:20]!r} is not the hash of an input; drop the file again")
        return self.store(shelf).kept_input(sha256)

    def remove(self, id: str, shelf: str) -> None:
        self.store(shelf).remove(id)

    # -- taking back ------------------------------------------------------------------------

    def read_file(self, path: Path) -> Record | None:
        """The record in a dropped file; None when it has none."""
        return tag.read(path)

    def restore(self, record: Record, shelf: str) -> Restored:
        """The settings of a finished file, as if they had just been made on the page."""
        families = registry.families()
        missing = None if record.family in families else record.family
        chosen = record.preset if record.preset in presets() else None
        family = families.get(record.family) or next(iter(self.families(record.kind)), None)
        draft = Draft(
            prompt=record.prompt or "",
            kind=record.kind,
            family=family.name if family and not missing else None,
            preset=None if missing else chosen,
        )
        if family is None:
            return Restored(draft, missing_family=missing)
        given = tuple(self._differing(draft, family, record).items())
        draft = replace(draft, given=given, start=starting.started_from(record, family))
        picture, mask, notes = self._inputs(record, family, shelf)
        return Restored(draft, picture, mask, missing, notes)

    def _differing(self, draft: Draft, family: Family, record: Record) -> dict[str, Any]:
        """The recorded options that this family has and would not choose by itself."""
        usual = self.values(draft, family)
        known = {each.name: each for each in forms.controls(family.params)}
        return {
            name: value
            for name, value in record.params.items()
            if name in known
            and name != "prompt"
            and known[name].kind != "file"
            and value is not None
            and value != usual.get(name)
        }

    def _inputs(
        self, record: Record, family: Family, shelf: str
    ) -> tuple[Path | None, Path | None, tuple[str, ...]]:
        """The picture and the mask that went in; sounds have no place in the picture editor."""
        fields = forms.input_fields(family.params)
        drawn = [each for each in record.inputs if starting.is_picture(fields.get(each.field))]
        try:
            store = self.store(shelf)
            found = {each.role: store.kept_input(each.sha256) for each in drawn}
        except RequestError as error:
            return None, None, (str(error),)
        return found.get("input"), found.get("mask"), ()
