"""Letter to a person who signed in on a device on which they had not before."""

from datetime import datetime

from outreach.post import links
from outreach.post.outbox import Letter
from outreach.post.stationery import Addressee, Sender, render, settings
from outreach.post.writing import put

KIND = "new device"


def new_device(device: str, to: Addressee, sender: Sender, *, session_id: int, now: datetime) -> Letter:
    """`device`: in words, as 'Firefox, Windows'. No link of it lets anybody in."""
    here = settings()
    words = render(
        "new_device",
        "Your account was signed in to on a new device",
        to,
        sender,
        organisation_name="",
        organisation_id=0,
        page=None,
        now=now,
        device=device,
        when=now,
        sessions=links.own_sessions_page(here.public_url),
        password=links.password_page(here.public_url),
    )
    return put(
        words,
        to,
        sender,
        stream=f"{KIND}/{session_id}",
        kind=KIND,
        now=now,
        sender_address=f"{here.mail_sender}@{here.mail_domain}",
        reply_to=sender.contact_email,
    )
