"""Rendered people: camera footage of bodies, rooms and movements that a seed decides, with the truth about every joint.

    clips = write_clips([random_footage("anna", take) for take in range(3)], Path("films"), processes=2)

body: who · style: in which manner · motions: what they do · script: when · room, scene: where · render: pictures ·
footage: one person and all of this as one specification · clips, studio: on disk. Several people, dogs and chairs:
stage, with routes to walk and props; plays: stages ready-made.
"""

from training.synthesis.body import Build, random_build
from training.synthesis.clips import Clip, read_clip, write_clip
from training.synthesis.footage import RENDERER_VERSION, Footage, film, random_footage
from training.synthesis.kinematics import Skeleton, pose_body
from training.synthesis.motions import ACTIONS, BACKGROUND, BACKGROUNDS, LABELS, MOTIONS, REPERTOIRE, Motion
from training.synthesis.plays import GAPS_M, alone, crossings, empty_room, group, side_by_side
from training.synthesis.posture import Posture
from training.synthesis.props import KINDS, Prop
from training.synthesis.render import Renderer, Shot
from training.synthesis.room import Room
from training.synthesis.route import Mark, Route
from training.synthesis.scene import Camera
from training.synthesis.script import Script, Segment, posture_at, random_script
from training.synthesis.stage import Actor, Stage, Truth, play
from training.synthesis.studio import write_clips
from training.synthesis.style import MotionStyle, random_style

__all__ = [
    "ACTIONS",
    "BACKGROUND",
    "BACKGROUNDS",
    "GAPS_M",
    "KINDS",
    "LABELS",
    "MOTIONS",
    "RENDERER_VERSION",
    "REPERTOIRE",
    "Actor",
    "Build",
    "Camera",
    "Clip",
    "Footage",
    "Mark",
    "Motion",
    "MotionStyle",
    "Posture",
    "Prop",
    "Renderer",
    "Room",
    "Route",
    "Script",
    "Segment",
    "Shot",
    "Skeleton",
    "Stage",
    "Truth",
    "alone",
    "crossings",
    "empty_room",
    "film",
    "group",
    "play",
    "pose_body",
    "posture_at",
    "random_build",
    "random_footage",
    "random_script",
    "random_style",
    "read_clip",
    "side_by_side",
    "write_clip",
    "write_clips",
]
