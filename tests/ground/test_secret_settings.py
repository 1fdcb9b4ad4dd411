"""Secrets among the settings: from the environment or a file; refused, without being repeated, where one is weak."""

import secrets
from hashlib import sha256
from pathlib import Path

import pytest

from outreach.ground import config
from outreach.ground.errors import ConfigError

# Each run's the same: tests are named by them.
KEY, OLDER, TOKEN, HISTORY = (
    sha256(word).hexdigest() for word in (b"key", b"older key", b"token", b"history key")
)
GOOD = {
    "PUBLIC_URL": "https://outreach.example",
    "SECRET_KEY": KEY,
    "DATABASE_URL": "postgresql://outreach:tK9vXq2LwPzR@db.example/outreach",
    "SMTP_URL": "smtps://bookings:Qm7%23yTn4Lk@mail.example",
    "IMAP_URL": "imaps://bookings:Qm7%23yTn4Lk@mail.example/INBOX",
    "METRICS_TOKEN": TOKEN,
    "HISTORY_KEY": HISTORY,
}
FROM_FILES = {
    "SECRET_KEY": "SECRET_KEY",
    "DATABASE_URL": "SQLALCHEMY_DATABASE_URI",
    "SMTP_URL": "SMTP_URL",
    "IMAP_URL": "IMAP_URL",
    "METRICS_TOKEN": "METRICS_TOKEN",
    "HISTORY_KEY": "HISTORY_KEY",
}


@pytest.mark.parametrize("name", FROM_FILES)
def test_a_secret_stands_in_a_file_as_well(name: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(GOOD[name] + "\n")
    told = {key: value for key, value in GOOD.items() if key != name} | {f"{name}_FILE": str(file)}
    assert config.read(told)[FROM_FILES[name]] == config.read(GOOD)[FROM_FILES[name]]


def test_older_keys_stand_in_a_file_one_a_line(tmp_path: Path) -> None:
    file, oldest = tmp_path / "older", secrets.token_hex(32)
    file.write_text(f"{OLDER}\n\n{oldest}\n")
    assert config.read(GOOD | {"SECRET_KEY_FALLBACKS_FILE": str(file)})["SECRET_KEY_FALLBACKS"] == [
        OLDER,
        oldest,
    ]
    assert config.read(GOOD | {"SECRET_KEY_FALLBACKS": f"{OLDER}, {oldest}"})["SECRET_KEY_FALLBACKS"] == [
        OLDER,
        oldest,
    ]


def test_a_secret_told_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="SECRET_KEY and SECRET_KEY_FILE are both set"):
        config.read(GOOD | {"SECRET_KEY_FILE": str(tmp_path / "secret")})


def test_a_file_that_tells_nothing_is_named(tmp_path: Path) -> None:
    empty, latin = tmp_path / "empty", tmp_path / "latin"
    empty.write_text(" \n")
    latin.write_bytes(b"\xff\xfe\xfa")
    for file, why in (
        (tmp_path / "none", "cannot be read: No such file or directory"),
        (tmp_path, "cannot be read: Is a directory"),
        (latin, "cannot be read: it is no text"),
        (empty, "is empty"),
    ):
        with pytest.raises(ConfigError, match=why) as refused:
            config.read({"METRICS_TOKEN_FILE": str(file)})
        assert f"METRICS_TOKEN_FILE is '{file}'" in str(refused.value)


