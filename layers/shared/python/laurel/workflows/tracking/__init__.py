"""Reports of shops, recorded: orders, clicks, refunds, and the deliveries of webhooks."""
