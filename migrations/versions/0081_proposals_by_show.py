"""An index by the show that a proposal keeps, by which a school's pages ask

Revision ID: 0081_proposals_by_show
Revises: 0080_counted
"""

from alembic import op

revision = "0081_proposals_by_show"
down_revision = "0080_counted"
branch_labels = None
depends_on = None


def upgrade():
    op.build_index("ix_proposal_performance", "proposal", ["performance_id"])


def downgrade():
    op.drop_index("ix_proposal_performance", table_name="proposal")
