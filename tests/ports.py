"""A port that nobody has, for a server of a test."""

import random
import socket

PORTS = range(20_000, 32_000)
"""Below those that a system gives to whoever asks for any: else another test's connection may have taken it
before the server that it is for has started."""


def free_port() -> int:
    while True:
        port = random.SystemRandom().choice(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
