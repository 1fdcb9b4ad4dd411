"""Schools that change hands between two partnerships of this service: asked for by one's register file,
agreed to by the other.

A school that a partnership here holds becomes another's only so, or by an operator's command. Promises,
contacts, history and letters stay with the partnership that made them; what is known of the school itself
goes with it.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, Text, func, select, text, update
from sqlalchemy.orm import Mapped, contains_eager, mapped_column, relationship

from outreach.county import corrections, partnerships
from outreach.county.partnerships import Authority, Partnership
from outreach.county.register.changes import Changes, HeldElsewhere, HeldLink
from outreach.county.schools import Organisation, OrganisationRecord, School, SchoolFacts, Succession
from outreach.ground import history
from outreach.ground.db import Base, Instant, db
from outreach.ground.errors import Refusal
from outreach.ground.wording import count

AGREED, KEPT, OVERTAKEN, LEFT = "agreed", "kept", "overtaken", "left"
"""How it ended: given; not given; no longer so when it was agreed to; gone to an authority that nobody here
covers."""


class ChangeOfHands(Base):
    """A school, or a link to a school, that `receiver` asks of `giver`. `settled_at` None: it waits for the
    giver's word.

    `urn` is the giver's school, `name` what the receiver's file calls it. Of a school that is to change hands
    `la_code` and district are those of the receiver's file; of a link, predecessor and successor are given in
    their place. A school that `left` has no receiver. Settled rows never change.
    """

    __tablename__ = "change_of_hands"
    __table_args__ = (
        Index("ix_change_of_hands_urn", "urn", "settled_at"),
        Index("ix_change_of_hands_giver", "giver_id", "settled_at"),
        Index("ix_change_of_hands_receiver", "receiver_id", "settled_at"),
        Index(
            "uq_change_of_hands_school",
            "urn",
            "receiver_id",
            unique=True,
            postgresql_where=text("settled_at IS NULL AND la_code IS NOT NULL"),
            sqlite_where=text("settled_at IS NULL AND la_code IS NOT NULL"),
        ),
        Index(
            "uq_change_of_hands_link",
            "predecessor_id",
            "successor_id",
            unique=True,
            postgresql_where=text("settled_at IS NULL"),
            sqlite_where=text("settled_at IS NULL"),
        ),
        CheckConstraint("(la_code IS NULL) = (predecessor_id IS NOT NULL)", name="what"),
        CheckConstraint("(predecessor_id IS NULL) = (successor_id IS NULL)", name="ends"),
        CheckConstraint("receiver_id IS NULL OR receiver_id <> giver_id", name="another"),
        CheckConstraint("(receiver_id IS NULL) = (outcome IS NOT NULL AND outcome = 'left')", name="whose"),
        CheckConstraint("(settled_at IS NULL) = (outcome IS NULL)", name="settled"),
        CheckConstraint("outcome IN ('agreed', 'kept', 'overtaken', 'left')", name="outcome"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    urn: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    giver_id: Mapped[int] = mapped_column(ForeignKey("partnership.id"))
    receiver_id: Mapped[int | None] = mapped_column(ForeignKey("partnership.id"))
    name: Mapped[str] = mapped_column(Text, default="", server_default="")
    la_code: Mapped[str | None] = mapped_column(Text)
    district_code: Mapped[str | None] = mapped_column(Text)
    district_name: Mapped[str | None] = mapped_column(Text)
    predecessor_id: Mapped[int | None]
    successor_id: Mapped[int | None]
    link_date: Mapped[date | None]
    asked_at: Mapped[datetime] = mapped_column(Instant)
    asked_by: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str | None] = mapped_column(Text)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    settled_by: Mapped[str | None] = mapped_column(Text)

    school: Mapped[School] = relationship()
    receiver: Mapped[Partnership | None] = relationship(foreign_keys=receiver_id)

    @property
    def is_link(self) -> bool:
        return self.la_code is None

    @property
    def other_urn(self) -> int | None:
        """Of a link: the end that is the receiver's."""
        return self.successor_id if self.predecessor_id == self.urn else self.predecessor_id


class NothingAsked(Refusal):
    """None of what was ticked waits any more: somebody decided it already, or nothing was ticked."""

    def __init__(self) -> None:
        super().__init__(
            "Nothing that was ticked waits for an answer any more. Below is what does, if anything."
        )


