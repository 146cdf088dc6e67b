"""The examples of the reference: docs/api/examples/SERVICE/METHOD.json, which tests/e2e/test_reference.py sends to a real installation.

An example holds `request`, and `answer`, or `answers` where the method streams. Optional are `before` (calls whose answers it needs, not
shown: `call`, `request`, and `keep`, what becomes of which field of the answer, "token.id" of one in it), `after` (calls that undo it), `say` (a sentence) and `ns` (words of the command line that does
the same). Words in angle brackets stand for values: those of tests/e2e/harness/examples.py, and those kept before.
"""
import hashlib
import json
import os
import re

PLACE = re.compile(r"<([a-z_0-9]+)(?:\|([^>]*))?>")
SHOWN = {
    "time": "2026-05-04T09:30:00.123456Z", "later": "2026-05-04T10:00:00Z", "hash": "0b7e1f5c9d3a48e6b2f01c4d5e6f708192a3b4c5", "number": 42, "amount": 2621440, "digits": "1234", "bytes": "IzEgWzEvM10gRlJPTSBuc2Jhc2U=", "bool": True,
    "text": "...", "seconds": 1.25, "url": "http://shop.apps.example.com/", "repository_url": "https://git.example.com/ada/shop.git", "new_url": "https://git.example.com/ada/blog.git",
    "host": "blog.apps.example.com", "other_host": "www.example.com", "shop_host": "shop.apps.example.com", "metric": "Memory", "push_name": "blog", "domain": "*.apps.example.com", "name": "ada", "version": "0.1.0",
    "broken_commit": "5d1e0c9b8a7f6e5d4c3b2a190807f6e5d4c3b2a1",
    "commit": "9f2c1d7a4be05d83c66f0a1b2e3d4c5f60718293",
    "digest": "sha256:" + hashlib.sha256(b"shown").hexdigest(),
    "host_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMU9BrlXcmNpMRFMPyIDa3AZotTqx5+vV5fbiZBeJx0A",
    "fingerprint": "SHA256:I2uPmBOJYt2wD4JAPKsSaYxhrKgvEpHCGiBMi5Ep6lE", "new_ssh_url": "git@git.example.com:ada/blog.git",
    "own_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHSh0xv3bQ9kqjTn5m2cWgF8yLr4pVd7eUa1oZsXiN6K",
    "ssh_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKz2hZg9mPx1vJ4n0bq5bJm7r2Yc3wQe8uT6oXl1dFvA",
}
# These stand for ids, of which every one looks like another.
IDS = {"application", "artifact", "broken", "build", "id", "key", "made", "me", "release", "repository", "ssh_repository", "token", "waiting"}


def folder(root):
    return os.path.join(root, "docs", "api", "examples")


def load(root, service, method):
    """The example of a method, or None."""
    path = os.path.join(folder(root), service.rsplit(".", 1)[-1], method + ".json")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        try:
            return json.load(file)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None


def holds_for_anything(answer):
    return isinstance(answer, dict) and set(answer) == {"..."}


def without_value(example):
    """The placeholders of an example for which no page can show a value."""
    return sorted({m[1] for m in PLACE.finditer(json.dumps(example)) if m[2] is None} - set(SHOWN) - IDS)


def sample(name):
    """What stands in the page for a placeholder: of those without a value of their own an id, always the same for one name."""
    return SHOWN.get(name, hashlib.sha256(name.encode()).hexdigest()[:22])


def shown(value):
    """The value with samples for its placeholders."""
    if isinstance(value, dict):
        return {shown(key): shown(one) for key, one in value.items()}
    if isinstance(value, list):
        return [shown(one) for one in value]
    if not isinstance(value, str):
        return value
    whole = PLACE.fullmatch(value)
    if whole:
        return whole[2] if whole[2] is not None else sample(whole[1])
    return PLACE.sub(lambda m: m[2] or str(sample(m[1])), value)
