"""The phone list, to print: the gaps with whom to ring, the cause, the last word, and room to write."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import g, render_template, request

from outreach.asking import notes
from outreach.county import contacts, organisations
from outreach.county.contacts import Contact
from outreach.county.schools import Organisation
from outreach.coverage import who_asked
from outreach.coverage.gaplist import filters, last_contact, missing
from outreach.ground import clock
from outreach.web.coordinator import gaps_query
from outreach.web.coordinator.as_of import view
from outreach.web.coordinator.next_steps import books_by_phone
from outreach.web.gate import coordinator, coordinators_only

MOST = 250
"""Schools on one list; more are reached by a filter."""


@coordinator.get("/phone-list")
@coordinators_only
def phone_list() -> Any:
    """The gaps that match the filters of the gaps list, by name, with everybody's number that is known."""
    seen = view(g.partnership.id, clock.now())
    if seen.programme is None:
        return render_template("coordinator/chasing_none.html")
    found = missing.missing_from_programme(seen.programme, now=seen.now)
    own = gaps_query.query_from_address(request.args, found)
    matching = filters.ordered(filters.narrow(found.gaps, own.filters).gaps, "name")
    shown = matching[:MOST]
    families = {gap.organisation_id: gap.family for gap in shown}
    everybody = {organisation_id for family in families.values() for organisation_id in family}
    people = contacts.to_write_to(families)
    among = {organisation.organisation_id: organisation for organisation in organisations.known(families)}
    talked: dict[int, notes.NoteOnOrganisation] = {}
    for note in notes.of_organisations(everybody, partnership_id=g.partnership.id):
        talked.setdefault(note.organisation_id, note)
    return render_template(
        "coordinator/phone_list.html",
        programme=seen.programme,
        found=found,
        gaps=shown,
        more=len(matching) - len(shown),
        own=own,
        left_out=own.left_out,
        by_phone=books_by_phone(seen.programme, list(among.values()), now=seen.now),
        schools=among,
        numbers=_numbers(among, people),
        last=last_contact.last_contact_of_organisations(seen.programme, families),
        notes={
            organisation_id: next((talked[u] for u in family if u in talked), None)
            for organisation_id, family in families.items()
        },
        causes=own.names[filters.CAUSE],
        districts=own.names[filters.DISTRICT],
        ticked=own.filters.ticked,
        address=gaps_query.list_address(found, own),
    )


def _numbers(
    found: Mapping[int, Organisation], people: Mapping[int, Sequence[Contact]]
) -> dict[int, dict[str, list[str]]]:
    """{URN: {number: who answers there}}, the school's own number first; people without one are under ''."""
    numbers: dict[int, dict[str, list[str]]] = {}
    for organisation_id, organisation in found.items():
        here = numbers.setdefault(
            organisation_id, {organisation.telephone: []} if organisation.telephone else {}
        )
        for person in people.get(organisation_id, ()):
            said = ", ".join(part for part in (person.name, person.role) if part) or "the office"
            here.setdefault(person.phone, []).append(said)
        if organisation.telephone and not here[organisation.telephone]:
            here[organisation.telephone] = [f"the {who_asked.of_halves({organisation.is_body}).one}"]
    return numbers
