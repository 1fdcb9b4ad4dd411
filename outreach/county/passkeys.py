"""Passkeys of people: keys that a phone, a computer or a security key holds and shows to this service alone (WebAuthn).

The device asks its holder for a finger, a face or a PIN (user verification), so that one is two factors: it lets in
instead of a password, or stands after it as the second. Each answer is to one challenge, which stands here, is taken
once, and lasts five minutes. Address and site that it has to be for are PUBLIC_URL's.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy import BigInteger, CheckConstraint, Index, Text, delete, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from outreach.county import partnerships
from outreach.ground import erasures, from_outside, history, the_app, whose
from outreach.ground.db import Base, Instant, db, key_within_partnership
from outreach.ground.errors import NoSuch, Refusal

if TYPE_CHECKING:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

ADDED, FIRST, SECOND = "added", "first", "second"
PURPOSES = (ADDED, FIRST, SECOND)
"""What a challenge is for: a new passkey, one instead of a password, one after it."""

LASTS = timedelta(minutes=5)
FROM_ONE_NETWORK = 200
"""Challenges to whoever has not said who they are that wait for an answer, at most: a whole council signs in at nine
behind one address."""
AT_MOST = 20
"""Passkeys of one person."""
LONGEST_NAME = 60
LONGEST_ANSWER = 20_000
"""Signs of what a browser sends; theirs are below 3,000."""


class PasskeyRefused(Refusal):
    """`person_id`: whose passkey it said that it was, where it is known here."""

    def __init__(self, message: str, *, person_id: int | None = None) -> None:
        super().__init__(message)
        self.person_id = person_id


class TooManyAsked(Refusal):
    """That network's wait for an answer, and none comes."""

    def __init__(self) -> None:
        super().__init__(
            "Too many sign-ins by passkey were begun from your network and not finished. Try again in five minutes, or "
            "sign in with your password."
        )


class NoSuchPasskey(NoSuch):
    pass


