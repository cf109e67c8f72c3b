"""Commissions as they are read, listed, summed up and edited."""
