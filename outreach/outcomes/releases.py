"""Releases of outcomes: which waves came in together, what was known of their shows by then, which figures were shown.

Pages and files show what was released and nothing newer. So what can be learnt by setting one day's page against
another's is known beforehand, whatever is looked at in whatever order: a release is judged beside all that were before
it, and stays as it was. Waves come in by three schools at least, and not before their papers and reports are in.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Index,
    Text,
    UniqueConstraint,
    and_,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground.db import Base, Instant, db, key_within_partnership
from outreach.ground.timespans import day_of, wall
from outreach.outcomes import asked_shows, researchers, wave_means
from outreach.outcomes.asked_shows import AskedShow, HeldWave
from outreach.outcomes.closed_answers import counts_by_item
from outreach.outcomes.hiding import SCHOOLS_AT_LEAST
from outreach.outcomes.judged_releases import Shown, ShownOfItem, judged
from outreach.outcomes.tallies import PAPER_COMES_IN
from outreach.outcomes.waves import AFTER, BEFORE, DAYS_AFTER, KINDS, LATER, LATER_LASTS, AnswerWave
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme

RENEWED_AFTER = timedelta(days=6, hours=12)
"""A programme's figures are renewed once a week at most."""


BITS_OF_A_NUMBER = 50
"""Of the random number of a performance: no two are alike, and every program reads it as a whole number."""


