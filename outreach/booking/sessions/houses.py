"""Schools and bodies in whose house a session is held, as a coordinator names one."""

from outreach.county import bodies, partnerships, schools
from outreach.county.schools import Organisation
from outreach.ground.errors import Refusal
from outreach.ground.wording import and_list, words_of


class HouseNotFound(Refusal):
    """Nobody is called so, or several are."""

    field = "house"


def named(partnership_id: int, typed: str) -> Organisation:
    """The open school or body of a partnership that is meant by its name, URN or DfE number. Raises HouseNotFound."""
    text = typed.strip()
    codes = [a.la_code for a in partnerships.authorities(partnership_id)]
    by_number = schools.find_by_laestab(text, codes)
    found: list[Organisation] = [by_number] if by_number is not None else list(schools.find(text, codes, 20))
    wanted = words_of(text)
    found += [b for b in bodies.of_partnership(partnership_id) if wanted and f" {wanted}" in f"{b.found_by} "]
    there = [one for one in found if one.is_open]
    meant = [one for one in there if words_of(one.name) == wanted] or there
    if len(meant) == 1:
        return meant[0]
    if not meant:
        raise HouseNotFound("No open school or body here is called so. Enter its name, URN or DfE number.")
    some = and_list(f"{one.name} ({one.organisation_id})" for one in meant[:4])
    more = ", and more" if len(meant) > 4 else ""
    raise HouseNotFound(f"Several are meant: {some}{more}. Enter the number of one.")
