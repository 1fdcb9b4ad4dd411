"""Answers of a wave that is open: two tables of its own, made with its first answer and dropped when it is closed.

While they stand, a file of the database tells in which order answers came. So they are never emptied row by row, which
leaves the rows in the file: the whole table goes. Answers and the tokens of their forms share no column.
"""

from datetime import date

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    bindparam,
    func,
    select,
    text,
)

from outreach.ground.db import db

PLACES = tuple(f"a{n}" for n in range(1, 9))
"""The columns of the answers, by the place of their item in the questionnaire."""

ANSWERS_OF, TOKENS_OF = "open_answers_{}", "used_forms_{}"


def make(wave_id: int) -> str:
    """The tables of a wave; the name of that which has its answers."""
    answers, tokens = _answers(wave_id), _tokens(wave_id)
    if db.engine.dialect.name == "postgresql":  # whose role may make no table
        db.session.execute(select(func.outreach_open_wave(wave_id)))
    else:
        for table in (answers, tokens):
            table.create(db.session.connection())
    return answers.name


_ADD = (
    f"INSERT INTO {ANSWERS_OF} (key, code_id, answered_on, {', '.join(PLACES)}) "
    f"VALUES (:key, :code_id, :answered_on, {', '.join(f':{place}' for place in PLACES)})"
)
_USE = f"INSERT INTO {TOKENS_OF} (form) VALUES (:form)"
_STANDS = (
    f"SELECT (SELECT count(*) FROM {ANSWERS_OF}) AS number, "
    f"EXISTS (SELECT 1 FROM {TOKENS_OF} WHERE form = :form) AS used"
)


def add(wave_id: int, *, key: int, code_id: int, day: date, values: dict[str, int], form: str) -> None:
    """One pupil's answers, {a column of PLACES: value}, and the hash of its form's token."""
    used, added = _USE.format(int(wave_id)), _ADD.format(int(wave_id))
    told = {"key": key, "code_id": code_id, "answered_on": day, "form": form}
    told |= {place: values.get(place) for place in PLACES}
    if db.engine.dialect.name == "postgresql":  # both in one, which saves a way there and back
        added = f"WITH used AS ({used}) {added}"
    else:
        db.session.execute(text(used), told)
    db.session.execute(text(added).bindparams(bindparam("answered_on", type_=Date)), told)


def stands(wave_id: int, form: str) -> tuple[int, bool]:
    """How many have answered, and whether the form of that token's hash has brought its answers; one query."""
    row = db.session.execute(text(_STANDS.format(int(wave_id), int(wave_id))), {"form": form}).one()
    return row.number, bool(row.used)


def count(wave_id: int) -> int:
    """How many have answered."""
    return db.session.scalar(select(func.count()).select_from(_answers(wave_id))) or 0


def count_by_code(wave_id: int) -> dict[int, int]:
    """The same by the code that they answered with."""
    answers = _answers(wave_id)
    rows = db.session.execute(
        select(answers.c.code_id, func.count()).group_by(answers.c.code_id).order_by(answers.c.code_id)
    )
    return {code_id: number for code_id, number in rows}


def table_of_wave(wave_id: int) -> Table:
    """The table of its answers, to be copied from."""
    return _answers(wave_id)


def drop(wave_id: int) -> None:
    if db.engine.dialect.name == "postgresql":
        db.session.execute(select(func.outreach_close_wave(wave_id)))
        return
    for table in (_answers(wave_id), _tokens(wave_id)):
        table.drop(db.session.connection())


def names_of_tables() -> list[str]:
    """The names of the tables of open waves that stand in this database."""
    names = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
        "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()",
    }[db.engine.dialect.name]
    prefixes = tuple(pattern.format("") for pattern in (ANSWERS_OF, TOKENS_OF))
    return sorted(name for name in db.session.scalars(text(names)) if name.startswith(prefixes))


def _answers(wave_id: int) -> Table:
    return Table(
        ANSWERS_OF.format(int(wave_id)),
        MetaData(),
        Column("key", BigInteger, primary_key=True, autoincrement=False),
        Column("code_id", Integer, nullable=False),
        Column("answered_on", Date, nullable=False),
        *(Column(place, SmallInteger) for place in PLACES),
    )


def _tokens(wave_id: int) -> Table:
    return Table(TOKENS_OF.format(int(wave_id)), MetaData(), Column("form", Text, primary_key=True))
