"""Decision trees, alone, as forests and boosted."""
