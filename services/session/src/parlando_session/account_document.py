"""An account as a store keeps it: JSON that grows with its leases, and with the engines that it pays."""

from __future__ import annotations

import json

from parlando_session.budget import Account, Amount, Lease


def write(account: Account) -> bytes:
    """Return an account's document."""
    return json.dumps(
        {
            "currency": account.currency,
            "spent": [account.spent.nanos, account.spent.characters],
            "leases": [
                [lease.id, lease.amount.nanos, lease.amount.characters, lease.expires_at]
                for lease in account.leases
            ],
            "shares": [
                [engine, model, amount.nanos, amount.characters]
                for (engine, model), amount in account.shares.items()
            ],
        },
        separators=(",", ":"),
    ).encode()


def read(document: bytes | None) -> Account:
    """Return the account of a document; an empty one where there is none."""
    if document is None:
        return Account()
    fields = json.loads(document)
    return Account(
        currency=fields["currency"],
        spent=Amount(*fields["spent"]),
        leases=tuple(
            Lease(lease_id, Amount(nanos, characters), expires_at)
            for lease_id, nanos, characters, expires_at in fields["leases"]
        ),
        shares={  # which documents of before do not have
            (engine, model): Amount(nanos, characters)
            for engine, model, nanos, characters in fields.get("shares", ())
        },
    )
