"""what a standing rests on is dated: the counted share, whose an authority is; a report can be taken back;
the census date

And what must never be: a dated row that changes, and a show that is called off or moved after its end.

Revision ID: 0011
Revises: 0010
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ONLY_GROW = ("counted_share", "authority_covered", "report_withdrawal")
"""Tables whose rows are only ever added."""

ONLY_ADDED = ("visit_report", "reported_pupils")
"""Tables whose rows stay as they were put down."""

# After its end a show is reported. What was promised of it stands as it stood when it ended.
_OVER = {
    "cancellation_over": (
        "INSERT",
        "cancellation",
        "SELECT 1 FROM booking b JOIN performance f ON f.id = b.performance_id"
        " WHERE b.id = NEW.booking_id AND f.ends_at <= NEW.recorded_at",
    ),
    "booking_over": (
        "UPDATE OF ended_at",
        "booking",
        "SELECT 1 FROM performance f WHERE f.id = NEW.performance_id AND OLD.ended_at IS NULL"
        " AND f.ends_at <= NEW.ended_at",
    ),
    "booking_revision_over": (
        "INSERT",
        "booking_revision",
        "SELECT 1 FROM booking_revision r WHERE r.ends_at <= NEW.recorded_at AND r.id = (SELECT max(o.id)"
        " FROM booking_revision o WHERE o.booking_id = NEW.booking_id AND o.id <> NEW.id)",
    ),
}


def upgrade():
    op.create_table(
        "counted_share",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.CheckConstraint("share > 0 AND share <= 1", name=op.f("ck_counted_share_share")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_counted_share_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counted_share")),
    )
    op.create_index("ix_counted_share_partnership", "counted_share", ["partnership_id", "id"])
    op.create_table(
        "authority_covered",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("la_code", sa.Text(), nullable=False),
        sa.Column("covered", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_authority_covered_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authority_covered")),
    )
    op.create_index(
        "ix_authority_covered_partnership", "authority_covered", ["partnership_id", "la_code", "id"]
    )
    op.create_table(
        "report_withdrawal",
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_report_withdrawal_reason")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["visit_report.id"], name=op.f("fk_report_withdrawal_report_id")
        ),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_report_withdrawal")),
    )
    for table in ("school", "school_record"):
        op.add_column(table, sa.Column("census_date", sa.Date(), nullable=True))
    _date_the_shares()
    _date_the_authorities()
    _without_the_undated_share()
    _guard()


def downgrade():
    _unguard()
    _with_an_undated_share()
    for table in ("school_record", "school"):
        op.drop_column(table, "census_date")
    op.drop_table("report_withdrawal")
    op.drop_index("ix_authority_covered_partnership", table_name="authority_covered")
    op.drop_table("authority_covered")
    op.drop_index("ix_counted_share_partnership", table_name="counted_share")
    op.drop_table("counted_share")


_SHARE = "counted_share DOUBLE NOT NULL, "
_ABOVE_NOTHING = "CONSTRAINT ck_partnership_share CHECK (counted_share > 0 AND counted_share <= 1), "


def _without_the_undated_share():
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_partnership_share"), "partnership", type_="check")
        op.drop_column("partnership", "counted_share")
    else:
        _made_anew("partnership", lambda table: table.replace(_SHARE, "").replace(_ABOVE_NOTHING, ""))


def _with_an_undated_share():
    """Today's share back in its column."""
    if op.get_bind().dialect.name == "postgresql":
        op.add_column(
            "partnership", sa.Column("counted_share", sa.Double(), server_default="0.5", nullable=False)
        )
        op.alter_column("partnership", "counted_share", server_default=None)
        op.create_check_constraint(
            op.f("ck_partnership_share"), "partnership", "counted_share > 0 AND counted_share <= 1"
        )
    else:
        at_first = _SHARE.replace("NOT NULL", "DEFAULT 0.5 NOT NULL")
        _made_anew(
            "partnership",
            lambda table: table.replace(
                "districts_geojson TEXT", f"{at_first} districts_geojson TEXT"
            ).replace("CONSTRAINT ck_partnership_hold", f"{_ABOVE_NOTHING} CONSTRAINT ck_partnership_hold"),
        )
    op.execute("""
        UPDATE partnership SET counted_share = coalesce((SELECT s.share FROM counted_share s WHERE s.id = (
            SELECT max(o.id) FROM counted_share o WHERE o.partnership_id = partnership.id)), 0.5)
    """)


