"""`verify` answers each question by itself, and notices every change."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import PIL.Image
import pytest
from rights_parts import RATE, SIGNING, child, flipped, made, record, sound

from studio.cli import main
from studio.errors import RequestError
from studio.media import Audio
from studio.rights import c2pa, keys, sidecar, watermark
from studio.rights.credentials import Credentials, Look
from studio.rights.listening import Heard, Listening
from studio.rights.verify import Report, verify
from studio.sounds import containers, ffmpeg
from studio.sounds.tags import read_tags
from studio.store import Store

ALL = (*SIGNING, "opus")
MARK = "0badcafe"
PLACES = 80
QUESTIONS = ("bytes", "signer", "chain", "watermark", "tags", "terms")


def states(report: Report) -> dict[str, str]:
    return {each.question: each.state for each in report.findings}


@pytest.fixture(scope="module")
def marked() -> Audio:
    at = np.arange(20 * RATE) / RATE
    noise = np.random.default_rng(0).standard_normal((2, at.size)) * np.exp(-(at % 0.5) * 12)
    tones = sum(np.sin(2 * np.pi * 220 * h * at) / h for h in range(1, 12))
    sound = (0.1 * noise + 0.1 * tones).astype(np.float32)
    return watermark.embed(Audio(sound, RATE), MARK)


@pytest.mark.parametrize("format", ALL)
def test_a_file_as_it_was_made_is_good_at_every_question(
    home: Path, tmp_path: Path, marked: Audio, format: str
) -> None:
    path = made(tmp_path / f"a.{format}", home, record(mark=MARK), marked)
    report = verify(path, home)
    assert states(report) == dict.fromkeys(QUESTIONS, "good")
    assert f"mark {MARK}" in report.finding("watermark").text
    assert "given here to 'Blue'" in report.finding("watermark").text
    assert report.finding("bytes").text == "as it was signed, to the last byte"


class Deaf(Listening):
    """Hears no mark, so that nothing but bytes tells of a change, and many are tried in no time."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def heard(self) -> Heard:
        return Heard(None)


def changes(path: Path) -> Iterator[tuple[Path, str]]:
    """Copies with one byte changed, at the ends and at places by chance, and where that is."""
    size, random = path.stat().st_size, Random(path.suffix)
    for at in [0, 1, 5, 12, 40, size - 1, *random.sample(range(size), PLACES)]:
        by = random.randrange(1, 256)
        yield flipped(path, at, by), f"{path.suffix}: byte {at} of {size} by {by}"


@pytest.mark.parametrize("format", ALL)
def test_one_byte_changed_anywhere_is_reported(home: Path, tmp_path: Path, format: str) -> None:
    path = made(tmp_path / f"a.{format}", home, record(), sound(0.1))
    for copy, where in changes(path):
        found = verify(copy, home, Deaf(copy)).finding("bytes")
        assert found.state in ("bad", "warning"), f"{where}: {found.text}"


@pytest.mark.parametrize("format", ALL)
def test_elsewhere_only_changes_that_say_nothing_go_unseen(
    home: Path, tmp_path: Path, format: str
) -> None:
    rights = record()
    path = made(tmp_path / f"a.{format}", home, rights, sound(0.1))
    told, heard = read_tags(path), containers.decode(path)
    # Who knows the signer, but has not made the file, cannot tell its hash.
    (tmp_path / "trusted").mkdir()
    shutil.copy(home / "keys" / "ca.pem", tmp_path / "trusted")
    unseen = 0
    for copy, where in changes(path):
        report = verify(copy, tmp_path, Deaf(copy))
        if not report.is_bad:
            # A signature has an empty end of its own, and names for its parts.
            assert (report.record, read_tags(copy)) == (rights, told), where
            assert containers.decode(copy) == heard, where
            unseen += 1
    assert unseen <= PLACES / 4


