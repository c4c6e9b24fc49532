#!/usr/bin/env python3
"""Checks the parallel sample in this folder. Standard library only.

Usage: python3 check.py            exits 0 when nothing is found, 1 otherwise.

Every check looks at all languages and all lines. "Verbatim pieces" are inline
code in backticks, the URL, and the e-mail address; they are compared as they
stand and are taken out before letters and numbers are examined.
"""
import hashlib
import json
import os
import re
import statistics
import sys
import unicodedata
from collections import Counter

HERE = os.path.dirname(os.path.abspath(__file__))
NB = "\u00a0"

# --- tolerances -------------------------------------------------------------
# Share of a line's letters and combining marks that must be in the expected
# script, after verbatim pieces and the unit symbols below are removed.
SCRIPT_SHARE = 0.90
UNITS = re.compile(r"(?<![A-Za-z])(?:kg|g|ml|C)(?![A-Za-z])")
# Allowed characters(translation) / characters(English), per script, measured
# without the verbatim pieces. Lines whose English side is shorter than SHORT
# characters get twice the room on both ends.
SHORT = 70
RATIO = {
    "Latn": (0.65, 1.50), "Cyrl": (0.65, 1.40), "Grek": (0.75, 1.50), "Arab": (0.50, 1.30),
    "Hebr": (0.45, 1.10), "Deva": (0.65, 1.45), "Beng": (0.60, 1.45), "Taml": (0.70, 1.75),
    "Telu": (0.65, 1.55), "Thai": (0.50, 1.30), "Geor": (0.65, 1.50), "Armn": (0.65, 1.50),
    "Ethi": (0.45, 1.05), "Kore": (0.35, 0.80), "Jpan": (0.30, 0.85), "Hans": (0.20, 0.60),
}
# A line of LONG or more English characters may not stray from its file's median
# ratio by more than this factor in either direction.
LONG, STRAY = 70, 1.6

# First word(s) of the Unicode character names that make up each script.
NAMES = {
    "Latn": {"LATIN"}, "Cyrl": {"CYRILLIC"}, "Grek": {"GREEK"}, "Arab": {"ARABIC"},
    "Hebr": {"HEBREW"}, "Deva": {"DEVANAGARI"}, "Beng": {"BENGALI"}, "Taml": {"TAMIL"},
    "Telu": {"TELUGU"}, "Thai": {"THAI"}, "Geor": {"GEORGIAN"}, "Armn": {"ARMENIAN"},
    "Ethi": {"ETHIOPIC"}, "Kore": {"HANGUL"}, "Jpan": {"HIRAGANA", "KATAKANA", "CJK"},
    "Hans": {"CJK"},
}

AZ = "abcdefghijklmnopqrstuvwxyz"
VIE = ("aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợ"
       "pqrstuùủũúụưừửữứựvxyỳỷỹýỵ")
RUS = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
# Letters a language may use at all; catches a stray letter from a neighbour.
# Names kept in Latin spelling bring a few more (f, w, z in Warszawa ...).
ALPHABET = {
    "eng": AZ, "deu": AZ + "äöüß", "fra": AZ + "àâæçéèêëîïôœùûüÿ", "spa": AZ + "áéíñóúü",
    "tur": "abcçdefgğhıijklmnoöprsştuüvyzâîûx", "fin": AZ + "åäöšž",
    "hun": AZ + "áéíóöőúüű", "vie": VIE + "fwz", "ind": AZ, "swh": AZ,
    "pol": AZ + "ąćęłńóśźż", "rus": RUS, "ukr": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
    "ell": "αάβγδεέζηήθιίϊΐκλμνξοόπρσςτυύϋΰφχψωώ",
    "pes": "آابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیءأؤئۀً",
}
# Letters of look-alikes that must never occur: Arabic yeh/kaf in Persian and the
# reverse; heh goal; Latin/Cyrillic mixes are caught by the script share below.
FORBIDDEN = {"pes": "يكىة", "arb": "یکھہگپچژ", "heb": "׀", "rus": "іїєґ", "ukr": "ыёэъ"}

QUOTES = {  # opening, closing
    "eng": "“”", "deu": "„“", "fra": "«»", "spa": "«»", "tur": "“”", "fin": "””", "hun": "„”",
    "vie": "“”", "ind": "“”", "swh": "“”", "pol": "„”", "rus": "«»", "ukr": "«»", "ell": "«»",
    "arb": "«»", "pes": "«»", "heb": '""', "hin": "“”", "ben": "“”", "tam": "“”", "tel": "“”",
    "tha": "“”", "kat": "„“", "hye": "«»", "amh": "«»", "kor": "“”", "jpn": "「」", "cmn": "“”",
}
ALL_QUOTES = set("".join(QUOTES.values())) | set("『』‹›")