class OutcomeRelease(Base):
    """One release of a programme, counted from 1. `shown`: by item, what is shown anew, and random numbers of its
    new performances. It never changes."""

    __tablename__ = "outcome_release"
    __table_args__ = (
        CheckConstraint("number > 0", name="number"),
        UniqueConstraint("programme_id", "number"),
        UniqueConstraint("id", "partnership_id"),
        key_within_partnership("programme_id", "programme"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int]
    programme_id: Mapped[int]
    number: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(Instant)
    shown: Mapped[Any] = mapped_column(JSON)


class ReleasedWave(Base):
    """One wave that came in by a release, and its show as it was known then: `pupils`, how many could answer. It never
    changes."""

    __tablename__ = "released_wave"
    __table_args__ = (
        CheckConstraint("pupils >= 0", name="pupils"),
        key_within_partnership("wave_id", "answer_wave"),
        key_within_partnership("release_id", "outcome_release"),
        Index("ix_released_wave_release", "release_id"),
    )

    wave_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    partnership_id: Mapped[int]
    release_id: Mapped[int]
    district_code: Mapped[str] = mapped_column(Text)
    district: Mapped[str] = mapped_column(Text)
    school_type: Mapped[str] = mapped_column(Text)
    year_groups: Mapped[Any] = mapped_column(JSON)
    pupils: Mapped[int]


@dataclass(frozen=True, kw_only=True)
class Released:
    """All releases of a programme: the shows and waves that came in, and what each release shows."""

    shows: Sequence[AskedShow]
    waves: Sequence[HeldWave]
    shown: Sequence[Shown]
    numbers: Mapping[int, int]
    """{performance: its random number in files for researchers}."""

    def rows_for_researchers(self) -> dict[int, frozenset[int]]:
        """{item: the waves of which a row went out}."""
        found: dict[int, frozenset[int]] = {}
        for one in self.shown:
            for item_id, of_item in one.items.items():
                found[item_id] = found.get(item_id, frozenset()) | of_item.rows
        return found


def of_programme(programme: Programme) -> Released:
    """Two queries."""
    made = list(
        db.session.execute(
            select(OutcomeRelease.id, OutcomeRelease.made_at, OutcomeRelease.shown)
            .where(OutcomeRelease.programme_id == programme.id)
            .order_by(OutcomeRelease.number)
        )
    )
    number_of = {release_id: n for n, (release_id, _, _) in enumerate(made)}
    shows: dict[int, AskedShow] = {}
    waves: list[HeldWave] = []
    came: list[set[int]] = [set() for _ in made]
    for (
        release_id,
        wave_id,
        kind,
        opens_on,
        show_id,
        organisation_id,
        starts_at,
        *facts,
    ) in db.session.execute(
        select(
            ReleasedWave.release_id,
            AnswerWave.id,
            AnswerWave.kind,
            AnswerWave.opens_on,
            Performance.id,
            Performance.organisation_id,
            Performance.starts_at,
            ReleasedWave.district_code,
            ReleasedWave.district,
            ReleasedWave.school_type,
            ReleasedWave.year_groups,
            ReleasedWave.pupils,
        )
        .join(OutcomeRelease, OutcomeRelease.id == ReleasedWave.release_id)
        .join(AnswerWave, AnswerWave.id == ReleasedWave.wave_id)
        .join(Performance, Performance.id == AnswerWave.performance_id)
        .where(OutcomeRelease.programme_id == programme.id)
        .order_by(Performance.starts_at, OutcomeRelease.number, AnswerWave.id)
    ):
        day = day_of(starts_at)
        if show_id not in shows:
            code, district, school_type, year_groups, pupils = facts
            shows[show_id] = AskedShow(
                performance=show_id,
                organisation_id=organisation_id,
                day=day,
                district_code=code,
                district=district,
                school_type=school_type,
                year_groups=tuple(year_groups),
                pupils=pupils,
            )
        waves.append(asked_shows.held_wave(wave_id, show_id, kind, opens_on, day))
        came[number_of[release_id]].add(wave_id)
    through: set[int] = set()
    shown = []
    for theirs, (_, made_at, said) in zip(came, made, strict=True):
        through |= theirs
        shown.append(
            Shown(
                day=day_of(made_at),
                waves=frozenset(through),
                items={int(item_id): ShownOfItem.read(one) for item_id, one in said["items"].items()},
            )
        )
    numbers = {int(show): number for _, _, said in made for show, number in said["numbers"].items()}
    return Released(shows=list(shows.values()), waves=waves, shown=shown, numbers=numbers)


def release_next(*, now: datetime) -> bool:
    """Release what came in for one programme; whether there was one. In the caller's transaction."""
    programme_id = db.session.scalar(_due(now).limit(1))
    if programme_id is None:
        return False
    programme = db.session.scalar(
        select(Programme).where(Programme.id == programme_id).with_for_update(key_share=True)
    )
    assert programme is not None
    release(programme, now=now)
    return True


def release(programme: Programme, *, now: datetime) -> None:
    """Let in the waves of which three schools or more wait, and judge the figures they make beside all that were."""
    waiting = _waiting(programme, now)
    kinds = {
        kind
        for kind in KINDS
        if len({organisation_id for _, its_kind, organisation_id in waiting if its_kind == kind})
        >= SCHOOLS_AT_LEAST
    }
    new = {wave_id for wave_id, kind, _ in waiting if kind in kinds}
    if not new:
        return
    earlier = of_programme(programme)
    known = {show.performance: show for show in earlier.shows}
    shows, waves = asked_shows.of_waves(new, programme.id, now=now)
    all_shows = {show.performance: show for show in shows} | known
    all_waves = [*earlier.waves, *waves]
    ids = [wave.id for wave in all_waves]
    items = wave_means.items_asked(ids)
    counts = counts_by_item(ids)
    means = wave_means.means_of_counts(counts, list(all_shows.values()), all_waves, items)
    wanted = {
        item.id: frozenset(
            wave_id
            for wave_id in new
            if (wave_id, item.id) in counts and researchers.tells_of_no_class(item, counts[wave_id, item.id])
        )
        for item in items
    }
    shown = judged(means, list(all_shows.values()), all_waves, earlier.shown, day=day_of(now), wanted=wanted)
    numbers = {
        show: secrets.randbits(BITS_OF_A_NUMBER)
        for show in sorted({wave.performance for wave in waves} - earlier.numbers.keys())
    }
    made = OutcomeRelease(
        partnership_id=programme.partnership_id,
        programme_id=programme.id,
        number=len(earlier.shown) + 1,
        made_at=now,
        shown={
            "items": {str(item_id): one.written() for item_id, one in shown.items()},
            "numbers": {str(show): number for show, number in numbers.items()},
        },
    )
    db.session.add(made)
    db.session.flush()
    for wave in sorted(waves, key=lambda one: one.id):
        show = all_shows[wave.performance]
        db.session.add(
            ReleasedWave(
                wave_id=wave.id,
                partnership_id=programme.partnership_id,
                release_id=made.id,
                district_code=show.district_code,
                district=show.district,
                school_type=show.school_type,
                year_groups=list(show.year_groups),
                pupils=show.pupils,
            )
        )
    db.session.flush()


def _are_in(now: datetime) -> Any:
    """Of waves: they are closed, and whoever reports or counts paper has had the time to; none was released yet."""
    before = day_of(now) - PAPER_COMES_IN
    return and_(
        AnswerWave.closed_at.is_not(None),
        Performance.released_at.is_(None),
        or_(
            and_(AnswerWave.kind == BEFORE, Performance.starts_at < wall(before, time())),
            and_(
                AnswerWave.kind == AFTER,
                Performance.starts_at < wall(before - timedelta(days=DAYS_AFTER), time()),
            ),
            and_(AnswerWave.kind == LATER, AnswerWave.opens_on <= before - LATER_LASTS),
        ),
        ~select(ReleasedWave.wave_id).where(ReleasedWave.wave_id == AnswerWave.id).exists(),
    )


def _due(now: datetime) -> Any:
    """Programmes of which waves of three schools wait, and that were not renewed in this week."""
    return (
        select(Performance.programme_id)
        .join(AnswerWave, AnswerWave.performance_id == Performance.id)
        .where(
            _are_in(now),
            ~select(OutcomeRelease.id)
            .where(
                OutcomeRelease.programme_id == Performance.programme_id,
                OutcomeRelease.made_at > now - RENEWED_AFTER,
            )
            .exists(),
        )
        .group_by(Performance.programme_id, AnswerWave.kind)
        .having(func.count(Performance.organisation_id.distinct()) >= SCHOOLS_AT_LEAST)
        .order_by(Performance.programme_id)
    )


def _waiting(programme: Programme, now: datetime) -> list[tuple[int, str, int]]:
    """(wave, kind, school) of the programme's waves that are in and not released."""
    rows = db.session.execute(
        select(AnswerWave.id, AnswerWave.kind, Performance.organisation_id)
        .join(Performance, Performance.id == AnswerWave.performance_id)
        .where(Performance.programme_id == programme.id, _are_in(now))
        .order_by(AnswerWave.id)
    )
    return [(wave_id, kind, organisation_id) for wave_id, kind, organisation_id in rows]
