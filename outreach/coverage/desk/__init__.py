"""The desk: how far a programme is, where it is going, what asks for a coordinator, and what is new."""
