"""Files of another kind than they say, or made to hurt: each reader of uploads refuses them in words, at once."""

import io
import json
import zipfile
from collections.abc import Callable

import pytest

from outreach.county import partnerships
from outreach.county.partnerships import NotDistricts
from outreach.ground import workbooks
from outreach.ground.clock import processor_seconds
from outreach.ground.errors import Refusal
from outreach.ground.workbooks import CannotRead
from outreach.tour import water_files
from outreach.tour.waters import NotThatWater


def zipped(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def geojson(kind: str, coordinates: object) -> bytes:
    feature = {
        "type": "Feature",
        "properties": {"LAD25CD": "E07000177", "name": "Redmere"},
        "geometry": {"type": kind, "coordinates": coordinates},
    }
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


def nested(deep: int) -> object:
    found: object = [0.1, 51.5]
    for _ in range(deep):
        found = [found]
    return found


WORKBOOK = {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"}
OTHER_KINDS = {
    "web page": (b"<!DOCTYPE html><script>alert(1)</script>", "a web page"),
    "table of a web page, as old exports are": (b"\xef\xbb\xbf\r\n<TABLE><tr><td>School</td></tr></TABLE>", "a web page"),
    "drawing that runs a script": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "a web page"),
    "XML with entities": (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "cc">]><a>&b;</a>', "a web page"),
    "PDF": (b"%PDF-1.7\n1 0 obj <</Type/Catalog>> endobj\n", "a PDF"),
    "PNG": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "a picture"),
    "JPEG": (b"\xff\xd8\xff\xe0\x00\x10JFIF", "a picture"),
    "RTF": (b"{\\rtf1\\ansi School}", "a text document"),
    "JSON": (b'{"schools": [1, 2]}', "a JSON file"),
    "deep JSON": (b"[" * 100_000, "a JSON file"),
    "program": (b"MZ\x90\x00" + bytes(range(256)) * 9, "not a CSV or XLSX file"),
    "zip of a program": (zipped({"run.exe": b"MZ"}), "not a CSV or XLSX file"),
    "workbook with macros": (zipped(WORKBOOK | {"xl/vbaProject.bin": b"\xd0\xcf"}), "holds macros"),
    "small zip of much": (zipped(WORKBOOK | {"xl/worksheets/sheet1.xml": b"0" * 160_000_000}), "too large once unpacked"),
    "cell without end": (b'School,Phone\n"' + b"x" * 5_000_000 + b'",1\n', "Nothing was changed"),
    "large": (b"a,b\n" * 3_000_000, "larger than 10 MB"),
    "nothing": (b" \r\n", "empty"),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHER_KINDS)
def test_a_list_that_is_another_kind_of_file_is_refused_by_what_is_in_it(name: str) -> None:
    content, words = OTHER_KINDS[name]
    with pytest.raises(CannotRead, match=words) as refused:
        workbooks.read(content)
    assert refused.value.message.endswith("Nothing was changed.")


@pytest.mark.parametrize("first", ["School", "[School]", "{School}", "<", "% of pupils"])
def test_a_list_is_still_one_whatever_its_first_heading_is(first: str) -> None:
    (sheet,) = workbooks.read(f"{first},Phone\nRedmere,01632 960000\n".encode())
    assert (sheet.count, sheet.width) == (2, 2)


MAPS: dict[str, tuple[Callable[[bytes], object], type[Refusal]]] = {
    "districts": (partnerships.read_districts, NotDistricts),
    "waters": (water_files.of_geojson, NotThatWater),
}
NO_MAPS = {
    "deep": b"[" * 1_000_000,
    "deep within": b'{"features":' + b"[" * 900 + b"]" * 900 + b"}",
    "deep outline": geojson("Polygon", nested(900)),
    "endless number": b"[" + b"9" * 200_000 + b"]",
    "number beyond all": geojson("LineString", [[10**400, 51], [1, 52]]),
    "no number": b'{"features": [{"properties": {"a": "E07000177"}, "geometry": '
    b'{"type": "Polygon", "coordinates": [[[NaN, 51], [Infinity, 51], [0, 52], [NaN, 51]]]}}]}',
    "words": geojson("LineString", [["a", "b"], ["c", "d"]]),
    "no list": geojson("LineString", {"a": 1}),
    "no features": b'{"features": [1, null, "x"]}',
    "null": b"null",
    "web page": b"<!DOCTYPE html>",
    "PDF": b"%PDF-1.7",
    "zip": zipped({"map.geojson": b"0" * 1_000_000}),
    "bytes": bytes(range(256)) * 40,
}


@pytest.mark.parametrize("reader", MAPS)
@pytest.mark.parametrize("name", NO_MAPS)
def test_what_is_no_map_is_refused_in_words_and_at_once(reader: str, name: str) -> None:
    read, refusal = MAPS[reader]
    began = processor_seconds()
    with pytest.raises(refusal) as refused:
        read(NO_MAPS[name])
    assert processor_seconds() - began < 2
    assert refused.value.message.endswith((".", ")"))
