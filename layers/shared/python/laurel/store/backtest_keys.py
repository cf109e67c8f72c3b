"""The keys of a backtest: what it tries, and the pages of what it has found."""

from laurel.store.keys import Key


def backtest(program_id: str, job_id: str) -> Key:
    """The rule and the span that a backtest tries."""
    return Key(f"{program_id}#{job_id}", "backtest")


def backtest_page(program_id: str, job_id: str, number: int) -> Key:
    """Some of what a backtest has found."""
    return Key(f"{program_id}#{job_id}", f"page#{number:06d}")
