import ArgumentParser
import Metrics

/// `toklab score list`.
struct ScoreList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List every metric with its unit and definition.")

  @OptionGroup(title: "Common Options") var shared: SharedOptions

  func run() throws {
    let output = Output.standard()
    if shared.json {
      let metrics = MetricRegistry.descriptors.map { metric in
        JSON.object([
          ("metric", .string(metric.name)), ("metric_version", .int(metric.version)),
          ("unit", .string(metric.unit)), ("better", .string(metric.direction.rawValue)),
          ("estimator", .string(metric.estimator.rawValue)),
          ("encode_mode", .string(metric.encodeMode.rawValue)),
          ("definition", .string(metric.definition)), ("requires", .strings(metric.requirements)),
          ("source", .string(metric.source)),
        ])
      }
      let document = Document.make("score.list", [("metrics", .array(metrics))], Provenance(shared))
      try output.write(document.document())
      return try output.flush()
    }
    let style = shared.style
    for family in MetricRegistry.families {
      try output.line(style.bold("score \(family.family)"))
      var table = Table([.init("metric"), .init("unit"), .init("better"), .init("definition")])
      for metric in family.descriptors {
        let better = metric.direction == .none ? "" : metric.direction.rawValue
        table.append([metric.name, metric.unit, better, metric.definition])
      }
      try output.write(table.text(style))
    }
    try output.flush()
  }
}
