"""List of what is kept of people, field by field: of whom, why, from where, for how long, and what erasing does to it.

The one list of it: the privacy notice and docs/privacy.md are made from it, and a test holds it to the tables, so that
a new column of text says whether a person stands in it before it is ever filled. UK GDPR, article 30(1).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PUBLIC_TASK = "public task"
ACCOUNTABILITY = "accountability"

TWO_YEARS = (
    "Two whole school years after the one in which the address was last used; then it is erased by itself."
)

BASES = {
    PUBLIC_TASK: "A public task, UK GDPR article 6(1)(e): local safeguarding partners work with schools to keep "
    "children safe (Children Act 2004, sections 16E to 16K).",
    ACCOUNTABILITY: "A public task, and the duty to be able to show what was done: UK GDPR articles 5(2) and 32.",
}
"""By which law each kind is kept."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One kind of what is kept of people, in words that they can read; `columns`: 'table: column column' a line.

    `why`, `source`, `how_long` and `erased` are whole sentences: what it is for, where it comes from, until when it is
    kept, and what erasing leaves of it.
    """

    name: str
    what: str
    whose: str
    why: str
    source: str
    how_long: str
    erased: str
    columns: str
    basis: str = PUBLIC_TASK


KEPT = (
    Kept(
        name="Contacts",
        what="Name, role, work email address and work telephone number, and where we had them from.",
        whose="Staff of schools and of services such as the police.",
        why="To ask schools and services to book, and to write to whoever arranges it.",
        source="The school or service, a colleague there, its website, or the council’s list; each letter says which.",
        how_long=TWO_YEARS + " Sooner when the person, the school or the service asks us to.",
        erased="Name, role, address and number go. That somebody was on file, and from when until when, stays.",
        columns="""
            contact: name role address phone source found_by
            named_person: instead_of name role duty address phone
            short_code: name
        """,
    ),
    Kept(
        name="People of a visit",
        what="Name, role, work email address and telephone number of whoever has a visit in the calendar.",
        whose="Staff of schools and services that book.",
        why="To keep their calendars true, to remind them, and so that the company knows whom to ask for on the day.",
        source="Whoever books, or a colleague.",
        how_long=TWO_YEARS,
        erased="Name, role, address and telephone number go. The booking, with its numbers, stays.",
        columns="""
            visit_contact: name duty role address phone source found_by
            booking: booked_by
        """,
    ),
    Kept(
        name="Links and codes",
        what="To which address each personal link was sent, and the name there; who asked for one. Of a link only a "
        "digest is kept.",
        whose="Staff of schools and services that are asked.",
        why="To know whose word it is when somebody books, moves or reports by a link.",
        source="Contacts, and whoever asks for a link.",
        how_long=TWO_YEARS + " The link itself stops 30 days after the day to reply by, or seven weeks after "
        "the show.",
        erased="Name and address go. That a link was sent, and when, stays.",
        columns="""
            personal_link: address name
            link_request: address name
        """,
    ),
    Kept(
        name="Letters sent",
        what="To whom, when and about what each letter went, whether it arrived, and the letter itself.",
        whose="Everybody whom the service writes to.",
        why="To tell calendars the truth about a visit, to send a letter again, and to show what was said.",
        source="Written by the service, to contacts and people of a visit.",
        how_long="The letter itself: {letters_months} months, or until the visit that it is about. "
        "The address: as contacts.",
        erased="The letter, its subject and the address go. Its date, kind, calendar method and number stay.",
        columns="""
            letter: stream recipient subject last_error
            letter_mail: raw
            dead_address: address reason
            invitation: address
            chase: address
            report_reminder: address
            visit_reminder: address
            pledge_letter: address
            staff_letter: address
            confirmation_request: address
        """,
    ),
    Kept(
        name="Mail that came in",
        what="Who wrote to the service, when, and what: answers from calendars, and mail.",
        whose="Everybody who answers or writes.",
        why="To put answers down, and so that a coordinator can read what a person wrote.",
        source="Whoever wrote.",
        how_long="The mail itself: {replies_days} days, or until a coordinator has seen to it; at once where it "
        "names a child. The address: as contacts.",
        erased="The words go. That an answer came, on which day, and what it was, stays.",
        columns="""
            incoming: sender sender_name recipient subject stream why
            incoming_mail: raw
            calendar_answer: address comment
            counter_proposal: address comment
        """,
    ),
    Kept(
        name="Companies",
        what="Name, email address and telephone number of a touring company’s contact, and who comes on the day.",
        whose="Tour managers and performers.",
        why="To plan the tour, to send its days, and so that a school knows who comes.",
        source="The company.",
        how_long="As long as the company tours for the partnership, and until it asks us to erase them.",
        erased="Name, address and telephone number go. Which company played where stays.",
        columns="""
            company: contact_name contact_email contact_phone
            troupe: calendar_address who_comes
        """,
    ),
    Kept(
        name="People who sign in",
        what="Name, work email address, role, with the company of who belongs to one, and when they signed in. Of a "
        "password only a slow digest is kept; of a council’s account the name that its sign-in has for it.",
        whose="Coordinators, readers and board members of the partnership, and members of its companies.",
        why="So that nobody else gets in, and to know who may do what.",
        source="The partnership.",
        how_long="Address and password: two whole school years after the one in which somebody left, from which "
        "day nothing lets them in. When somebody signed in, and who invited them: as long. A one-time link: a day.",
        erased="Address, password and sign-ins go. Name and role stay with the record of what they did, until somebody "
        "asks: then the name goes everywhere.",
        columns="""
            person: name email password_hash
            person_role: person_id role company_id given_by taken_by
            partnership: contact_name contact_role contact_email contact_phone
            sign_in_link: token_hash person_id
            person_invitation: token_hash person_id invited_by how_ended
            sign_in: person_id
            provider_account: person_id issuer subject
            digest: person_id stop_hash
            digest_days: person_id
            follow_up: person_id
            gap_owner: person_id
            kept_filter: person_id address
            saved_view: person_id name address
        """,
    ),
    Kept(
        name="Where people are signed in",
        what="Browser and system, as 'Firefox, Windows', when it was signed in to and last used, and how it ended. No "
        "network address. What was typed when it ended, while its person signs in anew at their council.",
        whose="Coordinators, readers and board members of the partnership, and members of its companies.",
        why="So that signing out ends it wherever its cookie was copied to, and others’ use is seen.",
        source="What the browser says of itself.",
        how_long="30 days after it ended. What was typed, until its person is back, or the next round of the day.",
        erased="All of it goes, and whoever is signed in there signs in again.",
        columns="""
            sign_in_session: person_id token_hash device why_ended
            provider_attempt: onward kept
        """,
    ),
    Kept(
        name="Second factors",
        what="The secret of an authenticator app, sealed under a key that is not in the database, and slow digests of "
        "recovery codes.",
        whose="Coordinators, readers and board members of the partnership who set one up.",
        why="So that nobody gets in who has learnt a password.",
        source="The service makes them for the person.",
        how_long="Until they are taken away, or the person leaves: then that there was one, and when, stays.",
        erased="Secret and digests go, and the password alone is asked.",
        columns="""
            second_factor: person_id secret salt
            recovery_code: code_hash
        """,
    ),
    Kept(
        name="Passkeys",
        what="The public key of each, the number that its device gave it, a count of its uses, and what its person "
        "calls it. What a device asks for, a finger, a face or a PIN, never leaves it.",
        whose="Coordinators, readers and board members of the partnership who added one.",
        why="So that they sign in without a password, or nobody does who has learnt it.",
        source="The person’s device makes them.",
        how_long="Until they are removed, or the person leaves.",
        erased="They go, and let nobody in.",
        columns="""
            passkey: person_id credential_id public_key name
        """,
    ),
    Kept(
        name="Failed tries",
        what="The email address that was typed at a failed sign-in, with a digest of the network or the number of a "
        "browser known before; the network address of who asks for a link or types a code. Of who types a pupils’ code "
        "that is wrong, or answers outside the class’s hour, a digest keyed for the day, apart from the answers.",
        whose="Whoever tries.",
        why="So that nobody can try without end.",
        source="The connection.",
        how_long="A failed sign-in, who asked for a link or typed a code: a day, then until the next round of the day. "
        "A digest keyed for the day: until the round of the next.",
        erased="All of it goes.",
        columns="""
            sign_in_failure: email origin device
            link_request: origin
            wrong_code_try: origin
            day_count: key
        """,
    ),
    Kept(
        name="Who did what",
        what="The name of whoever booked, moved, answered, reported, decided or changed something, with the day.",
        whose="Staff of schools and services, companies, coordinators.",
        why="So that it can be shown who did what, and a mistake can be put right.",
        source="The link or the sign-in by which it was done.",
        how_long="As long as the record that it belongs to. Who booked: two whole school years after the show.",
        erased="What was done, and when, stays; what it said of somebody goes with their address. The name of "
        "who did it goes when they ask.",
        basis=ACCOUNTABILITY,
        columns="""
            absence: who withdrawn_by
            answer: who
            answer_tally: who withdrawn_by
            answer_wave: who
            answers_set_aside: who
            api_token: label created_by withdrawn_by
            asking_draw: who
            authority_covered: who
            availability_change: who undone_by
            board_report: published_by
            body_list: who withdrawn_by
            booking_handover: who
            booking_revision: who
            call_off: who undone_by
            call_off_line: rung_by
            cancellation: who
            change_of_hands: asked_by settled_by
            chase: who
            confirmation: who
            confirmation_request: who
            contact_list: who withdrawn_by
            correction: who
            counted_share: who
            counter_proposal: ended_by
            day_off: who
            diary_move: who undone_by
            earlier_list: who withdrawn_by
            feed: created_by label
            file_to_read: who
            follow_up: who ended_by
            gap_owner: who
            guest_place: who answered_by
            guest_seats: who
            history: who subject_id before after
            incoming: settled_by
            invitation_round: who
            link_request: who
            list_heading: who
            list_upload: who
            named_person: named_by who
            no_visit_reminders: who withdrawn_by
            not_raised: who
            note: who withdrawn_by
            numbers_entry: who undone_by
            own_letter: who changed_by sent_by
            own_number: who
            paper_letter: who
            paper_posting: who withdrawn_by
            plan: asked_by
            pledge_answer: who
            programme_budget: who
            programme_copy: who
            proposal: who
            proposal_move: who
            question_item: who
            questionnaire: drafted_by approved_by
            questionnaire_decline: who withdrawn_by
            reached_percent: who
            referral_release: made_by
            register_change: settled_by
            register_import: who
            register_upload: who
            report_withdrawal: who
            road_order: asked_by
            spending: who ended_by
            staff_answer: erased_by
            target_decision: who
            training_session: created_by
            troupe_link: created_by withdrawn_by
            webhook: label created_by withdrawn_by
            agreement: begun_by ended_by
            agreement_code: made_by
            visit_report: who
            visit_text: who
            letter_wording: recorded_by used_by
            logo: recorded_by
            water: recorded_by
            water_crossing: recorded_by
            wave_code: who ended_by
        """,
    ),
    Kept(
        name="What people typed",
        what="Reasons, messages and notes: why a booking ended, what a host and a guest wrote, what a coordinator "
        "noted of a call, how to get in.",
        whose="Whoever wrote it, and whoever it may speak of. No box asks for a pupil’s name, nor what a pupil said.",
        why="To arrange a visit, and to know what to do next.",
        source="Schools, services, companies and coordinators.",
        how_long="With the booking, the school or the letter that it belongs to. A form that nobody finished: 90 days.",
        erased="The words go. That something was said, by whom and when, stays.",
        columns="""
            answer: reason
            answers_set_aside: reason
            asking_draw: why_again
            booking: hall entrance parking arrival_note
            call_off: reason
            call_off_line: why_none
            cancellation: reason
            correction: reason value
            draft: typed
            follow_up: what
            guest_place: travel_note message said
            guest_seats: terms
            invitation_round: note
            list_sheet: packed
            list_upload: said told file_name
            body_list: file_name
            contact_list: file_name
            earlier_list: file_name
            not_raised: reason
            note: text
            numbers_entry: source
            own_letter: subject words
            performance: lunch_overruled
            proposal_move: note
            report_withdrawal: reason
            school_day: reason
            spending: words
            target_decision: reason
            tour_day: stays_at
            training_session: joining
            visit_report: why_not
        """,
    ),
    Kept(
        name="What staff say of the play",
        what="What staff chose and wrote about the play and what it led to, with the show, without their name.",
        whose="Staff of schools.",
        why="To know whether the play helped.",
        source="Staff, by their school’s link.",
        how_long="With the show. Words that name a child are erased.",
        erased="The words go. What was chosen stays.",
        columns="staff_answer: used_words change_words",
    ),
    Kept(
        name="What pupils answer",
        what="Answers to our questions, the day, and the show. No name, no network address, no cookie, no line in a "
        "log.",
        whose="Pupils who chose to answer; a school or a family may say no.",
        why="To know whether the play helped.",
        source="Pupils, after the show.",
        how_long="They stay. When a wave closes they are put in an order that tells nothing of who answered when.",
        erased="There is nothing by which one pupil’s answers could be found.",
        columns="closed_answer: answered_on a1 a2 a3 a4 a5 a6 a7 a8",
    ),
    Kept(
        name="Files that wait to be read",
        what="The register of schools as it was sent in, until the daily job has read it: it names head teachers, "
        "whose names are not read.",
        whose="Head teachers, as the national register publishes them.",
        why="To bring the schools up to date from a file that is too large to be read while a page waits.",
        source="A coordinator, who downloads it from Get Information about Schools.",
        how_long="Until it was read or refused, as a rule some seconds; a day at most, then the day’s round erases it.",
        erased="The file goes as a whole when a coordinator discards it.",
        columns="file_piece: content",
    ),
)

NOT_OF_PEOPLE = {
    "a word of our own list": """
        absence: kind
        answer: kind
        answer_wave: kind
        api_token: scopes
        availability_change: what days
        booking: role outcome
        calendar_answer: partstat
        call_off: part what
        cancellation: cancelled_by
        change_of_hands: outcome
        chase: reason withdrawn_why
        confirmation: kind said
        correction: field
        counter_proposal: ended_as
        diary_move: was_beyond swap
        district_number: kind
        drawn_school: due
        feed: kind
        feed_entry: kind
        file_piece: part
        file_to_read: kind asked why_of
        follow_up: ended_as
        guest_place: why travels_by answer ended_as
        guest_seats: how
        history: what subject
        incoming: kind authenticated task settled_as
        kept_filter: list_name
        letter: kind method status
        link_request: why_waiting decision
        list_heading: kind taken_as
        list_upload: kind
        named_person: door decision
        not_raised: level
        note: kind
        numbers_entry: about
        own_letter_to: why
        performance: lunch_keeps_out
        plan: state about failed_why
        plan_figures: ended
        plan_left_out: cause
        plan_line: was state refused_why
        pledge_answer: pledge said side
        pledge_letter: nth
        post_pause: kind
        programme_budget: days_are
        programme_target: year_groups schools phases types roles kinds
        proposal: ended_as
        question_item: kind
        questionnaire: ended_as
        register_change: kind field outcome
        report_reminder: nth
        road_order: ended why
        short_code: kind ended_as
        agreement_code: ended_as
        spending: entry
        staff_answer: moment
        staff_letter: moment
        succession: kind
        target_decision: kind year_groups lot
        visit_reminder: kind
        visit_report: side
        visit_text: kind
        wave_code: ended_as
        webhook: events
        webhook_delivery: event status
    """,
    "a school, a service, a district or a council, from the register or by its public name": """
        authority: la_code name
        authority_covered: la_code
        body_list_line: before
        call_off: schools_of
        file_to_read: file_name told why
        change_of_hands: name la_code district_code district_name
        district_number: district_code
        inset_day: la_code
        organisation: kind found_by name status type_of_establishment phase_of_education la_code district_code
        organisation: district_name trust_name federation_name urban_rural street locality town postcode website
        organisation: telephone
        organisation_record: name status type_of_establishment phase_of_education la_code district_code district_name
        organisation_record: trust_name federation_name urban_rural street locality town postcode website telephone
        partnership: name county reference_prefix districts_geojson
        postcode: code
        register_change: la_code before after
        register_import: file_name la_codes summary
        register_upload: file_name packed
        released_wave: district_code district school_type year_groups
        term: la_code
    """,
    "a company, a troupe, a vehicle, a road or a water": """
        company: name
        partnership: road_table waters
        plan_line: troupe_name
        road_order: name
        road_question: places answer
        troupe: name base_name vehicle
        water: name lines
        water_crossing: name
    """,
    "a number of pupils or of needs, or a sum": """
        board_report: content basis
        booking: access_needs
        guest_place: access_needs
        outcome_release: shown
        plan_figures: words unplayable wishes
        privacy_sweep: erased
        referral_release: blocks
    """,
    "what a partnership publishes, or asks of all": """
        board_date: title
        list_heading: heading
        letter_wording: kind subject words
        list_sheet: name merged
        logo: mimetype body png
        partnership: sender_name footer_words accent second_factor
        plan: name rules
        programme: title summary cost school_provides
        question_item: words source licence
        training_session: link
        visit_text: title words
    """,
    "a number drawn by chance, a digest of one, or the name of a row": """
        absence: form_key
        answer_wave: open_table
        api_token: token_hash ending
        asking_draw: seed
        board_date: uid
        booking: reference uid organizer_token
        calendar_answer: uid
        call_off: key
        counter_proposal: uid
        feed: nonce
        file_to_read: token taken_by
        logo: digest
        partnership: logo_file
        feed_entry: uid
        follow_up: uid
        history: who_salt who_digest told_salt told_digest
        history_link: mac key_id
        incoming: digest
        letter: sender_address message_id errand
        list_upload: token
        own_letter: form_key
        performance: uid organizer_token
        personal_link: token_hash
        proposal: uid organizer_token
        register_upload: token
        proposal_move: uid
        report_sending: key said
        short_code: code_hash
        agreement_code: code_hash
        staff_answer: form_key
        troupe_event: uid organizer_token
        passkey_challenge: challenge purpose origin
        provider_attempt: state_hash browser_hash provider nonce verifier origin
        troupe_link: nonce
        visit_reminder: stop_hash
        wave_code: code secret
        webhook_delivery: uid
        webhook_secret: sealed
    """,
    "an event as calendars have it: place and time, and nobody’s name": """
        feed_entry: text
        webhook_delivery: body
    """,
    "a program that is told, and what it answered": """
        webhook: address
        webhook_delivery: answer
    """,
    "a process at work, and what hindered it": """
        job_round: job errand
        letter: leased_by
        mailbox_look: problem
        plan: taken_by
        post_pause: reason holder
        postman: name
        road_question: taken_by
        router: said
    """,
}
"""Why there is nobody in a column of text -> which columns."""


def how_long(one: Kept, settings: Mapping[str, Any]) -> str:
    """Until when a kind is kept, as the service is set."""
    return one.how_long.format(
        letters_months=settings["LETTERS_MONTHS"], replies_days=settings["REPLIES_DAYS"]
    )


def columns_in(lines: str) -> Iterator[tuple[str, str]]:
    """(table, column) of each that some lines name."""
    for line in filter(None, map(str.strip, lines.splitlines())):
        table, _, names = line.partition(":")
        for name in names.split():
            yield table, name
