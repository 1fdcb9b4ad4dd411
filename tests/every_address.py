"""Addresses of every route there is, filled with rows that exist: what tests walk that must leave no route
out."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cache
from typing import Any

from flask import current_app
from sqlalchemy import MetaData, Table, inspect, select
from werkzeug.routing import Rule

import asked
import make
from outreach.asking import draws
from outreach.asking.draws import AskingDraw, Due
from outreach.booking import promises
from outreach.booking.guest_places import GuestPlace
from outreach.booking.promises import Booking
from outreach.booking.proposals import Proposal
from outreach.county import coordinators, school_days
from outreach.county.contacts import Contact
from outreach.county.schools import BODY, SCHOOL, VENUE, School
from outreach.coverage.digest import days, sending
from outreach.demonstration import cast, story
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.ground.timespans import day_of, wall
from outreach.post import before_visit, copies, links
from outreach.post.feeds import addresses
from outreach.post.feeds.entries import COORDINATOR
from outreach.post.outbox import Letter
from outreach.post.troupe_links import TroupeLink, token_of
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.visits.absences import Absence
from outreach.visits.before import reminding as visit_reminders

WORDS = {
    "filename": ["mark.svg"],
    "said": ["not-this-year"],
    "kind": ["shows", "nonsense"],
    "text_kind": ["week"],
    "wave": ["before", "never"],
    "what": ["poster", "film"],
    "which": ["table", "gaps", "used", "free", "left-out"],
    "field": ["number_of_pupils", "nonsense"],
    "la_code": ["931"],
    "day": ["2027-01-20"],
    "about": ["referrals", "residents", "nonsense"],
    "letter": ["invitation", "second-reminder", "nonsense"],
    "text_table": ["note", "history"],
    "text_column": ["text"],
    "accent": ["0b4f8a", "ffff00"],
}
"""Parts of an address that are words and no row's."""

ROWS = {
    "organisation_id": "school.organisation_id",
    "body_id": "body.organisation_id",
    "venue_id": "venue.organisation_id",
    "reference": "booking.reference",
    "contact_id": "visit_contact.id",
    "place_id": "guest_place.id",
    "performance_id": "performance.id",
    "proposal_id": "proposal.id",
    "term_id": "term.id",
    "inset_id": "inset_day.id",
    "troupe_id": "troupe.id",
    "report_id": "board_report.id",
    "feed_id": "feed.id",
    "date_id": "board_date.id",
    "day_id": "tour_day.id",
    "call_off_id": "call_off.id",
    "company_id": "company.id",
    "move_id": "diary_move.id",
    "mail_id": "incoming.id",
    "round_id": "invitation_round.id",
    "draw_id": "asking_draw.id",
    "letter_id": "letter.id",
    "programme_id": "programme.id",
    "plan_id": "plan.id",
    "line_id": "plan_line.id",
    "change_id": "register_change.id",
    "request_id": "link_request.id",
    "note_id": "note.id",
    "text_row": "note.id",
    "absence_id": "absence.id",
    "follow_up_id": "follow_up.id",
    "view_id": "saved_view.id",
    "own_letter_id": "own_letter.id",
    "token_id": "api_token.id",
    "webhook_id": "webhook.id",
    "delivery_id": "webhook_delivery.id",
    "item_id": "question_item.id",
    "questionnaire_id": "questionnaire.id",
    "wave_id": "answer_wave.id",
    "code_id": "wave_code.id",
    "tally_id": "answer_tally.id",
    "answer_id": "staff_answer.id",
    "entry_id": "numbers_entry.id",
    "spending_id": "spending.id",
    "session_id": "sign_in_session.id",
    "passkey_id": "passkey.id",
    "colleague_id": "person.id",
}
"""Parts of an address that name a row, and the column that they name it by."""


@dataclass
class Door:
    """Somebody at one door: the blueprint it opens, and the values that the parts of its addresses take, best
    first."""

    blueprint: str
    known: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class County:
    """The made-up county, and who stands at its doors."""

    told: story.Told
    doors: list[Door]

    def addresses(self, rule: Rule, *, each: int = 1) -> Iterator[str]:
        """Up to `each` addresses of a rule from each door that it belongs to; none where nobody could be
        there."""
        blueprint = rule.endpoint.partition(".")[0]
        for door in self.doors:
            if door.blueprint == blueprint:
                yield from self._filled(rule, door, each)

    def _filled(self, rule: Rule, door: Door, each: int) -> Iterator[str]:
        for n in range(each):
            path = rule.rule
            for part, name in re.findall(r"(<(?:[^:<>]+:)?(\w+)>)", rule.rule):
                values = door.known.get(name) or WORDS.get(name) or ["1"]
                path = path.replace(part, values[n % len(values)], 1)
            yield path


