"""A small router on this computer that answers as OSRM and Valhalla do, and fails as they do: for tests alone."""

import json
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECONDS_OF_A_KILOMETRE = 90
DETOUR = 1.3


class RouterServer(ThreadingHTTPServer):
    """`asked`: the points, (longitude, latitude), of each question; `next`: what to do instead of answering, one for
    each of the next questions ("hold": nothing, and `holds` tells that it came); `without`: longitudes, to six digits,
    to which there is no road; `most`: points of a question that it takes; `unknown`: longitudes for which it refuses the whole question."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.asked: list[list[tuple[float, float]]] = []
        self.agents: set[str] = set()
        self.next: list[Any] = []
        self.without: set[float] = set()
        self.unknown: set[float] = set()
        self.most = 100
        self.holds = threading.Event()
        self.is_over = threading.Event()
        self.at_once = self.most_at_once = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Answers(BaseHTTPRequestHandler):
    server: RouterServer

    def log_message(self, *_args: Any) -> None:
        pass

    def do_GET(self) -> None:  # noqa: N802
        path, _, query = self.path.partition("?")
        assert path.startswith("/table/v1/driving/") and query == "annotations=duration,distance"
        points = [tuple(map(float, p.split(","))) for p in path.rpartition("/")[2].split(";")]
        self._answer(points, osrm)

    def do_POST(self) -> None:  # noqa: N802
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert (
            self.path == "/sources_to_targets"
            and asked["costing"] == "auto"
            and asked["units"] == "kilometers"
        )
        assert asked["sources"] == asked["targets"]
        self._answer([(p["lon"], p["lat"]) for p in asked["sources"]], valhalla)

    def _answer(self, points: Any, form: Any) -> None:
        server = self.server
        server.asked.append(points)
        server.agents.add(self.headers["User-Agent"])
        server.at_once += 1
        server.most_at_once = max(server.at_once, server.most_at_once)
        try:
            deed = server.next.pop(0) if server.next else None
            if deed == "slow":
                time.sleep(1.5)
                return
            if deed == "hold":
                server.holds.set()
                server.is_over.wait(120)
                return
            if deed == "garbage":
                return self._send(200, b"<html>Please sign in</html>")
            if deed == "trickle":
                return self._trickle(json.dumps(form(points, server)).encode())
            if deed == "cut":
                return self._send(200, json.dumps(form(points, server)).encode()[:-40], short=True)
            if deed is not None:
                code, headers, body = deed
                return self._send(code, json.dumps(body).encode(), headers)
            if len(points) > server.most:
                return self._send(400, b'{"code":"TooBig","message":"Too many table coordinates"}')
            if any(p[0] in server.unknown for p in points):
                return self._send(400, b'{"error_code":171,"error":"No suitable edges near location"}')
            self._send(200, json.dumps(form(points, server)).encode())
        finally:
            server.at_once -= 1

    def _send(self, code: int, body: bytes, headers: Any = (), *, short: bool = False) -> None:
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body) + 40 * short))
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _trickle(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(ConnectionError):  # nobody waits for its end
            for at in range(0, len(body), 40):
                self.wfile.write(body[at : at + 40])
                time.sleep(0.05)


def kilometres(a: Any, b: Any) -> float:
    east = (a[0] - b[0]) * math.cos(math.radians((a[1] + b[1]) / 2))
    return DETOUR * 111.2 * math.hypot(east, a[1] - b[1])


def _cells(points: Any, server: RouterServer) -> list[list[float | None]]:
    gone = lambda a, b: a != b and (a[0] in server.without or b[0] in server.without)  # noqa: E731
    return [[None if gone(a, b) else kilometres(a, b) for b in points] for a in points]


def osrm(points: Any, server: RouterServer) -> Any:
    """As osrm-routed 5 and 6 write it: seconds and metres."""
    cells = _cells(points, server)
    places = [{"hint": "made-up", "distance": 3.2, "name": "", "location": list(p)} for p in points]
    return {
        "code": "Ok",
        "durations": [
            [None if c is None else round(c * SECONDS_OF_A_KILOMETRE, 1) for c in row] for row in cells
        ],
        "distances": [[None if c is None else round(c * 1000, 1) for c in row] for row in cells],
        "sources": places,
        "destinations": places,
    }


def valhalla(points: Any, server: RouterServer) -> Any:
    """As valhalla_service 3 writes it: seconds and kilometres."""
    cells = _cells(points, server)
    places = [[{"lon": p[0], "lat": p[1]} for p in points]]
    return {
        "algorithm": "costmatrix",
        "units": "kilometers",
        "sources": places,
        "targets": places,
        "sources_to_targets": [
            [
                {
                    "distance": None if c is None else round(c, 3),
                    "time": None if c is None else round(c * SECONDS_OF_A_KILOMETRE),
                    "to_index": m,
                    "from_index": n,
                }
                for m, c in enumerate(row)
            ]
            for n, row in enumerate(cells)
        ],
    }


@contextmanager
def running() -> Iterator[RouterServer]:
    with RouterServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.is_over.set()
            server.shutdown()
            thread.join()
