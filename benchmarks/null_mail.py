"""A mail server that takes every letter and keeps none: the other end of benchmarks/outbox.py.

  python benchmarks/null_mail.py     prints its port, and serves until it is ended

It speaks just enough SMTP (RFC 5321), and two words of its own: SEEN answers how many letters it has taken
and the seconds between the first and the last of them; ANEW begins to count again.
"""

import socket
import sys
import threading
import time


class Count:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.letters, self.first, self.last = 0, 0.0, 0.0

    def one_more(self) -> None:
        now = time.monotonic()
        with self.lock:
            self.letters, self.first, self.last = self.letters + 1, self.first or now, now

    def anew(self) -> None:
        with self.lock:
            self.letters, self.first, self.last = 0, 0.0, 0.0


def serve(connection: socket.socket, count: Count) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    held = b""

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
            word = until(b"\r\n")[:4].upper()
            if word == b"DATA":
                connection.sendall(b"354 go on\r\n")
                until(b"\r\n.\r\n")
                count.one_more()
                connection.sendall(b"250 taken\r\n")
            elif word == b"EHLO":
                connection.sendall(b"250-null\r\n250 SIZE 10000000\r\n")
            elif word == b"SEEN":
                connection.sendall(f"250 {count.letters} {count.last - count.first:.6f}\r\n".encode())
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
    count = Count()
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
