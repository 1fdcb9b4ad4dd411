"""A plugin of pytest: runs the tests chosen for each of many changes, each in a fork of one process that has
everything imported.

    CHANGES_TO_TRY=FILE    what to try (JSON, of `Attempt`); what came of it goes to FILE.out, a line each

A fork swaps the code of the one function that is changed. Where that cannot be (what runs at import, another set
of outer names) the line says so, and a fresh process has to try it.
"""

import functools
import importlib
import json
import os
import resource
import signal
import time
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from changes import Change
from noted_lines import forget_what_is_kept

TO_TRY = "CHANGES_TO_TRY"
KILLED, SURVIVED, ENDLESS, ELSEWHERE = "killed", "survived", "it never ends", "in a fresh process"
_CODES = {0: SURVIVED, 1: KILLED, 2: ELSEWHERE, -signal.SIGXCPU: ENDLESS, -signal.SIGKILL: ENDLESS}


def pytest_runtestloop(session: pytest.Session) -> bool | None:
    if TO_TRY not in os.environ:
        return None
    place = Path(os.environ[TO_TRY])
    items = {item.nodeid: item for item in session.items}
    attempts = json.loads(place.read_text())
    chosen = (items[test] for attempt in attempts for test in attempt["tests"] if test in items)
    _warm(next((item for item in chosen if "app" in getattr(item, "fixturenames", ())), None))

    @functools.cache
    def passes_unchanged(test: str) -> bool:
        return _in_a_fork(session, None, [items[test]], 300, place)[0] == SURVIVED

    with Path(f"{place}.out").open("w") as out:
        for attempt in attempts:
            began = time.monotonic()
            change = Change(**attempt["change"])
            chosen = [items[test] for test in attempt["tests"] if test in items]
            while True:
                word, by = _in_a_fork(session, change, chosen, attempt["seconds"], place)
                if word != KILLED or passes_unchanged(by):
                    break
                chosen = [item for item in chosen if item.nodeid != by]
            said = {"word": word, "by": by, "seconds": time.monotonic() - began, "n": attempt["n"]}
            print(json.dumps(said), file=out, flush=True)
    return True


def _warm(item: pytest.Item | None) -> None:
    """One test is run before, so that every fork has the migrated database and the app at hand."""
    if item is not None:
        runtestprotocol(item, log=False, nextitem=item.session)  # type: ignore[arg-type] # all but the session ends


def _in_a_fork(
    session: pytest.Session, change: Change | None, chosen: list[pytest.Item], seconds: int, place: Path
) -> tuple[str, str]:
    """What came of it, and the test that ran last; it ends after so many seconds of the processor, or twenty times
    as many by the clock. Without a change: whether the tests pass as they are."""
    by = Path(f"{place}.by")
    by.write_text("")
    child = os.fork()
    if not child:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        code = 1
        try:
            code = _tried(change, chosen, by)
        finally:
            os._exit(code)
    until = time.monotonic() + 20 * seconds
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            ran = by.read_text()
            return _CODES.get(os.waitstatus_to_exitcode(status), KILLED) if ran else ELSEWHERE, ran
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return ENDLESS, by.read_text()


def _tried(change: Change | None, chosen: list[pytest.Item], by: Path) -> int:
    if change is not None and not swap(change):
        return 2
    forget_what_is_kept()
    for item, following in zip(chosen, [*chosen[1:], None], strict=True):
        by.write_text(item.nodeid)
        if any(report.failed for report in runtestprotocol(item, log=False, nextitem=following)):
            return 1
    return 0


def swap(change: Change) -> bool:
    """Give the changed function its new code, wherever it is referred to; False where that is not enough."""
    module = importlib.import_module(change.file.removesuffix(".py").replace("/", "."))
    changed = change.made_in(Path(str(module.__file__)).read_bytes())
    within: Any = compile(changed, str(module.__file__), "exec", dont_inherit=True)
    found: Any = module
    for name in change.inside.split("."):
        if isinstance(found, FunctionType):  # a function inside it comes with its code
            break
        within = next((c for c in within.co_consts if isinstance(c, CodeType) and c.co_name == name), None)
        found = _function(vars(found).get(name)) if isinstance(found, ModuleType | type) else None
    if not isinstance(found, FunctionType) or within is None:
        return False
    if found.__code__.co_freevars != within.co_freevars:
        return False
    found.__code__ = within
    return True


def _function(found: Any) -> Any:
    """What is behind a property, a method of the class, a cache."""
    if isinstance(found, property):
        return found.fget
    if isinstance(found, functools.cached_property):
        return found.func
    if hasattr(found, "cache_clear"):
        found.cache_clear()
    while hasattr(found, "__wrapped__") or isinstance(found, classmethod | staticmethod):
        found = found.__func__ if isinstance(found, classmethod | staticmethod) else found.__wrapped__
    return found
