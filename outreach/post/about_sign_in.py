"""Letters to people of the desk about their own account: an invitation, a new device, another way to sign in, a
forgotten password."""

from datetime import datetime
from typing import Any

from outreach.post import links
from outreach.post.outbox import Letter
from outreach.post.stationery import Addressee, Sender, render, settings
from outreach.post.writing import put

NEW_DEVICE, CHANGED, FORGOTTEN = "new device", "sign-in changed", "sign-in link"
INVITATION = "account invitation"


def new_device(device: str, to: Addressee, sender: Sender, *, session_id: int, now: datetime) -> Letter:
    """They signed in where they had not before. `device`: in words, as 'Firefox, Windows'. No link of it lets anybody
    in."""
    return _put(
        NEW_DEVICE,
        "new_device",
        "Your account was signed in to on a new device",
        to,
        sender,
        of=session_id,
        now=now,
        device=device,
        when=now,
        sessions=links.own_sessions_page(settings().public_url),
    )


def sign_in_changed(said: str, to: Addressee, sender: Sender, *, of: str, now: datetime) -> Letter:
    """A second factor was set up or taken away, a recovery code used. `said`: what changed, a sentence of its own;
    `of`: what it is of, so that the same is not written twice. No link of it lets anybody in."""
    return _put(
        CHANGED,
        "sign_in_changed",
        "The way you sign in was changed",
        to,
        sender,
        of=of,
        now=now,
        said=said,
        when=now,
        factor=links.second_factor_page(settings().public_url),
    )


def forgotten_password(
    to: Addressee, sender: Sender, *, person_id: int, token: str, lapses_at: datetime, now: datetime
) -> Letter:
    """A one-time link, which they asked for on the sign-in page. It goes while the link works, and no longer."""
    return _put(
        FORGOTTEN,
        "forgotten_password",
        "Your link to sign in",
        to,
        sender,
        of=person_id,
        now=now,
        page=links.sign_in_page(settings().public_url, token),
        give_up_at=lapses_at,
        lapses_at=lapses_at,
    )


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
    """The link by which they choose a name and a password. `role`: what they are to be, in words. It goes while the
    link works, and no longer."""
    public_url = settings().public_url
    return _put(
        INVITATION,
        "team_invitation",
        f"{invited_by} invites you to Outreach",
        to,
        sender,
        of=invitation_id,
        now=now,
        page=links.invited_page(public_url, token),
        give_up_at=lapses_at,
        role=role,
        invited_by=invited_by,
        lapses_at=lapses_at,
        sign_in=links.sign_in_form(public_url),
    )


def invitation_stream(invitation_id: int) -> str:
    return f"{INVITATION}/{invitation_id}"


def _put(
    kind: str,
    template: str,
    subject: str,
    to: Addressee,
    sender: Sender,
    *,
    of: int | str,
    now: datetime,
    page: str | None = None,
    give_up_at: datetime | None = None,
    **words: Any,
) -> Letter:
    here = settings()
    password = links.password_page(here.public_url)
    return put(
        render(
            template,
            subject,
            to,
            sender,
            organisation_name="",
            organisation_id=0,
            page=page,
            now=now,
            password=password,
            **words,
        ),
        to,
        sender,
        stream=f"{kind}/{of}",
        kind=kind,
        now=now,
        sender_address=f"{here.mail_sender}@{here.mail_domain}",
        reply_to=sender.contact_email,
        give_up_at=give_up_at,
    )
