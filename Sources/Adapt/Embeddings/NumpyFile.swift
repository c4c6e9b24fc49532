import Tokenizers

/// An array in NumPy's `.npy` format, of floats or whole numbers in C order.
///
/// Layout (NumPy, `numpy.lib.format`): `\x93NUMPY`, version, header length, a Python dictionary with
/// `descr`, `fortran_order` and `shape`, then the elements.
public struct NumpyFile: Sendable {
  public let path: String
  public let shape: [Int]
  public let type: TensorType
  private let file: MappedFile
  private let start: Int

  /// - Throws: ``ToklabError`` for anything but a complete little-endian C-order array of numbers.
  public init(_ path: String) throws(ToklabError) {
    self.path = path
    file = try MappedFile(path)
    do throws(ToklabError) { (shape, type, start) = try Self.header(of: file) } catch { throw error.in(path) }
  }

  public var count: Int { shape.reduce(1, *) }

  /// Elements in C order as doubles.
  public func doubles(_ elements: Range<Int>) throws(ToklabError) -> [Double] {
    precondition(elements.lowerBound >= 0 && elements.upperBound <= count)
    guard type.isFloat else {
      throw ToklabError(file: path, "elements of type \(type.rawValue)", expected: "floating-point numbers")
    }
    return elements.map { type.double(at: file.base + start + $0 * type.size) }
  }

  /// All elements as whole numbers.
  public func integers() throws(ToklabError) -> [Int] {
    var result: [Int] = []
    for index in 0..<count {
      let pointer = file.base + start + index * type.size
      switch type {
      case .i64: result.append(Int(Int64(littleEndian: pointer.loadUnaligned(as: Int64.self))))
      case .i32: result.append(Int(Int32(littleEndian: pointer.loadUnaligned(as: Int32.self))))
      case .u32: result.append(Int(UInt32(littleEndian: pointer.loadUnaligned(as: UInt32.self))))
      case .u16: result.append(Int(UInt16(littleEndian: pointer.loadUnaligned(as: UInt16.self))))
      default:
        throw ToklabError(
          file: path, "elements of type \(type.rawValue)", expected: "whole numbers (int64, int32, …)")
      }
    }
    return result
  }

  private static let types: [String: TensorType] = [
    "<f8": .f64, "<f4": .f32, "<f2": .f16, "<i8": .i64, "<i4": .i32, "<u4": .u32, "<u2": .u16,
  ]

  private static func header(of file: MappedFile) throws(ToklabError) -> ([Int], TensorType, Int) {
    let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    guard file.count >= 10, file.bytes(0..<6).elementsEqual(magic) else {
      throw ToklabError(at: .byte(0), "no NumPy array", expected: "a .npy file")
    }
    let version = file.bytes(6..<7)[0]
    let lengthBytes = version >= 2 ? 4 : 2
    guard (1...3).contains(version), file.count >= 8 + lengthBytes else {
      throw ToklabError(at: .byte(6), "version \(version)", expected: "1, 2 or 3")
    }
    var length = 0
    for (index, byte) in file.bytes(8..<8 + lengthBytes).enumerated() { length |= Int(byte) << (8 * index) }
    let start = 8 + lengthBytes + length
    guard length <= 1 << 16, start <= file.count else {
      throw ToklabError(at: .byte(8), "a header of \(length) bytes", expected: "one that fits the file")
    }
    let text = String(decoding: file.bytes(8 + lengthBytes..<start), as: UTF8.self)
    guard let name = value(of: "descr", in: text), let order = value(of: "fortran_order", in: text),
      let extents = value(of: "shape", in: text)
    else {
      throw ToklabError(at: .byte(10), "a header without descr, fortran_order or shape")
    }
    guard let type = types[String(name.filter { $0 != "'" && $0 != "\"" })] else {
      throw ToklabError(
        at: .byte(10), "elements of type \(name)", expected: types.keys.sorted().joined(separator: ", "))
    }
    guard order.hasPrefix("False") else {
      throw ToklabError(at: .byte(10), "Fortran order", expected: "C order", advice: "np.ascontiguousarray")
    }
    var shape: [Int] = []
    var bytes = type.size
    for part in extents.split(separator: ",") {
      let digits = part.filter { $0 != " " && $0 != "L" }
      if digits.isEmpty { continue }
      guard let extent = Int(digits), extent >= 0,
        case let (product, overflow) = bytes.multipliedReportingOverflow(by: extent), !overflow
      else {
        throw ToklabError(at: .byte(10), "shape (\(extents))", expected: "whole numbers that fit the file")
      }
      bytes = product
      shape.append(extent)
    }
    guard file.count - start == bytes else {
      throw ToklabError(
        "\(file.count - start) bytes of data", expected: "\(bytes), as type and shape say",
        advice: "check that the file is complete")
    }
    return (shape, type, start)
  }

  /// The text of a value of the header's dictionary: up to the comma, for a tuple what is in it.
  private static func value(of key: String, in header: String) -> String? {
    let scalars = Array(header.utf8)
    let wanted = Array("'\(key)':".utf8)
    guard scalars.count > wanted.count,
      let found = (0...scalars.count - wanted.count).first(where: {
        scalars[$0..<$0 + wanted.count].elementsEqual(wanted)
      })
    else { return nil }
    var rest = scalars[(found + wanted.count)...].drop { $0 == 0x20 }
    if rest.first == 0x28 {
      rest = rest.dropFirst()
      guard let end = rest.firstIndex(of: 0x29) else { return nil }
      return String(decoding: rest[..<end], as: UTF8.self)
    }
    let end = rest.firstIndex { $0 == 0x2C || $0 == 0x7D } ?? rest.endIndex
    return String(decoding: rest[..<end], as: UTF8.self)
  }
}
