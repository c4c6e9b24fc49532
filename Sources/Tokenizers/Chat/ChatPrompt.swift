/// A conversation as a template writes it: texts to encode one by one, and tokens to add to their number.
public struct ChatPrompt: Sendable, Equatable {
  /// Each is encoded as a text of its own.
  public var texts: [[UInt8]] = []
  /// Special tokens that stand between the texts.
  public var specialTokens = 0

  /// Whether special tokens are recognised in the texts, those that messages spell included, as
  /// `transformers` does; else the texts are plain.
  public static func recognisesSpecialTokens(_ template: ChatTemplate) -> Bool {
    switch template {
    case .mistralV1, .mistralV3, .mistralV7, .harmony, .openAI: false
    default: true
    }
  }

  /// - Parameter generationPrompt: adds what makes the model answer.
  /// - Throws: ``ToklabError`` for a role or an order of roles that the template refuses.
  public init(
    _ conversation: ChatConversation, _ template: ChatTemplate, generationPrompt: Bool
  ) throws(ToklabError) {
    var writer = Writer(template: template)
    switch template {
    case .chatML, .qwen2, .qwen25, .qwen3, .phi4:
      try writer.chatML(conversation.messages, generationPrompt)
    case .llama3, .llama31: try writer.llama3(conversation.messages, generationPrompt)
    case .phi3: try writer.phi3(conversation.messages, generationPrompt)
    case .deepSeekV3: try writer.deepSeek(conversation.messages, generationPrompt)
    case .llama2: try writer.llama2(conversation.messages)
    case .gemma, .gemma3: try writer.gemma(conversation.messages, generationPrompt)
    case .mistralV1, .mistralV3, .mistralV7:
      (texts, specialTokens) = try writer.mistral(conversation.messages)
      return
    case .harmony:
      (texts, specialTokens) = try writer.harmony(conversation.messages, generationPrompt)
      return
    case .openAI:
      for message in conversation.messages {
        texts += [Array(message.role.utf8), message.content]
        specialTokens += 3
        if let name = message.name {
          texts.append(name)
          specialTokens += 1
        }
      }
      if generationPrompt { specialTokens += 3 }
      return
    }
    texts = [writer.out]
  }

  private struct Writer {
    typealias Message = ChatConversation.Message

    let template: ChatTemplate
    var out: [UInt8] = []

    private mutating func add(_ text: String) { out += text.utf8 }

    private func role(_ message: Message, _ expected: String) -> ToklabError {
      ToklabError(
        "a message of the role \"\(ByteEscape.string(message.role.utf8.prefix(40)))\"",
        expected: "\(expected), as \(template.rawValue) has it")
    }

    /// The leading system message and the rest, in which questions and answers must take turns.
    private func turns(_ messages: [Message]) throws(ToklabError) -> (system: [UInt8]?, turns: [Message]) {
      let system = messages.first.flatMap { $0.role == "system" ? $0.content : nil }
      let rest = Array(messages.dropFirst(system == nil ? 0 : 1))
      for (index, message) in rest.enumerated() {
        let expected = index % 2 == 0 ? "user" : "assistant"
        guard message.role == expected else {
          throw role(message, "\(expected) at turn \(index + 1): user and assistant alternate")
        }
      }
      return (system, rest)
    }

    mutating func chatML(_ messages: [Message], _ prompt: Bool) throws(ToklabError) {
      let after = template == .phi4 ? "<|im_sep|>" : "\n"
      let end = template == .phi4 ? "<|im_end|>" : "<|im_end|>\n"
      if messages.first?.role != "system" {
        if template == .qwen2 { add("<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n") }
        if template == .qwen25 {
          add(
            "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n"
          )
        }
      }
      let question = messages.lastIndex { $0.role == "user" } ?? messages.count - 1
      for (index, message) in messages.enumerated() {
        guard ["system", "user", "assistant"].contains(message.role) || template == .chatML else {
          throw role(message, "system, user or assistant")
        }
        add("<|im_start|>\(message.role)\(after)")
        if template == .qwen3 && message.role == "assistant" {
          guard !message.content.contains("</think>") else {
            throw ToklabError("</think> in an answer", expected: "answers without their thinking")
          }
          if index > question && index == messages.count - 1 {
            add("<think>\n\n</think>\n\n")
            out += message.content.drop { $0 == 0x0A }
            add(end)
            continue
          }
          if index > question {
            out += message.content
            add(end)
            continue
          }
        }
        out += message.content
        add(end)
      }
      if prompt { add("<|im_start|>assistant\(after)") }
    }

    mutating func llama3(_ messages: [Message], _ prompt: Bool) throws(ToklabError) {
      var messages = messages[...]
      add("<|begin_of_text|>")
      if template == .llama31 {
        add("<|start_header_id|>system<|end_header_id|>\n\n")
        add("Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n")
        if messages.first?.role == "system" { out += messages.removeFirst().content.pythonStripped }
        add("<|eot_id|>")
      }
      for message in messages {
        guard ["system", "user", "assistant"].contains(message.role) else {
          throw role(message, "system, user or assistant")
        }
        add("<|start_header_id|>\(message.role)<|end_header_id|>\n\n")
        out += message.content.pythonStripped
        add("<|eot_id|>")
      }
      if prompt { add("<|start_header_id|>assistant<|end_header_id|>\n\n") }
    }

