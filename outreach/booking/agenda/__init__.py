"""The diary of the tour: what stands on each day, what it costs on the road, and moving it."""
