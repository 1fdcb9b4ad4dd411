"""A mail server that takes every letter and keeps none: the other end of benchmarks/outbox.py.

  python benchmarks/null_mail.py [A SECOND [FILE]]     prints its port, and serves until it is ended

It speaks just enough SMTP (RFC 5321), and three words of its own: SEEN answers how many letters it has taken
and the seconds between the first and the last of them; ANEW begins to count again; WHEN with an address answers
when the first letter to that was taken, in seconds of the clock, 0 before. With a number it takes so many letters
a second at most, over all lines (0: as fast as it can); into a file it writes the Message-ID of each.
"""

import re
import socket
import sys
import threading
import time
from pathlib import Path

MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>]*>)", re.MULTILINE | re.IGNORECASE)


class Count:
    def __init__(self, a_second: float = 0, file: Path | None = None) -> None:
        self.lock = threading.Lock()
        self.letters, self.first, self.last = 0, 0.0, 0.0
        self.a_second, self.free_at = a_second, 0.0
        self.taken_at: dict[str, float] = {}
        self.file = file.open("w", buffering=1) if file else None

    def wait(self) -> None:
        """Until the next letter may be taken, one after the other."""
        if self.a_second:
            with self.lock:
                self.free_at = max(self.free_at, time.monotonic()) + 1 / self.a_second
                until = self.free_at
            time.sleep(max(0.0, until - time.monotonic()))

    def one_more(self, to: str, mail: bytes) -> None:
        now = time.monotonic()
        with self.lock:
            self.taken_at.setdefault(to, time.time())
            self.letters, self.first, self.last = self.letters + 1, self.first or now, now
            if self.file and (found := MESSAGE_ID.search(mail)):
                self.file.write(found[1].decode() + "\n")

    def anew(self) -> None:
        with self.lock:
            self.letters, self.first, self.last = 0, 0.0, 0.0


def serve(connection: socket.socket, count: Count) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    held, to = b"", ""

    def until(end: bytes) -> bytes:
        nonlocal held
        while (at := held.find(end)) < 0:
            more = connection.recv(65536)
            if not more:
                raise ConnectionError
            held += more
        found, held = held[:at], held[at + len(end) :]
        return found

    try:
        connection.sendall(b"220 null\r\n")
        while True:
            line = until(b"\r\n")
            word = line[:4].upper()
            if word == b"DATA":
                connection.sendall(b"354 go on\r\n")
                mail = until(b"\r\n.\r\n")
                count.wait()
                count.one_more(to, mail)
                connection.sendall(b"250 taken\r\n")
            elif word == b"EHLO":
                connection.sendall(b"250-null\r\n250 SIZE 10000000\r\n")
            elif word == b"SEEN":
                connection.sendall(f"250 {count.letters} {count.last - count.first:.6f}\r\n".encode())
            elif word == b"WHEN":
                at = count.taken_at.get(line[5:].decode(), 0)
                connection.sendall(f"250 {at:.6f}\r\n".encode())
            elif word == b"RCPT":
                to = line.partition(b"<")[2].partition(b">")[0].decode()
                connection.sendall(b"250 OK\r\n")
            elif word == b"ANEW":
                count.anew()
                connection.sendall(b"250 OK\r\n")
            elif word == b"QUIT":
                connection.sendall(b"221 bye\r\n")
                return
            else:
                connection.sendall(b"250 OK\r\n")
    except OSError:
        pass
    finally:
        connection.close()


def main() -> None:
    given = sys.argv[1:]
    count = Count(float(given[0]) if given else 0, Path(given[1]) if len(given) > 1 else None)
    with socket.create_server(("127.0.0.1", 0)) as door:
        print(door.getsockname()[1], flush=True)
        while True:
            connection, _ = door.accept()
            threading.Thread(target=serve, args=(connection, count), daemon=True).start()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(0)
