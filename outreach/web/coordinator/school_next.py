"""The one next step on a school's page, whom and what it needs, and what else can be done. It says no step that the
service would then refuse."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from flask import url_for

from outreach.asking import offered_times
from outreach.asking.chasing import raising, reminders, settings
from outreach.asking.chasing.raising import WaitingGap
from outreach.booking import accounts
from outreach.booking.accounts import PromiseAccount
from outreach.booking.promises import Booking
from outreach.booking.proposals import Proposal
from outreach.county.contacts import Contact
from outreach.county.schools import Organisation
from outreach.coverage.standings import Standing, Word
from outreach.ground.timespans import day_of
from outreach.ground.wording import capfirst, clock, count, day, day_short, number
from outreach.tour.performances import Performance, Slot
from outreach.tour.programmes import Programme
from outreach.web.coordinator import list_place, school_words
from outreach.web.coordinator.next_steps import BY_PHONE, RAISE, REMIND, RING, SEE, NextSteps

TIMES = 3
"""How many times to read out stand on the page."""

Link = tuple[str, str]
"""Words and address."""


@dataclass(frozen=True, kw_only=True)
class TimeToOffer:
    """A time, or two of one day, that can be read out and booked."""

    day: date
    starts: str
    why: str
    key: str


@dataclass(frozen=True, kw_only=True)
class NextStep:
    """What the framed panel holds. `ring`: the call itself, with what was said; `do`: the one button elsewhere;
    `code_from`: where a code to read out is made."""

    title: str
    ring: bool = False
    pairs: Sequence[tuple[str, str]] = ()
    do: Link | None = None
    foot: str = ""
    number: str = ""
    ask_for: str = ""
    times: Sequence[TimeToOffer] = ()
    two_shows: str = ""
    code_from: str = ""
    links: Sequence[Link] = ()


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the page has read of a school in a programme."""

    organisation: Organisation
    programme: Programme
    standing: Standing | None
    steps: NextSteps | None
    account: PromiseAccount
    on_file: Sequence[Contact]
    unwritable: Collection[str]
    bookings: Sequence[Booking]
    proposed: Sequence[Proposal]
    held: Sequence[Performance]
    could_book: bool
    now: datetime

    def to(self, page: str) -> str:
        return url_for(
            f"coordinator.{page}",
            organisation_id=self.organisation.organisation_id,
            **list_place.along(self.programme),
        )


def next_step(known: Known) -> NextStep:
    """The panel of a school, in whatever state it is."""
    return replace(_next_step(known), code_from=known.to("school_link") if known.organisation.is_open else "")


def _next_step(known: Known) -> NextStep:
    standing, steps = known.standing, known.steps
    if known.held:
        return _being_booked(known)
    if standing is None or steps is None:
        return _nothing(known)
    words, address = steps.step_for(standing)
    if words in (RING, BY_PHONE):
        return _ring(known)
    if words == REMIND:
        return _remind(known, address)
    if words == RAISE:
        return _raise(known, address)
    if words == SEE:
        return NextStep(title="Nothing can be done any more", links=_others(known, ""))
    pairs = [("Why", capfirst(school_words.cause(standing)) or capfirst(standing.standing))]
    if known.on_file and words in ("Write", "Write to the new contact"):
        pairs = [("To", _named(known.on_file[0]))]
    return NextStep(
        title=f"Next: {words[:1].lower()}{words[1:]}",
        pairs=pairs,
        do=(f"{words}…", list_place.with_list(address)),
        links=_others(known, address),
    )


def _ring(known: Known) -> NextStep:
    organisation = known.organisation
    calls = [c.phone for c in known.on_file if c.phone]
    asked = next((c for c in known.on_file if c.name), None)
    return NextStep(
        title="Next: ring"
        if organisation.is_body or (calls and not organisation.telephone)
        else "Next: ring the office",
        ring=True,
        number=organisation.telephone or (calls[0] if calls else ""),
        ask_for=_named(asked)
        if asked
        else ("whoever arranges training" if organisation.is_body else "whoever arranges visits"),
        times=times_to_offer(known) if known.could_book else (),
        two_shows=_two_shows(known) if known.could_book else "",
        links=[("Another answer…", known.to("school_answer")), *_others(known, known.to("school_answer"))],
    )


