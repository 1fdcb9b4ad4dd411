"""A feed of 10,000 events: handed out, asked again unchanged, and the memory that one request takes.

  python benchmarks/feed.py [--quick | --smoke] [--database sqlite|postgresql]

Floors in the same run: icalendar building the same calendar from ready objects; and a bare Flask page that
does one SELECT through a gunicorn of its own on the same database, asked in turns with the unchanged feed by
one client.
"""

import gzip
import http.client
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from serving import ROOT, databases, environment, gunicorn, kinds, options, say, size, spread, status

EVENTS, SMOKE = 10_000, 200
COLD, UNCHANGED, MEGABYTES = 0.25, 3.0, 30.0
MADE_AT = datetime(2026, 9, 3, 9, 0, tzinfo=UTC)


def appointments(events: int) -> list[Any]:
    """As many shows as there are events, each like a real one: two a day, every school day's worth of
    words."""
    from outreach.post.calendars import Appointment

    first = datetime(2027, 1, 4, 9, 30, tzinfo=UTC)
    return [
        Appointment(
            uid=f"{n:08x}-5a1d-4c6e-9b1f-0123456789ab",
            sequence=n % 3,
            dtstamp=MADE_AT,
            created_at=MADE_AT,
            starts_at=first + timedelta(days=n // 40, minutes=15 * (n % 16)),
            ends_at=first + timedelta(days=n // 40, minutes=15 * (n % 16) + 75),
            summary=f"‘Someone to Tell’ at St Brannoc’s Academy {n}",
            description="For Years 8 and 9.\nThe company arrives at 8:30am and leaves by 11:15am.\nPlease have ready: "
            "two power sockets near the stage; a clear floor of 8 by 6 metres; a room to change in.\n"
            f"Reference: MRL-{n:05d}.\nTo move, change or cancel: https://outreach.example/b/MRL-{n:05d}",
            location=f"St Brannoc’s Academy {n}, Main hall, Church Lane, Kestermere, ZZ1 1AA",
            url=f"https://outreach.example/b/MRL-{n:05d}",
            organizer_name="",
            organizer_address="",
            attendees=(),
        )
        for n in range(events)
    ]


def put(url: str, folder: Path, events: int) -> str:
    """Lay the feed; the path of its address."""
    os.environ.update(environment(url, folder))
    from sqlalchemy import text

    import make
    from outreach import create_app
    from outreach.ground.db import db, transaction
    from outreach.post.feeds import addresses, entries
    from outreach.post.feeds.entries import COORDINATOR, Entry

    app = create_app({})
    with app.app_context():
        with transaction():
            whose = make.partnership().id
            shows = [Entry(kind=COORDINATOR, subject=1, appointment=a) for a in appointments(events)]
            began = perf_counter()
            entries.put(shows, now=MADE_AT, new=True)
            print(f"feed: an entry is written in {(perf_counter() - began) / events * 1000:.3f} ms")
            feed = addresses.make(
                COORDINATOR, 1, partnership_id=whose, label="All shows", who="benchmark", now=MADE_AT
            )
            path = f"/calendar/{addresses.token_of(feed, 'benchmark')}.ics"
        with transaction():
            db.session.execute(text("ANALYZE"))
        db.session.remove()
        db.engine.dispose()
    return path


def built_from_objects(events: int, times: int) -> tuple[float, int]:
    """Median seconds in which icalendar builds the same calendar from ready objects, and its size."""
    from icalendar import Calendar

    from outreach.post import calendars

    shows = appointments(events)
    taken, size = [], 0
    for _ in range(times):
        began = perf_counter()
        calendar = Calendar()
        calendar.add("version", "2.0")
        calendar.add("prodid", calendars.PRODID)
        for show in shows:
            calendar.add_component(calendars._event(show))
        size = len(calendar.to_ical(sorted=False))
        taken.append(perf_counter() - began)
    return median(taken), size


def awake(port: int, path: str) -> None:
    """Every worker has served something, so that its start is not measured."""

    def ask(connection: http.client.HTTPConnection) -> None:
        connection.request("GET", path)
        connection.getresponse().read()

    spread([ask] * 64, port, 8)


def fetched(port: int, path: str, times: int, **headers: str) -> tuple[float, bytes, str]:
    """Median seconds in which the whole feed arrives, each time on a fresh connection; the body and its
    tag."""
    taken, body, tag = [], b"", ""
    for _ in range(times):
        began = perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        body = response.read()
        taken.append(perf_counter() - began)
        connection.close()
        assert response.status == 200, body[:200]
        tag = response.headers["ETag"]
    return median(taken), body, tag


def asked_again(port: int, bare: int, path: str, tag: str, times: int) -> tuple[float, float]:
    """Median seconds of the unchanged feed, and of the bare page with one SELECT, asked in turns."""
    seconds: dict[str, list[float]] = {"feed": [], "bare": []}

    def ask(
        connection: http.client.HTTPConnection, name: str, path: str, status: int, **headers: str
    ) -> None:
        began = perf_counter()
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        response.read()
        seconds[name].append(perf_counter() - began)
        assert response.status == status, response.status

    def look(connection: http.client.HTTPConnection) -> None:
        other = http.client.HTTPConnection("127.0.0.1", bare, timeout=60)
        for _ in range(times + 20):
            ask(connection, "feed", path, 304, **{"If-None-Match": tag})
            ask(other, "bare", "/one", 200)
        other.close()

    work: list[Callable[[http.client.HTTPConnection], object]] = [look]
    spread(work, port, 1)
    return median(seconds["feed"][20:]), median(seconds["bare"][20:])


def memory(url: str, folder: Path, path: str, events: int, **headers: str) -> float:
    """Megabytes by which one request for the feed raises the peak of a fresh process that has served small
    ones."""
    program = f"import sys; sys.path[:0] = {[str(ROOT), str(ROOT / 'benchmarks')]!r}\nimport feed; feed.serve_one({path!r}, {events}, {headers!r})"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment(url, folder),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


def serve_one(path: str, events: int, headers: dict[str, str]) -> None:
    """In a process of its own: hand the feed out, piece by piece as a server does, and print the megabytes it
    took."""
    from werkzeug.test import EnvironBuilder

    from outreach import create_app

    app = create_app({})

    def request(path: str) -> int:
        environ = EnvironBuilder(path, headers=headers).get_environ()
        pieces = app.wsgi_app(environ, lambda *_: None)
        size = sum(len(piece) for piece in pieces)
        pieces.close()  # type: ignore[attr-defined]
        return size

    def standing(name: str) -> int:
        return int(Path("/proc/self/status").read_text().split(f"{name}:")[1].split()[0])

    for _ in range(3):
        request("/calendar/" + "0" * 48 + ".ics")
        request("/health")
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = standing("VmRSS")
    assert request(path) > 10 * events
    print((standing("VmHWM") - before) / 1024)


def main() -> int:
    asked = options(__doc__, quick="fewer looks").parse_args()
    events, times = size(asked, EVENTS, EVENTS, SMOKE), size(asked, 9, 3, 1)
    reached = True
    with databases(kinds(asked)) as fresh:
        built, length = built_from_objects(events, size(asked, 3, 1, 1))
        print(
            f"feed: icalendar builds {events:,} events from objects in {built:.2f} s ({length / 1e6:.1f} MB)"
        )
        for kind, url, folder in fresh:
            path = put(url, folder, events)
            with (
                gunicorn("wsgi:app", url, folder) as port,
                gunicorn("benchmarks.bare:app", url, folder) as bare,
            ):
                awake(port, "/health")
                awake(bare, "/one")
                first, plain, tag = fetched(port, path, 1)
                cold, _, _ = fetched(port, path, times)
                packed_cold, packed, _ = fetched(port, path, times, **{"Accept-Encoding": "gzip"})
                assert gzip.decompress(packed) == plain and plain.count(b"BEGIN:VEVENT") == events
                again, one = asked_again(port, bare, path, tag, size(asked, 600, 150, 5))
            detail = f"({cold * 1000:.0f} ms, the first {first * 1000:.0f} ms, {len(plain) / 1e6:.1f} MB)"
            reached &= say(f"feed cold, {kind}", max(first, cold) / built, COLD, detail=detail)
            detail = f"({packed_cold * 1000:.0f} ms, {len(packed) / 1e6:.2f} MB)"
            reached &= say(f"feed cold and packed, {kind}", packed_cold / built, COLD, detail=detail)
            detail = f"({again * 1000:.2f} ms, bare page {one * 1000:.2f} ms)"
            reached &= say(f"feed unchanged, {kind}", again / one, UNCHANGED, detail=detail)
            for words, headers in (("plain", {}), ("packed", {"Accept-Encoding": "gzip"})):
                taken = memory(url, folder, path, events, **headers)
                good = taken < MEGABYTES
                reached &= good
                print(
                    f"feed memory, {words}, {kind}: {taken:.1f} MB (under {MEGABYTES:g} MB asked: "
                    f"{'reached' if good else 'MISSED'})"
                )
    return status(asked, reached)


if __name__ == "__main__":
    sys.exit(main())
