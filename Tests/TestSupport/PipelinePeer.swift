import Tokenizers

/// Random whole tokenizers with what the reference libraries make of texts: `Tests/Peers/pipelines_peer.py`.
public enum PipelinePeer {
  public struct Case: Sendable {
    public let text: [UInt8]
    public let ids: [TokenID]
    /// Byte ranges, and the text that the ids decode to, where the library was asked.
    public let offsets: [Range<Int>]?
    public let decoded: [UInt8]?
  }

  public struct Pipeline: Sendable {
    public let name: String
    public let file: [UInt8]
    public let options: [String: String]
    public var cases: [Case] = []

    /// The tokenizer as toklab reads it from the file's content.
    public func open() throws -> Tokenizer {
      let scratch = ScratchFolder()
      defer { scratch.remove() }
      try AtomicFile.write(scratch("tokenizer"), file)
      var definition = try TokenizerFile.open(scratch("tokenizer"), pattern: options["pattern"]).definition
      let release: SentencePieceRelease = options["release"] == "0.2.0" ? .v020 : .v023
      switch definition.model {
      case .unigram(var model):
        model.release = release
        definition.model = .unigram(model)
      case .bytePair(var model):
        model.release = release
        definition.model = .bytePair(model)
      default: break
      }
      return try Tokenizer(definition)
    }

    /// What the reference library was told about special tokens.
    public var encodeOptions: EncodeOptions {
      let isHuggingFace = options["allow"] != nil
      return EncodeOptions(
        addSpecialTokens: isHuggingFace, specialTokens: options["allow"] == "1" ? .all : .none)
    }
  }

  /// Asks a reference library about random tokenizers of a kind, with `cases` texts each.
  public static func pipelines(_ kind: String, seed: Int, count: Int, cases: Int) throws -> [Pipeline] {
    let output = try ReferenceLibrary.run("pipelines_peer.py", kind, "\(seed)", "\(count)", "\(cases)")
    var result: [Pipeline] = []
    for line in output.split(separator: UInt8(ascii: "\n")) {
      let words = line.split(separator: UInt8(ascii: " "))
      func text(_ index: Int) -> String { String(decoding: words[index], as: UTF8.self) }
      func bytes(_ index: Int) -> [UInt8] {
        words[index] == [UInt8(ascii: "=")] ? [] : ModelPeer.bytes(hex: words[index])
      }
      func numbers(_ index: Int, _ separator: Character) -> [[Int]] {
        if words[index] == [UInt8(ascii: "=")] { return [] }
        return words[index].split(separator: UInt8(ascii: ",")).map { item in
          item.split(separator: separator.asciiValue!).map { Int(String(decoding: $0, as: UTF8.self))! }
        }
      }
      if text(0) == "tokenizer" {
        var options: [String: String] = [:]
        for index in 3..<max(3, words.count) {
          let parts = text(index).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
          options[String(parts[0])] = String(parts[1])
        }
        result.append(Pipeline(name: text(1), file: bytes(2), options: options))
        continue
      }
      result[result.count - 1].cases.append(
        Case(
          text: bytes(1), ids: numbers(2, ":").map { TokenID($0[0]) },
          offsets: text(3) == "-" ? nil : numbers(3, ":").map { $0[0]..<max($0[0], $0[1]) },
          decoded: text(4) == "-" ? nil : bytes(4)))
    }
    return result
  }
}
