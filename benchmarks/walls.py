"""What the wall of PostgreSQL between partnerships costs: pages asked of the service as production has it, which sees one
partnership at a time, and of the same service as the owner of the tables, whom no wall holds.

  python benchmarks/walls.py [--quick | --smoke]

Both are gunicorn 2 x 4 on one database, the county of the diary's benchmark; each page is asked of both in turns, by one
client, and their medians compared. Each transaction says once more whose rows it may see, so that pages of few and short
queries show most of it.
"""

import http.client
import sys
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from diary import TROUPES, county
from serving import databases, gunicorn, options, say, size, status
from sqlalchemy import select

from walled import address_of_service

ASKED = 1.25


def school_page(app: Any) -> str:
    """The address of a booking, by a link of its school's own."""
    from outreach.booking.promises import Booking
    from outreach.ground import clock
    from outreach.ground.db import transaction
    from outreach.post import links

    with app.app_context(), transaction() as session:
        booking = session.scalars(select(Booking).order_by(Booking.id).limit(1)).one()
        minted = links.mint(
            organisation_id=booking.organisation_id,
            programme_id=booking.programme_id,
            partnership_id=booking.partnership_id,
            address="office@redmere.example",
            now=clock.now(),
            expires_at=clock.now() + timedelta(days=30),
        )
        return f"/i/{minted.token}/booked/{booking.reference}"


def measure(
    owner: str, folder: Path, cookie: str, pages: dict[str, str], times: int
) -> dict[str, list[float]]:
    """By page: median seconds behind the wall, and as the owner."""
    service = address_of_service(owner)
    taken: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in pages}
    with gunicorn("wsgi:app", service, folder) as behind, gunicorn("wsgi:app", owner, folder) as before:
        doors = [http.client.HTTPConnection("127.0.0.1", port, timeout=120) for port in (behind, before)]
        for _ in range(times + 10):
            for name, path in pages.items():
                for door, seconds in zip(doors, taken[name], strict=True):
                    began = perf_counter()
                    door.request("GET", path, headers={"Cookie": cookie})
                    response = door.getresponse()
                    body = response.read()
                    seconds.append(perf_counter() - began)
                    assert response.status == 200, body[:300]
        for door in doors:
            door.close()
    return {name: [median(seconds[10:]) for seconds in both] for name, both in taken.items()}


def main() -> int:
    asked = options(__doc__, quick="fewer looks", on=()).parse_args()
    with databases(["postgresql"]) as fresh:
        for _, url, folder in fresh:
            app, cookie, diary = county(url, folder, TROUPES)
            pages = {
                "desk": "/desk",
                "coverage": "/desk/coverage",
                "gaps": "/desk/gaps",
                "schools": "/desk/schools",
                "diary": diary,
                "a school's booking": school_page(app),
            }
            found = measure(url, folder, cookie, pages, size(asked, 200, 40, 2))
    ratios = []
    for name, (walled, free) in found.items():
        ratios.append(walled / free)
        print(f"walls, {name}: {walled / free:.2f}x ({walled * 1000:.1f} ms, the owner {free * 1000:.1f} ms)")
    return status(asked, say("walls, median of the pages", median(ratios), ASKED))


if __name__ == "__main__":
    sys.exit(main())
