"""What is due to members, paid in batches."""
