"""Deeds of pages: what each does to which kind of object, so that county/who_may.py says who may.

A page is named once, with what it is for when it is opened. What is sent to one that is only seen is a change; what is
for a change is that when it is opened, too.
"""

from collections.abc import Iterator
from dataclasses import replace

from flask import current_app, request
from flask_login import current_user
from werkzeug.exceptions import HTTPException

from outreach.county import who_may
from outreach.county.who_may import CHANGE, EXPORT, SEE, Deed

PAGES = {
    "own sign-in": {
        SEE: "own_sessions second_factor",
        CHANGE: """
            password end_session end_other_sessions end_all_sessions begin_second_factor
            confirm_second_factor new_recovery_codes end_second_factor begin_passkey add_passkey
            remove_passkey
        """,
    },
    "own desk": {
        CHANGE: "account gap_filter gap_turn",
    },
    "desk": {
        SEE: "desk search search_options guide news status",
    },
    "published figures": {
        SEE: "board_reports board_report",
        EXPORT: "board_report_csv board_report_xlsx",
        CHANGE: "publish_report",
    },
    "figures": {
        SEE: """
            coverage board_draft season season_days season_shows followed followed_list outcomes cost
        """,
        EXPORT: """
            coverage_csv coverage_xlsx season_xlsx followed_csv followed_xlsx outcomes_csv cost_csv
        """,
        CHANGE: """
            new_spending set_budget spending take_out_spending undo_budget undo_spending troupe_costs
        """,
    },
    "referrals": {
        SEE: "referrals",
        EXPORT: "referrals_csv referral_numbers_csv",
        CHANGE: "reached_percent referral_numbers release_referrals undo_numbers",
    },
    "answers": {
        SEE: "questionnaire wave_list staff_said show_codes wave_paper wave_poster wave_slide",
        EXPORT: "outcomes_researchers",
        CHANGE: """
            approve_questionnaire end_item new_item offer_item_again withdraw_questionnaire count_paper
            decline_questionnaire make_all_codes renew_code set_answers_aside stop_code
            count_all_answers take_answers_back_in withdraw_tally staff_erase
        """,
    },
    "schools": {
        SEE: "schools bodies body school why_not_day",
        EXPORT: "schools_csv",
        CHANGE: """
            body_change body_close body_merge body_open new_body school_target school_answer
            school_day_add school_day_back school_fact school_fact_back school_hours school_lunch
            school_numbers school_missed school_caught_up school_missed_back school_missed_place
        """,
    },
    "gaps": {
        SEE: "gaps chasing chasing_list waiting_list",
        EXPORT: "gaps_csv gaps_xlsx",
        CHANGE: """
            gaps_do gaps_assign gaps_exclude gaps_exclude_undo gaps_follow_up gaps_note gaps_remind
            gaps_reminder gaps_reminder_html gaps_view_remove gaps_view_restore gaps_view_save
            chasing_leave chasing_raise follow_up follow_up_done follow_up_undo follow_up_withdraw
            waiting_back school_call school_call_undo school_link school_note school_note_back
        """,
    },
    "tour": {
        SEE: """
            tour diary diary_list tour_day day_sheet_page week plans plan plan_day plan_days
            plan_progress plan_schools plan_weeks compare_plans bookings booking booking_families
            booking_staff sessions session show guest_requests guest_request offers availability
            called_off companies company troupe agreement venues venue
        """,
        EXPORT: "week_csv sessions_csv session_csv",
        CHANGE: """
            add_tour_days preview_tour_days remove_tour_day diary_move diary_move_to diary_swap
            diary_undo preview_availability troupe_rules undo_availability new_plan plan_accept
            plan_accept_send plan_again plan_line plan_line_letter plan_line_move plan_by_other_wishes
            put_away_plan stop_plan booking_again booking_cancel booking_change booking_colleague
            booking_colleague_remove booking_company_again booking_move booking_move_to booking_places
            booking_sessions booking_to_session booking_hand_back booking_hand_on booking_promised
            report report_withdraw propose propose_send propose_withdraw school_book new_session
            session_change session_call_off guest_request_back show_seats call_off call_off_day
            called_off_give_back called_off_rung called_off_times make_troupe_link renew_troupe_link
            withdraw_troupe_link new_company new_troupe who_comes week_limits place_named new_venue
            venue_open venue_retire agreement_code agreement_begin agreement_end
        """,
    },
    "own tour": {
        SEE: "company.troupes company.days company.sheet company.week company.availability company.agreement",
        EXPORT: "company.week_csv",
        CHANGE: """
            company.call_off company.rung company.preview_availability company.undo_availability
            company.rules_of_troupe company.report company.report_withdraw company.week_limits
            company.who_comes company.agreement_code company.agreement_end
        """,
    },
    "contacts": {
        SEE: "contacts contact_list requests",
        EXPORT: "phone_list contacts_missing contacts_to_mend body_list_to_mend bodies_csv",
        CHANGE: """
            contact_list_take_back contacts_columns contacts_drop contacts_outside contacts_preview
            contacts_repair body_lists body_list_columns body_list_drop body_list_preview
            body_list_repair body_list_take_back decide_named decide_request school_contact
            school_contact_add school_contact_end school_contact_works
        """,
    },
    "letters": {
        SEE: """
            invitations invitation_round asking_draw letters letter letter_html own_letters
            paper_letters confirmations
        """,
        EXPORT: "letter_file asking_draw_csv paper_print",
        CHANGE: """
            invitation_letter invitation_letter_html invitation_round_withdraw invitations_preview
            invitations_send lot_draw lot_preview letter_address letter_again letter_withdraw
            letter_works letters_again resume_letters own_letter own_letter_check own_letter_html
            own_letter_leave_out own_letter_new own_letter_remove own_letter_send own_letter_withdraw
            paper_not_posted paper_posted paper_preview confirmation_letter confirmation_letter_html
            confirmations_send school_invite new_year_round
        """,
    },
    "mail": {
        SEE: "inbox_list inbox_mail inbox_settled",
        EXPORT: "inbox_file",
        CHANGE: """
            inbox_again inbox_ask inbox_done inbox_erase inbox_grant inbox_refuse inbox_take
        """,
    },
    "calendars": {
        SEE: "calendars",
        CHANGE: """
            make_board_calendar make_own_calendar make_troupe_calendar remove_board_date renew_calendar
            stop_calendar
        """,
    },
    "wording": {
        SEE: "visit_texts wording wording_letter wording_html",
        CHANGE: "visit_text wording_use wording_again wording_throw_away wording_test wording_preview",
    },
    "register": {
        SEE: """
            register register_decisions register_decided register_hands authority past_shows_page
            school_lunches
        """,
        EXPORT: "register_changes school_lunches_csv past_shows_to_mend",
        CHANGE: """
            register_drop register_hand_over register_postcodes register_preview register_decide
            register_keep_left register_take_back remove_inset_day remove_term undo_term_dates past_shows_columns
            past_shows_drop past_shows_preview past_shows_repair past_shows_take_back
        """,
    },
    "settings": {
        SEE: "setup programmes authorities new_year road_minutes road_waters districts",
        EXPORT: "road_minutes_csv road_points_csv road_points_geojson",
        CHANGE: """
            partnership_settings partnership_looks remove_logo programme new_programme close_programme
            reopen_programme copy_programme
            copy_rest remove_authority remove_districts ask_router remove_road_minutes
            stop_asking_router add_crossing add_waters put_back_water remove_water
        """,
    },
    "history": {
        SEE: "partnership_history",
        EXPORT: "partnership_history_csv",
    },
    "tokens": {
        SEE: "api_tokens webhooks webhook",
        CHANGE: "withdraw_token webhook_again webhook_secret webhook_stop webhook_try",
    },
    "words": {
        SEE: "typed_words",
        CHANGE: "typed_erase",
    },
    "held": {
        SEE: "held held_about",
        EXPORT: "held_file",
        CHANGE: "held_erase",
    },
    "people": {
        SEE: "people person",
        CHANGE: """
            new_person person_link person_invite_again person_withdraw person_role person_leave person_stays
            person_sessions_end person_reset_factor
        """,
    },
}
"""Kind of object -> verb -> the pages of the desk, by the name of their endpoint; a company's own by its whole name."""

