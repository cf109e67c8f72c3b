"""Payouts: commissions due to members, paid in batches."""
