"""The program and its doors: settings, API keys, storefronts, and jobs as they are begun and looked at."""
