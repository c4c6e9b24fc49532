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

    var words: [(start: UInt32, length: UInt32, count: Int64)] = []
    text.reserveCapacity(entries.distinctBytes)
    for index in entries.indices {
      let start = text.count
      entries.withBytes(index) { bytes in
        Self.forEachScalar(bytes) { text.append(symbols[$0] ?? unknown) }
        text.append(bytes.last == 0 ? Self.lineEnd : Self.wordEnd)
      }
      words.append((UInt32(start), UInt32(text.count - start), entries.occurrences(index)))
    }
    let all = text
    all.withUnsafeBufferPointer { text in
      func precedes(_ a: Int, _ b: Int) -> Int {
        let (x, y) = (words[a], words[b])
        for offset in 0..<Int(min(x.length, y.length)) {
          let (p, q) = (text[Int(x.start) + offset], text[Int(y.start) + offset])
          if p != q { return p < q ? -1 : 1 }
        }
        return 0
      }
      // Words that held different rare characters may be one word now.
      if characters.count > required.count {
        let order = words.indices.sorted {
          let order = precedes($0, $1)
          return order != 0 ? order < 0 : $0 < $1
        }
        var merged: [(start: UInt32, length: UInt32, count: Int64)] = []
        var last = -1
        for index in order {
          if last >= 0, precedes(last, index) == 0 {
            merged[merged.count - 1].count += words[index].count
          } else {
            merged.append(words[index])
            last = index
          }
        }
        words = merged
      }
      for word in words {
        starts.append(word.start)
        followed.append(word.count)
        let length = Int(word.length) - 1
        if let last = distinct.last {
          let before = words[Int(last)]
          if before.length == word.length,
            (0..<length).allSatisfy({ text[Int(before.start) + $0] == text[Int(word.start) + $0] })
          {
            counts[counts.count - 1] += word.count
            continue
          }
        }
        distinct.append(UInt32(starts.count - 1))
        counts.append(word.count)
      }
    }
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
  func scripts() -> [Int32] {
    let (han, hiragana, katakana) = (
      toklab_icu_script(0x4E00), toklab_icu_script(0x3042), toklab_icu_script(0x30A2)
    )
    return scalars.map { scalar in
      let script = toklab_icu_script(scalar)
      return script == hiragana || script == katakana || scalar == 0x30FC ? han : script
    }
  }
}
