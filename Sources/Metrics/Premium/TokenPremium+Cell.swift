extension TokenPremium {
  /// The rows of one tokenizer and language.
  struct Cell {
    let metric: TokenPremium
    let tokenizer: TokenizerIdentity
    let label: String
    let reference: String
    let language: Layout.Columns
    let referenceColumns: Layout.Columns
    let lines: Int
    let sums: UnitSums

    /// Why the language's own numbers say nothing, if so.
    var fault: String? { Self.fault(label, sums.total[language.tokens], sums.total[language.unknown]) }

    private static func fault(_ label: String, _ tokens: Double, _ unknown: Double) -> String? {
      if tokens == 0 { return "\(label): the text has no tokens" }
      // 10 · unknown > tokens: the same as a rate above 0.1, without rounding.
      guard unknown * 10 > tokens else { return nil }
      return "\(label): \(Int(unknown)) of \(Int(tokens)) tokens are unknown, more than 10 %"
    }

    private var referenceFault: String? {
      Self.fault(
        "reference \(reference)", sums.total[referenceColumns.tokens], sums.total[referenceColumns.unknown])
    }

    func rows() -> [MetricResult] {
      let ownFault = fault
      let pairFault = ownFault ?? referenceFault
      let tokens = language.tokens
      let referenceTokens = referenceColumns.tokens
      var rows = [
        TokenPremium.descriptor("corpus_token_count").result(
          tokenizer, language: label, count: Int(sums.total[tokens]), n: lines),
        ratio("premium", tokens, referenceTokens, fault: pairFault),
        ratio("tokens_per_line", tokens, Layout.linesColumn, fault: ownFault),
        ratio("bytes_per_token", language.bytes, tokens, fault: ownFault),
        ratio("characters_per_token", language.characters, tokens, fault: ownFault),
        ratio(
          "unknown_rate", language.unknown, tokens,
          fault: sums.total[tokens] == 0 ? "\(label): the text has no tokens" : nil),
      ]
      if let price = metric.price {
        rows.append(
          scaled("cost_equivalent", fault: pairFault) { $0[tokens] / $0[referenceTokens] * price })
      }
      if let window = metric.window.map(Double.init) {
        rows.append(
          scaled("context_equivalent", fault: pairFault) { window * $0[referenceTokens] / $0[tokens] })
        rows.append(
          scaled("characters_in_window", fault: ownFault) { window * $0[language.characters] / $0[tokens] })
      }
      return rows
    }

    private func ratio(
      _ name: String, _ numerator: Int, _ denominator: Int, fault: String?
    ) -> MetricResult {
      scaled(name, fault: fault) { $0[numerator] / $0[denominator] }
    }

    private func scaled(
      _ name: String, fault: String?, _ statistic: (UnsafeBufferPointer<Double>) -> Double
    ) -> MetricResult {
      let descriptor = TokenPremium.descriptor(name)
      if let fault { return descriptor.void(tokenizer, language: label, n: lines, fault) }
      return descriptor.result(
        tokenizer, language: label, value: sums.total.withUnsafeBufferPointer(statistic),
        interval: sums.interval(statistic), n: lines)
    }
  }
}
