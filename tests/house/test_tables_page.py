"""docs/tables.md draws the tables as the models have them."""

from tables_page import PAGE, page


def test_the_drawing_of_the_tables_is_current() -> None:
    assert PAGE.read_text() == page(), "run tests/tables_page.py"
