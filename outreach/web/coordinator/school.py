"""All that is known of one school, in one place: where it stands, whom to write to, what it said, what was done."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import g, render_template

from outreach.asking import invitations
from outreach.asking.invitations import Answer, Invitation
from outreach.booking import accounts, diary, proposals
from outreach.booking.promises import Booking
from outreach.booking.proposals import Proposal
from outreach.county import contacts, corrections, school_days, schools
from outreach.county.corrections import FIELDS
from outreach.county.schools import Correction, School
from outreach.coverage import standings
from outreach.coverage.standings import Standing
from outreach.ground import clock, history
from outreach.ground.history import History
from outreach.ground.school_year import offered
from outreach.ground.timespans import day_of
from outreach.ground.wording import date_and_time, day_short
from outreach.post import outbox
from outreach.post.incoming import inbox
from outreach.post.outbox import Letter
from outreach.tour import programmes, targets
from outreach.tour.programmes import Programme
from outreach.web.gate import coordinator, coordinators_only, our_school, programme_in_hand


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One field as it holds, what the register says of it, and the correction if there is one."""

    field: str
    label: str
    value: Any
    register: Any
    correction: Correction | None


@dataclass(frozen=True, kw_only=True)
class Said:
    """One thing that passed between us and the school: an invitation with its letter, or an answer."""

    at: datetime
    invitation: Invitation | None = None
    letter: Letter | None = None
    answer: Answer | None = None


@dataclass(frozen=True, kw_only=True)
class Deed:
    """A line of the history in words."""

    row: History
    words: str


@coordinator.get("/schools/<int:urn>")
@coordinators_only
def school(urn: int) -> Any:
    found, programme = our_school(urn), programme_in_hand()
    on_file = contacts.to_write_to([urn]).get(urn, [])
    bookings = diary.of_school(urn, g.partnership.id)
    return render_template(
        "coordinator/school.html",
        school=found,
        programme=programme,
        ages=offered(found.statutory_low_age, found.statutory_high_age),
        facts=_facts(found),
        contacts=on_file,
        dead=outbox.dead_addresses(c.address for c in on_file),
        own_days=school_days.own_days(found),
        hours=school_days.hours(found),
        bookings=bookings,
        deeds=_deeds(urn, bookings),
        came_from=schools.of_urns(schools.predecessors(urn)),
        became=schools.of_urns(schools.successors(urn)),
        now=clock.now(),
        **(_in_programme(found, programme) if programme else {}),
    )


def _in_programme(school: School, programme: Programme) -> dict[str, Any]:
    """What the page says of the school in the programme in hand."""
    now = clock.now()
    reckoning = standings.of(programme.id, as_of=day_of(now), now=now)
    account = accounts.account(programme, school)
    proposal = proposals.open_of(programme.id, school.urn, now=now)
    return {
        "proposal": proposal,
        "heard": _heard(proposal) if proposal else {},
        "standing": _standing(school.urn, [*reckoning.target, *reckoning.excluded]),
        "account": account,
        "own_numbers": schools.own_numbers(school.urn, programme.academic_year),
        "decision": targets.decisions(programme.id).get(school.urn),
        "said": _said(programme.id, school.urn),
        "target_years": programmes.target_year_groups(programme.id),
        "late": day_of(now) > programme.reply_by,
    }


def _heard(proposal: Proposal) -> dict[str, str]:
    """What calendars said of a time that is kept, by address; it books nothing."""
    words = {
        "ACCEPTED": "said yes in the calendar",
        "TENTATIVE": "said perhaps in the calendar",
        "DECLINED": "said no in the calendar",
    }
    found = inbox.answers_of([proposal.uid or ""]).get(proposal.uid or "", {})
    return {address: words[answer.partstat] for address, answer in found.items()}


def _standing(urn: int, rows: list[Standing]) -> Standing | None:
    return next((row for row in rows if row.urn == urn), None)


def _facts(school: School) -> list[Fact]:
    held, register = corrections.in_force(school.urn), corrections.register_word(school.urn)
    return [
        Fact(
            field=field,
            label=label,
            value=getattr(school, field),
            register=getattr(register, field) if register else None,
            correction=held.get(field),
        )
        for field, label in FIELDS.items()
    ]


def _said(programme_id: int, urn: int) -> list[Said]:
    """Invitations and answers in one line of time, newest first."""
    asked = [
        Said(at=i.recorded_at, invitation=i, letter=letter)
        for i, letter in invitations.of_school(programme_id, urn)
    ]
    answered = [Said(at=a.recorded_at, answer=a) for a in invitations.answers_of(programme_id, urn)]
    return sorted([*asked, *answered], key=lambda s: s.at, reverse=True)


def _deeds(urn: int, bookings: list[Booking]) -> list[Deed]:
    rows = [row for row in history.of("school", urn)]
    for booking in bookings:
        rows += history.of("booking", booking.reference)
    rows.sort(key=lambda row: row.id, reverse=True)
    return [Deed(row=row, words=_words(row)) for row in rows]


def _words(row: History) -> str:
    """'Number of pupils: 900, was 1,050' for a change; what was put down for a deed of its own."""
    if isinstance(row.before, dict) and isinstance(row.after, dict):
        parts = [
            f"{_label(key)}: {_plain(value)}"
            + (f", was {_plain(row.before[key])}" if key in row.before else "")
            for key, value in row.after.items()
            if value != row.before.get(key)
        ]
        return "; ".join(parts)
    said = row.after if row.after is not None else row.before
    if isinstance(said, dict):
        return "; ".join(f"{_label(k)}: {_plain(v)}" for k, v in said.items() if v not in ("", None, [], {}))
    return _plain(said) if said is not None else ""


def _label(key: str) -> str:
    return FIELDS.get(key, key.replace("_", " ").capitalize())


def _plain(value: Any) -> str:
    if value in ("", None):
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{_label(str(k))} {_plain(v)}" for k, v in value.items())
    if isinstance(value, list):
        return ", ".join(_plain(v) for v in value)
    try:
        return (
            date_and_time(datetime.fromisoformat(value))
            if "T" in value
            else day_short(date.fromisoformat(value))
        )
    except (TypeError, ValueError):
        return str(value)
