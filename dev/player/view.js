// What a person sees.
let rows = [], line = null, near = null, touched = 0, drawn = "", waves = [], sized = "";

const describe = () => {
  const t = take(), { status } = sheet;
  const busy = status === "working" || status === "streaming";
  ui.title.textContent = t?.title || sheet.title || (busy ? "A new song" : "Song");
  ui.style.textContent = sheet.style || "";
  const facts = [t?.seconds && clock(t.seconds), t?.bpm && `${Math.round(t.bpm)} BPM`, t?.key, sheet.cost != null && `${sheet.cost} credit${sheet.cost === 1 ? "" : "s"}`,
    t?.kept && "kept", sheet.sandbox && "practice song"];
  ui.facts.replaceChildren(...facts.filter(Boolean).map((fact) => make("bdi", { textContent: fact })));
  const picture = String(t?.cover || "");
  if (ui.cover.of !== picture) {
    ui.cover.of = picture;
    ui.cover.replaceChildren(picture.startsWith("data:image/") ? make("img", { src: picture, alt: "" }) : "♪");
  }
  ui.making.hidden = !busy;
  ui.player.hidden = !(t && mix(t));
  if (busy) progress(status);
  if (!ui.player.hidden) deck(t);
};
const sketched = Array.from({ length: 400 }, (_, n) => 0.2 + Math.abs(Math.sin(n * 0.9) * Math.cos(n * 0.037)));
const progress = (status) => {
  const gone = (sheet.elapsed || 0) + (Date.now() - sheet.seen) / 1000, left = (sheet.expected || 120) - gone;
  const part = clamp(gone / (gone + Math.max(left, gone * 0.05)), 0.02, 0.98);
  set(ui.bars, "aria-valuenow", Math.round(part * 100));
  draw({ canvas: ui.bars, peaks: () => sketched, seconds: () => 1, axis: () => 1 }, part);
  ui.phase.textContent = status === "streaming" ? "It can be heard already" : gone < 5 ? "Ordered" : "Being composed";
  ui.left.textContent = left > 75 ? `About ${Math.round(left / 60)} min left` : left > 5 ? `About ${Math.ceil(left / 5) * 5} s left`
    : left > -20 ? "Any moment now" : "This takes longer than usual. Nothing is lost.";
};
const deck = (t) => {
  const key = JSON.stringify([sheet.takes, active, lanes], (name, value) => (name === "peaks" || name === "cover" ? 0 : value));
  if (drawn !== key) {
    drawn = key;
    const focused = ui.names.contains(document.activeElement);
    ui.names.replaceChildren(...sheet.takes.map((each, n) => {
      const button = make("button", { onclick: () => choose(n), title: `Key: ${n + 1}` },
        `Take ${each.take}`, make("small", { textContent: each.kept ? "kept ✓" : each.seconds ? clock(each.seconds) : "…" }));
      set(button, "aria-pressed", n === active);
      return button;
    }));
    if (focused) ui.names.children[active].focus();
    ui.deck.className = sheet.takes.length < 2 ? "one" : "";
    waves.forEach((wave) => wave.canvas.remove());
    waves = sheet.takes.map((each, n) => {
      const canvas = make("canvas", { className: n === active ? "" : "off" });
      ui.wave.append(canvas);
      return { canvas, peaks: () => sheet.takes[n].peaks || mix(sheet.takes[n])?.peaks, seconds: () => each.seconds || span(), axis: span };
    });
    stretches(t);
    lyrics(t);
    strips(t);
    talk(t);
  }
  set(ui.wave, "aria-valuemax", Math.round(span()));
  show();
};
const stretches = (t) => {
  ui.sections.hidden = !t.sections.length;
  ui.sections.replaceChildren(...t.sections.map((section) => {
    const button = make("button", { textContent: section.name, title: `${section.name}, ${clock(section.start)}`, tabIndex: -1, onclick: () => seek(section.start) });
    button.style.left = `${(100 * section.start) / span()}%`;
    button.style.width = `calc(${(100 * (section.end - section.start)) / span()}% - 3px)`;
    return button;
  }));
};
const lyrics = (t) => {
  rows = [];
  line = near = null;
  ui.lyrics.hidden = !t.lines.length;
  ui.lyrics.lang = sheet.language || "";
  ui.lyrics.scrollTop = 0;
  ui.lyrics.replaceChildren(...t.lines.map((each) => {
    if (each.section) return make("h2", { textContent: each.text.replace(/^\[|\]$/g, ""), dir: "auto" });
    if (each.start == null) return make("p", { textContent: each.text || "\u00a0", dir: "auto" });
    const node = make("button", { dir: "auto", tabIndex: -1, onclick: () => seek(each.start) }), words = [];
    let done = 0;
    for (const word of each.words || []) {
      const text = word.text.trim(), found = each.text.indexOf(text, done);
      if (!text || found < 0) continue;
      const part = make("span", { textContent: text });
      node.append(each.text.slice(done, found), part);
      words.push({ part, start: word.start });
      done = found + text.length;
    }
    node.append(each.text.slice(done));
    rows.push({ node, start: each.start, end: each.end, words });
    return node;
  }));
};
const strips = (t) => {
  ui.stems.hidden = !t.stems.length;
  set(ui.open, "aria-expanded", lanes);
  ui.lanes.hidden = !lanes;
  ui.lanes.replaceChildren(...(lanes ? t.stems : []).map((stem, n) => {
    const voice = stems(t)[n], lane = make("div", { className: "lane" }), canvas = make("canvas");
    set(lane, "role", "group");
    set(lane, "aria-label", stem.label);
    const dial = (letter, what, fact) => {
      const button = make("button", { textContent: letter, onclick: () => { voice[fact] = !voice[fact]; balance(); refresh(); } });
      set(button, "aria-label", `${what} ${stem.label}`);
      return button;
    };
    const mute = dial("M", "Mute", "mute"), solo = dial("S", "Solo", "solo");
    lane.refresh = () => {
      set(mute, "aria-pressed", !!voice.mute);
      set(solo, "aria-pressed", !!voice.solo);
      lane.classList.toggle("off", !level(voice));
    };
    lane.append(make("span", { textContent: stem.label, title: stem.label, dir: "auto" }), mute, solo, canvas);
    waves.push({ canvas, peaks: () => voice.peaks, seconds: () => stem.seconds || t.seconds, axis: () => stem.seconds || t.seconds });
    return lane;
  }));
  refresh();
  if (lanes) sketch(stems(t));
};
const refresh = () => { for (const lane of ui.lanes.children) lane.refresh(); };