def _made_anew(table, change):
    """A table of SQLite under a changed definition, with its rows and every check. Triggers that read it stay
    as they are: they name it, and with `legacy_alter_table` a renaming looks into none of them."""
    bind = op.get_bind()
    was = bind.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)
    ).scalar()
    said = " ".join(was.split())
    becomes = change(said)
    if becomes == said:
        raise RuntimeError(f"the table {table} is not as it was made")
    columns = [
        row[1] for row in bind.exec_driver_sql(f"PRAGMA table_info({table})") if f" {row[1]} " in becomes
    ]
    kept = ", ".join(f'"{name}"' for name in columns)
    bind.exec_driver_sql("PRAGMA legacy_alter_table=ON")
    bind.exec_driver_sql(f"CREATE TABLE {table}_anew {becomes[becomes.index(chr(40)) :]}")
    bind.exec_driver_sql(f"INSERT INTO {table}_anew ({kept}) SELECT {kept} FROM {table}")
    bind.exec_driver_sql(f"DROP TABLE {table}")
    bind.exec_driver_sql(f"ALTER TABLE {table}_anew RENAME TO {table}")
    bind.exec_driver_sql("PRAGMA legacy_alter_table=OFF")


# --- what was set when --------------------------------------------------------------------------------


def _deeds(bind, *what):
    """(partnership's id, when, who, what, before, after) of deeds on partnerships, as they were done."""
    history = sa.table(
        "history",
        sa.column("id"),
        sa.column("recorded_at", sa.DateTime(timezone=True)),
        sa.column("who"),
        sa.column("what"),
        sa.column("subject"),
        sa.column("subject_id"),
        sa.column("before", sa.JSON),
        sa.column("after", sa.JSON),
    )
    h = history.c
    rows = bind.execute(
        sa.select(h.subject_id, h.recorded_at, h.who, h.what, h.before, h.after)
        .where(h.subject == "partnership", h.what.in_(what))
        .order_by(h.id)
    ).all()
    return [(int(row[0]), *row[1:]) for row in rows]


def _date_the_shares():
    """The share of each partnership from its making on, by the history; without one, today's from its first
    programme on."""
    bind = op.get_bind()
    shares = sa.table(
        "counted_share",
        sa.column("partnership_id"),
        sa.column("share"),
        sa.column("recorded_at", sa.DateTime(timezone=True)),
        sa.column("who"),
    )
    partnership = sa.table("partnership", sa.column("id"), sa.column("counted_share"))
    programme = sa.table(
        "programme", sa.column("partnership_id"), sa.column("created_at", sa.DateTime(timezone=True))
    )
    made = dict(
        bind.execute(
            sa.select(programme.c.partnership_id, sa.func.min(programme.c.created_at)).group_by(
                programme.c.partnership_id
            )
        ).all()
    )
    created = {}
    changes = {}
    for whose, when, who, what, before, after in _deeds(bind, "created", "changed the settings"):
        if what == "created":
            created[whose] = (when, who)
        elif isinstance(after, dict) and "counted_share" in after:
            changes.setdefault(whose, []).append((when, who, before["counted_share"], after["counted_share"]))
    rows = []
    for whose, today in bind.execute(
        sa.select(partnership.c.id, partnership.c.counted_share).order_by(partnership.c.id)
    ):
        said = changes.get(whose, [])
        moments = [
            m for m in (created.get(whose, (None,))[0], made.get(whose), *(when for when, *_ in said)) if m
        ]
        first = min(moments, default=datetime(2000, 1, 1, tzinfo=UTC))
        who = created.get(whose, (None, "the service itself"))[1]
        rows.append(
            {
                "partnership_id": whose,
                "share": said[0][2] if said else today,
                "recorded_at": first,
                "who": who,
            }
        )
        rows += [{"partnership_id": whose, "share": s, "recorded_at": at, "who": by} for at, by, _, s in said]
        if rows[-1]["share"] != today:  # set by hand, and nobody wrote down when
            rows.append(
                {
                    "partnership_id": whose,
                    "share": today,
                    "recorded_at": datetime.now(UTC),
                    "who": "the service itself",
                }
            )
    if rows:
        bind.execute(shares.insert(), rows)


