"""A school of one partnership becomes another's only when that one agrees: whole lists at once, links too,
and the database's word."""

import io
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import IntegrityError
from test_register import bring
from test_register_files import LINKS, school, written

import make
from outreach.county import authorities, corrections, register, schools
from outreach.county.partnerships import Authority, Partnership
from outreach.county.register import hands
from outreach.county.register.hands import ChangeOfHands
from outreach.county.schools import OrganisationRecord, School, Succession
from outreach.ground.db import db, transaction

THEIRS = {
    "LA (code)": "998",
    "DistrictAdministrative (code)": "E07999998",
    "DistrictAdministrative (name)": "Farland",
}
DAY = timedelta(days=1)


@pytest.fixture
def two(app: Flask) -> tuple[Partnership, Partnership]:
    """Who holds Redmere, Ash and Elm, and who holds Oak."""
    with transaction():
        giver, receiver = make.partnership(("999",)), make.partnership(("998",))
    bring(
        written([school(), school(URN="900002", name="Ash"), school(URN="900003", name="Elm")]),
        now=make.EARLIER,
    )
    bring(written([school(URN="900009", name="Oak", **THEIRS)]), ("998",), make.EARLIER)
    return giver, receiver


def names(*urns: int) -> list[dict[str, str]]:
    """The lines of the receiver's file: its own school, and some that the giver holds."""
    return [
        school(URN="900009", name="Oak", **THEIRS),
        *(school(URN=str(u), name=f"Mine {u}", **THEIRS) for u in urns),
    ]


def where() -> dict[int, str]:
    return {
        urn: code for urn, code in db.session.execute(select(School.urn, School.la_code).order_by(School.urn))
    }


def agree(giver: Partnership, *ids: int, days: int = 1) -> hands.HandsChanged:
    asked = [row.id for row in hands.asked_of(giver.id)]
    with transaction():
        return hands.agree(ids or asked, giver_id=giver.id, who="Priya", now=make.NOW + days * DAY)


def test_a_file_that_names_anothers_school_takes_nothing_and_asks(two: Any, count_queries: Any) -> None:
    giver, receiver = two
    before = where()
    changes = bring(written(names(900001, 900002)), ("998",))
    assert [(h.urn, h.name, h.asked) for h in changes.held] == [
        (900001, "Mine 900001", False),
        (900002, "Mine 900002", False),
    ]
    assert (changes.new, changes.changed, where()) == ((), (), before)
    assert schools.get(900001).name == "Redmere Academy"
    assert db.session.scalar(select(func.count()).where(OrganisationRecord.urn == 900001)) == 1
    assert [(r.urn, r.receiver.name) for r in hands.asked_of(giver.id)] == [
        (900002, receiver.name),
        (900001, receiver.name),
    ]
    assert hands.asked_of(receiver.id) == []
    # The same file again asks nobody twice, and changes nothing.
    again = bring(written(names(900001, 900002)), ("998",))
    assert again.nothing and [h.asked for h in again.held] == [True, True]
    assert hands.count_asked_of(giver.id) == 2


def test_one_agreement_serves_the_whole_list(two: Any) -> None:
    giver, receiver = two
    bring(written(names(900001, 900002)), ("998",))
    assert agree(giver) == (2, 0, 0)
    assert where() == {900001: "998", 900002: "998", 900003: "999", 900009: "998"}
    assert schools.get(900001).district_name == "Farland"
    records = db.session.scalars(
        select(OrganisationRecord).where(OrganisationRecord.urn == 900001).order_by(OrganisationRecord.id)
    ).all()
    assert [(r.la_code, r.recorded_at) for r in records] == [("999", make.EARLIER), ("998", make.NOW + DAY)]
    assert [r.urn for r in hands.received(receiver.id)] == [900002, 900001]
    # From now on the receiver's file is the register's word on them.
    changed = bring(written(names(900001, 900002)), ("998",), make.NOW + 2 * DAY)
    assert [c.after.urn for c in changed.changed] == [900001, 900002] and not changed.held


def test_what_was_corrected_stays_over_the_register_when_a_school_changes_hands(two: Any) -> None:
    giver, _ = two
    bring(written(names(900001)), ("998",))
    with transaction():
        for field, said in (("district_name", "Nearland"), ("name", "Redmere School")):
            corrections.correct(900001, field, said, reason="It said so", who="Priya", now=make.NOW)
    assert agree(giver) == (1, 0, 0)
    taken = schools.get(900001)
    assert (taken.la_code, taken.district_code, taken.district_name) == ("998", "E07999998", "Nearland")
    register = corrections.register_word(900001)
    assert (register.la_code, register.district_name, register.name) == ("998", "Farland", "Redmere Academy")


def test_only_what_is_agreed_to_goes_and_what_is_kept_may_be_asked_again(two: Any) -> None:
    giver, _ = two
    bring(written(names(900001, 900002)), ("998",))
    by_urn = {row.urn: row.id for row in hands.asked_of(giver.id)}
    with transaction():
        hands.keep([by_urn[900002]], giver_id=giver.id, who="Priya", now=make.NOW)
    assert agree(giver, by_urn[900001], by_urn[900002]) == (1, 0, 0)
    assert (where()[900001], where()[900002]) == ("998", "999")
    changes = bring(written(names(900002)), ("998",))
    assert [h.asked for h in changes.held] == [False] and hands.count_asked_of(giver.id) == 1


