"""Where tests of other folders find the table in memory; it lives in `kit/table`."""

from tests.simulation.kit.table.fake_table import FakeTable

__all__ = ["FakeTable"]
