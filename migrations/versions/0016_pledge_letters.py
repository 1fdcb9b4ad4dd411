"""Letters that ask what was done besides the show, and whether they go by themselves

Revision ID: 0016_pledge_letters
Revises: 0015_report_fields
"""

import sqlalchemy as sa
from alembic import op

revision = "0016_pledge_letters"
down_revision = "0015_report_fields"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column(
        "chasing_settings", sa.Column("pledges_on", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.create_table(
        "pledge_letter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.Column("nth", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("address = lower(address)", name=op.f("ck_pledge_letter_address")),
        sa.CheckConstraint("nth IN ('first', 'last')", name=op.f("ck_pledge_letter_nth")),
        sa.ForeignKeyConstraint(
            ["booking_id", "partnership_id"],
            ["booking.id", "booking.partnership_id"],
            name=op.f("fk_pledge_letter_booking_id"),
        ),
        sa.ForeignKeyConstraint(
            ["letter_id", "partnership_id"],
            ["letter.id", "letter.partnership_id"],
            name=op.f("fk_pledge_letter_letter_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pledge_letter")),
        sa.UniqueConstraint("letter_id", name=op.f("uq_pledge_letter_letter_id")),
    )
    op.create_index(
        "uq_pledge_letter_once",
        "pledge_letter",
        ["booking_id", "nth"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
        sqlite_where=sa.text("withdrawn_at IS NULL"),
    )


def downgrade():
    op.drop_table("pledge_letter")
    op.drop_column("chasing_settings", "pledges_on")
