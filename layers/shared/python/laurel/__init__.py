"""Laurel: affiliate and creator programs. See README for the map."""

import gc

# An import makes tens of thousands of objects that stay: to look through them again takes a tenth of a cold start.
gc.set_threshold(50_000, 20, 20)
