"""docs/settings.md lists exactly the settings that the service reads."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from outreach.ground import config

ROOT = Path(__file__).resolve().parents[2]


class Asked(Mapping[str, str]):
    """An environment in which nothing is set, that remembers what it was asked for."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.names.add(key)
        return default

    def __getitem__(self, key: str) -> str:
        self.names.add(key)
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def test_the_page_of_settings_lists_what_the_service_reads_and_no_more():
    asked = Asked()
    config.read(asked)
    table = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs/settings.md").read_text(), re.MULTILINE)
    assert sorted(table) == sorted(asked.names)
    assert len(table) == len(set(table))


def test_several_machines_may_stand_in_an_address_as_libpq_writes_them() -> None:
    found = config.database_url("postgres://u:p%40w@one:6000,other/outreach?target_session_attrs=read-write")
    assert found == (
        "postgresql+psycopg://u:p%40w@/outreach?host=one:6000&host=other:5432&target_session_attrs=read-write"
    )
    assert config.database_url("postgresql://u@one/outreach") == "postgresql+psycopg://u@one/outreach"


def test_a_standby_to_read_from_is_postgresqls() -> None:
    url, standby = "postgresql://u:a-long-one@one/outreach", "postgresql://u:a-long-one@other/outreach"
    found = config.read({"DATABASE_URL": url, "DATABASE_READ_URL": standby})
    assert found["SQLALCHEMY_BINDS"] == {
        config.STANDBY: {"url": "postgresql+psycopg://u:a-long-one@other/outreach", **config.ENGINE}
    }
    assert "SQLALCHEMY_BINDS" not in config.read({"DATABASE_URL": url})
    for wrong in ({"DATABASE_READ_URL": standby}, {"DATABASE_URL": url, "DATABASE_READ_URL": "sqlite:///x"}):
        with pytest.raises(config.ConfigError, match="standby of PostgreSQL"):
            config.read(wrong)
