"""Roads that a router is asked for: an order of a coordinator, the questions that it takes, one at a time for the whole
service, and what came back, put into the table of minutes as a whole once the last is answered.

Each answer is kept as it comes, so that whoever is killed loses at most the question in hand; the table changes once,
so that plans are drawn up of one table. Between two questions to a public router lies a second; one that fails is asked
again after a pause that doubles, or as long as the router says; so many that a day may have, and no more.
"""

import logging
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import combinations
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text, delete, func, insert, select, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.county import partnerships
from outreach.county.partnerships import Partnership
from outreach.ground import history, whose
from outreach.ground.db import Base, Instant, db
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of, wall
from outreach.tour import road_places, road_points, road_table, router
from outreach.tour.road_places import PlacesOfPartnership
from outreach.tour.road_points import RoadPoints
from outreach.tour.road_table import Pair, Told
from outreach.tour.router import RouterFailed, RouterRefused

DONE, STOPPED, FAILED, REMOVED = "done", "stopped", "failed", "removed"

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=1)
MOST_FAILURES = 11
"""So often in a row, which is about an hour and a half, before an order ends."""

LEASE = timedelta(seconds=2 * router.AT_MOST)
"""Whoever has not brought an answer by then is not there any more."""

UNSEEN = timedelta(minutes=5)
"""After so long without a look nobody asks."""

Commits = Callable[[], AbstractContextManager[Any]]

log = logging.getLogger(__name__)


class NothingToAsk(Refusal):
    """The table has every road already, or they are being asked for."""


class RoadOrder(Base):
    """One wish for the roads of a programme, whose `name` it keeps. `anew`: of those too that the table has.
    `questions` it takes, for so many `roads`; `told`: how many came in; `without`: how many go by the rule still; `why`
    it failed."""

    __tablename__ = "road_order"
    __table_args__ = (
        CheckConstraint("ended IN ('done', 'stopped', 'failed', 'removed')", name="ended"),
        CheckConstraint("(finished_at IS NULL) = (ended IS NULL)", name="finished"),
        Index(
            "uq_road_order_open",
            "partnership_id",
            unique=True,
            postgresql_where=text("finished_at IS NULL"),
            sqlite_where=text("finished_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int] = mapped_column(ForeignKey("partnership.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(Instant)
    anew: Mapped[bool]
    questions: Mapped[int]
    roads: Mapped[int]
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    ended: Mapped[str | None] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text, default="")
    told: Mapped[int] = mapped_column(default=0)
    without: Mapped[int] = mapped_column(default=0)


class RoadQuestion(Base):
    """One question: all roads between its `places` (keys as in RoadMinutes). `answer`: [one, other, minutes, metres] of
    each that came; the questions of an order go with its end."""

    __tablename__ = "road_question"
    __table_args__ = (CheckConstraint("(taken_by = '') = (taken_at IS NULL)", name="taken"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("road_order.id"), index=True)
    places: Mapped[Any] = mapped_column(JSON)
    taken_by: Mapped[str] = mapped_column(Text, default="")
    taken_at: Mapped[datetime | None] = mapped_column(Instant)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    answer: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))


class Router(Base):
    """How the one router is: `asked` so often on that `day`; so many `failures` in a row, of which the last `said`;
    asked again not before `not_before`; `looked_at`: when somebody last looked for questions."""

    __tablename__ = "router"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date | None]
    asked: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime | None] = mapped_column(Instant)
    said: Mapped[str] = mapped_column(Text, default="")
    looked_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True, kw_only=True)
class Asking:
    """How far an order is. `said`: why the router is not asked just now, until `again_at`; `nobody` asks at all."""

    order: RoadOrder
    answered: int
    said: str
    again_at: datetime | None
    nobody: bool


def order(
    partnership: Partnership, wanted: Collection[int], *, name: str, anew: bool, who: str, now: datetime
) -> RoadOrder:
    """Put down which roads between schools, by URN, a router is to be asked for; the troupes' bases among them where it
    is the council's own. Raises NothingToAsk."""
    partnerships.lock(partnership.id)
    if not router.is_set():
        raise NothingToAsk("No router is named in the settings, so that nothing can be asked.")
    if _open(partnership.id) is not None:
        raise NothingToAsk("The router is being asked already. Wait until it is done, or stop it.")
    here = road_places.of_partnership(partnership)
    keys = [key for key in wanted if key in here.stops and key not in here.guessed]
    keys += [key for key in here.stops if key < 0] if router.is_own() else []
    pairs = road_table.missing(partnership, here, keys, anew=anew)
    if not pairs:
        raise NothingToAsk("The table has every road of this programme already. Nothing needs to be asked.")
    batches = questions_for(pairs, router.MOST_POINTS[router.kind()])
    asked = RoadOrder(
        partnership_id=partnership.id,
        name=name,
        asked_by=who,
        asked_at=now,
        anew=anew,
        questions=len(batches),
        roads=len(pairs),
    )
    db.session.add(asked)
    db.session.flush()
    db.session.execute(
        insert(RoadQuestion), [{"order_id": asked.id, "places": places, "taken_by": ""} for places in batches]
    )
    history.record(
        "ordered roads from a router",
        partnership,
        who=who,
        now=now,
        after={"roads": len(pairs), "anew": anew},
    )
    return asked


