"""Tags: every field in every container, read back by us and by ffmpeg, sound untouched."""

import io
import subprocess
from dataclasses import replace
from pathlib import Path

import PIL.Image
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_sounds_containers import chord

from studio.errors import RequestError, SaveError
from studio.rights.tags import RightsTags
from studio.sounds import ffmpeg, id3, mp4, riff, vorbis, xmp
from studio.sounds.containers import FORMATS, decode, encode
from studio.sounds.tags import read_cover, read_tags, write_tags

LABEL = {
    "Label": "1",
    "ContentProducer": "studio",
    "ProduceID": "a-1",
    "ReservedCode1": "",
    "ContentPropagator": "studio",
    "PropagateID": "a-1",
    "ReservedCode2": "",
}
LABEL_TEXT = b'{"Label":"1","ContentProducer":"studio","ProduceID":"a-1","ReservedCode1":"",'
TAGS = RightsTags(
    title='Lunch <&> "午饭" 🎵',
    genre="lo-fi",
    credit_text="Made with Studio; 'Ünï'=\\#",
    licence="Apache-2.0 AND CC-BY-4.0",
    terms_url="https://example.org/terms?a=1&b=2",
    aigc=LABEL,
    record_json='{"a":"]]>&amp;","long":"' + "é" * 70_000 + '"}',
    rights_id="urn:uuid:123e4567-e89b-12d3-a456-426614174000",
    lyrics="one line\nanother\n\n第三行\r\nthe end",
    studio_record_json='{"prompt":"a song"}',
    score="studio.score/1:" + "Ab0+/" * 30_000 + "==",
    software="Studio 1.0",
)
EMPTY = RightsTags(source_type="")


@pytest.fixture(scope="module")
def encoded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("sounds")
    for name in FORMATS:
        encode(chord(), name, folder / name)
    return {name: (folder / name).read_bytes() for name in FORMATS}


@pytest.fixture(params=FORMATS)
def file(request: pytest.FixtureRequest, encoded: dict[str, bytes], tmp_path: Path) -> Path:
    path = tmp_path / f"song.{request.param}"
    path.write_bytes(encoded[request.param])
    return path


def picture(format: str) -> bytes:
    buffer = io.BytesIO()
    PIL.Image.new("RGB", (64, 64), (200, 60, 90)).save(buffer, format)
    return buffer.getvalue()


def as_ffmpeg_reads(path: Path) -> dict[str, str]:
    """What another reader finds, in lines `key=value`."""
    stream = ["-map_metadata", "0:s:0"] if path.suffix == ".opus" else []
    tool = [ffmpeg.program(), "-v", "error", "-i", str(path), *stream, "-f", "ffmetadata", "-"]
    lines = subprocess.run(tool, capture_output=True, check=True).stdout.decode().splitlines()
    pairs = (line.replace("\\", "").partition("=") for line in lines if "=" in line)
    return {name.upper(): text for name, _, text in pairs}


def test_every_field_reads_back_and_the_sound_is_the_same(file: Path) -> None:
    before = decode(file)
    write_tags(file, TAGS)
    assert read_tags(file) == TAGS
    assert decode(file) == before


def test_a_file_without_tags_claims_nothing(file: Path) -> None:
    assert read_tags(file) == EMPTY


def test_new_tags_replace_old_ones_without_a_trace(file: Path) -> None:
    write_tags(file, RightsTags(title="new"))
    fresh = file.read_bytes()
    write_tags(file, TAGS)
    write_tags(file, RightsTags(title="new"))
    assert file.read_bytes() == fresh


def test_the_label_of_china_stands_exactly_once(file: Path) -> None:
    write_tags(file, TAGS)
    data = file.read_bytes()
    assert data.count(LABEL_TEXT) == 1
    assert data.count(b'"Label"') == 1


def test_a_second_label_in_the_record_is_refused(file: Path) -> None:
    text = read_label_text(file)
    before = file.read_bytes()
    with pytest.raises(SaveError, match="must stand once"):
        write_tags(file, replace(TAGS, studio_record_json=text))
    assert file.read_bytes() == before


