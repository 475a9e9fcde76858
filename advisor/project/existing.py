"""Which options of the question about existing code the findings suggest."""

from __future__ import annotations

from advisor.project.catalogue import DEEP
from advisor.project.findings import Suggestion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from advisor.project.evidence import Evidence
    from advisor.project.findings import Place

_TF = (
    "tensorflow",
    "tensorflow-cpu",
    "tensorflow-gpu",
    "tensorflow-macos",
    "tensorflow-intel",
    "tensorflow-rocm",
)
SHARE = 0.25
"""Share of the files of a framework from which on a part of it, such as sessions, speaks for the whole."""
MINOR = 0.1
"""Below this share of files the lesser of two frameworks is an aside, not a mixed code base."""
ASIDE = 0.01
"""Below this share of all Python files, and asked for nowhere, a framework is something that is only allowed for."""
_MODELS = (
    "tflite",
    "onnx",
    "saved_model",
    "tf_graph",
    "tfjs",
    "executorch",
    "torchscript",
    "gguf",
    "keras",
    "hdf5",
)


def existing_code(seen: Evidence) -> Suggestion | None:
    """By the imports; where there are none by models, then requirements; else `none`."""
    torch = seen.files("pytorch")
    google = seen.files("tensorflow") + seen.files("keras")
    if not torch + google + seen.files("jax"):
        return _without_imports(seen)
    options: list[str] = []
    groups: list[list[Place]] = []
    strengths: list[str] = []
    lesser = min(torch, google)
    if lesser and lesser >= MINOR * (torch + google):
        google_imports = seen.imports("tensorflow") or seen.imports("keras")
        sure = "strong" if lesser > 1 else "moderate"
        return Suggestion(
            "existing_code", ("mixed",), seen.why(seen.imports("pytorch"), google_imports), sure
        )
    if torch > google:
        options.append("pytorch")
        groups.append(seen.imports("pytorch"))
        strengths.append("strong" if torch > 1 or seen.asked("torch", "pytorch") else "moderate")
    elif google:
        for option, places, strength in (*_tensorflow(seen), *_keras(seen)):
            if option not in options:
                options.append(option)
                groups.append(places)
                strengths.append(strength)
    jax = seen.files("jax")
    if jax and jax >= MINOR * (torch + google + jax):
        options.append("jax")
        groups.append(seen.imports("jax"))
        strengths.append("strong" if jax > 1 or seen.asked("jax") else "moderate")
    if torch + google + jax < ASIDE * seen.tally.python_files and not any(
        [r.framework in DEEP for r in seen.tally.requirements]
    ):
        strengths.append("weak")
    strength = next(s for s in ("weak", "moderate", "strong") if s in strengths)
    return Suggestion("existing_code", tuple(options), seen.why(*groups), strength)


def _tensorflow(seen: Evidence) -> list[tuple[str, list[Place], str]]:
    """Options for code that imports TensorFlow."""
    files = seen.files("tensorflow")
    if not files:
        return []
    made: list[tuple[str, list[Place], str]] = []
    if seen.parts("tfx", "tf_serving"):
        made.append(("tf2_tfx_or_serving", seen.parts("tfx", "tf_serving"), "strong"))
    old = seen.part_files("tf1_graph", "tf1_compat", "tf_estimator")
    pinned_old = seen.asked_below((2, 0), *_TF)
    places = seen.parts("tf1_graph", "tf_estimator", "tf1_compat")
    if pinned_old and not made:
        return [("tf1", [*places, *[seen.place_of(r) for r in pinned_old]], "strong" if old else "moderate")]
    if old >= SHARE * files:
        made.append(("tf1", places, "strong" if old > 1 or len(places) > 2 else "moderate"))
    addons = seen.part_files("tf_addons")
    if addons and addons >= SHARE * files:
        made.append(("tf_addons", seen.parts("tf_addons"), "strong"))
    new = seen.part_files(
        "tf_keras", "tf_function", "tf_gradient_tape", "tf_legacy_keras", "tf_data", "tf_distribute"
    )
    if any([option == "tf2_tfx_or_serving" for option, _, _ in made]):
        return made
    if new >= SHARE * files or not made:
        made.append(_tf_keras(seen))
    return made


