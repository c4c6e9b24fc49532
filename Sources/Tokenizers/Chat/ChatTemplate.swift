/// How a family of chat models writes a conversation down before it is encoded.
///
/// These are the published formats in their plain form: messages of text, no tools, no images. Templates are
/// programs (Jinja) that may write more, such as a date; what is left out here is said at each case.
/// The formats are those of the models' `tokenizer_config.json` (Llama, Gemma, Phi, Qwen, DeepSeek), of
/// mistralai/mistral-common, `tokens/tokenizers/instruct.py`, of openai/harmony, and of OpenAI's cookbook,
/// "How to count tokens with tiktoken".
public enum ChatTemplate: String, Sendable, CaseIterable {
  /// `<|im_start|>role\ncontent<|im_end|>\n`, without a system message of its own.
  case chatML = "chatml"
  /// ChatML; Qwen2's own system message where there is none.
  case qwen2
  /// ChatML; Qwen2.5's own system message where there is none.
  case qwen25 = "qwen2.5"
  /// ChatML; the answer after the last question begins with an empty `<think>` block.
  case qwen3
  case llama2
  case llama3
  /// Llama 3 with the system header of Llama 3.1: knowledge date and the template's default date, 26 Jul 2024.
  case llama31 = "llama3.1"
  /// `[INST]` and `[/INST]` as plain text.
  case mistralV1 = "mistral-v1"
  /// `[INST]` and `[/INST]` as control tokens, the system message in the last question; v2, v3 and tekken.
  case mistralV3 = "mistral-v3"
  /// The system message between tokens of its own.
  case mistralV7 = "mistral-v7"
  /// Gemma 1 and 2, which have no system message.
  case gemma
  /// Gemma 3: the system message stands before the first question.
  case gemma3
  case phi3
  case phi4
  case deepSeekV3 = "deepseek-v3"
  /// OpenAI's harmony format, answers in the channel `final`; without the system message renderers add.
  case harmony
  /// OpenAI's published arithmetic: 3 tokens a message, 1 a name, 3 before the answer.
  case openAI = "openai"

  /// The special tokens that the format is written with.
  public var tokens: [String] {
    switch self {
    case .chatML, .qwen2, .qwen25: ["<|im_start|>", "<|im_end|>"]
    case .qwen3: ["<|im_start|>", "<|im_end|>", "<think>", "</think>"]
    case .llama2: ["<s>", "</s>"]
    case .llama3, .llama31: ["<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
    case .mistralV1: ["<s>", "</s>"]
    case .mistralV3: ["<s>", "</s>", "[INST]", "[/INST]"]
    case .mistralV7: ["<s>", "</s>", "[INST]", "[/INST]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]"]
    case .gemma, .gemma3: ["<bos>", "<start_of_turn>", "<end_of_turn>"]
    case .phi3: ["<|system|>", "<|user|>", "<|assistant|>", "<|end|>", "<|endoftext|>"]
    case .phi4: ["<|im_start|>", "<|im_sep|>", "<|im_end|>"]
    case .deepSeekV3:
      ["<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>"]
    case .harmony: ["<|start|>", "<|message|>", "<|channel|>", "<|end|>"]
    case .openAI: []
    }
  }

  /// The family that a tokenizer's added tokens name; nil where they name none or several
  /// (`<s>` and `</s>` alone may be Llama 2, Mistral or no chat model).
  public static func detect(_ definition: TokenizerDefinition) -> ChatTemplate? {
    let names = Set(definition.addedTokens.map(\.content))
    func has(_ template: ChatTemplate) -> Bool { template.missing(in: definition) == nil }
    func has(_ token: String) -> Bool { names.contains(Array(token.utf8)) }
    if has(.harmony) { return .harmony }
    if has(.phi4) { return .phi4 }
    if has(.qwen3) { return .qwen3 }
    if has(.chatML) { return has("<|object_ref_start|>") ? .qwen25 : .chatML }
    if has(.llama3) { return has("<|eom_id|>") ? .llama31 : .llama3 }
    if has(.gemma) { return has("<start_of_image>") ? .gemma3 : .gemma }
    if has(.deepSeekV3) { return .deepSeekV3 }
    if has(.mistralV3) { return .mistralV3 }
    if has(.phi3) { return .phi3 }
    if has("<|endofprompt|>") { return .openAI }
    return nil
  }

  /// The first token of the format that a tokenizer lacks.
  public func missing(in definition: TokenizerDefinition) -> String? {
    tokens.first { token in
      let bytes = Array(token.utf8)
      return !definition.addedTokens.contains { $0.content == bytes }
    }
  }
}
