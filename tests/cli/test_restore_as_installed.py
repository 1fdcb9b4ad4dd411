"""A backup restored by the words of docs/backup.md into PostgreSQL as scripts/install lays it: with two accounts, in a
database that `createdb` made as postgres."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask

import make
import postgres as postgres_for_tests
from outreach import create_app
from outreach.cli.backups import postgres_server
from outreach.cli.other_database import service_on
from outreach.county import second_factors
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.post.outgoing import duty, postman

ROOT = Path(__file__).resolve().parents[2]
NAME = f"laid_{os.getpid()}"
SERVICE, OWNER = f"{NAME}_service", f"{NAME}_owner"

GRANTS = """SELECT kind, name, owner, may::text, more FROM (
SELECT 'database', datname, pg_get_userbyid(datdba), coalesce(datacl, acldefault('d', datdba)), ''
    FROM pg_database WHERE datname = current_database()
UNION ALL SELECT 'schema', nspname, pg_get_userbyid(nspowner), coalesce(nspacl, acldefault('n', nspowner)), ''
    FROM pg_namespace WHERE nspname = 'public'
UNION ALL SELECT 'relation', relname, pg_get_userbyid(relowner), relacl, concat(relrowsecurity, relforcerowsecurity)
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S', 'v')
UNION ALL SELECT 'column', concat(attrelid::regclass, '.', attname), '', attacl, ''
    FROM pg_attribute WHERE attacl IS NOT NULL AND attrelid >= 16384
UNION ALL SELECT 'function', oid::regprocedure::text, pg_get_userbyid(proowner),
    coalesce(proacl, acldefault('f', proowner)), prosecdef::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT 'default', defaclobjtype::text, pg_get_userbyid(defaclrole), defaclacl, '' FROM pg_default_acl
UNION ALL SELECT 'policy', concat(tablename, '.', policyname), roles::text, NULL, concat(cmd, qual, with_check)
    FROM pg_policies) AS each (kind, name, owner, may, more)"""

FOR_EVERYBODY = """SELECT p.oid::regprocedure::text FROM pg_proc p, aclexplode(coalesce(proacl, acldefault('f', proowner))) a
WHERE pronamespace = 'public'::regnamespace AND prosecdef AND a.grantee = 0"""

Run = Callable[..., str]


def rows(url: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as here:
        return here.execute(statement).fetchall()  # type: ignore[call-overload, no-any-return]


def grants(url: str) -> set[tuple[Any, ...]]:
    """Who owns each thing, and who may do what with it."""
    return {
        (kind, name, owner, *sorted((acl or "").strip("{}").split(",")), more)
        for kind, name, owner, acl, more in rows(url, GRANTS)
    }


@pytest.fixture
def as_postgres(postgres: Any) -> Iterator[str]:
    """The address of such a database for postgres; it goes with its accounts, and what was put aside."""
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as desk:

        def run(words: str) -> list[tuple[Any, ...]]:
            done = desk.execute(words)  # type: ignore[call-overload]
            return done.fetchall() if done.description else []

        run(f"CREATE DATABASE {NAME} ENCODING UTF8 TEMPLATE template0")
        try:
            yield postgres.url(NAME)
        finally:
            for (name,) in run(f"SELECT datname FROM pg_database WHERE datname LIKE '{NAME}%'"):
                run(f'DROP DATABASE "{name}" WITH (FORCE)')
            for role in (SERVICE, OWNER, f"{OWNER}_finder"):
                run(f"DROP ROLE IF EXISTS {role}")


def installed(url: str, tmp_path: Path, key: str) -> Flask:
    def of(account: str) -> str:
        return re.sub("//[^@/]*@", f"//{account}@", url.replace("postgresql://", "postgresql+psycopg://"))

    return create_app(
        {
            "TESTING": True,
            "SECRET_KEY": key,
            "SQLALCHEMY_DATABASE_URI": of(SERVICE),
            "OWNER_DATABASE_URL": of(OWNER),
            "OUTREACH_FOLDER": str(tmp_path),
            "BACKUP_FOLDER": str(tmp_path),
            "ERASURES_FILE": str(tmp_path / "erasures"),
            "POSTGRES_PROGRAMS": str(postgres_for_tests.binaries()),
        }
    )


def runs(app: Flask) -> Run:
    def run(words: str, status: int = 0) -> str:
        done = app.test_cli_runner().invoke(args=words.split())
        with app.app_context():
            db.engine.dispose()  # as a process that ends
        assert done.exit_code == status, (words, done.output, done.exception)
        return done.output

    return run


def in_the_docs(backup: Path) -> list[str]:
    """The commands of docs/backup.md, over a database that holds something."""
    words = (ROOT / "docs/backup.md").read_text().partition("\n## Restore\n")[2].split("```")[1]
    given = [line.removeprefix("sudo outreach ").split(" [")[0] for line in words.strip().splitlines()]
    assert [line.split()[0] for line in given] == ["restore", "database", "check"]
    return [re.sub(r"\S+\.backup", f"--replace {backup}", line) for line in given]


def test_the_docs_restore_what_scripts_install_laid_with_the_same_grants(
    as_postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = installed(as_postgres, tmp_path, "one key " * 6)
    run = runs(app)
    (tmp_path / "erasures").touch()
    run(f"database roles --connect {as_postgres}")
    run("db upgrade")
    run("database roles")
    with app.app_context(), service_on(app.config["OWNER_DATABASE_URL"]), transaction():
        partnership = make.partnership(name="Marlshire Partnership")
        person = make.person(partnership)
        second_factors.begin(person.id, partnership_id=partnership.id, now=clock.now())
    with app.app_context():
        duty.begin(postman.new_name(app.config["SECRET_KEY"].encode()), clock.now())
    before = grants(as_postgres)
    assert ("database", NAME, OWNER) in {one[:3] for one in before}
    assert rows(as_postgres, FOR_EVERYBODY) == []
    run("backup")
    run("backup --verify")
    (backup,) = tmp_path.glob("*.backup")
    restore, roles, check = in_the_docs(backup)
    monkeypatch.setattr(postgres_server, "PATIENCE_SECONDS", 0.5)
    with psycopg.connect(as_postgres):
        assert "is in use (1 sessions). Stop the service first" in run(restore, 1)
    said = run(restore)
    assert "cannot be opened" not in said and "another SECRET_KEY" not in said
    assert rows(as_postgres, FOR_EVERYBODY) == []
    run(roles)
    assert grants(as_postgres) == before
    said = run(check, 1)
    assert "The database lets" in said and "cannot be opened" not in said

    # Under another key, and given to postgres again, as an installation of before.
    run = runs(installed(as_postgres, tmp_path, "another " * 6))
    lost = "1 sign-in code by an app cannot be asked: their secrets cannot be opened."
    said = run(restore)
    assert lost in said and "The last who sent letters had another SECRET_KEY" in said
    run(roles)
    assert lost in run(check, 1)
    with psycopg.connect(as_postgres, autocommit=True) as desk:
        desk.execute(f"ALTER DATABASE {NAME} OWNER TO CURRENT_USER")  # type: ignore[call-overload]
    for words in (restore, "backup --verify"):
        assert "so our account can put no backup into its place" in run(words, 1)
    assert f"The database {NAME} belongs to" in run(roles)
    run(f"{roles} --connect {as_postgres}")
    run(restore)
    run(roles)
    assert grants(as_postgres) == before
