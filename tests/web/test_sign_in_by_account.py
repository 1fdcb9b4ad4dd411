"""Signing in by an account at the council, against a provider that runs as a process of its own: who comes in, and all
that lets nobody in."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

import make
import openid_provider
from openid_provider import CLIENT, JO, Provider, of
from outreach.county import (
    coordinators,
    partnerships,
    roles,
    second_factors,
    sign_in_providers,
    sign_in_sessions,
)
from outreach.county.openid import attempts, tokens
from outreach.county.openid.accounts import ProviderAccount
from outreach.county.openid.attempts import ProviderAttempt
from outreach.county.partnerships import Partnership
from outreach.county.sign_in_sessions import SignInSession
from outreach.ground import clock, history
from outreach.ground.db import db, transaction
from outreach.post.outbox import Letter
from passkey_devices import ORIGIN, Device, options

BACK = "http://outreach.example/sign-in/with/council/back"


@pytest.fixture(scope="module")
def process() -> Iterator[Provider]:
    with openid_provider.running() as provider:
        yield provider


@pytest.fixture
def provider(process: Provider) -> Provider:
    process.set()
    return process


@pytest.fixture
def use(app: Flask, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The provider is Marlshire's, with these lines of the setting besides."""

    def use(more: str = "") -> None:
        read = sign_in_providers.read(provider.toml(jo_of().partnership_id, more))
        monkeypatch.setitem(app.config, "SIGN_IN_PROVIDERS", read)

    return use


@pytest.fixture
def jo(app: Flask, use: Any) -> coordinators.Coordinator:
    """A coordinator, beside a lead; the provider lets her partnership's people in."""
    with transaction():
        of = make.partnership()
        make.person(of, name="Priya Nandakumar")
        found = make.person(of, roles.COORDINATOR, name="Jo Marsh", email=JO["email"])
    use()
    return found


def jo_of() -> coordinators.Coordinator:
    return db.session.scalars(
        select(coordinators.Coordinator).where(coordinators.Coordinator.email == JO["email"])
    ).one()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def there(client: FlaskClient, onward: str | None = None) -> str:
    """The address that the button leads to."""
    answer = client.post("/sign-in/with/council", query_string={"next": onward} if onward else None)
    assert answer.status_code == 200, answer.text
    return str(answer.headers["Refresh"]).removeprefix("0; url=")


def back(client: FlaskClient, provider: Provider, onward: str | None = None) -> Any:
    """There and back, as a browser goes."""
    return client.get(provider.visited(there(client, onward)).removeprefix("http://outreach.example"))


def is_in(client: FlaskClient) -> bool:
    return client.get("/desk/account/sessions").status_code == 200


def sessions() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(SignInSession)) or 0


def refused(answer: Any, client: FlaskClient, *words: str, status: int = 403) -> None:
    """In plain words, and nobody is signed in."""
    assert answer.status_code == status, answer.text
    assert "You are not signed in" in answer.text
    for said in words:
        assert said in " ".join(answer.text.split()), answer.text
    assert sessions() == 0 and not is_in(client)


@pytest.mark.walled
def test_the_account_of_who_was_added_lets_them_in_and_is_theirs_from_then_on(
    jo: coordinators.Coordinator, client: FlaskClient, provider: Provider
) -> None:
    assert "Sign in with your council account" in client.get("/sign-in").text
    answer = back(client, provider, "/desk/account/sessions")
    assert (answer.status_code, answer.location) == (303, "/desk/account/sessions")
    assert is_in(client)
    account = db.session.scalars(select(ProviderAccount)).one()
    assert (account.person_id, account.issuer, account.subject) == (jo.id, provider.url, JO["sub"])
    assert [(h.what, h.after) for h in history.history_of("person", jo.id) if "bound" in h.what] == [
        ("council account bound", {"issuer": provider.url})
    ]
    told = db.session.scalars(select(Letter.kind).where(Letter.recipient == JO["email"])).all()
    assert told == ["new device"]


