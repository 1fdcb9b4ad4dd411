"""docs/settings.md lists exactly the settings that the service reads."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

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