def told_year(now: datetime) -> story.Told:
    with transaction():
        return story.tell(now=now)


def people_at_every_door(told: story.Told, *, now: datetime) -> County:
    """The made-up county, where everybody has a link that works."""
    key = str(current_app.config["SECRET_KEY"])
    with transaction():
        coming = db.session.scalars(
            select(Performance)
            .join(Booking, Booking.performance_id == Performance.id)
            .where(
                Booking.programme_id == told.programme.id,
                Booking.ended_at.is_(None),
                Performance.starts_at > now,
                Performance.released_at.is_(None),
            )
            .order_by(Performance.starts_at)
        ).first()
        assert coming is not None
        codes = {} if told.programme.for_adults else asked.ask(coming, told.coordinator, now=now)
        by_lot(told.programme, [s.organisation_id for s in told.cast.playing(cast.SILENT)[:3]], now=now)
        if not column_of(ROWS["venue_id"]):
            make.venue(told.partnership)
        desk = Door("coordinator", {name: column_of(column) for name, column in ROWS.items()})
        feed = addresses.make(
            COORDINATOR,
            told.coordinator.id,
            partnership_id=told.partnership.id,
            label="Mine",
            who="P",
            now=now,
            holder=told.coordinator.id,
        )
        sign_in = coordinators.sign_in_link(told.coordinator, now=now)
        organisation_ids = [str(s.organisation_id) for s in told.cast.playing(cast.SILENT)[:2]]
        public = Door(
            "public",
            {
                "token": [addresses.token_of(feed, key), sign_in],
                "stop_token": [_stop_link(told, now=now)],
                "reminder_token": [_no_reminders_link(coming)],
                "organisation_id": organisation_ids,
                "code": [code.in_address for code in codes.values()],
                "reference": desk.known["reference"],
            },
        )
        schools = [_school(told, booking) for booking in _bookings(told)]
        silent = Door("school", {"token": [link_to(told.programme, told.cast.playing(cast.SILENT)[0])]})
        troupe_link = db.session.scalars(select(TroupeLink).order_by(TroupeLink.id)).first()
        assert troupe_link is not None
        days = select(TourDay.id).where(TourDay.troupe_id == troupe_link.troupe_id).order_by(TourDay.id)
        company = Door(
            "company",
            {"token": [token_of(troupe_link, key)], "day_id": [str(n) for n in db.session.scalars(days)]},
        )
    return County(told=told, doors=[Door("static"), Door("api"), public, desk, *schools, silent, company])


def by_lot(
    programme: Programme, organisation_ids: Sequence[int], *, first: int = 1, now: datetime
) -> AskingDraw:
    """So many of some schools are asked first, by lot."""
    due = {
        organisation_id: Due(tier=1, words="Never seen, in any year") for organisation_id in organisation_ids
    }
    return draws.draw(programme, due, first=first, seen=dict.fromkeys(organisation_ids, 1), who="P", now=now)


def link_to(programme: Programme, school: School) -> str:
    """The token of a link of the school's that stays open."""
    return links.mint(
        organisation_id=school.organisation_id,
        programme_id=programme.id,
        partnership_id=programme.partnership_id,
        address="link@redmere.example",
        now=make.EARLIER,
        expires_at=make.NOW + timedelta(days=4000),
    ).token


def _stop_link(told: story.Told, *, now: datetime) -> str:
    """The token of the link that stops the coordinator's digest, as a letter of this morning bears it."""
    days.choose(told.coordinator, range(7), who="P", now=now - timedelta(days=2))
    assert sending.send(told.coordinator.id, now=now)
    letter = db.session.scalars(select(Letter).where(Letter.kind == "digest")).one()
    return dict(copies.read(letter.raw).headers)["List-Unsubscribe"].strip("<>").rpartition("/")[2]


