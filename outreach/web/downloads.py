"""Files that pages hand out: CSV sent line by line inside the request's own context, workbooks, maps and ZIPs whole."""

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import Response, stream_with_context

from outreach.ground import tabular


def csv_file(
    name: str,
    header: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    notice: str = "",
    end: str = "the list",
) -> Response:
    """A CSV named `name`, its notice and end line included (see `tabular.write_csv`).

    The rows may read `g` and the database while they are sent: a real server sends them after the page's
    function has returned, when without this the request's context would be gone and the connection cut after
    the first line.
    """
    lines = stream_with_context(tabular.write_csv(header, rows, notice=notice, end=end))
    return Response(lines, content_type="text/csv; charset=utf-8", headers=_saved_as(_marked(name, notice)))


def workbook(
    name: str,
    sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Any]]]],
    *,
    notice: str = "",
    end: str = "the list",
) -> Response:
    """An XLSX named `name` (see `tabular.write_book`)."""
    content = tabular.write_book(sheets, notice=notice, end=end)
    return Response(content, mimetype=tabular.XLSX_TYPE, headers=_saved_as(_marked(name, notice)))


def geojson_file(name: str, content: str) -> Response:
    """A GeoJSON named `name`."""
    return Response(content, mimetype="application/geo+json", headers=_saved_as(name))


def zip_file(name: str, files: Mapping[str, str]) -> Response:
    """A ZIP named `name` of text files; the same files make the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, content in files.items():
            archive.writestr(zipfile.ZipInfo(file), content.encode())
    return Response(out.getvalue(), mimetype="application/zip", headers=_saved_as(name))


def _marked(name: str, notice: str) -> str:
    """The name of a file, which says what must not be published: whoever passes a file on may never open it."""
    stem, dot, kind = name.rpartition(".")
    return f"{stem}-not-for-publication{dot}{kind}" if "Not for publication" in notice else name


def _saved_as(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