@pytest.mark.any_database
def test_what_goes_there_is_the_code_flow_with_pkce_a_state_and_a_nonce_and_comes_back_to_our_own_address(
    jo: coordinators.Coordinator, client: FlaskClient, provider: Provider
) -> None:
    first, second = (of(there(client)) for _ in range(2))
    assert {name: first[name] for name in ("response_type", "client_id", "redirect_uri", "scope")} == {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": BACK,
        "scope": "openid email profile",
    }
    assert first["code_challenge_method"] == "S256"
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) == 43 and first[name] != second[name]


@pytest.mark.any_database
def test_an_account_that_is_bound_lets_in_whatever_address_it_has_now_and_nobody_else_by_the_old_one(
    jo: coordinators.Coordinator, client: FlaskClient, app: Flask, provider: Provider
) -> None:
    back(client, provider)
    provider.set(says=JO | {"email": "jo.married@marlshire.example"})
    again = app.test_client()
    assert back(again, provider).status_code == 303 and is_in(again)
    provider.set(says=JO | {"sub": "somebody-new-with-her-old-address"})
    other = app.test_client()
    answer = back(other, provider)
    assert answer.status_code == 403 and "signs in with another account" in answer.text
    assert not is_in(other)


def test_a_callback_works_once(
    jo: coordinators.Coordinator, client: FlaskClient, app: Flask, provider: Provider
) -> None:
    came_back = provider.visited(there(client)).removeprefix("http://outreach.example")
    with client.session_transaction() as held:
        copied = dict(held)
    assert client.get(came_back).status_code == 303
    assert db.session.scalar(select(func.count()).select_from(ProviderAttempt)) == 0
    thief = app.test_client()
    with thief.session_transaction() as held:
        held.update(copied)
    answer = thief.get(came_back)
    assert answer.status_code == 403 and "That sign-in is over" in answer.text
    assert not is_in(thief) and sessions() == 1


def test_a_callback_of_another_browser_signs_nobody_in_and_leaves_it_to_whose_it_is(
    jo: coordinators.Coordinator, client: FlaskClient, app: Flask, provider: Provider
) -> None:
    """Whoever would have somebody else work in an account of theirs sends them such an address."""
    came_back = provider.visited(there(client)).removeprefix("http://outreach.example")
    victim = app.test_client()
    refused(victim.get(came_back), victim, "begun in another browser")
    there(victim)  # one that has a sign-in of its own on its way
    refused(victim.get(came_back), victim, "begun in another browser")
    assert client.get(came_back).status_code == 303 and is_in(client)


@pytest.mark.any_database
@pytest.mark.parametrize("state", ["", "x" * 43, None])
def test_a_wrong_state_signs_nobody_in(
    jo: coordinators.Coordinator, client: FlaskClient, provider: Provider, state: str | None
) -> None:
    query = of(provider.visited(there(client)))
    asked = {"code": query["code"]} | ({} if state is None else {"state": state})
    refused(client.get("/sign-in/with/council/back", query_string=asked), client, "That sign-in is over")


@pytest.mark.any_database
def test_after_ten_minutes_it_is_over(
    jo: coordinators.Coordinator, client: FlaskClient, provider: Provider
) -> None:
    came_back = provider.visited(there(client)).removeprefix("http://outreach.example")
    with transaction():
        db.session.execute(update(ProviderAttempt).values(began_at=clock.now() - attempts.LASTS))
    refused(client.get(came_back), client, "longer than ten minutes")


@pytest.mark.any_database
def test_one_network_begins_so_many_at_once_and_holds_up_no_other(
    client: FlaskClient, provider: Provider, jo: coordinators.Coordinator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "FROM_ONE_NETWORK", 2)
    first = there(client)
    there(client)
    refused = client.post("/sign-in/with/council")
    assert refused.status_code == 429 and refused.headers["Retry-After"] == "600"
    assert "begun from your network and not finished" in refused.text
    elsewhere = client.post("/sign-in/with/council", environ_base={"REMOTE_ADDR": "203.0.113.9"})
    assert elsewhere.status_code == 200
    client.get(provider.visited(first).removeprefix("http://outreach.example"))
    assert is_in(client)
    there(client)
    assert {len(row) for row in db.session.scalars(select(ProviderAttempt.origin))} == {32}


