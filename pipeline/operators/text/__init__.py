"""Text split, counted, hashed and embedded."""
