"""Sweep: what was kept for long enough goes, in batches, while facts stay.

Each batch is a transaction of its door's, so that a sweep that is killed leaves whole batches and goes on the next day.
"""

from calendar import monthrange
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, delete, exists, func, or_, select, text, tuple_, update

from outreach.asking.open_door import LinkRequest
from outreach.asking.short_codes import ShortCode, WrongTry
from outreach.booking.holds import Draft
from outreach.booking.promises import Booking
from outreach.booking.proposals import Proposal
from outreach.county import sign_in_sessions, sign_in_tries
from outreach.county.coordinators import Coordinator, SignIn, SignInLink
from outreach.county.person_invitations import PersonInvitation
from outreach.county.sign_in_sessions import SignInSession
from outreach.county.sign_in_tries import SignInFailure
from outreach.ground import day_counts, erasures
from outreach.ground.day_counts import DayCount
from outreach.ground.db import db
from outreach.ground.the_app import settings
from outreach.ground.wording import and_list, count
from outreach.post.incoming.inbox import Incoming, IncomingMail
from outreach.post.outbox import FAILED, WAITING, WITHDRAWN, Letter, LetterMail
from outreach.privacy import erasing
from outreach.privacy.last_used import ERASED_AT, boundary, unused
from outreach.tour import programmes
from outreach.tour.performances import Performance

AT_ONCE = 200
"""Rows, or people, in one batch: less than a second of writing."""

DRAFT_KEPT = timedelta(days=90)
ORIGIN_KEPT = timedelta(days=1)
"""Of whoever asks for a link or types a code: what they are counted over."""

TOO_OLD = "It was kept for as long as letters are, and its words were erased."


@dataclass(frozen=True, kw_only=True)
class Task:
    """One kind of what goes: `due` selects the keys of a partnership's rows at a moment (None: of rows that are no
    partnership's), `take` erases some of them."""

    name: str
    one: str
    many: str
    due: Callable[[int | None, datetime], Select[Any]]
    take: Callable[[int | None, Sequence[Any], datetime], None]


def due(partnership_id: int | None, *, now: datetime) -> dict[str, int]:
    """{task: how much would go now}, of a partnership, or of what is no partnership's. Writes nothing."""
    return {
        task.name: db.session.scalar(
            select(func.count()).select_from(task.due(partnership_id, now).order_by(None).subquery())
        )
        or 0
        for task in tasks(partnership_id)
    }


def next_batch(task: Task, partnership_id: int | None, *, now: datetime) -> int:
    """Erase the next rows that are due, AT_ONCE of them, in the caller's transaction; how many that was."""
    if db.engine.dialect.name == "sqlite":
        db.session.execute(
            text("PRAGMA secure_delete = ON")
        )  # nothing is left to be read in the file's pages
    rows = db.session.execute(task.due(partnership_id, now).limit(AT_ONCE)).all()
    keys = [row[0] if len(row) == 1 else tuple(row) for row in rows]
    if keys:
        task.take(partnership_id, keys, now)
        db.session.flush()
    return len(keys)


def tasks(partnership_id: int | None) -> Iterator[Task]:
    """What is looked at, of a partnership or of what is no partnership's."""
    yield from _TASKS if partnership_id is not None else _NOBODYS


def letters_until(now: datetime) -> datetime:
    """Letters written before this moment lose their words."""
    return months_before(now, settings()["LETTERS_MONTHS"])


def replies_until(now: datetime) -> datetime:
    """Mail that came in before this moment loses its words."""
    return now - timedelta(days=settings()["REPLIES_DAYS"])


def months_before(at: datetime, months: int) -> datetime:
    """The same day of a month so many months before, or the last of that month. Pure."""
    year, month = divmod(at.year * 12 + at.month - 1 - months, 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, monthrange(year, month + 1)[1]))


def _old_letters(partnership_id: int | None, now: datetime) -> Select[Any]:
    """Not those that wait to go, nor of events that are still to come: calendars are told by them what stood."""
    coming = or_(
        *(
            exists().where(
                about.uid == Letter.stream,
                Performance.id == about.performance_id,
                Performance.ends_at > now,
            )
            for about in (Booking, Proposal)
        )
    )
    return (
        select(LetterMail.letter_id)
        .join(Letter, Letter.id == LetterMail.letter_id)
        .where(
            Letter.partnership_id == partnership_id,
            Letter.created_at < letters_until(now),
            Letter.status != WAITING,
            ~and_(Letter.method != "", coming),
        )
        .order_by(LetterMail.letter_id)
    )


def _take_letters(_: int | None, ids: Sequence[int], __: datetime) -> None:
    erasures.remove(LetterMail, LetterMail.letter_id.in_(ids))
    db.session.execute(
        update(Letter)
        .where(Letter.id.in_(ids), Letter.status == FAILED)
        .values(status=WITHDRAWN, last_error=TOO_OLD)
    )


