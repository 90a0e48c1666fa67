"""What the core says of models that it cannot load or download, see `messages`."""

from __future__ import annotations

from .titles import QT_TRANSLATE_NOOP

MODEL_ERRORS = (
    # weights
    QT_TRANSLATE_NOOP("errors", "weights %1 are not installed"),
    QT_TRANSLATE_NOOP("errors", "download the weights of %1"),
    QT_TRANSLATE_NOOP(
        "errors", "download the file from %1 with a browser, then install it as the weights of %2"
    ),
    QT_TRANSLATE_NOOP("errors", "expected at %1"),
    QT_TRANSLATE_NOOP("errors", "%1 bytes, expected %2"),
    QT_TRANSLATE_NOOP("errors", "SHA-256 %1, expected %2"),
    QT_TRANSLATE_NOOP("errors", "not the weights of %1"),
    QT_TRANSLATE_NOOP("errors", "the file is incomplete or was replaced, install it again"),
    QT_TRANSLATE_NOOP("errors", "the file was modified, install it again"),
    QT_TRANSLATE_NOOP("errors", "has no download address"),
    QT_TRANSLATE_NOOP("errors", "comes with the program and cannot be removed"),
    QT_TRANSLATE_NOOP("errors", "belongs to the package %1"),
    QT_TRANSLATE_NOOP("errors", "pip uninstall removes it"),
    QT_TRANSLATE_NOOP("errors", "is not installed"),
    QT_TRANSLATE_NOOP("errors", "model %1 is in a package that is not installed: pip install %2"),
    QT_TRANSLATE_NOOP("errors", "model %1 is unknown"),
    QT_TRANSLATE_NOOP("errors", "stands for the models that suit a picture"),
    QT_TRANSLATE_NOOP("errors", "similar are %1"),
    QT_TRANSLATE_NOOP("errors", "all are listed by: restore models"),
    QT_TRANSLATE_NOOP(
        "errors",
        "weights of another one are named by the path of their file, or added by: restore weights"
        " add FILE",
    ),
    # downloads
    QT_TRANSLATE_NOOP("errors", "is a web page, not a file"),
    QT_TRANSLATE_NOOP("errors", "download the file with a browser and save it as %1"),
    QT_TRANSLATE_NOOP(
        "errors", "find its new address, then download the file with a browser and save it as %1"
    ),
    QT_TRANSLATE_NOOP("errors", "not available (%1)"),
    QT_TRANSLATE_NOOP("errors", "the server requires an account or denies access (%1)"),
    QT_TRANSLATE_NOOP("errors", "the certificate of the server is not trusted (%1)"),
    QT_TRANSLATE_NOOP("errors", "check the clock and the proxy of this machine"),
    QT_TRANSLATE_NOOP("errors", "the server is not available (%1)"),
    QT_TRANSLATE_NOOP("errors", "the server did not respond for %1 s"),
    QT_TRANSLATE_NOOP("errors", "the server sent another range (%1) than from byte %2"),
    QT_TRANSLATE_NOOP("errors", "the connection failed (%1)"),
    QT_TRANSLATE_NOOP("errors", "the connection was interrupted at %1 of %2 bytes"),
    QT_TRANSLATE_NOOP("errors", "the file on the server has changed"),
    QT_TRANSLATE_NOOP("errors", "run again to resume"),
    QT_TRANSLATE_NOOP("errors", "the received data is kept, run again to resume"),
    QT_TRANSLATE_NOOP("errors", "%1, expected at most %2"),
    QT_TRANSLATE_NOOP("errors", "nothing was kept"),
    QT_TRANSLATE_NOOP("errors", "the file was removed, run again to download it"),
    QT_TRANSLATE_NOOP("errors", "expected an address that starts with https://"),
    # model files
    QT_TRANSLATE_NOOP("errors", "unknown suffix"),
    QT_TRANSLATE_NOOP("errors", "expected .safetensors, .pt or .pth"),
    QT_TRANSLATE_NOOP("errors", "not enough memory to read it"),
    QT_TRANSLATE_NOOP("errors", "a web page, not a checkpoint"),
    QT_TRANSLATE_NOOP("errors", "download the file itself"),
    QT_TRANSLATE_NOOP("errors", "no readable checkpoint"),
    QT_TRANSLATE_NOOP("errors", "weights of ncnn need their .param file (text) beside them"),
    QT_TRANSLATE_NOOP("errors", "the file is incomplete or has another format"),
    QT_TRANSLATE_NOOP("errors", "contains NaN or infinity"),
    QT_TRANSLATE_NOOP("errors", "%1 contains NaN or infinity"),
    QT_TRANSLATE_NOOP(
        "errors", "contains NaN or infinity, possibly from a failed training or copy"
    ),
    QT_TRANSLATE_NOOP("errors", "does not fit %1"),
    QT_TRANSLATE_NOOP("errors", "state dict"),
    QT_TRANSLATE_NOOP("errors", "does not fit its network"),
    QT_TRANSLATE_NOOP(
        "errors", "its names or shapes require a network that is far larger than the file"
    ),
    QT_TRANSLATE_NOOP("errors", "spandrel does not recognize its network"),
    QT_TRANSLATE_NOOP("errors", "spandrel: cannot be imported (%1)"),
    QT_TRANSLATE_NOOP("errors", "install it again: pip install %1"),
    QT_TRANSLATE_NOOP("errors", "needs spandrel"),
    QT_TRANSLATE_NOOP("errors", "install it: pip install %1"),
    QT_TRANSLATE_NOOP("errors", "state dict of an unknown network, with tensors such as %1 of %2"),
    QT_TRANSLATE_NOOP(
        "errors",
        "models can be added (restore weights add FILE) for the networks of the catalog and of"
        " spandrel, and from the weights of the generator only",
    ),
    QT_TRANSLATE_NOOP("errors", "unknown network"),
    QT_TRANSLATE_NOOP("errors", "the most similar is %1, which shares %2 of the names"),
    QT_TRANSLATE_NOOP("errors", "for more networks: pip install %1"),
    QT_TRANSLATE_NOOP("errors", "is for %1, which requires masks or aligned faces"),
    QT_TRANSLATE_NOOP("errors", "only super-resolution and restoration networks are supported"),
    QT_TRANSLATE_NOOP("errors", "maps %1 channels to %2, expected gray to gray or RGB to RGB"),
    QT_TRANSLATE_NOOP("errors", "maps %1 planes to %2, expected gray to gray or RGB to RGB"),
    QT_TRANSLATE_NOOP(
        "errors", "maps %1 planes to %2, expected gray to gray or RGB to RGB, and a plane of %3"
    ),
    QT_TRANSLATE_NOOP("errors", "has scale %1, not %2"),
    QT_TRANSLATE_NOOP("errors", "fails for %1"),
    QT_TRANSLATE_NOOP(
        "errors", "returns %1 for sides of %2, expected (1, C, H, W) with sides of a multiple of %2"
    ),
    QT_TRANSLATE_NOOP("errors", "id %1"),
    QT_TRANSLATE_NOOP("errors", "expected lower-case letters and digits, joined by hyphens"),
    QT_TRANSLATE_NOOP("errors", "belongs to another model"),
    QT_TRANSLATE_NOOP("errors", "choose a new one"),
    QT_TRANSLATE_NOOP("errors", "task %1: %2 supports %3"),
    QT_TRANSLATE_NOOP("errors", "has a header of %1 bytes, which is too large for a state dict"),
    QT_TRANSLATE_NOOP("errors", "the directory of the archive is too large for a state dict"),
    QT_TRANSLATE_NOOP("errors", "would inflate from %1 to %2 bytes, which is too much for weights"),
    QT_TRANSLATE_NOOP("errors", "get the file from its authors"),
    QT_TRANSLATE_NOOP("errors", "a TorchScript program, not a state dict"),
    QT_TRANSLATE_NOOP("errors", "save its state_dict() instead"),
    QT_TRANSLATE_NOOP("errors", "contains too much data beside its tensors"),
    QT_TRANSLATE_NOOP("errors", "contains more than %1 values beside its tensors"),
    QT_TRANSLATE_NOOP("errors", "save only the state dict"),
    QT_TRANSLATE_NOOP("errors", "contains tensors of type %1"),
    QT_TRANSLATE_NOOP("errors", "convert them to float32 first"),
    QT_TRANSLATE_NOOP("errors", "the data of %1 overlap others or leave a gap"),
    QT_TRANSLATE_NOOP("errors", "%1 has %2 bytes, which does not match its shape"),
    QT_TRANSLATE_NOOP("errors", "contains no state dict (a mapping of names to tensors)"),
    QT_TRANSLATE_NOOP("errors", "contains %1 tensors, expected at most %2"),
    QT_TRANSLATE_NOOP(
        "errors", "its tensors take %1 bytes, but the file has %2: many of them share values"
    ),
    QT_TRANSLATE_NOOP("errors", "save a copy of each"),
    QT_TRANSLATE_NOOP("errors", "contains a tensor with an invalid name (%1...)"),
    QT_TRANSLATE_NOOP("errors", "%1 numbers more parts of a network than the file has tensors"),
    QT_TRANSLATE_NOOP(
        "errors",
        "save it as a plain tensor of float32, for example with to_dense(), dequantize() or"
        " float()",
    ),
    QT_TRANSLATE_NOOP("errors", "%1 repeats its values"),
    QT_TRANSLATE_NOOP("errors", "save it with contiguous()"),
    QT_TRANSLATE_NOOP(
        "errors", "%1 is larger than its data in the file, which is damaged or incomplete"
    ),
    QT_TRANSLATE_NOOP("errors", "contains a dict with keys of type %1"),
    QT_TRANSLATE_NOOP("errors", "expected names"),
    QT_TRANSLATE_NOOP("errors", "refused"),
    QT_TRANSLATE_NOOP(
        "errors", "contains a pickled object (%1), which could run code when it is read"
    ),
    QT_TRANSLATE_NOOP("errors", "would call %1 while it is read, which a state dict never needs"),
    QT_TRANSLATE_NOOP("errors", "no code in it was run"),
)
