"""Values without a business meaning of their own: money, days, periods, ids, and how models are checked."""
