"""Somebody with a connection of their own to the running service, who sends whatever bytes an attack needs."""

import re
import time
from dataclasses import dataclass, field
from html import unescape
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit


class Answer(NamedTuple):
    """`headers`: by their names in small letters; `seconds`: from the first byte sent to the last that came."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def location(self) -> str:
        return self.headers.get("location", "")


@dataclass
class Visitor:
    url: str
    cookies: dict[str, str] = field(default_factory=dict)

    def send(
        self,
        method: str,
        path: str,
        data: dict[str, str] | bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One request on a line of its own; no redirect is followed. Cookies are kept as a browser does."""
        body = urlencode(data).encode() if isinstance(data, dict) else data
        sent = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        began = time.perf_counter()
        try:
            connection.request(method, path, body, sent | (headers or {}))
            answer = connection.getresponse()
            came = answer.read()
        finally:
            connection.close()
        took = time.perf_counter() - began
        for line in answer.headers.get_all("Set-Cookie") or ():
            for name, morsel in SimpleCookie(line).items():
                if morsel.value:
                    self.cookies[name] = morsel.value
                else:
                    self.cookies.pop(name, None)
        return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, came, took)

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def token(self, path: str) -> str:
        """The token against forgery of the first form on a page."""
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(path).text)
        assert found, path
        return unescape(found[1])

    def post(self, path: str, data: dict[str, str], *, form: str = "") -> Answer:
        """Sends a form as its page would: `form` is the page that it stands on, `path` itself where that is ''."""
        return self.send("POST", path, {"csrf_token": self.token(form or path)} | data)

    def sign_in(self, email: str, password: str) -> Answer:
        return self.post("/sign-in", {"email": email, "password": password})
