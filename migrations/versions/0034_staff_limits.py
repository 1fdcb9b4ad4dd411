"""Schools of a programme for adults may promise places for their staff; how many they have is not known yet

Revision ID: 0034_staff_limits
Revises: 0033_body_lists
"""

from alembic import op

revision = "0034_staff_limits"
down_revision = "0033_body_lists"
branch_labels = None
depends_on = None


def upgrade():
    op.execute(
        """
        INSERT INTO promise_limit (organisation_id, programme_id, year_group)
        SELECT o.organisation_id, p.id, 100 FROM programme p
        JOIN authority a ON a.partnership_id = p.partnership_id
        JOIN organisation o ON o.la_code = a.la_code
        WHERE p.for_adults AND o.status IN ('Open', 'Open, but proposed to close')
        """
    )


def downgrade():
    op.execute("DELETE FROM promise_limit WHERE year_group = 100")
