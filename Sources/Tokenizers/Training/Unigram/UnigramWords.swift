import Dispatch
import ICUShim

/// The words of a text as unigram training sees them: normalized lines, cut before each U+2581, each distinct
/// word with its count, in symbols that number the characters by code point.
///
/// A word stands once for each thing that follows it, another word or the end of its line: that decides which
/// strings are candidates. Characters beyond the coverage are one symbol, ``unknown``.
struct UnigramWords {
  /// Symbols of all words, each word with what follows it: ``lineEnd`` or ``wordEnd``.
  private(set) var text: [UInt32] = []
  /// Where each word starts in `text`, and how often it occurs before what follows.
  private(set) var starts: [UInt32] = []
  private(set) var followed: [Int64] = []
  /// The words without regard to what follows: an index into `starts`, and the count.
  private(set) var distinct: [UInt32] = []
  private(set) var counts: [Int64] = []
  /// The code point of each symbol from 2 on.
  private(set) var scalars: [UInt32] = [0, 0]
  /// How often each symbol occurs.
  private(set) var occurrences: [Int64] = []
  let unknown: UInt32
  let space: UInt32
  let textBytes: Int64

  static let lineEnd: UInt32 = 0
  static let wordEnd: UInt32 = 1
  static let spaceScalar: UInt32 = 0x2581
  static let unknownScalar: UInt32 = 0x2585
  /// Stands for special tokens found in the text; never part of a piece.
  private static let special: UInt32 = 0x09

  /// - Parameter entries: word bytes and one more: 0 before the end of the line, 1 before another word.
  /// - Throws: ``ToklabError`` when no word is left.
  init(_ entries: PreTokenCounts, coverage: Double, textBytes: Int64) throws(ToklabError) {
    self.textBytes = textBytes
    var characters: [UInt32: Int64] = [:]
    for index in entries.indices {
      let count = entries.occurrences(index)
      entries.withBytes(index) { Self.forEachScalar($0) { characters[$0, default: 0] &+= count } }
    }
    let required = Self.required(characters, coverage: coverage)
    guard !required.isEmpty else {
      throw ToklabError(
        "the corpus holds no text", expected: "at least one character that is not white space")
    }
    scalars += Array(Set(required.map(\.scalar) + [Self.spaceScalar, Self.unknownScalar])).sorted()
    var symbols: [UInt32: UInt32] = [:]
    for (symbol, scalar) in scalars.enumerated() where symbol > 1 { symbols[scalar] = UInt32(symbol) }
    (unknown, space) = (symbols[Self.unknownScalar]!, symbols[Self.spaceScalar]!)
    occurrences = [Int64](repeating: 0, count: scalars.count)
    for (scalar, count) in required { occurrences[Int(symbols[scalar]!)] = count }

    var words: [Word] = []
    words.reserveCapacity(entries.count)
    text.reserveCapacity(entries.distinctBytes)
    for index in entries.indices {
      let start = text.count
      entries.withBytes(index) { bytes in
        Self.forEachScalar(bytes) { text.append(symbols[$0] ?? unknown) }
        text.append(bytes.last == 0 ? Self.lineEnd : Self.wordEnd)
      }
      words.append((UInt32(start), UInt32(text.count - start), entries.occurrences(index)))
    }
    // Words that held different rare characters may be one word now.
    if characters.count > required.count { merge(&words) }
    starts.reserveCapacity(words.count)
    followed.reserveCapacity(words.count)
    for word in words {
      starts.append(word.start)
      followed.append(word.count)
      if let last = distinct.last, Self.order(text, words[Int(last)], word, ends: false) == 0 {
        counts[counts.count - 1] += word.count
      } else {
        distinct.append(UInt32(starts.count - 1))
        counts.append(word.count)
      }
    }
  }

  private typealias Word = (start: UInt32, length: UInt32, count: Int64)

  /// Sorts the words by their symbols, adds up equal ones, and puts their text in that order.
  private mutating func merge(_ words: inout [Word]) {
    let all = text
    words.sort {
      let order = Self.order(all, $0, $1, ends: true)
      return order != 0 ? order < 0 : $0.start < $1.start
    }
    var kept = 0
    text.removeAll()
    text.reserveCapacity(all.count)
    for word in words {
      if kept > 0, Self.order(text, words[kept - 1], all, word) == 0 {
        words[kept - 1].count += word.count
        continue
      }
      words[kept] = (UInt32(text.count), word.length, word.count)
      text += all[Int(word.start)..<Int(word.start + word.length)]
      kept += 1
    }
    words.removeLast(words.count - kept)
  }

  private static func order(_ text: [UInt32], _ a: Word, _ b: Word, ends: Bool) -> Int {
    order(text, (a.start, a.length - (ends ? 0 : 1), 0), text, (b.start, b.length - (ends ? 0 : 1), 0))
  }

  /// Below, at or above 0 as the first word's symbols come before, are or come after the second's.
  private static func order(_ one: [UInt32], _ a: Word, _ two: [UInt32], _ b: Word) -> Int {
    for offset in 0..<Int(min(a.length, b.length)) {
      let (p, q) = (one[Int(a.start) + offset], two[Int(b.start) + offset])
      if p != q { return p < q ? -1 : 1 }
    }
    return Int(a.length) - Int(b.length)
  }

  /// The most frequent characters that make up the share asked for, most frequent first. The share is compared
  /// in single precision, as SentencePiece does.
  private static func required(
    _ characters: [UInt32: Int64], coverage: Double
  ) -> [(scalar: UInt32, count: Int64)] {
    let total = characters.values.reduce(0, +)
    var covered: Int64 = 0
    var required: [(scalar: UInt32, count: Int64)] = []
    for (scalar, count) in characters.sorted(by: { ($0.value, $1.key) > ($1.value, $0.key) }) {
      if Float(Double(covered) / Double(total)) >= Float(coverage) { break }
      covered += count
      if scalar != special, scalar != unknownScalar { required.append((scalar, count)) }
    }
    return required
  }

  private static func forEachScalar(_ bytes: UnsafeBufferPointer<UInt8>, _ body: (UInt32) -> Void) {
    let base = bytes.baseAddress!
    let count = bytes.count - 1
    var index = 0
    while index < count {
      let first = base[index]
      if first < 0x80 {
        body(UInt32(first))
        index &+= 1
        continue
      }
      let length = max(1, UTF8Scalar.length(base + index, count - index))
      body(ScanText.scalar(base + index, length).value)
      index &+= length
    }
  }

  /// The script class by which pieces may not mix: Hiragana and Katakana count as Han.
  ///
  /// - Parameter single: by the table of SentencePiece 0.2.0, which is of Unicode 9.0 and calls Common what it
  ///   lacks.
  func scripts(single: Bool) -> [Int32] {
    let (han, hiragana, katakana) = (
      toklab_icu_script(0x4E00), toklab_icu_script(0x3042), toklab_icu_script(0x30A2)
    )
    let (common, devanagari) = (toklab_icu_script(0x20), toklab_icu_script(0x905))
    return scalars.map { scalar in
      if single {
        switch scalar {
        // Their scripts changed later.
        case 0x589, 0x61C: return common
        case 0x953, 0x954: return devanagari
        default: break
        }
        let age = toklab_age(Int32(scalar))
        if age == 0 || age > 9 << 8 || (0xE000...0xF8FF).contains(scalar) || scalar >= 0xF0000 {
          return common
        }
      }
      let script = toklab_icu_script(scalar)
      return script == hiragana || script == katakana || scalar == 0x30FC ? han : script
    }
  }
}
