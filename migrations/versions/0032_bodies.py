"""Bodies beside schools: police, social work, health and others whose staff must know

They stand in the table of those who are asked. A school's number is shorter than any of theirs; a body is of one
partnership and of no authority, and known in it once by its kind and name. How many front-line staff there are is said
with the day on which they were counted, by date as everything else.

Revision ID: 0032_bodies
Revises: 0031_adult_targets
"""

from alembic import op

revision = "0032_bodies"
down_revision = "0031_adult_targets"
branch_labels = None
depends_on = None

ONCE = "uq_organisation_partnership_id_type_of_establishment_name"
OF_PARTNERSHIP = (
    "CONSTRAINT fk_organisation_partnership_id REFERENCES partnership (id)",
    "CONSTRAINT ck_organisation_partnership CHECK ((kind = 'body') = (partnership_id IS NOT NULL))",
    "CONSTRAINT ck_organisation_authority CHECK (kind <> 'body' OR la_code = '')",
)
OF_KIND = (
    "CONSTRAINT ck_organisation_kind CHECK (kind IN ('school', 'body'))",
    "CONSTRAINT ck_organisation_number CHECK ((kind = 'school') = (organisation_id < 10000000))",
)


def upgrade():
    # Each in one statement, since SQLite adds no constraint to a table that is there.
    _add("organisation", "kind TEXT DEFAULT 'school' NOT NULL", *OF_KIND)
    _add("organisation", "partnership_id INTEGER", *OF_PARTNERSHIP)
    for table in ("organisation", "organisation_record"):
        _add(
            table,
            "front_line_staff INTEGER",
            f"CONSTRAINT ck_{table}_front_line_staff CHECK (front_line_staff >= 0)",
        )
        _add(
            table,
            "staff_counted_on DATE",
            f"CONSTRAINT ck_{table}_staff_counted_on "
            "CHECK ((front_line_staff IS NULL) = (staff_counted_on IS NULL))",
        )
    op.create_index(ONCE, "organisation", ["partnership_id", "type_of_establishment", "name"], unique=True)


def downgrade():
    op.drop_index(ONCE, "organisation")
    for table in ("organisation", "organisation_record"):
        for column in ("staff_counted_on", "front_line_staff"):
            op.drop_column(table, column)
    op.drop_column("organisation", "partnership_id")
    op.drop_column("organisation", "kind")


def _add(table, column, *guards):
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {' '.join(guards)}")
