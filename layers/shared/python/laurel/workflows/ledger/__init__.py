"""Commissions: reading, lists, sums and their history."""
