import Adapt
import TestSupport
import Testing
import Tokenizers

/// Element types of tensors: exact both ways.
@Suite struct ElementTests {
  /// Every pattern of 16 and of 8 bits survives decoding and encoding; NaN stays NaN.
  @Test(arguments: [TensorType.f16, .bf16])
  func everySixteenBitPattern(type: TensorType) {
    for bits in UInt16.min...UInt16.max {
      let bytes = [UInt8(truncatingIfNeeded: bits), UInt8(bits >> 8)]
      let number = bytes.withUnsafeBytes { Float(type.double(at: $0.baseAddress!)) }
      var out: [UInt8] = []
      type.append(number, to: &out)
      if number.isNaN {
        let back = out.withUnsafeBytes { type.double(at: $0.baseAddress!) }
        #expect(back.isNaN)
      } else {
        #expect(out == bytes)
      }
    }
  }

  @Test func everyEightBitPattern() {
    for bits in UInt8.min...UInt8.max {
      let (one, other) = (Float8.fromE4M3(bits), Float8.fromE5M2(bits))
      #expect(one.isNaN ? Float8.fromE4M3(Float8.e4m3(one)).isNaN : Float8.e4m3(one) == bits)
      #expect(other.isNaN ? Float8.fromE5M2(Float8.e5m2(other)).isNaN : Float8.e5m2(other) == bits)
    }
    // The corners of the formats, and ties to even.
    #expect(Float8.fromE4M3(0x7E) == 448 && Float8.fromE4M3(0x01) == 0x1p-9 && Float8.fromE4M3(0x38) == 1)
    #expect(
      Float8.fromE5M2(0x7B) == 57344 && Float8.fromE5M2(0x7C) == .infinity && Float8.fromE5M2(0x3C) == 1)
    #expect(Float8.e4m3(1.0625) == 0x38 && Float8.e4m3(1.1875) == 0x3A && Float8.e4m3(500) == 0x7F)
    #expect(Float8.e5m2(1.125) == 0x3C && Float8.e5m2(1.375) == 0x3E && Float8.e5m2(1e9) == 0x7C)
  }

  /// The numbers of random blocks of every type are those of the `gguf` package, to the last bit.
  @Test func blocksAreThoseOfThePeer() throws {
    var random = SplitMix64(seed: 7)
    for type in BlockType.allCases where type != .f64 {
      let blocks = 64
      var bytes = (0..<blocks * type.size).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      // Scales that are no NaN: the high byte of a half becomes small.
      let scales: [Int]? =
        switch type {
        case .q40, .q50, .q80: [0]
        case .q41, .q51, .q4K, .q5K: [0, 2]
        case .q6K: [208]
        default: nil
        }
      for block in 0..<blocks {
        for scale in scales ?? [] { bytes[block * type.size + scale + 1] &= 0x3B }
        if scales == nil { bytes[(block + 1) * type.size - 1] &= 0x3B }
      }
      let output = try ReferenceLibrary.run("gguf_blocks.py", [String(type.rawValue)], input: bytes)
      let count = blocks * type.length
      var numbers = [Float](repeating: .nan, count: count)
      bytes.withUnsafeBytes { bytes in
        numbers.withUnsafeMutableBufferPointer {
          type.decode(bytes.baseAddress!, blocks: blocks, into: $0.baseAddress!)
        }
      }
      #expect(output.count == 4 * count)
      let peer = output.withUnsafeBytes { raw in
        (0..<count).map { raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self) }
      }
      #expect(numbers.map(\.bitPattern) == peer, "\(type.name)")
    }
  }

  /// Q8_0 as the peer quantizes; every block decodes to within half a step.
  @Test func quantizedRowsAreThoseOfThePeer() throws {
    var random = SplitMix64(seed: 11)
    var numbers = (0..<32 * 200).map { _ in Float(random.unitInterval() - 0.5) }
    for index in 0..<32 { numbers[index] = 0 }
    var bytes: [UInt8] = []
    for number in numbers { TensorType.f32.append(number, to: &bytes) }
    let peer = try ReferenceLibrary.run("gguf_blocks.py", ["quantize"], input: bytes)
    var out: [UInt8] = []
    numbers.withUnsafeBufferPointer { BlockType.q80.encode($0, into: &out) }
    #expect(out == peer)
  }
}
