"""One function per letter: to whom, its subject, its words, its invite; each puts it into the outbox.

Letters know a visit by its UID and a person by the address; all facts are handed in.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from outreach.ground import wording
from outreach.post import calendars, envelopes, links, outbox
from outreach.post.again import resend as resend
from outreach.post.calendars import CANCEL, REQUEST, Appointment, Attendee
from outreach.post.envelopes import Envelope, Invite
from outreach.post.links import PersonalLink
from outreach.post.outbox import Letter, Thread
from outreach.post.stationery import Addressee, Asking, Rendered, Sender, Visit, facts_of, render, settings
from outreach.post.stationery import configure as configure

LINK_AFTER_SHOW = timedelta(weeks=7)


# The letters about asking


def invitation(
    asking: Asking, to: Addressee, sender: Sender, *, now: datetime, expires_at: datetime
) -> tuple[Letter, PersonalLink]:
    """Asks a school to book, with three times and a link of its own that opens until `expires_at`."""
    return _ask("invitation", asking, to, sender, now=now, expires_at=expires_at)


def preview_invitation(asking: Asking, to: Addressee, sender: Sender, *, now: datetime) -> Rendered:
    """The very letter that invitation() would send, with a stand-in for the link. Writes nothing."""
    return _asking_words("invitation", asking, to, sender, page=_page(PREVIEW_TOKEN), now=now)


PREVIEW_TOKEN = "a-link-of-its-own"


def link_sent(
    asking: Asking, to: Addressee, sender: Sender, *, now: datetime, expires_at: datetime
) -> tuple[Letter, PersonalLink]:
    """A link that somebody asked for at the open door."""
    return _ask("link", asking, to, sender, now=now, expires_at=expires_at)


def link_notice(
    asking: Asking, to: Addressee, sender: Sender, *, asked_by_address: str, now: datetime
) -> Letter:
    """Tells an address on file that a link to the school's page went to another one."""
    words = _asking_words(
        "link_notice", asking, to, sender, page=None, now=now,
        asked_by_address=calendars.one_line(asked_by_address),
    )  # fmt: skip
    return _put_asking("link notice", asking, to, sender, words, now=now, about=asked_by_address)


def _ask(
    kind: str, asking: Asking, to: Addressee, sender: Sender, *, now: datetime, expires_at: datetime
) -> tuple[Letter, PersonalLink]:
    minted = _mint(asking, to, now=now, expires_at=expires_at)
    words = _asking_words(kind, asking, to, sender, page=_page(minted.token), now=now)
    return _put_asking(kind, asking, to, sender, words, now=now), minted.link


def _put_asking(
    kind: str,
    asking: Asking,
    to: Addressee,
    sender: Sender,
    words: Rendered,
    *,
    now: datetime,
    about: str = "",
) -> Letter:
    stream = f"{kind}/{asking.programme_id}/{asking.urn}" + (f"/{about}" if about else "")
    here = settings()
    return _put(
        words, to, sender, stream=stream, kind=kind, now=now,
        sender_address=f"{here.mail_sender}@{here.mail_domain}", reply_to=sender.contact_email,
    )  # fmt: skip


def _asking_words(
    kind: str,
    asking: Asking,
    to: Addressee,
    sender: Sender,
    *,
    page: str | None,
    now: datetime,
    **more: object,
) -> Rendered:
    title = f"‘{asking.programme_title}’"
    audience = wording.year_groups_name(asking.year_groups) if asking.year_groups else "staff"
    subject = {
        "invitation": f"Book {title} for your {audience}",
        "link": f"Your link to book {title}",
        "link_notice": f"A link to book {title} was sent for {asking.school_name}",
    }[kind]
    return render(
        kind, subject, to, sender, school_name=asking.school_name, page=page, now=now,
        asking=asking, title=title, audience=audience,
        free=asking.cost.strip().casefold().rstrip(".") in FREE, **more,
    )  # fmt: skip


FREE = ("", "free", "nothing", "none", "free of charge", "no cost")


# The letters about a visit


def booked(visit: Visit, to: Addressee, sender: Sender, *, now: datetime, expires_at: datetime) -> Letter:
    """Confirms a booking, with the invite. Raises ValueError when `to` is not among the attendees."""
    return _tell("booked", visit, to, sender, now=now, expires_at=expires_at, thread=outbox.NEW_THREAD)


