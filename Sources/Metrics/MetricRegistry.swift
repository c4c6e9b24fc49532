/// The one list of metrics: `score list`, the documentation and the conformance tests read it.
public enum MetricRegistry {
  public static let families: [any Metric.Type] = [
    TokenPremium.self, BytePremium.self, OptimalVocabulary.self, LanguagePredictors.self,
    LinguisticIntegrity.self, InformationCapacity.self, InformationParity.self,
  ]

  /// Every metric in the order of ``families``.
  public static var descriptors: [MetricDescriptor] { families.flatMap { $0.descriptors } }

  public static func descriptor(named name: String) -> MetricDescriptor? {
    descriptors.first { $0.name == name }
  }
}
