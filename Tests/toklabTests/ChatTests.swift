import TestSupport
import Testing

/// `toklab count --chat` against `transformers`' templates, and what it refuses.
@Suite struct ChatTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// Every family, thirty conversations each, with and without what makes the model answer.
  @Test func countsEqualTheTemplatesOfTransformers() throws {
    let output = try ReferenceLibrary.run("chat_peer.py", scratch.path, TestPaths.vocabularies)
    let lines = String(decoding: output, as: UTF8.self).split(separator: "\n")
    #expect(lines.count == 36)
    for line in lines {
      let fields = line.split(separator: "\t").map(String.init)
      let (family, tokenizer, expected) = (
        fields[0], fields[1], fields[4].split(separator: ",").map { Int($0)! }
      )
      var arguments = ["count", "--chat", "--json", "-t", tokenizer]
      if fields[2] == "1" { arguments += ["--chat-template", family] }
      if fields[3] == "1" { arguments.append("--generation-prompt") }
      arguments += Scratch.names(of: fields[5]).map { fields[5] + "/" + $0 }
      let run = try Toklab.run(arguments)
      #expect(run.status == 0, "\(run.errorText)")
      let rows = try #require(JSONText.parse(run.output))["rows"]
      #expect((0..<rows.count).map { rows[$0]["tokens"].int } == expected, "\(family)")
      #expect((0..<rows.count).allSatisfy { rows[$0]["chat_template"].string == family })
      #expect((0..<rows.count).allSatisfy { rows[$0]["documents"].int == 1 })
    }
  }

  private func tokenizer(_ added: [String]) throws -> String {
    var id = 256
    let tokens = added.map { content in
      defer { id += 1 }
      return
        #"{"id": \#(id), "content": "\#(content)", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}"#
    }
    let text = TokenizerFiles.bytePair([], merges: []).replacing(
      #""added_tokens": []"#, with: #""added_tokens": [\#(tokens.joined(separator: ", "))]"#)
    return try scratch.write("t.json", text)
  }

  @Test func whatCannotBeCountedIsRefused() throws {
    func check(
      _ text: String, _ added: [String], _ expected: String, _ options: String...,
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let path = try tokenizer(added)
      let file = try scratch.write("chat.jsonl", text)
      let run = try Toklab.run(["count", "--chat", "-t", path, file, "--quiet"] + options)
      #expect(run.status == 2, sourceLocation: sourceLocation)
      #expect(run.output.isEmpty, sourceLocation: sourceLocation)
      #expect(run.errorLines.count == 1, sourceLocation: sourceLocation)
      #expect(run.errorText.contains(expected), "\(run.errorText)", sourceLocation: sourceLocation)
    }
    let chatML = ["<|im_start|>", "<|im_end|>"]
    let gemma = ["<bos>", "<start_of_turn>", "<end_of_turn>"]
    let hello = #"{"messages": [{"role": "user", "content": "hello"}]}"#
    try check(hello, [], "no special tokens of a known chat family")
    try check(hello, ["<s>", "</s>"], "no special tokens of a known chat family")
    try check(
      hello, chatML, "no special token <s>, which the chat template llama2 needs", "--chat-template", "llama2"
    )
    try check("\n\(hello)\nhello\n", chatML, "chat.jsonl:3: ")
    try check("{}", chatML, "chat.jsonl:1: $: no \"messages\"")
    try check("[]", chatML, "chat.jsonl:1: $: no messages")
    try check(#"[{"role": "user"}]"#, chatML, "$[0]: a message without content")
    try check(#"[{"content": ""}]"#, chatML, "$[0]: a message without a role")
    try check(
      #"[{"role": "user", "content": [{"type": "text", "text": "a"}]}]"#, chatML,
      "$[0].content: content that is an array; expected a string")
    try check(
      #"[{"role": "assistant", "content": null, "tool_calls": [{"id": "1"}]}]"#, chatML,
      "\"tool_calls\" in a message")
    try check(#"{"messages": [{"role": "user", "content": ""}], "tools": [{}]}"#, chatML, "$.tools: tools")
    try check(#"[{"role": "system", "content": "a"}]"#, gemma, "a message of the role \"system\"")
    try check(
      #"[{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]"#, gemma,
      "chat.jsonl:1: a message of the role \"user\"; expected assistant at turn 2")
  }

  @Test func optionsThatContradictChatAreUsageErrors() throws {
    for options in [
      ["--per-line"], ["--json-field", "text"], ["--add-special-tokens"], ["--allow-special", "all"],
    ] {
      #expect(try Toklab.run(["count", "--chat", "-t", "x"] + options).status == 64)
    }
    #expect(try Toklab.run("count", "-t", "x", "--chat-template", "llama3").status == 64)
    #expect(try Toklab.run("count", "-t", "x", "--chat", "--chat-template", "llama9").status == 64)
  }

  @Test func messagesAreCountedByFile() throws {
    let path = try tokenizer(["<|im_start|>", "<|im_end|>"])
    let text =
      #"[{"role": "user", "content": "é"}]"# + "\n\n"
      + #"[{"role": "user", "content": "ab"}, {"role": "assistant", "content": ""}]"#
    let file = try scratch.write("chat.jsonl", text)
    let run = try Toklab.run("count", "--chat", "--json", "-t", path, file)
    let row = try #require(JSONText.parse(run.output))["rows"][0]
    // <|im_start|>, "user\n", the text, <|im_end|>, "\n".
    #expect(row["tokens"].int == (2 + 5 + 2 + 1) + (2 + 5 + 2 + 1) + (2 + 10 + 0 + 1))
    #expect(row["documents"].int == 2 && row["messages"].int == 3)
    #expect(row["bytes"].int == 4 && row["characters"].int == 3)
    #expect(run.errorText.contains("counted with the chat template chatml"))
  }
}
