"""How the post is doing: for a coordinator, and for a monitor."""
