// The clock: every voice of a run is scheduled on it piece by piece, so that all stay together.
let sheet = null, id = null, active = 0, lanes = false, mark = null, looping = false;
let context, master, run = null, wanted = false, at = 0, turn = 0;
const recordings = new Map();
const take = () => sheet?.takes[active];
const recording = (t, part, facts) => {
  const key = `${t.clip_id} ${part} ${facts.bytes}`;
  if (!recordings.has(key)) recordings.set(key, Object.assign(new Recording(t.clip_id, part, facts), { seconds: t.seconds }));
  return recordings.get(key);
};
const mix = (t) => t.audio ? recording(t, undefined, t.audio) : t.stream ? recording(t, "stream", {}) : null;
const stems = (t) => t.stems.map((s) => recording(t, s.part, s));
const voices = () => (lanes ? stems(take()) : sheet.takes.map(mix).filter(Boolean));
const soloed = () => stems(take()).some((s) => s.solo);
const level = (voice) => (lanes ? +(soloed() ? !!voice.solo : !voice.mute) : +(voice === mix(take())));
const length = () => { const voice = mix(take()); return voice?.live && !voice.ended ? Infinity : take().seconds || (voice.count * voice.samples) / voice.rate || Infinity; };
const span = () => Math.max(1, ...sheet.takes.map((t) => t.seconds || 0), take().seconds ? 0 : at + 30);

