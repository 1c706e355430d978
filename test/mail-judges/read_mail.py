"""Reads mails as Python's strict parser does: one JSON list of base64 on standard input, one JSON list of findings out."""

import base64
import email
import email.policy
import json
import sys


def read(raw):
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    parts = list(mail.walk())
    defects = [repr(defect) for part in parts for defect in part.defects]
    for part in parts:
        defects += [f"{name}: {defect!r}" for name, value in part.items() for defect in value.defects]
    sender = mail["From"].addresses[0]
    return {
        "defects": defects,
        "types": [part.get_content_type() for part in parts],
        "encodings": [part["Content-Transfer-Encoding"] for part in parts[1:]],
        "from": [sender.display_name, sender.addr_spec],
        "to": [address.addr_spec for address in mail["To"].addresses],
        "subject": str(mail["Subject"]),
        "dateMs": int(mail["Date"].datetime.timestamp() * 1000),
        "text": parts[1].get_content().replace("\r\n", "\n"),
        "html": parts[2].get_content().replace("\r\n", "\n"),
        "headers": [[name, str(value)] for name, value in mail.items()],
    }


json.dump([read(base64.b64decode(raw)) for raw in json.load(sys.stdin)], sys.stdout)
