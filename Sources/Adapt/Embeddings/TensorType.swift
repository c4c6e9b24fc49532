/// Element types of tensors, by their names in safetensors headers.
public enum TensorType: String, Sendable, Hashable, CaseIterable {
  case f64 = "F64"
  case f32 = "F32"
  case f16 = "F16"
  case bf16 = "BF16"
  case i64 = "I64"
  case i32 = "I32"
  case i16 = "I16"
  case i8 = "I8"
  case u64 = "U64"
  case u32 = "U32"
  case u16 = "U16"
  case u8 = "U8"
  case bool = "BOOL"
  /// Eight-bit floats and their scales. Tensors of them mostly come with scales of their own, so models in
  /// these types are carried as bytes; ``Float8`` has the numbers.
  case f8E4M3 = "F8_E4M3"
  case f8E5M2 = "F8_E5M2"
  case f8E8M0 = "F8_E8M0"

  /// Bytes of one element.
  public var size: Int {
    switch self {
    case .f64, .i64, .u64: 8
    case .f32, .i32, .u32: 4
    case .f16, .bf16, .i16, .u16: 2
    case .i8, .u8, .bool, .f8E4M3, .f8E5M2, .f8E8M0: 1
    }
  }

  /// Whether elements can be read as floating-point numbers.
  public var isFloat: Bool { self == .f64 || self == .f32 || self == .f16 || self == .bf16 }

  /// The number that the element at `pointer` (any alignment, little-endian) stands for; exact, since a
  /// double holds every narrower float.
  @inline(__always)
  package func double(at pointer: UnsafeRawPointer) -> Double {
    switch self {
    case .f64: Double(bitPattern: UInt64(littleEndian: pointer.loadUnaligned(as: UInt64.self)))
    case .f32: Double(Float(bitPattern: UInt32(littleEndian: pointer.loadUnaligned(as: UInt32.self))))
    case .f16: Double(HalfFloat.float(UInt16(littleEndian: pointer.loadUnaligned(as: UInt16.self))))
    case .bf16:
      Double(
        Float(bitPattern: UInt32(UInt16(littleEndian: pointer.loadUnaligned(as: UInt16.self))) << 16))
    default: .nan
    }
  }
}

/// IEEE 754 half precision in software: `Float16` has no conversions in the baseline of every platform.
package enum HalfFloat {
  /// Exact.
  package static func float(_ bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = UInt32(bits >> 10) & 0x1F
    let fraction = UInt32(bits & 0x3FF)
    if exponent == 0x1F { return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13) }
    if exponent != 0 { return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13) }
    let magnitude = Float(fraction) * 0x1p-24
    return sign == 0 ? magnitude : -magnitude
  }

  /// Rounded to nearest, ties to even; too large becomes infinity.
  package static func bits(_ value: Float) -> UInt16 {
    let pattern = value.bitPattern
    let sign = UInt16(pattern >> 16 & 0x8000)
    let rest = pattern & 0x7FFF_FFFF
    if rest > 0x7F80_0000 { return sign | 0x7E00 }
    if rest >= 0x4780_0000 { return sign | 0x7C00 }
    if rest < 0x3880_0000 {
      // Subnormal: units of 2⁻²⁴, rounded by the hardware's own rule.
      let units = (Float(bitPattern: rest) * 0x1p24).rounded(.toNearestOrEven)
      return sign | UInt16(units)
    }
    let rounded = rest + 0xFFF + (rest >> 13 & 1)
    return sign | UInt16((rounded >> 13) - (112 << 10))
  }

  /// Single precision to bfloat16, rounded to nearest, ties to even.
  package static func brainBits(_ value: Float) -> UInt16 {
    let pattern = value.bitPattern
    if pattern & 0x7FFF_FFFF > 0x7F80_0000 { return UInt16(pattern >> 16) | 0x40 }
    return UInt16((pattern &+ 0x7FFF &+ (pattern >> 16 & 1)) >> 16)
  }
}
