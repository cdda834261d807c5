"""Pictures of one's own that go into a clip: each as a signed copy that tells its rights.

A picture carries how it was made, but no signature, and a record that anybody could have written
vouches for nothing. Where this home's library knows the file by its hash, the studio made it, and
can sign for it when it is asked to. Knows no family by name; whether the library knows a file is
for the caller to find out.
"""

import secrets
import shutil
from pathlib import Path

from studio import tag
from studio.errors import SaveError
from studio.finish import TITLE_CHARACTERS, ai_role, generators_of, looked_at
from studio.record import Record
from studio.rights import c2pa, drafting, keys, signed
from studio.rights.record import RightsRecord, Work
from studio.rights.terms import UNKNOWN, of_part
from studio.weights import file_sha256

FOLDER = "vouched"


def signed_copy(path: Path, home: Path) -> Path:
    """A picture that was made here, signed by this home; the file itself where it cannot be.

    Copies are kept under the hash of what they are copies of, and made anew for another key.

    Raises:
        SaveError: the copy cannot be written.
        ResourceError: the signing key is damaged or has expired.
    """
    if path.suffix.lower() not in c2pa.MIMES or signed.read(path) is not None:
        return path
    record = tag.read(path)
    if record is None or record.kind != "image":
        return path
    identity = keys.identity(home)
    copy = home / FOLDER / (file_sha256(path) + path.suffix.lower())
    if copy.is_file():
        found = signed.read(copy, identity.ca_pem)
        if found is not None and found.state == "Trusted":
            return copy
    _write(path, copy, rights_of(record), identity)
    return copy


def rights_of(record: Record) -> RightsRecord:
    """The rights of a picture, from how it was made; what went into it is not followed here."""
    title = "" if record.is_private else record.prompt or ""
    share = "Partly" if record.inputs else "All"
    facts = drafting.Facts(
        work=Work.model_validate(
            {"@type": "ImageObject", "name": (title or record.family)[:TITLE_CHARACTERS]}
        ),
        roles=(ai_role("Picture", share),),
        generators=generators_of(record),
        input_terms=(
            *looked_at(record),
            *(of_part(UNKNOWN, each.name or each.sha256[:12]) for each in record.inputs),
        ),
    )
    return drafting.draft(facts, created=record.created)


def _write(path: Path, copy: Path, rights: RightsRecord, identity: keys.Identity) -> None:
    """Under its name only when it is signed."""
    aside = copy.with_name(f".{secrets.token_hex(6)}{copy.suffix}")
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, aside)
        signed.sign(aside, rights, identity)
        aside.replace(copy)
    except OSError as error:
        raise SaveError(
            f"cannot write {copy}: {error.strerror or error}; free some space"
        ) from error
    finally:
        aside.unlink(missing_ok=True)
