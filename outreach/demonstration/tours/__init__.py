"""The made-up tour as its tools leave it."""
