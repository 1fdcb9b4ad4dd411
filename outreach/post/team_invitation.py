"""Letter that invites a person to sign in, with the link by which they choose a name and a password."""

from datetime import datetime

from outreach.post import links
from outreach.post.outbox import Letter
from outreach.post.stationery import Addressee, Sender, render, settings
from outreach.post.writing import put

KIND = "account invitation"


def stream(invitation_id: int) -> str:
    return f"{KIND}/{invitation_id}"


def team_invitation(
    to: Addressee,
    sender: Sender,
    *,
    invitation_id: int,
    token: str,
    role: str,
    invited_by: str,
    lapses_at: datetime,
    now: datetime,
) -> Letter:
    """`role`: what they are to be, in words. It goes while the link works, and no longer."""
    here = settings()
    words = render(
        "team_invitation",
        f"{invited_by} invites you to Outreach",
        to,
        sender,
        organisation_name="",
        organisation_id=0,
        page=links.invited_page(here.public_url, token),
        now=now,
        role=role,
        invited_by=invited_by,
        lapses_at=lapses_at,
        sign_in=links.sign_in_form(here.public_url),
    )
    return put(
        words,
        to,
        sender,
        stream=stream(invitation_id),
        kind=KIND,
        now=now,
        sender_address=f"{here.mail_sender}@{here.mail_domain}",
        reply_to=sender.contact_email,
        give_up_at=lapses_at,
    )
