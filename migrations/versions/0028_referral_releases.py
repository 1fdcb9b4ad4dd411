"""Releases of referrals: which blocks of months, kinds and districts are out, and with what number

Revision ID: 0028_referral_releases
Revises: 0027_company_requests
"""

import sqlalchemy as sa
from alembic import op

revision = "0028_referral_releases"
down_revision = "0027_company_requests"
branch_labels = None
depends_on = None

TABLE = "referral_release"


def upgrade():
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("blocks", sa.JSON(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_referral_release_number")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_referral_release_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral_release")),
        sa.UniqueConstraint(
            "partnership_id", "number", name=op.f("uq_referral_release_partnership_id_number")
        ),
    )
    op.create_index(op.f("ix_referral_release_partnership_id"), TABLE, ["partnership_id"])
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {TABLE}_stays_{event.lower()}_guard BEFORE {event} ON {TABLE} "
                f"BEGIN SELECT RAISE(ABORT, '{TABLE}_stays'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {TABLE}_stays_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION '{TABLE}_stays' USING ERRCODE = 'check_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_stays_guard BEFORE UPDATE OR DELETE ON {TABLE} "
        f"FOR EACH ROW EXECUTE FUNCTION {TABLE}_stays_guard()"
    )


def downgrade():
    op.drop_table(TABLE)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP FUNCTION {TABLE}_stays_guard")
