"""Agreements of troupes that tour for several partnerships, and a guard of the days on which one plays for another

Revision ID: 0072_agreements
Revises: 0071_company_people
"""

import sqlalchemy as sa
from alembic import op

from outreach.ground.walls import under, wall

revision = "0072_agreements"
down_revision = "0071_company_people"
branch_labels = None
depends_on = None

FIXED = "SET search_path = public, pg_temp"

FOR_OTHERS = """FROM agreement mine
    JOIN agreement theirs ON theirs.touring_troupe_id = mine.touring_troupe_id AND theirs.id <> mine.id
        AND theirs.ended_at IS NULL
    JOIN tour_day away ON away.troupe_id = theirs.troupe_id AND away.ended_at IS NULL
    JOIN performance theirs_show ON theirs_show.tour_day_id = away.id AND theirs_show.released_at IS NULL
    WHERE mine.ended_at IS NULL"""
"""What a troupe plays for other partnerships."""

LASTS = "(theirs_show.held_until IS NULL OR theirs_show.held_until > {})"
"""It counts at an instant: a show, a proposal, or a hold that runs."""

GIVER = """SELECT y.partnership_id FROM agreement_code k JOIN troupe t ON t.id = k.troupe_id
        JOIN company y ON y.id = t.company_id WHERE k.ended_at IS NULL AND k.code_hash = wanted"""
WHEN = f"WHEN 'agreement code' THEN RETURN ({GIVER});\n        "

FUNCTIONS = [
    f"""CREATE FUNCTION outreach_taken(the_troupe integer, the_day date, at timestamptz) RETURNS boolean LANGUAGE sql STABLE
    SECURITY DEFINER {FIXED} AS $$
        SELECT EXISTS (SELECT {FOR_OTHERS} AND mine.troupe_id = the_troupe
            AND away.day = the_day AND {LASTS.format("at")})
    $$""",
    f"""CREATE FUNCTION outreach_agreed(the_touring_troupe integer) RETURNS SETOF integer LANGUAGE sql STABLE
    SECURITY DEFINER {FIXED} AS $$
        SELECT DISTINCT y.partnership_id FROM agreement g JOIN troupe t ON t.id = g.troupe_id
        JOIN company y ON y.id = t.company_id WHERE g.touring_troupe_id = the_touring_troupe AND g.ended_at IS NULL
    $$""",
]
NAMES = ("outreach_taken(integer, date, timestamptz)", "outreach_agreed(integer)")

# At a claim its own instant is the time; a row that changes later is judged by the clock. Who claims for a troupe of
# which an agreement is just being made waits at the troupe's row, and claims of several partnerships queue at the
# touring troupe's: each sees what the one before it wrote.
ON_POSTGRESQL = f"""CREATE FUNCTION performance_taken_guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER {FIXED} AS $$
    DECLARE
        shared integer;
        moment timestamptz := CASE TG_OP WHEN 'INSERT' THEN NEW.created_at ELSE clock_timestamp() END;
    BEGIN
        IF NEW.released_at IS NOT NULL THEN
            RETURN NEW;
        END IF;
        IF TG_OP = 'UPDATE' AND OLD.released_at IS NULL AND OLD.held_until IS NULL
            AND OLD.tour_day_id = NEW.tour_day_id THEN
            RETURN NEW;
        END IF;
        PERFORM FROM troupe WHERE id = NEW.troupe_id FOR KEY SHARE;
        SELECT touring_troupe_id INTO shared FROM agreement WHERE troupe_id = NEW.troupe_id AND ended_at IS NULL;
        IF shared IS NULL THEN
            RETURN NEW;
        END IF;
        PERFORM FROM touring_troupe WHERE id = shared FOR UPDATE;
        IF EXISTS (SELECT {FOR_OTHERS} AND mine.troupe_id = NEW.troupe_id
            AND away.day = (SELECT d.day FROM tour_day d WHERE d.id = NEW.tour_day_id)
            AND {LASTS.format("moment")}) THEN
            RAISE EXCEPTION 'performance_taken' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$"""

NOW = "strftime('%Y-%m-%d %H:%M:%f', 'now')"

