/// The HTML page of a report: one file, no network, light and dark by the reader's own setting, printable.
extension Report {
  package func html() -> String {
    var out = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
      <title>\(Markup.escape(title))</title>
      <link rel="icon" href="data:,">
      <style>
      \(Self.style)
      \(Drawing.style)
      \(HeatScale.style)
      </style>
      </head>
      <body>
      <header><h1>\(Markup.escape(title))</h1>
      <nav aria-label="Contents">\(contents)</nav></header>
      <main>

      """
    for section in sections { out += Self.html(section) }
    out += "<section id=\"sources\"><h2>Where the numbers come from</h2>\n\(sources.html())"
    let notes = documents.flatMap { document in document.notes.map { "\(document.file): \($0)" } }
    if !notes.isEmpty {
      out += "<details><summary>\(notes.count) notes</summary><ul>\n"
      for note in notes { out += "<li>\(Markup.escape(note))</li>\n" }
      out += "</ul></details>\n"
    }
    return out + "</section>\n</main>\n<script>\n\(Self.script)\n</script>\n</body>\n</html>\n"
  }

  private var contents: String {
    (sections.map { ($0.id, $0.title) } + [("sources", "Sources")])
      .map { "<a href=\"#\($0.0)\">\(Markup.escape($0.1))</a>" }.joined(separator: "\n")
  }

  private static func html(_ section: ReportSection) -> String {
    var out = "<section id=\"\(section.id)\">\n<h2>\(Markup.escape(section.title))</h2>\n"
    for text in section.text { out += "<p>\(Markup.escape(text))</p>\n" }
    for one in section.leads { out += html(one) }
    out += html(section.choices, id: section.id, title: section.choicesTitle)
    for one in section.figures { out += html(one) }
    out += section.html
    for table in section.tables where !table.rows.isEmpty { out += table.html() }
    for table in section.folded where !table.rows.isEmpty {
      var bare = table
      bare.caption = ""
      out += "<details><summary>\(Markup.escape(table.caption))</summary>\n\(bare.html())</details>\n"
    }
    return out + "</section>\n"
  }

  private static func html(_ figure: ReportSection.Figure) -> String {
    "<figure><div class=\"scroll\">\(figure.svg)</div><figcaption>\(Markup.escape(figure.caption))</figcaption></figure>\n"
  }

  /// Radio buttons and style sheet do the choosing, so that it works without scripts and from the keyboard.
  private static func html(_ choices: [ReportSection.Choice], id: String, title: String) -> String {
    guard choices.count > 1 else { return choices.map { html($0.figure) }.joined() }
    var out = "<fieldset class=\"choice\"><legend>\(Markup.escape(title))</legend>\n"
    for (index, choice) in choices.enumerated() {
      out +=
        "<input type=\"radio\" name=\"\(id)-choice\" id=\"\(id)-c\(index)\"\(index == 0 ? " checked" : "")>"
      out += "<label for=\"\(id)-c\(index)\">\(Markup.escape(choice.name))</label>\n"
    }
    for choice in choices { out += "<div class=\"panel\">\(html(choice.figure))</div>\n" }
    out += "</fieldset>\n<style>"
    for index in choices.indices {
      out += "#\(id)-c\(index):checked~.panel:nth-of-type(\(index + 1)){display:block}"
    }
    return out + "</style>\n"
  }

  private static let style = """
    :root{color-scheme:light dark;--page:#fff;--text:#1c2330;--muted:#5b6674;--grid:#dde3ea;--band:#f5f7fa;--link:#175cab;
    --t0:#cfe4f8;--t1:#fbe3c0;--t2:#cdeed2;--t3:#f4d4e6}
    @media screen and (prefers-color-scheme:dark){:root{--page:#0e131a;--text:#e4e9f0;--muted:#9aa7b5;--grid:#2a3441;
    --band:#141b24;--link:#7db6f2;--t0:#1f4668;--t1:#6a4a15;--t2:#1f5a35;--t3:#6b2d4f}}
    body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,sans-serif}
    header,main{max-width:64rem;margin:0 auto;padding:0 1.2rem}
    h1{font-size:1.6rem;margin:1.6rem 0 .4rem}h2{font-size:1.2rem;margin:2.6rem 0 .6rem;scroll-margin-top:1rem}
    p{max-width:46rem}nav{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem}a{color:var(--link)}
    figure{margin:1.2rem 0}figcaption{color:var(--muted);font-size:.88rem;max-width:46rem;margin-top:.3rem}
    .scroll{overflow:auto;max-height:85vh}figure .scroll{max-height:none}svg{display:block;width:100%;height:auto}
    table{border-collapse:separate;border-spacing:0;font-size:.86rem;margin:.4rem 0 1.4rem;font-variant-numeric:tabular-nums}
    .caption{font-weight:600;font-size:.9rem;margin:1rem 0 .2rem}
    th,td{padding:.16rem .6rem;text-align:left;border-bottom:1px solid var(--grid);font-weight:400;max-width:30rem;
    overflow-wrap:anywhere}
    thead th{position:sticky;top:0;background:var(--page);border-bottom:2px solid var(--muted);vertical-align:bottom;z-index:2;
    overflow-wrap:normal}
    tbody th{position:sticky;left:0;background:var(--page);z-index:1;min-width:7rem}
    @media (min-width:50rem){tbody th{min-width:12rem}}td:not(.n){min-width:3rem}.n{text-align:right}
    th button{all:unset;cursor:pointer;font-weight:600}th button:focus-visible{outline:2px solid var(--link)}
    th[aria-sort] button::after{content:" ↑"}th[aria-sort=descending] button::after{content:" ↓"}
    .choice{border:0;padding:0;margin:1rem 0;min-width:0}.choice legend{font-weight:600;padding:0}
    .choice input{position:absolute;opacity:0}.choice label{display:inline-block;border:1px solid var(--grid);
    border-radius:1rem;padding:.05rem .8rem;margin:.25rem .15rem;cursor:pointer}
    .choice input:checked+label{background:var(--link);color:var(--page);border-color:var(--link)}
    .choice input:focus-visible+label{outline:2px solid var(--link);outline-offset:2px}.panel{display:none}
    details{margin:.4rem 0}summary{cursor:pointer}
    .split{border-left:3px solid var(--grid);padding-left:.8rem;margin:1rem 0}.split p{margin:.2rem 0;max-width:none}
    .split b{font-weight:600;font-size:.85rem}.split i{color:var(--muted);font-style:normal;font-size:.85rem}
    .tokens{font-family:ui-monospace,monospace;font-size:.9rem;white-space:pre-wrap;overflow-wrap:anywhere;display:block}
    .tokens span{border-radius:.2em;padding:.12em 0}.t0{background:var(--t0)}.t1{background:var(--t1)}
    .t2{background:var(--t2)}.t3{background:var(--t3)}
    @media print{body{font-size:10pt;print-color-adjust:exact;-webkit-print-color-adjust:exact}nav,.choice label{display:none}
    .choice input:checked+label{display:inline-block;background:none;color:inherit;border:0}.scroll{overflow:visible;max-height:none}
    thead th,tbody th{position:static}tr,figure{break-inside:avoid}header,main{max-width:none}}
    """

  /// Sorting: numbers by their full value, texts by the reader's own language; equal rows keep their order.
  private static let script = """
    document.querySelectorAll('th button').forEach(function (button) {
      button.addEventListener('click', function () {
        var th = button.parentNode, index = th.cellIndex, body = th.closest('table').tBodies[0];
        var up = th.getAttribute('aria-sort') !== 'ascending';
        th.parentNode.querySelectorAll('th').forEach(function (other) { other.removeAttribute('aria-sort'); });
        th.setAttribute('aria-sort', up ? 'ascending' : 'descending');
        var number = th.classList.contains('n');
        function key(row) {
          var cell = row.cells[index];
          if (!number) return cell.textContent;
          var text = cell.dataset.v || cell.textContent.replace(/,/g, '');
          return text === '' || isNaN(text) ? null : +text;
        }
        Array.from(body.rows).map(function (row) { return [key(row), row]; }).sort(function (a, b) {
          if (a[0] === null || b[0] === null) return (a[0] === null) - (b[0] === null);
          return (number ? a[0] - b[0] : a[0].localeCompare(b[0])) * (up ? 1 : -1);
        }).forEach(function (pair) { body.appendChild(pair[1]); });
      });
    });
    """
}
