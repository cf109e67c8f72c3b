"""Needs of every request: its caller, answers kept for a repeat, pages of lists, edits that are raced."""
