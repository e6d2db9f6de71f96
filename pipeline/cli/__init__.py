"""The command line, one file a command; heavy packages are imported by the command that needs them."""
