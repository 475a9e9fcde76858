"""What code shows: each framework and part by small trees, and the answers they suggest."""

import json
import re
from pathlib import Path

import pytest

from advisor.answers import Answers
from advisor.project import Scan, scan
from advisor.project.meaning import meaning
from advisor.project.python import uses
from advisor.trees import RULES


@pytest.fixture
def tree(tmp_path):
    """Writes files (path -> text or bytes) and scans their folder."""

    def make(files, **more):
        for path, content in files.items():
            file = tmp_path / "tree" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return scan(tmp_path / "tree", **more)

    return make


def suggested(found, question):
    return next(((s.options, s.strength) for s in found.suggestions if s.question == question), None)


def parts(found):
    return {api.id: api.count for api in found.apis}


TORCH = "import torch\nfrom torch import nn\n\nmodel = nn.Linear(2, 1)\n"


def test_a_torch_project(tree):
    found = tree(
        {
            "train.py": TORCH,
            "serve/app.py": "import os\nimport torch\ntorch.jit.script(f).save('m.pt')\n",
            "requirements.txt": "torch>=2.1\n",
        }
    )
    assert isinstance(found, Scan)
    assert suggested(found, "existing_code") == (("pytorch",), "strong")
    assert suggested(found, "team_skill") == (("pytorch",), "weak")
    assert suggested(found, "serving") == (("torchserve_or_torchscript",), "moderate")
    assert suggested(found, "weights") is suggested(found, "pipelines") is None
    torch = found.frameworks[0]
    assert (torch.id, torch.files, torch.imports, torch.versions) == ("pytorch", 2, 3, (">=2.1",))
    assert [(p.file, p.line, p.text) for p in torch.places] == [
        ("train.py", 1, "import torch"),
        ("train.py", 2, "from torch import nn"),
        ("serve/app.py", 2, "import torch"),
    ]
    touched = found.switch.frameworks[0]
    assert (touched.framework, touched.files, touched.lines) == ("pytorch", 2, 5)
    assert found.answers() == Answers(
        {"existing_code": "pytorch", "serving": "torchserve_or_torchscript"}, origin="scan"
    )
    assert found.answers().origin("existing_code") == "scan"


OPTIONS = [
    ({"a.py": TORCH}, "pytorch", "moderate"),
    ({"a.py": "print('torch')\n"}, "none", "strong"),
    ({"a.md": "import torch\n"}, "none", "weak"),
    ({"a.py": "# import torch\n'''\nimport tensorflow\n'''\n"}, "none", "strong"),
    ({"a.py": "from .torch import x\nfrom . import jax\n"}, "none", "strong"),
    ({"a.py": "import tensorflow as tf\ntf.keras.Sequential()\n", "requirements.txt": "tensorflow==2.12\n"}, "tf2_keras2", "strong"),
    ({"a.py": "import tensorflow as tf\ntf.keras.Sequential()\n"}, "tf2_keras2", "moderate"),
    ({"a.py": "import tensorflow as tf\ntf.keras.Sequential()\n", "requirements.txt": "tensorflow>=2.16\n"}, "keras3", "moderate"),
    ({"a.py": "import os\nos.environ['TF_USE_LEGACY_KERAS']='1'\nimport tensorflow as tf\ntf.keras.Sequential()\n",
      "requirements.txt": "tensorflow>=2.16\n"}, "tf2_keras2", "strong"),
    ({"a.py": "import tensorflow as tf\nx = tf.placeholder(tf.float32)\nwith tf.Session() as s:\n  print s.run(x)\n"}, "tf1", "moderate"),
    ({"a.py": "import tensorflow.compat.v1 as tf\ntf.disable_v2_behavior()\ntf.Session()\n"}, "tf1", "strong"),
    ({"a.py": "import tensorflow as tf\ntf.estimator.Estimator(f)\n"}, "tf1", "moderate"),
    ({"a.py": "import tensorflow as tf\n", "setup.py": "setup(install_requires=['tensorflow-gpu==1.15.2'])\n"}, "tf1", "moderate"),
    ({"a.py": "import tensorflow_addons as tfa\ntfa.optimizers.AdamW()\n"}, "tf_addons", "strong"),
    ({"a.py": "import tfx\nfrom tfx import v1\nimport tensorflow as tf\n"}, "tf2_tfx_or_serving", "strong"),
    ({"a.py": "import tensorflow as tf\n", "docker-compose.yml": "services:\n  m:\n    image: tensorflow/serving:2.14\n"},
     "tf2_tfx_or_serving", "strong"),
    ({"a.py": "import keras\nkeras.ops.sum(1)\n"}, "keras3", "strong"),
    ({"a.py": "import keras\n", "requirements.txt": "keras>=3\n"}, "keras3", "strong"),
    ({"a.py": "import keras\n"}, "keras3", "weak"),
    ({"a.py": "from keras.layers.core import Dense\nfrom keras.utils.np_utils import to_categorical\n"}, "keras_standalone", "strong"),
    ({"a.py": "import keras\n", "requirements.txt": "Keras==2.2.4\ntensorflow<2\n"}, "keras_standalone", "strong"),
    ({"a.py": "import keras\n", "requirements.txt": "keras==2.12\n"}, "tf2_keras2", "moderate"),
    ({"a.py": TORCH, "b.py": "import tensorflow\n"}, "mixed", "moderate"),
    ({"a.py": "import jax.numpy as jnp\njnp.zeros(1)\n", "b.py": "import flax.linen as nn\n"}, "jax", "strong"),
    ({"a.py": "import onnxruntime\n", "m.tflite": b"\x1c\0\0\0TFL3" + bytes(64)}, "frozen_model", "strong"),
    ({"requirements.txt": "torch\n"}, "pytorch", "weak"),
    ({"a.py": "from transformers import AutoModelForCausalLM as A\nA.from_pretrained('x')\n"}, "pytorch", "moderate"),
    ({"a.py": "from transformers import TFAutoModel\n"}, "tf2_keras2", "moderate"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "option", "strength"), OPTIONS, ids=[str(i) for i in range(len(OPTIONS))])
