"""Events: what happened, as whoever runs a program is told of it; endpoints that get it, and how far each is."""
