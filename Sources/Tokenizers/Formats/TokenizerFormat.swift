import Glibc

/// What a file is, found from its content.
package enum TokenizerFormat: Sendable, Hashable {
  case huggingFace
  case tiktoken
  case tiktokenJSON
  case tekken
  case sentencePiece
  case gguf
  case vocabularyText
  case rwkv
  /// Files that are no tokenizer by themselves, with what to do about it.
  case other(String, advice: String)

  var name: String {
    switch self {
    case .huggingFace: "huggingface"
    case .tiktoken: "tiktoken"
    case .tiktokenJSON: "tiktoken-json"
    case .tekken: "tekken"
    case .sentencePiece: "sentencepiece"
    case .gguf: "gguf"
    case .vocabularyText: "vocab-txt"
    case .rwkv: "rwkv"
    case .other(let what, _): what
    }
  }

  var isTokenizer: Bool {
    if case .other = self { return false }
    return true
  }

  /// Whether a file in a folder is worth reading: not empty, and not too large to be a tokenizer unless it
  /// is GGUF, whose tensors are never read.
  static func mayBe(_ path: String) -> Bool {
    var status = stat()
    guard stat(path, &status) == 0, status.st_size > 0 else { return false }
    return status.st_size <= TokenizerFile.sizeLimit || GGUFFile.isOne(path)
  }

  /// nil for content that toklab knows nothing about.
  static func detect(_ bytes: [UInt8]) -> TokenizerFormat? {
    if bytes.starts(with: "GGUF".utf8) { return .gguf }
    if bytes.first == 0x0A, isPieceList(bytes) { return .sentencePiece }
    let start = bytes.firstIndex { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 }
    guard let start else { return nil }
    if bytes[start] == 0x7B { return detectJSON(bytes, start) }
    if bytes.starts(with: "#version".utf8) {
      return .other("merges.txt without its vocab.json", advice: "give the folder that holds both")
    }
    if bytes.starts(with: "version https://git-lfs".utf8) {
      return .other("a Git LFS pointer", advice: "fetch the file itself with git lfs pull")
    }
    let line = bytes[start...].prefix { $0 != 0x0A && $0 != 0x0D }
    if isRankLine(line) { return .tiktoken }
    if RWKVVocabulary.isLine(line) { return .rwkv }
    return hasLine(bytes, "[UNK]") ? .vocabularyText : nil
  }

  private static func isRankLine(_ line: ArraySlice<UInt8>) -> Bool {
    guard let space = line.firstIndex(of: 0x20), space > line.startIndex else { return false }
    let rank = line[(space + 1)...]
    return !rank.isEmpty && rank.allSatisfy { $0 &- 0x30 < 10 } && Base64.decode(Array(line[..<space])) != nil
  }

  /// A protobuf whose first field holds a piece.
  private static func isPieceList(_ bytes: [UInt8]) -> Bool {
    var reader = ProtobufReader(bytes, 0..<bytes.count)
    guard let field = try? reader.next(), case .bytes(let range) = field.value, !range.isEmpty else {
      return false
    }
    var inner = ProtobufReader(bytes, range)
    guard let piece = try? inner.next(), piece.number == 1, case .bytes = piece.value else { return false }
    return true
  }

  private static func hasLine(_ bytes: [UInt8], _ text: String) -> Bool {
    let text = Array(text.utf8)
    return bytes.split(separator: 0x0A).contains { $0.elementsEqual(text) || $0.elementsEqual(text + [0x0D]) }
  }

  /// The kind of JSON file by its top-level keys, without parsing all of it.
  private static func detectJSON(_ bytes: [UInt8], _ start: Int) -> TokenizerFormat? {
    let keys = TopLevelKeys.find(bytes, from: start) { $0 == "pre_tokenizer" || $0 == "post_processor" }
    if keys.contains("model") || keys.contains("pre_tokenizer") || keys.contains("post_processor") {
      return .huggingFace
    }
    if keys.contains("pat_str") && keys.contains("bpe_ranks") { return .tiktokenJSON }
    if keys.contains("config") && keys.contains("vocab") { return .tekken }
    if keys.contains("tokenizer_class") || keys.contains("added_tokens_decoder") {
      return .other("a tokenizer_config.json", advice: "give the tokenizer.json beside it")
    }
    return nil
  }

  /// Reads a tokenizer of any format.
  package static func read(
    _ bytes: [UInt8], pattern: String?
  ) throws(ToklabError) -> (TokenizerDefinition, TokenizerFormat, note: String?) {
    guard let format = detect(bytes) else { throw unknown(bytes) }
    switch format {
    case .huggingFace: return (try HuggingFaceJSON.read(bytes), format, nil)
    case .tiktoken:
      let (definition, note) = try TiktokenRanks.read(bytes, pattern: pattern)
      return (definition, format, note)
    case .tiktokenJSON:
      let (definition, note) = try TiktokenJSON.read(bytes)
      return (definition, format, note)
    case .tekken: return (try Tekken.read(bytes), format, nil)
    case .sentencePiece: return (try SentencePieceModel.read(bytes), format, nil)
    case .gguf: return (try GGUFTokenizer.read(bytes), format, nil)
    case .vocabularyText:
      let (definition, note) = try BertVocabulary.read(bytes)
      return (definition, format, note)
    case .rwkv: return (try RWKVVocabulary.read(bytes), format, nil)
    case .other(let what, let advice): throw ToklabError(what, expected: "a tokenizer", advice: advice)
    }
  }

  private static func unknown(_ bytes: [UInt8]) -> ToklabError {
    if bytes.isEmpty { return ToklabError("an empty file", expected: "a tokenizer") }
    // JSON that stops being JSON is told by its byte.
    if bytes.first(where: { $0 > 0x20 }) == 0x7B {
      do throws(ToklabError) {
        let schema = try ByteJSON(bytes).root.member("schema")?.string() ?? ""
        if schema.hasPrefix("toklab.dynamic-encode/") {
          return ToklabError(
            at: .path("$"), "the tokens of dynamic batches, which are others in each batch",
            expected: "a frozen vocabulary", advice: "toklab dynamic vocabulary makes one")
        }
      } catch { return error }
      return ToklabError(
        at: .path("$"), "a JSON object that is no tokenizer", expected: "a tokenizer.json with a \"model\"")
    }
    return ToklabError(
      at: .byte(0), "\"\(ByteEscape.string(bytes.prefix(24)))\"", expected: "a tokenizer of a known format")
  }
}

