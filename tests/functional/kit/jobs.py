"""The queue of jobs, and the function that works it off."""

from dataclasses import dataclass

from tests.functional.kit.quick_moto import client
from tests.functional.kit.stream import event, run


@dataclass(frozen=True, slots=True)
class JobsQueue:
    url: str

    def take(self) -> list[str]:
        """The messages that wait; they wait no more."""
        sqs = client("sqs")
        found = sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages", [])
        for each in found:
            sqs.delete_message(QueueUrl=self.url, ReceiptHandle=each["ReceiptHandle"])
        return [each["Body"] for each in found]

    def work(self) -> int:
        """What jobs does with the messages that wait; how many there were."""
        (record,) = event("jobs", "close_period")["Records"]
        taken = self.take()
        for body in taken:
            assert run("jobs", {"Records": [{**record, "body": body}]}) == {"batchItemFailures": []}
        return len(taken)
