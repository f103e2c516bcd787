"""One search library, driven through standard input and output: python child.py PEER MODEL STORE.

Run by the Python of that library's own environment, so nothing of this project is imported
here but by the product's own class. A line in is a JSON object with "do"; a line out is its answer.
Each library is used as its own first tutorial does, with its defaults, and a model in a folder.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

Ids = list[str]


class Peer(Protocol):
    """What is asked of each library."""

    def warm(self) -> None:
        """Load the model and run it once."""

    def ingest(self, ids: Ids, texts: list[str]) -> None:
        """Embed the texts, index them, and write the index to the store."""

    def open(self) -> None:
        """Open the index in the store."""

    def ask(self, question: str, count: int) -> Ids:
        """Return the ids of the best texts, best first."""


class Txtai:
    """txtai: hybrid (its BM25 and vectors), with content, the texts in SQLite."""

    def __init__(self, model: str, store: str) -> None:
        from txtai import Embeddings

        self._store = store
        self._index = Embeddings(path=model, hybrid=True, content=True)

    def warm(self) -> None:
        self._index.batchtransform(["warm"])

    def ingest(self, ids: Ids, texts: list[str]) -> None:
        self._index.index(zip(ids, texts, [None] * len(ids), strict=True))
        self._index.save(self._store)

    def open(self) -> None:
        self._index.load(self._store)

    def ask(self, question: str, count: int) -> Ids:
        return [found["id"] for found in self._index.search(question, count)]


class LangChain:
    """LangChain: HuggingFaceEmbeddings and the FAISS vector store (flat, L2)."""

    def __init__(self, model: str, store: str) -> None:
        from langchain_huggingface import HuggingFaceEmbeddings

        self._store = store
        self._model = HuggingFaceEmbeddings(model_name=model)
        self._index: Any = None

    def warm(self) -> None:
        self._model.embed_query("warm")

    def ingest(self, ids: Ids, texts: list[str]) -> None:
        from langchain_community.vectorstores import FAISS

        self._index = FAISS.from_texts(texts, self._model, ids=ids)
        self._index.save_local(self._store)

    def open(self) -> None:
        from langchain_community.vectorstores import FAISS

        # Its store is a pickle; this one was written a moment ago by this very benchmark.
        self._index = FAISS.load_local(
            self._store, self._model, allow_dangerous_deserialization=True
        )

    def ask(self, question: str, count: int) -> Ids:
        return [found.id for found in self._index.similarity_search(question, k=count)]


class Chroma:
    """Chroma: a persistent client, its SentenceTransformerEmbeddingFunction, HNSW."""

    def __init__(self, model: str, store: str) -> None:
        import chromadb
        from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction

        self._model = SentenceTransformerEmbeddingFunction(model_name=model)
        self._client = chromadb.PersistentClient(
            store, settings=chromadb.Settings(anonymized_telemetry=False)
        )
        self._index: Any = None

    def warm(self) -> None:
        self._model(["warm"])

    def ingest(self, ids: Ids, texts: list[str]) -> None:
        self._index = self._client.create_collection("passages", embedding_function=self._model)
        most = self._client.get_max_batch_size()
        for first in range(0, len(ids), most):
            lot = slice(first, first + most)
            self._index.add(ids=ids[lot], documents=texts[lot])

    def open(self) -> None:
        self._index = self._client.get_collection("passages", embedding_function=self._model)

    def ask(self, question: str, count: int) -> Ids:
        found: Ids = self._index.query(query_texts=[question], n_results=count)["ids"][0]
        return found


class LlamaIndex:
    """LlamaIndex: HuggingFaceEmbedding, VectorStoreIndex over its own simple store."""

    def __init__(self, model: str, store: str) -> None:
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding

        self._store = store
        self._model = HuggingFaceEmbedding(model_name=model)
        self._index: Any = None
        self._retrievers: dict[int, Any] = {}

    def warm(self) -> None:
        self._model.get_text_embedding("warm")

    def ingest(self, ids: Ids, texts: list[str]) -> None:
        from llama_index.core import VectorStoreIndex
        from llama_index.core.schema import TextNode

        nodes = [TextNode(id_=i, text=text) for i, text in zip(ids, texts, strict=True)]
        self._index = VectorStoreIndex(nodes, embed_model=self._model)
        self._index.storage_context.persist(self._store)

    def open(self) -> None:
        from llama_index.core import StorageContext, load_index_from_storage

        context = StorageContext.from_defaults(persist_dir=self._store)
        self._index = load_index_from_storage(context, embed_model=self._model)

    def ask(self, question: str, count: int) -> Ids:
        if count not in self._retrievers:
            self._retrievers[count] = self._index.as_retriever(similarity_top_k=count)
        return [found.node.node_id for found in self._retrievers[count].retrieve(question)]


class TreatmentSearch:
    """The product: reads its articles from a folder, so `ingest` is given that; see run.py."""

    def __init__(self, model: str, store: str) -> None:
        import treatment_search

        self._product = treatment_search
        self._store = Path(store)
        self._encoder = treatment_search.load_encoder(index=self._store)
        self._engine: Any = None

    def warm(self) -> None:
        # Compiled once for each index and model, as the peers load theirs: before the clock runs.
        self._store.mkdir(parents=True, exist_ok=True)
        self._encoder.prepare(self._store)
        self._encoder.encode_texts(["warm"])

    def ingest(self, ids: Ids, texts: list[str]) -> None:
        # `ids` is the folder of the articles: reading and cutting them is timed with the rest.
        self._product.ingest(Path(ids[0]), self._store, self._encoder)

    def open(self) -> None:
        self._engine = self._product.Engine(self._store)
        self._engine.warm()

    def ask(self, question: str, count: int) -> Ids:
        hits = self._engine.search(question, count).hits
        return [f"{hit.passage.passage.article_id}@{hit.passage.passage.start}" for hit in hits]


PEERS: dict[str, Callable[[str, str], Peer]] = {
    "treatment-search": TreatmentSearch,
    "txtai": Txtai,
    "langchain": LangChain,
    "chroma": Chroma,
    "llamaindex": LlamaIndex,
}


def memory() -> dict[str, float]:
    """Return MiB resident now and at the peak; nothing where the system does not tell."""
    status = Path("/proc/self/status")
    if not status.exists():
        return {}
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    named = {"resident": "VmRSS", "peak": "VmHWM"}
    return {name: round(int(lines[field].split()[0]) / 1024, 1) for name, field in named.items()}


def answer(peer: Peer, order: dict[str, Any]) -> dict[str, Any]:
    """Carry out one order."""
    started = time.perf_counter()
    match order["do"]:
        case "warm":
            peer.warm()
        case "ingest":
            peer.ingest(order["ids"], order["texts"])
        case "open":
            peer.open()
        case "ask":
            milliseconds, found = [], []
            for question in order["questions"]:
                began = time.perf_counter()
                found.append(peer.ask(question, order["count"]))
                milliseconds.append((time.perf_counter() - began) * 1000)
            return {"milliseconds": milliseconds, "found": found, "memory": memory()}
        case unknown:
            raise ValueError(f"nothing to do for {unknown!r}")
    return {"seconds": time.perf_counter() - started, "memory": memory()}


def main() -> None:
    """Answer orders until the input ends."""
    # Libraries print what they like: answers go where standard output was, the rest to stderr.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    name, model, store = sys.argv[1:]
    peer: Peer | None = None
    for line in sys.stdin:
        peer = peer or PEERS[name](model, store)
        print(json.dumps(answer(peer, json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
