/// `.tiktoken` rank files: a line for each token, base64 of its bytes, a space, its rank, which is its id.
///
/// Pattern and special tokens live in the code that uses a file; well-known files are recognised by their
/// SHA-256. Source: openai/tiktoken, `tiktoken/load.py`.
public enum TiktokenRanks {
  /// - Parameter pattern: `--pattern`, for files that are not well known.
  /// - Throws: ``ToklabError`` with the line, or when the pattern is missing.
  public static func read(
    _ bytes: [UInt8], pattern: String? = nil
  ) throws(ToklabError) -> (definition: TokenizerDefinition, note: String?) {
    let vocabulary = try vocabulary(bytes)
    if let known = WellKnownFile.ranks(SHA256.hex(bytes)) {
      return (
        definition(vocabulary, known.preTokenizer, known.addedTokens), "recognised as \(known.name)"
      )
    }
    guard let pattern else {
      throw ToklabError(
        "ranks that are not well known, and no pattern", expected: "a pattern: rank files carry none",
        advice: "give --pattern with a name such as cl100k, or a regular expression")
    }
    return (definition(vocabulary, try TiktokenPattern.given(pattern), []), nil)
  }

  /// The definition of a tokenizer that merges as tiktoken does.
  static func definition(
    _ vocabulary: Vocabulary, _ preTokenizer: PreTokenizerComponent, _ added: [AddedToken],
    normalizer: NormalizerComponent? = nil
  ) -> TokenizerDefinition {
    TokenizerDefinition(
      normalizer: normalizer, preTokenizer: preTokenizer,
      model: .bytePair(
        BytePairDefinition(vocabulary: vocabulary, semantics: .rankByBytes, wholePieceShortcut: true)),
      decoder: .byteLevel(addPrefixSpace: true, trimOffsets: true, useRegex: true), addedTokens: added)
  }

  private static func vocabulary(_ bytes: [UInt8]) throws(ToklabError) -> Vocabulary {
    var builder = VocabularyBuilder()
    builder.reserveCapacity(tokens: bytes.count / 16, bytes: bytes.count / 2)
    var token: [UInt8] = []
    try TextLines.forEach(bytes) { (number, line) throws(ToklabError) in
      if line.isEmpty { return }
      guard let space = line.firstIndex(of: 0x20) else {
        throw ToklabError(
          at: .line(number), "\"\(ByteEscape.string(line.prefix(60)))\"",
          expected: "base64, a space and a rank")
      }
      token.removeAll(keepingCapacity: true)
      // Whisper's file spells the empty token like this, which Python's decoder lets pass.
      let isEmpty = space == 1 && line[0] == 0x3D
      guard isEmpty || Base64.decode(UnsafeBufferPointer(rebasing: line[..<space]), into: &token) == nil
      else {
        throw ToklabError(
          at: .line(number), "\"\(ByteEscape.string(line[..<space].prefix(60)))\"", expected: "base64")
      }
      builder.append(id: try TextLines.tokenID(line[(space + 1)...], line: number), token)
    }
    guard builder.count > 0 else { throw ToklabError("no ranks", expected: "a line for each token") }
    return try builder.build()
  }

  /// Why ranks cannot give the same tokens; empty when they can.
  public static func limits(_ definition: TokenizerDefinition) -> [String] {
    do {
      _ = try prepare(definition)
      return []
    } catch {
      return [error.found]
    }
  }

  /// What the file leaves out and the user must give in another way.
  public static func losses(_ definition: TokenizerDefinition) -> [String] {
    var losses: [String] = []
    if let component = definition.preTokenizer {
      losses.append("the pattern \(PatternText.describe(component))")
    }
    if definition.normalizes { losses.append("the normalizer") }
    let added = definition.addedTokens.map { "\(ByteEscape.string($0.content)) = \($0.id)" }
    if !added.isEmpty {
      losses.append(
        "\(added.count) added tokens: " + added.prefix(8).joined(separator: ", ")
          + (added.count > 8 ? ", …" : ""))
    }
    if case .bytePair(let model) = definition.model {
      for id in model.unproducible(except: definition.addedTokens) {
        losses.append("the token \(ByteEscape.string(model.vocabulary[id])) = \(id), which no merge makes")
      }
    }
    if definition.postProcessor != nil { losses.append("the post-processor") }
    return losses
  }

  /// The file's bytes: the ordinary tokens by rank.
  /// - Throws: ``ToklabError`` with the first reason of ``limits(_:)``.
  public static func write(_ definition: TokenizerDefinition) throws(ToklabError) -> [UInt8] {
    let (vocabulary, ids) = try prepare(definition)
    var out: [UInt8] = []
    for id in ids {
      out += vocabulary.length(of: id) == 0 ? [0x3D] : Base64.encode(vocabulary[id])
      out.append(0x20)
      out += String(id).utf8
      out.append(0x0A)
    }
    return out
  }

