"""Roles of people: one at a time, given and taken dated; a partnership always keeps a lead coordinator."""

import threading
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

import make
from outreach.county import coordinators, roles
from outreach.county.coordinators import Coordinator
from outreach.county.roles import BOARD, COMPANY, COORDINATOR, LEAD, READER, ItsCompany, LastLead
from outreach.ground import history
from outreach.ground.db import broken_guard, db, transaction
from outreach.post.feeds import addresses
from outreach.post.feeds.entries import COORDINATOR as OWN_CALENDAR
from outreach.tour.companies import Company


def two_leads() -> tuple[Coordinator, Coordinator]:
    with transaction():
        of = make.partnership()
        return make.person(of, name="Priya"), make.person(of, name="Owen")


def test_role_is_given_and_taken_with_who_and_when_and_history_keeps_both(app: Flask) -> None:
    _, owen = two_leads()
    with transaction():
        coordinators.change_role(owen, READER, who="Priya", now=make.NOW)
        coordinators.change_role(owen, READER, who="Priya", now=make.NOW)
    assert owen.role == READER
    assert [(r.role, r.given_at, r.given_by, r.taken_at, r.taken_by) for r in roles.history_of(owen.id)] == [
        (READER, make.NOW, "Priya", None, None),
        (LEAD, make.EARLIER, "set-up", make.NOW, "Priya"),
    ]
    deed = history.history_of("person", owen.id)[0]
    assert (deed.what, deed.who, deed.before, deed.after) == (
        "role changed",
        "Priya",
        {"role": LEAD},
        {"role": READER},
    )


def test_role_ends_with_the_person(app: Flask) -> None:
    _, owen = two_leads()
    with transaction():
        coordinators.end(owen, who="Priya", now=make.NOW)
    assert owen.role is None and roles.history_of(owen.id)[0].taken_by == "Priya"
    with pytest.raises(coordinators.NoSuchCoordinator), transaction():
        coordinators.change_role(owen, LEAD, who="Priya", now=make.NOW)


def test_calendar_stops_with_a_role_that_may_have_none(app: Flask) -> None:
    _, owen = two_leads()
    with transaction():
        feed = addresses.make(
            OWN_CALENDAR,
            owen.id,
            partnership_id=owen.partnership_id,
            label="Mine",
            who="Owen",
            now=make.EARLIER,
            holder=owen.id,
        )
        coordinators.change_role(owen, COORDINATOR, who="Priya", now=make.NOW)
        assert feed.withdrawn_at is None
        coordinators.change_role(owen, READER, who="Priya", now=make.NOW)
    db.session.refresh(feed)
    assert feed.withdrawn_at == make.NOW


def test_last_lead_neither_leaves_nor_gets_another_role(app: Flask) -> None:
    with transaction():
        of = make.partnership()
        priya = make.person(of, name="Priya")
        make.person(of, COORDINATOR, name="Owen")
    for deed in (
        lambda: coordinators.end(priya, who="x", now=make.NOW),
        lambda: coordinators.change_role(priya, COORDINATOR, who="x", now=make.NOW),
    ):
        with pytest.raises(LastLead) as refused, transaction():
            deed()
        assert refused.value.message == (
            "Priya is the only lead coordinator here, and somebody must be able to manage people. Make another "
            "person a lead coordinator first."
        )
    assert priya.role == LEAD and priya.ended_at is None


def test_first_person_of_a_partnership_is_a_lead(app: Flask) -> None:
    with pytest.raises(LastLead), transaction():
        coordinators.add(
            make.partnership().id, "P", "p@marlshire.example", password=None, role=BOARD, now=make.NOW
        )


@pytest.mark.parametrize(
    ("statement", "guard"),
    [
        ("UPDATE person SET ended_at = created_at", "person_role_lead"),
        (
            "UPDATE person_role SET taken_at = given_at, taken_by = 'x' WHERE role = 'lead'",
            "person_role_lead",
        ),
        ("UPDATE person_role SET role = 'board'", "person_role_kept"),
        ("DELETE FROM person_role", "person_role_kept"),
        (
            "INSERT INTO person_role (partnership_id, person_id, role, given_at, given_by) "
            "SELECT partnership_id, person_id, 'reader', given_at, 'x' FROM person_role",
            "person_role.person_id",
        ),
    ],
)
def test_database_refuses_to_lose_the_last_lead_or_what_somebody_was(
    app: Flask, statement: str, guard: str
) -> None:
    with transaction():
        make.person(make.partnership())
    with pytest.raises(IntegrityError) as refused, transaction():
        db.session.execute(text(statement))
    said = broken_guard(refused.value)
    assert guard in said or said == "uq_person_role_standing"


