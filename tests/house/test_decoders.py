"""Native code that reads what strangers send: which there is, where, and that Pillow's is asked in no transaction."""

import ast
import importlib.util
from importlib.metadata import distributions

import plan

NATIVE = {
    "PIL": {"county/logos.py"},  # bytes, pixels, scans: tests/county/test_logos.py
    "xml": {"ground/workbooks.py"},  # bytes, cells, processor time: tests/ground/test_workbooks.py
    "cryptography": {"ground/sealed.py"},  # what we sealed ourselves
    "pyrage": {"cli/backups/sealing.py"},  # backups of who runs the service
}
"""Decoder -> the files that import it."""

NO_DECODERS = {"highspy", "markupsafe", "numpy", "sqlalchemy"}
OF_PYTHON = {"bz2", "lzma", "plistlib", "pyexpat", "tarfile", "xml"}
"""Beside csv and json, whose readers bound them where they stand (tests/ground/test_hostile_files.py), and UNPACKED."""

UNPACKERS = {
    "zipfile.ZipFile", "ZipFile", "gzip.open", "gzip.decompress", "zlib.decompress", "zlib.decompressobj", "decompress"
}  # fmt: skip
UNPACKED = {
    "ground/workbooks.py",  # tests/ground/test_hostile_files.py
    "county/register/packing.py",  # tests/county/test_register_files.py
    "county/register/waiting.py",  # rows that we packed
    "county/passwords.py",  # our list of the commonest
    "web/downloads.py",  # written alone
    "cli/outcomes.py",  # files of who runs the service
    "cli/backups/archive.py",
    "cli/backups/sqlite_file.py",
}
"""The files that unpack, or write packed."""


def _compiled() -> set[str]:
    """The modules of installed libraries that bring code for the machine."""
    found = set()
    for one in distributions():
        files = [str(file) for file in one.files or ()]
        if any(file.endswith((".so", ".pyd")) for file in files):
            found |= {file.split("/")[0].split(".")[0] for file in files}
    return found


def test_every_native_decoder_is_known_with_what_bounds_it() -> None:
    native, found = _compiled() | OF_PYTHON, {}
    assert importlib.util.find_spec("PIL") and "PIL" in native
    for path in plan.modules().values():
        for node in plan.nodes(path):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else names
            for top in {name.split(".")[0] for name in names} & native - NO_DECODERS:
                found.setdefault(top, set()).add(str(path.relative_to(plan.OUTREACH)))
    assert found == NATIVE


def test_each_file_that_unpacks_is_known_with_what_bounds_it() -> None:
    found = {
        str(path.relative_to(plan.OUTREACH))
        for path in plan.modules().values()
        for node in plan.nodes(path)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in UNPACKERS
    }
    assert found == UNPACKED


def test_no_picture_is_decoded_in_a_transaction() -> None:
    inside = [
        plan.said(path, call.lineno)
        for path in plan.modules().values()
        for block in plan.nodes(path)
        if isinstance(block, ast.With) and "transaction()" in ast.unparse(block.items[-1])
        for call in ast.walk(block)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "logos.draw"
    ]
    assert inside == []
