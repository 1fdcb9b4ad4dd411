"""The promise: a slot held, booked, moved, cancelled, and who is told."""