@pytest.mark.parametrize(
    "name, value, why",
    [
        ("SECRET_KEY", "", "SECRET_KEY is not set"),
        ("SECRET_KEY", config.DEVELOPMENT_KEY, "SECRET_KEY is not set"),
        ("SECRET_KEY", "5f2c9", "SECRET_KEY has 5 characters"),
        ("SECRET_KEY", "k" * 64, "SECRET_KEY repeats itself"),
        ("SECRET_KEY", "4f1b0c7e92a85d36" * 4, "SECRET_KEY repeats itself"),
        ("SECRET_KEY", "change-me-to-32-or-more-random-characters", "SECRET_KEY is a sample"),
        ("SECRET_KEY", "please put your own long secret key here", "SECRET_KEY is a sample"),
        ("SECRET_KEY_FALLBACKS", "short", "SECRET_KEY_FALLBACKS: one has 5 characters"),
        ("SECRET_KEY_FALLBACKS", f"{OLDER},{config.DEVELOPMENT_KEY}", "SECRET_KEY_FALLBACKS: one is a sample"),
        ("SECRET_KEY_FALLBACKS", KEY, "SECRET_KEY_FALLBACKS holds SECRET_KEY itself"),
        ("HISTORY_KEY", "short", "HISTORY_KEY has 5 characters"),
        ("HISTORY_KEY", "h" * 64, "HISTORY_KEY repeats itself"),
        ("HISTORY_KEY", KEY, "HISTORY_KEY is the service's key as well"),
        ("HISTORY_KEY_FALLBACKS", "short", "HISTORY_KEY_FALLBACKS: one has 5 characters"),
        ("HISTORY_KEY_FALLBACKS", HISTORY, "HISTORY_KEY_FALLBACKS holds HISTORY_KEY itself"),
        ("METRICS_TOKEN", "short", "METRICS_TOKEN is too easy to guess"),
        ("METRICS_TOKEN", "aaaaaaaaaaaaaaaaaaaaaaaaa", "METRICS_TOKEN is too easy to guess"),
        ("METRICS_TOKEN", KEY, "METRICS_TOKEN is the service's key as well"),
        ("DATABASE_URL", "postgresql://outreach:…@localhost/outreach", "password in DATABASE_URL has 1 char"),
        ("DATABASE_URL", "postgres://outreach:Outreach@localhost/x", "password in DATABASE_URL is one that is tried"),
        ("DATABASE_URL", "postgres://postgres:postgres@localhost/x", "password in DATABASE_URL is one that is tried"),
        ("DATABASE_URL", "postgres://outreach:changeme1@localhost/x", "password in DATABASE_URL is one that is tried"),
        ("SMTP_URL", "smtps://bookings:password1@mail.example", "password in SMTP_URL is one that is tried"),
        ("IMAP_URL", "imaps://bookings:bookings@mail.example", "password in IMAP_URL is one that is tried"),
    ],
)  # fmt: skip
def test_a_weak_secret_is_refused_where_people_come_by_https(name: str, value: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why) as refused:
        config.read(GOOD | {name: value})
    assert not value or value in (config.DEVELOPMENT_KEY, "short") or value not in str(refused.value)
    if name != "METRICS_TOKEN":
        config.read(GOOD | {name: value, "PUBLIC_URL": "http://127.0.0.1:8000"} | {"TRUSTED_HOSTS": ""})


@pytest.mark.parametrize(
    "url",
    [
        "postgresql:///outreach",
        "postgresql://outreach@localhost/outreach",
        "postgresql://outreach:a#b/c?d3fgh@localhost/outreach",
        "sqlite:////var/lib/outreach/outreach.sqlite",
    ],
)
def test_a_database_that_asks_for_no_password_or_a_good_one_is_none_of_it(url: str) -> None:
    assert str(config.read(GOOD | {"DATABASE_URL": url})["SQLALCHEMY_DATABASE_URI"]).endswith(
        url.split(":", 1)[1]
    )


def test_without_a_key_for_the_history_the_service_starts() -> None:
    """flask check names it; an update of the service must not stop it."""
    assert config.read(GOOD | {"HISTORY_KEY": ""})["HISTORY_KEY"] == ""


def test_random_keys_are_taken() -> None:
    for made in (lambda: secrets.token_hex(16), lambda: secrets.token_urlsafe(32)):
        for _ in range(200):
            config.read(GOOD | {"SECRET_KEY": made(), "METRICS_TOKEN": secrets.token_urlsafe(20)})


@pytest.mark.parametrize(
    "told, hosts",
    [
        ({}, ["outreach.example"]),
        ({"TRUSTED_HOSTS": "outreach.example, 10.0.0.7"}, ["outreach.example", "10.0.0.7"]),
        ({"TRUSTED_HOSTS": ".Example"}, [".example"]),
        ({"PUBLIC_URL": "http://127.0.0.1:8000"}, None),
    ],
)
def test_hosts_are_those_named_or_that_of_the_public_address(told: dict[str, str], hosts: list[str]) -> None:
    assert config.read(GOOD | told)["TRUSTED_HOSTS"] == hosts


@pytest.mark.parametrize(
    "hosts, why",
    [
        ("https://outreach.example", "TRUSTED_HOSTS holds 'https://outreach.example'"),
        ("outreach.example/desk", "TRUSTED_HOSTS holds"),
        ("other.example", "TRUSTED_HOSTS leaves out outreach.example"),
        (".outreach.example.org", "TRUSTED_HOSTS leaves out outreach.example"),
    ],
)
def test_hosts_that_would_let_nobody_in_are_refused(hosts: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        config.read(GOOD | {"TRUSTED_HOSTS": hosts})
