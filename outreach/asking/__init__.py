"""Asking schools: invitations and their answers, rounds, the open door."""
