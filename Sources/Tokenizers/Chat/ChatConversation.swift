/// A conversation as chat interfaces exchange it: messages with a role and a text.
public struct ChatConversation: Sendable, Equatable {
  public struct Message: Sendable, Equatable {
    public var role: String
    /// UTF-8.
    public var content: [UInt8]
    /// The speaker's name, which only ``ChatTemplate/openAI`` counts.
    public var name: [UInt8]?

    public init(role: String, content: [UInt8], name: [UInt8]? = nil) {
      self.role = role
      self.content = content
      self.name = name
    }

    public init(_ role: String, _ content: String) { self.init(role: role, content: Array(content.utf8)) }
  }

  public var messages: [Message]

  public init(_ messages: [Message]) { self.messages = messages }

  /// Members that change what a template writes; one that is there and not empty is refused, not ignored.
  private static let refused: [StaticString] = [
    "tool_calls", "function_call", "tool_call_id", "reasoning_content", "reasoning", "thinking", "audio",
    "refusal",
  ]

  /// Reads `{"messages": [{"role": …, "content": …}, …]}` or the array alone.
  ///
  /// - Throws: ``ToklabError`` with the JSON path of what is no conversation of texts: tool calls, images
  ///   and other parts have no count without the template's own program.
  public init(json bytes: [UInt8]) throws(ToklabError) {
    let root = try ByteJSON(bytes).root
    var list = root
    if root.kind == .object {
      guard let messages = root.member("messages") else {
        throw root.error("no \"messages\"", expected: "{\"messages\": [{\"role\": …, \"content\": …}, …]}")
      }
      for name in ["tools", "functions"] as [StaticString] {
        if let value = root.member(name), value.count > 0 {
          throw value.error("tools", expected: "messages alone", advice: "leave such conversations out")
        }
      }
      list = messages
    }
    var messages: [Message] = []
    try list.forEachElement(expected: "an array of messages") { (_, value) throws(ToklabError) in
      guard value.kind == .object else { throw value.error("no message", expected: "an object") }
      guard let role = value.member("role") else { throw value.error("a message without a role") }
      for name in Self.refused {
        guard let member = value.member(name), !member.isNull else { continue }
        if try member.isEmptyValue() { continue }
        throw member.error(
          "\"\(name)\" in a message", expected: "role and content", advice: "leave such conversations out")
      }
      guard let content = value.member("content") else { throw value.error("a message without content") }
      guard content.kind == .string else {
        throw content.error(
          "content that is \(content.kind.name)", expected: "a string",
          advice: "messages of several parts cannot be counted")
      }
      var message = Message(role: try role.string(), content: try content.bytes())
      if let name = value.member("name"), !name.isNull { message.name = try name.bytes() }
      messages.append(message)
    }
    guard !messages.isEmpty else { throw list.error("no messages", expected: "at least one") }
    self.messages = messages
  }
}

extension ByteJSON.Value {
  fileprivate func isEmptyValue() throws(ToklabError) -> Bool {
    if kind == .string { return try bytes().isEmpty }
    return (kind == .array || kind == .object) && count == 0
  }
}
