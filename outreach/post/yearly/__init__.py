"""Letters that go once a year."""
