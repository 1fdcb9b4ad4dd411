"""Accounts of PostgreSQL: what `flask database roles` refuses, and what check says of the one that the service has."""

import pytest
from flask import Flask
from sqlalchemy import text

import make
from outreach.cli import check
from outreach.ground import whose
from outreach.ground.db import db, transaction
from walled import OWNER, as_service, make_roles, walled

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def said() -> list[str]:
    return [f"{one.state}: {one.words}" for one in check._role()]


def test_two_accounts_must_be_named(app: Flask) -> None:
    for owner in ("", app.config["SQLALCHEMY_DATABASE_URI"]):
        app.config["OWNER_DATABASE_URL"] = owner
        done = app.test_cli_runner().invoke(args=["database", "roles"])
        assert done.exit_code == 1 and "OWNER_DATABASE_URL" in done.output, done.output


@pytest.mark.own_database
def test_check_tells_the_services_account_from_all_others(app: Flask) -> None:
    with transaction():
        make.partnership()
    make_roles(str(app.config["SQLALCHEMY_DATABASE_URI"]).replace("+psycopg", ""), owner=OWNER)
    assert "who may do everything there" in said()[0]
    db.session.rollback()
    with walled(app), as_service():
        assert said() == ["ready: The database lets outreach_service see one partnership at a time."]
        assert whose.stands()
        held = app.test_cli_runner().invoke(args=["people", "list"])
        assert held.exit_code == 1 and "set OWNER_DATABASE_URL" in held.output
    with db.engine.begin() as connection:
        connection.execute(text("REVOKE DELETE ON letter FROM outreach_service"))
    with walled(app, roles=False), as_service():
        assert "may not do what it needs with letter: flask database roles." in said()[0]
    with db.engine.begin() as connection:
        connection.execute(text(f"ALTER ROLE {OWNER} NOBYPASSRLS"))
    try:
        db.session.execute(text(f"SET LOCAL ROLE {OWNER}"))
        assert "who owns its tables: nothing there keeps one partnership" in said()[0]
    finally:
        db.session.rollback()
