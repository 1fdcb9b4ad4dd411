"""Ways to a door on a map: in the phone's own app, and on the web where no app answers. Pure."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from outreach.booking.sheets.day_sheet import SheetStop
from outreach.ground.geography import to_degrees


@dataclass(frozen=True, kw_only=True)
class MapLinks:
    """`app`: a geo address (RFC 5870, with the q of Android's apps for the name); `web`: the way there."""

    app: str
    web: str


def of_stop(stop: SheetStop) -> MapLinks | None:
    """By its point; by its address, where no point of its own is on file; None where neither is."""
    if stop.place is not None:
        longitude, latitude = to_degrees(stop.place)
        at, name = f"{latitude:.6f},{longitude:.6f}", quote(stop.organisation.name, safe="")
        return MapLinks(app=f"geo:{at}?q={at}({name})", web=on_the_web(at))
    if not stop.address:
        return None
    return MapLinks(app=f"geo:0,0?q={quote(stop.address, safe='')}", web=on_the_web(stop.address))


def on_the_web(destination: str) -> str:
    """The way to a point or an address on a map; nothing else goes there."""
    asked = urlencode({"api": "1", "destination": destination}, quote_via=quote)
    return f"https://www.google.com/maps/dir/?{asked}"
