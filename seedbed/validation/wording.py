"""Messages on rows and files in the language of who reads them; a message without a translation stays as it is."""

import re
from collections.abc import Mapping

from seedbed.core.errors import SeedbedError

EXPECTED = {
    "a whole number": "จำนวนเต็ม",
    "a number such as 12.50": "ตัวเลข เช่น 12.50",
    "TRUE or FALSE": " TRUE หรือ FALSE",
    "a date such as 2026-11-21": "วันที่ในรูปแบบ 2026-11-21",
    "a time such as 2026-11-21T01:30:00+07:00": "เวลาในรูปแบบ 2026-11-21T01:30:00+07:00",
    "JSON": " JSON ที่ถูกต้อง",
}
SPREADSHEET = {
    r"Thai digits; write (.+)": r"เป็นเลขไทย ให้พิมพ์ \1",
    r"a spreadsheet made a number in scientific notation of it; format the column as text and enter the code again": (
        r"โปรแกรมตารางคำนวณแปลงรหัสเป็นตัวเลขแบบ E ให้จัดรูปแบบคอลัมน์เป็นข้อความ แล้วพิมพ์รหัสใหม่"
    ),
    r"a spreadsheet took the leading zeros; write (.+)": r"โปรแกรมตารางคำนวณตัดเลขศูนย์ข้างหน้าออก ให้พิมพ์ \1",
    r"a spreadsheet made a decimal number of it; write (.+)": r"โปรแกรมตารางคำนวณเติมทศนิยม ให้พิมพ์ \1",
    r"a number in scientific notation; format the column as text and enter the digits": (
        r"เป็นตัวเลขแบบ E ให้จัดรูปแบบคอลัมน์เป็นข้อความ แล้วพิมพ์ตัวเลขเต็ม"
    ),
    r"commas between the thousands; write (.+)": r"มีจุลภาคคั่นหลักพัน ให้พิมพ์ \1",
    r"a Buddhist year; (\d+) is (\d+)": r"เป็นปีพุทธศักราช พ.ศ. \1 คือ ค.ศ. \2",
    r"a spreadsheet's date; write it as year-month-day, such as 2026-11-21": (
        r"เป็นวันที่ตามรูปแบบของโปรแกรมตารางคำนวณ ให้พิมพ์เป็น ปี-เดือน-วัน เช่น 2026-11-21"
    ),
    r"a spreadsheet's day number; format the column as a date such as 2026-11-21": (
        r"เป็นเลขลำดับวันของโปรแกรมตารางคำนวณ ให้จัดรูปแบบคอลัมน์เป็นวันที่ เช่น 2026-11-21"
    ),
}
OF_ROWS = {
    r"the key stands earlier in this file": r"คีย์นี้มีอยู่แล้วในแถวก่อนหน้าของไฟล์นี้",
    r"(\S+) '(.*)' is not a known (\S+)": r"\1 '\2' ไม่มีอยู่ใน \3",
    r"(\S+) '(.*)' stands in (.+) row (\d+), which would itself be left out": (
        r"\1 '\2' อยู่ใน \3 แถวที่ \4 ซึ่งแถวนั้นเองจะไม่ถูกนำเข้า"
    ),
    r"(\S+) '(.*)' stands in (.+), in a row that would itself be left out": (r"\1 '\2' อยู่ใน \3 ในแถวที่จะไม่ถูกนำเข้า"),
    r"(\S+) is empty": r"ช่อง \1 ว่าง ต้องกรอกข้อมูล",
    r"(\S+) is a number in scientific notation, not a code": r"\1 เป็นตัวเลขแบบ E ไม่ใช่รหัส",
    r"has (\d+) cells?, the header has (\d+)": r"แถวนี้มี \1 ช่อง แต่หัวตารางมี \2 ช่อง",
    **{rf"(\S+) is not {re.escape(english)}": rf"\1 ต้องเป็น{thai}" for english, thai in EXPECTED.items()},
}
OF_FILES = {
    r"no file for (\S+)": r"ไม่มีไฟล์ของ \1",
    r"two files for (\S+): (.+) and (.+)": r"มีไฟล์ของ \1 สองไฟล์: \2 และ \3",
    r"(.+): cannot be read: (.+)": r"\1: เปิดอ่านไม่ได้ (\2)",
    r"(.+): the file is empty": r"\1: ไฟล์ว่างเปล่า",
    r"(.+): row 1 is empty": r"\1: แถวที่ 1 ว่าง",
    r"(.+): column (\d+) has no name": r"\1: คอลัมน์ที่ \2 ไม่มีชื่อ",
    r"(.+): the column '(.+)' stands twice": r"\1: มีคอลัมน์ '\2' ซ้ำกัน",
    r"(.+): unknown column '(.+)'": r"\1: ไม่รู้จักคอลัมน์ '\2'",
    r"(.+): lacks the columns? (.+)": r"\1: ไม่มีคอลัมน์ \2",
    r"(.+): its columns are separated by semicolons": r"\1: คอลัมน์คั่นด้วยอัฒภาค (;) แทนจุลภาค",
    r"(.+): its columns are separated by tabs": r"\1: คอลัมน์คั่นด้วยแท็บแทนจุลภาค",
    r"(.+): its columns are separated by vertical bars": r"\1: คอลัมน์คั่นด้วยขีดตั้ง (|) แทนจุลภาค",
    r"(.+): is an Excel workbook, not a CSV file": r"\1: เป็นสมุดงาน Excel ไม่ใช่ไฟล์ CSV",
    r"(.+): is in UTF-16, not in UTF-8": r"\1: เข้ารหัสเป็น UTF-16 ไม่ใช่ UTF-8",
    r"(.+), row (\d+): byte \d+ of the file \(0x..\) is not UTF-8; it looks like windows-874 \(TIS-620\)": (
        r"\1 แถวที่ \2: ไม่ใช่ UTF-8 ดูเหมือนเป็น windows-874 (TIS-620)"
    ),
    r"(.+), row (\d+): byte \d+ of the file \(0x..\) is not UTF-8": r"\1 แถวที่ \2: มีอักขระที่ไม่ใช่ UTF-8",
    r"(.+), row (\d+): byte \d+ of the file is zero": r"\1 แถวที่ \2: มีไบต์ศูนย์ ซึ่งไม่ใช่ข้อความ",
    r"(.+), row (\d+): a quote opens here and is not closed": r"\1 แถวที่ \2: มีเครื่องหมายคำพูดเปิดโดยไม่มีตัวปิด",
    r"(.+), row (\d+): a merge-conflict marker": r"\1 แถวที่ \2: มีเครื่องหมาย merge conflict ของ git ค้างอยู่",
    r"(.+), row (\d+): the file ends within a letter: it was cut off": r"\1 แถวที่ \2: ไฟล์จบกลางตัวอักษร ข้อมูลถูกตัดขาด",
    r"(?:files: )?no file, and not judged: (.+)": r"ไม่มีไฟล์ จึงไม่ได้ตรวจ: \1",
    r"(.+): ends without a line end: it may have been cut off": r"\1 ไม่มีการขึ้นบรรทัดท้ายไฟล์ ข้อมูลอาจขาดหายไป",
    r"(.+): belongs to no entity: nobody reads it": r"\1: ไม่ใช่ไฟล์ของชุดข้อมูลใด จึงไม่มีการอ่าน",
    r"(.+): the file is gone": r"\1: ไฟล์ถูกลบ",
    r"(.+): columns that the file does not have, so that rules on them judge nothing: (.+)": (
        r"\1: ไฟล์ไม่มีคอลัมน์เหล่านี้ จึงไม่ได้ตรวจตามกฎ: \2"
    ),
    r"(.+): the file has (\d+) rows: (.+)": r"\1: ไฟล์มี \2 แถว: \3",
}
STEPS = {
    r"save it again as CSV(.*)": r"บันทึกใหม่เป็น CSV (UTF-8 คั่นด้วยจุลภาค)",
    r"put the column names into row 1": r"ใส่ชื่อคอลัมน์ในแถวที่ 1",
    r"it needs at least a row with the column names": r"ต้องมีอย่างน้อยหนึ่งแถวที่เป็นชื่อคอลัมน์",
    r"name it or remove the column": r"ตั้งชื่อหรือลบคอลัมน์นั้น",
    r"remove one of the two": r"ลบออกหนึ่งคอลัมน์",
    r"it holds (U\+.+); did you mean '(.+?)'\? known: (.+)": r"มีอักขระ \1 หมายถึง '\2' หรือไม่ คอลัมน์ที่รู้จัก: \3",
    r"it holds (U\+.+); known: (.+)": r"มีอักขระ \1 คอลัมน์ที่รู้จัก: \2",
    r"rejects are given after the data directory that they correct: (.+)": r"ใส่ไฟล์แก้ไขไว้หลังโฟลเดอร์ข้อมูลที่แก้: \1",
    r"did you mean '(.+?)'\? known: (.+)": r"หมายถึง '\1' หรือไม่ คอลัมน์ที่รู้จัก: \2",
    r"known: (.+)": r"คอลัมน์ที่รู้จัก: \1",
    r"it has: (.+)": r"คอลัมน์ที่มี: \1",
    r"keep one of them": r"เก็บไว้เพียงไฟล์เดียว",
    r"tried: (.+)": r"ค้นหาแล้วที่: \1",
    r"resolve the conflict and save the file": r"แก้ conflict ให้เสร็จแล้วบันทึกไฟล์",
    r"bring the whole file: copy it again": r"คัดลอกไฟล์ทั้งไฟล์มาใหม่",
    r"mend the file": r"แก้ไขไฟล์",
    r"close it, or write a quote inside a cell twice": r"ปิดเครื่องหมายคำพูด หรือพิมพ์ซ้ำสองตัวถ้าอยู่ในข้อความ",
}


def translated(message: str, language: str) -> str:
    """The message on a row in that language, a spreadsheet's hint at its end included."""
    if language == "en":
        return message
    bare, _, hint = message.removesuffix(")").rpartition(" (")
    thai = _first(SPREADSHEET, hint) if bare and message.endswith(")") else None
    if thai:
        return f"{_first(OF_ROWS, bare) or bare} ({thai})"
    return _first(OF_ROWS, message) or message


def error_said(error: SeedbedError, language: str) -> tuple[str, str]:
    """An error's message and its next step, in that language."""
    if language == "en":
        return error.message, error.next_step
    return file_said(error.message, language), _first(STEPS, error.next_step) or error.next_step


def file_said(message: str, language: str) -> str:
    """What is said of a file as a whole, in that language."""
    return message if language == "en" else _first(OF_FILES, message) or message


def _first(patterns: Mapping[str, str], message: str) -> str | None:
    for pattern, thai in patterns.items():
        if found := re.fullmatch(pattern, message, flags=re.DOTALL):
            return found.expand(thai)
    return None
