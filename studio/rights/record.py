"""The rights record: who and what made a work, from what, and what may be done with it.

The full record is signed into the file; tags carry a short copy. Names in JSON are those of its
readers (schema.org, DDEX, ODRL). Knows no container, no key and no licence by name.
"""

import hashlib
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from studio.errors import RequestError
from studio.rights.terms import Terms

SCHEMA = "studio.rights/1"
SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
# No honest record is near this.
_MAX_BYTES = 4_000_000

Share = Literal["All", "Partly", "None"]
Relation = Literal["parentOf", "componentOf", "inputTo"]
Verified = Literal["Trusted", "Valid", "Invalid", "none"]
SourceType = Literal[
    "trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "compositeSynthetic"
]


class _Frozen(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True
    )


class Role(_Frozen):
    """How much of one role AI did. `by` says who did the rest."""

    role: str
    """As DDEX names it: "Vocals", "Instruments", "Lyrics", "Composition", "Mastering"."""

    ai_contribution: Share = Field(alias="AiContribution")
    by: str | None = None


class Disclosure(_Frozen):
    """The share of AI, in the words of DDEX and of the IPTC."""

    digital_source_type: SourceType
    contains_ai: Share = Field(alias="ContainsAI")
    roles: tuple[Role, ...] = ()

    @property
    def source_url(self) -> str:
        return SOURCE_TYPES + self.digital_source_type


class Work(_Frozen):
    type: Literal["MusicRecording", "VideoObject", "ImageObject"] = Field(
        default="MusicRecording", alias="@type"
    )
    name: str
    genre: str = ""
    credit_text: str = ""
    isrc_code: str | None = None
    """Only ever what the user entered; the studio cannot give one."""


class HumanContribution(_Frozen):
    """What a person says to have made. `sha256` is over the UTF-8 text or the file."""

    what: str
    sha256: str
    asserted_by: Literal["user"] = "user"


class Copyright(_Frozen):
    claim: Literal["none", "user"] = "none"
    notice: str | None = None


class Generator(_Frozen):
    """A model that made part of it."""

    model: str
    revision: str
    weights_sha256: str
    license: str
    license_text_sha256: str | None = None
    training_data_claim: str = "unknown"
    training_data: tuple[str, ...] = ()
    """Sources with their licences, as the model card lists them."""

    about: str = ""


class Grant(_Frozen):
    """A licence that the user says to hold for an input; it stands in place of the input's own."""

    license: str
    note: str
    asserted_by: Literal["user"] = "user"


class Before(_Frozen):
    """A work that had gone into an earlier one, and how its signature stood when that was read."""

    title: str
    relation: Relation
    depth: int
    verified: Verified


class Input(_Frozen):
    """An earlier work that went in. `verified` is how its own signature stood then."""

    relation: Relation
    id: str
    sha256: str
    title: str = ""
    license: str = ""
    verified: Verified = "none"
    grant: Grant | None = None
    signature: str = ""
    """What lay beside its file where that can hold none, so that the chain goes on through it."""

    before: tuple[Before, ...] = ()
    """What had gone into it; where signatures lie inside of files, theirs count and not this."""


class Mark(_Frozen):
    """The watermark in the sound."""

    alg: str
    value: str


class Compared(_Frozen):
    """What one comparison with the maker's own references found."""

    refs: int
    best: float
    state: Literal["none", "review", "match"]


class RightsRecord(_Frozen):
    schema_name: Literal["studio.rights/1"] = Field(default=SCHEMA, alias="schema")
    id: str
    """urn:uuid:…"""

    created: str
    """ISO 8601, UTC."""

    software: str = ""
    work: Work
    ai: Disclosure
    human_contributions: tuple[HumanContribution, ...] = ()
    copyright: Copyright = Copyright()
    generators: tuple[Generator, ...] = ()
    inputs: tuple[Input, ...] = ()
    terms: Terms
    odrl: dict[str, Any] = Field(default_factory=dict)
    mining: dict[str, str] = Field(default_factory=dict)
    aigc: dict[str, str] = Field(default_factory=dict)
    watermark: Mark | None = None
    checks: dict[str, Compared] = Field(default_factory=dict)

    def to_json(self) -> str:
        return self.model_dump_json(by_alias=True)

    def to_dict(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True)

    @classmethod
    def from_json(cls, text: str | bytes) -> "RightsRecord":
        """Raises RequestError where it is no rights record."""
        if len(text) > _MAX_BYTES:
            raise RequestError(f"a rights record of {len(text)} bytes; at most {_MAX_BYTES}")
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise _unreadable(error) from error

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "RightsRecord":
        """Raises RequestError where it is no rights record."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise _unreadable(error) from error

    def short(self) -> dict[str, Any]:
        """What goes into tags: enough to know whom to ask and what may be done."""
        whole = self.to_dict()
        terms = {key: value for key, value in whole["terms"].items() if value and key != "reasons"}
        return {
            "schema": self.schema_name,
            "id": self.id,
            "created": self.created,
            "ai": whole["ai"],
            "copyright": self.copyright.claim,
            "models": [f"{each.model} ({each.license})" for each in self.generators],
            "inputs": [each.id for each in self.inputs],
            "terms": terms,
            "watermark": self.watermark.value if self.watermark else None,
        }


def text_sha256(text: str) -> str:
    """The hash by which a human contribution in words is known."""
    return hashlib.sha256(text.encode()).hexdigest()


def _unreadable(error: ValidationError) -> RequestError:
    problem = error.errors()[0]
    where = ".".join(str(part) for part in problem["loc"]) or "JSON"
    return RequestError(f"not a readable rights record: {where}: {problem['msg']}")
