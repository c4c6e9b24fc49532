import ArgumentParser
import Metrics

/// The end that all `score` verbs have in common.
extension ScoreRun {
  /// Gates over the metrics of some families.
  static func gates(_ format: ScoreOutputOptions, _ families: [any Metric.Type]) throws -> [Gate] {
    let known = families.flatMap { $0.descriptors }
    return try format.gates.map { try Gate($0, known: known) }
  }

  /// Notes once each, in order.
  static func distinct(_ notes: [String]) -> [String] {
    var kept: [String] = []
    for note in notes where !kept.contains(note) { kept.append(note) }
    return kept
  }
}
