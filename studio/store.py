"""Media + record → a finished file and its library entry: both, or neither.

A file appears under its name only after its record was read back from it. Knows no family and no
front.
"""

import contextlib
import hashlib
import io
import os
import re
import secrets
import shutil
import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
import PIL.Image

from studio import finish, finish_clip, tag
from studio.errors import RequestError, SaveError
from studio.finish import Finished
from studio.finish_clip import ReadyClip
from studio.home import home_folder
from studio.library import PARTS_SUFFIX, Artifact, Library
from studio.media import Image, Media
from studio.pictures import read_picture
from studio.record import Record
from studio.rights import ledger
from studio.rights.record import RightsRecord
from studio.rights.sidecar import SUFFIX as SIDECAR_SUFFIX
from studio.rights.sidecar import sidecar_path
from studio.spec import Kind
from studio.weights import file_sha256

_THUMBNAIL_PX = 320
_SLUG_CHARACTERS = 48

__all__ = ["Artifact", "Store", "home_folder"]


class Store:
    """Files and library under one home folder; several processes may share it."""

    def __init__(self, home: Path | None = None) -> None:
        self.home = (home or home_folder()).absolute()
        self.outputs = self.home / "outputs"
        self._rows = Library(self.home / "library.sqlite")

    def prepare(self, out_dir: Path | None = None) -> Path:
        """Make sure that files can be saved there, before time is spent on making them."""
        folder = (out_dir or self.outputs).absolute()
        if not _is_text(str(folder)):
            raise RequestError(f"folder {str(folder)!r} has no valid UTF-8 name; choose another")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / _temporary_name("probe")
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise _cannot_save(folder, error) from error
        self._rows.check()
        return folder

    def save(
        self,
        media: Media | Finished | ReadyClip,
        record: Record,
        out_dir: Path | None = None,
        format: str | None = None,
    ) -> Artifact:
        """Write, read back, name, enter into the library.

        Raises:
            SaveError: it could not be done whole; nothing of it is left, nothing earlier is lost.
        """
        format = format or tag.DEFAULT_FORMATS[record.kind]
        folder = self.prepare(out_dir)
        # The suffix tells the signer what it signs.
        temporary = folder / f"{_temporary_name(record.id)}.{format}"
        final = folder / f"{_name(record)}.{format}"
        try:
            if isinstance(media, Finished):
                return self._save_sound(media, temporary, Artifact(final, record, ""))
            if isinstance(media, ReadyClip):
                return self._save_clip(media, temporary, Artifact(final, record, ""))
            data = tag.encode(media, record, format)
            _write_through(temporary, data)
            _check_whole(temporary, media, record, format)
            sha256 = hashlib.sha256(data).hexdigest()
            return self._publish(temporary, Artifact(final, record, sha256))
        except OSError as error:
            raise _cannot_save(folder, error) from error
        finally:
            temporary.unlink(missing_ok=True)

    def _save_sound(self, sound: Finished, temporary: Path, artifact: Artifact) -> Artifact:
        """The signed file, then the folder of its parts beside it."""
        from studio.sounds.parts import write_parts

        format = artifact.path.suffix[1:]
        parts, signature = temporary.with_suffix(PARTS_SUFFIX), sidecar_path(temporary)
        try:
            sound, record = finish.encode(sound, artifact.record, temporary, format)
            sha256 = finish.write(sound, record, temporary, format)
            _sync(temporary)
            write_parts(sound.audio, record, parts, sound.cover)
            (parts / "rights.json").write_text(sound.rights.to_json(), "utf-8")
            self._enter(sound.rights, sha256)
            made = self._publish(temporary, replace(artifact, record=record, sha256=sha256))
            parts.rename(made.path.with_suffix(PARTS_SUFFIX))
            if signature.exists():
                signature.rename(sidecar_path(made.path))
            return made
        finally:
            shutil.rmtree(parts, ignore_errors=True)
            signature.unlink(missing_ok=True)

    def _save_clip(self, clip: ReadyClip, temporary: Path, artifact: Artifact) -> Artifact:
        """The signed file, and its signature beside it where it can hold none."""
        signature = sidecar_path(temporary)
        try:
            written = finish_clip.write(clip, artifact.record, temporary, temporary.suffix[1:])
            _sync(temporary)
            self._enter(written.rights, written.sha256)
            done = replace(artifact, record=written.record, sha256=written.sha256)
            made = self._publish(temporary, done)
            if signature.exists():
                signature.rename(sidecar_path(made.path))
            return made
        finally:
            signature.unlink(missing_ok=True)

    def _enter(self, rights: RightsRecord, sha256: str) -> None:
        """Before the file is there: a mark that is out in the world must be known here."""
        value = rights.watermark.value if rights.watermark else ""
        entry = ledger.Entry(rights.id, rights.work.name, rights.created, value, sha256)
        ledger.enter(self.home, entry)

    def library(
        self, kind: Kind | None = None, text: str | None = None, limit: int = 50, offset: int = 0
    ) -> list[Artifact]:
        """What was made, the newest first."""
        return self._rows.find(kind, text, limit, offset)

    def count(self, kind: Kind | None = None, text: str | None = None) -> int:
        return self._rows.count(kind, text)

    def has_made(self, sha256: str) -> bool:
        """Whether a file with these bytes is in the library."""
        return self._rows.has_file(sha256)

    def entry(self, id: str) -> Artifact:
        """One entry by its id or an unambiguous beginning of it."""
        return self._rows.entry(id)

    def remove(self, id: str) -> None:
        """Delete the entry, its file with all that lies beside it, and its thumbnail."""
        artifact = self._rows.entry(id)
        try:
            if artifact.parts is not None:
                shutil.rmtree(artifact.parts)
            if artifact.record.kind != "image":
                sidecar_path(artifact.path).unlink(missing_ok=True)
            artifact.path.unlink(missing_ok=True)
            self._thumbnail_path(artifact.id).unlink(missing_ok=True)
        except OSError as error:
            raise SaveError(f"cannot delete {artifact.path}: {error.strerror}") from error
        self._rows.remove(artifact.id)

    def keep_input(self, path: Path) -> tuple[str, Path]:
        """Keep a copy of a file that goes into a model, so that the result can be made again.

        A signature that lies beside the file is kept with it.
        """
        try:
            sha256 = file_sha256(path)
            kept = self.home / "inputs" / sha256[:2] / (sha256 + path.suffix.lower())
            if not kept.is_file():
                _copy(path, kept)
            if sidecar_path(path).is_file() and path != kept:
                _copy(sidecar_path(path), sidecar_path(kept))
        except OSError as error:
            raise SaveError(f"cannot keep a copy of {path}: {error.strerror or error}") from error
        return sha256, kept

    def kept_input(self, sha256: str) -> Path:
        """The copy kept of an input.

        Raises:
            RequestError: this home has none, for example because it was made on another machine.
        """
        found = (self.home / "inputs" / sha256[:2]).glob(f"{sha256}*")
        kept = next((each for each in found if not each.name.endswith(SIDECAR_SUFFIX)), None)
        if kept is None:
            raise RequestError(f"input file {sha256[:12]}… is not kept here; give it again")
        return kept

    def thumbnail(self, id: str) -> Path:
        """A small WebP of an entry, made when first asked for."""
        artifact = self._rows.entry(id)
        path = self._thumbnail_path(artifact.id)
        if not path.is_file():
            picture = _picture_of(artifact)
            picture.thumbnail((_THUMBNAIL_PX, _THUMBNAIL_PX))
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                temporary = path.parent / _temporary_name(id)
                picture.save(temporary, format="WEBP", quality=85)
                temporary.replace(path)
            except OSError as error:
                raise _cannot_save(path.parent, error) from error
        return path

    def _thumbnail_path(self, id: str) -> Path:
        return self.home / "thumbnails" / f"{id}.webp"

    def _publish(self, temporary: Path, artifact: Artifact) -> Artifact:
        """Give the file its name and the library its row, in one transaction."""
        wanted, number = artifact.path, 1
        while True:
            # A transaction for each name that is taken would cost more than all the rest.
            number = _free_number(wanted, number)
            artifact = replace(artifact, path=_numbered(wanted, number))
            has_name = False
            try:
                with self._rows.adding(artifact):
                    _rename_to_new(temporary, artifact.path)
                    has_name = True
                    _sync_folder(wanted.parent)
                return artifact
            except FileExistsError:
                # Taken in between by another process.
                number += 1
            except BaseException:
                if has_name:
                    # The row could not be committed: neither, then.
                    artifact.path.unlink(missing_ok=True)
                raise


