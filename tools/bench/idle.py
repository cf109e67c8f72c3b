"""The cost of a month in which nothing happens, from its synthesized templates."""

import json
from typing import Any, Final

from tools.assembly import assembly
from tools.bench import background, prices, samples
from tools.bench.report import Figure, Row, Table, Target
from tools.bench.world import Lab, world
from tools.failure import say

MOST: Final = {"dev": 5.0, "prod": 8.0}
BEFORE: Final = 7.5
_TICK_SECONDS: Final = 0.1
_TICK_LINES_BYTES: Final = 500
_POLLS_A_MONTH: Final = 5 * 3 * prices.MINUTES_A_MONTH
"""Lambda asks a queue by five long polls of 20 s."""
_ROUTE_METRICS: Final = 4
Resource = dict[str, Any]


def table(lab: Lab) -> Table:
    """Dollars a month, by line."""
    minute = background.idle_minute(world(lab, samples.template())).cost
    rows = [_row(name, most, minute.rru) for name, most in MOST.items()]
    notes = ["One program. Routes: metrics of each, at most, if the template asks for them."]
    return Table("An idle month, in dollars", rows, notes)


def _row(name: str, most: float, rru_a_minute: float) -> Row:
    resources = _resources(name)
    lines = {
        "keys": prices.KMS_KEY * len(_of(resources, "KMS::Key")),
        "alarms": prices.ALARM_METRIC * sum(map(_watched, _of(resources, "CloudWatch::Alarm"))),
        "own metrics": prices.OWN_METRIC * len(_always_told(resources)),
        "dashboard": prices.DASHBOARD * len(_of(resources, "CloudWatch::Dashboard")),
        "queues": prices.QUEUE_REQUEST * _POLLS_A_MONTH * len(_polled(resources)),
        "tick": prices.MINUTES_A_MONTH * _minute(resources, rru_a_minute),
        "routes": prices.OWN_METRIC * _ROUTE_METRICS * _counted_routes(resources),
    }
    total = sum(lines.values())
    figures: dict[str, Figure] = {"total": total, "before": BEFORE, **lines}
    return Row(name, figures, Target(f"<= {most}", total <= most))


def _resources(name: str) -> list[Resource]:
    folder = assembly(name, say)
    templates = [json.loads(file.read_text()) for file in folder.glob("*.template.json")]
    return [resource for template in templates for resource in template["Resources"].values()]


def _of(resources: list[Resource], kind: str) -> list[Resource]:
    return [resource["Properties"] for resource in resources if resource["Type"] == f"AWS::{kind}"]


def _watched(alarm: Resource) -> int:
    """The metrics that an alarm looks at."""
    return sum("MetricStat" in metric for metric in alarm["Metrics"]) if "Metrics" in alarm else 1


def _always_told(resources: list[Resource]) -> set[str]:
    """Metrics of our own whose silence is alarming, so that they are told all the time; others cost when they occur."""
    alarms = _of(resources, "CloudWatch::Alarm")
    return {alarm["MetricName"] for alarm in alarms if alarm.get("TreatMissingData") == "breaching"}


def _polled(resources: list[Resource]) -> list[Resource]:
    mappings = _of(resources, "Lambda::EventSourceMapping")
    return [mapping for mapping in mappings if "StartingPosition" not in mapping]


def _minute(resources: list[Resource], rru: float) -> float:
    """Dollars of one run of the clock."""
    runs = len(_of(resources, "Scheduler::Schedule"))
    computes = prices.LAMBDA_REQUEST + _TICK_SECONDS * prices.LAMBDA_GB_SECOND
    return runs * (prices.SCHEDULED + computes + _TICK_LINES_BYTES * prices.LOG_BYTE + rru * prices.READ_UNIT)


def _counted_routes(resources: list[Resource]) -> int:
    """Routes that have metrics of their own."""
    (stage,) = _of(resources, "ApiGatewayV2::Stage")
    routes = len(_of(resources, "ApiGatewayV2::Route"))
    return routes if stage["DefaultRouteSettings"].get("DetailedMetricsEnabled") else 0
