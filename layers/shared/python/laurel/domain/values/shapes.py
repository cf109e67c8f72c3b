"""The names of fields that a model knows at a place of its JSON, for those who misspell one."""

from collections.abc import Iterable, Iterator
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

Location = tuple[str | int, ...]


def known_fields(shape: Any, place: Location) -> list[str]:
    """The fields of whatever model of `shape` (an annotation) stands at `place`: pydantic's location of an object."""
    models = list(_models(shape))
    for part in place:
        models = list(_inside(models, part))
    return list(dict.fromkeys(field.alias or name for model in models for name, field in model.model_fields.items()))


def _inside(models: Iterable[type[BaseModel]], part: str | int) -> Iterator[type[BaseModel]]:
    """The models one step further: in a field, in an element of a list, or the member of a union that a tag names."""
    for model in models:
        named = next((each for name, each in model.model_fields.items() if part in {name, each.alias}), None)
        if named is not None:
            yield from _models(named.annotation)
        elif isinstance(part, int) or part == model.__name__ or _has_tag(model, part) or not _has_tags(model):
            yield model


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that an annotation names, in lists and unions too."""
    if isinstance(annotation, type) and get_origin(annotation) is None:
        if issubclass(annotation, BaseModel):
            yield annotation
        return
    for part in get_args(annotation):
        yield from _models(part)


def _tags(model: type[BaseModel]) -> Iterator[Any]:
    for field in model.model_fields.values():
        if (get_origin(field.annotation) is Literal and field.is_required()) or _is_constant(field.annotation):
            yield from get_args(field.annotation)


def _is_constant(annotation: Any) -> bool:
    return get_origin(annotation) is Literal and len(get_args(annotation)) == 1


def _has_tag(model: type[BaseModel], tag: str | int) -> bool:
    return tag in _tags(model)


def _has_tags(model: type[BaseModel]) -> bool:
    return any(True for _ in _tags(model))
