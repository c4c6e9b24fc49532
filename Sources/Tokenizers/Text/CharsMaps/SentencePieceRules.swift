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
    // Rules by their keys; replacements once each.
    var rules: [CharsMapWriter.Key: Scalars] = [:]
    var sequences: [(key: Scalars, value: Scalars)] = []
    // For what a character alone decomposes to: the characters that do so, itself among them.
    var originals: [UInt32: [UInt32]] = [:]
    var decomposed: Set<Scalars> = []
    for value in UInt32(1)...0x10FFFF {
      // Neither surrogates nor the code points that are no characters; most characters stand for themselves.
      guard !(0xD800...0xDFFF).contains(value), value & 0xFFFE != 0xFFFE, !(0xFDD0...0xFDEF).contains(value),
        forms.decomposes(value)
      else { continue }
      let composed = try forms.nfkc([value])
      if composed != [value] { rules[CharsMapWriter.key([value])] = composed }
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
      // Every sequence of scalars that stand for these one by one.
      var heads: [Scalars] = [[]]
      for scalar in apart {
        guard let others = originals[scalar] else {
          for index in heads.indices { heads[index].append(scalar) }
          continue
        }
        heads = heads.flatMap { head in others.map { head + [$0] } }
      }
      for head in heads where head != composed { sequences.append((head, composed)) }
    }
    for value: UInt32 in [
      0x9, 0xA, 0xC, 0xD, 0x1680, 0x200B, 0x200C, 0x200E, 0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD,
    ] { rules[CharsMapWriter.key([value])] = [0x20] }
    for value in Array(UInt32(1)...8) + [0xB] + Array(0xE...0x1F) + [0x7F, 0x8F, 0x9F] {
      rules[CharsMapWriter.key([value])] = []
    }
    rules[CharsMapWriter.key([0xFF5E])] = nil
    // Rules that shorter ones bring about are left out.
    for length in 2...CharsMapWriter.longestKey {
      var added: [(key: CharsMapWriter.Key, value: Scalars)] = []
      for (key, value) in sequences where key.count == length && !isMade(value, of: key, by: rules) {
        added.append((CharsMapWriter.key(key), value))
      }
      for (key, value) in added { rules[key] = value }
    }
    return CharsMapWriter.compile(
      rules.map { (key: $0.key, value: utf8($0.value)) }.sorted { $0.key < $1.key })
  }

  /// Whether shorter rules, longest first, make `value` of `key`.
  private static func isMade(_ value: Scalars, of key: Scalars, by rules: [CharsMapWriter.Key: Scalars])
    -> Bool
  {
    var (index, made) = (0, 0)
    while index < key.count {
      var end = min(key.count, index + key.count - 1)
      var replacement: Scalars?
      while end > index {
        replacement = rules[CharsMapWriter.key(Array(key[index..<end]))]
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
