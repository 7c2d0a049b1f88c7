from pathlib import Path

import pytest

from topics import sources
from topics.sources import SourceError, checked, read_flat_yaml


def test_scalars_of_every_quoting_are_folded_as_yaml_does() -> None:
    text = (
        "1-title: plain over\n  two lines\n"
        "1-1-title: 'it''s quoted\n  twice'\n"
        '1-2-title: "joined\\\n  \\ here and \\"there\\", \\x84so"\n'
    )
    assert read_flat_yaml(text) == {
        "1-title": "plain over two lines",
        "1-1-title": "it's quoted twice",
        "1-2-title": 'joined here and "there", \x84so',
    }


def test_a_line_without_key_is_refused() -> None:
    with pytest.raises(SourceError, match="belongs to no key"):
        read_flat_yaml("- a list\n")


def test_data_of_another_hash_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sdg-benchmark-dev.csv").write_text("id,text,sdg,label\n")
    with pytest.raises(SourceError, match="expected 0fb1ad6f"):
        checked(tmp_path, "sdg-benchmark-dev.csv")


def test_missing_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="doesn't exist"):
        list(sources.spanish(tmp_path))


def test_a_directory_is_known_by_its_files_and_their_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = tmp_path / "sdg-official"
    texts.mkdir()
    (texts / "a.yml").write_text("1-title: x\n")
    with pytest.raises(SourceError) as refused:
        checked(tmp_path, "sdg-official")
    found = str(refused.value).split("SHA-256 ")[1][:64]
    monkeypatch.setitem(sources.HASHES, "sdg-official", found)
    assert checked(tmp_path, "sdg-official") == texts
    (texts / "a.yml").rename(texts / "b.yml")
    with pytest.raises(SourceError):
        checked(tmp_path, "sdg-official")


def test_unrelated_texts_deny_every_goal() -> None:
    found = list(sources.unrelated())
    assert len({item.lang for item in found}) == 7
    assert all(not item.goals and len(item.denied) == 17 for item in found)
