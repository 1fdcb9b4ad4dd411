"""Writing of a letter: its words rendered, its link minted, its calendar part made, all sealed into the
outbox."""

from datetime import datetime

from outreach.ground import wording
from outreach.ground.timespans import day_of
from outreach.post import calendars, envelopes, links, outbox
from outreach.post.calendars import CANCEL, REQUEST, Appointment, Attendee
from outreach.post.envelopes import Envelope, Invite
from outreach.post.outbox import Letter, Thread
from outreach.post.stationery import (
    Addressee,
    LetterAsking,
    LetterVisit,
    Rendered,
    Sender,
    facts_of,
    render,
    settings,
)


def appointment(visit: LetterVisit, sender: Sender, *, now: datetime) -> Appointment:
    """The visit as an entry in the school's calendars: no token, no person but the attendees, since
    calendars are read by delegates. `now` is when this revision was made."""
    return Appointment(
        uid=visit.uid,
        sequence=visit.sequence,
        dtstamp=now,
        created_at=visit.created_at,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        summary=summary(visit),
        description=lines(*_told(visit, now)),
        location=", ".join(
            part for part in (visit.place_name, visit.hall, visit.place_address, visit.link) if part.strip()
        ),
        url=_page_without_token(visit),
        organizer_name=sender.partnership_name,
        organizer_address=organizer(visit),
        attendees=visit.attendees,
        tentative=visit.reply_by is not None,
    )


def _told(visit: LetterVisit, now: datetime) -> list[str]:
    """What is to come; of a visit that is off or past, what became of it, and nothing to have ready any
    more."""
    named = f"Reference: {visit.reference}." if visit.reference else ""
    if visit.cancelled:
        return [f"This {visit.words.visit} was cancelled.", named]
    if visit.outcome or (visit.reply_by is None and visit.ends_at <= now):
        return [
            _BECAME.get(visit.outcome, "It is over. Nobody has told us yet whether it took place."),
            named,
        ]
    return [
        _for_whom(visit),
        ""
        if visit.held and visit.host_name
        else f"You are the guests of {visit.host_name}."
        if visit.host_name
        else f"The company {' and '.join(visit.company_stay)}.",
        f"Please have ready: {'; '.join(visit.provided())}." if visit.provided() else "",
        f"How to join: {' '.join(visit.joining.split())}" if visit.joining else "",
        *_what_to_do(visit),
    ]


def _for_whom(visit: LetterVisit) -> str:
    """'For Years 8 and 9.'; 'For 40 staff.', since places are counted there; '' where nobody was said."""
    if visit.for_adults:
        return f"For {visit.words.count(sum(n for _, n in visit.pupils))}." if visit.pupils else ""
    return f"For {wording.year_groups_name(y for y, _ in visit.pupils)}." if visit.pupils else ""


_BECAME = {
    "took place": "It took place.",
    "did not take place": "It did not take place.",
    "reports disagree": "It is over. The school and the company do not say the same about whether it took place.",
}


def _what_to_do(visit: LetterVisit) -> tuple[str, str]:
    page = _page_without_token(visit)
    if visit.reply_by is None:
        return f"Reference: {visit.reference}.", f"To move, change or cancel: {page}"
    return (
        f"Nothing is booked yet: this time is kept for you until {wording.day(visit.reply_by)}.",
        f"An answer in the calendar does not book it. To say yes or no: {page}",
    )


def summary(visit: LetterVisit) -> str:
    """The entry's title, and word for word the subject of its mails. A proposal is not to be taken for a
    booking."""
    title = f"‘{visit.programme_title}’ {visit.where}"
    return calendars.one_line(f"Proposed: {title}" if visit.reply_by else title)


def subject(visit: LetterVisit, method: str, *, leaves: bool) -> str:
    """Of a letter with an entry for the calendar; `leaves`: it ends for this reader alone."""
    if method == REQUEST:
        return summary(visit)
    return f"{'Removed from your calendar' if leaves else 'Cancelled'}: {summary(visit)}"


def tell(
    kind: str,
    visit: LetterVisit,
    to: Addressee,
    sender: Sender,
    *,
    now: datetime,
    expires_at: datetime,
    was_starts_at: datetime | None = None,
    thread: Thread | None = None,
    **more: object,
) -> Letter:
    """A letter with a REQUEST and a link of its own; `more` are facts of its own for its template."""
    if to.address.casefold() not in {a.address.casefold() for a in visit.attendees}:
        raise ValueError("an invite goes only to somebody whom it names")
    thread = thread or outbox.open_thread(visit.uid, to.address)
    minted = mint(visit, to, sender, now=now, expires_at=expires_at)
    first = "booked" if visit.reply_by is None else "proposed"
    template = kind if thread.holds_entry or kind == "colleague_added" else first
    words = visit_words(
        template,
        visit,
        to,
        sender,
        method=REQUEST,
        page=page_of(minted.token),
        now=now,
        was_starts_at=was_starts_at,
        comes_back=thread.comes_back,
        **more,
    )
    invite = Invite(method=REQUEST, ics=calendars.request(appointment(visit, sender, now=now)))
    return put_visit(
        kind.replace("_", " "), visit, to, sender, words=words, invite=invite, thread=thread, now=now
    )


