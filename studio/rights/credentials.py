"""What a signature says, read from the manifests of C2PA: signer, record, and every earlier work.

Works on their JSON alone. Knows no file and no key; whether an answer is good news is for `verify`.
"""

from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from studio.errors import RequestError
from studio.rights.record import Input, Relation, RightsRecord, Verified

RIGHTS_LABEL = "studio.rights"
# Says only that nobody else vouches for the signer; stands apart from damage.
_UNTRUSTED = "signingCredential.untrusted"


@dataclass(frozen=True)
class Link:
    """One earlier work in the chain. `state` "none": it had no signature of its own."""

    title: str
    relation: Relation
    depth: int
    state: Verified
    failures: tuple[str, ...]
    is_told: bool = False
    """Nothing signed by its own maker is in the file: this is what was found when it went in."""


@dataclass(frozen=True)
class Credentials:
    """What a signed file says. `failures` are C2PA codes, the untrusted signer apart."""

    state: Verified
    signer: str
    failures: tuple[str, ...]
    record: RightsRecord | None
    chain: tuple[Link, ...]
    file_sha256: str = ""
    """Of the whole file, where reading its signature needed it."""

    @property
    def is_intact(self) -> bool:
        return not self.failures

    @property
    def has_bad_certificate_only(self) -> bool:
        """The bytes are as signed, but the certificate had expired or is none for this."""
        codes = [code.startswith("signingCredential.") for code in self.failures]
        return bool(codes) and all(codes)


Look = Callable[[Input], Iterable[Link]]
"""From an earlier work that only the record tells of to its links, depth 1 first."""


def told(source: Input) -> Generator[Link]:
    """An earlier work and those before it, as the record tells of them."""
    title = source.title or source.id
    yield _told(title, source.relation, 1, source.verified)
    for each in source.before:
        yield _told(each.title, each.relation, each.depth + 1, each.verified)


def _told(title: str, relation: Relation, depth: int, state: Verified) -> Link:
    failures = ("damaged when it went in",) if state == "Invalid" else ()
    return Link(title, relation, depth, state, failures, is_told=True)


def credentials_of(store: dict[str, Any], state: str, look: Look) -> Credentials:
    """What a manifest store says; `state` is the reader's own verdict on the newest manifest."""
    manifests = store.get("manifests", {})
    label = store.get("active_manifest", "")
    active = manifests.get(label, {})
    results = store.get("validation_results", {}).get("activeManifest", {})
    failures = _failures(results)
    if state == "Invalid" and not failures:
        failures = tuple(sorted({each["code"] for each in store.get("validation_status", [])}))
        failures = failures or ("invalid",)
    signature = active.get("signature_info") or {}
    record, trouble = _record(active)
    return Credentials(
        state=_state(state),
        signer=signature.get("common_name") or signature.get("issuer") or "",
        failures=failures + trouble,
        record=record,
        chain=tuple(_walk(manifests, label, look, frozenset())),
    )


def _walk(
    manifests: dict[str, Any], label: str, look: Look, seen: frozenset[str]
) -> Generator[Link]:
    """Every ingredient of every generation: a damaged parent shows nowhere else."""
    record, _ = _record(manifests.get(label, {}))
    sources = {each.id: each for each in record.inputs} if record else {}
    for ingredient in manifests.get(label, {}).get("ingredients", []):
        if ingredient.get("data_types"):
            continue  # a model, not a work
        below = ingredient.get("active_manifest")
        failures = _ingredient_failures(ingredient)
        source = sources.get(ingredient.get("instance_id"))
        if source and not below and not failures:
            yield from (_deeper(each, len(seen)) for each in look(source))
            continue
        yield Link(
            title=ingredient.get("title", "untitled"),
            relation=ingredient.get("relationship", "componentOf"),
            depth=len(seen) + 1,
            state=_ingredient_state(ingredient, below, failures),
            failures=failures,
        )
        if below and below not in seen:
            yield from _walk(manifests, below, look, seen | {below})


def _deeper(link: Link, steps: int) -> Link:
    return replace(link, depth=link.depth + steps)


def _ingredient_failures(ingredient: dict[str, Any]) -> tuple[str, ...]:
    results = (ingredient.get("validation_results") or {}).get("activeManifest", {})
    older = [each["code"] for each in ingredient.get("validation_status") or []]
    codes = {*_failures(results), *(code for code in older if code != _UNTRUSTED)}
    return tuple(sorted(codes))


def _ingredient_state(
    ingredient: dict[str, Any], below: str | None, failures: tuple[str, ...]
) -> Verified:
    if failures:
        return "Invalid"
    if not below:
        return "none"
    results = (ingredient.get("validation_results") or {}).get("activeManifest", {})
    codes = {each["code"] for each in results.get("failure", [])}
    return "Valid" if _UNTRUSTED in codes else "Trusted"


def _failures(results: Mapping[str, Any]) -> tuple[str, ...]:
    codes = {each["code"] for each in results.get("failure", [])}
    return tuple(sorted(codes - {_UNTRUSTED}))


def _record(manifest: dict[str, Any]) -> tuple[RightsRecord | None, tuple[str, ...]]:
    """The rights record, and why it cannot be read."""
    for assertion in manifest.get("assertions", []):
        if assertion.get("label") == RIGHTS_LABEL:
            try:
                return RightsRecord.from_dict(assertion["data"]), ()
            except RequestError as error:
                return None, (str(error),)
    return None, ()


def _state(text: str) -> Verified:
    return "Trusted" if text == "Trusted" else "Valid" if text == "Valid" else "Invalid"