VERBATIM = re.compile(r"`[^`]*`|https?://[!-~]+[!-~]|[a-z.]+@example\.org")
SEP = r"(?:[.,:" + NB + "\u202f]|" + NB + "h" + NB + ")"
NUMBER = re.compile(r"\d+(?:" + SEP + r"\d+)*")
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August",
          "September", "October", "November", "December"]
MONTHS_AS_NUMBERS = {"vie", "jpn", "cmn", "kor"}

findings = []
ran = []


def bad(where, what):
    findings.append(f"{where}: {what}")


def done(what):
    ran.append(what)


def read(name):
    with open(os.path.join(HERE, name), "rb") as f:
        return f.read()


def lines_of(name):
    raw = read(name)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as e:
        bad(name, f"not UTF-8: {e}")
        text = raw.decode("utf-8", "replace")
    if b"\r" in raw:
        bad(name, "carriage return")
    if not text.endswith("\n") or text.endswith("\n\n"):
        bad(name, "must end with exactly one line feed")
    return text.rstrip("\n").split("\n")


def plain(line):
    return VERBATIM.sub(" ", line)


def english_number_pattern(tok):
    """Regex for the ways an English number token may be written elsewhere."""
    if ":" in tok:                                   # time of day
        a, b = tok.split(":")
        return a + "(?:[:.]|" + NB + "h" + NB + ")" + b
    if "." in tok:                                   # decimal point or comma
        a, b = tok.split(".")
        return a + "[.,]" + b
    if "," in tok:                                   # thousands
        digits = tok.replace(",", "")
        west = tok.replace(",", "(?:[.," + NB + "\u202f])")
        head, rest = digits[:-3], digits[-3:]
        pairs = []
        while head:
            pairs.insert(0, head[-2:])
            head = head[:-2]
        return "(?:" + west + "|" + ",".join(pairs + [rest]) + "|" + digits + ")"
    return tok


