import Studies
import Tokenizers

/// The cells of a store on their way out, in plan order.
package struct SweepExport {
  package let plan: SweepPlan
  package let records: [SweepStore.Record]
  private let tokens: [Key: Double]

  private struct Key: Hashable {
    var language: String
    var algorithm: String
    var preTokenizer: String
    var bytes: Int
    var seed: Int
    var size: Int
  }

  package init(_ store: SweepStore) throws(ToklabError) {
    plan = try store.plan()
    records = try store.records()
    var tokens: [Key: Double] = [:]
    for record in records {
      guard let count = record.values.first(where: { $0.metric == "corpus_token_count" }),
        record.values.allSatisfy({ $0.nullReason == nil })
      else { continue }
      tokens[Self.key(record, record.language)] = count.value
    }
    self.tokens = tokens
  }

  private static func key(_ record: SweepStore.Record, _ language: String) -> Key {
    Key(
      language: language, algorithm: record.algorithm, preTokenizer: record.preTokenizer,
      bytes: record.trainingBytes,
      seed: record.seed, size: record.size)
  }

  /// What the store holds of a cell, and its premium over the reference's cell of the same training.
  func values(_ record: SweepStore.Record) -> [SweepStore.Value] {
    var values = record.values
    guard record.status == "done" else { return values }
    let lines = values.first?.n ?? 0
    if let own = tokens[Self.key(record, record.language)],
      let other = tokens[Self.key(record, plan.reference)],
      other > 0
    {
      values.append(.init(metric: "premium", value: own / other, unit: "ratio", n: lines))
    } else {
      values.append(
        .init(
          metric: "premium", value: nil, unit: "ratio", n: lines,
          nullReason: "no finished cell of the reference \(plan.reference) with the same training"))
    }
    return values.sorted { $0.metric < $1.metric }
  }

  /// One row a cell, language and metric; a cell without values has one row without metric.
  ///
  /// - Parameter timings: the columns of seconds and memory, which differ from run to run.
  package func csv(timings: Bool = true) -> String {
    var columns = [
      "cell", "language", "algorithm", "pre_tokenizer", "training_bytes", "training_bytes_used", "seed",
      "vocabulary_size", "status", "size_reached", "reason", "tokenizer_sha256", "metric", "value", "unit",
      "n",
      "null_reason",
    ]
    if timings { columns += ["train_seconds", "measure_seconds", "process_bytes_peak"] }
    var out = columns.joined(separator: ",") + "\n"
    for record in records {
      let head = [
        String(record.id), record.language, record.algorithm, record.preTokenizer,
        String(record.trainingBytes),
        record.bytesUsed.map(String.init) ?? "", String(record.seed), String(record.size), record.status,
        record.sizeReached.map(String.init) ?? "", record.reason ?? "", record.sha256 ?? "",
      ]
      let times =
        timings
        ? [
          Figures.fixed(record.trainSeconds, 4), Figures.fixed(record.measureSeconds, 4),
          String(record.peakBytes),
        ] : []
      let values = values(record)
      for value in values {
        let cells = [
          value.metric, value.value.map(Figures.shortest) ?? "", value.unit, String(value.n),
          value.nullReason ?? "",
        ]
        out += (head + cells + times).map(Markup.csv).joined(separator: ",") + "\n"
      }
      if values.isEmpty {
        out += (head + ["", "", "", "", ""] + times).map(Markup.csv).joined(separator: ",") + "\n"
      }
    }
    return out
  }
}
