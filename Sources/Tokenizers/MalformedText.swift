/// How a document that is not UTF-8 goes on after its first malformed byte.
public enum MalformedText: String, Sendable, Hashable, CaseIterable {
  /// Pieces are cut to the end of the document; a malformed byte belongs to no class of characters.
  case pieces
  /// The last piece before the malformed byte and everything after it are one piece.
  ///
  /// What tiktoken does in `Encoding._encode_bytes` (`encode_bytes` in its `src/py.rs`, and
  /// `_increase_last_piece_token_len`, which lets a tail of spaces, line feeds and tabs join that piece).
  /// Meant for tokens and truncated tails, not for long documents: nothing after the malformed byte is cut.
  case rest
}

extension DocumentEncoder {
  /// Encodes a document that is malformed at `valid` by the rule ``MalformedText/rest``.
  ///
  /// Cost: that of the valid part and of one piece as long as the rest.
  func encodeRest(
    _ text: UnsafeBufferPointer<UInt8>, malformedAt malformed: Int, into ids: TokenBuffer,
    lengths: TokenBuffer?
  ) throws(ToklabError) {
    let before = ids.count
    let valid = UnsafeBufferPointer(rebasing: text[..<malformed])
    var last = 0
    try forEachPiece(of: valid) { last = $0 }
    try encodePlain(valid, into: ids)
    // Takes the tokens of the last piece back and, when its first one is blank, all blank ones before it.
    var start = valid.count
    var isBlank = false
    while ids.count > before {
      let id = ids.base[ids.count - 1]
      if start <= last, !(isBlank && self.isBlank(id)) { break }
      start -= vocabulary.length(of: id)
      isBlank = self.isBlank(id)
      ids.removeLast()
    }
    try encodePiece(text, from: start, into: ids)
    if let lengths {
      for index in before..<ids.count { lengths.append(UInt32(vocabulary.length(of: ids.base[index]))) }
    }
  }

  private func isBlank(_ id: TokenID) -> Bool {
    vocabulary.withBytes(of: id) { $0.allSatisfy { $0 == 0x20 || $0 == 0x0A || $0 == 0x09 } }
  }
}
