"""Templates, the outbox, and the list of mails."""
