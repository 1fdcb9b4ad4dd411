"""History that is proven: what may name a person is digested with a salt, and a chain of keyed hashes can be laid over all

What is there stands in the chain as it is found now: whether a row of before was changed or taken away, nothing tells.

Revision ID: 0057_history_chain
Revises: 0056_sign_in_sessions
"""

import hashlib
import json
import secrets

import click
import sqlalchemy as sa
from alembic import op

revision = "0057_history_chain"
down_revision = "0056_sign_in_sessions"
branch_labels = None
depends_on = None

DIGESTED = ("who_salt", "who_digest", "told_salt", "told_digest")
AT_ONCE = 2000


def _written_over(same):
    """What the guard refuses: all but the emptying of what may name a person, where a deed says that it was done."""
    kept = (
        "id",
        "recorded_at",
        "what",
        "subject",
        "subject_id",
        "partnership_id",
        "who_digest",
        "told_digest",
    )
    return f"""NOT (
        {" AND ".join(f"NEW.{name} {same} OLD.{name}" for name in kept)}
        AND (
            (NEW.who = OLD.who AND NEW.who_salt {same} OLD.who_salt) OR (NEW.who = '' AND NEW.who_salt IS NULL)
        )
        AND (
            (CAST(NEW."before" AS TEXT) {same} CAST(OLD."before" AS TEXT)
                AND CAST(NEW."after" AS TEXT) {same} CAST(OLD."after" AS TEXT) AND NEW.told_salt {same} OLD.told_salt)
            OR (NEW."before" IS NULL AND NEW."after" IS NULL AND NEW.told_salt IS NULL)
        )
        AND EXISTS (
            SELECT 1 FROM history e WHERE e.subject = 'history' AND e.subject_id = CAST(NEW.id AS TEXT) AND e.id > NEW.id
        )
    )"""


SQLITE = [
    "DROP TRIGGER history_guard_update",
    f"""CREATE TRIGGER history_guard_update BEFORE UPDATE ON history WHEN {_written_over("IS")}
    BEGIN SELECT RAISE(ABORT, 'history_only_grows'); END""",
    # REPLACE takes the old row away and asks no trigger of DELETE.
    """CREATE TRIGGER history_guard_replace BEFORE INSERT ON history
    WHEN EXISTS (SELECT 1 FROM history h WHERE h.id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'history_only_grows'); END""",
    *(
        f"""CREATE TRIGGER history_link_guard_{event.lower()} BEFORE {event} ON history_link
        BEGIN SELECT RAISE(ABORT, 'history_link_only_grows'); END"""
        for event in ("UPDATE", "DELETE")
    ),
    """CREATE TRIGGER history_link_guard_replace BEFORE INSERT ON history_link
    WHEN EXISTS (SELECT 1 FROM history_link l WHERE l.position = NEW.position OR l.history_id = NEW.history_id)
    BEGIN SELECT RAISE(ABORT, 'history_link_only_grows'); END""",
]

POSTGRESQL = [
    "DROP TRIGGER history_guard ON history",
    """CREATE TRIGGER history_guard BEFORE DELETE OR TRUNCATE ON history
    FOR EACH STATEMENT EXECUTE FUNCTION history_guard()""",
    f"""CREATE FUNCTION history_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF {_written_over("IS NOT DISTINCT FROM")} THEN
            RAISE EXCEPTION 'history_only_grows' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$""",
    """CREATE TRIGGER history_kept BEFORE UPDATE ON history FOR EACH ROW EXECUTE FUNCTION history_kept()""",
    """CREATE FUNCTION history_link_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'history_link_only_grows' USING ERRCODE = 'check_violation';
    END $$""",
    """CREATE TRIGGER history_link_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON history_link
    FOR EACH STATEMENT EXECUTE FUNCTION history_link_guard()""",
]


def upgrade():
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for name in DIGESTED:
        op.add_column("history", sa.Column(name, sa.LargeBinary(), nullable=True))
    op.create_table(
        "history_link",
        sa.Column("position", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("history_id", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("position > 0", name=op.f("ck_history_link_position")),
        sa.ForeignKeyConstraint(["history_id"], ["history.id"], name=op.f("fk_history_link_history_id")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_history_link")),
        sa.UniqueConstraint("history_id", name=op.f("uq_history_link_history_id")),
    )
    first, *others = POSTGRESQL if on_postgresql else SQLITE
    op.execute(first)
    _carry_over()
    for statement in others:
        op.execute(statement)


def _carry_over():
    bind = op.get_bind()
    history = sa.table(
        "history",
        sa.column("id", sa.Integer()),
        sa.column("who", sa.Text()),
        sa.column("before", sa.JSON(none_as_null=True)),
        sa.column("after", sa.JSON(none_as_null=True)),
        *(sa.column(name, sa.LargeBinary()) for name in DIGESTED),
    )
    h, last, rows, first_id = history.c, 0, 0, None
    set_all = (
        sa.update(history)
        .where(h.id == sa.bindparam("of"))
        .values({name: sa.bindparam(f"_{name}") for name in DIGESTED})
    )
    while found := bind.execute(
        sa.select(h.id, h.who, h.before, h.after).where(h.id > last).order_by(h.id).limit(AT_ONCE)
    ).all():
        salts = [(secrets.token_bytes(16), secrets.token_bytes(16)) for _ in found]
        bind.execute(
            set_all,
            [
                {
                    "of": row.id,
                    "_who_salt": salt,
                    "_who_digest": _digest(salt, row.who),
                    "_told_salt": other,
                    "_told_digest": _digest(other, row.before, row.after),
                }
                for row, (salt, other) in zip(found, salts, strict=True)
            ],
        )
        first_id = first_id or found[0].id
        last, rows = found[-1].id, rows + len(found)
    if rows:
        gone = last - rows if bind.dialect.name == "sqlite" else 0
        click.echo(
            f"History: {rows} deeds of before stand in the chain as they are now. Whether one was changed or taken away "
            f"until today could not be told{f'; {gone} numbers among them have no deed' if gone else ''}.",
            err=True,
        )


def _digest(salt, *told):
    plain = json.loads(json.dumps(told))
    return hashlib.sha256(salt + json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()).digest()


def downgrade():
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER history_kept ON history")
        op.execute("DROP FUNCTION history_kept()")
        op.drop_table("history_link")
        op.execute("DROP FUNCTION history_link_guard()")
        op.execute("DROP TRIGGER history_guard ON history")
        before = [
            """CREATE TRIGGER history_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON history
            FOR EACH STATEMENT EXECUTE FUNCTION history_guard()"""
        ]
    else:
        op.drop_table("history_link")
        op.execute("DROP TRIGGER history_guard_update")
        op.execute("DROP TRIGGER history_guard_replace")
        before = [
            """CREATE TRIGGER history_guard_update BEFORE UPDATE ON history
            BEGIN SELECT RAISE(ABORT, 'history_only_grows'); END"""
        ]
    for name in DIGESTED:
        op.drop_column("history", name)
    for statement in before:
        op.execute(statement)
