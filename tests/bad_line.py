"""The network between the service and its database: a relay that cuts what goes through it, swallows it, or is slow."""

import ctypes
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27  # asm-generic/socket.h; Python has no names for them

_DROP_ALL = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
"""A filter of one instruction that lets no packet in (BPF_RET, 0 bytes): nothing is acknowledged either."""


class BadLine:
    """Listens at `port` and leads to another; good until it is told otherwise."""

    def __init__(self, to_port: int) -> None:
        self._to = to_port
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port: int = self._listener.getsockname()[1]
        self._open, self._lock = list[tuple[socket.socket, socket.socket]](), threading.Lock()
        self._delay, self._refuses = 0.0, False
        threading.Thread(target=self._take, daemon=True).start()

    def leads_to(self, port: int) -> None:
        self._to = port

    def resets(self) -> None:
        """From now on every line is cut, and each new one too: whoever is on it is told so."""
        self._refuses = True
        with self._lock:
            for pair in self._open:
                for end in pair:
                    _cut(end)

    def swallows(self) -> None:
        """From now on whatever is sent comes to nothing, and nobody is told: as when a cable is pulled."""
        with self._lock:
            for end in (self._listener, *(end for pair in self._open for end in pair)):
                with suppress(OSError):
                    end.setsockopt(
                        socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", 1, ctypes.addressof(_DROP_ALL))
                    )

    def is_slow(self, seconds: float) -> None:
        """A question and its answer take so long on their way."""
        self._delay = seconds / 2

    def is_good(self) -> None:
        self._delay, self._refuses = 0.0, False
        with self._lock:
            for end in (self._listener, *(end for pair in self._open for end in pair)):
                with suppress(OSError):
                    end.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.resets()

    def _take(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self._refuses:
                _cut(near)
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self._to), timeout=5)
            except OSError:
                _cut(near)
                continue
            far.settimeout(None)
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # Whoever hung up while nothing came through is found out afterwards, as a real network lets the server do.
            near.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for option, value in (("TCP_KEEPIDLE", 1), ("TCP_KEEPINTVL", 1), ("TCP_KEEPCNT", 100)):
                near.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
            with self._lock:
                self._open.append((near, far))
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        try:
            while came := one.recv(65536):
                if self._delay:
                    time.sleep(self._delay)
                other.sendall(came)
        except OSError:
            pass
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open = [pair for pair in self._open if one not in pair]


def _cut(end: socket.socket) -> None:
    """With an RST, not as somebody who hangs up."""
    with suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        end.shutdown(socket.SHUT_RD)  # wakes whoever reads it
        end.close()


@contextmanager
def bad_line(to_port: int) -> Iterator[BadLine]:
    line = BadLine(to_port)
    try:
        yield line
    finally:
        line.close()
