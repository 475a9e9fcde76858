"""What a dotted name stands for: the framework it belongs to and the parts of frameworks that it shows."""

from __future__ import annotations

import re

from advisor.project.catalogue import PREFIXES, ROOTS

_KNOWN: dict[str, tuple[str, tuple[str, ...]]] = {}
_KEPT = 50_000
"""Names that are remembered; the same few occur over and over."""
_TORCH_CLASS = re.compile(
    r"(?:AutoModel\w*|AutoBackbone|\w+Model|\w+For[A-Z]\w+|(?:Seq2Seq)?Trainer|TrainingArguments|BitsAndBytesConfig)"
)


def meaning(name: str) -> tuple[str, tuple[str, ...]]:
    """(framework, parts) of a dotted name whose root is in the catalogue."""
    known = _KNOWN.get(name)
    if known is None:
        known = _meaning(name)
        if len(_KNOWN) < _KEPT:
            _KNOWN[name] = known
    return known


def _meaning(name: str) -> tuple[str, tuple[str, ...]]:
    root, _, rest = name.partition(".")
    framework = ROOTS[root]
    first, _, _ = rest.partition(".")
    if root == "transformers":
        return framework, _transformers(first, rest)
    parts = []
    prefix = name
    while prefix:
        api = PREFIXES.get(prefix)
        if api is not None:
            parts.append(api)
            break
        prefix = prefix.rpartition(".")[0]
    if rest.endswith("from_pretrained") and framework == "pytorch":
        parts.append("from_pretrained")
    elif rest.endswith("from_preset") and framework == "keras":
        parts.append("from_preset")
    if root in ("keras_hub", "keras_nlp", "keras_cv") and "keras_hub" not in parts:
        parts.append("keras_hub")
    if name.startswith("tensorflow.keras"):
        parts = ["tf_keras", *(part for part in parts if part != "tf_keras")]
    return framework, tuple(parts)


def _transformers(first: str, rest: str) -> tuple[str, ...]:
    parts = []
    if re.match(r"TF[A-Z]", first):
        parts.append("transformers_tf")
    elif re.match(r"Flax[A-Z]", first):
        parts.append("transformers_flax")
    elif _TORCH_CLASS.fullmatch(first):
        parts.append("transformers_torch")
    if rest.endswith("from_pretrained") and parts == ["transformers_torch"]:
        parts.append("from_pretrained")
    return tuple(parts)
