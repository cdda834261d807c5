"""Signs and reads any file: the signature inside where the container can hold it, else beside it.

Knows no container beyond that question, and no licence.
"""

from pathlib import Path

from studio.rights import c2pa, sidecar
from studio.rights.c2pa import Ingredient
from studio.rights.credentials import Credentials, Link
from studio.rights.keys import Identity
from studio.rights.record import Before, Grant, Input, Relation, RightsRecord
from studio.weights import file_sha256


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
    sha256 = (found.file_sha256 if found else "") or file_sha256(path)
    entry = Input(
        relation=relation,
        # A file without a record is known by what it holds.
        id=record.id if record else f"urn:sha256:{sha256}",
        sha256=sha256,
        title=record.work.name if record else "",
        license=record.terms.spdx if record else "",
        verified=found.state if found else "none",
        grant=grant,
        signature=sidecar.signature_of(path),
        before=tuple(_before(each) for each in found.chain) if found else (),
    )
    return entry, record


def _before(link: Link) -> Before:
    return Before(title=link.title, relation=link.relation, depth=link.depth, verified=link.state)
