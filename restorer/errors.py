"""All errors that a caller can handle.

::

    RestorerError
    |- ImageError                 a problem with one image
    |  |- ImageDataError          pixels in memory of an unsupported kind, shape, type or range
    |  |- ImageFormatError        not an image, damaged, or in an unsupported format
    |  |- ImageTooLargeError      above the pixel limit, or too large for the target format
    |  `- ImageWriteError         not writable: disk full, read-only, missing folder
    |     `- TargetExistsError    the target exists
    |- ModelError
    |  |- UnknownModelError       the model or task does not exist
    |  |- WeightsError            weights missing, truncated or modified
    |  `- CheckpointError         a state dict that does not fit its network
    |- SettingsError              invalid settings, or settings that contradict each other
    |- InferenceError
    |  |- OutOfMemoryError        a tile does not fit into memory
    |  `- InvalidOutputError      NaN, infinity, or a result unlike its input
    `- Cancelled                  the user stopped the run

Messages name the object first, then what was found and expected, then a remedy.
"""


class RestorerError(Exception):
    """Base class of all errors of this package."""


class ImageError(RestorerError):
    """A problem with one image."""


class ImageDataError(ImageError, ValueError):
    """Pixels in memory have an unsupported kind, shape, type or range."""


class ImageFormatError(ImageError):
    """The file is not an image, is damaged, or has an unsupported format."""


class ImageTooLargeError(ImageError):
    """The image exceeds the pixel limit or the limits of the target format."""


class ImageWriteError(ImageError):
    """The result could not be written; no partial file remains."""


class TargetExistsError(ImageWriteError):
    """The target exists and must not be replaced."""


class ModelError(RestorerError):
    """A problem with a model."""


class UnknownModelError(ModelError):
    """No model, task or network has this name."""


class WeightsError(ModelError):
    """The weights file is missing, truncated or modified."""


class CheckpointError(ModelError):
    """The file contains no state dict that fits the network."""


class SettingsError(RestorerError):
    """The settings are invalid, or contradict each other, the model or the machine."""


class InferenceError(RestorerError):
    """The network could not produce a usable result."""


class OutOfMemoryError(InferenceError):
    """A tile did not fit into memory."""


class InvalidOutputError(InferenceError):
    """The network returned NaN, infinity or a result unlike its input, even in float32."""


class Cancelled(RestorerError):  # noqa: N818, RUF100  (a request, not a fault)
    """The user stopped the run."""
