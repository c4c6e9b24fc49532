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
