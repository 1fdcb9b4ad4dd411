"""Files that were sent in and wait for the daily job to read them, in pieces

Revision ID: 0086_files_to_read
Revises: 0085_held_webhooks
"""

import sqlalchemy as sa
from alembic import op

from outreach.ground.walls import OWN, under, wall

revision = "0086_files_to_read"
down_revision = "0085_held_webhooks"
branch_labels = None
depends_on = None

TO_DO = sa.text("finished_at IS NULL")

DUE = """WHEN 'files' THEN RETURN QUERY SELECT f.partnership_id FROM file_to_read f WHERE f.finished_at IS NULL
            AND (f.beat_at IS NULL OR f.beat_at < at - interval '1 minute')
            GROUP BY f.partnership_id ORDER BY min(f.id);
        """

FINDER = """SELECT proowner::regrole::text FROM pg_proc
    WHERE oid = 'outreach_due(text, timestamptz)'::regprocedure AND proowner <> current_user::regrole"""


def upgrade():
    op.take_tables("partnership", for_keys=True)
    op.create_table(
        "file_to_read",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun", sa.Integer(), nullable=False),
        sa.Column("taken_by", sa.Text(), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("why_of", sa.Text(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('register', 'postcodes', 'roads')", name=op.f("ck_file_to_read_kind")),
        sa.CheckConstraint("(taken_by = '') = (beat_at IS NULL)", name=op.f("ck_file_to_read_taken")),
        sa.CheckConstraint("why = '' OR finished_at IS NOT NULL", name=op.f("ck_file_to_read_refused")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_file_to_read_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_to_read")),
        sa.UniqueConstraint("token", name=op.f("uq_file_to_read_token")),
    )
    op.create_index(op.f("ix_file_to_read_partnership_id"), "file_to_read", ["partnership_id"])
    op.create_index(
        "ix_file_to_read_to_do", "file_to_read", ["id"], postgresql_where=TO_DO, sqlite_where=TO_DO
    )
    op.create_table(
        "file_piece",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["file_to_read.id"], name=op.f("fk_file_piece_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_piece")),
    )
    op.create_index(op.f("ix_file_piece_file_id"), "file_piece", ["file_id"])
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, rule in (("file_to_read", OWN), ("file_piece", under("file_to_read", "file_piece.file_id"))):
        for statement in wall(table, rule):
            op.execute(statement)
    _due(lambda made: made.replace("END CASE;", f"{DUE}END CASE;", 1))
    # So that the service goes on before `flask database roles` is given again. Before it was given the first time the
    # function is the owner's own, and a grant to the owner would stay beside what that command gives.
    finder = op.get_bind().exec_driver_sql(FINDER).scalar_one_or_none()
    if finder:
        op.execute(f"GRANT SELECT (id, partnership_id, beat_at, finished_at) ON file_to_read TO {finder}")


def _due(changed):
    """The function that finds for whom work waits, with one kind more or less; whoever owns it still does."""
    bind = op.get_bind()
    made = bind.exec_driver_sql(
        "SELECT pg_get_functiondef('outreach_due(text, timestamptz)'::regprocedure)"
    ).scalar_one()
    bind.exec_driver_sql(changed(made).replace("%", "%%"))


def downgrade():
    if op.get_bind().dialect.name == "postgresql":
        _due(lambda made: made.replace(DUE, "", 1))
    for table in ("file_piece", "file_to_read"):
        op.drop_table(table)
