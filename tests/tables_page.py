"""docs/tables.md: the tables by room and the keys between them, made from the models. Run it to write the page anew."""

import re
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "tables.md"

HEAD = """# The tables

Made from the models by `.venv/bin/python tests/tables_page.py`; a test checks that it is current. An arrow leads from a row
to the row it names. Keys to `partnership`, which every partnership's rows have, are left out.
"""


def page() -> str:
    """The page as the models have it now."""
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "house")]
    import plan

    from outreach import tables
    from outreach.ground.db import db

    assert tables
    rooms: dict[str, dict[str, str]] = defaultdict(dict)
    for mapper in db.Model.registry.mappers:
        if mapper.inherits is not None:  # a kind of the rows of a table that has another's name
            continue
        doc = re.split(r"(?<=[.;]) ", " ".join((mapper.class_.__doc__ or "").split()))[0].rstrip(";")
        rooms[plan.room(mapper.class_.__module__)][mapper.local_table.name] = doc  # type: ignore[attr-defined]
    lines = [HEAD]
    for room in sorted(rooms, key=lambda r: (plan.FLOORS[r], r)):
        lines += [f"## {room}", "", "```mermaid", "erDiagram"]
        for name in sorted(rooms[room]):
            keys = {k.column.table.name for k in db.metadata.tables[name].foreign_keys} - {
                "partnership",
                name,
            }
            lines += [f'  {name} }}o--|| {other} : ""' for other in sorted(keys)] or [f"  {name}"]
        lines += ["```", ""]
        lines += [f"- `{name}`: {doc}" if doc else f"- `{name}`" for name, doc in sorted(rooms[room].items())]
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page())
