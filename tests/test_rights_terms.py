"""Terms add up to the strictest, in any order, and say why."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.errors import RequestError, UnknownName
from studio.rights import drafting, licences, terms
from studio.rights.record import (
    Generator,
    Grant,
    HumanContribution,
    Input,
    Mark,
    RightsRecord,
    Role,
    Work,
    text_sha256,
)
from studio.rights.terms import Terms

IDS = st.sampled_from(["a", "b", "c"])
WORDS = st.lists(st.sampled_from(["EU", "GB", "KR", "x"]), max_size=3).map(tuple)
ANY_TERMS = st.builds(
    lambda values, id: terms.of_part(Terms.model_validate(values), id),
    st.fixed_dictionaries(
        {
            "licences": WORDS,
            "commercial": st.sampled_from(["allowed", "contested", "unknown", "prohibited"]),
            "training": st.sampled_from(["allowed", "no-competing-model", "unknown", "prohibited"]),
            "derivatives": st.sampled_from(["allowed", "unknown", "prohibited"]),
            "disclosure": st.sampled_from(["none", "where-required", "always"]),
            "revenue_cap_usd": st.none() | st.integers(0, 3),
            "mau_cap": st.none() | st.integers(0, 3),
            "excluded_territories": WORDS,
            "credit": WORDS,
            "duties": WORDS,
            "restrictions": WORDS,
            "share_alike": WORDS,
        }
    ),
    IDS,
)
ROLES = (Role(role="Composition", AiContribution="All"), Role(role="Vocals", AiContribution="All"))
OURS = Generator(model="pocket", revision="1", weights_sha256="0" * 64, license="Apache-2.0")


def part(licence: str) -> Terms:
    return licences.terms_of(licence, licence)


@settings(max_examples=400, deadline=None)
@given(ANY_TERMS, ANY_TERMS, ANY_TERMS)
def test_adding_up_is_associative_commutative_and_idempotent(a: Terms, b: Terms, c: Terms) -> None:
    assert terms.join(a, b) == terms.join(b, a)
    assert terms.join(terms.join(a, b), c) == terms.join(a, terms.join(b, c))
    assert terms.join(a, a) == a
    assert terms.join(a, Terms()) == a


@settings(max_examples=200, deadline=None)
@given(ANY_TERMS, ANY_TERMS)
def test_a_part_never_relaxes_the_whole(a: Terms, b: Terms) -> None:
    both = terms.join(a, b)
    assert terms.join(both, a) == both
    assert terms.join(both, b) == both


def test_the_whole_says_which_part_asks_for_what() -> None:
    whole = terms.total(
        part(each) for each in ("MIT", "CC-BY-NC-4.0", "LicenseRef-Tencent-Hunyuan-Community")
    )
    assert whole.commercial == "prohibited"
    assert whole.excluded_territories == ("EU", "GB", "KR")
    assert whole.mau_cap == 100_000_000
    assert whole.disclosure == "always"
    assert whole.reasons["commercial"] == ("CC-BY-NC-4.0",)
    assert whole.reasons["mau_cap"] == ("LicenseRef-Tencent-Hunyuan-Community",)
    assert whole.spdx == "CC-BY-NC-4.0 AND LicenseRef-Tencent-Hunyuan-Community AND MIT"
    lines = terms.explain(whole)
    assert "commercial use: prohibited (because of CC-BY-NC-4.0)" in lines


def test_two_share_alike_licences_cannot_be_exported() -> None:
    one = part("CC-BY-SA-4.0")
    terms.check_exportable(terms.join(one, one))
    with pytest.raises(RequestError, match="CC-BY-NC-SA-4.0 and also under CC-BY-SA-4.0; replace"):
        terms.check_exportable(terms.join(one, part("CC-BY-NC-SA-4.0")))


@pytest.mark.parametrize("licence", ["", "LicenseRef-never-heard-of", "GPL-3.0-only"])
def test_an_unknown_licence_is_unknown_not_free(licence: str) -> None:
    assert part(licence).is_unknown
    assert part(licence).commercial == "unknown"


def test_every_licence_of_the_table_means_what_it_says() -> None:
    assert len(licences.table()) > 20
    assert not part("Apache-2.0").is_unknown
    assert part("CC0-1.0").commercial == "allowed"
    assert part("LicenseRef-LTX-2.x-Community").revenue_cap_usd == 10_000_000
    assert part("LicenseRef-FLUX-dev-NC-2.0").commercial == "contested"
    for id in licences.table():
        assert part(id.upper()).licences == (id,)


def test_expressions_are_read_as_spdx_means_them() -> None:
    assert part("mit and cc-by-4.0").spdx == "CC-BY-4.0 AND MIT"
    assert part("MIT OR CC-BY-NC-4.0").commercial == "allowed"
    both = part("CC-BY-ND-4.0 OR CC-BY-NC-4.0")
    assert (both.commercial, both.derivatives) == ("prohibited", "prohibited")
    assert terms.join(part("MIT OR ISC"), part("ISC")).spdx == "ISC AND (ISC OR MIT)"


def test_a_mistyped_licence_is_named_with_the_nearest() -> None:
    licences.check_known("MIT OR LGPL-2.1-only WITH Classpath-exception-2.0")
    with pytest.raises(UnknownName, match="'Apache2'; did you mean .*Apache-2.0"):
        licences.check_known("MIT AND Apache2")
    with pytest.raises(RequestError, match="is not an SPDX licence expression"):
        licences.terms_of("MIT AND", "x")


def test_a_song_from_words_alone_is_wholly_ai() -> None:
    record = drafting.draft(drafting.Facts(Work(name="a"), ROLES, (OURS,)))
    assert record.ai.contains_ai == "All"
    assert record.ai.source_url.endswith("/trainedAlgorithmicMedia")
    assert record.terms.commercial == "allowed"
    assert record.terms.disclosure == "always"
    assert record.copyright.claim == "none"
    assert record.work.isrc_code is None


def test_the_persons_own_words_are_counted_as_theirs() -> None:
    words = HumanContribution(what="lyrics", sha256=text_sha256("la la"))
    roles = (*ROLES, Role(role="Lyrics", AiContribution="None", by="user"))
    record = drafting.draft(drafting.Facts(Work(name="a"), roles, (OURS,), human=(words,)))
    assert record.ai.contains_ai == "Partly"
    assert record.ai.digital_source_type == "compositeWithTrainedAlgorithmicMedia"
    assert record.human_contributions[0].asserted_by == "user"


@pytest.mark.parametrize("verified", ["Invalid", "none"])
def test_the_terms_of_an_input_count_only_while_its_signature_holds(verified: str) -> None:
    earlier = drafting.draft(drafting.Facts(Work(name="a"), ROLES, (OURS,)))
    source = Input.model_validate(
        {"relation": "parentOf", "id": earlier.id, "sha256": "0" * 64, "verified": verified}
    )
    assert drafting.input_terms(source, earlier).commercial == "unknown"
    held = source.model_copy(update={"verified": "Valid"})
    assert drafting.input_terms(held, earlier).commercial == "allowed"
    assert drafting.input_terms(held, None).commercial == "unknown"


def test_a_grant_of_the_user_stands_in_place_and_says_so() -> None:
    grant = Grant(license="CC-BY-4.0", note="mail of 3 May")
    source = Input(relation="parentOf", id="urn:x", sha256="0" * 64, grant=grant)
    granted = drafting.input_terms(source, None)
    assert granted.commercial == "allowed"
    assert granted.reasons["duties"] == ("urn:x (granted: mail of 3 May)",)


def test_terms_come_down_through_generations() -> None:
    noncommercial = OURS.model_copy(update={"model": "other", "license": "CC-BY-NC-4.0"})
    record = drafting.draft(drafting.Facts(Work(name="a"), ROLES, (noncommercial,)))
    for _ in range(4):
        source = Input(relation="parentOf", id=record.id, sha256="0" * 64, verified="Trusted")
        inherited = (drafting.input_terms(source, record),)
        facts = drafting.Facts(Work(name="b"), ROLES, (OURS,), (source,), inherited)
        record = drafting.draft(facts)
    assert record.terms.commercial == "prohibited"
    assert "CC-BY-NC-4.0" in record.terms.spdx
    assert record.odrl["prohibition"] == [{"action": "commercialize"}]


def test_a_record_reads_back_and_its_short_copy_has_no_ai_label() -> None:
    facts = drafting.Facts(Work(name="蓝"), ROLES, (OURS,), watermark=Mark(alg="x", value="0a" * 4))
    record = drafting.draft(facts)
    assert RightsRecord.from_json(record.to_json()) == record
    tags = drafting.tags_of(record, "la la")
    assert "ContentProducer" not in tags.record_json
    assert tags.aigc["Label"] == "1"
    assert tags.aigc["ContentPropagator"] == tags.aigc["ContentProducer"]
    with pytest.raises(RequestError, match="not a readable rights record: id"):
        RightsRecord.from_dict({})


def test_limits_become_constraints_of_the_policy() -> None:
    hunyuan = OURS.model_copy(update={"license": "LicenseRef-Tencent-Hunyuan-Community"})
    record = drafting.draft(drafting.Facts(Work(name="a"), ROLES, (hunyuan,)))
    limits = record.odrl["permission"][0]["constraint"]
    assert [each["rightOperand"] for each in limits] == ["EU", "GB", "KR", "100000000"]
    assert record.mining["cawg.ai_training"] == "constrained"