def _picture_of(artifact: Artifact) -> PIL.Image.Image:
    """A picture itself; a clip's poster; of a song its cover, or its waveform without one."""
    if artifact.record.kind == "video":
        return _poster_of(artifact.path)
    if artifact.record.kind != "song":
        return read_picture(artifact.path)
    cover = artifact.parts / "cover.png" if artifact.parts is not None else None
    # A damaged cover is as good as none.
    with contextlib.suppress(RequestError):
        if cover is not None and cover.is_file():
            return read_picture(cover)
    from studio.sounds import containers, pictures

    return pictures.waveform(containers.decode(artifact.path))


def _poster_of(path: Path) -> PIL.Image.Image:
    """The poster in the file; of a container without a place for one, one of its frames."""
    from studio.videos import decode, tags

    found = tags.read_poster(path)
    # A damaged poster is as good as none.
    with contextlib.suppress(OSError, SyntaxError, ValueError):
        if found:
            return PIL.Image.open(io.BytesIO(found), formats=("JPEG", "PNG")).convert("RGB")
    return PIL.Image.fromarray(decode.poster_of(path).pixels)


def _copy(path: Path, to: Path) -> None:
    """Under its name only when it is whole."""
    to.parent.mkdir(parents=True, exist_ok=True)
    temporary = to.parent / _temporary_name(to.name)
    try:
        shutil.copyfile(path, temporary)
        temporary.replace(to)
    finally:
        temporary.unlink(missing_ok=True)


