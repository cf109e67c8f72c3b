"""Reports of shops: who won an order, clicks, refunds, subscriptions, and the bodies of webhooks."""
