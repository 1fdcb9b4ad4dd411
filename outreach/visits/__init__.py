"""What truly happened."""
