"""Songs are saved whole: marked, tagged, signed, with their parts, or not at all."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from studio import forms, registry, tag
from studio.core import Job, check, generate
from studio.errors import SaveError
from studio.library import Artifact
from studio.media import Audio
from studio.rights import c2pa, keys, sidecar, watermark
from studio.sounds import containers, tags
from studio.store import Store

FAMILY = registry.family("toy-song")


def job(prompt: str = "a short tune", **params: object) -> Job:
    values = {"prompt": prompt, "seed": 7, "duration_s": 6, **params}
    return Job(FAMILY, forms.fill(FAMILY.params, values), prompt=prompt)


def make(store: Store, format: str = "flac", lyrics: str = "") -> Artifact:
    return next(iter(generate([replace(job(lyrics=lyrics), format=format)], store=store)))


@pytest.mark.parametrize("format", containers.FORMATS)
def test_a_song_carries_record_rights_mark_and_signature(store: Store, format: str) -> None:
    made = make(store, format, lyrics="la la la")
    other = make(store, format, lyrics="la la la")
    assert made.parts is not None and other.parts is not None and made.parts != other.parts
    assert tag.read(made.path) == made.record
    reader = sidecar if format == "opus" else c2pa
    found = reader.read(made.path, keys.anchors(store.home))
    assert found is not None and found.state == "Trusted" and found.record is not None
    rights = found.record
    assert [each.what for each in rights.human_contributions] == ["lyrics"]
    assert rights.terms.disclosure == "always" and rights.copyright.claim == "none"
    told = tags.read_tags(made.path)
    assert told.rights_id == rights.id and told.lyrics == "la la la"
    heard = watermark.detect(containers.decode(made.path))
    assert rights.watermark is not None
    assert heard is not None and heard.value == rights.watermark.value


def test_the_parts_lie_beside_the_song_and_go_with_it(store: Store) -> None:
    made = make(store, lyrics="la la la")
    folder = made.parts
    assert folder is not None
    names = {each.name for each in folder.iterdir()}
    assert {"player.json", "score.mid", "lead-sheet.musicxml", "rights.json", "stems"} <= names
    assert json.loads((folder / "rights.json").read_text("utf-8"))["schema"] == "studio.rights/1"
    store.remove(made.id)
    assert not made.path.exists() and not folder.exists()


def test_the_mark_is_in_the_file_but_the_record_knows_the_sound_before_it(store: Store) -> None:
    first, second = make(store), make(store)
    assert first.record.media_sha256 == second.record.media_sha256
    assert first.sha256 != second.sha256
    assert check(first.path, store=store).is_same


def test_a_song_that_does_not_read_back_is_not_left_behind(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = make(store)
    silence = Audio(np.zeros((2, 44_100), np.float32), 44_100)
    monkeypatch.setattr(containers, "decode", lambda path: silence)
    with pytest.raises(SaveError, match="did not read back"):
        make(store)
    assert sorted(each.name for each in store.outputs.iterdir()) == sorted(
        [kept.path.name, kept.path.with_suffix(".parts").name]
    )


def test_a_private_song_tells_neither_words_nor_name(store: Store) -> None:
    secret = replace(job("my secret tune", lyrics="hidden words"), is_private=True)
    made = next(iter(generate([secret], store=store)))
    data = made.path.read_bytes() + (made.path.with_suffix(".parts") / "rights.json").read_bytes()
    assert b"secret" not in data and b"hidden" not in data


def test_an_edited_tag_breaks_the_signature(store: Store, tmp_path: Path) -> None:
    made = make(store, "mp3")
    copy = tmp_path / "copy.mp3"
    copy.write_bytes(made.path.read_bytes().replace(b"toy", b"tOy", 1))
    found = c2pa.read(copy, keys.anchors(store.home))
    assert found is not None and not found.is_intact
