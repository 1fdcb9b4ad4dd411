"""Waves of answers: before, after and later, of one performance; when each is open, and by which code.

A code is kept as it is written: it stands on a poster on a wall, is printed again, and opens nothing but a form in
which nobody says who they are. What it protects is that a performance's answers are its pupils' own. Typed, it is seven
of the signs of short codes (typed_codes.py limits wrong ones); its address, as the QR code has it, bears a secret of 64
bits besides. Codes made before were a word and four figures, and an address of these alone: they hold until their waves
end.
"""

import hmac
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, contains_eager, joinedload, mapped_column, relationship

from outreach.asking.short_codes import SIGNS
from outreach.booking import promises
from outreach.county import school_days
from outreach.ground import history, whose
from outreach.ground.db import Base, Instant, db, key_within_partnership
from outreach.ground.errors import NoSuch, Refusal
from outreach.ground.timespans import day_of, wall
from outreach.outcomes import declines, open_answers, questionnaires
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme

BEFORE, AFTER, LATER = "before", "after", "later"
KINDS = (BEFORE, AFTER, LATER)

DAYS_AFTER = 3
"""The day of the show and so many more: until then what was seen is answered to."""

LATER_AFTER, LATER_LASTS = timedelta(days=91), timedelta(days=14)
"""The same day of the week thirteen weeks on, or the next school day; two weeks."""

SIGNS_IN_A_CODE, LAST_GROUP = 7, 4
SECRET_BYTES = 8

NOT_YET, OPEN, OVER, CLOSED = "not yet", "open", "over", "closed"
"""What a wave is at a moment: over, it takes no answer; closed, its answers have lost their order too."""

STOPPED, REPLACED = "stopped", "replaced"


