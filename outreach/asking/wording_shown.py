"""Letters of every kind in some words, as a real school gets them, before anything goes; and one to oneself."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import func, select

from outreach.asking import invitations, letter_cases
from outreach.asking.invitations import Invitation
from outreach.asking.letter_cases import Bench, Case
from outreach.booking import promises, told
from outreach.county.partnerships import Partnership
from outreach.county.schools import Organisation
from outreach.ground.db import db
from outreach.ground.timespans import day_of
from outreach.post import writing
from outreach.post.outbox import Letter
from outreach.post.stationery import Addressee, Rendered, settings
from outreach.post.worded import Worded
from outreach.tour.programmes import Programme

TEST = "test of wording"
"""The kind of a letter that goes to whoever writes the words, and counts nowhere."""
NOBODY = Addressee(address="")
AGO = timedelta(days=14)
"""How long ago a school was first asked, in a reminder shown of one that never was."""


def bench(
    partnership: Partnership, programme: Programme | None, organisation: Organisation | None, *, now: datetime
) -> Bench:
    """What letters to one school are shown from: its own facts, its newest booking where it has one; a made-up school
    where there is none. Writes nothing."""
    sender = told.sender_of(partnership)
    if programme is None or organisation is None:
        return letter_cases.made_up(sender, now=now)
    asking = invitations.asking(programme, organisation, now=now)
    contact = invitations.first_reachable(organisation.organisation_id)
    booking = promises.newest(programme.id, organisation.organisation_id)
    first = db.session.scalar(
        select(func.min(Invitation.recorded_at)).where(
            Invitation.programme_id == programme.id,
            Invitation.organisation_id == organisation.organisation_id,
        )
    )
    like = letter_cases.made_up(sender, now=now).visit
    ends_at = like.starts_at + timedelta(minutes=programme.show_minutes)
    return Bench(
        asking=asking,
        visit=told.visit_of(booking)
        if booking is not None
        else letter_cases.visit_made_up(asking, starts_at=like.starts_at, ends_at=ends_at),
        to=NOBODY if contact is None else invitations.addressee(contact),
        sender=sender,
        now=now,
        asked_on=day_of(first or now - AGO),
    )


def shown(bench: Bench, kind: str, case: Case, words: Worded | None) -> Rendered:
    """One branch of a letter in these words; None: as ours says it. Writes nothing."""
    return case.draw(
        replace(bench, sender=replace(bench.sender, worded={} if words is None else {kind: words}))
    )


def send_test(
    bench: Bench, kind: str, case: Case, words: Worded | None, *, address: str, now: datetime
) -> Letter:
    """The same to oneself alone, marked as a test; its links lead nowhere."""
    letter, here = shown(bench, kind, case, words), settings()
    return writing.put(
        replace(letter, subject=f"Test: {letter.subject}"),
        Addressee(address=address),
        bench.sender,
        stream=f"{TEST}/{kind}",
        kind=TEST,
        now=now,
        sender_address=f"{here.mail_sender}@{here.mail_domain}",
        reply_to=bench.sender.contact_email,
    )
