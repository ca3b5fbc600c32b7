"""Foreign sites for the live tests: a copy of one in tests/sites as a repository, with an environment of its own."""

import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

from tests.live.conftest import ROOT

SITES = ROOT / "tests" / "sites"


def repository(folder: Path, name: str, packages: tuple[str, ...]) -> Path:
    """Copy a site into folder and make it a repository.

    Its environment has nothing but these packages: links to those of the kit's own, which is not looked into.
    """
    root = folder / name
    shutil.copytree(SITES / name, root, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    subprocess.run(["git", "add", "."], cwd=root, check=True)
    environment(root / ".venv", packages)
    return root


def wagtail(folder: Path) -> Path:
    """Make the site that `wagtail start` makes, with Wagtail from the package registry, and make it a repository."""
    root = folder / "wagtail"
    venv.create(root / ".venv", symlinks=True, with_pip=True)
    program = root / ".venv/bin/python"
    subprocess.run([program, "-m", "pip", "install", "-q", "wagtail", "gunicorn"], check=True)
    subprocess.run([root / ".venv/bin/wagtail", "start", "mysite", str(root)], check=True, capture_output=True)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    # It brings no .gitignore.
    (root / ".git/info/exclude").write_text(".venv/\n")
    subprocess.run(["git", "add", "."], cwd=root, check=True)
    return root


def environment(folder: Path, packages: tuple[str, ...]) -> None:
    """Make an environment that has some of the kit's packages, and no other."""
    venv.create(folder, symlinks=True)
    own = Path(sysconfig.get_path("purelib"))
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for package in packages:
        for place in own.iterdir():
            if place.name.lower().replace("-", "_").partition(".")[0] in {package, f"{package}_"} or (
                place.name.lower().startswith(f"{package}-") and place.suffix == ".dist-info"
            ):
                (folder / "lib" / version / "site-packages" / place.name).symlink_to(place)
    if "gunicorn" in packages:
        # As pip makes it: what the repository deploys is started by its name.
        program = folder / "bin/gunicorn"
        program.write_text(f"#!{folder}/bin/python\nfrom gunicorn.app.wsgiapp import run\n\nrun()\n")
        program.chmod(0o755)
