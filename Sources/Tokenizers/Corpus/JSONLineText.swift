/// The text of one JSON Lines object: the string at one member.
struct JSONLineText {
  let field: [UInt8]

  /// The string, unescaped; nil for a blank line.
  ///
  /// - Parameter offset: the line's first byte in its file, for messages.
  /// - Throws: ``ToklabError`` when the line is no JSON object, or the member is missing or no string.
  func text(of line: UnsafeBufferPointer<UInt8>, at offset: Int) throws(ToklabError) -> [UInt8]? {
    if line.allSatisfy({ $0 == 0x20 || ($0 >= 0x09 && $0 <= 0x0D) }) { return nil }
    let name = ByteEscape.string(field)
    let expected = "a JSON object with a string \"\(name)\" on each line"
    func fault(_ found: String) -> ToklabError {
      ToklabError(
        at: .byte(offset), found, expected: expected, advice: "name the member that holds the text")
    }
    let json: ByteJSON
    do { json = try ByteJSON(Array(line)) } catch {
      var within = 0
      if case .byte(let byte)? = error.position { within = byte }
      throw ToklabError(at: .byte(offset + within), error.found, expected: expected)
    }
    guard json.root.kind == .object else { throw fault("a line that is no JSON object") }
    var found: ByteJSON.Value?
    try json.root.forEachMember { (key, value) throws(ToklabError) in
      if try key.bytes() == field { found = value }
    }
    guard let found else { throw fault("an object without \"\(name)\"") }
    guard found.kind == .string else { throw fault("a \"\(name)\" that is no string") }
    return try found.bytes()
  }
}
