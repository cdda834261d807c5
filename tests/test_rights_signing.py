"""Keys, signatures inside files and beside them, on real WAV, FLAC, MP3, M4A and Opus."""

import base64
import json
import stat
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from rights_parts import SIGNING, child, facts, flipped, made, record, sound

from studio.cli import main
from studio.engine import Engine
from studio.errors import RequestError, ResourceError, SaveError
from studio.rights import c2pa, drafting, keys, ledger, sidecar, signed
from studio.rights.c2pa import Ingredient
from studio.sounds import containers

ALL = (*SIGNING, "opus")


def test_the_key_is_made_once_for_this_user_alone(home: Path) -> None:
    first = keys.identity(home)
    assert keys.identity(home) == first
    folder = home / "keys"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name for path in folder.iterdir()} == {"ca.pem", "ca.key", "leaf.pem", "leaf.key"}
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in folder.iterdir())
    assert "PRIVATE" not in repr(first)


def test_the_certificate_holds_ten_years_and_is_for_this_purpose(home: Path) -> None:
    leaf = x509.load_pem_x509_certificate(keys.identity(home).leaf_pem.encode())
    left = leaf.not_valid_after_utc - datetime.now(timezone.utc)
    assert left > timedelta(days=3650)
    purpose = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert x509.ExtendedKeyUsageOID.EMAIL_PROTECTION in purpose
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


@pytest.mark.parametrize("name", ["ca.pem", "leaf.pem", "leaf.key"])
def test_a_missing_or_damaged_key_is_an_error_that_says_what_to_do(home: Path, name: str) -> None:
    keys.identity(home)
    path = home / "keys" / name
    path.write_text("-----BEGIN NOTHING-----")
    with pytest.raises(ResourceError, match="damaged; restore the folder from a backup"):
        keys.identity(home)
    path.unlink()
    with pytest.raises(ResourceError, match=f"{name} is missing"):
        keys.identity(home)


def test_a_key_of_another_certificate_is_refused(home: Path, tmp_path: Path) -> None:
    keys.identity(home)
    other = keys.identity(tmp_path / "other")
    (home / "keys" / "leaf.key").write_text(other.key_pem)
    with pytest.raises(ResourceError, match="does not belong to leaf.pem"):
        keys.identity(home)
    (home / "keys" / "leaf.pem").write_text(other.leaf_pem)
    with pytest.raises(ResourceError, match="leaf.pem is not from ca.pem"):
        keys.identity(home)


def test_an_expired_certificate_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as years_ago:
        years_ago.setattr(keys, "LEAF_YEARS", 0)
        years_ago.setattr(keys, "_SLACK", timedelta(days=3))
        with pytest.raises(ResourceError, match="it expired on "):
            keys.identity(home)


@pytest.mark.parametrize("place", ["keys/ca.pem", "trusted/friend.pem"])
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nothing",
        b"0\x82\xff",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\nMIIB\n",
    ],
)
def test_a_damaged_certificate_is_not_taken_for_a_damaged_file(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str, data: bytes
) -> None:
    path = made(tmp_path / "a.mp3", home, record())
    (home / "trusted").mkdir()
    (home / place).write_bytes(data)
    with pytest.raises(ResourceError, match=f"{place} cannot be used: .*; restore it from a "):
        keys.anchors(home)
    assert main(["verify", str(path)]) == 3
    assert capsys.readouterr().out == ""
    (home / place).unlink()
    assert keys.anchors(home).count("BEGIN") == (place != "keys/ca.pem")


def test_a_friend_is_known_by_their_certificate(home: Path, tmp_path: Path) -> None:
    keys.identity(home)
    for format in ("flac", "opus"):
        path = made(tmp_path / f"a.{format}", tmp_path / "theirs", record())
        found = signed.read(path, keys.anchors(home))
        assert found is not None and found.state == "Valid"
        text = (tmp_path / "theirs" / "keys" / "ca.pem").read_text()
        (home / "trusted").mkdir(exist_ok=True)
        (home / "trusted" / f"{format}.pem").write_text(text.rstrip())
        found = signed.read(path, keys.anchors(home))
        assert found is not None and found.state == "Trusted"
        (home / "trusted" / f"{format}.pem").unlink()


