#!/usr/bin/env python3
"""Restore the layers of GIMP 3 with restorer; installed by `restore integrate gimp`.

A layer is handed over as a TIFF file of the precision of the picture. A result of the same size
becomes a layer above it; an enlarged one becomes a new picture. Originals are never changed.
"""

import os
import subprocess
import sys
import tempfile
import threading

COMMAND = ["restore"]  # how restorer is called; set at installation

# Of each procedure: label, words of the command, ending of the layer's name, description.
PROCEDURES = {
    "restorer-restore": (
        "_Restore",
        [],
        "restored",
        "Repairs what the selected layers need: noise, JPEG artifacts",
    ),
    "restorer-enlarge": (
        "_Enlarge twice",
        ["--scale", "2"],
        "2x",
        "Repairs the selected layers and enlarges them twofold, as new pictures",
    ),
    "restorer-window": (
        "Restore in _window",
        ["--window"],
        "restored",
        "Opens the selected layer in the window of restorer; Save takes the result",
    ),
}
# What GIMP sets for its own Python and libraries, which other programs must not see.
_OF_GIMP = ("PYTHONHOME", "PYTHONPATH", "GI_TYPELIB_PATH", "LD_LIBRARY_PATH", "QT_PLUGIN_PATH")
_TICK_S = 0.1


def environment(variables):
    """Return the variables of a process without those of GIMP."""
    return {name: value for name, value in variables.items() if name not in _OF_GIMP}


def run(words, path, tick):
    """Restore a file in place.

    Args:
        words: Options.
        path: The file.
        tick: Called several times a second.

    Raises RuntimeError with the reason where that fails.
    """
    hidden = {"creationflags": subprocess.CREATE_NO_WINDOW} if os.name == "nt" else {}
    try:
        process = subprocess.Popen(
            [*COMMAND, "edit", "--quiet", *words, path],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment(os.environ),
            **hidden,
        )
    except OSError as error:
        raise RuntimeError(
            f"{COMMAND[0]}: {error.strerror}; run: restore integrate gimp"
        ) from error
    said = []
    reader = threading.Thread(target=lambda: said.append(process.stderr.read()), daemon=True)
    reader.start()
    while reader.is_alive():
        reader.join(_TICK_S)
        tick()
    process.stderr.close()
    if process.wait():
        lines = b"".join(said).decode("utf-8", "replace").strip().splitlines()
        raise RuntimeError(lines[-1] if lines else f"restorer ended with {process.returncode}")


def register():
    """Run as a plug-in of GIMP."""
    import gi

    gi.require_version("Gimp", "3.0")
    from gi.repository import Gimp, Gio, GLib

    def exported(image, layer, path):
        """Write one layer as a file, without its mask's loss and without the other layers."""
        copy = Gimp.Image.new_with_precision(
            layer.get_width(), layer.get_height(), image.get_base_type(), image.get_precision()
        )
        profile = image.get_color_profile()
        if profile is not None:
            copy.set_color_profile(profile)
        found, across, down = image.get_resolution()
        if found:
            copy.set_resolution(across, down)
        own = Gimp.Layer.new_from_drawable(layer, copy)
        copy.insert_layer(own, None, 0)
        own.set_offsets(0, 0)
        try:
            if not Gimp.file_save(
                Gimp.RunMode.NONINTERACTIVE, copy, Gio.File.new_for_path(path), None
            ):
                raise RuntimeError("GIMP cannot write the layer as TIFF")
        finally:
            copy.delete()

    def taken(image, layer, path, ending):
        """Take a result: a layer above its source, or a new picture if it is larger."""
        file = Gio.File.new_for_path(path)
        name = f"{layer.get_name()} {ending}"
        result = Gimp.file_load_layer(Gimp.RunMode.NONINTERACTIVE, image, file)
        if (result.get_width(), result.get_height()) == (layer.get_width(), layer.get_height()):
            image.insert_layer(result, layer.get_parent(), image.get_item_position(layer))
            _, left, top = layer.get_offsets()
            result.set_offsets(left, top)
            result.set_name(name)
            return None
        result.delete()
        large = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, file)
        for each in large.get_layers():
            each.set_name(name)
        return large

    class Restorer(Gimp.PlugIn):
        def do_query_procedures(self):
            return list(PROCEDURES)

        def do_set_i18n(self, name):
            return False

        def do_create_procedure(self, name):
            label, _, _, about = PROCEDURES[name]
            procedure = Gimp.ImageProcedure.new(
                self, name, Gimp.PDBProcType.PLUGIN, self.restore, None
            )
            procedure.set_image_types("RGB*, GRAY*")
            procedure.set_sensitivity_mask(
                Gimp.ProcedureSensitivityMask.DRAWABLE | Gimp.ProcedureSensitivityMask.DRAWABLES
            )
            procedure.set_menu_label(label)
            procedure.add_menu_path("<Image>/Filters/Restorer")
            procedure.set_documentation(about, about, name)
            procedure.set_attribution("The restorer contributors", "MIT", "2026")
            return procedure

        def restore(self, procedure, mode, image, drawables, config, data):
            _, words, ending, _ = PROCEDURES[procedure.get_name()]
            layers = [each for each in drawables if isinstance(each, Gimp.Layer)]
            if not layers:
                reason = GLib.Error("Select a layer: masks and channels are not restored.")
                return procedure.new_return_values(Gimp.PDBStatusType.CALLING_ERROR, reason)
            image.undo_group_start()
            try:
                for layer in layers:
                    Gimp.progress_init(f"Restoring {layer.get_name()}")
                    with tempfile.TemporaryDirectory() as folder:
                        path = os.path.join(folder, "layer.tif")
                        exported(image, layer, path)
                        run(words, path, Gimp.progress_pulse)
                        large = taken(image, layer, path, ending)
                    if large is not None and mode != Gimp.RunMode.NONINTERACTIVE:
                        Gimp.Display.new(large)
                Gimp.displays_flush()
            except RuntimeError as error:
                reason = GLib.Error(str(error))
                return procedure.new_return_values(Gimp.PDBStatusType.EXECUTION_ERROR, reason)
            finally:
                image.undo_group_end()
                Gimp.progress_end()
            return procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, None)

    Gimp.main(Restorer.__gtype__, sys.argv)


if __name__ == "__main__":
    register()
