"""docs/house.md is the plan as it truly is: every room and folder stands in it, and none that is not
there."""

import re

from plan import FLOORS, OUTREACH, ROOT

PAGE = (ROOT / "docs/house.md").read_text()


def test_the_plan_names_the_floors_in_their_order() -> None:
    said = re.search(r"`(wsgi > [^`]+)`", PAGE)
    assert said is not None
    rooms = [room.strip() for room in re.split("[>,]", said[1])]
    here = [FLOORS["" if room == "__init__" else room] for room in rooms]
    assert here == sorted(here, reverse=True)
    assert set(rooms) | {"tables", ""} - {"__init__"} == set(FLOORS) | {"__init__"}


def test_the_plan_names_every_room_and_folder_and_no_other() -> None:
    listed, room = set(), ""
    block = PAGE.split("```")[3]
    for line in block.splitlines():
        if heading := re.match(r"([a-z]+)/  ", line):
            room = heading[1]
            listed.add(room)
        elif folders := re.match(r"  ((?:[a-z_]+/ ?)+) ", line):
            listed |= {f"{room}/{folder}" for folder in folders[1].replace("/", "").split()}
    there = {str(p.parent.relative_to(OUTREACH)) for p in OUTREACH.rglob("__init__.py")}
    assert listed == {p for p in there if p.count("/") < 2} - {"."}
