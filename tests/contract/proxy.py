"""A server that stands before Milvus and refuses, delays or fails what a test tells it to."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc


class Proxy(grpc.GenericRpcHandler):
    """Passes calls on as bytes; `token` must come with each, `refuse` may end one by its name."""

    def __init__(self, uri: str) -> None:
        self._channel = grpc.insecure_channel(uri.removeprefix("http://"))
        self._server = grpc.server(ThreadPoolExecutor(4))
        self._server.add_generic_rpc_handlers((self,))
        self._port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()
        self.token: str | None = None
        self.delay = 0.0
        self.refuse: Callable[[str], grpc.StatusCode | None] = lambda name: None

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def service(self, details: Any) -> grpc.RpcMethodHandler:
        method, metadata = details.method, dict(details.invocation_metadata)

        def answer(request: bytes, context: grpc.ServicerContext) -> bytes:
            time.sleep(self.delay)
            wanted = self.token and base64.b64encode(self.token.encode()).decode()
            if wanted and metadata.get("authorization") != wanted:
                context.abort(grpc.StatusCode.UNAUTHENTICATED, "auth check failure")
            if code := self.refuse(method.rsplit("/", 1)[-1]):
                context.abort(code, "told to refuse")
            return self._channel.unary_unary(method)(request)

        return grpc.unary_unary_rpc_method_handler(answer)

    def stop(self) -> None:
        self._server.stop(None).wait()
        self._channel.close()
