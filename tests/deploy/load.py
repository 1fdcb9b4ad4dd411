"""Pages asked for without end, each by a line of its own, and what became of them. As a program: python load.py PLACE HOST
SECONDS, which prints it as JSON; PLACE is http://address:port or https://address:port."""

import json
import socket
import ssl
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit


@dataclass
class Asked:
    """`slowest`: seconds until an answer; `refused`: what was said instead of one, with the second in which it was."""

    answered: int = 0
    slowest: float = 0.0
    refused: list[tuple[float, str]] = field(default_factory=list)

    @property
    def seconds_refused(self) -> int:
        return len({int(at) for at, _ in self.refused})


class Asking:
    """Some threads that ask until told to stop; each pauses for `pause` seconds after an answer."""

    def __init__(
        self, place: str, host: str, path: str = "/sign-in", threads: int = 4, pause: float = 0.01
    ) -> None:
        self.asked = Asked()
        self._place, self._pause = urlsplit(place), pause
        self._sent = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
        self._over, self._lock, self._began = threading.Event(), threading.Lock(), time.monotonic()
        self._threads = [threading.Thread(target=self._ask_on) for _ in range(threads)]

    def __enter__(self) -> "Asking":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Once this returns, each has its answer."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask_on(self) -> None:
        while not self._over.is_set():
            began = time.monotonic()
            said = self._ask()
            with self._lock:
                if said:
                    self.asked.refused.append((round(began - self._began, 2), said))
                else:
                    self.asked.answered += 1
                    self.asked.slowest = max(self.asked.slowest, round(time.monotonic() - began, 3))
            time.sleep(self._pause)

    def _ask(self) -> str:
        try:
            with socket.create_connection((self._place.hostname, self._place.port), timeout=60) as plain:
                line = plain
                if self._place.scheme == "https":
                    trust = ssl.create_default_context()
                    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
                    line = trust.wrap_socket(plain)
                line.sendall(self._sent)
                answer = HTTPResponse(line)
                answer.begin()
                words = answer.read()
                if answer.status != 200 or b"</html>" not in words:
                    return f"status {answer.status}"
        except (OSError, HTTPException) as error:
            return repr(error)
        return ""


if __name__ == "__main__":
    place, host, seconds = sys.argv[1:]
    # Fewer than nginx lets one network ask.
    with Asking(place, host, pause=0.2) as asking:
        print("asking", flush=True)
        sys.stdin.read() if seconds == "until-told" else time.sleep(float(seconds))
    print(json.dumps(asdict(asking.asked) | {"seconds_refused": asking.asked.seconds_refused}))
