"""Register files and postcodes that a coordinator sent in, read by the daily job: what a register says waits to be
looked at, postcodes are kept at once."""

from collections.abc import Callable
from typing import BinaryIO

from outreach.county import partnerships, schools
from outreach.county.files_to_read import FILE, FileInHand
from outreach.county.partnerships import Partnership
from outreach.county.register import files, postcodes, waiting
from outreach.county.register.applying import preview, urns_of
from outreach.county.register.packing import WrongFile
from outreach.county.register.waiting import WaitingUpload
from outreach.ground import history
from outreach.ground.db import db
from outreach.ground.wording import and_list, count

CODE_POINT = "code_point"


def read_register(file: FileInHand) -> Callable[[], str]:
    """Raises WrongFile and NotInFile."""
    la_codes = partnerships.la_codes(file.partnership_id)
    also = urns_of(la_codes)
    db.session.rollback()
    found = files.read(
        file.parts[FILE],
        la_codes=la_codes,
        also=also,
        links=file.parts.get("links"),
        code_point=file.parts.get(CODE_POINT),
        progress=file.progress,
        file_name=file.file_name,
    )
    preview(found, la_codes)
    areas = postcodes.areas_of(row.postcode for row in found.rows)
    told = _kept(file, file.parts[CODE_POINT], areas) if CODE_POINT in file.parts and areas else ""

    def keep() -> str:
        waiting.sweep(now=file.clock())
        upload = WaitingUpload(file_name=file.file_name, who=file.who, uploaded_at=file.sent_at, file=found)
        waiting.keep(upload, token=file.token, partnership_id=file.partnership_id)
        return told

    return keep


def read_postcodes(file: FileInHand) -> Callable[[], str]:
    """Raises WrongFile."""
    told = _kept(file, file.parts[FILE], areas_here(file.partnership_id))
    return lambda: told


def areas_here(partnership_id: int) -> set[str]:
    """The areas in which schools of a partnership are. Raises WrongFile where there is none."""
    areas = postcodes.areas_of(schools.postcodes_of(partnerships.la_codes(partnership_id)))
    if not areas:
        raise WrongFile(
            "No school is here yet. Bring in the register first: it says of which areas postcodes are kept.",
            field=CODE_POINT,
        )
    return areas


def _kept(file: FileInHand, source: BinaryIO, areas: set[str]) -> str:
    """Read first, then write a batch at a time, so that nobody waits for long. Raises WrongFile."""
    db.session.rollback()
    rows = postcodes.read(source, areas=areas, progress=file.progress)
    for batch in postcodes.batches(rows):
        with file.commits():
            postcodes.keep(batch)
    with file.commits():
        postcodes.forget_others(rows)
        there = and_list(sorted(areas_kept := postcodes.areas_of(str(row["code"]) for row in rows)))
        history.record(
            "kept postcodes",
            db.session.get_one(Partnership, file.partnership_id),
            who=file.who,
            now=file.clock(),
            after={"areas": sorted(areas_kept), "kept": len(rows)},
        )
    return f"Kept {count(len(rows), 'postcode')} of {there}."