/** Peaks that the server does not have, worked out piece by piece. */
const sketch = async (voices) => {
  for (const voice of voices) {
    if (voice.peaks || !voice.seconds || voice.live) continue;
    voice.peaks = new Array(400).fill(0);
    try {
      await voice.reach(0);
      for (let k = 0; k * voice.span < voice.seconds && !closed; k++) {
        const got = voice.pieces.get(k)?.got || (await voice.sound(k));
        if (!got.buffer) break;
        const data = got.buffer.getChannelData(0), from = Math.round(got.offset * voice.rate), to = Math.min(data.length, from + FRAMES * voice.samples);
        for (let i = from; i < to; i += 7) {
          const bin = Math.floor((400 * (k * voice.span + (i - from) / voice.rate)) / voice.seconds);
          if (bin < 400) voice.peaks[bin] = Math.max(voice.peaks[bin], Math.abs(data[i]));
        }
        voice.peaks.version = k;
        if (!run) show();
      }
    } catch { voice.peaks = null; }
  }
};
const draw = ({ canvas, peaks, seconds, axis }, second) => {
  const wide = canvas.clientWidth, high = canvas.clientHeight, dots = devicePixelRatio || 1, values = peaks() || [];
  if (!wide) return;
  const style = getComputedStyle(canvas);
  const count = Math.floor((wide * seconds()) / axis() / 3), played = Math.round((count * second) / seconds());
  const key = [wide, high, dots, count, played, values.length, values.version, style.color, style.outlineColor].join(" ");
  if (canvas.key === key) return;
  canvas.key = key;
  canvas.width = wide * dots;
  canvas.height = high * dots;
  const g = canvas.getContext("2d"), top = Math.max(0.05, ...values);
  g.scale(dots, dots);
  for (let i = 0; i < count; i++) {
    const from = Math.floor((i * values.length) / count), to = Math.max(from + 1, Math.floor(((i + 1) * values.length) / count));
    const tall = Math.max(2, ((high - 4) * Math.max(0, ...values.slice(from, to))) / top);
    g.fillStyle = i < played ? style.color : style.outlineColor;
    g.globalAlpha = i < played ? 1 : 0.4;
    g.fillRect(i * 3, (high - tall) / 2, 2, tall);
  }
};
/** Bring everything that moves to the second that is heard. */
const show = () => {
  if (!sheet || ui.player.hidden) return;
  const second = now(), end = take().seconds, wide = span();
  ui.head.style.left = `${clamp((100 * second) / wide, 0, 100)}%`;
  waves.forEach((wave) => draw(wave, second));
  const text = clock(second);
  if (ui.time.firstChild.textContent !== text || drawn !== ui.time.of) {
    ui.time.of = drawn;
    ui.time.firstChild.textContent = text;
    ui.time.lastChild.textContent = end ? `/ ${clock(end)}` : "live";
    const section = take().sections.findLast((each) => each.start <= second + 0.05);
    set(ui.wave, "aria-valuenow", Math.round(second));
    set(ui.wave, "aria-valuetext", `${text}${end ? ` of ${clock(end)}` : ""}${section ? `, ${section.name}` : ""}`);
    [...ui.sections.children].forEach((button, n) => button.classList.toggle("on", take().sections[n] === section));
  }
  if (ui.play.state !== `${wanted} ${!!run}`) {
    ui.play.state = `${wanted} ${!!run}`;
    set(ui.play, "aria-label", wanted ? "Pause" : "Play");
    ui.play.classList.toggle("busy", wanted && !run);
    set(ui.play.querySelector("path"), "d", wanted ? "M7 5h4v14H7zm6 0h4v14h-4z" : "M8 5v14l11-7z");
  }
  ui.mark.hidden = ui.clear.hidden = !mark;
  if (mark) {
    ui.mark.style.left = `${(100 * mark.start) / wide}%`;
    ui.mark.style.width = `${(100 * (mark.end - mark.start)) / wide}%`;
    ui.clear.textContent = `${clock(mark.start)}–${clock(mark.end)} ×`;
  }
  follow(second);
};
const follow = (second) => {
  const last = rows.findLast((row) => row.start <= second + 0.01), here = last && second < (last.end ?? 1e9) + 2 ? last : null;
  if (last && last !== near && Date.now() - touched > 4000) {
    ui.lyrics.scrollTop = last.node.offsetTop + (last.node.offsetHeight - ui.lyrics.clientHeight) / 2;
    near = last;
  }
  if (here !== line) {
    if (line) {
      line.node.removeAttribute("aria-current");
      for (const word of line.words) word.part.className = "";
    }
    line = here;
    if (line) set(line.node, "aria-current", "true");
  }
  if (line) for (const word of line.words) word.part.className = word.start <= second + 0.01 ? "sung" : "";
};
(function frames() {
  if (closed) return;
  if (run) show();
  requestAnimationFrame(frames);
})();
