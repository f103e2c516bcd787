"""Articles, sections and passages in SQLite; the only package that knows sqlite3."""

from treatment_search.store.reader import Leaving as Leaving
from treatment_search.store.reader import PassageStore as PassageStore
from treatment_search.store.writing import Addition as Addition
from treatment_search.store.writing import amend as amend
from treatment_search.store.writing import build as build
