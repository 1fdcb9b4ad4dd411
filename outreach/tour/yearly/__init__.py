"""A programme carried over into another year."""
