"""For how many months a training counts, dated beside whom the programme is for; those there are: for good

Revision ID: 0037_valid_months
Revises: 0036_kinds_of_bodies
"""

from alembic import op

revision = "0037_valid_months"
down_revision = "0036_kinds_of_bodies"
branch_labels = None
depends_on = None


def upgrade():
    op.execute(
        "ALTER TABLE programme_target ADD COLUMN valid_months INTEGER CONSTRAINT ck_programme_target_valid_months "
        "CHECK (valid_months IS NULL OR valid_months BETWEEN 12 AND 120 AND year_groups IN ('', '100'))"
    )


def downgrade():
    op.drop_column("programme_target", "valid_months")
