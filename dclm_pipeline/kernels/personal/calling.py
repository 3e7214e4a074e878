"""Calling codes of countries and how long numbers are behind them; words that stand in front of telephone numbers.

Codes are those of ITU-T E.164 (annex to bulletin 1114); lengths are of national significant numbers, as operators
publish them; a code without a note of its own has 7 to 12 digits.
"""

import numpy as np
from numpy.typing import NDArray

_ASSIGNED = (
    "1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 "
    "91 92 93 94 95 98 211 212 213 216 218 220 221 222 223 224 225 226 227 228 229 230 231 232 233 234 235 236 237 238 239 "
    "240 241 242 243 244 245 246 248 249 250 251 252 253 254 255 256 257 258 260 261 262 263 264 265 266 267 268 269 297 "
    "298 299 350 351 352 353 354 355 356 357 358 359 370 371 372 373 374 375 376 377 378 380 381 382 383 385 386 387 389 "
    "420 421 423 501 502 503 504 505 506 507 509 590 591 592 593 594 595 596 597 598 599 670 673 674 675 676 677 678 679 "
    "680 681 682 683 685 686 687 688 689 690 691 692 850 852 853 855 856 880 886 960 961 962 963 964 965 966 967 968 970 "
    "971 972 973 974 975 976 977 992 993 994 995 996 998"
)
_LENGTHS = {
    (6, 6): "297 298 299 376",
    (7, 7): "354 220 238 230 248 232 501 673",
    (8, 8): "45 47 65 216 356 357 370 371 372 373 374 502 503 504 505 506 507 852 853 965 968 973 974 976 993",
    (8, 9): "32 66 249 359 381 382 385 386 387 389 961 972",
    (
        9,
        9,
    ): "33 34 41 48 51 56 61 94 212 213 218 221 237 244 251 254 255 256 260 351 355 375 380 420 421 593 595 966 971 992 994 995 996 998",
    (9, 10): "20 31 44 60 81 84 86 92 977 58",
    (10, 10): "1 7 30 52 57 90 91 98 225",
    (10, 11): "54 55 86 82 880",
    (8, 10): "27 36 40 46 63 64 82 353 886 233 234",
    (6, 11): "39 43 49 62 352 358",
}
# Where national numbers begin with 0.
LEADING_ZERO = (39, 225, 242)
SHORTEST, LONGEST = 7, 12


def national_lengths() -> NDArray[np.int64]:
    """Return for each calling code, up to 999, the least and greatest number of digits behind it; 0 for no code."""
    table = np.zeros((1000, 2), np.int64)
    for code in map(int, _ASSIGNED.split()):
        table[code] = SHORTEST, LONGEST
    for (least, most), codes in _LENGTHS.items():
        for code in map(int, codes.split()):
            before = table[code]
            noted = before[0] == SHORTEST and before[1] == LONGEST
            table[code] = (least, most) if noted else (min(least, before[0]), max(most, before[1]))
    return table


# In front of what is a telephone number, however it is written.
PHONE_WORDS = (
    "tel tele telephone telefon telefono teléfono telefone telefoon telefax telefonnummer telefonszám téléphone tél tlf tlfn "
    "tfn puh phone phones phonenumber ph mobile mobil mobiltelefon fon fone handy handynummer móvil movil celular cel cell cellulare "
    "fax faks hotline sms whatsapp viber mob gsm τηλ тел ТЕЛ Тел телефон Телефон факс Факс моб Моб bel 電話 電話番号 电话 전화"
)
# In front of numbers of other things.
OTHER_WORDS = (
    "isbn issn doi ean gtin upc sku asin pmid order orders invoice bestellung artikel konto kto account acct iban blz vat "
    "ust ustid siret siren nif cif hrb id uid ref reference referenz case ticket patent serial model modell version item "
    "part tracking zip plz ip oclc lccn arxiv port bic swift isrc imei"
)
# In front of a number of anything: what it is of stands before them.
LINKING_WORDS = "nr no num number numbers nummer número numero numéro numer nº № код code"
