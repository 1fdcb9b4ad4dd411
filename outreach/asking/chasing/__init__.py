"""Chasing: reminders on school days, raised to the head and the trust with a coordinator's consent; times
offered to who waits."""
