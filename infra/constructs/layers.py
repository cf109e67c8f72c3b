"""The two layers: locked dependencies, which tools/layer.py builds, and the shared source, compiled."""

from importlib.metadata import version
from pathlib import Path
from typing import Final

import jsii
from aws_cdk import Annotations, BundlingOptions, DockerImage, IgnoreMode, ILocalBundling
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.constructs.function import ARCHITECTURES, NOT_CODE, RUNTIME
from infra.environments import Environment
from tools.layer import NATIVE, STAMP, TARGETS, Target, is_built
from tools.shared_layer import package

NEVER_RUN: Final = "never-run"


def target(environment: Environment) -> Target:
    """The target that the dependency layer must be built for."""
    return TARGETS[environment.architecture] if environment.bootstrapped else NATIVE


class Layers(Construct):
    """The layers, in `all` dependencies first; warns if the built one does not fit the environment."""

    def __init__(self, scope: Construct, construct_id: str, *, folder: Path, environment: Environment) -> None:
        super().__init__(scope, construct_id)
        wanted = target(environment)
        if not is_built(wanted, folder / "dependencies"):
            Annotations.of(self).add_warning_v2(
                "laurel:layer",
                f"layers/dependencies/python is not built for {wanted.name}: make layer ARCH={wanted.arch}",
            )
        self.all = (
            self._layer("Dependencies", _dependencies(folder / "dependencies"), environment),
            self._layer("Shared", _shared(folder / "shared", wanted), environment),
        )

    def _layer(self, name: str, code: lambda_.Code, environment: Environment) -> lambda_.LayerVersion:
        return lambda_.LayerVersion(
            self,
            name,
            code=code,
            compatible_runtimes=[RUNTIME],
            compatible_architectures=[ARCHITECTURES[environment.architecture]],
        )


def _dependencies(folder: Path) -> lambda_.Code:
    return lambda_.Code.from_asset(
        str(folder), exclude=["requirements.*", f"python/{STAMP}"], ignore_mode=IgnoreMode.GLOB
    )


def _shared(folder: Path, wanted: Target) -> lambda_.Code:
    # CDK falls back on Docker if the local copy declines, which it never does.
    bundling = BundlingOptions(
        image=DockerImage.from_registry(NEVER_RUN),
        local=_Compiled(folder, wanted),
        environment={"TARGET": wanted.name, "JINJA": version("jinja2")},
    )
    return lambda_.Code.from_asset(str(folder), exclude=NOT_CODE, ignore_mode=IgnoreMode.GLOB, bundling=bundling)


@jsii.implements(ILocalBundling)
class _Compiled:
    """A copy of the source with its templates and bytecode."""

    def __init__(self, folder: Path, wanted: Target) -> None:
        self._folder = folder
        self._wanted = wanted

    def try_bundle(self, output_dir: str, *_options: object, **_more: object) -> bool:
        package(self._folder, Path(output_dir), self._wanted)
        return True
