from __future__ import annotations

import pytest

from treatment_search.access import Access, SignIn, Visit, access_of

HERE = Visit("127.0.0.1", ("localhost", "[::1]"), {"Host": "localhost:8501"})
PROXIED = Visit("127.0.0.1", (), {"Host": "localhost:8501", "X-Forwarded-For": "127.0.0.1"})


def visit(host: str = "localhost:8501", **changes: object) -> Visit:
    fields = {"server": "127.0.0.1", "hosts": (), "headers": {"Host": host}, **changes}
    return Visit(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("host", ["localhost:8501", "127.0.0.1:8501", "[::1]:8501", "127.0.0.2"])
def test_this_machine_is_allowed(host: str) -> None:
    assert access_of(visit(host), SignIn()) is Access.ALLOWED
    assert access_of(HERE, SignIn()) is Access.ALLOWED


@pytest.mark.parametrize(
    "elsewhere",
    [
        visit(server="0.0.0.0"),  # noqa: S104  the very address that must switch it off
        visit(server=""),
        visit(server="::"),
        visit(hosts=("search.example.org",)),
        visit(hosts=("*",)),
        visit("search.example.org"),
        visit("localhost.example.org"),
        visit(""),
        visit(headers={}),
        visit(visitor="192.168.1.7"),
        visit(visitor="not an address"),
        visit(headers={"Host": "localhost", "Origin": "https://search.example.org"}),
        visit(headers={"Host": "localhost", "Origin": "null"}),
        *(
            visit(headers={"Host": "localhost", name: "127.0.0.1"})
            for name in ("X-Forwarded-For", "x-real-ip", "Forwarded", "Via", "X-Forwarded-Host")
        ),
    ],
    ids=repr,
)
def test_whatever_is_not_certainly_this_machine_is_off(elsewhere: Visit) -> None:
    assert access_of(elsewhere, SignIn(keepers=("ann@example.org",))) is Access.OFF
    assert access_of(elsewhere, SignIn(is_set_up=True)) is Access.SIGN_IN


def test_a_keeper_signed_in_is_allowed_and_nobody_else() -> None:
    def signed_in(address: str, *keepers: str) -> Access:
        return access_of(PROXIED, SignIn(True, address, keepers))

    assert signed_in("Ann@example.org", "bob@example.org", " ann@example.org") is Access.ALLOWED
    assert signed_in("eve@example.org", "ann@example.org") is Access.NOT_A_KEEPER
    assert signed_in("ann@example.org") is Access.NOT_A_KEEPER
    assert signed_in("", "ann@example.org") is Access.NOT_A_KEEPER
