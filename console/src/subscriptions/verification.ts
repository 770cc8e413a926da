/** How a receiver proves that a webhook is Waybill's, as docs/notifications.md has it. */
export const VERIFICATION = `import base64, hashlib, hmac, time


def is_genuine(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """\`secret\` is whsec_..., \`headers\` by their names in lower case."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    recent = abs(time.time() - int(headers["webhook-timestamp"])) < 300
    return recent and any(hmac.compare_digest(expected, one) for one in headers["webhook-signature"].split())
`;
