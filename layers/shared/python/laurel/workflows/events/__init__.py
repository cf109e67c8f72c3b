"""Events out: endpoints, the feed, and deliveries."""
