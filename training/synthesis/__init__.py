"""Rendered people: camera footage of bodies, rooms and movements that a seed decides, with the truth about every joint.

    clips = write_clips([random_footage("anna", take) for take in range(3)], Path("films"), processes=2)

body: who · style: in which manner · motions: what they do · script: when · room, scene: where · render: pictures ·
footage: all of it as one specification · clips, studio: on disk.
"""

from training.synthesis.body import Build, random_build
from training.synthesis.clips import Clip, read_clip, write_clip
from training.synthesis.footage import RENDERER_VERSION, Footage, film, random_footage
from training.synthesis.kinematics import Skeleton, pose_body
from training.synthesis.motions import ACTIONS, BACKGROUND, BACKGROUNDS, LABELS, MOTIONS, Motion
from training.synthesis.posture import Posture
from training.synthesis.render import Renderer, Shot
from training.synthesis.room import Room
from training.synthesis.scene import Camera
from training.synthesis.script import Script, Segment, posture_at, random_script
from training.synthesis.studio import write_clips
from training.synthesis.style import MotionStyle, random_style

__all__ = [
    "ACTIONS",
    "BACKGROUND",
    "BACKGROUNDS",
    "LABELS",
    "MOTIONS",
    "RENDERER_VERSION",
    "Build",
    "Camera",
    "Clip",
    "Footage",
    "Motion",
    "MotionStyle",
    "Posture",
    "Renderer",
    "Room",
    "Script",
    "Segment",
    "Shot",
    "Skeleton",
    "film",
    "pose_body",
    "posture_at",
    "random_build",
    "random_footage",
    "random_script",
    "random_style",
    "read_clip",
    "write_clip",
    "write_clips",
]
