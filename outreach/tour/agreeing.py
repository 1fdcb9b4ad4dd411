"""Agreements begun and ended: a code is given by one partnership's side and entered by the other's.

Each side's history tells that there is an agreement, and nothing of the other side.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from sqlalchemy import or_, select, text
from sqlalchemy.orm import joinedload

from outreach.county import partnerships
from outreach.ground import history, whose
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.ground.wording import and_list, clock, count, day_short
from outreach.tour import agreements
from outreach.tour.agreements import Agreement, AgreementCode, TouringTroupe
from outreach.tour.companies import Company, Troupe
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance

SIGNS = "ABCDEFGHJKMNPQRTUVWXY346789"
"""No sign that is read as another: neither 0 and O, 1, I and L, 2 and Z, nor 5 and S."""
GROUPS, SIGNS_IN_A_GROUP = 4, 4
CODE_LASTS = timedelta(days=14)

WRONG_TRIES = 10
"""Of one person within a day; after them every code is refused, the right one too."""

USED, REPLACED = "used", "replaced"

DOES_NOT_FIT = (
    "That code fits nothing. It works once, for 14 days, and a newer one ends it: look at it once more, or ask for a "
    "new one."
)
"""The same words whatever was wrong: they tell nobody which codes there are."""

ELSEWHERE = "another partnership"
"""How one side's history names who did something on the other."""

TRIED = "tried a code that fits nothing"


class CodeDoesNotFit(Refusal):
    """Unknown, over, used, or ended by a newer one."""

    field = "code"

    def __init__(self) -> None:
        super().__init__(DOES_NOT_FIT)


class TooManyCodes(Refusal):
    """The right code is refused too, so that nobody learns by it which one was right."""

    field = "code"

    def __init__(self) -> None:
        super().__init__(
            "You tried too many codes today that fit nothing. Try again tomorrow, or let a colleague enter it."
        )


class OwnCode(Refusal):
    field = "code"


class AgreementStands(Refusal):
    field = "code"


class BothPlay(Refusal):
    """Both partnerships have shows on a day already."""

    field = "code"


class NoAgreement(Refusal):
    """There is none to end, or it was ended already."""


@dataclass(frozen=True, kw_only=True)
class _Giver:
    """Whose a code is: the numbers alone, since its rows are another partnership's."""

    partnership_id: int
    troupe_id: int
    code_id: int


def make_code(troupe: Troupe, *, who: str, now: datetime) -> str:
    """A new code of a troupe and its only copy, 'K7MN 4QXP 3ABC DEFG'; the one before it ends. It works for 14 days,
    once."""
    partnerships.lock(troupe.partnership_id)
    if (before := _standing_code(troupe.id)) is not None:
        before.ended_at, before.ended_as = now, REPLACED
        db.session.flush()
    signs = ["".join(secrets.choice(SIGNS) for _ in range(SIGNS_IN_A_GROUP)) for _ in range(GROUPS)]
    code = AgreementCode(
        troupe_id=troupe.id,
        code_hash=_hash_of(" ".join(signs)),
        made_at=now,
        made_by=who,
        expires_at=now + CODE_LASTS,
    )
    db.session.add(code)
    db.session.flush()
    history.record("made a code for another partnership", troupe, who=who, now=now)
    return " ".join(signs)


def code_of(troupe_id: int, *, now: datetime) -> AgreementCode | None:
    """The code of a troupe that can still be used; None where it has none."""
    found = _standing_code(troupe_id)
    return found if found is not None and now < found.expires_at else None


def fits(troupe: Troupe, typed: str, *, who: str, now: datetime) -> bool:
    """Whether a code can be used by this troupe; where it fits nothing, the try is counted and it is False. Called
    inside a transaction that commits either way. Raises AgreementStands, TooManyCodes, OwnCode."""
    return _fitting(troupe, typed, who=who, now=now) is not None


