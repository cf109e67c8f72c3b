"""Random rules for the state machine, near enough to its few orders that many of them fire."""

from typing import Any

from hypothesis import strategies as st


def pick(*options: Any) -> st.SearchStrategy[Any]:
    """One of these."""
    return st.sampled_from(options)


PERIODS = pick(
    *({"type": f"current_{unit}"} for unit in ("day", "week", "week", "month")),
    *({"type": kind} for kind in ("all_time", "all_unpaid", "last_week", "last_month")),
    {"type": "last_n_days", "days": 3},
    {"type": "since", "date": "2026-11-01"},
)
SCOPES = pick({}, {}, {"tier": "any"}, {"tier": 2}, {"statuses": ["pending", "approved"]}, {"statuses": ["paid"]})
METRICS = st.one_of(
    st.fixed_dictionaries({"metric": pick("sales_count"), "value": st.integers(0, 1)}),
    st.fixed_dictionaries({"metric": pick("commission_value", "commission_value"), "value": pick(0, 500, 1_000)}),
    st.fixed_dictionaries({"metric": pick("sales_total"), "value": pick(5_000, 20_000)}),
)
ENDLESS = {"all_time", "all_unpaid", "since"}
COUNTERS = st.builds(
    lambda counted, period, scope, operator: {**counted, "period": period, **scope, "operator": operator},
    METRICS,
    PERIODS,
    SCOPES,
    pick("gt", "gt", "gte", "lt", "lte"),
)
LEADING = COUNTERS.filter(lambda leads: "l" not in leads["operator"] or leads["period"]["type"] not in ENDLESS)
FURTHER = st.lists(
    pick(*({"metric": "user_field", "field": "level", "operator": how, "value": "gold"} for how in ("eq", "ne"))),
    max_size=1,
)
PAYS = st.lists(
    pick({"type": "add_bonus_commission", "percent": "2"}, {"type": "add_bonus_commission", "amount": 50}),
    max_size=1,
)
SETS = st.lists(st.builds(lambda to: {"type": "update_user_field", "field": "level", "value": to}, pick("gold", "")))


@st.composite
def rewards(draw: st.DrawFn) -> dict[str, Any]:
    """A rule's settings; `offers` are the names of offers, and `send_mail` has no template yet."""
    mails = draw(st.lists(pick({"type": "send_mail", "to": "member"}), max_size=1))
    actions = [*draw(PAYS), *mails, *draw(SETS)[:1]]
    return {
        "name": "Reward",
        "priority": draw(st.integers(1, 2)),
        "offers": draw(pick("all", "all", ["A"], ["B"])),
        "conditions": [draw(LEADING), *draw(FURTHER)],
        "actions": actions or [{"type": "add_bonus_commission", "amount": 50}],
    }
