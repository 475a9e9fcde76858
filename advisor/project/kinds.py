"""What to do with a file, by its name: read as code, as words, for requirements, look at its first bytes, or pass over."""

from __future__ import annotations

from advisor.project.requirements import reader

_PASSED = """png jpg jpeg gif bmp svg ico tif tiff webp heic mp3 mp4 wav flac ogg avi mov mkv webm pdf ps eps ttf otf woff
    woff2 eot md rst tex bib csv tsv xls xlsx doc docx ppt pptx odt css scss sass less map lock po mo pot pyc pyo pyd
    so dylib dll exe lib a o obj class jar whl gz bz2 xz zst tgz rar 7z parquet arrow feather jsonl log srt vtt sql
    lua rb pl php r jl hs ml scala clj ex erl vue rs go m f90 proto xml xsd xsl plist snap diff patch asc sig pem crt
    tfrecord tfrecords npy npz mat nii dcm las ply stl vcf fasta fastq"""
PASSED = frozenset(_PASSED.split())
"""Extensions of files that hold neither code nor a model; their content is not looked at."""
_WORDY = """yml yaml sh bash zsh js jsx ts tsx mjs cjs html gradle kts kt java swift cc cpp cxx c cu cuh h hpp hh pbtxt conf
    properties bat ps1 tf mk cmake toml cfg ini txt in"""
WORDY = frozenset(_WORDY.split())
_WHOLE = "makefile gnumakefile dockerfile containerfile podfile cmakelists.txt package.json justfile"
_NAMES = frozenset(_WHOLE.split())


def kind_of(name: str) -> str:
    """python, notebook, asks (names requirements), words (other text), look (first bytes) or passed."""
    low = name.lower()
    extension = low.rpartition(".")[2] if "." in low else ""
    if extension in ("py", "pyw", "pyi"):
        return "asks" if low == "setup.py" else "python"
    if extension == "ipynb":
        return "notebook"
    if reader(name) is not None:
        return "asks"
    if extension in WORDY or low in _NAMES or is_image(low):
        return "words"
    return "passed" if extension in PASSED else "look"


def is_image(name: str) -> bool:
    """Whether a file of this name describes a container image or a composition of them."""
    low = name.lower()
    return low.startswith(("dockerfile", "containerfile")) or low.endswith((".dockerfile", ".containerfile"))
