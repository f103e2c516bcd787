from __future__ import annotations

from treatment_search.changes import Changes, compare
from treatment_search.records import Move


def test_each_article_has_one_fate() -> None:
    then = {"same.md": "1", "edited.md": "2", "gone.md": "3", "old/name.md": "4"}
    now = {"same.md": "1", "edited.md": "5", "new.md": "6", "name.md": "4"}
    changes = compare(then, now)
    assert changes == Changes(
        added=("new.md",),
        changed=("edited.md",),
        removed=("gone.md",),
        unchanged=("same.md",),
        moved=(Move("old/name.md", "name.md"),),
    )
    assert changes.counts() == {
        "added": 1,
        "changed": 1,
        "removed": 1,
        "unchanged": 1,
        "moved": 1,
    }
    assert changes.touched == ("edited.md", "new.md")


def test_nothing_changed() -> None:
    assert not compare({"a.md": "1"}, {"a.md": "1"}).any
    assert compare({"a.md": "1"}, {"b.md": "1"}).any


def test_a_copy_beside_its_original_is_added() -> None:
    assert compare({"a.md": "1"}, {"a.md": "1", "b.md": "1"}).added == ("b.md",)


def test_of_several_of_one_content_the_first_gone_goes_with_the_first_new() -> None:
    changes = compare({"a.md": "1", "b.md": "1", "c.md": "1"}, {"z.md": "1", "y.md": "1"})
    assert changes.moved == (Move("a.md", "y.md"), Move("b.md", "z.md"))
    assert (changes.added, changes.removed) == ((), ("c.md",))
    changes = compare({"a.md": "1"}, {"y.md": "1", "z.md": "1"})
    assert (changes.moved, changes.added) == ((Move("a.md", "y.md"),), ("z.md",))


def test_two_articles_that_change_places_have_changed() -> None:
    assert compare({"a.md": "1", "b.md": "2"}, {"a.md": "2", "b.md": "1"}).changed == (
        "a.md",
        "b.md",
    )


def test_content_that_another_reader_reads_has_not_moved() -> None:
    changes = compare({"a.txt": "1", "b.md": "2"}, {"a.md": "1", "b.MD": "2"})
    assert (changes.added, changes.removed) == (("a.md",), ("a.txt",))
    assert changes.moved == (Move("b.md", "b.MD"),)


def test_articles_of_archives_move_as_files_do() -> None:
    changes = compare({"old.zip/a.md": "1"}, {"new.zip/a.md": "1"})
    assert changes.moved == (Move("old.zip/a.md", "new.zip/a.md"),)
