"""The register's files are read by column name, whatever their shape; one bad line loses no other. No
database."""

import csv
import io
import zipfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from how_many import so_many
from outreach.county import register
from outreach.county.register import Facts, KnownBefore, RegisterFile, WrongFile
from outreach.ground.csv_lines import CsvFile

COLUMNS = (
    "URN",
    "LA (code)",
    "LA (name)",
    "EstablishmentNumber",
    "EstablishmentName",
    "TypeOfEstablishment (name)",
    "EstablishmentStatus (name)",
    "OpenDate",
    "CloseDate",
    "PhaseOfEducation (name)",
    "StatutoryLowAge",
    "StatutoryHighAge",
    "NumberOfPupils",
    "Street",
    "Locality",
    "Address3",
    "Town",
    "Postcode",
    "SchoolWebsite",
    "TelephoneNum",
    "HeadFirstName",
    "HeadLastName",
    "Trusts (name)",
    "DistrictAdministrative (code)",
    "DistrictAdministrative (name)",
    "Easting",
    "Northing",
    "CensusDate",
    "PercentageFSM",
    "Federations (name)",
    "UrbanRural (name)",
)

SCHOOL = {
    "URN": "900001",
    "LA (code)": "999",
    "LA (name)": "Marlshire",
    "EstablishmentName": "Redmere Academy",
    "TypeOfEstablishment (name)": "Academy converter",
    "EstablishmentStatus (name)": "Open",
    "OpenDate": "01-09-2011",
    "CloseDate": "",
    "PhaseOfEducation (name)": "Secondary",
    "StatutoryLowAge": "11",
    "StatutoryHighAge": "18",
    "NumberOfPupils": "1050",
    "Street": "Mill Lane",
    "Locality": "",
    "Address3": "",
    "Town": "Kestermere",
    "Postcode": "ZZ1 1AA",
    "SchoolWebsite": "redmere.example",
    "TelephoneNum": "01632960001",
    "HeadFirstName": "Secret",
    "HeadLastName": "Headteacher",
    "Trusts (name)": "",
    "DistrictAdministrative (code)": "E07999901",
    "DistrictAdministrative (name)": "Kestermere",
    "Easting": "450000",
    "Northing": "210000",
    "EstablishmentNumber": "4001",
    "CensusDate": "15-01-2026",
    "PercentageFSM": "18.1",
    "Federations (name)": "Marl Federation",
    "UrbanRural (name)": "(England/Wales) Rural town and fringe",
}


def school(**changes: str) -> dict[str, str]:
    """A line of the register, with some of its cells changed."""
    names = {"LA": "LA (code)", "status": "EstablishmentStatus (name)", "name": "EstablishmentName"}
    return SCHOOL | {names.get(key, key): value for key, value in changes.items()}


def written(
    rows: list[dict[str, str]],
    columns: tuple[str, ...] = COLUMNS,
    *,
    encoding: str = "cp1252",
    delimiter: str = ",",
) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(columns)
    writer.writerows([row[c] for c in columns] for row in rows)
    return out.getvalue().encode(encoding)


def read(content: bytes, la_codes: list[str] | None = None, **more: bytes) -> RegisterFile:
    streams = {name: io.BytesIO(value) for name, value in more.items()}
    return register.read(io.BytesIO(content), la_codes=la_codes, **streams)


def compared(content: bytes, known: dict[int, Facts] | None = None) -> register.Changes:
    return register.compare(
        read(content), KnownBefore(facts=known or {}, corrected={}, links={}, districts={})
    )


def test_a_line_is_understood_whole() -> None:
    assert read(written([school(Locality="Old Town", Address3="Kester")])).rows == (
        Facts(
            urn=900001,
            la_code="999",
            name="Redmere Academy",
            establishment_number=4001,
            status="Open",
            type_of_establishment="Academy converter",
            phase_of_education="Secondary",
            statutory_low_age=11,
            statutory_high_age=18,
            number_of_pupils=1050,
            percentage_fsm=18.1,
            district_code="E07999901",
            district_name="Kestermere",
            trust_name=None,
            federation_name="Marl Federation",
            urban_rural="Rural town and fringe",
            street="Mill Lane",
            locality="Old Town, Kester",
            town="Kestermere",
            postcode="ZZ1 1AA",
            website="redmere.example",
            telephone="01632960001",
            easting=450000,
            northing=210000,
            census_date=date(2026, 1, 15),
            open_date=date(2011, 9, 1),
            close_date=None,
        ),
    )


def test_heads_names_are_never_read() -> None:
    assert "Secret" not in repr(read(written([school()]))) and "Headteacher" not in repr(
        read(written([school()]))
    )


