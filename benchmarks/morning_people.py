"""The people of the September morning: schools that open their links and book, coordinators who look at their desks and
send rounds; and who sees to it that each acts when it is due, however slow the service is."""

import heapq
import http.client
import random
import re
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from html import unescape
from itertools import count
from queue import SimpleQueue
from urllib.parse import urlencode

CURVE = (0.2, 0.45, 0.7, 0.9, 1.0, 1.0, 0.95, 0.85, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5, 0.4, 0.3)
"""How busy each quarter of an hour from eight to twelve is, beside the busiest."""
HOURS = len(CURVE) / 4
"""Of the morning, as people know it."""

AT_REST = 20.0
"""Seconds after which a line is opened anew: gunicorn closes it after thirty."""

OPENED, CHOSEN, TYPED, CHECKED, BOOKED, SEEN = (
    "a school opens its link",
    "chooses a time",
    "types its answers",
    "reads them over",
    "books",
    "reads its booking",
)
DESK = {
    "the desk": "/desk",
    "coverage": "/desk/coverage",
    "gaps": "/desk/gaps",
    "schools": "/desk/schools",
}
LISTED, SHOWN, SENT = "a round’s list", "its preview", "a round is sent"

Step = Callable[[], "Later | None"]


@dataclass(frozen=True)
class Later:
    """What somebody does next, and after how many seconds of thought."""

    step: Step
    thought: float


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    page: str


def arrivals(busiest: float, seconds: float, chance: random.Random) -> Iterator[float]:
    """When each of many comes, `busiest` a second at the busiest moment of a morning of so many seconds."""
    at = 0.0
    while (at := at + chance.expovariate(busiest)) < seconds:
        if chance.random() < CURVE[int(at / seconds * len(CURVE))]:
            yield at


class Lines:
    """Lines to the hosts, by turns, as a proxy keeps them."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports, self._next, self._lock = ports, count(), threading.Lock()
        self._free: dict[int, list[tuple[float, http.client.HTTPConnection]]] = defaultdict(list)

    def ask(
        self, method: str, path: str, cookies: dict[str, str], typed: dict[str, object] | None = None
    ) -> Answer:
        with self._lock:
            port = self._ports[next(self._next) % len(self._ports)]
            free = self._free[port]
            at, line = free.pop() if free else (0.0, None)
        if line is None or time.monotonic() - at > AT_REST:
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
            line.connect()
            line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        if typed is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        line.request(method, path, None if typed is None else urlencode(typed, doseq=True), headers)
        answer = line.getresponse()
        page = answer.read().decode()
        for told in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = told.partition(";")[0].partition("=")
            cookies[name] = value
        with self._lock:
            self._free[port].append((time.monotonic(), line))
        return Answer(answer.status, answer.headers.get("Location") or "", page)


@dataclass
class Seen:
    """What was asked and what came of it. `took`: seconds by kind of page, from the moment at which it was due;
    `sent`: letters of rounds; `elsewhere`: times that another school took first; `late`: how late the people
    themselves were at most."""

    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    sent: int = 0
    elsewhere: int = 0
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    late: float = 0.0


class Morning:
    """Who acts when. What is due is put off for nobody's waiting, as long as there are threads."""

    def __init__(self, seen: Seen, threads: int = 64) -> None:
        self.seen = seen
        self._due: list[tuple[float, int, Step]] = []
        self._number, self._acting = count(), 0
        self._told = threading.Condition()
        self._in_hand: SimpleQueue[tuple[float, Step] | None] = SimpleQueue()
        self._threads = [threading.Thread(target=self._act, daemon=True) for _ in range(threads)]

    def at(self, seconds: float, step: Step) -> None:
        """So many seconds after it begins."""
        heapq.heappush(self._due, (seconds, next(self._number), step))

    def run(self) -> float:
        """Until nobody has anything left to do; seconds."""
        began = time.monotonic()
        self._due = [(began + seconds, number, step) for seconds, number, step in self._due]
        for thread in self._threads:
            thread.start()
        with self._told:
            while self._due or self._acting:
                now = time.monotonic()
                while self._due and self._due[0][0] <= now:
                    due, _, step = heapq.heappop(self._due)
                    self._acting += 1
                    self._in_hand.put((due, step))
                self._told.wait(self._due[0][0] - now if self._due else None)
        for _ in self._threads:
            self._in_hand.put(None)
        for thread in self._threads:
            thread.join()
        return time.monotonic() - began

    def _act(self) -> None:
        while (given := self._in_hand.get()) is not None:
            due, step = given
            self.seen.late = max(self.seen.late, time.monotonic() - due)
            later = None
            try:
                later = step()
            except (OSError, http.client.HTTPException) as error:
                self.seen.lost.append(repr(error))
            except Exception as error:
                self.seen.wrong.append(repr(error))
            with self._told:
                self._acting -= 1
                if later is not None:
                    moment = time.monotonic() + later.thought
                    heapq.heappush(self._due, (moment, next(self._number), later.step))
                self._told.notify()


class Wrong(Exception):
    """A page that is not what it should be."""


@dataclass
class Person:
    """Somebody with a browser."""

    lines: Lines
    seen: Seen
    cookies: dict[str, str] = field(default_factory=dict)
    csrf: str = ""

    def ask(
        self,
        kind: str,
        method: str,
        path: str,
        typed: dict[str, object] | None = None,
        *,
        may: tuple[int, ...],
    ) -> Answer:
        began = time.perf_counter()
        given = None if typed is None else typed | {"csrf_token": self.csrf}
        answer = self.lines.ask(method, path, self.cookies, given)
        self.seen.took[kind].append(time.perf_counter() - began)
        if answer.status not in may:
            raise Wrong(f"{answer.status} for {kind} {answer.location}: {answer.page[:300]}")
        if found := re.search(r'name="csrf_token"[^>]*value="([^"]+)"', answer.page):
            self.csrf = found[1]
        return answer


