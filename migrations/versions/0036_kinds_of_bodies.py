"""Which kinds of bodies a programme for adults is for, dated beside its schools; those there are: no bodies

It may be for bodies alone: then no school is asked, and no role at one.

Revision ID: 0036_kinds_of_bodies
Revises: 0035_history_of_bodies
"""

from alembic import op

revision = "0036_kinds_of_bodies"
down_revision = "0035_history_of_bodies"
branch_labels = None
depends_on = None

OLD = "schools IN ('all', 'some', 'picked')"
NEW = "schools IN ('all', 'some', 'picked', 'none')"
GUARDS = {
    "bodies": "kinds = '' OR year_groups IN ('', '100')",
    "somebody": "schools <> 'none' OR kinds <> '' AND roles = ''",
}


def upgrade():
    _schools(OLD, NEW)
    # In one statement, since SQLite adds no constraint to a table that is there.
    guards = " ".join(
        f"CONSTRAINT ck_programme_target_{name} CHECK ({rule})" for name, rule in GUARDS.items()
    )
    op.execute(f"ALTER TABLE programme_target ADD COLUMN kinds TEXT DEFAULT '' NOT NULL {guards}")


def downgrade():
    # Who asked bodies alone asks the schools that were picked: none.
    op.drop_column("programme_target", "kinds")
    op.execute("UPDATE programme_target SET schools = 'picked' WHERE schools = 'none'")
    _schools(NEW, OLD)


def _schools(before, after):
    """SQLite has no word for it: a check is text of the table's statement and nothing else (lang_altertable.html, 7)."""
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        bind.exec_driver_sql("PRAGMA writable_schema = ON")
        bind.exec_driver_sql(
            "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = 'programme_target'",
            (before, after),
        )
        bind.exec_driver_sql("PRAGMA writable_schema = RESET")
    else:
        op.execute("ALTER TABLE programme_target DROP CONSTRAINT ck_programme_target_schools")
        op.execute(f"ALTER TABLE programme_target ADD CONSTRAINT ck_programme_target_schools CHECK ({after})")