def test_a_wrong_verifier_gets_no_token(
    jo: coordinators.Coordinator, client: FlaskClient, provider: Provider
) -> None:
    came_back = provider.visited(there(client)).removeprefix("http://outreach.example")
    with transaction():
        db.session.execute(update(ProviderAttempt).values(verifier="v" * 43))
    refused(client.get(came_back), client, "could not be trusted")
    assert [asked["code_verifier"] for asked in provider.asked() if asked["path"] == "/token"] == ["v" * 43]


@pytest.mark.any_database
@pytest.mark.parametrize(
    "wrong",
    [
        {"token": {"nonce": "another"}},
        {"token": {"nonce": None}},
        {"token": {"aud": ["another-client"]}},
        {"token": {"aud": [CLIENT, "another-client"], "azp": "another-client"}},
        {"token": {"aud": None}},
        {"token": {"iss": "https://accounts.elsewhere.example"}},
        {"token": {"iss": None}},
        {"token": {"sub": ""}},
        {"token": {"sub": None}},
        {"token": {"sub": "jo\x00"}},
        {"token": {"sub": "jo\u009f-at-the-council"}},
        {"token": {"exp": 1_700_000_000}},
        {"token": {"exp": None}},
        {"token": {"iat": 4_000_000_000}},
        {"token": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}},
        {"key": "stolen"},  # signed by another key under the name of the published one
        {"key": "shared", "header": {"alg": "HS256"}},
        {"published": {"id_token_signing_alg_values_supported": ["none", "HS256"]}, "late": True},
        {"published": {"authorization_response_iss_parameter_supported": True}},
        {
            "info": {"sub": "somebody-else", "email": JO["email"], "email_verified": True},
            "says": {"sub": "x"},
        },
    ],
    ids=str,
)
def test_what_is_not_as_the_standard_asks_signs_nobody_in(
    jo: coordinators.Coordinator, client: FlaskClient, provider: Provider, wrong: dict[str, Any]
) -> None:
    if wrong.pop("late", False):
        provider.set(**wrong)
        answer = client.post("/sign-in/with/council")
    else:
        provider.set(**wrong)
        answer = back(client, provider)
    refused(answer, client, "could not be trusted")


@pytest.mark.any_database
def test_a_provider_that_is_another_than_it_was_set_is_not_asked(
    jo: coordinators.Coordinator, client: FlaskClient, provider: Provider
) -> None:
    provider.set(published={"issuer": "https://accounts.elsewhere.example"})
    refused(client.post("/sign-in/with/council"), client, "could not be trusted")
    provider.set(published={"token_endpoint": "http://accounts.elsewhere.example/token"})
    refused(client.post("/sign-in/with/council"), client, "could not be trusted")


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("says", "words"),
    [
        ({"email_verified": False}, "does not say that jo@marlshire.example is truly yours"),
        ({"email_verified": None}, "does not say that jo@marlshire.example is truly yours"),
        ({"email_verified": "no"}, "does not say that jo@marlshire.example is truly yours"),
        ({"email": None}, "does not tell us your email address"),
        ({"email": ["jo@marlshire.example"]}, "does not tell us your email address"),
        ({"email": "sam.\u212aent@marlshire.example"}, "does not tell us your email address"),
        ({"email": "jo\x00@marlshire.example"}, "does not tell us your email address"),
        ({"email": "nobody@marlshire.example"}, "nobody here is known by that account"),
    ],
)
def test_an_address_that_is_not_known_to_be_theirs_or_is_nobodys_signs_nobody_in(
    jo: coordinators.Coordinator,
    client: FlaskClient,
    provider: Provider,
    says: dict[str, Any],
    words: str,
) -> None:
    with transaction():
        ours = db.session.get_one(Partnership, jo.partnership_id)
        make.person(ours, name="Sam Kent", email="sam.kent@marlshire.example")
    provider.set(says={k: v for k, v in (JO | says).items() if v is not None})
    refused(back(client, provider), client, words)
    assert db.session.scalar(select(func.count()).select_from(ProviderAccount)) == 0