  /// The ordinary tokens of a model whose merges are what its ranks say.
  static func prepare(
    _ definition: TokenizerDefinition
  ) throws(ToklabError) -> (Vocabulary, [TokenID]) {
    guard case .bytePair(let model) = definition.model, model.alphabet == .bytes, model.semantics != .scores
    else { throw ToklabError("a model that is not byte-level byte-pair encoding") }
    guard model.endOfWordSuffix == nil, model.continuingSubwordPrefix == nil else {
      throw ToklabError("a prefix or suffix of words")
    }
    guard (model.dropout ?? 0) == 0 else { throw ToklabError("dropout") }
    if definition.preTokenizer?.addsPrefixSpace == true { throw ToklabError("a space put before the text") }
    let vocabulary = model.vocabulary
    let unproducible = model.unproducible(except: definition.addedTokens)
    let added = Set(definition.addedTokens.map(\.id)).union(unproducible)
    var ids: [TokenID] = []
    for id in 0..<TokenID(vocabulary.capacity) where vocabulary.contains(id) {
      if added.contains(id) { continue }
      guard !vocabulary.isLiteral(id) else {
        throw ToklabError(
          "token \(id) \"\(ByteEscape.string(vocabulary[id].prefix(60)))\" is spelled outside the byte alphabet"
        )
      }
      ids.append(id)
    }
    for byte: UInt8 in 0...255 {
      guard let id = vocabulary.id(of: [byte]), !added.contains(id) else {
        throw ToklabError("no token for the byte \(ByteEscape.hex(byte)), which tiktoken needs")
      }
    }
    if model.semantics == .mergeList,
      let reason = try MergeReconstruction.difference(model, except: added)
    {
      throw ToklabError(reason)
    }
    return (vocabulary, ids)
  }
}

extension BytePairDefinition {
  /// Tokens of two and more bytes that no merge makes and no whole piece becomes: no text ever holds them.
  func unproducible(except added: [AddedToken]) -> [TokenID] {
    guard semantics == .mergeList, !wholePieceShortcut else { return [] }
    let made = Set(merges.result).union(added.map(\.id)).union(vocabulary.literals)
    return (0..<TokenID(vocabulary.capacity)).filter { vocabulary.length(of: $0) > 1 && !made.contains($0) }
  }
}

/// Pieces of text formats.
enum TextLines {
  /// Calls `body` with the number, from 1, and the bytes of each line, without LF or CR LF; an empty last
  /// line does not count.
  static func forEach(
    _ bytes: [UInt8], _ body: (Int, UnsafeBufferPointer<UInt8>) throws(ToklabError) -> Void
  ) throws(ToklabError) {
    try bytes.withUnsafeBufferPointer { (text) throws(ToklabError) in
      var start = 0
      var number = 1
      while start < text.count {
        var end = start
        while end < text.count, text[end] != 0x0A { end += 1 }
        let next = end + 1
        if end > start, end < text.count, text[end - 1] == 0x0D { end -= 1 }
        try body(number, UnsafeBufferPointer(rebasing: text[start..<end]))
        start = next
        number += 1
      }
    }
  }

  /// A token id in decimal digits.
  static func tokenID(_ text: Slice<UnsafeBufferPointer<UInt8>>, line: Int) throws(ToklabError) -> TokenID {
    var value = 0
    for byte in text {
      guard byte &- 0x30 < 10, value < 1 << 40 else {
        value = .max
        break
      }
      value = value * 10 + Int(byte - 0x30)
    }
    guard !text.isEmpty, value < VocabularyBuilder.maximumCapacity else {
      throw ToklabError(
        at: .line(line), "\"\(ByteEscape.string(text.prefix(60)))\"",
        expected: "a whole number below \(VocabularyBuilder.maximumCapacity)")
    }
    return TokenID(value)
  }
}

/// A pre-tokenizer in a few words, for notes.
enum PatternText {
  static func describe(_ component: PreTokenizerComponent) -> String {
    for pattern in PreTokenizerPattern.allCases where pattern.component == component {
      return pattern.rawValue
    }
    var parts: [String] = []
    func collect(_ component: PreTokenizerComponent) {
      switch component {
      case .sequence(let list): list.forEach(collect)
      case .split(.regex(let text), _, _): parts.append(text)
      case .split(.literal(let text), _, _): parts.append("\"\(text)\"")
      case .byteLevel(_, _, let useRegex): if useRegex { parts.append("gpt2") }
      default: parts.append("of tokenizer.json")
      }
    }
    collect(component)
    return parts.isEmpty ? "none" : parts.joined(separator: ", then ")
  }
}
