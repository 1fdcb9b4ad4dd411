"""A coordinator's verbs about bookings and kept times."""
