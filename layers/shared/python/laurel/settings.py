"""Settings: nothing else reads the environment. Infra sets the variables named here."""

import os
from dataclasses import dataclass
from functools import cache
from typing import Final

TABLE_NAME: Final = "TABLE_NAME"
JOBS_QUEUE_URL: Final = "JOBS_QUEUE_URL"
SHOPS_QUEUE_URL: Final = "SHOPS_QUEUE_URL"
EVENTS_QUEUE_URL: Final = "EVENTS_QUEUE_URL"
CONFIGURATION_SET: Final = "CONFIGURATION_SET"
SECRETS_KEY_ID: Final = "SECRETS_KEY_ID"
DEFAULT_SENDER: Final = "DEFAULT_SENDER"
SENDER_DOMAINS: Final = "SENDER_DOMAINS"
PUBLIC_URL: Final = "PUBLIC_URL"
ALLOW_LOOPBACK: Final = "ALLOW_LOOPBACK"


@dataclass(frozen=True, slots=True)
class Settings:
    """A function's knowledge of its deployment; a missing value is empty and fails where it is used.

    `sender_domains`: separated by commas; `*` for all, and nothing for none. `allow_loopback`: shops and their pages
    may be on this machine.
    """

    table_name: str
    jobs_queue_url: str
    shops_queue_url: str
    events_queue_url: str
    configuration_set: str
    secrets_key_id: str
    default_sender: str
    sender_domains: str
    public_url: str
    allow_loopback: bool


@cache
def settings() -> Settings:
    """The settings, read once per process; tests that change the environment call `settings.cache_clear()`."""
    return Settings(
        table_name=os.environ.get(TABLE_NAME, ""),
        jobs_queue_url=os.environ.get(JOBS_QUEUE_URL, ""),
        shops_queue_url=os.environ.get(SHOPS_QUEUE_URL, ""),
        events_queue_url=os.environ.get(EVENTS_QUEUE_URL, ""),
        configuration_set=os.environ.get(CONFIGURATION_SET, ""),
        secrets_key_id=os.environ.get(SECRETS_KEY_ID, ""),
        default_sender=os.environ.get(DEFAULT_SENDER, ""),
        sender_domains=os.environ.get(SENDER_DOMAINS, ""),
        public_url=os.environ.get(PUBLIC_URL, ""),
        allow_loopback=os.environ.get(ALLOW_LOOPBACK, "") == "yes",
    )