def test_only_the_authorities_asked_for_are_read_and_the_schools_that_left_them() -> None:
    content = written([school(), school(URN="900002", LA="998"), school(URN="900003", LA="997")])
    file = register.read(io.BytesIO(content), la_codes=["999"], also={900003})
    assert [row.urn for row in file.rows] == [900001, 900003]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (tuple(c for c in COLUMNS if c != "URN"), "This file has no column 'URN'. "),
        (
            tuple(c for c in COLUMNS if c not in ("URN", "Postcode")),
            "This file has no columns 'URN' and 'Postcode'. ",
        ),
        (("Town",), "This file has no column 'URN' (nor 8 others that are needed). "),
    ],
)
def test_a_needed_column_that_is_missing_is_named(columns: tuple[str, ...], said: str) -> None:
    with pytest.raises(WrongFile) as refusal:
        read(written([school()], columns))
    assert refusal.value.message == said + "Nothing was changed. Use the register's own download."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "This file is empty."),
        (b"\n\n", "This file is empty."),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "This file has no column 'URN'"),
        (b"PK\x03\x04nonsense", "This zip file is damaged"),
        (b"\xff\xfe", "This file is empty."),
    ],
)
def test_what_is_no_register_is_refused_in_words(content: bytes, said: str) -> None:
    with pytest.raises(WrongFile, match=said):
        read(content)


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_csv", ".csv"), content)
    return out.getvalue()


LINKS = b"URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\r\n"


def test_a_zip_holds_the_register_and_its_links() -> None:
    links = LINKS + b'900001,900002,"St Ann, the School",Successor,31-08-2020\r\n'
    file = read(zipped(a_csv=links, b_csv=written([school()]), notes=b"read me"))
    assert [row.urn for row in file.rows] == [900001]
    assert file.links == (
        register.Link(
            predecessor=900001,
            successor=900002,
            day=date(2020, 8, 31),
            successor_name="St Ann, the School",
            kind="Successor",
        ),
    )


def test_a_zip_without_csv_and_a_damaged_one_are_refused() -> None:
    with pytest.raises(WrongFile, match="holds no .csv file"):
        read(zipped(readme=b"nothing"))
    whole = bytearray(zipped(a_csv=written([school(URN=str(900000 + n)) for n in range(500)])))
    whole[200:260] = bytes(60)
    with pytest.raises(WrongFile, match="damaged"):
        read(bytes(whole))
    with pytest.raises(WrongFile, match="damaged"):
        read(bytes(whole[: len(whole) // 2]))


def test_a_zip_of_very_many_lines_or_of_900_mb_is_refused_within_its_bounds() -> None:
    """1.5 million like lines in 0.77 MB took a process 21 seconds and 972 MB."""
    line = written([school()]).splitlines(keepends=True)
    much = zipped(a_csv=line[0] + line[1] * 210_000)
    with pytest.raises(WrongFile, match="More than 10,000 lines of this file cannot be read") as refusal:
        read(much)
    assert "line 3: URN 900001 stands on line 2 already" in refusal.value.message
    with pytest.raises(WrongFile, match="This file has more than 200,000 lines"):
        read(much, la_codes=["000"])
    large = bytearray(zipped(a_csv=line[0]))
    size_at = large.rindex(b"PK\x01\x02") + 24
    large[size_at : size_at + 4] = (900_000_000).to_bytes(4, "little")
    with pytest.raises(WrongFile, match="unpacks to more than 500 MB"):
        read(bytes(large))


def test_a_register_of_which_no_line_can_be_read_says_why() -> None:
    file = read(written([school(URN="none")]))
    with pytest.raises(register.NotInFile, match="Line 2: URN is 'none', not a number"):
        register.preview(file, None)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"URN": "12x"}, "URN is '12x', not a number from 1 to 9,999,999"),
        ({"URN": ""}, "URN is empty"),
        ({"name": " "}, "EstablishmentName is empty"),
        ({"name": "x" * 501}, "EstablishmentName is longer than 500 characters"),
        ({"StatutoryLowAge": "eleven"}, "StatutoryLowAge is 'eleven', not a number from 0 to 99"),
        ({"NumberOfPupils": "-3"}, "NumberOfPupils is '-3', not a number from 0 to 99,999"),
        ({"OpenDate": "31-02-2020"}, "OpenDate is '31-02-2020', not a date like 31-08-2027"),
        ({"Easting": "Camden"}, "Easting is 'Camden', not a number from 0 to 700,000"),
        ({"URN": "900002"}, "URN 900002 stands on line 2 already"),
    ],
)
def test_a_bad_line_is_named_and_loses_no_other(changes: dict[str, str], reason: str) -> None:
    file = read(written([school(URN="900002"), school(**changes), school(URN="900004")]))
    assert [row.urn for row in file.rows] == [900002, 900004]
    assert [(line.number, line.reason) for line in file.unreadable] == [(3, reason)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"900003,999,short\r\n", "it has 3 values where the first line has 31"),
        (b'900003,999,"opened and never closed\r\n', "it has 3 values where the first line has 31"),
        (b",".join([b"x"] * 40) + b"\r\n", "URN is 'x', not a number from 1 to 9,999,999"),
    ],
)
@pytest.mark.parametrize("behind", [1, 30])
def test_a_line_out_of_shape_loses_no_other(line: bytes, reason: str, behind: int) -> None:
    head, *lines = written([school(URN=str(900010 + n)) for n in range(behind + 1)]).splitlines(keepends=True)
    file = read(head + lines[0] + line + b"".join(lines[1:]))
    assert [row.urn for row in file.rows] == [900010 + n for n in range(behind + 1)]
    assert [each.number for each in file.unreadable] == [3]
    assert file.unreadable[0].reason in (reason, "a quotation mark is opened and not closed")


