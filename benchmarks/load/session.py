"""One browser's conversation with the page: Streamlit's messages over a WebSocket."""

from __future__ import annotations

from types import TracebackType
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

_LARGEST_MESSAGE = 64 * 2**20


class PageFailed(Exception):
    """The page answered with an error instead of being drawn."""


class PageSession:
    """A visitor's connection; `address` is that of the page, such as http://127.0.0.1:8501/."""

    def __init__(self, address: str) -> None:
        self._address = address.rstrip("/")
        self._connection: ClientConnection | None = None

    async def __aenter__(self) -> PageSession:
        self._connection = await connect(
            f"{self._address.replace('http', 'ws', 1)}/_stcore/stream",
            origin=self._address,  # type: ignore[arg-type]  # a NewType of str
            subprotocols=["streamlit"],  # type: ignore[list-item]  # a NewType of str
            max_size=_LARGEST_MESSAGE,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._connection:
            await self._connection.close()

    async def ask(self, question: str) -> str:
        """Draw the page for a question and return the HTML of its results, in order.

        Raises PageFailed when the page shows an exception or is not drawn to its end.
        """
        connection = self._connection
        assert connection  # noqa: S101  used as a context manager
        message = BackMsg()
        message.rerun_script.query_string = urlencode({"q": question})
        await connection.send(message.SerializeToString())
        drawn: list[str] = []
        while True:
            received = ForwardMsg()
            received.ParseFromString(await connection.recv(decode=False))
            kind = received.WhichOneof("type")
            if kind == "script_finished":
                if received.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
                    raise PageFailed(f"the page ended with {received.script_finished}")
                return "\n".join(drawn)
            if kind == "delta" and received.delta.HasField("new_element"):
                element = received.delta.new_element
                if element.HasField("exception"):
                    raise PageFailed(element.exception.message)
                if element.HasField("html"):
                    drawn.append(element.html.body)
