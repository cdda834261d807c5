"""Content Credentials (C2PA): signs a finished file and reads what its signature says.

Signing comes last: any later change of the file, a tag included, makes the signature invalid.
Nothing here uses the network: no timestamps, no remote manifests, no revocation lists.
Knows the rights record and no licence; what the manifests say is for `credentials`.
"""

import contextlib
import functools
import json
import mmap
import secrets
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio import __version__
from studio.errors import PipelineError, RequestError, SaveError
from studio.rights import sidecar
from studio.rights.credentials import RIGHTS_LABEL, Credentials, credentials_of
from studio.rights.keys import Identity
from studio.rights.record import Input, RightsRecord
from studio.rights.watermark import ALGORITHM

MIMES = {
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".mp4": "video/mp4",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
}
"""By suffix, the containers that can hold a signature; others get a sidecar."""

_STARTS = {
    "image/png": b"\x89PNG",
    "image/jpeg": b"\xff\xd8\xff",
    "image/webp": b"RIFF",
    "image/gif": b"GIF8",
}

_SETTINGS = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
    "core": {"allowed_network_hosts": []},
    "builder": {"thumbnail": {"enabled": False}},
}


@dataclass(frozen=True)
class Ingredient:
    """A file that went in, as it lies on disk. `input` is its entry in the record."""

    path: Path
    input: Input


def sign(
    path: Path,
    record: RightsRecord,
    identity: Identity,
    ingredients: tuple[Ingredient, ...] = (),
    is_transcode: bool = False,
) -> None:
    """Sign a file in place, whole or not at all.

    Args:
        ingredients: the files of the record's inputs, as far as they lie here. One that C2PA
            cannot look into stands in the manifest by its name and how the record found it.

    Raises:
        RequestError: a container that cannot hold a signature.
        PipelineError: it could not be signed.
        SaveError: it could not be written.
    """
    import c2pa

    mime = mime_of(path)
    aside = path.with_name(f".{secrets.token_hex(6)}.signing")
    try:
        manifest = _manifest(record, mime, is_transcode)
        with _builder(manifest, record, ingredients, identity.ca_pem) as builder:
            with _signer(identity) as signer, path.open("rb") as source, aside.open("w+b") as out:
                builder.sign(signer, mime, source, out)
        aside.replace(path)
    except c2pa.C2paError as error:
        raise PipelineError(f"cannot sign {path.name}: {_line(error)}; look at the key") from error
    except OSError as error:
        raise SaveError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        aside.unlink(missing_ok=True)


def read(path: Path, anchors: str = "") -> Credentials | None:
    """What the signature in a file says; None where there is none.

    Args:
        anchors: PEM certificates whose signers are trusted.
    """
    import c2pa

    mime = _mime_inside(path)
    if mime is None:
        return None
    try:
        with path.open("rb") as file:
            reader = c2pa.Reader.try_create(mime, file, context=_context(anchors))
    except c2pa.C2paError as error:
        return _broken(_line(error)) if _has_remains(path) else None
    if reader is None:
        return _broken("no manifest where one was") if _has_remains(path) else None
    with reader:
        store = json.loads(reader.json())
        look = functools.partial(sidecar.links, anchors=anchors)
        return credentials_of(store, reader.get_validation_state() or "Invalid", look)


def mime_of(path: Path) -> str:
    """The container by its suffix.

    Raises:
        RequestError: one that cannot hold a signature.
    """
    mime = MIMES.get(path.suffix.lower())
    if mime is None:
        raise RequestError(
            f"{path.suffix or 'a file without suffix'} cannot hold a signature; it gets a sidecar, "
            f"or use {', '.join(MIMES)}"
        )
    return mime


def _mime_inside(path: Path) -> str | None:
    """What a file is by its first bytes, whatever its name says; by its name where they are odd."""
    from studio.sounds.containers import format_of

    with path.open("rb") as file:
        head = file.read(12)
    for mime, start in _STARTS.items():
        if head.startswith(start) and (mime != "image/webp" or head[8:] == b"WEBP"):
            return mime
    try:
        mime = format_of(path).mime
    except RequestError:
        return MIMES.get(path.suffix.lower())
    return mime if mime in MIMES.values() else None


def _can_be_read(path: Path) -> bool:
    """Whether C2PA understands the container, so that the file can vouch for itself."""
    import c2pa

    mime = _mime_inside(path)
    if mime is None:
        return False
    try:
        with path.open("rb") as file:
            reader = c2pa.Reader.try_create(mime, file, context=_context(""))
    except c2pa.C2paError:
        return False
    if reader is not None:
        reader.close()
        return True
    with c2pa.Builder({"assertions": []}, context=_context("")) as probe, path.open("rb") as file:
        try:
            probe.add_ingredient({"title": "", "relationship": "inputTo"}, mime, file)
        except c2pa.C2paError:
            return False
    return True


def _broken(why: str) -> Credentials:
    """A signature is there, but so damaged that nothing of it can be read."""
    return Credentials("Invalid", "", (f"unreadable: {why}",), None, ())