def _old_replies(partnership_id: int | None, now: datetime) -> Select[Any]:
    """Not those that wait for a coordinator."""
    return (
        select(IncomingMail.incoming_id)
        .join(Incoming, Incoming.id == IncomingMail.incoming_id)
        .where(
            Incoming.partnership_id.is_not_distinct_from(partnership_id),
            Incoming.received_at < replies_until(now),
            or_(Incoming.task == "", Incoming.settled_at.is_not(None)),
        )
        .order_by(IncomingMail.incoming_id)
    )


def _take_replies(_: int | None, ids: Sequence[int], __: datetime) -> None:
    erasures.remove(IncomingMail, IncomingMail.incoming_id.in_(ids))


def _unused(partnership_id: int | None, now: datetime) -> Select[Any]:
    assert partnership_id is not None
    return unused(partnership_id, now)


def _take_people(partnership_id: int | None, addresses: Sequence[str], now: datetime) -> None:
    assert partnership_id is not None
    erasing.erase(partnership_id, addresses, now=now)


def _old_codes(partnership_id: int | None, now: datetime) -> Select[Any]:
    return (
        select(ShortCode.id)
        .where(
            ShortCode.partnership_id == partnership_id,
            ShortCode.name != "",
            ShortCode.created_at < boundary(now),
        )
        .order_by(ShortCode.id)
    )


def _take_codes(_: int | None, ids: Sequence[int], __: datetime) -> None:
    erasures.noted(ShortCode, ShortCode.id.in_(ids), column="name")
    db.session.execute(update(ShortCode).where(ShortCode.id.in_(ids)).values(name=""))


def _old_bookings(partnership_id: int | None, now: datetime) -> Select[Any]:
    return (
        select(Booking.id)
        .join(Performance, Performance.id == Booking.performance_id)
        .where(
            Booking.partnership_id == partnership_id,
            Booking.booked_by != "",
            Performance.ends_at < boundary(now),
        )
        .order_by(Booking.id)
    )


def _take_bookers(_: int | None, ids: Sequence[int], __: datetime) -> None:
    erasures.noted(Booking, Booking.id.in_(ids), column="booked_by")
    db.session.execute(update(Booking).where(Booking.id.in_(ids)).values(booked_by=""))


def _old_drafts(partnership_id: int | None, now: datetime) -> Select[Any]:
    keys: Any = select(Draft.organisation_id, Draft.programme_id)
    return (  # type: ignore[no-any-return]
        keys.where(
            Draft.programme_id.in_(programmes.ids_of(partnership_id)), Draft.saved_at < now - DRAFT_KEPT
        ).order_by(Draft.programme_id, Draft.organisation_id)
    )


def _take_drafts(_: int | None, keys: Sequence[tuple[int, int]], __: datetime) -> None:
    theirs = tuple_(Draft.organisation_id, Draft.programme_id).in_(keys)
    erasures.remove(Draft, theirs)


def _long_gone(partnership_id: int | None, now: datetime) -> Select[Any]:
    return (
        select(Coordinator.id)
        .where(
            Coordinator.partnership_id == partnership_id,
            Coordinator.ended_at < boundary(now),
            Coordinator.email.not_like(f"%{ERASED_AT}"),
        )
        .order_by(Coordinator.id)
    )


def _take_long_gone(_: int | None, ids: Sequence[int], __: datetime) -> None:
    erasures.noted(Coordinator, Coordinator.id.in_(ids), column="email")
    for person_id in ids:
        db.session.execute(
            update(Coordinator)
            .where(Coordinator.id == person_id)
            .values(email=f"left-{person_id}{ERASED_AT}", password_hash=None)
        )
    erasures.remove(PersonInvitation, PersonInvitation.person_id.in_(ids))


def _old_sign_ins(partnership_id: int | None, now: datetime) -> Select[Any]:
    return (
        select(SignIn.id)
        .join(Coordinator, Coordinator.id == SignIn.person_id)
        .where(Coordinator.partnership_id == partnership_id, SignIn.signed_in_at < boundary(now))
        .order_by(SignIn.id)
    )


def _take_sign_ins(_: int | None, ids: Sequence[int], __: datetime) -> None:
    erasures.remove(SignIn, SignIn.id.in_(ids))


def _old_sessions(partnership_id: int | None, now: datetime) -> Select[Any]:
    return (
        select(SignInSession.id)
        .where(
            SignInSession.partnership_id == partnership_id,
            sign_in_sessions.over_for_long(sign_in_sessions.lifetime(), now=now),
        )
        .order_by(SignInSession.id)
    )


