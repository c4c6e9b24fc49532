import Foundation
import TestSupport
import Testing
import Tokenizers

/// Pre-tokenizers that drop or rewrite text, piece for piece and offset for offset as the reference library.
@Suite struct PieceStepPeerTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let component: PreTokenizerComponent
    let json: String
    var testDescription: String { json }
  }

  static let cases: [Case] = [
    Case(component: .whitespace, json: #"{"type":"Whitespace"}"#),
    Case(component: .whitespaceSplit, json: #"{"type":"WhitespaceSplit"}"#),
    Case(component: .bert, json: #"{"type":"BertPreTokenizer"}"#),
    Case(component: .digits(individual: true), json: #"{"type":"Digits","individual_digits":true}"#),
    Case(component: .digits(individual: false), json: #"{"type":"Digits","individual_digits":false}"#),
    Case(component: .fixedLength(3), json: #"{"type":"FixedLength","length":3}"#),
    Case(
      component: .charDelimiterSplit(delimiter: "a"), json: #"{"type":"CharDelimiterSplit","delimiter":"a"}"#),
    Case(component: .unicodeScripts, json: #"{"type":"UnicodeScripts"}"#),
    Case(
      component: .split(pattern: .regex("[ae]+"), behavior: .removed, invert: false),
      json: #"{"type":"Split","pattern":{"Regex":"[ae]+"},"behavior":"Removed","invert":false}"#),
    Case(
      component: .split(pattern: .regex("[ae]+"), behavior: .removed, invert: true),
      json: #"{"type":"Split","pattern":{"Regex":"[ae]+"},"behavior":"Removed","invert":true}"#),
    Case(
      component: .split(pattern: .literal("  "), behavior: .removed, invert: false),
      json: #"{"type":"Split","pattern":{"String":"  "},"behavior":"Removed","invert":false}"#),
    Case(
      component: .sequence([.whitespaceSplit, .punctuation(behavior: .contiguous), .digits(individual: true)]
      ),
      json:
        #"{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Punctuation","behavior":"Contiguous"},{"type":"Digits","individual_digits":true}]}"#
    ),
    Case(
      component: .sequence([
        .whitespaceSplit, .metaspace(replacement: "▁", prependScheme: .always, split: true),
      ]),
      json:
        #"{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}]}"#
    ),
  ]

  static let moreCases: [Case] =
    SplitBehavior.allCases.map {
      Case(
        component: .punctuation(behavior: $0),
        json: #"{"type":"Punctuation","behavior":"\#($0.rawValue)"}"#)
    }
    + PrependScheme.allCases.flatMap { scheme in
      [true, false].map { split in
        Case(
          component: .metaspace(replacement: "▁", prependScheme: scheme, split: split),
          json:
            #"{"type":"Metaspace","replacement":"▁","prepend_scheme":"\#(scheme.rawValue)","split":\#(split)}"#
        )
      }
    }

  static let texts: [String] = {
    var random = RandomText(seed: 77)
    let parts = [
      " ", "  ", "\n", "\t", "\u{A0}", "\u{3000}", "\u{2028}", "a", "Ae", "eaea", "word", "don't", "3", "42",
      "²", "Ⅷ",
      "٣", "_", "-", "...", "!?", "«", "。", "é", "e\u{301}", "ß", "日本", "ひらカタ", "ー", "한국", "ไทย", "🎉",
      "👨‍👩‍👧", "▁", "▁▁", "$", "+", "€", "Ⓐ", "\u{200D}", "Привет", "ελ", "שלום", "नमस्ते", "\u{1F}",
    ]
    var texts = ["", " ", "▁", "a", "hello world", " hello  world ", "▁▁ a"]
    for _ in 0..<160 {
      texts.append(
        (0..<random.random.below(12)).map { _ in parts[random.random.below(parts.count)] }.joined())
    }
    return texts
  }()

  private struct Request: Encodable {
    // swift-format-ignore: AlwaysUseLowerCamelCase
    let pre_tokenizer: Raw
    let text: String
  }

  /// A component as a JSON object of its own.
  private struct Raw: Encodable {
    let object: [String: JSONValue]
    func encode(to encoder: any Encoder) throws { try object.encode(to: encoder) }
  }

  private enum JSONValue: Codable {
    case string(String), bool(Bool), int(Int), array([JSONValue]), object([String: JSONValue])
    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let value = try? container.decode(Bool.self) {
        self = .bool(value)
      } else if let value = try? container.decode(Int.self) {
        self = .int(value)
      } else if let value = try? container.decode(String.self) {
        self = .string(value)
      } else if let value = try? container.decode([JSONValue].self) {
        self = .array(value)
      } else {
        self = .object(try container.decode([String: JSONValue].self))
      }
    }
    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .string(let value): try container.encode(value)
      case .bool(let value): try container.encode(value)
      case .int(let value): try container.encode(value)
      case .array(let value): try container.encode(value)
      case .object(let value): try container.encode(value)
      }
    }
  }

  @Test func piecesAndOffsetsEqualTheReference() throws {
    try expectEqual(Self.cases + Self.moreCases, Self.texts)
  }

  /// Every scalar outside ASCII that is neither letter nor number, between letters: the reference's table of
  /// punctuation is of Unicode 8.0, so later marks are none.
  @Test func everyPunctuationMark() throws {
    var texts: [String] = []
    var text = "a"
    for value in UInt32(0x80)...0x1_FFFF {
      guard let scalar = Unicode.Scalar(value), !scalar.properties.isAlphabetic,
        scalar.properties.generalCategory != .unassigned, scalar.properties.generalCategory != .privateUse,
        !scalar.properties.isWhitespace
      else { continue }
      text.unicodeScalars.append(scalar)
      text += "a"
      if text.utf8.count > 4000 {
        texts.append(text)
        text = "a"
      }
    }
    try expectEqual(
      Self.cases.filter { $0.component == .bert } + Self.moreCases.filter { $0.json.contains("Isolated") },
      texts + [text])
  }

  /// `\w`, `\s` and `\p{N}` of the library's Unicode version, planes 0, 1 and 14 without the bulk of the
  /// ideographs and syllables.
  @Test func everyScalarOutsideTheIdeographs() throws {
    let ranges: [ClosedRange<UInt32>] = [
      0x80...0x3500, 0x4DB0...0x4E10, 0x9FF0...0xAC10, 0xD7A0...0x1_FFFF, 0xE_0000...0xE_01FF,
    ]
    let texts = ranges.flatMap { range in
      stride(from: range.lowerBound, through: range.upperBound, by: 512).map {
        EdgeText.everyScalar("a", "", in: $0...min($0 + 511, range.upperBound))
      }
    }
    try expectEqual(
      Self.cases.filter { $0.component == .whitespace || $0.component == .digits(individual: true) }, texts)
  }

  private func expectEqual(_ all: [Case], _ texts: [String]) throws {
    var input = Data()
    for item in all {
      let object = try JSONDecoder().decode([String: JSONValue].self, from: Data(item.json.utf8))
      for text in texts {
        input += try JSONEncoder().encode(Request(pre_tokenizer: Raw(object: object), text: text))
        input.append(10)
      }
    }
    let lines = try Peer.run("piece_steps.py", input: input).split(separator: 10)
    #expect(lines.count == all.count * texts.count)
    var index = 0
    for item in all {
      let plan = try PreTokenizationPlan(item.component)
      for text in texts {
        let expected = try JSONDecoder().decode([[JSONValue]].self, from: lines[index])
        index += 1
        let wanted = expected.map { entry -> String in
          guard case .string(let piece) = entry[0], case .int(let low) = entry[1],
            case .int(let high) = entry[2]
          else { return "?" }
          return "\(piece)@\(low)-\(high)"
        }
        let found = try plan.pieces(of: Array(text.utf8)).map {
          "\(String(decoding: $0.bytes, as: UTF8.self))@\($0.range.lowerBound)-\($0.range.upperBound)"
        }
        #expect(
          found.map { Array($0.utf8) } == wanted.map { Array($0.utf8) },
          "\(item.json) on \(ByteEscape.string(Array(text.utf8))): \(found) for \(wanted)")
      }
    }
  }
}
