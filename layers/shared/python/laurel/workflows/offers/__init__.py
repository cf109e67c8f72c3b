"""Offers and their payout options."""
