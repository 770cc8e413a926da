"""Decrypting CMS: EnvelopedData (RFC 5652) with AES-CBC, AuthEnvelopedData (RFC 5083, 5084) with AES-GCM.

The key comes by RSA (PKCS#1 v1.5 or OAEP) or by elliptic curve Diffie-Hellman (RFC 5753) to one of the tenant's certificates.
The content is decrypted as it comes. AES-CBC has no check of its own but its padding: see docs/decisions/0027.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from asn1crypto import algos, cms, core
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, keywrap, padding
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF

from waybill.core.prepared import Unprepared
from waybill.media.ber import CONTEXT_0, DAMAGED, OCTET_STRING, SEQUENCE, SET, Reader, cut_off, understood
from waybill.media.keyring import HeldCertificate

ENVELOPED, AUTH_ENVELOPED = "1.2.840.113549.1.7.3", "1.2.840.113549.1.9.16.1.23"
_CBC = {"2.16.840.1.101.3.4.1.2": 16, "2.16.840.1.101.3.4.1.22": 24, "2.16.840.1.101.3.4.1.42": 32}
_GCM = {"2.16.840.1.101.3.4.1.6": 16, "2.16.840.1.101.3.4.1.26": 24, "2.16.840.1.101.3.4.1.46": 32}
_WRAPS = {"2.16.840.1.101.3.4.1.5": 16, "2.16.840.1.101.3.4.1.25": 24, "2.16.840.1.101.3.4.1.45": 32}
_AGREEMENTS: dict[str, type[hashes.HashAlgorithm]] = {
    "1.3.133.16.840.63.0.2": hashes.SHA1,
    "1.3.132.1.11.1": hashes.SHA256,
    "1.3.132.1.11.2": hashes.SHA384,
    "1.3.132.1.11.3": hashes.SHA512,
}
_DIGESTS: dict[str, type[hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


class GcmParameters(core.Sequence):  # type: ignore[misc]
    """RFC 5084, 3.2."""

    _fields = [("nonce", core.OctetString), ("length", core.Integer, {"default": 12})]  # noqa: RUF012


class SharedInfo(core.Sequence):  # type: ignore[misc]
    """RFC 5753, 7.2."""

    _fields = [  # noqa: RUF012
        ("key_info", algos.AlgorithmIdentifier),
        ("entity_info", core.OctetString, {"explicit": 0, "optional": True}),
        ("public_info", core.OctetString, {"explicit": 2}),
    ]


def is_envelope(first: bytes) -> bool:
    """Whether a file that starts with these bytes is one of the two structures."""
    try:
        reader = Reader(iter([first[:64]]))
        reader.expected(SEQUENCE)
        return _oid(reader) in {ENVELOPED, AUTH_ENVELOPED}
    except Unprepared:
        return False


def decrypted(chunks: Iterator[bytes], certificates: Sequence[HeldCertificate]) -> Iterator[bytes]:
    """The content in the clear. Raises Unprepared: what came before counts for nothing then."""
    with understood(DAMAGED):
        return _decrypted(Reader(chunks), certificates)


def _decrypted(reader: Reader, certificates: Sequence[HeldCertificate]) -> Iterator[bytes]:
    reader.expected(SEQUENCE)
    kind = _oid(reader)
    reader.expected(CONTEXT_0)
    reader.expected(SEQUENCE)
    reader.whole()  # the version
    found = reader.header()
    if found.tag == CONTEXT_0:  # the originator's certificates
        reader.whole(found)
        found = reader.header()
    if found.tag != SET:
        raise cut_off()
    recipients = _parsed(cms.RecipientInfos, reader.whole(found))
    reader.expected(SEQUENCE)
    reader.whole()  # the content's type
    algorithm = _parsed(algos.AlgorithmIdentifier, reader.whole())
    content = reader.header()
    if content.tag & 0xDF != 0x80:
        raise Unprepared("its CMS structure has no content inside")
    oid = algorithm["algorithm"].dotted
    size = (_CBC if kind == ENVELOPED else _GCM).get(oid)
    if size is None:
        raise Unprepared(f"it is encrypted by an algorithm that is not supported ({oid})")
    key = _content_key(recipients, certificates, size)
    octets = reader.octets(content)
    if kind == ENVELOPED:
        return _cbc(reader, octets, key, _parsed(core.OctetString, algorithm["parameters"].dump()).native)
    return _gcm(reader, octets, content.length, key, _parsed(GcmParameters, algorithm["parameters"].dump()))


def _oid(reader: Reader) -> str:
    found = reader.whole()
    return str(_parsed(core.ObjectIdentifier, found).dotted)


def _parsed(kind: type[Any], data: bytes) -> Any:
    """asn1crypto reads lazily; `native` makes it look at everything, so that nothing is found wrong later."""
    with understood(DAMAGED):
        value = kind.load(data)
        _ = value.native
        return value


def _cbc(reader: Reader, octets: Iterator[bytes], key: bytes, iv: bytes) -> Iterator[bytes]:
    if len(iv) != 16:
        raise cut_off()
    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    unpadder = padding.PKCS7(128).unpadder()
    for chunk in octets:
        yield unpadder.update(decryptor.update(chunk))
    try:
        yield unpadder.update(decryptor.finalize()) + unpadder.finalize()
    except ValueError:
        raise Unprepared("it cannot be decrypted: its padding is wrong, so it was damaged or cut off") from None


def _gcm(reader: Reader, octets: Iterator[bytes], length: int | None, key: bytes, given: Any) -> Iterator[bytes]:
    nonce, tag_length = given["nonce"].native, given["length"].native
    if not 8 <= len(nonce) <= 128 or not 12 <= tag_length <= 16:
        raise cut_off()
    decryptor = Cipher(algorithms.AES(key), modes.GCM(nonce, None, min_tag_length=12)).decryptor()
    for chunk in octets:
        yield decryptor.update(chunk)
    after = reader.header()
    while after.ends:  # of the content info's sequence, where its length is indefinite
        after = reader.header()
    if after.tag == 0xA1:
        raise Unprepared("its CMS structure has authenticated attributes, which are not supported")
    if after.tag != OCTET_STRING or after.length != tag_length:
        raise cut_off()
    try:
        yield decryptor.finalize_with_tag(reader.take(tag_length))
    except InvalidTag:
        raise Unprepared("it cannot be decrypted: its authentication tag is wrong, so it was damaged") from None


def _content_key(recipients: Any, certificates: Sequence[HeldCertificate], size: int) -> bytes:
    """For the first recipient that is one of the tenant's certificates with its key."""
    for info in recipients:
        for held in certificates:
            key = _for(info, held)
            if key is not None:
                if len(key) != size:
                    raise Unprepared("its key cannot be unwrapped: it was damaged, or made for another certificate")
                return key
    raise Unprepared("it is encrypted for none of the certificates that are registered with their private keys")


