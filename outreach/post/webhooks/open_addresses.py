"""Addresses of the internet at large, as opposed to those of this machine and the networks around it; a host's
addresses, looked up within a few seconds."""

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network
from queue import Empty, SimpleQueue
from threading import Thread

Resolve = Callable[[str, int], Sequence[str]]

_UNICAST = IPv6Network("2000::/3")
_NOT_OPEN = tuple(
    ip_network(net)
    for net in (
        # Beyond what Python calls global, which differs from version to version.
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # a carrier's own (RFC 6598)
        "127.0.0.0/8",
        "169.254.0.0/16",  # among them what clouds tell their machines by
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        # What leads to an IPv4 address, whichever: Teredo, 6to4.
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
    )
)


def is_open(address: str) -> bool:
    """Whether that is an address of the internet at large. No IPv6 form of an IPv4 address is, nor one of a translator
    (NAT64): they lie outside of what is given out."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and (found.scope_id is not None or found not in _UNICAST):
        return False
    return found.is_global and not any(found.version == net.version and found in net for net in _NOT_OPEN)


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, as this machine's resolver has them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def look_up(host: str, port: int, *, seconds: float, by: Resolve = resolve) -> Sequence[str]:
    """The same beside this thread, since a resolver has no bound of its own; none where it finds none. Raises
    TimeoutError."""
    answers: SimpleQueue[Sequence[str]] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(by(host, port))
        except (OSError, UnicodeError):
            answers.put([])

    Thread(target=ask, daemon=True).start()
    try:
        return answers.get(timeout=seconds)
    except Empty:
        raise TimeoutError from None
