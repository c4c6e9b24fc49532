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

  public static func read(_ bytes: [UInt8]) throws(ToklabError) -> TokenizerDefinition {
    var fields = try ByteJSON.ObjectReader(ByteJSON(bytes).root)
    let configuration = try fields.required("config")
    var config = try ByteJSON.ObjectReader(configuration)
    let pattern = try config.required("pattern")
    let sizeValue = try config.required("default_vocab_size")
    let size = try sizeValue.integer(in: 1...VocabularyBuilder.maximumCapacity)
    let specialCount = try config.required("default_num_special_tokens").integer(in: 0...size)
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
