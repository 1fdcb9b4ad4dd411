"""Sheets for the road and for the end of the season: a troupe's days to come, one day whole, and what all came to."""
