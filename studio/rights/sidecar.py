"""A signature beside the file, for containers that cannot hold one (Ogg, Opus).

`song.opus.rights.jws`: a JSON Web Signature (ES256, compact) over the rights record and the file's
SHA-256. Knows no container and no licence.
"""

import base64
import binascii
import hashlib
import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import RequestError, SaveError
from studio.rights.credentials import Credentials, Link
from studio.rights.keys import Identity
from studio.rights.record import RightsRecord

if TYPE_CHECKING:
    from cryptography import x509

SUFFIX = ".rights.jws"
_TYPE = "studio-rights+jws"
# A record may be large, a sidecar of this size is none of ours.
_MAX_BYTES = 8_000_000
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
    try:
        return _read(path, beside, anchors)
    except (ValueError, KeyError, TypeError, IndexError, binascii.Error, RequestError) as error:
        why = (str(error) or type(error).__name__).splitlines()[0]
        return Credentials("Invalid", "", (f"unreadable sidecar: {why}",), None, ())


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _read(path: Path, beside: Path, anchors: str) -> Credentials:
    if beside.stat().st_size > _MAX_BYTES:
        raise ValueError(f"over {_MAX_BYTES} bytes")
    signed, _, signature = beside.read_text("ascii").strip().rpartition(".")
    header, payload = (json.loads(_decode(part)) for part in signed.split("."))
    if header["alg"] != "ES256" or header["typ"] != _TYPE:
        raise ValueError(f"not {_TYPE} with ES256")
    chain = _load_chain(header["x5c"])
    failures = _failures(signed.encode(), _decode(signature), chain)
    if payload["fileSha256"] != file_sha256(path):
        failures.append("file.sha256.mismatch")
    state = "Invalid" if failures else "Trusted" if _is_trusted(chain, anchors) else "Valid"
    record = RightsRecord.from_dict(payload["record"])
    # A sidecar holds no earlier manifests: what was found when it was signed is all there is.
    links = [
        Link(each.title or each.id, each.relation, 1, each.verified, ()) for each in record.inputs
    ]
    return Credentials(state, _signer_name(chain[0]), tuple(failures), record, tuple(links))


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
