"""Payouts: what is due, and its payment page by page."""
