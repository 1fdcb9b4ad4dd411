"""One person of whom something is held at a partnership: addresses, the names that stand beside them, and the row of
who signs in."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from unicodedata import normalize

from sqlalchemy import func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from outreach.asking.open_door import LinkRequest
from outreach.booking.named import NamedPerson
from outreach.booking.promises import VisitContact
from outreach.county import organisations
from outreach.county.contacts import Contact
from outreach.county.coordinators import Coordinator
from outreach.county.partnerships import Partnership
from outreach.county.schools import Organisation
from outreach.ground.db import Base, db
from outreach.ground.errors import NoSuch
from outreach.post.incoming.inbox import Incoming
from outreach.post.links import PersonalLink
from outreach.post.outbox import Letter
from outreach.privacy import comparing, phone_numbers
from outreach.privacy.belonging import of_partnership
from outreach.privacy.last_used import ERASED_AT
from outreach.tour.companies import Company

_BESIDE: tuple[tuple[type[Base], InstrumentedAttribute[str], InstrumentedAttribute[str]], ...] = (
    (Contact, Contact.address, Contact.name),
    (VisitContact, VisitContact.address, VisitContact.name),
    (NamedPerson, NamedPerson.address, NamedPerson.name),
    (PersonalLink, PersonalLink.address, PersonalLink.name),
    (LinkRequest, LinkRequest.address, LinkRequest.name),
    (Incoming, Incoming.sender, Incoming.sender_name),
    (Coordinator, Coordinator.email, Coordinator.name),
    (Company, Company.contact_email, Company.contact_name),
    (Partnership, Partnership.contact_email, Partnership.contact_name),
)
"""Where a name stands beside an address."""

_PHONES: tuple[tuple[type[Base], InstrumentedAttribute[str], InstrumentedAttribute[str]], ...] = (
    (Contact, Contact.address, Contact.phone),
    (VisitContact, VisitContact.address, VisitContact.phone),
    (NamedPerson, NamedPerson.address, NamedPerson.phone),
    (Company, Company.contact_email, Company.contact_phone),
    (Partnership, Partnership.contact_email, Partnership.contact_phone),
)
"""Where a number stands beside an address."""


class NobodyHere(NoSuch):
    """Nothing is held of that address at this partnership."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """An address with the names that stand beside it."""

    address: str
    names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Person:
    """`addresses` in lower case; `names` as they are spelt; `shared`: those of them that somebody with another address
    bears too, and with whom; by such a name alone nothing is told apart. `by_name`: it is taken for them all the same.
    `phones`: as they are dialled, those of nobody else and of no school.
    """

    partnership_id: int
    addresses: tuple[str, ...]
    names: tuple[str, ...]
    shared: Mapping[str, tuple[str, ...]]
    person_id: int | None
    by_name: bool = False
    phones: tuple[str, ...] = ()
    colleagues: frozenset[str] = frozenset()
    """Names of others who sign in here, in lower case: what such a one did stays theirs, whoever else is called so."""

    @cached_property
    def own_names(self) -> tuple[str, ...]:
        return tuple(one for one in self.names if self.by_name or one not in self.shared)

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """What is looked for within words: addresses, and names of two words or more, in each form of Unicode; one
        name alone is anybody's."""
        names = [one for one in self.own_names if " " in one.strip()]
        forms = {normalize(form, one) for one in names for form in ("NFC", "NFD")}
        return (*self.addresses, *sorted(forms.union(names, map(comparing.on_one_line, names))))

    @cached_property
    def _within(self) -> re.Pattern[str]:
        told = "|".join(re.escape(one) for one in sorted(self.terms, key=len, reverse=True))
        phones = "".join(f"|{phone_numbers.pattern(one)}" for one in self.phones)
        return re.compile(rf"(?<![\w.+-])(?:{told})(?![\w-]){phones}", re.IGNORECASE)

    def is_in(self, told: Any) -> bool:
        """Whether they are named in what stands in a column: text, or what JSON holds."""
        if isinstance(told, str):
            if plain_name(told) in self.colleagues:
                return False
            return told in self.own_names or bool(self._within.search(told))
        if isinstance(told, Mapping):
            return any(self.is_in(key) or self.is_in(value) for key, value in told.items())
        return isinstance(told, Sequence) and not isinstance(told, bytes) and any(map(self.is_in, told))

    def taken_out(self, told: Any, instead: str) -> Any:
        """The same without them."""
        if isinstance(told, str):
            if plain_name(told) in self.colleagues:
                return told
            return instead if told in self.own_names else self._within.sub(instead, told)
        if isinstance(told, Mapping):
            return {
                self.taken_out(key, instead): self.taken_out(value, instead) for key, value in told.items()
            }
        if isinstance(told, Sequence) and not isinstance(told, bytes):
            return [self.taken_out(one, instead) for one in told]
        return told

    @cached_property
    def needles(self) -> tuple[str, ...]:
        """What of each term stands as it is wherever the term does, in small letters."""
        return (*self.addresses, *(comparing.needle(one) for one in self.terms if one not in self.addresses))

    def spelt(self) -> list[str]:
        """Terms as a database finds them, in JSON's spelling too."""
        return sorted({*self.terms, *map(in_json, self.terms)})


