"""The schools that leave in the demonstration: each stands on the list of its cause, as pages and snapshots meet it."""

from datetime import UTC, datetime

import pytest
from flask import Flask

from outreach.coverage import leavers
from outreach.coverage.leavers import CLOSED, ELSEWHERE, OUTSIDE
from outreach.demonstration import story
from outreach.ground.db import transaction

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_one_of_each_leaves_with_something_agreed(app: Flask) -> None:
    now = datetime(2026, 12, 5, 10, tzinfo=UTC)
    with transaction():
        told = story.tell(now=now)
    left = leavers.left(told.partnership.id, now=now)
    assert sorted({(item.live.kind, item.cause, bool(item.heirs), bool(item.guests)) for item in left}) == [
        ("booking", CLOSED, False, True),
        ("booking", ELSEWHERE, False, False),
        ("offer", CLOSED, True, False),
        ("offer", OUTSIDE, False, False),
    ]
