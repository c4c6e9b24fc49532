import ArgumentParser
import Tokenizers

/// `--chat` and what belongs to it.
struct ChatOptions: ParsableArguments {
  @Flag(
    help: "A document is a line of JSON Lines with \"messages\", written as a chat template writes it.")
  var chat = false

  @Option(
    help: ArgumentHelp(
      "The template, where the tokenizer's special tokens do not name one: \(ChatTemplate.allCases.map(\.rawValue).joined(separator: ", ")).",
      valueName: "name"))
  var chatTemplate: String?

  @Flag(help: "With --chat, count what makes the model answer too.")
  var generationPrompt = false

  func validate() throws {
    if !chat && (chatTemplate != nil || generationPrompt) {
      throw ValidationError("--chat-template and --generation-prompt need --chat")
    }
    if let chatTemplate, ChatTemplate(rawValue: chatTemplate) == nil {
      throw ValidationError(
        "The value '\(chatTemplate)' is invalid for '--chat-template <name>'; expected one of \(ChatTemplate.allCases.map(\.rawValue).joined(separator: ", "))"
      )
    }
  }

  /// The template of a tokenizer.
  /// - Throws: ``ToklabError`` where none is named, or the one that is cannot be written with its tokens.
  func template(for opened: OpenTokenizer) throws -> ChatTemplate {
    let definition = opened.tokenizer.definition
    guard let template = chatTemplate.flatMap(ChatTemplate.init(rawValue:)) else {
      if let found = ChatTemplate.detect(definition) { return found }
      throw ToklabError(
        file: opened.operand.path, "no special tokens of a known chat family",
        expected: "one of \(ChatTemplate.allCases.map(\.rawValue).joined(separator: ", "))",
        advice: "name the template with --chat-template, or count the texts with --json-field")
    }
    if let missing = template.missing(in: definition) {
      throw ToklabError(
        file: opened.operand.path,
        "no special token \(missing), which the chat template \(template.rawValue) needs",
        advice: "name another with --chat-template")
    }
    return template
  }
}

/// Counts the conversations of JSON Lines under the chat template of one tokenizer.
struct ChatCounter {
  let template: ChatTemplate
  private let encoder: BatchEncoder
  private let generationPrompt: Bool

  init(_ opened: OpenTokenizer, _ options: ChatOptions, _ shared: SharedOptions) throws {
    template = try options.template(for: opened)
    generationPrompt = options.generationPrompt
    let recognises = ChatPrompt.recognisesSpecialTokens(template)
    encoder = try BatchEncoder(
      opened.tokenizer, options: EncodeOptions(specialTokens: recognises ? .all : .none),
      threads: shared.threadCount)
  }

  /// The tokens of each conversation; nil stands for an empty line.
  ///
  /// - Throws: ``ToklabError`` for the first conversation that the template refuses; `locate` adds its place.
  func count(
    _ conversations: [ChatConversation?], _ locate: (Int, ToklabError) -> ToklabError
  ) throws -> [TokenCount] {
    var text: [UInt8] = []
    var ranges: [Range<Int>] = []
    var owners: [Int] = []
    var counts = [TokenCount](repeating: TokenCount(), count: conversations.count)
    for (index, conversation) in conversations.enumerated() {
      guard let conversation else { continue }
      do throws(ToklabError) {
        let prompt = try ChatPrompt(conversation, template, generationPrompt: generationPrompt)
        counts[index].tokens = prompt.specialTokens
        for part in prompt.texts {
          ranges.append(text.count..<text.count + part.count)
          owners.append(index)
          text += part
        }
      } catch { throw locate(index, error) }
    }
    text.append(contentsOf: repeatElement(0, count: DocumentReader.Batch.padding))
    let found = try text.withUnsafeBufferPointer {
      try encoder.count(
        UnsafeBufferPointer(rebasing: $0.dropLast(DocumentReader.Batch.padding)), documents: ranges)
    }
    for (owner, count) in zip(owners, found) { counts[owner] += count }
    return counts
  }
}
