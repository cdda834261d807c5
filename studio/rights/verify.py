"""What can be told about the rights of a file: one finding for each question, never one verdict.

Are the bytes as they were signed? Who signed? Does every earlier work hold? Is there a mark in the
sound? Do the tags say what was signed? What may be done with it, and why? Looks only; changes
nothing, and reaches no network. Knows no front.
"""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from studio.errors import RequestError
from studio.rights import c2pa, checks, drafting, keys, ledger, signed, terms
from studio.rights.credentials import Credentials, Link
from studio.rights.listening import Heard, Listening, is_picture
from studio.rights.record import RightsRecord
from studio.rights.tags import RightsTags
from studio.weights import file_sha256

Question = Literal["bytes", "signer", "chain", "watermark", "tags", "terms"]
State = Literal["good", "warning", "bad", "unknown"]

# Containers whose signature lies beside them.
_BESIDE = (".opus", ".ogg", ".webm", ".zip")
# Tags that must say what the signed record says.
_COMPARED = ("rights_id", "licence", "source_type", "credit_text", "record_json", "aigc")


@dataclass(frozen=True)
class Finding:
    """The answer to one question. `details` are lines below it."""

    question: Question
    state: State
    text: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """All findings, in the order of the questions."""

    findings: tuple[Finding, ...]
    record: RightsRecord | None
    trouble: str = ""
    """Why nothing can be told: the file is not signed, and not what it is called, or damaged."""

    @property
    def is_bad(self) -> bool:
        """Something is not what it claims to be. Nothing bad is not the same as all good."""
        return any(each.state == "bad" for each in self.findings)

    def finding(self, question: Question) -> Finding:
        return next(each for each in self.findings if each.question == question)

    def to_dict(self) -> dict[str, Any]:
        return {
            "findings": [asdict(each) for each in self.findings],
            "record": self.record.to_dict() if self.record else None,
        }


def verify(path: Path, home: Path, listening: Listening | None = None) -> Report:
    """Everything that can be told about a file here.

    Args:
        home: whose keys are trusted, and whose marks are known.
        listening: to this file, where it was begun earlier.

    Raises:
        RequestError: there is no such file.
    """
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise RequestError(f"{str(path)!r} {what}; give the path of a sound, a picture or a clip")
    listening = listening or Listening(path)
    found = signed.read(path, keys.anchors(home))
    tags, tag_trouble = _tags(path)
    record, heard = found.record if found else None, listening.heard()
    findings = (
        _bytes(path, found, tags, home),
        _signer(found),
        _chain(found),
        _mark(heard, record, home),
        _agreement(found, tags, tag_trouble),
        _terms(found),
    )
    return Report(findings, record, "" if found else _unreadable(path, heard, tag_trouble))


def _bytes(path: Path, found: Credentials | None, tags: RightsTags | None, home: Path) -> Finding:
    if found is None:
        if tags is not None and tags.rights_id:
            text = "the signature was removed: the tags tell of one"
            return Finding("bytes", "bad", text, (tags.rights_id,))
        return Finding("bytes", "unknown", "not signed: nothing says what it was")
    if found.has_bad_certificate_only:
        text = "as they were signed, but with a certificate that does not hold"
        return Finding("bytes", "warning", text, found.failures)
    if not found.is_intact:
        return Finding("bytes", "bad", "changed since it was signed", found.failures)
    known = ledger.of_id(home, found.record.id) if found.record else []
    if not known:
        return Finding("bytes", "good", "what the signature covers is as it was signed")
    if (found.file_sha256 or file_sha256(path)) in {each.file_sha256 for each in known}:
        return Finding("bytes", "good", "as it was signed, to the last byte")
    # A signature does not cover its own padding and a few headers of the container.
    text = "what the signature covers is as it was signed, but it is not the file made here"
    return Finding("bytes", "warning", text, ("some bytes outside of it differ",))


