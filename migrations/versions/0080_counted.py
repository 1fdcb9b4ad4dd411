"""Figures of the whole service asked for at once: how many wait of what, and since when, and nothing else of anybody's

Revision ID: 0080_counted
Revises: 0079_indexes_by_key
"""

from alembic import op

revision = "0080_counted"
down_revision = "0079_indexes_by_key"
branch_labels = None
depends_on = None

NAME = "outreach_counted(text, timestamptz)"

# What lies by partnership in its index is looked up by each partnership; what is partial holds what waits alone.
FUNCTION = """CREATE FUNCTION outreach_counted(what text, at timestamptz)
RETURNS TABLE (kind text, many bigint, moment timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$ BEGIN
    CASE what
    WHEN 'letters due' THEN RETURN QUERY SELECT 'due', count(*), min(l.not_before) FROM letter l
        WHERE l.status = 'waiting' AND l.not_before <= at AND (l.lease_until IS NULL OR l.lease_until < at)
        AND NOT EXISTS (SELECT FROM letter e WHERE e.stream = l.stream AND e.recipient = l.recipient
            AND e.status = 'waiting' AND e.id < l.id);
    WHEN 'letters' THEN RETURN QUERY SELECT s.status, (SELECT count(*) FROM letter l WHERE l.status = s.status),
            NULL::timestamptz FROM unnest(ARRAY['waiting', 'failed', 'bounced']) s(status)
        UNION ALL SELECT 'sent', count(*), max(newest.handed_at) FROM partnership p CROSS JOIN LATERAL (
            SELECT l.handed_at FROM letter l WHERE l.partnership_id = p.id AND l.status = 'sent'
            AND l.handed_at IS NOT NULL ORDER BY l.handed_at DESC LIMIT 1) newest;
    WHEN 'mails' THEN RETURN QUERY SELECT 'waiting', count(*), NULL::timestamptz FROM incoming i
        WHERE i.task <> '' AND i.settled_at IS NULL;
    WHEN 'webhooks' THEN RETURN QUERY SELECT 'due', coalesce(sum(each.many), 0)::bigint, min(each.moment)
        FROM partnership p CROSS JOIN LATERAL (SELECT count(*) AS many, min(d.not_before) AS moment
            FROM webhook_delivery d WHERE d.partnership_id = p.id AND d.status = 'waiting' AND d.not_before <= at
            AND (d.lease_until IS NULL OR d.lease_until <= at)) each;
    WHEN 'plans' THEN RETURN QUERY SELECT 'waiting', count(*), min(t.asked_at) FROM plan t
            WHERE t.finished_at IS NULL AND t.state = 'waiting'
        UNION ALL SELECT 'working', count(*), max(t.beat_at) FROM plan t
            WHERE t.finished_at IS NULL AND t.state = 'working';
    WHEN 'roads' THEN RETURN QUERY SELECT 'open', count(*), min(r.asked_at) FROM road_order r
        WHERE r.finished_at IS NULL;
    WHEN 'programmes' THEN RETURN QUERY SELECT 'open', count(*), min(g.created_at) FROM programme g
        WHERE g.closed_at IS NULL;
    WHEN 'sweeps' THEN RETURN QUERY SELECT 'swept', count(*), min(s.swept_at) FROM privacy_sweep s;
    END CASE;
END $$"""

# So that the service goes on before `flask database roles` is given again.
WHO_MAY = """SELECT DISTINCT grantee::regrole::text FROM pg_proc p, aclexplode(p.proacl)
WHERE p.oid = 'outreach_due(text, timestamptz)'::regprocedure AND grantee NOT IN (0, p.proowner)"""


def upgrade():
    bind = op.get_bind()
    if bind.dialect.name != "postgresql":
        return
    grantees = bind.exec_driver_sql(WHO_MAY).scalars().all()
    op.execute(FUNCTION)
    op.execute(f"REVOKE EXECUTE ON FUNCTION {NAME} FROM PUBLIC")
    for who in grantees:
        op.execute(f"GRANT EXECUTE ON FUNCTION {NAME} TO {who}")


def downgrade():
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP FUNCTION {NAME}")
