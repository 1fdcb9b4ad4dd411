"""Indexes of what the day's sweep and a mail that comes in ask of one partnership, where all rows were gone through

Revision ID: 0082_asked_by_partnership
Revises: 0081_proposals_by_show
"""

from alembic import op

revision = "0082_asked_by_partnership"
down_revision = "0081_proposals_by_show"
branch_labels = None
depends_on = None

SWEPT = "visit_reminder", "staff_letter", "pledge_letter", "short_code", "sign_in_session"


def upgrade():
    op.build_index(
        "ix_letter_invited_from",
        "letter",
        ["partnership_id", "sender_address", "id"],
        where="method <> ''",
    )
    for table in SWEPT:
        op.build_index(f"ix_{table}_partnership_id", table, ["partnership_id"])


def downgrade():
    for table in reversed(SWEPT):
        op.drop_index(f"ix_{table}_partnership_id", table_name=table)
    op.drop_index("ix_letter_invited_from", table_name="letter")
