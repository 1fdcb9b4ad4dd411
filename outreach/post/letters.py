"""Letters, one function each: to whom, its subject, its words, its invite; each puts it into the outbox.

Letters know a visit by its UID and a person by the address; all facts are handed in.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from outreach.ground import wording
from outreach.ground.audience import whom
from outreach.ground.row_numbers import row_number
from outreach.ground.timespans import day_of
from outreach.ground.wording import capfirst, clock
from outreach.post import calendars, links, outbox
from outreach.post.calendars import CANCEL, REQUEST
from outreach.post.envelopes import Invite
from outreach.post.links import PersonalLink
from outreach.post.outbox import Letter
from outreach.post.stationery import (
    Addressee,
    LetterAsking,
    LetterVisit,
    Rendered,
    Sender,
    company_facts_of,
    render,
    settings,
)
from outreach.post.stationery import KeptTime as KeptTime
from outreach.post.writing import appointment as appointment
from outreach.post.writing import (
    attendee,
    lines,
    mint,
    organizer,
    page_of,
    put,
    put_visit,
    subject,
    tell,
    visit_words,
    words_about,
)
from outreach.post.writing import summary as summary

LINK_AFTER_SHOW = timedelta(weeks=7)


# The letters about asking


def invitation(
    asking: LetterAsking, to: Addressee, sender: Sender, *, now: datetime, expires_at: datetime
) -> tuple[Letter, PersonalLink]:
    """Asks a school to book, with three times and a link of its own that opens until `expires_at`."""
    return _ask("invitation", asking, to, sender, now=now, expires_at=expires_at)


def preview_invitation(asking: LetterAsking, to: Addressee, sender: Sender, *, now: datetime) -> Rendered:
    """The very letter that invitation() would send, with a stand-in for the link. Writes nothing."""
    return _asking_words("invitation", asking, to, sender, page=page_of(PREVIEW_TOKEN), now=now)


PREVIEW_TOKEN = "a-link-of-its-own"


def reminder(
    asking: LetterAsking,
    to: Addressee,
    sender: Sender,
    *,
    nth: int,
    asked_on: date,
    now: datetime,
    expires_at: datetime,
) -> tuple[Letter, PersonalLink]:
    """Reminds whoever was asked on `asked_on`, for the first time (`nth` 1) or the last (2)."""
    return _ask(
        _REMINDERS[nth - 1], asking, to, sender, now=now, expires_at=expires_at, nth=nth, asked_on=asked_on
    )


def preview_reminder(
    asking: LetterAsking, to: Addressee, sender: Sender, *, nth: int, asked_on: date, now: datetime
) -> Rendered:
    """The very letter that reminder() would send, with a stand-in for the link. Writes nothing."""
    page = page_of(PREVIEW_TOKEN)
    return _asking_words(
        _REMINDERS[nth - 1], asking, to, sender, page=page, now=now, nth=nth, asked_on=asked_on
    )


_REMINDERS = ("reminder", "second reminder")


def raised_to_head(
    asking: LetterAsking,
    to: Addressee,
    sender: Sender,
    *,
    written_to: str,
    written_on: Sequence[date],
    now: datetime,
    expires_at: datetime,
) -> tuple[Letter, PersonalLink]:
    """Tells the head teacher that nobody has answered what went to `written_to` on those days; with a link to
    answer."""
    said = {"written_to": written_to, "written_on": written_on}
    return _ask("raised to head", asking, to, sender, now=now, expires_at=expires_at, **said)


def raised_to_trust(
    asking: LetterAsking,
    to: Addressee,
    sender: Sender,
    *,
    trust: str,
    written_to: str,
    written_on: Sequence[date],
    now: datetime,
) -> Letter:
    """Tells the school's trust. Without a link of its own: the school books, by the link that went to it."""
    said = {"trust": trust, "written_to": written_to, "written_on": written_on}
    words = _asking_words("raised to trust", asking, to, sender, page=None, now=now, **said)
    return _put_asking("raised to trust", asking, to, sender, words, now=now)


def preview_link(asking: LetterAsking, to: Addressee, sender: Sender, *, now: datetime) -> Rendered:
    """The very letter that link_sent() would send, with a stand-in for the link. Writes nothing."""
    return _asking_words("link", asking, to, sender, page=page_of(PREVIEW_TOKEN), now=now)


def notice_words(
    asking: LetterAsking, to: Addressee, sender: Sender, *, asked_by_address: str, now: datetime
) -> Rendered:
    """The words of link_notice()."""
    address = calendars.one_line(asked_by_address)
    return _asking_words("link_notice", asking, to, sender, page=None, now=now, asked_by_address=address)


