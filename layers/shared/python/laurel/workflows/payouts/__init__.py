"""Payouts: the due rows of members, and their payment page by page."""
