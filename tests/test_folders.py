"""The four files as people have them, and what else lies under their names."""

import gzip
import io
import os
import tarfile
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from servers import HTML, Server, fake_set

from d2l_helpers import sources
from d2l_helpers.filespecs import FULL
from d2l_helpers.folders import candidates
from d2l_helpers.idx import DataError
from d2l_helpers.sources import Places, load_full

SPECS, PAYLOADS = fake_set()
_, OTHER_SET = fake_set(seed=1)
LABELS = "t10k-labels-idx1-ubyte"


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    monkeypatch.setattr(sources, "_failed", {})
    monkeypatch.setattr(sources, "FULL", SPECS)
    for name in ("D2L_DATA_DIR", "D2L_CACHE_DIR", "D2L_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "*")


def put(folder, arrange="{}", pack=bytes):
    """All four files; `arrange` makes a path of a name."""
    for name, payload in PAYLOADS.items():
        path = folder / (arrange(name) if callable(arrange) else arrange.format(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pack(payload))


def load(folder):
    loaded = load_full(SPECS, Places(data=folder, system=(), addresses=()))
    for spec, array in zip(SPECS, loaded.arrays, strict=True):
        assert array.tobytes() == PAYLOADS[spec.name][-array.size :]


def members(payload):
    half = len(payload) // 2
    return gzip.compress(payload[:half]) + gzip.compress(payload[half:])


ARRANGEMENTS = {
    "with a dot": lambda n: n.replace("-idx", ".idx"),
    "with a dot, packed": lambda n: n.replace("-idx", ".idx") + ".gz",
    "a folder each": "{0}/{0}",
    "a folder each, with a dot": lambda n: f"{n}/{n.replace('-idx', '.idx')}",
    "a packed name as folder": "{0}.gz/{0}",
    "upper case": lambda n: f"{n.upper()}.GZ",
    "underscores": lambda n: n.replace("-", "_"),
    "a browser's second copy": "{} (1).gz",
    "a second copy, packed": "{}.gz (2)",
    "wget's second copy": "{}.gz.1",
    "a finder's copy": "{} copy 2.gz",
    "an explorer's copy": "{} - Copy (3).gz",
    "packed twice by name": "{}.gz.gz",
    "torchvision": "FashionMNIST/raw/{}",
    "torchvision's parent": "data/FashionMNIST/raw/{}",
    "the authors' repository": "data/fashion/{}.gz",
    "the repository, unpacked": "fashion-mnist-master/data/fashion/{}.gz",
    "keras": "fashion-mnist/{}.gz",
    "kaggle's archive": "archive/{0}/{0}",
}


@pytest.mark.parametrize("pack", [bytes, gzip.compress, members])
@pytest.mark.parametrize("arrange", ARRANGEMENTS.values(), ids=ARRANGEMENTS)
def test_the_files_are_found_as_people_have_them(tmp_path, arrange, pack):
    put(tmp_path, arrange, pack)
    load(tmp_path)


def test_links_are_followed(tmp_path):
    put(tmp_path / "store")
    (tmp_path / "mine").mkdir()
    for name in PAYLOADS:
        (tmp_path / "mine" / name).symlink_to(tmp_path / "store" / name)
    load(tmp_path / "mine")
    (tmp_path / "whole").symlink_to(tmp_path / "mine", target_is_directory=True)
    (tmp_path / "mine" / "raw").symlink_to(tmp_path / "mine")  # round in circles
    load(tmp_path / "whole")


WORDS = st.sampled_from(["train-images-idx3-ubyte", LABELS, "sample", "mnist", "x"])


@given(WORDS, st.sampled_from(["", "-copy", ".txt", "2", ".gz.html", "-", "s", ".zip"]))
def test_other_names_are_not_taken(tmp_path_factory, word, end):
    folder = tmp_path_factory.mktemp("names")
    (folder / (word + end)).touch()
    taken = {s.name for s in FULL if candidates(folder, s)}
    assert taken == ({word} & {s.name for s in FULL} if end in ("", "-copy") else set())


def archive(kind):
    file = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(file, "w") as whole:
            whole.writestr(LABELS, PAYLOADS[LABELS])
    else:
        with tarfile.open(fileobj=file, mode="w") as whole:
            info = tarfile.TarInfo(LABELS)
            info.size = len(PAYLOADS[LABELS])
            whole.addfile(info, io.BytesIO(PAYLOADS[LABELS]))
    return file.getvalue()


def array_file():
    file = io.BytesIO()
    np.save(file, np.zeros(20, np.uint8))
    return file.getvalue()


RIGHT = PAYLOADS[LABELS]
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 29515\n"
WRONG = {
    "empty": (b"", "is empty"),
    "packed emptiness": (gzip.compress(b""), "is empty"),
    "zeros": (bytes(len(RIGHT)), "nothing but zeros"),
    "web page": (HTML, "is a web page, not"),
    "web page with a mark": (b"\xef\xbb\xbf\r\n \t" + HTML, "is a web page, not"),
    "web page in utf-16": (HTML.decode().encode("utf-16"), "is a web page, not"),
    "comment first": (b"<!-- saved --><html>", "is a web page, not"),
    "xml": (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code>', "is an XML"),
    "bare xml": (b"<Error><Code>AccessDenied</Code></Error>", "is an XML"),
    "json": (b'{"message": "Not Found"}', "is JSON"),
    "short json": (b'{"a":1}', "is JSON"),
    "text": (b"404: Not Found", "of an unknown kind, not"),
    "bare number": (b"404", "is truncated"),
    "lfs": (LFS, "is a Git LFS pointer, not .*git lfs pull"),
    "annex": (b"/annex/objects/SHA256E-s4542--0.gz\n", "git-annex .*git annex get"),
    "annex, old": (b"../.git/annex/objects/xx/SHA256E-s4-0", "git-annex pointer"),
    "csv": (b"label,pixel1,pixel2\n2,0,0\n", "is a CSV table, not"),
    "parquet": (b"PAR1\x15\x04" + bytes(90), "is a Parquet table, not"),
    "arrow": (b"ARROW1\0\0" + bytes(90), "is an Arrow table, not"),
    "numpy": (array_file(), "is a NumPy array, not"),
    "zip": (archive("zip"), "is a zip archive, not .*unpack"),
    "tar": (archive("tar"), "is a tar archive, not .*unpack"),
    "bzip2": (b"BZh91AY&SY" + bytes(90), "bzip2, not"),
    "xz": (b"\xfd7zXZ\0" + bytes(90), "xz, not"),
    "zstd": (b"\x28\xb5\x2f\xfd" + bytes(90), "zstd, not"),
    "floats": (b"\0\0\x0d\x01" + RIGHT[4:], "is an IDX file of another type"),
    "too many axes": (b"\0\0\x08\x07" + RIGHT[4:], "is an IDX file of another type"),
    "packed twice": (
        gzip.compress(gzip.compress(RIGHT)),
        "is packed with gzip twice, not",
    ),
    "cut": (RIGHT[:-3], "truncated"),
    "longer": (RIGHT + b"\n", "trailing bytes"),
    "copied as text": (RIGHT[:8] + RIGHT[8:].replace(b"\5", b"\r\n"), "a copy as text"),
    "another set": (OTHER_SET[LABELS], r"of 20 bytes, but not .* MNIST.*expected"),
    "labels for images": (PAYLOADS["train-images-idx3-ubyte"], "train-images.* rename"),
    "train for test": (PAYLOADS["train-labels-idx1-ubyte"], "train-labels.* rename"),
}


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("name", [n for n in WRONG if n != "packed emptiness"])
def test_what_is_not_the_file_is_named(tmp_path, name, pack):
    data, message = WRONG[name]
    put(tmp_path)
    path = tmp_path / LABELS
    path.write_bytes(pack(data))
    if pack is gzip.compress and name in ("longer", "copied as text"):
        message = "more than the 28 bytes"
    with pytest.raises(DataError, match=message) as caught:
        load(tmp_path)
    assert f"{path} " in str(caught.value)
    assert len([line for line in str(caught.value).splitlines() if "  /" in line]) == 1


def test_damaged_packings_are_named(tmp_path):
    put(tmp_path)
    path, packed = tmp_path / LABELS, gzip.compress(RIGHT)
    for data, message in (
        (packed[:-4], "truncated"),
        (packed + b"more", "after the end"),
        (packed + bytes(512), "after the end"),
        (packed[:14] + b"\r" + packed[14:], "damaged gzip"),
        (WRONG["packed emptiness"][0], "is empty"),
    ):
        path.write_bytes(data)
        with pytest.raises(DataError, match=rf"{LABELS} .*{message}"):
            load(tmp_path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("archive.zip", "is an archive: unpack it"),
        ("fashion-mnist_train.csv", "is another edition"),
        ("train-00000-of-00001.parquet", "is another edition"),
        (f"{LABELS}.gz.crdownload", "is an unfinished download"),
        (f"{LABELS}.gz.part", "is an unfinished download"),
    ],
)
def test_a_folder_with_something_else_says_what_to_do(tmp_path, name, message):
    (tmp_path / name).write_bytes(b"something")
    with pytest.raises(DataError, match=f"{name} {message}") as caught:
        load(tmp_path)
    assert "Correct the variable or unset it" in str(caught.value)
    with pytest.raises(DataError, match=f"{name} {message}"):
        sources.adopt(tmp_path, SPECS)


def test_no_folder_is_an_error_that_says_why(tmp_path, monkeypatch):
    file = tmp_path / "fashion.zip"
    file.write_bytes(archive("zip"))
    for folder, message in (
        (tmp_path / "nowhere", "No such file"),
        (file, r"Not a directory(.|\n)*fashion.zip is an archive"),
        (tmp_path, "holds no train-images-idx3-ubyte, .*, neither raw nor .gz"),
    ):
        with pytest.raises(DataError, match=message):
            load(folder)
    put(tmp_path / "home")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("D2L_DATA_DIR", "~/home")
    load(Places.from_environment().data)
    monkeypatch.setenv("D2L_DATA_DIR", "~nobody-of-this-name/data")
    with pytest.raises(DataError, match="nobody-of-this-name/data holds no"):
        load_full(SPECS)
    monkeypatch.setenv("D2L_CACHE_DIR", "~nobody-of-this-name")
    assert sources.cache_dir().name == "~nobody-of-this-name"


def test_links_folders_and_pipes_under_the_files_name(tmp_path):
    put(tmp_path)
    path = tmp_path / LABELS
    path.unlink()
    path.symlink_to("../.git/annex/objects/SHA256E-s4542--0")
    with pytest.raises(DataError, match=r"a link to ../\.git/annex/\S* cannot be read"):
        load(tmp_path)
    path.unlink()
    path.mkdir()
    with pytest.raises(DataError, match=f"holds no {LABELS}, neither"):
        load(tmp_path)
    path.rmdir()
    os.mkfifo(path)
    assert candidates(tmp_path, SPECS[3]) == []  # to open it would never end
    with pytest.raises(DataError, match=f"holds no {LABELS}, neither"):
        load(tmp_path)


def test_what_may_not_be_read_is_named(tmp_path, monkeypatch):
    put(tmp_path)
    path, opened = tmp_path / LABELS, type(tmp_path).open

    def refuse(self, *args):
        if self == path:
            raise PermissionError(13, "Permission denied")
        return opened(self, *args)

    monkeypatch.setattr(type(tmp_path), "open", refuse)
    with pytest.raises(DataError, match=f"{LABELS} cannot be read .Permission denied"):
        load(tmp_path)

    def hidden(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(tmp_path), "is_dir", hidden)
    with pytest.raises(DataError, match=f"{LABELS} cannot be read .Permission denied"):
        load(tmp_path)
    monkeypatch.setattr(type(tmp_path), "iterdir", hidden)
    with pytest.raises(DataError, match=r"holds no .* \(Permission denied\)"):
        load(tmp_path)


@pytest.mark.parametrize("where", ["data", "cache", "system"])
def test_another_copy_is_not_taken_without_a_word(tmp_path, capsys, where):
    bad, good = tmp_path / "bad", tmp_path / "good"
    put(bad)
    put(good)
    (bad / LABELS).write_bytes(LFS)
    places = Places(cache=tmp_path / "c", spare=tmp_path / "s", system=(good,))
    if where == "data":
        put(bad / "raw")
        places.data = bad
    elif where == "cache":
        places.cache = bad
    else:
        places.system = (bad, good)
    for _ in range(2 if where == "data" else 1):  # said once
        load_full(SPECS, places)
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{bad / LABELS} is a Git LFS pointer" in line
    assert f"{LABELS} is used instead" in line
    assert (bad / LABELS).exists() == (where != "cache")


def test_only_a_file_of_the_caches_own_name_is_removed(tmp_path, capsys):
    cache = tmp_path / "cache"
    put(cache / "FashionMNIST" / "raw")
    theirs = cache / "FashionMNIST" / "raw" / LABELS, cache / f"{LABELS} (1).gz"
    for path in theirs:
        path.write_bytes(OTHER_SET[LABELS])
    with Server(PAYLOADS) as server:
        load_full(SPECS, Places(cache=cache, system=(), addresses=(server.url,)))
    err = capsys.readouterr().err
    assert all(path.exists() and f"{path} is an IDX file" in err for path in theirs)


def test_adopted_files_get_their_own_names(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("D2L_CACHE_DIR", str(tmp_path / "cache"))
    put(tmp_path / "mine", "{0}/{0} (1).GZ", gzip.compress)
    (tmp_path / "mine" / f"{LABELS}.gz").write_bytes(HTML)
    sources.adopt(tmp_path / "mine", SPECS)
    assert "is a web page" in capsys.readouterr().err
    assert sorted(p.name for p in (tmp_path / "cache").iterdir()) == sorted(
        f"{name}.gz" for name in PAYLOADS
    )
