"""A line to a server of tests that can be cut and mended: what runs through it breaks off, and nobody answers meanwhile."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ports import free_port


class CutLine:
    """Whoever connects to `port` reaches the server behind it, while the line is whole."""

    def __init__(self, behind: int) -> None:
        self.port, self._behind = free_port(), behind
        self._open: list[socket.socket] = []
        self._door: socket.socket | None = None
        self.connections = 0

    def mend(self) -> None:
        door = socket.create_server(("127.0.0.1", self.port))
        self._door = door
        threading.Thread(target=self._let_in, args=(door,), daemon=True).start()

    def cut(self) -> None:
        if self._door is not None:
            with suppress(OSError):
                self._door.shutdown(socket.SHUT_RDWR)  # wakes whoever waits at it
            self._door.close()
            self._door = None
        while self._open:
            _end(self._open.pop())

    def _let_in(self, door: socket.socket) -> None:
        while True:
            try:
                near, _ = door.accept()
                far = socket.create_connection(("127.0.0.1", self._behind), timeout=120)
            except OSError:
                return
            far.settimeout(None)
            self.connections += 1
            self._open += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=_carry, args=(source, sink), daemon=True).start()


def _carry(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while said := source.recv(65536):
            sink.sendall(said)
    _end(source)
    _end(sink)


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


@contextmanager
def cut_line(behind: int) -> Iterator[CutLine]:
    line = CutLine(behind)
    line.mend()
    try:
        yield line
    finally:
        line.cut()
