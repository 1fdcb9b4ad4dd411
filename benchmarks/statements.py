"""Every statement that a page or a job sends, in a made-up England behind PostgreSQL's walls: which of them read more rows
than a bound by what they give.

  python benchmarks/statements.py [--partnerships 15] [--years 10] [--smoke] [--all]

Each address there is (every GET of desk, schools, companies, public pages and feed, as somebody who may open it) and each
round of a job is asked once, and each statement explained on the way, with its own values (EXPLAIN ANALYZE; what
writes is explained within a savepoint that is rolled back). Read are the rows that its scans met, kept or not; given
are those that it returned or changed, or, of a sum, those that went into it. Listed are the statements that read more
than BOUND times what they give and SPARE: an index is missing there, or a table of all partnerships is walked through.
No floor and no clock: rows are counted, so that a busy machine says the same.
"""

import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from serving import databases, environment, options, size, status
from sqlalchemy import Engine, event, text

BOUND, SPARE = 10, 500
JOBS = (
    ["asking", "chase", "--dry-run"],
    ["asking", "chase"],
    ["post", "send"],
    ["planner", "work", "--once"],
    ["privacy", "sweep"],
    ["feeds", "rebuild"],
    ["promises", "limits"],
    ["check"],
)


@dataclass
class Read:
    """What one statement read and gave where it read most, and what sent it there."""

    rows: int
    given: int
    scan: str
    by: str
    times: int = 1

    @property
    def beyond(self) -> bool:
        return self.rows > BOUND * self.given + SPARE


@dataclass
class Reader:
    """Explains whatever is sent while somebody is named."""

    by: str = ""
    found: dict[str, Read] = field(default_factory=dict)
    answers: Counter[int] = field(default_factory=Counter)
    _inside: bool = False

    def look(
        self, connection: Any, cursor: Any, statement: str, values: Any, _context: Any, many: bool
    ) -> None:
        if (
            not self.by
            or self._inside
            or many
            or not re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", statement)
        ):
            return
        self._inside = True
        try:
            with connection.connection.driver_connection.cursor() as beside:
                writes = not re.match(r"\s*SELECT", statement)
                if writes:
                    beside.execute("SAVEPOINT looked")
                beside.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}", values)
                plan = beside.fetchone()[0][0]["Plan"]
                if writes:
                    beside.execute("ROLLBACK TO looked")
                    beside.execute("RELEASE looked")
        finally:
            self._inside = False
        self._note(statement, plan)

    def _note(self, statement: str, plan: dict[str, Any]) -> None:
        scans = sorted(_scans(plan), reverse=True)
        rows = sum(read for read, _ in scans)
        words = re.sub(r"\((%\(\w+\)s(::\w+)?,? ?)+\)", "(…)", " ".join(statement.split()))
        one = Read(rows, _given(plan), scans[0][1] if scans else "", self.by)
        before = self.found.get(words)
        one.times += before.times if before else 0
        if before is not None and (before.rows - BOUND * before.given) >= (one.rows - BOUND * one.given):
            before.times += 1
        else:
            self.found[words] = one


def _scans(plan: dict[str, Any]) -> Iterator[tuple[int, str]]:
    """(rows met, which scan) of a plan's leaves."""
    if "Relation Name" in plan and plan["Node Type"] != "ModifyTable":
        met = sum(
            plan.get(name, 0)
            for name in ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
        )
        where = plan.get("Index Cond") or plan.get("Recheck Cond") or ""
        by = f" by {plan['Index Name']}" if "Index Name" in plan else ""
        beyond = f", left out by {plan['Filter']}" if plan.get("Rows Removed by Filter") else ""
        yield (
            round(met * plan["Actual Loops"]),
            f"{plan['Node Type']} of {plan['Relation Name']}{by} {where}{beyond}",
        )
    for part in plan.get("Plans", ()):
        yield from _scans(part)


