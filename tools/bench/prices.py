"""List prices of AWS in us-east-1, in dollars, without free tiers."""

from typing import Final

MILLION: Final = 1_000_000
MINUTES_A_MONTH: Final = 43_800
WRITE_UNIT: Final = 0.625 / MILLION
READ_UNIT: Final = 0.125 / MILLION
API_REQUEST: Final = 1.00 / MILLION
LAMBDA_REQUEST: Final = 0.20 / MILLION
LAMBDA_GB_SECOND: Final = 0.0000133334
"""On arm64."""
LOG_BYTE: Final = 0.50 / 1_000_000_000
SCHEDULED: Final = 1.00 / MILLION
QUEUE_REQUEST: Final = 0.40 / MILLION
ALARM_METRIC: Final = 0.10
"""A month, for each metric that an alarm looks at."""
OWN_METRIC: Final = 0.30
"""A month, of a metric that is told every hour."""
DASHBOARD: Final = 3.00
KMS_KEY: Final = 1.00
