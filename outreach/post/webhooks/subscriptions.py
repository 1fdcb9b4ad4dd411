"""Webhooks of a partnership: which program is told of what, at which address, and the secrets that sign it.

A secret is shown once and kept sealed (ground/sealed.py), since it has to sign. A new one may be made while the old one
goes on signing for a day, so that whoever reads can change over without losing anything.
"""

import secrets
from base64 import b64encode
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import ForeignKey, Text, UniqueConstraint, and_, or_, select
from sqlalchemy.orm import Mapped, aliased, mapped_column, relationship

from outreach.ground import history, sealed
from outreach.ground.db import Base, Instant, Names, OfPartnership, db
from outreach.ground.errors import NoSuch, Refusal
from outreach.post.webhooks import open_addresses

MADE, MOVED, CANCELLED, REPORTED = "booking.made", "booking.moved", "booking.cancelled", "report.in"
TEST = "webhook.test"

EVENTS: Mapping[str, str] = {
    MADE: "a booking is made",
    MOVED: "a booking gets another time or place",
    CANCELLED: "a booking is cancelled",
    REPORTED: "a report of a show comes in",
}
"""What a program may be told of -> in words."""

PREFIX = "whsec_"
"""What every secret begins with, as the Standard Webhooks have it."""

PURPOSE = "webhook"
"""What a secret is sealed as."""

THE_PROGRAM = "the program, which answered that it is gone (410)"
"""Who stopped a webhook that its program ended."""

LATELY = timedelta(days=14)
"""How long a webhook that its program ended waits for a coordinator's look."""

CHANGING_OVER = timedelta(days=1)
"""How long the secret before goes on signing beside a new one."""

AT_MOST = 20
"""Webhooks that a partnership has at a time."""


