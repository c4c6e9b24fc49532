import Adapt
import Metrics
import Tokenizers

/// Log-probabilities of texts from a model that can be asked, in the form in which recorded ones are read.
///
/// Whatever ``OpenModel`` opens is measured this way: a new kind of model needs nothing here.
struct ModelLikelihoods {
  let model: OpenModel
  private let bytes: ByteModel

  /// Samples are cut here, as the paper of information capacity cuts them.
  static let mostTokens = 1024

  init(_ model: OpenModel, allowPadding: Bool) throws {
    self.model = model
    bytes = try ByteModel(
      model.model, tokenizer: model.tokenizer, options: ByteModel.Options(allowPadding: allowPadding))
  }

  /// One sample a line; lines of fewer than two tokens, the begin token included, have nothing to score.
  ///
  /// - Throws: ``ToklabError`` with the line of a token that the model gives no probability, and when no line is left.
  func log(of text: TextLines) throws -> (log: LikelihoodLog, skipped: Int) {
    var samples: [LikelihoodLog.Sample] = []
    var skipped = 0
    let begin = [model.model.facts.beginToken].compactMap(\.self)
    for line in 0..<text.count {
      let content = Array(text.bytes[text.range(ofLine: line)])
      let ids = Array(try model.tokenizer.encode(content).ids.prefix(Self.mostTokens - begin.count))
      guard begin.count + ids.count > 1 else {
        skipped += 1
        continue
      }
      // Without a begin token the first token of the text is the one that is not scored.
      let scored = begin.isEmpty ? ids.dropFirst() : ids[...]
      let logs: [Double]
      do { logs = try bytes.tokenPath(Array(scored), after: Array(ids[..<scored.startIndex])) } catch {
        // What is wrong with the model is not at a line of the text.
        if error.file != nil { throw error }
        throw ToklabError(
          at: .line(line + 1), error.found, expected: error.expected, advice: error.advice)
      }
      if let place = logs.firstIndex(where: { !$0.isFinite }) {
        let token = scored.startIndex + place
        throw ToklabError(
          at: .line(line + 1), "token \(token + 1) (id \(ids[token])) has probability 0",
          expected: "a model that gives every token of the text a probability")
      }
      let unscored = try model.tokenizer.decode(Array(ids[..<scored.startIndex])).count
      samples.append(
        LikelihoodLog.Sample(
          textSHA256: SHA256.hex(content), addBOS: !begin.isEmpty,
          bytesScored: try model.tokenizer.decode(ids).count - unscored, tokenIDs: begin + ids,
          // A sum of probabilities may exceed 1 by a rounding.
          logProbabilities: logs.map { min(0, $0) }))
    }
    guard !samples.isEmpty else {
      throw ToklabError("no line of two tokens or more", expected: "text to score, one sample a line")
    }
    return (LikelihoodLog(samples: samples), skipped)
  }
}

extension LikelihoodLog {
  /// The file that `--log-probs` reads.
  func write(to output: Output) throws {
    for sample in samples {
      let logs = sample.logProbabilities.map(Numbers.shortest).joined(separator: ", ")
      let ids = sample.tokenIDs.map(String.init).joined(separator: ", ")
      let digest = sample.textSHA256.map { "\"text_sha256\": \"\($0)\", " } ?? ""
      let begin = sample.addBOS.map { "\"add_bos\": \($0), " } ?? ""
      try output.line(
        "{\(digest)\(begin)\"bytes_scored\": \(sample.bytesScored), \"token_ids\": [\(ids)], \"logprob\": [null, \(logs)]}"
      )
    }
  }
}