class AnswerWave(Base):
    """One wave of one performance. `opens_on`: the first day of the later one.

    `open_table`: where its answers are while it is open, in a table of its own, made with the first answer; None before
    that and once it is closed. `order_gone_at`: since when no file of the database tells in which order they came.
    `burst_at`: since when more answers came than are its pupils' own, so that some were set aside by themselves.
    """

    __tablename__ = "answer_wave"
    __table_args__ = (
        CheckConstraint("kind IN ('before', 'after', 'later')", name="kind"),
        CheckConstraint("(kind = 'later') = (opens_on IS NOT NULL)", name="opens_on"),
        CheckConstraint("open_table IS NULL OR closed_at IS NULL", name="open_table"),
        CheckConstraint("order_gone_at IS NULL OR closed_at IS NOT NULL", name="order_gone"),
        UniqueConstraint("performance_id", "kind"),
        UniqueConstraint("id", "partnership_id"),
        key_within_partnership("performance_id", "performance"),
        key_within_partnership("questionnaire_id", "questionnaire"),
        Index("ix_answer_wave_partnership", "partnership_id"),
        Index(
            "ix_answer_wave_not_closed",
            "performance_id",
            postgresql_where=text("closed_at IS NULL"),
            sqlite_where=text("closed_at IS NULL"),
        ),
        Index(
            "ix_answer_wave_order",
            "id",
            postgresql_where=text("closed_at IS NOT NULL AND order_gone_at IS NULL"),
            sqlite_where=text("closed_at IS NOT NULL AND order_gone_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int]
    performance_id: Mapped[int]
    questionnaire_id: Mapped[int] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(Text)
    opens_on: Mapped[date | None]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    open_table: Mapped[str | None] = mapped_column(Text)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    order_gone_at: Mapped[datetime | None] = mapped_column(Instant)
    burst_at: Mapped[datetime | None] = mapped_column(Instant)

    performance: Mapped[Performance] = relationship(
        primaryjoin="foreign(AnswerWave.performance_id) == Performance.id"
    )

    def opens_at(self) -> datetime:
        if self.kind == BEFORE:
            return self.recorded_at
        if self.kind == AFTER:
            return self.performance.starts_at
        assert self.opens_on is not None
        return wall(self.opens_on, time())

    def closes_at(self) -> datetime:
        """The first moment at which it takes no answer any more."""
        return _closes_at(self.kind, self.performance, self.opens_on)

    def last_day(self) -> date:
        """The last day on which it takes answers."""
        return day_of(self.closes_at() - timedelta(microseconds=1))

    def state(self, now: datetime) -> str:
        if self.closed_at is not None:
            return CLOSED
        if now >= self.closes_at():
            return OVER
        return OPEN if now >= self.opens_at() else NOT_YET


class WaveCode(Base):
    """What pupils type to answer in one wave; `code` without its blank. It is never given twice, so that an old
    poster opens nothing. `secret`: what its address bears besides; None of one made before there were any, and that
    nobody has typed since."""

    __tablename__ = "wave_code"
    __table_args__ = (
        CheckConstraint(
            "(ended_at IS NULL) = (ended_as IS NULL) AND (ended_at IS NULL) = (ended_by IS NULL) AND "
            "(ended_as IS NULL OR ended_as IN ('stopped', 'replaced'))",
            name="ended",
        ),
        UniqueConstraint("code"),
        UniqueConstraint("id", "partnership_id"),
        key_within_partnership("wave_id", "answer_wave"),
        Index(
            "uq_wave_code_standing",
            "wave_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int]
    wave_id: Mapped[int] = mapped_column(index=True)
    code: Mapped[str] = mapped_column(Text)
    secret: Mapped[str | None] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_as: Mapped[str | None] = mapped_column(Text)
    ended_by: Mapped[str | None] = mapped_column(Text)

    wave: Mapped[AnswerWave] = relationship(primaryjoin="foreign(WaveCode.wave_id) == AnswerWave.id")

    @property
    def written(self) -> str:
        """As it stands on the poster: K7M 4QXP."""
        return f"{self.code[:-LAST_GROUP]} {self.code[-LAST_GROUP:]}"

    @property
    def in_address(self) -> str:
        written = self.written.replace(" ", "-").lower()
        return f"{written}-{self.secret}" if self.secret else written


class AnswersSetAside(Base):
    """The answers of one code are left out of all sums, since something was wrong with it: said while its wave was
    not closed, before anybody could see what they come to."""

    __tablename__ = "answers_set_aside"
    __table_args__ = (
        CheckConstraint("reason <> ''", name="reason"),
        key_within_partnership("code_id", "wave_code"),
    )

    code_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    partnership_id: Mapped[int]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)


class NothingApproved(Refusal):
    def __init__(self) -> None:
        super().__init__("No questionnaire of this programme is approved yet.")


class ShowIsOff(Refusal):
    def __init__(self) -> None:
        super().__init__("This show does not take place, so nobody is asked about it.")


class SchoolDeclined(Refusal):
    def __init__(self) -> None:
        super().__init__("The school does not want the questionnaire.")


class WaveIsOver(Refusal):
    def __init__(self) -> None:
        super().__init__("That wave is over. Its code and its answers stay as they are.")


class NoReason(Refusal):
    field = "reason"

    def __init__(self) -> None:
        super().__init__("Say why these answers are set aside.")


class NoSuchWave(NoSuch):
    pass


def make(performance: Performance, *, who: str, now: datetime) -> list[AnswerWave]:
    """The waves of a show, each with a code, as far as they are not over and not made yet. Raises NothingApproved,
    ShowIsOff, SchoolDeclined."""
    programme = db.session.get_one(Programme, performance.programme_id)
    asked = questionnaires.find_approved(programme.id)
    if asked is None:
        raise NothingApproved
    if performance.released_at is not None or performance.held_until is not None:
        raise ShowIsOff
    if performance.organisation_id in declines.organisation_ids_of_programme(programme.id):
        raise SchoolDeclined
    db.session.execute(
        select(Performance.id).where(Performance.id == performance.id).with_for_update(key_share=True)
    )
    there = {wave.kind for wave in of_performance(performance.id)}
    made = []
    for kind in KINDS:
        opens_on = _opens_on(performance) if kind == LATER else None
        if kind in there or now >= _closes_at(kind, performance, opens_on):
            continue
        wave = AnswerWave(
            partnership_id=performance.partnership_id,
            performance_id=performance.id,
            questionnaire_id=asked.id,
            kind=kind,
            opens_on=opens_on,
            recorded_at=now,
            who=who,
        )
        db.session.add(wave)
        db.session.flush()
        _give(wave, who=who, now=now)
        made.append(wave)
    if made:
        history.record(
            "made codes",
            programme,
            who=who,
            now=now,
            after={"performance": performance.id, "waves": len(made)},
        )
    return made


def stop(code: WaveCode, *, who: str, now: datetime) -> None:
    """Nobody answers with it any more: it went astray. Stopped already, nothing happens. Raises WaveIsOver."""
    _not_over(code.wave, now)
    if code.ended_at is None:
        _end(code, STOPPED, who=who, now=now)


def renew(wave: AnswerWave, *, who: str, now: datetime) -> WaveCode:
    """A new code of a wave; the one before opens nothing any more. Raises WaveIsOver."""
    _not_over(wave, now)
    for before in codes_of([wave.id]).get(wave.id, ()):
        if before.ended_at is None:
            _end(before, REPLACED, who=who, now=now)
    return _give(wave, who=who, now=now)


def set_aside(code: WaveCode, reason: str, *, who: str, now: datetime) -> None:
    """Its answers are left out of all sums. Raises NoReason, and WaveIsOver once the wave is closed: then their sums
    can be seen, and nobody may choose by them. Set aside already, nothing happens."""
    if not reason.strip():
        raise NoReason
    _not_closed(code.wave)
    if db.session.get(AnswersSetAside, code.id) is None:
        db.session.add(
            AnswersSetAside(
                code_id=code.id,
                partnership_id=code.partnership_id,
                recorded_at=now,
                who=who,
                reason=reason.strip(),
            )
        )
        db.session.flush()
        _noted("set answers aside", code, who=who, now=now, after={"why": reason.strip()})


def take_back_in(code: WaveCode, *, who: str, now: datetime) -> None:
    """Its answers count after all. Raises WaveIsOver as `set_aside` does."""
    _not_closed(code.wave)
    if (row := db.session.get(AnswersSetAside, code.id)) is not None:
        db.session.delete(row)
        db.session.flush()
        _noted("took answers back in", code, who=who, now=now)


def take_burst_back_in(wave: AnswerWave, *, who: str, now: datetime) -> None:
    """Answers that were set aside by themselves count after all: its school says that its pupils gave them. Raises
    WaveIsOver as `set_aside` does."""
    _not_closed(wave)
    if wave.burst_at is not None and wave.open_table is not None:
        open_answers.take_all_back_in(wave.id)
        wave.burst_at = None
        db.session.flush()
        programme = db.session.get_one(Programme, wave.performance.programme_id)
        after = {"performance": wave.performance_id, "wave": wave.kind}
        history.record("took answers back in", programme, who=who, now=now, after=after)


def follow_shows(*, now: datetime) -> int:
    """Later waves that have not begun open as long after their show as ever, wherever it was moved; how many were
    changed."""
    rows = db.session.scalars(
        select(AnswerWave)
        .join(Performance, Performance.id == AnswerWave.performance_id)
        .where(
            AnswerWave.kind == LATER,
            AnswerWave.closed_at.is_(None),
            AnswerWave.opens_on > day_of(now),
            Performance.released_at.is_(None),
        )
        .options(contains_eager(AnswerWave.performance))
        .order_by(AnswerWave.id)
    ).all()
    calendars, changed = school_days.load({wave.performance.organisation_id for wave in rows}), 0
    for wave in rows:
        show = wave.performance
        right = calendars[show.organisation_id].next_school_day(day_of(show.starts_at) + LATER_AFTER)
        if right != wave.opens_on:
            wave.opens_on, changed = right, changed + 1
    db.session.flush()
    return changed


def _closes_at(kind: str, show: Performance, opens_on: date | None) -> datetime:
    if show.released_at is not None:
        return show.released_at
    if kind == BEFORE:
        return show.starts_at
    if kind == AFTER:
        return wall(day_of(show.starts_at) + timedelta(days=DAYS_AFTER + 1), time())
    assert opens_on is not None
    return wall(opens_on + LATER_LASTS, time())


def _opens_on(performance: Performance) -> date:
    return school_days.load_one(performance.host).next_school_day(day_of(performance.starts_at) + LATER_AFTER)


def lock(wave: AnswerWave) -> None:
    """Answers, closing and codes of one wave go one after the other."""
    db.session.execute(
        select(AnswerWave)
        .where(AnswerWave.id == wave.id)
        .with_for_update(of=AnswerWave)
        .execution_options(populate_existing=True)
    )


def _not_over(wave: AnswerWave, now: datetime) -> None:
    lock(wave)
    if wave.state(now) in (OVER, CLOSED):
        raise WaveIsOver


def _not_closed(wave: AnswerWave) -> None:
    lock(wave)
    if wave.closed_at is not None:
        raise WaveIsOver


def _give(wave: AnswerWave, *, who: str, now: datetime) -> WaveCode:
    row = WaveCode(
        partnership_id=wave.partnership_id,
        wave_id=wave.id,
        code=_fresh(),
        secret=secrets.token_hex(SECRET_BYTES),
        recorded_at=now,
        who=who,
        wave=wave,
    )
    db.session.add(row)
    db.session.flush()
    return row


def _fresh() -> str:
    """One that nobody ever had, of whichever partnership."""
    while True:
        code = "".join(secrets.choice(SIGNS) for _ in range(SIGNS_IN_A_CODE))
        here = db.session.scalar(select(WaveCode.id).where(WaveCode.code == code))
        if here is None and not whose.is_known("wave code", code):
            return code


def _end(code: WaveCode, how: str, *, who: str, now: datetime) -> None:
    code.ended_at, code.ended_as, code.ended_by = now, how, who
    db.session.flush()
    _noted(f"a code was {how}", code, who=who, now=now)


def _noted(
    what: str, code: WaveCode, *, who: str, now: datetime, after: dict[str, str] | None = None
) -> None:
    programme = db.session.get_one(Programme, code.wave.performance.programme_id)
    history.record(what, programme, who=who, now=now, after={"code": code.written, **(after or {})})


def plain(typed: str) -> str:
    """A code as it is compared: capitals, blanks and hyphens make no difference. '' for what can be none."""
    found = re.sub(r"[\W_]", "", typed).upper()
    return found if re.fullmatch(rf"[{SIGNS}]{{{SIGNS_IN_A_CODE}}}|[A-Z]{{2,12}}[0-9]{{4}}", found) else ""


def find_code(typed: str) -> WaveCode | None:
    """The code that somebody typed, whether it still stands or not; its wave and show with it. One query."""
    code = plain(typed)
    if not code:
        return None
    whose.bind_to("wave code", code)
    return db.session.scalar(
        select(WaveCode)
        .join(WaveCode.wave)
        .join(AnswerWave.performance)
        .options(contains_eager(WaveCode.wave).contains_eager(AnswerWave.performance))
        .where(WaveCode.code == code)
    )


def find_address(address: str) -> WaveCode | None:
    """The code whose address it is, with its secret. One query."""
    code = find_code(code_of_address(address))
    secret = address[-2 * SECRET_BYTES :].lower().encode()
    return code if code and code.secret and hmac.compare_digest(code.secret.encode(), secret) else None


def code_of_address(address: str) -> str:
    """The code in an address, as it may have been typed; whether its secret is right is not looked at."""
    return re.sub(rf"-[0-9a-f]{{{2 * SECRET_BYTES}}}$", "", address, flags=re.IGNORECASE)


def give_secret(code: WaveCode) -> None:
    """One that was made before there were any gets its own, so that it leads to an address that nobody guesses."""
    code.secret = code.secret or secrets.token_hex(SECRET_BYTES)
    db.session.flush()


def of_performance(performance_id: int) -> list[AnswerWave]:
    """The waves of a show, in the order of time."""
    found = db.session.scalars(
        select(AnswerWave).where(AnswerWave.performance_id == performance_id).order_by(AnswerWave.id)
    )
    return sorted(found, key=lambda wave: KINDS.index(wave.kind))


def codes_of(wave_ids: Collection[int]) -> dict[int, list[WaveCode]]:
    """The codes of some waves, the newest first; one query."""
    found: dict[int, list[WaveCode]] = {}
    for row in db.session.scalars(
        select(WaveCode).where(WaveCode.wave_id.in_(wave_ids)).order_by(WaveCode.id.desc())
    ):
        found.setdefault(row.wave_id, []).append(row)
    return found


def set_aside_of(code_ids: Collection[int]) -> dict[int, AnswersSetAside]:
    """Which of some codes' answers are set aside, and why; one query."""
    rows = db.session.scalars(
        select(AnswersSetAside).where(AnswersSetAside.code_id.in_(code_ids)).order_by(AnswersSetAside.code_id)
    )
    return {row.code_id: row for row in rows}


def get(wave_id: int, *, partnership_id: int) -> AnswerWave:
    """Raises NoSuchWave for another partnership's, or none."""
    found = db.session.get(AnswerWave, wave_id) if wave_id < 2**31 else None
    if found is None or found.partnership_id != partnership_id:
        raise NoSuchWave("There is no such wave here.")
    return found


def get_code(code_id: int, *, partnership_id: int) -> WaveCode:
    """Raises NoSuchWave for another partnership's, or none."""
    found = db.session.get(WaveCode, code_id) if code_id < 2**31 else None
    if found is None or found.partnership_id != partnership_id:
        raise NoSuchWave("There is no such code here.")
    return found


@dataclass(frozen=True, kw_only=True)
class ShowAsked:
    """A booked show of a programme, and its waves."""

    performance: Performance
    waves: tuple[AnswerWave, ...]


def shows_of_programme(programme_id: int) -> list[ShowAsked]:
    """Every show of a programme that is booked and takes place, by its start, with its waves; two queries."""
    shows = list(
        db.session.scalars(
            select(Performance)
            .where(
                Performance.programme_id == programme_id,
                Performance.released_at.is_(None),
                Performance.held_until.is_(None),
                select(promises.Booking.id)
                .where(promises.Booking.performance_id == Performance.id, promises.Booking.ended_at.is_(None))
                .exists(),
            )
            .options(joinedload(Performance.host))
            .order_by(Performance.starts_at, Performance.id)
        )
    )
    waves: dict[int, list[AnswerWave]] = {}
    for wave in db.session.scalars(
        select(AnswerWave)
        .join(Performance, Performance.id == AnswerWave.performance_id)
        .where(Performance.programme_id == programme_id)
        .order_by(AnswerWave.id)
    ):
        waves.setdefault(wave.performance_id, []).append(wave)
    return [ShowAsked(performance=one, waves=tuple(waves.get(one.id, ()))) for one in shows]
