"""Findings of cdk-nag that stay, each with its reason on the resource."""

from aws_cdk import Acknowledgment, Stack, Validations
from constructs import IConstruct


def accept(construct: IConstruct, reasons: dict[str, str]) -> None:
    """Accepts findings about `construct`. `reasons`: finding id as cdk-nag prints it -> why it is right here."""
    Validations.of(construct).acknowledge(*(Acknowledgment(id=finding, reason=why) for finding, why in reasons.items()))


def wildcard(scope: IConstruct, arn: str) -> str:
    """The id of cdk-nag's finding about a policy of `scope` with this resource."""
    return f"AwsSolutions-IAM5[Resource::{_as_printed(Stack.of(scope).resolve(arn))}]"


def _as_printed(value: object) -> str:
    match value:
        case {"Fn::Join": [_, parts]}:
            return "".join(_as_printed(part) for part in parts)
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::ImportValue": name}:
            return str(name)
        case str():
            return value
    msg = f"cdk-nag's spelling of {value!r} is not known"
    raise ValueError(msg)
