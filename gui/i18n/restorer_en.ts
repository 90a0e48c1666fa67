<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>Welcome</name>
    <message numerus="yes">
        <source>… and %n more</source>
        <translation>
            <numerusform>… and %n more</numerusform>
            <numerusform>… and %n more</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Closing</name>
    <message numerus="yes">
        <source>… and %n more</source>
        <translation>
            <numerusform>… and %n more</numerusform>
            <numerusform>… and %n more</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>LeftOver</name>
    <message numerus="yes">
        <source>%n results are not saved</source>
        <translation>
            <numerusform>%n result is not saved</numerusform>
            <numerusform>%n results are not saved</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n pictures are waiting</source>
        <translation>
            <numerusform>%n picture is waiting</numerusform>
            <numerusform>%n pictures are waiting</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>FilePlans</name>
    <message numerus="yes">
        <source>%n pictures are already done. Save or export them.</source>
        <translation>
            <numerusform>%n picture is already done. Save or export it.</numerusform>
            <numerusform>%n pictures are already done. Save or export them.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n pasted pictures have no folder. Export them when ready.</source>
        <translation>
            <numerusform>%n pasted picture has no folder. Export it when ready.</numerusform>
            <numerusform>%n pasted pictures have no folder. Export them when ready.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n waiting files will be saved there, too.</source>
        <translation>
            <numerusform>%n waiting file will be saved there, too.</numerusform>
            <numerusform>%n waiting files will be saved there, too.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n other files</source>
        <translation>
            <numerusform>%n other file</numerusform>
            <numerusform>%n other files</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n earlier results</source>
        <translation>
            <numerusform>%n earlier result</numerusform>
            <numerusform>%n earlier results</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n already in the list</source>
        <translation>
            <numerusform>%n already in the list</numerusform>
            <numerusform>%n already in the list</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Summary</name>
    <message numerus="yes">
        <source>%n pictures</source>
        <translation>
            <numerusform>%n picture</numerusform>
            <numerusform>%n pictures</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n saved</source>
        <translation>
            <numerusform>%n saved</numerusform>
            <numerusform>%n saved</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n not saved</source>
        <translation>
            <numerusform>%n not saved</numerusform>
            <numerusform>%n not saved</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n skipped</source>
        <translation>
            <numerusform>%n skipped</numerusform>
            <numerusform>%n skipped</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n failed</source>
        <translation>
            <numerusform>%n failed</numerusform>
            <numerusform>%n failed</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n running</source>
        <translation>
            <numerusform>%n running</numerusform>
            <numerusform>%n running</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n waiting</source>
        <translation>
            <numerusform>%n waiting</numerusform>
            <numerusform>%n waiting</numerusform>
        </translation>
    </message>
</context>
</TS>
