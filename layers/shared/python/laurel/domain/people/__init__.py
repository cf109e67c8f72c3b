"""People of a program: its merchant's users, their roles, and how they and members sign in."""
