"""Signs standard input as a command centre with a public library (joserfc): sign.py KEY ALG prints a JWS in compact form.

KEY is a file as `lookout keys make` writes it, ALG is EdDSA or, by its newer name (RFC 9864), Ed25519.
"""

import json
import sys

from joserfc import jws
from joserfc.jwk import OKPKey

with open(sys.argv[1], encoding="utf-8") as file:
    named = json.load(file)
# A key may say by itself which name of the algorithm it wants, and then takes no other.
key = OKPKey.import_key({name: named[name] for name in ("kty", "crv", "x", "d")})
header = {"alg": sys.argv[2], "kid": named["kid"]}
print(jws.serialize_compact(header, sys.stdin.buffer.read(), key, algorithms=[sys.argv[2]]))
