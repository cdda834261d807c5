"""What results are for: models whose terms forbid it are refused before any work."""

import json

import pytest

from studio import registry, uses
from studio.cli import main
from studio.core import Request, generate, resolve
from studio.engine import Engine
from studio.errors import RequestError
from studio.rights.terms import UNKNOWN, Terms
from studio.spec import Checkpoint
from studio.store import Store
from studio.uses import Declared
from tests.conftest import toy_job

CHECKPOINTS = [c for family in registry.families().values() for c in family.checkpoints]


@pytest.mark.parametrize("checkpoint", CHECKPOINTS, ids=lambda each: each.id)
def test_the_words_of_every_checkpoint_say_what_its_terms_do(checkpoint: Checkpoint) -> None:
    terms = uses.terms_for(checkpoint.licence)
    words = checkpoint.terms
    assert not terms.is_unknown or "unknown" in words, "licences.toml has no terms for it"
    assert ("not for commercial use" in words) == (terms.commercial == "prohibited")
    if terms.revenue_cap_usd is not None:
        assert f"{terms.revenue_cap_usd:,}" in words


def test_a_model_that_forbids_the_use_is_refused_with_those_that_allow_it() -> None:
    with pytest.raises(RequestError) as caught:
        resolve(Request("a cat", family="sana", use="commercial"))
    told = str(caught.value)
    assert "(LicenseRef-NSCL-v2-custom AND LicenseRef-scancode-gemma-tou" in told
    assert ") is not for commercial use; what allows it: " in told
    assert "--model pocket-image" in told and "--model sana" not in told
    assert "pocket-upscale" not in told, "it draws nothing from words"


def test_other_weights_of_the_same_family_come_first() -> None:
    params = {"checkpoint": "black-forest-labs/FLUX.2-klein-9B"}
    with pytest.raises(RequestError, match=r"allows it: --set checkpoint=.*klein-4B"):
        resolve(Request("a cat", family="flux2-klein", params=params, use="commercial"))
    assert resolve(Request("a cat", family="flux2-klein", use="commercial"))


def test_what_is_not_declared_is_not_judged() -> None:
    assert resolve(Request("a cat", family="sana"))
    assert resolve(Request("a cat", family="sana", use="personal"))


@pytest.mark.parametrize("use", [None, "research"])
def test_a_use_can_be_declared_for_good_and_otherwise_once(
    use: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(uses.USE, "Commercial")
    request = Request("a cat", family="sana", use=use)
    if use is None:
        with pytest.raises(RequestError, match="is not for commercial use"):
            resolve(request)
    else:
        assert resolve(request)


def test_revenue_counts_where_terms_have_a_cap() -> None:
    def asked(revenue: int | None) -> tuple[str, ...]:
        request = Request("a cat", family="sd3.5", use="commercial", revenue_usd=revenue)
        return resolve(request)[0].notes

    assert any("below US$1,000,000 of revenue a year; --revenue" in note for note in asked(None))
    assert not any("revenue" in note for note in asked(999_999))
    with pytest.raises(RequestError, match="only for those who earn less than US\\$1,000,000"):
        asked(1_000_000)


def test_duties_of_commercial_use_are_told() -> None:
    params = {"checkpoint": "THUDM/CogVideoX-5b"}
    job = resolve(Request("a cat", family="cogvideox", params=params, use="commercial"))[0]
    assert any("register with Zhipu AI before commercial use" in note for note in job.notes)
    assert any("below 1,000,000 users a month" in note for note in job.notes)


@pytest.mark.parametrize(
    ("territory", "is_refused"),
    [("EU", True), ("DE", True), ("KR", True), ("UK", True), ("US", False), ("CH", False)],
)
def test_territories_that_terms_leave_out_are_refused(territory: str, is_refused: bool) -> None:
    terms = uses.terms_for("LicenseRef-Tencent-Hunyuan-Community")
    wanted = uses.declared(None, territory, None)
    assert bool(uses.forbidden(terms, wanted)) == is_refused
    in_part = Terms(excluded_territories=("FR",))
    assert bool(uses.forbidden(in_part, Declared(territory="EU")))


def test_unknown_terms_are_never_taken_for_commercial_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    assert uses.terms_for("no licence at all !") == UNKNOWN
    monkeypatch.setenv("STUDIO_REMOTE_URL", "http://127.0.0.1:9/v1")
    with pytest.raises(RequestError, match="of unknown terms, so not for commercial use"):
        resolve(Request("a cat", family="remote-image", use="commercial"))
    stated = {"licence": "Apache-2.0"}
    assert resolve(Request("a cat", family="remote-image", params=stated, use="commercial"))


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        (uses.USE, "comercial", "no use 'comercial'; did you mean commercial"),
        (uses.TERRITORY, "Europe", "territory 'EUROPE' is no code"),
        (uses.REVENUE, "lots", "is no amount; give whole US dollars"),
    ],
)
def test_what_is_declared_wrongly_is_told(
    name: str, value: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(RequestError, match=told):
        toy_job()


def test_the_record_has_the_terms(engine: Engine, store: Store) -> None:
    made = next(generate([toy_job()], store=store, engine=engine))
    assert made.record.terms == {"licences": ["Apache-2.0"]}
    sana = registry.family("sana")
    found = uses.recorded(sana, sana.params.model_validate({"prompt": "a", "seed": 7}))
    assert found["commercial"] == "prohibited"


def test_models_say_what_results_may_be_used_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    rows = {row.split()[0]: row for row in capsys.readouterr().out.splitlines()}
    assert "not for commercial use" in rows["sana"]
    assert "below US$1,000,000 of revenue a year" in rows["sd3.5"]
    assert main(["models", "sd3.5"]) == 0
    told = capsys.readouterr().out
    assert "must register with Stability AI" in told and "must not train competing" in told
    assert main(["models", "sd3.5", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["results"]["revenueCapUSD"] == 1_000_000
    assert found["checkpoints"][0]["results"]["commercial"] == "allowed"


def test_the_command_refuses_before_any_work(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["make", "a cat", "--model", "sana", "--use", "commercial"]
    assert main(command) == 2
    assert "is not for commercial use" in capsys.readouterr().err
