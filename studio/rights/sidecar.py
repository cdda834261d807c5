"""A signature beside the file, for containers that cannot hold one (Ogg, Opus).

`song.opus.rights.jws`: a JSON Web Signature (ES256, compact) over the rights record and the file's
SHA-256. Knows no container and no licence.
"""

import base64
import binascii
import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import RequestError, SaveError
from studio.rights.credentials import Credentials, Link, told
from studio.rights.keys import Identity
from studio.rights.record import Input, RightsRecord
from studio.weights import file_sha256

if TYPE_CHECKING:
    from cryptography import x509

SUFFIX = ".rights.jws"
_TYPE = "studio-rights+jws"
# A record may be large, a sidecar of this size is none of ours.
_MAX_BYTES = 8_000_000
_MAX_KEPT_BYTES = 200_000
_INTEGER_BYTES = 32


def sidecar_path(path: Path) -> Path:
    return path.with_name(path.name + SUFFIX)


def sign(path: Path, record: RightsRecord, identity: Identity) -> Path:
    """Write the sidecar of a finished file.

    Raises:
        SaveError: it could not be written.
    """
    header = {"alg": "ES256", "typ": _TYPE, "x5c": _certificates(identity.chain_pem)}
    payload = {"fileSha256": file_sha256(path), "record": record.to_dict()}
    signed = f"{_encode(_json(header))}.{_encode(_json(payload))}"
    text = f"{signed}.{_encode(_signature(signed.encode(), identity))}"
    target = sidecar_path(path)
    aside = target.with_name(f".{secrets.token_hex(6)}.part")
    try:
        aside.write_text(text, "ascii")
        aside.replace(target)
    except OSError as error:
        raise SaveError(f"cannot write {target}: {error.strerror or error}") from error
    finally:
        aside.unlink(missing_ok=True)
    return target


def read(path: Path, anchors: str = "") -> Credentials | None:
    """What the sidecar of a file says about it; None where there is none."""
    beside = sidecar_path(path)
    if not beside.is_file():
        return None
    return _read_or_broken(lambda: _text(beside), file_sha256(path), anchors)


def signature_of(path: Path) -> str:
    """The text of a file's sidecar, for the record of what is made from it; empty for a long one.

    Each generation holds the one before it, a third larger.
    """
    beside = sidecar_path(path)
    if not beside.is_file() or beside.stat().st_size > _MAX_KEPT_BYTES:
        return ""
    try:
        return beside.read_text("ascii")
    except UnicodeDecodeError:
        return ""


def links(source: Input, anchors: str = "") -> Iterator[Link]:
    """An earlier work that lay beside its signature, and the works before it."""
    if not source.signature:
        yield from told(source)
        return
    found = _read_or_broken(lambda: source.signature, source.sha256, anchors)
    title = source.title or source.id
    yield Link(title, source.relation, 1, found.state, found.failures)
    yield from (replace(each, depth=each.depth + 1) for each in found.chain)


def _text(beside: Path) -> str:
    if beside.stat().st_size > _MAX_BYTES:
        raise ValueError(f"over {_MAX_BYTES} bytes")
    return beside.read_text("ascii")


def _read_or_broken(text: Callable[[], str], sha256: str, anchors: str) -> Credentials:
    try:
        return _read(text(), sha256, anchors)
    except (ValueError, KeyError, TypeError, IndexError, binascii.Error, RequestError) as error:
        why = (str(error) or type(error).__name__).splitlines()[0]
        return Credentials("Invalid", "", (f"unreadable sidecar: {why}",), None, ())


def _read(text: str, sha256: str, anchors: str) -> Credentials:
    """What a signature says about the file with that hash."""
    signed, _, signature = text.strip().rpartition(".")
    header, payload = (json.loads(_decode(part)) for part in signed.split("."))
    if header["alg"] != "ES256" or header["typ"] != _TYPE:
        raise ValueError(f"not {_TYPE} with ES256")
    chain = _load_chain(header["x5c"])
    failures = _failures(signed.encode(), _decode(signature), chain)
    if payload["fileSha256"] != sha256:
        failures.append("file.sha256.mismatch")
    state = "Invalid" if failures else "Trusted" if _is_trusted(chain, anchors) else "Valid"
    record = RightsRecord.from_dict(payload["record"])
    earlier = (link for source in record.inputs for link in links(source, anchors))
    return Credentials(
        state, _signer_name(chain[0]), tuple(failures), record, tuple(earlier), sha256
    )


def _failures(signed: bytes, signature: bytes, chain: "list[x509.Certificate]") -> list[str]:
    from datetime import datetime, timezone

    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    leaf, key = chain[0], chain[0].public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or len(signature) != 2 * _INTEGER_BYTES:
        return ["signature.unsupported"]
    halves = (signature[:_INTEGER_BYTES], signature[_INTEGER_BYTES:])
    first, second = (int.from_bytes(half, "big") for half in halves)
    found: list[str] = []
    try:
        key.verify(encode_dss_signature(first, second), signed, ec.ECDSA(SHA256()))
    except InvalidSignature:
        found.append("signature.mismatch")
    if not leaf.not_valid_before_utc <= datetime.now(timezone.utc) <= leaf.not_valid_after_utc:
        found.append("signingCredential.expired")
    return found


def _is_trusted(chain: "list[x509.Certificate]", anchors: str) -> bool:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature

    known = x509.load_pem_x509_certificates(anchors.encode()) if anchors else []
    for anchor in known:
        try:
            chain[0].verify_directly_issued_by(anchor)
        except (ValueError, TypeError, InvalidSignature):
            continue
        return True
    return False


def _signature(signed: bytes, identity: Identity) -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key(identity.key_pem.encode(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    halves = decode_dss_signature(key.sign(signed, ec.ECDSA(SHA256())))
    return b"".join(half.to_bytes(_INTEGER_BYTES, "big") for half in halves)


def _certificates(chain_pem: str) -> list[str]:
    """The chain as JWS wants it: base64 DER, the signer first."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    chain = x509.load_pem_x509_certificates(chain_pem.encode())
    return [base64.b64encode(each.public_bytes(Encoding.DER)).decode() for each in chain]


def _load_chain(texts: list[str]) -> "list[x509.Certificate]":
    from cryptography import x509

    return [x509.load_der_x509_certificate(base64.b64decode(text)) for text in texts]


def _signer_name(leaf: "x509.Certificate") -> str:
    from cryptography.x509.oid import NameOID

    names = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else leaf.subject.rfc4514_string()


def _json(data: dict[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
