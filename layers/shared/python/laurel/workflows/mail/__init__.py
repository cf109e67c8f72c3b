"""Templates, the outbox, and mails as people look at them."""
