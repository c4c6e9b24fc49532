/// Text to train on: files, folders, JSON Lines, standard input or memory, with a weight for each source.
///
/// Text is read as a stream of lines and never held whole. Training sees one line at a time, its line feed
/// included: no pre-token crosses a line, as with huggingface/tokenizers' `train(files)`. The strings of a
/// JSON Lines input are cut into lines in the same way.
public struct Corpus: Sendable {
  public enum Format: String, Sendable, Hashable, CaseIterable {
    /// JSON Lines where the name ends in `.jsonl` (`.jsonl.gz`, `.jsonl.zst`), text otherwise.
    case automatic = "auto"
    case text
    case jsonLines = "jsonl"
  }

  public struct Options: Sendable {
    public var format: Format
    /// The member of each JSON Lines object that holds the text.
    public var jsonField: String
    public var weights: SourceWeights?
    /// Exponent α: source i gets a share of the text proportional to bytes_iᵅ (times its weight).
    public var balance: Double?

    public init(
      format: Format = .automatic, jsonField: String = "text", weights: SourceWeights? = nil,
      balance: Double? = nil
    ) {
      self.format = format
      self.jsonField = jsonField
      self.weights = weights
      self.balance = balance
    }
  }

  /// Files that are weighed together.
  public struct Source: Sendable {
    public var name: String
    public var files: [CorpusFile]
    public var weight: Double
  }

  public private(set) var sources: [Source]
  public let jsonField: String
  public let balance: Double?

  /// Whether every line counts once.
  var isPlain: Bool { balance == nil && sources.allSatisfy { $0.weight == 1 } }

  /// The sources that count at all.
  var weighed: [Source] { sources.filter { $0.weight > 0 } }

  /// The same corpus with standard input read into memory, for training that reads its text twice.
  public func keepingStandardInput() throws(ToklabError) -> Corpus {
    var corpus = self
    for source in sources.indices {
      for file in sources[source].files.indices where sources[source].files[file].isStandardInput {
        var bytes: [UInt8] = []
        let stream = try ByteStream("-")
        try stream.readAll(into: &bytes)
        corpus.sources[source].files[file].memory = bytes
      }
    }
    return corpus
  }

  /// - Parameter inputs: files, folders (their `*.txt`, also `.txt.gz` and `.txt.zst`, and with
  ///   ``Format/jsonLines`` their `*.jsonl`, recursively, sorted bytewise) and `-` for standard input. None
  ///   means the sources that the weights name. A file is one source, a folder is one, and a folder given
  ///   alone is as many as it has entries; files that the weights name form sources of their own.
  /// - Throws: ``ToklabError`` for what does not exist, a folder without text, weights that match nothing.
  public init(inputs: [String], options: Options = Options()) throws(ToklabError) {
    if let alpha = options.balance, !(alpha >= 0 && alpha.isFinite) {
      throw ToklabError("a balance of \(alpha)", expected: "a number from 0 (equal shares) to 1 (as is)")
    }
    let inputs = inputs.isEmpty ? options.weights?.entries.map(\.path) ?? [] : inputs
    guard !inputs.isEmpty else {
      throw ToklabError("no input", expected: "files, folders or - for standard input")
    }
    guard inputs.filter({ $0 == "-" }).count < 2 else {
      throw ToklabError("standard input is named twice", expected: "- at most once")
    }
    var groups: [(key: String, source: Source)] = []
    var used: Set<Int> = []
    for input in inputs {
      for (path, entry) in try CorpusFolder.expand(input, format: options.format) {
        var key = inputs.count == 1 ? entry : input
        var weight = 1.0
        if let match = options.weights?.match(path) {
          used.insert(match)
          key = "weights " + options.weights!.entries[match].path
          weight = options.weights!.entries[match].weight
        }
        let file = CorpusFile(path: path, isJSONLines: options.format.isJSONLines(path))
        if let index = groups.firstIndex(where: { $0.key == key }) {
          groups[index].source.files.append(file)
        } else {
          groups.append((key, Source(name: key, files: [file], weight: weight)))
        }
      }
    }
    if let weights = options.weights,
      let unused = weights.entries.indices.first(where: { !used.contains($0) })
    {
      throw ToklabError(
        file: weights.file, at: .line(weights.entries[unused].line),
        "\"\(weights.entries[unused].path)\" is no part of the input",
        expected: "a file or folder as given on the command line, or below one",
        advice: "name it as the input names it")
    }
    sources = groups.map(\.source)
    jsonField = options.jsonField
    balance = options.balance
  }

  /// A corpus in memory.
  public init(text: [UInt8], name: String = "text") {
    sources = [Source(name: name, files: [CorpusFile(memory: text, name: name)], weight: 1)]
    jsonField = "text"
    balance = nil
  }

  /// A corpus in memory.
  public init(text: String) { self.init(text: Array(text.utf8)) }
}

/// One stream of text of a ``Corpus``.
public struct CorpusFile: Sendable, Hashable {
  /// As the user named it; `-` is standard input.
  public var path: String
  public var isJSONLines: Bool
  /// The text itself, when it is not in a file.
  var memory: [UInt8]?

  init(path: String, isJSONLines: Bool) {
    self.path = path
    self.isJSONLines = isJSONLines
  }

  init(memory: [UInt8], name: String) {
    path = name
    isJSONLines = false
    self.memory = memory
  }

  /// A reader of the text from its start, unpacked; it gives less than asked only at the end.
  func open() throws(ToklabError) -> (UnsafeMutableRawBufferPointer) throws(ToklabError) -> Int {
    guard let memory else {
      let stream = try ByteStream(path)
      return { (buffer) throws(ToklabError) in try stream.read(into: buffer) }
    }
    var position = 0
    return { (buffer) throws(ToklabError) in
      let count = min(buffer.count, memory.count - position)
      buffer.copyBytes(from: memory[position..<position + count])
      position += count
      return count
    }
  }

  var isStandardInput: Bool { path == "-" && memory == nil }

  /// For messages.
  public var name: String { path == "-" ? "standard input" : path }
}

extension Corpus.Format {
  func isJSONLines(_ path: String) -> Bool {
    switch self {
    case .text: false
    case .jsonLines: true
    case .automatic: [".jsonl", ".jsonl.gz", ".jsonl.zst"].contains { path.hasSuffix($0) }
    }
  }
}
