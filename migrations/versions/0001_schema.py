"""Tables, by the room whose words they are, from the ground up

A rule of a single row is a CHECK here; a rule over several is a guard, in 0002.

Revision ID: 0001_schema
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "0001_schema"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
partnership programme
history
api_token letter letter_mail incoming incoming_mail calendar_answer counter_proposal dead_address feed feed_entry mailbox_look
personal_link post_pause postman troupe_link
authority authority_covered school change_of_hands contact contact_list contact_list_line correction
counted_share earlier_list earlier_visit inset_day list_heading list_upload list_sheet own_number person
register_import register_change school_day school_hours school_record school_term sign_in sign_in_failure
sign_in_link succession term
company troupe availability_change day_off tour_day performance programme_copy programme_target
road_minutes target_decision troupe_event
booking booking_handover booking_revision call_off call_off_day call_off_school_day proposal call_off_line came_to cancellation
diary_move draft form_begun guest_place guest_seats handed_link named_person place_pupils promise_limit promised_pupils proposal_move
visit_contact
answer invitation_round invitation chase chasing_run chasing_settings confirmation_request confirmation
gap_owner link_request not_raised note
board_date report_reminder visit_report report_withdrawal reported_pupils
board_report kept_filter
plan plan_figures plan_free_day plan_unplaced_proposal plan_left_out plan_line
""".split()
"""In the order in which they are made, a paragraph a room."""


def upgrade():
    partnership_and_programme()
    ground()
    post()
    county()
    tour()
    booking()
    asking()
    visits()
    coverage()
    planning()


def downgrade():
    for table in reversed(TABLES):
        op.drop_table(table)