def test_existing_code(tree, files, option, strength):
    found = tree(files)
    assert suggested(found, "existing_code") == ((option,), strength)
    assert ("existing_code" in found.answers()) == (strength != "weak")


@pytest.mark.parametrize("question", ["existing_code", "team_skill", "weights", "serving", "pipelines"])
def test_every_option_is_one_of_the_rules(question):
    text = (Path(RULES) / "questions" / f"{question}.yaml").read_text()
    known = set(re.findall(r"^- id: (\w+)", text, re.MULTILINE))
    tested = {option for _, option, _ in OPTIONS} if question == "existing_code" else set()
    tested |= {option for _, key, option in OTHERS if key == question}
    assert tested and tested <= known


def test_a_few_files_of_the_other_framework_are_an_aside(tree):
    found = tree({f"a{i}.py": TORCH for i in range(30)} | {"b.py": "import tensorflow\n"})
    assert suggested(found, "existing_code") == (("pytorch",), "strong")


def test_something_only_allowed_for_is_weak(tree):
    found = tree({f"a{i}.py": "import os\n" for i in range(150)} | {"b.py": "import torch\n"})
    assert suggested(found, "existing_code") == (("pytorch",), "weak")


OTHERS = [
    ({"a.py": "from diffusers import DiffusionPipeline as P\nP.from_pretrained('x')\n"}, "weights", "huggingface_torch"),
    ({"a.py": "import tensorflow_hub as hub\nhub.load('https://tfhub.dev/x')\n"}, "weights", "kaggle_or_tf_hub"),
    ({"a.py": "import keras_hub\nkeras_hub.models.Gemma.from_preset('g')\n"}, "weights", "kerashub"),
    ({"m.tflite": b"\x1c\0\0\0TFL3" + bytes(64)}, "weights", "tflite_file"),
    ({"a.py": "from vllm import LLM\n"}, "serving", "llm_high_throughput"),
    ({"a.py": "import tritonclient.http\n"}, "serving", "triton"),
    ({"Dockerfile": "FROM nvcr.io/nvidia/tritonserver:24.01-py3\n"}, "serving", "triton"),
    ({"run.sh": "tensorflow_model_server --port=1\n"}, "serving", "tf_serving_in_place"),
    ({"h.py": "from ts.torch_handler.base_handler import BaseHandler\n"}, "serving", "torchserve_or_torchscript"),
    ({"Makefile": "x:\n\ttorch-model-archiver --x\n"}, "serving", "torchserve_or_torchscript"),
    ({"a.py": "import onnxruntime as ort\n"}, "serving", "onnx_runtime"),
    ({"a.py": "import llama_cpp\n"}, "serving", "llama_cpp_or_ctranslate2"),
    ({"a.cc": "#include <torch/script.h>\n"}, "serving", "cpp_without_python"),
    ({"a.py": "import tfx\n"}, "pipelines", "tfx_in_place"),
    ({"a.py": "import jax\n"}, "team_skill", "jax"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("files", "question", "option"), OTHERS, ids=[f"{q}-{o}-{i}" for i, (_, q, o) in enumerate(OTHERS)]
)
def test_other_questions(tree, files, question, option):
    options, strength = suggested(tree(files), question)
    assert options == (option,)
    assert strength == "weak" if question == "team_skill" else strength in ("strong", "moderate")


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("import tensorflow as tf; tf.function(f)", "tf_function"),
        ("import tensorflow as tf; tf.saved_model.save(m, 'x', signatures=s)", "tf_saved_model"),
        ("import tensorflow as tf; tf.load_op_library('x.so')", "tf_custom_ops"),
        ("import tensorflow.keras as k; k.Model()", "tf_keras"),
        ("from torch.utils.cpp_extension import load", "torch_custom_ops"),
        ("import triton.language as tl", "triton_kernels"),
        ("import torch as t\n@t.compile\ndef f(): pass", "torch_compile"),
        ("import torch; torch.export.export(m, ())", "torch_export"),
        ("import lightning as L; L.Trainer()", "lightning"),
        ("from pytorch_lightning import Trainer", "lightning"),
        ("import diffusers", "diffusers"),
        ("import os\nos.environ['KERAS_BACKEND'] = 'jax'\nimport keras", "keras_backend"),
        ("import importlib\nimportlib.import_module('tensorflow_addons')", "tf_addons"),
        ("import torch.nn as nn, torch.jit as jit\njit.trace(a, b)", "torchscript"),
    ],
)
def test_parts(tree, line, part):
    assert part in parts(tree({"a.py": line + "\n"}))