def _no_reminders_link(coming: Performance) -> str:
    """The token of the link by which a school stops its reminders, as the letter before its next show bears it."""
    host = promises.of_performance(coming.id)[0]
    day = school_days.load_one(host.organisation).last_school_day(
        day_of(coming.starts_at) - timedelta(days=1)
    )
    assert visit_reminders.send_due(host.programme, host.id, now=wall(day, time(6)))
    letter = db.session.scalars(
        select(Letter).where(Letter.kind == before_visit.KIND).order_by(Letter.id)
    ).first()
    assert letter is not None
    return dict(copies.read(letter.raw).headers)["List-Unsubscribe"].strip("<>").rpartition("/")[2]


def column_of(named: str) -> list[str]:
    """All that stands in a column, newest first; schools, bodies and venues are one table."""
    table, _, column = named.partition(".")
    of = db.metadata.tables["organisation" if table in (SCHOOL, BODY, VENUE) else table]
    newest_first = [key.desc() for key in of.primary_key]
    rows = select(of.c[column]).order_by(*newest_first)
    if of.name == "organisation":
        rows = rows.where(of.c.kind == table)
    if table == "visit_contact":  # people of a question or of a proposal have no page of their own
        rows = rows.where(of.c.booking_id.is_not(None))
    return [str(value) for value in db.session.scalars(rows)]


def _bookings(told: story.Told) -> Sequence[Booking]:
    """The booking of a host that is asked for a place, a guest's, one to come, one that is past and one that
    has ended."""
    wish = db.session.scalars(
        select(GuestPlace).where(GuestPlace.programme_id == told.programme.id, GuestPlace.ended_at.is_(None))
    ).first()
    found = [promises.of_performance(wish.performance_id)[0]] if wish else []
    by_start = (
        select(Booking)
        .join(Performance)
        .where(Booking.programme_id == told.programme.id)
        .order_by(Performance.starts_at)
    )
    for wanted in (
        by_start.where(Booking.role == "guest"),
        by_start.where(Booking.ended_at.is_(None)).order_by(None).order_by(Performance.starts_at.desc()),
        by_start.where(Booking.ended_at.is_(None), Booking.outcome.is_(None)),
        by_start.where(Booking.ended_at.is_not(None)),
    ):
        found += db.session.scalars(wanted.limit(1))
    return found


def _school(told: story.Told, booking: Booking) -> Door:
    """The door of a booking's school, with what belongs to it."""
    known = {
        "token": [link_to(told.programme, db.session.get_one(School, booking.organisation_id))],
        "reference": [booking.reference],
        "contact_id": [str(p.id) for p in promises.people_of(booking)]
        + [
            str(n)
            for n in db.session.scalars(
                select(Contact.id).where(Contact.organisation_id == booking.organisation_id)
            )
        ],
        "place_id": [str(n) for n in db.session.scalars(select(GuestPlace.id).order_by(GuestPlace.id))],
        "performance_id": [
            str(n)
            for n in db.session.scalars(
                select(Performance.id).order_by(Performance.starts_at.desc()).limit(3)
            )
        ],
        "proposal_id": [str(n) for n in db.session.scalars(select(Proposal.id).order_by(Proposal.id))],
        "absence_id": [str(n) for n in db.session.scalars(select(Absence.id).order_by(Absence.id))],
    }
    return Door("school", known)


def whole_database() -> dict[str, list[tuple[Any, ...]]]:
    """{table: its rows in order}, read anew."""
    db.session.rollback()
    with db.engine.connect() as connection:
        tables = _tables(connection.dialect.name, tuple(sorted(inspect(connection).get_table_names())))
        return {name: _rows(connection, table) for name, table in sorted(tables.items())}


@cache
def _tables(_kind: str, names: tuple[str, ...]) -> dict[str, Table]:
    """What the database itself says of its tables, told once for all that have these names: it takes a second."""
    found = MetaData()
    found.reflect(db.engine, only=names)
    return dict(found.tables)


def but_noted(rows: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    """The same without what the history notes of pages that change nothing: files that were taken out."""
    kept = [row for row in rows["history"] if not any(f"'{what}'" in str(row) for what in history.NOTED)]
    return {name: list(found) for name, found in rows.items()} | {"history": kept}


def _rows(connection: Any, table: Table) -> list[tuple[Any, ...]]:
    return sorted((tuple(row) for row in connection.execute(select(table))), key=repr)


NOW = make.NOW
