"""Packing of register files: bare, or several in a zip; and which of them is the one that is meant."""

import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from outreach.ground.csv_lines import MOST_LINES, CsvFile, TooManyLines, fold
from outreach.ground.errors import Refusal
from outreach.ground.wording import and_list


class WrongFile(Refusal):
    """A file that cannot be what it was given as; its text says why, and nothing was changed."""

    field = "file"


LARGEST = 500_000_000
"""Bytes that a zip may unpack to; the whole of Code-Point Open has 200 million."""


@contextmanager
def parts(source: BinaryIO, *, field: str = "file", most_lines: int = MOST_LINES) -> Iterator[list[CsvFile]]:
    """The CSV files in a file: itself, or those inside a zip."""
    damaged = WrongFile(
        "This zip file is damaged and cannot be opened. Nothing was changed. Download it again.", field=field
    )
    source.seek(0)
    is_zip = source.read(4) in (b"PK\x03\x04", b"PK\x05\x06")  # the second: of nothing
    try:
        if not is_zip:
            yield [CsvFile(source, most_lines=most_lines)]
            return
        with zipfile.ZipFile(source) as archive:
            inside = [i for i in archive.infolist() if i.filename.lower().endswith(".csv")]
            if not inside:
                raise WrongFile(
                    "This file holds no .csv file. Nothing was changed. Use the register's own download.",
                    field=field,
                )
            if sum(i.file_size for i in inside) > LARGEST:
                raise WrongFile(
                    f"This zip file unpacks to more than {LARGEST // 1_000_000} MB. Nothing was changed.",
                    field=field,
                )
            if any(i.flag_bits & 1 for i in inside):
                raise WrongFile(
                    "This zip file has a password. Nothing was changed. Use the register's own download.",
                    field=field,
                )
            yield [CsvFile(archive.open(i), i.filename, most_lines=most_lines) for i in inside]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise damaged from error
    except TooManyLines as refusal:
        raise WrongFile(refusal.message, field=field) from refusal


def column_positions(part: CsvFile) -> dict[str, int]:
    """Where each column stands, by its folded name; of two alike the first."""
    return {name: at for at, name in reversed(list(enumerate(part.header)))}


def missing_from(part: CsvFile, needed: Collection[str]) -> list[str]:
    return [column for column in needed if fold(column) not in part.header]


def best(files: list[CsvFile], needed: Collection[str], *, field: str = "file") -> CsvFile:
    """The part that has every needed column, the widest of several; WrongFile names what is missing."""
    part = min(files, key=lambda part: (len(missing_from(part, needed)), -len(part.header)))
    if not any(part.header):
        raise WrongFile(
            "This file is empty. Nothing was changed. Use the register's own download.", field=field
        )
    missing = missing_from(part, needed)
    if missing:
        raise WrongFile(
            f"This file has no {_columns_named(missing)}. Nothing was changed. Use the register's own download.",
            field=field,
        )
    return part


def _columns_named(missing: list[str]) -> str:
    """["URN"] -> "column 'URN'"; of many only the first, since then it is another file altogether."""
    if len(missing) == 1:
        return f"column '{missing[0]}'"
    if len(missing) > 3:
        return f"column '{missing[0]}' (nor {len(missing) - 1} others that are needed)"
    return "columns " + and_list(f"'{name}'" for name in missing)