class Webhook(Base, OfPartnership):
    """One program that is told: where, of what, and by whom it was made and stopped. `held_until`: nothing goes to it
    before then, since it did not take what it was told last."""

    __tablename__ = "webhook"
    in_history = ("webhook", "id")
    __table_args__ = (UniqueConstraint("id", "partnership_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    events: Mapped[tuple[str, ...]] = mapped_column(Names)
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[str] = mapped_column(Text)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_by: Mapped[str | None] = mapped_column(Text)
    held_until: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def host(self) -> str:
        return urlsplit(self.address).hostname or ""


class WebhookSecret(Base):
    """A secret of a webhook; `ends_at`: until when it signs, None without end."""

    __tablename__ = "webhook_secret"

    id: Mapped[int] = mapped_column(primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id"), index=True)
    sealed: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime | None] = mapped_column(Instant)

    webhook: Mapped[Webhook] = relationship()


class LabelTaken(Refusal):
    field = "label"


class NoAddress(Refusal):
    field = "address"


class NothingToTell(Refusal):
    field = "events"


class TooMany(Refusal):
    pass


class WebhookStopped(Refusal):
    def __init__(self) -> None:
        super().__init__("It was stopped, and is told nothing any more. Add another.")


class NoSuchWebhook(NoSuch):
    """There is none, or it is another partnership's."""


def make(
    partnership_id: int, label: str, address: str, events: Collection[str], *, who: str, now: datetime
) -> tuple[Webhook, str]:
    """A new webhook, and its secret, which is shown this once. Raises LabelTaken, NoAddress, NothingToTell, TooMany."""
    others = live(partnership_id)
    if any(w.label.casefold() == label.casefold() for w in others):
        raise LabelTaken(f"There is a webhook called ‘{label}’ already. Give this one another name.")
    if len(others) >= AT_MOST:
        raise TooMany(f"There are {AT_MOST} webhooks already. Stop one first.")
    row = Webhook(
        partnership_id=partnership_id,
        label=label,
        address=_https(address),
        events=tuple(e for e in EVENTS if e in events),
        created_at=now,
        created_by=who,
    )
    if not row.events:
        raise NothingToTell("Tick what it is told of.")
    db.session.add(row)
    db.session.flush()
    secret = _add_secret(row, now=now)
    told = {"label": label, "host": row.host, "events": list(row.events)}
    history.record("made", row, who=who, now=now, after=told)
    return row, secret


def check_lies_outside(address: str) -> None:
    """Whether its host, looked up, lies on the internet at large, as far as that is known; at each try it is looked at
    again. With no transaction open: it waits for a resolver. Raises NoAddress."""
    parts = urlsplit(_https(address))
    host = parts.hostname or ""
    try:
        found = open_addresses.look_up(host, parts.port or 443, seconds=LOOK_UP_SECONDS)
    except TimeoutError:
        return
    if not all(open_addresses.is_open(one) for one in found):
        raise NoAddress(
            f"{host} lies in a network of its own, where nobody is told. Enter an address on the internet at large."
        )


LOOK_UP_SECONDS = 2.0


def _https(address: str) -> str:
    """The address, if a program can be told there at all."""
    try:
        parts = urlsplit(address)
        port, host = parts.port, parts.hostname
    except ValueError:
        port, host, parts = None, None, urlsplit("")
    if (
        parts.scheme != "https"
        or not host
        or parts.username is not None
        or parts.fragment
        or port == 0
        or not address.isascii()
        or any(c.isspace() or not c.isprintable() for c in address)
    ):
        raise NoAddress(
            "Enter an address that begins with https:// and names a host, without a password in it."
        )
    return address


def new_secret(webhook: Webhook, *, who: str, now: datetime) -> str:
    """Another secret, shown this once; those before sign for a day more. Raises WebhookStopped."""
    still_told(webhook)
    for old in _secrets([webhook.id], now=now):
        old.ends_at = min(old.ends_at or now + CHANGING_OVER, now + CHANGING_OVER)
    secret = _add_secret(webhook, now=now)
    history.record("made a new secret", webhook, who=who, now=now, after=webhook.label)
    return secret


def _add_secret(webhook: Webhook, *, now: datetime) -> str:
    secret = PREFIX + b64encode(secrets.token_bytes(32)).decode()
    db.session.add(WebhookSecret(webhook_id=webhook.id, sealed=sealed.seal(secret, of=PURPOSE), made_at=now))
    db.session.flush()
    return secret


def still_told(webhook: Webhook) -> None:
    if webhook.withdrawn_at is not None:
        raise WebhookStopped


def stop(webhook: Webhook, *, who: str, now: datetime) -> None:
    """It is told nothing any more. Stopped already: nothing happens."""
    if webhook.withdrawn_at is None:
        webhook.withdrawn_at, webhook.withdrawn_by = now, who
        for one in _secrets([webhook.id], now=now):
            db.session.delete(one)
        db.session.flush()
        history.record("withdrew", webhook, who=who, now=now, before=webhook.label)


def get(partnership_id: int, webhook_id: int) -> Webhook:
    """Raises NoSuchWebhook."""
    found = db.session.get(Webhook, webhook_id)
    if found is None or found.partnership_id != partnership_id:
        raise NoSuchWebhook("There is no such webhook here.")
    return found


def every(partnership_id: int) -> list[Webhook]:
    """Stopped ones too, oldest first."""
    return list(
        db.session.scalars(
            select(Webhook).where(Webhook.partnership_id == partnership_id).order_by(Webhook.id)
        )
    )


def live(partnership_id: int) -> list[Webhook]:
    return [w for w in every(partnership_id) if w.withdrawn_at is None]


def not_told(partnership_id: int, *, now: datetime) -> list[Webhook]:
    """Those whose program does not take what it is told, or said lately that it is gone and has no successor at its
    address; oldest first; one query."""
    other = aliased(Webhook)
    again = select(other.id).where(
        other.partnership_id == partnership_id,
        other.address == Webhook.address,
        other.withdrawn_at.is_(None),
    )
    held = and_(Webhook.withdrawn_at.is_(None), Webhook.held_until.is_not(None))
    gone = and_(Webhook.withdrawn_by == THE_PROGRAM, Webhook.withdrawn_at > now - LATELY, ~again.exists())
    return list(
        db.session.scalars(
            select(Webhook)
            .where(Webhook.partnership_id == partnership_id, or_(held, gone))
            .order_by(Webhook.id)
        )
    )


def telling(partnership_ids: Iterable[int]) -> list[Webhook]:
    """Those of some partnerships that are told, oldest first; one query."""
    return list(
        db.session.scalars(
            select(Webhook)
            .where(Webhook.partnership_id.in_(set(partnership_ids)), Webhook.withdrawn_at.is_(None))
            .order_by(Webhook.id)
        )
    )


def secrets_of(webhook_ids: Collection[int], *, now: datetime) -> dict[int, list[str]]:
    """The secrets that sign, unsealed, the newest first, by webhook; what no key of ours opens is passed over."""
    found: dict[int, list[str]] = {}
    for row in reversed(_secrets(webhook_ids, now=now)):
        try:
            found.setdefault(row.webhook_id, []).append(sealed.unseal(row.sealed, of=PURPOSE))
        except sealed.CannotOpen:
            continue
    return found


def seal_anew() -> tuple[int, int]:
    """Every secret under the present key; (how many were, how many no key of ours opens)."""
    done, lost = 0, 0
    for row in db.session.scalars(select(WebhookSecret).order_by(WebhookSecret.id)):
        try:
            row.sealed, done = sealed.anew(row.sealed, of=PURPOSE), done + 1
        except sealed.CannotOpen:
            lost += 1
    return done, lost


def _secrets(webhook_ids: Collection[int], *, now: datetime) -> list[WebhookSecret]:
    lasts = or_(WebhookSecret.ends_at.is_(None), WebhookSecret.ends_at > now)
    return list(
        db.session.scalars(
            select(WebhookSecret)
            .where(WebhookSecret.webhook_id.in_(webhook_ids), lasts)
            .order_by(WebhookSecret.id)
        )
    )
