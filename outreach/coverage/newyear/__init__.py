"""The new academic year: what carries over from the old one, and what is left to do."""
