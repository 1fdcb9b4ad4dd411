"""One school through the years, for its page."""