OF_GUARD = {
    who_may.SCHOOL: "own school",
    who_may.TROUPE: "own troupe",
    who_may.PROGRAM: "feed",
    who_may.MONITOR: "measures",
}
"""Guard -> the one kind of object behind it."""

OPEN_PAGES = {
    "front": """
        public.home public.accessibility public.contact public.cookies public.privacy
        public.health public.ready public.state
        public.accent public.logo public.feed_described company.worker static
    """,
    "way in": """
        public.sign_in public.sign_in_send public.sign_in_link public.sign_in_code public.forgotten
        public.invited public.on_its_way public.take_passkey public.show_passkey public.sign_in_with
        public.sign_in_back public.sign_out
    """,
    "way to a link": """
        public.find public.suggest public.ask_link public.asked public.code public.booking_reference
        public.reference_asked public.company_day public.open_company_day
    """,
    "one calendar": "public.calendar",
    "one answer": "public.pupil_code public.pupil_first public.pupil_questions public.pupil_thanks",
    "own mail": """
        public.digest public.digest_stop public.digest_undo public.no_reminders
        public.no_reminders_stop public.no_reminders_undo
    """,
}
"""Kind of object -> the pages that are open to all, by the name of their endpoint."""

SHOW_PEOPLE = frozenset(
    """
    bodies body booking booking_again booking_cancel booking_change booking_colleague booking_families
    booking_staff confirmation_letter confirmation_letter_html confirmations contact_list day_sheet_page
    gaps_reminder gaps_reminder_html guest_request held held_erase inbox_erase inbox_list inbox_mail
    inbox_settled invitation_letter invitation_letter_html invitation_round invitations_preview letter
    letter_address letter_html letters own_letter own_letter_check own_letter_html partnership_history
    people person plan_line_letter propose requests school school_book school_contact school_contact_add
    school_contact_end school_invite school_note search typed_erase typed_words visit_text wording_html
    wording_letter wording_preview
    """.split()
)
"""Pages that show names, addresses or telephones of people at schools or bodies, words that may name one, or when a
colleague was last here: a look at one is written down (noted.py). `held_about` writes down its own."""

