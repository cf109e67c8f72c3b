"""What shops tell: who won an order, clicks, refunds, subscriptions, and the bodies of webhooks."""
