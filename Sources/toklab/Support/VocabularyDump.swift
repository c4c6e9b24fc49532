import Tokenizers

/// `inspect --dump-vocab`: one line a token.
enum VocabularyDump {
  /// `id<TAB>bytes<TAB>score` in id order. The score of a byte-pair token is the rank of the (last) merge
  /// that makes it, that of added tokens and of the alphabet is empty.
  static func write(_ tokenizer: Tokenizer, to output: Output) throws {
    var ranks: [TokenID: Int] = [:]
    if case .bytePair(let definition) = tokenizer.definition.model {
      for (rank, id) in definition.merges.result.enumerated() where ranks[id] == nil { ranks[id] = rank }
    }
    for id in 0..<TokenID(tokenizer.capacity) {
      guard let bytes = tokenizer.bytes(of: id) else { continue }
      try output.write("\(id)\t\(ByteEscape.string(bytes))\t\(ranks[id].map(String.init) ?? "")\n")
    }
  }
}
