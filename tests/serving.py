"""An ASGI application on a port of this machine, for as long as a test needs it."""

import socket
import threading
from contextlib import contextmanager

import uvicorn


def free_port() -> int:
    """One that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(app, port=0):
    """Yield the URL. Requests wait in the socket's queue until the server takes them."""
    with socket.create_server(("127.0.0.1", port), backlog=64) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
