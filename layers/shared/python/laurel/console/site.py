"""The console as a whole: its sections in the order of its navigation."""

from functools import partial
from pathlib import Path
from typing import Final

from laurel.pages.site import Section, Site

_section: Final = partial(Section, package=__package__)
site: Final = Site(
    name="console",
    path="/console",
    cookie="laurel_console",
    templates=Path(__file__).with_name("templates"),
    sections=(
        _section("Overview", ("", "overview"), modules=("overview",)),
        _section("Offers", ("offers",), modules=("offers", "options", "enrollments", "bulk_edits")),
        _section("Members", ("members",), modules=("members", "profiles")),
        _section("Conversions", ("conversions",), modules=("conversions", "one_conversion")),
        _section(
            "Rules",
            ("rules",),
            modules=("rules", "rule_builder", "rule_trials", "rule_backtests", "rule_rewards"),
        ),
        _section("Payouts", ("payouts",), modules=("payouts",)),
        _section("Mail", ("mail",), modules=("mail", "mail_templates")),
        _section("Shops", ("shops",), modules=("shops", "shop_traffic", "shop_codes")),
        _section("Settings", ("settings",), modules=("settings", "users", "api_keys", "endpoints")),
        _section("", ("sign-in", "sign-out"), modules=("doors",)),
    ),
)
