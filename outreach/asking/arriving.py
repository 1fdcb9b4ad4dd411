"""Arriving of a person by their council's account: who it is here, and what their groups let them do."""

from dataclasses import dataclass
from datetime import datetime

from outreach.asking import leaving
from outreach.county import coordinators, partnerships, roles
from outreach.county.coordinators import Coordinator
from outreach.county.openid import accounts
from outreach.county.openid.accounts import ProviderAccount
from outreach.county.openid.tokens import Account
from outreach.county.sign_in_providers import Provider
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of

WHO = "groups of the council account"
"""Who gives and takes a role that follows groups, for the history."""


class NotLetIn(Refusal):
    """The account is somebody's at the council, and lets nobody in here."""


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """Who is in, once the code of their second factor is right where it `asks_code`; or None and why not, where their
    groups took away what they had here, which is to stand."""

    person: Coordinator | None
    asks_code: bool = False
    why_not: str = ""


def arrive(provider: Provider, account: Account, *, now: datetime) -> Arrived:
    """Whoever signed in at a provider comes in as the person whose account it is. An account that is nobody's is
    bound to the person of its partnership who was added with that address, or, where the provider adds people, to a
    new one. Whoever has a second factor here is let in by that alone, after it, unless the provider asked for one.

    Raises NotLetIn.
    """
    partnerships.lock(provider.partnership_id)
    bound = accounts.find(provider.issuer, account.subject)
    if bound is None and accounts.is_known(provider.issuer, account.subject):
        raise _not_known(account)
    person = _of_account(provider, bound) if bound is not None else _by_address(provider, account, now=now)
    if person is None:
        raise _not_known(account)
    if person.has_left(day_of(now)):
        raise NotLetIn("You have left here. Ask a lead coordinator whether you are to come back.")
    if provider.roles:
        why_not = _follow_groups(provider, account, person, bound, now=now)
        if why_not:
            return Arrived(person=None, why_not=why_not)
    if bound is None:
        bound = accounts.bind(person, provider.issuer, account.subject, who=person.name, now=now)
    bound.by_groups = bool(provider.roles)
    asks_code = person.has_second_factor and not account.by_two_factors
    if not asks_code:
        coordinators.let_in(person, now=now)
    return Arrived(person=person, asks_code=asks_code)


def _of_account(provider: Provider, bound: ProviderAccount) -> Coordinator | None:
    """Nobody comes in by another partnership's provider, though it be the same company's."""
    if bound.partnership_id != provider.partnership_id:
        return None
    return coordinators.of_partnership(provider.partnership_id, bound.person_id)


def _by_address(provider: Provider, account: Account, *, now: datetime) -> Coordinator | None:
    """Who was added with this address, or is added now; None where it is nobody's, or another partnership's."""
    if not account.email:
        raise NotLetIn(
            "Your council’s sign-in does not tell us your email address, by which we would know you. Tell whoever runs "
            "this service."
        )
    if not account.email_is_theirs:
        raise NotLetIn(
            f"Your council’s sign-in does not say that {account.email} is truly yours, so it lets nobody in here. Tell "
            "whoever runs this service."
        )
    if provider.domains and not provider.takes(account.email):
        raise NotLetIn(
            f"{account.email} is no address of {' or '.join(provider.domains)}. Sign in with your council account."
        )
    person = coordinators.find(account.email)
    if person is None:
        return None if coordinators.is_anothers(account.email) else _added(provider, account, now=now)
    if person.partnership_id != provider.partnership_id:
        return None
    if accounts.of_person(person.id, provider.issuer):
        raise NotLetIn(
            f"{account.email} belongs here to somebody who signs in with another account. If you are the same person, "
            "ask whoever runs this service to let you bind your new account."
        )
    return person


def _added(provider: Provider, account: Account, *, now: datetime) -> Coordinator | None:
    role = provider.role_of(account.groups or ())
    if not provider.adds or role is None:
        return None
    name = account.name or account.email.partition("@")[0]
    if coordinators.is_somebody_elses(name, account.email, provider.partnership_id):
        name = f"{name} ({account.email})"
    try:
        return coordinators.add(
            provider.partnership_id, name, account.email, password=None, role=role, who=WHO, now=now
        )
    except roles.LastLead:
        raise NotLetIn(
            "The first person here is a lead coordinator, and your groups do not make you one. Ask one to come in "
            "first."
        ) from None


def _follow_groups(
    provider: Provider, account: Account, person: Coordinator, bound: ProviderAccount | None, *, now: datetime
) -> str:
    """Their role is what their groups give. Why they are not let in, where groups that gave one give none any more:
    they have left then, and nobody has their schools. Groups that never gave one take none. Raises NotLetIn."""
    role = provider.role_of(account.groups or ())
    if role is None and (bound is None or not bound.by_groups):
        raise NotLetIn(
            "None of your groups at your council lets you in here. Ask whoever looks after its accounts to add you "
            "to one."
        )
    try:
        if role is None:
            leaving.leave(person, {}, on=None, who=WHO, now=now)
        elif role != person.role:
            leaving.change_role(person, role, {}, who=WHO, now=now)
    except roles.LastLead:
        raise NotLetIn(
            "You are the only lead coordinator here, and your groups at your council do not make you one any more. "
            "Nothing was changed and you are not signed in: somebody must be able to manage people. Whoever runs this "
            "service can let you in by a one-time link, to make another person a lead coordinator first."
        ) from None
    if role is None:
        return (
            "None of your groups at your council lets you in here any more, so your role here has ended. If that is "
            "wrong, ask whoever looks after its accounts, and then a lead coordinator here."
        )
    return ""


def _not_known(account: Account) -> NotLetIn:
    said = f" with the address {account.email}" if account.email else ""
    return NotLetIn(
        f"You signed in at your council, but nobody here is known by that account. Ask a lead coordinator to add "
        f"you{said}."
    )
