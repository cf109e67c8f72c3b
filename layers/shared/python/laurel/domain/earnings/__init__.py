"""Rows that follow other rows or a hand: tiers, recurrences, repricing, approvals, manual rows."""
