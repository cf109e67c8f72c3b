"""Findings of axe-core on a page. `assets/axe.min.js` is axe-core 4 as it is published (Mozilla Public License 2.0)."""

from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).parents[1] / "assets/axe.min.js"


def violations(page: Page) -> list[str]:
    """Each rule that the page breaks, with the first place. The page's own policy lets no script in but its own."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found]
