"""The line to a router, OSRM or Valhalla: one question for the roads between some points, and its answer as bytes.

One question names at most MOST_POINTS, all of them as starts and as ends, so that both ways of each road come at once:
OSRM takes 100 such by default (osrm-routed --max-table-size), Valhalla 50 (2,500 pairs, max_matrix_location_pairs).
Nothing of ours is in a question but degrees, and who asks.
"""

import json
import time
from datetime import datetime, timedelta
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from outreach.ground import from_outside
from outreach.ground.the_app import settings
from outreach.ground.timespans import retry_after
from outreach.tour.road_points import RoadPoints

OSRM, VALHALLA = "osrm", "valhalla"
MOST_POINTS = {OSRM: 100, VALHALLA: 50}

PAUSE = timedelta(seconds=1)
"""Between two questions to a public router; those of OpenStreetMap's communities ask for no more than one a second."""

A_LINE = 15
"""Seconds that it may say nothing."""
AT_MOST = 45
"""Seconds that one answer may take."""
MOST_BYTES = 8_000_000
LONGEST_WORDS = 200


class RouterFailed(Exception):
    """No answer for now; its text says why in words. `again_in`: how long the router asks us to wait, if it says."""

    def __init__(self, words: str, again_in: timedelta | None = None) -> None:
        super().__init__(words)
        self.again_in = again_in


class RouterRefused(Exception):
    """It will not answer this, however often it is asked; its text says why in words. `parts_may_do`: it is this
    question that it takes amiss, one of its points or their number, and not that we ask at all."""

    def __init__(self, words: str, *, parts_may_do: bool = False) -> None:
        super().__init__(words)
        self.parts_may_do = parts_may_do


class _NoRedirect(HTTPRedirectHandler):
    """What was meant for a council's own router is not sent on to another."""

    def redirect_request(self, *args: Any, **named: Any) -> None:
        return None


def is_set() -> bool:
    """A router is named in the settings; without one nothing is asked."""
    return bool(settings().get("ROUTER_URL"))


def is_own() -> bool:
    """It is the council's own, which may know where a troupe's base is."""
    return bool(settings().get("ROUTER_OWN"))


def kind() -> str:
    return str(settings().get("ROUTER_KIND") or OSRM)


def a_day() -> int:
    """How many questions it may be asked on one day."""
    return int(settings().get("ROUTER_A_DAY", 500))


def ask(points: RoadPoints, *, now: datetime) -> bytes:
    """The answer to one question. Raises RouterFailed, RouterRefused; ValueError where a base would go to a public
    router, and where there are more points than it takes."""
    if not is_own() and any(point.is_base for point in points.points):
        raise ValueError("a troupe's base goes to no public router")
    if len(points.points) > MOST_POINTS[kind()]:
        raise ValueError("too many points for one question")
    deadline = time.monotonic() + AT_MOST
    try:
        with build_opener(_NoRedirect).open(_question(points), timeout=A_LINE) as answer:
            return _all_of(answer, deadline)
    except HTTPError as error:
        with error:
            raise _said_no(error, now) from None
    except TimeoutError:
        raise RouterFailed("It did not answer in time.") from None
    except (OSError, HTTPException) as error:
        raise RouterFailed(f"It cannot be reached: {getattr(error, 'reason', None) or error}.") from None


def _question(points: RoadPoints) -> Request:
    base = str(settings()["ROUTER_URL"])
    headers = {"User-Agent": f"Outreach ({settings()['PUBLIC_URL']})", "Accept": "application/json"}
    if kind() == VALHALLA:
        places = [{"lat": round(p.latitude, 6), "lon": round(p.longitude, 6)} for p in points.points]
        asked = {"sources": places, "targets": places, "costing": "auto", "units": "kilometers"}
        body = json.dumps(asked).encode()
        return Request(
            f"{base}/sources_to_targets", body, {**headers, "Content-Type": "application/json"}, method="POST"
        )
    line = ";".join(f"{p.longitude:.6f},{p.latitude:.6f}" for p in points.points)
    return Request(f"{base}/table/v1/driving/{line}?annotations=duration,distance", headers=headers)


def _all_of(answer: HTTPResponse, deadline: float) -> bytes:
    """The whole answer, however slowly it trickles, within its time. Raises RouterFailed."""
    parts, size = [], 0
    while part := answer.read1(65536):
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            raise RouterFailed("Its answer is larger than any table that was asked for.")
        if time.monotonic() > deadline:
            raise RouterFailed("It did not answer in time.")
    if answer.length:
        raise RouterFailed("Its answer broke off.")
    return b"".join(parts)


def _said_no(error: HTTPError, now: datetime) -> RouterFailed | RouterRefused:
    if 300 <= error.code < 400:
        return RouterRefused("It sends us on to another address, and what it is told is for itself alone.")
    if error.code in (408, 425, 429) or error.code >= 500:
        words = "It asks us to wait (429)." if error.code == 429 else f"It has no answer now ({error.code})."
        return RouterFailed(words, retry_after(error.headers.get("Retry-After"), now))
    words = f"It will not answer ({error.code}): ‘{_words(error)}’."
    return RouterRefused(words, parts_may_do=error.code in (400, 413, 414))


def _words(error: HTTPError) -> str:
    """What a router said of its no, in a few words: OSRM's `message`, Valhalla's `error`."""
    try:
        said = from_outside.json_of(error.read(10_000))
        words = said.get("message") or said.get("error") if isinstance(said, dict) else None
    except (ValueError, OSError, HTTPException):
        words = None
    return " ".join(str(words or error.reason).split())[:LONGEST_WORDS]
