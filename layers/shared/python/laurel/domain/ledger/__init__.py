"""Commissions, the totals that count them, and the views that people get of both."""
