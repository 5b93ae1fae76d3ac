"""One peer of benchmarks/search_peers.py, run inside .bench-venv: builds its index, then answers
each probe's number with wall and processor seconds and the ten rows it found. One thread.

Parameters are those the peer's own documentation starts from; where there is one for the width of
the search, it is 128.
"""

import importlib
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

K, WIDTH = 10, 128


def faiss_index(key, **parameters):
    faiss = importlib.import_module("faiss")
    faiss.omp_set_num_threads(1)

    def build(templates):
        index = faiss.index_factory(templates.shape[1], key, faiss.METRIC_INNER_PRODUCT)
        index.train(templates[:200_000])
        index.add(templates)
        for name, value in parameters.items():
            faiss.ParameterSpace().set_index_parameter(index, name, value)
        return lambda probe: index.search(probe[None], K)[1][0]

    return build


def hnswlib(templates):
    index = importlib.import_module("hnswlib").Index("ip", templates.shape[1])
    index.init_index(len(templates), M=16, ef_construction=200)
    index.set_num_threads(1)
    index.add_items(templates, num_threads=1)
    index.set_ef(WIDTH)
    return lambda probe: index.knn_query(probe, k=K, num_threads=1)[0][0]


def usearch(templates):
    index = importlib.import_module("usearch.index").Index(
        ndim=templates.shape[1], metric="ip", dtype="f16", expansion_search=WIDTH
    )
    index.add(np.arange(len(templates)), templates, threads=1)
    return lambda probe: index.search(probe, K, threads=1).keys


def pgvector(templates):
    pgserver, psycopg = map(importlib.import_module, ("pgserver", "psycopg"))
    server = pgserver.get_server(tempfile.mkdtemp())
    connection = psycopg.connect(server.get_uri(), autocommit=True)
    run = connection.execute
    run("CREATE EXTENSION vector")
    run(f"CREATE TABLE t (no bigint, v vector({templates.shape[1]}))")
    with connection.cursor().copy("COPY t FROM STDIN") as copy:
        for no, template in enumerate(templates):
            copy.write_row((no, _text(template)))
    run("SET maintenance_work_mem = '512MB'")
    run("SET max_parallel_maintenance_workers = 0")
    run("CREATE INDEX ON t USING hnsw (v vector_ip_ops)")
    run(f"SET hnsw.ef_search = {WIDTH}")
    query = "SELECT no FROM t ORDER BY v <#> %s::vector LIMIT 10"
    return lambda probe: [row[0] for row in run(query, (_text(probe),))]


def _text(vector):
    return "[" + ",".join(map(str, vector.tolist())) + "]"


def milvus(templates):
    server = importlib.import_module("milvus").default_server
    server.set_base_dir(tempfile.mkdtemp())
    server.start()
    client = importlib.import_module("pymilvus").MilvusClient(
        f"http://127.0.0.1:{server.listen_port}"
    )
    client.create_collection("t", templates.shape[1], metric_type="IP")
    for start in range(0, len(templates), 10_000):
        rows = enumerate(templates[start : start + 10_000].tolist(), start)
        client.insert("t", [{"id": no, "vector": vector} for no, vector in rows])
    return lambda probe: [hit["id"] for hit in client.search("t", [probe.tolist()], limit=K)[0]]


PEERS = {
    "faiss flat": lambda: faiss_index("Flat"),
    "faiss fp16": lambda: faiss_index("SQfp16"),
    "faiss HNSW": lambda: faiss_index("HNSW32,Flat", efSearch=WIDTH),
    "faiss IVF": lambda: faiss_index("IVF1024,Flat", nprobe=32),
    "hnswlib": lambda: hnswlib,
    "usearch": lambda: usearch,
    "pgvector": lambda: pgvector,
    "milvus": lambda: milvus,
}


def anonymous_mb():
    """Memory of this process that no file backs (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon:")) / 1024


def main():
    templates, probes = (np.load(path).astype(np.float32) for path in sys.argv[2:])
    before, begun = anonymous_mb(), time.perf_counter()
    search = PEERS[sys.argv[1]]()(templates)
    built = time.perf_counter() - begun
    print(json.dumps({"built_s": built, "memory_mb": anonymous_mb() - before}), flush=True)
    for line in sys.stdin:
        probe = probes[int(line)]
        wall, cpu = time.perf_counter(), time.process_time()
        found = search(probe)
        spent = time.perf_counter() - wall, time.process_time() - cpu
        print(json.dumps([*spent, [int(row) for row in found]]), flush=True)


if __name__ == "__main__":
    main()
