"""The programs behind a plan: the relaxation, and whole numbers."""
