"""Security, as docs/security.md tells it: each requirement once, and every file and test that it names is there."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import plan
import pytest

from outreach.web import forms

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/security.md").read_text()
THREATS = (ROOT / "docs/threat-model.md").read_text()

REQUIREMENTS = {
    "1.1": "1-2", "1.2": "1-9", "1.3": "1-11", "1.4": "1-3", "1.5": "1-2",
    "2.1": "1-3", "2.2": "1-3", "2.3": "1-4", "2.4": "1",
    "3.2": "1-2", "3.3": "1-4", "3.4": "1-6", "3.5": "1-5", "3.7": "1-2",
    "4.1": "1-3", "4.2": "1", "4.3": "1-2", "4.4": "1-4",
    "5.1": "1", "5.2": "1-3", "5.3": "1-2", "5.4": "1-3",
    "6.1": "1-3", "6.2": "1-12", "6.3": "1-4", "6.4": "1-4", "6.5": "1-5", "6.6": "1-3", "6.8": "1-4",
    "7.1": "1-3", "7.2": "1-4", "7.3": "1-2", "7.4": "1-5", "7.5": "1-2", "7.6": "1-2",
    "8.1": "1-2", "8.2": "1-3", "8.3": "1", "8.4": "1",
    "9.1": "1-3", "9.2": "1-4",
    "10.1": "1-2", "10.2": "1-2", "10.3": "1-4", "10.4": "1-11", "10.5": "1-5", "10.6": "1-2", "10.7": "1-3",
    "11.1": "1-2", "11.2": "1-3", "11.3": "1-3", "11.4": "1-4", "11.5": "1", "11.6": "1",
    "12.1": "1-3", "12.2": "1-2", "12.3": "1-4",
    "13.1": "1", "13.2": "1-5", "13.3": "1-2", "13.4": "1-5",
    "14.1": "1-2", "14.2": "1-4", "14.3": "1-3",
    "15.1": "1-3", "15.2": "1-3", "15.3": "1-7",
    "16.1": "1", "16.2": "1-5", "16.3": "1-4", "16.4": "1-3", "16.5": "1-3",
}  # fmt: skip
"""Sections of ASVS 5.0.0 -> their requirements of levels 1 and 2, which stand before those of level 3."""

STATES = ("met", "by recipe", "partly", "not met", "n/a")

ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if re.match(r"\| \d+\.\d+\.\d+", line)
]


def test_every_requirement_of_levels_1_and_2_stands_there_once() -> None:
    wanted = {number for section, span in REQUIREMENTS.items() for number in _numbers(section, span)}
    told = Counter(number for row in ROWS for number in _those_of(row[0]))
    assert wanted - set(told) == set() and set(told) - wanted == set()
    assert [number for number, times in told.items() if times > 1] == []


def test_each_is_judged_and_what_is_lacking_is_said() -> None:
    assert [row[0] for row in ROWS if len(row) != 5 or row[2] not in STATES] == []
    assert [row[0] for row in ROWS if row[2] != "met" and len(row[3]) < 8] == []
    assert [row[0] for row in ROWS if ("::test_" in row[4]) == (row[4] == "by reading")] == []


def test_the_sums_are_those_of_the_table() -> None:
    judged = Counter(state for row in ROWS for _ in _those_of(row[0]) for state in [row[2]])
    assert ", ".join(f"{judged[state]} {state}" for state in STATES) in PAGE


@pytest.mark.parametrize("page", [PAGE, THREATS], ids=["security", "threat-model"])
def test_every_file_and_every_test_that_is_named_is_there(page: str) -> None:
    named = [one for one in re.findall(r"`([^`\n]+)`", page) if re.search(r"\.(py|md|html|js|toml)\b", one)]
    assert len(named) > 10
    assert [one for one in named if not _is_there(one)] == []


CALLS_COMMANDS = {"outreach/cli/backups/postgres_server.py"}
"""pg_dump and pg_restore, for whoever gives a command there: words of a list, without a shell."""


def test_no_code_of_ours_calls_a_command_or_runs_code_made_of_words() -> None:
    """But what pytest and scripts do, and backups, which nobody who visits a page reaches."""
    found = []
    for path in plan.modules().values():
        for node in plan.nodes(path):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.name for alias in node.names]
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                wrong = {"subprocess", "pickle", "marshal", "shelve", "pty"} & {
                    n.split(".")[0] for n in names
                }
            elif isinstance(node, ast.Call):
                wrong = {"eval", "exec", "os.system", "os.popen"} & {ast.unparse(node.func)}
            else:
                continue
            if str(path.relative_to(plan.ROOT)) in CALLS_COMMANDS:
                wrong -= {"subprocess"}
            if wrong:
                found.append(f"{plan.said(path, node.lineno)}: {', '.join(sorted(wrong))}")
    assert found == []
    assert [one for one in CALLS_COMMANDS if "shell=" in (plan.ROOT / one).read_text()] == []


def test_no_page_decodes_what_was_decoded_before() -> None:
    decoding = {"unquote", "unquote_plus", "unquote_to_bytes", "unescape"}
    found = [
        plan.said(path, node.lineno)
        for path in plan.modules().values()
        if path.is_relative_to(plan.OUTREACH / "web")
        for node in plan.nodes(path)
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in decoding
    ]
    assert found == []


def test_no_secret_is_made_of_chance_that_can_be_worked_out() -> None:
    """`random` is for pauses, for the planner's tries and for the made-up county."""
    told = {
        str(path.relative_to(plan.OUTREACH))
        for path in plan.modules().values()
        for node in plan.nodes(path)
        if (isinstance(node, ast.Import) and "random" in [alias.name for alias in node.names])
        or (isinstance(node, ast.ImportFrom) and node.module in ("random", "numpy.random"))
    }
    served = {one for one in told if not one.startswith("demonstration/")}
    assert served == {"post/outgoing/pauses.py", "tour/planning/dealing.py"}


