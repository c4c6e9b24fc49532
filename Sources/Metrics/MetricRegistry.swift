/// The one list of metrics: `score list`, the documentation and the conformance tests read it.
public enum MetricRegistry {
  public static let families: [any Metric.Type] = [
    TokenPremium.self, BytePremium.self, PremiumGroups.self, OptimalVocabulary.self, LanguagePredictors.self,
    PremiumRegression.self,
    LinguisticIntegrity.self, InformationCapacity.self, TokenizerCapacity.self, CapacitySeries.self,
    InformationParity.self,
    Compression.self, Fertility.self, RenyiEfficiency.self, VocabularyUse.self, LanguageOverlap.self,
    SuccessorEntropy.self,
    RoundTrip.self, UTF8Integrity.self, DigitAlignment.self, BoundaryAlignment.self, MorphScore.self,
    PerturbationRobustness.self, CodeIntegrity.self, TokenDifference.self,
    VocabularyComposition.self, Reachability.self, UndertrainedTokens.self,
  ]

  /// Every metric once, in the order of ``families``; a metric that two families give has one descriptor.
  public static var descriptors: [MetricDescriptor] {
    var seen = Set<String>()
    return families.flatMap { $0.descriptors }.filter { seen.insert($0.name).inserted }
  }

  public static func descriptor(named name: String) -> MetricDescriptor? {
    descriptors.first { $0.name == name }
  }
}