def _given(plan: dict[str, Any]) -> int:
    """Rows that a statement returns or changes; of a sum, or of the first few, those that went into it."""
    node, most = plan, 0
    while True:
        most = max(most, round(node["Actual Rows"] * node["Actual Loops"]))
        inner = [part for part in node.get("Plans", ()) if part.get("Parent Relationship") == "Outer"]
        if len(inner) != 1 or node["Node Type"] not in STEPS:
            return most
        node = inner[0]


STEPS = {
    "Aggregate",
    "Group",
    "Unique",
    "WindowAgg",
    "Sort",
    "Incremental Sort",
    "ModifyTable",
    "Result",
    "Hash",
}
"""Steps that put together what comes from below."""


@contextmanager
def looking(engine: Engine, reader: Reader) -> Iterator[None]:
    event.listen(engine, "before_cursor_execute", reader.look)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", reader.look)


def walk(url: str, folder: Any, partnerships: int, years: int, reader: Any) -> None:
    """Every address and each round of a job, with whoever reads what is sent for it."""
    os.environ.update(environment(url, folder))
    import every_address
    import make
    from outreach import create_app
    from outreach.demonstration import england
    from outreach.ground import clock
    from outreach.ground.db import db, transaction
    from outreach.post.feeds import tokens
    from walled import address_of_service

    owner = create_app({})
    with owner.app_context():
        now = clock.now()
        county = every_address.people_at_every_door(every_address.told_year(now), now=now)
        with transaction():
            _, token = tokens.make(county.told.partnership.id, "Figures", who="P", now=now)
        session = make.session_of(county.told.coordinator)
        db.session.remove()
        with db.engine.connect() as connection:
            for _ in england.copied(connection, england.Size(partnerships, years)):
                pass
        with db.engine.begin() as connection:
            connection.execute(text("ANALYZE"))
        db.engine.dispose()
    os.environ["DATABASE_URL"] = address_of_service(url)
    os.environ["OWNER_DATABASE_URL"] = url
    app = create_app({"WTF_CSRF_ENABLED": False})
    with app.app_context():
        engine = db.engine
    with looking(engine, reader):
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
            if "GET" not in (rule.methods or ()):
                continue
            for path in county.addresses(rule):
                client = app.test_client()
                if rule.endpoint.startswith("coordinator."):
                    with client.session_transaction() as kept:
                        kept["_user_id"], kept["_fresh"] = session, True
                headers = {"Authorization": f"Bearer {token}"} if rule.endpoint.startswith("api.") else {}
                reader.by = rule.rule
                answered = client.get(path, headers=headers)
                answered.get_data()
                reader.answers[answered.status_code] += 1
                reader.by = ""
        for arguments in JOBS:
            reader.by = "flask " + " ".join(arguments)
            told = app.test_cli_runner().invoke(args=list(arguments))
            reader.by = ""
            if told.exception is not None and not isinstance(told.exception, SystemExit):
                print(f"{' '.join(arguments)}: {told.exception!r}", file=sys.stderr)


def main() -> int:
    parser = options(__doc__, on=())
    parser.add_argument("--partnerships", type=int, default=15)
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument("--all", action="store_true", help="every statement, not only those beyond the bound")
    asked = parser.parse_args()
    partnerships, years = size(asked, asked.partnerships, 5, 2), size(asked, asked.years, 3, 1)
    with databases(["postgresql"]) as fresh:
        [(_, url, folder)] = list(fresh)
        reader = Reader()
        walk(url, folder, partnerships, years, reader)
    found = sorted(reader.found.items(), key=lambda one: -one[1].rows)
    beyond = [one for one in found if one[1].beyond]
    for statement, read in found if asked.all else beyond:
        print(
            f"{read.rows:,} read, {read.given:,} given, {read.times}x, {read.by}\n  {read.scan}\n  {statement[:600]}\n"
        )
    print(f"Pages asked: {', '.join(f'{n:,} with {code}' for code, n in reader.answers.most_common())}")
    print(
        f"statements: {len(found):,}, of which {len(beyond):,} read more than {BOUND} times what they give and {SPARE} (0 asked)"
    )
    return status(asked, not beyond)


if __name__ == "__main__":
    sys.exit(main())
