"""Whether partitions of the largest tables, or an archive of old years, would make any statement cheaper.

  python benchmarks/partitions.py [--partnerships 15] [--years 10] [--tables 8] [--quick | --smoke]

A made-up England is asked as in statements.py, and each SELECT kept with its values. The largest tables of partnerships are
then laid out twice more, with the indexes they have: in a partition for each partnership, and with the rows of the two
newest school years alone, as if the others lay in an archive. Each statement is sent to all three by turns, as the owner of
the tables, whom no policy holds, and the middle of its times taken. The floor is the layout there is.
"""

import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import psycopg
from serving import databases, options, size, status
from statements import walk

LAYOUTS = {"as it is": "public", "a partition each": "parts, public", "two years": "newest, public"}
TURNS = 7
NOTICED = 1.2, 0.001
"""A statement is quicker when it takes that part less, and so many seconds."""

LARGEST = """SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'partnership_id' AND a.attnotnull
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' ORDER BY pg_total_relation_size(c.oid) DESC LIMIT %s"""


@dataclass
class Kept:
    """The SELECTs that are sent while somebody is named, with the values of their first time."""

    by: str = ""
    sent: dict[str, Any] = field(default_factory=dict)
    times: Counter[str] = field(default_factory=Counter)
    answers: Counter[int] = field(default_factory=Counter)

    def look(
        self, _connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool
    ) -> None:
        if self.by and not many and re.match(r"\s*(SELECT|WITH)\b", statement):
            self.sent.setdefault(statement, values)
            self.times[statement] += 1


def lay_out(owner: psycopg.Connection, tables: list[str]) -> None:
    """The same tables twice more, in the schemas `parts` and `newest`."""
    owner.execute("CREATE SCHEMA parts")
    owner.execute("CREATE SCHEMA newest")
    whose = [one for (one,) in owner.execute("SELECT id FROM partnership")]
    [[newest]] = owner.execute("SELECT max(academic_year) FROM programme").fetchall()
    for table in tables:
        columns = {
            name
            for (name,) in owner.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s",
                [table],
            )
        }
        _run(owner, f"CREATE TABLE parts.{table} (LIKE public.{table}) PARTITION BY LIST (partnership_id)")
        for one in whose:
            _run(
                owner,
                f"CREATE TABLE parts.{table}_{one} PARTITION OF parts.{table} FOR VALUES IN ({one})",
            )
        _run(owner, f"CREATE TABLE newest.{table} (LIKE public.{table})")
        _run(owner, f"INSERT INTO parts.{table} SELECT * FROM public.{table}")
        since = f"SELECT id FROM programme WHERE academic_year >= {newest - 1}"
        of_them = (
            f"WHERE programme_id IS NULL OR programme_id IN ({since})" if "programme_id" in columns else ""
        )
        _run(owner, f"INSERT INTO newest.{table} SELECT * FROM public.{table} {of_them}")
        stand = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = %s"
        for (index,) in owner.execute(stand, [table]).fetchall():
            for schema in ("parts", "newest"):
                _run(
                    owner,
                    re.sub(r"CREATE (UNIQUE )?INDEX \S+ ON public\.", f"CREATE INDEX ON {schema}.", index),
                )
    _run(owner, "VACUUM ANALYZE")


def _run(owner: psycopg.Connection, words: str) -> None:
    owner.execute(words)  # type: ignore[call-overload]


def timed(
    owner: psycopg.Connection, kept: Kept, tables: Sequence[str]
) -> tuple[int, dict[str, dict[str, float]]]:
    """How many statements read one of the tables, and of those that can be sent outside their page {statement: {layout:
    seconds}}."""
    found, named = {}, re.compile(rf"\b({'|'.join(tables)})\b")
    reading = {statement: values for statement, values in kept.sent.items() if named.search(statement)}
    for statement, values in reading.items():
        took: dict[str, list[float]] = {name: [] for name in LAYOUTS}
        try:
            for turn in range(TURNS):
                for name, schemas in [*LAYOUTS.items()][:: 1 if turn % 2 else -1]:
                    _run(owner, f"SET search_path = {schemas}")
                    begun = time.perf_counter()
                    owner.execute(statement, values).fetchall()  # type: ignore[call-overload]
                    took[name].append(time.perf_counter() - begun)
        except psycopg.Error:
            continue  # what reads a setting of its page's transaction
        found[statement] = {name: median(some[1:]) for name, some in took.items()}
    return len(reading), found


def main() -> int:
    parser = options(__doc__, on=())
    parser.add_argument("--partnerships", type=int, default=15)
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument("--tables", type=int, default=8)
    asked = parser.parse_args()
    partnerships, years = size(asked, asked.partnerships, 5, 2), size(asked, asked.years, 3, 1)
    with databases(["postgresql"]) as fresh:
        [(_, url, folder)] = list(fresh)
        kept = Kept()
        walk(url, folder, partnerships, years, kept)
        with psycopg.connect(url, autocommit=True, prepare_threshold=None) as owner:
            tables = [name for (name,) in owner.execute(LARGEST, [asked.tables]).fetchall()]
            lay_out(owner, tables)
            reading, found = timed(owner, kept, tables)
    print(f"partitions of {', '.join(tables)}: {partnerships} partnerships, {years} years")
    print(f"partitions, {len(found):,} of {reading:,} statements that read them could be sent again")
    whole = {name: sum(one[name] * kept.times[of] for of, one in found.items()) for name in LAYOUTS}
    helps = False
    part, more = NOTICED
    for name in [*LAYOUTS][1:]:
        quicker = [
            of for of, one in found.items() if one["as it is"] > max(part * one[name], one[name] + more)
        ]
        slower = [
            of for of, one in found.items() if one[name] > max(part * one["as it is"], one["as it is"] + more)
        ]
        print(
            f"partitions, {name}: all statements together {whole[name] / whole['as it is']:.2f}x of {whole['as it is'] * 1000:.0f} ms; "
            f"quicker {len(quicker)}, slower {len(slower)}"
        )
        for of in sorted(quicker, key=lambda of: found[of][name] - found[of]["as it is"])[:5]:
            one = found[of]
            print(
                f"  {one['as it is'] * 1000:.1f} ms, {one[name] * 1000:.1f} ms: {' '.join(of.split())[:300]}"
            )
        helps |= whole[name] * part < whole["as it is"]
    return status(asked, not helps)


if __name__ == "__main__":
    sys.exit(main())
