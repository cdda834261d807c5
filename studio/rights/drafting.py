"""From what is known about a work to its whole rights record, and from that to its tags.

Here terms are added up, the share of AI is worked out, and the forms of other houses are filled
in: ODRL, CAWG training and mining, China's AI label. Knows no container and no key.
"""

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from studio import __version__
from studio.rights.licences import terms_of
from studio.rights.record import (
    Compared,
    Copyright,
    Disclosure,
    Generator,
    HumanContribution,
    Input,
    Mark,
    RightsRecord,
    Role,
    Share,
    SourceType,
    Work,
)
from studio.rights.tags import RightsTags
from studio.rights.terms import UNKNOWN, Terms, join, of_part, total

SOFTWARE = f"Studio {__version__}"
# A name, as the label asks; the registered code of a provider is not ours to make up.
_PRODUCER = "Multimodal-Studio"
_MINING = ("ai_generative_training", "ai_training", "ai_inference", "data_mining")


@dataclass(frozen=True)
class Facts:
    """What is known about a work before its record is written."""

    work: Work
    roles: tuple[Role, ...]
    generators: tuple[Generator, ...] = ()
    inputs: tuple[Input, ...] = ()
    input_terms: tuple[Terms, ...] = ()
    """The terms of each input, from its own verified record; see `input_terms`."""

    human: tuple[HumanContribution, ...] = ()
    copyright: Copyright = Copyright()
    watermark: Mark | None = None
    checks: tuple[tuple[str, Compared], ...] = ()


def draft(facts: Facts, id: str | None = None, created: str | None = None) -> RightsRecord:
    """The whole record. `id` and `created` are made where they are not given."""
    id = id or str(uuid.uuid4())
    terms = join(generator_terms(facts.generators), total(facts.input_terms))
    urn = f"urn:uuid:{id}"
    return RightsRecord(
        id=urn,
        created=created or datetime.now(timezone.utc).isoformat(timespec="seconds"),
        software=SOFTWARE,
        work=facts.work,
        ai=_disclosure(facts),
        human_contributions=facts.human,
        copyright=facts.copyright,
        generators=facts.generators,
        inputs=facts.inputs,
        terms=terms,
        odrl=odrl(terms, urn),
        mining=mining(terms),
        aigc=ai_label(id),
        watermark=facts.watermark,
        checks=dict(facts.checks),
    )


def generator_terms(generators: Iterable[Generator]) -> Terms:
    """What the models ask for; always that AI made it, for one did."""
    asked = [terms_of(each.license, each.model) for each in generators]
    return total([of_part(Terms(disclosure="always"), "the studio"), *asked])


def input_terms(input: Input, record: RightsRecord | None) -> Terms:
    """What an earlier work asks for.

    Its own record counts only while its signature holds; a grant of the user stands in place of
    the record, and says so in the reasons. Without either, nothing is known.
    """
    if input.grant is not None:
        return terms_of(input.grant.license, f"{input.id} (granted: {input.grant.note})")
    if record is None or input.verified in ("Invalid", "none"):
        return of_part(UNKNOWN, input.id)
    return of_part(record.terms, input.id)


def _disclosure(facts: Facts) -> Disclosure:
    contains = _share(facts.roles)
    relations = {each.relation for each in facts.inputs}
    kind: SourceType = "trainedAlgorithmicMedia"
    if "componentOf" in relations:
        kind = "compositeSynthetic"
    elif "parentOf" in relations or facts.human or contains != "All":
        kind = "compositeWithTrainedAlgorithmicMedia"
    return Disclosure(digital_source_type=kind, ContainsAI=contains, roles=facts.roles)


def _share(roles: Sequence[Role]) -> Share:
    shares: set[Share] = {role.ai_contribution for role in roles} or {"All"}
    return shares.pop() if len(shares) == 1 else "Partly"


def odrl(terms: Terms, target: str) -> dict[str, Any]:
    """The terms as an ODRL 2.2 policy in JSON-LD; what is not permitted is not granted."""
    limits = _constraints(terms)
    uses = ["reproduce", "distribute", "present"]
    uses += ["derive"] if terms.derivatives == "allowed" else []
    policy: dict[str, Any] = {
        "@context": "http://www.w3.org/ns/odrl.jsonld",
        "@type": "Set",
        "uid": f"{target}#policy",
        "target": target,
        "conflict": {"@type": "prohibit"},
        "permission": [{"action": use, **limits} for use in uses],
        "prohibition": [],
    }
    if terms.commercial == "allowed":
        policy["permission"].append({"action": "commercialize", **limits})
    elif terms.commercial == "prohibited":
        policy["prohibition"].append({"action": "commercialize"})
    if terms.derivatives == "prohibited":
        policy["prohibition"].append({"action": "derive"})
    duties = [{"action": "attribute"}] if terms.credit else []
    duties += [{"action": "inform"}] if terms.disclosure != "none" else []
    return policy | ({"obligation": duties} if duties else {})


def _constraints(terms: Terms) -> dict[str, Any]:
    found = [
        {"leftOperand": "spatial", "operator": "neq", "rightOperand": each}
        for each in terms.excluded_territories
    ]
    if terms.revenue_cap_usd is not None:
        found.append(
            {
                "leftOperand": "urn:studio:yearly-revenue",
                "operator": "lt",
                "rightOperand": str(terms.revenue_cap_usd),
                "unit": "urn:iso:std:iso:4217:USD",
            }
        )
    if terms.mau_cap is not None:
        operand = "urn:studio:monthly-users"
        found.append({"leftOperand": operand, "operator": "lt", "rightOperand": str(terms.mau_cap)})
    return {"constraint": found} if found else {}


def mining(terms: Terms) -> dict[str, str]:
    """CAWG training and mining: for each use allowed, notAllowed or constrained."""
    training = {"allowed": "allowed", "no-competing-model": "constrained"}.get(
        terms.training, "notAllowed"
    )
    use = {"ai_generative_training": training, "ai_training": training}
    return {f"cawg.{name}": use.get(name, "allowed") for name in _MINING}


def ai_label(id: str) -> dict[str, str]:
    """China's label (GB 45438-2025): certainly AI; first writer is producer and propagator."""
    return {
        "Label": "1",
        "ContentProducer": _PRODUCER,
        "ProduceID": id,
        "ReservedCode1": "",
        "ContentPropagator": _PRODUCER,
        "PropagateID": id,
        "ReservedCode2": "",
    }


def tags_of(
    record: RightsRecord, lyrics: str = "", studio_record_json: str = "", score: str = ""
) -> RightsTags:
    """The tags that go with a record."""
    return RightsTags(
        title=record.work.name,
        genre=record.work.genre,
        credit_text=record.work.credit_text,
        licence=record.terms.spdx,
        source_type=record.ai.source_url,
        aigc=record.aigc,
        record_json=json.dumps(record.short(), ensure_ascii=False, separators=(",", ":")),
        rights_id=record.id,
        lyrics=lyrics,
        studio_record_json=studio_record_json,
        score=score,
        software=record.software,
    )
