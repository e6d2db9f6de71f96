"""How good a model is: its metrics on test rows, beside those of the model that serves, and whether that will do."""
