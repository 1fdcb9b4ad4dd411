"""Cost: what a programme may spend and has spent, and what its last gaps would cost."""
