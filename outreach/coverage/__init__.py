"""The reckoning: every school's standing, the sums, the gaps. Reads only."""
