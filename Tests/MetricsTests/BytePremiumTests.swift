import Metrics
import Testing

@Suite struct BytePremiumTests {
  static var packageRoot: String {
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    return parts.dropLast(3).joined(separator: "/")
  }

  static func shippedTable() throws -> BytePremiumTable {
    try BytePremiumTable(file: packageRoot + "/Corpora/byte-premiums.tsv")
  }

  /// spec: 1,155 coefficients; 949 Bible, 188 NLLB, 18 FLORES; range 0.688 to 5.104; Burmese over German
  /// 4.844304.
  @Test func theShippedTableIsThePublishedOne() throws {
    let table = try Self.shippedTable()
    #expect(table.entries.count == 1155)
    #expect(table.entries.count { $0.source == "bible" } == 949)
    #expect(table.entries.count { $0.source == "nllb" } == 188)
    #expect(table.entries.count { $0.source == "flores" } == 18)
    let values = table.entries.map(\.byteCoefficient)
    #expect(abs(values.min()! - 0.688) < 0.0005 && abs(values.max()! - 5.104) < 0.0005)
    let pair = try #require(table.premium("mya_mymr", over: "deu_latn"))
    #expect(abs(pair.value - 4.844304) < 5e-7)
    #expect(pair.methodName == "published (nllb)" && pair.warnings.isEmpty)
    #expect(table.premium("eng_latn")?.value == 1)
    #expect(table.premium("xxx_latn") == nil)
  }

  @Test func mixedSourcesCarryAWarning() throws {
    let table = try Self.shippedTable()
    let other = try #require(table.entries.first { $0.source == "bible" })
    #expect(try #require(table.premium(other.code)).warnings.count == 1)
  }

  @Test func parallelTextGivesTheRatio() throws {
    let a = try TextLines(Array("abcd\nab".utf8))
    let b = try TextLines(Array("éé\né".utf8))
    let estimate = try #require(BytePremiumEstimate.parallel(b, reference: a))
    #expect(estimate.value == 1 && estimate.method == .parallel(lines: 2) && estimate.warnings.count == 1)
    #expect(BytePremiumEstimate.parallel(b, reference: try TextLines([])) == nil)
  }

  /// The regression is good to some tens of per cent on text that it has not seen: English read as an
  /// unknown alphabetic language comes out near 1.
  @Test func theRegressionIsInTheRightRegion() throws {
    let table = try Self.shippedTable()
    let sentence =
      "All human beings are born free and equal in dignity and rights, and should act towards one another in a spirit of brotherhood.\n"
    let text = try TextLines(Array(String(repeating: sentence, count: 30).utf8))
    let plain = try BytePremiumModel(table)
    let estimate = try #require(plain.estimate(text, writingType: "alphabet"))
    #expect((0.7...1.5).contains(estimate.value), "\(estimate.value)")
    #expect(estimate.warnings.isEmpty)
    #expect(plain.regression.n > 900)
    let family = try BytePremiumModel(table, script: "latn", family: "Indo-European")
    let second = try #require(
      family.estimate(text, writingType: "alphabet", script: "latn", family: "Indo-European"))
    #expect((0.7...1.5).contains(second.value), "\(second.value)")
    #expect(family.regression.n < plain.regression.n)
    let short = try #require(plain.estimate(try TextLines(Array("abc".utf8)), writingType: "alphabet"))
    #expect(short.warnings.count == 1)
    #expect(plain.estimate(try TextLines([]), writingType: "alphabet") == nil)
  }

  @Test(arguments: [
    ("", "the table is empty"), ("code\tbyte_coef\n", "no column lang"),
    (
      "lang\tbyte_coef\tchar_coef\tchar_entropy\tbytes_per_char\twriting_type\tfamily\tsource\nx\tmuch\n",
      "line 2: \"much\""
    ),
  ]) func badTablesAreNamed(text: String, says: String) throws {
    let lines = try TextLines(Array(text.utf8))
    let error = try #require(failure { () throws(ToklabError) in try BytePremiumTable(lines) })
    #expect(error.description.contains(says), "\(error)")
  }

  /// A language alone names its row where it has one script there.
  @Test func codes() throws {
    let table = try BytePremiumTable(
      TextLines(
        Array(
          "lang\tbyte_coef\tchar_coef\tchar_entropy\tbytes_per_char\twriting_type\tfamily\tsource\nsrp_cyrl\t1.5\t\t\t\t\t\tnllb\nsrp_latn\t1.0\t\t\t\t\t\tnllb\ndeu_latn\t1.1\t\t\t\t\t\tnllb\n"
            .utf8)))
    #expect(table.code(of: "deu") == "deu_latn" && table.code(of: "srp_cyrl") == "srp_cyrl")
    #expect(table.code(of: "srp") == nil && table.code(of: "de") == nil && table.code(of: "xyz") == nil)
  }
}
