"""What a circuit is worth and what it costs: gates, expressibility, trainability, the bill, which device
could run it.
"""

from qualms.analysis.bill import Bill, Workload, bill
from qualms.analysis.expressivity import entangling_capability, expressibility
from qualms.analysis.readiness import Cell, readiness
from qualms.analysis.resources import Resources, resources
from qualms.analysis.trainability import effective_dimension, fisher, gradient_variance, layer_kernel

__all__ = [
    "Bill", "Cell", "Resources", "Workload", "bill", "effective_dimension", "entangling_capability",
    "expressibility", "fisher", "gradient_variance", "layer_kernel", "readiness", "resources",
]  # fmt: skip
