#!/bin/sh
# @LABEL@: the pictures selected in Files; results lie beside them. Installed by restore integrate.
set -f
IFS='
'
# One path a line; a name with a newline is not supported by Files itself.
set -- $NAUTILUS_SCRIPT_SELECTED_FILE_PATHS
exec @COMMAND@ "$@"