@pytest.mark.parametrize("format", SIGNING)
def test_changed_sound_is_bad_and_takes_the_terms_with_it(
    home: Path, tmp_path: Path, format: str
) -> None:
    path = made(tmp_path / f"a.{format}", home, record())
    report = verify(flipped(path, path.stat().st_size // 2), home)
    assert report.finding("bytes").state == "bad"
    assert report.finding("signer").state == "bad"
    assert report.finding("terms").state == "unknown"
    assert report.is_bad


def test_a_copy_without_its_signature_is_told_by_its_tags(home: Path, tmp_path: Path) -> None:
    path = made(tmp_path / "a.mp3", home, record())
    copy = tmp_path / "copy.mp3"
    arguments = ["-v", "error", "-i", str(path), "-c", "copy", str(copy)]
    subprocess.run([ffmpeg.program(), *arguments], check=True)
    report = verify(copy, home)
    assert report.finding("bytes").state == "bad"
    assert "signature was removed" in report.finding("bytes").text


def test_the_mark_tells_of_a_copy_that_lost_everything_else(
    home: Path, tmp_path: Path, marked: Audio
) -> None:
    path = made(tmp_path / "a.wav", home, record(mark=MARK), marked)
    copy = tmp_path / "copy.m4a"
    containers.encode(containers.decode(path), "m4a", copy, 128)
    report = verify(copy, home)
    assert states(report) == {**dict.fromkeys(QUESTIONS, "unknown"), "watermark": "good"}
    assert "given here to 'Blue'" in report.finding("watermark").text


def test_a_record_that_tells_of_another_mark_is_bad(
    home: Path, tmp_path: Path, marked: Audio
) -> None:
    wrong = made(tmp_path / "wrong.flac", home, record(mark="11111111"), marked)
    assert "the record tells of 11111111" in verify(wrong, home).finding("watermark").text
    none = made(tmp_path / "none.flac", home, record(mark=MARK), sound(12))
    assert "is not in the sound" in verify(none, home).finding("watermark").text
    assert verify(none, home).is_bad


def test_tags_that_say_something_else_than_what_was_signed_are_bad(
    home: Path, tmp_path: Path
) -> None:
    from studio.rights import drafting, signed
    from studio.sounds import tags

    rights = record(licence="CC-BY-NC-4.0")
    path = tmp_path / "a.flac"
    containers.encode(sound(), "flac", path)
    tags.write_tags(path, drafting.tags_of(rights.model_copy(update={"terms": record().terms})))
    signed.sign(path, rights, keys.identity(home))
    found = verify(path, home).finding("tags")
    assert found.state == "bad"
    assert "licence: Apache-2.0" in found.details


def test_a_damaged_parent_is_bad_though_the_child_is_whole(home: Path, tmp_path: Path) -> None:
    first = made(tmp_path / "first.wav", home, record())
    child(tmp_path / "child.mp3", home, flipped(first, 20_000))
    report = verify(tmp_path / "child.mp3", home)
    assert report.finding("bytes").state == "good"
    assert report.finding("chain").state == "bad"
    assert report.finding("terms").state == "unknown"


@pytest.mark.parametrize("format", ALL)
@pytest.mark.parametrize("of_child", ["flac", "opus"])
def test_a_parent_of_any_container_is_followed_through_the_library(
    home: Path, tmp_path: Path, format: str, of_child: str
) -> None:
    store = Store(home)
    first = made(tmp_path / f"first.{format}", home, record())
    sha256, _ = store.keep_input(first)
    path = tmp_path / f"child.{of_child}"
    child(path, home, store.kept_input(sha256))
    report = verify(path, home)
    assert states(report) == {**dict.fromkeys(QUESTIONS, "good"), "watermark": "unknown"}
    assert "as signed, signer known" in report.finding("chain").details[0]
    damaged = flipped(first, first.stat().st_size // 2)
    sha256, _ = store.keep_input(damaged)
    child(path, home, store.kept_input(sha256))
    report = verify(path, home)
    assert report.finding("bytes").state == "good"
    assert report.finding("chain").state == "bad"
    assert "changed after it was signed" in report.finding("chain").details[0]
    assert report.finding("terms").state == "unknown"


def test_a_chain_goes_on_through_signatures_beside_files(home: Path, tmp_path: Path) -> None:
    last = made(tmp_path / "0.opus", home, record("Oldest"))
    for number, format in enumerate(("opus", "flac", "opus", "mp3"), 1):
        path = tmp_path / f"{number}.{format}"
        child(path, home, last)
        last = path
    found = verify(last, home).finding("chain")
    assert (found.state, found.text[:15]) == ("good", "4 earlier works")
    assert [line.split(":")[0].strip() for line in found.details] == ["parentOf Child"] * 3 + [
        "parentOf Oldest"
    ]
    # Beside an Opus file lies what its parent's signature says, but not that signature itself.
    assert ["as its record tells" in line for line in found.details] == [False, True, True, True]
    elsewhere = verify(last, tmp_path / "elsewhere").finding("chain")
    assert elsewhere.state == "warning" and "signer not known here" in elsewhere.details[0]


def test_a_signature_in_a_record_must_be_that_of_the_file(home: Path, tmp_path: Path) -> None:
    first = made(tmp_path / "first.opus", home, record("First"))
    other = made(tmp_path / "other.opus", home, record("Other"), sound(seed=2))
    sidecar.sidecar_path(first).write_bytes(sidecar.sidecar_path(other).read_bytes())
    child(tmp_path / "child.wav", home, first)
    found = verify(tmp_path / "child.wav", home).finding("chain")
    assert found.state == "bad" and "file.sha256.mismatch" in found.details[0]


def test_an_unsigned_parent_leaves_the_terms_unknown(home: Path, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger.wav"
    containers.encode(sound(), "wav", stranger)
    child(tmp_path / "child.flac", home, stranger)
    report = verify(tmp_path / "child.flac", home)
    assert report.finding("chain").state == "warning"
    assert report.finding("terms").state == "unknown"
    assert any("because of urn:sha256:" in line for line in report.finding("terms").details)


def test_elsewhere_the_signer_is_a_warning_never_good(home: Path, tmp_path: Path) -> None:
    path = made(tmp_path / "a.mp3", home, record())
    report = verify(path, tmp_path / "elsewhere")
    assert report.finding("signer").state == "warning"
    assert report.finding("terms").state == "warning"
    assert not (tmp_path / "elsewhere").exists()


def test_an_expired_certificate_is_not_called_a_changed_file(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made(tmp_path / "a.opus", home, record())
    monkeypatch.setattr(keys, "LEAF_YEARS", 0)
    texts = keys._new_identity()
    expired = keys.Identity(texts["ca.pem"], texts["leaf.pem"], texts["leaf.key"])
    sidecar.sign(path, record(), expired)
    report = verify(path, home)
    assert report.finding("bytes").state == "warning"
    assert report.finding("bytes").details == ("signingCredential.expired",)
    assert "certificate does not hold" in report.finding("signer").text
    assert report.finding("terms").state == "unknown"


def test_an_expired_certificate_inside_a_file_is_not_called_a_changed_file(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made(tmp_path / "a.flac", home, record())
    read = c2pa.credentials_of

    def years_later(store: dict[str, Any], state: str, look: Look) -> Credentials:
        # What the reader says then; nothing can be signed with a certificate that has expired.
        failure = {"code": "signingCredential.expired", "url": "", "explanation": ""}
        store["validation_results"]["activeManifest"]["failure"].append(failure)
        return read(store, "Invalid", look)

    monkeypatch.setattr(c2pa, "credentials_of", years_later)
    report = verify(path, home)
    assert report.finding("bytes").state == "warning"
    assert report.finding("bytes").details == ("signingCredential.expired",)
    assert "the certificate does not hold" in report.finding("signer").text
    assert report.finding("terms").state == "unknown"


def test_terms_say_why(home: Path, tmp_path: Path) -> None:
    path = made(tmp_path / "a.wav", home, record(licence="LicenseRef-Tencent-Hunyuan-Community"))
    lines = verify(path, home).finding("terms").details
    assert "not in: EU; GB; KR (because of pocket)" in lines
    assert "nobody claims copyright" in lines


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.opus", "a.txt", "a.png", "a"])
@pytest.mark.parametrize("data", [b"", b"c2pa", b"RIFF\x00\x00\x00\x00WAVE", bytes(5000)])
def test_any_file_gets_an_answer_without_a_good_word(
    home: Path, tmp_path: Path, name: str, data: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    assert "good" not in states(verify(path, home)).values()


def test_a_file_too_large_to_be_read_whole_is_still_answered(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made(tmp_path / "a.wav", home, record())
    monkeypatch.setattr(containers, "MAX_BYTES", 1000)
    report = verify(path, home)
    assert report.finding("bytes").state == "good"
    assert report.finding("tags").state == "unknown"
    assert "at most 0 GB, cut it first" in report.finding("tags").details[0]


def test_a_plain_picture_says_that_nothing_is_known(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    PIL.Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(path)
    report = verify(path, home)
    assert set(states(report).values()) == {"unknown"}
    assert report.finding("bytes").text == "not signed: nothing says what it was"


def test_a_file_that_is_not_there_is_refused(home: Path, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="does not exist; give the path"):
        verify(tmp_path / "none.wav", home)
    with pytest.raises(RequestError, match="is a folder"):
        verify(tmp_path, home)


def test_the_command_answers_line_by_line(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parent = made(tmp_path / "parent.flac", home, record("Blue\x9b31m"))
    path = tmp_path / "a.flac"
    child(path, home, parent)
    assert main(["verify", str(path)]) == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines() if line[0] != " "] == list(QUESTIONS)
    assert "parentOf Blue" in out
    assert "\x9b" not in out
    assert main(["verify", str(path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [each["question"] for each in told["findings"]] == list(QUESTIONS)
    assert told["record"]["schema"] == "studio.rights/1"


def test_the_command_fails_when_something_is_bad(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = made(tmp_path / "a.opus", home, record())
    sidecar.sidecar_path(path).write_text("nothing")
    assert main(["verify", str(path)]) == 4
    said = capsys.readouterr()
    assert said.err == "error: 2 of 6 findings are bad: bytes, signer; see above\n"
    assert "unreadable sidecar" in said.out
    assert main(["verify", str(tmp_path / "none.wav")]) == 2


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("a.mp4", "is damaged or no mp4 file"),
        ("a.webm", "is damaged or no webm file"),
        ("a.gif", "is damaged or no gif file"),
        ("a.flac", "is damaged or no flac file"),
        ("a.png", "is not a picture; give a PNG"),
        ("a.xyz", "is no sound, picture or clip"),
    ],
)
def test_the_command_says_what_a_file_is_not_and_that_the_request_is_wrong(
    name: str, what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_text("hello, this is a text, however it is called\n" * 9)
    assert main(["verify", str(path)]) == 2
    out, err = capsys.readouterr()
    assert err.startswith(f"error: {name!r} {what}") and err.count("\n") == 1
    assert len([line for line in out.splitlines() if line[0] != " "]) == len(QUESTIONS)
    assert main(["verify", str(path), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["record"] is None


def test_a_file_of_another_maker_is_no_wrong_request(home: Path, tmp_path: Path) -> None:
    tone = containers.Audio(np.zeros((1, 44_100), np.float32), 44_100)
    containers.encode(tone, "wav", tmp_path / "a.wav")
    PIL.Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / "a.png")
    for name in ("a.wav", "a.png"):
        assert main(["verify", str(tmp_path / name)]) == 0


def test_verifying_does_not_wake_the_models() -> None:
    code = (
        "import studio.cli.verifying, studio.rights.verify, sys;"
        "print([m for m in ('torch', 'diffusers', 'gradio', 'c2pa', 'cryptography', 'scipy', 'PIL',"
        " 'studio.store')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