def preview_raised(
    kind: str, asking: LetterAsking, to: Addressee, sender: Sender, *, now: datetime, **said: object
) -> Rendered:
    """The very letter that raised_to_head() or raised_to_trust() (`kind` 'raised to …') would send. Writes
    nothing."""
    page = page_of(PREVIEW_TOKEN) if kind == "raised to head" else None
    return _asking_words(kind, asking, to, sender, page=page, now=now, **said)


def link_sent(
    asking: LetterAsking, to: Addressee, sender: Sender, *, now: datetime, expires_at: datetime
) -> tuple[Letter, PersonalLink]:
    """A link that somebody asked for at the open door."""
    return _ask("link", asking, to, sender, now=now, expires_at=expires_at)


def link_notice(
    asking: LetterAsking, to: Addressee, sender: Sender, *, asked_by_address: str, now: datetime
) -> Letter:
    """Tells an address on file that a link to the school's page went to another one."""
    words = notice_words(asking, to, sender, asked_by_address=asked_by_address, now=now)
    return _put_asking("link notice", asking, to, sender, words, now=now, about=asked_by_address)


def _ask(
    kind: str,
    asking: LetterAsking,
    to: Addressee,
    sender: Sender,
    *,
    now: datetime,
    expires_at: datetime,
    **said: object,
) -> tuple[Letter, PersonalLink]:
    minted = mint(asking, to, sender, now=now, expires_at=expires_at)
    words = _asking_words(kind, asking, to, sender, page=page_of(minted.token), now=now, **said)
    return _put_asking(kind, asking, to, sender, words, now=now), minted.link


def _put_asking(
    kind: str,
    asking: LetterAsking,
    to: Addressee,
    sender: Sender,
    words: Rendered,
    *,
    now: datetime,
    about: str = "",
) -> Letter:
    stream = f"{kind}/{asking.programme_id}/{asking.organisation_id}" + (f"/{about}" if about else "")
    here = settings()
    return put(
        words,
        to,
        sender,
        stream=stream,
        kind=kind,
        now=now,
        sender_address=f"{here.mail_sender}@{here.mail_domain}",
        reply_to=sender.contact_email,
    )


def school_of(stream: str) -> int | None:
    """The URN of the school that a letter about asking went to, by its stream; None for a letter about a
    visit."""
    parts = stream.split("/")
    return row_number(parts[2]) if len(parts) > 2 else None


def _asking_words(
    kind: str,
    asking: LetterAsking,
    to: Addressee,
    sender: Sender,
    *,
    page: str | None,
    now: datetime,
    **more: object,
) -> Rendered:
    title = f"‘{asking.programme_title}’"
    groups = "" if asking.staff or not asking.year_groups else wording.year_groups_name(asking.year_groups)
    audience = asking.staff or groups or "staff"
    template, subject = {
        "invitation": ("invitation", f"Book {title} for your {audience}"),
        "link": ("link", f"Your link to book {title}"),
        "link_notice": ("link_notice", f"A link to book {title} was sent for {asking.organisation_name}"),
        "reminder": ("reminder", f"Reminder: book {title} for your {audience}"),
        "second reminder": ("reminder", f"Last reminder: book {title} for your {audience}"),
        "raised to head": (
            "raised_to_head",
            f"{title} for your {audience}: no answer from your {whom(asking.organisation_id)} yet",
        ),
        "raised to trust": ("raised_to_trust", f"{title}: no answer from {asking.organisation_name} yet"),
    }[kind]
    return render(
        template,
        subject,
        to,
        sender,
        organisation_name=asking.organisation_name,
        organisation_id=asking.organisation_id,
        page=page,
        now=now,
        asking=asking,
        title=title,
        audience=audience,
        its_page=links.find_school_page(settings().public_url, asking.organisation_id),
        free=asking.cost.strip().casefold().rstrip(".") in FREE,
        **more,
    )


FREE = ("", "free", "nothing", "none", "free of charge", "no cost")


# The letters about a visit


def booked(
    visit: LetterVisit,
    to: Addressee,
    sender: Sender,
    *,
    note: str = "",
    now: datetime,
    expires_at: datetime,
) -> Letter:
    """Confirms a booking, with the invite; `note` stands before its facts. Raises ValueError when `to` is not among the
    attendees."""
    thread = outbox.NEW_THREAD
    return tell("booked", visit, to, sender, now=now, expires_at=expires_at, thread=thread, note=note)


