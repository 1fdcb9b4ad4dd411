"""What a company lets its troupes work: hours a day and a week, days in a row, kilometres a week

Revision ID: 0044_company_limits
Revises: 0043_swaps
"""

from alembic import op

revision = "0044_company_limits"
down_revision = "0043_swaps"
branch_labels = None
depends_on = None

COLUMNS = {"hours_a_day": 24, "hours_a_week": 168, "days_in_a_row": 31, "kilometres_a_week": 10000}
"""Each with the most that makes sense; nothing is: no limit."""


def upgrade():
    for column, most in COLUMNS.items():
        op.execute(
            f"ALTER TABLE company ADD COLUMN {column} INTEGER CONSTRAINT ck_company_{column} "
            f"CHECK ({column} BETWEEN 1 AND {most})"
        )


def downgrade():
    for column in reversed(COLUMNS):
        op.drop_column("company", column)
