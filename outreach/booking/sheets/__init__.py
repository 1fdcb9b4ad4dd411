"""Sheets for the road: a troupe's days to come, and one day whole."""