ON_SQLITE = """CREATE TRIGGER performance_taken_{event} AFTER {what} ON performance
    WHEN NEW.released_at IS NULL {when} BEGIN
        SELECT RAISE(ABORT, 'performance_taken') WHERE EXISTS (SELECT 1 {others} AND mine.troupe_id = NEW.troupe_id
            AND away.day = (SELECT d.day FROM tour_day d WHERE d.id = NEW.tour_day_id) AND {lasts});
    END"""
CHANGED = (
    "AND (OLD.released_at IS NOT NULL OR OLD.held_until IS NOT NULL OR OLD.tour_day_id <> NEW.tour_day_id)"
)


def upgrade():
    op.create_table(
        "touring_troupe",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_touring_troupe")),
    )
    op.create_table(
        "agreement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("troupe_id", sa.Integer(), nullable=False),
        sa.Column("touring_troupe_id", sa.Integer(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_by", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name=op.f("ck_agreement_ended")),
        sa.ForeignKeyConstraint(["troupe_id"], ["troupe.id"], name=op.f("fk_agreement_troupe_id")),
        sa.ForeignKeyConstraint(
            ["touring_troupe_id"], ["touring_troupe.id"], name=op.f("fk_agreement_touring_troupe_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
    )
    op.create_table(
        "agreement_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("troupe_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_as", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_as IS NULL) AND (ended_as IS NULL OR ended_as IN ('used', 'replaced'))",
            name=op.f("ck_agreement_code_ended"),
        ),
        sa.ForeignKeyConstraint(["troupe_id"], ["troupe.id"], name=op.f("fk_agreement_code_troupe_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_agreement_code_code_hash")),
    )
    op.create_index("ix_agreement_touring_troupe_id", "agreement", ["touring_troupe_id"])
    for table in ("agreement", "agreement_code"):
        op.create_index(
            f"uq_{table}_troupe_id",
            table,
            ["troupe_id"],
            unique=True,
            postgresql_where=sa.text("ended_at IS NULL"),
            sqlite_where=sa.text("ended_at IS NULL"),
        )
    if op.get_bind().dialect.name == "sqlite":
        for event, what, when, moment in (
            ("insert", "INSERT", "", "NEW.created_at"),
            ("update", "UPDATE OF tour_day_id, troupe_id, held_until, released_at", CHANGED, NOW),
        ):
            op.execute(
                ON_SQLITE.format(
                    event=event, what=what, when=when, others=FOR_OTHERS, lasts=LASTS.format(moment)
                )
            )
        return
    _on_postgresql()


def _on_postgresql():
    for table in ("agreement", "agreement_code"):
        for statement in wall(table, under("troupe", f"{table}.troupe_id")):
            op.execute(statement)
    for statement in FUNCTIONS:
        op.execute(statement)
    for name in (*NAMES,):
        op.execute(f"REVOKE EXECUTE ON FUNCTION {name} FROM PUBLIC")
    _found(lambda made: made.replace("END CASE;", f"{WHEN}END CASE;", 1))
    op.execute(ON_POSTGRESQL)
    op.execute("REVOKE EXECUTE ON FUNCTION performance_taken_guard() FROM PUBLIC")
    op.execute(
        "CREATE TRIGGER performance_taken BEFORE INSERT OR UPDATE OF tour_day_id, troupe_id, held_until, released_at "
        "ON performance FOR EACH ROW EXECUTE FUNCTION performance_taken_guard()"
    )


def _found(changed):
    """The function that finds whose something is, with one kind more or less; whoever owns it still does."""
    bind = op.get_bind()
    made = bind.exec_driver_sql(
        "SELECT pg_get_functiondef('outreach_found(text, text)'::regprocedure)"
    ).scalar_one()
    bind.exec_driver_sql(changed(made).replace("%", "%%"))


def downgrade():
    if op.get_bind().dialect.name == "sqlite":
        for event in ("insert", "update"):
            op.execute(f"DROP TRIGGER performance_taken_{event}")
    else:
        op.execute("DROP TRIGGER performance_taken ON performance")
        op.execute("DROP FUNCTION performance_taken_guard()")
        _found(lambda made: made.replace(WHEN, "", 1))
        for name in NAMES:
            op.execute(f"DROP FUNCTION {name}")
    op.drop_table("agreement_code")
    op.drop_table("agreement")
    op.drop_table("touring_troupe")
