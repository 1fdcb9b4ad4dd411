"""A mail in its parts: its head, its calendar, and what a mail server says when it brings one back. Pure."""
