"""The log: a line of JSON for each thing that happened, short because CloudWatch is paid by the byte.

It never gets a body, a name, an address, a code or a key: ids alone say who and what. CloudWatch itself knows when and
in which function; Lambda's own lines are switched off but for failures.
"""

from typing import Any, Final

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

_KNOWN_ANYWAY: Final = ("location", "service", "timestamp", "xray_trace_id")
_USUAL: Final = "INFO"


class _Short(LambdaPowertoolsFormatter):
    def serialize(self, log: Any) -> str:
        kept: Any = {name: value for name, value in log.items() if name not in _KNOWN_ANYWAY}
        if kept.get("level") == _USUAL:
            del kept["level"]
        return super().serialize(kept)


logger: Final = Logger(logger_formatter=_Short(serialize_stacktrace=False))
