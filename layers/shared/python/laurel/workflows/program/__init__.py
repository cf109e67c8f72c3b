"""The program: settings, API keys, storefronts, and jobs as they are begun and looked at."""
