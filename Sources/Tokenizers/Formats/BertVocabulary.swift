/// BERT's `vocab.txt`: a token a line, its id the number of the line from 0.
///
/// The file says nothing of normalization; text is lower-cased unless some token has a capital letter.
/// Source: google-research/bert, `tokenization.py`; huggingface/tokenizers, `models/wordpiece/mod.rs`.
public enum BertVocabulary {
  static let specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

  public static func read(
    _ bytes: [UInt8]
  ) throws(ToklabError) -> (definition: TokenizerDefinition, note: String?) {
    var lines: [[UInt8]] = []
    try TextLines.forEach(bytes) { (number, line) throws(ToklabError) in
      guard UTF8Scalar.firstInvalid(line) == nil else {
        throw ToklabError(at: .line(number), "\"\(ByteEscape.string(line.prefix(60)))\"", expected: "UTF-8")
      }
      guard lines.count < VocabularyBuilder.maximumCapacity else {
        throw ToklabError(at: .line(number), "more than \(VocabularyBuilder.maximumCapacity) lines")
      }
      lines.append(Array(line))
    }
    // Of equal lines the last one counts, as in the reference library; the others leave holes.
    var last: [[UInt8]: Int] = [:]
    last.reserveCapacity(lines.count)
    for (id, line) in lines.enumerated() { last[line] = id }
    var builder = VocabularyBuilder()
    for (id, line) in lines.enumerated() where last[line] == id { builder.append(id: TokenID(id), line) }
    let vocabulary = try builder.build()
    guard vocabulary.id(of: "[UNK]") != nil else {
      throw ToklabError("no line [UNK]", expected: "BERT's vocab.txt")
    }
    let cased = lines.contains { line in
      line.first != 0x5B && line.contains { $0 >= 0x41 && $0 <= 0x5A }
    }
    return (
      definition(vocabulary, lowercase: !cased),
      cased ? "cased: text is not lower-cased" : "uncased: text is lower-cased"
    )
  }

  /// BERT's pipeline around a WordPiece vocabulary.
  static func definition(_ vocabulary: Vocabulary, lowercase: Bool) -> TokenizerDefinition {
    var added: [AddedToken] = []
    for name in specials {
      if let id = vocabulary.id(of: name) { added.append(AddedToken(id: id, content: Array(name.utf8))) }
    }
    var post: PostProcessorComponent?
    if let cls = vocabulary.id(of: "[CLS]"), let sep = vocabulary.id(of: "[SEP]") {
      post = .template(
        single: [.special("[CLS]", typeID: 0), .sequence(.a, typeID: 0), .special("[SEP]", typeID: 0)],
        pair: [
          .special("[CLS]", typeID: 0), .sequence(.a, typeID: 0), .special("[SEP]", typeID: 0),
          .sequence(.b, typeID: 1), .special("[SEP]", typeID: 1),
        ],
        specials: [
          TemplateSpecial(id: "[CLS]", ids: [cls], tokens: ["[CLS]"]),
          TemplateSpecial(id: "[SEP]", ids: [sep], tokens: ["[SEP]"]),
        ])
    }
    return TokenizerDefinition(
      normalizer: .bert(
        cleanText: true, handleChineseCharacters: true, stripAccents: nil, lowercase: lowercase),
      preTokenizer: .bert, model: .wordPiece(WordPieceDefinition(vocabulary: vocabulary)),
      postProcessor: post,
      decoder: .wordPiece(prefix: "##", cleanup: true), addedTokens: added.sorted { $0.id < $1.id })
  }
}

extension BertVocabulary {
  /// Why `vocab.txt` cannot give the same tokens; empty when it can.
  public static func limits(_ definition: TokenizerDefinition) -> [String] {
    do {
      _ = try write(definition)
      return []
    } catch {
      return [error.found]
    }
  }

  /// The file's bytes.
  /// - Throws: ``ToklabError`` with the first reason of ``limits(_:)``.
  public static func write(_ definition: TokenizerDefinition) throws(ToklabError) -> [UInt8] {
    guard case .wordPiece(let model) = definition.model else {
      throw ToklabError("a model that is not WordPiece")
    }
    guard Array(model.continuingSubwordPrefix.utf8) == Array("##".utf8) else {
      throw ToklabError("a continuing prefix other than ##")
    }
    let vocabulary = model.vocabulary
    if let hole = vocabulary.holes.first {
      throw ToklabError("no token with id \(hole); lines have no holes")
    }
    for token in definition.addedTokens where vocabulary[token.id] != token.content {
      throw ToklabError("added token \(token.id), which is not in the model's vocabulary")
    }
    var out: [UInt8] = []
    for id in 0..<TokenID(vocabulary.capacity) {
      let text = vocabulary[id]
      let last = text.last ?? 0x20
      guard !text.contains(0x0A), last != 0x20, last != 0x0D, last != 0x09 else {
        throw ToklabError("token \(id), which is empty, has a line break or ends in white space")
      }
      out += text
      out.append(0x0A)
    }
    let read = try self.read(out).definition
    guard read.normalizer == definition.normalizer, read.preTokenizer == definition.preTokenizer else {
      throw ToklabError("another pipeline than BERT's for such a vocabulary")
    }
    return out
  }
}

/// A table of the vocabulary for people and other programs: id, token and, where there are any, score. It
/// is no tokenizer: the algorithm is not in it.
enum VocabularyTable {
  static func write(_ definition: TokenizerDefinition) -> [UInt8] {
    let vocabulary = definition.model.vocabulary
    var scores: [String] = []
    switch definition.model {
    case .unigram(let model): scores = model.scores.map { ShortestDecimal.text($0) }
    case .bytePair(let model): scores = model.scores.map { ShortestDecimal.text($0) }
    default: break
    }
    var added: [TokenID: AddedToken] = [:]
    for token in definition.addedTokens { added[token.id] = token }
    let count = max(vocabulary.capacity, definition.addedTokens.map { Int($0.id) + 1 }.max() ?? 0)
    var out = "id\ttoken" + (scores.isEmpty ? "\n" : "\tscore\n")
    for id in 0..<TokenID(count) {
      guard let bytes = added[id]?.content ?? (vocabulary.contains(id) ? vocabulary[id] : nil) else {
        continue
      }
      out += "\(id)\t\(ByteEscape.string(bytes))"
      if !scores.isEmpty { out += "\t" + (Int(id) < scores.count ? scores[Int(id)] : "") }
      out += "\n"
    }
    return Array(out.utf8)
  }
}
