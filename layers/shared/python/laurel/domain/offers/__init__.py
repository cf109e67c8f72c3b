"""Offers, which members promote, with their payout options and the terms of pay."""
