"""The setting that names sign-in providers: what it takes, and what it refuses in words."""

from pathlib import Path

import pytest

from outreach.county import sign_in_providers
from outreach.ground.errors import ConfigError

ENTRA = """
    [[provider]]
    name = "council"
    partnership = 1
    issuer = "https://login.microsoftonline.com/0a1b/v2.0"
    client_id = "c1"
    client_secret = "kV8~q.z1"
"""


def said(text: str) -> str:
    with pytest.raises(ConfigError) as refused:
        sign_in_providers.read(text)
    assert "kV8~q.z1" not in str(refused.value)
    return str(refused.value)


def test_what_is_not_said_is_as_most_have_it() -> None:
    assert sign_in_providers.read("") == {}
    found = sign_in_providers.read(ENTRA)["council"]
    assert found.button == "Sign in with your council account"
    assert (found.scopes, found.only, found.adds, found.trust_email) == (
        "openid email profile",
        False,
        False,
        False,
    )
    assert found.claims["groups"] == "groups" and found.client_secret == "kV8~q.z1"
    assert "kV8~q.z1" not in repr(found)


def test_the_secret_stands_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("kV8~q.z1\n")
    text = ENTRA.replace('client_secret = "kV8~q.z1"', f'client_secret_file = "{tmp_path}/secret"')
    assert sign_in_providers.read(text)["council"].client_secret == "kV8~q.z1"
    assert "cannot be read" in said(text.replace("/secret", "/none"))


def test_the_role_that_may_most_counts() -> None:
    text = ENTRA + 'groups = {a = "reader", b = "lead", c = "coordinator"}'
    found = sign_in_providers.read(text)["council"]
    assert [found.role_of(g) for g in (("a", "c"), ("c", "b", "a"), ("other",), ())] == [
        "coordinator",
        "lead",
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("provider = 3", "something else than [[provider]]"),
        ("[[provider", "is no TOML"),
        (ENTRA + ENTRA, "names 'council' twice"),
        (ENTRA + ENTRA.replace('"council"', '"other"'), "two buttons that say"),
        (ENTRA.replace('name = "council"', 'name = "Our Council"'), "small letters"),
        (
            ENTRA.replace("partnership = 1", 'partnership = "Marlshire"'),
            "`partnership` is missing, or no number",
        ),
        (ENTRA.replace("https://login", "http://login"), "`issuer` is an address with https"),
        (ENTRA.replace('client_secret = "kV8~q.z1"', ""), "`client_secret_file` is missing"),
        (ENTRA.replace('client_id = "c1"', ""), "`client_id` is missing"),
        (ENTRA + 'gruops = {a = "lead"}', "`gruops` is nothing that a provider has"),
        (ENTRA + 'groups = {a = "boss"}', "the role 'boss'"),
        (ENTRA + "trust_email = true", "needs `domains`"),
        (ENTRA + 'adds = true\ndomains = ["a.example"]', "needs `domains` and `groups`"),
        (ENTRA + 'only = "yes"', "`only` is true or false"),
        (ENTRA + 'scopes = "email"', "lacks the word openid"),
        (ENTRA + 'claims = {mail = "upn"}', "has 'mail'"),
        (ENTRA + 'client_auth = "private_key_jwt"', "is client_secret_post or client_secret_basic"),
        (ENTRA + "domains = [1]", "`domains` is a list of texts"),
    ],
)
def test_what_makes_no_sense_stops_the_start_in_words(text: str, words: str) -> None:
    assert words in said(text)