def moved(
    visit: LetterVisit,
    to: Addressee,
    sender: Sender,
    *,
    was_starts_at: datetime,
    note: str = "",
    now: datetime,
    expires_at: datetime,
) -> Letter:
    """Tells the new time, and the coordinator's `note`; `visit.sequence` has been raised. Whoever never had
    the first invite reads a confirmation."""
    return tell(
        "moved", visit, to, sender, now=now, expires_at=expires_at, was_starts_at=was_starts_at, note=note
    )


def moved_places(
    visit: LetterVisit, to: Addressee, sender: Sender, *, was_at: str, now: datetime, expires_at: datetime
) -> Letter:
    """Tells that its places are at another session; `was_at`: when and where the one before was; `visit.sequence` has
    been raised."""
    return tell("moved_places", visit, to, sender, now=now, expires_at=expires_at, was_at=was_at)


def moved_in_short(
    visit: LetterVisit, to: Addressee, sender: Sender, *, now: datetime, expires_at: datetime
) -> Letter:
    """The new time for the calendar and no more, where a coordinator tells the school in words of its own."""
    return tell("moved_in_short", visit, to, sender, now=now, expires_at=expires_at)


def as_it_stands(
    visit: LetterVisit, to: Addressee, sender: Sender, *, now: datetime, expires_at: datetime
) -> Letter:
    """The visit once more for somebody whose newest letter says less than what stands, at the same
    `sequence`."""
    return tell("as_it_stands", visit, to, sender, now=now, expires_at=expires_at)


def preview_moved(
    visit: LetterVisit,
    to: Addressee,
    sender: Sender,
    *,
    was_starts_at: datetime,
    note: str,
    in_short: bool = False,
    now: datetime,
) -> Rendered:
    """The very letter that moved(), or moved_in_short(), would send, with a stand-in for the link. Writes
    nothing."""
    template = "moved_in_short" if in_short else "moved"
    template = template if outbox.holds_entry(visit.uid, to.address) else "booked"
    return visit_words(
        template,
        visit,
        to,
        sender,
        method=REQUEST,
        page=page_of(PREVIEW_TOKEN),
        now=now,
        was_starts_at=was_starts_at,
        note=note,
    )


def handed_on(
    visit: LetterVisit,
    to: Addressee,
    sender: Sender,
    *,
    was: str,
    becomes: str,
    elsewhere: bool,
    now: datetime,
    expires_at: datetime,
) -> Letter:
    """Tells that the visit stands under another school's name, `becomes`, which follows `was` or precedes it;
    `visit.sequence` has been raised.

    `elsewhere`: at another place than before. Whoever never had the first invite reads a confirmation.
    """
    return tell(
        "handed_on",
        visit,
        to,
        sender,
        now=now,
        expires_at=expires_at,
        was=was,
        becomes=becomes,
        elsewhere=elsewhere,
    )


def changed(
    visit: LetterVisit,
    to: Addressee,
    sender: Sender,
    *,
    changes: Sequence[str] = (),
    now: datetime,
    expires_at: datetime,
) -> Letter:
    """Tells other changes, each in words, at the same `sequence`. Whoever never had the first invite reads a
    confirmation."""
    return tell("changed", visit, to, sender, now=now, expires_at=expires_at, changes=changes)


def colleague_added(
    visit: LetterVisit, to: Addressee, sender: Sender, *, now: datetime, expires_at: datetime
) -> Letter:
    """Gives one more person the invite, at the current `sequence`."""
    return tell("colleague_added", visit, to, sender, now=now, expires_at=expires_at)


def cancelled(
    visit: LetterVisit,
    to: Addressee,
    sender: Sender,
    *,
    reason: str,
    by: str,
    now: datetime,
    instead: Sequence[tuple[datetime, str]] = (),
    kept: KeptTime | None = None,
) -> Letter:
    """Tells the end of a visit; `visit.sequence` has been raised. `by` is school, company, coordinator or
    host.

    `instead`: what there is left, as (start, where), the nearest first; `kept`: the time that is kept for the
    school in its place, of which a letter of its own tells. Whoever never had the invite gets no mail: the
    row is kept as superseded.
    """
    thread = outbox.open_thread(visit.uid, to.address)
    minted = mint(visit, to, sender, now=now, expires_at=max(now, visit.ends_at) + LINK_AFTER_SHOW)
    words = visit_words(
        "cancelled",
        visit,
        to,
        sender,
        method=CANCEL,
        page=page_of(minted.token),
        now=now,
        reason=reason,
        by=by,
        instead=() if kept else instead,
        kept=kept,
    )
    off = replace(visit, cancelled=True)
    invite = Invite(method=CANCEL, ics=calendars.cancel(appointment(off, sender, now=now)))
    return put_visit("cancelled", visit, to, sender, words=words, invite=invite, thread=thread, now=now)


