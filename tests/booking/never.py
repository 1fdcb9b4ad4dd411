"""What must never be, read from the tables with plain selects and judged here: no rule of the service is
asked.

`broken(…)` gives one sentence for each thing that is wrong; [] when all is well.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from itertools import combinations, pairwise
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

LONDON = ZoneInfo("Europe/London")


def broken(session: Session, programme_id: int, *, today: date, most: Callable[[int], float]) -> list[str]:
    """`most`: how many pupils of one year group the school of a URN has at most."""
    tables = _Tables(session, programme_id)
    return [
        *_two_places(tables),
        *_roads(tables),
        *_a_day(tables),
        *_seats(tables),
        *_year_groups(tables, most),
        *_whose(tables),
        *_once(tables, today, most),
    ]


class _Tables:
    def __init__(self, session: Session, programme_id: int) -> None:
        def rows(statement: str) -> list[dict[str, Any]]:
            found = session.execute(text(statement.format(ours=f"programme_id = {programme_id}")))
            return [dict(row) for row in found.mappings()]

        self.shows = rows(
            "SELECT * FROM performance WHERE {ours} AND released_at IS NULL ORDER BY get_in_at, id"
        )
        self.days = {row["id"]: row for row in rows("SELECT * FROM tour_day WHERE {ours}")}
        self.troupes = {row["id"]: row for row in rows("SELECT * FROM troupe")}
        self.programmes = {
            row["id"]: row
            for row in rows(
                "SELECT p.id, p.audience_ceiling, p.turn_minutes, s.road_base_minutes, s.road_minutes_per_km FROM programme p "
                "JOIN partnership s ON s.id = p.partnership_id"
            )
        }
        self.bookings = rows("SELECT * FROM booking WHERE {ours} AND ended_at IS NULL ORDER BY id")
        self.kept = rows("SELECT * FROM proposal WHERE {ours} AND ended_at IS NULL ORDER BY id")
        self.asked = rows("SELECT * FROM guest_place WHERE {ours} AND ended_at IS NULL ORDER BY id")
        self.consent = {row["performance_id"]: row["seats"] for row in rows("SELECT * FROM guest_seats")}
        self.ended = {row["booking_id"] for row in rows("SELECT booking_id FROM cancellation")}
        newest = "(SELECT max(id) FROM booking_revision GROUP BY booking_id)"
        self.pupils: dict[int, dict[int, int]] = defaultdict(dict)
        for row in rows(
            "SELECT r.booking_id, p.year_group, p.pupils FROM booking_revision r "
            f"JOIN promised_pupils p ON p.revision_id = r.id WHERE r.id IN {newest}"
        ):
            self.pupils[row["booking_id"]][row["year_group"]] = row["pupils"]


def _instant(value: datetime | str) -> datetime:
    """As PostgreSQL gives it, or the text of SQLite."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _wall(day: date | str, at: time | str) -> datetime:
    day = date.fromisoformat(day) if isinstance(day, str) else day
    at = time.fromisoformat(at) if isinstance(at, str) else at
    return datetime.combine(day, at, tzinfo=LONDON).astimezone(UTC)


def _two_places(t: _Tables) -> Iterator[str]:
    for one, other in combinations(t.shows, 2):
        in_one_hall = one["organisation_id"] == other["organisation_id"]
        begins, ends = ("starts_at", "ends_at") if in_one_hall else ("get_in_at", "away_at")
        if one["troupe_id"] == other["troupe_id"] and (
            _instant(one[begins]) < _instant(other[ends]) and _instant(other[begins]) < _instant(one[ends])
        ):
            yield f"troupe {one['troupe_id']} is in two places: shows {one['id']} and {other['id']}"


def _roads(t: _Tables) -> Iterator[str]:
    """From the base in the morning, from show to show, and home in time; between two in one hall it is turned round."""
    for day_id, shows in _by_day(t).items():
        for one, other in pairwise(shows):
            turn = t.programmes[t.days[day_id]["programme_id"]]["turn_minutes"]
            between = (_instant(other["starts_at"]) - _instant(one["ends_at"])).total_seconds() / 60
            if one["organisation_id"] == other["organisation_id"] and between < turn:
                yield f"day {day_id}: {between:.0f} minutes to turn the hall round"
        day = t.days[day_id]
        troupe, rule = t.troupes[day["troupe_id"]], t.programmes[day["programme_id"]]
        base = (troupe["base_easting"], troupe["base_northing"])
        stops: list[tuple[Any, datetime, datetime]] = [
            (
                (s["organisation_id"], s["easting"], s["northing"]),
                _instant(s["get_in_at"]),
                _instant(s["away_at"]),
            )
            for s in shows
        ]
        leaves, returns = _wall(day["day"], day["leaves"]), _wall(day["day"], day["returns"])
        start, end = (0, *base), (0, *base)
        whole = [(start, leaves, leaves), *stops, (end, returns, returns)]
        for (here, _, away), (there, arrives, _) in zip(whole, whole[1:], strict=False):
            needed = 0.0
            if here[0] == there[0]:
                continue
            if here[0] != there[0] and None not in (*here, *there):
                metres = math.hypot(here[1] - there[1], here[2] - there[2])
                needed = rule["road_base_minutes"] + rule["road_minutes_per_km"] * metres / 1000
            if (arrives - away).total_seconds() / 60 < needed - 0.01:
                yield f"day {day_id}: {needed:.1f} minutes of road in {(arrives - away).total_seconds() / 60:.0f}"


