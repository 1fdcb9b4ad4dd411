"""The line to a program: one POST over TLS to an address that was looked at, in five seconds, and the beginning of the
answer.

The host is resolved once, every address found must be of the internet at large, and the line goes to one of those very
addresses: what the name says a moment later changes nothing. TLS holds the other side to the host's name. No redirect
is followed, no proxy is asked, and no more than a few kilobytes are read.
"""

import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from io import BytesIO
from urllib.parse import urlsplit

from outreach.post.webhooks.deliveries import Told
from outreach.post.webhooks.open_addresses import Resolve, is_open, look_up, resolve

SECONDS = 5.0
"""For all of it: the name, the line, TLS, what is sent and what is answered."""

MOST_READ = 16 * 1024
"""Bytes of an answer."""

KEPT = 200
"""Characters of it that are shown to coordinators."""


class Untold(Exception):
    """Why there was no answer."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """How programs are reached; what differs is told by tests."""

    resolve: Resolve = resolve
    is_open: Callable[[str], bool] = is_open
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    seconds: float = SECONDS

    def tell(self, address: str, body: bytes, headers: Mapping[str, str]) -> Told:
        """What the program at this address answered, or why it did not."""
        until = time.monotonic() + self.seconds
        try:
            return self._told(address, body, headers, until)
        except Untold as why:
            return Told(http_status=None, answer=str(why))
        except TimeoutError:
            return Told(http_status=None, answer=f"No answer within {self.seconds:g} seconds.")
        except ssl.SSLError as error:
            return Told(http_status=None, answer=f"TLS failed: {_plain(error.reason or 'broken off')}")
        except (HTTPException, ValueError):
            return Told(http_status=None, answer="What came back is no answer of HTTP.")
        except OSError as error:
            return Told(http_status=None, answer=f"No line: {_plain(error.strerror or type(error).__name__)}")

    def _told(self, address: str, body: bytes, headers: Mapping[str, str], until: float) -> Told:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or 443
        if parts.scheme != "https" or not host:
            raise Untold("It is no https address.")
        with self._line(host, port, until) as plain:
            plain.settimeout(_left(until))
            with self.context.wrap_socket(plain, server_hostname=host) as line:
                line.settimeout(_left(until))
                line.sendall(_request(parts.path or "/", parts.query, parts.netloc, body, headers))
                return _read(line, until)

    def _line(self, host: str, port: int, until: float) -> socket.socket:
        """To the first of the host's addresses that takes it; all of them have to be open ones."""
        found = look_up(host, port, seconds=_left(until), by=self.resolve)
        if not found:
            raise Untold("The host has no address.")
        if not all(self.is_open(one) for one in found):
            raise Untold(
                "The host lies in a network that is not the internet at large, where nobody is told."
            )
        for one in found[:-1]:
            try:
                return socket.create_connection((one, port), timeout=_left(until) / 2)
            except OSError:
                continue
        return socket.create_connection((found[-1], port), timeout=_left(until))


def _left(until: float) -> float:
    """Seconds; raises TimeoutError where there are none."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _request(path: str, query: str, netloc: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    target = f"{path}?{query}" if query else path
    lines = {
        "Host": netloc,
        "User-Agent": "Outreach-Webhooks/1",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Accept-Encoding": "identity",
        "Connection": "close",
    } | dict(headers)
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {target} HTTP/1.1\r\n{head}\r\n".encode("ascii") + body


def _read(line: socket.socket, until: float) -> Told:
    """The status, and of what is no yes the beginning of the body, as far as it comes in time."""
    got = b""
    while b"\r\n\r\n" not in got:
        more = _more(line, until)
        if not more:
            raise Untold("The program hung up without an answer.")
        got += more
        if len(got) > MOST_READ:
            raise Untold("The head of the answer is longer than any that makes sense.")
    answer = _parsed(got)
    if 200 <= answer.status < 300:
        return Told(http_status=answer.status, answer=_plain(answer.reason))
    try:
        while len(got) <= MOST_READ and (more := _more(line, until)):
            got += more
    except OSError:
        pass  # the head is there, and says enough
    answer = _parsed(got)
    wait = answer.getheader("Retry-After", "")
    return Told(http_status=answer.status, answer=_said(answer), retry_after=wait)


def _more(line: socket.socket, until: float) -> bytes:
    line.settimeout(_left(until))
    return line.recv(4096)


class _Got:
    """What was read, as HTTPResponse wants it."""

    def __init__(self, got: bytes) -> None:
        self._got = got

    def makefile(self, *_: object) -> BytesIO:
        return BytesIO(self._got)


def _parsed(got: bytes) -> HTTPResponse:
    answer = HTTPResponse(_Got(got))  # type: ignore[arg-type]  # it asks for nothing else of a socket
    answer.begin()
    return answer


def _said(answer: HTTPResponse) -> str:
    if 300 <= answer.status < 400:
        return "It leads elsewhere, and no redirect is followed."
    try:
        body = answer.read(4 * KEPT)
    except (HTTPException, ValueError):
        body = b""
    return _plain(f"{answer.reason}. {body.decode('utf-8', 'replace')}")


def _plain(text: str) -> str:
    """On one line, without what is no character that can be shown."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:KEPT]
