"""Who comes with a troupe and in which vehicle, as a school's sign-in desk asks for it

Revision ID: 0051_sign_in
Revises: 0050_arrivals
"""

import sqlalchemy as sa
from alembic import op

revision = "0051_sign_in"
down_revision = "0050_arrivals"
branch_labels = None
depends_on = None


def upgrade():
    for column in ("who_comes", "vehicle"):
        op.add_column("troupe", sa.Column(column, sa.Text(), server_default="", nullable=False))


def downgrade():
    op.drop_column("troupe", "vehicle")
    op.drop_column("troupe", "who_comes")
