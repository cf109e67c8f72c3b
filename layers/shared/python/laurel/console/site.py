"""The console as a whole: its sections in the order of its navigation."""

from pathlib import Path
from typing import Final

from laurel.console import (
    bulk_edits,
    conversions,
    doors,
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
    shops,
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
    shops,
    settings,
    doors,
)
site: Final = Site(
    name="console",
    path="/console",
    cookie="laurel_console",
    templates=Path(__file__).with_name("templates"),
    sections=tuple(section.pages for section in SECTIONS),
)
