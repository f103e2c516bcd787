"""Where an index is."""

from __future__ import annotations

from pathlib import Path

import pytest

from treatment_search.address import ClusterAddress, index_address, state_of
from treatment_search.errors import IndexProblem
from treatment_search.settings import Settings


@pytest.mark.parametrize("text", ["index", "./a b/ü", "/srv/index", "C:\\index", "milvus"])
def test_what_is_no_address_is_a_folder(text: str) -> None:
    assert index_address(text) == Path(text)
    assert state_of(index_address(text)) == Path(text)


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("milvus+http://localhost:19530/shelf", "http://localhost:19530"),
        ("milvus+http://localhost/shelf", "http://localhost:19530"),
        ("milvus+https://milvus.example.org/shelf/", "https://milvus.example.org:443"),
        ("milvus+http://[::1]:7/shelf", "http://[::1]:7"),
    ],
)
def test_an_address_is_a_server_and_a_name(text: str, uri: str) -> None:
    address = index_address(text)
    assert address == ClusterAddress(uri, "shelf", Path("index-shelf"))
    assert str(address) == f"milvus+{uri}/shelf"


@pytest.mark.parametrize(
    "text",
    [
        "http://localhost:19530/shelf",
        "milvus://localhost/shelf",
        "milvus+http:///shelf",
        "milvus+http://localhost:port/shelf",
        "milvus+http://localhost/shelf?db=x",
    ],
)
def test_another_address_says_how_one_looks(text: str) -> None:
    with pytest.raises(IndexProblem, match="milvus\\+http://HOST:19530/NAME"):
        index_address(text)


@pytest.mark.parametrize("name", ["", "a/b", "two words", "über", "1st", "a-b", "x" * 65])
def test_a_name_is_of_plain_letters(name: str) -> None:
    with pytest.raises(IndexProblem, match="is no name"):
        index_address(f"milvus+http://localhost/{name}")


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(IndexProblem, match="TREATMENT_SEARCH_TOKEN") as refused:
        index_address("milvus+http://root:secret@localhost/shelf")
    assert "secret" not in str(refused.value)
    with pytest.raises(IndexProblem) as refused:
        index_address("milvus+http://root:secret@localhost/shelf?a=b")
    assert "secret" not in str(refused.value)


def test_the_settings_know_a_server_and_the_folder_beside_it() -> None:
    environment = {"TREATMENT_SEARCH_INDEX": "milvus+http://localhost/shelf"}
    settings = Settings.from_environment(environment)
    assert settings.index == Path("index-shelf")
    assert settings.address == ClusterAddress("http://localhost:19530", "shelf", settings.index)
    environment["TREATMENT_SEARCH_STATE"] = "/srv/state"
    assert Settings.from_environment(environment).index == Path("/srv/state")
    # An option comes before the environment, a folder before a server.
    folder = Settings.from_environment(environment).at("elsewhere", environment)
    assert (folder.address, folder.index, folder.cluster) == (Path("elsewhere"),) * 2 + (None,)
    assert settings.at(None) == settings
