/// Eight-bit floats as deep-learning frameworks store them.
///
/// E4M3 is the variant without infinities (`float8_e4m3fn`: bias 7, largest 448, NaN `S.1111.111`); E5M2 is half
/// precision cut to a byte. Source: Micikevicius et al., "FP8 Formats for Deep Learning" (arXiv 2209.05433).
package enum Float8 {
  /// Exact.
  package static func fromE4M3(_ bits: UInt8) -> Float {
    let sign: Float = bits & 0x80 == 0 ? 1 : -1
    let exponent = Int(bits >> 3) & 15
    let fraction = Int(bits & 7)
    if exponent == 15, fraction == 7 { return sign < 0 ? -Float.nan : .nan }
    let magnitude =
      exponent == 0
      ? Float(fraction) * 0x1p-9
      : Float(sign: .plus, exponent: exponent - 7, significand: 1 + Float(fraction) / 8)
    return sign * magnitude
  }

  /// Exact.
  package static func fromE5M2(_ bits: UInt8) -> Float { HalfFloat.float(UInt16(bits) << 8) }

  /// Rounded to nearest, ties to even; what is too large becomes NaN, since the format has no infinity.
  package static func e4m3(_ value: Float) -> UInt8 {
    let sign: UInt8 = value.sign == .minus ? 0x80 : 0
    guard value.isFinite else { return sign | 0x7F }
    // 480 would be the number after 448.
    let magnitude = value.magnitude
    if magnitude > 464 || magnitude == .infinity { return sign | 0x7F }
    return sign | nearest(magnitude, largest: 0x7E, fromE4M3)
  }

  /// Rounded to nearest, ties to even; what is too large becomes infinity.
  package static func e5m2(_ value: Float) -> UInt8 {
    let sign: UInt8 = value.sign == .minus ? 0x80 : 0
    if value.isNaN { return sign | 0x7E }
    let magnitude = value.magnitude
    if magnitude >= 61440 { return sign | 0x7C }
    return sign | nearest(magnitude, largest: 0x7B, fromE5M2)
  }

  /// The code of the number nearest to a magnitude: codes of positive numbers ascend with them.
  private static func nearest(_ value: Float, largest: UInt8, _ number: (UInt8) -> Float) -> UInt8 {
    var low: UInt8 = 0
    var high = largest
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if number(middle) <= value { low = middle } else { high = middle }
    }
    let (below, above) = (value - number(low), number(high) - value)
    if below < above { return low }
    if above < below { return high }
    return low & 1 == 0 ? low : high
  }
}
