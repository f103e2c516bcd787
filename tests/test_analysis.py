from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treatment_search.analysis import STOP_WORDS, Word, content_words, terms


def test_words_are_stemmed_and_know_their_places():
    assert content_words("The needles are moved.") == [
        Word("needl", 4, 11),
        Word("move", 16, 21),
    ]


@pytest.mark.parametrize(
    "forms",
    [
        "stretch stretches stretched stretching Stretching STRETCH",
        "needle needles needling Needled",
        "injection injections inject injected",
        "morning mornings",
        "exercise exercises exercising",
        "café cafe CAFÉ cafe\u0301 cafés",
        "ménisque menisque me\u0301nisque MÉNISQUE",
        "heel heels heel's heel’s Heels’",
        "physiotherapy physio\u00adtherapy",
        "fibre ﬁbre",
    ],
)
def test_forms_of_one_word_meet(forms):
    found = terms(forms)
    assert len(found) == len(forms.split())
    assert len(set(found)) == 1


@pytest.mark.parametrize(
    "pair", ["heel heal", "pain spain", "tendon tender", "5 50", "straße strasbourg"]
)
def test_different_words_do_not_meet(pair):
    first, second = terms(pair)
    assert first != second


@pytest.mark.parametrize("text", ["dry-needling", "dry–needling", "dry/needling", "dry_needling"])
def test_hyphens_and_their_like_split_words(text):
    assert content_words(text) == [Word("dri", 0, 3), Word("needl", 4, 12)]


def test_an_accent_of_its_own_belongs_to_the_word_before_it():
    assert content_words("le me\u0301nisque\u0301 ici")[1] == Word("menisqu", 3, 13)


@pytest.mark.parametrize(
    "text", ["What is it for?", "don't DON’T Can’t", "I'm how_should the", "", " \n", "?!… 👣 --"]
)
def test_stop_words_and_signs_are_dropped(text):
    assert terms(text) == []


@pytest.mark.parametrize(
    "word", ["pain", "hurt", "work", "help", "before", "left", "right", "cold"]
)
def test_words_that_say_what_about_are_kept(word):
    assert word not in STOP_WORDS
    assert len(terms(word)) == 1


def test_numbers_are_terms():
    assert terms("Hold 30 seconds, 2.5 cm") == ["hold", "30", "second", "2", "5", "cm"]


def test_repeats_are_kept_in_order():
    assert terms("heel, calf and heel") == ["heel", "calf", "heel"]


words = st.sampled_from(["heel", "Heels’", "dry-needling", "me\u0301nisque", "don’t", "ﬁbre", "½"])
scripts = st.sampled_from(["ß", "İ", "足が痛い", "एड़ी", "עקב", "👣", "7"])
signs = st.sampled_from([" ", "_", "'", "\x00", "\u200f", "\u00ad", "\u0301"])
mixtures = st.lists(st.one_of(words, scripts, signs), max_size=12).map("".join)


@settings(max_examples=400)
@given(st.one_of(st.text(max_size=60), mixtures))
def test_each_word_analyzed_alone_gives_the_same_term(text):
    found = content_words(text)
    for word in found:
        alone = text[word.start : word.end]
        assert content_words(alone) == [Word(word.term, 0, len(alone))]
    ends = [0, *(word.end for word in found)]
    assert all(end <= word.start for end, word in zip(ends, found, strict=False))


def test_eight_threads_agree():
    text = " ".join(f"thread{number}ing needles{number} stretches" for number in range(2_000))
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(terms, [text] * 8))
    assert results[0][:3] == ["thread0", "needles0", "stretch"]
    assert len(results[0]) == 6_000
    assert all(result == results[0] for result in results)