def questions_for(pairs: Collection[Pair], most: int) -> list[list[int]]:
    """Sets of at most `most` places so that each pair lies within one of them. Places with many roads to ask for stand
    together, so that a new school costs a row of questions and not a square. Pure."""
    wants: dict[int, int] = {}
    for one, other in pairs:
        wants[one], wants[other] = wants.get(one, 0) + 1, wants.get(other, 0) + 1
    keys = sorted(wants, key=lambda key: (-wants[key], key))
    half = max(1, most // 2)
    if len(keys) <= most:
        return [keys]
    of = {key: n // half for n, key in enumerate(keys)}
    blocks = [keys[n : n + half] for n in range(0, len(keys), half)]
    needed = {tuple(sorted((of[one], of[other]))) for one, other in pairs}
    across = sorted((a, b) for a, b in needed if a != b)
    covered = {block for pair in across for block in pair}
    found = [blocks[a] + blocks[b] for a, b in across]
    return found + [blocks[a] for a, b in sorted(needed) if a == b and a not in covered]


def stop(partnership: Partnership, *, who: str, now: datetime) -> int | None:
    """End the order that is open and use what has come: how many roads; None where none was open."""
    partnerships.lock(partnership.id)
    asked = _open(partnership.id)
    if asked is None:
        return None
    _end(asked, partnership, STOPPED, now=now)
    history.record("stopped asking a router", partnership, who=who, now=now, after={"roads": asked.told})
    return asked.told


def give_up_with_table(partnership: Partnership, *, now: datetime) -> None:
    """The table goes, and with it what was being asked for it. The partnership is locked by who calls."""
    asked = _open(partnership.id)
    if asked is not None:
        asked.finished_at, asked.ended = now, REMOVED
        _forget(asked)


def newest(partnership_id: int, *, now: datetime) -> Asking | None:
    """The order that was put down last, and how far it is; three queries, two where it has ended."""
    asked = db.session.scalar(
        select(RoadOrder)
        .where(RoadOrder.partnership_id == partnership_id)
        .order_by(RoadOrder.id.desc())
        .limit(1)
    )
    if asked is None:
        return None
    how = db.session.get(Router, 1)
    answered = asked.questions
    if asked.finished_at is None:
        answered = db.session.scalar(
            select(func.count())
            .select_from(RoadQuestion)
            .where(RoadQuestion.order_id == asked.id, RoadQuestion.answered_at.is_not(None))
        ) or 0  # fmt: skip
    waits = how is not None and how.not_before is not None and how.not_before > now + router.PAUSE
    return Asking(
        order=asked,
        answered=answered,
        said=how.said if how is not None and waits else "",
        again_at=how.not_before if how is not None and waits else None,
        nobody=_nobody_looks(how, now),
    )


def nobody_asks(now: datetime) -> bool:
    """Whether roads are ordered, by whichever partnership, and no process looks for questions."""
    found = whose.counted("roads", now)
    if found is None:
        open_order = select(RoadOrder.id).where(RoadOrder.finished_at.is_(None)).limit(1)
        ordered = db.session.scalar(open_order) is not None
    else:
        ordered = found["open"][0] > 0
    return ordered and _nobody_looks(db.session.get(Router, 1), now)


def _nobody_looks(how: Router | None, now: datetime) -> bool:
    return how is None or how.looked_at is None or how.looked_at < now - UNSEEN


# The process that asks


def ask_next(
    *,
    clock: Callable[[], datetime],
    commits: Commits,
    ask: Callable[[RoadPoints], bytes],
) -> bool:
    """One question, its answer kept; False where none waits or the router is not to be asked now. Nothing is open in
    the database while it is asked. Whatever is wrong with an answer is put down, and never raised."""
    token = secrets.token_hex(8)
    with commits():
        taken = _claim(token, clock())
    if taken is None:
        return False
    question_id, here, points = taken
    try:
        told = road_table.told_by_router(ask(points), here, points) if len(points.points) > 1 else {}
    except RouterRefused as refused:
        with commits():
            _refused(question_id, token, refused, clock())
    except RouterFailed as failed:
        with commits():
            _failed(question_id, token, str(failed), clock(), again_in=failed.again_in)
    except Refusal as refusal:
        log.warning("the router's answer is no table: %s", refusal.message)
        with commits():
            _failed(question_id, token, "Its answer is no table of roads.", clock())
    else:
        with commits():
            _answered(question_id, token, told, clock())
    return True


def _claim(token: str, now: datetime) -> tuple[int, PlacesOfPartnership, RoadPoints] | None:
    """Take the question that waits longest, if the router may be asked now and nobody else asks."""
    how = _router()
    if how.looked_at is None or now - how.looked_at > UNSEEN / 5:
        how.looked_at = now
    if how.not_before is not None and how.not_before > now:
        return None
    question = db.session.scalar(
        select(RoadQuestion)
        .join(RoadOrder, RoadOrder.id == RoadQuestion.order_id)
        .where(RoadOrder.finished_at.is_(None), RoadQuestion.answered_at.is_(None))
        .order_by(RoadQuestion.taken_at.is_(None), RoadOrder.id, RoadQuestion.id.desc())
        .limit(1)
        .with_for_update(skip_locked=True, of=RoadQuestion)
    )
    if question is None:
        return None
    if question.taken_at is not None and question.taken_at > now - LEASE:
        return None  # it is being asked; one at a time
    today = day_of(now)
    if how.day != today:
        how.day, how.asked = today, 0
    if how.asked >= router.a_day():
        how.said = f"Today’s {router.a_day()} questions are asked; it goes on tomorrow."
        how.not_before = wall(today + timedelta(days=1), time(0, 5))
        return None
    how.asked += 1
    question.taken_by, question.taken_at = token, now
    asked = db.session.get_one(RoadOrder, question.order_id)
    here = road_places.of_partnership(partnerships.get(asked.partnership_id))
    points = _points(here, question.places)
    db.session.flush()
    return question.id, here, points


def _points(here: PlacesOfPartnership, keys: Collection[int]) -> RoadPoints:
    """Those of a question that still stand where one knows. A base, also one that was asked for when the router was the
    council's own, goes to none but such; and where its name means one place alone."""
    points = road_points.of_places(here, [key for key in keys if key > 0], of=0, bases=False).points
    if router.is_own():
        said = {here.said(key) for key in keys if key < 0 and key in here.stops}
        points += tuple(
            each
            for each in road_points.of_places(here, [], of=0, bases=True).points
            if each.said in said and _is_one_place(here, each.said)
        )
    return RoadPoints(of=0, points=points)


def _is_one_place(here: PlacesOfPartnership, said: str) -> bool:
    keys = here.meant(said)
    return (
        not isinstance(keys, str) and len({here.stops[key].place for key in keys if key in here.stops}) == 1
    )


def _answered(question_id: int, token: str, told: Mapping[Pair, Told], now: datetime) -> None:
    how = _router()
    how.failures, how.said = 0, ""
    how.not_before = None if router.is_own() else now + router.PAUSE
    mine = _mine(question_id, token)
    if mine is not None:
        _keep(*mine, told, now)


def _failed(
    question_id: int, token: str, words: str, now: datetime, *, again_in: timedelta | None = None
) -> None:
    """Back off, and give the question back; its order ends where that was too often."""
    how = _back_off(words, now, again_in)
    mine = _mine(question_id, token)
    if mine is None:
        return
    question, asked, partnership = mine
    question.taken_by, question.taken_at = "", None
    if how.failures >= MOST_FAILURES:
        _give_up(how, asked, partnership, words, now)
    db.session.flush()


def _refused(question_id: int, token: str, refused: RouterRefused, now: datetime) -> None:
    """Ask in parts, where these may do, down to a single road, which then is one that the router does not have; else
    end the order."""
    how = _back_off(str(refused), now, None)
    mine = _mine(question_id, token)
    if mine is None:
        return
    question, asked, partnership = mine
    if not refused.parts_may_do or how.failures >= MOST_FAILURES:
        _give_up(how, asked, partnership, str(refused), now)
        return
    how.not_before, how.said = now + router.PAUSE, ""
    if len(question.places) <= 2:
        _keep(question, asked, partnership, {}, now)
        return
    keys = question.places
    parts = questions_for(list(combinations(sorted(keys), 2)), max(2, len(keys) // 2))
    db.session.delete(question)
    db.session.flush()
    db.session.execute(
        insert(RoadQuestion), [{"order_id": asked.id, "places": places, "taken_by": ""} for places in parts]
    )
    asked.questions += len(parts) - 1
    db.session.flush()


def _keep(
    question: RoadQuestion,
    asked: RoadOrder,
    partnership: Partnership,
    told: Mapping[Pair, Told],
    now: datetime,
) -> None:
    """Keep an answer; the last one ends its order."""
    question.answer = [[*pair, *each] for pair, each in sorted(told.items())]
    question.answered_at, question.taken_by, question.taken_at = now, "", None
    db.session.flush()
    waits = select(RoadQuestion.id).where(
        RoadQuestion.order_id == asked.id, RoadQuestion.answered_at.is_(None)
    )
    if db.session.scalar(waits.limit(1)) is None:
        _end(asked, partnership, DONE, now=now)


def _back_off(words: str, now: datetime, again_in: timedelta | None) -> Router:
    """Each failure in a row doubles the pause; what the router asks for counts where it is longer, up to a day."""
    how = _router()
    how.failures, how.said = how.failures + 1, words
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(how.failures - 1, 12))
    how.not_before = now + max(pause, min(again_in or pause, timedelta(days=1)))
    log.warning("the router: %s", words)
    return how


def _give_up(how: Router, asked: RoadOrder, partnership: Partnership, words: str, now: datetime) -> None:
    how.failures, how.not_before, asked.why = 0, now + FIRST_PAUSE, words
    _end(asked, partnership, FAILED, now=now)


def _mine(question_id: int, token: str) -> tuple[RoadQuestion, RoadOrder, Partnership] | None:
    """A question with its order, whose partnership is locked, while it is still in these hands: its order may have
    ended, or another process have taken it up."""
    partnership_id = db.session.scalar(
        select(RoadOrder.partnership_id)
        .join(RoadQuestion, RoadQuestion.order_id == RoadOrder.id)
        .where(RoadQuestion.id == question_id)
    )
    if partnership_id is None:
        return None
    partnerships.lock(partnership_id)
    question = db.session.scalar(
        select(RoadQuestion)
        .where(RoadQuestion.id == question_id, RoadQuestion.taken_by == token)
        .execution_options(populate_existing=True)
    )
    if question is None:
        return None
    asked = db.session.get_one(RoadOrder, question.order_id, populate_existing=True)
    return question, asked, partnerships.get(partnership_id)


def _router() -> Router:
    """The one row of it, locked, so that one process after the other decides."""
    db.session.execute(
        text(
            "INSERT INTO router (id, asked, failures, said) VALUES (1, 0, 0, '') ON CONFLICT (id) DO NOTHING"
        )
    )
    return db.session.scalars(select(Router).where(Router.id == 1).with_for_update()).one()


def _open(partnership_id: int) -> RoadOrder | None:
    return db.session.scalar(
        select(RoadOrder).where(RoadOrder.partnership_id == partnership_id, RoadOrder.finished_at.is_(None))
    )


def _end(asked: RoadOrder, partnership: Partnership, ended: str, *, now: datetime) -> None:
    """Put what came into the table, and end."""
    came: dict[Pair, tuple[Told, date]] = {}
    here = road_places.of_partnership(partnership)
    for at, roads in _answers(asked):
        for one, other, minutes, metres in roads:
            if one in here.stops and other in here.stops:
                came[one, other] = (minutes, metres), day_of(at)
    asked.told = road_table.put_in(partnership, came, anew=asked.anew)
    asked.without = len(road_table.missing(partnership, here, _places(asked), anew=False))
    asked.finished_at, asked.ended = now, ended
    _forget(asked)
    db.session.flush()


def _answers(asked: RoadOrder) -> Iterable[tuple[datetime, Any]]:
    rows = db.session.execute(
        select(RoadQuestion.answered_at, RoadQuestion.answer)
        .where(RoadQuestion.order_id == asked.id, RoadQuestion.answered_at.is_not(None))
        .order_by(RoadQuestion.id)
    )
    return ((row.answered_at, row.answer) for row in rows if row.answered_at is not None)


def _places(asked: RoadOrder) -> set[int]:
    rows = db.session.scalars(select(RoadQuestion.places).where(RoadQuestion.order_id == asked.id))
    return {key for places in rows for key in places}


def _forget(asked: RoadOrder) -> None:
    db.session.execute(delete(RoadQuestion).where(RoadQuestion.order_id == asked.id))
