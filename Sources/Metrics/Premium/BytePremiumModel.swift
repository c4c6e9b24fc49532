/// Byte premium of a language that has neither a published coefficient nor parallel text.
///
/// As arXiv 2403.00686 does it: the length in characters is predicted by least squares from the character
/// entropy of the text and the type of writing, with script and language family where the table has at
/// least five languages of them; times bytes per character, over that of English.
public struct BytePremiumModel: Sendable {
  public let regression: Regression
  private let writingTypes: [String]
  private let scripts: [String]
  private let families: [String]
  private let englishBytesPerCharacter: Double

  /// Levels with fewer languages than this tell nothing.
  public static let leastLanguages = 5

  /// Fits the table's rows that have everything the model uses.
  ///
  /// - Parameters:
  ///   - script: used when the table has enough languages of it.
  ///   - family: likewise; restricts the fit to rows whose family is known.
  public init(
    _ table: BytePremiumTable, script: String? = nil, family: String? = nil
  ) throws(ToklabError) {
    let complete = table.entries.filter {
      $0.characterCoefficient != nil && $0.characterEntropy != nil && $0.writingType != nil
    }
    guard let english = table.entry("eng_latn")?.bytesPerCharacter else {
      throw ToklabError("the table has no bytes per character of eng_latn")
    }
    englishBytesPerCharacter = english
    func enough(_ name: String?, _ key: (BytePremiumTable.Entry) -> String?) -> Bool {
      name != nil && complete.count { key($0) == name } >= Self.leastLanguages
    }
    let useFamily = enough(family) { $0.family }
    let rows = useFamily ? complete.filter { $0.family != nil } : complete
    let useScript = enough(script) { $0.script } && rows.count { $0.script == script } >= Self.leastLanguages

    // One indicator for each level but the most frequent one, which the intercept stands for.
    func levels(_ key: (BytePremiumTable.Entry) -> String?) -> [String] {
      var counts: [String: Int] = [:]
      for row in rows { if let name = key(row) { counts[name, default: 0] += 1 } }
      return counts.filter { $0.value >= Self.leastLanguages }.sorted {
        $0.value == $1.value ? InputFolder.bytewiseLess($0.key, $1.key) : $0.value > $1.value
      }.dropFirst().map(\.key)
    }
    var predictors: [(name: String, values: [Double])] = [
      ("character entropy", rows.map { $0.characterEntropy! })
    ]
    func add(_ kind: String, _ names: [String], _ key: (BytePremiumTable.Entry) -> String?) -> [String] {
      var kept: [String] = []
      for name in names {
        let candidate = ("\(kind) \(name)", rows.map { key($0) == name ? 1.0 : 0.0 })
        // A level that the earlier ones already determine adds nothing and would make the fit singular.
        if (try? Regression(rows.map { $0.characterCoefficient! }, on: predictors + [candidate])) != nil {
          predictors.append(candidate)
          kept.append(name)
        }
      }
      return kept
    }
    writingTypes = add("writing", levels { $0.writingType }) { $0.writingType }
    scripts = useScript ? add("script", levels { $0.script }) { $0.script } : []
    families = useFamily ? add("family", levels { $0.family }) { $0.family } : []
    regression = try Regression(rows.map { $0.characterCoefficient! }, on: predictors)
  }

  /// The estimate for a text.
  ///
  /// - Parameters:
  ///   - text: in the language; below 20 lines with a warning.
  ///   - writingType: alphabet, abjad, abugida or logography.
  /// - Returns: nil when the text has no characters.
  public func estimate(
    _ text: TextLines, writingType: String, script: String? = nil, family: String? = nil
  ) -> BytePremiumEstimate? {
    let profile = CharacterProfile(text)
    guard let entropy = profile.unigramEntropy, let perCharacter = profile.bytesPerCharacter else {
      return nil
    }
    var value = 0.0
    for term in regression.terms {
      switch term.name {
      case "intercept": value += term.coefficient
      case "character entropy": value += term.coefficient * entropy
      case "writing \(writingType)": value += term.coefficient
      default:
        if let script, term.name == "script \(script)" { value += term.coefficient }
        if let family, term.name == "family \(family)" { value += term.coefficient }
      }
    }
    var used = ["character entropy", "writing type"]
    if !scripts.isEmpty { used.append("script") }
    if !families.isEmpty { used.append("family") }
    var warnings: [String] = []
    if text.count < 20 { warnings.append("only \(text.count) lines; 20 or more are advised") }
    guard value > 0 else { return nil }
    return BytePremiumEstimate(
      value: value * perCharacter / englishBytesPerCharacter, method: .regression(predictors: used),
      warnings: warnings)
  }
}
