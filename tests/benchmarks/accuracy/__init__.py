"""How well the family recognises what people do, on real recordings: figures that survive a second look.

    POSEFLEET_DATA=recordings make accuracy                   # everything, an hour or two on two cores
    python -m tests.benchmarks.accuracy msr --seeds 3         # one data set
    python -m tests.benchmarks.accuracy signs falls squat gestures

The recordings lie in the folder that POSEFLEET_DATA names; each data set writes its section of
docs/benchmarks.md. Nothing here chooses anything: recipes come from training/recipes, which say how they were chosen.
"""
