"""People with a role: who may sign in, by password or one-time link.

Signing in has three steps so that the slow hash is worked out with no transaction open:
`sign_in_tries.begin` counts, `holder` compares, `let_in` lets in.
"""

import hashlib
import secrets
import unicodedata
from datetime import date, datetime, time, timedelta

from sqlalchemy import ForeignKey, Index, Select, Text, exists, false, func, select, update
from sqlalchemy.orm import Mapped, column_property, mapped_column

from outreach.county import (
    partnerships,
    passkeys,
    passwords,
    person_invitations,
    roles,
    second_factors,
    sign_in_providers,
    sign_in_sessions,
    who_may,
)
from outreach.county.passkeys import Passkey
from outreach.county.person_invitations import (
    CAME_IN,
    SENT_AGAIN,
    WITHDRAWN,
    ChangedMeanwhile,
    InvitationOver,
    Made,
    PersonInvitation,
)
from outreach.county.roles import PersonRole
from outreach.county.second_factors import SecondFactor
from outreach.county.sign_in_sessions import LEFT, PASSWORD_CHANGED, RIGHTS_CHANGED, SignInSession
from outreach.ground import history, whose
from outreach.ground.db import Base, Instant, OfPartnership, db, made_once
from outreach.ground.errors import NoSuch, Refusal
from outreach.ground.timespans import day_of, wall
from outreach.ground.wording import day as day_words
from outreach.post.feeds import addresses

LINK_LASTS = timedelta(hours=24)
MAILED_LINK_LASTS = timedelta(hours=1)
MAILED_AT_ONCE = 3
"""So many one-time links of one person may be open before the sign-in page sends no more."""
LEAVES_WITHIN = timedelta(days=366)

DO_NOT_BELONG_TOGETHER = "That address and password do not belong together. Check both and try again."

# What an unknown address is compared with, so that it takes as long as a wrong password: no password's hash.
_NOBODY = f"scrypt:32768:8:1${'0' * 16}${'0' * 128}"


class AddressTaken(Refusal):
    field = "email"


class NameTaken(Refusal):
    """Somebody here is, or was, called so."""


class CannotSignIn(Refusal):
    field = "email"


class LinkUsed(Refusal):
    """A one-time link was used, has run out, or never was."""


class OnlyByAccount(Refusal):
    """Their partnership lets its people in by their council's account alone."""

    field = "email"


class NoSuchCoordinator(Refusal):
    pass


class NoSuchPerson(NoSuch):
    pass


class MayNotManage(Refusal):
    """Whoever does it may not, or not any more."""

    field = "role"


class DayCannotBe(Refusal):
    field = "day"


ELSEWHERE = (
    "{} signs in for another partnership of this service, and an address signs in for one alone. Enter another address "
    "of theirs. Who tours for both sees each troupe’s days by its link, too."
)


class Coordinator(Base, OfPartnership):
    """A person of one partnership who signs in; `role` is what they are now, None once they have left; `company_id`:
    whose tour they see as a company member. `single_keys`: single letters act on lists, once a person has switched that
    on (WCAG 2.1.4); `leaves_on`: the last day on which they sign in, once that is known."""

    __tablename__ = "person"
    __table_args__ = (Index("uq_person_id_partnership_id", "id", "partnership_id", unique=True),)
    in_history = ("person", "id")

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text, unique=True)
    password_hash: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    leaves_on: Mapped[date | None] = mapped_column()
    single_keys: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Read with the person, in the same statement: every page of the desk asks it.
    role: Mapped[str | None] = column_property(
        select(PersonRole.role)
        .where(PersonRole.person_id == id, PersonRole.taken_at.is_(None))
        .correlate_except(PersonRole)
        .scalar_subquery()
    )
    company_id: Mapped[int | None] = column_property(
        select(PersonRole.company_id)
        .where(PersonRole.person_id == id, PersonRole.taken_at.is_(None))
        .correlate_except(PersonRole)
        .scalar_subquery()
    )
    has_second_factor: Mapped[bool] = column_property(
        exists()
        .where(
            SecondFactor.person_id == id,
            SecondFactor.confirmed_at.is_not(None),
            SecondFactor.ended_at.is_(None),
        )
        .correlate_except(SecondFactor)
        | exists().where(Passkey.person_id == id).correlate_except(Passkey)
    )

    def has_left(self, today: date) -> bool:
        """Whether nothing lets them in any more; the row says so only once somebody has put it down."""
        return self.ended_at is not None or (self.leaves_on is not None and self.leaves_on < today)