@pytest.mark.parametrize("name", ["sklearn", "xgboost", "lightgbm", "catboost"])
def test_libraries_are_shown_and_are_no_framework(tree, name):
    found = tree({"a.py": f"import {name}\n"})
    assert [f.id for f in found.frameworks] == [name]
    assert suggested(found, "existing_code") == (("none",), "strong")


def test_broken_code_is_read_line_by_line():
    code = "import torch as t\nfrom keras import (layers,\n  models as m)\nprint 'torch.x'  # t.jit\nt.jit.script(m.Model)\n"
    found, parsed = uses(code)
    assert not parsed
    assert [(u.line, u.name, u.imported) for u in found] == [
        (1, "torch", True),
        (2, "keras.layers", True),
        (2, "keras.models", True),
        (5, "torch.jit.script", False),
        (5, "keras.models.Model", False),
    ]


@pytest.mark.parametrize("code", [
    "import torch\nx = torch.jit.script(f)\n",
    "from torch import nn as n, jit\ndef f():\n    return n.Linear(1, 2), jit.trace\n",
    "import tensorflow.keras.layers as L\nL.Dense(1)\n",
])  # fmt: skip
def test_both_readings_of_valid_code_agree(code):
    whole, parsed = uses(code)
    lines, valid = uses(code + "print 'x'\n")
    assert parsed and not valid
    assert whole == lines


def test_meaning():
    assert meaning("tensorflow.compat.v1.Session") == ("tensorflow", ("tf1_compat",))
    assert meaning("tensorflow.compat.v1.estimator.Estimator") == ("tensorflow", ("tf_estimator",))
    assert meaning("torch.jit.is_tracing") == ("pytorch", ())
    assert meaning("transformers.AutoTokenizer.from_pretrained") == ("transformers", ())
    assert meaning("transformers.FlaxBertModel") == ("transformers", ("transformers_flax",))


def notebook(*cells):
    return json.dumps(
        {
            "cells": [{"cell_type": "code", "source": [*cell.splitlines(True)]} for cell in cells],
            "nbformat": 4,
        },
        indent=1,
    )


def test_a_notebook(tree):
    text = notebook("%matplotlib inline\n!pip install -q torch==2.1 'keras>=3'\nimport torch as t", "%%bash\nimport tensorflow",
                    "%%time\nx = !ls\nt.compile(m)", "for i in x:\n    %timeit t.zeros(1)")  # fmt: skip
    found = tree({"a.ipynb": text})
    assert {(r.name, r.spec, r.kind) for r in found.requirements} == {
        ("torch", "==2.1", "install"),
        ("keras", ">=3", "install"),
    }
    assert [f.id for f in found.frameworks if f.files] == ["pytorch"]
    place = found.frameworks[0].places[0]
    assert "import torch as t" in text.splitlines()[place.line - 1]
    assert parts(found) == {"torch_compile": 1}


def test_a_notebook_on_one_line_has_no_line_numbers(tree):
    found = tree({"a.ipynb": json.dumps(json.loads(notebook("import torch")))})
    assert found.frameworks[0].places[0].line is None


def test_a_script_without_extension(tree):
    assert tree({"train": "#!/usr/bin/env python3\nimport torch\n"}).frameworks[0].id == "pytorch"


def test_json_keys(tree):
    found = tree({"a.py": TORCH, "requirements.txt": "torch==2.1\n"}).to_dict()
    keys = "schema_version advisor_version folder files frameworks apis requirements models suggestions switch diagnostics"
    assert " ".join(found) == keys
    assert list(found["files"]) == ["scanned", "skipped", "unreadable"]
    assert list(found["suggestions"][0]) == ["question", "options", "why", "strength"]
    assert list(found["suggestions"][0]["why"][0]) == ["file", "line", "text"]
    json.dumps(found)
