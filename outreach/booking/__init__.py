"""The promise: invitations and their answers, bookings."""
