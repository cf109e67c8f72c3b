"""The portal as a whole: its sections in the order of its navigation."""

from functools import partial
from pathlib import Path
from typing import Final

from laurel.pages.site import Section, Site

_section: Final = partial(Section, package=__package__)
site: Final = Site(
    name="portal",
    path="/portal/<program_id>",
    cookie="laurel_portal",
    templates=Path(__file__).with_name("templates"),
    sections=(
        _section("Overview", ("",), modules=("overview",)),
        _section("Links and codes", ("links",), modules=("links",)),
        _section("Earnings", ("earnings",), modules=("earnings",)),
        _section("Rewards", ("rewards",), modules=("rewards",)),
        _section("Payouts", ("payouts",), modules=("payouts",)),
        _section("Profile", ("profile", "address"), modules=("profile", "addresses")),
        _section("", ("sign-in", "sign-out", "join", "logo", "color"), modules=("doors",)),
    ),
)
