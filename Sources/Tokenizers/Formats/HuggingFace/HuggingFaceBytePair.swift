/// `model` of type BPE. Source: huggingface/tokenizers, `tokenizers/src/models/bpe/serialization.rs`.
enum HuggingFaceBytePair {
  static func read(
    _ fields: inout ByteJSON.ObjectReader, byteLevel: Bool
  ) throws(ToklabError) -> BytePairDefinition {
    let vocabulary = try HuggingFaceModels.vocabulary(fields.required("vocab"), byteLevel: byteLevel)
    let spelling = TokenSpelling(vocabulary: vocabulary, byteLevel: byteLevel)
    let prefix = try fields.optionalString("continuing_subword_prefix")
    let merges = try merges(fields.required("merges"), spelling, prefix: prefix)
    let dropout = fields.optional("dropout")
    let probability = try dropout?.double()
    if let dropout, let probability, !(0...1).contains(probability) {
      throw dropout.error("dropout \(probability)", expected: "a probability from 0 to 1")
    }
    return BytePairDefinition(
      vocabulary: vocabulary, merges: merges, semantics: .mergeList,
      alphabet: byteLevel ? .bytes : .characters,
      wholePieceShortcut: try fields.optional("ignore_merges")?.bool() ?? false, dropout: probability,
      unknownToken: try fields.optionalString("unk_token"), continuingSubwordPrefix: prefix,
      endOfWordSuffix: try fields.optionalString("end_of_word_suffix"),
      fuseUnknown: try fields.optional("fuse_unk")?.bool() ?? false,
      byteFallback: try fields.optional("byte_fallback")?.bool() ?? false)
  }

  /// `["a b", …]`, as files before tokenizers 0.20 have it, or `[["a", "b"], …]`.
  private static func merges(
    _ value: ByteJSON.Value, _ spelling: TokenSpelling, prefix: String?
  ) throws(ToklabError) -> MergeList {
    var builder = MergeListBuilder(spelling, prefix: prefix, capacity: value.count)
    let storage = value.storage
    var legacy: Bool?
    try value.forEachElement { (rank, merge) throws(ToklabError) in
      let isString = merge.kind == .string
      guard legacy == nil || legacy == isString else {
        throw merge.error("a merge in another form than the first", expected: "one form in one file")
      }
      legacy = isString
      var failure: MergeListBuilder.Failure?
      if isString {
        merge.withBytes { text in
          if rank == 0 && text.starts(with: "#version".utf8) { return }
          failure = builder.append(line: text)
        }
      } else {
        let first = merge.index + 1
        guard merge.kind == .array, merge.count == 2, storage.nodes[first].kind == .string,
          storage.nodes[first + 1].kind == .string
        else {
          throw merge.error(merge.kind.name, expected: "a merge: [\"left\", \"right\"] or \"left right\"")
        }
        storage.withBytes(first) { left in
          storage.withBytes(first + 1) { right in failure = builder.append(left, right) }
        }
      }
      if let failure { throw merge.error(failure.found, expected: failure.expected) }
    }
    return builder.merges
  }

  static func write(_ model: BytePairDefinition, to writer: inout JSONWriter, extra: [AddedToken]) {
    writer.field("type", "BPE")
    writer.key("dropout")
    // The library keeps the probability in single precision.
    if let dropout = model.dropout { writer.float(Float(dropout)) } else { writer.null() }
    writer.field("unk_token", model.unknownToken)
    writer.field("continuing_subword_prefix", model.continuingSubwordPrefix)
    writer.field("end_of_word_suffix", model.endOfWordSuffix)
    writer.field("fuse_unk", model.fuseUnknown)
    writer.field("byte_fallback", model.byteFallback)
    writer.field("ignore_merges", model.wholePieceShortcut)
    let spelling = TokenSpelling(vocabulary: model.vocabulary, byteLevel: model.alphabet == .bytes)
    HuggingFaceModels.writeVocabulary(spelling, extra: extra, to: &writer)
    writer.key("merges")
    writer.beginArray()
    for index in model.merges.lastOccurrences() {
      writer.beginArray()
      writer.string(spelling.spelling(of: model.merges.left[index]))
      writer.string(spelling.spelling(of: model.merges.right[index]))
      writer.endArray()
    }
    writer.endArray()
  }
}