def test_what_is_signed_for_one_purpose_is_signed_for_no_other() -> None:
    """Each signature says its purpose first, and none begins as another does."""
    purposes = []
    for path in plan.modules().values():
        for node in plan.nodes(path):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in (
                "signed.serializer",
                "hmac.new",
                "hmac.digest",
            ):
                words = [
                    n.value for arg in node.args[-2:] for n in ast.walk(arg) if isinstance(n, ast.Constant)
                ]
                said = next((w.decode() if isinstance(w, bytes) else str(w) for w in words), "")
                purposes += [said] if " " in said else []
    assert len(purposes) > 7
    assert [(a, b) for a, b in permutations(purposes, 2) if a.startswith(b)] == []


ONLY_IN = {
    r"postMessage|onmessage|[\"']message[\"']": (),
    r"[\"']paste[\"']": (),
    r"\beval\(|new Function|__proto__": (),
    r"innerHTML|outerHTML|insertAdjacentHTML|DOMParser": ("company.js", "diary.js", "palette.js", "plan.js"),
    r"localStorage|sessionStorage|indexedDB|\bcaches\.|document\.cookie": ("company-worker.js", "company.js"),
}
"""What a script could do -> the scripts that do it."""


@pytest.mark.parametrize("what", ONLY_IN)
def test_scripts_listen_to_no_other_window_and_keep_nothing_but_a_companys_days(what: str) -> None:
    scripts = [*plan.OUTREACH.glob("static/*.js"), *plan.OUTREACH.glob("assets/scripts/*.js")]
    assert len(scripts) > 15
    assert sorted(one.name for one in scripts if re.search(what, one.read_text())) == sorted(ONLY_IN[what])


def test_every_page_of_the_desk_and_of_ones_own_tour_has_the_button_to_sign_out() -> None:
    pages = {
        str(path.relative_to(plan.TEMPLATES)): path.read_text() for path in plan.TEMPLATES.rglob("*.html")
    }
    above = {name: re.search(r'{% extends "([^"]+)" %}', text) for name, text in pages.items()}
    without = []
    for name in pages:
        top = name
        while name.startswith(("coordinator/", "company/", "guide/")) and "public.sign_out" not in pages[top]:
            if (over := above[top]) is None:
                without += [name] if top != name else []  # what extends nothing is a part of a page
                break
            top = over[1]
    assert without == ["company/expired.html"]  # whose holder has a link alone


def test_boxes_for_passwords_are_masked_and_say_which_password_is_meant() -> None:
    pages = "".join(path.read_text() for path in plan.TEMPLATES.rglob("*.html"))
    boxes = re.findall(r"\bform\.(?:password|old|again)\((.*?)\)", pages)
    assert len(boxes) > 5
    meant = r'params=\{"autocomplete": "(current|new)-password"\}'
    assert [one for one in boxes if not re.fullmatch(meant, one)] == []
    assert forms.password("Password", required="Enter it.").kwargs["widget"].input_type == "password"


def _numbers(section: str, span: str) -> Iterator[str]:
    first, _, last = span.partition("-")
    yield from (f"{section}.{n}" for n in range(int(first), int(last or first) + 1))


def _those_of(cell: str) -> list[str]:
    """'1.2.6–1.2.8' is three."""
    first, _, last = cell.partition("–")
    section, _, from_ = first.rpartition(".")
    return list(_numbers(section, f"{from_}-{last.rpartition('.')[2] or from_}"))


def _is_there(named: str) -> bool:
    path, _, test = named.partition("::")
    found = next(
        (p for p in (ROOT / path, ROOT / "outreach" / path, ROOT / "tests" / path) if p.is_file()), None
    )
    if found is None or not test:
        return found is not None
    return any(
        isinstance(n, ast.FunctionDef) and n.name == test for n in ast.walk(ast.parse(found.read_text()))
    )
