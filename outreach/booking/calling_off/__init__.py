"""Calling off: a day or half that a troupe cannot play, a troupe lost for a while, schools that snow has
shut."""
