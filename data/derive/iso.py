"""Languages (ISO 639-1) and currencies (ISO 4217), with the names that Unicode's CLDR gives them."""

from pathlib import Path

import pycountry
from babel import Locale
from babel.numbers import get_currency_symbol
from tables import write_code_list, write_table

THAI, ENGLISH = Locale("th"), Locale("en")
# Codes for tests, "no currency", metals, units of account and funds are no money that a patient pays with.
NO_MONEY = {
    *("XTS", "XXX", "XAU", "XAG", "XPT", "XPD", "XDR", "XSU", "XUA", "XBA", "XBB", "XBC", "XBD"),
    *("BOV", "CHE", "CHW", "CLF", "COU", "MXV", "USN", "UYI", "UYW"),
}
# Slips of CLDR.
NAMES = {"GYD": "Guyanese Dollar", "KGS": "Kyrgyzstani Som", "XCG": "Caribbean Guilder"}
FIRST_LANGUAGES = ("th", "en", "zh", "my", "lo", "km", "ms", "ja", "ko", "ar")


def derive(folder: Path) -> None:
    """Write languages and currencies."""
    codes = {language.alpha_2 for language in pycountry.languages if hasattr(language, "alpha_2")}
    ordered = [*FIRST_LANGUAGES, *sorted(codes - set(FIRST_LANGUAGES))]
    names = {code: (THAI.languages.get(code, ""), ENGLISH.languages.get(code, "")) for code in ordered}
    write_code_list(folder / "demographic/language.csv", {code: pair for code, pair in names.items() if pair[0]})
    write_table(
        folder / "order-data/currency.csv",
        ("code", "active", "name", "symbol", "position", "iso_numeric"),
        (
            (money.alpha_3, "TRUE", _name(money.alpha_3), _symbol(money.alpha_3), "PREFIX", money.numeric)
            for money in sorted(pycountry.currencies, key=lambda money: str(money.alpha_3))
            if money.alpha_3 not in NO_MONEY and money.alpha_3 in ENGLISH.currencies
        ),
    )


def _name(code: str) -> str:
    return NAMES.get(code) or ENGLISH.currencies[code]


def _symbol(code: str) -> str:
    # The narrowest locale writes the short sign: baht as ฿ in Thai, the others as English writes them.
    # A sign of two words has a narrow blank there, which many a system cannot write: it is a plain one here.
    return " ".join(get_currency_symbol(code, locale=THAI if code == "THB" else ENGLISH).split())
