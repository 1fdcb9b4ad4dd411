"""Letters that ask staff what they make of a show, and whether these go by themselves

Revision ID: 0025_staff_letters
Revises: 0024_staff_answers
"""

import sqlalchemy as sa
from alembic import op

revision = "0025_staff_letters"
down_revision = "0024_staff_answers"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column(
        "chasing_settings", sa.Column("staff_on", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.create_table(
        "staff_letter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.Column("moment", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("address = lower(address)", name=op.f("ck_staff_letter_address")),
        sa.CheckConstraint("moment IN ('soon', 'later')", name=op.f("ck_staff_letter_moment")),
        sa.ForeignKeyConstraint(
            ["booking_id", "partnership_id"],
            ["booking.id", "booking.partnership_id"],
            name=op.f("fk_staff_letter_booking_id"),
        ),
        sa.ForeignKeyConstraint(
            ["letter_id", "partnership_id"],
            ["letter.id", "letter.partnership_id"],
            name=op.f("fk_staff_letter_letter_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_letter")),
        sa.UniqueConstraint("letter_id", name=op.f("uq_staff_letter_letter_id")),
    )
    op.create_index(
        "uq_staff_letter_once",
        "staff_letter",
        ["booking_id", "moment"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
        sqlite_where=sa.text("withdrawn_at IS NULL"),
    )


def downgrade():
    op.drop_table("staff_letter")
    op.drop_column("chasing_settings", "staff_on")
