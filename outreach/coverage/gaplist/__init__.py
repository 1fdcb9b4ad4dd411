"""The gaps list: which schools are missing and why, found, sorted, given to somebody, and what is done about
many at once."""
