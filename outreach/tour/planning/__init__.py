"""The planner: pure numbers in, a plan and what is proven of it out."""