def test_nobody_agrees_for_another(two: Any) -> None:
    giver, receiver = two
    bring(written(names(900001)), ("998",))
    (row,) = hands.asked_of(giver.id)
    with pytest.raises(hands.NothingAsked), transaction():
        hands.agree([row.id], giver_id=receiver.id, who="Mallory", now=make.NOW)
    with pytest.raises(hands.NothingAsked), transaction():
        hands.keep([row.id], giver_id=receiver.id, who="Mallory", now=make.NOW)
    assert where()[900001] == "999"
    assert not hands.were_asked_of(receiver.id, [row.id]) and hands.were_asked_of(giver.id, [row.id])


def test_two_who_ask_for_one_school_and_one_gets_it(two: Any) -> None:
    giver, _ = two
    with transaction():
        make.partnership(("997",))
    bring(written(names(900001)), ("998",))
    bring(written([school(**{"LA (code)": "997"})]), ("997",))
    first, second = sorted(row.id for row in hands.asked_of(giver.id))
    assert agree(giver, second) == (1, 0, 0)
    assert where()[900001] == "997" and hands.asked_of(giver.id) == []
    assert db.session.get_one(ChangeOfHands, first).outcome == "overtaken"


def test_ones_own_file_gives_nothing_away_and_still_brings_the_rest(two: Any) -> None:
    giver, receiver = two
    changes = bring(written([school(NumberOfPupils="1080", **THEIRS)]))
    assert [f.urn for f in changes.staying] == [900001] and changes.held == ()
    assert (schools.get(900001).la_code, schools.get(900001).number_of_pupils) == ("999", 1080)
    assert hands.asked_of(giver.id) == hands.asked_of(receiver.id) == []


def test_an_operators_file_asks_too(two: Any) -> None:
    giver, _ = two
    for codes in (("999", "998"), None):
        changes = bring(written(names(900001)), codes)
        assert [h.urn for h in changes.held] == [900001] and where()[900001] == "999"
    assert [row.urn for row in hands.asked_of(giver.id)] == [900001]


def test_a_file_of_an_authority_that_nobody_here_covers_takes_nothing(two: Any) -> None:
    assert bring(written([school(**{"LA (code)": "800"})]), ("800",)).nothing
    assert where()[900001] == "999"


def test_an_operator_hands_over_by_command(two: Any, app: Flask) -> None:
    _, receiver = two
    bring(written(names(900001, 900002)), ("998",))
    flask = app.test_cli_runner().invoke
    assert f"900001 Redmere Academy: asked for by {receiver.name}" in flask(args=["register", "asked"]).output
    done = flask(args=["register", "hand-over", "--to", receiver.name, "--urn", "900001"])
    assert done.output == "1 school handed over, 0 links agreed to, 0 no longer so.\n"
    assert (where()[900001], where()[900002]) == ("998", "999")
    again = flask(args=["register", "hand-over", "--to", receiver.name, "--urn", "900001"])
    assert again.exit_code == 1 and "Nothing that was ticked waits" in again.output


def link(predecessor: int, successor: int) -> bytes:
    return LINKS + f"{predecessor},{successor},Whoever,Successor,\r\n".encode()


def links() -> list[tuple[int, int]]:
    rows = db.session.execute(
        select(Succession.predecessor_id, Succession.successor_id).order_by(Succession.id)
    )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize(("predecessor", "successor"), [(900001, 900009), (900009, 900001)])
def test_a_link_to_anothers_school_waits_for_its_word(two: Any, predecessor: int, successor: int) -> None:
    giver, receiver = two
    changes = bring(written(names()), ("998",), links=link(predecessor, successor))
    assert changes.links == () and links() == []
    assert [(k.urn, k.giver, k.receiver) for k in changes.held_links] == [(900001, giver.id, receiver.id)]
    (row,) = hands.asked_of(giver.id)
    assert (row.is_link, row.urn, row.other_urn) == (True, 900001, 900009)
    assert bring(written(names()), ("998",), links=link(predecessor, successor)).nothing
    assert agree(giver) == (0, 1, 0)
    assert links() == [(predecessor, successor)] and where()[900001] == "999"


def test_a_link_between_two_schools_of_others_is_nobodys(two: Any) -> None:
    giver, _ = two
    bring(written(names()), ("998",), links=link(900001, 900002))
    assert links() == [] and hands.asked_of(giver.id) == []


def test_a_school_and_its_link_are_agreed_to_together(two: Any) -> None:
    giver, _ = two
    bring(written(names(900001)), ("998",), links=link(900001, 900009))
    assert agree(giver) == (1, 1, 0)
    assert (where()[900001], links()) == ("998", [(900001, 900009)])


