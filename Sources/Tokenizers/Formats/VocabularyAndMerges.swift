/// `vocab.json` and `merges.txt`: the files of GPT-2's time. They hold a byte-level BPE model and nothing
/// else; the pattern is GPT-2's unless the files are well known or `--pattern` says otherwise.
///
/// Source: huggingface/tokenizers, `tokenizers/src/models/bpe/model.rs` (`read_file`, `save`).
public enum VocabularyAndMerges {
  /// - Throws: ``ToklabError`` whose `file` is `vocab.json` or `merges.txt`.
  public static func read(
    vocabulary: [UInt8], merges: [UInt8], pattern: String? = nil
  ) throws(ToklabError) -> (definition: TokenizerDefinition, note: String?) {
    let tokens: Vocabulary
    do {
      tokens = try HuggingFaceModels.vocabulary(try ByteJSON(vocabulary).root, byteLevel: true)
    } catch {
      throw error.in("vocab.json")
    }
    let list: MergeList
    do {
      list = try read(merges, TokenSpelling(vocabulary: tokens, byteLevel: true))
    } catch {
      throw error.in("merges.txt")
    }
    let known = WellKnownFile.vocabularyAndMerges(SHA256.hex(vocabulary), SHA256.hex(merges))
    let given = try pattern.map(TiktokenPattern.given)
    let preTokenizer = known?.preTokenizer ?? given ?? PreTokenizerPattern.gpt2.component
    let definition = TokenizerDefinition(
      preTokenizer: preTokenizer,
      model: .bytePair(BytePairDefinition(vocabulary: tokens, merges: list, semantics: .mergeList)),
      decoder: .byteLevel(addPrefixSpace: true, trimOffsets: true, useRegex: true),
      addedTokens: known?.addedTokens ?? [])
    let note =
      known.map { "recognised as \($0.name)" } ?? (pattern == nil ? "GPT-2's pattern is assumed" : nil)
    return (definition, note)
  }

  private static func read(_ text: [UInt8], _ spelling: TokenSpelling) throws(ToklabError) -> MergeList {
    var builder = MergeListBuilder(spelling, prefix: nil, capacity: text.count / 8)
    try TextLines.forEach(text) { (number, line) throws(ToklabError) in
      if line.starts(with: "#version".utf8) { return }
      if let failure = builder.append(line: line) {
        throw ToklabError(at: .line(number), failure.found, expected: failure.expected)
      }
    }
    return builder.merges
  }

  /// Why the two files cannot give the same tokens; empty when they can.
  public static func limits(_ definition: TokenizerDefinition) -> [String] {
    do {
      _ = try prepare(definition)
      return []
    } catch {
      return [error.found]
    }
  }

  /// What the files leave out and the user must give in another way.
  public static func losses(_ definition: TokenizerDefinition) -> [String] {
    var losses = TiktokenRanks.losses(definition)
    if definition.preTokenizer == PreTokenizerPattern.gpt2.component { losses.removeFirst() }
    return losses
  }

  /// The bytes of both files, as the reference library writes them.
  /// - Throws: ``ToklabError`` with the first reason of ``limits(_:)``.
  public static func write(
    _ definition: TokenizerDefinition
  ) throws(ToklabError) -> (vocabulary: [UInt8], merges: [UInt8]) {
    let model = try prepare(definition)
    let spelling = TokenSpelling(vocabulary: model.vocabulary, byteLevel: true)
    var writer = JSONWriter(pretty: false)
    let extra = definition.addedTokens.filter { !model.vocabulary.contains($0.id) }
    writer.beginObject()
    HuggingFaceModels.writeMembers(spelling, extra: extra, to: &writer)
    writer.endObject()
    var merges = Array("#version: 0.2\n".utf8)
    for index in model.merges.lastOccurrences() {
      merges += spelling.spelling(of: model.merges.left[index])
      merges.append(0x20)
      merges += spelling.spelling(of: model.merges.right[index])
      merges.append(0x0A)
    }
    return (writer.bytes, merges)
  }

  private static func prepare(_ definition: TokenizerDefinition) throws(ToklabError) -> BytePairDefinition {
    guard case .bytePair(var model) = definition.model, model.alphabet == .bytes, model.semantics != .scores
    else { throw ToklabError("a model that is not byte-level byte-pair encoding") }
    guard model.endOfWordSuffix == nil, model.continuingSubwordPrefix == nil else {
      throw ToklabError("a prefix or suffix of words")
    }
    guard (model.dropout ?? 0) == 0 else { throw ToklabError("dropout") }
    guard model.unknownToken == nil else { throw ToklabError("an unknown token") }
    if definition.preTokenizer?.addsPrefixSpace == true { throw ToklabError("a space put before the text") }
    if model.semantics == .rankByBytes {
      model.merges = try MergeReconstruction.merges(of: model.vocabulary, except: definition.addedTokens)
      model.semantics = .mergeList
    }
    let spelling = TokenSpelling(vocabulary: model.vocabulary, byteLevel: true)
    for id in Set(model.merges.left + model.merges.right).sorted() {
      // Only literals can be spelled with white space.
      guard !spelling.spelling(of: id).contains(where: { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D }) else {
        throw ToklabError("token \(id), which is spelled with white space and takes part in merges")
      }
    }
    for token in definition.addedTokens {
      if let id = spelling.id(spelled: token.content), id != token.id {
        throw ToklabError("added token \(token.id), which is spelled like token \(id)")
      }
      if model.vocabulary.contains(token.id), spelling.id(spelled: token.content) != token.id {
        throw ToklabError("added token \(token.id), which has the id of another token")
      }
    }
    if model.wholePieceShortcut {
      model.wholePieceShortcut = false
      if let id = try model.firstUnreachable(except: definition.addedTokens) {
        throw ToklabError(
          "token \(id) \"\(ByteEscape.string(model.vocabulary[id].prefix(60)))\", which only a whole piece becomes"
        )
      }
    }
    return model
  }
}

extension BytePairDefinition {
  /// The first ordinary token whose own bytes the merges make into something else; nil where the
  /// whole-piece shortcut therefore changes nothing.
  func firstUnreachable(except added: [AddedToken]) throws(ToklabError) -> TokenID? {
    let encoder = try BytePairModel(self).makePieceEncoder(EncodeOptions())
    let skipped = Set(added.map(\.id))
    let buffer = TokenBuffer()
    for id in 0..<TokenID(vocabulary.capacity) where vocabulary.length(of: id) > 0 {
      if vocabulary.isLiteral(id) || skipped.contains(id) { continue }
      buffer.removeAll()
      let bytes = vocabulary.bytes(of: id)
      let ends = [bytes.count]
      let result: Result<Void, ToklabError> = ends.withUnsafeBufferPointer { ends in
        do throws(ToklabError) {
          return .success(try encoder.encode(bytes, from: 0, ends: ends, into: buffer, lengths: nil))
        } catch { return .failure(error) }
      }
      try result.get()
      if buffer.count != 1 || buffer.buffer[0] != id { return id }
    }
    return nil
  }
}
