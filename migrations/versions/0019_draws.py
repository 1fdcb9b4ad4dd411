"""Draws by lot of whom a programme asks first: the seed, and each school's place, which nobody changes

Revision ID: 0019_draws
Revises: 0018_before_visits
"""

import sqlalchemy as sa
from alembic import op

revision = "0019_draws"
down_revision = "0018_before_visits"
branch_labels = None
depends_on = None

TABLES = ("asking_draw", "drawn_school")
NO_PLACE = "NEW.place > (SELECT d.schools FROM asking_draw d WHERE d.id = NEW.draw_id)"
"""As many places as the draw says, each taken once: none can be added to a draw that is full."""


def upgrade():
    op.create_table(
        "asking_draw",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("schools", sa.Integer(), nullable=False),
        sa.Column("asked_first", sa.Integer(), nullable=False),
        sa.Column("why_again", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "asked_first >= 1 AND asked_first < schools", name=op.f("ck_asking_draw_asked_first")
        ),
        sa.CheckConstraint("length(seed) = 32", name=op.f("ck_asking_draw_seed")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_asking_draw_partnership_id")
        ),
        sa.ForeignKeyConstraint(
            ["programme_id", "partnership_id"],
            ["programme.id", "programme.partnership_id"],
            name=op.f("fk_asking_draw_programme_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asking_draw")),
        sa.UniqueConstraint("id", "partnership_id", name=op.f("uq_asking_draw_id_partnership_id")),
        sa.UniqueConstraint("seed", name=op.f("uq_asking_draw_seed")),
    )
    op.create_table(
        "drawn_school",
        sa.Column("draw_id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("tier", sa.Integer(), nullable=False),
        sa.Column("due", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.CheckConstraint("due <> ''", name=op.f("ck_drawn_school_due")),
        sa.CheckConstraint("place >= 1", name=op.f("ck_drawn_school_place")),
        sa.CheckConstraint("tier >= 1", name=op.f("ck_drawn_school_tier")),
        sa.ForeignKeyConstraint(
            ["draw_id", "partnership_id"],
            ["asking_draw.id", "asking_draw.partnership_id"],
            name=op.f("fk_drawn_school_draw_id"),
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_drawn_school_partnership_id")
        ),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_drawn_school_urn")),
        sa.PrimaryKeyConstraint("draw_id", "urn", name=op.f("pk_drawn_school")),
        sa.UniqueConstraint("draw_id", "place", name=op.f("uq_drawn_school_draw_id_place")),
    )
    for table, column in (
        ("asking_draw", "partnership_id"),
        ("asking_draw", "programme_id"),
        ("drawn_school", "partnership_id"),
        ("drawn_school", "urn"),
    ):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    _guard(op.get_bind().dialect.name == "sqlite")


def _guard(is_sqlite):
    for table in TABLES:
        refused = f"{table}_only_grows"
        if is_sqlite:
            for event in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_guard_{event.lower()} BEFORE {event} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{refused}'); END"
                )
            continue
        op.execute(
            f"CREATE FUNCTION {table}_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"RAISE EXCEPTION '{refused}' USING ERRCODE = 'check_violation'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_guard()"
        )
    if is_sqlite:
        op.execute(
            f"CREATE TRIGGER drawn_school_place_guard BEFORE INSERT ON drawn_school WHEN {NO_PLACE} "
            "BEGIN SELECT RAISE(ABORT, 'drawn_school_place'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION drawn_school_place_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {NO_PLACE} THEN RAISE EXCEPTION 'drawn_school_place' USING ERRCODE = 'check_violation'; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER drawn_school_place_guard BEFORE INSERT ON drawn_school "
        "FOR EACH ROW EXECUTE FUNCTION drawn_school_place_guard()"
    )


def downgrade():
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for name in ("asking_draw_guard", "drawn_school_guard", "drawn_school_place_guard"):
            op.execute(f"DROP FUNCTION {name}")
