"""What people and mail servers say back to us. Keeps it; whoever stands above acts on it."""
