"""What the clock and the queue set going: sweeps of what is due, and the pages of long work."""
