/// The page: one document without anything from elsewhere. Text becomes elements by `textContent` only, never by markup.
enum PageText {
  static let html = """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>toklab</title>
    <link rel="icon" href="data:,">
    <style>
    :root{color-scheme:light dark;--page:#fff;--text:#1c2330;--muted:#5b6674;--line:#dde3ea;--link:#175cab;--warn:#b3261e;
    --t0:#cfe4f8;--t1:#fbe3c0;--t2:#cdeed2;--t3:#f4d4e6;--special:#ffd54d}
    @media (prefers-color-scheme:dark){:root{--page:#0e131a;--text:#e4e9f0;--muted:#9aa7b5;--line:#2a3441;--link:#7db6f2;
    --warn:#ff8f86;--t0:#1f4668;--t1:#6a4a15;--t2:#1f5a35;--t3:#6b2d4f;--special:#8a6d00}}
    *{box-sizing:border-box}body{margin:0 auto;max-width:76rem;padding:0 1.2rem 3rem;background:var(--page);
    color:var(--text);font:16px/1.5 system-ui,sans-serif}
    h1{font-size:1.3rem;margin:1rem 0 .6rem}h2{font-size:1rem;margin:0}
    .inputs{display:grid;grid-template-columns:1fr 1fr;gap:1rem}@media (max-width:44rem){.inputs{grid-template-columns:1fr}}
    label{display:block;font-size:.88rem;color:var(--muted)}label.inline{display:inline-block;margin:.5rem 1.2rem .5rem 0}
    textarea{width:100%;min-height:7rem;font:15px/1.5 ui-monospace,monospace;padding:.5rem;border:1px solid var(--line);
    border-radius:.4rem;background:var(--page);color:var(--text);resize:vertical}
    input[type=number]{width:6rem;font:inherit;background:var(--page);color:var(--text);border:1px solid var(--line)}
    .cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1rem;margin-top:1rem}
    .card{border:1px solid var(--line);border-radius:.5rem;padding:.7rem .9rem;min-width:0}
    .facts{color:var(--muted);font-size:.88rem;margin:.1rem 0 .5rem}
    .tokens{font:14px/2 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere;margin:0}
    .tokens button{all:unset;cursor:pointer;border-radius:.2em;padding:.1em 0;white-space:pre-wrap}
    .tokens button:focus-visible{outline:2px solid var(--link)}
    .tokens .t0{background:var(--t0)}.tokens .t1{background:var(--t1)}.tokens .t2{background:var(--t2)}
    .tokens .t3{background:var(--t3)}
    .tokens .partial{font-size:.85em;opacity:.85;text-decoration:underline dotted}
    .tokens .special{background:var(--special);outline:1px solid var(--muted)}
    .tokens small{font-size:.68em;margin:0 .15em;opacity:.75}
    .side{border-top:1px dashed var(--line);margin-top:.6rem;padding-top:.4rem}
    .why{border-top:1px solid var(--line);margin-top:.7rem;padding-top:.4rem;font:13px/1.6 ui-monospace,monospace;
    overflow-x:auto;max-height:22rem}
    .why div{white-space:pre}.why .chosen{font-weight:700}.why h3{font:600 .85rem system-ui,sans-serif;margin:.3rem 0}
    .error{color:var(--warn)}.hint{color:var(--muted);font-size:.85rem}
    </style>
    </head>
    <body>
    <h1>Tokens, side by side</h1>
    <div class="inputs">
    <div><label for="text">Text</label><textarea id="text" dir="auto" spellcheck="false" autofocus></textarea></div>
    <div><label for="other">The same in another language (for the premium)</label>
    <textarea id="other" dir="auto" spellcheck="false"></textarea></div>
    </div>
    <label class="inline"><input type="checkbox" id="special"> text such as &lt;|end|&gt; is a special token</label>
    <label class="inline"><input type="checkbox" id="ids"> ids</label>
    <label class="inline">price of a million tokens <input type="number" id="price" min="0" step="any"></label>
    <p class="hint" id="hint">The address of this page keeps what you type (after the #, which no server sees). Click a token for
    the reason of the split.</p>
    <div class="cards" id="cards" aria-live="polite"></div>
    <script>
    'use strict';
    const byId = name => document.getElementById(name);
    const fields = {text: 'value', other: 'value', special: 'checked', ids: 'checked', price: 'value'};
    let round = 0, timer = 0;

    function element(tag, className, text) {
      const made = document.createElement(tag);
      if (className) made.className = className;
      if (text !== undefined) made.textContent = text;
      return made;
    }
    function visible(text) {
      return text.replace(/\\t/g, '⇥').replace(/\\r/g, '␍').replace(/\\n/g, '⏎\\n')
        .replace(/[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ufeff]/g,
          c => '\\\\u{' + c.charCodeAt(0).toString(16) + '}');
    }
    async function ask(path, body) {
      const answer = await fetch(path, {method: 'POST', headers: {'Content-Type': 'application/json'},
        body: JSON.stringify(body)});
      const data = await answer.json();
      if (!answer.ok) throw new Error(data.error || answer.statusText);
      return data;
    }
    function save() {
      const parts = new URLSearchParams();
      for (const [name, kind] of Object.entries(fields)) {
        const value = byId(name)[kind];
        if (value) parts.set(name, value === true ? '1' : value);
      }
      history.replaceState(null, '', parts.size ? '#' + parts : location.pathname);
    }
    function restore() {
      const parts = new URLSearchParams(location.hash.slice(1));
      for (const [name, kind] of Object.entries(fields)) {
        byId(name)[kind] = kind === 'checked' ? parts.has(name) : parts.get(name) || '';
      }
    }
    function tokens(list, index, card) {
      const line = element('p', 'tokens');
      line.dir = 'auto';
      list.forEach(([id, text, start, end, bytes, flags], place) => {
        const token = element('button', 't' + place % 4 + (flags & 1 ? ' partial' : '') + (flags & 2 ? ' special' : ''),
          visible(text));
        token.title = 'id ' + id + '\\nbytes ' + bytes + '\\nat ' + start + ' to ' + end + (flags & 1 ? '\\npart of a character' : '')
          + (flags & 2 ? '\\na special token' : '');
        token.dataset.id = id;
        if (byId('ids').checked) token.append(element('small', '', String(id)));
        token.addEventListener('click', () => why(index, start, end, card));
        line.append(token);
      });
      return line;
    }
    // The line around a token, up to what the server explains.
    async function why(index, start, end, card) {
      const bytes = new TextEncoder().encode(card.text);
      let from = bytes.lastIndexOf(10, Math.max(0, start - 1)) + 1, to = bytes.indexOf(10, end);
      if (to < 0) to = bytes.length;
      if (from > start) from = start;
      if (to - from > 600) { from = Math.max(from, start - 200); to = Math.min(to, end + 200); }
      while (from > 0 && (bytes[from] & 192) === 128) from--;
      while (to < bytes.length && (bytes[to] & 192) === 128) to++;
      const panel = card.querySelector('.why') || card.appendChild(element('div', 'why'));
      panel.replaceChildren();
      try {
        const pieces = await ask('/explain', {text: new TextDecoder().decode(bytes.slice(from, to)), tokenizer: index});
        panel.append(element('h3', '', 'Why: each pre-token, step by step'));
        for (const piece of pieces) {
          panel.append(element('h3', '', '“' + piece.piece + '”'));
          for (const [text, chosen] of piece.lines) panel.append(element('div', chosen ? 'chosen' : '', text));
        }
      } catch (error) { panel.append(element('div', 'error', error.message)); }
      panel.scrollIntoView({block: 'nearest'});
    }
    function facts(count, text, price) {
      const bytes = new TextEncoder().encode(text).length, characters = [...text].length;
      let line = count + (count === 1 ? ' token' : ' tokens') + ', ' + bytes + ' bytes, ' + characters + ' characters';
      if (count) line += ', ' + (bytes / count).toFixed(2) + ' bytes a token';
      if (price) line += ', costs ' + (count * price / 1e6).toPrecision(3);
      return line;
    }
    async function show() {
      save();
      const mine = ++round, text = byId('text').value, other = byId('other').value, special = byId('special').checked;
      const price = +byId('price').value;
      try {
        const [first, second] = await Promise.all([ask('/encode', {text, special}), other ? ask('/encode', {text: other, special}) : null]);
        if (mine !== round) return;
        byId('cards').replaceChildren(...first.map((one, index) => {
          const card = element('section', 'card');
          card.append(element('h2', '', one.tokenizer));
          card.text = text;
          if (one.error) { card.append(element('p', 'error', one.error)); return card; }
          card.append(element('p', 'facts', facts(one.tokens.length, text, price)));
          card.append(tokens(one.tokens, index, card));
          if (second && second[index].tokens) {
            const count = second[index].tokens.length, side = element('div', 'side');
            side.text = other;
            const premium = one.tokens.length && count ? ', premium ' + (one.tokens.length / count).toFixed(3) : '';
            const line = element('p', 'facts', facts(count, other, price));
            line.append(element('b', 'premium', premium));
            side.append(line, tokens(second[index].tokens, index, side));
            card.append(side);
          }
          return card;
        }));
      } catch (error) {
        if (mine === round) byId('cards').replaceChildren(element('p', 'error', error.message));
      }
    }
    for (const name of Object.keys(fields)) {
      byId(name).addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(show, 120); });
    }
    window.addEventListener('hashchange', () => { restore(); show(); });
    restore();
    show();
    </script>
    </body>
    </html>

    """
}
