"""The slot page: what the school could have, choosing one, and what is left when it is gone."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, time
from functools import partial
from typing import Any

from flask import g, redirect, render_template, request, url_for

from outreach.asking import invitations, so_far
from outreach.asking.invitations import DECLINED, OTHER_DATE, WAITING_LIST, Answer
from outreach.asking.offered_times import offered
from outreach.asking.so_far import SoFar
from outreach.booking import accounts, holds, promises, proposals
from outreach.booking.holds import AlreadyBooked
from outreach.booking.promises import Cancellation
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.row_numbers import whole_number
from outreach.ground.school_year import year_in_hand
from outreach.ground.timespans import day_of
from outreach.tour import programmes, slots
from outreach.tour.fit import DayOffer
from outreach.tour.performances import Slot, SlotTaken
from outreach.tour.slots import Offers
from outreach.visits import reports
from outreach.web.gate import by_personal_link, own_coming_booking, school
from outreach.web.refusals import back_to, refused
from outreach.web.school import all_days, forms, session_words


@school.get("/i/<token>")
@by_personal_link
def start(token: str) -> Any:
    """The slots; once the school has booked, its booking; and once the tour is over, what came of it."""
    now = clock.now()
    done = _so_far()
    ever = promises.ever(g.programme.id, g.organisation.organisation_id) if done.has_booked else []
    booked = sorted((b for b in ever if b.ended_at is None), key=lambda b: b.performance.starts_at)
    if _is_over(booked, done, now):
        return _over(token, booked, now)
    if booked:
        next_one = next((b for b in booked if b.performance.ends_at > now), booked[-1])
        return redirect(url_for(".booked", token=token, reference=next_one.reference))
    if session_words.begins_with_sessions(g.programme, g.organisation, now=now):
        return redirect(url_for(".sessions_page", token=token))
    newest = ever[-1] if ever else None
    return _show(token, done, newest, now=now, answer=_told_us(newest) if done.has_answered else None)


@school.get("/i/<token>/times")
@by_personal_link
def times(token: str) -> Any:
    """The slots, also for a second show while a year group is open; `lost`: the kept time is gone; `refused`: the
    tour day on which the school has just said no to a time, which is none of the first."""
    now = clock.now()
    if _only_takes_places():
        return redirect(url_for(".sessions_page", token=token))
    done = _so_far()
    if not accounts.account(g.programme, g.organisation, now=now).is_open or _is_over((), done, now):
        return redirect(url_for(".start", token=token))
    lost = _chosen_before() if "lost" in request.args else []
    return _show(token, done, _newest(), now=now, lost=lost, not_first=request.args.get("refused", ""))


@school.post("/i/<token>/choose")
@by_personal_link
def choose(token: str) -> Any:
    """Keep the time, or the two, that the button names; then on to what is still to be typed."""
    now = clock.now()
    if _only_takes_places():
        return redirect(url_for(".sessions_page", token=token), 303)
    keys = request.form.get("slot", "")[:60].split("+")
    if (no := refused()) is not None:
        return _show(token, _so_far(), _newest(), now=now, lost=keys, said=no.message), 422
    with back_to(url_for(".start", token=token), "confirm", AlreadyBooked), transaction():
        account = accounts.account(g.programme, g.organisation, now=now)
        if (why := holds.why_nothing(g.programme, g.organisation, account)) is not None:
            raise why
        found = [slots.find(g.programme, g.organisation, key, now=now) for key in keys]
        chosen = [slot for slot in found if slot is not None]
        if len(keys) > 2 or len(chosen) < len(keys):
            raise SlotTaken
        holds.hold(g.programme, g.organisation, chosen, who=g.who, now=now)
        typed = holds.draft(g.programme.id, g.organisation.organisation_id) or _as_before()
        holds.save_draft(g.programme.id, g.organisation.organisation_id, typed | {"slots": keys}, now=now)
    return redirect(url_for(".form", token=token), 303)


@school.get("/i/<token>/booked/<reference>/move")
@by_personal_link
def move(token: str, reference: str) -> Any:
    """The slots for a booking that stands, its own place left out of account."""
    booking = own_coming_booking(reference)
    now = clock.now()
    if booking.role == promises.GUEST and booking.ended_at is None:
        return redirect(url_for(".booked", token=token, reference=reference))
    if not booking.can_move(now):
        return render_template("school/too_late.html", token=token, booking=booking, deed="move")
    offers = offered(g.programme, g.organisation, {}, instead_of=booking.performance_id, now=now)
    lost = request.args.get("lost", "")[:60]
    return render_template(
        "school/move.html",
        token=token,
        booking=booking,
        page=all_days.page(offers.days, partial(url_for, ".move", token=token, reference=reference)),
        first=_nearest_left(offers, [lost]) if lost else _others(offers.first, booking),
        lost=bool(lost),
    )


def _only_takes_places() -> bool:
    """Nobody plays at a body's: it has places at sessions, and no times of its own."""
    return g.programme.for_adults and not session_words.may_book_at_its_own(g.organisation)


