"""Letter for families and note for staff of one booking: the partnership's words with the booking's facts, and what is
always added: how to opt out of the questionnaire, and whom to ring."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from outreach.booking import guest_places, in_hall, promises
from outreach.booking.colleagues import LEAD
from outreach.booking.promises import GUEST, Booking, VisitContact
from outreach.county import partnerships
from outreach.county.school_days import SchoolCalendar
from outreach.ground.school_year import year_groups_name
from outreach.ground.the_app import FromAbove
from outreach.ground.timespans import day_of
from outreach.ground.wording import clock, clock_span, day, day_short
from outreach.post.before_visit import HEADING, PARAGRAPH, BeforeVisit, Block, Sheet
from outreach.post.letters import FREE
from outreach.visits.before import texts
from outreach.visits.before.texts import FAMILIES, STAFF, Words

QUESTIONS_ASKED = FromAbove[Callable[[Booking], int]]("questions that pupils are asked before and after")
"""How many, of a booking's pupils; 0 where none are. The questionnaire stands above (outcomes)."""

AT_THE_OFFICE = "Ask at the office"
"""The number that a lead gave with the booking is for the company alone."""

NUMBERS = {5: "Five", 6: "Six", 7: "Seven", 8: "Eight"}


def before_visit(
    booking: Booking,
    kind: str,
    words: Mapping[str, Words],
    calendar: SchoolCalendar,
    people: list[VisitContact],
    *,
    now: datetime,
) -> BeforeVisit:
    """What the reminder of that kind says. `words`: the partnership's, by kind."""
    said = values(booking, calendar, now=now)
    pupils = not booking.programme.for_adults
    asked = QUESTIONS_ASKED.told()(booking) if pupils else 0
    return BeforeVisit(
        subject=texts.title_of(words[kind], said),
        blocks=texts.blocks_of(words[kind], said),
        brought_by=said["company"],
        families=for_families(booking, words[FAMILIES], calendar, people, now=now) if pupils else None,
        staff=for_staff(booking, words[STAFF], calendar, people, now=now) if pupils else None,
        questions=NUMBERS.get(asked, str(asked)) if asked else "",
    )


def of_booking(booking: Booking, kind: str, *, now: datetime) -> Sheet | None:
    """The page of that kind, FAMILIES or STAFF, as it stands now; None for a show for adults."""
    if booking.programme.for_adults:
        return None
    words = texts.all_of(booking.partnership_id)[kind]
    make = for_families if kind == FAMILIES else for_staff
    return make(booking, words, booking.school_days(), promises.people_of(booking), now=now)


def for_families(
    booking: Booking, words: Words, calendar: SchoolCalendar, people: list[VisitContact], *, now: datetime
) -> Sheet:
    """The school's own letter to parents and carers; it names no pupil."""
    said, blocks = values(booking, calendar, now=now), []
    if asked := QUESTIONS_ASKED.told()(booking):
        blocks = [
            Block(kind=HEADING, lines=(f"{NUMBERS.get(asked, str(asked))} questions, without names",)),
            Block(
                kind=PARAGRAPH,
                lines=(
                    "Pupils may answer a short questionnaire before it, after it and three months later. It asks "
                    "no name, and any question can be skipped. If you would rather your child was not asked, tell us "
                    f"by {said['answer by']}. You need give no reason.",
                ),
            ),
        ]
    lead, phone = _lead(people), booking.organisation.telephone
    ring = [
        ("Our safeguarding lead", phone or AT_THE_OFFICE),
        ("NSPCC, for adults", "0808 800 5000"),
        ("Childline", "0800 1111"),
        ("In danger", "999"),
    ]
    ask = f"Other languages, large print, or by telephone: {phone}." if phone else ""
    return _sheet(
        booking,
        words,
        said,
        more=blocks,
        facts=_when_and_where(booking, said, free=True),
        ring_title="Whom to ring",
        ring=ring,
        signed=(lead.name, lead.role or "Safeguarding lead") if lead else ("", ""),
        foot=f"{ask} Booking {booking.reference}. No name of a pupil is asked for or kept.".strip(),
        now=now,
    )


