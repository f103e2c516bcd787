"""Imported once by the server that forks children, so that each child need not load it again."""

from tests.faults import editions
from treatment_search.languages import language_of_article

language_of_article(editions.texts_of(0)["0.md"], ())
