"""The file formats of a channel, each read in blocks of rows."""
