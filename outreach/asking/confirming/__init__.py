"""Contacts that are still right: asked of schools once a year, who answer by one link; or put right where mail came
back."""
