"""Devices that hold a passkey, as a browser shows them, and what a page asks of one."""

import base64
import hashlib
import json
import re
from html import unescape
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

ORIGIN = "http://localhost:8000"


def b64(said: bytes) -> str:
    return base64.urlsafe_b64encode(said).rstrip(b"=").decode()


class Device:
    """A security key as a browser shows it: ES256, no attestation."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = hashlib.sha256(str(id(self)).encode()).digest()
        self.count = 0
        self.origin, self.site, self.flags = ORIGIN, "localhost", 0x05

    def makes(self, options: dict[str, Any]) -> str:
        point = self.key.public_key().public_numbers()
        key = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(key)
        data = self._data(self.flags | 0x40) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        said = {"clientDataJSON": self._client("webauthn.create", options), "attestationObject": attestation}
        return self._sent({name: b64(part) for name, part in said.items()})

    def shows(self, options: dict[str, Any]) -> str:
        self.count += 1
        data, client = self._data(self.flags), self._client("webauthn.get", options)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        said = {"clientDataJSON": client, "authenticatorData": data, "signature": signature}
        return self._sent({name: b64(part) for name, part in said.items()})

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.site.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, options: dict[str, Any]) -> bytes:
        return json.dumps({"type": kind, "challenge": options["challenge"], "origin": self.origin}).encode()

    def _sent(self, response: dict[str, str]) -> str:
        return json.dumps(
            {"id": b64(self.id), "rawId": b64(self.id), "type": "public-key", "response": response}
        )


def options(page: Any) -> dict[str, Any]:
    return dict(json.loads(unescape(re.search(r'data-passkey="([^"]*)"', page.text)[1])))
