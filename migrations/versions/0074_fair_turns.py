"""Letters by rank: what somebody waits for goes before what goes to many, and each partnership's in its turn

Revision ID: 0074_fair_turns
Revises: 0073_register_uploads
"""

import sqlalchemy as sa
from alembic import op

revision = "0074_fair_turns"
down_revision = "0073_register_uploads"
branch_labels = None
depends_on = None

TO_MANY = (
    "before the visit",
    "digest",
    "how did it go",
    "how the day went",
    "invitation",
    "own letter",
    "proposed",
    "question about contacts",
    "questions for pupils",
    "raised to head",
    "raised to trust",
    "reminder",
    "report missing",
    "second reminder",
    "since the show, first",
    "since the show, last",
    "staff asked, later",
    "staff asked, soon",
)

ASKED = "decided_at IS NULL AND why_waiting = ''"

SAFE = "SECURITY DEFINER SET search_path = public, pg_temp"

# One look a partnership, however many letters wait: in the order of the index, which a scan of the whole table has not.
FUNCTIONS = {
    "outreach_letters_due(integer, timestamptz)": f"""CREATE FUNCTION outreach_letters_due(the_rank integer, at timestamptz)
    RETURNS SETOF integer LANGUAGE sql STABLE {SAFE} AS $$
        SELECT p.id FROM partnership p CROSS JOIN LATERAL (SELECT FROM letter l
            WHERE l.partnership_id = p.id AND l.rank = the_rank AND l.status = 'waiting' AND l.not_before <= at
            AND (l.lease_until IS NULL OR l.lease_until < at)
            AND NOT EXISTS (SELECT FROM letter e WHERE e.stream = l.stream AND e.recipient = l.recipient
                AND e.status = 'waiting' AND e.id < l.id)
            ORDER BY l.not_before, l.id LIMIT 1) waits ORDER BY p.id
    $$""",
    "outreach_links_asked()": f"""CREATE FUNCTION outreach_links_asked() RETURNS SETOF integer LANGUAGE sql STABLE {SAFE} AS $$
        SELECT g.partnership_id FROM link_request r JOIN programme g ON g.id = r.programme_id
        WHERE r.decided_at IS NULL AND r.why_waiting = '' GROUP BY g.partnership_id ORDER BY min(r.id)
    $$""",
}

# So that the service goes on before `flask database roles` is given again.
WHO_MAY = """SELECT DISTINCT grantee::regrole::text FROM pg_proc p, aclexplode(p.proacl)
WHERE p.oid = 'outreach_due(text, timestamptz)'::regprocedure AND grantee NOT IN (0, p.proowner)"""


def upgrade():
    # What stands before the indexes may be done twice: their building is no part of the transaction.
    rank = sa.Column("rank", sa.Integer(), server_default="0", nullable=False)
    postgresql = op.get_bind().dialect.name == "postgresql"
    op.add_column("letter", rank, if_not_exists=True if postgresql else None)
    letter = sa.table("letter", sa.column("rank"), sa.column("status"), sa.column("kind"))
    op.execute(letter.update().where(letter.c.status == "waiting", letter.c.kind.in_(TO_MANY)).values(rank=1))
    in_turn = ["partnership_id", "rank", "not_before", "id"]
    op.build_index("ix_letter_in_turn", "letter", in_turn, where="status = 'waiting'")
    op.build_index("ix_link_request_asked", "link_request", ["id"], where=ASKED)
    bind = op.get_bind()
    if postgresql:
        grantees = bind.exec_driver_sql(WHO_MAY).scalars().all()
        for name, function in FUNCTIONS.items():
            op.execute(function)
            op.execute(f"REVOKE EXECUTE ON FUNCTION {name} FROM PUBLIC")
            for who in grantees:
                op.execute(f"GRANT EXECUTE ON FUNCTION {name} TO {who}")


def downgrade():
    if op.get_bind().dialect.name == "postgresql":
        for name in FUNCTIONS:
            op.execute(f"DROP FUNCTION {name}")
    op.drop_index("ix_link_request_asked", "link_request")
    op.drop_index("ix_letter_in_turn", "letter")
    op.drop_column("letter", "rank")
