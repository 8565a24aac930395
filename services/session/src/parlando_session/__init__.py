"""What is remembered between utterances: sessions, turns, policies and budgets.

The domain: `sessions`, `turns`, `budgets`, `policies`, with `budget` its arithmetic, `masks`, `checks`,
`policy_checks` and `export` its rules. Messages of the contract are its documents; gRPC stays outside
(docs/decisions/0007). Stores behind `ports`: `memory_store`, `redis_store`.
"""
