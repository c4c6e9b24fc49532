import Glibc
import Tokenizers

/// The element types of GGUF tensors that can be turned into numbers, by their codes in the file.
///
/// Quantized types hold blocks of numbers along a row: scales and small whole numbers.
/// Source: ggml-org/ggml, `src/ggml-common.h` (layouts) and `src/ggml-quants.c` (meaning).
public enum BlockType: UInt32, Sendable, Hashable, CaseIterable {
  case f32 = 0
  case f16 = 1
  case q40 = 2
  case q41 = 3
  case q50 = 6
  case q51 = 7
  case q80 = 8
  case q4K = 12
  case q5K = 13
  case q6K = 14
  case f64 = 28
  case bf16 = 30

  /// As llama.cpp prints it.
  public var name: String {
    switch self {
    case .f32: "F32"
    case .f16: "F16"
    case .q40: "Q4_0"
    case .q41: "Q4_1"
    case .q50: "Q5_0"
    case .q51: "Q5_1"
    case .q80: "Q8_0"
    case .q4K: "Q4_K"
    case .q5K: "Q5_K"
    case .q6K: "Q6_K"
    case .f64: "F64"
    case .bf16: "BF16"
    }
  }

  /// Numbers in a block.
  public var length: Int {
    switch self {
    case .f32, .f16, .f64, .bf16: 1
    case .q40, .q41, .q50, .q51, .q80: 32
    case .q4K, .q5K, .q6K: 256
    }
  }

  /// Bytes of a block.
  public var size: Int {
    switch self {
    case .f32: 4
    case .f16, .bf16: 2
    case .f64: 8
    case .q40: 18
    case .q41: 20
    case .q50: 22
    case .q51: 24
    case .q80: 34
    case .q4K: 144
    case .q5K: 176
    case .q6K: 210
    }
  }

  /// The type of the same elements in a safetensors file; nil for quantized types.
  public var elements: TensorType? {
    switch self {
    case .f32: .f32
    case .f16: .f16
    case .bf16: .bf16
    case .f64: .f64
    default: nil
    }
  }

  /// Writes the numbers of `count` whole blocks, in single precision as ggml computes them.
  ///
  /// Unsafe: reads `count * size` bytes and writes `count * length` floats; callers check both.
  package func decode(_ bytes: UnsafeRawPointer, blocks count: Int, into out: UnsafeMutablePointer<Float>) {
    let (bytes, out) = (bytes.assumingMemoryBound(to: UInt8.self), out)
    for block in 0..<count {
      let (source, target) = (bytes + block * size, out + block * length)
      switch self {
      case .f32, .f16, .bf16, .f64: target[0] = Float(elements!.double(at: source))
      case .q40, .q41, .q50, .q51: Self.decodeNibbles(self, source, target)
      case .q80:
        let scale = Self.half(source)
        for index in 0..<32 { target[index] = scale * Float(Int8(bitPattern: source[2 + index])) }
      case .q4K, .q5K: Self.decodeK(self, source, target)
      case .q6K: Self.decode6K(source, target)
      }
    }
  }

  private static func half(_ pointer: UnsafePointer<UInt8>) -> Float {
    HalfFloat.float(UInt16(pointer[0]) | UInt16(pointer[1]) << 8)
  }

  /// Four or five bits a number: `scale * (q - middle)`, or `scale * q + minimum` where a minimum is stored.
  private static func decodeNibbles(
    _ type: BlockType, _ source: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<Float>
  ) {
    let scale = half(source)
    let hasMinimum = type == .q41 || type == .q51
    let hasFifthBit = type == .q50 || type == .q51
    let minimum = hasMinimum ? half(source + 2) : 0
    var quants = source + (hasMinimum ? 4 : 2)
    var high: UInt32 = 0
    if hasFifthBit {
      for index in 0..<4 { high |= UInt32(quants[index]) << UInt32(8 * index) }
      quants += 4
    }
    let middle: Int32 = hasMinimum ? 0 : hasFifthBit ? 16 : 8
    for index in 0..<16 {
      let low = Int32(quants[index] & 15) | Int32(high >> UInt32(index) & 1) << 4
      let upper = Int32(quants[index] >> 4) | Int32(high >> UInt32(index + 16) & 1) << 4
      target[index] = Float(low - middle) * scale + minimum
      target[index + 16] = Float(upper - middle) * scale + minimum
    }
  }

