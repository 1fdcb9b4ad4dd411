"""What gunicorn is told wherever it is started from here; all else stands on its command line."""

# It takes SCRIPT_NAME and PATH_INFO out of headers of those names from any peer on this machine, which every visitor
# is behind a proxy here: whoever sends them would choose the page past the proxy's rules.
forwarder_headers = ""
