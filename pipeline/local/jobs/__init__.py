"""Jobs: what runs them, and what each kind does."""
