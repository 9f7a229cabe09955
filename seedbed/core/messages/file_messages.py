"""What is said of a file as a whole: why it is refused, and what a validation warns of."""

from collections.abc import Mapping

from seedbed.core.messages.sentence import Sentence

UTF8_EN = "save it again as CSV in UTF-8"
CSV_EN, CSV_TH = "save it again as CSV (UTF-8, separated by commas)", "บันทึกใหม่เป็น CSV (UTF-8 คั่นด้วยจุลภาค)"
CORRECT_EN, CORRECT_TH = "correct the file", "แก้ไขไฟล์"
FILES: Mapping[str, Sentence] = {
    "file-missing": Sentence("no file for {entity}", "ไม่มีไฟล์ของ {entity}", "tried: {tried}", "ค้นหาแล้วที่: {tried}"),
    "rejects-alone": Sentence(
        "no file for {entity}",
        "ไม่มีไฟล์ของ {entity}",
        "rejects are given after the data directory that they correct: -d data -d output/<run>/rejects",
        "ใส่ไฟล์แก้ไขไว้หลังโฟลเดอร์ข้อมูลที่แก้: -d data -d output/<run>/rejects",
    ),
    "file-twice": Sentence(
        "two files for {entity}: {first} and {second}",
        "มีไฟล์ของ {entity} สองไฟล์: {first} และ {second}",
        "keep one of them",
        "เก็บไว้เพียงไฟล์เดียว",
    ),
    "file-unreadable": Sentence(
        "{file}: cannot be read: {cause}",
        "{file}: เปิดอ่านไม่ได้ ({cause})",
        "give the user who runs Seedbed the right to read it",
        "ให้สิทธิ์อ่านไฟล์แก่ผู้ใช้ที่รัน Seedbed",
    ),
    "file-empty": Sentence(
        "{file}: the file is empty",
        "{file}: ไฟล์ว่างเปล่า",
        "it needs at least a row with the column names",
        "ต้องมีอย่างน้อยหนึ่งแถวที่เป็นชื่อคอลัมน์",
    ),
    "file-workbook": Sentence(
        "{file}: is an Excel workbook, not a CSV file", "{file}: เป็นสมุดงาน Excel ไม่ใช่ไฟล์ CSV", UTF8_EN, CSV_TH
    ),
    "file-utf16": Sentence(
        "{file}: is in UTF-16, not in UTF-8", "{file}: เข้ารหัสเป็น UTF-16 ไม่ใช่ UTF-8", UTF8_EN, CSV_TH
    ),
    "file-not-utf8": Sentence(
        "{file}, row {row}: byte {byte} of the file ({value}) is not UTF-8",
        "{file} แถวที่ {row}: มีอักขระที่ไม่ใช่ UTF-8 (ไบต์ที่ {byte}: {value})",
        UTF8_EN,
        CSV_TH,
    ),
    "file-windows-874": Sentence(
        "{file}, row {row}: byte {byte} of the file ({value}) is not UTF-8; it looks like windows-874 (TIS-620)",
        "{file} แถวที่ {row}: ไม่ใช่ UTF-8 ดูเหมือนเป็น windows-874 (TIS-620) (ไบต์ที่ {byte}: {value})",
        UTF8_EN,
        CSV_TH,
    ),
    "file-zero-byte": Sentence(
        "{file}, row {row}: byte {byte} of the file is zero",
        "{file} แถวที่ {row}: มีไบต์ศูนย์ ซึ่งไม่ใช่ข้อความ (ไบต์ที่ {byte})",
        UTF8_EN,
        CSV_TH,
    ),
    "file-cut-in-letter": Sentence(
        "{file}, row {row}: the file ends within a letter: it was cut off",
        "{file} แถวที่ {row}: ไฟล์จบกลางตัวอักษร ข้อมูลถูกตัดขาด",
        "copy the whole file again",
        "คัดลอกไฟล์ทั้งไฟล์มาใหม่",
    ),
    "merge-conflict": Sentence(
        "{file}, row {row}: a merge-conflict marker",
        "{file} แถวที่ {row}: มีเครื่องหมาย merge conflict ของ git ค้างอยู่",
        "resolve the conflict and save the file",
        "แก้ conflict ให้เสร็จแล้วบันทึกไฟล์",
    ),
    "quote-open": Sentence(
        "{file}, row {row}: a quote opens here and is not closed",
        "{file} แถวที่ {row}: มีเครื่องหมายคำพูดเปิดโดยไม่มีตัวปิด",
        "close it, or write a quote inside a cell twice",
        "ปิดเครื่องหมายคำพูด หรือพิมพ์ซ้ำสองตัวถ้าอยู่ในข้อความ",
    ),
    "record-too-long": Sentence(
        "{file}, row {row}: is longer than {most_mib} MiB",
        "{file} แถวที่ {row}: ยาวเกิน {most_mib} MiB",
        "shorten the cell, or close its quote",
        "ทำให้ข้อความสั้นลง หรือปิดเครื่องหมายคำพูด",
    ),
    "record-malformed": Sentence(
        "{file}, row {row}: {cause}",
        "{file} แถวที่ {row}: อ่านแถวไม่ได้ ({cause})",
        "shorten the cell, or close its quote",
        "ทำให้ข้อความสั้นลง หรือปิดเครื่องหมายคำพูด",
    ),
    "header-empty": Sentence(
        "{file}: row 1 is empty", "{file}: แถวที่ 1 ว่าง", "put the column names into row 1", "ใส่ชื่อคอลัมน์ในแถวที่ 1"
    ),
    "header-unnamed": Sentence(
        "{file}: column {place} has no name",
        "{file}: คอลัมน์ที่ {place} ไม่มีชื่อ",
        "name it or remove the column",
        "ตั้งชื่อหรือลบคอลัมน์นั้น",
    ),
    "header-repeated": Sentence(
        "{file}: the column '{column}' stands twice",
        "{file}: มีคอลัมน์ '{column}' ซ้ำกัน",
        "remove one of the two",
        "ลบออกหนึ่งคอลัมน์",
    ),
    "header-unknown": Sentence(
        "{file}: unknown column '{column}'",
        "{file}: ไม่รู้จักคอลัมน์ '{column}'",
        "[it contains {letters}; ][did you mean '{near}'? ]known: {known}",
        "[มีอักขระ {letters} ][หมายถึง '{near}' หรือไม่ ]คอลัมน์ที่รู้จัก: {known}",
    ),
    "header-incomplete": Sentence(
        "{file}: lacks the columns {columns}",
        "{file}: ไม่มีคอลัมน์ {columns}",
        "it has: {found}",
        "คอลัมน์ที่มี: {found}",
    ),
    "separated-by-semicolons": Sentence(
        "{file}: its columns are separated by semicolons", "{file}: คอลัมน์คั่นด้วยอัฒภาค (;) แทนจุลภาค", CSV_EN, CSV_TH
    ),
    "separated-by-tabs": Sentence(
        "{file}: its columns are separated by tabs", "{file}: คอลัมน์คั่นด้วยแท็บแทนจุลภาค", CSV_EN, CSV_TH
    ),
    "separated-by-bars": Sentence(
        "{file}: its columns are separated by vertical bars", "{file}: คอลัมน์คั่นด้วยขีดตั้ง (|) แทนจุลภาค", CSV_EN, CSV_TH
    ),
    "row-count": Sentence(
        "{file}: the file has {rows} rows: {sentence}", "{file}: ไฟล์มี {rows} แถว: {sentence}", CORRECT_EN, CORRECT_TH
    ),
    "file-cut": Sentence(
        "ends without a line end: it may have been cut off",
        "ไม่มีการขึ้นบรรทัดท้ายไฟล์ ข้อมูลอาจขาดหายไป",
        "look at its last row; if that is whole, end it with a line end",
        "ตรวจแถวสุดท้าย ถ้าครบถ้วนให้ขึ้นบรรทัดใหม่ท้ายไฟล์",
    ),
    "file-unknown": Sentence(
        "belongs to no entity: Seedbed does not read it",
        "ไม่ใช่ไฟล์ของชุดข้อมูลใด จึงไม่มีการอ่าน",
        "[did you mean {near}? ]rename it, or keep it elsewhere",
        "[หมายถึง {near} หรือไม่ ]เปลี่ยนชื่อไฟล์ หรือเก็บไว้ที่อื่น",
    ),
    "files-absent": Sentence(
        "no file, not checked: {entities}",
        "ไม่มีไฟล์ จึงไม่ได้ตรวจ: {entities}",
        "add their files, because a run fails without them; or name in the environment's file what it loads",
        "เพิ่มไฟล์เหล่านี้ มิฉะนั้นการนำเข้าจะล้มเหลว หรือระบุในไฟล์ของ environment ว่าจะนำเข้าอะไร",
    ),
    "file-gone": Sentence(
        "the file is gone",
        "ไฟล์ถูกลบ",
        "bring it back, or have a reviewer confirm that it is no longer wanted",
        "นำไฟล์กลับมา หรือให้ผู้ตรวจทานยืนยันว่าไม่ใช้แล้ว",
    ),
    "rules-without-columns": Sentence(
        "{file}: the file lacks columns that rules read; these rules check nothing: {columns}",
        "{file}: ไฟล์ไม่มีคอลัมน์เหล่านี้ จึงไม่ได้ตรวจตามกฎ: {columns}",
    ),
    "reference-file-absent": Sentence(
        "{column} was not looked up: {entity} has no file", "ไม่ได้ตรวจ {column}: {entity} ไม่มีไฟล์"
    ),
    "reference-file-refused": Sentence(
        "{column} was not looked up: the file of {entity} is refused", "ไม่ได้ตรวจ {column}: ไฟล์ของ {entity} ใช้ไม่ได้"
    ),
    "rule-warns": Sentence("{rows} rows ({examples}): {sentence}", "{rows} แถว ({examples}): {sentence}"),
    "validation-failed": Sentence(
        "the files are not right: {refused} files refused, {skipped} rows would be skipped[, {warned} warnings that --strict counts]",
        "ไฟล์ยังไม่ถูกต้อง: ไฟล์ที่ใช้ไม่ได้ {refused} ไฟล์ แถวที่จะไม่ถูกนำเข้า {skipped} แถว[ คำเตือนที่ --strict นับ {warned} ข้อ]",
        "{step}",
        "{step}",
    ),
    "correct-files": Sentence("correct the files and validate again", "แก้ไขไฟล์ แล้วตรวจใหม่"),
    "correct-rules": Sentence("correct the rules and validate again", "แก้ไขกฎ แล้วตรวจใหม่"),
    "correct-rules-and-files": Sentence(
        "correct the rules and the files and validate again", "แก้ไขกฎและไฟล์ แล้วตรวจใหม่"
    ),
}
