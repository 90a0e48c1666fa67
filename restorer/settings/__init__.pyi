"""The public names, each with its module: type checkers read this, and the package loads by it."""

from .control import CancelToken as CancelToken
from .control import OnTick as OnTick
from .plan import Origin as Origin
from .plan import RunPlan as RunPlan
from .plan import plain as plain
from .settings import Existing as Existing
from .settings import KeptMetadata as KeptMetadata
from .settings import ProvenancePlace as ProvenancePlace
from .settings import Settings as Settings
from .settings import torch_word as torch_word
from .step import Step as Step
from .table import OPTIONS as OPTIONS
from .table import SETTINGS_OPTIONS as SETTINGS_OPTIONS
from .table import STEP_OPTIONS as STEP_OPTIONS
from .table import find_option as find_option
