"""Metres of a road beside its minutes, where the table that came in says them; tables that are there say none

Revision ID: 0049_road_metres
Revises: 0048_turn_round
"""

from alembic import op

revision = "0049_road_metres"
down_revision = "0048_turn_round"
branch_labels = None
depends_on = None


def upgrade():
    op.execute(
        "ALTER TABLE road_minutes ADD COLUMN metres INTEGER CONSTRAINT ck_road_minutes_metres "
        "CHECK (metres IS NULL OR metres > 0)"
    )


def downgrade():
    op.drop_column("road_minutes", "metres")