def test_surplus_values_at_the_end_of_a_line_belong_to_the_last_column() -> None:
    """As a search export of the register writes its 'Linked establishments': one heading, and a value for
    each school."""
    columns = (*COLUMNS, "Linked establishments")
    rows = [school(URN=str(900010 + n), **{"Linked establishments": "900001"}) for n in range(3)]
    head, first, second, third = written(rows, columns).splitlines(keepends=True)
    longer = second.rstrip(b"\r\n") + b',900002,"St Ann, the School",,900003\r\n'
    file = read(head + first + longer + third)
    assert ([row.urn for row in file.rows], file.unreadable) == ([900010, 900011, 900012], ())
    assert {row._replace(urn=0) for row in file.rows} == {file.rows[0]._replace(urn=0)}
    told = list(CsvFile(io.BytesIO(head + first + longer + third)).rows())[2][1]
    assert (len(told), told[-1]) == (len(columns), "900001, 900002, St Ann, the School, 900003")


def test_a_link_is_kept_with_its_kind_in_the_successors_words_where_both_state_it() -> None:
    links = LINKS + (
        b"900003,900001,Redmere Academy,Predecessor - Split School,\r\n"
        b"900001,900003,The New School,Successor -  Split School,\r\n"
        b"900004,900001,Redmere Academy,Predecessor - merged,\r\n"
        b"900005,900001,Redmere Academy,Result of Amalgamation,\r\n"
    )
    file = read(written([school()]), links=links)
    assert [(k.successor, k.kind) for k in file.links] == [
        (900003, "Successor - Split School"),
        (900004, "Predecessor - merged"),
    ]


@pytest.mark.parametrize("word", ["Opne", "Open (temporarily closed)", "open?", "1"])
def test_a_status_that_is_none_of_the_registers_words_is_unreadable_and_never_closed(word: str) -> None:
    before = read(written([school()])).rows[0]
    changes = compared(written([school(status=word)]), {900001: before})
    assert (changes.closed, [line.number for line in changes.unreadable]) == ((), [2])
    assert f"'{word}', not one of the register's words" in changes.unreadable[0].reason


@pytest.mark.parametrize("word", ["open", " Open,  but proposed to close ", "CLOSED", "Pending approval"])
def test_a_status_is_known_whatever_its_case_and_spaces(word: str) -> None:
    (row,) = read(written([school(status=word)])).rows
    assert row.status in ("Open", "Open, but proposed to close", "Closed", "Pending approval")


@pytest.mark.parametrize(
    ("held", "said", "kept"),
    [
        ("01632960001", "1632960001", "01632960001"),
        ("01632 960 001", "1632960001.0", "01632 960 001"),
        ("01632960001", "01632960002", "01632960002"),
        ("01632960001", "", ""),
        ("", "1632960001", "1632960001"),
    ],
)
def test_a_telephone_that_lost_its_nought_is_the_one_that_is_held(held: str, said: str, kept: str) -> None:
    before = read(written([school(TelephoneNum=held)])).rows[0]
    changes = compared(written([school(TelephoneNum=said, Street="New")]), {900001: before})
    assert changes.changed[0].after.telephone == kept


@pytest.mark.parametrize("percent", ["..", "SUPP", "", "about a fifth", "101"])
def test_facts_beside_the_main_ones_lose_no_school(percent: str) -> None:
    rows = [school(PercentageFSM=percent, CensusDate="soon", EstablishmentNumber="new")]
    (row,) = read(written(rows)).rows
    assert (row.percentage_fsm, row.census_date, row.establishment_number) == (None, None, None)


