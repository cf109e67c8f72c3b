from laurel import metrics
from laurel.workflows.events import sending
from laurel.workflows.mail.outbox import Result
from laurel.workflows.members import bounces
from laurel.workflows.shops import telling


def test_results_are_counted_by_names_that_they_have() -> None:
    assert {*metrics._ALARMED} <= {*Result.__members__}
    assert {*metrics._OF_REPORTS} <= {*bounces.Result.__members__}
    assert {*metrics._OF_SHOPS} <= {*telling.Result.__members__}
    assert "PAUSED" in sending.Result.__members__
