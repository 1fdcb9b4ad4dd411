"""The letter that asks a school whether the people on file are still the right ones; with a link of its own
to say so."""

from dataclasses import dataclass
from datetime import date, datetime

from outreach.ground import wording
from outreach.post import links
from outreach.post.letters import PREVIEW_TOKEN
from outreach.post.links import PersonalLink
from outreach.post.outbox import Letter
from outreach.post.stationery import Addressee, Rendered, Sender, render, settings
from outreach.post.writing import page_of, put

KIND = "question about contacts"


@dataclass(frozen=True, kw_only=True)
class HeldForOrganisation:
    """Whom we hold for a school: `people` as (name or address, role), the one who is written to first."""

    organisation_name: str
    organisation_id: int
    programme_id: int
    programme_title: str
    academic_year: int
    people: tuple[tuple[str, str], ...]
    answer_by: date


def still_right(
    held: HeldForOrganisation, to: Addressee, sender: Sender, *, now: datetime, expires_at: datetime
) -> tuple[Letter, PersonalLink]:
    """Asks whether these are still the right people; the link opens until `expires_at`."""
    minted = links.mint(
        organisation_id=held.organisation_id,
        programme_id=held.programme_id,
        partnership_id=sender.partnership_id,
        address=to.address,
        name=to.name,
        now=now,
        expires_at=expires_at,
    )
    here = settings()
    letter = put(
        _words(held, to, sender, minted.token, now=now),
        to,
        sender,
        stream=f"contacts/{held.programme_id}/{held.organisation_id}",
        kind=KIND,
        now=now,
        sender_address=f"{here.mail_sender}@{here.mail_domain}",
        reply_to=sender.contact_email,
    )
    return letter, minted.link


def preview(held: HeldForOrganisation, to: Addressee, sender: Sender, *, now: datetime) -> Rendered:
    """The very letter that still_right() would send, with a stand-in for the link. Writes nothing."""
    return _words(held, to, sender, PREVIEW_TOKEN, now=now)


def _words(
    held: HeldForOrganisation, to: Addressee, sender: Sender, token: str, *, now: datetime
) -> Rendered:
    return render(
        "still_right",
        f"Are these still the right people at {held.organisation_name}?",
        to,
        sender,
        organisation_name=held.organisation_name,
        organisation_id=held.organisation_id,
        page=page_of(token),
        now=now,
        held=held,
        confirm=links.contacts_page(settings().public_url, token),
        title=f"‘{held.programme_title}’",
        year=wording.year_name(held.academic_year),
    )
