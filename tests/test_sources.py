"""Where the data come from when the network, the disk and the files misbehave."""

import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from servers import Server, fake_set

from d2l_helpers import fetch as fetching
from d2l_helpers import sources
from d2l_helpers.fetch import FetchError, Limits, fetch, write_atomically
from d2l_helpers.filespecs import FULL, SAMPLE
from d2l_helpers.idx import DataError, read_idx
from d2l_helpers.sources import Places, load_full, load_sample

QUICK = Limits(connect=0.8, first=0.8, stall=0.8, total=3.0)
SPECS, PAYLOADS = fake_set()
SMALLEST = "t10k-labels-idx1-ubyte.gz"  # asked for first
DEAD = "http://127.0.0.1:9/"  # the discard port: nobody listens


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """No failure remembered from another test, no settings, no proxy."""
    monkeypatch.setattr(sources, "_failed", {})
    for name in ("D2L_DATA_DIR", "D2L_CACHE_DIR", "D2L_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def places(tmp_path):
    """A function that makes `Places` in an empty folder with these addresses."""

    def make(*servers, **changes):
        addresses = tuple(getattr(s, "url", s) for s in servers)
        return Places(
            cache=tmp_path / "cache",
            spare=tmp_path / "spare",
            system=(),
            addresses=addresses,
            limits=QUICK,
            **changes,
        )

    return make


def assert_right(loaded):
    for spec, array in zip(SPECS, loaded.arrays, strict=True):
        assert array.shape == spec.shape
        assert array.tobytes() == PAYLOADS[spec.name][-array.size :]


def fill(folder, pack=gzip.compress, suffix=".gz"):
    folder.mkdir(parents=True, exist_ok=True)
    for name, payload in PAYLOADS.items():
        (folder / f"{name}{suffix}").write_bytes(pack(payload))


def names(folder):
    return sorted(p.name for p in folder.rglob("*")) if folder.exists() else []


ALL_CACHED = sorted(f"{name}.gz" for name in PAYLOADS)


def test_a_download_is_kept_and_served_from_the_cache(places):
    with Server(PAYLOADS) as server:
        loaded = load_full(SPECS, places(server))
        assert_right(loaded)
        assert loaded.source == "127.0.0.1"
        assert names(places().cache) == ALL_CACHED
        again = load_full(SPECS, places(server))
        assert_right(again)
        assert again.source == "the cache"
        assert set(server.hits.values()) == {1}


CONTENT_FAULTS = ["html", "truncate", "flip", "other", "trailing", "bomb", "endless"]


@pytest.mark.parametrize("fault", CONTENT_FAULTS)
def test_wrong_contents_are_fetched_once_more_then_refused(places, fault):
    with Server(PAYLOADS, {"*": [fault]}) as server:
        with pytest.raises(DataError) as caught:
            load_full(SPECS, places(server))
        assert server.hits == {SMALLEST: 2}
    message = str(caught.value)
    for spec in SPECS:
        assert spec.name in message
        assert spec.sha256 in message
    assert str(places().cache) in message
    assert f"{server.url}{SMALLEST}" in message
    assert "make data" in message
    assert names(places().cache) == []


@pytest.mark.parametrize("fault", CONTENT_FAULTS)
def test_wrong_contents_once_are_mended_by_the_second_try(places, fault):
    with Server(PAYLOADS, {"*": [fault]}, forever=False) as server:
        assert_right(load_full(SPECS, places(server)))
        assert set(server.hits.values()) == {2}
    assert names(places().cache) == ALL_CACHED


def test_wrong_contents_twice_send_us_to_the_next_address(places):
    with (
        Server(PAYLOADS, {"train-images-idx3-ubyte.gz": ["html"]}) as bad,
        Server(PAYLOADS) as good,
    ):
        assert_right(load_full(SPECS, places(bad, good)))
        assert bad.hits["train-images-idx3-ubyte.gz"] == 2
        assert good.hits == {"train-images-idx3-ubyte.gz": 1}


@pytest.mark.parametrize("fault", [503, 404, "redirect", "stall", "trickle"])
def test_no_answer_sends_us_to_the_next_address(places, fault):
    with Server(PAYLOADS, {"*": [fault]}) as bad, Server(PAYLOADS) as good:
        start = time.monotonic()
        loaded = load_full(SPECS, places(bad, good))
        assert time.monotonic() - start < 4
        assert_right(loaded)
        assert sum(bad.hits.values()) == 1  # remembered, not asked for each file
        assert set(good.hits.values()) == {1}


def test_a_server_that_stalls_is_named_with_the_reason(places):
    with Server(PAYLOADS, {"*": ["stall"]}) as bad:
        with pytest.raises(DataError, match=r"t10k-labels.*(no answer|timed out)"):
            load_full(SPECS, places(bad))
        with pytest.raises(DataError, match="failed before"):
            load_full(SPECS, places(bad))


def test_a_name_server_that_never_answers_is_left_behind(monkeypatch):
    monkeypatch.setattr("socket.getaddrinfo", lambda *a, **k: time.sleep(2) or [])
    start = time.monotonic()
    with pytest.raises(FetchError, match="no answer"):
        fetch("https://example.invalid/file", 100, QUICK)
    assert time.monotonic() - start < 1.5
    time.sleep(2)  # the thread left behind ends inside this test


@pytest.mark.parametrize("packed", [True, False])
def test_a_bit_flipped_in_the_cache_is_noticed_and_fetched_again(places, packed):
    cache = places().cache
    fill(cache) if packed else fill(cache, bytes, "")
    victim = cache / ("train-images-idx3-ubyte" + (".gz" if packed else ""))
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 16
    victim.write_bytes(data)
    with Server(PAYLOADS) as server:
        assert_right(load_full(SPECS, places(server)))
        assert server.hits == {"train-images-idx3-ubyte.gz": 1}
        assert_right(load_full(SPECS, places(server)))
        assert sum(server.hits.values()) == 1


def test_a_flipped_bit_without_a_network_is_an_error_and_leaves_the_cache(places):
    cache = places().cache
    fill(cache)
    (cache / SMALLEST).write_bytes(b"<html>")
    with pytest.raises(DataError, match=r"cache/t10k-labels-idx1-ubyte\.gz"):
        load_full(SPECS, places())
    assert SMALLEST not in names(cache)


def test_no_network_and_an_empty_cache_fail_at_once_and_are_remembered(places):
    start = time.monotonic()
    with pytest.raises(DataError, match="no full copy of Fashion-MNIST"):
        load_full(SPECS, places(DEAD))
    assert time.monotonic() - start < 2
    with Server(PAYLOADS, {"*": [503]}, forever=False) as server:
        for _ in range(6):
            with pytest.raises(DataError, match="answers 503"):
                load_full(SPECS, places(server))
        assert sum(server.hits.values()) == 1
        server.faults.clear()
        assert_right(load_full(SPECS, places(server), again=True))


def test_the_system_copy_comes_before_the_network(places, tmp_path):
    fill(tmp_path / "system")
    with Server(PAYLOADS) as server:
        here = places(server)
        here.system = (tmp_path / "nowhere", tmp_path / "system")
        loaded = load_full(SPECS, here)
        assert_right(loaded)
        assert loaded.source == "the system's packaged copy"
        assert not server.hits
    assert names(here.cache) == []


@pytest.mark.parametrize("layout", ["", "FashionMNIST/raw", "raw"])
@pytest.mark.parametrize("pack", [gzip.compress, bytes])
def test_the_named_folder_is_used_in_every_layout(places, tmp_path, layout, pack):
    fill(tmp_path / "mine" / layout, pack, "" if pack is bytes else ".gz")
    loaded = load_full(SPECS, places(DEAD, data=tmp_path / "mine"))
    assert_right(loaded)
    assert loaded.source == f"D2L_DATA_DIR ({tmp_path / 'mine'})"


def test_a_named_folder_that_does_not_hold_the_set_is_an_error(places, tmp_path):
    fill(places().cache)  # which would serve
    mine = tmp_path / "mine"
    fill(mine)
    (mine / SMALLEST).write_bytes(b"<html>")
    with Server(PAYLOADS) as server:
        with pytest.raises(DataError, match="named by D2L_DATA_DIR") as caught:
            load_full(SPECS, places(server, data=mine))
        assert not server.hits
    assert str(mine / SMALLEST) in str(caught.value)
    assert (mine / SMALLEST).exists()  # not ours to remove


def test_the_environment_says_where_to_look(monkeypatch, tmp_path):
    assert Places.from_environment().addresses == sources.ADDRESSES
    assert Places.from_environment().data is None
    assert "d2l_helpers" in str(Places.from_environment().cache)
    monkeypatch.setenv("D2L_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("D2L_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("D2L_OFFLINE", "1")
    here = Places.from_environment()
    assert (here.data, here.cache) == (tmp_path / "data", tmp_path / "cache")
    assert here.addresses == ()
    monkeypatch.setenv("D2L_OFFLINE", "0")
    assert Places.from_environment().addresses == sources.ADDRESSES


def test_only_https_is_fetched_from_afar():
    assert all(a.startswith("https://") for a in sources.ADDRESSES)
    for url in ("http://example.invalid/x", "ftp://127.0.0.1.example.invalid/x"):
        with pytest.raises(ValueError, match="only https"):
            fetch(url, 100, QUICK)


def test_verified_files_are_adopted_into_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("D2L_CACHE_DIR", str(tmp_path / "cache"))
    fill(tmp_path / "unpacked")
    assert sources.adopt(tmp_path / "unpacked", SPECS) == tmp_path / "cache"
    assert names(tmp_path / "cache") == ALL_CACHED
    (tmp_path / "unpacked" / SMALLEST).write_bytes(b"<html>")
    with pytest.raises(DataError, match="t10k-labels"):
        sources.adopt(tmp_path / "unpacked", SPECS)
    with pytest.raises(DataError, match="holds no train-images"):
        sources.adopt(tmp_path / "empty", SPECS)
    assert_right(load_full(SPECS, Places(addresses=(), system=())))


def test_an_atomic_write_sweeps_up_what_a_killed_writer_left(tmp_path):
    old, new = tmp_path / ".file.abc.part", tmp_path / ".file.def.part"
    for part in (old, new):
        part.write_bytes(b"half")
    os.utime(old, (time.time() - 4000,) * 2)
    write_atomically(tmp_path / "file", b"whole")
    assert names(tmp_path) == [new.name, "file"]  # the new one may be at work
    assert (tmp_path / "file").read_bytes() == b"whole"


def test_a_write_that_fails_leaves_the_old_file(monkeypatch, tmp_path):
    (tmp_path / "file").write_bytes(b"old")

    def fail(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fetching.os, "replace", fail)
    with pytest.raises(OSError, match="No space"):
        write_atomically(tmp_path / "file", b"new")
    assert names(tmp_path) == ["file"]
    assert (tmp_path / "file").read_bytes() == b"old"


# What follows happens in processes of its own: another user, a limit on the
# size of files, two at once. The worker says in JSON what it saw.
WORKER = """
import json, os, resource, sys, warnings
from pathlib import Path
import pooch, requests, encodings.idna          # before the rights are given up
from d2l_helpers.filespecs import FileSpec
from d2l_helpers.fetch import Limits
from d2l_helpers.sources import Places, load_full
task = json.loads(sys.argv[1])
specs = tuple(FileSpec(n, tuple(s), h) for n, s, h in task["specs"])
places = Places(cache=Path(task["cache"]), spare=Path(task["spare"]), system=(),
                addresses=tuple(task["addresses"]), limits=Limits(2, 5, 5, 20))
if task["limit"]:
    resource.setrlimit(resource.RLIMIT_FSIZE, (task["limit"],) * 2)
if task["user"]:
    os.setgroups([]); os.setgid(task["user"]); os.setuid(task["user"])
print("ready", flush=True)
sys.stdin.readline()
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always", RuntimeWarning)
    loaded = load_full(specs, places)
print(json.dumps({
    "source": loaded.source,
    "sums": [int(a.sum()) for a in loaded.arrays],
    "warnings": [str(w.message) for w in caught if w.category is RuntimeWarning],
}))
"""


class Worker:
    """One process that loads the tiny set; `go` lets it start, `result` waits."""

    def __init__(self, cache, spare, addresses, limit=0, user=0):
        task = {
            "specs": [(s.name, s.shape, s.sha256) for s in SPECS],
            "cache": str(cache),
            "spare": str(spare),
            "addresses": addresses,
            "limit": limit,
            "user": user,
        }
        root = str(Path(sources.__file__).parents[1])
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER, json.dumps(task)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": root, "NO_PROXY": "*"},
        )

    def result(self):
        out, err = self.process.communicate("go\n", timeout=60)
        assert self.process.returncode == 0, err
        seen = json.loads(out.splitlines()[-1])
        right = [read_idx(PAYLOADS[s.name]).sum() for s in SPECS]
        assert seen["sums"] == [int(r) for r in right]
        return seen


def test_two_processes_at_once_both_succeed(tmp_path):
    cache = tmp_path / "cache"
    with Server(PAYLOADS) as server:
        two = [Worker(cache, tmp_path / "spare", [server.url]) for _ in range(2)]
        for worker in two:
            assert worker.process.stdout.readline() == "ready\n"
        for worker in two:
            worker.process.stdin.write("go\n")
            worker.process.stdin.flush()
        seen = [worker.result() for worker in two]
    assert [s["warnings"] for s in seen] == [[], []]
    assert names(cache) == ALL_CACHED
    for name, payload in PAYLOADS.items():
        assert gzip.decompress((cache / f"{name}.gz").read_bytes()) == payload


@pytest.fixture
def open_folder():
    """An empty folder that other users may enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_a_read_only_cache_gives_a_warning_and_a_temporary_folder(open_folder):
    cache, spare = open_folder / "cache", open_folder / "spare"
    cache.mkdir()
    spare.mkdir()
    (cache / SMALLEST).write_bytes(gzip.compress(PAYLOADS[SMALLEST[:-3]]))
    user = 0
    if os.getuid() == 0:  # to whom no folder is read-only
        user = 65534
        os.chown(spare, user, user)
    cache.chmod(0o555)
    try:
        with Server(PAYLOADS) as server:
            seen = Worker(cache, spare, [server.url], user=user).result()
            again = Worker(cache, spare, [server.url], user=user).result()
            assert sum(server.hits.values()) == 3
    finally:
        cache.chmod(0o755)
    assert len(seen["warnings"]) == 3
    assert str(spare) in seen["warnings"][0]
    assert "Permission denied" in seen["warnings"][0]
    assert names(cache) == [SMALLEST]
    assert again == {
        "source": "the temporary folder and the cache",
        "sums": seen["sums"],
        "warnings": [],
    }


@pytest.fixture(params=["tmpfs", "limit"])
def full_disk(request, tmp_path):
    """A cache with no room: (folder, largest file allowed or 0).

    A tiny file system where mounting is allowed; else, and as the second
    case, a limit on the size of files, at which writes fail just as hard.
    """
    cache = tmp_path / "cache"
    cache.mkdir()
    mounted = request.param == "tmpfs" and os.getuid() == 0
    if mounted:
        command = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(cache)]
        mounted = subprocess.run(command, capture_output=True).returncode == 0
    yield cache, 0 if mounted else 4096
    if mounted:
        subprocess.run(["umount", str(cache)], check=True)


def test_a_full_disk_gives_a_warning_and_leaves_the_old_file(full_disk, tmp_path):
    cache, limit = full_disk
    old = cache / SMALLEST
    old.write_bytes(gzip.compress(PAYLOADS[SMALLEST[:-3]]))
    before = old.read_bytes()
    with Server(PAYLOADS) as server:
        seen = Worker(cache, tmp_path / "spare", [server.url], limit=limit).result()
        assert SMALLEST not in server.hits
    assert old.read_bytes() == before
    assert all(n in ALL_CACHED for n in names(cache))  # no .part is left
    assert seen["warnings"]
    assert "train-images-idx3-ubyte.gz cannot be kept" in seen["warnings"][-1]
    assert "D2L_CACHE_DIR" in seen["warnings"][-1]


def test_neither_folder_can_be_written_and_the_data_still_serve(places, tmp_path):
    here = places()
    for folder in (here.cache, here.spare):
        folder.write_bytes(b"a file where a folder should be")
    with Server(PAYLOADS) as server:
        here.addresses = (server.url,)
        with pytest.warns(RuntimeWarning, match="used from memory"):
            assert_right(load_full(SPECS, here))


def test_the_sample_is_what_its_checksums_say_and_balanced():
    loaded = load_sample()
    assert [a.shape for a in loaded.arrays] == [s.shape for s in SAMPLE]
    assert np.bincount(loaded.arrays[1]).tolist() == [500] * 10
    assert np.bincount(loaded.arrays[3]).tolist() == [100] * 10
    size = sum(p.stat().st_size for p in sources.ASSETS.glob("sample-*.gz"))
    assert size <= 3 << 20


def test_a_damaged_sample_is_an_error(monkeypatch, tmp_path):
    for path in sources.ASSETS.glob("sample-*.gz"):
        (tmp_path / path.name).write_bytes(path.read_bytes()[:-9])
    monkeypatch.setattr(sources, "ASSETS", tmp_path)
    with pytest.raises(DataError, match=r"sample-train-images.*truncated"):
        load_sample()


def test_sizes_of_the_full_set_are_those_of_its_files():
    assert [s.payload_bytes for s in FULL] == [47040016, 60008, 7840016, 10008]
