"""Members, their enrollments and codes, their accounts, and their places in the tree."""
