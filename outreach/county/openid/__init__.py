"""Sign-in by an account that people have elsewhere already, by OpenID Connect."""
