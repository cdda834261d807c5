"""Signs and reads any file: the signature inside where the container can hold it, else beside it.

Knows no container beyond that question, and no licence.
"""

from pathlib import Path

from studio.rights import c2pa, sidecar
from studio.rights.c2pa import Ingredient
from studio.rights.credentials import Credentials
from studio.rights.keys import Identity
from studio.rights.record import Grant, Input, Relation, RightsRecord


def sign(
    path: Path,
    record: RightsRecord,
    identity: Identity,
    ingredients: tuple[Ingredient, ...] = (),
    is_transcode: bool = False,
) -> Path:
    """Sign a finished file; returns where the signature is.

    Raises:
        PipelineError: it could not be signed.
        SaveError: it could not be written.
    """
    if path.suffix.lower() not in c2pa.MIMES:
        return sidecar.sign(path, record, identity)
    c2pa.sign(path, record, identity, ingredients, is_transcode)
    return path


def read(path: Path, anchors: str = "") -> Credentials | None:
    """What the signature in or beside a file says; None where there is neither."""
    return c2pa.read(path, anchors) or sidecar.read(path, anchors)


def open_input(
    path: Path, relation: Relation, anchors: str, grant: Grant | None = None
) -> tuple[Input, RightsRecord | None]:
    """An earlier work as it stands in the record of what is made from it, and its own record."""
    found = read(path, anchors)
    record = found.record if found else None
    sha256 = sidecar.file_sha256(path)
    entry = Input(
        relation=relation,
        # A file without a record is known by what it holds.
        id=record.id if record else f"urn:sha256:{sha256}",
        sha256=sha256,
        title=record.work.name if record else "",
        license=record.terms.spdx if record else "",
        verified=found.state if found else "none",
        grant=grant,
    )
    return entry, record
