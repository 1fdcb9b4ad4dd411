"""Visits as they truly happened."""
