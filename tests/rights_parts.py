"""Songs, records and signed files for the tests of the rights layer."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from studio.media import Audio
from studio.rights import drafting, keys, ledger, sidecar, signed
from studio.rights.c2pa import Ingredient
from studio.rights.record import Generator, Mark, Relation, RightsRecord, Role, Work
from studio.sounds import containers, tags

RATE = 44_100
SIGNING = ("wav", "flac", "mp3", "m4a")
ROLES = (Role(role="Composition", AiContribution="All"), Role(role="Vocals", AiContribution="All"))
OURS = Generator(model="pocket", revision="1", weights_sha256="ab" * 32, license="Apache-2.0")


def sound(seconds: float = 0.5, seed: int = 0) -> Audio:
    """Noise, (2, T) at 44.1 kHz."""
    noise = np.random.default_rng(seed).standard_normal((2, int(seconds * RATE)))
    return Audio((noise * 0.1).astype(np.float32), RATE)


def facts(title: str = "Blue", licence: str = "Apache-2.0") -> drafting.Facts:
    model = OURS.model_copy(update={"license": licence})
    return drafting.Facts(Work(name=title), ROLES, (model,))


def record(title: str = "Blue", licence: str = "Apache-2.0", mark: str = "") -> RightsRecord:
    watermark = Mark(alg="studio.spread-spectrum.1", value=mark) if mark else None
    return drafting.draft(replace(facts(title, licence), watermark=watermark))


def made(path: Path, home: Path, rights: RightsRecord, audio: Audio | None = None) -> Path:
    """A file as the studio leaves it: encoded, tagged, signed, in the ledger."""
    containers.encode(audio or sound(), path.suffix[1:], path)
    tags.write_tags(path, drafting.tags_of(rights, "la la"))
    signed.sign(path, rights, keys.identity(home))
    enter(path, home, rights)
    return path


def enter(path: Path, home: Path, rights: RightsRecord) -> None:
    mark = rights.watermark.value if rights.watermark else ""
    sha256 = sidecar.file_sha256(path)
    ledger.enter(home, ledger.Entry(rights.id, rights.work.name, rights.created, mark, sha256))


def child(path: Path, home: Path, parent: Path, relation: Relation = "parentOf") -> RightsRecord:
    """A signed file that was made from another."""
    source, earlier = signed.open_input(parent, relation, keys.anchors(home))
    inherited = drafting.input_terms(source, earlier)
    rights = drafting.draft(replace(facts("Child"), inputs=(source,), input_terms=(inherited,)))
    containers.encode(sound(seed=1), path.suffix[1:], path)
    tags.write_tags(path, drafting.tags_of(rights))
    signed.sign(path, rights, keys.identity(home), (Ingredient(parent, source),))
    enter(path, home, rights)
    return rights


def flipped(path: Path, at: int, by: int = 1) -> Path:
    """A copy with one byte changed, under another name: `by` has the bits that change."""
    data = bytearray(path.read_bytes())
    data[at] ^= by
    copy = path.with_name(f"flipped-{path.name}")
    copy.write_bytes(data)
    beside = sidecar.sidecar_path(path)
    if beside.is_file():
        sidecar.sidecar_path(copy).write_bytes(beside.read_bytes())
    return copy
