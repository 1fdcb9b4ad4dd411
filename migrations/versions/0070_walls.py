"""Walls between partnerships: on PostgreSQL a transaction sees and writes the rows of the one that it is bound to

Revision ID: 0070_walls
Revises: 0069_factor_at_provider
"""

from alembic import op

from outreach.ground.walls import NOBODYS_TOO, OWN, WHOSE, low_wall, under, wall

revision = "0070_walls"
down_revision = "0069_factor_at_provider"
branch_labels = None
depends_on = None

BY_COLUMN = """absence answer_tally answer_tally_count answer_wave answers_set_aside api_token asking_draw board_date
board_report body_list body_list_line booking call_off closed_answer company confirmation_request contact_list
contact_list_line counted_share digest digest_days district_number drawn_school earlier_list earlier_visit feed follow_up
letter letter_wording list_heading list_upload logo no_visit_reminders note numbers_entry outcome_release own_letter
own_letter_to paper_letter passkey performance person person_invitation person_role personal_link pledge_answer pledge_letter privacy_sweep
provider_account programme programme_budget question_item questionnaire questionnaire_decline questionnaire_item reached_percent recovery_code
referral_release released_wave road_minutes road_order saved_view second_factor short_code sign_in_session spending staff_answer
staff_letter training_session troupe_link visit_reminder visit_text water water_crossing wave_code""".split()

UNDER = {
    "answer": ("programme", "programme_id"),
    "availability_change": ("troupe", "troupe_id"),
    "booking_handover": ("booking", "booking_id"),
    "booking_revision": ("booking", "booking_id"),
    "calendar_answer": ("incoming", "incoming_id"),
    "call_off_day": ("call_off", "call_off_id"),
    "call_off_line": ("call_off", "call_off_id"),
    "call_off_school_day": ("call_off", "call_off_id"),
    "came_to": ("booking", "booking_id"),
    "cancellation": ("booking", "booking_id"),
    "chase": ("programme", "programme_id"),
    "chasing_settings": ("programme", "programme_id"),
    "company_request": ("tour_day", "tour_day_id"),
    "confirmation": ("confirmation_request", "request_id"),
    "counter_proposal": ("incoming", "incoming_id"),
    "day_off": ("troupe", "troupe_id"),
    "diary_move": ("programme", "programme_id"),
    "draft": ("programme", "programme_id"),
    "form_begun": ("programme", "programme_id"),
    "gap_owner": ("programme", "programme_id"),
    "guest_place": ("programme", "programme_id"),
    "guest_seats": ("performance", "performance_id"),
    "handed_link": ("booking_handover", "handover_id"),
    "incoming_mail": ("incoming", "incoming_id"),
    "invitation": ("programme", "programme_id"),
    "invitation_round": ("programme", "programme_id"),
    "kept_filter": ("person", "person_id"),
    "letter_mail": ("letter", "letter_id"),
    "link_request": ("programme", "programme_id"),
    "list_sheet": ("list_upload", "upload_id"),
    "named_person": ("programme", "programme_id"),
    "not_raised": ("programme", "programme_id"),
    "paper_posting": ("paper_letter", "paper_letter_id"),
    "place_pupils": ("guest_place", "place_id"),
    "plan": ("programme", "programme_id"),
    "plan_figures": ("plan", "plan_id"),
    "plan_free_day": ("plan", "plan_id"),
    "plan_left_out": ("plan", "plan_id"),
    "plan_line": ("plan", "plan_id"),
    "plan_unplaced_proposal": ("plan", "plan_id"),
    "programme_copy": ("programme", "programme_id"),
    "programme_target": ("programme", "programme_id"),
    "promise_limit": ("programme", "programme_id"),
    "promised_pupils": ("booking_revision", "revision_id"),
    "proposal": ("programme", "programme_id"),
    "proposal_move": ("proposal", "proposal_id"),
    "report_reminder": ("booking", "booking_id"),
    "report_sending": ("visit_report", "report_id"),
    "report_withdrawal": ("visit_report", "report_id"),
    "reported_attendance": ("visit_report", "report_id"),
    "reported_pupils": ("visit_report", "report_id"),
    "road_question": ("road_order", "order_id"),
    "sign_in": ("person", "person_id"),
    "sign_in_link": ("person", "person_id"),
    "target_decision": ("programme", "programme_id"),
    "tour_day": ("programme", "programme_id"),
    "troupe": ("company", "company_id"),
    "troupe_event": ("troupe", "troupe_id"),
    "visit_report": ("performance", "performance_id"),
}

