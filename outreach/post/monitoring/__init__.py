"""State of the post: for a coordinator, and for a monitor."""
