"""Indexes by the key that rows were asked by, where those of all partnerships were walked through

Revision ID: 0079_indexes_by_key
Revises: 0078_webhooks
"""

from alembic import op

revision = "0079_indexes_by_key"
down_revision = "0078_webhooks"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_guest_place_programme": ("guest_place", ["programme_id", "organisation_id"]),
    "ix_invitation_round": ("invitation", ["round_id"]),
    "ix_follow_up_partnership": ("follow_up", ["partnership_id"]),
    "ix_district_number_partnership": ("district_number", ["partnership_id", "kind"]),
}


def upgrade():
    for name, (table, columns) in INDEXES.items():
        op.build_index(name, table, columns)


def downgrade():
    for name, (table, _) in reversed(INDEXES.items()):
        op.drop_index(name, table_name=table)
