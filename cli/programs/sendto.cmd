@echo off
rem @LABEL@: the pictures sent here; results lie beside them. Installed by restore integrate.
chcp 65001 >nul
@COMMAND@ %*
if errorlevel 1 pause
