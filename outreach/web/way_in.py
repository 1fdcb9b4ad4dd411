"""Boxes of the doors that stand open to all, and the network address by which they count who asks."""

import hmac
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from flask import current_app, request

from outreach.county import coordinators
from outreach.county.sign_in_tries import Source, TooManyTries
from outreach.web import forms, known_devices
from outreach.web.refusals import refused


class CodeForm(forms.Form):
    postcode = forms.text("Your school’s postcode", required="Enter your school’s postcode.", at_most=20)
    code = forms.text(
        "The code",
        required="Enter the code, as it stands in the letter or was read out.",
        hint="For example K7MN 4QXP, or kite 4827.",
        at_most=40,
    )


def origin_of(address: str) -> str:
    """Where an ask came from, to be counted: an IPv6 network of 64 bits counts as one. '' for an address of
    our own network, behind which everybody may stand."""
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    return _network(found) if found.is_global else ""


def source_of(email: str) -> Source:
    """Where a try to sign in with an address comes from: a device that is known as its person's, or a network."""
    person = coordinators.find(email)
    return Source(origin=network_of_request(), device=known_devices.known_of(person.id) if person else "")


def network_of_request() -> str:
    """A keyed hash of the network that asks, to be counted: nobody reads of it which one it was."""
    network = asking_network()
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.digest(key, f"sign-in from {network}".encode(), "sha256").hex()[:32]


def asking_network() -> str:
    """The network that asks, which is hashed before it is kept."""
    try:
        return _network(ip_address(request.remote_addr or ""))
    except ValueError:
        return "none"


def slowed_down() -> tuple[int, dict[str, str]]:
    """Status and headers of a form that is shown again: 429 (RFC 6585) and when to come back where it was tried too
    often, else 422."""
    refusal = refused()
    if isinstance(refusal, TooManyTries):
        return 429, {"Retry-After": str(-(-refusal.wait // timedelta(seconds=1)))}
    return 422, {}


def _network(address: IPv4Address | IPv6Address) -> str:
    return str(address) if address.version == 4 else str(ip_network((address, 64), strict=False))
