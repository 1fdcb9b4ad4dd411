"""A sign-in provider (OpenID Connect) as a process of its own, made with Authlib's server: the code flow, with PKCE.

Whoever comes to it is signed in at once as `says`; what it does wrong is told it by `Provider.set`.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener, urlopen

CLIENT, SECRET = "outreach", "Kx7-qz!4mWv:2 %p"

JO: dict[str, Any] = {
    "sub": "jo-at-the-council",
    "email": "jo@marlshire.example",
    "email_verified": True,
    "name": "Jo Marsh",
}
USUAL: dict[str, Any] = {"says": JO, "token": {}, "header": {}, "published": {}, "info": None, "key": "first"}
"""`token`, `published`: what is put over the claims of the ID token and over the discovery document, null taking away;
`info`: what it tells of its user where it is asked; `key`: the one that it signs with; `down`: the status that it answers."""


@dataclass
class Provider:
    """The process, as a test speaks to it."""

    url: str

    def set(self, **wanted: Any) -> None:
        """As in USUAL, but for these."""
        body = json.dumps({"down": 0} | USUAL | wanted).encode()
        urlopen(Request(f"{self.url}/set", body, {"Content-Type": "application/json"}), timeout=5).close()

    def asked(self) -> list[dict[str, Any]]:
        """What was asked of it since `set`, in order."""
        with urlopen(f"{self.url}/asked", timeout=5) as answer:
            found: list[dict[str, Any]] = json.load(answer)
            return found

    def visited(self, address: str) -> str:
        """Where it sends a browser back to that came by an address."""
        try:
            with build_opener(_Stays).open(address, timeout=5) as answer:
                raise AssertionError(answer.read())
        except HTTPError as sent_on:
            with sent_on:
                assert sent_on.code == 302, sent_on.read()
                return str(sent_on.headers["Location"])

    def toml(self, partnership_id: int, more: str = "") -> str:
        """The setting by which a partnership's people come in by it."""
        return f"""
            [[provider]]
            name = "council"
            partnership = {partnership_id}
            issuer = "{self.url}"
            client_id = "{CLIENT}"
            client_secret = "{SECRET}"
            {more}
        """


class _Stays(HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **named: Any) -> None:
        return None


