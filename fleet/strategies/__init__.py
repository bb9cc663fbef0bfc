"""Rules that make one delta of many: one file each, named in the registry below."""

from fleet.strategies._base import Strategy, Update
from fleet.strategies.fedavg import FedAvg

STRATEGIES: dict[str, type[Strategy]] = {"fedavg": FedAvg}

__all__ = ["STRATEGIES", "FedAvg", "Strategy", "Update"]
