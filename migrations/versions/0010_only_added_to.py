"""what is only ever added to is not emptied either; where an ask at the open door came from

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade():
    if op.get_bind().dialect.name == "postgresql":
        # TRUNCATE fires no trigger of rows. SQLite has no such statement.
        op.execute("""
            CREATE TRIGGER history_guard_truncate BEFORE TRUNCATE ON history
            FOR EACH STATEMENT EXECUTE FUNCTION history_guard()
        """)
    op.add_column("link_request", sa.Column("origin", sa.Text(), nullable=False, server_default=""))
    op.create_index("ix_link_request_urn", "link_request", ["urn", "recorded_at"])
    op.create_index("ix_link_request_origin", "link_request", ["origin", "recorded_at"])


def downgrade():
    op.drop_index("ix_link_request_origin", "link_request")
    op.drop_index("ix_link_request_urn", "link_request")
    op.drop_column("link_request", "origin")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER history_guard_truncate ON history")
