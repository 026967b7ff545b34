"""From graphs to programs."""