def _remind(known: Known, address: str) -> NextStep:
    assert known.steps is not None
    reminder, today = known.steps.reminders[known.organisation.organisation_id], day_of(known.now)
    not_today = reminders.why_not_today(known.programme, reminder.asking, now=known.now)
    foot = ""
    if settings.schedule_of_programme(known.programme.id).reminders_on:
        on = "today" if reminder.due <= today else f"on {day(reminder.due)}"
        foot = f"It goes by itself {on} if you do nothing."
    last = reminder.asking.since
    times = [f"{t.day.day} {t.day:%B}" for t in times_to_offer(known)] if known.could_book else []
    return NextStep(
        title="Next: remind by mail",
        pairs=[
            ("To", _named(reminder.contact)),
            ("Last letter", f"{day_short(last)}, {count(reminder.nth - 1, 'reminder')} so far"),
            *([("Times in it", ", ".join(dict.fromkeys(times)))] if times else []),
            *([("Not today", capfirst(not_today))] if not_today else []),
        ],
        do=None if not_today else ("See the reminder…", list_place.with_list(address)),
        foot=foot,
        links=_others(known, address),
    )


def _raise(known: Known, address: str) -> NextStep:
    assert known.steps is not None
    gap = known.steps.raised[known.organisation.organisation_id]
    closed = gap.asking.calendar.why_closed(day_of(known.now))
    known_there = gap.known[0] if gap.known else None
    who = (known_there.name or known_there.address) if known_there else "nobody on file yet"
    return NextStep(
        title=f"Next: raise to the {_level(gap)}",
        pairs=[
            ("To", who),
            ("Says", "since when, and what was tried"),
            *([("Not today", "nobody is in there")] if closed else []),
        ],
        do=None if closed else ("See the letter…", list_place.with_list(address)),
        foot="Goes only when you say so, each time.",
        links=_others(known, address),
    )


def _being_booked(known: Known) -> NextStep:
    """A time is held this moment: by whoever types at the school, or by us while it is on the phone."""
    first, until = known.held[0], known.held[0].held_until
    return NextStep(
        title=f"Next: book {day(first.starts_at)}",
        pairs=[
            (
                capfirst(known.programme.words.show) + ("s" if len(known.held) > 1 else ""),
                " and ".join(clock(p.starts_at) for p in known.held),
            ),
            ("Kept", f"until {clock(until)}, for whoever fills in the form now" if until else ""),
        ],
        do=("Book for this school…", known.to("school_book")) if known.could_book else None,
        links=_others(known, known.to("school_book")),
    )


def _nothing(known: Known) -> NextStep:
    coming = [b for b in known.bookings if b.ended_at is None and b.performance.ends_at > known.now]
    if coming:
        first = min(coming, key=lambda b: b.performance.starts_at)
        return NextStep(
            title=f"Nothing to do until {_date(first.performance.starts_at)}",
            pairs=[
                (
                    _date(b.performance.starts_at),
                    f"{clock(b.performance.starts_at)}, {_pupils(b)}, {b.reference}",
                )
                for b in coming
            ],
            links=[
                ("Move or cancel…", url_for("coordinator.booking", reference=first.reference)),
                ("Day sheet", url_for("coordinator.day_sheet_page", day_id=first.performance.tour_day_id)),
                *_others(known, ""),
            ],
        )
    if known.proposed:
        until = min(p.reply_by for p in known.proposed)
        return NextStep(title=f"Nothing to do until {_date(until)}", links=_others(known, ""))
    seen = known.standing is not None and known.standing.standing == Word.SEEN
    title = "Nothing to do: it was here" if seen and known.programme.for_adults else "Nothing to do"
    return NextStep(title="Nothing to do: it has seen it" if seen else title, links=_others(known, ""))


