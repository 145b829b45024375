"""Which keys the schema of a mapping file knows at a place, and where else a key would be right."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args, get_origin

from pydantic import BaseModel

from bridge.mapping.rules import Condition, Rule
from bridge.mapping.steps import StepBody, plain_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.mapping.yaml_tree import Path

_MOST = 3


def keys_at(model: object, path: Path) -> list[str]:
    """Return the keys that the schema knows for the mapping at a path."""
    return [key for known in _models_at(model, path) for key in _keys(known)]


def _models_at(model: object, path: Path) -> list[type[BaseModel]]:
    models = list(_models_in(model))
    for part in path:
        fields = [
            field.annotation
            for known in models
            for name, field in known.model_fields.items()
            if part in {name, field.alias}
        ]
        # A part that no model knows is an item of a list or a key of a table: the model stays.
        models = [inner for field in fields for inner in _models_in(field)] or (
            models if not fields else []
        )
    return models


def takes_any_key(model: type[BaseModel], path: Path) -> bool:
    """Tell whether the mapping at a path is a table, whose keys are the writer's own."""
    around = list(_models_at(model, path[:-1]))
    fields = [f for known in around for name, f in known.model_fields.items() if name == path[-1]]
    return any(_is_table(field.annotation) for field in fields)


def _is_table(annotation: object) -> bool:
    return get_origin(annotation) is dict or any(map(_is_table, get_args(annotation)))


def belongs_under(model: type[BaseModel], around: Path, key: str) -> str | None:
    """Return where in the same file a key would be right, as advice; None where nowhere.

    Args:
        model: The schema of the file.
        around: The mapping that it stands in.
        key: The key.
    """
    known = keys_at(model, around)
    if "transform" in known and key in StepBody.model_fields:
        step = key if key in plain_names() else f"{key}: …"
        return f"write `transform: [{step}]`"
    if "when" in known and key in _keys(Condition):
        return f"write `when: {{{key}: …}}`"
    if around and key in _keys(model):
        return f"write it in the first column, outside of `{around[0]}`"
    places = list(dict.fromkeys(_paths_of(model, key, ())))
    if not places:
        return None
    near = [path[1:] for path in places if path[:1] == around[:1] and path[1:]] or places
    names = [".".join(path) for path in near[:_MOST]]
    *others, last = names
    return f"write it under {', '.join(others)} or {last}" if others else f"write it under {last}"


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _paths_of(model: type[BaseModel], key: str, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the mappings in which a key may stand, from the outermost; none inside of a rule."""
    if issubclass(model, Rule):
        if key in _keys(Rule):
            yield ("the field that it is for",)
        elif key in _keys(model):
            yield (*path, "KEY")
        return
    if path and key in _keys(model):
        yield path
    for name, field in model.model_fields.items():
        if name != "tests":
            for inner in _models_in(field.annotation):
                if not issubclass(inner, Condition):
                    yield from _paths_of(inner, key, (*path, field.alias or name))


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    """Yield the models that an annotation names, however deep in lists, choices and tables."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    named = getattr(annotation, "__value__", None)  # a named alias of a type
    for part in get_args(annotation) if named is None else [named]:
        yield from _models_in(part)
