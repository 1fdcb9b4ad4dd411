"""Post that goes out, once it is written: the letter book, and the line to the mail server."""