    mutating func phi3(_ messages: [Message], _ prompt: Bool) throws(ToklabError) {
      for message in messages {
        guard ["system", "user", "assistant"].contains(message.role) else {
          throw role(message, "system, user or assistant")
        }
        add("<|\(message.role)|>\n")
        out += message.content
        add("<|end|>\n")
      }
      add(prompt ? "<|assistant|>\n" : "<|endoftext|>")
    }

    mutating func deepSeek(_ messages: [Message], _ prompt: Bool) throws(ToklabError) {
      add("<｜begin▁of▁sentence｜>")
      for (index, message) in messages.filter({ $0.role == "system" }).enumerated() {
        if index > 0 { add("\n\n") }
        out += message.content
      }
      for message in messages where message.role != "system" {
        switch message.role {
        case "user":
          add("<｜User｜>")
          out += message.content
        case "assistant":
          add("<｜Assistant｜>")
          out += message.content
          add("<｜end▁of▁sentence｜>")
        default: throw role(message, "system, user or assistant")
        }
      }
      if prompt { add("<｜Assistant｜>") }
    }

    mutating func llama2(_ messages: [Message]) throws(ToklabError) {
      let (system, turns) = try turns(messages)
      for (index, message) in turns.enumerated() {
        if message.role == "user" {
          var content = message.content
          if let system, index == 0 {
            content = Array("<<SYS>>\n".utf8) + system + Array("\n<</SYS>>\n\n".utf8) + content
          }
          add("<s>[INST] ")
          out += content.pythonStripped
          add(" [/INST]")
        } else {
          add(" ")
          out += message.content.pythonStripped
          add(" </s>")
        }
      }
    }

    mutating func gemma(_ messages: [Message], _ prompt: Bool) throws(ToklabError) {
      let (system, turns) = try turns(messages)
      if system != nil && template == .gemma { throw role(messages[0], "user or assistant") }
      add("<bos>")
      for (index, message) in turns.enumerated() {
        add("<start_of_turn>\(message.role == "user" ? "user" : "model")\n")
        if let system, index == 0 {
          out += system
          add("\n\n")
        }
        out += message.content.pythonStripped
        add("<end_of_turn>\n")
      }
      if prompt { add("<start_of_turn>model\n") }
    }

    /// mistral-common encodes each text by itself, so that SentencePiece puts a space before each.
    func mistral(_ messages: [Message]) throws(ToklabError) -> ([[UInt8]], Int) {
      let (system, turns) = try turns(messages)
      var texts: [[UInt8]] = []
      var specials = 1
      if let system, template == .mistralV7 {
        texts.append(system)
        specials += 2
      }
      let asked = template == .mistralV1 ? turns.startIndex : turns.lastIndex { $0.role == "user" }
      for (index, message) in turns.enumerated() {
        var content = message.content
        if message.role == "user" {
          if let system, template != .mistralV7, index == asked {
            content = system + Array("\n\n".utf8) + content
          }
          if template == .mistralV1 {
            content = Array("[INST] ".utf8) + content + Array(" [/INST]".utf8)
          } else {
            specials += 2
          }
        } else {
          if template != .mistralV1 { while content.last == 0x20 { content.removeLast() } }
          specials += 1
        }
        texts.append(content)
      }
      return (texts, specials)
    }

    func harmony(_ messages: [Message], _ prompt: Bool) throws(ToklabError) -> ([[UInt8]], Int) {
      var texts: [[UInt8]] = []
      var specials = 0
      for message in messages {
        guard ["system", "developer", "user", "assistant"].contains(message.role) else {
          throw role(message, "system, developer, user or assistant")
        }
        texts.append(Array(message.role.utf8))
        specials += 3
        if message.role == "assistant" {
          texts.append(Array("final".utf8))
          specials += 1
        }
        texts.append(message.content)
      }
      if prompt {
        texts.append(Array("assistant".utf8))
        specials += 1
      }
      return (texts, specials)
    }
  }
}

extension [UInt8] {
  fileprivate func contains(_ text: String) -> Bool {
    let text = Array(text.utf8)
    guard count >= text.count else { return false }
    return (0...count - text.count).contains { self[$0..<$0 + text.count].elementsEqual(text) }
  }

  /// UTF-8 without the white space at its ends, as Python's `str.strip` and Jinja's `trim` have it: White_Space
  /// and the four separators U+001C to U+001F.
  var pythonStripped: ArraySlice<UInt8> {
    func isSpace(_ scalar: Unicode.Scalar) -> Bool {
      scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
    }
    let scalars = String(decoding: self, as: UTF8.self).unicodeScalars
    let start = scalars.prefix(while: isSpace).reduce(0) { $0 + UTF8.width($1) }
    if start == count { return [] }
    let end = scalars.reversed().prefix(while: isSpace).reduce(0) { $0 + UTF8.width($1) }
    return self[start..<count - end]
  }
}
