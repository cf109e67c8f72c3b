"""The way from an edit to a shop: stream, outbox, queue, and the function that tells the shop."""

from dataclasses import dataclass

from laurel.store import keys
from laurel.store.operations import Update
from laurel.store.table import Table
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.quick_moto import client
from tests.functional.kit.stream import as_stream, everything, run


@dataclass(frozen=True, slots=True)
class ShopsQueue:
    url: str
    jobs: JobsQueue

    def work(self, table: Table, rounds: int = 8) -> None:
        """All that waits: jobs that are due, what they hand on, and what shops are told; a few rounds of it."""
        for _ in range(rounds):
            self.begin(table)
            while self.jobs.work():
                pass
            if not self.tell(table):
                return

    def tell(self, table: Table) -> int:
        """What the stream hands on, told to the shops; the number of messages."""
        waiting = [item for item in everything(table) if item.get("outbox") == "pending" and "shop" in str(item)]
        if waiting:
            assert run("mail", as_stream(*waiting)) == {"batchItemFailures": []}
        taken = self.take()
        for body in taken:
            record = {"messageId": "m", "body": body}
            assert run("shops", {"Records": [record]}) == {"batchItemFailures": []}
        return len(taken)

    def take(self) -> list[str]:
        """The messages that wait; they wait no more."""
        sqs, bodies = client("sqs"), list[str]()
        while found := sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages", []):
            for each in found:
                sqs.delete_message(QueueUrl=self.url, ReceiptHandle=each["ReceiptHandle"])
            bodies += [each["Body"] for each in found]
        return bodies

    def pass_time(self, table: Table) -> None:
        """Whatever waits for a later attempt is due now: an hour has passed, as far as the outbox can tell."""
        for item in everything(table):
            if item["kind"] == "shop code" and item["outbox"] in {"pending", "handed"}:
                body = {**item["body"], "next_attempt_at": "2026-01-01T00:00:00Z"}
                table.write(Update(keys.Key(item["pk"], item["sk"]), set={"body": body}))
            if item["kind"] == "connection":
                rested = {**item["body"], "quiet_until": None}
                table.write(Update(keys.Key(item["pk"], item["sk"]), set={"body": rested}))

    def begin(self, table: Table) -> None:
        """What tick does of jobs that nobody sent a message for."""
        for item in everything(table):
            about = item["body"] if item["kind"] == "job" else {}
            if (about.get("kind"), about.get("status")) == ("look_after_codes", "running"):
                body = f'{{"program_id": "{item["pk"].partition("#")[0]}", "job_id": "{item["sk"]}"}}'
                client("sqs").send_message(QueueUrl=self.jobs.url, MessageBody=body)
