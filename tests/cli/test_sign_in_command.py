"""flask sign-in, as a person types it."""

from collections.abc import Iterator

import pytest
from flask import Flask

import make
import openid_provider
from openid_provider import Provider
from outreach.county import coordinators, sign_in_providers
from outreach.county.openid import accounts
from outreach.ground.db import transaction


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with openid_provider.running() as provider:
        yield provider


@pytest.fixture
def jo(app: Flask, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> coordinators.Coordinator:
    provider.set()
    with transaction():
        found = make.person(make.partnership(), name="Jo Marsh", email="jo@marlshire.example")
    read = sign_in_providers.read(provider.toml(found.partnership_id))
    monkeypatch.setitem(app.config, "SIGN_IN_PROVIDERS", read)
    return found


def run(app: Flask, *words: str):
    return app.test_cli_runner().invoke(args=["sign-in", *words])


@pytest.mark.any_database
def test_check_says_what_to_register_and_whether_it_answers(
    app: Flask, jo: coordinators.Coordinator, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    fine = run(app, "check")
    assert fine.exit_code == 0, fine.output
    assert f"partnership = {jo.partnership_id}  # Marlshire" in fine.output
    assert "register there: http://outreach.example/sign-in/with/council/back" in fine.output
    assert "ready      it answers, and publishes its keys" in fine.output
    assert openid_provider.SECRET not in fine.output
    provider.set(down=503)
    down = run(app, "check")
    assert (down.exit_code, "NOT READY  it answers 503" in down.output) == (1, True)
    provider.set(published={"issuer": "https://elsewhere.example"})
    assert "NOT READY  the discovery document is of another issuer" in run(app, "check").output
    read = sign_in_providers.read(provider.toml(999_999))
    monkeypatch.setitem(app.config, "SIGN_IN_PROVIDERS", read)
    assert "NOT READY  there is no partnership 999999" in run(app, "check").output


@pytest.mark.any_database
def test_unbind_lets_another_account_be_theirs(app: Flask, jo: coordinators.Coordinator) -> None:
    nobody = run(app, "unbind", jo.email)
    assert nobody.exit_code == 1 and "signs in by no account" in nobody.output
    with transaction():
        accounts.bind(
            coordinators.get("jo@marlshire.example"), "https://i.example", "1", who="Jo", now=make.NOW
        )
    assert "is Jo Marsh’s" in run(app, "unbind", jo.email).output
    assert accounts.find("https://i.example", "1") is None