  /// Eight sub-blocks of 32, each with a scale and a minimum of six bits.
  private static func decodeK(
    _ type: BlockType, _ source: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<Float>
  ) {
    let (scale, minimum) = (half(source), half(source + 2))
    let packed = source + 4
    let high = source + 16
    let quants = source + (type == .q4K ? 16 : 48)
    for part in 0..<8 {
      let factor: UInt8
      let offset: UInt8
      if part < 4 {
        factor = packed[part] & 63
        offset = packed[part + 4] & 63
      } else {
        factor = packed[part + 4] & 15 | (packed[part - 4] >> 6) << 4
        offset = packed[part + 4] >> 4 | (packed[part] >> 6) << 4
      }
      let (d, m) = (scale * Float(factor), minimum * Float(offset))
      for index in 0..<32 {
        let byte = quants[part / 2 * 32 + index]
        var value = part & 1 == 0 ? byte & 15 : byte >> 4
        if type == .q5K { value |= (high[index] >> UInt8(part) & 1) << 4 }
        target[part * 32 + index] = d * Float(value) - m
      }
    }
  }

  private static func decode6K(_ source: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<Float>) {
    let scale = half(source + 208)
    for part in 0..<2 {
      let (low, high) = (source + part * 64, source + 128 + part * 32)
      let factors = source + 192 + part * 8
      let out = target + part * 128
      for index in 0..<32 {
        let values = (
          low[index] & 15 | (high[index] & 3) << 4, low[index + 32] & 15 | (high[index] >> 2 & 3) << 4,
          low[index] >> 4 | (high[index] >> 4 & 3) << 4, low[index + 32] >> 4 | (high[index] >> 6) << 4
        )
        func number(_ value: UInt8, _ factor: Int) -> Float {
          scale * Float(Int8(bitPattern: factors[factor])) * Float(Int32(value) - 32)
        }
        out[index] = number(values.0, index / 16)
        out[index + 32] = number(values.1, index / 16 + 2)
        out[index + 64] = number(values.2, index / 16 + 4)
        out[index + 96] = number(values.3, index / 16 + 6)
      }
    }
  }

  /// Whether ``encode(_:into:)`` knows the type.
  public var canEncode: Bool { elements != nil || self == .q80 }

  /// Appends numbers in this type: rounded to nearest, ties to even; Q8_0 as ggml's reference quantizes.
  package func encode(_ numbers: UnsafeBufferPointer<Float>, into out: inout [UInt8]) {
    precondition(canEncode && numbers.count % length == 0)
    guard self == .q80 else {
      for number in numbers { elements!.append(number, to: &out) }
      return
    }
    for start in stride(from: 0, to: numbers.count, by: 32) {
      let block = numbers[start..<start + 32]
      let scale = block.reduce(0) { max($0, $1.magnitude) } / 127
      let inverse = scale == 0 ? 0 : 1 / scale
      let bits = HalfFloat.bits(scale)
      out.append(UInt8(truncatingIfNeeded: bits))
      out.append(UInt8(bits >> 8))
      for number in block {
        let quant = (number * inverse).rounded(.toNearestOrAwayFromZero)
        out.append(UInt8(bitPattern: quant.isNaN ? 0 : Int8(max(-127, min(127, quant)))))
      }
    }
  }
}

extension TensorType {
  /// Appends a number in this float type, rounded to nearest, ties to even.
  package func append(_ number: Float, to out: inout [UInt8]) {
    func append<Value: FixedWidthInteger>(_ value: Value) {
      for shift in stride(from: 0, to: Value.bitWidth, by: 8) {
        out.append(UInt8(truncatingIfNeeded: value >> Value(shift)))
      }
    }
    switch self {
    case .f64: append(Double(number).bitPattern)
    case .f32: append(number.bitPattern)
    case .f16: append(HalfFloat.bits(number))
    case .bf16: append(HalfFloat.brainBits(number))
    case .f8E4M3: append(Float8.e4m3(number))
    case .f8E5M2: append(Float8.e5m2(number))
    default: preconditionFailure("\(rawValue) holds no floats")
    }
  }
}
