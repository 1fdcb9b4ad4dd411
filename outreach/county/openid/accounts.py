"""Accounts at sign-in providers that are a person's here: bound to them once, by issuer and subject."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Text, false, select, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.county.coordinators import Coordinator
from outreach.ground import history, whose
from outreach.ground.db import Base, Instant, db, key_within_partnership
from outreach.ground.errors import Refusal


class NoSuchAccount(Refusal):
    pass


class ProviderAccount(Base):
    """That an account is a person's, from `bound_at` until `ended_at`. `subject` is what the issuer calls it, for ever
    (OpenID Connect Core 5.7); an address may go to somebody else. `by_groups`: its groups gave the role that they
    have."""

    __tablename__ = "provider_account"
    __table_args__ = (
        key_within_partnership("person_id", "person"),
        CheckConstraint("issuer <> '' AND subject <> ''", name="named"),
        Index(
            "uq_provider_account_standing",
            "issuer",
            "subject",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "uq_provider_account_person",
            "person_id",
            "issuer",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int]
    person_id: Mapped[int]
    issuer: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    by_groups: Mapped[bool] = mapped_column(default=False, server_default=false())
    bound_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


def find(issuer: str, subject: str) -> ProviderAccount | None:
    """Whose account it is, of whichever partnership whose rows we see."""
    return db.session.scalar(
        select(ProviderAccount).where(
            ProviderAccount.issuer == issuer,
            ProviderAccount.subject == subject,
            ProviderAccount.ended_at.is_(None),
        )
    )


def is_known(issuer: str, subject: str) -> bool:
    """Whether it is somebody's of a partnership whose rows we may not see. False on SQLite, where `find` sees all."""
    return whose.is_known("account", f"{issuer} {subject}")


def of_person(person_id: int, issuer: str | None = None) -> list[ProviderAccount]:
    """The accounts by which somebody signs in, of one issuer or all."""
    of_issuer = () if issuer is None else (ProviderAccount.issuer == issuer,)
    return list(
        db.session.scalars(
            select(ProviderAccount)
            .where(ProviderAccount.person_id == person_id, ProviderAccount.ended_at.is_(None), *of_issuer)
            .order_by(ProviderAccount.id)
        )
    )


def bind(person: Coordinator, issuer: str, subject: str, *, who: str, now: datetime) -> ProviderAccount:
    """From now on this account is this person's, who has none of that issuer."""
    account = ProviderAccount(
        partnership_id=person.partnership_id,
        person_id=person.id,
        issuer=issuer,
        subject=subject,
        bound_at=now,
    )
    db.session.add(account)
    db.session.flush()
    history.record("council account bound", person, who=who, now=now, after={"issuer": issuer})
    return account


def unbind(person: Coordinator, *, who: str, now: datetime) -> None:
    """None of their accounts is theirs any more; the next that comes with their address is bound anew. Raises
    NoSuchAccount."""
    bound = of_person(person.id)
    if not bound:
        raise NoSuchAccount(f"{person.name} signs in by no account of a sign-in provider.")
    for account in bound:
        account.ended_at = now
        history.record("council account unbound", person, who=who, now=now, before={"issuer": account.issuer})