def _signer(found: Credentials | None) -> Finding:
    if found is None:
        return Finding("signer", "unknown", "nobody signed it")
    name = found.signer or "unnamed"
    if not found.is_intact:
        what = "certificate" if found.has_bad_certificate_only else "signature"
        return Finding("signer", "bad", f"{name}: the {what} does not hold")
    if found.state == "Trusted":
        return Finding("signer", "good", f"{name}: known here")
    text = f"{name}: signed, but nobody here vouches for who that is"
    hint = "put their certificate into the home's folder `trusted` to know them"
    return Finding("signer", "warning", text, (hint,))


def _chain(found: Credentials | None) -> Finding:
    if found is None:
        return Finding("chain", "unknown", "no signature tells what went in")
    chain = [_as_far_as_known(each, found) for each in found.chain]
    lines = tuple(_link(each) for each in chain)
    if not found.is_intact and not lines:
        return Finding("chain", "unknown", "what went in can no longer be told")
    if not lines:
        return Finding("chain", "good", "made anew: no earlier work went in")
    states = {each.state for each in chain}
    count = f"{len(lines)} earlier work{'s' if len(lines) > 1 else ''}"
    if "Invalid" in states:
        return Finding("chain", "bad", f"{count}, of which some had been tampered with", lines)
    if "none" in states:
        return Finding("chain", "warning", f"{count}, of which some were not signed", lines)
    if "Valid" in states:
        return Finding("chain", "warning", f"{count}, some by signers not known here", lines)
    return Finding("chain", "good", f"{count}, each as it was signed", lines)


def _as_far_as_known(link: Link, found: Credentials) -> Link:
    """What a stranger tells of an earlier work is no more than a stranger's word."""
    is_strangers = link.is_told and link.state == "Trusted" and found.state != "Trusted"
    return replace(link, state="Valid") if is_strangers else link


def _link(link: Link) -> str:
    words = {
        "Trusted": "as signed, signer known",
        "Valid": "as signed, signer not known here",
        "Invalid": "changed after it was signed",
        "none": "not signed",
    }
    whose = ", as its record tells" if link.is_told and link.state in ("Trusted", "Valid") else ""
    why = f" ({', '.join(link.failures)})" if link.failures else whose
    return f"{'  ' * (link.depth - 1)}{link.relation} {link.title}: {words[link.state]}{why}"


def _mark(heard: Heard | None, record: RightsRecord | None, home: Path) -> Finding:
    claimed = record.watermark.value if record and record.watermark else None
    if heard is None:
        return Finding("watermark", "unknown", "what has no sound has none")
    if heard.trouble:
        text = "the sound cannot be listened to"
        return Finding("watermark", "unknown", text, (heard.trouble,))
    found = heard.found
    if found is None:
        if claimed:
            text = f"the record tells of mark {claimed}, but it is not in the sound"
            return Finding("watermark", "bad", text)
        return Finding("watermark", "unknown", "none found, which proves nothing")
    if claimed and claimed != found.value:
        text = f"mark {found.value} is in the sound, the record tells of {claimed}"
        return Finding("watermark", "bad", text)
    known = ledger.of_mark(home, found.value)
    whose = f"given here to {known.title!r}, {known.created[:10]}" if known else "not given here"
    state: State = "good" if claimed or known else "warning"
    return Finding("watermark", state, f"mark {found.value} (z {found.z:g}), {whose}")


def _tags(path: Path) -> tuple[RightsTags | None, str]:
    """The tags of a sound or a clip, and why they cannot be read."""
    from studio.sounds.containers import format_of as sound_format_of
    from studio.sounds.tags import read_tags
    from studio.videos import tags as clip_tags
    from studio.videos.formats import format_of

    is_clip = format_of(path) is not None
    if is_picture(path) and not is_clip:
        return None, ""
    try:
        if not is_clip:
            sound_format_of(path)
    except RequestError:
        return None, _not_as_called(path)
    try:
        return clip_tags.read_tags(path) if is_clip else read_tags(path), ""
    except RequestError as error:
        return None, str(error)