class HandsChanged(NamedTuple):
    """How many schools changed hands, how many links were agreed to, and how many were not as they had
    been."""

    schools: int
    links: int
    overtaken: int


# --- who holds what -------------------------------------------------------------------------------


def holders_of(la_codes: Collection[str]) -> dict[str, int]:
    """{LA code: partnership} of those that a partnership here covers; one query."""
    wanted = sorted(set(la_codes))
    rows = db.session.execute(
        select(Authority.la_code, Authority.partnership_id)
        .where(Authority.la_code.in_(wanted))
        .order_by(Authority.la_code)
    )
    return {code: partnership_id for code, partnership_id in rows}


def asked_already(urns: Collection[int]) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    """What waits about some schools: {(URN, receiver)} of schools, {(predecessor, successor)} of links; one
    query at most."""
    c = ChangeOfHands
    if not urns:
        return set(), set()
    rows = db.session.execute(
        select(c.urn, c.receiver_id, c.la_code, c.predecessor_id, c.successor_id)
        .where(c.urn.in_(set(urns)), c.settled_at.is_(None))
        .order_by(c.id)
    ).all()
    schools = {(row.urn, row.receiver_id) for row in rows if row.la_code is not None}
    return schools, {(row.predecessor_id, row.successor_id) for row in rows if row.la_code is None}


def spans(
    urns: Collection[int], partnership_id: int
) -> dict[int, list[tuple[datetime | None, datetime | None]]]:
    """From when until when each of some schools was with a partnership (None: since or until always); []
    never. Two queries."""
    wanted = sorted(set(urns))
    c = ChangeOfHands
    moves: dict[int, list[tuple[datetime, int, int | None]]] = {}
    for urn, at, giver, receiver in db.session.execute(
        select(c.urn, c.settled_at, c.giver_id, c.receiver_id)
        .where(c.urn.in_(wanted), c.outcome.in_((AGREED, LEFT)), c.la_code.is_not(None))
        .order_by(c.settled_at, c.id)
    ):
        assert at is not None  # what has an outcome is settled
        moves.setdefault(urn, []).append((at, giver, receiver))
    now_with: dict[int, int | None] = {
        urn: whose
        for urn, whose in db.session.execute(
            select(
                Organisation.organisation_id,
                func.coalesce(Organisation.partnership_id, Authority.partnership_id),
            )
            .outerjoin(Authority, Authority.la_code == Organisation.la_code)
            .where(Organisation.organisation_id.in_(wanted))
            .order_by(Organisation.organisation_id)
        )
    }
    return {urn: _spans(moves.get(urn, []), now_with.get(urn), partnership_id) for urn in wanted}


def went_to(organisation: Organisation, giver_id: int) -> tuple[str, datetime | None]:
    """Who has a school that a partnership once had, in words, and since when where that is known."""
    holder = partnerships.of_authority(organisation.la_code)
    c = ChangeOfHands
    since = db.session.scalar(
        select(func.max(c.settled_at)).where(
            c.urn == organisation.organisation_id,
            c.giver_id == giver_id,
            c.outcome.in_((AGREED, LEFT)),
            c.la_code.is_not(None),
        )
    )
    authority = f"authority {organisation.la_code}"
    return (f"{holder.name} ({authority})" if holder else authority), since


def _spans(
    moves: Sequence[tuple[datetime, int, int | None]], now_with: int | None, partnership_id: int
) -> list[tuple[datetime | None, datetime | None]]:
    """Each stretch ends with a move away from its holder; the last one has not ended. Pure."""
    found: list[tuple[datetime | None, datetime | None]] = []
    since: datetime | None = None
    for at, giver, _ in moves:
        if giver == partnership_id:
            found.append((since, at))
        since = at
    # A school of nobody here is anybody's to know of: only what another partnership did is not.
    if now_with == partnership_id or (now_with is None):
        found.append((since, None))
    return found


# --- asked for ------------------------------------------------------------------------------------


def put_down(changes: Changes, *, who: str, now: datetime) -> int:
    """Ask for the schools and links of a file that another partnership holds; how many are asked for anew.

    Within the import's transaction. Schools that go to an authority of nobody here are put down as left.
    """
    rows: list[ChangeOfHands] = []
    for held in changes.held:
        if not held.asked:
            rows.append(_school_row(held, who, now))
    for link in changes.held_links:
        if not link.asked:
            rows.append(_link_row(link, who, now))
    asked = len(rows)
    rows += _left(changes, who, now)
    db.session.add_all(rows)
    db.session.flush()
    for receiver in sorted({row.receiver_id or 0 for row in rows[:asked]}):
        history.record(
            "asked for schools of another partnership",
            history.Subject("partnership", receiver, receiver),
            who=who,
            now=now,
            after={"URN": sorted({row.urn for row in rows[:asked] if row.receiver_id == receiver})},
        )
    return asked


