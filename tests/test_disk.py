from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from safemigrate.disk import part_of, write_whole


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    path.write_text("before")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, "after")
    assert [each.read_text() for each in tmp_path.iterdir()] == ["before"]


def test_rights_links_and_line_ends_stay(tmp_path: Path) -> None:
    path, link = tmp_path / "a.toml", tmp_path / "link"
    path.write_text("before")
    path.chmod(0o640)
    link.symlink_to(path)
    write_whole(link, "one\r\ntwo\n")
    assert link.is_symlink()
    assert path.read_bytes() == b"one\r\ntwo\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_what_a_kill_left_is_in_nobodys_way(tmp_path: Path) -> None:
    path, elsewhere = tmp_path / "a.json", tmp_path / "elsewhere"
    elsewhere.write_text("not ours")
    part_of(path).symlink_to(elsewhere)
    write_whole(path, "after")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.json", "elsewhere"]
    assert elsewhere.read_text() == "not ours"


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    end = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    try:
        write_whole(pipe, "report")
        assert os.read(end, 100) == b"report"
    finally:
        os.close(end)
    assert pipe.is_fifo()
