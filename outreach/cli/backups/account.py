"""Account of what a database holds, by which a restored copy is compared with what was copied."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, inspect, select, table, text

from outreach.county import partnerships
from outreach.coverage import standings
from outreach.coverage.standings import Standing
from outreach.ground import history_chain
from outreach.ground.db import db
from outreach.ground.history_chain import HistoryLink
from outreach.ground.timespans import day_of
from outreach.ground.wording import count
from outreach.tour import programmes


@dataclass(frozen=True, kw_only=True)
class ProgrammeAccount:
    """`standings`: how many of its target have each standing. `sha256`: of every school's or body's standing."""

    partnership: str
    programme: str
    standings: dict[str, int]
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Account:
    """`revision`: of the last migration. `rows`: of each table. `programmes`: None where the database is not as this
    release needs it, so that nobody here can judge. `history_head`: of the chain over the history; None where nothing
    is sealed, and in backups of before it was told. Whatever else a copy must agree in stands here too."""

    revision: str
    rows: dict[str, int]
    programmes: list[ProgrammeAccount] | None
    history_head: str | None = None

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> "Account":
        known = {name: said[name] for name in ("revision", "rows", "programmes")}
        known["history_head"] = said.get("history_head")
        if known["programmes"] is not None:
            known["programmes"] = [ProgrammeAccount(**one) for one in known["programmes"]]
        return cls(**known)

    @property
    def number_of_rows(self) -> int:
        return sum(self.rows.values())


def is_empty() -> bool:
    """Whether nobody put anything down in the database at hand, migrated or not."""
    return sum(_rows().values()) == 0


def of_database(*, now: datetime, judged: bool) -> Account:
    """Of the database at hand, in one transaction; `judged`: with standings as of `now`."""
    return Account(
        revision=_revision(),
        rows=_rows(),
        programmes=_programmes(now) if judged else None,
        history_head=_history_head(),
    )


def differences(told: Account, found: Account) -> list[str]:
    """What a copy holds otherwise than was told, a sentence each. Standings are compared where both were judged."""
    said = []
    if told.revision != found.revision:
        said.append(f"It stands at revision {found.revision}, not {told.revision}.")
    for name in sorted({*told.rows, *found.rows}):
        was, now = told.rows.get(name, 0), found.rows.get(name, 0)
        if was != now:
            said.append(f"Table {name} has {count(now, 'row')}, not {was:,}.")
    if told.history_head not in (None, found.history_head):
        ends = found.history_head or "nothing"
        said.append(f"The chain over its history ends with {ends}, not {told.history_head}.")
    if told.programmes is not None and found.programmes is not None:
        said += _differences(told.programmes, found.programmes)
    return said


def _differences(told: list[ProgrammeAccount], found: list[ProgrammeAccount]) -> list[str]:
    if [(p.partnership, p.programme) for p in told] != [(p.partnership, p.programme) for p in found]:
        return ["Its partnerships and programmes are others."]
    return [
        f"Standings of {was.programme} ({was.partnership}) are others: {_said(now)}, not {_said(was)}."
        for was, now in zip(told, found, strict=True)
        if was.sha256 != now.sha256
    ]


def _said(one: ProgrammeAccount) -> str:
    return ", ".join(f"{number:,} {word}" for word, number in one.standings.items()) or "nobody"


def _revision() -> str:
    if not inspect(db.session.connection()).has_table("alembic_version"):
        return ""
    return ", ".join(db.session.scalars(text("SELECT version_num FROM alembic_version ORDER BY 1")))


def _history_head() -> str | None:
    if not inspect(db.session.connection()).has_table(HistoryLink.__tablename__):
        return None
    head = history_chain.head()
    return None if head is None else str(head)


def _rows() -> dict[str, int]:
    names = sorted(inspect(db.session.connection()).get_table_names())
    return {
        name: db.session.execute(select(func.count()).select_from(table(name))).scalar_one()
        for name in names
        if name != "alembic_version"
    }


def _programmes(now: datetime) -> list[ProgrammeAccount]:
    return [
        _programme(partnership.name, programme.id, programme.title, now)
        for partnership in partnerships.every()
        for programme in sorted(programmes.of_partnership(partnership.id), key=lambda one: one.id)
    ]


def _programme(partnership: str, programme_id: int, title: str, now: datetime) -> ProgrammeAccount:
    found = standings.standings_of_programme(programme_id, as_of=day_of(now), now=now)
    every = sorted(found.target, key=lambda one: one.organisation_id)
    words = sorted({one.standing for one in every})
    return ProgrammeAccount(
        partnership=partnership,
        programme=title,
        standings={word: sum(one.standing == word for one in every) for word in words},
        sha256=hashlib.sha256("\n".join(map(_line, every)).encode()).hexdigest(),
    )


def _line(one: Standing) -> str:
    groups = sorted(one.year_groups.items())
    return repr(
        (
            one.organisation_id,
            *(one.standing, one.kind, one.detail, groups),
            *(one.since and one.since.isoformat(), one.target_pupils, one.seen_pupils),
        )
    )
