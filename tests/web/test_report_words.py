"""Words of the page where a coordinator puts a report down."""

from outreach.web.coordinator.report import promised_said


def test_what_was_promised_is_said_by_year_group() -> None:
    assert promised_said({}) == "Nobody was promised."
    assert promised_said({8: 1080}) == "Promised: 1,080 in Year 8."
    assert promised_said({8: 108, 9: 96}) == "Promised: 108 in Year 8 and 96 in Year 9."
