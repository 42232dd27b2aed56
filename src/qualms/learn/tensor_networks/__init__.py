"""Tensor networks: compressed embedding and linear layers, a recommender, a classifier, a Born machine."""

from typing import TYPE_CHECKING

from qualms.faces import show

if TYPE_CHECKING:
    from qualms.learn.tensor_networks.born import MPSBornMachine
    from qualms.learn.tensor_networks.classifier import MPSClassifier
    from qualms.learn.tensor_networks.compress import Compression, compress
    from qualms.learn.tensor_networks.decomposition import TensorTrain, tt_svd
    from qualms.learn.tensor_networks.layers import HashedEmbedding, TTEmbedding, TTLinear
    from qualms.learn.tensor_networks.matrix import TTMatrix
    from qualms.learn.tensor_networks.recommender import TensorTrainRecommender

__all__ = [
    "Compression",
    "HashedEmbedding",
    "MPSBornMachine",
    "MPSClassifier",
    "TTEmbedding",
    "TTLinear",
    "TTMatrix",
    "TensorTrain",
    "TensorTrainRecommender",
    "compress",
    "tt_svd",
]

show(
    __name__,
    {
        "qualms.learn.tensor_networks.born": ["MPSBornMachine"],
        "qualms.learn.tensor_networks.classifier": ["MPSClassifier"],
        "qualms.learn.tensor_networks.compress": ["Compression", "compress"],
        "qualms.learn.tensor_networks.decomposition": ["TensorTrain", "tt_svd"],
        "qualms.learn.tensor_networks.layers": ["HashedEmbedding", "TTEmbedding", "TTLinear"],
        "qualms.learn.tensor_networks.matrix": ["TTMatrix"],
        "qualms.learn.tensor_networks.recommender": ["TensorTrainRecommender"],
    },
)
