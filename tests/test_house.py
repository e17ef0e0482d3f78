"""The house is in order: imports run one way, the light parts stay light, and a wheel works elsewhere."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from dancetransfer import settings

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("torch", "cv2", "mediapipe", "av", "PySide6")
GROUND = ("errors", "settings", "storage", "events", "project", "device", "weights")
TABLE_BEGIN, TABLE_END = "<!-- options: made by dancetransfer.settings.table() -->", "<!-- end of options -->"

FOREIGN = "raise SystemExit('a stranger\\'s package was imported')"


def run(*command: str, cwd: Path = ROOT, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """A command's result; with `path` as the only addition to Python's own places."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120)


def test_imports_run_one_way() -> None:
    script = Path(sysconfig.get_path("scripts")) / "lint-imports"
    done = run(str(script), "--no-cache")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "statement",
    [
        "import " + ", ".join(f"dancetransfer.{name}" for name in GROUND),
        "import sys; sys.argv = ['dancetransfer', '--help']; from dancetransfer.__main__ import main; main()",
    ],
    ids=["ground floor", "--help"],
)
def test_what_must_start_at_once_imports_nothing_heavy(statement: str) -> None:
    code = (
        f"import sys\ntry:\n    exec({statement!r})\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        f"print('HEAVY', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = run(sys.executable, "-c", code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "HEAVY []"


def test_the_engine_runs_without_qt_and_the_networks_without_the_engine() -> None:
    code = "import models.generator, models.discriminator, models.losses, models.refiner, sys\n"
    code += "print([n for n in sys.modules if n.split('.')[0] in ('dancetransfer', 'cv2', 'av', 'PySide6')])"
    done = run(sys.executable, "-c", code)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel, built from the files that git would hand out."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for name in _tracked():
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
    done = run(
        sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(source), cwd=folder
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


def _tracked() -> list[str]:
    """Files of the project: what git knows or would take, and without git everything that is no output."""
    done = run("git", "ls-files", "--cached", "--others", "--exclude-standard")
    if done.returncode == 0:
        return [name for name in done.stdout.splitlines() if (ROOT / name).is_file()]
    parts = ("dancetransfer", "models", "ui", "assets")
    inner = [p for part in parts for p in (ROOT / part).rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    outer = [ROOT / name for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE")]
    return [str(p.relative_to(ROOT)) for p in [*inner, *outer]]


def test_the_wheel_holds_every_file_of_the_program(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    wanted = {n for n in _tracked() if n.split("/")[0] in ("dancetransfer", "models", "ui", "assets")}
    assert wanted - held == set()
    assert not [name for name in held if name.startswith(("tests", "tools", "build"))]
    assert any(name.endswith("licenses/NOTICE") for name in held)


def test_an_installed_wheel_works_beside_foreign_packages(wheel: Path, tmp_path: Path) -> None:
    installed, folder = tmp_path / "installed", tmp_path / "work"
    done = run(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(installed), str(wheel))
    assert done.returncode == 0, done.stderr
    for name in ("models", "ui", "assets", "dancetransfer"):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text(FOREIGN)
    script = installed / "bin" / "dancetransfer"
    for command in (
        [sys.executable, "-P", "-m", "dancetransfer", "--help"],
        [sys.executable, str(script), "--help"],
        [sys.executable, "-P", "-c", "import models.generator, dancetransfer; print('usage', dancetransfer.__file__)"],
    ):
        done = run(*command, cwd=folder, path=installed)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "usage" in done.stdout.lower()
    assert str(installed) in done.stdout


def test_the_readme_shows_the_options_as_they_are() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = text.split(TABLE_BEGIN)[1].split(TABLE_END)[0].strip()
    assert table == settings.table(), (
        f"put the output of dancetransfer.settings.table() between {TABLE_BEGIN} and the end"
    )


def test_every_module_says_what_it_is_for() -> None:
    import ast

    for part in ("dancetransfer", "models", "ui", "tests"):
        for file in (ROOT / part).rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            if text.strip():
                assert ast.get_docstring(ast.parse(text)), f"{file.relative_to(ROOT)} begins with no sentence"
