"""README's block of `make run` is what make run prints, but for keys, ids, dates, seconds and the port."""

import re
from dataclasses import replace
from pathlib import Path

from laurel.store.table import Table
from tools import demo, program, run
from tools.engine import aws
from tools.local_stack import PROGRAM, Stack
from tools.shop.server import local_shop

README = (Path(__file__).parents[2] / "README.md").read_text()
MASKS = (
    (r"lk_[\w-]+", "lk_…"),
    (r"(mem|clk|prg)_\w+", r"\1_…"),
    (r"/sign-in/[\w-]+", "/sign-in/…"),
    (r"\d{4}-\d\d-\d\d", "day"),
    (r"127\.0\.0\.1:\d+", "here"),
    (r"localhost:\d+", "shop"),
    (r"/r/[^\s/]+$", "/r/…"),
    (r"after \d+\.\d s", "after a while"),
)


def masked(text: str) -> list[str]:
    for pattern, mask in MASKS:
        text = re.sub(pattern, mask, text, flags=re.MULTILINE)
    return text.strip().splitlines()


def test_readme_shows_what_make_run_prints(stack: Stack):
    """In a program of its own: the demo's rules hold for all offers."""
    made = program.create(Table(stack.table_name, aws("dynamodb", stack.endpoint_url)), PROGRAM)
    own = replace(stack, program_id=made.program_id, admin_key=made.admin_key)
    printed: list[str] = []
    with local_shop() as shop:
        scene = demo.play(own.api_url, own.admin_key, own.mailbox_url, shop, printed.append)
        own = replace(own, portal_url=own.entrance_of(scene.member_id))
        printed.extend(run.told(own, scene, 30.4))
    shown = README.split("<!-- make run -->\n```\n", 1)[1].split("```", 1)[0]
    assert masked("\n".join(printed)) == masked(shown[shown.index("An offer pays") :])
