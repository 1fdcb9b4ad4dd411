"""Letter to a person whose way to sign in was changed: a second factor set up or taken away, a recovery code used."""

from datetime import datetime

from outreach.post import links
from outreach.post.outbox import Letter
from outreach.post.stationery import Addressee, Sender, render, settings
from outreach.post.writing import put

KIND = "sign-in changed"


def sign_in_changed(said: str, to: Addressee, sender: Sender, *, of: str, now: datetime) -> Letter:
    """`said`: what changed, a sentence of its own; `of`: what it is of, so that the same is not written twice. No link
    of it lets anybody in."""
    here = settings()
    words = render(
        "sign_in_changed",
        "The way you sign in was changed",
        to,
        sender,
        organisation_name="",
        organisation_id=0,
        page=None,
        now=now,
        said=said,
        when=now,
        factor=links.second_factor_page(here.public_url),
        password=links.password_page(here.public_url),
    )
    return put(
        words,
        to,
        sender,
        stream=f"{KIND}/{of}",
        kind=KIND,
        now=now,
        sender_address=f"{here.mail_sender}@{here.mail_domain}",
        reply_to=sender.contact_email,
    )
