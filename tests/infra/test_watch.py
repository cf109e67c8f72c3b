"""An operator hears of what goes wrong."""

from typing import Any

import pytest

from tests.infra.conftest import Deployed
from tests.infra.kit.facts import Facts

ESM = {"OnFailureDestinationDeliveredEventCount", "DroppedEventCount"}


def _alarms(facts: Facts, metric: str) -> list[dict[str, Any]]:
    return [a.properties for a in facts.all("CloudWatch::Alarm") if a.properties["MetricName"] == metric]


def _called(facts: Facts) -> set[str]:
    return {facts.folder_of(made.properties["IntegrationUri"]) for made in facts.all("ApiGatewayV2::Integration")}


def test_every_function_that_does_not_finish_is_heard_once(prod: Facts, folders: set[str]) -> None:
    heard = [prod.folder_of(alarm["Dimensions"][0]["Value"]) for alarm in _alarms(prod, "Errors")]
    mapped = [prod.folder_of(m.properties["FunctionName"]) for m in prod.all("Lambda::EventSourceMapping")]
    assert sorted([*heard, *mapped, *_called(prod)]) == sorted(folders)  # as 5xx, set aside or dead letters
    assert sorted(heard) == ["bounces", "tick"]


def test_both_consumers_falling_behind_are_heard(prod: Facts) -> None:
    late = {
        prod.folder_of(alarm["Dimensions"][0]["Value"]): alarm["Threshold"] for alarm in _alarms(prod, "IteratorAge")
    }
    assert late == {"rule_evaluation": 300_000, "mail": 300_000}


@pytest.mark.parametrize("metric", sorted(ESM))
def test_records_given_up_on_are_heard(prod: Facts, metric: str) -> None:
    stream = [m for m in prod.all("Lambda::EventSourceMapping") if "DestinationConfig" in m.properties]
    assert {m.properties["MetricsConfig"]["Metrics"][0] for m in stream} == {"EventCount"}
    heard = {alarm["Dimensions"][0]["Value"]["Ref"] for alarm in _alarms(prod, metric)}
    assert heard == {mapping.logical_id for mapping in stream}


def test_dead_letters_are_heard(prod: Facts) -> None:
    heard = [a["Dimensions"][0]["Value"]["Fn::GetAtt"][0] for a in _alarms(prod, "ApproximateNumberOfMessagesVisible")]
    letters = [prod.the("SQS::Queue", f"{name}/DeadLetters").logical_id for name in ("Jobs", "Shops", "Events")]
    assert sorted(heard) == sorted(letters)


@pytest.mark.parametrize(
    "metric",
    [
        "OverduePending",
        "MailUnknown",
        "MailFailed",
        "ShopsLockedOut",
        "EndpointsPaused",
        "ClicksLost",
        "DeliveriesRefused",
        "ClosedWithPending",
    ],
)
def test_what_the_functions_count_themselves_is_heard(prod: Facts, metric: str) -> None:
    (alarm,) = _alarms(prod, metric)
    variables = prod.function("tick").properties["Environment"]["Variables"]
    assert alarm["Namespace"] == variables["POWERTOOLS_METRICS_NAMESPACE"]
    assert alarm["Dimensions"] == [{"Name": "service", "Value": variables["POWERTOOLS_SERVICE_NAME"]}]
    assert alarm["Threshold"] == 1


def test_answers_of_5xx_are_heard(prod: Facts) -> None:
    (alarm,) = _alarms(prod, "5xx")
    assert alarm["Namespace"] == "AWS/ApiGateway"
    assert alarm["Dimensions"] == [{"Name": "ApiId", "Value": {"Ref": prod.the("ApiGatewayV2::Api").logical_id}}]
    assert alarm["Threshold"] == 1


def test_each_alarm_can_fire_and_only_a_silent_tick_is_alarming(prod: Facts) -> None:
    watched = {
        a.properties["MetricName"]: (a.properties["Statistic"], a.properties["TreatMissingData"])
        for a in prod.all("CloudWatch::Alarm")
    }
    assert watched == {
        "5xx": ("Sum", "notBreaching"),
        "ApproximateNumberOfMessagesVisible": ("Maximum", "notBreaching"),
        "DroppedEventCount": ("Sum", "notBreaching"),
        "ClicksLost": ("Sum", "notBreaching"),
        "ClosedWithPending": ("Sum", "notBreaching"),
        "DeliveriesRefused": ("Sum", "notBreaching"),
        "Errors": ("Sum", "notBreaching"),
        "IteratorAge": ("Maximum", "notBreaching"),
        "EndpointsPaused": ("Sum", "notBreaching"),
        "MailFailed": ("Sum", "notBreaching"),
        "MailUnknown": ("Sum", "notBreaching"),
        "OnFailureDestinationDeliveredEventCount": ("Sum", "notBreaching"),
        "ShopsLockedOut": ("Sum", "notBreaching"),
        "OverduePending": ("Maximum", "breaching"),
    }


def test_commissions_that_stay_overdue_are_heard_within_minutes(prod: Facts) -> None:
    (alarm,) = _alarms(prod, "OverduePending")
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (60, 3)


def test_every_alarm_says_what_to_do_and_goes_to_the_topic(prod: Facts) -> None:
    topic = prod.the("SNS::Topic", "Alarms/")
    for alarm in prod.all("CloudWatch::Alarm"):
        assert alarm.properties["AlarmActions"] == [{"Ref": topic.logical_id}]
        assert alarm.properties["AlarmDescription"]


def test_the_topic_lets_alarms_in(prod: Facts) -> None:
    statements = prod.the("SNS::TopicPolicy", "Alarms/").properties["PolicyDocument"]["Statement"]
    allowed = [s["Principal"] for s in statements if s["Effect"] == "Allow"]
    assert allowed == [{"Service": "cloudwatch.amazonaws.com"}]


def test_only_an_environment_that_wants_it_has_a_page_to_look_at(prod: Facts, deployed: Deployed) -> None:
    assert deployed("dev").all("CloudWatch::Dashboard") == []
    body = str(prod.the("CloudWatch::Dashboard").properties["DashboardBody"])
    for shown in ("IteratorAge", "OverduePending", "5xx", "ConsumedWriteCapacityUnits", "AlarmsOverduepending"):
        assert shown in body