SEALING = f"{WHOSE} = -1"
"""The job that adds to the history's chain reads it all, and nothing else (whose.py)."""

OF_AUTHORITY = (
    "EXISTS (SELECT FROM authority a WHERE a.la_code = {}.la_code AND a.partnership_id = " + WHOSE + ")"
)

HIGH = {
    **dict.fromkeys(BY_COLUMN, OWN),
    **{table: under(parent, f"{table}.{column}") for table, (parent, column) in UNDER.items()},
    **dict.fromkeys(("contact", "incoming"), NOBODYS_TOO),
    "history": f"{NOBODYS_TOO} OR {SEALING}",
    "history_link": SEALING,
    "register_change": f"outreach_holds(urn) OR {OF_AUTHORITY.format('register_change')}",
    "register_import": f"""la_codes = 'all' OR EXISTS (SELECT FROM authority a
        WHERE a.partnership_id = {WHOSE} AND strpos(la_codes, a.la_code) > 0)""",
    "organisation": f"partnership_id IS NULL OR {OWN}",
    "change_of_hands": f"giver_id = {WHOSE} OR receiver_id = {WHOSE}",
    "visit_contact": " OR ".join(
        under(parent, f"visit_contact.{column}")
        for parent, column in (
            ("booking", "booking_id"),
            ("guest_place", "place_id"),
            ("proposal", "proposal_id"),
        )
    ),
    "feed_entry": f"""kind IN ('board', 'coordinator') AND subject = {WHOSE}
        OR kind = 'troupe' AND {under("troupe", "feed_entry.subject")}
        OR kind = 'own' AND {under("person", "feed_entry.subject")}
        OR kind = 'school' AND (outreach_holds(subject) OR {under("booking", "feed_entry.subject", "organisation_id")})""",
}
"""Read and written by whose they are."""

LOW = {
    "partnership": f"id = {WHOSE}",
    "authority_covered": OWN,
    "term": OF_AUTHORITY.format("term"),
    "inset_day": OF_AUTHORITY.format("inset_day"),
    **{
        table: f"outreach_holds({table}.urn)"
        for table in (
            "correction",
            "own_number",
            "school_day",
            "school_hours",
            "school_lunch",
            "school_term",
        )
    },
}
"""Who they are stands on the first page, and facts of a school go with it from one to the other."""

GUARDS = """SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = 'public' AND (p.proname LIKE '%\\_body\\_guard' OR p.proname LIKE 'history\\_of\\_%\\_guard')"""
"""Those that refuse what names another partnership's: they must see that it is another's."""

FIXED = "SET search_path = public, pg_temp"

FOUND = {
    "account": "SELECT partnership_id FROM provider_account WHERE ended_at IS NULL AND issuer || ' ' || subject = wanted",
    "session": "SELECT partnership_id FROM sign_in_session WHERE token_hash = wanted",
    "passkey": "SELECT partnership_id FROM passkey WHERE credential_id = wanted",
    "invitation": "SELECT partnership_id FROM person_invitation WHERE token_hash = wanted",
    "link": "SELECT partnership_id FROM personal_link WHERE token_hash = wanted",
    "troupe link": "SELECT partnership_id FROM troupe_link WHERE nonce = wanted",
    "token": "SELECT partnership_id FROM api_token WHERE token_hash = wanted",
    "feed": "SELECT partnership_id FROM feed WHERE nonce = wanted",
    "logo": "SELECT partnership_id FROM logo WHERE digest = wanted ORDER BY id LIMIT 1",
    "booking": "SELECT partnership_id FROM booking WHERE reference = wanted",
    "wave code": "SELECT partnership_id FROM wave_code WHERE code = wanted ORDER BY id LIMIT 1",
    "digest": "SELECT p.partnership_id FROM digest d JOIN person p ON p.id = d.person_id WHERE d.stop_hash = wanted",
    "visit reminder": "SELECT partnership_id FROM visit_reminder WHERE stop_hash = wanted",
    "address": "SELECT partnership_id FROM person WHERE email = wanted",
    "person": "SELECT partnership_id FROM person WHERE id = CAST(wanted AS bigint)",
    "sign-in link": """SELECT p.partnership_id FROM sign_in_link l JOIN person p ON p.id = l.person_id
        WHERE l.token_hash = wanted""",
    "body": "SELECT partnership_id FROM organisation WHERE organisation_id = CAST(wanted AS bigint)",
    "mail": "SELECT coalesce(partnership_id, 0) FROM incoming WHERE digest = wanted",
    "letter": "SELECT partnership_id FROM letter WHERE id = CAST(wanted AS bigint)",
    "letter's id": "SELECT partnership_id FROM letter WHERE message_id = wanted",
    "letter's sender": """SELECT partnership_id FROM letter WHERE sender_address IN (wanted, lower(wanted)) AND method <> ''
        ORDER BY id DESC LIMIT 1""",
    "UID": "SELECT partnership_id FROM letter WHERE stream = wanted AND method <> '' ORDER BY id LIMIT 1",
    "writer": "SELECT CASE WHEN min(partnership_id) = max(partnership_id) THEN min(partnership_id) END FROM letter",
    "correspondent": """SELECT CASE WHEN min(partnership_id) = max(partnership_id) THEN min(partnership_id) END
        FROM letter WHERE lower(recipient) = wanted""",
}
"""What is found by what somebody brings, before it is known whose it is."""

