"""Indexes led by the partnership where its rows were found by walking through those of all

Revision ID: 0076_indexes_of_partnerships
Revises: 0075_errands
"""

from alembic import op

revision = "0076_indexes_of_partnerships"
down_revision = "0075_errands"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_booking_partnership": ("booking", ["partnership_id", "organisation_id"]),
    "ix_performance_partnership": ("performance", ["partnership_id", "ends_at"]),
    "ix_personal_link_partnership": ("personal_link", ["partnership_id", "address"]),
    "ix_answer_wave_partnership": ("answer_wave", ["partnership_id"]),
    "ix_training_session_partnership": ("training_session", ["partnership_id"]),
}


def upgrade():
    for name, (table, columns) in INDEXES.items():
        op.build_index(name, table, columns)


def downgrade():
    for name, (table, _) in reversed(INDEXES.items()):
        op.drop_index(name, table_name=table)
