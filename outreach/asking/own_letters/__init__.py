"""Letters in a coordinator's own words: drafts, to whom they go, sent and taken back."""
