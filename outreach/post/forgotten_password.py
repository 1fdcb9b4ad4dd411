"""Letter with a one-time link to a person who forgot their password, and asked for it on the sign-in page."""

from datetime import datetime

from outreach.post import links
from outreach.post.outbox import Letter
from outreach.post.stationery import Addressee, Sender, render, settings
from outreach.post.writing import put

KIND = "sign-in link"


def forgotten_password(
    to: Addressee, sender: Sender, *, person_id: int, token: str, lapses_at: datetime, now: datetime
) -> Letter:
    """It goes while the link works, and no longer."""
    here = settings()
    words = render(
        "forgotten_password",
        "Your link to sign in",
        to,
        sender,
        organisation_name="",
        organisation_id=0,
        page=links.sign_in_page(here.public_url, token),
        now=now,
        lapses_at=lapses_at,
        password=links.password_page(here.public_url),
    )
    return put(
        words,
        to,
        sender,
        stream=f"{KIND}/{person_id}",
        kind=KIND,
        now=now,
        sender_address=f"{here.mail_sender}@{here.mail_domain}",
        reply_to=sender.contact_email,
        give_up_at=lapses_at,
    )
