"""A made-up county and a made-up year in it, so that a newcomer sees the service at work."""
