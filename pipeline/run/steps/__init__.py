"""The steps of a run, one file each: a function that works on the Run and says in a line what came of it."""