@pytest.mark.any_database
def test_who_did_not_sign_in_there_is_told_so(
    jo: coordinators.Coordinator, client: FlaskClient, provider: Provider
) -> None:
    provider.set(denies=True)
    refused(back(client, provider), client, "You did not finish signing in at your council")


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("wanted", "where"),
    [
        ("/desk/account/sessions?x=1", "/desk/account/sessions?x=1"),
        ("https://evil.example/", "/desk"),
        ("//evil.example/", "/desk"),
        ("/\\evil.example/", "/desk"),
        ("/\t/evil.example", "/desk"),
        ("javascript:alert(1)", "/desk"),
        ("", "/desk"),
    ],
)
def test_it_leads_on_to_a_page_of_ours_alone(
    jo: coordinators.Coordinator, client: FlaskClient, provider: Provider, wanted: str, where: str
) -> None:
    answer = back(client, provider, wanted)
    assert (answer.status_code, answer.location) == (303, where)


@pytest.mark.any_database
def test_nothing_is_led_back_to_a_host_that_was_asked_for(
    jo: coordinators.Coordinator, client: FlaskClient, provider: Provider
) -> None:
    answer = client.post("/sign-in/with/council", headers={"Host": "evil.example"})
    assert of(answer.headers["Refresh"].removeprefix("0; url="))["redirect_uri"] == BACK


@pytest.mark.any_database
def test_a_provider_that_is_down_is_said_with_what_to_do_and_comes_back_by_itself(
    jo: coordinators.Coordinator, client: FlaskClient, provider: Provider
) -> None:
    provider.set(down=503)
    answer = client.post("/sign-in/with/council")
    refused(answer, client, "does not answer just now", "one-time sign-in link", status=503)
    assert answer.headers["Retry-After"] == "120"
    provider.set()
    came_back = provider.visited(there(client)).removeprefix("http://outreach.example")
    provider.set(down=500)
    refused(client.get(came_back), client, "does not answer just now", status=503)
    provider.set()
    assert back(client, provider).status_code == 303


