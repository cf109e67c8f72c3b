"""What members promote: offers, their payout options and the terms of pay."""