def main():
    rows = [r.split("\t") for r in lines_of("languages.tsv")]
    if rows[0] != ["code", "name", "script", "family"]:
        bad("languages.tsv", "header must be code, name, script, family")
    rows = rows[1:]
    codes = [r[0] for r in rows]
    script = {r[0]: r[2] for r in rows}
    if any(len(r) != 4 or not all(r) for r in rows):
        bad("languages.tsv", "a row without four filled columns")
    if codes != sorted(set(codes)):
        bad("languages.tsv", "codes not sorted or not unique")
    on_disk = {n[:-4] for n in os.listdir(HERE) if re.fullmatch(r"[a-z]{3}\.txt", n)}
    if on_disk != set(codes):
        bad("languages.tsv", f"differs from the files present: {sorted(on_disk ^ set(codes))}")
    scripts = sorted(set(script.values()))
    if len(codes) < 26 or len(scripts) < 14:
        bad("languages.tsv", "fewer than 26 languages or 14 scripts")
    done(f"languages.tsv: {len(codes)} languages, {len(scripts)} scripts ({' '.join(scripts)})")

    text = {c: lines_of(c + ".txt") for c in codes if c in on_disk}
    eng = text["eng"]
    n = len(eng)
    for c in codes:
        if len(text[c]) != n:
            bad(c, f"{len(text[c])} lines, English has {n}")
    if n < 60:
        bad("eng", "fewer than 60 lines")
    ids = lines_of("document_ids.txt")
    if len(ids) != n:
        bad("document_ids.txt", f"{len(ids)} lines, expected {n}")
    runs = [x for i, x in enumerate(ids) if i == 0 or ids[i - 1] != x]
    if len(runs) != len(set(runs)) or any(not re.fullmatch(r"doc\d\d", x) for x in ids):
        bad("document_ids.txt", "ids must be docNN in consecutive runs")
    done(f"line counts: {n} in every file; {len(runs)} documents")
    if any(len(t) != n for t in text.values()):
        return finish()

    every = [(c, i, text[c][i]) for c in codes for i in range(n)]

    for c, i, s in every:
        w = f"{c}:{i + 1}"
        if unicodedata.normalize("NFC", s) != s:
            bad(w, "not NFC")
        if not s.strip():
            bad(w, "empty line")
        if s != s.strip() or "  " in s or "\t" in s:
            bad(w, "leading, trailing or doubled blank, or a tab")
        for ch in s:
            cat = unicodedata.category(ch)
            if cat in ("Cc", "Co", "Cn", "Zl", "Zp") or ch == "\ufffd":
                bad(w, f"character U+{ord(ch):04X}")
            if cat == "Cf" and not (ch == "\u200c" and c in ("pes", "tel")):
                bad(w, f"format character U+{ord(ch):04X}")
            if cat == "Nd" and not ch.isascii():
                bad(w, f"non-ASCII digit {ch}")
        if re.search(r"\u200c(?!\w)|(?<!\w)(?<![\u0c4d])\u200c", s):
            bad(w, "zero-width non-joiner not between letters")
    done("UTF-8, NFC, LF, blanks, control characters, ASCII digits, final line feed")

    worst = {}
    for c, i, s in every:
        t = UNITS.sub(" ", plain(s))
        letters = [ch for ch in t if unicodedata.category(ch)[0] in "LM"]
        want = NAMES[script[c]]
        ok = sum(1 for ch in letters
                 if re.split(r"[ -]", unicodedata.name(ch, "?"))[0] in want
                 or ch in "\u0301\u3005" or ch == "\u30fc")
        share = ok / len(letters) if letters else 1.0
        worst[c] = min(worst.get(c, 1.0), share)
        if share < SCRIPT_SHARE:
            bad(f"{c}:{i + 1}", f"only {share:.0%} of the letters in {script[c]}: {t}")
        # a foreign letter inside a word of the expected script is a slip
        for word in re.findall(r"[^\W\d_]+", t):
            kinds = {re.split(r"[ -]", unicodedata.name(ch, "?"))[0] for ch in word}
            if script[c] not in ("Jpan", "Hans", "Kore") and len(kinds) > 1:
                bad(f"{c}:{i + 1}", f"mixed scripts inside a word: {word}")
        if c in ALPHABET:
            low = t.replace("İ", "i").replace("I", "ı") if c == "tur" else t
            for ch in low.lower():
                if unicodedata.category(ch)[0] == "L" and ch not in ALPHABET[c]:
                    if not (c in ("vie", "tur", "ind") and ch in "fjqwz"):
                        bad(f"{c}:{i + 1}", f"letter {ch} is not used in this language")
        for ch in FORBIDDEN.get(c, ""):
            if ch in t:
                bad(f"{c}:{i + 1}", f"forbidden letter {ch} U+{ord(ch):04X}")
    low = min(worst.values())
    done(f"script of the letters: at least {SCRIPT_SHARE:.0%} per line; lowest seen {low:.0%}; "
         f"alphabets of {len(ALPHABET)} languages; no mixed-script words")

    spread = {}
    for c in codes:
        lo, hi = RATIO[script[c]]
        r = [len(plain(text[c][i])) / len(plain(eng[i])) for i in range(n)]
        med = statistics.median(r)
        spread[c] = (min(r), med, max(r))
        for i in range(n):
            plain_len = len(plain(eng[i]))
            a, b = (lo, hi) if plain_len >= SHORT else (lo / 2, hi * 2)
            if not a <= r[i] <= b:
                bad(f"{c}:{i + 1}", f"length ratio {r[i]:.2f} outside {a:.2f}..{b:.2f}")
            if plain_len >= LONG and not med / STRAY <= r[i] <= med * STRAY:
                bad(f"{c}:{i + 1}", f"length ratio {r[i]:.2f} far from the median {med:.2f}")
    done("length against English: " + ", ".join(f"{c} {m:.2f}" for c, (_, m, _) in spread.items()))

    count = 0
    for i in range(n):
        want = NUMBER.findall(plain(eng[i]))
        months = [str(k + 1) for k, m in enumerate(MONTHS) if re.search(rf"\b{m}\b", eng[i])]
        for c in codes:
            got = NUMBER.findall(plain(text[c][i]))
            for tok in want:
                if "Version " + tok in eng[i]:
                    pat = re.escape(tok)
                else:
                    pat = english_number_pattern(tok)
                hit = next((g for g in got if re.fullmatch(pat, g)), None)
                count += 1
                if hit is None:
                    bad(f"{c}:{i + 1}", f"number {tok} missing (found {got})")
                else:
                    got.remove(hit)
            if c in MONTHS_AS_NUMBERS:
                for m in months:
                    if m in got:
                        got.remove(m)
            if got:
                bad(f"{c}:{i + 1}", f"numbers not in English: {got}")
            if ("-8" in eng[i]) != ("-8" in text[c][i]) or eng[i].count("%") != text[c][i].count("%"):
                bad(f"{c}:{i + 1}", "minus sign or per cent sign differs")
    done(f"numbers: {count} compared, both directions (month names may be numbers in "
         f"{' '.join(sorted(MONTHS_AS_NUMBERS))})")

    count = 0
    for c, i, s in every:
        want, got = Counter(VERBATIM.findall(eng[i])), Counter(VERBATIM.findall(s))
        want = Counter({k.rstrip("."): v for k, v in want.items()})
        got = Counter({k.rstrip("."): v for k, v in got.items()})
        count += sum(want.values())
        if want != got:
            bad(f"{c}:{i + 1}", f"verbatim pieces differ: {dict(want)} / {dict(got)}")
        if [x for x in eng[i] if ord(x) > 0x1F000] != [x for x in s if ord(x) > 0x1F000]:
            bad(f"{c}:{i + 1}", "emoji differ")
        if eng[i].startswith("- ") != s.startswith("- "):
            bad(f"{c}:{i + 1}", "list marker differs")
        if s.count("`") % 2 or s.count("(") + s.count("（") != s.count(")") + s.count("）"):
            bad(f"{c}:{i + 1}", "unbalanced backticks or parentheses")
    done(f"verbatim pieces: {count} compared; emoji, list markers, brackets")

    for c in codes:
        seen = {}
        for i, s in enumerate(text[c]):
            if s in seen:
                bad(f"{c}:{i + 1}", f"same as line {seen[s] + 1}")
            seen[s] = i
    for i in range(n):
        seen = {}
        for c in codes:
            s = text[c][i]
            if s in seen:
                bad(f"{c}:{i + 1}", f"identical to {seen[s]}: {s}")
            seen[s] = c
    done("no line twice in a file; no line identical in two languages")

    for c, i, s in every:
        t = re.sub(r'(?<=[\u05d0-\u05ea])"(?=[\u05d0-\u05ea](?![\u05d0-\u05ea]))', "", plain(s)) if c == "heb" else plain(s)
        o, k = QUOTES[c]
        stray = [ch for ch in t if ch in ALL_QUOTES and ch not in (o, k)]
        if c == "jpn":
            stray += [ch for ch in t if ch in '"']
        if stray:
            bad(f"{c}:{i + 1}", f"quotation mark of another convention: {stray}")
        opens, closes = t.count(o), t.count(k)
        balanced = opens % 2 == 0 if o == k else opens == closes
        if not balanced:
            bad(f"{c}:{i + 1}", "unbalanced quotation marks")
        if ("“" in plain(eng[i])) != (opens > 0):
            bad(f"{c}:{i + 1}", "direct speech on one side only")
        e = plain(eng[i])
        if c == "hye":
            ask, cry = "՞", "՜՛"
        else:
            ask = {"ell": ";", "arb": "؟", "pes": "؟", "cmn": "？", "jpn": "？"}.get(c, "?")
            cry = {"cmn": "！", "jpn": "！"}.get(c, "!")
        if c != "tha" and ("?" in e) and ask not in t:
            bad(f"{c}:{i + 1}", "question mark missing")
        if "?" not in e and ask in t and ask != ";":
            bad(f"{c}:{i + 1}", "question mark added")
        if "!" in e and not any(x in t for x in cry) and c != "hye":
            bad(f"{c}:{i + 1}", "exclamation mark missing")
        if c not in ("jpn", "cmn") and re.search(r"[，。！？：；（）]", t):
            bad(f"{c}:{i + 1}", "full-width punctuation")
        if c == "cmn" and re.search(r"[,;:!?](?!\d)", t):
            bad(f"{c}:{i + 1}", "half-width punctuation")
        if c in ("arb", "pes") and re.search(r"[?;]|,(?!\d)", t):
            bad(f"{c}:{i + 1}", "Latin comma, semicolon or question mark")
    done("quotation marks by convention and balance; questions and exclamations")

    path = os.path.join(HERE, "manifest.json")
    if os.path.exists(path):
        m = json.loads(read("manifest.json"))
        if m["lines"] != n or [f["code"] for f in m["files"]] != codes:
            bad("manifest.json", "lines or files do not match")
        for f in m["files"] + m["extra"]:
            raw = read(f["file"])
            if len(raw) != f["bytes"] or hashlib.sha256(raw).hexdigest() != f["sha256"]:
                bad("manifest.json", f"{f['file']} has changed since the manifest was made")
        done(f"manifest.json: sizes and digests of {len(m['files']) + len(m['extra'])} files")
    else:
        bad("manifest.json", "missing")
    return finish()


def finish():
    for r in ran:
        print("checked", r)
    for f in findings:
        print("FINDING", f)
    print(f"{len(findings)} finding(s)")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
