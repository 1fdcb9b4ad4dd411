"""Templates are lines that one can read, laid out by a formatter."""

import subprocess
import sys

from plan import ROOT, TEMPLATES

LETTERS = TEMPLATES / "letters"
LONGEST, LONGEST_OF_A_LETTER = 120, 240
"""Characters of a line. A sentence of a letter cannot be broken, since its text is sent as it stands."""


def test_no_line_of_a_template_is_longer_than_one_can_read() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{n} has {len(line)} characters"
        for path in sorted(TEMPLATES.rglob("*.*"))
        for n, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > (LONGEST_OF_A_LETTER if path.parent == LETTERS else LONGEST)
    ]
    assert long == []


def test_templates_of_pages_are_indented_as_the_formatter_does_it() -> None:
    """`djhtml --tabwidth 2 templates/[!l]*` puts right what this finds. Letters are sent as they stand, blanks too."""
    pages = [str(path) for path in sorted(TEMPLATES.iterdir()) if path != LETTERS]
    checked = subprocess.run(
        [sys.executable, "-m", "djhtml", "--check", "--tabwidth", "2", *pages],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