def preview_cancelled(
    visit: LetterVisit,
    to: Addressee,
    sender: Sender,
    *,
    reason: str,
    by: str,
    instead: Sequence[tuple[datetime, str]] = (),
    kept: KeptTime | None = None,
    now: datetime,
) -> Rendered:
    """The very letter that cancelled() would send, with a stand-in for the link. Writes nothing."""
    return visit_words(
        "cancelled",
        visit,
        to,
        sender,
        method=CANCEL,
        page=page_of(PREVIEW_TOKEN),
        now=now,
        reason=reason,
        by=by,
        instead=() if kept else instead,
        kept=kept,
    )


def colleague_removed(visit: LetterVisit, to: Addressee, sender: Sender, *, now: datetime) -> Letter:
    """Takes the entry out of one person's calendar alone; `visit.sequence` has been raised."""
    thread = outbox.open_thread(visit.uid, to.address)
    goes_ahead = _goes_ahead(visit, to)
    words = visit_words(
        "colleague_removed", visit, to, sender, method=CANCEL, page=None, now=now, goes_ahead=goes_ahead
    )
    only = (attendee(to),)
    entry = replace(
        appointment(visit, sender, now=now),
        description=f"You are no longer on this {visit.words.visit}.",
    )
    invite = Invite(method=CANCEL, ics=calendars.cancel(entry, only))
    return put_visit(
        "colleague removed", visit, to, sender, words=words, invite=invite, thread=thread, now=now
    )


def _goes_ahead(visit: LetterVisit, to: Addressee) -> str:
    """What becomes of a visit without one who was on it."""
    if visit.cancelled:
        return "it was cancelled later"
    others = [a.name or a.address for a in visit.attendees if a.address.lower() != to.address.lower()]
    return f"it goes ahead with {wording.and_list(others)}" if others else "it goes ahead"


def how_did_it_go(
    visit: LetterVisit, to: Addressee, sender: Sender, *, now: datetime, expires_at: datetime
) -> Letter:
    """Asks whoever was there, on the evening of the show, for the school's report on its own page."""
    return _ask_for_report(
        "how_did_it_go", "how did it go?", visit, to, sender, now=now, expires_at=expires_at
    )


def report_missing(
    visit: LetterVisit, to: Addressee, sender: Sender, *, now: datetime, expires_at: datetime
) -> Letter:
    """Asks, after the show, whether it took place and how many saw it; an answer by mail comes in at the
    visit's own address."""
    return _ask_for_report(
        "report_missing", "did it take place?", visit, to, sender, now=now, expires_at=expires_at
    )


def _ask_for_report(
    template: str,
    asks: str,
    visit: LetterVisit,
    to: Addressee,
    sender: Sender,
    *,
    now: datetime,
    expires_at: datetime,
) -> Letter:
    minted = mint(visit, to, sender, now=now, expires_at=expires_at)
    words = words_about(template, asks, visit, to, sender, page=page_of(minted.token), now=now)
    return put(
        words,
        to,
        sender,
        stream=visit.uid,
        kind=template.replace("_", " "),
        now=now,
        sender_address=organizer(visit),
        sequence=visit.sequence,
    )


HOW_IT_WENT = "how the day went"
"""The kind of the letter that asks a company."""


def how_the_day_went(
    visit: LetterVisit,
    to: Addressee,
    sender: Sender,
    *,
    shows: Sequence[tuple[datetime, str]],
    now: datetime,
) -> Letter:
    """Asks a company, on the evening of a day, for its reports; `shows`: when and where each was, by start. The way
    leads to the day sheet, which asks for the troupe's link. `visit`: the first of them, as `for_troupe` has it."""
    words = day_went_words(visit, to, sender, shows=shows, now=now)
    return put(
        words,
        to,
        sender,
        stream=visit.uid,
        kind=HOW_IT_WENT,
        now=now,
        sender_address=organizer(visit),
        sequence=visit.sequence,
    )


def day_went_words(
    visit: LetterVisit, to: Addressee, sender: Sender, *, shows: Sequence[tuple[datetime, str]], now: datetime
) -> Rendered:
    """The words of how_the_day_went()."""
    on = wording.day(visit.starts_at, today=day_of(now))
    return render(
        "how_the_day_went",
        f"{summary(visit)}, {on}: how did it go?"
        if len(shows) == 1
        else f"‘{visit.programme_title}’, {on}: how did the {visit.words.shows(len(shows))} go?",
        to,
        sender,
        organisation_name=visit.place_name,
        organisation_id=visit.organisation_id,
        page=None,
        now=now,
        visit=visit,
        title=f"‘{visit.programme_title}’",
        shows=[f"{clock(starts_at)}, {where}" for starts_at, where in shows],
        sheet=links.day_page(settings().public_url, visit.tour_day_id),
        not_me=links.contact_page(settings().public_url),
    )


