import Glibc
import TestSupport
import Testing
import Tokenizers

/// `toklab transplant` and `toklab models info` on a model of a few kilobytes.
@Suite struct TransplantCommandTests {
  let scratch: Scratch

  /// A model folder for the fixture's tokenizer, rows of known numbers.
  init() throws {
    scratch = try Scratch()
    let tokenizer = try Scratch.read(try Fixture.shared.get().tokenizer)
    let rows = try Tokenizer(HuggingFaceJSON.read(tokenizer)).capacity
    var data: [UInt8] = []
    for row in 0..<rows {
      for column in 0..<8 {
        let bits = Float(row * 8 + column).bitPattern
        for shift in stride(from: 0, to: 32, by: 8) {
          data.append(UInt8(truncatingIfNeeded: bits >> UInt32(shift)))
        }
      }
    }
    let header =
      "{\"embed_tokens.weight\":{\"dtype\":\"F32\",\"shape\":[\(rows),8],\"data_offsets\":[0,\(data.count)]}}"
    let length = header.utf8.count
    try scratch.write(
      "m/model.safetensors",
      (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(header.utf8) + data)
    try scratch.write(
      "m/config.json", "{\"vocab_size\": \(rows), \"hidden_size\": 8, \"tie_word_embeddings\": true}")
    try scratch.write("m/tokenizer.json", tokenizer)
    let run = try Toklab.run(
      "train", "bpe", Fixture.shared.get().text, "--vocab-size", "330", "--pre-tokenizer", "none",
      "--special",
      "eos=<|end|>", "-q", "-o", scratch["new.json"])
    #expect(run.status == 0, "\(run.errorText)")
  }

  @Test func movesAModel() throws {
    let run = try Toklab.run(
      "transplant", scratch["m"], "--to", scratch["new.json"], "--report", "--json", "--method",
      "byte-length",
      "--pad-to-multiple", "64", "-o", scratch["out"])
    #expect(run.status == 0, "\(run.errorText)")
    let json = try #require(JSONText.parse(run.output))
    #expect(json["schema"].text == "\"toklab.transplant.report/1\"")
    guard case .array(let rows) = json["rows"] else {
      Issue.record("no rows")
      return
    }
    #expect(rows.count == 384 && json["rows_after"].text == "384")
    #expect(rows[383]["tier"].text == "\"padding\"")
    #expect(rows.contains { $0["tier"].text == "\"strategy\"" && $0["method"].text == "\"byte-length\"" })
    #expect(
      scratch.names("out") == ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"])
    #expect(run.errorText.contains("384 now"))
    // Again: the folder is taken, nothing is left beside it.
    let again = try Toklab.run("transplant", scratch["m"], "--to", scratch["new.json"], "-o", scratch["out"])
    #expect(again.status == 2 && again.errorText.contains("something in it"))
    #expect(!scratch.names().contains { $0.contains(".tmp-") })
    // The same bytes for any number of threads.
    for threads in ["1", "3"] {
      let run = try Toklab.run(
        "transplant", "run", scratch["m"], "--to", scratch["new.json"], "--threads", threads, "-q", "-o",
        scratch["t" + threads])
      #expect(run.status == 0, "\(run.errorText)")
    }
    #expect(try scratch.read("t1/model.safetensors") == scratch.read("t3/model.safetensors"))
  }

  /// A model whose body is `bytes` of zeros that take no room on the disk, moved; the most memory that took, in bytes.
  private func peakMemory(body bytes: Int) throws -> Int {
    let name = "body-\(bytes)"
    let own = try scratch.read("m/model.safetensors")
    let start = own.prefix(8).enumerated().reduce(8) { $0 + Int($1.element) << (8 * $1.offset) }
    let matrix = own.count - start
    let rows = matrix / 32
    let header = """
      {"embed_tokens.weight":{"dtype":"F32","shape":[\(rows),8],"data_offsets":[0,\(matrix)]},\
      "layers.0.weight":{"dtype":"F16","shape":[\(bytes / 2)],"data_offsets":[\(matrix),\(matrix + bytes)]}}
      """
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
    let file = try scratch.write(
      name + "/model.safetensors", length + Array(header.utf8) + own.suffix(matrix))
    try #require(truncate(file, off_t(8 + header.utf8.count + matrix + bytes)) == 0)
    for other in ["config.json", "tokenizer.json"] {
      try scratch.write("\(name)/\(other)", scratch.read("m/" + other))
    }
    let run = try Toklab.run(
      "transplant", scratch[name], "--to", scratch["new.json"], "--report", "--json", "--method", "mean",
      "-q",
      "-o", scratch[name + "-out"])
    try #require(run.status == 0, "\(run.errorText)")
    var written = stat()
    #expect(stat(scratch[name + "-out/model.safetensors"], &written) == 0 && Int(written.st_size) > bytes)
    return try #require(JSONText.parse(run.output)?["timing"]["peak_memory_bytes"].int)
  }

  /// Tensors that do not change are copied in parts whose memory is given back.
  @Test func theBodyIsNotHeld() throws {
    let (small, large) = try (peakMemory(body: 1 << 20), peakMemory(body: 160 << 20))
    print("most memory with a body of 1 MB: \(small) bytes, of 160 MB: \(large)")
    #expect(large - small < 24 << 20)
  }

  @Test func mapsAreRead() throws {
    try scratch.write("map.tsv", "<|end|>\t5 7\n300\tthe fox\n")
    let words = [
      "transplant", scratch["m"], "--to", scratch["new.json"], "--method", "mean", "--report", "--json",
    ]
    let run = try Toklab.run(words + ["--map", scratch["map.tsv"]])
    #expect(run.status == 0, "\(run.errorText)")
    guard case .array(let rows) = try #require(JSONText.parse(run.output))["rows"] else {
      Issue.record("no rows")
      return
    }
    let mapped = rows.filter { $0["tier"].text == "\"map\"" }
    #expect(
      mapped.count == 2
        && mapped.contains { $0["sources"].text == "[5,7]" && $0["weights"].text == "[0.5,0.5]" })
    for (bad, part) in [("x", "without a tab"), ("9999\t1", "the new token"), ("1\t9999", "old tokens")] {
      try scratch.write("bad.tsv", bad + "\n")
      let run = try Toklab.run(words + ["--map", scratch["bad.tsv"]])
      #expect(run.status == 2 && run.errorText.contains(part) && run.errorText.contains("bad.tsv:1"))
    }
  }

  @Test func usage() throws {
    for words in [
      ["transplant", "m", "--to", "t"], ["transplant", "m", "--to", "t", "--method", "none", "-o", "x"],
      ["transplant", "m", "--to", "t", "--temperature", "0", "-o", "x"],
      ["transplant", "evaluate", "--base", "m", "--text", "x"],
    ] {
      #expect(try Toklab.run(words).status == 64, "\(words)")
    }
    let missing = try Toklab.run(
      "transplant", scratch["m"], "--to", scratch["new.json"], "--method", "omp", "-o", scratch["x"])
    #expect(missing.status == 2 && missing.errorText.contains("--donor"))
    #expect(!scratch.names().contains { $0.hasPrefix("x") })
    let list = try Toklab.run("transplant", "list", "--json")
    #expect(list.status == 0 && list.text.contains("\"tokenadapt\""))
  }

  @Test func factsWithoutRunning() throws {
    let run = try Toklab.run("models", "info", scratch["m"], "--json")
    #expect(run.status == 0, "\(run.errorText)")
    let json = try #require(JSONText.parse(run.output))
    #expect(json["kind"].text == "\"hf\"" && json["columns"].text == "8" && json["tied"].text == "true")
    #expect(json["parameters"].text == String(8 * Int(json["rows"].text)!))
    #expect(try Toklab.run("models", "info", scratch["none"]).status == 64)
  }
}
