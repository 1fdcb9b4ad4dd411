"""The digest: by mail, on the days that a coordinator chose, what is new, what is due and what went wrong."""
