import ArgumentParser
import Tokenizers

/// Where training text comes from.
struct CorpusOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("The string of each JSON Lines record that holds the text.", valueName: "name"))
  var jsonField: String?

  @Option(help: "What inputs are; auto takes names in .jsonl (.gz, .zst) as JSON Lines.")
  var inputFormat: DocumentOptions.InputFormat = .auto

  @Option(
    help: ArgumentHelp(
      "Weights of the sources: lines of a file or folder, a tab, a number.", valueName: "file.tsv"),
    completion: .file())
  var weights: String?

  @Option(
    help: ArgumentHelp(
      "Balance the sources: the share of source i is proportional to bytes_i to this power (1 as is, 0 equal).",
      valueName: "alpha"))
  var balance: Double?

  func validate() throws {
    if let balance, !(0...8).contains(balance) {
      throw ValidationError(
        "--balance \(balance) is out of range; expected 0 (equal shares) to 1 (as is), or more, up to 8")
    }
    if inputFormat == .text && jsonField != nil {
      throw ValidationError("--input-format text and --json-field exclude each other")
    }
  }

  /// Whether any of these options is given: they mean nothing where there is no text.
  var isGiven: Bool { jsonField != nil || inputFormat != .auto || weights != nil || balance != nil }

  func corpus(_ inputs: [String], _ provenance: Provenance?) throws -> Corpus {
    var parsed: SourceWeights?
    if let weights {
      parsed = try SourceWeights(parsing: try FileBytes.read(weights), file: weights)
      try provenance?.add(weights)
    }
    let format: Corpus.Format =
      switch inputFormat {
      case .auto: .automatic
      case .text: .text
      case .jsonl: .jsonLines
      }
    let inputs = inputs.isEmpty && parsed == nil ? ["-"] : inputs
    let corpus = try Corpus(
      inputs: inputs,
      options: Corpus.Options(
        format: format, jsonField: jsonField ?? "text", weights: parsed, balance: balance))
    if let provenance {
      for file in corpus.sources.flatMap(\.files) where file.path != "-" { try provenance.add(file.path) }
    }
    return corpus
  }

  /// Bytes on the disk, for the progress bar; nil where that is not known or says nothing.
  static func size(_ corpus: Corpus) -> Int? {
    var total = 0
    for file in corpus.sources.flatMap(\.files) {
      guard let size = FileFacts.size(file.path),
        ![".gz", ".zst"].contains(where: { file.path.hasSuffix($0) })
      else {
        return nil
      }
      total += size
    }
    return total
  }
}

/// `--pre-tokenizer` and `--normalizer`.
struct PreTokenizationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where text is cut before training: gpt2, cl100k, o200k, llama3, qwen2, qwen3.5, deepseek-v3, tekken, nemotron, none or regex:PATTERN (default o200k).",
      valueName: "name"))
  var preTokenizer: String?

  @Option(
    help: ArgumentHelp(
      "How text is normalized: none, nfc, nfd, nfkc, nfkd, lowercase (default none).", valueName: "name"))
  var normalizer: String?

  func validate() throws {
    if let normalizer, normalizer != "none", PreTokenization.normalizers[normalizer] == nil {
      throw ValidationError(
        "The value '\(normalizer)' is invalid for '--normalizer <name>'; expected none, nfc, nfd, nfkc, nfkd or lowercase"
      )
    }
    if let preTokenizer, !preTokenizer.hasPrefix("regex:"), !PreTokenizers.names.contains(preTokenizer) {
      throw ValidationError(
        "The value '\(preTokenizer)' is invalid for '--pre-tokenizer <name>'; expected one of \(PreTokenizers.names.joined(separator: ", ")) or regex:PATTERN"
      )
    }
    if let preTokenizer, preTokenizer.hasPrefix("regex:") {
      do { _ = try PreTokenizers.named(preTokenizer) } catch {
        throw ValidationError("--pre-tokenizer: \(error.description)")
      }
    }
  }

  var isGiven: Bool { preTokenizer != nil || normalizer != nil }

  /// - Parameter standard: what an algorithm takes when nothing is asked for.
  func preTokenization(or standard: (preTokenizer: String, normalizer: String) = ("o200k", "none")) throws
    -> PreTokenization
  {
    try PreTokenization(preTokenizer ?? standard.preTokenizer, normalizer: normalizer ?? standard.normalizer)
  }

  /// What a shard was counted with; other options are refused.
  func preTokenization(of shard: PreTokenShard, file: String) throws -> PreTokenization {
    for (option, given, stored) in [
      ("--pre-tokenizer", preTokenizer, shard.preTokenizer), ("--normalizer", normalizer, shard.normalizer),
    ] {
      guard let given, !given.utf8.elementsEqual(stored.utf8) else { continue }
      throw ToklabError(
        file: file, "counted with \(option) \(stored), not \(given)",
        expected: "the option left out, or as stored",
        advice: "count the text again to train with another one")
    }
    try ShardText.checkUnicode(shard, file: file)
    guard UnigramParameters.Mode.allCases.allSatisfy({ PreTokenShard.wordsName($0) != shard.preTokenizer })
    else {
      throw ToklabError(
        file: file, "counted with --pre-tokenizer \(shard.preTokenizer)",
        expected: "a pattern of byte-pair encoding", advice: "these are the words of train unigram")
    }
    return try PreTokenization(shard.preTokenizer, normalizer: shard.normalizer)
  }
}

/// A special token on the command line: `TOKEN` or `ROLE=TOKEN`.
struct SpecialTokenArgument: ExpressibleByArgument {
  let token: SpecialToken

  init?(argument: String) {
    if let equals = argument.firstIndex(of: "="),
      let role = SpecialToken.Role(rawValue: String(argument[..<equals]))
    {
      let content = String(argument[argument.index(after: equals)...])
      guard !content.isEmpty else { return nil }
      token = SpecialToken(role: role, content)
      return
    }
    guard !argument.isEmpty else { return nil }
    token = SpecialToken(role: .other, argument)
  }
}
