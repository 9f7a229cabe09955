"""What a failed connection says of the server's certificate: that it is not trusted is configuration, and no retry mends it."""

import re

from seedbed.core.errors import UserError

# OpenSSL's words, as Python and libpq hand them on; libpq's for a host of another name and for a file of authorities that is not there.
DISTRUST = re.compile(
    r"certificate verify failed|signature failure|does not match host ?name|root certificate file", re.IGNORECASE
)


def certificate_error(where: str, error: BaseException) -> UserError | None:
    """The error to raise instead, where the connection failed because the certificate is not trusted; else None."""
    text = " ".join(str(error).split())
    if not DISTRUST.search(text):
        return None
    return UserError(
        f"{where}: its certificate is not trusted ({text[:300]})",
        next_step="set SEEDBED_CA_FILE to the PEM file of the authority that signed it, and use the name that it stands for",
        code="certificate-untrusted",
    )
