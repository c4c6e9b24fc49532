import Adapt
import TestSupport
import Testing
import Tokenizers

@Suite struct SafetensorsTests {
  @Test func readsBackWhatItWrote() throws {
    let folder = try TemporaryFolder()
    var writer = SafetensorsWriter(metadata: ["b": "2", "a": "é\n"])
    writer.add("doubles", [1.5, -.infinity, 0], shape: [3, 1])
    writer.add("floats", [Float(0.1), 2])
    writer.add("words", [UInt32.max, 0, 7])
    writer.add("signed", [Int64.min, -1, .max])
    writer.add("nothing", [Float]())
    try writer.write(to: folder["t"])
    let file = try SafetensorsFile(folder["t"])
    #expect(file.metadata == ["a": "é\n", "b": "2"])
    #expect(file.tensors.map(\.name).sorted() == ["doubles", "floats", "nothing", "signed", "words"])
    #expect(file.doubles(of: file.tensor("doubles")!, 0..<3) == [1.5, -.infinity, 0])
    #expect(file.doubles(of: file.tensor("floats")!, 1..<2) == [2])
    #expect(try file.integers(of: file.tensor("words")!) == [Int(UInt32.max), 0, 7])
    #expect(try file.integers(of: file.tensor("signed")!) == [.min, -1, .max])
  }

  /// Every half-precision pattern but NaN survives the way through single precision; the known corners.
  @Test func halfPrecisionIsExact() {
    for bits in UInt16.min...UInt16.max {
      let value = HalfFloat.float(bits)
      if value.isNaN { continue }
      #expect(HalfFloat.bits(value) == bits)
    }
    #expect(HalfFloat.float(0x3C00) == 1 && HalfFloat.float(0x0001) == 0x1p-24)
    #expect(HalfFloat.bits(65520) == 0x7C00 && HalfFloat.bits(65519) == 0x7BFF)
    #expect(HalfFloat.brainBits(1) == 0x3F80 && HalfFloat.brainBits(1.00390625) == 0x3F80)
  }

  static let bad: [(String, [UInt8])] = {
    func file(_ header: String, data: Int, length: UInt64? = nil) -> [UInt8] {
      let bytes = Array(header.utf8)
      let count = length ?? UInt64(bytes.count)
      return (0..<8).map { UInt8(truncatingIfNeeded: count >> UInt64(8 * $0)) } + bytes
        + [UInt8](repeating: 0, count: data)
    }
    func one(_ shape: String, _ offsets: String, type: String = "F32") -> String {
      "{\"a\":{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}}"
    }
    return [
      ("empty", []), ("short", [1, 2, 3]),
      ("length beyond the file", file("{}", data: 0, length: 999)),
      ("length of 2^63", file("{}", data: 0, length: 1 << 63)), ("no JSON", file("{x}", data: 0)),
      ("array", file("[1]", data: 0)), ("shape and bytes differ", file(one("[3]", "[0,8]"), data: 8)),
      ("overflow", file(one("[4294967296,4294967296,4]", "[0,8]"), data: 8)),
      ("offsets backwards", file(one("[2]", "[8,0]"), data: 8)),
      ("offsets beyond", file(one("[4]", "[0,16]"), data: 8)), ("gap", file(one("[1]", "[4,8]"), data: 8)),
      ("rest", file(one("[1]", "[0,4]"), data: 8)), ("negative", file(one("[-1]", "[0,4]"), data: 4)),
      ("unknown type", file(one("[1]", "[0,4]", type: "F31"), data: 4)),
      ("metadata no string", file("{\"__metadata__\":{\"a\":1}}", data: 0)),
    ]
  }()

  @Test(arguments: bad)
  func hostileHeadersGiveOneError(name: String, bytes: [UInt8]) throws {
    let folder = try TemporaryFolder()
    try folder.write("bad", bytes)
    let error = #expect(throws: ToklabError.self) { try SafetensorsFile(folder["bad"]) }
    #expect(error?.file == folder["bad"])
  }

  @Test func numpyArraysAreRead() throws {
    let folder = try TemporaryFolder()
    func array(_ header: String, _ data: [UInt8]) -> [UInt8] {
      let text = Array((header + "\n").utf8)
      return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.count & 255), UInt8(text.count >> 8)] + text
        + data
    }
    try folder.write(
      "a.npy",
      array("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }", [0, 0, 128, 63, 0, 0, 0, 64]))
    let file = try NumpyFile(folder["a.npy"])
    #expect(file.shape == [2, 1])
    #expect(try file.doubles(0..<2) == [1, 2])
    try folder.write(
      "b.npy", array("{'descr': '<i4', 'fortran_order': False, 'shape': (1,), }", [7, 0, 0, 0]))
    #expect(try NumpyFile(folder["b.npy"]).integers() == [7])
    for bad in [
      "{'descr': '<f4', 'fortran_order': True, 'shape': (2,), }",
      "{'descr': '|O', 'fortran_order': False, 'shape': (2,), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 8), }", "{}",
    ] {
      try folder.write("bad.npy", array(bad, [UInt8](repeating: 0, count: 8)))
      #expect(throws: ToklabError.self) { try NumpyFile(folder["bad.npy"]) }
    }
  }
}