const now = () => {
  if (!run) return at;
  const t = context.currentTime;
  let here = null;
  for (const piece of run.pieces) if (piece.when <= t) here = piece;
  return here ? Math.min(here.pos + t - here.when, here.pos + here.seconds) : at;
};
const halt = (when = context?.currentTime) => {
  if (!run) return;
  at = now();
  run.bus.gain.setValueAtTime(1, when);
  run.bus.gain.linearRampToValueAtTime(0, when + 0.006);
  for (const source of run.sources) source.stop(when + 0.007);
  run = null;
};
/** Play from a second on, as soon as what is heard there is decoded. */
const start = async (second) => {
  const mine = ++turn;
  wanted = true;
  if (!context) {
    const voice = voices()[0];
    await voice?.reach(0).catch(failed);
    if (mine !== turn || !voice?.rate) return;
    context = new AudioContext({ sampleRate: voice.rate, latencyHint: "interactive" });
    master = context.createGain();
    master.gain.value = loudness();
    master.connect(context.destination);
    setInterval(pump, 200);
  }
  if (context.state !== "running") context.resume();
  const heard = voices().filter(level);
  if (!heard.every((voice) => voice.ready(second))) {
    halt();
    at = second;
    show();
    try { await Promise.all(heard.map((voice) => voice.prepare(second))); } catch (error) { return failed(error); }
    if (mine !== turn) return;
  }
  const rate = context.sampleRate, when = Math.ceil((context.currentTime + 0.02) * rate) / rate;
  halt(when);
  at = second = Math.round(second * rate) / rate;
  run = { bus: context.createGain(), gains: new Map(), pieces: [], sources: new Set(), when, pos: second };
  run.bus.connect(master);
  if (second) {
    run.bus.gain.setValueAtTime(0, when);
    run.bus.gain.linearRampToValueAtTime(1, when + 0.006);
  }
  pump();
  show();
  sketch(sheet.takes.filter((t) => t.audio && !t.peaks).map(mix));
};
const again = () => start(now() + (run ? 0.02 : 0)); // where the music will be by then
const failed = (error) => { stop(); say(error.message); };
const stop = () => { turn++; wanted = false; halt(); show(); };
const toggle = () => { if (wanted) stop(); else start(at >= length() - 0.05 ? 0 : at); };
const seek = (second) => {
  second = clamp(second, 0, Math.min(length(), 1e5));
  if (looping && mark && (second < mark.start || second >= mark.end)) setLoop(false);
  if (wanted) start(second);
  else {
    at = second;
    show();
    for (const voice of voices()) voice.prepare(second).catch(() => 0);
  }
};
const gain = (voice) => {
  let made = run.gains.get(voice);
  if (!made) {
    run.gains.set(voice, (made = context.createGain()));
    made.gain.value = level(voice);
    made.connect(run.bus);
  }
  return made;
};
/** Schedule a voice in a piece; one that comes late joins in. */
const join = (voice, piece, t) => {
  const got = voice.ready(piece.pos), rate = context.sampleRate;
  const late = Math.max(0, Math.ceil((t + 0.02 - piece.when) * rate) / rate);
  if (late >= piece.seconds) return;
  if (!got) return void voice.prepare(piece.pos).catch(() => 0);
  piece.holds.add(voice);
  const offset = got.buffer && got.offset + piece.pos - voice.index(piece.pos) * voice.span + late;
  if (!got.buffer || offset >= got.buffer.duration) return;
  const source = new AudioBufferSourceNode(context, { buffer: got.buffer }), { sources } = run;
  source.connect(gain(voice));
  source.start(piece.when + late, offset, piece.seconds - late - 0.25 / rate); // a sample more would sound twice
  sources.add(source);
  source.onended = () => { source.disconnect(); sources.delete(source); };
};
const pump = () => {
  if (!run || !wanted) return;
  const t = context.currentTime, rate = context.sampleRate, end = length(), all = voices(), heard = all.filter(level);
  while (run.when < t + 1.5) {
    const { pos, when } = run, back = looping && mark && pos < mark.end ? mark : null;
    if (pos >= end - 0.001) { if (t >= when) { stop(); at = 0; show(); } return; }
    const missing = heard.filter((voice) => !voice.ready(pos));
    if (missing.length) {
      const mine = turn;
      Promise.all(missing.map((voice) => voice.prepare(pos))).then(() => { if (mine === turn) pump(); }, failed);
      if (t >= when) start(pos);
      return;
    }
    const usable = all.filter((voice) => voice.ready(pos));
    const until = Math.min(back ? back.end : end, ...usable.map((voice) => (voice.index(pos) + 1) * voice.span));
    run.pieces.push({ when, pos, seconds: until - pos, holds: new Set() });
    run.when = Math.round((when + until - pos) * rate) / rate;
    run.pos = back && until >= back.end - 1e-9 ? back.start : until;
    const next = run.pos;
    if (next < end) for (const voice of heard) voice.prepare(next).catch(() => 0);
  }
  for (const piece of run.pieces) for (const voice of all) if (!piece.holds.has(voice)) join(voice, piece, t);
  while (run.pieces.length > 1 && run.pieces[1].when < t - 1) run.pieces.shift();
  const near = [now(), run.pos, ...(looping && mark ? [mark.start] : [])];
  for (const voice of recordings.values()) if (voice.span) voice.forget(near);
};
/** Who is heard changed: the gains move within milliseconds; a voice that was not scheduled yet starts the run anew. */
const balance = () => {
  if (!run) return;
  const t = context.currentTime, here = run.pieces.filter((piece) => piece.when + piece.seconds > t);
  for (const voice of voices()) {
    if (level(voice) && !here.every((piece) => piece.holds.has(voice))) return again();
    if (run.gains.has(voice) || level(voice)) {
      const { gain: dial } = gain(voice);
      dial.cancelScheduledValues(t);
      dial.setValueAtTime(dial.value, t);
      dial.linearRampToValueAtTime(level(voice), t + 0.008);
    }
  }
};
const choose = (n) => {
  if (n === active || !sheet.takes[n]) return;
  const second = now(), apart = lanes;
  active = n;
  lanes = lanes && take().stems.length > 0;
  if (second >= length()) seek(0);
  else if (apart && wanted) start(second);
  else balance();
  describe();
  say(`Take ${take().take}`);
};
const unfold = () => {
  const second = now();
  lanes = !lanes;
  if (wanted) start(second + 0.02);
  describe();
};
