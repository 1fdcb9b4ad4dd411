"""Files with names of the trade; templates that the policy lets through."""

import ast
import re
from collections import defaultdict

import plan

VAGUE = {
    "util",
    "utils",
    "helper",
    "helpers",
    "manager",
    "service",
    "services",
    "common",
    "misc",
    "models",
    "views",
}


def pages() -> dict[str, str]:
    """The templates that a browser shows; letters are read elsewhere and carry their own styles."""
    return {
        str(path.relative_to(plan.TEMPLATES)): path.read_text()
        for path in sorted(plan.TEMPLATES.rglob("*.html"))
        if path.relative_to(plan.TEMPLATES).parts[0] != "letters"
    }


def test_no_file_has_a_vague_name() -> None:
    assert [str(p) for p in plan.modules().values() if p.stem in VAGUE] == []


def test_every_file_opens_with_what_it_promises() -> None:
    without = [
        str(path.relative_to(plan.ROOT))
        for path in plan.modules().values()
        if path.read_text().strip() and not path.read_text().lstrip().startswith('"""')
    ]
    assert without == []


def test_every_file_opens_with_a_noun_phrase() -> None:
    """'Fingerprint of a plan's inputs' names a thing; 'What of it was there before' does not."""
    asking = {
        "What",
        "Who",
        "Whom",
        "Whose",
        "Where",
        "When",
        "Why",
        "Which",
        "How",
        "Until",
        "Whether",
        "If",
    }
    wrong = [
        str(path.relative_to(plan.ROOT))
        for path in plan.modules().values()
        if (ast.get_docstring(plan.tree(path)) or " ").split(" ")[0] in asking
    ]
    assert wrong == []


def test_templates_have_no_style_no_script_and_no_handler_of_their_own() -> None:
    wrong = []
    for name, text in pages().items():
        wrong += [f"{name}: style attribute" for _ in re.finditer(r"<[^>{]*\sstyle\s*=", text)]
        wrong += [f"{name}: style element" for _ in re.finditer(r"<style\b", text)]
        wrong += [f"{name}: handler" for _ in re.finditer(r"<[a-z][^>{]*\son[a-z]+\s*=", text)]
        wrong += [
            f"{name}: script" for m in re.finditer(r"<script\b[^>]*>", text) if " src=" not in m.group()
        ]
    assert wrong == []


def test_templates_load_nothing_from_another_host() -> None:
    wrong = [
        f"{name}: {m.group()}"
        for name, text in pages().items()
        for m in re.finditer(
            r"""<(?:script|link|img|iframe|source)\b[^>]*(?:src|href)\s*=\s*["']\s*(?:https?:)?//[^>]*>""",
            text,
        )
    ]
    assert wrong == []


SIGNED_BY_ITSELF = {"pupil/questions.html": 'name="form" value="{{ form }}"'}
"""A pupil's form has no session to be held to, since that is a cookie: a token of its own is signed for it."""


def test_every_form_that_posts_carries_its_token() -> None:
    wrong = []
    for name, text in pages().items():
        for form in re.findall(r"""<form\b[^>]*method=["']post["'].*?</form>""", text, re.S | re.I):
            if SIGNED_BY_ITSELF.get(name, "csrf") not in form:
                wrong.append(f"{name}: {form[:80]}")
    assert wrong == []


def test_no_two_files_of_tests_have_one_name() -> None:
    """pytest takes them for one module, and leaves the second out with an error."""
    names = sorted(
        path.name
        for path in (plan.ROOT / "tests").rglob("*.py")
        if path.name not in ("__init__.py", "conftest.py")
    )
    assert [name for name, after in zip(names, names[1:], strict=False) if name == after] == []


def test_every_test_that_the_everyday_run_leaves_out_is_there() -> None:
    of_files = defaultdict(list)
    for line in (plan.ROOT / "tests" / "dear.txt").read_text().splitlines():
        path, _, name = line.partition("::")
        of_files[path].append(name)
    gone = []
    for path, names in of_files.items():
        told = (plan.ROOT / path).read_text()
        gone += [(path, name) for name in names if f"def {name.rpartition('::')[2]}(" not in told]
    assert gone == []