def _for(info: Any, held: HeldCertificate) -> bytes | None:
    if info.name == "ktri" and held.is_named(info.chosen["rid"]) and isinstance(held.key, rsa.RSAPrivateKey):
        return _transported(info.chosen, held.key)
    if info.name == "kari":
        for one in info.chosen["recipient_encrypted_keys"]:
            if held.is_named(one["rid"]) and isinstance(held.key, ec.EllipticCurvePrivateKey):
                return _agreed(info.chosen, one["encrypted_key"].native, held.key)
    return None


def _transported(info: Any, key: rsa.RSAPrivateKey) -> bytes:
    algorithm = info["key_encryption_algorithm"]
    name = algorithm["algorithm"].native
    scheme: rsa_padding.AsymmetricPadding
    if name in {"rsa", "rsaes_pkcs1v15"}:
        scheme = rsa_padding.PKCS1v15()
    elif name == "rsaes_oaep":
        given = algorithm["parameters"]
        digest = _digest(given["hash_algorithm"]["algorithm"].native)
        mask = _digest(given["mask_gen_algorithm"]["parameters"]["algorithm"].native)
        label = given["p_source_algorithm"]["parameters"].native
        scheme = rsa_padding.OAEP(rsa_padding.MGF1(mask), digest, label or None)
    else:
        raise Unprepared(f"its key is wrapped by an algorithm that is not supported ({name})")
    try:
        return key.decrypt(info["encrypted_key"].native, scheme)
    except ValueError:
        raise Unprepared("its key cannot be unwrapped: it was damaged, or made for another certificate") from None


def _agreed(info: Any, wrapped: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    scheme = info["key_encryption_algorithm"]
    wrap = _parsed(algos.AlgorithmIdentifier, scheme["parameters"].dump())
    kdf = _AGREEMENTS.get(scheme["algorithm"].dotted)
    size = _WRAPS.get(wrap["algorithm"].dotted)
    if kdf is None or size is None:
        raise Unprepared("its key is agreed on by an algorithm that is not supported")
    fields: dict[str, Any] = {"key_info": wrap, "public_info": (size * 8).to_bytes(4, "big")}
    if info["ukm"].native is not None:
        fields["entity_info"] = info["ukm"].native
    try:
        point = info["originator"].chosen["public_key"].native
        numbers = ec.EllipticCurvePublicKey.from_encoded_point(key.curve, point)
        secret = key.exchange(ec.ECDH(), numbers)
        wrapping = X963KDF(kdf(), size, SharedInfo(fields).dump()).derive(secret)
        return keywrap.aes_key_unwrap(wrapping, wrapped)
    except (ValueError, TypeError, KeyError, keywrap.InvalidUnwrap):
        raise Unprepared("its key cannot be unwrapped: it was damaged, or made for another certificate") from None


def _digest(name: str) -> hashes.HashAlgorithm:
    if name not in _DIGESTS:
        raise Unprepared(f"its key is wrapped with a digest that is not supported ({name})")
    return _DIGESTS[name]()
