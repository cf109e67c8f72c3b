"""The program, which is the tenant: its settings, and the long work that it has under way."""
