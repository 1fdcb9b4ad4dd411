"""Every page and every command is named with its kind of object; docs/roles.md says who may do what, as the code."""

from collections.abc import Iterator

import click
from flask import Flask

from outreach.county import who_may
from outreach.county.roles import NAMES
from outreach.web import deeds
from roles_page import PAGE, page


def test_every_page_of_the_desk_and_of_a_company_is_named_once_with_its_kind_and_verb(app: Flask) -> None:
    named = [name for _, _, name in deeds.named()]
    pages = {
        rule.endpoint.removeprefix("coordinator.")
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith(("coordinator.", "company.")) and rule.endpoint != "company.worker"
    }
    assert pages - set(named) == set(), "name them in web/deeds.py"
    assert sorted(named) == sorted(pages)
    assert {(kind, verb) for kind, verb, _ in deeds.named() if not who_may.roles_that(verb, kind)} == set()


def test_every_other_page_is_named_once_and_open_to_whom_its_guard_lets_in(app: Flask) -> None:
    open_pages = [name for names in deeds.OPEN_PAGES.values() for name in names.split()]
    behind: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        guard = who_may.ANYBODY if rule.endpoint == "static" else view.guard
        if guard in ("coordinator", "company member"):
            continue
        behind.setdefault(guard, set()).add(rule.endpoint)
        for method in rule.methods - {"OPTIONS"}:
            assert who_may.may_by(guard, deeds.deed_without_role(rule.endpoint, guard, method)), (
                rule,
                method,
            )
    assert behind.keys() == who_may.BROUGHT.keys()
    assert sorted(open_pages) == sorted(behind[who_may.ANYBODY]), "name them in web/deeds.py, OPEN_PAGES"
    assert who_may.WITHOUT_ROLE.keys() == deeds.OPEN_PAGES.keys() | set(deeds.OF_GUARD.values())


def test_every_command_is_named_once(app: Flask) -> None:
    def commands(group: click.Group, before: str = "") -> Iterator[str]:
        for name in group.list_commands(click.Context(group)):
            found = group.get_command(click.Context(group), name)
            if isinstance(found, click.Group) and name != "db":
                yield from commands(found, f"{before}{name} ")
            else:
                yield before + name

    of_flask = {"routes", "run", "shell"}  # which every application has
    with app.app_context():
        made = set(commands(app.cli)) - of_flask
    named = [name for names in who_may.COMMANDS.values() for name in names]
    assert sorted(named) == sorted(made), "name them in county/who_may.py, COMMANDS"


def test_who_may_all_is_who_may_all() -> None:
    of_the_desk = [kind for kind in who_may.KINDS.values() if not kind.part_of]
    every = [set(kind.roles(verb)) for kind in of_the_desk for verb in who_may.VERBS]
    assert set(who_may.MAY_ALL) == set(NAMES).intersection(*filter(None, every))


def test_the_page_of_roles_is_current() -> None:
    assert PAGE.read_text() == page(), "run tests/roles_page.py"
