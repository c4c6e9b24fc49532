import Corpora
import Testing

private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

@Suite struct MarkupTextTests {
  @Test func blocksBecomeLinesAndWhatNobodyReadsIsLeftOut() {
    let page = """
      <!DOCTYPE html><head><title>No</title></head><body><nav><p>menu</p></nav>
      <!-- <p>comment</p> --><script>if (a < b) { "<p>no</p>" }</script>
      <h1 class="a>b">A &amp; B</h1><p>One <b>bold</b>
        word&nbsp;and &#233; &#x4E2D; &eacute; &unknown; &</p><ul><li>x<br/>y</ul>tail
      """
    let blocks = MarkupText(Array(page.utf8)).blockTexts().map(text)
    #expect(blocks == ["A & B", "One bold word\u{A0}and é 中 é &unknown; &", "x", "y", "tail"])
  }

  @Test func elementsCarryTheirIdAndNestedText() {
    let page =
      #"<p id="par_1" dir="auto"><a href="x">See</a> this.</p><p/><p>no id</p><p id="par_2"><p>in</p> out</p>"#
    let found = MarkupText(Array(page.utf8)).elements(named: ["p"])
    #expect(found.map { text($0.id) } == ["par_1", "", "par_2"])
    #expect(found.map { text($0.text) } == ["See this.", "no id", "in out"])
  }

  @Test func skippedElementsHideTheirContent() {
    let page = "<page><info><desc>hidden</desc></info><title>Shown</title></page>"
    let found = MarkupText(Array(page.utf8)).elements(named: ["desc", "title"], skipping: ["info"])
    #expect(found.map { text($0.text) } == ["Shown"])
  }

  @Test(arguments: [
    "<", "<p", "<p id=\"", "<!--", "</", "<p>open", "a<1", "<?", "<p id=\"x", "&", "&#", "&#;", "<p/", "<!",
  ])
  func brokenMarkupIsNoCrash(page: String) {
    _ = MarkupText(Array(page.utf8)).blockTexts()
    _ = MarkupText(Array(page.utf8)).elements(named: ["p"])
  }

  @Test func podAndRoffLoseTheirCodes() {
    let pod =
      "=head1 NAME\n\nB<perl> - I<the I<inner>> C<< a->b >> L<see|perlfoo> X<index>E<lt>\n\n=cut\n\nnot POD\n"
    #expect(ManualText.pod(Array(pod.utf8)).map(text) == ["NAME", "perl - the inner a->b see <"])
    let roff =
      ".\\\" comment\n.SH NAME\nls \\- list\n.B bold\nof \\fIfiles\\fP don\\(aqt\n.PP\nNext \\[em] one\n"
    #expect(ManualText.roff(Array(roff.utf8)).map(text) == ["ls - list bold of files don't", "Next — one"])
  }

  @Test func packageDescriptionsAreParagraphs() throws {
    let long = String(repeating: "word ", count: 20)
    let list =
      "Package: a\nDescription-md5: 0\nDescription-en: short\n \(long)\n .\n end\n\nPackage: b\nDescription-en: tiny\n"
    var found: [String] = []
    try EnglishText.packageDescriptions(Array(list.utf8)) { found.append(text($0)) }
    #expect(found == ["short\n\(long)\n\nend\n"])
  }
}
