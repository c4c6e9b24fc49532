/// The distinct words of a text as a tokenizer encodes them, with their counts.
///
/// Words are the tokenizer's pre-tokens where it has any and they neither drop nor rewrite text; else what lies
/// between white space, each encoded as it would be after a space.
struct EncodedWords {
  let counts: PreTokenCounts
  private var tokenizer: Tokenizer
  private let isPreTokenized: Bool
  /// What stands before a word that is encoded on its own.
  private let lead: [UInt8]

  init(_ tokenizer: Tokenizer, _ corpus: Corpus, _ run: TrainingRun) throws(ToklabError) {
    self.tokenizer = tokenizer
    var cutter = tokenizer.scannerPreTokenizer
    if let found = cutter, case .wholeText = found.scope { cutter = nil }
    isPreTokenized = cutter != nil && tokenizer.definition.sentencePiece == nil
    let preTokenizer = try isPreTokenized ? cutter! : PreTokenizers.named("regex:\\S+|\\s+").preTokenizer
    counts = try PreTokenCounts(
      corpus,
      cutBy: PreTokenization(
        preTokenizer: preTokenizer, named: "", component: nil,
        normalizer: isPreTokenized ? tokenizer.normalizer : nil, named: "", component: nil), run: run)
    let surfaces = TokenSurfaces(tokenizer)
    let probe = try tokenizer.encode("a").ids.first
    let marksWords = probe.map { surfaces.surface(of: surfaces.bytes(of: $0)).first == 0x20 } ?? false
    lead = marksWords ? [] : [0x20]
  }

  /// The same words under another tokenizer with the same pipeline.
  func encoded(by other: Tokenizer) -> EncodedWords {
    var copy = self
    copy.tokenizer = other
    return copy
  }

  /// Calls `body` with the ids and the count of each word, in the order of their bytes.
  func forEach(_ body: ([TokenID], Int64) -> Void) throws(ToklabError) {
    let pieces = isPreTokenized ? try tokenizer.model.makePieceEncoder(EncodeOptions()) : nil
    let documents = isPreTokenized ? nil : try DocumentEncoder(tokenizer)
    let buffer = TokenBuffer()
    for index in counts.indices {
      let (bytes, count) = counts[index]
      if pieces == nil, bytes.allSatisfy({ $0 <= 0x20 }) { continue }
      let text = (pieces == nil ? lead : []) + bytes
      buffer.removeAll()
      try withBuffer(text + [UInt8](repeating: 0, count: 16)) { (padded) throws(ToklabError) in
        let text = UnsafeBufferPointer(rebasing: padded[..<text.count])
        if let pieces {
          try withEnd(text.count) { (ends) throws(ToklabError) in
            try pieces.encode(text, from: 0, ends: ends, into: buffer, lengths: nil)
          }
        } else {
          try documents?.encode(text, into: buffer)
        }
      }
      body(buffer.ids, count)
    }
  }

  private func withEnd(
    _ end: Int, _ body: (UnsafeBufferPointer<Int>) throws(ToklabError) -> Void
  ) throws(ToklabError) {
    let result: Result<Void, ToklabError> = [end].withUnsafeBufferPointer { ends in
      do throws(ToklabError) { return .success(try body(ends)) } catch { return .failure(error) }
    }
    try result.get()
  }
}