def since_the_show(
    visit: LetterVisit,
    to: Addressee,
    sender: Sender,
    *,
    asks: Sequence[str],
    last: bool,
    now: datetime,
    expires_at: datetime,
) -> Letter:
    """Asks, some time after the show, what was done besides it, by one page of ticks; `asks`: what is still open, each
    as 'whether …'; `last`: nobody asks after this."""
    minted = mint(visit, to, sender, now=now, expires_at=expires_at)
    words = words_about(
        "since_the_show",
        "what was done besides?",
        visit,
        to,
        sender,
        page=page_of(minted.token),
        now=now,
        asks=asks,
        last=last,
    )
    return put(
        words,
        to,
        sender,
        stream=visit.uid,
        kind=f"since the show, {'last' if last else 'first'}",
        now=now,
        sender_address=organizer(visit),
        sequence=visit.sequence,
    )


def staff_questions(
    visit: LetterVisit,
    to: Addressee,
    sender: Sender,
    *,
    later: bool,
    now: datetime,
    expires_at: datetime,
) -> Letter:
    """Asks staff after a show, or about three months `later`, what they make of it, by one short page."""
    minted = mint(visit, to, sender, now=now, expires_at=expires_at)
    words = words_about(
        "staff_questions",
        f"what came of it{', three months on' if later else ''}?",
        visit,
        to,
        sender,
        page=page_of(minted.token),
        now=now,
        later=later,
    )
    return put(
        words,
        to,
        sender,
        stream=visit.uid,
        kind=f"staff asked, {'later' if later else 'soon'}",
        now=now,
        sender_address=organizer(visit),
        sequence=visit.sequence,
    )


def for_troupe(
    visit: LetterVisit,
    to: Addressee,
    sender: Sender,
    *,
    method: str,
    changes: Sequence[str] = (),
    goes_ahead: str = "",
    now: datetime,
) -> Letter:
    """The company's own entry, from arrival to departure: no contact's name, and the way to the day sheet,
    which asks for its link. `method` is REQUEST or CANCEL; `changes`: what is another way than it was last
    told, in words; `goes_ahead`: with whom it does, where only this troupe leaves it.

    `visit` bears the performance's own UID, token and sequence.
    """
    thread = outbox.open_thread(visit.uid, to.address)
    words = troupe_words(
        visit,
        to,
        sender,
        method=method,
        changes=changes if thread.holds_entry else (),
        goes_ahead=goes_ahead,
        now=now,
    )
    ics = troupe_calendar(visit, to, sender, method=method, now=now)
    return put_visit(
        "troupe",
        visit,
        to,
        sender,
        words=words,
        invite=Invite(method=method, ics=ics),
        thread=thread,
        now=now,
    )


def troupe_words(
    visit: LetterVisit,
    to: Addressee,
    sender: Sender,
    *,
    method: str,
    changes: Sequence[str],
    goes_ahead: str = "",
    now: datetime,
) -> Rendered:
    """The words of for_troupe()."""
    goes = method == REQUEST
    return render(
        "troupe" if goes else "troupe_cancelled",
        subject(visit, method, leaves=bool(goes_ahead)),
        to,
        sender,
        organisation_name=visit.place_name,
        organisation_id=visit.organisation_id,
        page=None,
        now=now,
        visit=visit,
        title=f"‘{visit.programme_title}’",
        facts=company_facts_of(visit, now),
        changes=changes,
        goes_ahead=goes_ahead,
        sheet=links.day_page(settings().public_url, visit.tour_day_id),
        not_me=links.contact_page(settings().public_url),
    )


def troupe_calendar(
    visit: LetterVisit, to: Addressee, sender: Sender, *, method: str, now: datetime
) -> bytes:
    """The calendar part of the company's letter."""
    entry = replace(
        appointment(visit, sender, now=now),
        starts_at=visit.get_in_at,
        ends_at=visit.away_at,
        attendees=tuple(a for a in visit.attendees if a.address == to.address) or (attendee(to),),
        description=lines(
            f"{capfirst(visit.words.show)}: {wording.clock_span(visit.starts_at, visit.ends_at)}.",
            f"Reference: {visit.reference}.",
        ),
    )
    return calendars.request(entry) if method == REQUEST else calendars.cancel(entry)