@dataclass
class School(Person):
    """One that has a link. `said`: of all schools, reference of a booking that was promised -> the school."""

    organisation_id: int = 0
    name: str = ""
    token: str = ""
    chance: random.Random = field(default_factory=random.Random)
    thought: float = 0.0
    books: bool = False
    said: dict[str, int] = field(default_factory=dict)
    _page: str = ""
    _where: str = ""
    _tries: int = 0

    def anew(self, *, books: bool = False) -> "School":
        """Somebody of the school with a browser of their own."""
        return replace(self, cookies={}, books=books)

    def open(self) -> Later | None:
        answer = self.ask(OPENED, "GET", f"/i/{self.token}", may=(200, 302))
        if answer.status == 302:  # it has booked: on to its booking
            answer = self.ask(SEEN, "GET", answer.location, may=(200,))
        self._own(answer)
        self._page = answer.page
        return Later(self.choose, self.thought) if self.books else None

    def _own(self, answer: Answer) -> None:
        if self.name not in unescape(answer.page):
            raise Wrong(f"a page that is not of {self.name}: {answer.page[:300]}")

    def choose(self) -> Later | None:
        keys = re.findall(r'name="slot" value="(\d+-\d{4})"', self._page)
        if not keys:
            raise Wrong(f"no time to choose: {self._page[:300]}")
        slot = self.chance.choice(keys)
        answer = self.ask(CHOSEN, "POST", f"/i/{self.token}/choose", {"slot": slot}, may=(303, 422))
        self._tries += 1
        if answer.status == 422:
            self.seen.elsewhere += 1
            self._page = answer.page
            return Later(self.choose, self.thought) if self._tries < 10 else None
        return self._go_on(answer.location)

    def _go_on(self, where: str) -> Later:
        """To the page that a form leads to, by way of the one that knows which."""
        answer = self.ask(TYPED, "GET", where, may=(200, 302))
        while answer.status == 302:
            where = answer.location
            kind = CHECKED if where.endswith("/check") else TYPED
            answer = self.ask(kind, "GET", where, may=(200, 302))
        self._where, self._page = where, answer.page
        return Later(self.book if where.endswith("/check") else self.type, self.thought)

    def type(self) -> Later:
        step = self._where.rpartition("/")[2]
        answer = self.ask(TYPED, "POST", self._where, self._answers(step), may=(303,))
        return self._go_on(answer.location)

    def _answers(self, step: str) -> dict[str, object]:
        n = self.organisation_id
        return {
            "pupils": {"pupils-0-8": "148", "pupils-0-9": "151"},
            "hall": {"hall": "Main hall", "step_free": "yes", "access-0-wheelchair": "2"},
            "people": {
                "lead_name": "Joanna Fell",
                "lead_address": f"j.fell@s{n}.example",
                "lead_phone": "01632 960 204",
            },
        }[step]

    def book(self) -> None:
        found = re.search(r'name="slots"[^>]*value="([^"]+)"', self._page)
        if not found:
            raise Wrong(f"nothing to book: {self._page[:300]}")
        path = f"/i/{self.token}"
        answer = self.ask(BOOKED, "POST", f"{path}/book", {"slots": found[1]}, may=(303,))
        head, _, reference = answer.location.rpartition("/")
        if not head.endswith("/booked"):
            raise Wrong(f"not booked: {answer.location}")
        self.said[reference] = self.organisation_id
        answer = self.ask(SEEN, "GET", answer.location, may=(200,))
        self._own(answer)
        if reference not in answer.page:
            raise Wrong(f"a booking without its reference: {answer.page[:300]}")


@dataclass
class Coordinator(Person):
    """One who is signed in."""

    county: str = ""
    thought: float = 0.0
    _page: str = ""

    def look(self, page: str) -> None:
        answer = self.ask(page, "GET", DESK[page], may=(200,))
        if self.county not in unescape(answer.page):
            raise Wrong(f"{page} that is not of {self.county}: {answer.page[:300]}")

    def list_round(self) -> Later:
        self._page = self.ask(LISTED, "GET", "/desk/invitations", may=(200,)).page
        return Later(self.preview_round, self.thought)

    def preview_round(self) -> Later:
        form = self._page[self._page.index('id="list"') :]
        typed = {name: _value(form, name) for name in ("programme", "all")} | {"whole": "1"}
        self._page = self.ask(SHOWN, "POST", "/desk/invitations/preview", typed, may=(200,)).page
        return Later(self.send_round, self.thought)

    def send_round(self) -> None:
        form = self._page[self._page.index('action="/desk/invitations/send"') :]
        to = [unescape(each) for each in re.findall(r'name="to" value="([^"]+)"', form)]
        typed: dict[str, object] = {"programme": _value(form, "programme"), "to": to, "note": "first round"}
        self.ask(SENT, "POST", "/desk/invitations/send", typed, may=(303,))
        self.seen.sent += len(to)


def _value(form: str, name: str) -> str:
    found = re.search(rf'name="{name}"\s+value="([^"]*)"', form)
    if not found:
        raise Wrong(f"no {name} in {form[:300]}")
    return unescape(found[1])