def test_empty_lines_are_no_matter_and_lines_within_a_cell_are_counted() -> None:
    good = written([school(Street="Mill\nLane"), school(URN="x")])
    file = read(good + b"\r\n" + b"," * 30 + b"\r\n\r\n")
    assert file.rows[0].street == "Mill Lane"
    assert [line.number for line in file.unreadable] == [4]


def test_unlikely_but_legal_cells_are_understood() -> None:
    row = school(
        NumberOfPupils="1,050.0",
        OpenDate="2011-09-01 00:00:00",
        CloseDate="31/8/2027",
        Easting="0",
        Northing="0",
        name="Red\x00mere\xa0 Academy",
    )
    facts = read(written([row])).rows[0]
    assert (facts.number_of_pupils, facts.open_date, facts.close_date) == (
        1050,
        date(2011, 9, 1),
        date(2027, 8, 31),
    )
    assert (facts.easting, facts.northing, facts.name) == (None, None, "Redmere Academy")


def test_links_count_by_kind_from_either_side_and_the_earlier_day_holds() -> None:
    content = LINKS + (
        b'1,2,"B, the School",Successor,31-10-2020\r\n'
        b"2,1,A,Predecessor,01-11-2020\r\n"
        b"3,4,D,Successor - merged,\r\n"
        b"6,5,E,Predecessor - Split School,01-09-2019\r\n"
        b"7,8,H,Sixth Form Centre Link,01-09-2019\r\n"
        b"9,9,Itself,Successor,\r\n"
        b"x,9,Bad,Successor,\r\n"
    )
    file = read(written([school()]), links=content)
    assert [(k.predecessor, k.successor, k.day, k.successor_name) for k in file.links] == [
        (1, 2, date(2020, 10, 31), "B, the School"),
        (3, 4, None, "D"),
        (5, 6, date(2019, 9, 1), ""),
    ]
    assert [(line.number, line.reason) for line in file.unreadable] == [
        (8, "links file: a value is 'x', not a number from 1 to 9,999,999")
    ]


def test_a_wrong_links_or_code_point_file_is_told_at_its_own_field() -> None:
    with pytest.raises(WrongFile, match="no column 'LinkURN'") as refusal:
        read(written([school()]), links=b"URN,LinkType\r\n1,Successor\r\n")
    assert refusal.value.field == "links"
    with pytest.raises(WrongFile, match="not a Code-Point Open file") as refusal:
        read(written([school(Easting="")]), code_point=b"a,b\r\n1,2\r\n")
    assert refusal.value.field == "code_point"


CODE_POINT = b'"ZZ1 1AA",10,451000,211000,"E92000001","","","","E07999902","E05000001"\r\n'
HEADER = b"PC,PQ,EA,NO,CY,RH,LH,CC,DC,WC\r\n"
LONG_HEADER = (
    b"Postcode,Positional_quality_indicator,Eastings,Northings,Country_code,NHS_regional_HA_code,NHS_HA_code,"
    b"Admin_county_code,Admin_district_code,Admin_ward_code\r\n"
)


@pytest.mark.parametrize("header", [b"", HEADER, LONG_HEADER, HEADER + LONG_HEADER])
def test_code_point_gives_the_place_and_district_a_download_lacks(header: bytes) -> None:
    lacking = tuple(c for c in COLUMNS if c not in ("Easting", "Northing") and "District" not in c)
    file = read(written([school(Postcode="zz11aa")], lacking), code_point=header + CODE_POINT)
    after = (
        register.compare(file, KnownBefore(facts={}, corrected={}, links={}, districts={"E07999902": "Marl"}))
        .new[0]
        .after
    )
    assert (after.easting, after.northing, after.district_code, after.district_name) == (
        451000,
        211000,
        "E07999902",
        "Marl",
    )


def test_code_point_never_replaces_what_the_register_says() -> None:
    file = read(written([school(), school(URN="900002", Easting="", Northing="")]), code_point=CODE_POINT)
    changes = register.compare(file, KnownBefore(facts={}, corrected={}, links={}, districts={}))
    assert [c.after.easting for c in changes.new] == [450000, 451000]
    assert [c.after.district_code for c in changes.new] == ["E07999901", "E07999901"]


# --- whatever the encoding, the order, the packing ------------------------------------------------

# No two letters in a row that are UTF-8 when written as cp1252, such as Â£: no reader can tell those apart.
LETTERS = "abcXYZ ÀÉéèçñöüŠž’–&'\"-,.;0123"
NAMES = (
    st.text(LETTERS, min_size=1, max_size=30).map(lambda t: f"S{t}").filter(lambda t: not _reads_as_utf8(t))
)


