"""Waters that roads go round, and their crossings, as a partnership says them; none are said of those that are there

Revision ID: 0053_waters
Revises: 0052_router
"""

import sqlalchemy as sa
from alembic import op

revision = "0053_waters"
down_revision = "0052_router"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("partnership", sa.Column("waters", sa.Text(), nullable=True))
    for table, columns in {
        "water": [sa.Column("lines", sa.JSON(), nullable=False)],
        "water_crossing": [
            sa.Column("easting", sa.Integer(), nullable=False),
            sa.Column("northing", sa.Integer(), nullable=False),
            sa.Column("minutes", sa.Integer(), nullable=False),
            sa.CheckConstraint("minutes BETWEEN 0 AND 240", name=op.f("ck_water_crossing_minutes")),
        ],
    }.items():
        op.create_table(
            table,
            sa.Column("id", sa.Integer(), nullable=False),
            sa.Column("partnership_id", sa.Integer(), nullable=False),
            sa.Column("name", sa.Text(), nullable=False),
            *columns,
            sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
            sa.Column("recorded_by", sa.Text(), nullable=False),
            sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
            sa.ForeignKeyConstraint(
                ["partnership_id"], ["partnership.id"], name=op.f(f"fk_{table}_partnership_id")
            ),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        )
        op.create_index(op.f(f"ix_{table}_partnership_id"), table, ["partnership_id"])


def downgrade():
    op.drop_table("water_crossing")
    op.drop_table("water")
    op.drop_column("partnership", "waters")