def _write_through(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _check_whole(path: Path, media: Media, record: Record, format: str) -> None:
    if tag.read(path) != record:
        raise SaveError(f"the record of {record.id} did not read back from the {format}")
    picture = read_picture(path)
    if not isinstance(media, Image) or picture.size != (media.width, media.height):
        raise SaveError(f"the {format} of {record.id} did not read back whole")
    if tag.FORMATS[format].is_lossless and not np.array_equal(np.asarray(picture), media.pixels):
        raise SaveError(f"the {format} of {record.id} did not read back with the same pixels")


def _numbered(wanted: Path, number: int) -> Path:
    return wanted if number == 1 else wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")


def _free_number(wanted: Path, number: int) -> int:
    """The first number from this one on whose name no file and no folder of parts has."""
    while True:
        path = _numbered(wanted, number)
        if not os.path.lexists(path) and not path.with_suffix(PARTS_SUFFIX).exists():
            return number
        number += 1


def _rename_to_new(temporary: Path, final: Path) -> None:
    """Rename, but never over an existing file, nor beside the parts of another."""
    if final.with_suffix(PARTS_SUFFIX).exists():
        raise FileExistsError(str(final))
    try:
        os.link(temporary, final)
    except FileExistsError:
        raise
    except OSError:
        # Not every file system has links (exFAT, some network shares).
        if final.exists():
            raise FileExistsError(str(final)) from None
        temporary.rename(final)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_text(name: str) -> bool:
    # A name that is no UTF-8 has halves of characters in it, which neither JSON nor SQLite takes.
    return not any("\ud800" <= letter <= "\udfff" for letter in name)


def _temporary_name(of: str) -> str:
    return f".{of[:16]}-{secrets.token_hex(4)}.part"


def _name(record: Record) -> str:
    """Readable: date, first words of the prompt (the family's name when private), seed."""
    words = record.prompt or record.family
    return f"{record.created[:10]}-{slug(words) or record.family}-{record.seed}"


def slug(text: str) -> str:
    """The first words of a text as part of a file name, in any language."""
    plain = unicodedata.normalize("NFKC", text).lower()
    joined = re.sub(r"[\W_]+", "-", plain).strip("-")
    short = joined[:_SLUG_CHARACTERS]
    if len(joined) > _SLUG_CHARACTERS and "-" in short[16:]:
        short = short[: short.rindex("-")]
    return short.strip("-")


def _cannot_save(folder: Path, error: OSError) -> SaveError:
    return SaveError(
        f"cannot save to {folder}: {error.strerror or error}; free some space or choose another "
        "folder"
    )
