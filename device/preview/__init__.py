"""The picture with skeletons, people's numbers and actions, in a browser; see `server` for who may look."""

from device.preview.access import Access
from device.preview.gallery import Gallery
from device.preview.server import PreviewServer

__all__ = ["Access", "Gallery", "PreviewServer"]