def _others(known: Known, step: str) -> list[Link]:
    """What else can be done for the school, without the step itself."""
    organisation, steps = known.organisation, known.steps
    found: list[Link] = []
    if steps is not None:
        if organisation.organisation_id in steps.raised:
            level = _level(steps.raised[organisation.organisation_id])
            found.append((f"Raise to the {level}…", steps.raise_address(organisation.organisation_id)))
        if (
            step
            and not any(page in step for page in ("/answer", "/book"))
            and known.programme.closed_at is None
        ):
            found.append(("Note a call…", known.to("school_answer")))
        found.append(("Set a day…", known.to("follow_up")))
    if organisation.is_open and not known.on_file:
        found.append(
            (
                "Add a contact…",
                url_for("coordinator.school_contact_add", organisation_id=organisation.organisation_id),
            )
        )
    if _may_write(known):
        found.append(("Invite…", known.to("school_invite")))
    if organisation.is_open and any(c.address.lower() not in known.unwritable for c in known.on_file):
        programme = known.programme.id
        found.append(
            (
                "Own words…",
                url_for(
                    "coordinator.own_letter_new",
                    organisation_id=organisation.organisation_id,
                    programme=programme,
                ),
            )
        )
    if _may_propose(known):
        found.append(("Propose a time…", known.to("propose")))
    if known.could_book:
        words = "Take places for it…" if organisation.is_body else "Book for this school…"
        found.append((words, known.to("school_book")))
    unreachable = known.standing is not None and known.standing.standing == Word.UNREACHABLE
    if unreachable and not organisation.is_body:
        found.append(("Print a letter…", known.to("paper_letters")))
    if steps is None and organisation.is_open:
        found.append(("Enter an answer…", known.to("school_answer")))
    tours = known.programme.closed_at is None and not organisation.is_body
    if known.account.is_open and organisation.is_open and tours:
        found.append(("Why not a certain day?", known.to("why_not_day")))
    return [
        (words, address) for words, address in found if address.partition("?")[0] != step.partition("?")[0]
    ]


def _may_write(known: Known) -> bool:
    """Whether a letter can go to somebody there now."""
    programme = known.programme
    return (
        known.organisation.is_open
        and known.account.is_open
        and programme.closed_at is None
        and day_of(known.now) <= programme.reply_by
        and (known.standing is None or known.standing.is_gap)
        and any(c.address.lower() not in known.unwritable for c in known.on_file)
    )


def _may_propose(known: Known) -> bool:
    if known.steps is not None and known.organisation.organisation_id not in known.steps.to_offer:
        return False
    return (
        known.organisation.is_open
        and not known.organisation.is_body
        and known.account.is_open
        and known.programme.closed_at is None
        and bool(known.on_file)
        and (known.standing is None or known.standing.is_gap)
        and len(known.proposed) < accounts.shows_needed(known.programme, known.account.still_open)
    )


def times_to_offer(known: Known) -> list[TimeToOffer]:
    """A few times, the nearest road first; two of one day where one show is too small."""
    offers = offered_times.offered(
        known.programme,
        known.organisation,
        known.account.still_open,
        fallen=None if known.bookings else (),
        now=known.now,
    )
    return [_time(chosen) for chosen in offers.first[:TIMES]]


def _time(chosen: Sequence[Slot]) -> TimeToOffer:
    return TimeToOffer(
        day=chosen[0].day,
        starts=", ".join(clock(slot.starts) for slot in chosen),
        why=capfirst(chosen[0].why),
        key="+".join(slot.key for slot in chosen),
    )


def _two_shows(known: Known) -> str:
    if not accounts.needs_two_shows(known.programme, known.account.still_open):
        return ""
    return f"Two {known.programme.words.show}s: one takes {number(known.programme.audience_ceiling)} at most."


def _level(gap: WaitingGap) -> str:
    return raising.named(gap.level, gap.organisation).removesuffix(" teacher")


def _named(contact: Contact) -> str:
    return ", ".join(part for part in (contact.name or contact.address, contact.role) if part)


def _pupils(booking: Booking) -> str:
    return "staff" if booking.programme.for_adults else count(booking.seats, "pupil")


def _date(value: date | datetime) -> str:
    return day(value).partition(" ")[2]