class Passkey(Base):
    """One that a person added. `credential_id` and `public_key` as the device gave them, in base64url; `sign_count`:
    how often it says that it was used, 0 of one that does not count."""

    __tablename__ = "passkey"
    __table_args__ = (
        key_within_partnership("person_id", "person"),
        CheckConstraint(f"length(name) BETWEEN 1 AND {LONGEST_NAME}", name="name"),
        CheckConstraint("sign_count >= 0", name="sign_count"),
        Index("ix_passkey_person_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int]
    person_id: Mapped[int]
    credential_id: Mapped[str] = mapped_column(Text, unique=True)
    public_key: Mapped[str] = mapped_column(Text)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(Text)
    added_at: Mapped[datetime] = mapped_column(Instant)
    last_used_at: Mapped[datetime | None] = mapped_column(Instant)


class PasskeyChallenge(Base):
    """What a passkey has to sign, in base64url; it goes with the answer, right or wrong. `origin`: a keyed hash of the
    network that it went to."""

    __tablename__ = "passkey_challenge"
    __table_args__ = (
        CheckConstraint(f"purpose IN {PURPOSES}", name="purpose"),
        Index("ix_passkey_challenge_origin", "origin"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    challenge: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text)
    origin: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(Instant, index=True)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A passkey that answered rightly: whose it is, and how often it says that it was used."""

    passkey_id: int
    person_id: int
    sign_count: int


def possible() -> bool:
    """Whether browsers let a page of PUBLIC_URL ask for passkeys: its host has a name, and is reached by https or is
    this computer."""
    there = urlsplit(the_app.settings()["PUBLIC_URL"])
    host = there.hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return there.scheme == "https" or host == "localhost"
    return False


def of_person(person_id: int) -> Sequence[Passkey]:
    """A person's, the newest first."""
    return db.session.scalars(
        select(Passkey).where(Passkey.person_id == person_id).order_by(Passkey.id.desc())
    ).all()


def ask(purpose: str, *, origin: str, now: datetime) -> PasskeyChallenge:
    """A fresh challenge; those that are over go. Raises TooManyAsked."""
    db.session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.asked_at <= now - LASTS))
    waiting = select(func.count()).where(PasskeyChallenge.origin == origin, PasskeyChallenge.purpose == FIRST)
    if purpose == FIRST and (db.session.scalar(waiting) or 0) >= FROM_ONE_NETWORK:
        raise TooManyAsked
    row = PasskeyChallenge(challenge=secrets.token_urlsafe(32), purpose=purpose, origin=origin, asked_at=now)
    db.session.add(row)
    db.session.flush()
    return row


def options_to_add(challenge: PasskeyChallenge, person_id: int, *, name: str, email: str) -> str:
    """What the browser is told when it is to make one, as JSON. One that the person has is not made twice."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    site, _origin = _site()
    return options_to_json(
        generate_registration_options(
            rp_id=site,
            rp_name="Outreach",
            user_id=_handle(person_id),
            user_name=email,
            user_display_name=name,
            challenge=_bytes(challenge.challenge),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=_named(person_id),
        )
    )


def options_to_show(challenge: PasskeyChallenge, person_id: int | None) -> str:
    """What the browser is told when it is to show one, as JSON; `person_id`: of whom, None where that is not known."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    site, _origin = _site()
    return options_to_json(
        generate_authentication_options(
            rp_id=site,
            challenge=_bytes(challenge.challenge),
            allow_credentials=[] if person_id is None else _named(person_id),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def use_challenge(challenge_id: int, purpose: str, *, now: datetime) -> str | None:
    """The challenge, which nobody can answer again; None of one that is over, was answered, or was for something
    else. The caller commits before the answer is read."""
    return db.session.execute(
        delete(PasskeyChallenge)
        .where(
            PasskeyChallenge.id == challenge_id,
            PasskeyChallenge.purpose == purpose,
            PasskeyChallenge.asked_at > now - LASTS,
        )
        .returning(PasskeyChallenge.challenge)
    ).scalar()


def add(
    answer: str,
    challenge: str | None,
    *,
    person_id: int,
    partnership_id: int,
    name: str,
    who: str,
    now: datetime,
) -> Passkey:
    """The passkey that a browser made, for a person who proved who they are. Raises PasskeyRefused."""
    from webauthn import verify_registration_response

    sent = _read(answer)
    if challenge is None or sent is None:
        raise _refused()
    site, origin = _site()
    try:
        made = verify_registration_response(
            credential=sent,
            expected_challenge=_bytes(challenge),
            expected_rp_id=site,
            expected_origin=origin,
            require_user_verification=True,
        )
    except Exception as wrong:  # whatever a stranger's bytes make the library say
        raise _refused() from wrong
    partnerships.lock(partnership_id)
    credential_id = _text(made.credential_id)
    is_there = select(Passkey.id).where(Passkey.credential_id == credential_id)
    if db.session.scalar(is_there) is not None or whose.is_known("passkey", credential_id):
        raise _refused()
    if len(of_person(person_id)) >= AT_MOST:
        raise PasskeyRefused(f"You have {AT_MOST} passkeys. Remove one before you add another.")
    row = Passkey(
        partnership_id=partnership_id,
        person_id=person_id,
        credential_id=credential_id,
        public_key=_text(made.credential_public_key),
        sign_count=made.sign_count,
        name=name,
        added_at=now,
    )
    db.session.add(row)
    db.session.flush()
    history.record("passkey added", _of(row), who=who, now=now, after=name)
    return row


def bind_to_holder(answer: str) -> None:
    """Before `read`, of whoever has not said who they are: behind the walls, rows of theirs are seen from now on."""
    whose.bind_to("passkey", str((_read(answer) or {}).get("id")))


def read(answer: str, challenge: str | None) -> Shown:
    """Whose passkey answered the challenge. Raises PasskeyRefused: of another challenge, for another site or address,
    without its holder's finger, face or PIN, signed by another key, or with a count that does not grow."""
    from webauthn import verify_authentication_response

    sent = _read(answer)
    if challenge is None or sent is None:
        raise _refused()
    row = db.session.scalar(select(Passkey).where(Passkey.credential_id == str(sent.get("id"))))
    if row is None:
        raise _refused()
    site, origin = _site()
    try:
        shown = verify_authentication_response(
            credential=sent,
            expected_challenge=_bytes(challenge),
            expected_rp_id=site,
            expected_origin=origin,
            credential_public_key=_bytes(row.public_key),
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
        handle = sent["response"].get("userHandle")
        if handle and _bytes(handle) != _handle(row.person_id):
            raise _refused()
    except Exception as wrong:  # whatever a stranger's bytes make the library say
        raise _refused(row.person_id) from wrong
    return Shown(passkey_id=row.id, person_id=row.person_id, sign_count=shown.new_sign_count)


def take(shown: Shown, *, now: datetime) -> None:
    """It was used, and its count grows. Raises PasskeyRefused where it was removed or used meanwhile."""
    grows = Passkey.sign_count < shown.sign_count if shown.sign_count else Passkey.sign_count == 0
    taken = db.session.execute(
        update(Passkey)
        .where(Passkey.id == shown.passkey_id, grows)
        .values(sign_count=shown.sign_count, last_used_at=now)
        .returning(Passkey.id)
    ).scalar()
    if taken is None:
        raise _refused()


def own(passkey_id: int, person_id: int) -> Passkey:
    """Raises NoSuchPasskey where it is somebody else's or nobody's."""
    row = db.session.get(Passkey, passkey_id)
    if row is None or row.person_id != person_id:
        raise NoSuchPasskey("There is no such passkey.")
    return row


def remove(passkey_id: int, *, person_id: int, who: str, now: datetime) -> str:
    """One's own lets nobody in any more, nor in a backup of before that is restored; its name. Raises NoSuchPasskey
    where it is somebody else's or nobody's."""
    row = own(passkey_id, person_id)
    name = row.name
    history.record("passkey removed", _of(row), who=who, now=now, before=name)
    db.session.flush()
    erasures.remove(Passkey, Passkey.id == passkey_id)
    db.session.expunge(row)
    return name


def remove_all_of(person_id: int, *, who: str, now: datetime) -> int:
    """How many there were."""
    removed = of_person(person_id)
    for row in removed:
        remove(row.id, person_id=person_id, who=who, now=now)
    return len(removed)


def _named(person_id: int) -> "list[PublicKeyCredentialDescriptor]":
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

    return [PublicKeyCredentialDescriptor(id=_bytes(row.credential_id)) for row in of_person(person_id)]


def _site() -> tuple[str, str]:
    """The relying party and the one origin that a passkey's answer may come from."""
    there = urlsplit(the_app.settings()["PUBLIC_URL"])
    return there.hostname or "", f"{there.scheme}://{there.netloc}".lower()


def _handle(person_id: int) -> bytes:
    """What a device knows the account by; it says nothing of the person."""
    return hashlib.sha256(f"outreach person {person_id}".encode()).digest()


def _read(answer: str) -> dict[str, Any] | None:
    if len(answer) > LONGEST_ANSWER:
        return None
    try:
        sent = from_outside.json_of(answer)
    except ValueError:
        return None
    return sent if isinstance(sent, dict) else None


def _bytes(text: str) -> bytes:
    from webauthn import base64url_to_bytes

    return base64url_to_bytes(text)


def _text(said: bytes) -> str:
    from webauthn.helpers import bytes_to_base64url

    return bytes_to_base64url(said)


def _refused(person_id: int | None = None) -> PasskeyRefused:
    return PasskeyRefused(
        "That passkey was not taken: it is not known here, was removed, or took more than five minutes. Begin once "
        "more.",
        person_id=person_id,
    )


def _of(row: Passkey) -> history.Subject:
    return history.Subject("person", row.person_id, row.partnership_id)