@pytest.mark.any_database
def test_a_key_that_was_changed_is_followed_and_what_is_published_is_asked_for_once(
    jo: coordinators.Coordinator, client: FlaskClient, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    back(client, provider)
    back(client, provider)
    paths = [asked["path"] for asked in provider.asked()]
    assert (paths.count("/.well-known/openid-configuration"), paths.count("/keys")) == (1, 1)
    provider.set(key="second")
    answer = back(client, provider)
    assert answer.status_code == 403  # within a minute nothing is looked for anew
    monkeypatch.setattr(tokens, "ASKED_ANEW_AFTER", tokens.ASKED_ANEW_AFTER * 0)
    assert back(client, provider).status_code == 303


@pytest.mark.any_database
def test_what_the_token_leaves_out_is_asked_for_with_it(
    jo: coordinators.Coordinator, client: FlaskClient, provider: Provider
) -> None:
    """As DfE Sign-in and others do it."""
    provider.set(says={"sub": JO["sub"]}, info=JO)
    assert back(client, provider).status_code == 303
    assert provider.asked()[-1]["path"] == "/userinfo"


@pytest.mark.walled
def test_nobody_of_one_partnership_comes_in_by_anothers_provider(
    jo: coordinators.Coordinator, client: FlaskClient, provider: Provider, use: Any
) -> None:
    with transaction():
        other = make.partnership(("932",))
        make.person(other, name="Sam of Elsewhere", email="sam@marlshire.example")
    provider.set(says=JO | {"sub": "sam", "email": "sam@marlshire.example"})
    refused(back(client, provider), client, "nobody here is known by that account")
    with transaction():
        sam = coordinators.get("sam@marlshire.example")
        db.session.add(
            ProviderAccount(
                partnership_id=sam.partnership_id,
                person_id=sam.id,
                issuer=provider.url,
                subject="sam",
                bound_at=make.NOW,
            )
        )
    refused(back(client, provider), client, "nobody here is known by that account")
    use(
        f'{GROUPS}\nadds = true\ndomains = ["marlshire.example"]'
    )  # nor is anybody added by it who is another's
    for subject in ("sam", "new"):
        provider.set(says=JO | {"sub": subject, "email": "sam@marlshire.example", "groups": ["look"]})
        refused(back(client, provider), client, "nobody here is known by that account")
    provider.set(says=JO | {"sub": "sam", "email": "other@marlshire.example", "groups": ["look"]})
    refused(back(client, provider), client, "nobody here is known by that account")


@pytest.mark.any_database
def test_whoever_has_a_second_factor_here_is_asked_it_after_their_account(
    jo: coordinators.Coordinator, client: FlaskClient, provider: Provider
) -> None:
    now = clock.now()
    with transaction():
        begun = second_factors.begin(jo_of().id, partnership_id=jo_of().partnership_id, now=now)
        begun.confirmed_at, begun.last_step = now, 1
    answer = back(client, provider, "/desk/password")
    assert (answer.status_code, answer.location) == (303, "/sign-in/code?next=/desk/password")
    assert sessions() == 0 and not is_in(client)
    assert "Code" in client.get("/sign-in/code").text


@pytest.mark.any_database
def test_a_second_factor_that_the_council_asked_for_counts_as_ours_where_the_setting_says_so(
    client: FlaskClient, provider: Provider, jo: coordinators.Coordinator, use: Any
) -> None:
    with transaction():
        ours = db.session.get_one(Partnership, jo.partnership_id)
        ours.second_factor = second_factors.EVERYBODY
    provider.set(token={"amr": ["pwd", "mfa"]})
    back(client, provider)
    assert "second-factor" in client.get("/desk").headers["Location"], "nobody said that its word counts"
    use('second_factor = ["mfa"]')
    provider.set(token={"amr": ["pwd"]})
    back(client, provider)
    assert "second-factor" in client.get("/desk").headers["Location"]
    provider.set(token={"amr": ["pwd", "mfa"]})
    back(client, provider)
    assert client.get("/desk").status_code == 200
    with transaction():
        begun = second_factors.begin(jo_of().id, partnership_id=jo_of().partnership_id, now=clock.now())
        begun.confirmed_at, begun.last_step = clock.now(), 1
    provider.set(token={"acr": "mfa"})
    assert back(client, provider).headers["Location"] != "/sign-in/code"
    assert is_in(client)


@pytest.mark.any_database
@pytest.mark.parametrize("only", ["", "only = true"])
def test_who_has_no_password_here_and_is_asked_for_a_second_factor_sets_one_up_just_after_their_account(
    jo: coordinators.Coordinator,
    client: FlaskClient,
    provider: Provider,
    use: Any,
    monkeypatch: pytest.MonkeyPatch,
    only: str,
) -> None:
    use(only)
    with transaction():
        partnerships.get(jo_of().partnership_id).second_factor = "everybody"
    back(client, provider)
    page = client.get("/desk/account/second-factor").text
    assert "Set it up" in page and "Your password" not in page
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=11))
    late = client.post("/desk/account/second-factor/begin")
    assert (late.status_code, "Sign out, sign in once more" in late.text) == (422, True)
    client.post("/sign-out")
    assert back(client, provider).status_code == 303
    begun = client.post("/desk/account/second-factor/begin")
    assert (begun.status_code, begun.location) == (303, "/desk/account/second-factor/app")


@pytest.mark.any_database
def test_who_has_left_stays_out(
    jo: coordinators.Coordinator, client: FlaskClient, provider: Provider
) -> None:
    with transaction():
        coordinators.end(jo_of(), who="Priya", now=make.NOW)
    refused(back(client, provider), client, "You have left here")


GROUPS = 'groups = {desk = "coordinator", look = "reader", heads = "lead"}'