FUNCTIONS = [
    """CREATE FUNCTION outreach_whose() RETURNS integer LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT CAST(nullif(current_setting('outreach.partnership', true), '') AS integer) $$""",
    """CREATE FUNCTION outreach_holds(the_organisation integer) RETURNS boolean LANGUAGE sql STABLE AS $$
        SELECT EXISTS (SELECT FROM organisation o LEFT JOIN authority a ON a.la_code = o.la_code
            WHERE o.organisation_id = the_organisation AND coalesce(o.partnership_id, a.partnership_id) = outreach_whose())
    $$""",
    f"""CREATE FUNCTION outreach_found(what text, wanted text) RETURNS integer LANGUAGE plpgsql STABLE
    SECURITY DEFINER {FIXED} AS $$ BEGIN
        CASE what
        {" ".join(f"WHEN {chr(39)}{what.replace(chr(39), chr(39) * 2)}{chr(39)} THEN RETURN ({query});" for what, query in FOUND.items())}
        END CASE;
    END $$""",
    f"""CREATE FUNCTION outreach_codes_at(the_postcode text, at timestamptz) RETURNS SETOF integer LANGUAGE sql STABLE
    SECURITY DEFINER {FIXED} AS $$
        SELECT DISTINCT c.partnership_id FROM short_code c JOIN organisation o ON o.organisation_id = c.organisation_id
        WHERE c.ended_at IS NULL AND c.expires_at > at AND replace(upper(o.postcode), ' ', '') = the_postcode
    $$""",
    f"""CREATE FUNCTION outreach_due(what text, at timestamptz) RETURNS SETOF integer LANGUAGE plpgsql STABLE
    SECURITY DEFINER {FIXED} AS $$ BEGIN
        CASE what
        WHEN 'letters' THEN RETURN QUERY SELECT p.id FROM partnership p WHERE EXISTS (SELECT FROM letter l
            WHERE l.partnership_id = p.id AND l.status = 'waiting' AND l.not_before <= at) ORDER BY p.id;
        WHEN 'plans' THEN RETURN QUERY SELECT g.partnership_id FROM plan t JOIN programme g ON g.id = t.programme_id
            WHERE t.finished_at IS NULL GROUP BY g.partnership_id ORDER BY min(t.id);
        WHEN 'roads' THEN RETURN QUERY SELECT r.partnership_id FROM road_order r WHERE r.finished_at IS NULL
            GROUP BY r.partnership_id ORDER BY min(r.id);
        END CASE;
    END $$""",
    f"""CREATE FUNCTION outreach_writes_to(the_address text) RETURNS boolean LANGUAGE sql STABLE
    SECURITY DEFINER {FIXED} AS $$
        SELECT EXISTS (SELECT FROM contact WHERE lower(address) = lower(the_address))
            OR EXISTS (SELECT FROM letter WHERE lower(recipient) = lower(the_address))
    $$""",
    f"""CREATE FUNCTION outreach_open_wave(wave integer) RETURNS void LANGUAGE plpgsql SECURITY DEFINER {FIXED} AS $$ BEGIN
        IF NOT EXISTS (SELECT FROM answer_wave w WHERE w.id = wave AND (w.partnership_id = outreach_whose()
            OR session_user = (SELECT tableowner FROM pg_tables WHERE schemaname = 'public' AND tablename = 'answer_wave')
            OR (SELECT rolsuper FROM pg_roles WHERE rolname = session_user))) THEN
            RAISE EXCEPTION 'wave_of_another' USING ERRCODE = 'check_violation';
        END IF;
        EXECUTE format('CREATE TABLE open_answers_%s (key bigint PRIMARY KEY, code_id integer NOT NULL,
            answered_on date NOT NULL, a1 smallint, a2 smallint, a3 smallint, a4 smallint, a5 smallint, a6 smallint,
            a7 smallint, a8 smallint)', wave);
        EXECUTE format('CREATE TABLE used_forms_%s (form text PRIMARY KEY)', wave);
        EXECUTE format('ALTER TABLE open_answers_%s ENABLE ROW LEVEL SECURITY', wave);
        EXECUTE format('ALTER TABLE used_forms_%s ENABLE ROW LEVEL SECURITY', wave);
        EXECUTE format('CREATE POLICY wall ON open_answers_%1$s USING (EXISTS (SELECT FROM answer_wave WHERE id = %1$s))', wave);
        EXECUTE format('CREATE POLICY wall ON used_forms_%1$s USING (EXISTS (SELECT FROM answer_wave WHERE id = %1$s))', wave);
    END $$""",
    f"""CREATE FUNCTION outreach_close_wave(wave integer) RETURNS void LANGUAGE plpgsql SECURITY DEFINER {FIXED} AS $$ BEGIN
        IF NOT EXISTS (SELECT FROM answer_wave w WHERE w.id = wave AND (w.partnership_id = outreach_whose()
            OR session_user = (SELECT tableowner FROM pg_tables WHERE schemaname = 'public' AND tablename = 'answer_wave')
            OR (SELECT rolsuper FROM pg_roles WHERE rolname = session_user))) THEN
            RAISE EXCEPTION 'wave_of_another' USING ERRCODE = 'check_violation';
        END IF;
        EXECUTE format('DROP TABLE open_answers_%s', wave);
        EXECUTE format('DROP TABLE used_forms_%s', wave);
    END $$""",
]

