"""What came of the wishes for a plan's days, and the plan that another one by other wishes is beside

Revision ID: 0047_wishes_for_days
Revises: 0046_school_lunch
"""

import sqlalchemy as sa
from alembic import op

revision = "0047_wishes_for_days"
down_revision = "0046_school_lunch"
branch_labels = None
depends_on = None


BESIDE = "other_wishes_of INTEGER CONSTRAINT fk_plan_other_wishes_of REFERENCES plan (id)"


def upgrade():
    op.add_column("plan_figures", sa.Column("wishes", sa.JSON(), nullable=False, server_default="[]"))
    op.execute(f"ALTER TABLE plan ADD COLUMN {BESIDE}")


def downgrade():
    op.drop_column("plan", "other_wishes_of")
    op.drop_column("plan_figures", "wishes")
