<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>Welcome</name>
    <message numerus="yes">
        <source>Continue: %n files wait in the batch</source>
        <translation>
            <numerusform>Continue: %n file waits in the batch</numerusform>
            <numerusform>Continue: %n files wait in the batch</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>QueueControl</name>
    <message numerus="yes">
        <source>%n files are waiting from the last session.</source>
        <translation>
            <numerusform>%n file is waiting from the last session.</numerusform>
            <numerusform>%n files are waiting from the last session.</numerusform>
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
        <source>%n already in the queue</source>
        <translation>
            <numerusform>%n already in the queue</numerusform>
            <numerusform>%n already in the queue</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>BatchPanel</name>
    <message numerus="yes">
        <source>%n done</source>
        <translation>
            <numerusform>%n done</numerusform>
            <numerusform>%n done</numerusform>
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
        <source>%n canceled</source>
        <translation>
            <numerusform>%n canceled</numerusform>
            <numerusform>%n canceled</numerusform>
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
