"""This studio's own signing identity: a small certificate authority and one signing certificate.

Made on first use, kept under `<home>/keys` for this user's eyes only. Nobody else vouches for it:
it shows that a file is as this studio left it, not who the person is.
Knows no file that is signed.
"""

import base64
import os
import re
import secrets
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from studio.errors import ResourceError, SaveError

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

# Without a timestamping service an expired certificate makes every file look invalid.
LEAF_YEARS, CA_YEARS = 10, 20
_FILES = ("ca.pem", "ca.key", "leaf.pem", "leaf.key")
_PEM = re.compile("-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----")
# A clock that is a little behind must not make a new certificate "not yet valid".
_SLACK = timedelta(days=1)


@dataclass(frozen=True)
class Identity:
    """PEM texts. `key_pem` is secret: it never enters a record, a log or an error."""

    ca_pem: str
    leaf_pem: str
    key_pem: str

    def __repr__(self) -> str:
        return "Identity(…)"

    @property
    def chain_pem(self) -> str:
        return self.leaf_pem + self.ca_pem


def identity(home: Path) -> Identity:
    """The identity kept under a home, made when there is none.

    Raises:
        ResourceError: part of it is missing, damaged, or it has expired.
        SaveError: it cannot be written there.
    """
    folder = home / "keys"
    if not folder.exists():
        _make(folder)
    texts = [_read(folder, name) for name in _FILES]
    found = Identity(ca_pem=texts[0], leaf_pem=texts[2], key_pem=texts[3])
    _check(found, folder)
    return found


def anchors(home: Path) -> str:
    """The certificates that this studio trusts: its own, and those put into `<home>/trusted`.

    Raises:
        ResourceError: one of the files holds none.
    """
    own = home / "keys" / "ca.pem"
    files = [own] if own.is_file() else []
    files += sorted((home / "trusted").glob("*.pem"))
    return "".join(_certificates(path) for path in files)


def _certificates(path: Path) -> str:
    """The text of a PEM file. A damaged one would make every signature look damaged."""
    try:
        text = path.read_text("ascii")
        found = [base64.b64decode(body) for body in _PEM.findall(text)]
    except OSError as error:
        raise _no_certificate(path, error.strerror or str(error)) from error
    except ValueError as error:
        raise _no_certificate(path, "it is not PEM, or damaged") from error
    if not found or not all(_is_whole(each) for each in found):
        raise _no_certificate(path, "it holds no certificate, or a damaged one")
    return text.rstrip() + "\n"


def _is_whole(der: bytes) -> bool:
    """Whether it is one ASN.1 sequence to its last byte; a parser would take longer to import."""
    wide = der[1] & 0x7F if len(der) > 2 and der[0] == 0x30 and der[1] > 0x80 else 0
    return bool(wide) and int.from_bytes(der[2 : 2 + wide], "big") + 2 + wide == len(der)


def _no_certificate(path: Path, why: str) -> ResourceError:
    return ResourceError(
        f"the certificate {path} cannot be used: {why}; restore it from a backup, or move it away"
    )


def _make(folder: Path) -> None:
    """Write all files aside, then give the folder its name: whole or not at all."""
    aside = folder.with_name(f".keys-{secrets.token_hex(4)}")
    try:
        aside.mkdir(parents=True, mode=0o700)
        for name, text in _new_identity().items():
            handle = os.open(aside / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(text)
        aside.rename(folder)
    except OSError as error:
        # Another process may have been first; then its identity is ours too.
        if not folder.exists():
            raise SaveError(
                f"cannot keep the signing key in {folder}: {error.strerror}; set STUDIO_HOME to a "
                "folder you can write to"
            ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _read(folder: Path, name: str) -> str:
    try:
        return (folder / name).read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(folder, f"{name} is missing or cannot be read") from error


def _check(found: Identity, folder: Path) -> None:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        leaf = x509.load_pem_x509_certificate(found.leaf_pem.encode())
        key = load_pem_private_key(found.key_pem.encode(), password=None)
        authority = x509.load_pem_x509_certificate(found.ca_pem.encode())
    except (ValueError, TypeError) as error:
        raise _unusable(folder, "it is damaged") from error
    try:
        leaf.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise _unusable(folder, "leaf.pem is not from ca.pem") from error
    if key.public_key() != leaf.public_key():
        raise _unusable(folder, "leaf.key does not belong to leaf.pem")
    if datetime.now(timezone.utc) > leaf.not_valid_after_utc:
        raise _unusable(folder, f"it expired on {leaf.not_valid_after_utc:%Y-%m-%d}")


def _unusable(folder: Path, why: str) -> ResourceError:
    return ResourceError(
        f"the signing key in {folder} cannot be used: {why}; restore the folder from a backup, or "
        "move it away to get a new key (files signed before will then show another signer)"
    )


def _new_identity() -> dict[str, str]:
    from cryptography.hazmat.primitives.asymmetric import ec

    ca_key = ec.generate_private_key(ec.SECP256R1())
    leaf_key = ec.generate_private_key(ec.SECP256R1())
    # Otherwise all studios' authorities would have one name and readers could mix them up.
    name = f"Studio {secrets.token_hex(4)}"
    ca = _ca_certificate(name, ca_key)
    return {
        "ca.pem": _pem(ca),
        "ca.key": _key_pem(ca_key),
        "leaf.pem": _pem(_leaf_certificate(name, leaf_key, ca, ca_key)),
        "leaf.key": _key_pem(leaf_key),
    }


def _ca_certificate(name: str, key: "EllipticCurvePrivateKey") -> "x509.Certificate":
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    subject = _name(f"{name} authority")
    usage = _key_usage(signs_certificates=True)
    ski = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        _builder(subject, subject, CA_YEARS)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(ski, critical=False)
        .sign(key, SHA256())
    )


def _leaf_certificate(
    name: str,
    key: "EllipticCurvePrivateKey",
    ca: "x509.Certificate",
    ca_key: "EllipticCurvePrivateKey",
) -> "x509.Certificate":
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509.oid import ExtendedKeyUsageOID

    ski = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    aki = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    # The one purpose that C2PA readers accept under their default settings.
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
    return (
        _builder(_name(f"{name} signer"), ca.subject, LEAF_YEARS)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(purpose, critical=False)
        .add_extension(ski, critical=False)
        .add_extension(aki, critical=False)
        .sign(ca_key, SHA256())
    )


def _builder(subject: "x509.Name", issuer: "x509.Name", years: int) -> "x509.CertificateBuilder":
    from cryptography import x509

    now = datetime.now(timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SLACK)
        .not_valid_after(now + timedelta(days=round(365.25 * years)))
    )


def _name(text: str) -> "x509.Name":
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    names = [(NameOID.COMMON_NAME, text), (NameOID.ORGANIZATION_NAME, "Studio (self-signed)")]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in names])


def _key_usage(*, signs_certificates: bool) -> "x509.KeyUsage":
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: "x509.Certificate") -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM).decode()


def _key_pem(key: "EllipticCurvePrivateKey") -> str:
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
