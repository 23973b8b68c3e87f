// One recording: its bytes in chunks, its sound in pieces around the second that is heard.
const CHUNK = 131072, KEPT = 80, FRAMES = 96, RUN_IN = 12, RUN_OUT = 3;
const kept = new Map(), decoders = new Map(), leads = new Map();
const bytesOf = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const decode = (bytes, rate) => {
  if (!decoders.has(rate)) decoders.set(rate, new OfflineAudioContext(2, 1, rate));
  return decoders.get(rate).decodeAudioData(bytes.buffer);
};

/** A header of an MPEG frame of layer III: its length in bytes, samples and rate; nothing when it is none. */
const frame = (b, i) => {
  if (b[i] !== 255 || (b[i + 1] & 0xe6) !== 0xe2) return null;
  const version = (b[i + 1] >> 3) & 3, rung = b[i + 2] >> 4, pace = (b[i + 2] >> 2) & 3;
  if (version === 1 || rung < 1 || rung > 14 || pace === 3) return null;
  const one = version === 3;
  const kbit = (one ? [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
    : [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160])[rung - 1];
  const rate = [44100, 48000, 32000][pace] >> (one ? 0 : version === 2 ? 1 : 2);
  const plain = ((one ? 144000 : 72000) * kbit) / rate;
  return { rate, samples: one ? 1152 : 576, side: (b[i + 3] >> 6 === 3 ? (one ? 17 : 9) : one ? 32 : 17),
    plain, size: Math.floor(plain) + ((b[i + 2] >> 1) & 1) };
};

class Recording {
  constructor(clip, part, facts) {
    this.asked = part ? { clip_id: clip, part } : { clip_id: clip };
    this.live = part === "stream";
    this.mime = facts.mime || "audio/mpeg";
    this.total = facts.bytes;
    this.level = 1;
    this.pieces = new Map();
    this.starts = [];       // where each MPEG frame begins
    this.scanned = this.read = 0; // bytes
    this.rest = new Uint8Array();
    this.grown = this.rest;  // of a stream that is still growing
    this.lead = 0;
  }
  /** A chunk of bytes, from memory or asked for. The oldest chunks of all recordings make room. */
  chunk(n) {
    const key = `${this.asked.clip_id} ${this.asked.part} ${n}`;
    const known = kept.get(key);
    kept.delete(key);
    const got = known || this.load(n * CHUNK).then((found) => found.bytes);
    kept.set(key, got);
    if (!known) got.catch(() => kept.delete(key));
    if (kept.size > KEPT) kept.delete(kept.keys().next().value);
    return got;
  }
  async load(offset) {
    for (let tries = 0; ; tries++) {
      try {
        const found = await call("song_audio", { ...this.asked, offset, length: CHUNK });
        this.total = found.bytes ?? this.total;
        return { bytes: bytesOf(found.data), done: found.done };
      } catch (error) {
        if (closed || tries > 5 || (!error.wait && tries > 1)) throw error;
        await pause(1000 * (error.wait || tries + 1));
      }
    }
  }
  /** Read on, and note where the frames begin. */
  async more() {
    let fresh;
    if (this.live) {
      const found = await this.load(this.read);
      fresh = found.bytes;
      this.ended = found.done;
      const body = new Uint8Array(this.read + fresh.length);
      body.set(this.grown);
      body.set(fresh, this.read);
      this.grown = body;
      if (!fresh.length && !found.done) await pause(2000);
    } else {
      const n = this.read / CHUNK, last = Math.ceil(this.total / CHUNK) - 1;
      for (let ahead = n + 1; n && ahead <= Math.min(n + 3, last); ahead++) this.chunk(ahead).catch(() => 0);
      fresh = await this.chunk(n);
      this.ended = n >= last;
    }
    this.read += fresh.length;
    const base = this.read - fresh.length - this.rest.length, b = new Uint8Array(this.read - base);
    b.set(this.rest);
    b.set(fresh, this.rest.length);
    if (!this.kind) this.begin(b);
    if (this.kind === "mpeg") this.scan(b, base);
    this.rest = this.kind === "mpeg" ? b.slice(Math.max(0, this.scanned - base)) : new Uint8Array();
  }
  begin(b) {
    const word = (i) => String.fromCharCode(...b.subarray(i, i + 4));
    const view = new DataView(b.buffer);
    if (word(0) === "RIFF") {
      for (let i = 12; i + 8 < b.length; i += 8 + view.getUint32(i + 4, true) + (view.getUint32(i + 4, true) & 1)) {
        if (word(i) === "fmt ") this.form = { rate: view.getUint32(i + 12, true), block: view.getUint16(i + 20, true) };
        if (word(i) === "data") { this.opens = i + 8; this.intro = b.slice(0, i + 8); break; }
      }
      this.kind = this.opens && this.form ? "wave" : "whole";
      if (this.form) this.rate = this.form.rate;
    } else {
      this.scanned = word(0).startsWith("ID3") ? 10 + ((b[6] << 21) | (b[7] << 14) | (b[8] << 7) | b[9]) : 0;
      this.kind = /mpeg|mp3/.test(this.mime) ? "mpeg" : "whole";
    }
    this.rate ||= 44100;
    this.samples = 1152;
    this.span = (FRAMES * 1152) / this.rate;
  }
  scan(b, base) {
    let i = this.scanned - base;
    for (; i >= 0 && i + 4 <= b.length; ) {
      const head = frame(b, i);
      if (!head || (this.starts.length && head.rate !== this.rate)) { i++; continue; }
      if (!this.starts.length && !this.tagged) {
        if (i + 200 > b.length && !this.ended) break;
        this.rate = head.rate;
        this.samples = head.samples;
        this.span = (FRAMES * head.samples) / head.rate;
        this.tagged = true;
        const tag = i + 4 + head.side, name = String.fromCharCode(...b.subarray(tag, tag + 4));
        this.steady = name !== "Xing" && !this.live;
        if (name === "Xing" || name === "Info") {
          const delay = (b[tag + 141] << 4) | (b[tag + 142] >> 4); // where it is when the tag has everything; else it is measured
          if (delay) this.lead = -(delay + 529);
          i += head.size;
          continue;
        }
      }
      this.starts.push(base + i);
      this.steady &&= head.plain === (this.plain ||= head.plain);
      i += head.size;
    }
    this.scanned = base + i;
    // Frames of one size: each is found by its number, and nothing need be fetched before it is played.
    if (this.steady && this.starts.length > 40) this.stride = this.plain;
  }
  get count() { return this.stride ? Math.floor((this.total - this.starts[0]) / this.stride) : this.starts.length; }
  async reach(count) {
    while (!this.ended && !this.stride && (!this.kind || this.starts.length <= count)) {
      await (this.step ||= this.more().finally(() => { this.step = null; }));
    }
  }
  async slice(from, to) {
    if (this.live) return this.grown.slice(from, to);
    const bytes = new Uint8Array(to - from);
    for (let n = Math.floor(from / CHUNK); n * CHUNK < to; n++) {
      const part = await this.chunk(n), cut = part.subarray(Math.max(0, from - n * CHUNK), to - n * CHUNK);
      bytes.set(cut, Math.max(0, n * CHUNK - from));
    }
    return bytes;
  }
  async cut(first, last) {
    if (!this.stride) return this.slice(first ? this.starts[first] : 0, this.starts[last] ?? Math.max(this.scanned, this.read));
    const place = (n) => Math.floor(this.starts[0] + n * this.stride);
    const from = first ? place(first) - 2 : 0, bytes = await this.slice(from, Math.min(this.total, place(last) + 2));
    if (!first) return bytes;
    for (let i = 0; i < 5; i++) {
      const head = frame(bytes, i);
      if (head?.plain === this.plain && frame(bytes, i + head.size)) return bytes.slice(i);
    }
    this.stride = this.steady = 0; // it was not so steady; read it all
    await this.reach(last);
    return this.cut(first, last);
  }
  /** A piece of the sound: the buffer, and the second in it where the piece begins. Cut frames need a run-in. */
  async sound(k) {
    await this.reach(0);
    if (this.kind === "wave") {
      const { rate, block } = this.form, from = this.opens + k * FRAMES * 1152 * block;
      const to = Math.min(this.total, from + FRAMES * 1152 * block);
      if (from >= to) return {};
      const body = await this.slice(from, to), bytes = new Uint8Array(this.opens + body.length);
      bytes.set(this.intro);
      bytes.set(body, this.opens);
      new DataView(bytes.buffer).setUint32(4, bytes.length - 8, true);
      new DataView(bytes.buffer).setUint32(this.opens - 4, body.length, true);
      return { buffer: await decode(bytes, rate), offset: 0 };
    }
    if (this.kind === "whole") {
      // Cannot be cut; a long one is decoded at a lower rate, so that it fits into memory.
      this.all ||= this.slice(0, this.total).then((bytes) => decode(bytes, clamp(Math.floor(5e6 / (this.seconds || 120)), 8000, 44100)));
      const buffer = await this.all;
      return k * this.span < buffer.duration ? { buffer, offset: k * this.span } : {};
    }
    await this.reach((k + 1) * FRAMES + RUN_OUT);
    const { count } = this, first = Math.max(0, k * FRAMES - RUN_IN);
    if (k * FRAMES >= count) return {};
    const buffer = await decode(await this.cut(first, Math.min(count, (k + 1) * FRAMES + RUN_OUT)), this.rate);
    if (!first) return { buffer, offset: 0 };
    return { buffer, offset: ((k * FRAMES - first) * this.samples - (await this.aligned())) / this.rate };
  }
  /** How far a cut decodes from its place in the whole: browsers differ in what they drop at the beginning. */
  async aligned() {
    const key = `${this.rate} ${this.lead}`;
    if (leads.has(key)) return leads.get(key);
    const join = FRAMES / 2, a = (await this.piece(0)).buffer.getChannelData(0);
    const b = (await decode(await this.cut(join, FRAMES + RUN_OUT), this.rate)).getChannelData(0);
    const match = (lead) => {
      let both = 0, own = 1e-9, other = 1e-9;
      for (let i = 24 * this.samples, end = i + 2048, far = join * this.samples + lead; i < end; i++) {
        both += b[i] * a[i + far];
        own += b[i] * b[i];
        other += a[i + far] * a[i + far];
      }
      return own < 1e-3 ? -1 : both / Math.sqrt(own * other);
    };
    let best = this.lead, peak = match(best);
    if (peak < 0) return best;
    if (peak < 0.98) for (let lead = -4000; lead < 4000; lead++) if (match(lead) > peak) peak = match((best = lead));
    if (peak < 0.9) best = this.lead;
    leads.set(key, best);
    return best;
  }
  piece(k) {
    let piece = this.pieces.get(k);
    if (!piece) {
      piece = { wait: this.sound(k).then((got) => (piece.got = got), (error) => { this.pieces.delete(k); throw error; }) };
      this.pieces.set(k, piece);
    }
    return piece.wait;
  }
  index(second) { return Math.floor(second / this.span + 1e-6); }
  ready(second) { return this.span && this.pieces.get(this.index(second))?.got; }
  async prepare(second) { await this.reach(0); await this.piece(this.index(second)); }
  forget(seconds) {
    const near = new Set(seconds.flatMap((s) => [this.index(s), this.index(s) + 1]));
    for (const [k, piece] of this.pieces) if (piece.got && !near.has(k)) this.pieces.delete(k);
  }
}
