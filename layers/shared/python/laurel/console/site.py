"""The console as a whole: its sections in the order of its navigation."""

from pathlib import Path
from typing import Final

from laurel.console import (
    api_keys,
    bulk_edits,
    conversions,
    doors,
    endpoints,
    enrollments,
    mail,
    mail_templates,
    members,
    offers,
    one_conversion,
    options,
    overview,
    payouts,
    profiles,
    rule_backtests,
    rule_builder,
    rule_rewards,
    rule_trials,
    rules,
    settings,
    shop_codes,
    shop_traffic,
    shops,
    users,
)
from laurel.pages.site import Site

SECTIONS: Final = (
    overview,
    *(offers, options, enrollments, bulk_edits),
    *(members, profiles),
    *(conversions, one_conversion),
    *(rules, rule_builder, rule_trials, rule_backtests, rule_rewards),
    payouts,
    *(mail, mail_templates),
    *(shops, shop_traffic, shop_codes),
    *(settings, users, api_keys, endpoints),
    doors,
)
site: Final = Site(
    name="console",
    path="/console",
    cookie="laurel_console",
    templates=Path(__file__).with_name("templates"),
    sections=tuple(section.pages for section in SECTIONS),
)