def for_staff(
    booking: Booking, words: Words, calendar: SchoolCalendar, people: list[VisitContact], *, now: datetime
) -> Sheet:
    said, blocks = values(booking, calendar, now=now), []
    if QUESTIONS_ASKED.told()(booking):
        blocks = [
            Block(kind=HEADING, lines=("The questionnaire",)),
            Block(
                kind=PARAGRAPH,
                lines=(
                    "Pupils may answer some questions before and after, without a name. Nobody has to. Do not hand it "
                    "to a pupil whose family said no, and look at nobody’s answers.",
                ),
            ),
        ]
    lead = _lead(people)
    show = booking.performance
    facts = _when_and_where(booking, said)
    if booking.role != GUEST:
        work = in_hall.of_show(show)
        facts.append(("The company", f"{clock(work.begins_at)} to {clock(work.away_at)}"))
    ring = [
        ("Our safeguarding lead", (lead.name if lead else "") or AT_THE_OFFICE),
        ("About the visit", said["contact"]),
        ("In danger", "999"),
    ]
    return _sheet(
        booking,
        words,
        said,
        more=blocks,
        facts=facts,
        ring_title="Whom to ask",
        ring=ring,
        signed=("", ""),
        foot=f"Booking {booking.reference}. No name of a pupil leaves the school.",
        now=now,
    )


def values(booking: Booking, calendar: SchoolCalendar, *, now: datetime) -> dict[str, str]:
    """What each placeholder becomes."""
    show, programme = booking.performance, booking.programme
    partnership = partnerships.get(booking.partnership_id)
    today = day_of(now)
    coming = [y for y, n in promises.pupils_of(booking).items() if n]
    about = programme.summary.strip()
    return {
        "school": booking.organisation.name,
        "programme": programme.title,
        "about": about + "." if about and about[-1] not in ".!?" else about,
        "year groups": year_groups_name(coming) if coming else "Our staff",
        "date": day(show.starts_at, today=today),
        "time": clock_span(show.starts_at, show.ends_at),
        "place": show.host.name if booking.role == GUEST else booking.hall or f"Our {programme.words.hall}",
        "answer by": day(answer_by(day_of(show.starts_at), calendar, today=today), today=today),
        "company": show.tour_day.troupe.company.name,
        "partnership": partnership.name,
        "contact": ", ".join(filter(None, (partnership.contact_name, partnership.contact_phone)))
        or partnership.name,
    }


def answer_by(show_day: date, calendar: SchoolCalendar, *, today: date) -> date:
    """Until when families answer: two school days before the show, or one, or on its own day, whichever is still to
    come; never on a day on which nobody is at the school."""
    before = calendar.last_school_day(show_day - timedelta(days=1))
    two_before = calendar.last_school_day(before - timedelta(days=1))
    return next((day for day in (two_before, before) if day >= today), show_day)


def _when_and_where(
    booking: Booking, said: Mapping[str, str], *, free: bool = False
) -> list[tuple[str, str]]:
    in_school = f"In school: {booking.hall}" if booking.hall else "In school"
    where = in_school if booking.role != GUEST else f"At {said['place']}"
    place = guest_places.of_booking(booking) if booking.role == GUEST else None
    facts = [("When", f"{said['date']}, {said['time']}"), ("Where", where)]
    if place and (journey := place.travel.words()):
        facts.append(("How we come", journey))
    elif free and booking.programme.cost.strip().casefold().rstrip(".") in FREE:
        facts.append(("Cost", "Nothing"))
    return facts


def _sheet(
    booking: Booking,
    words: Words,
    said: Mapping[str, str],
    *,
    more: list[Block],
    facts: list[tuple[str, str]],
    ring_title: str,
    ring: list[tuple[str, str]],
    signed: tuple[str, str],
    foot: str,
    now: datetime,
) -> Sheet:
    organisation = booking.organisation
    return Sheet(
        title=texts.title_of(words, said),
        school_name=organisation.name,
        school_address=", ".join(part for part in (organisation.street, organisation.town) if part)
        + (f" {organisation.postcode}" if organisation.postcode else ""),
        school_phone=organisation.telephone,
        partnership_name=said["partnership"],
        written_on=day_short(now),
        facts=tuple(facts),
        blocks=(*texts.blocks_of(words, said), *more),
        ring_title=ring_title,
        ring=tuple((label, number) for label, number in ring if number),
        signed=signed,
        foot=foot,
    )


def _lead(people: list[VisitContact]) -> VisitContact | None:
    return next((person for person in people if person.duty == LEAD), None)
