"""Plans of a tour: ordered by a coordinator, drawn up by the planner in a process of its own, looked at,
compared."""