def test_groups_give_the_role_change_it_and_take_it_away_with_its_sessions(
    jo: coordinators.Coordinator, client: FlaskClient, app: Flask, provider: Provider, use: Any
) -> None:
    use(GROUPS)
    provider.set(says=JO)  # in no group: nothing of hers changes
    refused(back(client, provider), client, "None of your groups")
    assert jo_of().role == roles.COORDINATOR
    provider.set(says=JO | {"groups": ["other", "look", "desk"]})
    assert back(client, provider).status_code == 303
    assert jo_of().role == roles.COORDINATOR and is_in(client)
    provider.set(says=JO | {"groups": ["look"]})
    second = app.test_client()
    assert back(second, provider).status_code == 303
    assert jo_of().role == roles.READER and not is_in(client) and is_in(second)
    provider.set(says=JO | {"groups": ["other"]})
    third = app.test_client()
    answer = back(third, provider)
    assert answer.status_code == 403 and "your role here has ended" in " ".join(answer.text.split())
    assert not is_in(second) and not is_in(third)
    assert (jo_of().role, jo_of().ended_at is None) == (None, False)


@pytest.mark.any_database
def test_groups_do_not_take_the_last_lead(
    jo: coordinators.Coordinator, client: FlaskClient, app: Flask, provider: Provider, use: Any
) -> None:
    use(GROUPS)
    lead = coordinators.leads(jo_of().partnership_id)[0]
    priya = JO | {"sub": "priya", "email": lead.email}
    provider.set(says=priya | {"groups": ["heads"]})
    assert back(client, provider).status_code == 303
    for groups in (["look"], []):
        provider.set(says=priya | {"groups": groups})
        other = app.test_client()
        answer = back(other, provider)
        assert answer.status_code == 403 and "only lead coordinator" in " ".join(answer.text.split())
        assert not is_in(other)
    assert coordinators.get(lead.email).role == roles.LEAD


@pytest.mark.any_database
def test_too_many_groups_to_be_told_change_nothing(
    jo: coordinators.Coordinator, client: FlaskClient, provider: Provider, use: Any
) -> None:
    """As Entra says it, above 200."""
    use(GROUPS)
    provider.set(says=JO | {"_claim_names": {"groups": "src1"}})
    refused(back(client, provider), client, "so many groups")
    assert jo_of().role == roles.COORDINATOR


def test_whoever_a_group_gives_a_role_is_added_where_it_was_set_so(
    jo: coordinators.Coordinator, client: FlaskClient, provider: Provider, use: Any
) -> None:
    new = {
        "sub": "new",
        "email": "New@marlshire.example",
        "email_verified": True,
        "name": "Ned \x00 New",
    }
    use(GROUPS)
    provider.set(says=new | {"groups": ["look"]})
    refused(back(client, provider), client, "add you with the address new@marlshire.example")
    use(f'{GROUPS}\nadds = true\ndomains = ["marlshire.example"]')
    assert back(client, provider).status_code == 303
    added = coordinators.get("new@marlshire.example")
    assert (added.name, added.role, added.partnership_id, added.password_hash) == (
        "Ned New",
        roles.READER,
        jo_of().partnership_id,
        None,
    )


@pytest.mark.any_database
def test_an_address_of_another_domain_lets_nobody_in(
    jo: coordinators.Coordinator, client: FlaskClient, provider: Provider, use: Any
) -> None:
    use('domains = ["council.example"]')
    refused(back(client, provider), client, "is no address of council.example")
    use('domains = ["marlshire.example"]\ntrust_email = true')
    provider.set(says={"sub": JO["sub"], "email": JO["email"]})
    assert back(client, provider).status_code == 303


