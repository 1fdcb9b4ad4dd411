"""Training sessions at venues and online: held, changed, called off, and who comes."""