def _school_row(held: HeldElsewhere, who: str, now: datetime) -> ChangeOfHands:
    return ChangeOfHands(
        urn=held.urn,
        name=held.name,
        giver_id=held.giver,
        receiver_id=held.receiver,
        la_code=held.la_code,
        district_code=held.district_code,
        district_name=held.district_name,
        asked_at=now,
        asked_by=who,
    )


def _link_row(held: HeldLink, who: str, now: datetime) -> ChangeOfHands:
    return ChangeOfHands(
        urn=held.urn,
        giver_id=held.giver,
        receiver_id=held.receiver,
        predecessor_id=held.link.predecessor,
        successor_id=held.link.successor,
        link_date=held.link.day,
        asked_at=now,
        asked_by=who,
    )


def _left(changes: Changes, who: str, now: datetime) -> list[ChangeOfHands]:
    """Schools of a partnership here whose register puts them with an authority that nobody here covers."""
    moved = [
        change
        for change in (*changes.changed, *changes.closed, *changes.reopened)
        if change.before is not None and change.before.la_code != change.after.la_code
    ]
    if not moved:
        return []
    whose = holders_of({c.before.la_code for c in moved if c.before} | {c.after.la_code for c in moved})
    return [
        ChangeOfHands(
            urn=change.after.urn,
            giver_id=whose[change.before.la_code],
            la_code=change.after.la_code,
            asked_at=now,
            asked_by=who,
            outcome=LEFT,
            settled_at=now,
            settled_by=who,
        )
        for change in moved
        if change.before is not None and change.before.la_code in whose and change.after.la_code not in whose
    ]


# --- agreed to ------------------------------------------------------------------------------------


def asked_of(partnership_id: int) -> list[ChangeOfHands]:
    """What others ask of a partnership: by who asks, then by school; one query."""
    query = _open().join(ChangeOfHands.receiver).options(contains_eager(ChangeOfHands.receiver))
    query = query.where(ChangeOfHands.giver_id == partnership_id)
    return list(
        db.session.scalars(query.order_by(Partnership.name, School.name, School.urn, ChangeOfHands.id))
    )


def count_asked_of(partnership_id: int) -> int:
    """How much others ask of a partnership; one query."""
    query = select(func.count(ChangeOfHands.id)).where(
        ChangeOfHands.giver_id == partnership_id, ChangeOfHands.settled_at.is_(None)
    )
    return db.session.scalar(query) or 0


def were_asked_of(partnership_id: int, ids: Collection[int]) -> bool:
    """Whether each of some lines is, or was, this partnership's to answer; one query."""
    query = select(func.count(ChangeOfHands.id)).where(
        ChangeOfHands.id.in_(set(ids)), ChangeOfHands.giver_id == partnership_id
    )
    return db.session.scalar(query) == len(set(ids))


def asked_by(partnership_id: int | None) -> list[ChangeOfHands]:
    """What a partnership asked for (None: anybody) and waits for; one query."""
    query = _open()
    if partnership_id is not None:
        query = query.where(ChangeOfHands.receiver_id == partnership_id)
    return list(db.session.scalars(query.order_by(School.urn, ChangeOfHands.id)))


def _open() -> Select[ChangeOfHands]:
    return (
        select(ChangeOfHands)
        .join(ChangeOfHands.school)
        .where(ChangeOfHands.settled_at.is_(None))
        .options(contains_eager(ChangeOfHands.school))
    )


