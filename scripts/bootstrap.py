"""Make this checkout ready to run: find or fetch ``uv``, then install the locked dependencies.

Needs Python 3.11 or newer and nothing else: neither pip, venv nor ensurepip, which Debian ships
apart. Run by every target of the Makefile; returns at once while nothing has changed.

Heeded: ``UV_DEFAULT_INDEX``, ``UV_INDEX_URL``, ``PIP_INDEX_URL`` and pip's configuration files
(which package index), ``HTTPS_PROXY`` and its kin (which proxy), ``SSL_CERT_FILE``, ``PIP_CERT``
and ``REQUESTS_CA_BUNDLE`` (which certificates).
"""

from __future__ import annotations

import base64
import configparser
import hashlib
import html.parser
import http.client
import io
import os
import platform
import shutil
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
OWN = ROOT / ".bootstrap"
STAMP = VENV / ".bootstrapped"
OLDEST_PYTHON = (3, 11)
OLDEST_UV = (0, 5)
"""The first line of uv that installs dependency groups from a lock file."""

UV = "0.13.9"
WHEELS = {
    ("Linux", "x86_64"): (
        f"uv-{UV}-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        "d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19",
    ),
    ("Linux", "aarch64"): (
        f"uv-{UV}-py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64.whl",
        "5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe",
    ),
    ("Darwin", "x86_64"): (
        f"uv-{UV}-py3-none-macosx_10_12_x86_64.whl",
        "c16ed11e013557536b3e60065f1b912f6407bd6518e041b961e23ef9e6b4fbf5",
    ),
    ("Darwin", "arm64"): (
        f"uv-{UV}-py3-none-macosx_11_0_arm64.whl",
        "66c512266d633bef48384a1f53003f41f2a8e7b36fe6e7fbfd3e0fd52d96fa63",
    ),
}
"""uv by system and machine: the wheel's name and the SHA-256 that the package index publishes for it."""

PYPI = "https://pypi.org/simple"
TIMEOUT_S = 60


class Stopped(Exception):
    """The environment cannot be made: what is wrong, and the remedy, in two languages."""


def main() -> int:
    """Bring ``.venv`` up to date; the exit code is 0 when it is, 1 after an explained failure."""
    try:
        if not up_to_date():
            newer_python_if_needed()
            sync(find_uv() or fetch_uv())
            STAMP.write_text(fingerprint(), encoding="ascii")
    except Stopped as stopped:
        print(f"\n{stopped}\n", file=sys.stderr)
        return 1
    return 0


