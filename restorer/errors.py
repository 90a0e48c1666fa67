"""Every error that a caller can act on.

::

    RestorerError
    |- ImageError                 the file, not the program, is the trouble
    |  |- ImageFormatError        not an image, damaged, or of an unknown kind
    |  |- ImageTooLargeError      above the pixel budget, or above what the target format can hold
    |  `- ImageWriteError         cannot be written: disk full, read-only, no such folder
    |     `- TargetExistsError    another file has the name already
    |- ModelError
    |  |- UnknownModelError       no such model or task
    |  |- WeightsError            weights absent, cut or altered
    |  `- CheckpointError         a state dict that does not fit its network
    |- SettingsError              wishes that cannot be granted together
    |- InferenceError
    |  |- OutOfMemoryError        a tile does not fit into memory
    |  `- InvalidOutputError      the network answered with NaN or infinity
    `- Cancelled                  the user asked to stop

Messages name the thing first, then what was found and expected, then the remedy.
"""


class RestorerError(Exception):
    """Base of all errors raised on purpose."""


class ImageError(RestorerError):
    """Trouble with one image file."""


class ImageFormatError(ImageError):
    """The file is not an image, is damaged, or is of a kind that cannot be read."""


class ImageTooLargeError(ImageError):
    """The image exceeds the pixel budget or the limits of the target format."""


class ImageWriteError(ImageError):
    """The result could not be written; nothing was left behind."""


class TargetExistsError(ImageWriteError):
    """The target exists and was not to be replaced."""


class ModelError(RestorerError):
    """Trouble with a model."""


class UnknownModelError(ModelError):
    """No model, task or network of that name."""


class WeightsError(ModelError):
    """The weights file is absent, cut or altered."""


class CheckpointError(ModelError):
    """The file is no usable state dict for the network."""


class SettingsError(RestorerError):
    """The settings contradict each other, the model or the machine."""


class InferenceError(RestorerError):
    """The network could not produce a usable result."""


class OutOfMemoryError(InferenceError):
    """A tile did not fit into memory."""


class InvalidOutputError(InferenceError):
    """The network answered with NaN or infinity, in float32 too."""


class Cancelled(RestorerError):  # noqa: N818, RUF100  (a request, not a fault)
    """The user asked to stop."""
