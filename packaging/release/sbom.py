"""Write what the application consists of, with licenses and the hashes of the models, in CycloneDX.

Run as: python packaging/release/sbom.py FOLDER PACKAGES TARGET, with restorer importable
FOLDER is the application's; PACKAGES is the site-packages of the environment it was made in.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from importlib import metadata
from os import environ
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

import restorer


def main(folder: Path, packages: Path, target: Path) -> None:
    """Write the file, and prove that it follows the schema."""
    bom = Bom(
        components=[*python(folder, packages), *debian(folder), *models()],
        # The same commit gives the same file.
        serial_number=uuid5(NAMESPACE_URL, (folder / "_internal/restorer/commit.txt").read_text()),
    )
    bom.metadata.timestamp = datetime.fromtimestamp(int(environ["SOURCE_DATE_EPOCH"]), timezone.utc)
    bom.metadata.component = Component(
        name="restorer",
        version=restorer.__version__,
        type=ComponentType.APPLICATION,
        licenses=[LicenseFactory().make_from_string("MIT")],
    )
    bom.register_dependency(bom.metadata.component, bom.components)
    text = JsonV1Dot6(bom).output_as_string(indent=1)
    if error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise ValueError(f"{target}: {error}")
    target.write_text(text + "\n", "utf-8")


def python(folder: Path, packages: Path) -> Iterator[Component]:
    """Yield the distributions whose licenses are in the folder."""
    for found in metadata.distributions(path=[str(packages)]):
        words = found.metadata
        name = words["Name"].lower().replace("_", "-").replace(".", "-")
        if name == "restorer" or not (folder / "_internal/licenses" / name).is_dir():
            continue
        version = found.version.split("+")[0]
        yield Component(
            name=words["Name"],
            version=found.version,
            description=words["Summary"],
            licenses=[LicenseFactory().make_from_string(each) for each in licenses(words)],
            purl=PackageURL("pypi", name=name, version=version),
            bom_ref=f"pypi:{name}",
        )


def licenses(words: metadata.PackageMetadata) -> list[str]:
    """Return the license of a distribution: an expression of SPDX, a name, or its classifiers."""
    if short := words["License-Expression"] or (words["License"] or "").split("\n")[0]:
        return [short]
    classifiers = words.get_all("Classifier") or ()
    return [each.split(" :: ")[-1] for each in classifiers if each.startswith("License ::")]


def debian(folder: Path) -> Iterator[Component]:
    """Yield Debian's packages that libraries were copied from."""
    for home in sorted((folder / "_internal/licenses/debian").glob("*")):
        said = subprocess.run(
            ["dpkg-query", "--show", "--showformat=${Version}\n", home.name],
            capture_output=True,
            text=True,
            check=True,
        )
        version = said.stdout.split()[0]
        yield Component(
            name=home.name,
            version=version,
            purl=PackageURL("deb", "debian", home.name, version),
            bom_ref=f"debian:{home.name}",
        )


def models() -> Iterator[Component]:
    """Yield the included models."""
    for spec in restorer.list_models():
        if restorer.weights_state(spec) == "embedded":
            yield Component(
                name=spec.id,
                version=restorer.__version__,
                type=ComponentType.MACHINE_LEARNING_MODEL,
                description=spec.source,
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=spec.weights.sha256)],
                # As SPDX spells it: CC-BY-SA-4.0
                licenses=[LicenseFactory().make_from_string(spec.license.replace(" ", "-"))],
                bom_ref=f"model:{spec.id}",
            )


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
