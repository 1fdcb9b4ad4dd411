"""Invitations of people; who was added by a link that a lead handed over stays as they are

Revision ID: 0066_person_invitations
Revises: 0065_erasures
"""

import sqlalchemy as sa
from alembic import op

revision = "0066_person_invitations"
down_revision = "0065_erasures"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "person_invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=True),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("invited_by", sa.Text(), nullable=False),
        sa.Column("lapses_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("how_ended", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (how_ended IS NULL)", name=op.f("ck_person_invitation_ended")
        ),
        sa.CheckConstraint(
            "how_ended IN ('came in', 'sent again', 'withdrawn')", name=op.f("ck_person_invitation_how")
        ),
        sa.ForeignKeyConstraint(
            ["person_id", "partnership_id"],
            ["person.id", "person.partnership_id"],
            name=op.f("fk_person_invitation_person_id_partnership_id"),
        ),
        sa.ForeignKeyConstraint(
            ["letter_id", "partnership_id"],
            ["letter.id", "letter.partnership_id"],
            name=op.f("fk_person_invitation_letter_id_partnership_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_person_invitation_token_hash")),
    )
    op.create_index(
        "uq_person_invitation_standing",
        "person_invitation",
        ["person_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade():
    op.drop_table("person_invitation")
