"""A first partnership from a register file: its authority, its schools, its map, and one coordinator."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from outreach.county import authorities, coordinators, partnerships, register
from outreach.county.coordinators import Coordinator
from outreach.county.partnerships import Partnership, PartnershipSettings
from outreach.county.register import Changes
from outreach.county.register.packing import best, column_positions, parts
from outreach.ground.csv_lines import fold
from outreach.ground.errors import Refusal

NAMED = ("LA (code)", "LA (name)")


class AlreadyFounded(Refusal):
    """The authority has its partnership."""


@dataclass(frozen=True, kw_only=True)
class Founding:
    """What a partnership is made from: open binary files, and who will sign in first."""

    register: BinaryIO
    file_name: str
    la_code: str
    links: BinaryIO | None = None
    code_point: BinaryIO | None = None
    districts: BinaryIO | None = None
    coordinator: str = "Coordinator"
    address: str = ""


@dataclass(frozen=True, kw_only=True)
class Founded:
    partnership: Partnership
    coordinator: Coordinator
    changes: Changes


def found(
    founding: Founding, *, who: str, now: datetime, progress: Callable[[int], None] = lambda _schools: None
) -> Founded:
    """Make the partnership, named after its authority, and take its schools in; no programme.

    Raises AlreadyFounded, and what the register, the map and the person raise: then nothing was made.
    """
    la_code = founding.la_code
    if partnerships.of_authority(la_code) is not None:
        raise AlreadyFounded(f"Authority {la_code} is set up here already. Nothing was changed.")
    register.lock()
    file = register.read(
        founding.register, la_codes=[la_code], links=founding.links, code_point=founding.code_point
    )
    name = authority_name(founding.register, la_code)
    partnership = partnerships.create(_settings(name), who=who, now=now)
    authorities.add(partnership, la_code, name, who=who, now=now)
    if founding.districts is not None:
        partnerships.set_districts(partnership, founding.districts.read(), who=who, now=now)
    changes = register.preview(file, [la_code])
    register.apply(
        changes, file_name=founding.file_name, la_codes=[la_code], who=who, now=now, progress=progress
    )
    address = founding.address or f"coordinator@{_plain(name)}.example"
    coordinator = coordinators.add(partnership.id, founding.coordinator, address, password=None, now=now)
    return Founded(partnership=partnership, coordinator=coordinator, changes=changes)


def authority_name(source: BinaryIO, la_code: str) -> str:
    """What a register file calls an authority; 'Authority 931' when it has no such name."""
    with parts(source) as files:
        part = best(files, NAMED[:1])
        at = column_positions(part)
        code, name = at[fold(NAMED[0])], at.get(fold(NAMED[1]))
        if name is not None:
            for _, row in part.rows():
                if row[code].strip() == la_code and row[name].strip():
                    return row[name].strip()
    return f"Authority {la_code}"


def _settings(name: str) -> PartnershipSettings:
    letters = [c for c in _plain(name).upper() if "A" <= c <= "Z"]
    return PartnershipSettings(
        name=f"{name} Safeguarding Children Partnership",
        county=name,
        reference_prefix="".join(letters[:3]) if len(letters) > 1 else "REF",
    )


def _plain(name: str) -> str:
    return "".join(c for c in name.lower() if c.isascii() and c.isalnum()) or "authority"
