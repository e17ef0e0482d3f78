<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
    <context>
        <name>window</name>
        <message>
            <source>Presets</source>
            <translation>Vorlagen</translation>
        </message>
        <message>
            <source>Arrow keys choose another</source>
            <translation>Pfeiltasten wählen eine andere</translation>
        </message>
        <message>
            <source>What the clip shows</source>
            <translation>Was der Clip zeigt</translation>
        </message>
        <message>
            <source>{0} by {1} pixels</source>
            <translation>{0} mal {1} Pixel</translation>
        </message>
        <message>
            <source>The file carries the machine-readable AI mark.</source>
            <translation>Die Datei trägt das maschinenlesbare KI-Kennzeichen.</translation>
        </message>
        <message>
            <source>{0} to {1} s of the dance are not rendered yet. That is done first, and takes longer.</source>
            <translation>{0} bis {1} s des Tanzes sind noch nicht gerendert. Das geschieht zuerst und dauert länger.</translation>
        </message>
        <message>
            <source>{size}, written and checked. Drag the picture to wherever you want the clip.</source>
            <translation>{size}, geschrieben und geprüft. Zieh das Bild dorthin, wo du den Clip haben willst.</translation>
        </message>
        <message>
            <source>Record consent...</source>
            <translation>Einwilligung festhalten ...</translation>
        </message>
        <message>
            <source>What to know before the export</source>
            <translation>Was vor dem Export zu wissen ist</translation>
        </message>
        <message>
            <source>Estimated size</source>
            <translation>Geschätzte Größe</translation>
        </message>
        <message>
            <source>Export</source>
            <translation>Exportieren</translation>
        </message>
        <message>
            <source>Export to</source>
            <translation>Exportieren nach</translation>
        </message>
        <message>
            <source>Replace</source>
            <translation>Ersetzen</translation>
        </message>
        <message>
            <source>Estimating the size</source>
            <translation>Größe wird geschätzt</translation>
        </message>
        <message>
            <source>Browse...</source>
            <translation>Durchsuchen ...</translation>
        </message>
        <message>
            <source>Close</source>
            <translation>Schließen</translation>
        </message>
        <message>
            <source>File</source>
            <translation>Datei</translation>
        </message>
        <message>
            <source>Where the clip is written</source>
            <translation>Wohin der Clip geschrieben wird</translation>
        </message>
        <message>
            <source>Choose the file</source>
            <translation>Datei wählen</translation>
        </message>
        <message>
            <source>Choose where the clip is written (Alt+B)</source>
            <translation>Wählen, wohin der Clip geschrieben wird (Alt+B)</translation>
        </message>
        <message>
            <source>Say who agreed to be shown; then the label may go</source>
            <translation>Sagen, wer eingewilligt hat; dann darf der Hinweis weg</translation>
        </message>
        <message>
            <source>Progress of the export</source>
            <translation>Fortschritt des Exports</translation>
        </message>
        <message>
            <source>Write the clip (Ctrl+Enter)</source>
            <translation>Den Clip schreiben (Strg+Eingabe)</translation>
        </message>
        <message>
            <source>Close this window (Esc)</source>
            <translation>Dieses Fenster schließen (Esc)</translation>
        </message>
        <message>
            <source>No consent is recorded yet, so the clip is labeled. </source>
            <translation>Noch ist keine Einwilligung festgehalten, darum wird der Clip gekennzeichnet. </translation>
        </message>
        <message>
            <source>Render and export</source>
            <translation>Rendern und exportieren</translation>
        </message>
        <message>
            <source>Stop</source>
            <translation>Anhalten</translation>
        </message>
        <message>
            <source>: more than the disk has left</source>
            <translation>: mehr, als auf dem Datenträger frei ist</translation>
        </message>
        <message>
            <source>{width} × {height}, about {size}</source>
            <translation>{width} × {height}, etwa {size}</translation>
        </message>
        <message>
            <source>{width} × {height}</source>
            <translation>{width} × {height}</translation>
        </message>
        <message>
            <source>Exporting {}</source>
            <translation>{} wird exportiert</translation>
        </message>
        <message>
            <source>Rendering what is missing</source>
            <translation>Rendert, was fehlt</translation>
        </message>
        <message>
            <source>Writing the clip</source>
            <translation>Der Clip wird geschrieben</translation>
        </message>
        <message>
            <source>Getting ready</source>
            <translation>Bereitet vor</translation>
        </message>
        <message>
            <source>Background</source>
            <translation>Hintergrund</translation>
        </message>
        <message>
            <source>Pictures and videos</source>
            <translation>Bilder und Videos</translation>
        </message>
        <message>
            <source>The dancer takes on its light</source>
            <translation>Der Tänzer nimmt sein Licht an</translation>
        </message>
        <message>
            <source>Music</source>
            <translation>Musik</translation>
        </message>
        <message>
            <source>Sound and video</source>
            <translation>Ton und Video</translation>
        </message>
        <message>
            <source>Hardware encoder, where one works</source>
            <translation>Hardware-Encoder, wo einer funktioniert</translation>
        </message>
        <message>
            <source>Visible label in the corner</source>
            <translation>Sichtbarer Hinweis in der Ecke</translation>
        </message>
        <message>
            <source> s</source>
            <translation> s</translation>
        </message>
        <message>
            <source>Pictur&amp;e</source>
            <translation>&amp;Bild</translation>
        </message>
        <message>
            <source>Bac&amp;kground</source>
            <translation>&amp;Hintergrund</translation>
        </message>
        <message>
            <source>F&amp;rames a second</source>
            <translation>Bilder &amp;pro Sekunde</translation>
        </message>
        <message>
            <source>&amp;Sound</source>
            <translation>&amp;Ton</translation>
        </message>
        <message>
            <source>&amp;Music</source>
            <translation>&amp;Musik</translation>
        </message>
        <message>
            <source>Music be&amp;gins at</source>
            <translation>Musik be&amp;ginnt bei</translation>
        </message>
        <message>
            <source>Fade &amp;in</source>
            <translation>&amp;Einblenden</translation>
        </message>
        <message>
            <source>A file with sound</source>
            <translation>Eine Datei mit Ton</translation>
        </message>
        <message>
            <source>A picture or video file</source>
            <translation>Eine Bild- oder Videodatei</translation>
        </message>
        <message>
            <source>and o&amp;ut</source>
            <translation>und a&amp;us</translation>
        </message>
        <message>
            <source>What the preset needs</source>
            <translation>Was die Vorlage braucht</translation>
        </message>
        <message>
            <source>The whole picture</source>
            <translation>Das ganze Bild</translation>
        </message>
        <message>
            <source>Follow the dancer</source>
            <translation>Folgt der tanzenden Person</translation>
        </message>
        <message>
            <source>Close to the dancer</source>
            <translation>Nah an der tanzenden Person</translation>
        </message>
        <message>
            <source>A part that stands still</source>
            <translation>Ein Teil, der stillsteht</translation>
        </message>
        <message>
            <source>As filmed</source>
            <translation>Wie gefilmt</translation>
        </message>
        <message>
            <source>A picture or video</source>
            <translation>Ein Bild oder Video</translation>
        </message>
        <message>
            <source>The dance's sound</source>
            <translation>Der Ton des Tanzes</translation>
        </message>
        <message>
            <source>Other music</source>
            <translation>Andere Musik</translation>
        </message>
        <message>
            <source>No sound</source>
            <translation>Kein Ton</translation>
        </message>
        <message>
            <source>What of the picture is seen</source>
            <translation>Was vom Bild zu sehen ist</translation>
        </message>
        <message>
            <source>File of the background</source>
            <translation>Datei des Hintergrunds</translation>
        </message>
        <message>
            <source>Choose a background</source>
            <translation>Einen Hintergrund wählen</translation>
        </message>
        <message>
            <source>Frames a second</source>
            <translation>Bilder pro Sekunde</translation>
        </message>
        <message>
            <source>Sound</source>
            <translation>Ton</translation>
        </message>
        <message>
            <source>Music file</source>
            <translation>Musikdatei</translation>
        </message>
        <message>
            <source>Choose a music file</source>
            <translation>Musikdatei wählen</translation>
        </message>
        <message>
            <source>Time of the music that the clip begins with</source>
            <translation>Stelle der Musik, mit der der Clip beginnt</translation>
        </message>
        <message>
            <source>Fade out, seconds</source>
            <translation>Ausblenden, Sekunden</translation>
        </message>
        <message>
            <source>Fade in, seconds</source>
            <translation>Einblenden, Sekunden</translation>
        </message>
        <message>
            <source>As the dance</source>
            <translation>Wie der Tanz</translation>
        </message>
        <message>
            <source>Moment that is shown</source>
            <translation>Gezeigter Moment</translation>
        </message>
        <message>
            <source>Look at the crop at other moments (arrow keys)</source>
            <translation>Den Ausschnitt in anderen Momenten ansehen (Pfeiltasten)</translation>
        </message>
        <message>
            <source>Time of the moment</source>
            <translation>Zeit des Moments</translation>
        </message>
        <message>
            <source>The clip</source>
            <translation>Der Clip</translation>
        </message>
        <message>
            <source>Drag it into another program or folder; Ctrl+C copies the file</source>
            <translation>Zieh ihn in ein anderes Programm oder einen Ordner; Strg+C kopiert die Datei</translation>
        </message>
        <message>
            <source>Show in folder</source>
            <translation>Im Ordner zeigen</translation>
        </message>
        <message>
            <source>Open the folder that the clip is in (Ctrl+R)</source>
            <translation>Den Ordner öffnen, in dem der Clip liegt (Strg+R)</translation>
        </message>
        <message>
            <source>Copy</source>
            <translation>Kopieren</translation>
        </message>
        <message>
            <source>Copy the file, to paste it elsewhere (Ctrl+C)</source>
            <translation>Die Datei kopieren, um sie woanders einzufügen (Strg+C)</translation>
        </message>
        <message>
            <source>Playing</source>
            <translation>Abspielen</translation>
        </message>
        <message>
            <source>Timeline</source>
            <translation>Zeitleiste</translation>
        </message>
        <message>
            <source>Picture</source>
            <translation>Bild</translation>
        </message>
        <message>
            <source>Project</source>
            <translation>Projekt</translation>
        </message>
        <message>
            <source>Window</source>
            <translation>Fenster</translation>
        </message>
        <message>
            <source>Play or pause</source>
            <translation>Abspielen oder anhalten</translation>
        </message>
        <message>
            <source>Play backward; again: faster</source>
            <translation>Rückwärts abspielen; nochmals: schneller</translation>
        </message>
        <message>
            <source>Play forward; again: faster</source>
            <translation>Vorwärts abspielen; nochmals: schneller</translation>
        </message>
        <message>
            <source>One frame back</source>
            <translation>Ein Bild zurück</translation>
        </message>
        <message>
            <source>One frame on</source>
            <translation>Ein Bild vor</translation>
        </message>
        <message>
            <source>One second back</source>
            <translation>Eine Sekunde zurück</translation>
        </message>
        <message>
            <source>One second on</source>
            <translation>Eine Sekunde weiter</translation>
        </message>
        <message>
            <source>To the beginning</source>
            <translation>Zum Anfang</translation>
        </message>
        <message>
            <source>To the end</source>
            <translation>Zum Ende</translation>
        </message>
        <message>
            <source>Repeat</source>
            <translation>Wiederholen</translation>
        </message>
        <message>
            <source>Sound on or off</source>
            <translation>Ton an oder aus</translation>
        </message>
        <message>
            <source>Use the video from here on</source>
            <translation>Video ab hier verwenden</translation>
        </message>
        <message>
            <source>Use the video up to here</source>
            <translation>Video bis hier verwenden</translation>
        </message>
        <message>
            <source>Use all of the video</source>
            <translation>Ganzes Video verwenden</translation>
        </message>
        <message>
            <source>To the beat before</source>
            <translation>Zum vorigen Taktschlag</translation>
        </message>
        <message>
            <source>To the next beat</source>
            <translation>Zum nächsten Taktschlag</translation>
        </message>
        <message>
            <source>To the next problem</source>
            <translation>Zur nächsten Problemstelle</translation>
        </message>
        <message>
            <source>To the problem before</source>
            <translation>Zur vorigen Problemstelle</translation>
        </message>
        <message>
            <source>One picture</source>
            <translation>Ein Bild</translation>
        </message>
        <message>
            <source>Side by side</source>
            <translation>Nebeneinander</translation>
        </message>
        <message>
            <source>Wipe</source>
            <translation>Schieber</translation>
        </message>
        <message>
            <source>Skeleton over the picture</source>
            <translation>Skelett über dem Bild</translation>
        </message>
        <message>
            <source>All four</source>
            <translation>Alle vier</translation>
        </message>
        <message>
            <source>Skeletons on or off</source>
            <translation>Skelette an oder aus</translation>
        </message>
        <message>
            <source>Zoom in</source>
            <translation>Vergrößern</translation>
        </message>
        <message>
            <source>Zoom out</source>
            <translation>Verkleinern</translation>
        </message>
        <message>
            <source>Show all of the picture</source>
            <translation>Ganzes Bild zeigen</translation>
        </message>
        <message>
            <source>One pixel on one pixel</source>
            <translation>Ein Pixel auf ein Pixel</translation>
        </message>
        <message>
            <source>Touch up the poses</source>
            <translation>Posen nachbessern</translation>
        </message>
        <message>
            <source>Touch-up: next joint</source>
            <translation>Nachbessern: nächstes Gelenk</translation>
        </message>
        <message>
            <source>Touch-up: joint before</source>
            <translation>Nachbessern: voriges Gelenk</translation>
        </message>
        <message>
            <source>Touch-up: move the joint left</source>
            <translation>Nachbessern: Gelenk nach links</translation>
        </message>
        <message>
            <source>Touch-up: move the joint right</source>
            <translation>Nachbessern: Gelenk nach rechts</translation>
        </message>
        <message>
            <source>Touch-up: move the joint up</source>
            <translation>Nachbessern: Gelenk nach oben</translation>
        </message>
        <message>
            <source>Touch-up: move the joint down</source>
            <translation>Nachbessern: Gelenk nach unten</translation>
        </message>
        <message>
            <source>Touch-up: hide the limb</source>
            <translation>Nachbessern: Glied verbergen</translation>
        </message>
        <message>
            <source>Touch-up: swap left and right</source>
            <translation>Nachbessern: links und rechts tauschen</translation>
        </message>
        <message>
            <source>Touch-up: done</source>
            <translation>Nachbessern: fertig</translation>
        </message>
        <message>
            <source>Create the clip</source>
            <translation>Den Clip machen</translation>
        </message>
        <message>
            <source>Export the clip</source>
            <translation>Den Clip exportieren</translation>
        </message>
        <message>
            <source>Begin with two new videos</source>
            <translation>Mit zwei neuen Videos beginnen</translation>
        </message>
        <message>
            <source>Open a project</source>
            <translation>Ein Projekt öffnen</translation>
        </message>
        <message>
            <source>Save a copy of the project</source>
            <translation>Eine Kopie des Projekts speichern</translation>
        </message>
        <message>
            <source>Undo</source>
            <translation>Rückgängig</translation>
        </message>
        <message>
            <source>Redo</source>
            <translation>Wiederherstellen</translation>
        </message>
        <message>
            <source>All settings</source>
            <translation>Alle Einstellungen</translation>
        </message>
        <message>
            <source>Full screen</source>
            <translation>Vollbild</translation>
        </message>
        <message>
            <source>Show the keys</source>
            <translation>Tasten zeigen</translation>
        </message>
        <message>
            <source>Quit</source>
            <translation>Beenden</translation>
        </message>
        <message>
            <source>Keys</source>
            <translation>Tasten</translation>
        </message>
        <message>
            <source>All keys as they were delivered</source>
            <translation>Alle Tasten wie im Auslieferungszustand</translation>
        </message>
        <message>
            <source>Close (Esc)</source>
            <translation>Schließen (Esc)</translation>
        </message>
        <message>
            <source>Click and press another key</source>
            <translation>Klicken und eine andere Taste drücken</translation>
        </message>
        <message>
            <source>Back to the first keys</source>
            <translation>Zurück zu den ersten Tasten</translation>
        </message>
        <message>
            <source>Also: {0}</source>
            <translation>Auch: {0}</translation>
        </message>
        <message>
            <source>That did not work</source>
            <translation>Das hat nicht geklappt</translation>
        </message>
        <message>
            <source>Details</source>
            <translation>Einzelheiten</translation>
        </message>
        <message>
            <source>Copy report</source>
            <translation>Bericht kopieren</translation>
        </message>
        <message>
            <source>Details of the error</source>
            <translation>Einzelheiten des Fehlers</translation>
        </message>
        <message>
            <source>Copied</source>
            <translation>Kopiert</translation>
        </message>
        <message>
            <source>Show what the program knows about it (Space)</source>
            <translation>Zeigen, was das Programm darüber weiß (Leertaste)</translation>
        </message>
        <message>
            <source>Put the report on the clipboard; nothing is sent anywhere (Space)</source>
            <translation>Den Bericht in die Zwischenablage legen; nichts wird verschickt (Leertaste)</translation>
        </message>
        <message>
            <source>Close this (Esc)</source>
            <translation>Schließen (Esc)</translation>
        </message>
        <message>
            <source>Go on</source>
            <translation>Weiter</translation>
        </message>
        <message>
            <source>Go on from what there is (Enter)</source>
            <translation>Von dem aus weitermachen, was da ist (Enter)</translation>
        </message>
        <message>
            <source>{} (Space)</source>
            <translation>{} (Leertaste)</translation>
        </message>
        <message>
            <source>The audio device has gone; it plays on silently. {0}</source>
            <translation>Das Tongerät ist weg; es geht stumm weiter. {0}</translation>
        </message>
        <message>
            <source>Time</source>
            <translation>Zeit</translation>
        </message>
        <message>
            <source>Speed</source>
            <translation>Tempo</translation>
        </message>
        <message>
            <source>Speed; {0} and {1} play faster with each press</source>
            <translation>Tempo; {0} und {1} spielen mit jedem Druck schneller</translation>
        </message>
        <message>
            <source>A job is at work in this project.</source>
            <translation>In diesem Projekt läuft gerade ein Auftrag.</translation>
        </message>
        <message>
            <source>Wait for it or stop it first.</source>
            <translation>Warte auf ihn oder halte ihn erst an.</translation>
        </message>
        <message>
            <source>No project is open.</source>
            <translation>Es ist kein Projekt offen.</translation>
        </message>
        <message>
            <source>Open one, or drop two videos.</source>
            <translation>Öffne eines oder zieh zwei Videos herein.</translation>
        </message>
        <message>
            <source>Change settings</source>
            <translation>Einstellungen ändern</translation>
        </message>
        <message>
            <source>The project's folder is gone.</source>
            <translation>Der Ordner des Projekts ist weg.</translation>
        </message>
        <message>
            <source>Put it back where it was.</source>
            <translation>Leg ihn dorthin zurück, wo er war.</translation>
        </message>
        <message>
            <source>Trim {}</source>
            <translation>{} zuschneiden</translation>
        </message>
        <message>
            <source>Follow another person in {}</source>
            <translation>Einer anderen Person in {} folgen</translation>
        </message>
        <message>
            <source>Find {} again</source>
            <translation>{} wiederfinden</translation>
        </message>
        <message>
            <source>Start it again: it goes on from what it has. If that fails too, please report it.</source>
            <translation>Starte ihn noch einmal: Er macht mit dem weiter, was da ist. Geht auch das schief, melde es bitte.</translation>
        </message>
        <message>
            <source>Start it again whenever you like: it goes on from there.</source>
            <translation>Starte ihn wieder, wann du magst: Er macht dort weiter.</translation>
        </message>
        <message>
            <source>It did not answer the stop and was ended. What it had written is kept.</source>
            <translation>Der Auftrag hat auf das Anhalten nicht reagiert und wurde beendet. Was er geschrieben hatte, bleibt.</translation>
        </message>
        <message>
            <source>The engine was ended from outside or crashed.</source>
            <translation>Das Rechenprogramm wurde von außen beendet oder ist abgestürzt.</translation>
        </message>
        <message>
            <source>It was stopped and keeps what it has.</source>
            <translation>Der Auftrag wurde angehalten; was er hat, bleibt.</translation>
        </message>
        <message>
            <source>It was taken from the queue before it began.</source>
            <translation>Der Auftrag wurde aus der Warteschlange genommen, bevor er begann.</translation>
        </message>
        <message>
            <source>The engine could not be started.</source>
            <translation>Das Rechenprogramm ließ sich nicht starten.</translation>
        </message>
        <message>
            <source>The engine ended without saying why (exit code {}).</source>
            <translation>Das Rechenprogramm endete, ohne zu sagen, warum (Code {}).</translation>
        </message>
        <message>
            <source>Look at this machine</source>
            <translation>Diesen Rechner ansehen</translation>
        </message>
        <message>
            <source>Processor only. Why?</source>
            <translation>Nur der Prozessor. Warum?</translation>
        </message>
        <message>
            <source>{name}{size}, ready</source>
            <translation>{name}{size}, bereit</translation>
        </message>
        <message>
            <source>Processor only: about {n} min for a rough clip. Why?</source>
            <translation>Nur der Prozessor: etwa {n} min für einen groben Clip. Warum?</translation>
        </message>
        <message>
            <source>Looking at this machine</source>
            <translation>Der Rechner wird angesehen</translation>
        </message>
        <message>
            <source>Finding the dancer</source>
            <translation>Die tanzende Person wird gesucht</translation>
        </message>
        <message>
            <source>Finding the person</source>
            <translation>Die Person wird gesucht</translation>
        </message>
        <message>
            <source>The built-in dancers</source>
            <translation>Die eingebauten Tänzer</translation>
        </message>
        <message>
            <source>Built-in dancers</source>
            <translation>Eingebaute Tänzer</translation>
        </message>
        <message>
            <source>Learning the person</source>
            <translation>Die Person wird gelernt</translation>
        </message>
        <message>
            <source>Making the clip</source>
            <translation>Der Clip entsteht</translation>
        </message>
        <message>
            <source>Takes about {need} on the disk, of {free} that are free.</source>
            <translation>Braucht etwa {need} auf der Platte, von {free} freien.</translation>
        </message>
        <message>
            <source>A dance is missing. Drop it on the card above.</source>
            <translation>Es fehlt ein Tanz. Auf die Karte oben ziehen.</translation>
        </message>
        <message>
            <source>Needs about {need} on the disk, and only {free} are free.</source>
            <translation>Braucht etwa {need} auf der Platte, aber nur {free} sind frei.</translation>
        </message>
        <message>
            <source>Learning needs about {need} of memory, of {there}: it will do with less, slower.</source>
            <translation>Das Lernen braucht etwa {need} Speicher von {there}: Es kommt mit weniger aus, nur langsamer.</translation>
        </message>
        <message>
            <source>Learning takes about {need} of memory, of {there}.</source>
            <translation>Das Lernen braucht etwa {need} von {there} Speicher.</translation>
        </message>
        <message>
            <source>The videos are being looked at.</source>
            <translation>Die Videos werden angesehen.</translation>
        </message>
        <message>
            <source>A video of the person is missing. Drop it on the card above.</source>
            <translation>Es fehlt ein Video der Person. Auf die Karte oben ziehen.</translation>
        </message>
        <message>
            <source>Where is {0} now?</source>
            <translation>Wo ist {0} jetzt?</translation>
        </message>
        <message>
            <source>There is no clip yet. Create it first.</source>
            <translation>Es gibt noch keinen Clip. Zuerst erstellen.</translation>
        </message>
        <message>
            <source>Your clip is ready</source>
            <translation>Dein Clip ist fertig</translation>
        </message>
        <message>
            <source>It is made in {time}.</source>
            <translation>Der Clip ist in {time} fertig.</translation>
        </message>
        <message>
            <source>Learning the person. You can go on working; a notification tells when it is done.</source>
            <translation>Die Person wird gelernt. Du kannst weiterarbeiten; eine Mitteilung sagt, wenn es fertig ist.</translation>
        </message>
        <message>
            <source>The built-in dancer is being learned. A notification tells when it is done.</source>
            <translation>Die eingebaute Tänzerin wird gelernt. Eine Mitteilung sagt, wenn es fertig ist.</translation>
        </message>
        <message>
            <source>The person is learned. The clip is being made.</source>
            <translation>Die Person ist gelernt. Der Clip entsteht.</translation>
        </message>
        <message>
            <source>The clip is being written.</source>
            <translation>Der Clip wird geschrieben.</translation>
        </message>
        <message>
            <source>A first look, with nothing learned yet. How the learning goes can be seen under Training</source>
            <translation>Ein erster Blick, noch ist nichts gelernt. Wie das Lernen vorangeht, zeigt Training</translation>
        </message>
        <message>
            <source>The clip of {0} is ready</source>
            <translation>Der Clip von {0} ist fertig</translation>
        </message>
        <message>
            <source>Close?</source>
            <translation>Schließen?</translation>
        </message>
        <message>
            <source>Stop and close?</source>
            <translation>Anhalten und schließen?</translation>
        </message>
        <message>
            <source>Your clip is still being made. What was learned is kept; the next start offers to go on.</source>
            <translation>Dein Clip entsteht noch. Was gelernt wurde, bleibt; der nächste Start bietet an weiterzumachen.</translation>
        </message>
        <message>
            <source>The engine is still at work. What it has done is kept.</source>
            <translation>Es wird noch gearbeitet. Was fertig ist, bleibt erhalten.</translation>
        </message>
        <message>
            <source>Stay</source>
            <translation>Bleiben</translation>
        </message>
        <message>
            <source>Stop and close</source>
            <translation>Anhalten und schließen</translation>
        </message>
        <message>
            <source>Go on working (Esc)</source>
            <translation>Weiterarbeiten (Esc)</translation>
        </message>
        <message>
            <source>Stop cleanly, then close (Enter)</source>
            <translation>Sauber anhalten, dann schließen (Enter)</translation>
        </message>
        <message>
            <source>Record consent</source>
            <translation>Einwilligung festhalten</translation>
        </message>
        <message>
            <source>Withdraw consent</source>
            <translation>Einwilligung zurücknehmen</translation>
        </message>
        <message>
            <source>Consent</source>
            <translation>Einwilligung</translation>
        </message>
        <message>
            <source>Who is dancing here?</source>
            <translation>Wer tanzt hier?</translation>
        </message>
        <message>
            <source>Names of all who are shown</source>
            <translation>Namen aller, die zu sehen sind</translation>
        </message>
        <message>
            <source>Who agreed</source>
            <translation>Wer eingewilligt hat</translation>
        </message>
        <message>
            <source>The person who shall dance, and whoever can be recognized in the dance</source>
            <translation>Die Person, die tanzen soll, und wer im Tanz zu erkennen ist</translation>
        </message>
        <message>
            <source>When they agreed</source>
            <translation>Wann eingewilligt wurde</translation>
        </message>
        <message>
            <source>The day on which they agreed</source>
            <translation>Der Tag der Einwilligung</translation>
        </message>
        <message>
            <source>W&amp;ho</source>
            <translation>W&amp;er</translation>
        </message>
        <message>
            <source>&amp;When</source>
            <translation>&amp;Wann</translation>
        </message>
        <message>
            <source>Keep this in the project (Enter)</source>
            <translation>Im Projekt festhalten (Eingabe)</translation>
        </message>
        <message>
            <source>Go on without; the clip is labeled (Esc)</source>
            <translation>Ohne weitermachen; der Clip wird gekennzeichnet (Esc)</translation>
        </message>
        <message>
            <source>They agreed</source>
            <translation>Alle sind einverstanden</translation>
        </message>
        <message>
            <source>Not yet</source>
            <translation>Noch nicht</translation>
        </message>
        <message>
            <source>Has everybody who is shown in the videos agreed to that?</source>
            <translation>Sind alle einverstanden, die in den Videos zu sehen sind?</translation>
        </message>
        <message>
            <source>Until then a small label in the corner says how the clip was made.</source>
            <translation>Bis dahin sagt ein kleiner Hinweis in der Ecke, wie der Clip entstanden ist.</translation>
        </message>
        <message>
            <source>Minors: ask their parents, and the children too.</source>
            <translation>Minderjährige: Frag die Eltern und auch die Kinder selbst.</translation>
        </message>
        <message>
            <source>Public figures: only with their own permission; fame is none.</source>
            <translation>Bekannte Personen: nur mit ihrer eigenen Erlaubnis; Ruhm ist keine.</translation>
        </message>
        <message>
            <source>Music: you need the rights to it wherever you publish the clip.</source>
            <translation>Musik: Du brauchst die Rechte daran überall, wo du den Clip veröffentlichst.</translation>
        </message>
        <message>
            <source>This machine</source>
            <translation>Dieser Rechner</translation>
        </message>
        <message>
            <source>What was found</source>
            <translation>Was gefunden wurde</translation>
        </message>
        <message>
            <source>Takes some fifteen seconds</source>
            <translation>Dauert etwa fünfzehn Sekunden</translation>
        </message>
        <message>
            <source> Why?</source>
            <translation> Warum?</translation>
        </message>
        <message>
            <source>Measure again</source>
            <translation>Neu messen</translation>
        </message>
        <message>
            <source>Measuring this machine, some fifteen seconds</source>
            <translation>Dieser Rechner wird vermessen, etwa fünfzehn Sekunden</translation>
        </message>
        <message>
            <source>More</source>
            <translation>Mehr</translation>
        </message>
        <message>
            <source>Pages</source>
            <translation>Seiten</translation>
        </message>
        <message>
            <source>How the dance is fitted to the person's body and camera.</source>
            <translation>Wie der Tanz an Körper und Kamera der Person angepasst wird.</translation>
        </message>
        <message>
            <source>What this project takes on the disk.</source>
            <translation>Was dieses Projekt auf der Platte belegt.</translation>
        </message>
        <message>
            <source>How the program looks and behaves.</source>
            <translation>Wie das Programm aussieht und sich verhält.</translation>
        </message>
        <message>
            <source>As the desktop</source>
            <translation>Wie der Desktop</translation>
        </message>
        <message>
            <source>Dark</source>
            <translation>Dunkel</translation>
        </message>
        <message>
            <source>Light</source>
            <translation>Hell</translation>
        </message>
        <message>
            <source>The language changes with the next start.</source>
            <translation>Die Sprache wechselt mit dem nächsten Start.</translation>
        </message>
        <message>
            <source>Gentle: leave the machine to me while I work</source>
            <translation>Rücksichtsvoll: den Rechner mir überlassen, während ich arbeite</translation>
        </message>
        <message>
            <source>The engine runs at low priority and pauses while you are active; it takes longer</source>
            <translation>Gerechnet wird mit niedriger Priorität und mit Pausen, während du aktiv bist; es dauert länger</translation>
        </message>
        <message>
            <source>Keys...</source>
            <translation>Tasten...</translation>
        </message>
        <message>
            <source>Training</source>
            <translation>Training</translation>
        </message>
        <message>
            <source>How the person is learned.</source>
            <translation>Wie die Person gelernt wird.</translation>
        </message>
        <message>
            <source>Poses</source>
            <translation>Posen</translation>
        </message>
        <message>
            <source>How the people in the videos are found.</source>
            <translation>Wie die Menschen in den Videos gefunden werden.</translation>
        </message>
        <message>
            <source>Fitting</source>
            <translation>Anpassung</translation>
        </message>
        <message>
            <source>Storage</source>
            <translation>Speicher</translation>
        </message>
        <message>
            <source>Colors</source>
            <translation>Farben</translation>
        </message>
        <message>
            <source>Language</source>
            <translation>Sprache</translation>
        </message>
        <message>
            <source>None</source>
            <translation>Keine</translation>
        </message>
        <message>
            <source>Choose a file</source>
            <translation>Eine Datei wählen</translation>
        </message>
        <message>
            <source>automatic</source>
            <translation>automatisch</translation>
        </message>
        <message>
            <source>Choose</source>
            <translation>Wählen</translation>
        </message>
        <message>
            <source>none</source>
            <translation>keine</translation>
        </message>
        <message>
            <source>Forget this person...</source>
            <translation>Diese Person vergessen ...</translation>
        </message>
        <message>
            <source>No project is open</source>
            <translation>Kein Projekt offen</translation>
        </message>
        <message>
            <source>Clean</source>
            <translation>Aufräumen</translation>
        </message>
        <message>
            <source>Delete these files; they are made again when they are needed (Space)</source>
            <translation>Diese Dateien löschen; sie entstehen neu, wenn sie gebraucht werden (Leertaste)</translation>
        </message>
        <message>
            <source>Delete everything learned of the person (Space)</source>
            <translation>Alles löschen, was über die Person gelernt wurde (Leertaste)</translation>
        </message>
        <message>
            <source>Forget this person</source>
            <translation>Diese Person vergessen</translation>
        </message>
        <message>
            <source>Delete everything that was learned of this person?</source>
            <translation>Alles löschen, was über diese Person gelernt wurde?</translation>
        </message>
        <message>
            <source>Forget</source>
            <translation>Vergessen</translation>
        </message>
        <message>
            <source>Poses, masks and small copies of the videos</source>
            <translation>Posen, Masken und kleine Kopien der Videos</translation>
        </message>
        <message>
            <source>Made again from the videos, which takes about as long as the first time.</source>
            <translation>Entsteht neu aus den Videos, was etwa so lange dauert wie beim ersten Mal.</translation>
        </message>
        <message>
            <source>Training pictures</source>
            <translation>Trainingsbilder</translation>
        </message>
        <message>
            <source>Cut out of the person's videos; made again when learning goes on.</source>
            <translation>Aus den Videos der Person geschnitten; entstehen neu, wenn das Lernen weitergeht.</translation>
        </message>
        <message>
            <source>What was learned of the person</source>
            <translation>Was über die Person gelernt wurde</translation>
        </message>
        <message>
            <source>Never cleaned; only forgetting the person deletes it.</source>
            <translation>Wird nie aufgeräumt; nur das Vergessen der Person löscht es.</translation>
        </message>
        <message>
            <source>Rendered dances</source>
            <translation>Gerenderte Tänze</translation>
        </message>
        <message>
            <source>Made again before the next export.</source>
            <translation>Entstehen vor dem nächsten Export neu.</translation>
        </message>
        <message>
            <source>Project file, its copies and exports</source>
            <translation>Projektdatei, ihre Kopien und Exporte</translation>
        </message>
        <message>
            <source>Never cleaned.</source>
            <translation>Wird nie aufgeräumt.</translation>
        </message>
        <message>
            <source>Poses, pictures, trainings, rendered dances and the consent are gone then. </source>
            <translation>Posen, Bilder, Trainings, gerenderte Tänze und die Einwilligung sind dann weg. </translation>
        </message>
        <message>
            <source>Your own videos and exported clips stay. This can't be undone.</source>
            <translation>Deine eigenen Videos und fertigen Clips bleiben. Das lässt sich nicht rückgängig machen.</translation>
        </message>
        <message>
            <source>Keep</source>
            <translation>Behalten</translation>
        </message>
        <message>
            <source>Forgetting the person</source>
            <translation>Die Person wird vergessen</translation>
        </message>
        <message>
            <source>Clean: {}</source>
            <translation>Aufräumen: {}</translation>
        </message>
        <message>
            <source>This project: {}</source>
            <translation>Dieses Projekt: {}</translation>
        </message>
        <message>
            <source>Size of: {}</source>
            <translation>Größe von: {}</translation>
        </message>
        <message>
            <source>{} are free on its disk</source>
            <translation>{} sind auf seinem Datenträger frei</translation>
        </message>
        <message>
            <source>Rough</source>
            <translation>Grob</translation>
        </message>
        <message>
            <source>To see whether it works</source>
            <translation>Um zu sehen, ob es klappt</translation>
        </message>
        <message>
            <source>Good</source>
            <translation>Gut</translation>
        </message>
        <message>
            <source>To show to friends</source>
            <translation>Zum Zeigen unter Freunden</translation>
        </message>
        <message>
            <source>Best</source>
            <translation>Am besten</translation>
        </message>
        <message>
            <source>To publish</source>
            <translation>Zum Veröffentlichen</translation>
        </message>
        <message>
            <source>about {h} h {m} min</source>
            <translation>etwa {h} h {m} min</translation>
        </message>
        <message>
            <source>More settings</source>
            <translation>Mehr Einstellungen</translation>
        </message>
        <message>
            <source>All settings, storage, keys</source>
            <translation>Alle Einstellungen, Speicherplatz, Tasten</translation>
        </message>
        <message>
            <source>about {m} min</source>
            <translation>etwa {m} min</translation>
        </message>
        <message>
            <source>about {h} h</source>
            <translation>etwa {h} h</translation>
        </message>
        <message>
            <source>How much time?</source>
            <translation>Wie viel Zeit?</translation>
        </message>
        <message>
            <source>Create</source>
            <translation>Los</translation>
        </message>
        <message>
            <source>Nothing has to be learned</source>
            <translation>Nichts zu lernen</translation>
        </message>
        <message>
            <source>Better still?</source>
            <translation>Noch besser?</translation>
        </message>
        <message>
            <source>Keep improving</source>
            <translation>Weiter verbessern</translation>
        </message>
        <message>
            <source>Changed something?</source>
            <translation>Etwas geändert?</translation>
        </message>
        <message>
            <source>Make it again</source>
            <translation>Noch einmal erstellen</translation>
        </message>
        <message>
            <source>None yet</source>
            <translation>Noch keine</translation>
        </message>
        <message>
            <source>{name} and {n} more</source>
            <translation>{name} und {n} weitere</translation>
        </message>
        <message>
            <source>Videos</source>
            <translation>Videos</translation>
        </message>
        <message>
            <source>The finished clip</source>
            <translation>Der fertige Clip</translation>
        </message>
        <message>
            <source>Drag the clip out of the window, or export it in another form</source>
            <translation>Zieh den Clip aus dem Fenster oder exportiere ihn in anderer Form</translation>
        </message>
        <message>
            <source>Drag it from here to where you want it.</source>
            <translation>Zieh ihn von hier dorthin, wo du ihn haben willst.</translation>
        </message>
        <message>
            <source>Export...</source>
            <translation>Exportieren...</translation>
        </message>
        <message>
            <source>Dance</source>
            <translation>Tanz</translation>
        </message>
        <message>
            <source>Add another dance for this person</source>
            <translation>Noch einen Tanz für diese Person hinzufügen</translation>
        </message>
        <message>
            <source>Person</source>
            <translation>Person</translation>
        </message>
        <message>
            <source>Add more footage of this person</source>
            <translation>Mehr Aufnahmen dieser Person hinzufügen</translation>
        </message>
        <message>
            <source>Copy the file</source>
            <translation>Die Datei kopieren</translation>
        </message>
        <message>
            <source>Show the file in its folder</source>
            <translation>Die Datei in ihrem Ordner zeigen</translation>
        </message>
        <message>
            <source>Leave some room around the person.</source>
            <translation>Lass etwas Platz um die Person.</translation>
        </message>
        <message>
            <source>Use a video that shows one person from head to foot.</source>
            <translation>Nimm ein Video, das eine Person von Kopf bis Fuß zeigt.</translation>
        </message>
        <message>
            <source>One or two minutes are best.</source>
            <translation>Ein bis zwei Minuten sind am besten.</translation>
        </message>
        <message>
            <source>good</source>
            <translation>gut</translation>
        </message>
        <message>
            <source>with sound</source>
            <translation>mit Ton</translation>
        </message>
        <message>
            <source>no sound</source>
            <translation>ohne Ton</translation>
        </message>
        <message>
            <source>nobody found</source>
            <translation>niemand gefunden</translation>
        </message>
        <message>
            <source>often nobody to be seen</source>
            <translation>oft niemand zu sehen</translation>
        </message>
        <message>
            <source>Trim the video.</source>
            <translation>Schneide das Video zu.</translation>
        </message>
        <message>
            <source>legs or feet never seen</source>
            <translation>Beine oder Füße nie zu sehen</translation>
        </message>
        <message>
            <source>legs leave the picture</source>
            <translation>Beine verlassen das Bild</translation>
        </message>
        <message>
            <source>legs leave the picture at {time}</source>
            <translation>Beine verlassen das Bild bei {time}</translation>
        </message>
        <message>
            <source>head leaves the picture</source>
            <translation>Kopf verlässt das Bild</translation>
        </message>
        <message>
            <source>head leaves the picture at {time}</source>
            <translation>Kopf verlässt das Bild bei {time}</translation>
        </message>
        <message>
            <source>from the side only</source>
            <translation>nur von der Seite</translation>
        </message>
        <message>
            <source>Add some seconds from the front.</source>
            <translation>Nimm ein paar Sekunden von vorn dazu.</translation>
        </message>
        <message>
            <source>person is small</source>
            <translation>Person ist klein</translation>
        </message>
        <message>
            <source>Film from nearer, or larger.</source>
            <translation>Film aus größerer Nähe oder größer.</translation>
        </message>
        <message>
            <source>camera moves</source>
            <translation>Kamera bewegt sich</translation>
        </message>
        <message>
            <source>Film from a tripod, or lean the phone on something.</source>
            <translation>Film vom Stativ oder lehn das Telefon an.</translation>
        </message>
        <message>
            <source>poses unsure</source>
            <translation>Posen unsicher</translation>
        </message>
        <message>
            <source>Look at the result there first.</source>
            <translation>Sieh dir das Ergebnis dort zuerst an.</translation>
        </message>
        <message>
            <source>poses unsure at {time}</source>
            <translation>Posen unsicher bei {time}</translation>
        </message>
        <message>
            <source>small picture</source>
            <translation>kleines Bild</translation>
        </message>
        <message>
            <source>Use the original video.</source>
            <translation>Nimm das Originalvideo.</translation>
        </message>
        <message>
            <source>few frames a second</source>
            <translation>wenige Bilder pro Sekunde</translation>
        </message>
        <message>
            <source>damaged</source>
            <translation>beschädigt</translation>
        </message>
        <message>
            <source>Having a look</source>
            <translation>Wird angesehen</translation>
        </message>
        <message>
            <source>{n} frames/s</source>
            <translation>{n} Bilder/s</translation>
        </message>
        <message>
            <source>Looking at {name}</source>
            <translation>{name} wird angesehen</translation>
        </message>
        <message>
            <source>only {n} s long</source>
            <translation>nur {n} s lang</translation>
        </message>
        <message>
            <source>{name}: {start} to {stop} is used, {count} problems.</source>
            <translation>{name}: {start} bis {stop} wird verwendet, {count} Probleme.</translation>
        </message>
        <message>
            <source>{time} of {duration}</source>
            <translation>{time} von {duration}</translation>
        </message>
        <message>
            <source>Next beat</source>
            <translation>Nächster Taktschlag</translation>
        </message>
        <message>
            <source>Beat before</source>
            <translation>Taktschlag davor</translation>
        </message>
        <message>
            <source>The part that is used begins here</source>
            <translation>Hier beginnt der verwendete Teil</translation>
        </message>
        <message>
            <source>The part that is used ends here</source>
            <translation>Hier endet der verwendete Teil</translation>
        </message>
        <message>
            <source>Use all of it</source>
            <translation>Alles verwenden</translation>
        </message>
        <message>
            <source>Next problem</source>
            <translation>Nächstes Problem</translation>
        </message>
        <message>
            <source>Problem before</source>
            <translation>Problem davor</translation>
        </message>
        <message>
            <source>Next video</source>
            <translation>Nächstes Video</translation>
        </message>
        <message>
            <source>Video before</source>
            <translation>Video davor</translation>
        </message>
        <message>
            <source>Show everything</source>
            <translation>Alles zeigen</translation>
        </message>
        <message>
            <source>I: begin here</source>
            <translation>I: hier beginnen</translation>
        </message>
        <message>
            <source>O: end here</source>
            <translation>O: hier enden</translation>
        </message>
        <message>
            <source>Alt: not to the beat</source>
            <translation>Alt: nicht auf den Takt</translation>
        </message>
        <message>
            <source>N: next problem</source>
            <translation>N: nächstes Problem</translation>
        </message>
        <message>
            <source>The dance and the person appear here</source>
            <translation>Hier erscheinen der Tanz und die Person</translation>
        </message>
        <message>
            <source>Progress</source>
            <translation>Fortschritt</translation>
        </message>
        <message>
            <source>Stop; what was done is kept</source>
            <translation>Anhalten; was fertig ist, bleibt</translation>
        </message>
        <message>
            <source>All projects</source>
            <translation>Alle Projekte</translation>
        </message>
        <message>
            <source>The dance that is worked on; a project has one person and any number of dances</source>
            <translation>Der Tanz, an dem gearbeitet wird; ein Projekt hat eine Person und beliebig viele Tänze</translation>
        </message>
        <message>
            <source>Stopping</source>
            <translation>Wird angehalten</translation>
        </message>
        <message>
            <source>Clip</source>
            <translation>Clip</translation>
        </message>
        <message>
            <source>No score yet</source>
            <translation>Noch keine Bewertung</translation>
        </message>
        <message>
            <source>Likeness to held-out frames over the training time</source>
            <translation>Ähnlichkeit mit zurückgehaltenen Bildern im Lauf des Trainings</translation>
        </message>
        <message>
            <source>The curve begins with the first score</source>
            <translation>Die Kurve beginnt mit der ersten Bewertung</translation>
        </message>
        <message>
            <source>{time}: {score} dB</source>
            <translation>{time}: {score} dB</translation>
        </message>
        <message>
            <source>{count} scores, the best {score} dB after {time}</source>
            <translation>{count} Bewertungen, die beste {score} dB nach {time}</translation>
        </message>
        <message>
            <source>best {score} dB at {time}</source>
            <translation>am besten {score} dB bei {time}</translation>
        </message>
        <message>
            <source>Nothing learned yet</source>
            <translation>Noch nichts gelernt</translation>
        </message>
        <message>
            <source>Finished: your clip is made, and what was learned is kept</source>
            <translation>Fertig: Der Clip ist gemacht, und das Gelernte bleibt erhalten</translation>
        </message>
        <message>
            <source>Paused: what was learned is kept</source>
            <translation>Pause: Was gelernt ist, bleibt</translation>
        </message>
        <message>
            <source>Learned. More time would change little</source>
            <translation>Gelernt. Mehr Zeit würde wenig ändern</translation>
        </message>
        <message>
            <source>face</source>
            <translation>Gesicht</translation>
        </message>
        <message>
            <source>left hand</source>
            <translation>linke Hand</translation>
        </message>
        <message>
            <source>right hand</source>
            <translation>rechte Hand</translation>
        </message>
        <message>
            <source>Learning</source>
            <translation>Lernt</translation>
        </message>
        <message>
            <source>Still improving</source>
            <translation>Wird noch besser</translation>
        </message>
        <message>
            <source>Hardly improving any more: good enough to render</source>
            <translation>Wird kaum noch besser: gut genug zum Rendern</translation>
        </message>
        <message>
            <source>{how}, about {time} more</source>
            <translation>{how}, noch etwa {time}</translation>
        </message>
        <message>
            <source>Learned. About {time} more would make it better still</source>
            <translation>Gelernt. Noch etwa {time} würden es besser machen</translation>
        </message>
        <message>
            <source>{n} h</source>
            <translation>{n} h</translation>
        </message>
        <message>
            <source>The body is learned, now the face</source>
            <translation>Der Körper sitzt, jetzt das Gesicht</translation>
        </message>
        <message>
            <source>The body is learned, now face and hands</source>
            <translation>Der Körper ist gelernt, nun Gesicht und Hände</translation>
        </message>
        <message>
            <source>{n} s</source>
            <translation>{n} s</translation>
        </message>
        <message>
            <source>{n} min</source>
            <translation>{n} min</translation>
        </message>
        <message>
            <source>How good is it?</source>
            <translation>Wie gut ist es?</translation>
        </message>
        <message>
            <source>Report of the training</source>
            <translation>Bericht vom Training</translation>
        </message>
        <message>
            <source>How the likeness rose, and the frames it made worst, beside what was filmed.</source>
            <translation>Wie die Ähnlichkeit stieg, und die am schlechtesten gelungenen Bilder, neben dem, was gefilmt wurde.</translation>
        </message>
        <message>
            <source>This picture is damaged</source>
            <translation>Dieses Bild ist beschädigt</translation>
        </message>
        <message>
            <source>Nearer (mouse wheel)</source>
            <translation>Näher (Mausrad)</translation>
        </message>
        <message>
            <source>Farther (mouse wheel)</source>
            <translation>Weiter weg (Mausrad)</translation>
        </message>
        <message>
            <source>Whole</source>
            <translation>Ganz</translation>
        </message>
        <message>
            <source>The whole picture (double click)</source>
            <translation>Das ganze Bild (Doppelklick)</translation>
        </message>
        <message>
            <source>The dance, its skeleton and the result</source>
            <translation>Der Tanz, sein Skelett und das Ergebnis</translation>
        </message>
        <message>
            <source>Two pictures behind each other, with a handle</source>
            <translation>Zwei Bilder hintereinander, mit einem Griff</translation>
        </message>
        <message>
            <source>with</source>
            <translation>mit</translation>
        </message>
        <message>
            <source>Compare with</source>
            <translation>Vergleichen mit</translation>
        </message>
        <message>
            <source>What lies on the right of the wipe</source>
            <translation>Was rechts vom Schieber liegt</translation>
        </message>
        <message>
            <source>Previews, from the first to the newest</source>
            <translation>Vorschaubilder, vom ersten bis zum neuesten</translation>
        </message>
        <message>
            <source>Back to earlier pictures (left and right arrow, Home, End)</source>
            <translation>Zurück zu früheren Bildern (Pfeil links und rechts, Pos1, Ende)</translation>
        </message>
        <message>
            <source>Newest</source>
            <translation>Neuestes</translation>
        </message>
        <message>
            <source>Always show the newest picture</source>
            <translation>Immer das neueste Bild zeigen</translation>
        </message>
        <message>
            <source>Always show the newest picture (End)</source>
            <translation>Immer das neueste Bild zeigen (Ende)</translation>
        </message>
        <message>
            <source>The real, held-out frame</source>
            <translation>Das echte, zurückgehaltene Bild</translation>
        </message>
        <message>
            <source>The newest picture</source>
            <translation>Das neueste Bild</translation>
        </message>
        <message>
            <source>The first picture comes within seconds</source>
            <translation>Das erste Bild kommt in wenigen Sekunden</translation>
        </message>
        <message>
            <source>Nothing to see yet</source>
            <translation>Noch nichts zu sehen</translation>
        </message>
        <message>
            <source>after {time}, step {step}</source>
            <translation>nach {time}, Schritt {step}</translation>
        </message>
        <message>
            <source>Skeleton</source>
            <translation>Skelett</translation>
        </message>
        <message>
            <source>Result</source>
            <translation>Ergebnis</translation>
        </message>
        <message>
            <source>Real</source>
            <translation>Echt</translation>
        </message>
        <message>
            <source>The picture at {time}</source>
            <translation>Das Bild bei {time}</translation>
        </message>
        <message>
            <source>Result at {time}</source>
            <translation>Ergebnis bei {time}</translation>
        </message>
        <message>
            <source>Getting ready to learn</source>
            <translation>Das Lernen wird vorbereitet</translation>
        </message>
        <message>
            <source>Used part of the planned time</source>
            <translation>Verbrauchter Teil der geplanten Zeit</translation>
        </message>
        <message>
            <source>Pause</source>
            <translation>Pause</translation>
        </message>
        <message>
            <source>Stop for now; what was learned is kept</source>
            <translation>Vorerst anhalten; was gelernt ist, bleibt</translation>
        </message>
        <message>
            <source>Go on with the rest of the planned time</source>
            <translation>Mit dem Rest der geplanten Zeit weitermachen</translation>
        </message>
        <message>
            <source>More time</source>
            <translation>Mehr Zeit</translation>
        </message>
        <message>
            <source>Go on for longer than was planned</source>
            <translation>Länger weitermachen als geplant</translation>
        </message>
        <message>
            <source>Good enough, render now</source>
            <translation>Gut genug, jetzt rendern</translation>
        </message>
        <message>
            <source>Stop learning and make the clip with the best so far</source>
            <translation>Mit Lernen aufhören und den Clip mit dem Besten bisher machen</translation>
        </message>
        <message>
            <source>The frames it made worst, beside what was filmed</source>
            <translation>Die am schlechtesten gelungenen Bilder, neben dem, was gefilmt wurde</translation>
        </message>
        <message>
            <source>Stopping; what was learned is kept</source>
            <translation>Hält an; was gelernt ist, bleibt</translation>
        </message>
        <message>
            <source>Learned enough: the clip is being made</source>
            <translation>Genug gelernt: Der Clip entsteht</translation>
        </message>
        <message>
            <source>The clip is being written</source>
            <translation>Der Clip wird geschrieben</translation>
        </message>
        <message>
            <source>Learned. A last look at how good it is</source>
            <translation>Gelernt. Ein letzter Blick darauf, wie gut es ist</translation>
        </message>
        <message>
            <source>Getting ready to go on</source>
            <translation>Das Weitermachen wird vorbereitet</translation>
        </message>
        <message>
            <source>{n} hours more</source>
            <translation>Noch {n} Stunden</translation>
        </message>
        <message>
            <source>{n} minutes more</source>
            <translation>Noch {n} Minuten</translation>
        </message>
        <message>
            <source>Cut off before anything was kept: the learning begins anew</source>
            <translation>Abgebrochen, bevor etwas behalten wurde: Das Lernen beginnt von vorn</translation>
        </message>
        <message>
            <source>Learning begins anew: the last try was cut off before anything was kept</source>
            <translation>Das Lernen beginnt von vorn: Der letzte Versuch brach ab, bevor etwas behalten wurde</translation>
        </message>
        <message>
            <source>Learning begins</source>
            <translation>Das Lernen beginnt</translation>
        </message>
        <message>
            <source>{used} of {planned}, {steps} steps</source>
            <translation>{used} von {planned}, {steps} Schritte</translation>
        </message>
        <message>
            <source>Begin anew</source>
            <translation>Von vorn beginnen</translation>
        </message>
        <message>
            <source>Render</source>
            <translation>Rendern</translation>
        </message>
        <message>
            <source>1 hour more</source>
            <translation>Noch 1 Stunde</translation>
        </message>
        <message>
            <source>{used}, {steps} steps</source>
            <translation>{used}, {steps} Schritte</translation>
        </message>
        <message>
            <source>, likeness {score} dB</source>
            <translation>, Ähnlichkeit {score} dB</translation>
        </message>
        <message>
            <source>, graphics card waiting {share} %</source>
            <translation>, Grafikkarte wartet {share} %</translation>
        </message>
        <message>
            <source>about {time} more</source>
            <translation>noch etwa {time}</translation>
        </message>
        <message>
            <source>, made finer: {parts}</source>
            <translation>, verfeinert: {parts}</translation>
        </message>
        <message>
            <source>nose</source>
            <translation>Nase</translation>
        </message>
        <message>
            <source>left eye</source>
            <translation>linkes Auge</translation>
        </message>
        <message>
            <source>right eye</source>
            <translation>rechtes Auge</translation>
        </message>
        <message>
            <source>left ear</source>
            <translation>linkes Ohr</translation>
        </message>
        <message>
            <source>right ear</source>
            <translation>rechtes Ohr</translation>
        </message>
        <message>
            <source>left shoulder</source>
            <translation>linke Schulter</translation>
        </message>
        <message>
            <source>right shoulder</source>
            <translation>rechte Schulter</translation>
        </message>
        <message>
            <source>left elbow</source>
            <translation>linker Ellbogen</translation>
        </message>
        <message>
            <source>right elbow</source>
            <translation>rechter Ellbogen</translation>
        </message>
        <message>
            <source>left wrist</source>
            <translation>linkes Handgelenk</translation>
        </message>
        <message>
            <source>right wrist</source>
            <translation>rechtes Handgelenk</translation>
        </message>
        <message>
            <source>left hip</source>
            <translation>linke Hüfte</translation>
        </message>
        <message>
            <source>right hip</source>
            <translation>rechte Hüfte</translation>
        </message>
        <message>
            <source>left knee</source>
            <translation>linkes Knie</translation>
        </message>
        <message>
            <source>right knee</source>
            <translation>rechtes Knie</translation>
        </message>
        <message>
            <source>left ankle</source>
            <translation>linker Knöchel</translation>
        </message>
        <message>
            <source>right ankle</source>
            <translation>rechter Knöchel</translation>
        </message>
        <message>
            <source>left big toe</source>
            <translation>linker großer Zeh</translation>
        </message>
        <message>
            <source>right big toe</source>
            <translation>rechter großer Zeh</translation>
        </message>
        <message>
            <source>left small toe</source>
            <translation>linker kleiner Zeh</translation>
        </message>
        <message>
            <source>right small toe</source>
            <translation>rechter kleiner Zeh</translation>
        </message>
        <message>
            <source>left heel</source>
            <translation>linke Ferse</translation>
        </message>
        <message>
            <source>right heel</source>
            <translation>rechte Ferse</translation>
        </message>
        <message>
            <source>head</source>
            <translation>Kopf</translation>
        </message>
        <message>
            <source>left arm</source>
            <translation>linker Arm</translation>
        </message>
        <message>
            <source>right arm</source>
            <translation>rechter Arm</translation>
        </message>
        <message>
            <source>left leg</source>
            <translation>linkes Bein</translation>
        </message>
        <message>
            <source>right leg</source>
            <translation>rechtes Bein</translation>
        </message>
        <message>
            <source>left foot</source>
            <translation>linker Fuß</translation>
        </message>
        <message>
            <source>right foot</source>
            <translation>rechter Fuß</translation>
        </message>
        <message>
            <source>Swap left and right</source>
            <translation>Links und rechts tauschen</translation>
        </message>
        <message>
            <source>Put back</source>
            <translation>Zurücksetzen</translation>
        </message>
        <message>
            <source>Move {0}</source>
            <translation>{0} bewegen</translation>
        </message>
        <message>
            <source>Hide {0}</source>
            <translation>{0} ausblenden</translation>
        </message>
        <message>
            <source>This limb is not to be seen here</source>
            <translation>Diese Gliedmaße ist hier nicht zu sehen</translation>
        </message>
        <message>
            <source>Swap sides</source>
            <translation>Seiten tauschen</translation>
        </message>
        <message>
            <source>Left was taken for right</source>
            <translation>Links wurde für rechts gehalten</translation>
        </message>
        <message>
            <source>Take out what was touched up at this frame</source>
            <translation>Zurücknehmen, was an diesem Bild nachgebessert wurde</translation>
        </message>
        <message>
            <source>Done</source>
            <translation>Fertig</translation>
        </message>
        <message>
            <source>Leave the touch-up mode; changes are kept</source>
            <translation>Nachbessern beenden; Änderungen bleiben</translation>
        </message>
        <message>
            <source>How far a change reaches</source>
            <translation>Wie weit eine Änderung reicht</translation>
        </message>
        <message>
            <source>How far a change reaches before and after this frame</source>
            <translation>Wie weit eine Änderung vor und nach diesem Bild reicht</translation>
        </message>
        <message>
            <source>Reaches</source>
            <translation>Reicht</translation>
        </message>
        <message>
            <source>Hide limb</source>
            <translation>Gliedmaße ausblenden</translation>
        </message>
        <message>
            <source>Arms and legs</source>
            <translation>Arme und Beine</translation>
        </message>
        <message>
            <source>Arms only</source>
            <translation>Nur Arme</translation>
        </message>
        <message>
            <source>Legs only</source>
            <translation>Nur Beine</translation>
        </message>
        <message>
            <source>This frame</source>
            <translation>Dieses Bild</translation>
        </message>
        <message>
            <source>0.2 s around</source>
            <translation>0,2 s ringsum</translation>
        </message>
        <message>
            <source>0.5 s around</source>
            <translation>0,5 s ringsum</translation>
        </message>
        <message>
            <source>1 s around</source>
            <translation>1 s ringsum</translation>
        </message>
        <message>
            <source>From in to out</source>
            <translation>Von Anfang bis Ende der Auswahl</translation>
        </message>
        <message>
            <source>Drag a joint, or click one</source>
            <translation>Zieh ein Gelenk oder klick eines an</translation>
        </message>
        <message>
            <source>Pose</source>
            <translation>Pose</translation>
        </message>
        <message>
            <source>Take this video away</source>
            <translation>Dieses Video wegnehmen</translation>
        </message>
        <message>
            <source>All files</source>
            <translation>Alle Dateien</translation>
        </message>
        <message>
            <source>Drop or paste a video here, or press Enter to choose one</source>
            <translation>Zieh ein Video herein oder füge es ein, oder drück Enter, um eines zu wählen</translation>
        </message>
        <message>
            <source>Before you film</source>
            <translation>Bevor du filmst</translation>
        </message>
        <message>
            <source>Before you film the person</source>
            <translation>Bevor du die Person filmst</translation>
        </message>
        <message>
            <source>The program learns how this person looks from every side. Show it.</source>
            <translation>Das Programm lernt, wie diese Person von allen Seiten aussieht. Zeig es ihm.</translation>
        </message>
        <message>
            <source>The camera stands still</source>
            <translation>Die Kamera steht still</translation>
        </message>
        <message>
            <source>A tripod, or the phone leaned on something. What moves behind the person is learned too.</source>
            <translation>Ein Stativ, oder das Telefon angelehnt. Was sich hinter der Person bewegt, wird mitgelernt.</translation>
        </message>
        <message>
            <source>The whole body, with room around</source>
            <translation>Der ganze Körper, mit Platz ringsum</translation>
        </message>
        <message>
            <source>From the hair to the shoes, also with the arms up. Upright or across, as the clip shall be.</source>
            <translation>Von den Haaren bis zu den Schuhen, auch mit erhobenen Armen. Hoch oder quer, wie der Clip werden soll.</translation>
        </message>
        <message>
            <source>Turn around once, slowly</source>
            <translation>Dreh dich einmal langsam um</translation>
        </message>
        <message>
            <source>Front, side, back, side. A dance that turns needs all of them.</source>
            <translation>Vorn, Seite, hinten, Seite. Ein Tanz mit Drehungen braucht sie alle.</translation>
        </message>
        <message>
            <source>Move like the dance will</source>
            <translation>Beweg dich, wie es der Tanz tun wird</translation>
        </message>
        <message>
            <source>Arms up and to the sides, knees up, steps left and right, a few moves of your own.</source>
            <translation>Arme hoch und zur Seite, Knie hoch, Schritte nach links und rechts, ein paar eigene Bewegungen.</translation>
        </message>
        <message>
            <source>About two minutes, one outfit, even light</source>
            <translation>Etwa zwei Minuten, eine Kleidung, gleichmäßiges Licht</translation>
        </message>
        <message>
            <source>30 seconds work. More gives a better clip, and can be added later.</source>
            <translation>30 Sekunden gehen. Mehr gibt einen besseren Clip und kann später dazukommen.</translation>
        </message>
        <message>
            <source>Got it</source>
            <translation>Alles klar</translation>
        </message>
        <message>
            <source>Welcome</source>
            <translation>Willkommen</translation>
        </message>
        <message>
            <source>Drop the video whose moves you want, or click to choose</source>
            <translation>Zieh das Video herein, dessen Bewegungen du willst, oder klick zum Wählen</translation>
        </message>
        <message>
            <source>Drop a video of who shall dance, or click to choose</source>
            <translation>Zieh ein Video von der Person herein, die tanzen soll, oder klick zum Wählen</translation>
        </message>
        <message>
            <source>Make anyone dance</source>
            <translation>Lass alle tanzen</translation>
        </message>
        <message>
            <source>Two videos in, one clip out. Everything happens on this machine; nothing is sent anywhere.</source>
            <translation>Zwei Videos rein, ein Clip raus. Alles geschieht auf diesem Rechner; nichts wird verschickt.</translation>
        </message>
        <message>
            <source>Go on with what was interrupted</source>
            <translation>Mit dem Unterbrochenen weitermachen</translation>
        </message>
        <message>
            <source>Go on where it was stopped; nothing was lost</source>
            <translation>Dort weitermachen, wo angehalten wurde; nichts ging verloren</translation>
        </message>
        <message>
            <source>Try it with the built-in dancers</source>
            <translation>Mit den eingebauten Figuren ausprobieren</translation>
        </message>
        <message>
            <source>A drawn dancer is learned in minutes</source>
            <translation>Eine gezeichnete Figur ist in Minuten gelernt</translation>
        </message>
        <message>
            <source>What makes a good video of the person</source>
            <translation>Was ein gutes Video der Person ausmacht</translation>
        </message>
        <message>
            <source>What this machine can do, and how long it takes</source>
            <translation>Was dieser Rechner kann und wie lange es dauert</translation>
        </message>
        <message>
            <source>Recent</source>
            <translation>Zuletzt</translation>
        </message>
        <message>
            <source>Open another project</source>
            <translation>Anderes Projekt öffnen</translation>
        </message>
        <message>
            <source>Choose the folder of a project</source>
            <translation>Den Ordner eines Projekts wählen</translation>
        </message>
        <message>
            <source>Open {0}</source>
            <translation>{0} öffnen</translation>
        </message>
        <message>
            <source>The making of {0} was interrupted. Nothing is lost.</source>
            <translation>Die Arbeit an {0} wurde unterbrochen. Nichts ist verloren.</translation>
        </message>
        <message>
            <source>The engine is at work in this project. Stop it first.</source>
            <translation>In diesem Projekt wird gearbeitet. Halte es zuerst an.</translation>
        </message>
        <message>
            <source>The making of {0} was cut off right at its start; the learning begins anew.</source>
            <translation>Die Arbeit an {0} brach gleich am Anfang ab; das Lernen beginnt von vorn.</translation>
        </message>
        <message>
            <source>The built-in dancers are being drawn; their project opens in a moment.</source>
            <translation>Die eingebauten Tänzer werden gezeichnet; ihr Projekt öffnet sich gleich.</translation>
        </message>
        <message>
            <source>First look, before learning: the person's own frames</source>
            <translation>Erster Blick, vor dem Lernen: eigene Bilder der Person</translation>
        </message>
        <message>
            <source>Having a look at the videos</source>
            <translation>Die Videos werden angesehen</translation>
        </message>
        <message>
            <source>The poses of the dance are not known yet</source>
            <translation>Die Posen des Tanzes sind noch nicht bekannt</translation>
        </message>
        <message>
            <source>Fitted to the person</source>
            <translation>An die Person angepasst</translation>
        </message>
        <message>
            <source>The clip does not show this moment</source>
            <translation>Der Clip zeigt diesen Moment nicht</translation>
        </message>
        <message>
            <source>What finds the joints; dwpose and rtmw are stronger and slower, and need weights that you download.</source>
            <translation>Was die Gelenke findet; dwpose und rtmw sind stärker und langsamer und brauchen Gewichte, die du herunterlädst.</translation>
        </message>
        <message>
            <source>best learns the person and mixes in their own frames, fast learns alone and renders quicker; sprites learns nothing and moves the own frames; the others are published methods.</source>
            <translation>best lernt die Person und mischt ihre eigenen Bilder ein, fast lernt nur und rendert schneller; sprites lernt nichts und bewegt die eigenen Bilder; die anderen sind veröffentlichte Verfahren.</translation>
        </message>
        <message>
            <source>Height of the generator's output: the person crop, in edn the whole frame.</source>
            <translation>Höhe dessen, was der Generator malt: der Ausschnitt mit der Person, bei edn das ganze Bild.</translation>
        </message>
        <message>
            <source>pixels</source>
            <translation>Pixel</translation>
        </message>
        <message>
            <source>Training time, summed over all runs of this person; more can be added later.</source>
            <translation>Trainingszeit, über alle Läufe dieser Person zusammengezählt; später kann mehr dazukommen.</translation>
        </message>
        <message>
            <source>seconds</source>
            <translation>Sekunden</translation>
        </message>
        <message>
            <source>Train this many steps instead of a time.</source>
            <translation>So viele Schritte trainieren statt einer Zeit.</translation>
        </message>
        <message>
            <source>steps</source>
            <translation>Schritte</translation>
        </message>
        <message>
            <source>Start value of everything random.</source>
            <translation>Startwert für alles Zufällige.</translation>
        </message>
        <message>
            <source>Channels of the generator's first layer; the recipe's own where not given.</source>
            <translation>Kanäle der ersten Schicht des Generators; ohne Angabe die des Rezepts.</translation>
        </message>
        <message>
            <source>channels</source>
            <translation>Kanäle</translation>
        </message>
        <message>
            <source>Residual blocks of the generator; the recipe's own where not given.</source>
            <translation>Residualblöcke des Generators; ohne Angabe die des Rezepts.</translation>
        </message>
        <message>
            <source>Frames that each step learns from; the recipe's own where not given. Several graphics cards share them.</source>
            <translation>Bilder, aus denen jeder Schritt lernt; ohne Angabe so viele wie im Rezept. Mehrere Grafikkarten teilen sie sich.</translation>
        </message>
        <message>
            <source>frames</source>
            <translation>Bilder</translation>
        </message>
        <message>
            <source>What a new training starts from: base, the generator that is shipped (where there is one of these sizes), none, or an earlier project.</source>
            <translation>Womit ein neues Training beginnt: base, der mitgelieferte Generator (wo es einen in dieser Größe gibt), none oder ein früheres Projekt.</translation>
        </message>
        <message>
            <source>Where to compute: auto takes the graphics card where one works.</source>
            <translation>Wo gerechnet wird: auto nimmt die Grafikkarte, wenn eine funktioniert.</translation>
        </message>
        <message>
            <source>What draws the frames of a rendering: auto measures PyTorch against ONNX Runtime once and takes the faster; tensorrt is ONNX Runtime's, and needs minutes the first time.</source>
            <translation>Womit gerendert wird: auto misst einmal PyTorch gegen ONNX Runtime und nimmt das Schnellere; tensorrt gehört zu ONNX Runtime und braucht beim ersten Mal Minuten.</translation>
        </message>
        <message>
            <source>body fits every limb, the floor and the camera; the others are published methods, for comparison.</source>
            <translation>body passt jede Gliedmaße, den Boden und die Kamera an; die anderen sind veröffentlichte Verfahren zum Vergleich.</translation>
        </message>
        <message>
            <source>Where the dance stands, 0 left to 1 right in the picture; where the person stood if not given.</source>
            <translation>Wo der Tanz steht, 0 links bis 1 rechts im Bild; ohne Angabe dort, wo die Person stand.</translation>
        </message>
        <message>
            <source>Name of the dance in the project; the newest where not given.</source>
            <translation>Name des Tanzes im Projekt; ohne Angabe der neueste.</translation>
        </message>
        <message>
            <source>Render from this time of the dance on.</source>
            <translation>Ab dieser Zeit des Tanzes rendern.</translation>
        </message>
        <message>
            <source>Render up to this time of the dance.</source>
            <translation>Bis zu dieser Zeit des Tanzes rendern.</translation>
        </message>
        <message>
            <source>The kind of file: own is an MP4 in the size of the person's video; wide and the like are made for a use.</source>
            <translation>Die Art der Datei: own ist ein MP4 in der Größe des Videos der Person; wide und die übrigen sind für einen Zweck gemacht.</translation>
        </message>
        <message>
            <source>What of the picture is seen: auto follows the dancer where the preset has another shape, else whole; close also comes near; still doesn't move.</source>
            <translation>Was vom Bild zu sehen ist: auto folgt dem Tanz, wo die Vorlage eine andere Form hat, sonst ganz; close geht auch nah heran; still bewegt sich nicht.</translation>
        </message>
        <message>
            <source>Resample to this frame rate; otherwise every frame keeps the dance's own time.</source>
            <translation>Auf diese Bildrate umrechnen; sonst behält jedes Bild die Zeit des Tanzes.</translation>
        </message>
        <message>
            <source>frames/s</source>
            <translation>Bilder/s</translation>
        </message>
        <message>
            <source>Whether the clip has sound: the dance's own, or that of --music.</source>
            <translation>Ob der Clip Ton hat: den des Tanzes oder den von --music.</translation>
        </message>
        <message>
            <source>A file whose sound takes the place of the dance's.</source>
            <translation>Eine Datei, deren Ton an die Stelle des Tons des Tanzes tritt.</translation>
        </message>
        <message>
            <source>The time of the music that the clip begins with; below 0 the music sets in that much later.</source>
            <translation>Die Stelle der Musik, mit der der Clip beginnt; unter 0 setzt die Musik um so viel später ein.</translation>
        </message>
        <message>
            <source>Fade the sound out over this time at the end.</source>
            <translation>Den Ton am Ende über diese Zeit ausblenden.</translation>
        </message>
        <message>
            <source>Fade the sound in over this time.</source>
            <translation>Den Ton über diese Zeit einblenden.</translation>
        </message>
        <message>
            <source>hardware is quicker and a little worse; where no such encoder opens, software is taken.</source>
            <translation>hardware ist schneller und etwas schlechter; wo sich kein solcher Encoder öffnet, wird software genommen.</translation>
        </message>
        <message>
            <source>The visible corner label: auto shows it until a consent is recorded.</source>
            <translation>Der sichtbare Hinweis in der Ecke: auto zeigt ihn, bis eine Einwilligung festgehalten ist.</translation>
        </message>
        <message>
            <source>What is behind the dancer: own is the person's background; or a picture or video file, which fills the picture; none leaves it see-through, for presets that can.</source>
            <translation>Was hinter dem Tänzer ist: own ist der Hintergrund der Person; oder eine Bild- oder Videodatei, die das Bild füllt; none lässt ihn durchsichtig, wo die Vorgabe das kann.</translation>
        </message>
        <message>
            <source>How the dancer meets another plate: plain, or poisson, which takes on its light, evenly over place and time.</source>
            <translation>Wie der Tänzer in einen anderen Hintergrund kommt: plain, oder poisson, das dessen Licht annimmt, gleichmäßig über Ort und Zeit.</translation>
        </message>
        <message>
            <source>Length of the loop, as near as its material allows; where not given, the longest that nobody notices, or the best.</source>
            <translation>Länge der Schleife, so genau das Material es erlaubt; ohne Angabe die längste, die niemand bemerkt, sonst die beste.</translation>
        </message>
        <message>
            <source>Instead of a loop, play the clip for so long in an order drawn by chance.</source>
            <translation>Statt einer Schleife den Clip so lange in zufälliger Reihenfolge spielen.</translation>
        </message>
        <message>
            <source>Another number draws another order.</source>
            <translation>Eine andere Zahl ergibt eine andere Reihenfolge.</translation>
        </message>
        <message>
            <source>Number of the webcam, where no video is given.</source>
            <translation>Nummer der Webcam, wenn kein Video angegeben ist.</translation>
        </message>
        <message>
            <source>Whether the dancer moves as in a mirror: auto does before a webcam.</source>
            <translation>Ob sich die Figur wie im Spiegel bewegt: auto tut das vor einer Webcam.</translation>
        </message>
        <message>
            <source>Whether a window shows the dancer: auto where there is a screen; off writes the file alone.</source>
            <translation>Ob ein Fenster die Figur zeigt: auto, wo es einen Bildschirm gibt; off schreibt nur die Datei.</translation>
        </message>
        <message>
            <source>own shows a video at its own pace and passes over what comes too quickly; all draws every frame of it, as quickly as that goes.</source>
            <translation>own zeigt ein Video in seinem eigenen Tempo und übergeht, was zu schnell kommt; all zeichnet jedes Bild davon, so schnell es geht.</translation>
        </message>
        <message>
            <source>End after this time.</source>
            <translation>Nach dieser Zeit enden.</translation>
        </message>
        <message>
            <source>MP4 in the size of the person's video: plays everywhere.</source>
            <translation>MP4 in der Größe des Videos der Person: läuft überall.</translation>
        </message>
        <message>
            <source>Vertical 9:16</source>
            <translation>Hochformat 9:16</translation>
        </message>
        <message>
            <source>1080x1920 for TikTok, Reels and Shorts.</source>
            <translation>1080x1920 für TikTok, Reels und Shorts.</translation>
        </message>
        <message>
            <source>Wide 16:9</source>
            <translation>Breit 16:9</translation>
        </message>
        <message>
            <source>1920x1080 for YouTube and television.</source>
            <translation>1920x1080 für YouTube und Fernsehen.</translation>
        </message>
        <message>
            <source>Square 1:1</source>
            <translation>Quadrat 1:1</translation>
        </message>
        <message>
            <source>1080x1080 for feeds.</source>
            <translation>1080x1080 für Feeds.</translation>
        </message>
        <message>
            <source>Small file</source>
            <translation>Kleine Datei</translation>
        </message>
        <message>
            <source>H.265 with at most 720 lines, for messengers.</source>
            <translation>H.265 mit höchstens 720 Zeilen, für Messenger.</translation>
        </message>
        <message>
            <source>Web</source>
            <translation>Web</translation>
        </message>
        <message>
            <source>AV1 and Opus in WebM: small, for web pages.</source>
            <translation>AV1 und Opus in WebM: klein, für Webseiten.</translation>
        </message>
        <message>
            <source>ProRes 422 HQ</source>
            <translation>ProRes 422 HQ</translation>
        </message>
        <message>
            <source>For editing programs; large.</source>
            <translation>Für Schnittprogramme; groß.</translation>
        </message>
        <message>
            <source>ProRes 4444, cut out</source>
            <translation>ProRes 4444, freigestellt</translation>
        </message>
        <message>
            <source>The dancer alone, see-through around.</source>
            <translation>Nur die tanzende Person, ringsum durchsichtig.</translation>
        </message>
        <message>
            <source>PNG pictures, cut out</source>
            <translation>PNG-Bilder, freigestellt</translation>
        </message>
        <message>
            <source>A folder of see-through pictures.</source>
            <translation>Ein Ordner durchsichtiger Bilder.</translation>
        </message>
        <message>
            <source>GIF</source>
            <translation>GIF</translation>
        </message>
        <message>
            <source>A short loop without sound, 480 lines, 20 frames a second.</source>
            <translation>Eine kurze Schleife ohne Ton, 480 Zeilen, 20 Bilder pro Sekunde.</translation>
        </message>
        <message>
            <source>Animated WebP</source>
            <translation>Animiertes WebP</translation>
        </message>
        <message>
            <source>As a GIF, finer and smaller.</source>
            <translation>Wie ein GIF, feiner und kleiner.</translation>
        </message>
        <message>
            <source>Estimator</source>
            <translation>Posenfinder</translation>
        </message>
        <message>
            <source>Recipe</source>
            <translation>Verfahren</translation>
        </message>
        <message>
            <source>Size</source>
            <translation>Größe</translation>
        </message>
        <message>
            <source>Budget</source>
            <translation>Zeit</translation>
        </message>
        <message>
            <source>Steps</source>
            <translation>Schritte</translation>
        </message>
        <message>
            <source>Seed</source>
            <translation>Zufallszahl</translation>
        </message>
        <message>
            <source>Width</source>
            <translation>Breite</translation>
        </message>
        <message>
            <source>Blocks</source>
            <translation>Blöcke</translation>
        </message>
        <message>
            <source>Batch</source>
            <translation>Bilder je Schritt</translation>
        </message>
        <message>
            <source>Init</source>
            <translation>Anfang</translation>
        </message>
        <message>
            <source>Device</source>
            <translation>Gerät</translation>
        </message>
        <message>
            <source>Engine</source>
            <translation>Rechenwerk</translation>
        </message>
        <message>
            <source>Method</source>
            <translation>Methode</translation>
        </message>
        <message>
            <source>Place</source>
            <translation>Platz</translation>
        </message>
        <message>
            <source>Start</source>
            <translation>Anfang</translation>
        </message>
        <message>
            <source>Preset</source>
            <translation>Vorlage</translation>
        </message>
        <message>
            <source>Crop</source>
            <translation>Ausschnitt</translation>
        </message>
        <message>
            <source>Fps</source>
            <translation>Bilder je Sekunde</translation>
        </message>
        <message>
            <source>Music from</source>
            <translation>Musik ab</translation>
        </message>
        <message>
            <source>Fade</source>
            <translation>Ausblenden</translation>
        </message>
        <message>
            <source>Fade in</source>
            <translation>Einblenden</translation>
        </message>
        <message>
            <source>Encoder</source>
            <translation>Kodierer</translation>
        </message>
        <message>
            <source>Label</source>
            <translation>Kennzeichnung</translation>
        </message>
        <message>
            <source>Plate</source>
            <translation>Hintergrund</translation>
        </message>
        <message>
            <source>Blend</source>
            <translation>Übergang</translation>
        </message>
        <message>
            <source>Seconds</source>
            <translation>Sekunden</translation>
        </message>
        <message>
            <source>Random</source>
            <translation>Zufall</translation>
        </message>
        <message>
            <source>Variant</source>
            <translation>Variante</translation>
        </message>
        <message>
            <source>Camera</source>
            <translation>Kamera</translation>
        </message>
        <message>
            <source>Mirror</source>
            <translation>Spiegel</translation>
        </message>
        <message>
            <source>Pace</source>
            <translation>Tempo</translation>
        </message>
        <message>
            <source>Stop after</source>
            <translation>Enden nach</translation>
        </message>
        <message>
            <source>How sure the joints are that were found.</source>
            <translation>Wie sicher die gefundenen Gelenke sind.</translation>
        </message>
        <message>
            <source>Coverage</source>
            <translation>Abdeckung</translation>
        </message>
        <message>
            <source>How near the person's video comes to each pose of the dance.</source>
            <translation>Wie nah das Video der Person an jede Pose des Tanzes herankommt.</translation>
        </message>
        <message>
            <source>Quality</source>
            <translation>Qualität</translation>
        </message>
        <message>
            <source>How like the person's own frames those are that the dancer draws.</source>
            <translation>Wie ähnlich die gemalten Bilder den eigenen Bildern der Person sind.</translation>
        </message>
        <message>
            <source>The picture is less like the person here than elsewhere.</source>
            <translation>Das Bild ist der Person hier weniger ähnlich als sonst.</translation>
        </message>
        <message>
            <source>Nobody is found here.</source>
            <translation>Hier ist niemand zu finden.</translation>
        </message>
        <message>
            <source>The pose may be wrong here, or another person's.</source>
            <translation>Die Pose kann hier falsch sein oder von jemand anderem.</translation>
        </message>
        <message>
            <source>The person's video shows no pose like this.</source>
            <translation>Das Video der Person zeigt keine solche Pose.</translation>
        </message>
    </context>
</TS>
