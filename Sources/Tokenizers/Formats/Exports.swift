/// The formats of ``ExportFormats``; what each can hold is said where it is written.
public enum HuggingFaceExport: ExportFormat {
  public static let name = "huggingface"
  public static let summary = "tokenizer.json of huggingface/tokenizers"

  public static func limits(_ definition: TokenizerDefinition) -> [String] {
    HuggingFaceJSON.limits(definition)
  }

  public static func losses(_ definition: TokenizerDefinition) -> [String] {
    guard let settings = definition.sentencePiece else { return [] }
    return SentencePieceExport.differences(definition, charsmap: !settings.normalization.charsmap.isEmpty)
  }

  public static func files(
    _ definition: TokenizerDefinition
  ) throws(ToklabError) -> [(name: String?, bytes: [UInt8])] {
    [(nil, try HuggingFaceJSON.write(definition))]
  }
}

public enum TiktokenExport: ExportFormat {
  public static let name = "tiktoken"
  public static let summary = "ranks of openai/tiktoken; pattern and special tokens stay outside"

  public static func limits(_ definition: TokenizerDefinition) -> [String] {
    TiktokenRanks.limits(definition)
  }

  public static func losses(_ definition: TokenizerDefinition) -> [String] {
    TiktokenRanks.losses(definition)
  }

  public static func files(
    _ definition: TokenizerDefinition
  ) throws(ToklabError) -> [(name: String?, bytes: [UInt8])] {
    [(nil, try TiktokenRanks.write(definition))]
  }

  public static func readBack(
    _ path: String, of original: TokenizerDefinition
  ) throws(ToklabError) -> TokenizerDefinition {
    var definition = try TokenizerFile.open(path, pattern: "gpt2").definition
    definition.restore(from: original)
    return definition
  }
}

public enum VocabularyAndMergesExport: ExportFormat {
  public static let name = "vocab-merges"
  public static let summary = "a folder with vocab.json and merges.txt, as of GPT-2"
  public static let writesFolder = true

  public static func limits(_ definition: TokenizerDefinition) -> [String] {
    VocabularyAndMerges.limits(definition)
  }

  public static func losses(_ definition: TokenizerDefinition) -> [String] {
    VocabularyAndMerges.losses(definition)
  }

  public static func files(
    _ definition: TokenizerDefinition
  ) throws(ToklabError) -> [(name: String?, bytes: [UInt8])] {
    let (vocabulary, merges) = try VocabularyAndMerges.write(definition)
    return [("vocab.json", vocabulary), ("merges.txt", merges)]
  }

  public static func readBack(
    _ path: String, of original: TokenizerDefinition
  ) throws(ToklabError) -> TokenizerDefinition {
    var definition = try TokenizerFile.open(path).definition
    definition.restore(from: original)
    return definition
  }
}

public enum SentencePieceExport: ExportFormat {
  public static let name = "sentencepiece"
  public static let summary = "a .model of google/sentencepiece"

  public static func limits(_ definition: TokenizerDefinition) -> [String] {
    SentencePieceModel.limits(definition)
  }

  public static func losses(_ definition: TokenizerDefinition) -> [String] {
    guard definition.sentencePiece == nil else { return [] }
    var losses = differences(definition, charsmap: definition.normalizes)
    if definition.postProcessor != nil { losses.append("the post-processor") }
    return losses
  }

  /// What the two libraries do differently with the same pieces, on rare text.
  static func differences(_ definition: TokenizerDefinition, charsmap: Bool) -> [String] {
    var losses: [String] = []
    if charsmap {
      losses.append(
        "how characters are normalized: by longest match in SentencePiece, grapheme by grapheme in tokenizers"
      )
    }
    if case .unigram = definition.model {
      losses.append(
        "the precision of sums (single in SentencePiece, double in tokenizers), which decides between ways to cut a text that score alike"
      )
      losses.append("control pieces spelled in a text, which only tokenizers takes for pieces")
    }
    return losses
  }

  public static func files(
    _ definition: TokenizerDefinition
  ) throws(ToklabError) -> [(name: String?, bytes: [UInt8])] {
    [(nil, try SentencePieceModel.write(definition))]
  }
}

public enum TekkenExport: ExportFormat {
  public static let name = "tekken"
  public static let summary = "tekken.json of mistral-common"

  public static func limits(_ definition: TokenizerDefinition) -> [String] { Tekken.limits(definition) }

  public static func files(
    _ definition: TokenizerDefinition
  ) throws(ToklabError) -> [(name: String?, bytes: [UInt8])] {
    [(nil, try Tekken.write(definition))]
  }
}

public enum GGUFExport: ExportFormat {
  public static let name = "gguf"
  public static let summary = "tokenizer metadata of llama.cpp, without tensors"

  public static func limits(_ definition: TokenizerDefinition) -> [String] {
    GGUFTokenizer.limits(definition)
  }

  public static func files(
    _ definition: TokenizerDefinition
  ) throws(ToklabError) -> [(name: String?, bytes: [UInt8])] {
    [(nil, try GGUFTokenizer.write(definition))]
  }
}

public enum VocabularyTextExport: ExportFormat {
  public static let name = "vocab-txt"
  public static let summary = "BERT's vocab.txt"

  public static func limits(_ definition: TokenizerDefinition) -> [String] {
    BertVocabulary.limits(definition)
  }

  public static func files(
    _ definition: TokenizerDefinition
  ) throws(ToklabError) -> [(name: String?, bytes: [UInt8])] {
    [(nil, try BertVocabulary.write(definition))]
  }
}

public enum VocabularyTableExport: ExportFormat {
  public static let name = "vocab-tsv"
  public static let summary = "a table of ids, escaped tokens and scores; not a tokenizer"
  public static let isTokenizer = false

  public static func limits(_ definition: TokenizerDefinition) -> [String] { [] }

  public static func losses(_ definition: TokenizerDefinition) -> [String] {
    ["the algorithm and the pipeline: the table is not a tokenizer"]
  }

  public static func files(
    _ definition: TokenizerDefinition
  ) throws(ToklabError) -> [(name: String?, bytes: [UInt8])] {
    [(nil, VocabularyTable.write(definition))]
  }

  public static func readBack(
    _ path: String, of original: TokenizerDefinition
  ) throws(ToklabError) -> TokenizerDefinition {
    guard try FileBytes.read(path) == VocabularyTable.write(original) else {
      throw ToklabError(file: path, "another table than was written", expected: "the vocabulary")
    }
    return original
  }
}

extension TokenizerDefinition {
  /// Whether the normalizer can change a text; some files have one without steps.
  var normalizes: Bool {
    func acts(_ component: NormalizerComponent) -> Bool {
      if case .sequence(let parts) = component { return parts.contains(where: acts) }
      return true
    }
    return normalizer.map(acts) ?? false
  }

  /// Takes everything but the model from `original`.
  mutating func restore(from original: TokenizerDefinition) {
    let model = model
    self = original
    self.model = model
  }
}