def _date_the_authorities():
    """From when on an authority was a partnership's, or was not any more, by the history; of which it says
    nothing, from the beginning."""
    bind = op.get_bind()
    covered = sa.table(
        "authority_covered",
        sa.column("partnership_id"),
        sa.column("la_code"),
        sa.column("covered", sa.Boolean),
        sa.column("recorded_at", sa.DateTime(timezone=True)),
        sa.column("who"),
    )
    rows = []
    for whose, when, who, what, before, after in _deeds(bind, "added an authority", "removed an authority"):
        added = what == "added an authority"
        said = after if added else before
        if isinstance(said, str) and said[:3].isdigit():
            rows.append(
                {
                    "partnership_id": whose,
                    "la_code": said[:3],
                    "covered": added,
                    "recorded_at": when,
                    "who": who,
                }
            )
    if rows:
        bind.execute(covered.insert(), rows)


# --- what must never be -------------------------------------------------------------------------------


def _guard():
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table in (*ONLY_GROW, *ONLY_ADDED):
        events = ("UPDATE", "DELETE") if table in ONLY_GROW else ("UPDATE",)
        if postgresql:
            op.execute(f"""
                CREATE FUNCTION {table}_guard() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    RAISE EXCEPTION '{table}_only_grows' USING ERRCODE = 'check_violation';
                END $$
            """)
            op.execute(f"""
                CREATE TRIGGER {table}_guard BEFORE {" OR ".join((*events, "TRUNCATE"))} ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION {table}_guard()
            """)
        else:
            for event in events:
                op.execute(f"""
                    CREATE TRIGGER {table}_guard_{event.lower()} BEFORE {event} ON {table}
                    BEGIN SELECT RAISE(ABORT, '{table}_only_grows'); END
                """)
    for name, (event, table, over) in _OVER.items():
        if postgresql:
            op.execute(f"""
                CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF EXISTS ({over}) THEN
                        RAISE EXCEPTION 'show_is_over' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                END $$
            """)
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
            )
        else:
            # On insert SQLite gives NEW.id as -1 or NULL before the row has one: these run AFTER.
            op.execute(f"""
                CREATE TRIGGER {name} AFTER {event} ON {table}
                BEGIN SELECT RAISE(ABORT, 'show_is_over') WHERE EXISTS ({over}); END
            """)


def _unguard():
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table in (*ONLY_GROW, *ONLY_ADDED):
        if postgresql:
            op.execute(f"DROP TRIGGER {table}_guard ON {table}")
            op.execute(f"DROP FUNCTION {table}_guard()")
        else:
            for event in ("update", "delete") if table in ONLY_GROW else ("update",):
                op.execute(f"DROP TRIGGER {table}_guard_{event}")
    for name, (_, table, _over) in _OVER.items():
        op.execute(f"DROP TRIGGER {name} ON {table}" if postgresql else f"DROP TRIGGER {name}")
        if postgresql:
            op.execute(f"DROP FUNCTION {name}()")