def _tf_keras(seen: Evidence) -> tuple[str, list[Place], str]:
    """tf.keras is Keras 2 before TensorFlow 2.16, Keras 3 from then on unless tf-keras is asked for."""
    uses = seen.parts("tf_keras") or seen.imports("tensorflow")
    if seen.parts("tf_legacy_keras") or seen.asked("tf-keras"):
        return "tf2_keras2", [*seen.parts("tf_legacy_keras"), *uses], "strong"
    if seen.asked_below((2, 16), *_TF):
        return "tf2_keras2", [*[seen.place_of(r) for r in seen.asked_below((2, 16), *_TF)], *uses], "strong"
    later = seen.asked_from((2, 16), *_TF)
    if later and seen.parts("tf_keras"):
        return "keras3", [*[seen.place_of(r) for r in later], *uses], "moderate"
    return "tf2_keras2", uses, "moderate"


def _keras(seen: Evidence) -> list[tuple[str, list[Place], str]]:
    """Options for code that imports Keras by itself: version 3, or the one before TensorFlow 2; they look alike."""
    files = seen.files("keras")
    if not files:
        return []
    made_by_3 = [m for m in seen.models("keras") if (m.detail or "").startswith("Keras 3")]
    new = [
        *seen.parts("keras3", "from_preset", "keras_backend"),
        *[seen.place_of(r) for r in seen.asked_from((3, 0), "keras")],
        *[seen.place_of(r) for r in seen.asked("keras-core", "keras-hub")],
        *[seen.place_of(m) for m in made_by_3],
    ]
    old = [
        *[seen.place_of(r) for r in seen.asked_below((2, 5), "keras")],
        *seen.parts("keras_old"),
        *[seen.place_of(r) for r in seen.asked_below((2, 0), *_TF)],
        *[seen.place_of(r) for r in seen.asked("keras-applications", "keras-contrib")],
    ]
    modern = [
        seen.place_of(r)
        for r in seen.asked_from((2, 5), "keras")
        if r not in seen.asked_from((3, 0), "keras")
    ]
    if new and (not old or len(new) > len(old)):
        return [("keras3", new, "moderate" if old else "strong")]
    if old:
        return [("keras_standalone", old, "moderate" if new or len(old) == 1 else "strong")]
    if modern or seen.asked_below((2, 16), *_TF):
        # Keras 2.5 to 2.15 is what tf.keras was, under its own name.
        return [("tf2_keras2", [*modern, *seen.imports("keras")], "moderate")]
    return [("keras3", seen.imports("keras"), "weak")]


def _without_imports(seen: Evidence) -> Suggestion | None:
    models = [*seen.models(*_MODELS), *seen.models("safetensors")]
    if models or seen.files("litert"):
        places = [seen.place_of(model) for model in models]
        strength = "strong" if seen.files("onnx") + seen.files("litert") else "moderate"
        why = seen.why(places, seen.imports("litert"), seen.imports("onnx"))
        return Suggestion("existing_code", ("frozen_model",), why, strength)
    named = [r for r in seen.tally.requirements if r.framework in DEEP]
    if named:
        option = {"pytorch": "pytorch", "jax": "jax"}.get(named[0].framework, "tf2_keras2")
        several = len({r.framework for r in named} - {"keras"}) > 1
        why = seen.why([seen.place_of(r) for r in named])
        return Suggestion("existing_code", ("mixed" if several else option,), why, "weak")
    parts = [part for part in seen.tally.apis if part in ("tf_serving", "torchserve", "libtorch", "tf_cpp")]
    if parts or seen.models("torch", "torch_legacy", "tf_checkpoint", "torch_export"):
        return None
    sure = seen.tally.python_files and seen.tally.complete and not seen.tally.unreadable
    return Suggestion("existing_code", ("none",), (), "strong" if sure else "weak")
