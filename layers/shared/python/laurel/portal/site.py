"""The portal as a whole: its sections in the order of its navigation."""

from pathlib import Path
from typing import Final

from laurel.pages.site import Site
from laurel.portal import addresses, doors, earnings, links, overview, payouts, profile, rewards

SECTIONS: Final = (overview, links, earnings, rewards, payouts, profile, addresses, doors)
site: Final = Site(
    name="portal",
    path="/portal/<program_id>",
    cookie="laurel_portal",
    templates=Path(__file__).with_name("templates"),
    sections=tuple(section.pages for section in SECTIONS),
)
