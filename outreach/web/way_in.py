"""Boxes of the doors that stand open to all, and the network address by which they count who asks."""

from ipaddress import ip_address, ip_network

from outreach.web import forms


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
    if not found.is_global:
        return ""
    return str(found) if found.version == 4 else str(ip_network((found, 64), strict=False))