@pytest.mark.parametrize("past_the_verb", [False, True])
def test_two_leads_who_end_each_other_at_once_leave_one(app: Flask, past_the_verb: bool) -> None:
    """Each with a connection of its own; and by bare statements the database says the same."""
    ids, begun, refusals = tuple(person.id for person in two_leads()), threading.Barrier(2), list[Any]()

    def deed(person_id: int) -> None:
        with app.app_context():
            begun.wait(60)
            try:
                with transaction():
                    if past_the_verb:
                        ending = text("UPDATE person SET ended_at = created_at WHERE id = :id")
                        db.session.execute(ending, {"id": person_id})
                    else:
                        person = db.session.get_one(Coordinator, person_id)
                        coordinators.end(person, who="the other", now=make.NOW)
            except (LastLead, IntegrityError) as refusal:
                refusals.append(refusal)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=deed, args=(n,)) for n in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    db.session.rollback()  # what this connection read before is old
    assert len(refusals) == 1
    assert sorted(db.session.get_one(Coordinator, n).ended_at is None for n in ids) == [False, True]


GIVEN = "INSERT INTO person_role (partnership_id, person_id, role, company_id, given_at, given_by) "


@pytest.mark.both_databases
def test_database_refuses_a_company_member_without_a_company_of_theirs_and_anybody_else_with_one(
    app: Flask,
) -> None:
    with transaction():
        of, far = make.partnership(), make.partnership(("932",))
        make.person(of), make.person(far)
        ours, theirs = make.troupe(of).company, make.troupe(far).company
        mo = make.person(of, ended_at=make.NOW)
        ids = {"of": of.id, "mo": mo.id, "ours": ours.id, "theirs": theirs.id, "at": make.NOW.isoformat()}
    for role, company, guard in (
        ("company", "NULL", "ck_person_role_company"),
        ("company", ":theirs", ""),
        ("company", "999999", ""),
        *((role, ":ours", "ck_person_role_company") for role in (COORDINATOR, READER, BOARD, LEAD)),
    ):
        with pytest.raises(IntegrityError) as refused, transaction():
            db.session.execute(text(f"{GIVEN} VALUES (:of, :mo, '{role}', {company}, :at, 'x')"), ids)
        broken = broken_guard(refused.value)
        assert broken == guard if guard else "FOREIGN KEY" in broken or "fk_person_role_company_id" in broken
    with transaction():
        roles.give(of.id, mo.id, COMPANY, company=ours, who="Priya", now=make.NOW)
        other = make.troupe(of).company
    for change in (f"company_id = {other.id}", "company_id = NULL, role = 'reader'"):
        with pytest.raises(IntegrityError) as refused, transaction():
            db.session.execute(text(f"UPDATE person_role SET {change} WHERE role = 'company'"))
        assert "person_role_kept" in broken_guard(refused.value)


def test_a_role_says_in_words_that_it_has_a_company_or_none(app: Flask) -> None:
    _, owen = two_leads()
    with transaction():
        company = make.troupe(make.partnership(("932",))).company
    for role, its in ((COMPANY, None), (READER, company)):
        with pytest.raises(ItsCompany), transaction():
            coordinators.change_role(owen, role, company=its, who="Priya", now=make.NOW)
    assert owen.role == LEAD


@pytest.mark.both_databases
def test_two_leads_who_give_two_companies_at_once_leave_one(app: Flask) -> None:
    """Each with a connection of its own."""
    with transaction():
        of = make.partnership()
        make.person(of)
        mo = make.person(of, READER).id
        companies = [make.troupe(of).company_id for _ in range(2)]
    begun, failures = threading.Barrier(2), list[Any]()

    def deed(company_id: int) -> None:
        with app.app_context():
            begun.wait(60)
            try:
                with transaction():
                    company = db.session.get_one(Company, company_id)
                    person = db.session.get_one(Coordinator, mo)
                    coordinators.change_role(person, COMPANY, company=company, who="x", now=make.NOW)
            except Exception as failure:
                failures.append(failure)

    threads = [threading.Thread(target=deed, args=(company_id,)) for company_id in companies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    db.session.rollback()
    assert failures == []
    standing = [row for row in roles.history_of(mo) if row.taken_at is None]
    assert [row.role for row in standing] == [COMPANY] and standing[0].company_id in companies