def _so_far() -> SoFar:
    return so_far.so_far(g.programme.id, g.organisation.organisation_id)


def _is_over(booked: Collection[promises.Booking], done: SoFar, now: datetime) -> bool:
    """Whether the tour of this link's programme is over, so that nothing can be booked or is to come.

    A school that has booked reads of its own visit until the next year.
    """
    today = day_of(now)
    if any(b.performance.ends_at > now for b in booked):
        return False
    later_year = year_in_hand(today) > g.programme.academic_year
    if booked and not later_year:
        return False
    last = done.last_tour_day
    return last < today if last is not None else later_year


def _over(token: str, booked: Collection[promises.Booking], now: datetime) -> str:
    """That it is over, what the school saw, and where this year's booking stands."""
    this_year = programmes.current(g.partnership.id, day_of(now))
    if this_year is not None and this_year.academic_year <= g.programme.academic_year:
        this_year = None
    return render_template(
        "school/over.html",
        token=token,
        visits=[(b, b.has_come_to(now), reports.pupils_seen(b), reports.why_not(b)) for b in booked],
        this_year=this_year,
        coming=promises.live(this_year.id, g.organisation.organisation_id) if this_year is not None else [],
    )


def _show(
    token: str,
    done: SoFar,
    booked: promises.Booking | None,
    *,
    now: datetime,
    lost: Iterable[str] = (),
    said: str = "",
    answer: Answer | None = None,
    not_first: str = "",
) -> str:
    """The slot page. `booked`: the school's last booking, cancelled or not; `lost`: keys that were wanted and are
    gone; `said`: why, in a sentence; `not_first`: a tour day that is not among the first times."""
    account = accounts.account(g.programme, g.organisation, now=now)
    if (why := holds.why_nothing(g.programme, g.organisation, account)) is not None:
        return render_template("school/closed.html", token=token, why=why)
    still_open = account.still_open
    offers = offered(g.programme, g.organisation, still_open, fallen=None if booked else (), now=now)
    two = any(len(together) > 1 for together in offers.first)
    kept, proposed = (
        proposals.kept_or_proposed(g.programme, g.organisation.organisation_id, now=now)
        if done.has_time_kept
        else ([], [])
    )
    wanted = list(lost)
    still_there = [s for d in offers.days for s in d.slots if s.key in wanted] if wanted else []
    return render_template(
        "school/slots.html",
        token=token,
        year_groups=tuple(still_open),
        staff=programmes.adult_target(g.programme.id).who if g.programme.for_adults else "",
        why_two=_why_two(still_open) if two else "",
        few=_few(still_open),
        page=all_days.page(offers.days, partial(url_for, ".times", token=token)),
        first=_nearest_left(offers, wanted) if wanted else _without(offers.first, not_first),
        kept=kept,
        proposed=proposed,
        now=now,
        lost=bool(wanted),
        said=said,
        answer=answer,
        fell=_fell(booked),
        again=still_there if wanted and not said and len(still_there) == len(wanted) else [],
    )