/// The keys of a JSON object's first level, found by skipping over values: enough to tell formats apart.
enum TopLevelKeys {
  /// - Parameter isEnough: ends the search at a key that settles the question, before the long values behind it.
  static func find(_ bytes: [UInt8], from start: Int, isEnough: (String) -> Bool) -> Set<String> {
    var keys: Set<String> = []
    var depth = 0
    var index = start
    var expectsKey = false
    while index < bytes.count {
      switch bytes[index] {
      case 0x22:
        let first = index + 1
        index = first
        while index < bytes.count, bytes[index] != 0x22 { index += bytes[index] == 0x5C ? 2 : 1 }
        if depth == 1 && expectsKey, index <= bytes.count, index - first <= 64 {
          let key = String(decoding: bytes[first..<min(index, bytes.count)], as: UTF8.self)
          keys.insert(key)
          if keys.count >= 64 || isEnough(key) { return keys }
        }
        expectsKey = false
      case 0x7B, 0x5B:
        depth += 1
        expectsKey = depth == 1
      case 0x7D, 0x5D: depth -= 1
      case 0x2C: expectsKey = depth == 1
      default: break
      }
      index += 1
    }
    return keys
  }
}

/// GGUF files may hold a model of many gigabytes; the tokenizer stands in front of it.
enum GGUFFile {
  static func isOne(_ path: String) -> Bool {
    guard path != "-", let head = try? FileBytes.readPrefix(path, count: 4) else { return false }
    return head.elementsEqual("GGUF".utf8)
  }
}
