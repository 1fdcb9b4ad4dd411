"""Which schools and roles a programme for adults is for, dated beside the year groups; those there are: all schools

Revision ID: 0031_adult_targets
Revises: 0030_late_reports
"""

from alembic import op

revision = "0031_adult_targets"
down_revision = "0030_late_reports"
branch_labels = None
depends_on = None

# A constraint may speak of the columns added before it.
COLUMNS = {
    "schools": "TEXT DEFAULT 'all' NOT NULL "
    "CONSTRAINT ck_programme_target_schools CHECK (schools IN ('all', 'some', 'picked'))",
    "phases": "TEXT DEFAULT '' NOT NULL",
    "types": "TEXT DEFAULT '' NOT NULL "
    "CONSTRAINT ck_programme_target_kinds CHECK ((schools = 'some') = (phases <> '' OR types <> ''))",
    "roles": "TEXT DEFAULT '' NOT NULL CONSTRAINT ck_programme_target_adults "
    "CHECK (schools = 'all' AND roles = '' OR year_groups IN ('', '100'))",
}


def upgrade():
    # Each in one statement, since SQLite adds no constraint to a table that is there.
    for column, kind in COLUMNS.items():
        op.execute(f"ALTER TABLE programme_target ADD COLUMN {column} {kind}")


def downgrade():
    # Whoever was chosen is everybody again: the last first, since SQLite drops no column that a constraint needs.
    for column in reversed(COLUMNS):
        op.drop_column("programme_target", column)
