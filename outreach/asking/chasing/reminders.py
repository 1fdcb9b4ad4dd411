"""Reminders: due on a school day of that school, twice at most, and none once the school has said anything.

Whoever sends them, by the day's run or by hand, queues at the programme's row and judges each school again
there; a unique index stands behind that. A reminder that still waits when its reason goes is taken back
before it is sent.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from outreach.asking import invitations
from outreach.asking.chasing import askings, chases, schedule, settings
from outreach.asking.chasing.askings import OpenAsking
from outreach.asking.chasing.settings import Schedule
from outreach.asking.recipients import NotWrittenTo
from outreach.asking.rounds import RoundToNobody
from outreach.booking import told
from outreach.county import partnerships
from outreach.county.contacts import Contact
from outreach.county.schools import Organisation
from outreach.ground import history
from outreach.ground.db import db
from outreach.ground.school_year import year_of
from outreach.ground.timespans import day_of
from outreach.ground.wording import count, day_short
from outreach.post import letters, stationery
from outreach.tour.programmes import Programme

THE_SERVICE = "the service itself"
A_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Reminder:
    """One reminder that goes, or will: the first or the second (`nth`), and on which day it is due.

    By hand it is due today, whatever the schedule says.
    """

    organisation: Organisation
    contact: Contact
    nth: int
    due: date
    asking: OpenAsking


@dataclass(frozen=True, kw_only=True)
class ReminderPreview:
    """What reminding these schools would do, by name, and the exact letter to one (None when nobody gets
    one)."""

    recipients: tuple[Reminder, ...]
    left_out: tuple[NotWrittenTo, ...]
    shown: Reminder | None
    letter: stationery.Rendered | None


@dataclass(frozen=True, kw_only=True)
class RemindersSent:
    """What reminding did."""

    written: tuple[Reminder, ...]
    left_out: tuple[NotWrittenTo, ...]


def coming(
    programme: Programme,
    organisation_ids: Collection[int] | None = None,
    *,
    now: datetime,
    target: Collection[int] | None = None,
) -> tuple[list[Reminder], list[NotWrittenTo]]:
    """Every reminder still to come by the schedule, the next due first; and the asked schools that get none,
    with why. Of all schools, or of some.

    Whether reminders are switched on does not matter here. In a constant number of queries; writes nothing.
    """
    found, left_out = askings.read(programme, organisation_ids, target=target, now=now)
    plan, today = settings.schedule_of_programme(programme.id), day_of(now)
    reminders = []
    for asking in found:
        due = _due(programme, asking, plan, today)
        if isinstance(due, Reminder):
            reminders.append(due)
        else:
            left_out.append(NotWrittenTo(organisation=asking.organisation, why=due))
    return sorted(
        reminders, key=lambda r: (r.due, r.organisation.name.casefold(), r.organisation.organisation_id)
    ), left_out


def due(programme: Programme, *, now: datetime, target: Collection[int] | None = None) -> list[Reminder]:
    """What the day's run would send now, by school name: none while reminders are off, or the programme asks
    no more."""
    if not settings.schedule_of_programme(programme.id).reminders_on or not _still_asks(programme, now):
        return []
    reminders, _ = coming(programme, now=now, target=target)
    return [reminder for reminder in reminders if reminder.due <= day_of(now)]


def send_due(
    programme: Programme, organisation_id: int, *, target: Collection[int] | None = None, now: datetime
) -> bool:
    """Remind one school if a reminder is due there now; whether one was written. In the caller's
    transaction."""
    invitations.queue(programme)
    plan, today = settings.schedule_of_programme(programme.id), day_of(now)
    if not plan.reminders_on or not _still_asks(programme, now):
        return False
    found, _ = askings.read(programme, [organisation_id], target=target, now=now)
    reminders = [_due(programme, asking, plan, today) for asking in found]
    for reminder in reminders:
        if isinstance(reminder, Reminder) and reminder.due <= today:
            words = invitations.asking(programme, reminder.organisation, now=now)
            return _write(programme, reminder, words, who=THE_SERVICE, now=now)
    return False


def preview(
    programme: Programme,
    organisation_ids: Iterable[int],
    *,
    now: datetime,
    target: Collection[int] | None = None,
) -> ReminderPreview:
    """Whom reminding by hand would write to and whom not, in a constant number of queries; writes nothing.

    `target`: the URNs of the programme's target; who is not in it is left out. Raises ReplyByPast,
    ProgrammeClosed.
    """
    recipients, left_out = _sorted_out(programme, organisation_ids, target, now=now)
    shown = recipients[0] if recipients else None
    letter = None
    if shown is not None:
        letter = letters.preview_reminder(
            invitations.asking(programme, shown.organisation, now=now),
            invitations.addressee(shown.contact),
            told.sender_of(partnerships.get(programme.partnership_id)),
            nth=shown.nth,
            asked_on=shown.asking.asked_on,
            now=now,
        )
    return ReminderPreview(recipients=tuple(recipients), left_out=tuple(left_out), shown=shown, letter=letter)


def send(
    programme: Programme,
    organisation_ids: Iterable[int],
    *,
    who: str,
    now: datetime,
    words: Mapping[int, stationery.LetterAsking] | None = None,
    seen: Mapping[int, str] | None = None,
    target: Collection[int] | None = None,
) -> RemindersSent:
    """Remind each school of the list that may be reminded, as it stands behind the programme's lock.

    `words`: from `rounds.words_for`, so that the slots of hundreds of schools are not reckoned while others
    wait. `seen`: URN -> address as the preview showed them; a school whose address is another by now is left
    out. Raises ReplyByPast, ProgrammeClosed, or NobodyToWriteTo (a page sent twice comes to this).
    """
    invitations.queue(programme)
    recipients, left_out = _sorted_out(programme, organisation_ids, target, now=now)
    written = []
    for reminder in recipients:
        if seen is not None and seen.get(reminder.organisation.organisation_id) != reminder.contact.address:
            why = "the address changed since the list was shown"
            left_out.append(NotWrittenTo(organisation=reminder.organisation, why=why))
            continue
        asking = (words or {}).get(reminder.organisation.organisation_id) or invitations.asking(
            programme, reminder.organisation, now=now
        )
        if _write(programme, reminder, asking, who=who, now=now):
            written.append(reminder)
        else:
            left_out.append(NotWrittenTo(organisation=reminder.organisation, why="nothing left to book"))
    if not written:
        raise RoundToNobody
    history.record("sent reminders", programme, who=who, now=now, after={"schools": len(written)})
    return RemindersSent(written=tuple(written), left_out=tuple(left_out))


def _sorted_out(
    programme: Programme, organisation_ids: Iterable[int], target: Collection[int] | None, *, now: datetime
) -> tuple[list[Reminder], list[NotWrittenTo]]:
    """By hand: whoever may be reminded today, whether or not the schedule says so already."""
    invitations.still_asks(programme, now=now)
    found, left_out = askings.read(programme, organisation_ids, target=target, now=now)
    today = day_of(now)
    recipients = []
    for asking in found:
        nth = len(asking.reminded()) + 1
        if asking.in_hand:
            why = asking.in_hand
        elif nth > len(chases.REMINDERS):
            why = f"reminded {count(nth - 1, 'time')} already, last on {day_short(asking.reminded()[-1])}"
        elif not_today := why_not_today(programme, asking, now=now):
            why = not_today
        else:
            recipients.append(
                Reminder(
                    organisation=asking.organisation,
                    contact=asking.contact,
                    nth=nth,
                    due=today,
                    asking=asking,
                )
            )
            continue
        left_out.append(NotWrittenTo(organisation=asking.organisation, why=why))
    return recipients, left_out


def why_not_today(programme: Programme, asking: OpenAsking, *, now: datetime) -> str:
    """Why nobody is reminded by hand there today; '' where that can be done."""
    today = day_of(now)
    closed = asking.calendar.why_closed(today)
    if closed:
        again = schedule.school_day_from(
            today, until=programme.reply_by, why_closed=asking.calendar.why_closed
        )
        back = f"it is in again on {day_short(again)}" if again else "not in again before the reply-by date"
        kind = "working" if asking.organisation.is_body else "school"
        return f"no {kind} day there today ({closed.replace('your', 'its').replace('you ', 'it ')}): {back}"
    if asking.last_at > now - A_DAY:
        return f"written to less than a day ago, on {day_short(asking.since)}"
    return ""


def _due(programme: Programme, asking: OpenAsking, plan: Schedule, today: date) -> Reminder | str:
    """The next reminder by the schedule, or why none is to come."""
    nth = len(asking.reminded()) + 1
    if asking.in_hand:
        return asking.in_hand
    if nth > len(chases.REMINDERS):
        return f"reminded {count(nth - 1, 'time')}, last on {day_short(asking.reminded()[-1])}"
    days = plan.first_after_days if nth == 1 else plan.second_after_days
    why_closed: Callable[[date], str] = asking.calendar.why_closed
    on = schedule.due_on(asking.since, days, until=programme.reply_by, why_closed=why_closed)
    # What was missed (switched off, or the run did not come) is made up for on the next school day.
    if on is not None and on < today:
        on = schedule.school_day_from(today, until=programme.reply_by, why_closed=why_closed)
    if on is None:
        return "no school day left before the reply-by date"
    return Reminder(organisation=asking.organisation, contact=asking.contact, nth=nth, due=on, asking=asking)


def _write(
    programme: Programme, reminder: Reminder, words: stationery.LetterAsking, *, who: str, now: datetime
) -> bool:
    """Put one reminder in the outbox with its row; False when the school has nothing left to book."""
    if not words.year_groups and not programme.for_adults:
        return False
    letter, _link = letters.reminder(
        words,
        invitations.addressee(reminder.contact),
        told.sender_of(partnerships.get(programme.partnership_id)),
        nth=reminder.nth,
        asked_on=reminder.asking.asked_on,
        now=now,
        expires_at=invitations.invitation_expiry(programme),
    )
    chases.put(
        programme.id,
        reminder.organisation.organisation_id,
        reminder.asking.id,
        chases.REMINDERS[reminder.nth - 1],
        letter,
        who=who,
        now=now,
    )
    return True


def _still_asks(programme: Programme, now: datetime) -> bool:
    return programme.closed_at is None and day_of(now) <= programme.reply_by


def open_programmes(*, now: datetime) -> list[Programme]:
    """Those that are not closed and whose year is not long over, oldest first: what the day's run goes
    through."""
    this_year = year_of(day_of(now))
    return list(
        db.session.scalars(
            select(Programme)
            .where(Programme.closed_at.is_(None), Programme.academic_year >= this_year - 1)
            .order_by(Programme.id)
        )
    )
