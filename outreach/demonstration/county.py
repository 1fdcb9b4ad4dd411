"""Marlshire: a made-up county of about 300 schools, as the register would publish it. Pure and seeded.

The files have the shape of the full download of 'Get Information about Schools' (by column name, cp1252,
every cell quoted) and of its links file, and go through the register's own door like real ones. Every
awkward kind of school that real counties have is among them.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from outreach.demonstration import land
from outreach.demonstration.made_up_schools import LA_CODE, NAME, Maker, Row

COLUMNS = (
    "URN",
    "LA (code)",
    "LA (name)",
    "EstablishmentNumber",
    "EstablishmentName",
    "TypeOfEstablishment (code)",
    "TypeOfEstablishment (name)",
    "EstablishmentTypeGroup (name)",
    "EstablishmentStatus (code)",
    "EstablishmentStatus (name)",
    "ReasonEstablishmentOpened (name)",
    "OpenDate",
    "ReasonEstablishmentClosed (name)",
    "CloseDate",
    "PhaseOfEducation (code)",
    "PhaseOfEducation (name)",
    "StatutoryLowAge",
    "StatutoryHighAge",
    "Boarders (name)",
    "NurseryProvision (name)",
    "OfficialSixthForm (name)",
    "Gender (name)",
    "ReligiousCharacter (name)",
    "ReligiousEthos (name)",
    "Diocese (name)",
    "AdmissionsPolicy (name)",
    "SchoolCapacity",
    "SpecialClasses (name)",
    "CensusDate",
    "NumberOfPupils",
    "NumberOfBoys",
    "NumberOfGirls",
    "PercentageFSM",
    "TrustSchoolFlag (name)",
    "Trusts (code)",
    "Trusts (name)",
    "SchoolSponsors (name)",
    "Federations (name)",
    "UKPRN",
    "FurtherEducationType (name)",
    "LastChangedDate",
    "Street",
    "Locality",
    "Address3",
    "Town",
    "County (name)",
    "Postcode",
    "SchoolWebsite",
    "TelephoneNum",
    "HeadTitle (name)",
    "HeadFirstName",
    "HeadLastName",
    "HeadPreferredJobTitle",
    "TypeOfResourcedProvision (name)",
    "GOR (name)",
    "DistrictAdministrative (code)",
    "DistrictAdministrative (name)",
    "AdministrativeWard (name)",
    "ParliamentaryConstituency (name)",
    "UrbanRural (name)",
    "Easting",
    "Northing",
    "PreviousLA (name)",
    "Country (name)",
    "UPRN",
    "SiteName",
)

LINK_COLUMNS = ("URN", "LinkURN", "LinkName", "LinkType", "LinkEstablishedDate")


@dataclass(frozen=True, kw_only=True)
class County:
    """`register` and `links` are the bytes of the two CSV files; `districts` a WGS84 GeoJSON object."""

    name: str
    la_code: str
    register: bytes
    links: bytes
    districts: dict[str, Any]


def make(seed: int, academic_year: int) -> County:
    """The county as it stands in an academic year; the same bytes for the same two numbers.

    What happened to its schools (closures, mergers) lies before that year, what is proposed at its end.
    """
    random = Random(seed)
    ground = land.survey(random)
    maker = Maker(random, ground, academic_year)
    maker.build()
    return County(
        name=NAME,
        la_code=LA_CODE,
        register=csv_of(COLUMNS, maker.rows),
        links=csv_of(LINK_COLUMNS, maker.links),
        districts=ground.geojson(),
    )


def csv_of(columns: Sequence[str], rows: Iterable[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("cp1252")
