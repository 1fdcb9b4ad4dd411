"""Every page of the desk is named with its kind of object and its verb; docs/roles.md says who may do what, as the code."""

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


def test_who_may_all_is_who_may_all() -> None:
    of_the_desk = [kind for kind in who_may.KINDS.values() if not kind.part_of]
    every = [set(kind.roles(verb)) for kind in of_the_desk for verb in who_may.VERBS]
    assert set(who_may.MAY_ALL) == set(NAMES).intersection(*filter(None, every))


def test_the_page_of_roles_is_current() -> None:
    assert PAGE.read_text() == page(), "run tests/roles_page.py"
