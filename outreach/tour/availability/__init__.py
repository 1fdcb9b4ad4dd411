"""A troupe's time: rest, lunch, nights away, days off."""