def put_visit(
    kind: str,
    visit: LetterVisit,
    to: Addressee,
    sender: Sender,
    *,
    words: Rendered,
    invite: Invite,
    thread: Thread,
    now: datetime,
) -> Letter:
    return put(
        words,
        to,
        sender,
        stream=visit.uid,
        kind=kind,
        now=now,
        sender_address=organizer(visit),
        invite=invite,
        sequence=visit.sequence,
        thread=thread,
        give_up_at=visit.starts_at,
    )


def visit_words(
    template: str,
    visit: LetterVisit,
    to: Addressee,
    sender: Sender,
    *,
    method: str,
    page: str | None,
    now: datetime,
    **more: object,
) -> Rendered:
    leaves = bool(more.get("goes_ahead")) or more.get("how") == "overtaken"
    return render(
        template,
        subject(visit, method, leaves=leaves),
        to,
        sender,
        organisation_name=visit.place_name,
        organisation_id=visit.organisation_id,
        page=page,
        now=now,
        visit=visit,
        title=f"‘{visit.programme_title}’",
        facts=facts_of(visit, now, ends=method == CANCEL),
        **more,
    )


def words_about(
    template: str,
    about: str,
    visit: LetterVisit,
    to: Addressee,
    sender: Sender,
    *,
    page: str,
    now: datetime,
    **more: object,
) -> Rendered:
    """A letter about a visit without an entry for the calendar; its subject says what it is `about`."""
    return render(
        template,
        f"{summary(visit)}, {wording.day(visit.starts_at, today=day_of(now))}: {about}",
        to,
        sender,
        organisation_name=visit.place_name,
        organisation_id=visit.organisation_id,
        page=page,
        now=now,
        visit=visit,
        title=calendars.one_line(f"‘{visit.programme_title}’"),
        facts=facts_of(visit, now),
        **more,
    )


# What all letters share


def put(
    words: Rendered,
    to: Addressee,
    sender: Sender,
    *,
    stream: str,
    kind: str,
    now: datetime,
    sender_address: str,
    reply_to: str = "",
    invite: Invite | None = None,
    sequence: int = 0,
    thread: Thread | None = None,
    give_up_at: datetime | None = None,
    not_before: datetime | None = None,
    flushed: bool = True,
    unsubscribe: str = "",
) -> Letter:
    method = invite.method if invite else ""
    message_id = envelopes.message_id(
        settings().mail_domain,
        stream=stream,
        recipient=to.address,
        kind=kind,
        method=method,
        sequence=sequence,
        dtstamp=now,
    )
    envelope = Envelope(
        sender_name=calendars.one_line(sender.sender_name or sender.partnership_name),
        sender_address=sender_address,
        recipient=to.address,
        reply_to=reply_to,
        message_id=message_id,
        in_reply_to=thread.first_invite if thread else None,
        written_at=now,
        attach_invite=settings().attach_invite,
        unsubscribe=unsubscribe,
    )
    return outbox.put(
        partnership_id=sender.partnership_id,
        stream=stream,
        recipient=to.address,
        kind=kind,
        subject=words.subject,
        message_id=message_id,
        now=now,
        method=method,
        sequence=sequence,
        raw=envelopes.seal(envelope, subject=words.subject, text=words.text, html=words.html, invite=invite),
        thread=thread,
        give_up_at=give_up_at,
        sender_address=sender_address,
        not_before=not_before,
        flushed=flushed,
    )


def mint(
    about: LetterAsking | LetterVisit, to: Addressee, sender: Sender, *, now: datetime, expires_at: datetime
) -> links.Minted:
    return links.mint(
        organisation_id=about.organisation_id,
        programme_id=about.programme_id,
        partnership_id=sender.partnership_id,
        address=to.address,
        name=to.name,
        now=now,
        expires_at=expires_at,
    )


def page_of(token: str) -> str:
    return links.school_page(settings().public_url, token)


def _page_without_token(visit: LetterVisit) -> str:
    """The page of the booking's reference; a proposal has none yet, so the open door of its school."""
    here = settings().public_url
    if visit.reply_by is not None:
        return links.find_school_page(here, visit.organisation_id)
    return links.booking_page(here, visit.reference)


def organizer(visit: LetterVisit) -> str:
    return f"{settings().mail_sender}+{visit.organizer_token}@{settings().mail_domain}"


def attendee(to: Addressee) -> Attendee:
    return Attendee(name=to.name, address=to.address)


def lines(*lines: str) -> str:
    return "\n".join(line for line in lines if line)
