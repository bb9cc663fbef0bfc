"""What training runs on: one command for laptops and for machines with a graphics card.

precision = set_up(deterministic=False)     # "mixed_bfloat16" where a graphics card is good at it
"""

import tensorflow as tf

_FIRST_WITH_BFLOAT16 = (8, 0)  # NVIDIA's Ampere; before it bfloat16 is slow or missing


def set_up(*, deterministic: bool) -> str:
    """Prepare TensorFlow before its first operation; the precision to train in.

    With `deterministic` equal runs give equal bits: slower operators where needed, and full precision.
    """
    if deterministic:
        tf.config.experimental.enable_op_determinism()
    cards = tf.config.list_physical_devices("GPU")
    for card in cards:
        _grow(card)
    if deterministic or not cards:
        return "float32"
    details = [tf.config.experimental.get_device_details(card) for card in cards]
    able = all(one.get("compute_capability", (0, 0)) >= _FIRST_WITH_BFLOAT16 for one in details)
    return "mixed_bfloat16" if able else "float32"


def _grow(card: "tf.config.PhysicalDevice") -> None:
    """Take memory as it is needed, not all of it."""
    try:
        tf.config.experimental.set_memory_growth(card, True)
    except RuntimeError:  # TensorFlow has begun to use the card; it keeps what it took
        return
