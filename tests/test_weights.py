"""Weights come whole or not at all, go on where a download stopped, and are what they should be."""

import hashlib
import http.server
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest

from dancetransfer import weights
from dancetransfer.errors import UserError
from dancetransfer.events import Done, Notice, Progress

CONTENT = bytes(range(256)) * 20_000  # five blocks
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Server(http.server.BaseHTTPRequestHandler):
    """Serves CONTENT, from the byte that is asked for on; /broken stops in the middle."""

    asked: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        begin = int((self.headers["Range"] or "bytes=0-")[6:-1])
        self.asked.append(self.headers["Range"])
        if self.path == "/missing" or begin >= len(CONTENT):
            self.send_error(404 if self.path == "/missing" else 416)
            return
        whole = self.path == "/plain"  # a server that knows no ranges
        self.send_response(200 if whole or not begin else 206)
        body = CONTENT if whole else CONTENT[begin:]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if self.path == "/broken" else body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def row(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[weights.Weights]:
    """A row of the table that points to the server, and an empty data folder."""
    monkeypatch.setenv("DANCETRANSFER_DATA", str(tmp_path / "data"))
    one = weights.Weights("tiny", "tests", "tiny.pth", f"{address}/file", DIGEST, 0, "none", "nobody")
    monkeypatch.setitem(weights.TABLE, "tiny", one)
    Server.asked.clear()
    yield one


def point(monkeypatch: pytest.MonkeyPatch, row: weights.Weights, **changes: str) -> None:
    monkeypatch.setitem(weights.TABLE, "tiny", replace(row, **changes))


def test_a_download_arrives_checked_with_its_hash_beside_it(row: weights.Weights) -> None:
    assert weights.installed("tiny") is None
    events = list(weights.download("tiny"))
    path = weights.installed("tiny")
    assert path is not None and path.read_bytes() == CONTENT
    assert path.with_name("tiny.pth.sha256").read_text() == f"{DIGEST}  tiny.pth\n"
    assert isinstance(events[-1], Done) and not any(isinstance(e, Notice) for e in events)
    assert [e.done for e in events if isinstance(e, Progress)][-1] == len(CONTENT)
    assert sorted(p.name for p in path.parent.iterdir()) == ["tiny.pth", "tiny.pth.sha256"]


def test_a_stopped_download_goes_on(row: weights.Weights) -> None:
    stage = weights.download("tiny")
    while not isinstance(next(stage), Progress):
        pass
    stage.close()  # type: ignore[attr-defined]
    assert weights.installed("tiny") is None
    list(weights.download("tiny"))
    assert Server.asked == [None, f"bytes={weights.BLOCK_BYTES}-"]
    path = weights.installed("tiny")
    assert path is not None and path.read_bytes() == CONTENT


def test_a_broken_connection_is_told_and_mended_by_going_on(
    row: weights.Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    point(monkeypatch, row, url=row.url.replace("file", "broken"))
    with pytest.raises(UserError, match="broke off"):
        list(weights.download("tiny"))
    assert weights.installed("tiny") is None
    point(monkeypatch, row)
    list(weights.download("tiny"))
    assert Server.asked[1] == f"bytes={len(CONTENT) // 2}-"
    assert weights.installed("tiny") is not None


def test_a_server_without_ranges_begins_anew(row: weights.Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    part = weights.place("tiny").with_name("tiny.pth.part")
    part.parent.mkdir(parents=True)
    part.write_bytes(b"rubbish")
    point(monkeypatch, row, url=row.url.replace("file", "plain"))
    list(weights.download("tiny"))
    assert weights.place("tiny").read_bytes() == CONTENT


def test_a_part_that_is_whole_is_taken(row: weights.Weights) -> None:
    part = weights.place("tiny").with_name("tiny.pth.part")
    part.parent.mkdir(parents=True)
    part.write_bytes(CONTENT)
    list(weights.download("tiny"))
    assert weights.installed("tiny") is not None


def test_another_file_than_the_named_one_is_refused(row: weights.Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    point(monkeypatch, row, sha256="0" * 64)
    with pytest.raises(UserError, match=r"not tiny\.pth as nobody publishes it"):
        list(weights.download("tiny"))
    assert weights.installed("tiny") is None
    assert list(weights.place("tiny").parent.iterdir()) == []


@pytest.mark.parametrize("known", ["", DIGEST[:8]])
def test_without_a_published_hash_it_says_unverified(
    row: weights.Weights, monkeypatch: pytest.MonkeyPatch, known: str
) -> None:
    point(monkeypatch, row, sha256=known)
    notices = [e for e in weights.download("tiny") if isinstance(e, Notice)]
    assert len(notices) == 1 and "unverified" in notices[0].message and DIGEST in notices[0].hint


def test_no_answer_is_an_error_to_act_on(row: weights.Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    for url, words in ((row.url.replace("file", "missing"), "404"), ("http://127.0.0.1:1/x", "broke off")):
        point(monkeypatch, row, url=url)
        with pytest.raises(UserError, match=words) as caught:
            list(weights.download("tiny"))
        assert "--file" in caught.value.hint
    point(monkeypatch, row, url="")
    with pytest.raises(UserError, match="No public address"):
        list(weights.download("tiny"))


def test_a_file_from_elsewhere_is_installed_or_refused(row: weights.Weights, tmp_path: Path) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_bytes(CONTENT)
    bad.write_bytes(CONTENT[:-1])
    with pytest.raises(UserError, match=r"not tiny\.pth"):
        list(weights.install_from_file("tiny", bad))
    assert weights.installed("tiny") is None and bad.exists()
    list(weights.install_from_file("tiny", good))
    assert weights.place("tiny").read_bytes() == CONTENT and good.exists()
    with pytest.raises(UserError, match="no file"):
        list(weights.install_from_file("tiny", tmp_path / "absent"))
    with pytest.raises(UserError, match="no weights 'huge'"):
        weights.installed("huge")


def test_the_list_says_whose_and_whether_installed(row: weights.Weights) -> None:
    assert "no; install with: dancetransfer weights tiny" in weights.listing()
    list(weights.download("tiny"))
    assert str(weights.place("tiny")) in weights.listing()
    told = weights.describe("vgg19")
    for words in ("575 MB", "torchvision", "BSD-3-Clause", "https://", weights.TABLE["vgg19"].sha256):
        assert words in told


def test_what_lies_in_a_zip_is_taken_out(row: weights.Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zipped = tmp_path / "tiny.zip"
    with zipfile.ZipFile(zipped, "w") as packed:
        packed.writestr("2023/tiny/detail.json", "{}")
        packed.writestr("2023/tiny/end2end.pth", CONTENT)
    digest = hashlib.sha256(zipped.read_bytes()).hexdigest()
    monkeypatch.setitem(weights.TABLE, "tiny", replace(row, packed=True, sha256=digest))
    events = list(weights.install_from_file("tiny", zipped))
    assert weights.place("tiny").read_bytes() == CONTENT
    assert not any(isinstance(e, Notice) for e in events)
    assert weights.place("tiny").with_name("tiny.pth.sha256").read_text() == f"{DIGEST}  tiny.pth\n"
    assert sorted(p.name for p in weights.place("tiny").parent.iterdir()) == ["tiny.pth", "tiny.pth.sha256"]

    unpacked = tmp_path / "end2end.pth"  # by the user: whose hash no page gives
    unpacked.write_bytes(CONTENT)
    (told,) = [e for e in weights.install_from_file("tiny", unpacked) if isinstance(e, Notice)]
    assert "unverified" in told.message and DIGEST in told.hint


def test_a_zip_without_the_file_is_refused(
    row: weights.Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zipped = tmp_path / "tiny.zip"
    with zipfile.ZipFile(zipped, "w") as packed:
        packed.writestr("readme.txt", "nothing here")
    monkeypatch.setitem(weights.TABLE, "tiny", replace(row, packed=True, sha256=""))
    with pytest.raises(UserError, match=r"holds 0 files that end with \.pth"):
        list(weights.install_from_file("tiny", zipped))
    assert weights.installed("tiny") is None and list(weights.place("tiny").parent.iterdir()) == []


def test_a_pair_is_installed_by_one_name(
    row: weights.Weights, address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from dancetransfer.cli.parser import main

    monkeypatch.setitem(weights.TABLE, "tiny", replace(row, needs=("tiny-too",)))
    monkeypatch.setitem(weights.TABLE, "tiny-too", replace(row, name="tiny-too", file="too.pth"))
    assert weights.missing("tiny") == ["tiny", "tiny-too"]
    assert main(["weights", "tiny", "--yes"]) == 0
    assert weights.missing("tiny") == [] and weights.installed("tiny-too") is not None
    weights.place("tiny-too").unlink()
    capsys.readouterr()
    assert main(["weights", "tiny", "--file", str(weights.place("tiny"))]) == 0
    assert "dancetransfer weights tiny-too" in "".join(capsys.readouterr())


def test_it_shows_whose_they_are_and_under_what_terms_and_asks(
    row: weights.Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dancetransfer.cli import files
    from dancetransfer.cli.parser import parser

    asked = []

    class Hesitant:
        def ask(self, question: str) -> bool:
            asked.append(question)
            return False

    events = list(files.weights(parser().parse_args(["weights", "rtmw"]), Hesitant()))  # type: ignore[arg-type]
    assert [e.message for e in events if isinstance(e, Done)] == ["Nothing was downloaded."]
    for words in (
        "OpenMMLab",
        "Apache-2.0",
        "COCO-WholeBody is for research",
        "Human-Art",
        "213 MB",
        "94 MB",
        "SHA-256",
    ):
        assert words in asked[0]
    assert weights.missing("rtmw") == ["rtmw", "rtmw-detector"]


def test_the_table_is_consistent() -> None:
    for one in weights.TABLE.values():
        assert one.url.startswith("https://") and len(one.sha256) == 64 and one.bytes > 0
        assert one.url.endswith(Path(one.file).with_suffix(".zip").name if one.packed else one.file)
        assert one.license and one.publisher and one.training
        assert all(need in weights.TABLE for need in one.needs)
    vgg = weights.TABLE["vgg19"]
    assert vgg.file == f"vgg19-{vgg.sha256[:8]}.pth"  # torchvision's custom


def test_only_real_vgg19_weights_are_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setenv("DANCETRANSFER_DATA", str(tmp_path))
    with pytest.raises(UserError, match="not installed"):
        weights.load_vgg19()
    path = weights.place("vgg19")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"hello")
    with pytest.raises(UserError, match="damaged"):
        weights.load_vgg19()
    torch.save({"features.0.weight": torch.zeros(64, 3, 3, 3)}, path)
    with pytest.raises(UserError, match="does not hold"):
        weights.load_vgg19()
    torch.save({"features.0.weight": torch.ones(64, 3, 3, 3), "features.28.weight": torch.ones(512, 512, 3, 3)}, path)
    assert weights.load_vgg19()["features.0.weight"].sum() == 64 * 27
