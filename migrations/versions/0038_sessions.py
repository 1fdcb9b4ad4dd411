"""Venues, and sessions whose places are everybody's to take; no more of them than the session has

A venue stands in the table of organisations, since a show has a host: one that is never asked for anything. An online
meeting has one too, whose number says so by itself, so that no road is reckoned to it. What a session has beside its
performance (places, a link, how to join) is a row of its own; a programme for pupils has none.

Revision ID: 0038_sessions
Revises: 0037_valid_months
"""

import sqlalchemy as sa
from alembic import op

revision = "0038_sessions"
down_revision = "0037_valid_months"
branch_labels = None
depends_on = None

CHECKS = {
    "kind": ("kind IN ('school', 'body')", "kind IN ('school', 'body', 'venue')"),
    "partnership": (
        "(kind = 'body') = (partnership_id IS NOT NULL)",
        "(kind <> 'school') = (partnership_id IS NOT NULL)",
    ),
    "authority": ("kind <> 'body' OR la_code = ''", "kind = 'school' OR la_code = ''"),
}
"""Rules of an organisation as they were and as they are."""
CAPACITY = "capacity INTEGER CONSTRAINT ck_organisation_capacity CHECK (capacity IS NULL OR kind = 'venue' AND capacity > 0)"
AT = (
    "at_organisation_id INTEGER CONSTRAINT fk_organisation_at_organisation_id REFERENCES organisation (organisation_id) "
    "CONSTRAINT ck_organisation_venue CHECK (at_organisation_id IS NULL OR kind = 'venue') "
    "CONSTRAINT ck_organisation_online "
    "CHECK (kind <> 'venue' OR (type_of_establishment = 'Online') = (organisation_id >= 2000000000))"
)
HOUSE = "uq_organisation_partnership_id_at_organisation_id"

CEILING = """coalesce((SELECT s.places FROM training_session s WHERE s.performance_id = NEW.performance_id),
        (SELECT p.audience_ceiling FROM programme p WHERE p.id = NEW.programme_id))"""
OF_PROGRAMME = "(SELECT p.audience_ceiling FROM programme p WHERE p.id = NEW.programme_id)"
TAKEN = """coalesce((SELECT sum(o.seats) FROM booking o WHERE o.performance_id = NEW.performance_id
    AND o.ended_at IS NULL{}), 0)"""
NOT_FOR_ADULTS = """NOT EXISTS (SELECT 1 FROM performance f JOIN programme p ON p.id = f.programme_id
    WHERE f.id = NEW.performance_id AND p.for_adults)"""
NOWHERE = """NEW.link = '' AND EXISTS (SELECT 1 FROM performance f WHERE f.id = NEW.performance_id
    AND f.organisation_id >= 2000000000)"""
REFUSALS = {
    "session_places": f"{TAKEN.format('')} > NEW.places",
    "session_of_pupils": NOT_FOR_ADULTS,
    "session_without_link": NOWHERE,
}
"""The name of each rule of a session, and when it is broken."""


def upgrade():
    _rules(0, 1)
    op.execute(f"ALTER TABLE organisation ADD COLUMN {CAPACITY}")
    op.execute(f"ALTER TABLE organisation ADD COLUMN {AT}")
    op.create_index(HOUSE, "organisation", ["partnership_id", "at_organisation_id"], unique=True)
    op.create_table(
        "training_session",
        sa.Column("performance_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("joining", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint("places > 0", name=op.f("ck_training_session_places")),
        sa.CheckConstraint(
            "link = '' OR substr(link, 1, 8) = 'https://'", name=op.f("ck_training_session_link")
        ),
        sa.ForeignKeyConstraint(
            ["performance_id", "partnership_id"],
            ["performance.id", "performance.partnership_id"],
            name=op.f("fk_training_session_performance_id"),
        ),
        sa.PrimaryKeyConstraint("performance_id", name=op.f("pk_training_session")),
    )
    if op.get_bind().dialect.name == "sqlite":
        broken = " ".join(f"SELECT RAISE(ABORT, '{name}') WHERE {when};" for name, when in REFUSALS.items())
        for event in ("INSERT", "UPDATE"):
            op.execute(
                f"CREATE TRIGGER training_session_guard_{event.lower()} AFTER {event} ON training_session "
                f"BEGIN {broken} END"
            )
    else:
        broken = " ".join(
            f"IF {when} THEN RAISE EXCEPTION '{name}' USING ERRCODE = 'check_violation'; END IF;"
            for name, when in REFUSALS.items()
        )
        # Behind the lock of the tour day, as every place is taken: nobody counts while another changes.
        _plain(
            f"""
            CREATE FUNCTION training_session_guard() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                PERFORM 1 FROM tour_day d JOIN performance f ON f.tour_day_id = d.id
                WHERE f.id = NEW.performance_id FOR UPDATE OF d;
                {broken}
                RETURN NEW;
            END $$
            """
        )
        op.execute(
            "CREATE TRIGGER training_session_guard BEFORE INSERT OR UPDATE ON training_session "
            "FOR EACH ROW EXECUTE FUNCTION training_session_guard()"
        )
    _seats(CEILING)


def downgrade():
    _seats(OF_PROGRAMME)
    op.drop_table("training_session")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION training_session_guard")
    op.drop_index(HOUSE, "organisation")
    op.drop_column("organisation", "at_organisation_id")
    op.drop_column("organisation", "capacity")
    _rules(1, 0)


def _rules(was, becomes):
    """SQLite has no word for it: a check is text of the table's statement and nothing else (lang_altertable.html, 7)."""
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        bind.exec_driver_sql("PRAGMA writable_schema = ON")
        for rule in CHECKS.values():
            bind.exec_driver_sql(
                "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = 'organisation'",
                (f"CHECK ({rule[was]})", f"CHECK ({rule[becomes]})"),
            )
        bind.exec_driver_sql("PRAGMA writable_schema = RESET")
        return
    for name, rule in CHECKS.items():
        op.execute(f"ALTER TABLE organisation DROP CONSTRAINT ck_organisation_{name}")
        op.execute(f"ALTER TABLE organisation ADD CONSTRAINT ck_organisation_{name} CHECK ({rule[becomes]})")


def _seats(ceiling):
    """The guard of seats, with what it compares them with."""
    if op.get_bind().dialect.name == "sqlite":
        for name, event in (("insert", "INSERT"), ("update", "UPDATE OF seats, performance_id, ended_at")):
            op.execute(f"DROP TRIGGER booking_guard_{name}")
            op.execute(
                f"CREATE TRIGGER booking_guard_{name} AFTER {event} ON booking WHEN NEW.ended_at IS NULL BEGIN "
                f"SELECT RAISE(ABORT, 'booking_seats') WHERE NEW.seats + {TAKEN.format(' AND o.id <> NEW.id')} "
                f"> {ceiling}; END"
            )
        return
    _plain(
        f"""
        CREATE OR REPLACE FUNCTION booking_guard() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.ended_at IS NOT NULL THEN RETURN NEW; END IF;
            PERFORM 1 FROM tour_day d JOIN performance f ON f.tour_day_id = d.id
            WHERE f.id = NEW.performance_id FOR UPDATE OF d;
            IF NEW.seats + {TAKEN.format(" AND o.id <> NEW.id")} > {ceiling} THEN
                RAISE EXCEPTION 'booking_seats' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )


def _plain(statement):
    """As it stands: an assignment's colon is no place for a value."""
    op.execute(sa.text(statement.replace(":", r"\:")))
