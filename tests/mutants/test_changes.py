"""The changes that are made of the heart: each is another program, and what is explained is one of them."""

import tomllib
from pathlib import Path

import pytest

from mutants.changes import Change, changes
from mutants.heart import FILES

ROOT = Path(__file__).resolve().parents[2]


def made(source: str) -> list[str]:
    """Each changed source, without what did not change before and after."""
    return [change.made_in(source.encode()).decode() for change in changes("x.py", source.encode())]


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("a = b < c", {"a = (b <= c)"}),
        ("a = b is None", {"a = (b is not None)"}),
        ("a = b <= c < d", {"a = (b < c < d)", "a = (b <= c <= d)"}),
        ("a = b - c", {"a = (b + c)"}),
        ("a = (b + c) * d", {"a = ((b + c) // d)", "a = ((b - c)) * d"}),
        ("a = 'b' + c", set()),
        ("a = b and not c", {"a = (b or (not c))", "a = b and bool(c)"}),
        ("a = b if c else d", {"a = (d if c else b)"}),
        ("a = 7", {"a = 8"}),
        ("a = False", {"a = True"}),
        ("a = min(b)", {"a = max(b)"}),
        ("a = [b for b in c if d]", {"a = [b for b in c if True]"}),
        ("a.b = c", {"pass"}),
        ("a += b", {"pass"}),
        ("raise a", {"pass"}),
        ("if a:\n    b()", {"if not (a):\n    b()", "if a:\n    pass"}),
        ("def f():\n    return a", {"def f():\n    return None"}),
        ("def f():\n    return None", set()),
        ("def f(a=1): ...", {"def f(a=2): ..."}),
        ("a: int = 1", {"a: int = 2"}),
        ("zip(a, strict=True)", {"pass"}),
        ('"""Words."""', set()),
        (
            "@a(1)\nclass B(Base):\n    c = d(1)\n    def e(self):\n        return 1",
            {"@a(1)\nclass B(Base):\n    c = d(1)\n    def e(self):\n        return 2"},
        ),
    ],
)
def test_what_is_changed_of_a_source(source: str, wanted: set[str]) -> None:
    assert set(made(source)) == wanted


def test_a_change_says_where_it_is_and_which_lines_run_it() -> None:
    source = "class A:\n    def b(self):\n        return c(\n            d > 1,\n        )\n"
    change = next(c for c in changes("x.py", source.encode()) if ">=" in c.text)
    assert (change.inside, change.first, change.last) == ("A.b", 3, 5)
    assert change.name == ("x.py", "A.b", "d > 1,", "(d >= 1),")


def test_letters_that_take_two_bytes_move_nothing() -> None:
    assert made("a = 'é', 1") == ["a = 'é', 2"]


@pytest.fixture(scope="module")
def of_the_heart() -> list[Change]:
    return [change for file in FILES for change in changes(file, (ROOT / file).read_bytes())]


def test_a_change_of_the_heart_is_another_python_program(of_the_heart: list[Change]) -> None:
    sources = {file: (ROOT / file).read_bytes() for file in FILES}
    for change in of_the_heart[::10]:
        changed = change.made_in(sources[change.file])
        assert changed != sources[change.file], change
        compile(changed, change.file, "exec", dont_inherit=True)


def test_what_is_explained_names_a_file_of_the_heart_and_says_why() -> None:
    said = tomllib.loads(Path(__file__).with_name("explained.toml").read_text())["one"]
    assert {one["change"][0] for one in said} <= set(FILES)
    assert all(len(one["change"]) == 4 and one["why"].strip() for one in said)
