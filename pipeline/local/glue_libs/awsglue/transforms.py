"""Empty: every script of Glue's console imports all of it, and those that use DynamicFrames fail by name."""
