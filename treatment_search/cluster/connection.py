"""A connection to Milvus whose every call ends: with an answer, or an error a person can use."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import Any, TypeVar

import grpc
from pymilvus import MilvusClient
from pymilvus.exceptions import MilvusException

from treatment_search.address import ClusterAddress
from treatment_search.errors import IndexDamaged, IndexUnreachable

TOKEN = "TREATMENT_SEARCH_TOKEN"  # noqa: S105
AUTHORITY = "TREATMENT_SEARCH_CA"
# pymilvus tries a call that the network failed again, after pauses of 10 ms that grow threefold,
# until so many seconds have gone by. A question has somebody waiting for it.
# A whole number: pymilvus takes no other for what it waits for itself.
QUESTION_SECONDS = 8
WRITING_SECONDS = 60

# After an outage gRPC would wait up to two minutes before it tries again, and for every channel
# of this process alike: a server that is back is to be found within a second.
_CHANNEL = {
    "grpc.use_local_subchannel_pool": 1,
    "grpc.initial_reconnect_backoff_ms": 200,
    "grpc.min_reconnect_backoff_ms": 200,
    "grpc.max_reconnect_backoff_ms": 1_000,
}
_NOT_LOADED = {101, 103}
_NOT_THERE = {100, 1600}
_REFUSED = {grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED}
_REFUSED_CODES = {1400, 1401, 1402}
_REFUSAL = ("auth check failure", "unauthenticated", "permission deny", "permission denied")
_LONGEST_REASON = 200

_T = TypeVar("_T")


class NotThere(Exception):
    """A collection or an alias of this name is not on the server."""


class NotLoaded(NotThere):
    """A collection is on the server, which does not hold it ready: it was started again."""


class Connection:
    """One server, connected to when it is first asked; safe to use from several threads."""

    def __init__(self, address: ClusterAddress, seconds: int | None = None) -> None:
        """Take how long a call may take, QUESTION_SECONDS unless given."""
        self.address = address
        self._seconds = seconds or QUESTION_SECONDS
        self._client: MilvusClient | None = None
        # It prints every error beside raising it, with what was asked.
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)

    def ask(self, call: Callable[..., _T], *args: Any, **options: Any) -> _T:
        """Return what a method of MilvusClient returns.

        Raises NotThere for a collection or alias that is not, IndexUnreachable for all else.
        """
        try:
            return call(self._connected(), *args, timeout=self._seconds, **options)
        except (MilvusException, grpc.RpcError) as error:
            first = _first(error)
            code = first.code() if callable(first.code) else first.code
            reason = str(getattr(error, "message", "") or error)
            if code in _NOT_LOADED or "not loaded" in reason:
                raise NotLoaded(reason) from error
            if code in _NOT_THERE:
                raise NotThere(reason) from error
            raise self._problem(code, reason) from error

    def found(self, call: Callable[..., _T], *args: Any, **options: Any) -> _T:
        """Return the same; what is not there although it should be counts as damage."""
        try:
            return self.ask(call, *args, **options)
        except NotLoaded:
            raise
        except NotThere as error:
            raise IndexDamaged(f"'{self.address}' lacks a part: {_line(str(error))}") from error

    def _connected(self) -> MilvusClient:
        # Not under a lock: while a server is away, one caller would wait for all before it.
        client = self._client
        if client is None:
            options: dict[str, Any] = {"grpc_options": _CHANNEL}
            if authority := os.environ.get(AUTHORITY):
                options["server_pem_path"] = authority
            client = MilvusClient(
                uri=self.address.uri,
                token=os.environ.get(TOKEN, ""),
                timeout=self._seconds,
                dedicated=True,
                **options,
            )
            self._client = client
        return client

    def _problem(self, code: object, reason: str) -> IndexUnreachable:
        lower = reason.lower()
        if code in _REFUSED or code in _REFUSED_CODES or any(word in lower for word in _REFUSAL):
            return IndexUnreachable(
                f"the server of '{self.address}' refuses the token. Put the right one, or "
                f"USER:PASSWORD, into the environment variable {TOKEN}"
            )
        return IndexUnreachable(
            f"the server of '{self.address}' did not do what it was asked within "
            f"{self._seconds} s: {_line(reason)}. Look whether it runs and can be reached"
        )


def _first(error: BaseException) -> Any:
    """Return what gRPC or the server said, of which others were made."""
    seen = {id(error)}  # pymilvus raises errors from themselves
    while isinstance(cause := error.__cause__, MilvusException | grpc.RpcError):
        if id(cause) in seen:
            break
        seen.add(id(cause))
        error = cause
    return error


def _line(reason: str) -> str:
    return " ".join(reason.split())[:_LONGEST_REASON]