@contextmanager
def running() -> Iterator[Provider]:
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__))],
        env=os.environ | {"AUTHLIB_INSECURE_TRANSPORT": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        provider = Provider(process.stdout.readline().strip())
        provider.set()
        yield provider
    finally:
        process.terminate()
        process.wait(timeout=10)
        process.stdout.close()


def of(address: str) -> dict[str, str]:
    """The query of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def serve() -> None:
    from authlib.integrations.flask_oauth2 import AuthorizationServer
    from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
    from authlib.oauth2.rfc7636 import CodeChallenge
    from authlib.oidc.core import UserInfo
    from authlib.oidc.core.grants import OpenIDCode
    from flask import Flask, jsonify, redirect, request
    from joserfc.jwk import OctKey, RSAKey
    from werkzeug.serving import make_server

    app = Flask(__name__)
    codes: dict[str, Any] = {}
    access: dict[str, dict[str, Any]] = {}
    asked: list[dict[str, Any]] = []
    state: dict[str, Any] = {"down": 0} | USUAL
    keys: dict[str, Any] = {}
    here: list[str] = []

    def key(name: str) -> Any:
        if name not in keys:
            keys[name] = (
                OctKey.import_key(SECRET.encode().ljust(32, b"."))
                if name == "shared"
                else RSAKey.generate_key(2048)
            )
        return keys[name]

    class Client:
        client_id = CLIENT

        def get_client_id(self) -> str:
            return CLIENT

        def get_default_redirect_uri(self) -> None:
            return None

        def get_allowed_scope(self, scope: str) -> str:
            return scope

        def check_redirect_uri(self, address: str) -> bool:
            there = urlsplit(address)
            return (
                there.hostname == "127.0.0.1"
                or there.hostname in ("outreach.example", "localhost")
                and there.path == "/sign-in/with/council/back"
            )

        def check_client_secret(self, secret: str) -> bool:
            return secret == SECRET

        def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
            return True

        def check_response_type(self, kind: str) -> bool:
            return kind == "code"

        def check_grant_type(self, kind: str) -> bool:
            return kind == "authorization_code"

        @property
        def id_token_signed_response_alg(self) -> str:
            return str(state["header"].get("alg", "RS256"))

    class Code:
        def __init__(self, code: str, data: dict[str, str], user: dict[str, Any]) -> None:
            self.code, self.data, self.user = code, data, user
            self.code_challenge = data.get("code_challenge")
            self.code_challenge_method = data.get("code_challenge_method")

        def get_redirect_uri(self) -> str | None:
            return self.data.get("redirect_uri")

        def get_scope(self) -> str:
            return self.data.get("scope", "")

        def get_nonce(self) -> str | None:
            return self.data.get("nonce")

        def get_auth_time(self) -> int:
            return int(time.time())

        def get_acr(self) -> None:
            return None

        def get_amr(self) -> None:
            return None

    class Grant(AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib carries no types
        def save_authorization_code(self, code: str, request: Any) -> None:
            codes[code] = Code(code, dict(request.payload.data), request.user)

        def query_authorization_code(self, code: str, client: Any) -> Any:
            return codes.get(code)

        def delete_authorization_code(self, found: Any) -> None:
            del codes[found.code]

        def authenticate_user(self, found: Any) -> Any:
            return found.user

    class Tokens(OpenIDCode):  # type: ignore[misc]
        def exists_nonce(self, nonce: str, request: Any) -> bool:
            return False

        def resolve_client_private_key(self, client: Any) -> Any:
            return key(state["key"])

        def get_encode_header(self, client: Any) -> Any:
            kid = key("first" if state["key"] == "stolen" else state["key"]).thumbprint()
            return {"alg": "RS256", "kid": kid} | state["header"]

        def get_client_claims(self, client: Any) -> Any:
            return {"iss": here[0], "aud": [CLIENT]}

        def generate_user_info(self, user: dict[str, Any], scope: str) -> Any:
            return UserInfo(user)

        def encode_id_token(self, token: Any, request: Any) -> Any:
            from joserfc import jwt

            claims = self.get_compatible_claims(request)
            claims |= self.get_authorization_code_claims(request.authorization_code)
            claims |= request.user | state["token"]
            claims = {name: value for name, value in claims.items() if value is not None}
            header = self.get_encode_header(request.client)
            return jwt.encode(header, claims, key(state["key"]), [header["alg"]])

    def save_token(token: dict[str, Any], request: Any) -> None:
        access[token["access_token"]] = request.user

    server = AuthorizationServer(app, lambda client_id: Client() if client_id == CLIENT else None, save_token)
    server.register_grant(Grant, [Tokens(require_nonce=True), CodeChallenge(required=True)])

    @app.before_request
    def note() -> Any:
        if request.path in ("/set", "/asked"):
            return None
        asked.append({"path": request.path, **request.form})
        return ("away", state["down"]) if state["down"] else None

    @app.post("/set")
    def set_state() -> Any:
        state.clear()
        state.update(request.get_json())
        asked.clear()
        return ""

    @app.get("/asked")
    def told() -> Any:
        return jsonify(asked)

    @app.get("/.well-known/openid-configuration")
    def discovery() -> Any:
        usual = {
            "issuer": here[0],
            "authorization_endpoint": f"{here[0]}/authorize",
            "token_endpoint": f"{here[0]}/token",
            "userinfo_endpoint": f"{here[0]}/userinfo",
            "jwks_uri": f"{here[0]}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        return jsonify({name: value for name, value in (usual | state["published"]).items() if value})

    @app.get("/keys")
    def public_keys() -> Any:
        shown = "first" if state["key"] in ("stolen", "shared") else state["key"]
        own = key(shown)
        return jsonify({"keys": [own.as_dict(private=False, kid=own.thumbprint(), use="sig")]})

    @app.get("/authorize")
    def authorize() -> Any:
        if state.get("denies"):
            back = of(request.url)
            return redirect(f"{back['redirect_uri']}?error=access_denied&state={back['state']}")
        grant = server.get_consent_grant(end_user=state["says"])
        return server.create_authorization_response(grant=grant, grant_user=state["says"])

    @app.post("/token")
    def token() -> Any:
        return server.create_token_response()

    @app.get("/userinfo")
    def userinfo() -> Any:
        user = access[request.headers["Authorization"].removeprefix("Bearer ")]
        return jsonify(state["info"] or user)

    served = make_server("127.0.0.1", 0, app, threaded=True)
    here.append(f"http://127.0.0.1:{served.port}")
    print(here[0], flush=True)
    served.serve_forever()


if __name__ == "__main__":
    serve()