class SignInLink(Base):
    """A one-time link that signs one person in; only its hash is kept. `by_operator`: made by whoever runs the service,
    so that it lets in where the council's account alone does otherwise, and that is down."""

    __tablename__ = "sign_in_link"

    token_hash: Mapped[str] = mapped_column(Text, primary_key=True)
    person_id: Mapped[int] = mapped_column(index=True)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    by_operator: Mapped[bool] = mapped_column(default=False, server_default=false())


class SignIn(Base):
    """When somebody signed in: what is new on the desk is what came after the last time before today."""

    __tablename__ = "sign_in"
    __table_args__ = (Index("ix_sign_in_person", "person_id", "signed_in_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    signed_in_at: Mapped[datetime] = mapped_column(Instant)


def add(
    partnership_id: int,
    name: str,
    email: str,
    *,
    password: str | None,
    now: datetime,
    role: str = roles.LEAD,
    company: roles.CompanyOfRole | None = None,
    who: str = "set-up",
) -> Coordinator:
    """A new person in that role, or one who had left and comes back: the same row, so that what they did stays theirs.
    Without a password only a link lets them in.

    Raises AddressTaken, NameTaken, LastLead, ItsCompany, and of a password as passwords.check.
    """
    partnerships.lock(partnership_id)
    _refuse_anothers(name, email, partnership_id)
    if role != roles.LEAD and not leads(partnership_id):
        raise roles.LastLead("The first person of a partnership is a lead coordinator. Add one first.")
    there = find(email)
    if there is not None:
        if there.partnership_id != partnership_id:
            raise AddressTaken(ELSEWHERE.format(plain(email)))
        if not there.has_left(day_of(now)):
            raise AddressTaken(f"{plain(email)} already belongs to somebody here.")
        return _come_back(there, name, password=password, role=role, company=company, who=who, now=now)
    if is_anothers(email):
        raise AddressTaken(ELSEWHERE.format(plain(email)))
    person = Coordinator(
        partnership_id=partnership_id,
        name=name,
        email=plain(email),
        password_hash=None
        if password is None
        else passwords.hash_of(password, own_words=_own_words(partnership_id, name, email)),
        created_at=now,
    )
    db.session.add(person)
    db.session.flush()
    roles.give(partnership_id, person.id, role, company=company, who=who, now=now)
    history.record("added", person, who=who, now=now, after=person.email)
    return person


def _refuse_anothers(name: str, email: str, partnership_id: int) -> None:
    if is_somebody_elses(name, email, partnership_id):
        raise NameTaken(
            f"There is, or was, a {name} here already, and the history says by name who did what. Write this one so "
            "that the two are told apart, with a middle name or what they do.",
            field="name",
        )


def is_somebody_elses(name: str, email: str, partnership_id: int) -> bool:
    """Whether a name is that of another person here, or of one who left: the history says by name who did what."""
    names = db.session.scalars(
        select(Coordinator.name)
        .where(Coordinator.partnership_id == partnership_id, Coordinator.email != plain(email))
        .order_by(Coordinator.id)
    )
    return any(_as_read(one) == _as_read(name) for one in names)


def _as_read(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _come_back(
    person: Coordinator,
    name: str,
    *,
    password: str | None,
    role: str,
    company: roles.CompanyOfRole | None,
    who: str,
    now: datetime,
) -> Coordinator:
    """Nothing of before lets them in: neither password nor link, session or calendar address."""
    if person.ended_at is None:
        end(person, who=who, now=now)
    lock(person)
    before = {"name": person.name, "left": day_of(person.ended_at or now).isoformat()}
    person.name, person.ended_at, person.leaves_on = name, None, None
    person.password_hash = None if password is None else hash_of(person, password)
    db.session.flush()
    roles.give(person.partnership_id, person.id, role, company=company, who=who, now=now)
    db.session.expire(person, ["role", "company_id"])
    after = {"name": name} | _role_in_history(role, company)
    history.record("came back", person, who=who, now=now, before=before, after=after)
    return person


def leads(partnership_id: int) -> list[Coordinator]:
    """Those who may manage people and settings, by name: whom to ask for what one's own role may not. Who was invited
    and has not come in is none yet."""
    return list(
        db.session.scalars(
            select(Coordinator)
            .where(
                Coordinator.partnership_id == partnership_id,
                Coordinator.ended_at.is_(None),
                Coordinator.role == roles.LEAD,
                ~person_invitations.is_awaited(Coordinator.id),
            )
            .order_by(Coordinator.name, Coordinator.id)
        )
    )


def change_role(
    person: Coordinator,
    role: str,
    *,
    company: roles.CompanyOfRole | None = None,
    who: str,
    now: datetime,
) -> None:
    """Another role from now on; what the new one may not have, a calendar's address, stops, and every session ends, so
    that none goes on with other rights than it began with. The same again is nothing.

    Raises NoSuchCoordinator of one who has left meanwhile, LastLead, ItsCompany.
    """
    partnerships.lock(person.partnership_id)
    lock(person)
    if person.ended_at is not None:
        raise NoSuchCoordinator(f"{person.name} has left, and has no role any more.")
    before = person.role
    if before == role and person.company_id == (company.id if company else None):
        return
    _is_not_the_last_lead(person)
    roles.take(person.id, who=who, now=now)
    roles.give(person.partnership_id, person.id, role, company=company, who=who, now=now)
    db.session.refresh(person)
    sign_in_sessions.end_all_of(person.id, why=RIGHTS_CHANGED, now=now)
    if role not in who_may.roles_that(who_may.SEE, "calendars"):
        addresses.withdraw_all_of(person.id, who=who, now=now)
    after = _role_in_history(role, company)
    history.record("role changed", person, who=who, now=now, before={"role": before}, after=after)


def _role_in_history(role: str, company: roles.CompanyOfRole | None) -> dict[str, str]:
    return {"role": role} if company is None else {"role": role, "company": company.name}


def let_manage(person_id: int, *, giving: str | None = None) -> Coordinator:
    """Whoever manages people now, read behind the lock behind which rights change; `giving`: the role that they are to
    give. Raises MayNotManage."""
    person = db.session.get_one(Coordinator, person_id)
    partnerships.lock(person.partnership_id)
    db.session.refresh(person)
    if not who_may.may(person.role, who_may.Deed(who_may.CHANGE, "people")):
        raise MayNotManage("Your own role was changed meanwhile: you manage no people any more.")
    if giving is not None and not who_may.may_give(person.role, giving):
        raise MayNotManage(
            f"You cannot make somebody a {roles.NAMES[giving]}: that is more than you may yourself."
        )
    return person


def why_stays(person: Coordinator) -> str:
    """Why somebody can neither leave nor get another role: nobody who stays would manage people; '' where they can."""
    if person.role != roles.LEAD:
        return ""
    others = [lead for lead in leads(person.partnership_id) if lead.id != person.id]
    if any(lead.leaves_on is None for lead in others):
        return ""
    who_stays = "who stays" if others else "here"
    return (
        f"{person.name} is the only lead coordinator {who_stays}, and somebody must be able to manage people. "
        "Make another person a lead coordinator first."
    )


def _is_not_the_last_lead(person: Coordinator) -> None:
    if why := why_stays(person):
        raise roles.LastLead(why)


def find(email: str) -> Coordinator | None:
    return db.session.scalar(select(Coordinator).where(Coordinator.email == plain(email)))


def is_anothers(email: str) -> bool:
    """Whether somebody has this address whom `find` does not see: of another partnership, behind the walls."""
    return find(email) is None and whose.is_known("address", plain(email))


def get(email: str) -> Coordinator:
    """The coordinator of an address who has not left. Raises NoSuchPerson."""
    person = find(email)
    if person is None or person.ended_at is not None:
        raise NoSuchCoordinator(f"Nobody signs in with {plain(email)}.")
    return person


def of_partnership(partnership_id: int, person_id: int) -> Coordinator:
    """A person of a partnership, who has left or not. Raises NoSuchPerson for another's or nobody."""
    person = db.session.get(Coordinator, person_id)
    if person is None or person.partnership_id != partnership_id:
        raise NoSuchPerson("There is no such person here.")
    return person


def everyone(partnership_id: int) -> list[Coordinator]:
    """Everybody of a partnership, who has left too, by name."""
    return list(
        db.session.scalars(
            select(Coordinator)
            .where(Coordinator.partnership_id == partnership_id)
            .order_by(Coordinator.name, Coordinator.id)
        )
    )


def last_here_of_all(partnership_id: int) -> dict[int, datetime]:
    """When each person of a partnership was here last; who never was is missing. Two queries."""
    found = db.session.execute(
        select(SignIn.person_id, func.max(SignIn.signed_in_at))
        .join(Coordinator, Coordinator.id == SignIn.person_id)
        .where(Coordinator.partnership_id == partnership_id)
        .group_by(SignIn.person_id)
        .order_by(SignIn.person_id)
    )
    seen = sign_in_sessions.last_seen(partnership_id)
    signed_in = {person_id: at for person_id, at in found}
    return seen | {person_id: max(at, seen.get(person_id, at)) for person_id, at in signed_in.items()}


def end_sessions(person: Coordinator, *, who: str, now: datetime) -> None:
    """Somebody who may manage people ends all sessions of a person, who can sign in again."""
    lock(person)
    sign_in_sessions.end_all_of(person.id, why=sign_in_sessions.SIGNED_OUT, now=now)
    history.record("sessions ended", person, who=who, now=now)


def use_single_keys(person: Coordinator, wanted: bool, *, now: datetime) -> None:
    """Whether single keys work on lists, by the person's own wish. The same again leaves nothing."""
    if wanted != person.single_keys:
        before, person.single_keys = person.single_keys, wanted
        told = {"before": {"single keys": before}, "after": {"single keys": wanted}}
        history.record("changed", person, who=person.name, now=now, **told)


def holder(email: str, password: str) -> Coordinator:
    """Who holds this address and password; takes equally long whether the address is known or not.

    Raises CannotSignIn, and OnlyByAccount to who knows the password. Only reads: call it with no write transaction
    open, the hash is slow on purpose.
    """
    person = find(email)
    known = person.password_hash if person is not None and person.ended_at is None else None
    fits = passwords.fits(_NOBODY if known is None else known, password)
    if person is None or known is None or not fits:
        raise CannotSignIn(DO_NOT_BELONG_TOGETHER)
    let_come_otherwise(person)
    return person


def let_come_otherwise(person: Coordinator) -> None:
    """Otherwise than by the account that they have elsewhere. Raises OnlyByAccount."""
    provider = sign_in_providers.only_one_of(person.partnership_id)
    if provider is not None:
        whose = partnerships.get(person.partnership_id).name
        raise OnlyByAccount(f"{whose} lets its people in one way alone. Press ‘{provider.button}’.")


def note_sign_in(person: Coordinator, *, device: str, by: str, now: datetime) -> None:
    """Who came in stands in the history, with on what, and by what: a password, a passkey, a link, or their
    council's account."""
    how = {"device": device, "by": by}
    history.record("signed in", _sign_in_of(person), who=person.name, now=now, after=how)


OWN_PASSWORD = "password, asked of who is signed in"


def note_failed(email: str, wrong: str, *, device: str, now: datetime) -> None:
    """That somebody tried to come in as a person stands in the history; of an address that is nobody's, nothing.
    `wrong`: the password, the code after it, a passkey, or OWN_PASSWORD."""
    person = find(email)
    if person is not None:
        how = {"device": device, "wrong": wrong}
        history.record("failed to sign in", _sign_in_of(person), who=person.email, now=now, after=how)


def _sign_in_of(person: Coordinator) -> history.Subject:
    return history.Subject(history.SIGN_IN, person.id, person.partnership_id)


def let_in(person: Coordinator, *, now: datetime, proven: str | None = None) -> None:
    """They are in, and when it was is kept, to the second. `proven`: the hash that their
    password was compared with; raises CannotSignIn where they chose another since, or have left."""
    lock(person)
    if person.has_left(day_of(now)) or proven not in (None, person.password_hash):
        raise CannotSignIn(DO_NOT_BELONG_TOGETHER)
    if person_invitations.end(person.id, CAME_IN, who=person.name, now=now):
        history.record("came in", person, who=person.name, now=now)
    db.session.add(SignIn(person_id=person.id, signed_in_at=now.replace(microsecond=0)))
    db.session.flush()


def of_session(token: str) -> tuple[Coordinator, SignInSession] | None:
    """Whose session a cookie's token is of, in one statement; None for a token that never was, and of who has left."""
    if not sign_in_sessions.is_token(token):
        return None
    token_hash = sign_in_sessions.hash_of(token)
    with whose.meanwhile("session", token_hash):
        found = db.session.execute(*_of_session(token_hash)).one_or_none()
    return None if found is None else (found[0], found[1])


@made_once
def _of_session(token_hash: str) -> Select[Coordinator, SignInSession]:
    return (
        select(Coordinator, SignInSession)
        .join(SignInSession, SignInSession.person_id == Coordinator.id)
        .where(SignInSession.token_hash == token_hash, Coordinator.ended_at.is_(None))
        .execution_options(populate_existing=True)
    )


def last_here(person_id: int, *, now: datetime) -> datetime | None:
    """When a person last signed in on a day before today; None if that never was."""
    found: datetime | None = db.session.scalar(*_last_signed_in(person_id, wall(day_of(now), time(0))))
    return found


@made_once
def _last_signed_in(person_id: int, before: datetime) -> Select[datetime | None]:
    return select(func.max(SignIn.signed_in_at)).where(
        SignIn.person_id == person_id, SignIn.signed_in_at < before
    )


def forgotten(email: str, *, now: datetime) -> tuple[Coordinator, str] | None:
    """Who forgot their password, and the token of a link for the letter to them; None where no letter goes: nobody who
    signs in has that address, a link would not let them in, or MAILED_AT_ONCE of theirs are open already."""
    whose.bind_to("address", plain(email))
    person = find(email)
    if person is None:
        return None
    lock(person)
    still_open = select(func.count()).where(
        SignInLink.person_id == person.id, SignInLink.used_at.is_(None), SignInLink.expires_at > now
    )
    if sign_in_providers.only_one_of(person.partnership_id) is not None:
        return None
    if person.has_left(day_of(now)) or (db.session.scalar(still_open) or 0) >= MAILED_AT_ONCE:
        return None
    if person_invitations.find_standing(person.id) is not None:
        return None  # they have no password yet, and what lapsed or is sent again is the lead's to say
    return person, sign_in_link(person, who="sign-in page", lasts=MAILED_LINK_LASTS, now=now)


def sign_in_link(
    person: Coordinator,
    *,
    who: str = "command line",
    lasts: timedelta = LINK_LASTS,
    by_operator: bool = False,
    now: datetime,
) -> str:
    """The token of a fresh one-time link; the only copy."""
    token = secrets.token_urlsafe(24)
    db.session.add(
        SignInLink(
            token_hash=_digest(token), person_id=person.id, expires_at=now + lasts, by_operator=by_operator
        )
    )
    history.record("sign-in link made", person, who=who, now=now)
    return token


def invite(person: Coordinator, *, who: str, now: datetime) -> Made:
    """A link for somebody who was just added, by which they come in and choose a name and a password."""
    made = person_invitations.make(person.partnership_id, person.id, who=who, now=now)
    history.record("invited", person, who=who, now=now, after={"role": person.role})
    return made


def invite_again(person: Coordinator, *, shown: int, who: str, now: datetime) -> Made:
    """Another link for who has not come in; every one before is dead. `shown`: the id of the invitation that was on the
    page, 0 for none. Raises ChangedMeanwhile: of two colleagues who press at once one sends; and nobody gets into an
    account that its person uses by a link of somebody else's asking; OnlyByAccount."""
    lock(person)
    _stands_as_shown(person, shown, now=now)
    let_come_otherwise(person)
    keep_out(person, RIGHTS_CHANGED, now=now)
    person_invitations.end(person.id, SENT_AGAIN, who=who, now=now)
    made = person_invitations.make(person.partnership_id, person.id, who=who, now=now)
    history.record("invited again", person, who=who, now=now)
    return made


def withdraw_invitation(person: Coordinator, *, shown: int, who: str, now: datetime) -> None:
    """They do not come in after all; their address can be invited again. Raises ChangedMeanwhile, LastLead."""
    partnerships.lock(person.partnership_id)
    lock(person)
    _stands_as_shown(person, shown, now=now)
    end(person, who=who, now=now)


def _stands_as_shown(person: Coordinator, shown: int, *, now: datetime) -> None:
    standing = person_invitations.find_standing(person.id)
    if standing is None and (
        person.password_hash is not None or last_here(person.id, now=now + timedelta(days=2)) is not None
    ):
        raise ChangedMeanwhile(f"{person.name} has signed in already.")
    if shown != (standing.id if standing else 0):
        by = f" by {standing.invited_by}" if standing else ""
        raise ChangedMeanwhile(f"{person.name} was invited again{by} since this page was opened.")


def invited_by(token: str, *, now: datetime) -> tuple[PersonInvitation, Coordinator]:
    """An invitation that is open, and who was invited. Changes nothing: mail scanners open links. Raises
    InvitationOver."""
    invitation = person_invitations.find(token)
    person = None if invitation is None else db.session.get(Coordinator, invitation.person_id)
    if invitation is None or person is None or not invitation.open_at(now) or person.has_left(day_of(now)):
        raise InvitationOver("This invitation has been used, was withdrawn, or has lapsed.")
    return invitation, person


def accept(token: str, name: str, new_hash: str, *, now: datetime) -> Coordinator:
    """Whoever was invited is in, by their own name and a password of which this is the `hash_of`; of two who press at
    once one is. Raises InvitationOver, OnlyByAccount, NameTaken."""
    _, person = invited_by(token, now=now)
    lock(person)
    invited_by(token, now=now)
    let_come_otherwise(person)
    _refuse_anothers(name, person.email, person.partnership_id)
    before, person.name, person.password_hash = person.name, name, new_hash
    if name != before:
        history.record("chose a name", person, who=name, now=now, before=before, after=name)
    keep_out(person, PASSWORD_CHANGED, now=now)
    let_in(person, now=now)
    return person


def use_link(token: str, *, now: datetime) -> Coordinator:
    """Whose link it is; it works once, whoever else sends it at the same moment. Whoever has a second factor is let in
    by that alone, after it. Raises LinkUsed, OnlyByAccount.

    The person is locked before the link, as whoever changes a password does it.
    """
    whose.bind_to("sign-in link", _digest(token))
    link = db.session.get(SignInLink, _digest(token))
    person = None if link is None else db.session.get(Coordinator, link.person_id)
    if person is not None:
        lock(person)
    used = db.session.execute(
        update(SignInLink)
        .where(
            SignInLink.token_hash == _digest(token), SignInLink.used_at.is_(None), SignInLink.expires_at > now
        )
        .values(used_at=now)
        .returning(SignInLink.person_id)
    ).scalar()
    if used is None or person is None or person.has_left(day_of(now)):
        raise LinkUsed("This sign-in link has been used or has run out.")
    if link is not None and not link.by_operator:
        let_come_otherwise(person)
    if not person.has_second_factor:
        let_in(person, now=now)
    return person


def link_is_open(token: str, *, now: datetime) -> bool:
    """Whether the link would still let somebody in; changes nothing, mail scanners open links."""
    whose.bind_to("sign-in link", _digest(token))
    link = db.session.get(SignInLink, _digest(token))
    return link is not None and link.used_at is None and link.expires_at > now


def hash_of(person: Coordinator, password: str, *, name: str | None = None) -> str:
    """The hash to keep of a password that a person chose, with the name they are to have; slow on purpose, so with no
    transaction open to write. Raises as passwords.check."""
    own_words = _own_words(person.partnership_id, name or person.name, person.email)
    return passwords.hash_of(password, own_words=own_words)


def _own_words(partnership_id: int, name: str, email: str) -> tuple[str, ...]:
    """What a person and their partnership are called."""
    partnership = partnerships.get(partnership_id)
    return (name, email, partnership.name, partnership.county)


def change_password(person: Coordinator, new_hash: str, *, now: datetime) -> None:
    """A new password by its `hash_of`; every session of the old one ends, and no older link lets them in."""
    lock(person)
    person.password_hash = new_hash
    keep_out(person, PASSWORD_CHANGED, now=now)
    history.record("changed the password", person, who=person.name, now=now)


def end(person: Coordinator, *, who: str, now: datetime) -> None:
    """The person has left: neither password nor link nor session lets them in, and the calendar address
    stops. The row stays. Raises LastLead; NoSuchCoordinator of one who has left meanwhile."""
    partnerships.lock(person.partnership_id)
    lock(person)
    if person.ended_at is not None:
        raise NoSuchCoordinator(f"{person.name} has left already.")
    _is_not_the_last_lead(person)
    person.ended_at = now
    was_awaited = person_invitations.end(person.id, WITHDRAWN, who=who, now=now)
    keep_out(person, LEFT, now=now)
    second_factors.of_leaver(person.id, now=now)
    passkeys.remove_all_of(person.id, who=who, now=now)
    roles.take(person.id, who=who, now=now)
    db.session.expire(person, ["role", "company_id"])
    addresses.withdraw_all_of(person.id, who=who, now=now)
    history.record("invitation withdrawn" if was_awaited else "left", person, who=who, now=now)


def lock(person: Coordinator) -> None:
    """What lets a person in and what keeps them out go one after the other; the row is read anew. Rows that only name
    the person wait for neither."""
    db.session.refresh(person, with_for_update={"key_share": True})


def keep_out(person: Coordinator, why: str, *, but: int | None = None, now: datetime) -> None:
    """Every session ends, `but` one, and each link that was not used runs out."""
    sign_in_sessions.end_all_of(person.id, why=why, now=now, but=but)
    db.session.execute(
        update(SignInLink)
        .where(SignInLink.person_id == person.id, SignInLink.used_at.is_(None), SignInLink.expires_at > now)
        .values(expires_at=now)
    )


def leave_on(person: Coordinator, day: date, *, who: str, now: datetime) -> None:
    """They sign in until the end of that day, and have left from then on. Raises DayCannotBe, LastLead,
    NoSuchCoordinator."""
    partnerships.lock(person.partnership_id)
    db.session.refresh(person)
    if person.ended_at is not None:
        raise NoSuchCoordinator(f"{person.name} has left already.")
    if day < day_of(now):
        raise DayCannotBe(f"{day_words(day)} is past. Enter today or a day to come.")
    if day > day_of(now) + LEAVES_WITHIN:
        raise DayCannotBe(f"{day_words(day)} is more than a year ahead. Check the year.")
    _is_not_the_last_lead(person)
    before, person.leaves_on = person.leaves_on, day
    if before != day:
        history.record("leaves", person, who=who, now=now, before=_on(before), after=_on(day))


def stay(person: Coordinator, *, who: str, now: datetime) -> None:
    """They do not leave after all. Nothing where no day was set. Raises NoSuchCoordinator of one who has left."""
    partnerships.lock(person.partnership_id)
    db.session.refresh(person)
    if person.has_left(day_of(now)):
        raise NoSuchCoordinator(f"{person.name} has left already.")
    if person.leaves_on is not None:
        before, person.leaves_on = person.leaves_on, None
        history.record("stays", person, who=who, now=now, before=_on(before))


def end_who_left(*, who: str, now: datetime) -> None:
    """Put down, of each whose last day is over, that they have left."""
    gone = db.session.scalars(
        select(Coordinator)
        .where(Coordinator.ended_at.is_(None), Coordinator.leaves_on < day_of(now))
        .order_by(Coordinator.partnership_id, Coordinator.id)
    ).all()
    for person in gone:
        end(person, who=who, now=now)


def _on(day: date | None) -> dict[str, str] | None:
    return None if day is None else {"day": day.isoformat()}


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def plain(email: str) -> str:
    """An address as it is compared."""
    return email.strip().lower()