def begin(troupe: Troupe, typed: str, *, who: str, now: datetime) -> Agreement | None:
    """This troupe is the same as the one whose side gave the code; None as `fits` is False. Raises what that raises,
    CodeDoesNotFit, BothPlay; then the caller's transaction writes nothing."""
    giver = _fitting(troupe, typed, who=who, now=now)
    if giver is None:
        return None
    for partnership_id, troupe_id in sorted(
        [(giver.partnership_id, giver.troupe_id), (troupe.partnership_id, troupe.id)]
    ):
        with whose.bound(partnership_id):
            _lock_troupe(troupe_id)
    with whose.bound(giver.partnership_id):
        touring_troupe_id = _given(giver, now=now)
    _lock_touring(touring_troupe_id)
    if troupe.partnership_id in _agreed(touring_troupe_id):
        raise AgreementStands("Another troupe of yours has an agreement with that cast and van already.")
    mine = Agreement(troupe_id=troupe.id, touring_troupe_id=touring_troupe_id, begun_at=now, begun_by=who)
    db.session.add(mine)
    db.session.flush()
    _check_days(troupe, now=now)
    history.record("began an agreement", troupe, who=who, now=now)
    db.session.flush()
    _tell_others(mine, "began an agreement", now=now)
    return mine


def end(troupe: Troupe, *, who: str, now: datetime) -> None:
    """This troupe plays for its own partnership alone, as far as anybody here knows; where one other is left, so does
    that. Shows that stand stay. Raises NoAgreement."""
    partnerships.lock(troupe.partnership_id)
    mine = agreements.of_troupe(troupe.id)
    if mine is None:
        raise NoAgreement("There is no agreement any more: it was ended already.")
    _lock_touring(mine.touring_troupe_id)
    db.session.refresh(mine)
    if mine.ended_at is not None:
        raise NoAgreement("There is no agreement any more: it was ended already.")
    mine.ended_at, mine.ended_by = now, who
    db.session.flush()
    history.record("ended an agreement", troupe, who=who, now=now)
    db.session.flush()
    left = _agreed(mine.touring_troupe_id)
    _tell_others(mine, "ended an agreement", now=now)
    if len(left) == 1:
        with whose.bound(left[0]):
            last = _open(mine.touring_troupe_id, left[0])
            last.ended_at, last.ended_by = now, ELSEWHERE
            db.session.flush()


def plain(code: str) -> str:
    """A code as it is compared: small letters, blanks and hyphens make no difference."""
    return re.sub(r"[^A-Z0-9]", "", code.upper())


def _hash_of(code: str) -> str:
    """76 bits by chance need no salt and no slow hash."""
    return sha256(plain(code).encode()).hexdigest()


def _standing_code(troupe_id: int) -> AgreementCode | None:
    return db.session.scalar(
        select(AgreementCode).where(AgreementCode.troupe_id == troupe_id, AgreementCode.ended_at.is_(None))
    )


def _fitting(troupe: Troupe, typed: str, *, who: str, now: datetime) -> _Giver | None:
    """Whose the code is; None where it fits nothing, and the try is counted."""
    partnerships.lock(troupe.partnership_id)
    if agreements.of_troupe(troupe.id) is not None:
        raise AgreementStands(f"{troupe.name} has an agreement already. End it before you begin another.")
    _check_tries(troupe, who=who, now=now)
    giver = _giver(typed, now=now)
    if giver is None:
        history.record(TRIED, troupe, who=who, now=now)
        db.session.flush()
    elif giver.partnership_id == troupe.partnership_id:
        raise OwnCode(
            "That code is your own partnership’s. Give it to the other partnership, which enters it."
        )
    return giver


def _check_tries(troupe: Troupe, *, who: str, now: datetime) -> None:
    since = now - timedelta(days=1)
    if history.times(TRIED, "troupe", of=troupe.partnership_id, who=who, since=since) >= WRONG_TRIES:
        raise TooManyCodes


def _giver(typed: str, *, now: datetime) -> _Giver | None:
    """Whose a code is that can be used; None where there is none."""
    wanted = _hash_of(typed)
    with whose.meanwhile("agreement code", wanted):
        row = db.session.execute(
            select(AgreementCode.id, AgreementCode.troupe_id, Company.partnership_id)
            .join(Troupe, Troupe.id == AgreementCode.troupe_id)
            .join(Company, Company.id == Troupe.company_id)
            .where(
                AgreementCode.code_hash == wanted,
                AgreementCode.ended_at.is_(None),
                AgreementCode.expires_at > now,
            )
        ).one_or_none()
    if row is None:
        return None
    return _Giver(partnership_id=row.partnership_id, troupe_id=row.troupe_id, code_id=row.id)


