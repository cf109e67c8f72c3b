"""Consumers are bounded, and what they give up on is kept."""

import json

import pytest

from tests.infra.kit.facts import Facts, Resource

STREAM = ["rule_evaluation", "mail"]


def _mapping(facts: Facts, folder: str) -> Resource:
    (found,) = [
        made
        for made in facts.all("Lambda::EventSourceMapping")
        if facts.folder_of(made.properties["FunctionName"]) == folder
    ]
    return found


def test_the_stream_has_two_readers_and_each_queue_one(prod: Facts) -> None:
    readers = [prod.folder_of(made.properties["FunctionName"]) for made in prod.all("Lambda::EventSourceMapping")]
    assert sorted(readers) == ["events", "jobs", "mail", "rule_evaluation", "shops"]


@pytest.mark.parametrize("folder", STREAM)
def test_no_record_is_tried_for_ever(prod: Facts, folder: str) -> None:
    mapping = _mapping(prod, folder).properties
    assert 1 <= mapping["MaximumRetryAttempts"] <= 10
    assert 60 <= mapping["MaximumRecordAgeInSeconds"] <= 6 * 3600
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize("folder", STREAM)
def test_records_given_up_on_go_to_the_bucket(prod: Facts, folder: str) -> None:
    destination = _mapping(prod, folder).properties["DestinationConfig"]["OnFailure"]["Destination"]
    assert prod.the("S3::Bucket").logical_id in destination["Fn::ImportValue"]


@pytest.mark.parametrize(
    ("folder", "image"),
    [("rule_evaluation", {"pend": {"N": ["1"]}}), ("mail", {"outbox": {"S": ["pending"]}})],
)
def test_a_consumer_wakes_only_for_its_own_work(prod: Facts, folder: str, image: dict[str, object]) -> None:
    (only,) = _mapping(prod, folder).properties["FilterCriteria"]["Filters"]
    assert json.loads(only["Pattern"]) == {"eventName": ["INSERT", "MODIFY"], "dynamodb": {"NewImage": image}}


def test_commissions_of_one_member_are_not_split_over_lanes(prod: Facts) -> None:
    mapping = _mapping(prod, "rule_evaluation").properties
    assert mapping["ParallelizationFactor"] == 1
    assert "MaximumBatchingWindowInSeconds" not in mapping


def test_a_new_consumer_reads_what_is_already_there(prod: Facts) -> None:
    assert {_mapping(prod, folder).properties["StartingPosition"] for folder in STREAM} == {"TRIM_HORIZON"}


def test_lambda_finds_the_rights_when_it_makes_a_mapping(prod: Facts) -> None:
    for mapping in prod.all("Lambda::EventSourceMapping"):
        assert any("RoleDefaultPolicy" in needed for needed in mapping.whole["DependsOn"])


@pytest.mark.parametrize(("folder", "name"), [("jobs", "Jobs"), ("shops", "Shops")])
def test_a_message_gets_its_time_and_then_the_dead_letter_queue(prod: Facts, folder: str, name: str) -> None:
    mapping = _mapping(prod, folder).properties
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BatchSize"] == 1
    queue = prod.the("SQS::Queue", f"{name}/Queue").properties
    letters = prod.the("SQS::Queue", f"{name}/DeadLetters")
    assert queue["VisibilityTimeout"] >= 6 * prod.function(folder).properties["Timeout"]
    assert queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0] == letters.logical_id
    assert letters.properties["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_tick_runs_every_minute_and_ends_within_it(prod: Facts) -> None:
    schedule = prod.the("Scheduler::Schedule").properties
    assert schedule["ScheduleExpression"] == "rate(1 minute)"
    assert prod.folder_of(schedule["Target"]["Arn"]) == "tick"
    assert prod.function("tick").properties["Timeout"] < 60


def test_a_minute_is_never_tried_twice(prod: Facts) -> None:
    assert prod.the("Scheduler::Schedule").properties["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 0
    assert prod.the("Lambda::EventInvokeConfig", "EveryMinute/").properties["MaximumRetryAttempts"] == 0
