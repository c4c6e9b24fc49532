/// The tiktoken-like JSON of js-tiktoken and of Anthropic's first tokenizer: `pat_str`, `special_tokens`
/// and `bpe_ranks`, a text whose lines are `! FIRST-RANK base64 base64 …`.
///
/// Source: dqbd/tiktoken, `js/scripts/inline_ranks.ts`; anthropics/anthropic-tokenizer-typescript.
public enum TiktokenJSON {
  /// Claude's first tokenizer applies NFKC before it encodes (`index.ts`); the file does not say so.
  private static let claude = "58dad83d85e9cd57be209172449ebfbc395df2b455c11fe8b7e5b661e6f462ad"

  public static func read(
    _ bytes: [UInt8]
  ) throws(ToklabError) -> (definition: TokenizerDefinition, note: String?) {
    var fields = try ByteJSON.ObjectReader(ByteJSON(bytes).root)
    let pattern = try fields.required("pat_str")
    let ranks = try fields.required("bpe_ranks")
    let specials = fields.optional("special_tokens")
    _ = fields.take("explicit_n_vocab")
    _ = fields.take("name")
    try fields.finish(of: "a tiktoken JSON")
    let component: PreTokenizerComponent
    do {
      component = try TiktokenPattern.component(pattern.string())
    } catch {
      throw pattern.locate(error)
    }
    let vocabulary = try vocabulary(ranks)
    var added: [AddedToken] = []
    var seen: Set<TokenID> = []
    try specials?.forEachMember { (key, value) throws(ToklabError) in
      let id = try value.tokenID()
      guard seen.insert(id).inserted, !vocabulary.contains(id) else {
        throw value.error("id \(id) a second time", expected: "one token an id")
      }
      added.append(AddedToken(id: id, content: try key.bytes()))
    }
    let isClaude = SHA256.hex(bytes) == claude
    let definition = TiktokenRanks.definition(
      vocabulary, component, added.sorted { $0.id < $1.id }, normalizer: isClaude ? .nfkc : nil)
    return (definition, isClaude ? "recognised as Claude's first tokenizer: NFKC is applied" : nil)
  }

  private static func vocabulary(_ value: ByteJSON.Value) throws(ToklabError) -> Vocabulary {
    let text = try value.bytes()
    var builder = VocabularyBuilder()
    var token: [UInt8] = []
    for line in text.split(separator: 0x0A) {
      let words = line.split(separator: 0x20)
      guard words.count > 2, words[0].elementsEqual([0x21]),
        let first = Int(String(decoding: words[1], as: UTF8.self)),
        first >= 0, first < VocabularyBuilder.maximumCapacity
      else {
        throw value.error(
          "\"\(ByteEscape.string(line.prefix(40)))\"", expected: "! and the first rank, then tokens in base64"
        )
      }
      guard first + words.count < VocabularyBuilder.maximumCapacity else {
        throw value.error("too many ranks")
      }
      for (index, word) in words.dropFirst(2).enumerated() {
        token.removeAll(keepingCapacity: true)
        guard word.withUnsafeBufferPointer({ Base64.decode($0, into: &token) }) == nil else {
          throw value.error(
            "rank \(first + index): \"\(ByteEscape.string(word.prefix(40)))\"", expected: "base64")
        }
        builder.append(id: TokenID(first + index), token)
      }
    }
    guard builder.count > 0 else { throw value.error("no ranks", expected: "a line for each run of ranks") }
    do {
      return try builder.build()
    } catch {
      throw value.locate(error)
    }
  }
}