def agree(ids: Collection[int], *, giver_id: int | None, who: str, now: datetime) -> HandsChanged:
    """Give what is asked for, all of a list at once. `giver_id`: whose to give; None: an operator's word.

    Call `register.lock` first. Each school is the receiver's from now on, by a new record of the register; a
    school that is not the giver's any more is overtaken. Raises NothingAsked.
    """
    rows = _locked(ids, giver_id)
    whose = holders_of({row.school.la_code for row in rows} | {row.la_code for row in rows if row.la_code})
    held_by = {row.id: whose.get(row.school.la_code) for row in rows}
    schools = links = overtaken = 0
    for row in rows:
        still = held_by[row.id] == row.giver_id
        still = still and (row.la_code is None or whose.get(row.la_code) == row.receiver_id)
        row.outcome, row.settled_at, row.settled_by = AGREED if still else OVERTAKEN, now, who
        db.session.flush()
        if not still:
            overtaken += 1
        elif row.is_link:
            links += 1
            _join(row, now)
        else:
            schools += 1
            _give(row, now)
    _overtake([row.urn for row in rows if row.outcome == AGREED and not row.is_link], who, now)
    for giver in sorted({row.giver_id for row in rows}):
        given = [row.urn for row in rows if row.giver_id == giver and row.outcome == AGREED]
        if given:
            history.record(
                "handed schools over",
                history.Subject("partnership", giver, giver),
                who=who,
                now=now,
                after={"URN": given, "said": count(len(given), "school")},
            )
    db.session.flush()
    db.session.expire_all()
    return HandsChanged(schools=schools, links=links, overtaken=overtaken)


def _overtake(urns: Collection[int], who: str, now: datetime) -> None:
    """What else was asked of who held these schools until now, links too, has nobody left to grant it."""
    c = ChangeOfHands
    db.session.execute(
        update(c)
        .where(c.urn.in_(urns), c.settled_at.is_(None))
        .values(outcome=OVERTAKEN, settled_at=now, settled_by=who)
    )


def keep(ids: Collection[int], *, giver_id: int, who: str, now: datetime) -> int:
    """Do not give what is asked for; how many. The receiver's next file may ask again. Raises
    NothingAsked."""
    rows = _locked(ids, giver_id)
    for row in rows:
        row.outcome, row.settled_at, row.settled_by = KEPT, now, who
    history.record(
        "kept schools that another partnership asked for",
        history.Subject("partnership", giver_id, giver_id),
        who=who,
        now=now,
        after={"URN": [row.urn for row in rows]},
    )
    db.session.flush()
    return len(rows)


def _locked(ids: Collection[int], giver_id: int | None) -> list[ChangeOfHands]:
    """The rows that wait, behind their locks: two people decide one after the other."""
    query = select(ChangeOfHands).where(ChangeOfHands.id.in_(set(ids)), ChangeOfHands.settled_at.is_(None))
    if giver_id is not None:
        query = query.where(ChangeOfHands.giver_id == giver_id)
    rows = list(
        db.session.scalars(
            query.order_by(ChangeOfHands.id).with_for_update().execution_options(populate_existing=True)
        )
    )
    if not rows:
        raise NothingAsked
    return rows


def _give(row: ChangeOfHands, now: datetime) -> None:
    """The register's last word, with the authority and district of the receiver's file; corrections stay over
    it."""
    last = corrections.register_word(row.urn)
    moved: dict[str, Any] = {
        "la_code": row.la_code,
        "district_code": row.district_code,
        "district_name": row.district_name,
    }
    said = {name: getattr(last or row.school, name) for name in SchoolFacts.__annotations__}
    db.session.add(OrganisationRecord(organisation_id=row.urn, recorded_at=now, **said | moved))
    held = corrections.standing([row.urn]).get(row.urn, {})
    for name, value in moved.items():
        if name not in held:
            setattr(row.school, name, value)
    db.session.flush()


def _join(row: ChangeOfHands, now: datetime) -> None:
    known = db.session.scalar(
        select(Succession.id).where(
            Succession.predecessor_id == row.predecessor_id, Succession.successor_id == row.successor_id
        )
    )
    if known is None:
        db.session.add(
            Succession(
                predecessor_id=row.predecessor_id,
                successor_id=row.successor_id,
                link_date=row.link_date,
                recorded_at=now,
            )
        )
        db.session.flush()


def received(partnership_id: int, most: int = 200) -> list[ChangeOfHands]:
    """Schools that came to a partnership from another, the newest first; one query."""
    query = (
        select(ChangeOfHands)
        .join(ChangeOfHands.school)
        .where(ChangeOfHands.receiver_id == partnership_id, ChangeOfHands.outcome == AGREED)
        .options(contains_eager(ChangeOfHands.school))
        .order_by(ChangeOfHands.id.desc())
        .limit(most)
    )
    return list(db.session.scalars(query))
