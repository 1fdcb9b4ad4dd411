"""Every route passes a guard; no GET writes; every address in a letter leads to a page."""

import ast
import re

import plan
from flask import Flask
from werkzeug.exceptions import MethodNotAllowed

from outreach.post import links

GUARDS = {"open", "coordinator", "personal link", "troupe", "company member", "bearer token", "token"}


def test_every_route_has_a_guard(app: Flask) -> None:
    without = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        and getattr(app.view_functions[rule.endpoint], "guard", None) not in GUARDS
    ]
    assert without == []


def test_every_page_of_the_desk_is_for_coordinators_alone(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        guard = getattr(app.view_functions[rule.endpoint], "guard", None)
        assert rule.rule.startswith("/desk") == (guard == "coordinator"), rule


def test_every_page_with_a_schools_token_is_guarded_by_it(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        guard = getattr(app.view_functions[rule.endpoint], "guard", None)
        assert rule.rule.startswith("/i/") == (guard == "personal link"), rule


def test_every_page_with_a_troupes_token_is_guarded_by_it(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        guard = getattr(app.view_functions[rule.endpoint], "guard", None)
        with_token = rule.rule.startswith("/t/") and rule.endpoint != "company.worker"
        assert with_token == (guard == "troupe"), rule


def test_every_page_of_the_api_asks_for_a_token(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        guard = getattr(app.view_functions[rule.endpoint], "guard", None)
        with_token = rule.rule.startswith("/api") and rule.endpoint != "public.feed_described"
        assert with_token == (guard == "token"), rule


def test_every_entry_of_the_menu_leads_to_a_page(app: Flask) -> None:
    from outreach.web import doors

    rows = [row.endpoint for door in doors.DOORS for row in door.rows]
    assert rows and [endpoint for endpoint in rows if endpoint not in app.view_functions] == []


def test_every_address_in_a_letter_leads_to_a_page(app: Flask) -> None:
    pages = {name: value for name, value in vars(links).items() if name.endswith("_PAGE")}
    assert pages
    match = app.url_map.bind("outreach.example").match
    for name, pattern in pages.items():
        path = pattern.format(
            token="t", reference="MRL-1", organisation_id=900001, tour_day_id=1, wave="after", name="council"
        )
        try:
            match(path)
        except MethodNotAllowed as error:
            raise AssertionError(f"{name} {path} is no page that opens") from error


def test_no_page_that_is_only_read_opens_a_transaction() -> None:
    wrong = []
    for module, path in plan.modules().items():
        if plan.room(module) != "web":
            continue
        for node in plan.nodes(path):
            if isinstance(node, ast.FunctionDef) and _only_read(node) and _calls(node, "transaction"):
                wrong.append(node.name)
    assert wrong == ["sign_in_back"]  # the session made by a sign-in provider's callback: docs/house.md


def test_no_page_answers_a_refusal_of_its_deed_by_hand() -> None:
    """web/refusals.py does. A page may know a kind of its own; that an invitation cannot go to somebody whom a
    school has named is no answer, but what the next page says."""
    wrong = []
    for module, path in plan.modules().items():
        if plan.room(module) != "web" or module == "outreach.web.refusals":
            continue
        for node in plan.nodes(path):
            if isinstance(node, ast.Try) and any(_calls(line, "transaction") for line in node.body):
                caught = [ast.unparse(handler.type) for handler in node.handlers if handler.type is not None]
                if any(re.search(r"\b(Refusal|NoSuch\w*|Exception)\b", kind) for kind in caught):
                    wrong.append(module)
    assert wrong == ["outreach.web.school.other_answers"]


def test_pages_do_not_import_each_other() -> None:
    known = plan.modules()
    pages = {m for m, p in known.items() if plan.room(m) == "web" and any(map(_is_route, plan.nodes(p)))}
    assert "outreach.web.public.pages" in pages
    wrong = [
        f"{plan.said(path, line)} imports {other}"
        for module, path in known.items()
        if module != "outreach.web"
        for other, line in plan.ours(path)
        if other in pages
    ]
    assert wrong == []


def _decorators(node: ast.FunctionDef) -> list[tuple[str, ast.Call]]:
    return [
        (d.func.attr, d)
        for d in node.decorator_list
        if isinstance(d, ast.Call)
        and isinstance(d.func, ast.Attribute)
        and isinstance(d.func.value, ast.Name)
        and d.func.value.id in ("public", "school", "coordinator", "api", "company")
    ]


def _is_route(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef) and bool(_decorators(node))


def _only_read(node: ast.FunctionDef) -> bool:
    kinds = _decorators(node)
    return bool(kinds) and all(
        kind == "get" or (kind == "route" and "POST" not in ast.dump(call)) for kind, call in kinds
    )


def _calls(node: ast.AST, name: str) -> bool:
    return any(
        isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == name for n in ast.walk(node)
    )


def test_no_page_asks_whether_it_was_asked_by_get() -> None:
    """HEAD comes to every page that GET comes to: what is not a POST is a look."""
    wrong = [
        f"{module}:{node.lineno}"
        for module, path in plan.modules().items()
        if plan.room(module) == "web"
        for node in plan.nodes(path)
        if isinstance(node, ast.Compare)
        and isinstance(node.left, ast.Attribute)
        and node.left.attr == "method"
        and any(isinstance(c, ast.Constant) and c.value == "GET" for c in node.comparators)
    ]
    assert wrong == []
