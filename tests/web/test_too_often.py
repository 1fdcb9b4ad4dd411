"""Somebody has found a link, or holds it and means ill: what it may change within an hour has an end."""

from datetime import timedelta

from flask.testing import FlaskClient

import make
from outreach.ground import history
from outreach.ground.db import transaction
from outreach.post import troupe_links
from outreach.web import too_often
from web.conftest import Clock
from web.school_story import link_to


def _changed(who: str, times: int, partnership_id: int) -> None:
    """Two deeds at each change, as many verbs write."""
    of = history.Subject("page", "/i/…", partnership_id)
    for n in range(1, times + 1):
        for what in ("sent a form", "wrote"):
            history.record(what, of, who=who, now=make.NOW - timedelta(seconds=10 * n))


def test_a_schools_link_changes_so_much_an_hour_and_holds_up_no_other(
    client: FlaskClient, stopped: Clock
) -> None:
    with transaction():
        ours = make.partnership()
        programme = make.programme(ours)
        one, other = make.school(name="Redmere Academy"), make.school(name="Thornby Primary")
        mine = link_to(programme, one)
        theirs = link_to(programme, other, name="", address="office@thornby.example")
        _changed("Joanna Fell", too_often.AN_HOUR - 1, ours.id)
    named = {"name": "Sam Okonkwo", "address": "sam@redmere.example"}
    assert client.post(f"/i/{mine}/somebody-else", data=named).status_code == 303
    answer = client.post(
        f"/i/{mine}/somebody-else", data={"name": "Zoe Adeyemi-Fox", "address": "zoe@redmere.example"}
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 429 and answer.headers["Retry-After"] == "3600"
    assert "a great many changes within an hour" in page and "nothing you typed is lost" in page
    assert "Zoe Adeyemi-Fox" in page and "Send it again" in page
    assert client.get(f"/i/{mine}").status_code == 200
    assert client.post(f"/i/{theirs}/somebody-else", data=named).status_code == 303
    stopped.after(hours=1, seconds=1)
    assert client.post(f"/i/{mine}/somebody-else", data=named).status_code == 303


def test_a_companys_link_changes_so_much_an_hour(client: FlaskClient, stopped: Clock) -> None:
    with transaction():
        ours = make.partnership()
        troupe = make.troupe(ours)
        link = troupe_links.make(troupe.id, partnership_id=ours.id, who="Priya", now=make.NOW)
        path = f"/t/{troupe_links.token_of(link, 'for tests')}/limits"
        _changed(f"{troupe.company.name}, {troupe.name}", too_often.AN_HOUR - 1, ours.id)
    assert client.post(path, data={"hours_a_day": "9"}).status_code == 303
    refused = client.post(path, data={"hours_a_day": "8"})
    assert refused.status_code == 429 and "a great many changes" in refused.text
    assert client.get(path).status_code == 200 and 'value="9"' in client.get(path).text


def test_what_others_did_meanwhile_counts_for_nobody_else(client: FlaskClient, stopped: Clock) -> None:
    """A hundred letters that a coordinator sends are no change of a school's."""
    with transaction():
        ours = make.partnership()
        token = link_to(make.programme(ours), make.school())
        _changed("Priya Nair", 3 * too_often.AN_HOUR, ours.id)
        _changed("Joanna Fell", too_often.AN_HOUR - 1, make.partnership(("932",)).id)
    named = {"name": "Sam Okonkwo", "address": "sam@redmere.example"}
    assert client.post(f"/i/{token}/somebody-else", data=named).status_code == 303