def read_label_text(file: Path) -> str:
    copy = file.with_name("copy" + file.suffix)
    copy.write_bytes(file.read_bytes())
    write_tags(copy, TAGS)
    data = copy.read_bytes()
    start = data.index(LABEL_TEXT)
    return data[start : data.index(b"}", start) + 1].decode()


def test_ffmpeg_reads_title_genre_and_label(file: Path) -> None:
    write_tags(file, TAGS)
    found = as_ffmpeg_reads(file)
    assert (found["TITLE"], found["GENRE"]) == (TAGS.title, TAGS.genre)
    if file.suffix != ".wav":  # it does not look into a chunk of that name
        assert found["AIGC"].encode().startswith(LABEL_TEXT)


def test_nothing_says_copyright(file: Path) -> None:
    write_tags(file, TAGS)
    data = file.read_bytes().upper()
    assert not any(sign in data for sign in (b"TCOP", b"ICOP", b"CPRT", b"COPYRIGHT"))


@pytest.mark.parametrize("format", ["PNG", "JPEG"])
def test_a_cover_reads_back_except_in_a_wav(file: Path, format: str) -> None:
    cover = picture(format)
    before = decode(file)
    if file.suffix == ".wav":
        with pytest.raises(RequestError, match="no place for a cover"):
            write_tags(file, TAGS, cover)
        return
    write_tags(file, TAGS, cover)
    assert read_cover(file) == cover
    assert read_tags(file) == TAGS
    assert decode(file) == before


def test_a_cover_must_be_a_picture(file: Path) -> None:
    if file.suffix != ".wav":
        with pytest.raises(RequestError, match="must be a PNG or a JPEG"):
            write_tags(file, TAGS, b"GIF89a")
    assert read_cover(file) == b""


texts = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=300
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(title=texts, lyrics=texts, size=st.integers(0, 200_000))
def test_any_text_of_any_length_reads_back(file: Path, title: str, lyrics: str, size: int) -> None:
    tags = RightsTags(title=title, lyrics=lyrics, record_json="x" * size, credit_text=title)
    write_tags(file, tags)
    assert read_tags(file) == tags


@pytest.mark.parametrize("letter", ["\0", "\x0b", "\x1b", "\ud800", "\uffff"])
def test_a_character_that_no_container_holds_is_a_space_in_texts_and_refused_in_records(
    file: Path, letter: str
) -> None:
    write_tags(file, RightsTags(title=f"a{letter}b", lyrics=f"la{letter}la\n"))
    assert (read_tags(file).title, read_tags(file).lyrics) == ("a b", "la la\n")
    with pytest.raises(RequestError, match=f"record_json has a character U\\+{ord(letter):04X}"):
        write_tags(file, RightsTags(record_json=f"{{{letter}}}"))


def test_an_address_must_be_ascii(file: Path) -> None:
    with pytest.raises(RequestError, match="terms_url must be an address in ASCII"):
        write_tags(file, RightsTags(terms_url="https://example.org/条款"))


def test_tags_cut_short_are_one_line(file: Path) -> None:
    write_tags(file, TAGS)
    data = file.read_bytes()
    for share in (0.02, 0.1, 0.5, 0.97):
        file.write_bytes(data[: int(len(data) * share)])
        try:
            read_tags(file)
        except RequestError as error:
            assert "\n" not in str(error)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.integers(0, 2999), byte=st.integers(1, 255), from_end=st.booleans())
def test_a_changed_byte_never_crashes_a_reader(
    file: Path, place: int, byte: int, from_end: bool
) -> None:
    if not read_tags(file).title:
        cover = b"" if file.suffix == ".wav" else picture("PNG")
        write_tags(file, replace(TAGS, record_json="{}"), cover)
    data = file.read_bytes()
    changed = bytearray(data)
    changed[len(data) - 1 - place if from_end else place] ^= byte
    file.write_bytes(changed)
    try:
        read_tags(file)
        read_cover(file)
    except RequestError as error:
        assert "\n" not in str(error)
    finally:
        file.write_bytes(data)


