"""Session tokens: what was sealed comes out again, and nothing else does."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from shardline.iam.identities.sessions import (
    Sealer,
    Session,
    account_in,
    new_access_key,
)
from shardline.masterkey import MasterKey

SEALER = Sealer(MasterKey.random())
TEXT = st.text(max_size=50)
TAGS = st.lists(st.tuples(TEXT, TEXT), max_size=5).map(tuple)
SESSIONS = st.builds(
    Session,
    access_key=TEXT,
    secret=TEXT,
    account=TEXT,
    holder=TEXT,
    issued_ms=st.integers(0, 2**53),
    expires_ms=st.integers(0, 2**53),
    name=TEXT,
    policy=st.none() | TEXT,
    policy_arns=st.lists(TEXT, max_size=3).map(tuple),
    tags=TAGS,
    transitive_keys=st.lists(TEXT, max_size=3).map(tuple),
    source_identity=st.none() | TEXT,
)


@given(SESSIONS, st.integers(0, 4096))
def test_a_session_comes_out_as_it_went_in(session: Session, least: int) -> None:
    token = SEALER.seal(session, least_bytes=least)
    assert SEALER.unseal(token) == session
    assert len(token) >= least
    assert session.secret == "" or len(session.secret) < 8 or session.secret not in token


@given(SESSIONS, st.data())
def test_a_token_that_was_changed_is_none(session: Session, data: st.DataObject) -> None:
    raw = bytearray(base64.b64decode(SEALER.seal(session)))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    assert SEALER.unseal(base64.b64encode(raw).decode()) is None


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda b: base64.b64encode(b).decode()))
def test_garbage_is_none(token: str) -> None:
    assert SEALER.unseal(token) is None


@given(SESSIONS)
def test_another_master_key_s_token_is_none(session: Session) -> None:
    assert Sealer(MasterKey.random()).unseal(SEALER.seal(session)) is None


def test_a_token_beyond_all_bounds_is_not_even_read() -> None:
    assert SEALER.unseal("A" * 20_000) is None


@given(st.integers(0, 10**12 - 1).map(lambda number: f"{number:012d}"))
def test_an_access_key_holds_its_account(account: str) -> None:
    access_key = new_access_key(account)
    assert len(access_key) == 20
    assert account_in(access_key) == account
    assert new_access_key(account) != access_key


@given(st.text(max_size=24))
def test_other_access_keys_hold_none(text: str) -> None:
    assert account_in(text) is None
    assert account_in("ASIA" + text) is None or len(text) == 16