def _has_remains(path: Path) -> bool:
    """Whether a signature lies in the file that readers no longer find."""
    if path.stat().st_size == 0:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return data.find(b"c2pa.signature") >= 0 and data.find(b"c2pa.claim") >= 0


@functools.lru_cache(maxsize=8)
def _context(anchors: str) -> Any:
    import c2pa

    trust = {"trust": {"user_anchors": anchors}} if anchors else {}
    return c2pa.Context.from_dict({**_SETTINGS, **trust})


@contextlib.contextmanager
def _builder(
    manifest: dict[str, Any],
    record: RightsRecord,
    ingredients: tuple[Ingredient, ...],
    anchors: str,
) -> Generator[Any]:
    import c2pa

    # A file may have gone in twice; it is one ingredient.
    readable = [each for each in dict.fromkeys(ingredients) if _can_be_read(each.path)]
    manifest = {**manifest, "ingredients": manifest["ingredients"] + _told(record, readable)}
    # The own authority is an anchor, so that earlier files of this studio are taken as trusted.
    with c2pa.Builder(manifest, context=_context(anchors)) as builder:
        for ingredient in readable:
            _add(builder, ingredient, record)
        yield builder


@contextlib.contextmanager
def _signer(identity: Identity) -> Generator[Any]:
    import c2pa

    info = c2pa.C2paSignerInfo(
        alg=b"es256",
        sign_cert=identity.chain_pem.encode(),
        private_key=identity.key_pem.encode(),
        ta_url=None,
    )
    with c2pa.Signer.from_info(info) as signer:
        yield signer


def _add(builder: Any, ingredient: Ingredient, record: RightsRecord) -> None:
    with ingredient.path.open("rb") as file:
        about = _about(ingredient.input, record)
        builder.add_ingredient(about, _mime_inside(ingredient.path), file)


def _told(record: RightsRecord, ingredients: list[Ingredient]) -> list[dict[str, Any]]:
    """Inputs whose file cannot be looked into: they stand in the manifest by name only."""
    held = [each.input for each in ingredients]
    untold = dict.fromkeys(each for each in record.inputs if each not in held)
    return [_about(each, record) for each in untold]


def _about(source: Input, record: RightsRecord) -> dict[str, Any]:
    return {
        "label": _ingredient_label(record.inputs.index(source)),
        "title": source.title or source.id,
        "relationship": source.relation,
        "instance_id": source.id,
    }


def _ingredient_label(number: int) -> str:
    return f"input{number}"


def _manifest(record: RightsRecord, mime: str, is_transcode: bool) -> dict[str, Any]:
    assertions = [
        {"label": "c2pa.actions.v2", "data": {"actions": _actions(record, is_transcode)}},
        {"label": RIGHTS_LABEL, "data": record.to_dict()},
        {
            "label": "cawg.training-mining",
            "data": {"entries": {use: {"use": word} for use, word in record.mining.items()}},
        },
    ]
    if record.watermark is not None:
        assertions.append({"label": "c2pa.soft-binding", "data": _soft_binding(record)})
    return {
        "claim_generator_info": [{"name": "Studio", "version": __version__}],
        "title": record.work.name,
        "format": mime,
        "assertions": assertions,
        "ingredients": [_model(generator) for generator in record.generators],
    }


def _model(generator: Any) -> dict[str, Any]:
    return {
        "title": f"{generator.model} {generator.revision}".strip(),
        "relationship": "inputTo",
        "data_types": [{"type": "c2pa.types.model.pytorch"}],
        "description": f"{generator.license}; sha256 {generator.weights_sha256}",
    }


def _actions(record: RightsRecord, is_transcode: bool) -> list[dict[str, Any]]:
    """What was done, in order: made anew, or opened and changed; what was put in; marked."""
    labels = {relation: [] for relation in ("parentOf", "componentOf", "inputTo")}
    for source in dict.fromkeys(record.inputs):
        labels[source.relation].append(_ingredient_label(record.inputs.index(source)))
    source_type = {"digitalSourceType": record.ai.source_url}
    agent = {"softwareAgent": {"name": "Studio", "version": __version__}}
    if labels["parentOf"]:
        opened = {"action": "c2pa.opened", "parameters": {"ingredientIds": labels["parentOf"]}}
        changed = {"action": "c2pa.transcoded"} if is_transcode else _edited(source_type)
        actions = [opened, {**changed, **agent}]
    else:
        actions = [{"action": "c2pa.created", **source_type, **agent}]
    actions += [
        {"action": "c2pa.placed", "parameters": {"ingredientIds": [label]}}
        for label in labels["componentOf"]
    ]
    if record.watermark is not None:
        actions.append({"action": "c2pa.watermarked.bound"})
    return actions


def _edited(source_type: Mapping[str, str]) -> dict[str, Any]:
    return {"action": "c2pa.edited", **source_type}


def _soft_binding(record: RightsRecord) -> dict[str, Any]:
    value = record.watermark.value if record.watermark else ""
    return {"alg": ALGORITHM, "blocks": [{"scope": {}, "value": value}]}


def _line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
