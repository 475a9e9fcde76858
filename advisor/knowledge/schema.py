"""JSON Schemas (draft 2020-12) of everything that people write or programs read: rules, answers, recommendations.

They come from the models that validate the rules and accept whatever those accept, also what they convert: a year
or version written as a number, a single word where a list is meant.
"""

from __future__ import annotations

import copy
import functools
import json
import os
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from advisor import trees
from advisor.errors import OutputError, UsageError, nearest
from advisor.knowledge import fields, models
from advisor.knowledge.schema_recommendation import DIALECT, identifier, recommendation_schema

_ID = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"


class _Generator(GenerateJsonSchema):
    """Schemas of what comes in: beside each type also what a validator before it converts."""

    def function_before_schema(self, schema: Any) -> Any:
        inner = self.generate_inner(schema["schema"])
        before = schema["function"]["function"]
        if before is fields.text_of_number:
            return {"anyOf": [inner, {"type": "integer"}]}
        if before is fields.words:
            return {"anyOf": [inner, inner["items"]]}
        if before is fields.fact_values:
            return {"anyOf": [inner, self._list_of(inner)["items"]]}
        raise NotImplementedError(f"no schema for what {before} accepts")

    @staticmethod
    def _list_of(inner: Any) -> Any:
        return next(part for part in inner["anyOf"] if part.get("type") == "array")

    def chain_schema(self, schema: Any) -> Any:
        # Constraints after a validator arrive as further steps; without this they would be lost.
        first, *others = (self.generate_inner(step) for step in schema["steps"])
        for other in others:
            for part in first.get("anyOf", [first]):
                if part.get("type") == other.get("type"):
                    part.update({k: v for k, v in other.items() if k not in part})
        return first

    def default_schema(self, schema: Any) -> Any:
        return {k: v for k, v in super().default_schema(schema).items() if (k, v) != ("default", None)}

    def dict_schema(self, schema: Any) -> Any:
        found = super().dict_schema(schema)
        return {**found, "additionalProperties": False} if "patternProperties" in found else found

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _definitions() -> tuple[dict[str, str], dict[str, Any]]:
    """Name of the definition of each kind, and all definitions; the caller's own."""
    return copy.deepcopy(_generated())


@functools.cache
def _generated() -> tuple[dict[str, str], dict[str, Any]]:
    kinds: list[type[fields.Model]] = [*models.KINDS.values(), models.PartialParameters]
    mapped, document = models_json_schema(
        [(model, "validation") for model in kinds], schema_generator=_Generator
    )
    definitions = document["$defs"]
    one = definitions["Condition"]
    one["properties"] = {key: _without_null(value) for key, value in one["properties"].items()}
    one["minProperties"] = one["maxProperties"] = 1
    # A pack that extends another gives only the parameters that differ.
    partial, full = definitions.pop("PartialParameters"), definitions["Parameters"]
    for key, value in partial["properties"].items():
        value.update({k: v for k, v in full["properties"][key].items() if k == "description"})
    full["properties"] = partial["properties"]
    del full["required"]
    full["description"] += " A pack that extends no other gives all of them."
    names = {
        kind: mapped[model, "validation"]["$ref"].rsplit("/", 1)[1] for kind, model in models.KINDS.items()
    }
    return names, definitions


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    parts = [part for part in schema.get("anyOf", ()) if part != {"type": "null"}]
    kept = {k: v for k, v in schema.items() if k not in ("anyOf", "default")}
    if not parts:
        return kept
    return {**kept, **parts[0]} if len(parts) == 1 else {**kept, "anyOf": parts}


