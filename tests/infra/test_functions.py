"""What is deployed, and what it is told."""

from pathlib import Path

import pytest

from infra.functions import FUNCTIONS, checked_against
from infra.routes import routes
from laurel import settings
from tests.infra.conftest import Deployed
from tests.infra.kit.facts import Facts
from tools.places import ROOT

SETTINGS = {value for name, value in vars(settings).items() if name.isupper()}
READS = {
    "program": {"TABLE_NAME", "SECRETS_KEY_ID", "PUBLIC_URL", "SENDER_DOMAINS", "ALLOW_LOOPBACK"},
    "codes": {"TABLE_NAME", "PUBLIC_URL"},
    "senders": {"TABLE_NAME", "PUBLIC_URL"},
    "offers": {"TABLE_NAME", "PUBLIC_URL"},
    "members": {"TABLE_NAME", "SECRETS_KEY_ID", "PUBLIC_URL"},
    "clicks": {"TABLE_NAME", "PUBLIC_URL"},
    "rules": {"TABLE_NAME", "PUBLIC_URL", "JOBS_QUEUE_URL"},
    "commissions": {"TABLE_NAME", "PUBLIC_URL"},
    "conversions": {"TABLE_NAME", "PUBLIC_URL"},
    "webhooks": {"TABLE_NAME", "PUBLIC_URL"},
    "deliveries": {"TABLE_NAME", "PUBLIC_URL"},
    "reports": {"TABLE_NAME", "PUBLIC_URL"},
    "payouts": {"TABLE_NAME", "PUBLIC_URL", "JOBS_QUEUE_URL"},
    "rule_evaluation": {"TABLE_NAME", "JOBS_QUEUE_URL"},
    "shops": {"TABLE_NAME", "ALLOW_LOOPBACK"},
    "mail": {
        *("TABLE_NAME", "SHOPS_QUEUE_URL", "EVENTS_QUEUE_URL"),
        *("CONFIGURATION_SET", "DEFAULT_SENDER", "SENDER_DOMAINS"),
    },
    "bounces": {"TABLE_NAME"},
    "tick": {"TABLE_NAME", "JOBS_QUEUE_URL", "EVENTS_QUEUE_URL"},
    "endpoints": {"TABLE_NAME", "PUBLIC_URL", "SECRETS_KEY_ID", "EVENTS_QUEUE_URL", "ALLOW_LOOPBACK"},
    "events": {"TABLE_NAME", "EVENTS_QUEUE_URL", "ALLOW_LOOPBACK"},
    "jobs": {"TABLE_NAME", "JOBS_QUEUE_URL"},
    "logos": {"TABLE_NAME", "PUBLIC_URL"},
    "users": {"TABLE_NAME", "PUBLIC_URL"},
    "agents": {"TABLE_NAME", "PUBLIC_URL", "ALLOW_LOOPBACK"},
    "console": {
        *("TABLE_NAME", "PUBLIC_URL", "SECRETS_KEY_ID", "JOBS_QUEUE_URL", "EVENTS_QUEUE_URL"),
        *("SENDER_DOMAINS", "ALLOW_LOOPBACK"),
    },
    "portal": {"TABLE_NAME", "PUBLIC_URL", "SECRETS_KEY_ID", "ALLOW_LOOPBACK"},
    "front": {"PUBLIC_URL"},
}


def test_every_folder_is_deployed_and_nothing_else(prod: Facts, folders: set[str]) -> None:
    assert {function.path.partition("/")[0] for function in prod.all("Lambda::Function")} == folders


def test_a_folder_without_its_row_is_refused(tmp_path: Path) -> None:
    for name in [*(function.folder for function in FUNCTIONS), "refunds"]:
        (tmp_path / name).mkdir()
        (tmp_path / name / "handler.py").touch()
    with pytest.raises(ValueError, match="refunds"):
        checked_against(tmp_path)


def test_a_row_without_its_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="conversions"):
        checked_against(tmp_path)


@pytest.mark.parametrize("folder", READS)
def test_a_function_is_told_what_it_reads(prod: Facts, folder: str) -> None:
    assert set(prod.settings(folder)) == READS[folder]
    assert all(prod.settings(folder).values())


def test_a_function_with_routes_knows_where_its_refusals_are_explained(prod: Facts) -> None:
    for folder in {route.folder for route in routes(ROOT / "docs/openapi.json")}:
        assert "PUBLIC_URL" in prod.settings(folder), folder


def test_every_setting_reaches_some_function(prod: Facts, folders: set[str]) -> None:
    assert set[str]().union(*(prod.settings(folder) for folder in folders)) == SETTINGS


def test_rights_and_settings_go_together(prod: Facts, folders: set[str]) -> None:
    for folder in folders:
        told, may = set(prod.settings(folder)), prod.actions(folder)
        assert ("TABLE_NAME" in told) == ("dynamodb:GetItem" in may), folder
        assert bool({"JOBS_QUEUE_URL", "SHOPS_QUEUE_URL", "EVENTS_QUEUE_URL"} & told) == ("sqs:SendMessage" in may), (
            folder
        )
        assert ("CONFIGURATION_SET" in told) == ("ses:SendEmail" in may), folder
        assert ("SECRETS_KEY_ID" in told) == ("kms:Encrypt" in may), folder


@pytest.mark.parametrize(("name", "architecture"), [("prod", "arm64"), ("local", "x86_64")])
def test_functions_run_on_python_with_both_layers(deployed: Deployed, name: str, architecture: str) -> None:
    for function in deployed(name).all("Lambda::Function"):
        assert function.properties["Runtime"] == "python3.13"
        assert function.properties["Architectures"] == [architecture]
        assert function.properties["Handler"] == "handler.handler"
        assert len(function.properties["Layers"]) == 2


def test_every_log_ends(prod: Facts) -> None:
    logs = prod.all("Logs::LogGroup")
    assert len(logs) == len(prod.all("Lambda::Function"))
    assert {log.properties["RetentionInDays"] for log in logs} == {180}


def test_of_its_own_lines_lambda_writes_only_those_of_failures(prod: Facts) -> None:
    for function in prod.all("Lambda::Function"):
        log = dict(function.properties["LoggingConfig"])
        assert log.pop("LogGroup")
        assert log == {"LogFormat": "JSON", "SystemLogLevel": "WARN", "ApplicationLogLevel": "INFO"}


def test_only_long_work_and_events_may_call_themselves_without_end(prod: Facts) -> None:
    loops = {f.path.partition("/")[0] for f in prod.all("Lambda::Function") if "RecursiveLoop" in f.properties}
    assert loops == {"events", "jobs"}
    assert {prod.function(folder).properties["RecursiveLoop"] for folder in loops} == {"Allow"}


def test_time_zones_are_those_of_the_layer(prod: Facts) -> None:
    for function in prod.all("Lambda::Function"):
        told = function.properties["Environment"]["Variables"]
        assert told["PYTHONTZPATH"] == "/opt/python/tzdata/zoneinfo"
