"""Output files: what stands in their place before and after."""

import os
from threading import Thread

import pytest

from xbarmip.files import replacing, written


def test_a_pipe_or_device_is_written_to_and_stays_what_it_is(tmp_path):
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    reader.start()
    written(pipe, b"all of it")
    assert pipe.is_fifo()
    reader.join(10)
    assert read == [b"all of it"]


def test_a_link_goes_on_to_lead_to_its_file(tmp_path):
    (tmp_path / "folder").mkdir()
    file, link = tmp_path / "folder" / "file", tmp_path / "link"
    file.write_bytes(b"old")
    link.symlink_to(file)
    with pytest.raises(KeyError), replacing(link) as half:
        half.write(b"half of it")
        raise KeyError
    assert file.read_bytes() == b"old"
    written(link, b"new")
    assert link.is_symlink()
    assert file.read_bytes() == b"new"
    assert [*file.parent.iterdir()] == [file]
