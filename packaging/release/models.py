"""Add the included models, with their hashes, to a bill of materials.

Run as: python packaging/release/models.py BILL WEIGHTS OUT
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import tomllib


def components(weights: Path) -> list[dict[str, Any]]:
    """Return a component for each model whose weights are in the package."""
    catalog = tomllib.loads((weights / "catalog.toml").read_text("utf-8"))
    found = []
    for model in catalog["model"]:
        if model["weights"].get("embedded"):
            file = weights / "embedded" / model["weights"]["name"]
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            found.append(
                {
                    "type": "machine-learning-model",
                    "bom-ref": f"model:{model['id']}",
                    "name": model["id"],
                    "hashes": [{"alg": "SHA-256", "content": digest}],
                    "licenses": [{"license": {"name": model["license"]}}],
                }
            )
    return found


if __name__ == "__main__":
    bill, weights, out = map(Path, sys.argv[1:])
    materials = json.loads(bill.read_text("utf-8"))
    materials["components"] += components(weights)
    out.write_text(json.dumps(materials, indent=2) + "\n", "utf-8")