def _reads_as_utf8(text: str) -> bool:
    try:
        return text.encode("cp1252").decode("utf-8") != text
    except UnicodeDecodeError:
        return False


@st.composite
def registers(draw: st.DrawFn) -> list[dict[str, str]]:
    urns = draw(st.lists(st.integers(900000, 999999), min_size=1, max_size=6, unique=True))
    return [
        school(
            URN=str(urn),
            name=draw(NAMES),
            Street=draw(st.one_of(st.just(""), NAMES)),
            status=draw(st.sampled_from(["Open", "Closed", "Open, but proposed to close"])),
            NumberOfPupils=draw(st.sampled_from(["", "0", "93", "1050", "x"])),
            CloseDate=draw(st.sampled_from(["", "31-08-2027"])),
            Easting=draw(st.sampled_from(["", "450000"])),
        )
        for urn in urns
    ]


@given(
    rows=registers(),
    columns=st.permutations([*COLUMNS, "SomethingNew", "FurtherStill"]),
    encoding=st.sampled_from(["cp1252", "utf-8", "utf-8-sig", "utf-16"]),
    delimiter=st.sampled_from([",", ";", "\t"]),
    packed=st.booleans(),
)
@settings(deadline=None, max_examples=so_many(60))
def test_any_encoding_order_and_packing_gives_the_same_changes(
    rows: list[dict[str, str]], columns: list[str], encoding: str, delimiter: str, packed: bool
) -> None:
    rows = [row | {"SomethingNew": "n", "FurtherStill": ""} for row in rows]
    content = written(rows, tuple(columns), encoding=encoding, delimiter=delimiter)
    plain = written(rows, encoding="utf-8")
    assert compared(zipped(a_csv=content) if packed else content) == compared(plain)


# --- files as they are published -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "rows", "unreadable", "lacks"),
    [
        (
            "oxfordshire_full_derived.csv",
            None,
            0,
            {"census_date", "federation_name", "percentage_fsm", "trust_name", "urban_rural"},
        ),
        (
            "oxfordshire_state_funded_20250717.csv",
            None,
            0,
            {
                "census_date",
                "federation_name",
                "percentage_fsm",
                "urban_rural",
                "close_date",
                "district_code",
                "district_name",
                "easting",
                "northing",
                "number_of_pupils",
                "trust_name",
            },
        ),
        ("fixtures/full_120_columns.csv", 9, 10, set()),
        ("fixtures/full_133_columns.csv", 4, 0, set()),
        ("fixtures/full_140_columns.csv", 8, 0, set()),
        ("fixtures/register_and_links_sample.zip", 4, 1, set()),
    ],
)
def test_files_of_every_year_are_read(
    published: Path, name: str, rows: int | None, unreadable: int, lacks: set[str]
) -> None:
    """None: all its lines."""
    path = published / "register" / name
    if rows is None:
        rows = len(list(csv.DictReader(path.open(encoding="cp1252", newline=""))))
    with path.open("rb") as source:
        file = register.read(source, la_codes=None)
    assert (len(file.rows), len(file.unreadable)) == (rows, unreadable)
    assert set(Facts._fields) - file.has == lacks


@pytest.mark.parametrize("name", ["groups_21_columns.csv", "links_20_columns.csv"])
def test_other_downloads_are_refused(published: Path, name: str) -> None:
    with (
        (published / "register" / "fixtures" / name).open("rb") as source,
        pytest.raises(WrongFile, match="no column"),
    ):
        register.read(source, la_codes=None)


def test_links_and_postcodes_are_read_as_published(published: Path) -> None:
    with (
        (published / "register" / "oxfordshire_state_funded_20250717.csv").open("rb") as source,
        (published / "register" / "oxfordshire_links_20250422.csv").open("rb") as links,
        (published / "geography" / "code_point_open_2014_ox.csv").open("rb") as code_point,
    ):
        file = register.read(source, la_codes=["931"], links=links, code_point=code_point)
    old, new, day, name = {
        "data": (123132, 123127, date(2020, 4, 1), "Clifton Hampden Church of England Primary School"),
        "made": (990303, 990305, date(2025, 9, 1), "Tealbury United Academy"),
    }[published.name]
    merged = {(k.predecessor, k.successor): k for k in file.links}[old, new]
    assert (merged.day, merged.successor_name) == (day, name)
    placed = [row for row in file.rows if register.compact(row.postcode) in file.spots]
    assert len(file.rows) > len(placed) > len(file.rows) - 60
