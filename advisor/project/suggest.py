"""Answers that the findings suggest, each with its places and how sure it is."""

from __future__ import annotations

from advisor.project.catalogue import DEEP
from advisor.project.evidence import Evidence
from advisor.project.existing import existing_code
from advisor.project.findings import Suggestion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from advisor.project.tally import Tally

_SKILLS = {
    "pytorch": "pytorch",
    "tensorflow": "tensorflow_or_keras",
    "keras": "tensorflow_or_keras",
    "jax": "jax",
}

_SERVING = (
    ("llm_high_throughput", ("llm_server",)),
    ("triton", ("triton_server",)),
    ("tf_serving_in_place", ("tf_serving",)),
    ("torchserve_or_torchscript", ("torchserve", "torchscript")),
    ("onnx_runtime", ("onnx_runtime",)),
    ("llama_cpp_or_ctranslate2", ("llama_cpp",)),
    ("cpp_without_python", ("libtorch", "tf_cpp")),
)
"""Option -> parts that speak for it. TorchScript alone may be an export for something else."""
_ASKED_FOR = {
    "vllm": "llm_high_throughput",
    "sglang": "llm_high_throughput",
    "tritonclient": "triton",
    "tritonserver": "triton",
    "tensorflow-serving": "tf_serving_in_place",
    "tensorflow-serving-api": "tf_serving_in_place",
    "torchserve": "torchserve_or_torchscript",
    "torch-model-archiver": "torchserve_or_torchscript",
    "onnxruntime": "onnx_runtime",
    "onnxruntime-gpu": "onnx_runtime",
    "llama-cpp-python": "llama_cpp_or_ctranslate2",
    "ctranslate2": "llama_cpp_or_ctranslate2",
}
"""Package or image -> option of the question about serving."""
_FILES = {"torchserve_archive": "torchserve_or_torchscript", "torchscript": "torchserve_or_torchscript"}


def suggestions(tally: Tally) -> tuple[Suggestion, ...]:
    """Suggestions in the order existing_code, team_skill, weights, serving, pipelines, those without grounds left out."""
    seen = Evidence(tally)
    made = [existing_code(seen), _team_skill(seen), _weights(seen), _serving(seen), _pipelines(seen)]
    return tuple([suggestion for suggestion in made if suggestion is not None])


def _team_skill(seen: Evidence) -> Suggestion | None:
    """Who wrote the code may have left, so this is never more than weak."""
    used = [name for name in DEEP if seen.files(name)]
    if not used:
        return None
    options = tuple(dict.fromkeys(_SKILLS[name] for name in used))
    return Suggestion("team_skill", options, seen.why(*[seen.imports(name) for name in used]), "weak")


def _weights(seen: Evidence) -> Suggestion | None:
    """Where pretrained weights come from; a trained model of one's own looks the same as somebody else's."""
    found: dict[str, str] = {}
    why = []
    for option, parts in (
        ("huggingface_torch", ("from_pretrained",)),
        ("kaggle_or_tf_hub", ("tf_hub",)),
        ("kerashub", ("from_preset",)),
    ):
        if seen.parts(*parts):
            found[option] = "strong"
            why.append(seen.parts(*parts))
    for option, kinds, weaker in (
        ("huggingface_torch", ("safetensors",), None),
        ("tflite_file", ("tflite",), "tf_lite"),
    ):
        models = seen.models(*kinds)
        if kinds == ("safetensors",):
            models = [m for m in models if m.framework == "pytorch"]
        if models and option not in found:
            found[option] = "weak" if weaker is not None and seen.parts(weaker) else "moderate"
            why.append([seen.place_of(model) for model in models])
    if seen.parts("kagglehub") and seen.files("tensorflow") + seen.files("keras") and not found:
        found["kaggle_or_tf_hub"] = "weak"
        why.append(seen.parts("kagglehub"))
    if not found:
        return None
    return Suggestion("weights", tuple(found), seen.why(*why), _least(found))


def _serving(seen: Evidence) -> Suggestion | None:
    found: dict[str, str] = {}
    why = []
    for option, parts in _SERVING:
        places = seen.parts(*parts)
        if places:
            only_script = option == "torchserve_or_torchscript" and not seen.parts("torchserve")
            found[option] = "moderate" if only_script else "strong"
            why.append(places)
    for requirement in seen.tally.requirements:
        asked = _ASKED_FOR.get(requirement.name)
        if asked is not None and asked not in found and requirement.kind != "lock":
            # Asked for but not imported: a server beside the code, or a leftover.
            found[asked] = "strong" if requirement.kind == "image" else "weak"
            why.append([seen.place_of(requirement)])
    for model in seen.tally.models:
        asked = _FILES.get(model.kind)
        if asked is not None and asked not in found:
            found[asked] = "moderate"
            why.append([seen.place_of(model)])
    if not found:
        return None
    sure = {option: strength for option, strength in found.items() if strength != "weak"} or found
    return Suggestion("serving", tuple(sure), seen.why(*why), _least(sure))


def _pipelines(seen: Evidence) -> Suggestion | None:
    """Only that TFX is in place can be seen; that no pipeline is wanted cannot."""
    if seen.parts("tfx"):
        return Suggestion("pipelines", ("tfx_in_place",), seen.why(seen.parts("tfx")), "strong")
    asked = [r for r in seen.tally.requirements if r.name == "tfx"]
    if asked:
        return Suggestion("pipelines", ("tfx_in_place",), seen.why([seen.place_of(r) for r in asked]), "weak")
    return None


def _least(found: dict[str, str]) -> str:
    """A set of options is as sure as the least sure of them."""
    return next(strength for strength in ("weak", "moderate", "strong") if strength in found.values())
