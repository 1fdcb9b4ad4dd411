"""A browser of a running service without its looks: asks by a connection of its own each time, and holds its cookies."""

import re
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

from processes import Service


class Browser:
    """Holds its cookies."""

    def __init__(self, service: Service) -> None:
        self._there, self.cookies = urlsplit(service.url).netloc, dict[str, str]()

    def ask(self, method: str, path: str, **typed: str) -> tuple[int, str]:
        connection = HTTPConnection(self._there, timeout=120)
        headers = {}
        if method == "POST":
            token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.ask("GET", "/sign-in")[1])
            typed |= {"csrf_token": token[1]} if token else {}
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request(method, path, urlencode(typed) if method == "POST" else None, headers)
        answer = connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = line.split(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, answer.read().decode()