def _take_sessions(_: int | None, ids: Sequence[int], __: datetime) -> None:
    erasures.remove(SignInSession, SignInSession.id.in_(ids))


def _old_tries(_: int | None, now: datetime) -> Select[Any]:
    return select(SignInFailure.id).where(sign_in_tries.counted_no_more(now=now)).order_by(SignInFailure.id)


def _take_tries(_: int | None, ids: Sequence[int], __: datetime) -> None:
    erasures.remove(SignInFailure, SignInFailure.id.in_(ids))


_TASKS = (
    Task(
        name="letters",
        one="letter’s words",
        many="letters’ words",
        due=_old_letters,
        take=_take_letters,
    ),
    Task(
        name="replies",
        one="mail that came in",
        many="mails that came in",
        due=_old_replies,
        take=_take_replies,
    ),
    Task(
        name="people",
        one="address with who had it",
        many="addresses with who had them",
        due=_unused,
        take=_take_people,
    ),
    Task(name="codes", one="name beside a code", many="names beside codes", due=_old_codes, take=_take_codes),
    Task(
        name="bookers",
        one="name of who booked",
        many="names of who booked",
        due=_old_bookings,
        take=_take_bookers,
    ),
    Task(
        name="drafts", one="form not finished", many="forms not finished", due=_old_drafts, take=_take_drafts
    ),
    Task(
        name="left",
        one="address of who left",
        many="addresses of who left",
        due=_long_gone,
        take=_take_long_gone,
    ),
    Task(name="sign-ins", one="sign-in", many="sign-ins", due=_old_sign_ins, take=_take_sign_ins),
    Task(
        name="sessions",
        one="place where somebody was signed in",
        many="places where somebody was signed in",
        due=_old_sessions,
        take=_take_sessions,
    ),
)


def _old_links(_: int | None, now: datetime) -> Select[Any]:
    return select(SignInLink.token_hash).where(SignInLink.expires_at < now).order_by(SignInLink.token_hash)


def _take_links(_: int | None, hashes: Sequence[str], __: datetime) -> None:
    erasures.remove(SignInLink, SignInLink.token_hash.in_(hashes))


def _origins(model: type[LinkRequest] | type[WrongTry]) -> Callable[[int | None, datetime], Select[Any]]:
    def due(_: int | None, now: datetime) -> Select[Any]:
        # As where they are asked for (open_door.py): greater than nothing, which an index finds.
        return (
            select(model.id)
            .where(model.origin > "", model.recorded_at < now - ORIGIN_KEPT)
            .order_by(model.id)
        )

    return due


def _take_origins(
    model: type[LinkRequest] | type[WrongTry],
) -> Callable[[int | None, Sequence[Any], datetime], None]:
    def take(_: int | None, ids: Sequence[Any], __: datetime) -> None:
        erasures.noted(model, model.id.in_(ids), column="origin")
        db.session.execute(update(model).where(model.id.in_(ids)).values(origin=""))

    return take


def _old_counts(_: int | None, now: datetime) -> Select[Any]:
    keys: Any = select(DayCount.day, DayCount.key)
    return keys.where(day_counts.over(now=now)).order_by(DayCount.day, DayCount.key)  # type: ignore[no-any-return]


def _take_counts(_: int | None, keys: Sequence[tuple[Any, str]], __: datetime) -> None:
    """They do not stand in the list of erasures, which would keep their keys: a restored backup is swept as any."""
    db.session.execute(delete(DayCount).where(tuple_(DayCount.day, DayCount.key).in_(keys)))


_NOBODYS = (
    Task(
        name="nobody’s mail",
        one="mail that was nobody’s",
        many="mails that were nobody’s",
        due=_old_replies,
        take=_take_replies,
    ),
    Task(name="links", one="one-time link", many="one-time links", due=_old_links, take=_take_links),
    Task(
        name="failed sign-ins",
        one="failed sign-in",
        many="failed sign-ins",
        due=_old_tries,
        take=_take_tries,
    ),
    Task(
        name="asked from",
        one="network address of who asked for a link",
        many="network addresses of who asked for a link",
        due=_origins(LinkRequest),
        take=_take_origins(LinkRequest),
    ),
    Task(
        name="typed from",
        one="network address of who typed a code",
        many="network addresses of who typed a code",
        due=_origins(WrongTry),
        take=_take_origins(WrongTry),
    ),
    Task(
        name="counted",
        one="count of a day by where it came from",
        many="counts of a day by where they came from",
        due=_old_counts,
        take=_take_counts,
    ),
)


def in_words(erased: dict[str, int]) -> str:
    """'3 letters’ words and 1 sign-in'; '' of nothing."""
    said = [
        count(many, task.one, task.many)
        for task in (*_TASKS, *_NOBODYS)
        if (many := erased.get(task.name, 0))
    ]
    return and_list(said)
