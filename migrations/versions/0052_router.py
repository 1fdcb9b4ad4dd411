"""Roads that a router is asked for: orders, their questions and how the router is; of each road who told it, and when

Revision ID: 0052_router
Revises: 0051_sign_in
"""

import sqlalchemy as sa
from alembic import op

revision = "0052_router"
down_revision = "0051_sign_in"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("ALTER TABLE road_minutes ADD COLUMN by_router BOOLEAN DEFAULT false NOT NULL")
    op.add_column("road_minutes", sa.Column("told_on", sa.Date(), nullable=True))
    op.create_table(
        "road_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("anew", sa.Boolean(), nullable=False),
        sa.Column("questions", sa.Integer(), nullable=False),
        sa.Column("roads", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("without", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "ended IN ('done', 'stopped', 'failed', 'removed')", name=op.f("ck_road_order_ended")
        ),
        sa.CheckConstraint("(finished_at IS NULL) = (ended IS NULL)", name=op.f("ck_road_order_finished")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_road_order_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_road_order")),
    )
    op.create_index(
        "uq_road_order_open",
        "road_order",
        ["partnership_id"],
        unique=True,
        postgresql_where=sa.text("finished_at IS NULL"),
        sqlite_where=sa.text("finished_at IS NULL"),
    )
    op.create_index(op.f("ix_road_order_partnership_id"), "road_order", ["partnership_id"])
    op.create_table(
        "road_question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("places", sa.JSON(), nullable=False),
        sa.Column("taken_by", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.JSON(), nullable=True),
        sa.CheckConstraint("(taken_by = '') = (taken_at IS NULL)", name=op.f("ck_road_question_taken")),
        sa.ForeignKeyConstraint(["order_id"], ["road_order.id"], name=op.f("fk_road_question_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_road_question")),
    )
    op.create_index(op.f("ix_road_question_order_id"), "road_question", ["order_id"])
    op.create_table(
        "router",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_router_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_router")),
    )


def downgrade():
    op.drop_table("router")
    op.drop_table("road_question")
    op.drop_table("road_order")
    op.drop_column("road_minutes", "told_on")
    op.drop_column("road_minutes", "by_router")