def _given(giver: _Giver, *, now: datetime) -> int:
    """The code is used, at its giver's: the number of the cast and van. Raises CodeDoesNotFit."""
    code = db.session.scalar(
        select(AgreementCode)
        .where(AgreementCode.id == giver.code_id)
        .options(joinedload(AgreementCode.troupe))
        .with_for_update(of=AgreementCode)
        .execution_options(populate_existing=True)
    )
    if code is None or code.ended_at is not None:
        raise CodeDoesNotFit  # another used it while this one waited
    code.ended_at, code.ended_as = now, USED
    theirs = agreements.of_troupe(giver.troupe_id)
    if theirs is None:
        touring = TouringTroupe()
        db.session.add(touring)
        db.session.flush()
        theirs = Agreement(
            troupe_id=giver.troupe_id,
            touring_troupe_id=touring.id,
            begun_at=now,
            begun_by=code.made_by,
        )
        db.session.add(theirs)
    db.session.flush()
    return theirs.touring_troupe_id


def _lock_troupe(troupe_id: int) -> None:
    """Claims of this troupe that do not know of the agreement yet end first; new ones wait for it."""
    db.session.execute(select(Troupe.id).where(Troupe.id == troupe_id).with_for_update())


def _lock_touring(touring_troupe_id: int) -> None:
    db.session.execute(
        select(TouringTroupe.id).where(TouringTroupe.id == touring_troupe_id).with_for_update()
    )


def _check_days(troupe: Troupe, *, now: datetime) -> None:
    """Raises BothPlay, which names our own shows alone."""
    ours: dict[date, list[Performance]] = {}
    for show in db.session.scalars(
        select(Performance)
        .join(Performance.tour_day)
        .where(
            Performance.troupe_id == troupe.id,
            Performance.released_at.is_(None),
            or_(Performance.held_until.is_(None), Performance.held_until > now),
            TourDay.day >= day_of(now),
        )
        .options(joinedload(Performance.host), joinedload(Performance.tour_day))
        .order_by(Performance.starts_at, Performance.id)
    ):
        ours.setdefault(show.tour_day.day, []).append(show)
    if not ours:
        return
    taken = agreements.taken_days([troupe.id], min(ours), max(ours), now=now)
    both = [(day, shows) for day, shows in ours.items() if (troupe.id, day) in taken]
    if both:
        named = and_list(
            f"{day_short(day)} ({and_list(f'{s.host.name} at {clock(s.starts_at)}' for s in shows)})"
            for day, shows in both[:5]
        )
        more = f" and {len(both) - 5} more" if len(both) > 5 else ""
        raise BothPlay(
            f"{troupe.name} plays for both partnerships on {count(len(both), 'day')} already. Yours: {named}{more}. "
            "Move one or the other first. Nothing was begun."
        )


def _agreed(touring_troupe_id: int) -> list[int]:
    """The partnerships that have an open agreement of this cast and van, by number."""
    if db.engine.dialect.name == "postgresql":
        query = text("SELECT outreach_agreed(:touring) ORDER BY 1")
        return list(db.session.scalars(query, {"touring": touring_troupe_id}))
    return list(
        db.session.scalars(
            select(Company.partnership_id)
            .join(Troupe, Troupe.company_id == Company.id)
            .join(Agreement, Agreement.troupe_id == Troupe.id)
            .where(Agreement.touring_troupe_id == touring_troupe_id, Agreement.ended_at.is_(None))
            .order_by(Company.partnership_id)
        )
    )


def _tell_others(mine: Agreement, what: str, *, now: datetime) -> None:
    """The deed in the history of each other side, of its own troupe."""
    own = mine.troupe.partnership_id
    for partnership_id in _agreed(mine.touring_troupe_id):
        if partnership_id != own:
            with whose.bound(partnership_id):
                theirs = _open(mine.touring_troupe_id, partnership_id).troupe
                history.record(what, theirs, who=ELSEWHERE, now=now)
                db.session.flush()


def _open(touring_troupe_id: int, partnership_id: int) -> Agreement:
    """The open agreement of a partnership, which is bound."""
    return db.session.scalars(
        select(Agreement)
        .join(Troupe, Troupe.id == Agreement.troupe_id)
        .join(Company, Company.id == Troupe.company_id)
        .where(
            Agreement.touring_troupe_id == touring_troupe_id,
            Agreement.ended_at.is_(None),
            Company.partnership_id == partnership_id,
        )
        .options(joinedload(Agreement.troupe))
    ).one()
