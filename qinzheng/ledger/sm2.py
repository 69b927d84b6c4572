"""SM2 signatures with SM3 (GB/T 32918.2, GB/T 32918.5; the same curve and rules as ISO/IEC 14888-3).

Pure. Python whole numbers, a few milliseconds a signature: for one checkpoint a minute, never for events. It is not
constant in time: a city that must fear who measures its signer puts the key into a device (see
:class:`~qinzheng.ledger.crypto.Signer`).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
"""The recommended curve of GB/T 32918.5: prime, coefficients, order, base point."""

IDENTITY = b"1234567812345678"
"""The default user identifier (GM/T 0009)."""

Point = tuple[int, int]
Jacobian = tuple[int, int, int]
INFINITY: Jacobian = (1, 1, 0)
Hash = Callable[[bytes], bytes]


def public(private: int) -> bytes:
    """The public key of a private one: x ‖ y, 64 bytes."""
    return _bytes(*_affine(_times(private, G)))


def sign(sm3: Hash, private: int, message: bytes, nonce: int | None = None) -> bytes:
    """r ‖ s, 64 bytes. ``nonce`` is for published examples only: one used twice, or guessed, gives the key away."""
    e = digest(sm3, public(private), message)
    while True:
        k = nonce if nonce is not None else secrets.randbelow(N - 1) + 1
        r = (e + _affine(_times(k, G))[0]) % N
        s = pow(1 + private, -1, N) * (k - r * private) % N
        if r and s and r + k != N:
            return _bytes(r, s)
        if nonce is not None:
            raise ValueError("SM2：这个随机数不能用 / SM2: this nonce gives no signature")


def verify(sm3: Hash, key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature is good; False, never an error, for a key or signature of any other shape."""
    if len(key) != 64 or len(signature) != 64:
        return False
    point = int.from_bytes(key[:32], "big"), int.from_bytes(key[32:], "big")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    t = (r + s) % N
    if not (_on_curve(point) and 0 < r < N and 0 < s < N and t):
        return False
    found = _add(_times(s, G), _times(t, point))
    return found[2] != 0 and (digest(sm3, key, message) + _affine(found)[0]) % N == r


def digest(sm3: Hash, key: bytes, message: bytes) -> int:
    """e = SM3(Z ‖ message), Z = SM3(identifier, curve, public key) of GB/T 32918.2 section 5.5."""
    bits = (8 * len(IDENTITY)).to_bytes(2, "big")
    return int.from_bytes(sm3(sm3(bits + IDENTITY + _bytes(A, B, *G) + key) + message), "big")


def _bytes(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(32, "big") for number in numbers)


def _on_curve(point: Point) -> bool:
    x, y = point
    return 0 <= x < P and 0 <= y < P and (y * y - (x * x + A) * x - B) % P == 0


def _times(k: int, point: Point) -> Jacobian:
    found, base = INFINITY, (point[0], point[1], 1)
    for bit in bin(k)[2:]:
        found = _double(found)
        if bit == "1":
            found = _add(found, base)
    return found


def _double(point: Jacobian) -> Jacobian:
    x, y, z = point
    if not z:
        return INFINITY
    s = 4 * x * y * y % P
    m = 3 * (x - z * z) * (x + z * z) % P  # a = −3
    x3 = (m * m - 2 * s) % P
    return x3, (m * (s - x3) - 8 * y**4) % P, 2 * y * z % P


def _add(p: Jacobian, q: Jacobian) -> Jacobian:
    if not p[2]:
        return q
    if not q[2]:
        return p
    zp, zq = p[2] * p[2] % P, q[2] * q[2] % P
    u1, u2 = p[0] * zq % P, q[0] * zp % P
    s1, s2 = p[1] * zq * q[2] % P, q[1] * zp * p[2] % P
    if u1 == u2:
        return _double(p) if s1 == s2 else INFINITY
    h, r = u2 - u1, s2 - s1
    hh = h * h % P
    hhh, v = h * hh % P, u1 * hh % P
    x3 = (r * r - hhh - 2 * v) % P
    return x3, (r * (v - x3) - s1 * hhh) % P, h * p[2] * q[2] % P


def _affine(point: Jacobian) -> Point:
    x, y, z = point
    inverse = pow(z, -1, P)
    return x * inverse**2 % P, y * inverse**3 % P
