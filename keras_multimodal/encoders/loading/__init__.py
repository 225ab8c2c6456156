"""Networks that have learned before: where they are, and how they are read."""
