"""Second factor of a person's sign-in: codes that an app on their phone makes (TOTP, RFC 6238), and ten recovery codes.

A code is taken once and never again (RFC 6238 5.2), one step of 30 seconds before and after. Its secret is sealed under
the service's keys; of recovery codes the hash alone is kept.
"""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, Text, delete, func, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from outreach.county import partnerships, roles
from outreach.ground import history, sealed
from outreach.ground.db import Base, Instant, db, key_within_partnership
from outreach.ground.errors import NoSuch, Refusal

if TYPE_CHECKING:
    from pyotp import TOTP

NOBODY, LEADS, EVERYBODY = "nobody", "leads", "everybody"
ASKED_OF = {
    NOBODY: "nobody: each person decides",
    LEADS: "lead coordinators",
    EVERYBODY: "everybody who signs in",
}
"""Of whom a partnership asks it, in words."""

PURPOSE = "second factor"
DRIFT = 1
"""Steps of 30 seconds that a phone's clock may be off, before and after."""
MOST_WRONG = 50
"""Wrong codes since the last right one, after which the app's codes are taken no more: whoever types so many knows the
password, and guesses."""
RECOVERY_CODES = 10
SHOWN_FOR = timedelta(hours=1)
"""How long a secret that nobody confirmed is shown to its person."""
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Of recovery codes: none looks like another. Ten of them are 49 bits."""


class WrongCode(Refusal):
    field = "code"


class NoSuchSecondFactor(NoSuch):
    pass


class SecondFactorAsked(Refusal):
    """It cannot be taken away where the partnership asks for it."""


class SecondFactor(Base):
    """An app that makes a person's codes. While `confirmed_at` is None it was only shown to them and lets nobody in.
    `last_step`: the 30 seconds, counted from 1970, of the last code that was taken. Once it has ended its secret is
    gone.
    """

    __tablename__ = "second_factor"
    __table_args__ = (
        key_within_partnership("person_id", "person"),
        CheckConstraint("(ended_at IS NULL) = (secret IS NOT NULL)", name="secret"),
        CheckConstraint("(confirmed_at IS NULL) = (last_step IS NULL)", name="confirmed"),
        CheckConstraint("wrong_codes >= 0", name="wrong_codes"),
        Index("uq_second_factor_id_partnership_id", "id", "partnership_id", unique=True),
        Index(
            "uq_second_factor_standing",
            "person_id",
            unique=True,
            sqlite_where=text("confirmed_at IS NOT NULL AND ended_at IS NULL"),
            postgresql_where=text("confirmed_at IS NOT NULL AND ended_at IS NULL"),
        ),
        Index(
            "uq_second_factor_shown",
            "person_id",
            unique=True,
            sqlite_where=text("confirmed_at IS NULL"),
            postgresql_where=text("confirmed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int]
    person_id: Mapped[int]
    secret: Mapped[str | None] = mapped_column(Text)
    salt: Mapped[str] = mapped_column(Text)
    began_at: Mapped[datetime] = mapped_column(Instant)
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    last_step: Mapped[int | None]
    wrong_codes: Mapped[int] = mapped_column(default=0, server_default="0")
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    def key(self) -> str:
        """What a person types into an app that cannot read the picture, in base32. Raises sealed.CannotOpen."""
        assert self.secret is not None
        return sealed.unseal(self.secret, of=PURPOSE)


class RecoveryCode(Base):
    """One of ten codes for who has lost the phone; taken once."""

    __tablename__ = "recovery_code"
    __table_args__ = (
        key_within_partnership("second_factor_id", "second_factor"),
        Index("uq_recovery_code_second_factor_id", "second_factor_id", "code_hash", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int]
    second_factor_id: Mapped[int]
    code_hash: Mapped[str] = mapped_column(Text)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True, kw_only=True)
class TypedCode:
    """What was typed: six figures of the app, or else the hash of what may be a recovery code."""

    figures: str
    recovery_hash: str


@dataclass(frozen=True, kw_only=True)
class DrawnCodes:
    """Ten recovery codes as their person reads them, each with its hash under one factor's salt."""

    salt: str
    hashes: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A code that was right. `left`: recovery codes that are left, where it was one of them; else None."""

    second_factor_id: int
    left: int | None


def is_asked_of(asked_of: str, role: str | None) -> bool:
    """Whether a partnership that asks it of those asks it of one in this role. Pure."""
    return asked_of == EVERYBODY or (asked_of == LEADS and role == roles.LEAD)


def standing(person_id: int) -> SecondFactor | None:
    """The one that is asked at sign-in."""
    return db.session.scalar(
        select(SecondFactor).where(
            SecondFactor.person_id == person_id,
            SecondFactor.confirmed_at.is_not(None),
            SecondFactor.ended_at.is_(None),
        )
    )


def shown(person_id: int, *, now: datetime) -> SecondFactor | None:
    """The one that its person is setting up; None where that was begun long ago."""
    return db.session.scalar(
        select(SecondFactor).where(
            SecondFactor.person_id == person_id,
            SecondFactor.confirmed_at.is_(None),
            SecondFactor.began_at > now - SHOWN_FOR,
        )
    )


def codes_left(factor: SecondFactor) -> int:
    return (
        db.session.scalar(
            select(func.count()).where(
                RecoveryCode.second_factor_id == factor.id, RecoveryCode.used_at.is_(None)
            )
        )
        or 0
    )


def begin(person_id: int, *, partnership_id: int, now: datetime) -> SecondFactor:
    """A fresh secret for the person's app, in place of one that was shown and never confirmed; one that is asked at
    sign-in stays until this one is confirmed."""
    import pyotp

    partnerships.lock(partnership_id)
    db.session.execute(
        delete(SecondFactor).where(SecondFactor.person_id == person_id, SecondFactor.confirmed_at.is_(None))
    )
    row = SecondFactor(
        partnership_id=partnership_id,
        person_id=person_id,
        secret=sealed.seal(pyotp.random_base32(), of=PURPOSE),
        salt=secrets.token_hex(16),
        began_at=now,
    )
    db.session.add(row)
    db.session.flush()
    return row


def address_for_app(factor: SecondFactor, *, account: str, issuer: str) -> str:
    """What the picture says that an app reads (otpauth://). Raises sealed.CannotOpen."""
    return _totp(factor).provisioning_uri(name=account, issuer_name=issuer)


def draw_codes(factor: SecondFactor | None) -> DrawnCodes:
    """Recovery codes for a factor that is standing or shown, the only copy; slow on purpose, so with no transaction
    open to write."""
    if factor is None:
        return DrawnCodes(salt="", hashes={})
    made = ["".join(secrets.choice(_LETTERS) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    hashes = {f"{code[:5]}-{code[5:]}": _hash_of(code, factor.salt) for code in made}
    return DrawnCodes(salt=factor.salt, hashes=hashes)


def confirm(person_id: int, code: str, drawn: DrawnCodes, *, who: str, now: datetime) -> list[str]:
    """The app that was shown makes the codes from now on, in place of an earlier one; its recovery codes, which were
    drawn for it before.

    Raises WrongCode where the code is none of its, NoSuchSecondFactor where none is being set up.
    """
    factor = shown(person_id, now=now)
    if factor is None:
        raise NoSuchSecondFactor("No second factor is being set up.")
    partnerships.lock(factor.partnership_id)
    step = _step(factor, _figures(code), now=now)
    if step is None:
        raise WrongCode(
            "That is not the code that the app shows now. Codes change every 30 seconds; is the phone’s clock right?"
        )
    before = standing(person_id)
    if before is not None:
        _end(before, now=now)
    factor.confirmed_at, factor.last_step = now, step
    db.session.flush()
    said = "second factor set up" if before is None else "second factor set up anew"
    history.record(said, _of(factor), who=who, now=now)
    return _keep_codes(factor, drawn)


def renew_codes(person_id: int, drawn: DrawnCodes, *, who: str, now: datetime) -> list[str]:
    """Other recovery codes, which were drawn for it before; none of the older lets anybody in. Raises
    NoSuchSecondFactor."""
    factor = _get(person_id)
    partnerships.lock(factor.partnership_id)
    history.record("recovery codes made anew", _of(factor), who=who, now=now)
    return _keep_codes(factor, drawn)


def end(person_id: int, *, who: str, now: datetime) -> SecondFactor:
    """It is asked no more, and its secret is gone. Raises NoSuchSecondFactor."""
    factor = _get(person_id)
    partnerships.lock(factor.partnership_id)
    _end(factor, now=now)
    history.record("second factor taken away", _of(factor), who=who, now=now)
    return factor


def of_leaver(person_id: int, *, now: datetime) -> None:
    """Whoever has left has none: nothing of it stays but that it was."""
    db.session.execute(
        delete(SecondFactor).where(SecondFactor.person_id == person_id, SecondFactor.confirmed_at.is_(None))
    )
    factor = standing(person_id)
    if factor is not None:
        _end(factor, now=now)


def typed(person_id: int, code: str) -> TypedCode:
    """What a person typed, ready to be compared. Only reads: call it with no write transaction open, the hash of a
    recovery code is slow on purpose."""
    factor, figures = standing(person_id), _figures(code)
    if factor is None or figures:
        return TypedCode(figures=figures, recovery_hash="")
    return TypedCode(figures="", recovery_hash=_hash_of(code, factor.salt))


def take(person_id: int, code: TypedCode, *, who: str, now: datetime) -> Taken | None:
    """Whether the code is right: then it is used up, whoever else sends it at the same moment. A wrong one is counted,
    so the caller commits either way."""
    factor = standing(person_id)
    if factor is None:
        return None
    left = None
    if code.figures:
        step = _step(factor, code.figures, now=now) if factor.wrong_codes < MOST_WRONG else None
        right = step is not None and _take_step(factor.id, step)
    else:
        right = _take_recovery(factor.id, code.recovery_hash, now=now)
        if right:
            left = codes_left(factor)
            history.record("recovery code used", _of(factor), who=who, now=now, after=f"{left} left")
    db.session.execute(
        update(SecondFactor)
        .where(SecondFactor.id == factor.id, SecondFactor.ended_at.is_(None))
        .values(wrong_codes=0 if right else SecondFactor.wrong_codes + 1)
    )
    return Taken(second_factor_id=factor.id, left=left) if right else None


def wrong(person_id: int) -> WrongCode:
    """What is said of a code that was not taken."""
    factor = standing(person_id)
    if factor is not None and factor.wrong_codes >= MOST_WRONG:
        return WrongCode(
            "There were too many wrong codes, so the app’s codes are not taken any more. Use a recovery code, or ask a "
            "lead coordinator to reset your second factor."
        )
    return WrongCode(
        "That code is not right, or it was used already. The app shows a new one every 30 seconds: enter the next one. "
        "A recovery code works once."
    )


def seal_anew() -> tuple[int, int]:
    """Every secret under the present key, before an older one is taken out of SECRET_KEY_FALLBACKS: how many were, and
    how many no key of ours opens any more."""
    done = lost = 0
    for factor in db.session.scalars(
        select(SecondFactor)
        .where(SecondFactor.secret.is_not(None))
        .order_by(SecondFactor.id)
        .with_for_update()
    ):
        assert factor.secret is not None
        try:
            factor.secret = sealed.anew(factor.secret, of=PURPOSE)
            done += 1
        except sealed.CannotOpen:
            lost += 1
    db.session.flush()
    return done, lost


def _get(person_id: int) -> SecondFactor:
    factor = standing(person_id)
    if factor is None:
        raise NoSuchSecondFactor("There is no second factor.")
    return factor


def _of(factor: SecondFactor) -> history.Subject:
    return history.Subject("person", factor.person_id, factor.partnership_id)


def _end(factor: SecondFactor, *, now: datetime) -> None:
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.second_factor_id == factor.id))
    factor.secret, factor.ended_at = None, now
    db.session.flush()


def _totp(factor: SecondFactor) -> "TOTP":
    import pyotp

    return pyotp.TOTP(factor.key())


def _step(factor: SecondFactor, figures: str, *, now: datetime) -> int | None:
    """The step of 30 seconds that the code is of; None where it is of none near now, or no key of ours opens the
    secret any more."""
    from pyotp.exceptions import OTPVerificationError

    try:
        return _totp(factor).verify_and_get_timecode(figures, for_time=now, valid_window=DRIFT)
    except (sealed.CannotOpen, OTPVerificationError):
        return None


def _take_step(factor_id: int, step: int) -> bool:
    taken = db.session.execute(
        update(SecondFactor)
        .where(
            SecondFactor.id == factor_id,
            SecondFactor.ended_at.is_(None),
            SecondFactor.last_step < step,
        )
        .values(last_step=step)
        .returning(SecondFactor.id)
    ).scalar()
    return taken is not None


def _take_recovery(factor_id: int, code_hash: str, *, now: datetime) -> bool:
    taken = db.session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.second_factor_id == factor_id,
            RecoveryCode.code_hash == code_hash,
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(RecoveryCode.id)
    ).scalar()
    return taken is not None


def _keep_codes(factor: SecondFactor, drawn: DrawnCodes) -> list[str]:
    if drawn.salt != factor.salt:
        raise NoSuchSecondFactor("Your second factor was set up anew meanwhile.")
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.second_factor_id == factor.id))
    db.session.add_all(
        RecoveryCode(partnership_id=factor.partnership_id, second_factor_id=factor.id, code_hash=code_hash)
        for code_hash in drawn.hashes.values()
    )
    db.session.flush()
    return list(drawn.hashes)


def _figures(code: str) -> str:
    """'123 456' as '123456'; '' of what is no code of an app."""
    plain = re.sub(r"[\s-]+", "", code)
    return plain if re.fullmatch(r"[0-9]{6}", plain) else ""


def _hash_of(code: str, salt: str) -> str:
    """Slow and salted, since so short a code could be found again from a fast hash (OWASP ASVS 5 6.5.2)."""
    plain = re.sub(r"[\s-]+", "", code).casefold()
    return hashlib.scrypt(plain.encode(), salt=bytes.fromhex(salt), n=2**14, r=8, p=1, dklen=32).hex()
