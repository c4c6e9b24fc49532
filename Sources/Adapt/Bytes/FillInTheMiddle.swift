import Tokenizers

/// Prompts that ask a model for the text between a prefix and a suffix.
///
/// In suffix–prefix order the prompt ends with the prefix, so the middle goes on with it byte by byte. In
/// prefix–suffix order the middle stands behind a marker, and the last token of the prefix may be one that
/// the whole text would not have there; so the bytes of the prefix whose tokens are not certain move behind
/// the marker, and the middle must begin with them.
public struct FillInTheMiddle: Sendable {
  public enum Order: String, Sendable, Hashable, CaseIterable { case psm, spm }

  /// The special tokens that mark the parts.
  public struct Markers: Sendable, Hashable {
    public var prefix: TokenID
    public var suffix: TokenID
    public var middle: TokenID

    public init(prefix: TokenID, suffix: TokenID, middle: TokenID) {
      self.prefix = prefix
      self.suffix = suffix
      self.middle = middle
    }

    /// Spellings in use, prefix, suffix and middle.
    static let spellings = [
      ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"],
      ["<fim_prefix>", "<fim_suffix>", "<fim_middle>"], ["<fim-prefix>", "<fim-suffix>", "<fim-middle>"],
      ["<PRE>", "<SUF>", "<MID>"], ["▁<PRE>", "▁<SUF>", "▁<MID>"],
    ]

    /// The markers of a tokenizer, by their usual spellings.
    ///
    /// - Throws: ``ToklabError`` when it has none.
    public init(_ tokenizer: Tokenizer) throws(ToklabError) {
      let added = tokenizer.definition.addedTokens
      for names in Self.spellings {
        let ids = names.compactMap { name in added.first { $0.content == Array(name.utf8) }?.id }
        if ids.count == 3 {
          self.init(prefix: ids[0], suffix: ids[1], middle: ids[2])
          return
        }
      }
      throw ToklabError(
        "no tokens that mark prefix, suffix and middle",
        expected: "added tokens such as \(Self.spellings[0].joined(separator: ", "))",
        advice: "fill-in-the-middle needs a model that was trained for it")
    }
  }

  public var prompt: BytePrompt
  /// How many bytes at the end of the prompt's text are the prefix's own.
  public var carried: Int

  /// - Parameter model: decides, for prefix–suffix order, what of the prefix is certain.
  /// - Throws: ``ToklabError`` for text that the tokenizer cannot encode.
  public init(
    prefix: [UInt8], suffix: [UInt8], order: Order, markers: Markers, model: ByteModel, tokenizer: Tokenizer
  ) throws(ToklabError) {
    let after = try tokenizer.encode(suffix).ids
    switch order {
    case .spm:
      prompt = BytePrompt(
        context: [markers.prefix, markers.suffix] + after + [markers.middle], text: prefix)
      carried = prefix.count
    case .psm:
      let state = model.state()
      try state.append(prefix)
      let (all, undecided) = state.split()
      let certain = all.dropFirst(model.model.facts.beginToken == nil ? 0 : 1)
      prompt = BytePrompt(
        context: [markers.prefix] + certain + [markers.suffix] + after + [markers.middle],
        text: Array(prefix.suffix(undecided)))
      carried = undecided
    }
  }
}
