"""The domain decides what should happen: pure values and functions, no AWS, no clock, no environment."""
