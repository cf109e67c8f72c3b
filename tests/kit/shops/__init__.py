"""Shops that tests start: real HTTP servers with the habits of each platform, and with faults to order."""
