"""The fuzz target runs, on seeds and on what hypothesis makes of them."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lists.foreign_lists import HKE, HSH, ICSE, NSRL_CAID, NSRL_NEW, NSRL_OLD, encase

_PATH = Path(__file__).parents[1] / "fuzz" / "fuzz_lists.py"
MD5 = b"0cc175b9c0f1b6a831c399e269772661"
SEEDS = [
    b"type,value,category,id,labels\nmd5," + MD5 + b',1,a,"[]"\n',
    b"m;p;x;i;c;r;d;q;k\n" + MD5 + b";;;1;2;UK;;;\n",
    MD5 + b"  name\nMD5 (x) = " + MD5 + b"\n",
    b'{"@odata.context":"/DataModels/2.0.xml/UK/$metadata#Media","value":[{"MD5":"'
    + MD5
    + b'","Category":1,"AlternativeHashes":[{"HashName":"PDQ","HashValue":"x"}]}]}',
    b'{"Cases":[{"Media":[{"MD5":"' + MD5 + b'"}]}]}',
    b'delimiter = ";"\n[fingerprints]\nmd5 = "m"\n',
    b'scheme = "s"\n[map]\n1 = "a"\n',
    "type,value\nurl,x\n".encode("utf-16"),
    *(each.encode("latin-1") for each in (NSRL_OLD, NSRL_NEW, ICSE, HSH, HKE, NSRL_CAID)),
    encase([MD5.decode()]),
    b"SQLite format 3\0" + bytes(84),
]


@pytest.fixture(scope="module")
def fuzz_one() -> Callable[[bytes], None]:
    spec = importlib.util.spec_from_file_location("fuzz_lists", _PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    target: Callable[[bytes], None] = module.fuzz_one
    return target


@st.composite
def _damaged(draw: st.DrawFn) -> bytes:
    seed = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(seed) - 1))
        piece = draw(st.binary(max_size=4) | st.sampled_from([b'"', b"\n", b"[", b"\xff", b"\0"]))
        seed[place : place + draw(st.integers(0, 3))] = piece
        seed = seed or bytearray(b" ")
    return bytes([draw(st.integers(0, 18))]) + bytes(seed)


@settings(max_examples=50, deadline=None)
@given(data=_damaged() | st.binary(max_size=200))
def test_only_refusals_escape(fuzz_one: Callable[[bytes], None], data: bytes) -> None:
    fuzz_one(data)


@pytest.mark.long
@pytest.mark.timeout(600)
@settings(max_examples=3000, deadline=None)
@given(data=_damaged())
def test_only_refusals_escape_longer(fuzz_one: Callable[[bytes], None], data: bytes) -> None:
    fuzz_one(data)