def _not_as_called(path: Path) -> str:
    """What is wrong with a file that is no sound, picture or clip, by what it is called."""
    called = path.suffix.lower()
    if called in c2pa.MIMES or called in _BESIDE:
        return f"{path.name!r} is damaged or no {called[1:]} file; give it as it was made"
    return f"{path.name!r} is no sound, picture or clip that tags are read from; give one made here"


def _unreadable(path: Path, heard: Heard | None, tag_trouble: str) -> str:
    """Why a file without a signature tells nothing; empty where it can be looked at or heard."""
    if not is_picture(path):
        return tag_trouble if heard is not None and heard.trouble else ""
    from studio.pictures import open_picture
    from studio.videos.formats import format_of

    if tag_trouble or format_of(path) is not None:
        return tag_trouble
    try:
        open_picture(path).close()
    except RequestError as error:
        is_moving = path.suffix.lower() in (".gif", ".zip")
        return _not_as_called(path) if is_moving else str(error)
    return ""


def _agreement(found: Credentials | None, tags: RightsTags | None, trouble: str) -> Finding:
    if trouble:
        return Finding("tags", "unknown", "cannot be read", (trouble,))
    if tags is None:
        return Finding("tags", "unknown", "none are compared in this container")
    if found is None or found.record is None or not found.is_intact:
        told = f"they tell of {tags.rights_id}" if tags.rights_id else "they tell of no rights"
        return Finding("tags", "unknown", f"{told}, and no record that holds is there to compare")
    wanted = drafting.tags_of(found.record)
    differing = [name for name in _COMPARED if getattr(tags, name) != getattr(wanted, name)]
    if differing:
        lines = tuple(f"{name}: {_short(getattr(tags, name))}" for name in differing)
        return Finding("tags", "bad", "they do not say what was signed", lines)
    return Finding("tags", "good", "they say what was signed")


def _short(value: object) -> str:
    text = str(value) or "missing"
    return text if len(text) <= 80 else text[:79] + "…"


def _terms(found: Credentials | None) -> Finding:
    """The terms, only as far as something vouches for them."""
    if found is None or found.record is None or not found.is_intact:
        why = "no record" if found is None else "its record cannot be relied on"
        text = f"unknown: {why}; ask who made it before you use it"
        return Finding("terms", "unknown", text)
    record = found.record
    lines = (*terms.explain(record.terms), *_made(record))
    if record.terms.has_share_alike_conflict:
        return Finding("terms", "bad", "they contradict each other", lines)
    if any(each.state == "Invalid" for each in found.chain) and not record.terms.is_unknown:
        return Finding("terms", "bad", "freer than a damaged earlier work lets them be", lines)
    if record.terms.is_unknown:
        return Finding("terms", "unknown", "partly unknown; see what is", lines)
    text = f"commercial use {record.terms.commercial}; {record.terms.spdx}"
    if found.state != "Trusted":
        return Finding("terms", "warning", f"as a signer not known here says: {text}", lines)
    state: State = "good" if record.terms.commercial == "allowed" else "warning"
    return Finding("terms", state, text, lines)


def _made(record: RightsRecord) -> list[str]:
    """How much AI there is in it, and whom else it comes from."""
    shares = [f"{role.role} {role.ai_contribution}" for role in record.ai.roles]
    lines = [f"made with AI: {record.ai.contains_ai} ({', '.join(shares) or 'no roles told'})"]
    lines += [f"a person's own, they say: {each.what}" for each in record.human_contributions]
    if record.copyright.claim == "none":
        lines.append("nobody claims copyright")
    else:
        lines.append(f"copyright claimed by its user: {record.copyright.notice or 'no notice'}")
    return lines + [f"compared by its maker: {text}" for text in checks.told(record.checks)]
