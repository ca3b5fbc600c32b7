"""Makes a certificate for this machine, as who tests a staging site has one."""

import shutil
import subprocess
from pathlib import Path

import pytest


def make_certificate(folder: Path, *names: str) -> tuple[Path, Path]:
    """Return the files of a certificate that nobody else has signed, and of its key; skip where none can be made."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl on this machine, which makes the certificate of a test")
    certificate, key = folder / "site.pem", folder / "site.key"
    alternative = ",".join(f"IP:{name}" if name[0].isdigit() or ":" in name else f"DNS:{name}" for name in names)
    request = ("openssl", "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=site")
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-addext", f"subjectAltName={alternative}")
    files = ("-keyout", str(key), "-out", str(certificate))
    subprocess.run([*request, *kind, *files], check=True, capture_output=True)
    return certificate, key