OPENS = ("GET", "HEAD", "OPTIONS")
"""Methods that open a page; every other sends something to it."""

_DEEDS = {
    name: Deed(verb, kind)
    for kind, verbs in PAGES.items()
    for verb, names in verbs.items()
    for name in names.split()
}

NAMED = frozenset(_DEEDS)

_OPEN = {name: kind for kind, names in OPEN_PAGES.items() for name in names.split()}


def deed_of(endpoint: str, method: str = "GET") -> Deed:
    """What one does there. KeyError for a page of the desk that nobody named: it is shut."""
    deed = _DEEDS[endpoint.removeprefix("coordinator.")]
    return replace(deed, verb=CHANGE) if deed.verb == SEE and method not in OPENS else deed


def deed_without_role(endpoint: str, guard: str, method: str = "GET") -> Deed:
    """The same for who comes without a role. KeyError for a page that nobody named."""
    kind = _OPEN[endpoint] if guard == who_may.ANYBODY else OF_GUARD[guard]
    return Deed(SEE if method in OPENS else CHANGE, kind)


def may_open(endpoint: str, method: str = "GET") -> bool:
    """Whether whoever is signed in may; a page of another door is open to them as to everybody."""
    if not endpoint.startswith(("coordinator.", "company.")):
        return True
    return who_may.may(getattr(current_user, "role", None), deed_of(endpoint, method))


def takes_out(endpoint: str) -> bool:
    """Whether a page hands something out as a file or a list."""
    return deed_of(endpoint).verb == EXPORT


def shows_people(endpoint: str) -> bool:
    """Whether a page shows names, addresses or telephones of people at schools or bodies."""
    return endpoint.removeprefix("coordinator.") in SHOW_PEOPLE


def may_all() -> bool:
    """Whether there is nothing that whoever is signed in may not."""
    return getattr(current_user, "role", None) in who_may.MAY_ALL


def may_send_to(address: str, method: str = "GET") -> bool:
    """The same of an address of ours as it stands in a page; what is no page of ours is nobody's to shut."""
    endpoint = _endpoint_at(address, method)
    return endpoint is None or may_open(endpoint, method)


def is_seen(address: str) -> bool:
    """Whether an address leads to something that is looked at, not to a deed."""
    endpoint = _endpoint_at(address, "GET")
    return endpoint is not None and deed_of(endpoint).verb == SEE


def _endpoint_at(address: str, method: str) -> str | None:
    """Of a page of the desk; an address without a path is that of the page that is asked for."""
    path = address.partition("#")[0].partition("?")[0] or request.path
    if not path.startswith("/desk"):
        return None
    try:
        found: str = current_app.url_map.bind("").match(path, method=method)[0]
    except HTTPException:
        return None
    return found if found.startswith("coordinator.") else None


def named() -> Iterator[tuple[str, str, str]]:
    """(kind, verb, page) of all, in the order of the table."""
    for kind, verbs in PAGES.items():
        for verb, names in verbs.items():
            yield from ((kind, verb, name) for name in names.split())
