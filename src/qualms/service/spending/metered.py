"""A device's client that hands nothing in before its money is reserved in the ledger."""

from __future__ import annotations

from collections.abc import Sequence

from qualms.backends.jobs import Counts, DeviceClient
from qualms.circuits import Circuit
from qualms.errors import BudgetError, ConfigError, DeviceError, one_line
from qualms.service.spending.ledger import SpendingLedger
from qualms.service.spending.quote import Quote, micros, same_price


class MeteredClient:
    """A `DeviceClient` around another one, for the work of one quote.

    What `qualms.backends.jobs` guarantees for a submission, one bill for each idempotency key, holds for the
    ledger's charges too, because they have the same keys. A key begins with the quote's id: the same circuit
    under another quote is other work, which another consent is for.

    Parameters
    ----------
    client : DeviceClient
        Of the device.
    quote : Quote
        Begun by the job that runs.
    ledger : SpendingLedger
        Where the money is reserved.
    """

    def __init__(self, client: DeviceClient, quote: Quote, ledger: SpendingLedger) -> None:
        if not same_price(client.price, quote.price):
            raise BudgetError(
                f"the price of {client.name} has changed since quote {quote.id}; ask for a new one"
            )
        self._client, self._quote, self._ledger = client, quote, ledger
        self.name, self.quadrant, self.price = client.name, client.quadrant, client.price
        self.n_qubits, self.max_shots = client.n_qubits, client.max_shots
        self.max_circuits = client.max_circuits
        if quote.seconds is not None:
            if not hasattr(client, "most_seconds"):
                raise BudgetError(f"{client.name} bills by the second and cannot be told when to end")
            client.most_seconds = quote.seconds

    def prepare(self, circuit: Circuit) -> Circuit:
        return self._client.prepare(circuit)

    def submit(self, circuits: Sequence[Circuit], shots: int, key: str) -> str:
        """Hand in a job, once its money is reserved.

        Raises
        ------
        BudgetError
            Where the quote does not suffice; nothing was handed in.
        """
        key = self._own(key)
        self._reserve(len(circuits), shots, key)
        try:
            return self._client.submit(circuits, shots, key)
        except (DeviceError, ConfigError) as error:  # a refusal; a lost answer is a TransientError
            self._ledger.release(key, f"refused: {one_line(error)}")
            raise

    def find(self, key: str) -> str | None:
        return self._client.find(self._own(key))

    def state(self, job: str) -> str:
        return self._client.state(job)

    def result(self, job: str) -> list[Counts]:
        return self._client.result(job)

    def seconds(self, circuits: int, shots: int) -> float | None:
        """Device time that is billed at most, so that no limit counts less than the quote does."""
        if self._quote.seconds is not None:
            return float(self._quote.seconds)
        return self._client.seconds(circuits, shots)

    def settle(self, key: str) -> None:
        """Note that a job is done, at what was reserved for it.

        That is its price where no time is billed, and the most that its time may cost where it is; what the
        provider's bill says then is entered by hand.
        """
        self._ledger.settle(self._own(key))

    def _own(self, key: str) -> str:
        return f"{self._quote.id}-{key}"

    def _reserve(self, circuits: int, shots: int, key: str) -> None:
        seconds = float(self._quote.seconds or 0)
        self._ledger.reserve(
            self._quote.id, key, micros(self._client.price.cost(1, circuits * shots, seconds))
        )
