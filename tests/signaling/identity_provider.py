"""An identity provider for tests: real keys, and its key set on a real local HTTP server."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import jwt
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from tests.support.database import START

ISSUER = "https://id.example.org/auth/v1"
AUDIENCE = "authenticated"
SUBJECT = "8f14e45f-ceea-467f-a8d4-1f0a5c2b7e11"


def make_key(algorithm: str) -> Any:
    """A private key for the algorithm. RSA ones are small, to be made quickly."""
    if algorithm.startswith("ES"):
        return ec.generate_private_key(ec.SECP256R1())
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_jwk(algorithm: str, key: Any, key_id: str) -> dict[str, Any]:
    kinds: dict[str, Any] = {"E": ECAlgorithm, "R": RSAAlgorithm, "P": RSAAlgorithm}
    kind = OKPAlgorithm if algorithm == "EdDSA" else kinds[algorithm[0]]
    jwk: dict[str, Any] = kind.to_jwk(key.public_key(), as_dict=True)
    return {**jwk, "kid": key_id, "alg": algorithm, "use": "sig"}


def claims(**changes: Any) -> dict[str, Any]:
    """Claims as Supabase writes them, good from `START` for an hour."""
    now = int(START.timestamp())
    usual = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": SUBJECT,
        "iat": now,
        "exp": now + 3600,
        "email": "Nadia@Clinic.example",
        "role": "authenticated",
        "app_metadata": {"provider": "email", "role": "therapist"},
        "user_metadata": {"full_name": "Nadia"},
    }
    merged = {**usual, **changes}
    return {name: value for name, value in merged.items() if value is not None}


@dataclass
class IdentityProvider:
    """``answer`` replaces the key set by another answer; ``asked`` counts the questions."""

    keys: dict[str, tuple[str, Any]] = field(default_factory=dict)
    answer: web.Response | None = None
    asked: int = 0
    url: str = ""

    def add_key(self, key_id: str, algorithm: str = "ES256") -> None:
        self.keys[key_id] = (algorithm, make_key(algorithm))

    def token(self, key_id: str, **changes: Any) -> str:
        algorithm, key = self.keys[key_id]
        return jwt.encode(claims(**changes), key, algorithm=algorithm, headers={"kid": key_id})

    def key_set(self) -> dict[str, Any]:
        published = self.keys.items()
        return {"keys": [public_jwk(algorithm, key, kid) for kid, (algorithm, key) in published]}

    async def _serve(self, request: web.Request) -> web.Response:
        self.asked += 1
        return self.answer or web.Response(text=json.dumps(self.key_set()))

    async def start(self) -> TestServer:
        app = web.Application()
        app.router.add_get("/jwks.json", self._serve)
        server = TestServer(app)
        await server.start_server()
        self.url = str(server.make_url("/jwks.json"))
        return server
