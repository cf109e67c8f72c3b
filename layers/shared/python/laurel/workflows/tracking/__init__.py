"""What shops tell, recorded: orders, clicks, refunds, and the deliveries of webhooks."""