def _a_day(t: _Tables) -> Iterator[str]:
    for day_id, shows in _by_day(t).items():
        day = t.days[day_id]
        if len(shows) > day["shows_at_most"]:
            yield f"day {day_id} has {len(shows)} shows"
        if day["ended_at"] is not None:
            yield f"day {day_id} was taken back and has shows"
        if any((s["troupe_id"], s["programme_id"]) != (day["troupe_id"], day["programme_id"]) for s in shows):
            yield f"day {day_id} has a show of another troupe"


def _by_day(t: _Tables) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for show in t.shows:
        found[show["tour_day_id"]].append(show)
    return found


def _seats(t: _Tables) -> Iterator[str]:
    seats: Counter[int] = Counter()
    guests: Counter[int] = Counter()
    for booking in t.bookings:
        seats[booking["performance_id"]] += booking["seats"]
        if booking["role"] == "guest":
            guests[booking["performance_id"]] += booking["seats"]
        if booking["seats"] != sum(t.pupils[booking["id"]].values()):
            yield f"{booking['reference']} has {booking['seats']} seats for {t.pupils[booking['id']]}"
    ceilings = {s["id"]: t.programmes[s["programme_id"]]["audience_ceiling"] for s in t.shows}
    for show, taken in seats.items():
        if taken > ceilings.get(show, 0):
            yield f"show {show} takes {ceilings.get(show, 0)} and {taken} are promised"
    for show, taken in guests.items():
        if taken > t.consent.get(show, 0):
            yield f"show {show}: its host agreed to {t.consent.get(show, 0)} guests and {taken} come"


def _year_groups(t: _Tables, most: Callable[[int], float]) -> Iterator[str]:
    promised: Counter[tuple[int, int, int]] = Counter()
    for booking in t.bookings:
        for year_group, pupils in t.pupils[booking["id"]].items():
            promised[booking["programme_id"], booking["organisation_id"], year_group] += pupils
    for (_, organisation_id, year_group), pupils in promised.items():
        if pupils > most(organisation_id):
            yield f"school {organisation_id} promises {pupils} of Year {year_group} and has {most(organisation_id)}"


def _whose(t: _Tables) -> Iterator[str]:
    """Each show that stands is one school's: its booking's, or a proposal's, or a hold's; and nobody comes to
    none."""
    shows = {s["id"]: s for s in t.shows}
    hosts = Counter(b["performance_id"] for b in t.bookings if b["role"] == "host")
    keeping = Counter(p["performance_id"] for p in t.kept if p["performance_id"] is not None)
    for show in t.shows:
        owners = hosts[show["id"]] + keeping[show["id"]] + (show["held_until"] is not None)
        if owners != 1:
            yield f"show {show['id']} stands for {owners} reasons"
    for row in (*t.bookings, *t.kept, *t.asked):
        show = shows.get(row["performance_id"])
        if show is None and row["performance_id"] is not None:
            yield f"a promise of school {row['organisation_id']} is for show {row['performance_id']}, which is no more"
        elif (
            show is not None
            and row.get("role") == "host"
            and show["organisation_id"] != row["organisation_id"]
        ):
            yield f"{row['reference']} is the host at another school's show"
    for booking in t.bookings:
        if booking["role"] == "guest" and not hosts[booking["performance_id"]]:
            yield f"{booking['reference']} is a guest and has no host"
        if booking["id"] in t.ended:
            yield f"{booking['reference']} was cancelled and stands"


def _once(t: _Tables, today: date, most: Callable[[int], float]) -> Iterator[str]:
    kept = [p for p in t.kept if str(p["reply_by"]) >= str(today)]
    for (programme, organisation_id), times in Counter(
        (p["programme_id"], p["organisation_id"]) for p in kept
    ).items():
        shows = math.ceil(
            2 * most(organisation_id) / t.programmes[programme]["audience_ceiling"]
        )  # two year groups
        if times > shows:
            yield f"school {organisation_id} needs {shows} shows and has {times} times kept"
    for (_, organisation_id), times in Counter(
        (p["programme_id"], p["organisation_id"]) for p in t.asked
    ).items():
        if times > 1:
            yield f"school {organisation_id} asks {times} hosts at once"
    for key, times in Counter((b["performance_id"], b["organisation_id"]) for b in t.bookings).items():
        if times > 1:
            yield f"school {key[1]} is promised show {key[0]} {times} times"
    live = [row["uid"] for row in (*t.bookings, *t.kept) if row["uid"]]
    if len(set(live)) != len(live):
        yield "two promises have one calendar entry"
