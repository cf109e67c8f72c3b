"""Laurel: affiliate and creator programs. See README for the map."""
