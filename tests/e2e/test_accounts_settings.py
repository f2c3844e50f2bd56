"""A whole server with a trusted proxy before it and an identity provider beside it."""

from __future__ import annotations

import time
from pathlib import Path

import aiohttp
import jwt
import pytest

from tests.support.process import server_process

SECRET = "a secret between the provider and this server"
SETTINGS = {
    "RODA_TRUSTED_PROXIES": "127.0.0.1",
    "RODA_OIDC_ISSUER": "https://id.example.org",
    "RODA_OIDC_AUDIENCE": "clinic",
    "RODA_OIDC_SHARED_SECRET": SECRET,
}


@pytest.mark.e2e
async def test_a_server_takes_its_account_settings(tmp_path: Path) -> None:
    now = int(time.time())
    claims = {"iss": "https://id.example.org", "aud": "clinic", "sub": "nadia", "exp": now + 600}
    token = jwt.encode(claims, SECRET, algorithm="HS256")
    login = {"email": "paciente.teste@exemplo.com", "password": "roda-demo"}
    async with server_process(tmp_path, **SETTINGS) as server, aiohttp.ClientSession() as http:
        api = f"{server.url}/api/v1"
        proxied = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
        async with http.post(f"{api}/auth/login", json=login, headers=proxied) as answer:
            assert answer.status == 200
            assert "Secure" in answer.headers["Set-Cookie"]
        async with http.get(f"{api}/me", headers={"Authorization": f"Bearer {token}"}) as answer:
            assert answer.status == 200
            assert (await answer.json())["profile"]["role"] == "patient"
        assert token not in server.log.read_text()
