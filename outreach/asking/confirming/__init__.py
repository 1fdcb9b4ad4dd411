"""Yearly confirmation of contacts: schools are asked whether we hold the right people, and say so by one
link."""
