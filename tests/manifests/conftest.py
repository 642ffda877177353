"""The manifests as kustomize renders them, once per run."""

from pathlib import Path

import pytest

from infra.local.manifests import BASE, render
from tests.manifests.documents import Document

TRY = BASE.parent / "overlays" / "try"


@pytest.fixture(scope="session")
def base() -> list[Document]:
    return render(BASE)


@pytest.fixture(scope="session")
def overlay() -> list[Document]:
    return render(TRY)


@pytest.fixture(scope="session")
def prefixed(tmp_path_factory: pytest.TempPathFactory) -> list[Document]:
    """An overlay whose names have a prefix: kustomize follows only references it was told of."""
    folder = tmp_path_factory.mktemp("overlay") / "prefixed"
    folder.mkdir()
    # kustomize takes relative paths only.
    path = Path(*[".."] * (len(folder.resolve().parts) - 1), *BASE.resolve().parts[1:])
    (folder / "kustomization.yaml").write_text(f"namePrefix: other-\nresources: [{path}]\n")
    return render(folder)


@pytest.fixture(params=["base", "overlay", "prefixed"])
def rendered(request: pytest.FixtureRequest) -> list[Document]:
    documents: list[Document] = request.getfixturevalue(request.param)
    return documents
