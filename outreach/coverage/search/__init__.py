"""Search: what somebody remembers of a school, a person, a booking, and what there is of it."""
