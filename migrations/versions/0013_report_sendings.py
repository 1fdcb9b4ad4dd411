"""The key of each form that put down a report, so that one that is sent twice is put down once

Revision ID: 0013_report_sendings
Revises: 0012_digest
"""

import sqlalchemy as sa
from alembic import op

revision = "0013_report_sendings"
down_revision = "0012_digest"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "report_sending",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(key) BETWEEN 1 AND 64", name=op.f("ck_report_sending_key")),
        sa.CheckConstraint("length(said) = 64", name=op.f("ck_report_sending_said")),
        sa.ForeignKeyConstraint(["report_id"], ["visit_report.id"], name=op.f("fk_report_sending_report_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_report_sending")),
    )
    op.create_index(op.f("ix_report_sending_report_id"), "report_sending", ["report_id"])


def downgrade():
    op.drop_table("report_sending")
