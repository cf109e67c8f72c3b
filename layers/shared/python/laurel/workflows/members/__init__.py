"""Members, the tree that they stand in, and their enrollments."""
