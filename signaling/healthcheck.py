"""``python -m signaling.healthcheck``: does the server in this container answer ``/healthz``?

For the image's HEALTHCHECK: no curl is needed, and it follows the port and TLS settings.
"""

from __future__ import annotations

import http.client
import os
import ssl
import sys
from collections.abc import Mapping

TIMEOUT_S = 4.0
_DEFAULT_PORT = 8080


def is_healthy(environ: Mapping[str, str], host: str = "127.0.0.1") -> bool:
    """Whether ``/healthz`` answers 200 on the port that the settings in ``environ`` name.

    The certificate is not verified: it is for the public name, and this is loopback.
    """
    port = int(environ.get("RODA_HTTP_PORT") or _DEFAULT_PORT)
    connection: http.client.HTTPConnection
    if environ.get("RODA_TLS_CERT"):
        unverified = ssl.create_default_context()
        unverified.check_hostname = False
        unverified.verify_mode = ssl.CERT_NONE
        connection = http.client.HTTPSConnection(host, port, timeout=TIMEOUT_S, context=unverified)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if is_healthy(os.environ) else 1)
