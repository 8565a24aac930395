"""The session service's budgets over gRPC."""

from __future__ import annotations

import grpc

from parlando.session.v1 import session_pb2, session_service_pb2_grpc
from parlando_kit.retries import refused_elsewhere
from parlando_kit.status import from_rpc_error
from parlando_kit.tracing import outgoing
from parlando_router.budget_keeper import Amount, Lease, Settlement
from parlando_router.convert import cost_from, money
from parlando_router.ports import Cost

_LEASE_SECONDS = 5.0
_SETTLE_SECONDS = 5.0
_LONGEST_ENGINE, _LONGEST_MODEL = 64, 128  # characters that a settlement may name them by


class GrpcBudgets:
    """The budgets at the other end of a channel; see `budget_keeper.BudgetKeeper`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = session_service_pb2_grpc.SessionServiceStub(channel)

    async def lease(self, session_id: str, amount: Amount) -> Lease:
        """Set part of a session's budget aside."""
        request = session_pb2.LeaseBudgetRequest(
            session_id=session_id,
            cost=money(Cost(amount.currency, amount.nanos)),
            characters=amount.characters,
        )
        told = await refused_elsewhere(
            lambda: self._stub.LeaseBudget(request, timeout=_LEASE_SECONDS, metadata=outgoing())
        )
        cost = cost_from(told.cost)
        granted = Amount(cost.currency, cost.nanos, told.characters)
        return Lease(told.lease_id, session_id, granted, told.downgrade)

    async def settle(self, settlement: Settlement) -> None:
        """End a lease."""
        spent = settlement.spent
        cost = money(Cost(spent.currency, spent.nanos))
        spending = session_pb2.Spending(cost=cost, characters=spent.characters)
        spending.engines.add(
            engine=settlement.engine[:_LONGEST_ENGINE],
            model=settlement.model[:_LONGEST_MODEL],
            cost=cost,
            characters=spent.characters,
        )
        request = session_pb2.SettleBudgetRequest(lease_id=settlement.lease.id, spent=spending)
        try:
            await self._stub.SettleBudget(request, timeout=_SETTLE_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from error