NAMES = (
    "outreach_close_wave(integer)",
    "outreach_open_wave(integer)",
    "outreach_due(text, timestamptz)",
    "outreach_codes_at(text, timestamptz)",
    "outreach_writes_to(text)",
    "outreach_found(text, text)",
    "outreach_holds(integer)",
    "outreach_whose()",
)


def _run(bind, statement):
    """As it stands: the driver takes a percent sign for the place of a value."""
    return bind.exec_driver_sql(statement.replace("%", "%%"))


def upgrade():
    bind = op.get_bind()
    if bind.dialect.name != "postgresql":
        return
    for statement in FUNCTIONS:
        _run(bind, statement)
    for name in NAMES:
        _run(bind, f"REVOKE EXECUTE ON FUNCTION {name} FROM PUBLIC")
    for guard in _guards(bind):
        _run(bind, f"ALTER FUNCTION {guard} SECURITY DEFINER {FIXED}")
        _run(bind, f"REVOKE EXECUTE ON FUNCTION {guard} FROM PUBLIC")
    for statement in _statements():
        _run(bind, statement)
    for statement in _open_waves(bind, "ALTER TABLE {} ENABLE ROW LEVEL SECURITY"):
        _run(bind, statement)
    for statement in _open_waves(
        bind, "CREATE POLICY wall ON {} USING (EXISTS (SELECT FROM answer_wave WHERE id = {}))"
    ):
        _run(bind, statement)


def _statements():
    for table, rule in HIGH.items():
        yield from wall(table, rule)
    for table, rule in LOW.items():
        yield from low_wall(table, rule)
    yield from low_wall("authority", OWN, taken_over=True)


def _guards(bind):
    return [name for (name,) in _run(bind, GUARDS).all()]


def _open_waves(bind, statement):
    """Of each table of a wave that stands open, by its name and the wave's number."""
    names = _run(bind, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'").scalars()
    for name in names:
        if name.startswith(("open_answers_", "used_forms_")):
            yield statement.format(name, int(name.rpartition("_")[2]))


def downgrade():
    bind = op.get_bind()
    if bind.dialect.name != "postgresql":
        return
    policies = _run(bind, "SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'public'").all()
    for table, policy in policies:
        _run(bind, f"DROP POLICY {policy} ON {table}")
    for table in dict.fromkeys(table for table, _ in policies):
        _run(bind, f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    for guard in _guards(bind):
        _run(bind, f"ALTER FUNCTION {guard} SECURITY INVOKER RESET search_path")
        _run(bind, f"GRANT EXECUTE ON FUNCTION {guard} TO PUBLIC")
    for name in NAMES:
        _run(bind, f"DROP FUNCTION {name}")