def test_whoever_does_not_hold_a_school_any_more_grants_nothing_of_it(two: Any) -> None:
    """Ash goes to an authority of nobody here, and Redmere to a third partnership, before the giver
    answers."""
    giver, _ = two
    with transaction():
        third = make.partnership(("997",))
    bring(written(names(900002)), ("998",), links=link(900001, 900009))
    bring(written([school(URN="900002", name="Ash", **{"LA (code)": "800"})]))
    bring(written([school(**{"LA (code)": "997"})]), ("997",))
    (of_redmere,) = (row.id for row in hands.asked_of(giver.id) if row.urn == 900001 and not row.is_link)
    assert agree(giver, of_redmere) == (1, 0, 0)
    # The link to Redmere waits for the giver no more; the next file asks who has Redmere now.
    assert [(row.urn, row.is_link) for row in hands.asked_of(giver.id)] == [(900002, False)]
    bring(written(names()), ("998",), links=link(900001, 900009))
    assert [(row.urn, row.is_link) for row in hands.asked_of(third.id)] == [(900001, True)]
    assert agree(giver, days=2) == (0, 0, 1)
    assert (where()[900001], where()[900002], links()) == ("997", "800", [])
    assert [row.urn for row in hands.received(third.id)] == [900001]


@pytest.mark.parametrize("taken_on", [False, True])
def test_nothing_goes_to_an_authority_that_the_asker_does_not_cover_any_more(
    two: Any, taken_on: bool
) -> None:
    giver, receiver = two
    with transaction():
        third = make.partnership(("997",))
    bring(written([school(**{"LA (code)": "997"})]), ("997",))
    with transaction():
        authorities.remove(authorities.get(third.id, "997"), who="Owen", now=make.NOW)
        if taken_on:
            authorities.add(receiver, "997", "Farshire", who="Ruth", now=make.NOW)
    assert agree(giver) == (0, 0, 1)
    assert where()[900001] == "999" and hands.received(third.id) == hands.received(receiver.id) == []


@pytest.mark.parametrize("la_code", ["997", "998"])
def test_a_file_that_waited_says_nothing_of_a_school_that_was_given_away_meanwhile(
    two: Any, la_code: str
) -> None:
    giver, receiver = two
    with transaction():
        make.partnership(("997",))
    content = io.BytesIO(written([school(**{"LA (code)": la_code})]))
    file = register.read(content, la_codes=("999",), also=register.urns_of(("999",)))
    assert [f.urn for f in register.preview(file, ("999",)).staying] == [900001]
    bring(written(names(900001)), ("998",))
    assert agree(giver) == (1, 0, 0)
    changes = register.preview(file, ("999",))
    assert changes.nothing and changes.held == changes.staying == changes.new == ()


def test_spans_tell_whose_a_school_was_when(two: Any) -> None:
    giver, receiver = two
    bring(written(names(900001)), ("998",))
    agree(giver)
    at = make.NOW + DAY
    assert hands.spans([900001, 900002], giver.id) == {900001: [(None, at)], 900002: [(None, None)]}
    assert hands.spans([900001, 900002], receiver.id) == {900001: [(at, None)], 900002: []}
    # A school that went to an authority of nobody here, and then to another partnership.
    bring(written([school(URN="900002", name="Ash", **{"LA (code)": "800"})]), now=at)
    bring(written(names(900001, 900002)), ("998",), at + DAY)
    assert where()[900002] == "998"
    assert hands.spans([900002], giver.id) == {900002: [(None, at)]}
    assert hands.spans([900002], receiver.id) == {900002: [(at, None)]}


# --- what must never be ----------------------------------------------------------------------------


def test_the_database_refuses_a_school_that_nobody_agreed_to_give(two: Any) -> None:
    giver, receiver = two
    bring(written(names(900001)), ("998",))
    for take in (
        update(School).where(School.urn == 900001).values(la_code="998"),
        text(
            "INSERT INTO organisation_record (organisation_id, name, status, type_of_establishment, la_code, street, "
            "locality, town, postcode,"
            " website, telephone, recorded_at) SELECT organisation_id, name, status, type_of_establishment, '998', "
            "street, locality, town,"
            " postcode, website, telephone, recorded_at FROM organisation_record WHERE organisation_id = 900001"
        ),
        update(Authority).where(Authority.la_code == "999").values(partnership_id=receiver.id),
    ):
        with pytest.raises(IntegrityError), transaction():
            db.session.execute(take)
    assert agree(giver) == (1, 0, 0)
    # An old word does not serve twice: back it goes only when the other agrees.
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(update(School).where(School.urn == 900001).values(la_code="999"))
    bring(written([school()]), now=make.NOW + 2 * DAY)
    assert agree(receiver, days=3) == (1, 0, 0) and where()[900001] == "999"
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(update(School).where(School.urn == 900001).values(la_code="998"))


def test_the_database_keeps_what_was_settled(two: Any) -> None:
    giver, _ = two
    bring(written(names(900001)), ("998",))
    agree(giver)
    deeds: list[Any] = [update(ChangeOfHands).values(settled_by="Mallory"), delete(ChangeOfHands)]
    if db.engine.dialect.name == "postgresql":
        deeds.append(text("TRUNCATE change_of_hands"))
    for deed in deeds:
        with pytest.raises(IntegrityError), transaction():
            db.session.execute(deed)
