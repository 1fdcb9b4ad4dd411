"""Answers of a wave that is open: two tables of its own, made with its first answer and dropped when it is closed.

While they stand, a file of the database tells in which order answers came. So they are never emptied row by row, which
leaves the rows in the file: the whole table goes. Answers and the tokens of their forms share no column.

An answer says whether it came `outside` its class's hour, and whether it was `set_aside`, and not where it came from.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    bindparam,
    false,
    func,
    select,
    text,
    update,
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
    f"INSERT INTO {ANSWERS_OF} (key, code_id, answered_on, outside, set_aside, {', '.join(PLACES)}) "
    f"VALUES (:key, :code_id, :answered_on, :outside, :set_aside, {', '.join(f':{place}' for place in PLACES)})"
)
_USE = f"INSERT INTO {TOKENS_OF} (form) VALUES (:form)"
_STANDS = (
    "SELECT count(*) FILTER (WHERE NOT set_aside) AS kept, count(*) FILTER (WHERE set_aside) AS set_aside, "
    f"EXISTS (SELECT 1 FROM {TOKENS_OF} WHERE form = :form) AS used FROM {ANSWERS_OF}"
)
_GIVE_WAY = (
    f"UPDATE {ANSWERS_OF} SET set_aside = true "
    f"WHERE key = (SELECT min(key) FROM {ANSWERS_OF} WHERE outside AND NOT set_aside) RETURNING key"
)


@dataclass(frozen=True)
class Stands:
    """How many answers of a wave are kept and set aside, and whether a form has brought its own."""

    kept: int = 0
    set_aside: int = 0
    used: bool = False


def add(
    wave_id: int,
    *,
    key: int,
    code_id: int,
    day: date,
    values: dict[str, int],
    form: str,
    outside: bool,
    set_aside: bool,
) -> None:
    """One pupil's answers, {a column of PLACES: value}, and the hash of its form's token."""
    used, added = _USE.format(int(wave_id)), _ADD.format(int(wave_id))
    told = {"key": key, "code_id": code_id, "answered_on": day, "form": form}
    told |= {"outside": outside, "set_aside": set_aside}
    told |= {place: values.get(place) for place in PLACES}
    if db.engine.dialect.name == "postgresql":  # both in one, which saves a way there and back
        added = f"WITH used AS ({used}) {added}"
    else:
        db.session.execute(text(used), told)
    db.session.execute(text(added).bindparams(bindparam("answered_on", type_=Date)), told)


def stands(wave_id: int, form: str = "") -> Stands:
    """What came so far, `form` being the hash of a form's token; one query."""
    row = db.session.execute(text(_STANDS.format(int(wave_id), int(wave_id))), {"form": form}).one()
    return Stands(row.kept, row.set_aside, bool(row.used))


def give_way(wave_id: int) -> bool:
    """Set an answer aside that came outside the class's hour, whichever; whether there was one."""
    wave_id = int(wave_id)
    return db.session.execute(text(_GIVE_WAY.format(wave_id, wave_id))).one_or_none() is not None


def take_all_back_in(wave_id: int) -> None:
    """All that came count, whenever they came."""
    db.session.execute(update(_answers(wave_id)).values(outside=False, set_aside=False))


def count(wave_id: int) -> int:
    """How many answers are kept."""
    return stands(wave_id).kept


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
        Column("outside", Boolean, nullable=False, server_default=false()),
        Column("set_aside", Boolean, nullable=False, server_default=false()),
        *(Column(place, SmallInteger) for place in PLACES),
    )


def _tokens(wave_id: int) -> Table:
    return Table(TOKENS_OF.format(int(wave_id)), MetaData(), Column("form", Text, primary_key=True))
