"""How well the family recognises what people do, on real recordings: figures that survive a second look.

    POSEFLEET_DATA=recordings python -m tests.benchmarks.accuracy             # everything, an hour or two on two cores
    POSEFLEET_DATA=recordings python -m tests.benchmarks.accuracy msr --seeds 3              # one data set
    POSEFLEET_DATA=recordings python -m tests.benchmarks.accuracy signs falls squat gestures
    python -m tests.benchmarks.accuracy rendered                              # people whom it renders itself

The recordings lie in the folder that POSEFLEET_DATA names; each data set writes its section of
docs/benchmarks.md. Nothing here chooses anything: recipes come from training/recipes, which say how they were chosen.
`make accuracy` is the first line, `make accuracy ACCURACY="msr --seeds 3"` the second.
"""