def test_a_song_is_not_begun_with_a_key_that_cannot_sign_it(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    keys.identity(home)
    (home / "keys" / "leaf.key").unlink()
    monkeypatch.setattr(Engine, "run", lambda *_: pytest.fail("it was begun"))
    assert main(["make", "a tune", "--model", "toy-song"]) == 3
    said = capsys.readouterr()
    assert said.out == ""
    assert "leaf.key is missing or cannot be read; restore the folder" in said.err


def test_a_key_that_cannot_be_kept_is_an_error(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(SaveError, match="cannot keep the signing key"):
        keys.identity(blocked)


@pytest.mark.parametrize("format", ALL)
def test_a_signed_file_says_who_signed_and_what(home: Path, tmp_path: Path, format: str) -> None:
    rights = record('蓝 "blue"')
    path = made(tmp_path / f"a.{format}", home, rights)
    found = signed.read(path, keys.anchors(home))
    assert found is not None
    assert (found.state, found.failures, found.chain) == ("Trusted", (), ())
    assert found.record == rights
    assert found.signer.startswith("Studio ")


@pytest.mark.parametrize("format", ALL)
def test_elsewhere_the_signer_is_not_known(home: Path, tmp_path: Path, format: str) -> None:
    path = made(tmp_path / f"a.{format}", home, record())
    keys.identity(tmp_path / "other")
    for anchors in ("", keys.anchors(tmp_path / "other")):
        found = signed.read(path, anchors)
        assert found is not None
        assert (found.state, found.failures) == ("Valid", ())
    trusted = tmp_path / "other" / "trusted"
    trusted.mkdir()
    (trusted / "friend.pem").write_text(keys.identity(home).ca_pem)
    found = signed.read(path, keys.anchors(tmp_path / "other"))
    assert found is not None and found.state == "Trusted"


@pytest.mark.parametrize("format", SIGNING)
def test_signing_leaves_the_sound_as_it_was(home: Path, tmp_path: Path, format: str) -> None:
    path = tmp_path / f"a.{format}"
    containers.encode(sound(), format, path)
    before = containers.decode(path)
    signed.sign(path, record(), keys.identity(home))
    assert containers.decode(path) == before
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_pictures_can_be_signed_and_read_too(home: Path, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    PIL.Image.fromarray(np.zeros((32, 32, 3), np.uint8)).save(path)
    assert signed.read(path, keys.anchors(home)) is None
    signed.sign(path, record(), keys.identity(home))
    found = signed.read(path, keys.anchors(home))
    assert found is not None and found.state == "Trusted"


@pytest.mark.parametrize(("parent", "format"), [("wav", "m4a"), ("mp3", "flac"), ("opus", "wav")])
def test_what_went_in_is_walked_to_the_first_work(
    home: Path, tmp_path: Path, parent: str, format: str
) -> None:
    first = made(tmp_path / f"first.{parent}", home, record(licence="CC-BY-NC-4.0"))
    second = tmp_path / f"second.{format}"
    child(second, home, first)
    third = tmp_path / "third.mp3"
    rights = child(third, home, second, "componentOf")
    found = c2pa.read(third, keys.anchors(home))
    assert found is not None and found.state == "Trusted"
    assert [(link.depth, link.relation) for link in found.chain] == [
        (1, "componentOf"),
        (2, "parentOf"),
    ]
    assert rights.terms.commercial == "prohibited"
    assert rights.ai.digital_source_type == "compositeSynthetic"


@pytest.mark.parametrize("generations", [1, 3])
def test_a_damaged_ancestor_shows_in_every_generation(
    home: Path, tmp_path: Path, generations: int
) -> None:
    first = made(tmp_path / "first.wav", home, record())
    parent = flipped(first, 20_000)
    rights = record()
    for number in range(generations):
        path = tmp_path / f"child{number}.flac"
        rights = child(path, home, parent)
        parent = path
    found = c2pa.read(parent, keys.anchors(home))
    assert found is not None
    # The reader itself finds nothing wrong with the child.
    assert found.state == "Trusted"
    assert found.chain[-1].state == "Invalid"
    assert found.chain[-1].depth == generations
    assert rights.terms.commercial == "unknown"


@pytest.mark.parametrize(
    ("name", "inside"),
    [("a.mp3", "wav"), ("a.wav", "mp3"), ("a.m4a", "flac"), ("a.flac", "m4a"), ("a.wav", "opus")],
)
def test_a_file_under_a_wrong_name_is_known_by_what_it_is(
    home: Path, tmp_path: Path, name: str, inside: str
) -> None:
    right, wrong = made(tmp_path / f"right.{inside}", home, record()), tmp_path / name
    wrong.write_bytes(right.read_bytes())
    child(tmp_path / "child.flac", home, wrong)
    found = c2pa.read(tmp_path / "child.flac", keys.anchors(home))
    assert found is not None and found.state == "Trusted"
    # The sidecar of the Opus stayed behind.
    assert [link.state for link in found.chain] == ["none" if inside == "opus" else "Trusted"]


@pytest.mark.parametrize("data", [b"", b"garbage" * 99, b"RIFF\x10\0\0\0WAVE", b"OggS" + bytes(99)])
def test_a_damaged_file_can_go_in_and_vouches_for_nothing(
    home: Path, tmp_path: Path, data: bytes
) -> None:
    (tmp_path / "odd.wav").write_bytes(data)
    rights = child(tmp_path / "child.flac", home, tmp_path / "odd.wav")
    found = c2pa.read(tmp_path / "child.flac", keys.anchors(home))
    assert found is not None and found.state == "Trusted"
    assert [link.state for link in found.chain] == ["none"]
    assert rights.terms.commercial == "unknown"


def test_a_file_whose_signature_is_in_pieces_stays_invalid_in_the_chain(
    home: Path, tmp_path: Path
) -> None:
    whole = made(tmp_path / "whole.wav", home, record())
    at = whole.read_bytes().index(b"C2PA")
    child(tmp_path / "child.flac", home, flipped(whole, at))
    found = c2pa.read(tmp_path / "child.flac", keys.anchors(home))
    assert found is not None
    assert [link.state for link in found.chain] == ["Invalid"]


def test_one_file_may_go_in_twice_and_eight_times_in_a_row(home: Path, tmp_path: Path) -> None:
    path = made(tmp_path / "a.wav", home, record())
    source, _ = signed.open_input(path, "parentOf", keys.anchors(home))
    rights = drafting.draft(replace(facts(), inputs=(source, source)))
    containers.encode(sound(), "wav", tmp_path / "b.wav")
    signed.sign(tmp_path / "b.wav", rights, keys.identity(home), (Ingredient(path, source),) * 2)
    for number in range(8):
        child(tmp_path / f"{number}.mp3", home, path)
        path = tmp_path / f"{number}.mp3"
    found = c2pa.read(path, keys.anchors(home))
    assert found is not None
    assert {(link.state, link.relation) for link in found.chain} == {("Trusted", "parentOf")}
    assert len(found.chain) == 8


def test_a_sidecar_belongs_to_its_file_and_its_words(home: Path, tmp_path: Path) -> None:
    path = made(tmp_path / "a.opus", home, record())
    beside = sidecar.sidecar_path(path)
    text = beside.read_text()
    header, payload, signature = text.split(".")
    data = json.loads(base64.urlsafe_b64decode(payload + "=="))
    data["record"]["work"]["name"] = "Mine"
    forged = base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")
    beside.write_text(f"{header}.{forged}.{signature}")
    found = sidecar.read(path, keys.anchors(home))
    assert found is not None and found.failures == ("signature.mismatch",)
    beside.write_text(text)
    path.write_bytes(path.read_bytes() + b"x")
    found = sidecar.read(path, keys.anchors(home))
    assert found is not None and found.failures == ("file.sha256.mismatch",)


@pytest.mark.parametrize("text", ["", "a", "a.b.c", "e30.e30.e30", "{}", "\u00fc"])
def test_a_sidecar_that_is_none_is_invalid(home: Path, tmp_path: Path, text: str) -> None:
    path = made(tmp_path / "a.opus", home, record())
    sidecar.sidecar_path(path).write_text(text)
    found = sidecar.read(path, keys.anchors(home))
    assert found is not None and found.state == "Invalid"
    assert "unreadable sidecar" in found.failures[0]


def test_a_sidecar_is_an_ordinary_json_web_signature(home: Path, tmp_path: Path) -> None:
    path = made(tmp_path / "a.opus", home, record())
    header = sidecar.sidecar_path(path).read_text().split(".")[0]
    head = json.loads(base64.urlsafe_b64decode(header + "=="))
    assert head["alg"] == "ES256"
    leaf = x509.load_der_x509_certificate(base64.b64decode(head["x5c"][0]))
    key = load_pem_private_key(keys.identity(home).key_pem.encode(), password=None)
    assert leaf.public_key() == key.public_key()


def test_a_container_without_a_place_for_it_is_refused(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.opus"
    containers.encode(sound(), "opus", path)
    with pytest.raises(RequestError, match="cannot hold a signature"):
        c2pa.sign(path, record(), keys.identity(home))


def test_the_ledger_outlives_a_damaged_line(home: Path) -> None:
    entry = ledger.Entry("urn:a", "蓝", "2026-01-01", "00c0ffee", "0" * 64)
    ledger.enter(home, entry)
    with (home / "rights.jsonl").open("a") as file:
        file.write('{"half": \n')
    ledger.enter(home, ledger.Entry("urn:b", "b", "2026-01-02", "", "1" * 64))
    assert ledger.of_mark(home, "00c0ffee") == entry
    assert ledger.of_mark(home, "") is None
    assert [each.title for each in ledger.of_id(home, "urn:b")] == ["b"]
