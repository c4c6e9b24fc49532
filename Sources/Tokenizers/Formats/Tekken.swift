/// `tekken.json` of Mistral: ranks as tiktoken's, special tokens before them.
///
/// An id is the rank plus the number of special tokens; only the first `default_vocab_size` ids are used.
/// Source: mistralai/mistral-common, `src/mistral_common/tokens/tokenizers/tekken.py`.
public enum Tekken {
  /// The special tokens of files from before they were listed.
  private static let legacySpecials = [
    "<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]", "[TOOL_CALLS]", "[IMG]", "<pad>", "[IMG_BREAK]", "[IMG_END]", "[PREFIX]", "[MIDDLE]",
    "[SUFFIX]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[TOOL_CONTENT]",
  ]

  /// Real files have 1,000; each is a token with a name, so a number alone must not make millions.
  private static let maximumSpecials = 1 << 16

  public static func read(_ bytes: [UInt8]) throws(ToklabError) -> TokenizerDefinition {
    var fields = try ByteJSON.ObjectReader(ByteJSON(bytes).root)
    let configuration = try fields.required("config")
    var config = try ByteJSON.ObjectReader(configuration)
    let pattern = try config.required("pattern")
    let sizeValue = try config.required("default_vocab_size")
    let size = try sizeValue.integer(in: 1...VocabularyBuilder.maximumCapacity)
    let specialCount = try config.required("default_num_special_tokens").integer(
      in: 0...min(size, maximumSpecials))
    let list = try fields.required("vocab")
    guard size - specialCount <= list.count else {
      throw sizeValue.error(
        "\(size) ids for \(specialCount) special and \(list.count) ordinary tokens",
        expected: "no more ids than tokens")
    }
    let component: PreTokenizerComponent
    do {
      component = try TiktokenPattern.component(pattern.string())
    } catch {
      throw pattern.locate(error)
    }
    let vocabulary = try vocabulary(list, count: size - specialCount, first: specialCount)
    let added = try specials(fields.optional("special_tokens"), count: specialCount)
    return TiktokenRanks.definition(vocabulary, component, added)
  }

  private static func vocabulary(
    _ list: ByteJSON.Value, count: Int, first: Int
  ) throws(ToklabError) -> Vocabulary {
    var builder = VocabularyBuilder()
    builder.reserveCapacity(tokens: count, bytes: count * 8)
    var token: [UInt8] = []
    try list.forEachElement { (rank, entry) throws(ToklabError) in
      guard rank < count else { return }
      guard let stated = entry.member("rank"), let text = entry.member("token_bytes") else {
        throw entry.error("a token without rank or token_bytes", expected: "both")
      }
      guard try stated.integer() == rank else {
        throw stated.error("a rank out of order", expected: "rank \(rank)")
      }
      token.removeAll(keepingCapacity: true)
      guard text.kind == .string, text.withBytes({ Base64.decode($0, into: &token) }) == nil else {
        throw text.error("token_bytes that are not base64", expected: "base64")
      }
      builder.append(id: TokenID(first + rank), token)
    }
    do {
      return try builder.build()
    } catch {
      throw list.locate(error)
    }
  }

  private static func specials(
    _ value: ByteJSON.Value?, count: Int
  ) throws(ToklabError) -> [AddedToken] {
    var tokens: [AddedToken] = []
    if let value {
      try value.forEachElement { (index, entry) throws(ToklabError) in
        guard let rank = entry.member("rank"), let text = entry.member("token_str") else {
          throw entry.error("a special token without rank or token_str", expected: "both")
        }
        guard try rank.integer() == index, index < count else {
          throw rank.error("a rank out of order", expected: "\(index), below \(count)")
        }
        tokens.append(
          AddedToken(
            id: TokenID(index), content: try text.bytes(),
            special: try entry.member("is_control")?.bool() ?? true))
      }
    } else {
      tokens = legacySpecials.prefix(count).enumerated().map {
        AddedToken(id: TokenID($0.offset), content: Array($0.element.utf8))
      }
    }
    for id in tokens.count..<max(count, tokens.count) {
      tokens.append(AddedToken(id: TokenID(id), content: Array("<SPECIAL_\(id)>".utf8)))
    }
    return tokens
  }
}

extension Tekken {
  /// Why tekken.json cannot give the same tokens; empty when it can.
  public static func limits(_ definition: TokenizerDefinition) -> [String] {
    do {
      _ = try write(definition)
      return []
    } catch {
      return [error.found]
    }
  }

  /// The file's bytes. Ids must be special tokens from 0, then the 256 bytes in order, then merges by rank.
  /// - Throws: ``ToklabError`` with the first reason of ``limits(_:)``.
  public static func write(_ definition: TokenizerDefinition) throws(ToklabError) -> [UInt8] {
    let (vocabulary, ids) = try TiktokenRanks.prepare(definition)
    guard !definition.normalizes else { throw ToklabError("a normalizer") }
    guard case .sequence(let parts) = definition.preTokenizer, parts.count == 2,
      case .split(.regex(let pattern), .isolated, false) = parts[0], case .byteLevel(_, _, false) = parts[1]
    else { throw ToklabError("a pre-tokenizer that is not one pattern") }
    let specials = definition.addedTokens.sorted { $0.id < $1.id }
    for (index, token) in specials.enumerated() {
      guard token.id == TokenID(index) else {
        throw ToklabError("special token \(token.id); tekken numbers them from 0 without holes")
      }
      guard UTF8Scalar.firstInvalid(token.content) == nil else {
        throw ToklabError("a special token that is not UTF-8")
      }
    }
    for (rank, id) in ids.enumerated() {
      guard Int(id) == specials.count + rank else {
        throw ToklabError(
          "token \(id) at rank \(rank); tekken numbers tokens after the special ones without holes")
      }
      guard rank >= 256 || vocabulary[id] == [UInt8(rank)] else {
        throw ToklabError("rank \(rank), which is not the byte \(ByteEscape.hex(UInt8(rank)))")
      }
    }
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("config")
    writer.beginObject()
    writer.field("pattern", pattern)
    writer.field("num_vocab_tokens", ids.count)
    writer.field("default_vocab_size", ids.count + specials.count)
    writer.field("default_num_special_tokens", specials.count)
    writer.field("version", "v3")
    writer.endObject()
    writer.key("vocab")
    writer.beginArray()
    for (rank, id) in ids.enumerated() {
      let bytes = vocabulary[id]
      writer.beginObject()
      writer.field("rank", rank)
      writer.key("token_bytes")
      writer.string(Base64.encode(bytes))
      writer.key("token_str")
      if UTF8Scalar.firstInvalid(bytes) == nil { writer.string(bytes) } else { writer.null() }
      writer.endObject()
    }
    writer.endArray()
    writer.key("special_tokens")
    writer.beginArray()
    for (rank, token) in specials.enumerated() {
      writer.beginObject()
      writer.field("rank", rank)
      writer.key("token_str")
      writer.string(token.content)
      writer.field("is_control", token.special)
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    return writer.bytes + [0x0A]
  }
}
