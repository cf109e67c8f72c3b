"""Performance-reward rules as merchants write them, and as they are compiled for a set of days."""
