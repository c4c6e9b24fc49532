import Tokenizers

/// Text in memory, or paths with a zero byte after each.
private func corpus(
  _ bytes: UnsafePointer<UInt8>?, _ length: Int64, _ arePaths: Int32
) throws(ToklabError) -> Corpus {
  let bytes = try elements(bytes, length, "the texts")
  guard arePaths != 0 else { return Corpus(text: Array(bytes)) }
  var paths: [String] = []
  for part in bytes.split(separator: 0) {
    guard let path = String(validating: part, as: UTF8.self) else {
      throw ToklabError("path \(paths.count) is not UTF-8", expected: "paths in UTF-8")
    }
    // Standard input belongs to the Python program.
    guard path != "-" else { throw ToklabError("the path -", expected: "files or folders") }
    paths.append(path)
  }
  return try Corpus(inputs: paths)
}

private func size(_ value: Int64) throws(ToklabError) -> Int {
  guard value > 0, value <= 1 << 26 else {
    throw ToklabError("a vocabulary size of \(value)", expected: "1 to \(1 << 26)")
  }
  return Int(value)
}

private func run(_ threads: Int32) throws(ToklabError) -> TrainingRun {
  guard (1...4096).contains(threads) else { throw ToklabError("\(threads) threads", expected: "1 to 4096") }
  return TrainingRun(threads: Int(threads))
}

@_cdecl("tkl_train_bpe")
public func trainBytePair(
  _ bytes: UnsafePointer<UInt8>?, _ length: Int64, _ arePaths: Int32, _ vocabulary: Int64,
  _ minFrequency: Int64, _ preTokenizer: UnsafePointer<CChar>?, _ threads: Int32
) -> UnsafeMutableRawPointer? {
  answering(nil) { () throws(ToklabError) in
    guard minFrequency >= 0 else {
      throw ToklabError("a least frequency of \(minFrequency)", expected: "at least 0")
    }
    let parameters = BytePairParameters(vocabularySize: try size(vocabulary), minFrequency: minFrequency)
    let cut = try PreTokenization(text(preTokenizer, "the pre-tokenizer"))
    let trained = try BytePairTrainer(parameters).train(
      on: corpus(bytes, length, arePaths), cutBy: cut, run: run(threads))
    return try Handle(trained.definition).retained
  }
}

@_cdecl("tkl_train_unigram")
public func trainUnigram(
  _ bytes: UnsafePointer<UInt8>?, _ length: Int64, _ arePaths: Int32, _ vocabulary: Int64,
  _ byteFallback: Int32, _ threads: Int32
) -> UnsafeMutableRawPointer? {
  answering(nil) { () throws(ToklabError) in
    let parameters = UnigramParameters(
      vocabularySize: try size(vocabulary), byteFallback: byteFallback != 0)
    let trained = try UnigramTrainer(parameters).trainWithDigest(
      on: corpus(bytes, length, arePaths), run: run(threads)
    ).tokenizer
    return try Handle(trained.definition).retained
  }
}
