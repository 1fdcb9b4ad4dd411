"""docs/house.md is the plan as it truly is: every file stands in it under its room, and no file that is not there."""

import re

from plan import OUTREACH, ROOT


def test_the_plan_names_every_file_under_its_room_and_no_other() -> None:
    listed, room = set(), ""
    for line in (ROOT / "docs/house.md").read_text().splitlines():
        if heading := re.match(r"([a-z]+)/  ", line):
            room = heading[1]
        elif named := re.match(r"  ([a-z_/]+\.py) ", line):
            listed.add(f"{room}/{named[1]}")
    there = {str(path.relative_to(OUTREACH)) for path in OUTREACH.rglob("*.py") if path.name != "__init__.py"}
    assert listed == there - {"tables.py"}
