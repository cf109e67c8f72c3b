"""Work that the clock and the queue start: sweeps of due items, and the pages of long work."""
