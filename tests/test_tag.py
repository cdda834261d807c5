"""Records in files: written, read back, and not confused by other tools."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as Picture
from PIL.PngImagePlugin import PngInfo

from studio import tag
from studio.core import generate
from studio.errors import RequestError
from studio.media import Image
from studio.record import SOURCE_TYPE, Record
from tests.conftest import toy_job

FORMATS = sorted(each.name for each in tag.FORMATS.values() if each.kind == "image")


@pytest.fixture
def record() -> Record:
    return next(iter(generate([toy_job('a fox & a <hen> "x" 狐狸 🦊')]))).record


def noise(channels: int = 3) -> Image:
    generator = np.random.default_rng(1)
    return Image(generator.integers(0, 256, (40, 56, channels), dtype=np.uint8))


def with_prompt(record: Record, prompt: str) -> Record:
    return record.model_copy(
        update={"prompt": prompt, "params": {**record.params, "prompt": prompt}}
    )


@pytest.mark.parametrize("format", FORMATS)
def test_the_record_reads_back_from_every_format(
    format: str, record: Record, tmp_path: Path
) -> None:
    tag.write(noise(), record, tmp_path / "a", format)
    assert tag.read(tmp_path / "a") == record


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("format", [f for f in FORMATS if tag.FORMATS[f].is_lossless])
def test_lossless_formats_give_the_same_pixels_back(
    format: str, channels: int, record: Record, tmp_path: Path
) -> None:
    tag.write(noise(channels), record, tmp_path / "a", format)
    with Picture.open(tmp_path / "a") as picture:
        assert np.array_equal(np.asarray(picture), noise(channels).pixels)


@pytest.mark.parametrize("format", FORMATS)
def test_the_longest_prompt_reads_back_whole(format: str, record: Record, tmp_path: Path) -> None:
    scattered = np.random.default_rng(2).integers(0x4E00, 0x9FA0, 20_000)
    long = with_prompt(record, "".join(map(chr, scattered)))
    tag.write(noise(), long, tmp_path / "a", format)
    assert tag.read(tmp_path / "a") == long


def test_a_jpeg_has_no_transparency_and_says_so(record: Record, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="jpg has no transparency; use png or webp"):
        tag.write(noise(4), record, tmp_path / "a.jpg", "jpg")


def test_an_unknown_format_is_refused(record: Record, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="'tga'"):
        tag.write(noise(), record, tmp_path / "a.tga", "tga")


@pytest.mark.parametrize("format", FORMATS)
def test_the_disclosure_is_there_for_other_tools(
    format: str, record: Record, tmp_path: Path
) -> None:
    tag.write(noise(), record, tmp_path / "a", format)
    with Picture.open(tmp_path / "a") as picture:
        packet = ElementTree.fromstring(picture.info["xmp"])
    iptc = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
    found = next(each for each in packet.iter() if each.tag.endswith("}Description"))
    assert found.attrib[f"{iptc}DigitalSourceType"] == SOURCE_TYPE
    assert found.attrib[f"{iptc}AISystemUsed"] == record.family
    assert next(each.text for each in found.iter() if each.tag.endswith("}li")) == record.prompt


def test_the_packet_is_xml_whatever_the_prompt_says(record: Record, tmp_path: Path) -> None:
    odd = with_prompt(record, "a\uffff]]>&amp;<!-- \U0001f98a \ufffe'\"--")
    tag.write(noise(), odd, tmp_path / "a.png", "png")
    with Picture.open(tmp_path / "a.png") as picture:
        ElementTree.fromstring(picture.info["xmp"])
    assert tag.read(tmp_path / "a.png") == odd


@pytest.mark.parametrize("format", ["png", "jpeg", "webp"])
def test_a_file_of_another_tool_has_no_record(format: str, tmp_path: Path) -> None:
    Picture.fromarray(noise().pixels).save(tmp_path / "a", format=format)
    assert tag.read(tmp_path / "a") is None


def test_texts_of_other_tools_are_not_mistaken_for_a_record(tmp_path: Path) -> None:
    info = PngInfo()
    info.add_text("parameters", "a cat, steps: 20")
    info.add_itxt("workflow", '{"studio": 1}')
    info.add_itxt("XML:com.adobe.xmp", '<x:xmpmeta xmlns:studio="urn:studio:record:1.0"/>')
    Picture.fromarray(noise().pixels).save(tmp_path / "a.png", pnginfo=info)
    assert tag.read(tmp_path / "a.png") is None


def test_a_prompt_cannot_pose_as_a_record(record: Record, tmp_path: Path) -> None:
    scattered = "".join(map(chr, np.random.default_rng(3).integers(0x4E00, 0x9FA0, 19_000)))
    for prompt in ('studio:record="AAAA"', "<studio:record>AAAA", f'studio:record="AA"{scattered}'):
        for format in FORMATS:
            tag.write(noise(), with_prompt(record, prompt), tmp_path / "a", format)
            assert tag.read(tmp_path / "a") == with_prompt(record, prompt)


def test_the_record_survives_a_tool_that_moves_it_behind_the_pixels(
    record: Record, tmp_path: Path
) -> None:
    tag.write(noise(), record, tmp_path / "a.png", "png")
    (tmp_path / "b.png").write_bytes(move_text_to_the_end((tmp_path / "a.png").read_bytes()))
    assert tag.read(tmp_path / "b.png") == record


def move_text_to_the_end(png: bytes) -> bytes:
    place, kept, texts = 8, [], []
    while place < len(png):
        end = place + 12 + int.from_bytes(png[place : place + 4], "big")
        (texts if png[place + 4 : place + 8] == b"iTXt" else kept).append(png[place:end])
        place = end
    return png[:8] + b"".join([*kept[:-1], *texts, kept[-1]])


def test_the_record_survives_a_tool_that_keeps_only_xmp(record: Record, tmp_path: Path) -> None:
    tag.write(noise(), record, tmp_path / "a.png", "png")
    with Picture.open(tmp_path / "a.png") as picture:
        picture.convert("RGB").save(tmp_path / "b.jpg", xmp=picture.info["xmp"])
    assert tag.read(tmp_path / "b.jpg") == record


def test_a_file_cut_short_still_tells_how_it_was_made(record: Record, tmp_path: Path) -> None:
    tag.write(noise(), record, tmp_path / "a.png", "png")
    data = (tmp_path / "a.png").read_bytes()
    (tmp_path / "b.png").write_bytes(data[:-2000])
    assert tag.read(tmp_path / "b.png") == record


@pytest.mark.parametrize("text", ["", "{", "[]", '{"id": 3}', "null"])
def test_a_damaged_record_is_a_clear_error(text: str, tmp_path: Path) -> None:
    info = PngInfo()
    info.add_itxt("studio", text)
    Picture.fromarray(noise().pixels).save(tmp_path / "a.png", pnginfo=info)
    with pytest.raises(RequestError, match="not a readable record"):
        tag.read(tmp_path / "a.png")


@pytest.mark.parametrize("data", [b"", b"RIFF", b"\xff\xd8\xff\xe1\x00", b"just text"])
def test_what_is_not_a_picture_is_a_clear_error(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(RequestError):
        tag.read(tmp_path / "a.png")


@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.mp3", "a.FLAC"])
def test_a_broken_clip_or_sound_is_not_called_a_bad_picture(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"\x17\x9b random bytes")
    with pytest.raises(RequestError, match=f"'{name}' is damaged"):
        tag.read(tmp_path / name)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 3000), byte=st.integers(0, 255))
@pytest.mark.parametrize("format", FORMATS)
def test_a_flipped_byte_never_ends_in_anything_but_an_answer(
    format: str, record: Record, tmp_path: Path, place: int, byte: int
) -> None:
    data = bytearray(tag.encode(noise(), record, format))
    data[place % len(data)] = byte
    (tmp_path / "a").write_bytes(data)
    try:
        tag.read(tmp_path / "a")
    except RequestError as error:
        assert "\n" not in str(error)


def test_reading_a_record_does_not_decode_the_pixels(record: Record, tmp_path: Path) -> None:
    large = Image(np.zeros((4000, 4000, 3), dtype=np.uint8))
    tag.write(large, record, tmp_path / "a.png", "png")
    code = (
        "import resource, sys; from pathlib import Path; from studio import tag;"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "assert tag.read(Path(sys.argv[1]));"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.png")],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent.parent,
    )
    assert int(done.stdout) < 20_000
