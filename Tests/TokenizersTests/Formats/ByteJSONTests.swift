import Testing
import Tokenizers

@Suite struct ByteJSONTests {
  private func parse(_ text: String) throws(ToklabError) -> ByteJSON.Value {
    try ByteJSON(Array(text.utf8)).root
  }

  @Test func readsEveryKindOfValue() throws {
    let root = try parse(
      #" {"a": [1, -20, 0.5e-3, true, false, null], "b": {}, "c": [] , "": "x\n\u00e9\ud83d\ude00/"} "#)
    #expect(root.kind == .object && root.count == 4)
    let list = try #require(root.member("a")).elements()
    #expect(try list[0].integer() == 1)
    #expect(try list[1].integer(in: -100...100) == -20)
    #expect(try list[2].double() == 0.0005)
    #expect(try list[3].bool() && !list[4].bool())
    #expect(list[5].isNull)
    #expect(root.member("b")?.count == 0 && root.member("c")?.count == 0)
    #expect(try root.member("")?.bytes() == Array("x\né😀/".utf8))
    #expect(root.member("d") == nil)
  }

  /// Swift's string equality is canonical; the reader must not be.
  @Test func composedAndDecomposedKeysStayApart() throws {
    let root = try parse("{\"\u{E0}\": 1, \"a\u{300}\": 2}")
    var keys: [[UInt8]] = []
    try root.forEachMember { (key, _) throws(ToklabError) in keys.append(try key.bytes()) }
    #expect(keys == [[0xC3, 0xA0], [0x61, 0xCC, 0x80]])
    var reader = try ByteJSON.ObjectReader(root)
    #expect(try reader.take("\u{E0}")?.integer() == 1)
    #expect(try reader.take("a\u{300}")?.integer() == 2)
  }

  @Test func pathsAndLinesNameTheValue() throws {
    let root = try parse("{\"m\":\n{\"list\": [0, [\"x\", {\"odd key\": 7}]]}}")
    let value = try root.member("m")!.member("list")!.elements()[1].elements()[1].member("odd key")!
    #expect(value.error("7").description == #"$.m.list[1][1]["odd key"] (line 2): 7"#)
    #expect(throws: ToklabError.self) { try value.string() }
    #expect(root.error("it").description == "$: it")
  }

  @Test(arguments: [
    ("", 0), ("{", 1), ("[1,]", 3), ("[1 2]", 3), ("{\"a\" 1}", 5), ("{a:1}", 1), ("{\"a\":1,}", 7),
    ("tru", 3),
    ("nul!", 0), ("01", 0), ("-", 1), ("1.", 2), ("1e", 2), ("\"abc", 4), ("\"\u{1}\"", 1), ("\"\\x\"", 1),
    ("\"\\ud800\"", 1), ("\"\\udc00x\"", 1), ("\"\\u12g4\"", 1), ("\"\\u12", 5), ("[] []", 3),
    ("\u{FEFF}{}", 0),
    ("'a'", 0), ("{\"a\":1", 6), ("[1", 2), ("+1", 0), ("\"ab\\", 4),
  ])
  func damagedTextGivesOneErrorWithItsByte(text: String, byte: Int) {
    let error = #expect(throws: ToklabError.self) { try parse(text) }
    #expect(error?.position == .byte(byte), "\(text): \(error.map(String.init(describing:)) ?? "none")")
    #expect(error?.expected != nil)
  }

  @Test func invalidUTF8IsAnErrorAtItsByte() {
    for bad: [UInt8] in [
      [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82], [0xF5, 0x80, 0x80, 0x80],
    ] {
      let error = #expect(throws: ToklabError.self) { try ByteJSON([0x22, 0x61] + bad + [0x22]) }
      #expect(error?.position == .byte(2))
    }
  }

  @Test func nestingIsLimited() throws {
    let deep = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
    #expect(try parse(deep).count == 1)
    let error = #expect(throws: ToklabError.self) { try parse("[" + deep + "]") }
    #expect(error?.position == .byte(128))
    #expect(throws: ToklabError.self) { try parse(String(repeating: "{\"a\":", count: 1_000_000)) }
  }

  @Test func duplicateAndUnknownKeysAreErrors() throws {
    let error = #expect(throws: ToklabError.self) {
      try ByteJSON.ObjectReader(try parse(#"{"a":1,"b":2,"a":3}"#))
    }
    #expect(error?.position == .path("$.a"))
    var reader = try ByteJSON.ObjectReader(try parse(#"{"a":1,"bad":2}"#))
    _ = reader.take("a")
    #expect(throws: ToklabError.self) { try reader.finish(of: "a test") }
  }

  @Test(arguments: ["1.0", "1e3", "-1", "4294967296", "99999999999999999999", "\"1\"", "null", "2097152"])
  func tokenIDsAreSmallWholeNumbers(text: String) throws {
    let value = try parse(text)
    #expect(throws: ToklabError.self) { try value.tokenID() }
  }

  /// Any prefix and any one-byte change of a document either parses or throws; it never traps.
  @Test func survivesTruncationAndMutation() {
    let text = Array(#"{"k":["a\n\u00e9",-1.5e+3,true,null,{"x":"é😀"}],"z":{"q":[[]]}}"#.utf8)
    for end in 0..<text.count { #expect(throws: ToklabError.self) { try ByteJSON(Array(text[..<end])) } }
    var parsed = 0
    for index in text.indices {
      for byte: UInt8 in 0...255 {
        var changed = text
        changed[index] = byte
        if (try? ByteJSON(changed)) != nil { parsed += 1 }
      }
    }
    #expect(parsed > text.count)
  }
}

@Suite struct JSONWriterTests {
  /// Texts as tokenizers 0.23.3 writes them; older releases left out the plus sign.
  @Test(
    arguments: [
      (0.0, "0.0"), (-0.0, "-0.0"), (1, "1.0"), (-12.5, "-12.5"), (0.1, "0.1"), (1e15, "1000000000000000.0"),
      (1e16, "1e+16"), (1.5e16, "1.5e+16"), (123456789012345680, "1.2345678901234568e+17"), (1e-5, "0.00001"),
      (1.25e-5, "0.0000125"), (1e-6, "1e-6"), (-3.5e-7, "-3.5e-7"), (.leastNonzeroMagnitude, "5e-324"),
      (1.7976931348623157e308, "1.7976931348623157e+308"), (-11.129616737365723, "-11.129616737365723"),
    ] as [(Double, String)])
  func numbersAreLaidOutAsSerdeDoes(value: Double, text: String) {
    #expect(ShortestDecimal.text(value) == text)
  }

  @Test func prettyLayout() {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("a")
    writer.beginArray()
    writer.integer(1)
    writer.string("x\"\\\n\u{1b}\u{7f}é")
    writer.endArray()
    writer.key("b")
    writer.beginObject()
    writer.endObject()
    writer.key("c")
    writer.null()
    writer.endObject()
    #expect(
      String(decoding: writer.bytes, as: UTF8.self)
        == "{\n  \"a\": [\n    1,\n    \"x\\\"\\\\\\n\\u001b\u{7f}é\"\n  ],\n  \"b\": {},\n  \"c\": null\n}")
  }

  @Test func compactLayout() {
    var writer = JSONWriter(pretty: false)
    writer.beginArray()
    writer.beginArray()
    writer.endArray()
    writer.bool(true)
    writer.float(0.1)
    writer.endArray()
    #expect(String(decoding: writer.bytes, as: UTF8.self) == "[[],true,0.1]")
  }
}
