"""The clock stands still for the pages of this folder that ask for it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

import make
from outreach.ground import clock
from walled import walled


class Clock:
    """What the service takes for now; a test may let time go by."""

    def __init__(self) -> None:
        self.now: datetime = make.NOW

    def after(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """Tuesday 19 January 2027, 9 in the morning."""
    standing = Clock()
    monkeypatch.setattr(clock, "now", lambda: standing.now)
    yield standing


@pytest.fixture(autouse=True)
def _behind_the_wall(request: pytest.FixtureRequest) -> Iterator[None]:
    """Of a test with the mark `walled`, requests come as the service does on PostgreSQL."""
    if request.node.get_closest_marker("walled") is None:
        yield
        return
    with walled(request.getfixturevalue("app")):
        yield
