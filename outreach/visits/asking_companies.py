"""Request for a company's reports: on the evening of a day of its troupe, one letter for all its shows of which it has
said nothing."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, exists, select
from sqlalchemy.orm import Mapped, aliased, joinedload, mapped_column

from outreach.asking.chasing import settings
from outreach.booking import told
from outreach.booking.promises import HOST, Booking
from outreach.ground import history
from outreach.ground.db import Base, Instant, db
from outreach.ground.timespans import day_of, wall
from outreach.post import letters
from outreach.tour.companies import Troupe
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.visits import reports
from outreach.visits.reminding import FROM, LATE, THE_SERVICE
from outreach.visits.reports import COMPANY, VisitReport


class CompanyRequest(Base):
    """The one letter that asked a company for the reports of a day of its troupe."""

    __tablename__ = "company_request"

    tour_day_id: Mapped[int] = mapped_column(ForeignKey("tour_day.id"), primary_key=True, autoincrement=False)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id"), unique=True)
    recorded_at: Mapped[datetime] = mapped_column(Instant)


@dataclass(frozen=True, kw_only=True)
class DayPlayed:
    """A day of a troupe that is over, and the bookings of the hosts of whose shows the company has said nothing, by
    start."""

    tour_day_id: int
    troupe: Troupe
    hosts: tuple[Booking, ...]


def due(programme: Programme, *, now: datetime, tour_day_id: int | None = None) -> list[DayPlayed]:
    """Which days to ask about now: in the evening, once all their shows are over, each once and not a day other. A
    troupe without an address is asked nothing. None while it is switched off; two queries."""
    if not settings.schedule_of_programme(programme.id).reports_on:
        return []
    other = aliased(Performance)
    reported = exists(
        select(VisitReport.id).where(
            VisitReport.performance_id == Performance.id,
            VisitReport.side == COMPANY,
            VisitReport.recorded_at >= Performance.starts_at,
            reports.stands(),
        )
    )
    query = (
        select(Booking, Troupe)
        .join(Performance, Performance.id == Booking.performance_id)
        .join(Troupe, Troupe.id == Performance.troupe_id)
        .options(joinedload(Booking.performance).joinedload(Performance.host))
        .where(
            Booking.programme_id == programme.id,
            Booking.role == HOST,
            Booking.ended_at.is_(None),
            Performance.ends_at <= now,
            Performance.ends_at > now - LATE,
            Troupe.calendar_address != "",
            ~reported,
            ~exists().where(CompanyRequest.tour_day_id == Performance.tour_day_id),
            ~exists(
                select(other.id).where(
                    other.tour_day_id == Performance.tour_day_id,
                    other.ends_at > now,
                    other.released_at.is_(None),
                    other.held_until.is_(None),
                )
            ),
        )
        .order_by(Performance.starts_at, Performance.id)
    )
    if tour_day_id is not None:
        query = query.where(Performance.tour_day_id == tour_day_id)
    days: dict[tuple[int, int], list[Booking]] = defaultdict(list)
    of: dict[int, Troupe] = {}
    for booking, troupe in db.session.execute(query):
        if now >= wall(day_of(booking.performance.ends_at), FROM):
            days[booking.performance.tour_day_id, troupe.id].append(booking)
            of[troupe.id] = troupe
    return [
        DayPlayed(tour_day_id=day, troupe=of[troupe_id], hosts=tuple(hosts))
        for (day, troupe_id), hosts in days.items()
    ]


def send_due(programme: Programme, tour_day_id: int, *, now: datetime) -> bool:
    """Ask about one day if that is due now; whether a letter was written. In the caller's transaction."""
    db.session.execute(
        select(Performance.id)
        .where(Performance.tour_day_id == tour_day_id)
        .order_by(Performance.id)
        .with_for_update(key_share=True)
    )
    done = False
    for played in due(programme, now=now, tour_day_id=tour_day_id):
        for host in played.hosts[:1]:
            entry = told.troupe_entry(host.performance, played.troupe.id, now=now)
            if entry is None:
                continue
            shows = [(one.performance.starts_at, one.performance.host.name) for one in played.hosts]
            letter = letters.how_the_day_went(entry.visit, entry.to, entry.sender, shows=shows, now=now)
            db.session.add(CompanyRequest(tour_day_id=tour_day_id, letter_id=letter.id, recorded_at=now))
            history.record(
                "asked the company for a report",
                host,
                who=THE_SERVICE,
                now=now,
                after={"address": entry.to.address},
            )
            done = True
    db.session.flush()
    return done