def test_a_damaged_cover_is_one_line(encoded: dict[str, bytes]) -> None:
    flac = vorbis.write_flac(encoded["flac"], {}, picture("PNG"))
    at = flac.index(b"image/png")
    with pytest.raises(RequestError, match="the cover is damaged"):
        vorbis.read_flac_cover(flac[: at - 1] + b"\xff" + flac[at:])
    opus = vorbis.write_opus(encoded["opus"], {"METADATA_BLOCK_PICTURE": "abc"}, b"")
    with pytest.raises(RequestError, match="the cover is damaged"):
        vorbis.read_opus_cover(opus)


def test_tags_of_other_programs_are_read(encoded: dict[str, bytes], tmp_path: Path) -> None:
    for name, arguments in {"mp3": ["-id3v2_version", "3"], "flac": [], "m4a": []}.items():
        source, path = tmp_path / f"in.{name}", tmp_path / f"out.{name}"
        source.write_bytes(encoded[name])
        tool = [ffmpeg.program(), "-v", "error", "-i", str(source), "-c", "copy", *arguments]
        subprocess.run(
            [*tool, "-metadata", "title=Füße 歌", "-metadata", "genre=rock", str(path)], check=True
        )
        assert (read_tags(path).title, read_tags(path).genre) == ("Füße 歌", "rock")


def test_xml_with_entities_is_refused() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
    with pytest.raises(RequestError, match="declares entities"):
        xmp.parse(bomb, "XMP packet")


def test_the_packet_reads_back_and_has_no_label() -> None:
    fields = {"CREDIT": "a & b\n", "LICENSE": "https://example.org", "AIGC": "{}", "TITLE": "t"}
    packet = xmp.write(fields)
    assert xmp.read(packet) == {"CREDIT": "a & b\n", "LICENSE": "https://example.org"}
    assert b"AIGC" not in packet
    assert xmp.write({"TITLE": "only"}) == b""


def test_a_wav_has_the_chunks_that_workstations_read(encoded: dict[str, bytes]) -> None:
    fields = {"TITLE": "Tune", "ENCODED-BY": "Studio 1.0", "RIGHTSID": TAGS.rights_id, "AIGC": "{}"}
    data = riff.write(encoded["wav"], {**fields, "DIGITALSOURCETYPE": TAGS.source_type})
    chunks = {chunk.name: bytes(chunk.body) for chunk in riff.chunks(data)}
    assert list(chunks) == [b"fmt ", b"bext", b"data", b"LIST", b"iXML", b"_PMX", b"AIGC"]
    assert chunks[b"bext"][:4] == b"Tune"
    assert chunks[b"bext"][288:320] == b"123e4567e89b12d3a456426614174000"
    assert int.from_bytes(data[4:8], "little") == len(data) - 8


def test_an_mp4_has_the_label_under_a_key_and_the_rest_for_players(
    encoded: dict[str, bytes],
) -> None:
    data = mp4.write(encoded["m4a"], {"TITLE": "Tune", "AIGC": "{}"}, b"")
    assert data.index(b"mdir") < data.index(b"\xa9nam") < data.index(b"mdtaAIGC")
    assert mp4.read(data) == {"TITLE": "Tune", "AIGC": "{}"}


def test_an_opus_file_with_long_comments_has_numbered_pages(encoded: dict[str, bytes]) -> None:
    data = vorbis.write_opus(encoded["opus"], {"LYRICS": "la " * 100_000}, b"")
    places = [at for at in range(len(data)) if data.startswith(b"OggS", at)]
    numbers = [int.from_bytes(data[at + 18 : at + 22], "little") for at in places]
    assert numbers == list(range(len(numbers)))


def test_a_wide_id3_text_is_read() -> None:
    body = b"\x01" + "TITEL é".encode("utf-16") + b"\0\0"
    frame = b"TIT2" + len(body).to_bytes(4, "big") + b"\0\0" + body
    tag = b"ID3\x03\x00\x00" + bytes([0, 0, 0, len(frame)]) + frame
    assert id3.read(tag + b"\xff\xfb") == {"TITLE": "TITEL é"}
