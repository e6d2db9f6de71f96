"""The Spark of this environment, as programs of it are started here."""
