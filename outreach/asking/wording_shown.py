"""Letters of a kind as real schools get them in some words, before anything goes; and one to oneself."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import func, select

from outreach.asking import invitations
from outreach.asking.invitations import Invitation
from outreach.booking import told
from outreach.county import partnerships
from outreach.county.schools import Organisation
from outreach.ground.db import db
from outreach.ground.timespans import day_of
from outreach.post import letters, worded, writing
from outreach.post.outbox import Letter
from outreach.post.stationery import Addressee, Rendered, Worded, settings
from outreach.tour.programmes import Programme

TEST = "test of wording"
"""The kind of a letter that goes to whoever writes the words, and counts nowhere."""
NOBODY = Addressee(address="")
AGO = timedelta(days=14)
"""How long ago a school was first asked, in a reminder shown of one that never was."""


def shown(
    programme: Programme, organisation: Organisation, kind: str, words: Worded | None, *, now: datetime
) -> Rendered:
    """The letter to whom the school's invitation would go, or to nobody by name; `words` None: the original. Writes
    nothing."""
    asking = replace(
        invitations.asking(programme, organisation, now=now), worded={} if words is None else {kind: words}
    )
    sender = told.sender_of(partnerships.get(programme.partnership_id))
    contact = invitations.first_reachable(organisation.organisation_id)
    to = NOBODY if contact is None else invitations.addressee(contact)
    if kind not in worded.ASKED_AGAIN:
        return letters.preview_invitation(asking, to, sender, now=now)
    first = db.session.scalar(
        select(func.min(Invitation.recorded_at)).where(
            Invitation.programme_id == programme.id,
            Invitation.organisation_id == organisation.organisation_id,
        )
    )
    nth, asked_on = worded.ASKED_AGAIN.index(kind) + 1, day_of(first or now - AGO)
    return letters.preview_reminder(asking, to, sender, nth=nth, asked_on=asked_on, now=now)


def send_test(
    programme: Programme,
    organisation: Organisation,
    kind: str,
    words: Worded | None,
    *,
    address: str,
    now: datetime,
) -> Letter:
    """The same to oneself alone, marked as a test; its links lead nowhere."""
    letter, here = shown(programme, organisation, kind, words, now=now), settings()
    sender = told.sender_of(partnerships.get(programme.partnership_id))
    return writing.put(
        replace(letter, subject=f"Test: {letter.subject}"),
        Addressee(address=address),
        sender,
        stream=f"{TEST}/{kind}",
        kind=TEST,
        now=now,
        sender_address=f"{here.mail_sender}@{here.mail_domain}",
        reply_to=sender.contact_email,
    )