def test_where_it_is_the_only_way_password_and_colleagues_links_let_nobody_in_and_the_operators_does(
    jo: coordinators.Coordinator, client: FlaskClient, provider: Provider, use: Any, app: Flask
) -> None:
    word = "lantern gravel otter"
    hashed = coordinators.hash_of(jo_of(), word)
    with transaction():
        coordinators.change_password(jo_of(), hashed, now=make.NOW)
    use("only = true")
    page = client.get("/sign-in").text
    assert "Sign in with your council account" in page and "Password" not in page
    answer = client.post("/sign-in", data={"email": JO["email"], "password": word})
    assert answer.status_code == 422 and "lets its people in one way alone" in answer.text
    wrong = client.post("/sign-in", data={"email": JO["email"], "password": "wrong"})
    assert "lets its people in" not in wrong.text
    with transaction():
        of_colleague = coordinators.sign_in_link(jo_of(), who="Priya", now=clock.now())
        of_operator = coordinators.sign_in_link(jo_of(), by_operator=True, now=clock.now())
    refused(client.post(f"/sign-in/{of_colleague}"), client, "lets its people in one way alone")
    assert client.post(f"/sign-in/{of_operator}").status_code == 303 and is_in(client)
    make.signed_in(client, coordinators.leads(jo_of().partnership_id)[0])
    new = {"name": "Ned New", "email": "ned@marlshire.example", "role": "reader"}
    answer = client.post("/desk/people/new", data=new, follow_redirects=True)
    assert "Ned New is added, and signs in by ‘Sign in with your council account’" in answer.text
    assert "/sign-in/" not in answer.text


@pytest.mark.any_database
def test_where_it_is_the_only_way_a_passkey_lets_nobody_in_but_after_it(
    jo: coordinators.Coordinator, client: FlaskClient, provider: Provider, use: Any, app: Flask
) -> None:
    app.config["PUBLIC_URL"] = ORIGIN
    device, inside = Device(), make.signed_in(app.test_client(), jo, by_link=True)
    page = inside.post("/desk/account/passkeys/begin")
    inside.post("/desk/account/passkeys", data={"answer": device.makes(options(page))})
    with transaction():
        sign_in_sessions.end_all_of(jo_of().id, why=sign_in_sessions.ENDED, now=clock.now())
    use("only = true")
    assert "passkey" not in client.get("/sign-in").text
    answer = client.post(
        "/sign-in/passkey/answer",
        data={"answer": device.shows(options(client.post("/sign-in/passkey/show")))},
    )
    assert (answer.status_code, is_in(client)) == (303, False)
    assert "lets its people in one way alone" in client.get(answer.location).text
    app.config["PUBLIC_URL"] = "http://outreach.example"
    assert back(client, provider, "/desk/account/sessions").location.startswith("/sign-in/code")
    assert not is_in(client)
    app.config["PUBLIC_URL"] = ORIGIN
    shown = options(client.post("/sign-in/passkey/show", data={"after": "1"}))
    client.post("/sign-in/passkey/answer", data={"after": "1", "answer": device.shows(shown)})
    assert is_in(client)
    came = history.history_of(history.SIGN_IN, jo_of().id)[0]
    assert (came.what, (came.after or {})["by"]) == ("signed in", "council account")


@pytest.mark.any_database
def test_what_was_typed_when_a_session_ended_is_there_after_it(
    jo: coordinators.Coordinator, client: FlaskClient, provider: Provider
) -> None:
    back(client, provider)
    with transaction():
        sign_in_sessions.end_all_of(jo_of().id, why=sign_in_sessions.ENDED, now=clock.now())
    page = client.post("/desk/account", data={"single_keys": "yes"})
    assert page.status_code == 403
    kept = page.text.split('name="kept" value="')[1].split('"')[0]
    there_now = client.post("/sign-in/with/council", data={"kept": kept}).headers["Refresh"][7:]
    answer = client.get(provider.visited(there_now).removeprefix("http://outreach.example"))
    assert answer.status_code == 200 and 'name="single_keys" value="yes"' in answer.text
    assert is_in(client)


@pytest.mark.any_database
def test_asking_without_bringing_anything_back_does_nothing(
    jo: coordinators.Coordinator, client: FlaskClient, provider: Provider
) -> None:
    there(client)
    assert client.head("/sign-in/with/council/back").status_code == 303
    assert db.session.scalar(select(func.count()).select_from(ProviderAttempt)) == 1
    assert client.get("/sign-in/with/nobody/back").status_code == 404
    assert client.post("/sign-in/with/nobody").status_code == 404
