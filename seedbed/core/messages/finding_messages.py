"""What is said of one row or one cell."""

from collections.abc import Mapping

from seedbed.core.messages.sentence import Sentence

SCIENTIFIC_TH = "เป็นตัวเลขแบบ E ให้จัดรูปแบบคอลัมน์เป็นข้อความ แล้วพิมพ์ตัวเลขเต็ม"
FINDINGS: Mapping[str, Sentence] = {
    "row-rule": Sentence("{columns}: {sentence}", "{columns}: {sentence}"),
    "cell-empty": Sentence("{column} is empty", "ช่อง {column} ว่าง ต้องกรอกข้อมูล"),
    "cell-not-integer": Sentence("{column} is not a whole number", "{column} ต้องเป็นจำนวนเต็ม"),
    "cell-not-decimal": Sentence("{column} is not a number such as 12.50", "{column} ต้องเป็นตัวเลข เช่น 12.50"),
    "cell-not-boolean": Sentence("{column} is not TRUE or FALSE", "{column} ต้องเป็น TRUE หรือ FALSE"),
    "cell-not-date": Sentence("{column} is not a date such as 2026-11-21", "{column} ต้องเป็นวันที่ในรูปแบบ 2026-11-21"),
    "cell-not-timestamp": Sentence(
        "{column} is not a time such as 2026-11-21T01:30:00+07:00",
        "{column} ต้องเป็นเวลาในรูปแบบ 2026-11-21T01:30:00+07:00",
    ),
    "cell-not-json": Sentence("{column} is not JSON", "{column} ต้องเป็น JSON ที่ถูกต้อง"),
    "cell-scientific": Sentence(
        "{column} is a number in scientific notation, not a code", "{column} เป็นตัวเลขแบบ E ไม่ใช่รหัส"
    ),
    "cell-count": Sentence(
        "cells in this row: {cells}, in the header: {width}", "แถวนี้มี {cells} ช่อง แต่หัวตารางมี {width} ช่อง"
    ),
    "key-repeated": Sentence("the key stands earlier in this file", "คีย์นี้มีอยู่แล้วในแถวก่อนหน้าของไฟล์นี้"),
    "reference-unknown": Sentence(
        "{column} '{value}' is not a known {reference}", "{column} '{value}' ไม่มีอยู่ใน {reference}"
    ),
    "reference-skipped": Sentence(
        "{column} '{value}' names {file}[ row {row}], a row that is itself skipped",
        "{column} '{value}' อยู่ใน {file}[ แถวที่ {row}] ซึ่งแถวนั้นเองจะไม่ถูกนำเข้า",
    ),
    "thai-digits": Sentence("Thai digits; write {value}", "เป็นเลขไทย ให้พิมพ์ {value}"),
    "code-made-scientific": Sentence(
        "a spreadsheet made a number in scientific notation of it; format the column as text and enter the code again",
        "โปรแกรมตารางคำนวณแปลงรหัสเป็นตัวเลขแบบ E ให้จัดรูปแบบคอลัมน์เป็นข้อความ แล้วพิมพ์รหัสใหม่",
    ),
    "leading-zeros-lost": Sentence(
        "a spreadsheet took the leading zeros; write {value}", "โปรแกรมตารางคำนวณตัดเลขศูนย์ข้างหน้าออก ให้พิมพ์ {value}"
    ),
    "code-made-decimal": Sentence(
        "a spreadsheet made a decimal number of it; write {value}", "โปรแกรมตารางคำนวณเติมทศนิยม ให้พิมพ์ {value}"
    ),
    "number-scientific": Sentence(
        "a number in scientific notation; format the column as text and enter the digits", SCIENTIFIC_TH
    ),
    "thousands-commas": Sentence("commas between the thousands; write {value}", "มีจุลภาคคั่นหลักพัน ให้พิมพ์ {value}"),
    "buddhist-year": Sentence("a Buddhist year; {year} is {gregorian}", "เป็นปีพุทธศักราช พ.ศ. {year} คือ ค.ศ. {gregorian}"),
    "spreadsheet-date": Sentence(
        "a spreadsheet's date; write it as year-month-day, such as 2026-11-21",
        "เป็นวันที่ตามรูปแบบของโปรแกรมตารางคำนวณ ให้พิมพ์เป็น ปี-เดือน-วัน เช่น 2026-11-21",
    ),
    "spreadsheet-day-number": Sentence(
        "a spreadsheet's day number; format the column as a date such as 2026-11-21",
        "เป็นเลขลำดับวันของโปรแกรมตารางคำนวณ ให้จัดรูปแบบคอลัมน์เป็นวันที่ เช่น 2026-11-21",
    ),
}
