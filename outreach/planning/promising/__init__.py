"""The way from a plan to promises."""
