"""Pictures of a page, at two widths, light and dark, and what axe finds there.

    python -m tests.pages.look /console/settings/users [--role owner] [--to .local/look] [--full]

The path is one of the API; `/portal` stands for the small program's, so `/portal/profile --role member`.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
from moto import mock_aws
from playwright.sync_api import Page, sync_playwright

from laurel.log import logger
from laurel.settings import TABLE_NAME as TABLE_SETTING
from laurel.store.table import Table
from tests.browser.kit.accessibility import violations
from tests.functional.kit.quick_moto import REGION
from tests.functional.kit.world import World, furnished
from tests.kit.tables import TABLE_NAME
from tests.pages.kit.filled import busy, fill
from tests.pages.kit.people import ROLES, seated
from tests.pages.kit.stage import DESK, PHONE, Stage, staged
from tools.tables import create_table

LOOKS = [(size, scheme) for size in (DESK, PHONE) for scheme in ("light", "dark")]


@contextmanager
def small_program() -> Iterator[tuple[Table, World]]:
    """A table in this process with the small program, filled."""
    os.environ.update(
        {
            TABLE_SETTING: TABLE_NAME,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
        }
    )
    with mock_aws():
        client = boto3.client("dynamodb")
        create_table(client, TABLE_NAME)
        table = Table(TABLE_NAME, client)
        world = furnished(table)
        fill(table, world)
        busy(table, world)
        yield table, world


def look(stage: Stage, path: str, role: str, folder: Path, *, full: bool) -> int:
    """Takes the pictures; answers with the number of violations."""
    found, folder = 0, folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for size, scheme in LOOKS:
            context = stage.opened(browser, role, size, scheme)
            page = context.new_page()
            page.on("console", lambda message: print("  console:", message.text))
            page.goto(stage.address(path))
            name = f"{path.strip('/').replace('/', '-') or 'page'}-{size[0]}-{scheme}.png"
            page.screenshot(path=folder / name, full_page=full)
            print(folder / name, page.title())
            found += _told(page, size)
            context.close()
        browser.close()
    return found


def _told(page: Page, size: tuple[int, int]) -> int:
    wide = page.evaluate("document.documentElement.scrollWidth")
    said = violations(page) + ([f"the page is {wide} pixels wide"] if wide > size[0] else [])
    for each in said:
        print("  ", each)
    return len(said)


def main() -> int:
    """The exit status: 1 if axe finds anything, or the page is wider than its window."""
    parser = argparse.ArgumentParser(description="Pictures of a page")
    parser.add_argument("path")
    parser.add_argument("--role", choices=[*ROLES, "nobody"], default="owner")
    parser.add_argument("--to", type=Path, default=Path(".local/look"))
    parser.add_argument("--full", action="store_true", help="the whole page, not what fits the window")
    asked = parser.parse_args()
    logger.setLevel("ERROR")
    role = "" if asked.role == "nobody" else asked.role
    with small_program() as (table, world), staged(seated(table, world)) as stage:
        return 1 if look(stage, asked.path, role, asked.to, full=asked.full) else 0


if __name__ == "__main__":
    sys.exit(main())