def partnership_and_programme():
    """What the rows of every room name."""
    op.create_table(
        "partnership",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("county", sa.Text(), nullable=False),
        sa.Column("reference_prefix", sa.Text(), nullable=False),
        sa.Column("contact_name", sa.Text(), nullable=False),
        sa.Column("contact_role", sa.Text(), nullable=False),
        sa.Column("contact_email", sa.Text(), nullable=False),
        sa.Column("contact_phone", sa.Text(), nullable=False),
        sa.Column("road_base_minutes", sa.Double(), nullable=False),
        sa.Column("road_minutes_per_km", sa.Double(), nullable=False),
        sa.Column("hold_minutes", sa.Integer(), nullable=False),
        sa.Column("slot_step_minutes", sa.Integer(), nullable=False),
        sa.Column("school_opens", sa.Time(), nullable=False),
        sa.Column("school_closes", sa.Time(), nullable=False),
        sa.Column("guest_minutes", sa.Integer(), server_default="30", nullable=False),
        sa.Column("small_school_pupils", sa.Integer(), server_default="40", nullable=False),
        sa.Column("districts_geojson", sa.Text(), nullable=True),
        sa.Column("road_table", sa.Text(), nullable=True),
        sa.CheckConstraint("hold_minutes BETWEEN 5 AND 60", name=op.f("ck_partnership_hold")),
        sa.CheckConstraint(
            "road_base_minutes >= 0 AND road_minutes_per_km >= 0", name=op.f("ck_partnership_road")
        ),
        sa.CheckConstraint("slot_step_minutes BETWEEN 5 AND 60", name=op.f("ck_partnership_step")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partnership")),
        sa.UniqueConstraint("name", name=op.f("uq_partnership_name")),
    )
    op.create_table(
        "programme",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("academic_year", sa.Integer(), nullable=False),
        sa.Column("for_adults", sa.Boolean(), nullable=False),
        sa.Column("running_minutes", sa.Integer(), nullable=False),
        sa.Column("discussion_minutes", sa.Integer(), nullable=False),
        sa.Column("get_in_minutes", sa.Integer(), nullable=False),
        sa.Column("get_out_minutes", sa.Integer(), nullable=False),
        sa.Column("audience_ceiling", sa.Integer(), nullable=False),
        sa.Column("shows_a_day", sa.Integer(), nullable=False),
        sa.Column("earliest_start", sa.Time(), nullable=False),
        sa.Column("latest_finish", sa.Time(), nullable=False),
        sa.Column("notice_book_days", sa.Integer(), nullable=False),
        sa.Column("notice_move_days", sa.Integer(), nullable=False),
        sa.Column("notice_cancel_days", sa.Integer(), nullable=False),
        sa.Column("reply_by", sa.Date(), nullable=False),
        sa.Column("cost", sa.Text(), nullable=False),
        sa.Column("school_provides", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("audience_ceiling > 0", name=op.f("ck_programme_ceiling")),
        sa.CheckConstraint("earliest_start < latest_finish", name=op.f("ck_programme_hours")),
        sa.CheckConstraint("get_in_minutes >= 0 AND get_out_minutes >= 0", name=op.f("ck_programme_get_in")),
        sa.CheckConstraint(
            "running_minutes > 0 AND discussion_minutes >= 0", name=op.f("ck_programme_length")
        ),
        sa.CheckConstraint("shows_a_day > 0", name=op.f("ck_programme_shows")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_programme_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme")),
        sa.UniqueConstraint("id", "partnership_id", name=op.f("uq_programme_id_partnership_id")),
    )
    op.create_index(op.f("ix_programme_partnership_id"), "programme", ["partnership_id"])


def ground():
    op.create_table(
        "history",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("partnership_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "partnership_id IS NOT NULL OR subject IN ('incoming', 'post', 'register', 'school')",
            name=op.f("ck_history_partnership"),
        ),
        sa.CheckConstraint(
            "subject <> 'partnership' OR subject_id = CAST(partnership_id AS TEXT)",
            name=op.f("ck_history_own"),
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_history_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history")),
    )
    op.create_index("ix_history_subject", "history", ["subject", "subject_id"])


def post():
    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("ending", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_api_token_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_index(op.f("ix_api_token_partnership_id"), "api_token", ["partnership_id"])
    op.create_table(
        "letter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("sender_address", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("dtstamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("give_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_by", sa.Text(), nullable=True),
        sa.Column("perhaps_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_letter_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint("id", "partnership_id", name=op.f("uq_letter_id_partnership_id")),
        sa.UniqueConstraint("message_id", name=op.f("uq_letter_message_id")),
        sa.UniqueConstraint(
            "stream",
            "recipient",
            "kind",
            "method",
            "sequence",
            "dtstamp",
            name=op.f("uq_letter_stream_recipient_kind_method_sequence_dtstamp"),
        ),
    )
    op.create_index("ix_letter_counted", "letter", ["partnership_id", "status", "handed_at"])
    op.create_index(op.f("ix_letter_recipient"), "letter", ["recipient"])
    op.create_index(op.f("ix_letter_sender_address"), "letter", ["sender_address"])
    op.create_index("ix_letter_status", "letter", ["status", "not_before"])
    op.create_index(op.f("ix_letter_stream"), "letter", ["stream"])
    op.create_index("ix_letter_written_to", "letter", ["partnership_id", "recipient"])
    op.create_table(
        "letter_mail",
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"], name=op.f("fk_letter_mail_letter_id")),
        sa.PrimaryKeyConstraint("letter_id", name=op.f("pk_letter_mail")),
    )
    if op.get_bind().dialect.name == "postgresql":
        # Room on each page, so that taking a letter in hand moves no row and touches no index.
        op.execute("ALTER TABLE letter SET (fillfactor = 60)")
        # A mail is base64 and quoted-printable: packing it saves little, and takes most of the time of sending it.
        op.execute("ALTER TABLE letter_mail ALTER COLUMN raw SET STORAGE EXTERNAL")
    op.create_table(
        "incoming",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("sender_name", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=True),
        sa.Column("authenticated", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=False),
        sa.Column("settled_as", sa.Text(), nullable=False),
        sa.CheckConstraint("(task = '') = (why = '')", name=op.f("ck_incoming_why")),
        sa.CheckConstraint(
            "authenticated IN ('pass', 'fail', 'none')", name=op.f("ck_incoming_authenticated")
        ),
        sa.CheckConstraint(
            "kind IN ('answer', 'counter', 'refresh', 'bounce', 'auto-reply', 'person', 'invite', 'unreadable')",
            name=op.f("ck_incoming_kind"),
        ),
        sa.CheckConstraint(
            "task IN ('', 'newcomer', 'doubt', 'decline', 'wish', 'address', 'mail', 'raw')",
            name=op.f("ck_incoming_task"),
        ),
        sa.ForeignKeyConstraint(
            ["letter_id", "partnership_id"],
            ["letter.id", "letter.partnership_id"],
            name=op.f("fk_incoming_letter_id"),
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_incoming_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incoming")),
        sa.UniqueConstraint("digest", name=op.f("uq_incoming_digest")),
    )
    op.create_index(op.f("ix_incoming_letter_id"), "incoming", ["letter_id"])
    op.create_index(
        "ix_incoming_sender", "incoming", ["partnership_id", sa.literal_column("lower(sender)")], unique=False
    )
    op.create_index(op.f("ix_incoming_stream"), "incoming", ["stream"])
    op.create_index(
        "ix_incoming_waiting",
        "incoming",
        ["partnership_id", "received_at"],
        postgresql_where=sa.text("task <> '' AND settled_at IS NULL"),
        sqlite_where=sa.text("task <> '' AND settled_at IS NULL"),
    )
    op.create_table(
        "incoming_mail",
        sa.Column("incoming_id", sa.Integer(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["incoming_id"], ["incoming.id"], name=op.f("fk_incoming_mail_incoming_id")),
        sa.PrimaryKeyConstraint("incoming_id", name=op.f("pk_incoming_mail")),
    )
    op.create_table(
        "calendar_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incoming_id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("dtstamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("partstat", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("authenticated", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "partstat IN ('ACCEPTED', 'TENTATIVE', 'DECLINED')", name=op.f("ck_calendar_answer_partstat")
        ),
        sa.ForeignKeyConstraint(
            ["incoming_id"], ["incoming.id"], name=op.f("fk_calendar_answer_incoming_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_answer")),
    )
    op.create_index(op.f("ix_calendar_answer_incoming_id"), "calendar_answer", ["incoming_id"])
    op.create_index("ix_calendar_answer_uid", "calendar_answer", ["uid", "address"])
    op.create_table(
        "counter_proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incoming_id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("dtstamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_as", sa.Text(), nullable=False),
        sa.Column("ended_by", sa.Text(), nullable=False),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_as = '')", name=op.f("ck_counter_proposal_ended")),
        sa.CheckConstraint(
            "ended_as IN ('', 'accepted', 'refused', 'overtaken')", name=op.f("ck_counter_proposal_ended_as")
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_counter_proposal_order")),
        sa.ForeignKeyConstraint(
            ["incoming_id"], ["incoming.id"], name=op.f("fk_counter_proposal_incoming_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter_proposal")),
    )
    op.create_index(
        op.f("ix_counter_proposal_incoming_id"), "counter_proposal", ["incoming_id"], unique=False
    )
    op.create_index("ix_counter_proposal_uid", "counter_proposal", ["uid"])
    op.create_table(
        "dead_address",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_address")),
    )
    op.create_index(op.f("ix_dead_address_address"), "dead_address", ["address"])
    op.create_index(
        "ix_dead_address_lower", "dead_address", [sa.literal_column("lower(address)")], unique=False
    )
    op.create_table(
        "feed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Integer(), nullable=False),
        sa.Column("holder", sa.Integer(), server_default="0", nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('school', 'troupe', 'coordinator', 'board')", name=op.f("ck_feed_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed")),
        sa.UniqueConstraint("nonce", name=op.f("uq_feed_nonce")),
    )
    op.create_index(op.f("ix_feed_partnership_id"), "feed", ["partnership_id"])
    op.create_index("ix_feed_subject", "feed", ["kind", "subject"])
    op.create_table(
        "feed_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_entry")),
        sa.UniqueConstraint("kind", "subject", "uid", name=op.f("uq_feed_entry_kind_subject_uid")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_feed_entry_gone",
        "feed_entry",
        ["kind", "subject", "gone_at"],
        postgresql_where=sa.text("gone_at IS NOT NULL"),
        sqlite_where=sa.text("gone_at IS NOT NULL"),
    )
    op.create_index("ix_feed_entry_newest", "feed_entry", ["kind", "subject", "id"])
    op.create_table(
        "mailbox_look",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("succeeded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_mailbox_look_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailbox_look")),
    )
    op.create_table(
        "personal_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["programme_id", "partnership_id"],
            ["programme.id", "programme.partnership_id"],
            name=op.f("fk_personal_link_programme_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personal_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_personal_link_token_hash")),
    )
    op.create_index("ix_personal_link_subject", "personal_link", ["urn", "programme_id"])
    op.create_table(
        "post_pause",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="refused", nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("again_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("holder", sa.Text(), server_default="", nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_pause")),
    )
    op.create_table(
        "postman",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_postman")),
        sa.UniqueConstraint("name", name=op.f("uq_postman_name")),
    )
    op.create_index(op.f("ix_postman_seen_at"), "postman", ["seen_at"])
    op.create_table(
        "troupe_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("troupe_id", sa.Integer(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_troupe_link")),
        sa.UniqueConstraint("nonce", name=op.f("uq_troupe_link_nonce")),
    )
    op.create_index(op.f("ix_troupe_link_partnership_id"), "troupe_link", ["partnership_id"])
    op.create_index(
        "uq_troupe_link_troupe_id",
        "troupe_link",
        ["troupe_id"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
        sqlite_where=sa.text("withdrawn_at IS NULL"),
    )


def county():
    op.create_table(
        "authority",
        sa.Column("la_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_authority_partnership_id")
        ),
        sa.PrimaryKeyConstraint("la_code", name=op.f("pk_authority")),
    )
    op.create_index(op.f("ix_authority_partnership_id"), "authority", ["partnership_id"])
    op.create_table(
        "authority_covered",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("la_code", sa.Text(), nullable=False),
        sa.Column("covered", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_authority_covered_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authority_covered")),
    )
    op.create_index(
        "ix_authority_covered_partnership",
        "authority_covered",
        ["partnership_id", "la_code", "id"],
    )
    op.create_table(
        "school",
        sa.Column("urn", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("found_by", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("establishment_number", sa.Integer(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("type_of_establishment", sa.Text(), nullable=False),
        sa.Column("phase_of_education", sa.Text(), nullable=True),
        sa.Column("statutory_low_age", sa.Integer(), nullable=True),
        sa.Column("statutory_high_age", sa.Integer(), nullable=True),
        sa.Column("number_of_pupils", sa.Integer(), nullable=True),
        sa.Column("census_date", sa.Date(), nullable=True),
        sa.Column("percentage_fsm", sa.Float(), nullable=True),
        sa.Column("la_code", sa.Text(), nullable=False),
        sa.Column("district_code", sa.Text(), nullable=True),
        sa.Column("district_name", sa.Text(), nullable=True),
        sa.Column("trust_name", sa.Text(), nullable=True),
        sa.Column("federation_name", sa.Text(), nullable=True),
        sa.Column("urban_rural", sa.Text(), nullable=True),
        sa.Column("street", sa.Text(), nullable=False),
        sa.Column("locality", sa.Text(), nullable=False),
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("postcode", sa.Text(), nullable=False),
        sa.Column("website", sa.Text(), nullable=False),
        sa.Column("telephone", sa.Text(), nullable=False),
        sa.Column("easting", sa.Integer(), nullable=True),
        sa.Column("northing", sa.Integer(), nullable=True),
        sa.Column("open_date", sa.Date(), nullable=True),
        sa.Column("close_date", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("urn", name=op.f("pk_school")),
    )
    op.create_index("ix_school_establishment_number", "school", ["establishment_number"])
    op.create_index("ix_school_la_code", "school", ["la_code"])
    op.create_table(
        "change_of_hands",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("giver_id", sa.Integer(), nullable=False),
        sa.Column("receiver_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("la_code", sa.Text(), nullable=True),
        sa.Column("district_code", sa.Text(), nullable=True),
        sa.Column("district_name", sa.Text(), nullable=True),
        sa.Column("predecessor_urn", sa.Integer(), nullable=True),
        sa.Column("successor_urn", sa.Integer(), nullable=True),
        sa.Column("link_date", sa.Date(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(receiver_id IS NULL) = (outcome IS NOT NULL AND outcome = 'left')",
            name=op.f("ck_change_of_hands_whose"),
        ),
        sa.CheckConstraint(
            "outcome IN ('agreed', 'kept', 'overtaken', 'left')", name=op.f("ck_change_of_hands_outcome")
        ),
        sa.CheckConstraint(
            "(la_code IS NULL) = (predecessor_urn IS NOT NULL)", name=op.f("ck_change_of_hands_what")
        ),
        sa.CheckConstraint(
            "(predecessor_urn IS NULL) = (successor_urn IS NULL)", name=op.f("ck_change_of_hands_ends")
        ),
        sa.CheckConstraint(
            "(settled_at IS NULL) = (outcome IS NULL)", name=op.f("ck_change_of_hands_settled")
        ),
        sa.CheckConstraint(
            "receiver_id IS NULL OR receiver_id <> giver_id", name=op.f("ck_change_of_hands_another")
        ),
        sa.ForeignKeyConstraint(["giver_id"], ["partnership.id"], name=op.f("fk_change_of_hands_giver_id")),
        sa.ForeignKeyConstraint(
            ["receiver_id"], ["partnership.id"], name=op.f("fk_change_of_hands_receiver_id")
        ),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_change_of_hands_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_of_hands")),
    )
    op.create_index("ix_change_of_hands_giver", "change_of_hands", ["giver_id", "settled_at"])
    op.create_index(
        "ix_change_of_hands_receiver", "change_of_hands", ["receiver_id", "settled_at"], unique=False
    )
    op.create_index("ix_change_of_hands_urn", "change_of_hands", ["urn", "settled_at"])
    op.create_index(
        "uq_change_of_hands_link",
        "change_of_hands",
        ["predecessor_urn", "successor_urn"],
        unique=True,
        postgresql_where=sa.text("settled_at IS NULL"),
        sqlite_where=sa.text("settled_at IS NULL"),
    )
    op.create_index(
        "uq_change_of_hands_school",
        "change_of_hands",
        ["urn", "receiver_id"],
        unique=True,
        postgresql_where=sa.text("settled_at IS NULL AND la_code IS NOT NULL"),
        sqlite_where=sa.text("settled_at IS NULL AND la_code IS NOT NULL"),
    )
    op.create_table(
        "contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_date", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("found_by", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_contact_partnership_id")
        ),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_contact_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    op.create_index("ix_contact_address", "contact", ["address"])
    op.create_index(op.f("ix_contact_partnership_id"), "contact", ["partnership_id"])
    op.create_index("ix_contact_urn", "contact", ["urn"])
    op.create_index(
        "uq_contact_urn_address",
        "contact",
        ["urn", "partnership_id", "address"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "contact_list",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("named", sa.Integer(), nullable=False),
        sa.Column("made", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("merged", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("not_in_target", sa.Integer(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name=op.f("ck_contact_list_withdrawn")
        ),
        sa.CheckConstraint(
            "named = made + changed + unchanged + merged + left_out + not_in_target",
            name=op.f("ck_contact_list_adds_up"),
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_contact_list_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_list")),
        sa.UniqueConstraint("id", "partnership_id", name=op.f("uq_contact_list_id_partnership_id")),
    )
    op.create_index(op.f("ix_contact_list_partnership_id"), "contact_list", ["partnership_id"])
    op.create_table(
        "contact_list_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("replaced_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("replaced_id <> contact_id", name=op.f("ck_contact_list_line_replaced")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_contact_list_line_contact_id")),
        sa.ForeignKeyConstraint(
            ["list_id", "partnership_id"],
            ["contact_list.id", "contact_list.partnership_id"],
            name="fk_contact_list_line_list_id",
        ),
        sa.ForeignKeyConstraint(
            ["replaced_id"], ["contact.id"], name=op.f("fk_contact_list_line_replaced_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_list_line")),
        sa.UniqueConstraint("contact_id", name=op.f("uq_contact_list_line_contact_id")),
        sa.UniqueConstraint("replaced_id", name=op.f("uq_contact_list_line_replaced_id")),
    )
    op.create_index("ix_contact_list_line_list_id", "contact_list_line", ["list_id"])
    op.create_table(
        "correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_correction_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
    )
    op.create_index("ix_correction_urn", "correction", ["urn", "id"])
    op.create_table(
        "counted_share",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.CheckConstraint("share > 0 AND share <= 1", name=op.f("ck_counted_share_share")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_counted_share_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counted_share")),
    )
    op.create_index("ix_counted_share_partnership", "counted_share", ["partnership_id", "id"])
    op.create_table(
        "earlier_list",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name=op.f("ck_earlier_list_withdrawn")
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_earlier_list_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_earlier_list")),
        sa.UniqueConstraint("id", "partnership_id", name=op.f("uq_earlier_list_id_partnership_id")),
    )
    op.create_index(op.f("ix_earlier_list_partnership_id"), "earlier_list", ["partnership_id"])
    op.create_table(
        "earlier_visit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("academic_year", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("pupils", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "academic_year BETWEEN 1990 AND 2200", name=op.f("ck_earlier_visit_academic_year")
        ),
        sa.CheckConstraint("pupils BETWEEN 0 AND 3000", name=op.f("ck_earlier_visit_pupils")),
        sa.ForeignKeyConstraint(
            ["list_id", "partnership_id"],
            ["earlier_list.id", "earlier_list.partnership_id"],
            name="fk_earlier_visit_list_id",
        ),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_earlier_visit_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_earlier_visit")),
    )
    op.create_index("ix_earlier_visit_partnership", "earlier_visit", ["partnership_id", "urn"])
    op.create_index(
        "uq_earlier_visit_day",
        "earlier_visit",
        ["list_id", "urn", "day"],
        unique=True,
        postgresql_where=sa.text("day IS NOT NULL"),
        sqlite_where=sa.text("day IS NOT NULL"),
    )
    op.create_index(
        "uq_earlier_visit_year",
        "earlier_visit",
        ["list_id", "urn", "academic_year"],
        unique=True,
        postgresql_where=sa.text("day IS NULL"),
        sqlite_where=sa.text("day IS NULL"),
    )
    op.create_table(
        "inset_day",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("la_code", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["la_code"], ["authority.la_code"], name=op.f("fk_inset_day_la_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inset_day")),
        sa.UniqueConstraint("la_code", "day", name=op.f("uq_inset_day_la_code_day")),
    )
    op.create_table(
        "list_heading",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=False),
        sa.Column("taken_as", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_list_heading_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_heading")),
        sa.UniqueConstraint(
            "partnership_id", "kind", "heading", name=op.f("uq_list_heading_partnership_id_kind_heading")
        ),
    )
    op.create_index(op.f("ix_list_heading_partnership_id"), "list_heading", ["partnership_id"])
    op.create_table(
        "list_upload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('contacts', 'past shows')", name=op.f("ck_list_upload_kind")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_list_upload_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_upload")),
        sa.UniqueConstraint("token", name=op.f("uq_list_upload_token")),
    )
    op.create_index(op.f("ix_list_upload_partnership_id"), "list_upload", ["partnership_id"])
    op.create_index("ix_list_upload_uploaded_at", "list_upload", ["uploaded_at"])
    op.create_table(
        "list_sheet",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("upload_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("merged", sa.Text(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["upload_id"], ["list_upload.id"], name=op.f("fk_list_sheet_upload_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_sheet")),
        sa.UniqueConstraint("upload_id", "number", name=op.f("uq_list_sheet_upload_id_number")),
    )
    op.create_table(
        "own_number",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("academic_year", sa.Integer(), nullable=False),
        sa.Column("year_group", sa.Integer(), nullable=False),
        sa.Column("pupils", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.CheckConstraint("pupils >= 0", name=op.f("ck_own_number_pupils")),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_own_number_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_number")),
    )
    op.create_index("ix_own_number_urn", "own_number", ["urn", "academic_year", "id"])
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("session_key", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_person_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
    )
    op.create_index(op.f("ix_person_partnership_id"), "person", ["partnership_id"])
    op.create_table(
        "register_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("la_codes", sa.Text(), nullable=False),
        sa.Column("file_day", sa.Date(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_import")),
    )
    op.create_table(
        "register_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("la_code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('accepted', 'kept ours', 'overtaken')", name=op.f("ck_register_change_outcome")
        ),
        sa.CheckConstraint(
            "(settled_at IS NULL) = (outcome IS NULL)", name=op.f("ck_register_change_settled")
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["register_import.id"], name=op.f("fk_register_change_import_id")
        ),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_register_change_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_change")),
        sa.UniqueConstraint("import_id", "urn", "field", name=op.f("uq_register_change_import_id_urn_field")),
    )
    op.create_index("ix_register_change_la_code", "register_change", ["la_code", "settled_at"])
    op.create_index(
        "uq_register_change_open",
        "register_change",
        ["urn", "field"],
        unique=True,
        postgresql_where=sa.text("settled_at IS NULL"),
        sqlite_where=sa.text("settled_at IS NULL"),
    )
    op.create_table(
        "school_day",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_school_day_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_day")),
        sa.UniqueConstraint("urn", "day", name=op.f("uq_school_day_urn_day")),
    )
    op.create_table(
        "school_hours",
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("opens", sa.Time(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=False),
        sa.CheckConstraint("opens < closes", name=op.f("ck_school_hours_order")),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_school_hours_urn")),
        sa.PrimaryKeyConstraint("urn", name=op.f("pk_school_hours")),
    )
    op.create_table(
        "school_record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("establishment_number", sa.Integer(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("type_of_establishment", sa.Text(), nullable=False),
        sa.Column("phase_of_education", sa.Text(), nullable=True),
        sa.Column("statutory_low_age", sa.Integer(), nullable=True),
        sa.Column("statutory_high_age", sa.Integer(), nullable=True),
        sa.Column("number_of_pupils", sa.Integer(), nullable=True),
        sa.Column("census_date", sa.Date(), nullable=True),
        sa.Column("percentage_fsm", sa.Float(), nullable=True),
        sa.Column("la_code", sa.Text(), nullable=False),
        sa.Column("district_code", sa.Text(), nullable=True),
        sa.Column("district_name", sa.Text(), nullable=True),
        sa.Column("trust_name", sa.Text(), nullable=True),
        sa.Column("federation_name", sa.Text(), nullable=True),
        sa.Column("urban_rural", sa.Text(), nullable=True),
        sa.Column("street", sa.Text(), nullable=False),
        sa.Column("locality", sa.Text(), nullable=False),
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("postcode", sa.Text(), nullable=False),
        sa.Column("website", sa.Text(), nullable=False),
        sa.Column("telephone", sa.Text(), nullable=False),
        sa.Column("easting", sa.Integer(), nullable=True),
        sa.Column("northing", sa.Integer(), nullable=True),
        sa.Column("open_date", sa.Date(), nullable=True),
        sa.Column("close_date", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"], ["register_import.id"], name=op.f("fk_school_record_import_id")
        ),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_school_record_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_record")),
    )
    op.create_index("ix_school_record_la_code", "school_record", ["la_code"])
    op.create_index("ix_school_record_urn", "school_record", ["urn", "id"])
    op.create_table(
        "school_term",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_school_term_order")),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_school_term_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_term")),
        sa.UniqueConstraint("urn", "first_day", name=op.f("uq_school_term_urn_first_day")),
    )
    op.create_table(
        "sign_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("signed_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_sign_in_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
    )
    op.create_index("ix_sign_in_person", "sign_in", ["person_id", "signed_in_at"])
    op.create_table(
        "sign_in_failure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("remote", sa.Text(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failure")),
    )
    op.create_index(op.f("ix_sign_in_failure_email"), "sign_in_failure", ["email"])
    op.create_index(op.f("ix_sign_in_failure_remote"), "sign_in_failure", ["remote"])
    op.create_table(
        "sign_in_link",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in_link")),
    )
    op.create_index(op.f("ix_sign_in_link_person_id"), "sign_in_link", ["person_id"])
    op.create_table(
        "succession",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("predecessor_urn", sa.Integer(), nullable=False),
        sa.Column("successor_urn", sa.Integer(), nullable=False),
        sa.Column("link_date", sa.Date(), nullable=True),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("predecessor_urn <> successor_urn", name=op.f("ck_succession_other")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_succession")),
        sa.UniqueConstraint(
            "predecessor_urn", "successor_urn", name=op.f("uq_succession_predecessor_urn_successor_urn")
        ),
    )
    op.create_index("ix_succession_successor", "succession", ["successor_urn"])
    op.create_table(
        "term",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("la_code", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_term_order")),
        sa.ForeignKeyConstraint(["la_code"], ["authority.la_code"], name=op.f("fk_term_la_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_term")),
        sa.UniqueConstraint("la_code", "first_day", name=op.f("uq_term_la_code_first_day")),
    )


def tour():
    op.create_table(
        "company",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("contact_name", sa.Text(), nullable=False),
        sa.Column("contact_email", sa.Text(), nullable=False),
        sa.Column("contact_phone", sa.Text(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_company_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company")),
        sa.UniqueConstraint("partnership_id", "name", name=op.f("uq_company_partnership_id_name")),
    )
    op.create_index(op.f("ix_company_partnership_id"), "company", ["partnership_id"])
    op.create_table(
        "troupe",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("base_name", sa.Text(), nullable=False),
        sa.Column("base_easting", sa.Integer(), nullable=True),
        sa.Column("base_northing", sa.Integer(), nullable=True),
        sa.Column("calendar_address", sa.Text(), nullable=False),
        sa.Column("rest_hours", sa.Integer(), server_default="11", nullable=False),
        sa.Column("lunch_minutes", sa.Integer(), server_default="30", nullable=False),
        sa.Column("latest_return", sa.Time(), nullable=True),
        sa.Column("overnight_stays", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("cost_day_pence", sa.Integer(), nullable=True),
        sa.Column("cost_km_pence", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_troupe_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_troupe")),
        sa.UniqueConstraint("company_id", "name", name=op.f("uq_troupe_company_id_name")),
    )
    op.create_index(op.f("ix_troupe_company_id"), "troupe", ["company_id"])
    op.create_table(
        "availability_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("troupe_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("days", sa.JSON(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["troupe_id"], ["troupe.id"], name=op.f("fk_availability_change_troupe_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_availability_change")),
    )
    op.create_index(
        "ix_availability_change_troupe_id", "availability_change", ["troupe_id", "recorded_at"], unique=False
    )
    op.create_table(
        "day_off",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("troupe_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["troupe_id"], ["troupe.id"], name=op.f("fk_day_off_troupe_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_off")),
    )
    op.create_index(
        "uq_day_off_troupe_id_day",
        "day_off",
        ["troupe_id", "day"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "tour_day",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("troupe_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("leaves", sa.Time(), nullable=False),
        sa.Column("returns", sa.Time(), nullable=False),
        sa.Column("shows_at_most", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stays_at", sa.Text(), server_default="", nullable=False),
        sa.Column("stays_easting", sa.Integer(), nullable=True),
        sa.Column("stays_northing", sa.Integer(), nullable=True),
        sa.CheckConstraint("leaves < returns", name=op.f("ck_tour_day_hours")),
        sa.CheckConstraint("shows_at_most > 0", name=op.f("ck_tour_day_shows")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_tour_day_programme_id")),
        sa.ForeignKeyConstraint(["troupe_id"], ["troupe.id"], name=op.f("fk_tour_day_troupe_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tour_day")),
    )
    op.create_index(op.f("ix_tour_day_programme_id"), "tour_day", ["programme_id"])
    op.create_index(
        "uq_tour_day_troupe_id_day",
        "tour_day",
        ["troupe_id", "day"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "performance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("tour_day_id", sa.Integer(), nullable=False),
        sa.Column("troupe_id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("easting", sa.Integer(), nullable=True),
        sa.Column("northing", sa.Integer(), nullable=True),
        sa.Column("road_from_urn", sa.Integer(), nullable=True),
        sa.Column("road_from_minutes", sa.Integer(), nullable=True),
        sa.Column("road_to_urn", sa.Integer(), nullable=True),
        sa.Column("road_to_minutes", sa.Integer(), nullable=True),
        sa.Column("get_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("away_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("organizer_token", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "get_in_at <= starts_at AND starts_at < ends_at AND ends_at <= away_at",
            name=op.f("ck_performance_order"),
        ),
        sa.CheckConstraint(
            "(road_from_urn IS NULL) = (road_from_minutes IS NULL) AND road_from_minutes >= 0",
            name=op.f("ck_performance_road_from"),
        ),
        sa.CheckConstraint(
            "(road_to_urn IS NULL) = (road_to_minutes IS NULL) AND road_to_minutes >= 0",
            name=op.f("ck_performance_road_to"),
        ),
        sa.ForeignKeyConstraint(
            ["programme_id", "partnership_id"],
            ["programme.id", "programme.partnership_id"],
            name=op.f("fk_performance_programme_id"),
        ),
        sa.ForeignKeyConstraint(["tour_day_id"], ["tour_day.id"], name=op.f("fk_performance_tour_day_id")),
        sa.ForeignKeyConstraint(["troupe_id"], ["troupe.id"], name=op.f("fk_performance_troupe_id")),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_performance_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_performance")),
        sa.UniqueConstraint("id", "partnership_id", name=op.f("uq_performance_id_partnership_id")),
        sa.UniqueConstraint("organizer_token", name=op.f("uq_performance_organizer_token")),
        sa.UniqueConstraint("uid", name=op.f("uq_performance_uid")),
    )
    op.create_index("ix_performance_programme", "performance", ["programme_id"])
    op.create_index("ix_performance_tour_day", "performance", ["tour_day_id"])
    op.create_index("ix_performance_urn", "performance", ["urn"])
    op.create_table(
        "programme_copy",
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("from_programme_id", sa.Integer(), nullable=False),
        sa.Column("academic_year", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["from_programme_id"], ["programme.id"], name=op.f("fk_programme_copy_from_programme_id")
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_programme_copy_programme_id")
        ),
        sa.PrimaryKeyConstraint("programme_id", name=op.f("pk_programme_copy")),
        sa.UniqueConstraint(
            "from_programme_id",
            "academic_year",
            name=op.f("uq_programme_copy_from_programme_id_academic_year"),
        ),
    )
    op.create_table(
        "programme_target",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("year_groups", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_programme_target_programme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_target")),
    )
    op.create_index("ix_programme_target_programme", "programme_target", ["programme_id", "id"])
    op.create_table(
        "road_minutes",
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("one", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("other", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_road_minutes_minutes")),
        sa.CheckConstraint("one < other", name=op.f("ck_road_minutes_order")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_road_minutes_partnership_id")
        ),
        sa.PrimaryKeyConstraint("partnership_id", "one", "other", name=op.f("pk_road_minutes")),
    )
    op.create_table(
        "target_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("year_groups", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.CheckConstraint("kind <> 'include' OR year_groups <> ''", name=op.f("ck_target_decision_include")),
        sa.CheckConstraint(
            "kind IN ('exclude', 'include', 'withdraw')", name=op.f("ck_target_decision_kind")
        ),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_target_decision_reason")),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_target_decision_programme_id")
        ),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_target_decision_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_target_decision")),
    )
    op.create_index(
        "ix_target_decision_programme", "target_decision", ["programme_id", "urn", "id"], unique=False
    )
    op.create_table(
        "troupe_event",
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("performance_id", sa.Integer(), nullable=False),
        sa.Column("troupe_id", sa.Integer(), nullable=False),
        sa.Column("organizer_token", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["performance_id"],
            ["performance.id"],
            name=op.f("fk_troupe_event_performance_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["troupe_id"], ["troupe.id"], name=op.f("fk_troupe_event_troupe_id")),
        sa.PrimaryKeyConstraint("uid", name=op.f("pk_troupe_event")),
        sa.UniqueConstraint("organizer_token", name=op.f("uq_troupe_event_organizer_token")),
    )
    op.create_index("ix_troupe_event_performance_id", "troupe_event", ["performance_id"])


def booking():
    op.create_table(
        "booking",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("performance_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("hall", sa.Text(), nullable=False),
        sa.Column("step_free", sa.Boolean(), nullable=True),
        sa.Column("access_needs", sa.JSON(), nullable=False),
        sa.Column("arrival_note", sa.Text(), nullable=False),
        sa.Column("booked_by", sa.Text(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("organizer_token", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("place_sequence", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.CheckConstraint("role IN ('host', 'guest')", name=op.f("ck_booking_role")),
        sa.CheckConstraint("seats >= 0", name=op.f("ck_booking_seats")),
        sa.ForeignKeyConstraint(
            ["performance_id", "partnership_id"],
            ["performance.id", "performance.partnership_id"],
            name=op.f("fk_booking_performance_id"),
        ),
        sa.ForeignKeyConstraint(
            ["programme_id", "partnership_id"],
            ["programme.id", "programme.partnership_id"],
            name=op.f("fk_booking_programme_id"),
        ),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_booking_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking")),
        sa.UniqueConstraint("id", "partnership_id", name=op.f("uq_booking_id_partnership_id")),
        sa.UniqueConstraint("organizer_token", name=op.f("uq_booking_organizer_token")),
        sa.UniqueConstraint("reference", name=op.f("uq_booking_reference")),
        sa.UniqueConstraint("uid", name=op.f("uq_booking_uid")),
    )
    op.create_index("ix_booking_performance", "booking", ["performance_id"])
    op.create_index("ix_booking_programme", "booking", ["programme_id", "urn"])
    op.create_index(
        "uq_booking_host",
        "booking",
        ["performance_id"],
        unique=True,
        postgresql_where=sa.text("role = 'host' AND ended_at IS NULL"),
        sqlite_where=sa.text("role = 'host' AND ended_at IS NULL"),
    )
    op.create_table(
        "booking_handover",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.Column("from_urn", sa.Integer(), nullable=False),
        sa.Column("to_urn", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.CheckConstraint("from_urn <> to_urn", name=op.f("ck_booking_handover_other")),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_booking_handover_booking_id")),
        sa.ForeignKeyConstraint(["from_urn"], ["school.urn"], name=op.f("fk_booking_handover_from_urn")),
        sa.ForeignKeyConstraint(["to_urn"], ["school.urn"], name=op.f("fk_booking_handover_to_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_handover")),
    )
    op.create_index("ix_booking_handover_booking", "booking_handover", ["booking_id", "id"])
    op.create_index("ix_booking_handover_from", "booking_handover", ["from_urn"])
    op.create_index("ix_booking_handover_to", "booking_handover", ["to_urn"])
    op.create_table(
        "booking_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_booking_revision_booking_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_revision")),
    )
    op.create_index("ix_booking_revision_booking", "booking_revision", ["booking_id", "id"])
    op.create_table(
        "call_off",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("troupe_id", sa.Integer(), nullable=True),
        sa.Column("schools_of", sa.Text(), nullable=True),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=False),
        sa.CheckConstraint("part IN ('day', 'morning', 'afternoon')", name=op.f("ck_call_off_part")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_call_off_reason")),
        sa.CheckConstraint("(troupe_id IS NULL) <> (schools_of IS NULL)", name=op.f("ck_call_off_whom")),
        sa.CheckConstraint("first <= last", name=op.f("ck_call_off_span")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_call_off_partnership_id")
        ),
        sa.ForeignKeyConstraint(["troupe_id"], ["troupe.id"], name=op.f("fk_call_off_troupe_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_off")),
        sa.UniqueConstraint("key", name=op.f("uq_call_off_key")),
    )
    op.create_index("ix_call_off_partnership", "call_off", ["partnership_id", "recorded_at"])
    op.create_table(
        "call_off_day",
        sa.Column("call_off_id", sa.Integer(), nullable=False),
        sa.Column("tour_day_id", sa.Integer(), nullable=False),
        sa.Column("leaves", sa.Time(), nullable=False),
        sa.Column("returns", sa.Time(), nullable=False),
        sa.Column("shows_at_most", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["call_off_id"], ["call_off.id"], name=op.f("fk_call_off_day_call_off_id")),
        sa.ForeignKeyConstraint(["tour_day_id"], ["tour_day.id"], name=op.f("fk_call_off_day_tour_day_id")),
        sa.PrimaryKeyConstraint("call_off_id", "tour_day_id", name=op.f("pk_call_off_day")),
    )
    op.create_table(
        "call_off_school_day",
        sa.Column("call_off_id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_off_id"], ["call_off.id"], name=op.f("fk_call_off_school_day_call_off_id")
        ),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_call_off_school_day_urn")),
        sa.PrimaryKeyConstraint("call_off_id", "urn", "day", name=op.f("pk_call_off_school_day")),
    )
    op.create_table(
        "proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("performance_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uid", sa.Text(), nullable=True),
        sa.Column("organizer_token", sa.Text(), nullable=True),
        sa.Column("sequence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("who", sa.Text(), server_default="", nullable=False),
        sa.Column("reply_by", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_as", sa.Text(), nullable=False),
        sa.Column("waiting", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["performance_id"], ["performance.id"], name=op.f("fk_proposal_performance_id")
        ),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_proposal_programme_id")),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_proposal_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
        sa.UniqueConstraint("organizer_token", name=op.f("uq_proposal_organizer_token")),
        sa.UniqueConstraint("uid", name=op.f("uq_proposal_uid")),
    )
    op.create_index("ix_proposal_programme", "proposal", ["programme_id", "urn"])
    op.create_index(
        "uq_proposal_waiting",
        "proposal",
        ["programme_id", "urn"],
        unique=True,
        postgresql_where=sa.text("waiting AND ended_at IS NULL"),
        sqlite_where=sa.text("waiting AND ended_at IS NULL"),
    )
    op.create_table(
        "call_off_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_off_id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=True),
        sa.Column("proposal_id", sa.Integer(), nullable=True),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("new_proposal_id", sa.Integer(), nullable=True),
        sa.Column("why_none", sa.Text(), nullable=False),
        sa.Column("to_ring", sa.Boolean(), nullable=False),
        sa.Column("rung_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rung_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(booking_id IS NULL) <> (proposal_id IS NULL)", name=op.f("ck_call_off_line_one")
        ),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_call_off_line_booking_id")),
        sa.ForeignKeyConstraint(["call_off_id"], ["call_off.id"], name=op.f("fk_call_off_line_call_off_id")),
        sa.ForeignKeyConstraint(
            ["new_proposal_id"], ["proposal.id"], name=op.f("fk_call_off_line_new_proposal_id")
        ),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_call_off_line_proposal_id")),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_call_off_line_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_off_line")),
        sa.UniqueConstraint("booking_id", name=op.f("uq_call_off_line_booking_id")),
        sa.UniqueConstraint("new_proposal_id", name=op.f("uq_call_off_line_new_proposal_id")),
        sa.UniqueConstraint("proposal_id", name=op.f("uq_call_off_line_proposal_id")),
    )
    op.create_index("ix_call_off_line_call_off", "call_off_line", ["call_off_id"])
    op.create_table(
        "cancellation",
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_by", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "cancelled_by IN ('school', 'company', 'coordinator', 'host')", name=op.f("ck_cancellation_by")
        ),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_cancellation_reason")),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_cancellation_booking_id")),
        sa.PrimaryKeyConstraint("booking_id", name=op.f("pk_cancellation")),
    )
    op.create_table(
        "diary_move",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("performance_id", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("was_tour_day_id", sa.Integer(), nullable=False),
        sa.Column("was_starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes_saved", sa.Integer(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("undone_at IS NULL OR undone_by <> ''", name=op.f("ck_diary_move_undone")),
        sa.ForeignKeyConstraint(
            ["performance_id"], ["performance.id"], name=op.f("fk_diary_move_performance_id")
        ),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_diary_move_programme_id")),
        sa.ForeignKeyConstraint(
            ["was_tour_day_id"], ["tour_day.id"], name=op.f("fk_diary_move_was_tour_day_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diary_move")),
    )
    op.create_index("ix_diary_move_programme_id", "diary_move", ["programme_id", "recorded_at"])
    op.create_index(
        "uq_diary_move_performance_id_sequence", "diary_move", ["performance_id", "sequence"], unique=True
    )
    op.create_table(
        "draft",
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("typed", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_draft_programme_id")),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_draft_urn")),
        sa.PrimaryKeyConstraint("urn", "programme_id", name=op.f("pk_draft")),
    )
    op.create_table(
        "form_begun",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_form_begun_programme_id")),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_form_begun_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_begun")),
    )
    op.create_index("ix_form_begun_programme", "form_begun", ["programme_id", "urn"])
    op.create_table(
        "guest_place",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("performance_id", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("access_needs", sa.JSON(), nullable=False),
        sa.Column("travels_by", sa.Text(), nullable=False),
        sa.Column("adults", sa.Integer(), nullable=True),
        sa.Column("arrives", sa.Time(), nullable=True),
        sa.Column("travel_note", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=False),
        sa.Column("seats_given", sa.Integer(), nullable=True),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_as", sa.Text(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=True),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("coming_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "answer IN ('', 'fewer', 'agreed', 'refused')", name=op.f("ck_guest_place_answer")
        ),
        sa.CheckConstraint("why IN ('no hall', 'few pupils', 'other')", name=op.f("ck_guest_place_why")),
        sa.CheckConstraint("seats > 0", name=op.f("ck_guest_place_seats")),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_guest_place_booking_id")),
        sa.ForeignKeyConstraint(
            ["performance_id"], ["performance.id"], name=op.f("fk_guest_place_performance_id")
        ),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_guest_place_programme_id")),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_guest_place_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guest_place")),
        sa.UniqueConstraint("booking_id", name=op.f("uq_guest_place_booking_id")),
    )
    op.create_index("ix_guest_place_performance", "guest_place", ["performance_id"])
    op.create_index(
        "uq_guest_place_open",
        "guest_place",
        ["programme_id", "urn"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "guest_seats",
        sa.Column("performance_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.CheckConstraint("how IN ('ask', 'open', 'none')", name=op.f("ck_guest_seats_how")),
        sa.CheckConstraint("seats >= 0", name=op.f("ck_guest_seats_seats")),
        sa.ForeignKeyConstraint(
            ["performance_id"], ["performance.id"], name=op.f("fk_guest_seats_performance_id")
        ),
        sa.PrimaryKeyConstraint("performance_id", name=op.f("pk_guest_seats")),
    )
    op.create_table(
        "handed_link",
        sa.Column("handover_id", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["handover_id"], ["booking_handover.id"], name=op.f("fk_handed_link_handover_id")
        ),
        sa.ForeignKeyConstraint(["link_id"], ["personal_link.id"], name=op.f("fk_handed_link_link_id")),
        sa.PrimaryKeyConstraint("handover_id", "link_id", name=op.f("pk_handed_link")),
    )
    op.create_table(
        "named_person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=True),
        sa.Column("place_id", sa.Integer(), nullable=True),
        sa.Column("about", sa.Integer(), nullable=True),
        sa.Column("instead_of", sa.Text(), server_default="", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), server_default="", nullable=False),
        sa.Column("duty", sa.Text(), server_default="", nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("named_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.Text(), server_default="", nullable=False),
        sa.Column("who", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("(decided_at IS NULL) = (decision = '')", name=op.f("ck_named_person_decided")),
        sa.CheckConstraint(
            "(door = 'booking') = (booking_id IS NOT NULL) AND (door = 'seats') = (place_id IS NOT NULL)",
            name=op.f("ck_named_person_about"),
        ),
        sa.CheckConstraint(
            "decision IN ('', 'granted', 'refused', 'taken back')", name=op.f("ck_named_person_decision")
        ),
        sa.CheckConstraint(
            "door IN ('booking', 'seats', 'somebody else', 'contacts')", name=op.f("ck_named_person_door")
        ),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_named_person_booking_id")),
        sa.ForeignKeyConstraint(["place_id"], ["guest_place.id"], name=op.f("fk_named_person_place_id")),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_named_person_programme_id")
        ),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_named_person_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_named_person")),
    )
    op.create_index("ix_named_person_programme", "named_person", ["programme_id", "decided_at"])
    op.create_index(
        "uq_named_person_booking",
        "named_person",
        ["booking_id", "address"],
        unique=True,
        postgresql_where=sa.text("decided_at IS NULL AND booking_id IS NOT NULL"),
        sqlite_where=sa.text("decided_at IS NULL AND booking_id IS NOT NULL"),
    )
    op.create_index(
        "uq_named_person_place",
        "named_person",
        ["place_id", "address"],
        unique=True,
        postgresql_where=sa.text("decided_at IS NULL AND place_id IS NOT NULL"),
        sqlite_where=sa.text("decided_at IS NULL AND place_id IS NOT NULL"),
    )
    op.create_index(
        "uq_named_person_school",
        "named_person",
        ["programme_id", "urn", "door", "address"],
        unique=True,
        postgresql_where=sa.text("decided_at IS NULL AND booking_id IS NULL AND place_id IS NULL"),
        sqlite_where=sa.text("decided_at IS NULL AND booking_id IS NULL AND place_id IS NULL"),
    )
    op.create_table(
        "came_to",
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.Column("year_group", sa.Integer(), nullable=False),
        sa.Column("pupils", sa.Integer(), nullable=False),
        sa.CheckConstraint("pupils >= 0", name=op.f("ck_came_to_pupils")),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_came_to_booking_id")),
        sa.PrimaryKeyConstraint("booking_id", "year_group", name=op.f("pk_came_to")),
    )
    op.create_table(
        "place_pupils",
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("year_group", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pupils", sa.Integer(), nullable=False),
        sa.CheckConstraint("pupils > 0", name=op.f("ck_place_pupils_pupils")),
        sa.ForeignKeyConstraint(["place_id"], ["guest_place.id"], name=op.f("fk_place_pupils_place_id")),
        sa.PrimaryKeyConstraint("place_id", "year_group", name=op.f("pk_place_pupils")),
    )
    op.create_table(
        "promise_limit",
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("year_group", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("has", sa.Integer(), nullable=True),
        sa.Column("at_most", sa.Integer(), nullable=True),
        sa.CheckConstraint("(has IS NULL) = (at_most IS NULL)", name=op.f("ck_promise_limit_known")),
        sa.CheckConstraint("has >= 0 AND at_most >= has", name=op.f("ck_promise_limit_at_most")),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_promise_limit_programme_id")
        ),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_promise_limit_urn")),
        sa.PrimaryKeyConstraint("urn", "programme_id", "year_group", name=op.f("pk_promise_limit")),
    )
    op.create_index("ix_promise_limit_programme", "promise_limit", ["programme_id"])
    op.create_table(
        "promised_pupils",
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("year_group", sa.Integer(), nullable=False),
        sa.Column("pupils", sa.Integer(), nullable=False),
        sa.CheckConstraint("pupils >= 0", name=op.f("ck_promised_pupils_pupils")),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["booking_revision.id"], name=op.f("fk_promised_pupils_revision_id")
        ),
        sa.PrimaryKeyConstraint("revision_id", "year_group", name=op.f("pk_promised_pupils")),
    )
    op.create_table(
        "proposal_move",
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("was_starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("was_reply_by", sa.Date(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_proposal_move_proposal_id")),
        sa.PrimaryKeyConstraint("proposal_id", "sequence", name=op.f("pk_proposal_move")),
    )
    op.create_index(op.f("ix_proposal_move_uid"), "proposal_move", ["uid"])
    op.create_table(
        "visit_contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=True),
        sa.Column("place_id", sa.Integer(), nullable=True),
        sa.Column("proposal_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("duty", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_date", sa.Date(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("found_by", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "CASE WHEN booking_id IS NULL THEN 0 ELSE 1 END + CASE WHEN place_id IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN proposal_id IS NULL THEN 0 ELSE 1 END = 1",
            name=op.f("ck_visit_contact_of_one"),
        ),
        sa.CheckConstraint(
            "duty IN ('safeguarding lead', 'on the day', 'colleague') OR duty = '' AND proposal_id IS NOT NULL",
            name=op.f("ck_visit_contact_duty"),
        ),
        sa.CheckConstraint("ended_at IS NULL OR booking_id IS NOT NULL", name=op.f("ck_visit_contact_ended")),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_visit_contact_booking_id")),
        sa.ForeignKeyConstraint(["place_id"], ["guest_place.id"], name=op.f("fk_visit_contact_place_id")),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_visit_contact_proposal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_contact")),
    )
    op.create_index("ix_visit_contact_booking", "visit_contact", ["booking_id"])
    op.create_index(
        "uq_visit_contact_booking",
        "visit_contact",
        ["booking_id", "address"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("uq_visit_contact_place", "visit_contact", ["place_id", "address"], unique=True)
    op.create_index("uq_visit_contact_proposal", "visit_contact", ["proposal_id", "address"], unique=True)


def asking():
    op.create_table(
        "answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('declined', 'other date', 'waiting list', 'somebody else', 'refused slot')",
            name=op.f("ck_answer_kind"),
        ),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_answer_programme_id")),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_answer_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer")),
    )
    op.create_index("ix_answer_programme", "answer", ["programme_id", "urn", "id"])
    op.create_table(
        "invitation_round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_invitation_round_programme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation_round")),
    )
    op.create_index(
        op.f("ix_invitation_round_programme_id"), "invitation_round", ["programme_id"], unique=False
    )
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=True),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=True),
        sa.Column("link_id", sa.Integer(), nullable=True),
        sa.Column("repeat", sa.Integer(), nullable=False),
        sa.Column("without_times", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("repeat >= 0", name=op.f("ck_invitation_repeat")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_invitation_contact_id")),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"], name=op.f("fk_invitation_letter_id")),
        sa.ForeignKeyConstraint(["link_id"], ["personal_link.id"], name=op.f("fk_invitation_link_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_invitation_programme_id")),
        sa.ForeignKeyConstraint(["round_id"], ["invitation_round.id"], name=op.f("fk_invitation_round_id")),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_invitation_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint(
            "programme_id",
            "urn",
            "address",
            "repeat",
            name=op.f("uq_invitation_programme_id_urn_address_repeat"),
        ),
    )
    op.create_index(op.f("ix_invitation_letter_id"), "invitation", ["letter_id"])
    op.create_index("ix_invitation_programme", "invitation", ["programme_id", "urn"])
    op.create_table(
        "chase",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("asking_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_why", sa.Text(), nullable=False),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_why = '')", name=op.f("ck_chase_withdrawn")),
        sa.CheckConstraint(
            "reason IN ('first reminder', 'second reminder', 'head teacher', 'trust')",
            name=op.f("ck_chase_reason"),
        ),
        sa.CheckConstraint("address = lower(address)", name=op.f("ck_chase_address")),
        sa.ForeignKeyConstraint(["asking_id"], ["invitation.id"], name=op.f("fk_chase_asking_id")),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"], name=op.f("fk_chase_letter_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_chase_programme_id")),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_chase_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chase")),
        sa.UniqueConstraint("letter_id", name=op.f("uq_chase_letter_id")),
    )
    op.create_index("ix_chase_programme", "chase", ["programme_id", "urn"])
    op.create_index(
        "uq_chase_person",
        "chase",
        ["programme_id", "urn", "address", "reason", "asking_id"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
        sqlite_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_index(
        "uq_chase_reminder",
        "chase",
        ["asking_id", "reason"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL AND reason IN ('first reminder', 'second reminder')"),
        sqlite_where=sa.text("withdrawn_at IS NULL AND reason IN ('first reminder', 'second reminder')"),
    )
    op.create_table(
        "chasing_run",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ran_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_chasing_run_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chasing_run")),
    )
    op.create_table(
        "chasing_settings",
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("reminders_on", sa.Boolean(), nullable=False),
        sa.Column("first_after_days", sa.Integer(), nullable=False),
        sa.Column("second_after_days", sa.Integer(), nullable=False),
        sa.Column("raise_after_days", sa.Integer(), nullable=False),
        sa.Column("offers_on", sa.Boolean(), nullable=False),
        sa.Column("offer_days", sa.Integer(), nullable=False),
        sa.Column("reports_on", sa.Boolean(), nullable=False),
        sa.Column("report_after_days", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "first_after_days BETWEEN 1 AND 90 AND second_after_days BETWEEN 1 AND 90 AND raise_after_days BETWEEN 1 AND 90 AND offer_days BETWEEN 1 AND 90 AND report_after_days BETWEEN 1 AND 90",
            name=op.f("ck_chasing_settings_days"),
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_chasing_settings_programme_id")
        ),
        sa.PrimaryKeyConstraint("programme_id", name=op.f("pk_chasing_settings")),
    )
    op.create_table(
        "confirmation_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("academic_year", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("address = lower(address)", name=op.f("ck_confirmation_request_address")),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"], name=op.f("fk_confirmation_request_letter_id")),
        sa.ForeignKeyConstraint(
            ["link_id"], ["personal_link.id"], name=op.f("fk_confirmation_request_link_id")
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_confirmation_request_partnership_id")
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_confirmation_request_programme_id")
        ),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_confirmation_request_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmation_request")),
        sa.UniqueConstraint("link_id", name=op.f("uq_confirmation_request_link_id")),
        sa.UniqueConstraint(
            "partnership_id",
            "academic_year",
            "urn",
            "address",
            name=op.f("uq_confirmation_request_partnership_id_academic_year_urn_address"),
        ),
    )
    op.create_index(
        op.f("ix_confirmation_request_partnership_id"),
        "confirmation_request",
        ["partnership_id"],
    )
    op.create_index(
        "ix_confirmation_request_year", "confirmation_request", ["academic_year", "urn"], unique=False
    )
    op.create_table(
        "confirmation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('still right', 'changed', 'added', 'ended')", name=op.f("ck_confirmation_kind")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["confirmation_request.id"], name=op.f("fk_confirmation_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmation")),
    )
    op.create_index("ix_confirmation_request_id", "confirmation", ["request_id", "id"])
    op.create_table(
        "gap_owner",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_gap_owner_person_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_gap_owner_programme_id")),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_gap_owner_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gap_owner")),
    )
    op.create_index(op.f("ix_gap_owner_urn"), "gap_owner", ["urn"])
    op.create_index(
        "uq_gap_owner_open",
        "gap_owner",
        ["programme_id", "urn"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "link_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), server_default="", nullable=False),
        sa.Column("why_waiting", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_link_request_programme_id")
        ),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_link_request_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_request")),
    )
    op.create_index("ix_link_request_origin", "link_request", ["origin", "recorded_at"])
    op.create_index("ix_link_request_programme", "link_request", ["programme_id", "decided_at"])
    op.create_index("ix_link_request_urn", "link_request", ["urn", "recorded_at"])
    op.create_table(
        "not_raised",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("asking_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("level IN ('head teacher', 'trust')", name=op.f("ck_not_raised_level")),
        sa.ForeignKeyConstraint(["asking_id"], ["invitation.id"], name=op.f("fk_not_raised_asking_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_not_raised_programme_id")),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_not_raised_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_not_raised")),
        sa.UniqueConstraint("asking_id", name=op.f("uq_not_raised_asking_id")),
    )
    op.create_index(op.f("ix_not_raised_programme_id"), "not_raised", ["programme_id"])
    op.create_table(
        "note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (text <> '')", name=op.f("ck_note_words")),
        sa.CheckConstraint("kind IN ('note', 'phone')", name=op.f("ck_note_kind")),
        sa.ForeignKeyConstraint(["partnership_id"], ["partnership.id"], name=op.f("fk_note_partnership_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_note_programme_id")),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_note_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
    )
    op.create_index(op.f("ix_note_partnership_id"), "note", ["partnership_id"])
    op.create_index(op.f("ix_note_programme_id"), "note", ["programme_id"])
    op.create_index("ix_note_urn", "note", ["urn", "id"])


def visits():
    op.create_table(
        "board_date",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_board_date_partnership_id")
        ),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_board_date_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board_date")),
        sa.UniqueConstraint("uid", name=op.f("uq_board_date_uid")),
    )
    op.create_index("ix_board_date_day", "board_date", ["partnership_id", "day"])
    op.create_index(op.f("ix_board_date_partnership_id"), "board_date", ["partnership_id"])
    op.create_table(
        "report_reminder",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("address = lower(address)", name=op.f("ck_report_reminder_address")),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_report_reminder_booking_id")),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"], name=op.f("fk_report_reminder_letter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_reminder")),
        sa.UniqueConstraint("letter_id", name=op.f("uq_report_reminder_letter_id")),
    )
    op.create_index(
        "uq_report_reminder_person",
        "report_reminder",
        ["booking_id", "address"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
        sqlite_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_table(
        "visit_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("performance_id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=True),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("took_place", sa.Boolean(), nullable=False),
        sa.Column("why_not", sa.Text(), nullable=False),
        sa.Column("pupils", sa.Integer(), nullable=True),
        sa.Column("staff", sa.Integer(), nullable=True),
        sa.Column("safeguarding_lead_present", sa.Boolean(), nullable=True),
        sa.Column("follow_up_lesson", sa.Boolean(), nullable=True),
        sa.Column("concerns", sa.Integer(), nullable=True),
        sa.Column("concerns_handed_on", sa.Boolean(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.CheckConstraint("(side = 'company') = (booking_id IS NULL)", name=op.f("ck_visit_report_about")),
        sa.CheckConstraint("concerns IS NULL OR side = 'school'", name=op.f("ck_visit_report_concerns")),
        sa.CheckConstraint("side IN ('school', 'company', 'settled')", name=op.f("ck_visit_report_side")),
        sa.CheckConstraint("took_place OR why_not <> ''", name=op.f("ck_visit_report_why")),
        sa.CheckConstraint("pupils IS NULL OR pupils >= 0", name=op.f("ck_visit_report_pupils")),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_visit_report_booking_id")),
        sa.ForeignKeyConstraint(
            ["performance_id"], ["performance.id"], name=op.f("fk_visit_report_performance_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_report")),
    )
    op.create_index("ix_visit_report_booking", "visit_report", ["booking_id", "id"])
    op.create_index("ix_visit_report_performance", "visit_report", ["performance_id", "id"])
    op.create_table(
        "report_withdrawal",
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_report_withdrawal_reason")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["visit_report.id"], name=op.f("fk_report_withdrawal_report_id")
        ),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_report_withdrawal")),
    )
    op.create_table(
        "reported_pupils",
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("year_group", sa.Integer(), nullable=False),
        sa.Column("pupils", sa.Integer(), nullable=False),
        sa.CheckConstraint("pupils >= 0", name=op.f("ck_reported_pupils_pupils")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["visit_report.id"], name=op.f("fk_reported_pupils_report_id")
        ),
        sa.PrimaryKeyConstraint("report_id", "year_group", name=op.f("pk_reported_pupils")),
    )


def coverage():
    op.create_table(
        "board_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("board_date_id", sa.Integer(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("basis", sa.JSON(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["board_date_id"], ["board_date.id"], name=op.f("fk_board_report_board_date_id")
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_board_report_partnership_id")
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_board_report_programme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board_report")),
        sa.UniqueConstraint("programme_id", "as_of", name="uq_board_report_as_of"),
        sa.UniqueConstraint("programme_id", "number", name="uq_board_report_number"),
    )
    op.create_index(op.f("ix_board_report_partnership_id"), "board_report", ["partnership_id"])
    op.create_table(
        "kept_filter",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("list_name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("address <> ''", name=op.f("ck_kept_filter_address")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_kept_filter_person_id")),
        sa.PrimaryKeyConstraint("person_id", "list_name", name=op.f("pk_kept_filter")),
    )


def planning():
    op.create_table(
        "plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("taken_by", sa.Text(), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stop_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("begun", sa.Integer(), nullable=False),
        sa.Column("so_far_schools", sa.Integer(), nullable=True),
        sa.Column("so_far_driving", sa.Integer(), nullable=True),
        sa.Column("so_far_bound", sa.Integer(), nullable=True),
        sa.Column("so_far_seconds", sa.Integer(), nullable=True),
        sa.Column("failed_why", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(finished_at IS NULL) = (state IN ('waiting', 'working'))", name=op.f("ck_plan_finished")
        ),
        sa.CheckConstraint(
            "state <> 'working' OR (taken_by <> '' AND beat_at IS NOT NULL)", name=op.f("ck_plan_taken")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'working', 'done', 'stopped', 'failed')", name=op.f("ck_plan_state")
        ),
        sa.CheckConstraint("begun >= 0", name=op.f("ck_plan_begun")),
        sa.ForeignKeyConstraint(["based_on"], ["plan.id"], name=op.f("fk_plan_based_on")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_plan_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
    )
    op.create_index(op.f("ix_plan_programme_id"), "plan", ["programme_id"])
    op.create_index(
        "ix_plan_to_do",
        "plan",
        ["id"],
        postgresql_where=sa.text("finished_at IS NULL"),
        sqlite_where=sa.text("finished_at IS NULL"),
    )
    op.create_table(
        "plan_figures",
        sa.Column("plan_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("needed", sa.Integer(), nullable=False),
        sa.Column("reached", sa.Integer(), nullable=False),
        sa.Column("in_part", sa.Integer(), nullable=False),
        sa.Column("guests", sa.Integer(), nullable=False),
        sa.Column("shows", sa.Integer(), nullable=False),
        sa.Column("pupils", sa.Integer(), nullable=False),
        sa.Column("pupils_unknown", sa.Integer(), nullable=False),
        sa.Column("driving", sa.Integer(), nullable=False),
        sa.Column("booked_driving", sa.Integer(), nullable=False),
        sa.Column("days_used", sa.Integer(), nullable=False),
        sa.Column("days_given", sa.Integer(), nullable=False),
        sa.Column("bound_schools", sa.Integer(), nullable=False),
        sa.Column("bound_driving", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("ended", sa.Text(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("unplayable", sa.JSON(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("moved", sa.Integer(), nullable=False),
        sa.Column("unplaced", sa.Integer(), nullable=False),
        sa.Column("free_reached", sa.Integer(), nullable=True),
        sa.Column("free_driving", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_figures_plan_id")),
        sa.PrimaryKeyConstraint("plan_id", name=op.f("pk_plan_figures")),
    )
    op.create_table(
        "plan_unplaced_proposal",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan_figures.plan_id"], name=op.f("fk_plan_unplaced_proposal_plan_id")
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposal.id"], name=op.f("fk_plan_unplaced_proposal_proposal_id")
        ),
        sa.PrimaryKeyConstraint("plan_id", "proposal_id", name=op.f("pk_plan_unplaced_proposal")),
    )
    op.create_table(
        "plan_free_day",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("tour_day_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan_figures.plan_id"], name=op.f("fk_plan_free_day_plan_id")),
        sa.ForeignKeyConstraint(["tour_day_id"], ["tour_day.id"], name=op.f("fk_plan_free_day_tour_day_id")),
        sa.PrimaryKeyConstraint("plan_id", "tour_day_id", name=op.f("pk_plan_free_day")),
    )
    op.create_table(
        "plan_left_out",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("shows", sa.Integer(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.CheckConstraint("shows > 0", name=op.f("ck_plan_left_out_shows")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_left_out_plan_id")),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_plan_left_out_urn")),
        sa.PrimaryKeyConstraint("plan_id", "urn", name=op.f("pk_plan_left_out")),
    )
    op.create_table(
        "plan_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("tour_day_id", sa.Integer(), nullable=True),
        sa.Column("troupe_id", sa.Integer(), nullable=True),
        sa.Column("troupe_name", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("get_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("away_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("guest_of", sa.Integer(), nullable=True),
        sa.Column("pupils", sa.Integer(), nullable=True),
        sa.Column("was", sa.Text(), nullable=False),
        sa.Column("was_starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("road_minutes", sa.Integer(), nullable=False),
        sa.Column("place_guessed", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=True),
        sa.Column("refused_why", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state <> 'accepted' OR proposal_id IS NOT NULL OR guest_of IS NOT NULL",
            name=op.f("ck_plan_line_accepted"),
        ),
        sa.CheckConstraint(
            "state IN ('drawn', 'struck', 'accepted', 'refused')", name=op.f("ck_plan_line_state")
        ),
        sa.CheckConstraint("was IN ('new', 'kept', 'moved')", name=op.f("ck_plan_line_was")),
        sa.CheckConstraint("get_in_at <= starts_at AND starts_at < away_at", name=op.f("ck_plan_line_times")),
        sa.ForeignKeyConstraint(["guest_of"], ["plan_line.id"], name=op.f("fk_plan_line_guest_of")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_line_plan_id")),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_plan_line_proposal_id")),
        sa.ForeignKeyConstraint(["tour_day_id"], ["tour_day.id"], name=op.f("fk_plan_line_tour_day_id")),
        sa.ForeignKeyConstraint(["troupe_id"], ["troupe.id"], name=op.f("fk_plan_line_troupe_id")),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_plan_line_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_line")),
        sa.UniqueConstraint("plan_id", "proposal_id", name="uq_plan_line_proposal"),
        sa.UniqueConstraint("plan_id", "urn", "starts_at", name="uq_plan_line_school"),
    )
    op.create_index("ix_plan_line_proposal", "plan_line", ["proposal_id"])