def moved(
    visit: Visit,
    to: Addressee,
    sender: Sender,
    *,
    was_starts_at: datetime,
    now: datetime,
    expires_at: datetime,
) -> Letter:
    """Tells the new time; `visit.sequence` has been raised. Whoever never had the first invite reads a confirmation."""
    return _tell("moved", visit, to, sender, now=now, expires_at=expires_at, was_starts_at=was_starts_at)


def changed(visit: Visit, to: Addressee, sender: Sender, *, now: datetime, expires_at: datetime) -> Letter:
    """Tells other changes, at the same `sequence`. Whoever never had the first invite reads a confirmation."""
    return _tell("changed", visit, to, sender, now=now, expires_at=expires_at)


def colleague_added(
    visit: Visit, to: Addressee, sender: Sender, *, now: datetime, expires_at: datetime
) -> Letter:
    """Gives one more person the invite, at the current `sequence`."""
    return _tell("colleague_added", visit, to, sender, now=now, expires_at=expires_at)


def cancelled(visit: Visit, to: Addressee, sender: Sender, *, reason: str, by: str, now: datetime) -> Letter:
    """Tells the end of a visit; `visit.sequence` has been raised. `by` is school, company, coordinator or host.

    Whoever never had the invite gets no mail: the row is kept as superseded.
    """
    thread = outbox.open_thread(visit.uid, to.address)
    minted = _mint(visit, to, now=now, expires_at=max(now, visit.ends_at) + LINK_AFTER_SHOW)
    words = _visit_words(
        "cancelled", visit, to, sender, method=CANCEL, page=_page(minted.token), now=now, reason=reason, by=by
    )
    invite = Invite(method=CANCEL, ics=calendars.cancel(appointment(visit, sender, now=now)))
    return _put_visit("cancelled", visit, to, sender, words, invite, thread, now=now)


def colleague_removed(visit: Visit, to: Addressee, sender: Sender, *, now: datetime) -> Letter:
    """Takes the entry out of one person's calendar alone; `visit.sequence` has been raised."""
    thread = outbox.open_thread(visit.uid, to.address)
    words = _visit_words("colleague_removed", visit, to, sender, method=CANCEL, page=None, now=now)
    only = (Attendee(name=to.name, address=to.address),)
    invite = Invite(method=CANCEL, ics=calendars.cancel(appointment(visit, sender, now=now), only))
    return _put_visit("colleague removed", visit, to, sender, words, invite, thread, now=now)


def for_troupe(visit: Visit, to: Addressee, sender: Sender, *, method: str, now: datetime) -> Letter:
    """The company's own entry, from arrival to departure: no contact's name, no link. `method` is REQUEST or CANCEL.

    `visit` bears the performance's own UID, token and sequence.
    """
    thread = outbox.open_thread(visit.uid, to.address)
    words = _visit_words(
        "troupe" if method == REQUEST else "troupe_cancelled", visit, to, sender, method=method, page=None, now=now,
    )  # fmt: skip
    entry = replace(
        appointment(visit, sender, now=now),
        starts_at=visit.get_in_at,
        ends_at=visit.away_at,
        attendees=(Attendee(name=to.name, address=to.address),),
        description=_lines(
            f"Show: {wording.clock_span(visit.starts_at, visit.ends_at)}.", f"Reference: {visit.reference}."
        ),
    )
    ics = calendars.request(entry) if method == REQUEST else calendars.cancel(entry)
    return _put_visit("troupe", visit, to, sender, words, Invite(method=method, ics=ics), thread, now=now)


def appointment(visit: Visit, sender: Sender, *, now: datetime) -> Appointment:
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
        description=_lines(
            f"For {wording.year_groups_name(y for y, _ in visit.pupils)}." if visit.pupils else "",
            f"The company arrives at {wording.clock(visit.get_in_at)} and leaves by {wording.clock(visit.away_at)}.",
            f"Please have ready: {'; '.join(visit.provided())}." if visit.provided() else "",
            f"Reference: {visit.reference}.",
            f"To move, change or cancel: {_booking_page(visit)}",
        ),
        location=", ".join(part for part in (visit.school_name, visit.hall, visit.school_address) if part.strip()),
        url=_booking_page(visit),
        organizer_name=sender.partnership_name,
        organizer_address=_organizer(visit),
        attendees=visit.attendees,
    )  # fmt: skip


