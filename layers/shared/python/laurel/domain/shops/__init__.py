"""Promo codes in the shops: what is wanted there, what a shop was seen to have, and the steps between."""
