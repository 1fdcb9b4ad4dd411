"""Templates are lines that one can read."""

from plan import ROOT, TEMPLATES

LONGEST = 240
"""Characters of a line. Most have 120; a sentence of a letter cannot be broken, since its text is sent as it stands."""


def test_no_line_of_a_template_is_longer_than_one_can_read() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{n} has {len(line)} characters"
        for path in sorted(TEMPLATES.rglob("*.*"))
        for n, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > LONGEST
    ]
    assert long == []