def _used(schema: Any, definitions: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """The definitions that a schema refers to, directly or through others."""
    if isinstance(schema, dict):
        name = schema["$ref"].rsplit("/", 1)[1] if isinstance(schema.get("$ref"), str) else None
        if name is not None and name not in found:
            found[name] = definitions[name]
            _used(definitions[name], definitions, found)
    for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        _used(part, definitions, found)
    return found


def rule_schemas() -> dict[str, dict[str, Any]]:
    """Per kind of rule file (`models.KINDS`) the schema of such a file."""
    names, definitions = _definitions()
    schemas = {}
    for kind, name in names.items():
        body = {k: v for k, v in definitions[name].items() if k != "title"}
        head = {"$schema": DIALECT, "$id": identifier(kind), "title": f"Rule pack: {kind}"}
        used = _used(body, definitions, {})
        schemas[kind] = {**head, **body, **({"$defs": used} if used else {})}
    return schemas


def rules_schema() -> dict[str, Any]:
    """One schema that accepts a file of any kind; `$defs` holds the kinds by their names."""
    names, definitions = _definitions()
    kinds = {kind: {"$ref": f"#/$defs/{name}"} for kind, name in names.items()}
    return {
        "$schema": DIALECT,
        "$id": identifier("rules"),
        "title": "Rule pack: a file of any kind",
        "anyOf": [{"$ref": f"#/$defs/{kind}"} for kind in kinds],
        "$defs": {**kinds, **definitions},
    }


def answers_schema(core: dict[str, Any] | None = None) -> dict[str, Any]:
    """The schema of answers: question key -> an option id or a list of them.

    With the compiled `core` of a pack it names that pack's questions and options and accepts no others.
    """
    head = {"$schema": DIALECT, "$id": identifier("answers"), "title": "Answers", "type": "object"}
    if core is None:
        option = {"type": "string", "pattern": _ID}
        return {
            **head,
            "description": "Question key -> an option id, or several where the question allows it.",
            "propertyNames": {"pattern": _ID},
            "additionalProperties": {"anyOf": [option, {"type": "array", "items": option}]},
        }
    pack = core["pack"]
    return {
        **head,
        "$id": identifier(f"answers:{pack['id']}:{pack['version']}"),
        "title": f"Answers: {pack['title']}",
        "properties": {question["key"]: _answer(question) for question in core["questions"]},
        "additionalProperties": False,
    }


def _answer(question: dict[str, Any]) -> dict[str, Any]:
    several = {} if question["multiple"] else {"maxItems": 1}
    options = {"enum": [option["id"] for option in question["options"]]}
    alone = [option["id"] for option in question["options"] if option["exclusive"]]
    lists: dict[str, Any] = {"type": "array", "items": options, "uniqueItems": True, **several}
    if question["multiple"] and alone:
        lists["if"] = {"contains": {"enum": alone}}
        lists["then"] = {"maxItems": 1}
    return {"title": question["text"], "anyOf": [options, lists]}


def names() -> list[str]:
    """Every name that `named` knows."""
    return ["recommendation", "answers", "rules", *models.KINDS]


def named(name: str) -> dict[str, Any]:
    """The schema called `name`; "rules" is one schema for all kinds of rule file. Raises `UsageError`."""
    if name == "recommendation":
        return recommendation_schema()
    if name == "answers":
        return answers_schema()
    if name == "rules":
        return rules_schema()
    if name in models.KINDS:
        return rule_schemas()[name]
    raise UsageError(
        f"there is no schema {name[:80]!r}",
        expected="one of " + ", ".join(names()),
        nearest=nearest(name, names()),
    )


def texts() -> dict[str, str]:
    """File name -> content of each schema file: one per kind of rule file, answers and recommendation."""
    schemas = {**rule_schemas(), "answers": answers_schema(), "recommendation": recommendation_schema()}
    return {
        f"{k}.json": json.dumps(v, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        for k, v in schemas.items()
    }


def _folder(folder: str | None) -> str:
    return os.path.join(trees.RULES if folder is None else folder, "schema")


def write(folder: str | None = None) -> list[str]:
    """Write every schema file into `schema` of the pack in `folder`, the built-in one when omitted; returns the paths.

    Each file is replaced as a whole or not at all. Raises `OutputError`.
    """
    folder = _folder(folder)
    written = []
    for name, text in sorted(texts().items()):
        path = os.path.join(folder, name)
        temporary = f"{path}.{os.getpid()}.tmp"
        try:
            os.makedirs(folder, exist_ok=True)
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
            with os.fdopen(handle, "wb") as stream:
                stream.write(text.encode())
            os.replace(temporary, path)
        except OSError as problem:
            raise OutputError(f"cannot be written: {problem.strerror}", file=path) from None
        written.append(path)
    return written


def drift(folder: str | None = None) -> list[str]:
    """Names of the files in that pack's `schema` that `write` would change, add or does not know, sorted."""
    folder = _folder(folder)
    expected = {name: text.encode() for name, text in texts().items()}
    present = (
        {name for name in os.listdir(folder) if name.endswith(".json")} if os.path.isdir(folder) else set()
    )
    return sorted(
        name
        for name in present | set(expected)
        if name not in present or _bytes(folder, name) != expected.get(name)
    )


def _bytes(folder: str, name: str) -> bytes:
    # A checkout may hold other line ends.
    with os.fdopen(os.open(os.path.join(folder, name), os.O_RDONLY), "rb") as stream:
        return stream.read().replace(b"\r\n", b"\n")
