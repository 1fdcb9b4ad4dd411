"""From plan to promise."""
