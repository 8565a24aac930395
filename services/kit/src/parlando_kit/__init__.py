"""What Parlando's services share. Importing this package imports nothing else; take what you need.

Pure, without I/O: `errors`, `spans`, `ledger`, `clock`, `telemetry_names`.
On asyncio alone: `queues`, `tasks`, `calls`.
On gRPC: `status`, `interceptors`, `health`, `server`, `lifecycle`, `channels`, `deadlines`.
On pydantic-settings: `settings`. On OpenTelemetry: `tracing`, `telemetry`.
"""
