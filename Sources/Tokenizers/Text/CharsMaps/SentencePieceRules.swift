import ICUShim

/// SentencePiece's `nmt_nfkc`, the default normalization of its release 0.2.0, compiled here.
///
/// The rules are NFKC of Unicode 13.0 (ICU's, other characters left alone) for each scalar and for each
/// sequence that stands for a decomposition, and 45 rules of its own: white space and invisible marks to a
/// space, control characters to nothing, the full-width tilde kept. A rule that shorter rules bring about is
/// left out. Source: google/sentencepiece 0.2.0, `src/builder.cc` (`BuildNmtNFKCMap`).
public enum SentencePieceRules {
  /// The compiled map; made once a process (0.1 s).
  public static let nmtNFKC: [UInt8] = {
    // ICU has these forms at every version toklab runs with.
    (try? compile()) ?? []
  }()

  private typealias Scalars = [UInt32]

  private static func compile() throws(ToklabError) -> [UInt8] {
    let forms = try Forms()
    var values = Values()
    // Rules by their keys, with the numbers of their replacements.
    var rules: [CharsMapWriter.Key: UInt32] = [:]
    rules.reserveCapacity(230_000)
    // Sequences of each length.
    var sequences = [[(key: CharsMapWriter.Key, value: UInt32)]](
      repeating: [], count: CharsMapWriter.longestKey + 1)
    // For what a character alone decomposes to: the characters that do so, itself among them.
    var originals: [UInt32: [UInt32]] = [:]
    var decomposed: Set<Scalars> = []
    for value in UInt32(1)...0x10FFFF {
      // Neither surrogates nor the code points that are no characters; most characters stand for themselves.
      guard !(0xD800...0xDFFF).contains(value), value & 0xFFFE != 0xFFFE, !(0xFDD0...0xFDEF).contains(value),
        forms.decomposes(value)
      else { continue }
      let composed = try forms.nfkc([value])
      if composed != [value] { rules[CharsMapWriter.key([value])] = values.number(composed) }
      let apart = try forms.nfkd([value])
      if apart.count == 1 {
        originals[apart[0], default: [apart[0]]].append(value)
      } else {
        decomposed.insert(apart)
      }
    }
    for apart in decomposed where apart.count <= CharsMapWriter.longestKey {
      let composed = try forms.nfc(apart)
      guard composed != apart else { continue }
      let number = values.number(composed)
      // Every sequence of scalars that stand for these one by one.
      var heads: [CharsMapWriter.Key] = [0]
      for (place, scalar) in apart.enumerated() {
        let others = (originals[scalar] ?? [scalar]).map { CharsMapWriter.key($0, at: place) }
        if others.count == 1 {
          for index in heads.indices { heads[index] |= others[0] }
        } else {
          heads = heads.flatMap { head in others.map { head | $0 } }
        }
      }
      let own = composed.count <= CharsMapWriter.longestKey ? CharsMapWriter.key(composed) : 0
      for head in heads where head != own { sequences[apart.count].append((head, number)) }
    }
    for value: UInt32 in [
      0x9, 0xA, 0xC, 0xD, 0x1680, 0x200B, 0x200C, 0x200E, 0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD,
    ] { rules[CharsMapWriter.key([value])] = values.number([0x20]) }
    for value in Array(UInt32(1)...8) + [0xB] + Array(0xE...0x1F) + [0x7F, 0x8F, 0x9F] {
      rules[CharsMapWriter.key([value])] = values.number([])
    }
    rules[CharsMapWriter.key([0xFF5E])] = nil
    // Rules that shorter ones bring about are left out.
    for length in 2...CharsMapWriter.longestKey {
      let added = sequences[length].filter {
        !isMade(values[$0.value], of: CharsMapWriter.scalars($0.key, length), by: rules, values)
      }
      sequences[length] = []
      for (key, value) in added { rules[key] = value }
    }
    var list = rules.map { (key: $0.key, value: $0.value) }
    rules = [:]
    list.sort { $0.key < $1.key }
    return CharsMapWriter.compile(list, values: values.list.map(utf8))
  }

  /// Replacements, each once.
  private struct Values {
    private(set) var list: [Scalars] = []
    private var numbers: [Scalars: UInt32] = [:]

    subscript(_ number: UInt32) -> Scalars { list[Int(number)] }

    mutating func number(_ value: Scalars) -> UInt32 {
      if let number = numbers[value] { return number }
      numbers[value] = UInt32(list.count)
      list.append(value)
      return UInt32(list.count - 1)
    }
  }

  /// Whether shorter rules, longest first, make `value` of `key`.
  private static func isMade(
    _ value: Scalars, of key: Scalars, by rules: [CharsMapWriter.Key: UInt32], _ values: borrowing Values
  ) -> Bool {
    var (index, made) = (0, 0)
    while index < key.count {
      var end = min(key.count, index + key.count - 1)
      var replacement: Scalars?
      while end > index {
        replacement = rules[CharsMapWriter.key(key[index..<end])].map { values[$0] }
        if replacement != nil { break }
        end -= 1
      }
      let part = replacement ?? [key[index]]
      guard made + part.count <= value.count, value[made..<made + part.count].elementsEqual(part) else {
        return false
      }
      made += part.count
      index = max(end, index + 1)
    }
    return made == value.count
  }

  private static func utf8(_ scalars: Scalars) -> [UInt8] {
    scalars.flatMap { Array(String(Character(Unicode.Scalar($0)!)).utf8) }
  }

  private struct Forms {
    private let composer: UnicodeNormalizer
    private let decomposer: UnicodeNormalizer
    private let canonical: UnicodeNormalizer

    init() throws(ToklabError) {
      composer = try UnicodeNormalizer(.nfkc, unicode: "13.0")
      decomposer = try UnicodeNormalizer(.nfkd, unicode: "13.0")
      canonical = try UnicodeNormalizer(.nfc, unicode: "13.0")
    }

    func decomposes(_ scalar: UInt32) -> Bool { decomposer.decomposes(scalar) }
    func nfkc(_ scalars: Scalars) throws(ToklabError) -> Scalars { try apply(composer, scalars) }
    func nfkd(_ scalars: Scalars) throws(ToklabError) -> Scalars { try apply(decomposer, scalars) }
    func nfc(_ scalars: Scalars) throws(ToklabError) -> Scalars { try apply(canonical, scalars) }

    private func apply(_ normalizer: UnicodeNormalizer, _ scalars: Scalars) throws(ToklabError) -> Scalars {
      let bytes = SentencePieceRules.utf8(scalars)
      var result = bytes
      try bytes.withUnsafeBufferPointer { (bytes) throws(ToklabError) in
        if let normalized = try normalizer.normalize(bytes, alignment: false) { result = normalized.bytes }
      }
      return String(decoding: result, as: UTF8.self).unicodeScalars.map(\.value)
    }
  }
}
