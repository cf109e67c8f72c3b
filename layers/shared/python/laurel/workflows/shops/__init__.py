"""Codes in the shops: wanted with the edits that want them, told to the shops afterwards, looked at each day."""
