"""The content hash of a pack, which names it in every recommendation."""

from __future__ import annotations

import hashlib
import os

from advisor.knowledge import cache
from advisor.knowledge.source import kind_of


def content(text: bytes) -> bytes:
    """Hash of one file."""
    return hashlib.blake2b(text, digest_size=16).digest()


def of_files(files: list[tuple[str, bytes]]) -> bytes:
    """Hash of one pack from the (path inside the pack, content hash) of its rule files."""
    hashed = hashlib.blake2b(digest_size=16)
    for name, each in sorted(files):
        hashed.update(name.encode() + b"\0" + each)
    return hashed.digest()


def of_packs(packs: list[bytes]) -> str:
    """Digest of a pack and the packs it extends, the pack itself first."""
    return hashlib.blake2b(b"".join(packs), digest_size=16).hexdigest()


def of_folder(folder: str) -> str:
    """Digest of a pack that extends no other, from its files as they are now."""
    files = []
    for name, *_ in cache.stamps(folder):
        if kind_of(name) is not None:
            with open(os.path.join(folder, name), "rb") as stream:
                files.append((name, content(stream.read())))
    return of_packs([of_files(files)])
