"""One owner each: who may touch flask, forms, calendars, sockets, the environment, the time, and commit."""

import ast

import plan
import pytest

OWNERS = {
    "flask": ("web/", "cli/", "__init__.py", "ground/the_app.py"),
    "flask_login": ("web/",),
    "flask_wtf": ("web/",),
    "flask_migrate": ("__init__.py", "cli/"),
    "flask_sqlalchemy": ("ground/db.py",),
    "wtforms": ("web/",),
    "govuk_frontend_wtf": ("web/",),
    "icalendar": ("post/calendars.py", "post/incoming/calendar_parts.py"),
    "smtplib": ("post/outgoing/mail_server.py",),
    "imaplib": ("post/incoming/mailbox.py",),
    "urllib.request": ("tour/router.py", "county/openid/line.py"),
    "http.client": ("tour/router.py", "county/openid/line.py", "post/webhooks/line.py"),
    "authlib": ("county/openid/tokens.py",),
    "joserfc": ("county/openid/tokens.py",),
    "flufl": ("post/incoming/bounces.py",),
    "click": ("cli/",),
    "jinja2": ("web/__init__.py", "web/meanings.py", "web/spoken.py", "post/"),
    "xlsxwriter": ("ground/tabular.py",),
    "highspy": ("tour/planning/solver.py",),
    "numpy": ("tour/planning/",),
    "pyrage": ("cli/backups/sealing.py",),
    "holidays": ("county/school_days.py",),
    "pyotp": ("county/second_factors.py",),
    "cryptography": ("ground/sealed.py",),
    "webauthn": ("county/passkeys.py",),
    "prometheus_client": ("web/measures.py",),
}


def inside(path, owners: tuple[str, ...]) -> bool:
    return path.is_relative_to(plan.OUTREACH) and str(path.relative_to(plan.OUTREACH)).startswith(owners)


@pytest.mark.parametrize("library", OWNERS)
def test_a_library_is_imported_by_its_owner_alone(library: str) -> None:
    wrong = [
        plan.said(path, line)
        for path in plan.modules().values()
        for name, line in plan.imported(path)
        if (name == library or name.startswith(f"{library}.")) and not inside(path, OWNERS[library])
    ]
    assert wrong == []


def attributes(name: str, *of: str) -> list[str]:
    """Where `<one of `of`>.name` stands; any `.name` when `of` is empty."""
    return [
        plan.said(path, node.lineno)
        for path in plan.modules().values()
        for node in plan.nodes(path)
        if isinstance(node, ast.Attribute)
        and node.attr == name
        and (not of or (isinstance(node.value, ast.Name) and node.value.id in of))
    ]


def files(places: list[str]) -> set[str]:
    return {place.rsplit(":", 1)[0] for place in places}


def test_only_config_reads_the_environment() -> None:
    assert files(attributes("environ", "os") + attributes("getenv", "os")) == {"outreach/ground/config.py"}


def test_only_the_clock_reads_the_time() -> None:
    read = (
        attributes("now", "datetime")
        + attributes("utcnow", "datetime")
        + attributes("today", "date", "datetime")
        + attributes("time", "time")
        + attributes("time_ns", "time")
    )
    assert files(read) == {"outreach/ground/clock.py"}


def test_time_is_handed_to_the_rooms_of_the_trade() -> None:
    wrong = [
        plan.said(path, line)
        for module, path in plan.modules().items()
        for name, line in plan.ours(path)
        if name == "outreach.ground.clock" and plan.room(module) not in ("web", "cli", "ground")
    ]
    assert wrong == []


def test_only_the_transaction_commits() -> None:
    assert files(attributes("commit")) == {"outreach/ground/db.py"}


def test_verbs_leave_the_transaction_to_their_door() -> None:
    wrong = [
        plan.said(path, node.lineno)
        for module, path in plan.modules().items()
        if plan.room(module) not in ("web", "cli", "ground", "post", "demonstration")
        for node in plan.nodes(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "transaction"
    ]
    assert wrong == []


def test_what_comes_from_outside_is_read_by_one_reader() -> None:
    """JSON and text of uploads and of others' answers: ground/from_outside.py. Left are what we wrote ourselves, and
    the two readers of tables, whose letters go through its `clean`."""
    ours = {
        "ground/history.py",
        "planning/fingerprint.py",
        "county/register/waiting.py",
        "county/lists/uploads.py",
    }
    ours |= {"cli/backups/archive.py", "ground/from_outside.py"}
    tables = {"ground/csv_lines.py", "ground/workbooks.py"}

    def among(places: list[str], allowed: set[str]) -> set[str]:
        return {name.removeprefix("outreach/") for name in files(places)} - allowed

    assert among(attributes("loads", "json") + attributes("load", "json"), ours) == set()
    assert among(attributes("TextIOWrapper") + attributes("getincrementaldecoder"), tables) == set()
    decoded = among(attributes("decode"), {"county/logos.py", "county/openid/tokens.py", "web/api_pages.py"})
    assert {
        name for name in decoded if name.startswith(("county/", "tour/", "coverage/", "outcomes/", "web/"))
    } == set()
    imports = {
        str(path.relative_to(plan.OUTREACH))
        for path in plan.modules().values()
        for name, _ in plan.imported(path)
        if name == "outreach.ground.from_outside"
    }
    assert tables <= imports


def test_no_number_is_read_from_the_beginning_of_a_text() -> None:
    """`int(text[:9])` holds a part of it to a bound, and the whole goes on: ground/row_numbers.py reads it once."""
    wrong = [
        plan.said(path, node.lineno)
        for path in plan.modules().values()
        for node in plan.nodes(path)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "int"
        and any(
            isinstance(a, ast.Subscript) and isinstance(a.slice, ast.Slice) and not a.slice.lower
            for a in node.args
        )
    ]
    assert wrong == []


def test_pages_read_numbers_by_their_one_reader() -> None:
    places = attributes("isdigit") + attributes("isdecimal") + attributes("isnumeric")
    assert [place for place in places if place.startswith("outreach/web/")] == []
