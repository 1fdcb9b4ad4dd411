"""The service's key is changed: who is signed in stays, and what was made with the older key goes on opening."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

import make
from outreach import create_app
from outreach.ground import config
from outreach.ground.db import db, transaction
from outreach.post import troupe_links
from outreach.post.feeds import addresses
from outreach.post.feeds.entries import TROUPE

FIRST, NEXT, LAST = (secrets.token_hex(32) for _ in range(3))


@pytest.fixture
def service(app: Flask, tmp_path: Path):
    """The service as it starts with a key and older ones, both in files, over the test's database."""

    @contextmanager
    def started(key: str, *older: str) -> Iterator[Flask]:
        (tmp_path / "key").write_text(key + "\n")
        (tmp_path / "older").write_text("\n".join(older or [secrets.token_hex(32)]))
        told = {
            "SECRET_KEY_FILE": str(tmp_path / "key"),
            "SECRET_KEY_FALLBACKS_FILE": str(tmp_path / "older"),
            "OUTREACH_FOLDER": str(tmp_path),
        }
        here = {"SQLALCHEMY_DATABASE_URI": app.config["SQLALCHEMY_DATABASE_URI"]}
        made = create_app(config.read(told) | here)
        with made.app_context():
            yield made
            db.session.remove()
            db.engine.dispose()

    return started


@pytest.mark.own_app
def test_sessions_forms_troupe_links_and_calendars_live_on_while_the_older_key_is_known(
    app: Flask, service
) -> None:
    with transaction():
        partnership = make.partnership()
        person = make.person(partnership)
        troupe = make.troupe(partnership)
        told = {"partnership_id": partnership.id, "who": "P", "now": make.NOW}
        link = troupe_links.make(troupe.id, **told)
        feed = addresses.make(TROUPE, troupe.id, label="Heron", **told)
        by_link = f"/t/{troupe_links.token_of(link, FIRST)}"
        by_calendar = addresses.FEED_PAGE.format(token=addresses.token_of(feed, FIRST))
    with service(FIRST) as first:
        now = datetime.now(UTC)  # it lasts twelve hours, as this service is set
        client = make.signed_in(first.test_client(), person, began_at=now, last_seen_at=now)
        cookie = client.get_cookie(first.config["SESSION_COOKIE_NAME"])
        assert cookie is not None
        page = first.test_client().get("/sign-in")
        form = re.search('name="csrf_token" .*?value="([^"]+)"', page.text)
        assert form is not None
    came: dict[str, list[int]] = {}
    for name, key, older in (
        ("made with", FIRST, []),
        ("changed", NEXT, [FIRST]),
        ("changed twice", LAST, [NEXT, FIRST]),
        ("forgotten", LAST, [NEXT]),
    ):
        with service(key, *older) as there:
            client = there.test_client()
            client.set_cookie(there.config["SESSION_COOKIE_NAME"], cookie.value)
            came[name] = [client.get(path).status_code for path in (by_link, by_calendar, "/desk/account")]
            somebody = there.test_client()
            somebody.set_cookie(
                there.config["SESSION_COOKIE_NAME"], page.headers["Set-Cookie"].split("=", 1)[1].split(";")[0]
            )
            came[name].append(somebody.post("/sign-in", data={"csrf_token": form[1]}).status_code)
    assert came == {
        "made with": [200, 200, 200, 422],
        "changed": [200, 200, 200, 422],
        "changed twice": [200, 200, 200, 422],
        "forgotten": [404, 404, 302, 400],
    }
