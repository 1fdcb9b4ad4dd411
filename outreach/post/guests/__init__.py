"""What host and guest are told of each other."""
