"""Letters between host and guest."""