def _nearest_left(offers: Offers, wanted: list[str]) -> tuple[tuple[Slot, ...], ...]:
    """The single times nearest to those that are gone; where none is left, what the school sees first."""
    near = _nearest(offers.days, _wanted(offers, wanted), leaving_out=wanted)
    return tuple((slot,) for slot in near) or offers.first


def _without(first: tuple[tuple[Slot, ...], ...], day_id: str) -> tuple[tuple[Slot, ...], ...]:
    """The first times but that of one tour day, unless there is no other."""
    return tuple(together for together in first if str(together[0].tour_day_id) != day_id) or first


def _why_two(still_open: Mapping[int, int | None]) -> str:
    """Why two shows are offered at a time."""
    ceiling, pupils = g.programme.audience_ceiling, sum(n or 0 for n in still_open.values())
    needed = accounts.shows_needed(g.programme, dict(still_open))
    shows = "two" if needed == 2 else g.programme.words.shows(needed)
    return (
        f"We count {g.programme.words.count(pupils)} and one {g.programme.words.show} takes {ceiling:,}, so you need "
        f"{shows}. You book two in one go."
    )


def _few(still_open: Mapping[int, int | None]) -> int:
    """How many pupils are still to see it, where all are counted and they are few; else 0."""
    known = [n for n in still_open.values() if n is not None]
    total = sum(known)
    return (
        total if known and len(known) == len(still_open) and total <= g.partnership.small_school_pupils else 0
    )


def _chosen_before() -> list[str]:
    return list(holds.draft(g.programme.id, g.organisation.organisation_id).get("slots", ()))


def _newest() -> promises.Booking | None:
    return promises.newest(g.programme.id, g.organisation.organisation_id)


def _told_us(booked: promises.Booking | None) -> Answer | None:
    """The no, or the wish for other days, that still holds: no booking came after it."""
    answer = invitations.newest_answer(g.programme.id, g.organisation.organisation_id)
    if answer is None or answer.kind not in (DECLINED, OTHER_DATE, WAITING_LIST):
        return None
    return answer if booked is None or booked.created_at < answer.recorded_at else None


def _fell(booked: promises.Booking | None) -> Cancellation | None:
    """How the school's last booking ended, where it was not the school that ended it."""
    ended = promises.cancellation_of(booked) if booked is not None and booked.ended_at is not None else None
    return ended if ended is not None and ended.cancelled_by != promises.SCHOOL else None


def _as_before() -> dict[str, Any]:
    """A second booking starts with the hall and the people of the first; there is nothing else to take
    over."""
    booking = _newest()
    return dict(forms.typed_before(booking, promises.people_of(booking))) if booking else {}


def _wanted(offers: Offers, keys: list[str]) -> datetime | None:
    """When the first of the wanted slots was to start; None when its day is no longer offered at all."""
    day_id, _, said = keys[0].partition("-")
    at = whole_number(said, 0, 2359)
    for day in offers.days:
        if str(day.tour_day_id) == day_id and at is not None:
            return datetime.combine(day.day, time(at // 100, at % 100 % 60))
    return None


def _nearest(
    days: Iterable[DayOffer], wanted: datetime | None, *, leaving_out: Collection[str] = ()
) -> list[Slot]:
    """The three slots that are nearest in time to what was wanted, the nearest first."""
    every = [s for d in days for s in d.slots if s.key not in leaving_out]
    if wanted is None:
        return every[:3]
    return sorted(every, key=lambda s: (abs(datetime.combine(s.day, s.starts) - wanted), s.day, s.starts))[:3]


def _others(first: Iterable[tuple[Slot, ...]], booking: promises.Booking) -> list[tuple[Slot, ...]]:
    """The first times that are not where the booking stands already."""
    return [together for together in first if together[0].starts_at != booking.performance.starts_at]
