import ArgumentParser
import Tokenizers

extension DynamicBoundary: ExpressibleByArgument {}
extension DynamicTies: ExpressibleByArgument {}

/// What the verbs of `dynamic` that merge have in common.
struct DynamicOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Sequences (lines) merged together.", valueName: "n"))
  var batch: Int = 32

  @Option(
    help: ArgumentHelp("The most merges of a batch; without a limit as many as there are.", valueName: "m"))
  var merges: Int?

  @Option(
    help: ArgumentHelp(
      "Stop when a batch is shorter by this share of its tokens, 0 to 1.", valueName: "share"))
  var reduction: Double?

  @Option(help: "What a merged token must stay within.")
  var boundary: DynamicBoundary = .word

  @Option(
    help: "Which of the most frequent pairs is merged: by (left id, right id), or the first in the batch.")
  var ties: DynamicTies = .id

  func validate() throws {
    guard (1...10_000_000).contains(batch) else {
      throw ValidationError("--batch \(batch) is out of range; expected 1 or more")
    }
    if let merges, merges < 0 {
      throw ValidationError("--merges \(merges) is out of range; expected 0 or more")
    }
    if let reduction, !(0...1).contains(reduction) {
      throw ValidationError("--reduction \(reduction) is out of range; expected 0 to 1")
    }
    if merges != nil && reduction != nil {
      throw ValidationError("--merges and --reduction exclude each other")
    }
  }

  var options: DynamicBatchMerge.Options {
    DynamicBatchMerge.Options(boundary: boundary, ties: ties, merges: merges, reduction: reduction)
  }

  var json: [(String, JSON)] {
    [
      ("boundary", .string(boundary.rawValue)), ("ties", .string(ties.rawValue)), ("batch", .int(batch)),
      ("merges", merges.map { .int($0) } ?? .null), ("reduction_asked", .number(reduction)),
    ]
  }
}

/// How long batches are together after so many merges each; one that has ended keeps its length.
struct MergeCurve {
  /// `tokens[m]` after at most `m` merges a batch.
  private(set) var tokens: [Int] = [0]

  mutating func add(_ batch: DynamicBatch) {
    while tokens.count <= batch.lengths.count { tokens.append(tokens[tokens.count - 1]) }
    tokens[0] += batch.tokensBefore
    for m in 1..<tokens.count {
      tokens[m] += m <= batch.lengths.count ? batch.lengths[m - 1] : batch.tokensAfter
    }
  }

  /// `merges,tokens,mean_length` lines.
  func csv(sequences: Int) -> String {
    var out = "merges,tokens,mean_length\n"
    for (merges, tokens) in tokens.enumerated() {
      let mean = sequences > 0 ? Numbers.shortest(Double(tokens) / Double(sequences)) : ""
      out += "\(merges),\(tokens),\(mean)\n"
    }
    return out
  }

  /// Round numbers of merges and the last one.
  var milestones: [Int] {
    let last = tokens.count - 1
    var list = [0]
    var step = 1
    while step < last {
      for factor in [1, 2, 5] where step * factor < last { list.append(step * factor) }
      step *= 10
    }
    if last > 0 { list.append(last) }
    return list
  }
}
