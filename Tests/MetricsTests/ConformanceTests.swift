import Metrics
import Testing

/// What every registered metric must hold: run on each one's worked example, so a new file and a new line
/// in the registry are tested at once.
@Suite struct MetricConformanceTests {
  static let families = MetricRegistry.families.map { Named(type: $0) }

  struct Named: Sendable, CustomTestStringConvertible {
    let type: any Metric.Type
    var testDescription: String { "\(type)" }
  }

  private func example<M: Metric>(_ type: M.Type) throws -> MetricReport {
    try type.workedExample.metric.measure(type.workedExample.input)
  }

  @Test(arguments: families) func theWorkedExampleComesOut(family: Named) throws {
    func check<M: Metric>(_ type: M.Type) throws {
      let report = try example(type)
      for expected in type.workedExample.values {
        let row = try #require(
          report.result(expected.metric, expected.language, tokenizer: expected.tokenizer),
          "\(expected.metric) \(expected.language ?? "")")
        if let value = expected.value {
          #expect(
            near(row.value?.double, value, 1e-12), "\(expected.metric): \(row.value as Any), not \(value)")
        } else {
          #expect(row.value == nil && row.nullReason != nil, "\(expected.metric)")
        }
      }
      // Each metric of the family is worked out at least once.
      let worked = Set(type.workedExample.values.map(\.metric))
      #expect(Set(type.descriptors.map(\.name)).subtracting(worked).isEmpty)
    }
    try check(family.type)
  }

  @Test(arguments: families) func rowsAgreeWithTheirDescriptors(family: Named) throws {
    let descriptors = family.type.descriptors
    for row in try example(family.type).results {
      let descriptor = try #require(descriptors.first { $0.name == row.metric }, "\(row.metric)")
      #expect(row.unit == descriptor.unit && row.estimator == descriptor.estimator)
      #expect(row.encodeMode == descriptor.encodeMode && row.metricVersion == descriptor.version)
    }
  }

  @Test(arguments: families) func nullsHaveReasonsAndNumbersAreFinite(family: Named) throws {
    for row in try example(family.type).results {
      #expect((row.value == nil) == (row.nullReason != nil), "\(row.metric)")
      if let value = row.value { #expect(value.double.isFinite) }
      #expect((row.low == nil) == (row.high == nil))
      if let low = row.low, let high = row.high { #expect(low <= high && low.isFinite && high.isFinite) }
      if row.value == nil { #expect(row.low == nil) }
      #expect(row.n >= 0)
    }
  }

  @Test(arguments: families) func rowsAreTheSameEveryTime(family: Named) throws {
    #expect(fingerprint(try example(family.type)) == fingerprint(try example(family.type)))
  }

  @Test func namesAreSnakeCaseAndUnique() {
    // A name means one thing, whichever family gives it.
    for descriptor in MetricRegistry.families.flatMap({ $0.descriptors }) {
      #expect(MetricRegistry.descriptor(named: descriptor.name) == descriptor)
    }
    for descriptor in MetricRegistry.descriptors {
      #expect(
        descriptor.name.utf8.allSatisfy {
          ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x5F
        })
      #expect(!descriptor.definition.isEmpty && !descriptor.unit.isEmpty && !descriptor.source.isEmpty)
      #expect(!descriptor.requirements.isEmpty)
    }
  }
}