def fingerprint() -> str:
    """What the environment depends on: the lock, the project file, and where the checkout lies."""
    digest = hashlib.sha256(os.fsencode(ROOT))
    for name in ("uv.lock", "pyproject.toml"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def up_to_date() -> bool:
    """Whether the last run made the environment for exactly these files, and its Python is still there."""
    return (
        STAMP.is_file()
        and (VENV / "bin" / "python").exists()
        and STAMP.read_text(encoding="ascii") == fingerprint()
    )


def newer_python_if_needed() -> None:
    """Go on in a newer Python of this machine when this one is too old."""
    if sys.version_info >= OLDEST_PYTHON:
        return
    for minor in range(15, OLDEST_PYTHON[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found:
            os.execv(found, [found, str(Path(__file__).resolve())])
    raise Stopped(
        f"需要 Python 3.11 或更新的版本，这里是 {platform.python_version()}（{sys.executable}）。\n"
        f"处理：Debian 12 自带 3.11（apt install python3）；macOS 可用 brew install python@3.13；"
        f"或用 make PYTHON=新版本的路径。\n"
        f"Python 3.11 or newer is needed, this is {platform.python_version()}. Remedy: install one "
        f"(Debian 12: apt install python3; macOS: brew install python@3.13), or make PYTHON=/path/to/it."
    )


# ---------------------------------------------------------------- uv


def find_uv() -> str | None:
    """A uv on the PATH that is new enough, or the one that an earlier run fetched."""
    for candidate in (shutil.which("uv"), str(own_uv())):
        if candidate and uv_version(candidate) >= OLDEST_UV:
            return candidate
    return None


def own_uv() -> Path:
    """Where this script keeps the uv that it fetched."""
    return OWN / f"uv-{UV}" / "bin" / "uv"


def uv_version(command: str) -> tuple[int, ...]:
    """Its version as numbers; empty where it does not run."""
    try:
        said = subprocess.run([command, "--version"], capture_output=True, text=True, timeout=TIMEOUT_S)
        return tuple(int(part) for part in said.stdout.split()[1].split(".")[:2])
    except (OSError, ValueError, IndexError, subprocess.SubprocessError):
        return ()


def fetch_uv() -> str:
    """Put the pinned uv under ``.bootstrap/``: with pip where there is one, else straight from the index."""
    key = (platform.system(), platform.machine())
    if key not in WHEELS:
        raise Stopped(
            f"没有为 {key[0]} {key[1]} 登记 uv 的安装包。"
            f"处理：自行安装 uv {UV} 并放到 PATH 中，再执行一次。\n"
            f"No uv wheel is pinned for {key[0]} {key[1]}. "
            f"Remedy: install uv {UV} yourself, put it on the PATH, run this again."
        )
    name, sha256 = WHEELS[key]
    say(f"正在取得 uv {UV} … fetching uv {UV}")
    OWN.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=OWN) as scratch:
        made = Path(scratch) / "uv"
        if not with_pip(made, sha256):
            from_index(made, name, sha256)
        shutil.rmtree(own_uv().parents[1], ignore_errors=True)
        made.rename(own_uv().parents[1])
    if not uv_version(str(own_uv())):
        raise Stopped(
            f"取得的 uv 在本机不能运行（{own_uv()}）。处理：自行安装 uv 并放到 PATH 中。\n"
            f"The fetched uv does not run on this machine. "
            f"Remedy: install uv yourself and put it on the PATH."
        )
    return str(own_uv())


def with_pip(target: Path, sha256: str) -> bool:
    """Let pip install it, where there is pip: it knows the machine's mirrors, proxies and passwords."""
    pip = [sys.executable, "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True).returncode:
        return False
    wanted = target.parent / "uv.txt"
    wanted.write_text(f"uv=={UV} --hash=sha256:{sha256}\n", encoding="ascii")
    options = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", "--only-binary=:all:"]
    done = subprocess.run(
        [*pip, "install", *options, "--require-hashes", "--target", str(target), "-r", str(wanted)],
        capture_output=True,
        text=True,
    )
    if done.returncode == 0 and (target / "bin" / "uv").exists():
        return True
    shutil.rmtree(target, ignore_errors=True)
    return False


def from_index(target: Path, name: str, sha256: str) -> None:
    """Download the wheel from the package index, verify it, and take the program out of it."""
    page_url = f"{index_url().rstrip('/')}/uv/"
    page = Links(page_url)
    page.feed(download(page_url).decode("utf-8", "replace"))
    if name not in page.files:
        raise Stopped(
            f"软件源 {shown(page_url)} 中没有 {name}。"
            f"处理：换一个软件源（PIP_INDEX_URL），或自行安装 uv {UV}。\n"
            f"The package index has no {name}. "
            f"Remedy: another index (PIP_INDEX_URL), or install uv {UV} yourself."
        )
    wheel = download(page.files[name])
    found = hashlib.sha256(wheel).hexdigest()
    if found != sha256:
        raise Stopped(
            f"{name} 的 SHA-256 不符：应为 {sha256}，得到 {found}，文件已丢弃。"
            f"处理：换一个软件源，并告知其维护者。\n"
            f"{name} is not the pinned file (SHA-256 differs); it was thrown away. "
            f"Remedy: another package index (PIP_INDEX_URL)."
        )
    program = target / "bin" / "uv"
    program.parent.mkdir(parents=True)
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        program.write_bytes(archive.read(f"uv-{UV}.data/scripts/uv"))
    program.chmod(0o755)


class Links(html.parser.HTMLParser):
    """The files that a page of the simple index (PEP 503) links to, by name."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.files: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a link's address under the name of its file."""
        href = dict(attrs).get("href")
        if tag == "a" and href:
            address = urllib.parse.urldefrag(urllib.parse.urljoin(self.url, href)).url
            self.files[urllib.parse.unquote(address.rsplit("/", 1)[-1])] = address


def download(url: str) -> bytes:
    """The bytes at an address. Raises Stopped with what to do about it."""
    request = urllib.request.Request(shown(url), headers={"Accept": "text/html, */*;q=0.1"})
    account = urllib.parse.unquote(urllib.parse.urlsplit(url).netloc.rpartition("@")[0])
    if account:  # for this address alone, never for one that it redirects to
        request.add_unredirected_header(
            "Authorization", "Basic " + base64.b64encode(account.encode()).decode()
        )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S, context=certificates()) as answer:
            body: bytes = answer.read()
            return body
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise Stopped(unreachable(url, error)) from error


def certificates() -> ssl.SSLContext:
    """The system's certificates (or SSL_CERT_FILE's), and those that pip was told to trust."""
    context = ssl.create_default_context()
    for path in (os.environ.get("PIP_CERT"), os.environ.get("REQUESTS_CA_BUNDLE"), pip_setting("cert")):
        if path and Path(path).is_file():
            context.load_verify_locations(path)
    return context


def unreachable(url: str, error: Exception) -> str:
    """Why an address could not be read, and the remedy, in two languages."""
    reason = getattr(error, "reason", error)
    if isinstance(reason, ssl.SSLError):
        zh, en = "将 SSL_CERT_FILE 设为本单位的根证书", "set SSL_CERT_FILE to your root certificate"
    elif isinstance(error, urllib.error.HTTPError) and error.code == 407:
        zh, en = "代理要求登录：在 HTTPS_PROXY 中写明账号", "the proxy wants a login: put it into HTTPS_PROXY"
    elif isinstance(error, urllib.error.HTTPError):
        zh, en = "检查 PIP_INDEX_URL 所指的软件源", "check the index that PIP_INDEX_URL names"
    else:
        zh = "检查网络；经代理上网时设置 HTTPS_PROXY；内网将 PIP_INDEX_URL 设为本地软件源"
        en = "check the network; set HTTPS_PROXY behind a proxy, or PIP_INDEX_URL to a mirror"
    return f"无法读取 {shown(url)}：{reason}。处理：{zh}。\nCannot read {shown(url)}: {reason}. Remedy: {en}."


# ---------------------------------------------------------------- which index


def index_url() -> str:
    """The package index that this machine's settings name, else the public one."""
    named = (os.environ.get(name) for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"))
    return next(filter(None, named), None) or pip_setting("index-url") or PYPI


def pip_setting(key: str) -> str | None:
    """A setting of pip's configuration files, the most particular file first."""
    home, xdg = Path.home(), os.environ.get("XDG_CONFIG_HOME")
    paths = [
        Path(os.environ.get("PIP_CONFIG_FILE", os.devnull)),
        Path(xdg or home / ".config") / "pip" / "pip.conf",
        home / "Library" / "Application Support" / "pip" / "pip.conf",
        home / ".pip" / "pip.conf",
        Path("/etc/pip.conf"),
    ]
    for path in paths:
        parser = configparser.RawConfigParser()
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, OSError, UnicodeDecodeError):
            continue
        for section in ("install", "global"):
            if parser.has_option(section, key):
                return parser.get(section, key)
    return None


def shown(url: str) -> str:
    """An address as it may be printed: without the name and password that it may carry."""
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


# ---------------------------------------------------------------- the environment


def sync(uv: str) -> None:
    """Install exactly what the lock names. Raises Stopped; uv has then said why above it."""
    environment = dict(os.environ)
    environment.pop("VIRTUAL_ENV", None)
    environment.setdefault("UV_PYTHON_DOWNLOADS", "never")
    trusted = environment.get("PIP_CERT") or environment.get("REQUESTS_CA_BUNDLE") or pip_setting("cert")
    if trusted:
        environment.setdefault("SSL_CERT_FILE", trusted)
    if not sys.stderr.isatty():
        environment["UV_NO_PROGRESS"] = "1"
    say("正在安装依赖（首次约一两分钟）… installing the locked dependencies")
    for command in sync_commands(index_url()):
        if subprocess.run([uv, *command], cwd=ROOT, env=environment).returncode:
            raise Stopped(
                "依赖没有装好，原因见上。处理：检查网络；经代理上网时设置 HTTPS_PROXY；"
                "内网将 PIP_INDEX_URL 设为本地软件源；再执行一次，已下载的不会重来。\n"
                "The dependencies were not installed; uv says why above. Remedy: check the network; "
                "set HTTPS_PROXY behind a proxy, or PIP_INDEX_URL to a mirror; then run it again: "
                "nothing is downloaded twice."
            )


def sync_commands(index: str) -> list[list[str]]:
    """What uv is asked to do. The lock holds the public index's file addresses, which a mirror cannot
    serve; then the same versions and hashes are taken from the mirror by name."""
    python = [] if (VENV / "bin" / "python").exists() else ["--python", sys.executable]
    if index.rstrip("/") == PYPI:
        return [["sync", "--frozen", *python]]
    OWN.mkdir(exist_ok=True)
    wanted, default = str(OWN / "requirements.txt"), ["--default-index", index]
    return [
        ["venv", "--quiet", "--allow-existing", *python, str(VENV)],
        ["export", "--quiet", "--frozen", "--all-groups", "--no-emit-project", "--output-file", wanted],
        ["pip", "sync", "--require-hashes", *default, wanted],
        ["pip", "install", "--quiet", "--no-deps", *default, "--editable", "."],
    ]


def say(text: str) -> None:
    """Tell progress, on standard error: standard output belongs to the command that follows."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