def summary(visit: Visit) -> str:
    """The entry's title, and word for word the subject of its mails."""
    return calendars.one_line(f"‘{visit.programme_title}’ at {visit.school_name}")


def _tell(
    kind: str, visit: Visit, to: Addressee, sender: Sender,
    *, now: datetime, expires_at: datetime, was_starts_at: datetime | None = None, thread: Thread | None = None,
) -> Letter:  # fmt: skip
    """A letter with a REQUEST and a link of its own."""
    if to.address.casefold() not in {a.address.casefold() for a in visit.attendees}:
        raise ValueError("an invite goes only to somebody whom it names")
    thread = thread or outbox.open_thread(visit.uid, to.address)
    minted = _mint(visit, to, now=now, expires_at=expires_at)
    template = kind if thread.holds_entry or kind == "colleague_added" else "booked"
    words = _visit_words(
        template,
        visit,
        to,
        sender,
        method=REQUEST,
        page=_page(minted.token),
        now=now,
        was_starts_at=was_starts_at,
    )
    invite = Invite(method=REQUEST, ics=calendars.request(appointment(visit, sender, now=now)))
    return _put_visit(kind.replace("_", " "), visit, to, sender, words, invite, thread, now=now)


def _put_visit(
    kind: str, visit: Visit, to: Addressee, sender: Sender, words: Rendered, invite: Invite, thread: Thread,
    *, now: datetime,
) -> Letter:  # fmt: skip
    return _put(
        words, to, sender, stream=visit.uid, kind=kind, now=now, sender_address=_organizer(visit),
        invite=invite, sequence=visit.sequence, thread=thread, give_up_at=visit.starts_at,
    )  # fmt: skip


def _visit_words(
    template: str, visit: Visit, to: Addressee, sender: Sender, *, method: str, page: str | None, now: datetime, **more: object
) -> Rendered:  # fmt: skip
    subject = summary(visit) if method == REQUEST else f"Cancelled: {summary(visit)}"
    return render(
        template, subject, to, sender, school_name=visit.school_name, page=page, now=now,
        visit=visit, title=f"‘{visit.programme_title}’", facts=facts_of(visit, now), **more,
    )  # fmt: skip


# What all letters share


def _put(
    words: Rendered, to: Addressee, sender: Sender, *, stream: str, kind: str, now: datetime, sender_address: str,
    reply_to: str = "", invite: Invite | None = None, sequence: int = 0, thread: Thread | None = None,
    give_up_at: datetime | None = None,
) -> Letter:  # fmt: skip
    method = invite.method if invite else ""
    message_id = envelopes.message_id(
        settings().mail_domain, stream=stream, recipient=to.address, kind=kind, method=method,
        sequence=sequence, dtstamp=now,
    )  # fmt: skip
    envelope = Envelope(
        sender_name=calendars.one_line(sender.partnership_name),
        sender_address=sender_address,
        recipient=to.address,
        reply_to=reply_to,
        message_id=message_id,
        in_reply_to=thread.first_invite if thread else None,
        written_at=now,
    )
    return outbox.put(
        partnership_id=sender.partnership_id, stream=stream, recipient=to.address, kind=kind,
        subject=words.subject, message_id=message_id, now=now, method=method, sequence=sequence,
        raw=envelopes.seal(envelope, subject=words.subject, text=words.text, html=words.html, invite=invite),
        thread=thread, give_up_at=give_up_at, sender_address=sender_address,
    )  # fmt: skip


def _mint(about: Asking | Visit, to: Addressee, *, now: datetime, expires_at: datetime) -> links.Minted:
    return links.mint(
        urn=about.urn, programme_id=about.programme_id, address=to.address, name=to.name,
        now=now, expires_at=expires_at,
    )  # fmt: skip


def _page(token: str) -> str:
    return links.school_page(settings().public_url, token)


def _booking_page(visit: Visit) -> str:
    return links.booking_page(settings().public_url, visit.reference)


def _organizer(visit: Visit) -> str:
    return f"{settings().mail_sender}+{visit.organizer_token}@{settings().mail_domain}"


def _lines(*lines: str) -> str:
    return "\n".join(line for line in lines if line)
