"""Requirements of every form, with their lines; and what a specification allows."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.project import requirements
from advisor.project.versions import below, from_on

prop = settings(deadline=None, derandomize=True, max_examples=100)

FILES = [
    ("requirements.txt", "# torch\n-r x.txt\nTorch == 2.1.0 ; python_version>'3'\nnumpy\ntorchvision[a,b]>=0.1,<1  # x\n",
     [("torch", "==2.1.0", 3), ("torchvision", ">=0.1,<1", 5)]),
    ("requirements-dev.in", "tensorflow~=2.15\r\njax @ https://x/y.whl\r\n", [("tensorflow", "~=2.15", 1), ("jax", "", 2)]),
    ("pyproject.toml", '[project]\nname = "torch"\nkeywords = ["tensorflow"]\ndependencies = [\n  "torch[opt]>=2.1",\n  "x",\n]\n'
     '[project.optional-dependencies]\ntorch = ["jax"]\n[dependency-groups]\nt = ["keras>=3"]\n',
     [("torch", ">=2.1", 5), ("jax", "", 9), ("keras", ">=3", 11)]),
    ("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.10"\ntorch = "^2.1"\njax = {version = "0.4", optional = true}\n',
     [("torch", "^2.1", 3), ("jax", "0.4", 4)]),
    ("Pipfile", '[packages]\ntensorflow = "*"\n', [("tensorflow", "*", 2)]),
    ("Pipfile.lock", '{"default": {\n  "torch": {\n    "hashes": [],\n    "version": "==2.1.0"\n  }\n}}', [("torch", "==2.1.0", 2)]),
    ("setup.py", 'setup(\n  name="torch", keywords="jax",\n  install_requires=["torch>=1.7", "numpy"],\n'
     '  extras_require={"keras": ["tensorflow<2"]},\n)\n', [("torch", ">=1.7", 3), ("tensorflow", "<2", 4)]),
    ("setup.cfg", "[metadata]\nname = torch\n[options]\ninstall_requires =\n    torch>=1\n    numpy\n[options.extras_require]\ntf = tensorflow\n",
     [("torch", ">=1", 5), ("tensorflow", "", 8)]),
    ("environment.yml", "name: torch\ndependencies:\n  - conda-forge::pytorch=2.1=py3.9_0\n  - numpy\n  - pip:\n    - tensorflow-cpu==2.15\n",
     [("pytorch", "==2.1", 3), ("tensorflow-cpu", "==2.15", 6)]),
    ("uv.lock", 'version = 1\n[[package]]\nname = "torch"\nversion = "2.9.0"\n[[package]]\nname = "x"\nversion = "1"\n',
     [("torch", "==2.9.0", 3)]),
    ("poetry.lock", '[[package]]\nname = "jax"\nversion = "0.4.1"\n', [("jax", "==0.4.1", 2)]),
    ("conda-lock.yml", "package:\n- name: pytorch\n  version: 2.1.0\n", [("pytorch", "==2.1.0", 2)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "expected"), FILES, ids=[f"{i}-{n}" for i, (n, _, _) in enumerate(FILES)]
)
def test_files(name, text, expected):
    _, read = requirements.reader(name)
    assert list(read(text)) == expected


def test_install_commands():
    text = "RUN pip install --no-cache-dir torch==2.1 \\\n  'jax[cpu]' && echo keras\nRUN conda install -y pytorch=2.0\nuv add tensorflow\n"
    assert list(requirements.install(text)) == [
        ("torch", "==2.1", 1),
        ("jax", "", 2),
        ("pytorch", "==2.0", 3),
        ("tensorflow", "", 4),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("FROM pytorch/pytorch:2.1.0-cuda12 AS x", ("torch", "2.1.0-cuda12", 1)),
        ("FROM --platform=linux/amd64 tensorflow/tensorflow:1.15.5", ("tensorflow", "1.15.5", 1)),
        ("  image: 'tensorflow/serving'", ("tensorflow-serving", "", 1)),
        ("FROM nvcr.io/nvidia/tritonserver:24.01-py3@sha256:00", ("tritonserver", "24.01-py3", 1)),
        ("FROM nvcr.io/nvidia/pytorch:24.01-py3", ("torch", "24.01-py3", 1)),
    ],
)
def test_images(line, expected):
    assert list(requirements.images(line)) == [expected]


def test_other_files_have_no_reader():
    for name in ("notes.txt", "main.py", "model.yml", "data.lock"):
        assert requirements.reader(name) is None


@prop
@given(st.text(max_size=300) | st.text("[]={}\"'-,:.=torch \n\\#(", max_size=300))
def test_any_text_can_be_read(text):
    for name, *_ in FILES:
        for found, _, line in requirements.reader(name)[1](text):
            assert found in requirements.PACKAGES and 1 <= line <= text.count("\n") + 1
    list(requirements.install(text)), list(requirements.images(text))


@pytest.mark.parametrize(
    ("spec", "version", "before", "after"),
    [
        ("==1.15.2", (2, 0), True, False),
        ("<2", (2, 0), True, False),
        ("<=2.0", (2, 0), False, False),
        ("~=1.4", (2, 0), True, False),
        ("~=2.1", (2, 16), False, False),
        ("~=2.15.0", (2, 16), True, False),
        ("^2.1", (3, 0), True, False),
        (">=2.16", (2, 16), False, True),
        (">=2.4,<2.16", (2, 16), True, False),
        ("==2.*", (2, 16), False, False),
        ("2.11.0-gpu", (2, 16), True, False),
        ("", (2, 0), False, False),
        ("!=2.0", (2, 0), False, False),
    ],
)
def test_versions(spec, version, before, after):
    assert (below(spec, version), from_on(spec, version)) == (before, after)