def plain_name(name: str) -> str:
    """The same of a name however it is spelt: without capitals, and with single blanks."""
    return " ".join(name.casefold().split())


def in_json(words: str) -> str:
    """As a database spells them within JSON."""
    return json.dumps(words)[1:-1]


def find(partnership_id: int, words: str, *, most: int = 50) -> list[Known]:
    """Whoever is known at a partnership by an address or a name in which all of some words stand, by address."""
    wanted = words.casefold().split()
    if not wanted:
        return []
    told: dict[str, set[str]] = {}
    for model, address, name in _BESIDE:
        both = func.lower(address).op("||")(" ").op("||")(func.lower(name))
        rows = db.session.execute(
            select(func.lower(address), name)
            .where(
                of_partnership(model, partnership_id),
                address != "",
                address.not_like(f"%{ERASED_AT}"),
                *(
                    or_(both.contains(one, autoescape=True), name.contains(one, autoescape=True))
                    for one in wanted
                ),
            )
            .distinct()
            .order_by(func.lower(address), name)
            .limit(most)
        )
        for of, called in rows:
            told.setdefault(of, set()).update({called} - {""})
    return [Known(address=of, names=tuple(sorted(told[of]))) for of in sorted(told)[:most]]


def get(partnership_id: int, addresses: Iterable[str], *, by_name: bool = False) -> Person:
    """Raises NobodyHere."""
    given = tuple(sorted({one.strip().lower() for one in addresses if one.strip()}))
    names: set[str] = set()
    there = False
    for model, address, name in _BESIDE:
        ours = of_partnership(model, partnership_id)
        rows = db.session.scalars(
            select(name).where(ours, func.lower(address).in_(given)).distinct().order_by(name)
        ).all()
        there = there or bool(rows)
        names |= {one.strip() for one in rows if one and one.strip()}
    if not there and not _written_to(partnership_id, given):
        raise NobodyHere("Nothing is held of that address here.")
    return Person(
        partnership_id=partnership_id,
        addresses=given,
        names=tuple(sorted(names)),
        shared=_shared(partnership_id, given, sorted(names)),
        person_id=db.session.scalar(
            select(Coordinator.id).where(
                Coordinator.partnership_id == partnership_id, func.lower(Coordinator.email).in_(given)
            )
        ),
        by_name=by_name,
        phones=_phones(partnership_id, given),
        colleagues=_colleagues(partnership_id, given),
    )


def _phones(partnership_id: int, addresses: Sequence[str]) -> tuple[str, ...]:
    theirs: set[str] = set()
    others = {""}
    for model, address, phone in _PHONES:
        rows = db.session.execute(
            select(phone, func.lower(address).in_(addresses))
            .where(of_partnership(model, partnership_id), phone != "")
            .distinct()
        )
        for written, is_theirs in rows:
            (theirs if is_theirs else others).add(phone_numbers.dialled(written))
    schools = select(Organisation.telephone).where(
        organisations.ours(partnership_id), Organisation.telephone != ""
    )
    others.update(map(phone_numbers.dialled, db.session.scalars(schools)) if theirs else ())
    return tuple(sorted(theirs - others))


def _colleagues(partnership_id: int, addresses: Sequence[str]) -> frozenset[str]:
    """Of those who have not left, and have none of these addresses."""
    rows = db.session.scalars(
        select(Coordinator.name)
        .where(
            Coordinator.partnership_id == partnership_id,
            Coordinator.ended_at.is_(None),
            func.lower(Coordinator.email).not_in(addresses),
        )
        .order_by(Coordinator.name)
    )
    return frozenset(map(plain_name, rows))


def _written_to(partnership_id: int, addresses: Sequence[str]) -> bool:
    return (
        db.session.scalar(
            select(Letter.id)
            .where(Letter.partnership_id == partnership_id, func.lower(Letter.recipient).in_(addresses))
            .limit(1)
        )
        is not None
    )


def _shared(
    partnership_id: int, addresses: Sequence[str], names: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    others: dict[str, set[str]] = {}
    for model, address, name in _BESIDE:
        rows = db.session.execute(
            select(name, func.lower(address))
            .where(
                of_partnership(model, partnership_id),
                name.in_(names),
                func.lower(address).not_in(addresses),
                address != "",
            )
            .distinct()
            .order_by(name, func.lower(address))
        )
        for called, of in rows:
            others.setdefault(called, set()).add(of)
    return {called: tuple(sorted(of)) for called, of in others.items()}
