"""Performance-reward rules: saved, tried, copied."""
