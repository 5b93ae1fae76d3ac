"""One peer of benchmarks/search_peers.py, run inside .bench-venv: builds its index, then answers
`probe width` with wall and processor seconds and the ten rows it found.

Indexes are built by all processors with the parameters that the peer's own documentation starts
from; searches take one thread. The width of a search is how many candidates, or lists, it looks at;
where a peer has none, it is ignored. When there is no more to read, its servers end with it.
"""

import atexit
import importlib
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

K, PART = 10, 10_000


def parts(templates):
    """Their numbers and themselves, and how many have gone by a second, on standard output."""
    begun = time.perf_counter()
    for start in range(0, len(templates), PART):
        part = templates[start : start + PART]
        yield np.arange(start, start + len(part)), part
        done = start + len(part)
        rate = done / (time.perf_counter() - begun)
        print(f"# ~{done:,} of {len(templates):,} put in, ~{rate:,.0f} a second", flush=True)


def faiss_index(key, width_name=None):
    faiss = importlib.import_module("faiss")

    def build(templates):
        index = faiss.index_factory(templates.shape[1], key, faiss.METRIC_INNER_PRODUCT)
        index.train(templates[:200_000])
        for _, part in parts(templates):
            index.add(part)
        faiss.omp_set_num_threads(1)

        def search(probe, width):
            if width_name:
                faiss.ParameterSpace().set_index_parameter(index, width_name, width)
            return index.search(probe[None], K)[1][0]

        return search

    return build


def hnswlib(templates):
    index = importlib.import_module("hnswlib").Index("ip", templates.shape[1])
    index.init_index(len(templates), M=16, ef_construction=200)
    for nos, part in parts(templates):
        index.add_items(part, nos, num_threads=os.cpu_count())

    def search(probe, width):
        index.set_ef(width)
        return index.knn_query(probe, k=K, num_threads=1)[0][0]

    return search


def usearch(templates):
    index = importlib.import_module("usearch.index").Index(
        ndim=templates.shape[1], metric="ip", dtype="f16"
    )
    for nos, part in parts(templates):
        index.add(nos, part, threads=os.cpu_count())

    def search(probe, width):
        index.expansion_search = width
        return index.search(probe, K, threads=1).keys

    return search


def pgvector(templates):
    pgserver, psycopg = map(importlib.import_module, ("pgserver", "psycopg"))
    server = pgserver.get_server(tempfile.mkdtemp(), cleanup_mode="delete")
    connection = psycopg.connect(server.get_uri(), autocommit=True)
    run = connection.execute
    run("CREATE EXTENSION vector")
    run(f"CREATE TABLE t (no bigint, v vector({templates.shape[1]}))")
    with connection.cursor().copy("COPY t FROM STDIN") as copy:
        for no, template in enumerate(templates):
            copy.write_row((no, _text(template)))
    run("SET maintenance_work_mem = '512MB'")
    run(f"SET max_parallel_maintenance_workers = {os.cpu_count()}")
    run("CREATE INDEX ON t USING hnsw (v vector_ip_ops)")
    query = "SELECT no FROM t ORDER BY v <#> %s::vector LIMIT 10"

    def search(probe, width):
        run(f"SET hnsw.ef_search = {width}")
        return [row[0] for row in run(query, (_text(probe),))]

    return search


def _text(vector):
    return "[" + ",".join(map(str, vector.tolist())) + "]"


def milvus(templates):
    server = importlib.import_module("milvus").default_server
    server.set_base_dir(tempfile.mkdtemp(dir=Path(sys.argv[2]).parent))
    atexit.register(server.stop)
    server.start()
    orm = importlib.import_module("pymilvus")
    orm.connections.connect(host="127.0.0.1", port=server.listen_port)
    fields = [
        orm.FieldSchema("id", orm.DataType.INT64, is_primary=True),
        orm.FieldSchema("vector", orm.DataType.FLOAT_VECTOR, dim=templates.shape[1]),
    ]
    collection = orm.Collection("t", orm.CollectionSchema(fields))
    for start in range(0, len(templates), 10_000):
        part = templates[start : start + 10_000]
        collection.insert([list(range(start, start + len(part))), part.tolist()])
    collection.flush()
    made = {"index_type": "HNSW", "metric_type": "IP", "params": {"M": 16, "efConstruction": 200}}
    collection.create_index("vector", made)
    collection.load()

    def search(probe, width):
        asked = {"metric_type": "IP", "params": {"ef": width}}
        return collection.search([probe.tolist()], "vector", asked, K)[0].ids

    return search


PEERS = {
    "faiss flat": lambda: faiss_index("Flat"),
    "faiss fp16": lambda: faiss_index("SQfp16"),
    "faiss HNSW": lambda: faiss_index("HNSW32,Flat", "efSearch"),
    "faiss IVF": lambda: faiss_index("IVF1024,Flat", "nprobe"),
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
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and what runs at exit, runs
    templates, probes = (np.load(path).astype(np.float32) for path in sys.argv[2:])
    before, begun = anonymous_mb(), time.perf_counter()
    search = PEERS[sys.argv[1]]()(templates)
    built = time.perf_counter() - begun
    print(json.dumps({"built_s": built, "memory_mb": anonymous_mb() - before}), flush=True)
    for line in sys.stdin:
        number, width = map(int, line.split())
        wall, cpu = time.perf_counter(), time.process_time()
        found = search(probes[number], width)
        spent = time.perf_counter() - wall, time.process_time() - cpu
        print(json.dumps([*spent, [int(row) for row in found]]), flush=True)


if __name__ == "__main__":
    main()
