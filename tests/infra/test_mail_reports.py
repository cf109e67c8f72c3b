"""What SES tells of mails reaches one function, from SES alone."""

from typing import Any

from tests.infra.kit.facts import Facts


def topic(prod: Facts) -> dict[str, str]:
    return {"Ref": prod.the("SNS::Topic", "MailReports/").logical_id}


def test_ses_tells_of_bounces_and_complaints_of_every_mail_that_is_sent(prod: Facts) -> None:
    destination = prod.the("SES::ConfigurationSetEventDestination").properties
    assert destination["EventDestination"] == {
        "Enabled": True,
        "MatchingEventTypes": ["BOUNCE", "COMPLAINT"],
        "SnsDestination": {"TopicARN": topic(prod)},
    }
    assert destination["ConfigurationSetName"] == prod.settings("mail")["CONFIGURATION_SET"]


def test_ses_may_write_to_the_topic_before_it_is_told_of_it_and_nobody_else_may(prod: Facts) -> None:
    policy = prod.the("SNS::TopicPolicy", "MailReports/")
    allowed = [s for s in policy.properties["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]
    (only,) = allowed
    assert (only["Principal"], only["Action"]) == ({"Service": "ses.amazonaws.com"}, "sns:Publish")
    assert only["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert policy.logical_id in prod.the("SES::ConfigurationSetEventDestination").whole["DependsOn"]


def test_the_topic_has_one_reader(prod: Facts) -> None:
    (subscribed,) = [s.properties for s in prod.all("SNS::Subscription")]
    assert (subscribed["TopicArn"], subscribed["Protocol"]) == (topic(prod), "lambda")
    assert prod.folder_of(subscribed["Endpoint"]) == "bounces"


def test_a_report_that_fails_every_try_is_kept_in_the_bucket(prod: Facts) -> None:
    tries: dict[str, Any] = prod.the("Lambda::EventInvokeConfig", "MailReports/").properties
    kept = [m.properties for m in prod.all("Lambda::EventSourceMapping") if "DestinationConfig" in m.properties]
    assert prod.folder_of(tries["FunctionName"]) == "bounces"
    assert {str(each["DestinationConfig"]) for each in kept} == {str(tries["DestinationConfig"])}


def test_nothing_is_polled_for_reports(prod: Facts) -> None:
    mapped = {prod.folder_of(m.properties["FunctionName"]) for m in prod.all("Lambda::EventSourceMapping")}
    assert "bounces" not in mapped
