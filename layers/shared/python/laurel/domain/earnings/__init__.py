"""Rows that follow other rows, and rows made or decided by hand: tiers, recurrences, repricing, approvals, manual."""
