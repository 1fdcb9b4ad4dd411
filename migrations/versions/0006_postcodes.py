"""Postcodes of Code-Point Open are kept: a troupe's base may be any of them

Revision ID: 0006_postcodes
Revises: 0005_follow_ups
"""

import sqlalchemy as sa
from alembic import op

revision = "0006_postcodes"
down_revision = "0005_follow_ups"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "postcode",
        sa.Column("code", sa.String(length=7), nullable=False),
        sa.Column("easting", sa.Integer(), nullable=False),
        sa.Column("northing", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "easting > 0 AND easting < 700000 AND northing > 0 AND northing < 1300000",
            name=op.f("ck_postcode_in_great_britain"),
        ),
        sa.CheckConstraint(
            "code = upper(code) AND length(code) BETWEEN 5 AND 7", name=op.f("ck_postcode_compact")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_postcode")),
    )


def downgrade():
    op.drop_table("postcode")
