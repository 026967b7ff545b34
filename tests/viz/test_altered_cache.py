"""The compiled Graphviz on disk: an altered file is never loaded."""

import random

from hypothesis import settings

from viz import wasm

FILES = 20_000 if settings.get_current_profile_name() == "nightly" else 2_000


def test_thousands_of_altered_files_are_refused(tmp_path):
    rng = random.Random(1)
    code, path = rng.randbytes(300), tmp_path / "cache" / "graphviz.module"
    wasm.write_private(path, code)
    assert wasm.read_trusted(path) == code
    whole = path.read_bytes()
    for _ in range(FILES):
        i, j = sorted(rng.randrange(len(whole)) for _ in range(2))
        piece = rng.randbytes(rng.randint(1, 4))
        data = rng.choice(
            [
                whole[:i],
                whole[:i] + bytes([whole[i] ^ 1 << rng.randrange(8)]) + whole[i + 1 :],
                whole[:i] + piece + whole[i:],
                whole[:i] + whole[i + 1 :],
                whole[:i] + bytes(j - i) + whole[j:],
                whole[:j] + whole[i:],
                whole + piece,
            ]
        )
        path.write_bytes(data)
        assert wasm.read_trusted(path) == (code if data == whole else None)
