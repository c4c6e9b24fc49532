import Foundation
import TestSupport
import Testing
import Tokenizers

/// Charsmaps that are broken: an error when they are read, or text, but never a trap or a loop without end.
@Suite struct CharsMapTests {
  /// Rules a → b and ab → "" by hand: one block of the double array a node.
  static let small: [UInt8] = {
    func unit(_ label: UInt8, from index: UInt32, to base: UInt32, hasValue: Bool) -> UInt32 {
      UInt32(label) | (index ^ base) << 10 | (hasValue ? 0x100 : 0)
    }
    var units = [UInt32](repeating: 0, count: 1024)
    units[0] = unit(0, from: 0, to: 256, hasValue: false)
    units[256 ^ 0x61] = unit(0x61, from: 256 ^ 0x61, to: 512, hasValue: true)
    units[512] = 1 << 31
    units[512 ^ 0x62] = unit(0x62, from: 512 ^ 0x62, to: 768, hasValue: true)
    units[768] = 1 << 31 | 2
    let words = [UInt32(4096)] + units
    return words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
      + Array("b\0\0".utf8)
  }()

  /// One rule by hand, in the same way.
  static func rule(_ from: String, _ to: String) -> [UInt8] {
    let key = Array(from.utf8)
    var units = [UInt32](repeating: 0, count: 256 * (key.count + 2))
    func offset(_ index: Int, _ base: Int) -> UInt32 { UInt32(index ^ base) << 10 }
    units[0] = offset(0, 256)
    for (number, byte) in key.enumerated() {
      let (base, next) = (256 * (number + 1), 256 * (number + 2))
      let index = base ^ Int(byte)
      let isLast = number == key.count - 1
      units[index] = UInt32(byte) | offset(index, next) | (isLast ? 0x100 : 0)
      if isLast { units[next] = 1 << 31 }
    }
    let words = [UInt32(units.count * 4)] + units
    return words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
      + Array(to.utf8) + [0]
  }

  @Test func rulesApplyLongestFirst() throws {
    let normalizer = try SentencePieceNormalizer(
      .init(charsmap: Self.small, addDummyPrefix: false, removeExtraWhitespaces: false))
    #expect(try normalizer.normalized(Array("a ab aab c".utf8)) == Array("b▁▁b▁c".utf8))
    // The other library takes the shortest rule of a whole cluster.
    let other = try Normalizers.make(.precompiled(charsmap: Self.small))
    #expect(try other.normalized(Array("ab a\u{301} c".utf8)) == Array("bb b c".utf8))
  }

  @Test func malformedTextIsReplacedByteByByte() throws {
    let normalizer = try SentencePieceNormalizer(.init(addDummyPrefix: false, removeExtraWhitespaces: false))
    #expect(
      try normalizer.normalized([0x61, 0xFF, 0xE2, 0x96, 0x20]) == Array("a\u{FFFD}\u{FFFD}\u{FFFD}▁".utf8))
  }

  @Test func alignmentFollowsTheOriginal() throws {
    let normalizer = try SentencePieceNormalizer(.init(charsmap: Self.small))
    let text = Array("  a  c ".utf8)
    let result = try text.withUnsafeBufferPointer { try normalizer.normalize($0, alignment: true) }
    #expect(result?.bytes == Array("▁b▁c".utf8))
    #expect(result?.starts == [2, 2, 2, 2, 3, 3, 3, 5])
    #expect(result?.ends == [2, 2, 2, 3, 3, 3, 5, 6])
  }

  static let broken: [(String, [UInt8], Int)] = [
    ("empty", [], 0), ("no trie", [0, 0, 0, 0, 0], 0), ("trie of 2 GiB", [0xFF, 0xFF, 0xFF, 0x7F, 0, 0], 0),
    ("trie of 4 GiB", [0xFC, 0xFF, 0xFF, 0xFF, 0, 0], 0),
    ("half a block", [0, 2, 0, 0] + [UInt8](repeating: 0, count: 600), 0),
    ("no texts", Array(small.dropLast(3)), 0),
    ("a text without end", Array(small.dropLast(3)) + [0x62], small.count - 3),
    ("out of the array", change(4, [0, 0, 0xFF, 0x7F]), 4),
    ("far away", change(4, [0, 0x02, 0xFF, 0x7F]), 4),
    ("a value that is none", change(4 + 512 * 4, [0, 0, 0, 0]), 4 + (256 ^ 0x61) * 4),
    ("a text out of the blob", change(4 + 512 * 4, [3, 0, 0, 0x80]), 4 + 512 * 4),
  ]

  private static func change(_ offset: Int, _ bytes: [UInt8]) -> [UInt8] {
    var map = small
    map.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    return map
  }

  @Test(arguments: broken) func brokenMapsNameTheByte(name: String, map: [UInt8], byte: Int) {
    if name == "empty" {
      #expect(throws: ToklabError.self) { try Normalizers.make(.precompiled(charsmap: map)) }
      return
    }
    let error = #expect(throws: ToklabError.self, "\(name)") {
      try SentencePieceNormalizer(.init(charsmap: map))
    }
    #expect(error?.position == .byte(byte), "\(name)")
    let other = #expect(throws: ToklabError.self, "\(name)") {
      try Normalizers.make(.precompiled(charsmap: map))
    }
    #expect(other?.position == .path("$.normalizer.precompiled_charsmap"), "\(name)")
  }

  /// Flipped bits, cut ends, and blocks of noise, in a real map.
  @Test func damagedMapsNeverTrap() throws {
    let real = [UInt8](try Peer.run("charsmap.py", ["nmt_nfkc"], input: Data()))
    let text = Array("Ａｂ ﬁ½ e\u{301} カﾞ ㍿ ab\t\r\n\u{FF} é中".utf8)
    var random = SplitMix64(seed: 0xBAD5)
    var (accepted, refused) = (0, 0)
    for round in 0..<400 {
      var map = round % 4 == 0 ? real : Self.small
      switch round % 3 {
      case 0: for _ in 0...random.below(3) { map[random.below(map.count)] ^= 1 << UInt8(random.below(8)) }
      case 1: map.removeLast(1 + random.below(map.count - 1))
      default:
        let start = random.below(map.count)
        for index in start..<min(map.count, start + 64) {
          map[index] = UInt8(truncatingIfNeeded: random.next())
        }
      }
      do throws(ToklabError) {
        _ = try SentencePieceNormalizer(.init(charsmap: map)).normalized(text)
        accepted += 1
      } catch { refused += 1 }
      _ = try? Normalizers.make(.precompiled(charsmap: map)).normalized(text)
    }
    #expect(accepted > 20 && refused > 100)
  }
}
