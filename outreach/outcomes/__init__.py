"""Answers of pupils, and all that can be said from them."""
