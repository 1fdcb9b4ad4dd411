"""A plugin of pytest: notes which lines of some files each test runs, and runs tests chosen by such notes.

It does what the environment says:

    NOTE_LINES_OF=FILE      which files are watched (JSON, their paths); the notes go to FILE.out
    RUN_CHOSEN_TESTS=FILE   the ids of the tests to run, one a line, in that order

It is loaded before anything of ours is imported (-p), so that what runs at import is noted too, as the test ''.
This Python has no sys.monitoring (3.12 has); a trace function that looks at few files is quick enough.
"""

import functools
import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

AT_IMPORT = ""
NOTES = "NOTE_LINES_OF"
CHOSEN = "RUN_CHOSEN_TESTS"
MIGRATED = "MIGRATED_DATABASE"
"""A file of a migrated database that is kept, so that not every process migrates one; made when not there."""

_seen: dict[str, set[int]] = {}
_local: dict[str, Callable[..., Any]] = {}
_notes: dict[str, dict[str, Any]] = {}


def _watch(path: str) -> None:
    lines = _seen[path] = set()
    add = lines.add

    def local(frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line":
            add(frame.f_lineno)
        return local

    _local[path] = local


def _called(frame: FrameType, _event: str, _argument: Any) -> Any:
    return _local.get(frame.f_code.co_filename)


def _taken() -> dict[str, list[int]]:
    """What ran since this was asked the last time."""
    taken = {path: sorted(lines) for path, lines in _seen.items() if lines}
    for lines in _seen.values():
        lines.clear()
    return taken


def pytest_load_initial_conftests() -> None:
    if NOTES in os.environ:
        for watched in json.loads(Path(os.environ[NOTES]).read_text()):
            _watch(watched)
        threading.settrace(_called)
        sys.settrace(_called)


def pytest_configure(config: pytest.Config) -> None:
    """What migrates an empty database copies the kept one."""
    kept = os.environ.get(MIGRATED)
    for plugin in config.pluginmanager.get_plugins():
        if kept and hasattr(plugin, "migrate"):
            plugin.migrate = _migrates_once(plugin.migrate, Path(kept))


def _migrates_once(migrate: Callable[[str, Path], None], kept: Path) -> Callable[[str, Path], None]:
    def bring(url: str, folder: Path) -> None:
        if not url.startswith("sqlite:///"):
            return migrate(url, folder)
        if not kept.exists():
            migrate(url, folder)
            shutil.copy(url.removeprefix("sqlite:///"), f"{kept}.{os.getpid()}")
            os.replace(f"{kept}.{os.getpid()}", kept)
        shutil.copy(kept, url.removeprefix("sqlite:///"))

    return bring


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if NOTES in os.environ:
        _notes[AT_IMPORT] = {"seconds": 0, "lines": _taken()}
    if CHOSEN in os.environ:
        place = {name: n for n, name in enumerate(Path(os.environ[CHOSEN]).read_text().splitlines())}
        items[:] = sorted((i for i in items if i.nodeid in place), key=lambda item: place[item.nodeid])


def forget_what_is_kept() -> None:
    """Empty the caches of our functions: what they kept of one test runs no line in the next."""
    for name, module in list(sys.modules.items()):
        if name.startswith("outreach."):
            for kept in vars(module).values():
                if isinstance(kept, functools._lru_cache_wrapper):
                    kept.cache_clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    if NOTES in os.environ:
        forget_what_is_kept()
    began = time.process_time()
    try:
        return (yield)
    finally:
        if NOTES in os.environ:
            note = _notes.setdefault(item.nodeid, {"passed": True})
            note |= {"seconds": time.process_time() - began, "lines": _taken()}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if NOTES in os.environ:
        note = _notes.setdefault(report.nodeid, {"passed": True})
        note["passed"] = note["passed"] and report.passed


def pytest_sessionfinish() -> None:
    if NOTES in os.environ:
        sys.settrace(None)
        Path(os.environ[NOTES] + ".out").write_text(json.dumps(_notes))
