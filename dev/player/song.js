// Which song: the host's tool result names it, the sheet tells the rest.
let timer = 0, misses = 0, looks = 0, wish = null;
const accept = (fresh) => {
  const second = now(), was = take(), before = was && mix(was);
  fresh.takes = (fresh.takes || []).map((t) => ({ stems: [], sections: [], lines: [], ...t }));
  fresh.seen = Date.now();
  sheet = fresh;
  const find = (test) => fresh.takes.findIndex(test);
  const same = find((t) => t.clip_id === (was?.clip_id || fresh.clip_id || wish)), keep = find((t) => t.kept);
  active = Math.max(0, same >= 0 ? same : keep);
  const voice = take() && mix(take());
  if (before && before !== voice) {
    before.ended = true;
    if (wanted && voice) start(second);
  }
  describe();
  const waits = ["working", "streaming"].includes(fresh.status), saved = fresh.takes.some((t) => t.audio || t.stream);
  if (fresh.status !== "done" || !saved) say(fresh.sentence || "");
  else if (!was || !before) say("");
  for (const t of fresh.takes) if (t.audio) mix(t).prepare(0).then(() => { if (!t.peaks) show(); }, () => 0);
  clearTimeout(timer);
  const lacks = fresh.status === "done" && !fresh.takes.every((t) => (t.audio && t.peaks) || t.stream);
  if (waits || (lacks && ++looks < 4)) timer = setTimeout(look, 5000);
  else if (fresh.status === "unknown") timer = setTimeout(look, 15000);
};
const look = async () => {
  clearTimeout(timer);
  if (closed || !id) return;
  try {
    accept(await call("song_sheet", { id }));
    misses = 0;
  } catch (error) {
    say(error.message);
    if (++misses < 6) timer = setTimeout(look, 1000 * Math.max(error.wait || 0, 5 * misses));
  }
};
setInterval(() => { if (sheet && !ui.making.hidden) progress(sheet.status); }, 1000);

const result = (given) => {
  const song = given.structuredContent || {}, clip = song.clip_id || song.clips?.[0]?.clip_id, next = song.job_id || clip;
  if (!next) return say(given.content?.[0]?.text?.slice(0, 400) || "There is no song to play here.");
  if (song.clips?.length === 1 || song.clip_id) wish = clip;
  if (next !== id && sheet) { stop(); sheet = null; at = 0; mark = null; looping = false; lanes = false; drawn = ""; }
  id = next;
  look();
};
const theme = (given) => {
  const root = document.documentElement;
  for (const [name, value] of Object.entries(given.styles?.variables || {})) if (name.startsWith("--") && value) root.style.setProperty(name, value);
  if (given.theme) root.style.colorScheme = given.theme;
  if (given.styles?.css?.fonts) {
    if (!ui.fonts) document.head.append((ui.fonts = make("style")));
    ui.fonts.textContent = given.styles.css.fonts;
  }
  show();
};
const close = () => {
  closed = true;
  stop();
  clearTimeout(timer);
  context?.close();
  kept.clear();
  recordings.clear();
};
const heard = {
  "ui/notifications/tool-input": () => sheet || say("Waiting for the song…"),
  "ui/notifications/tool-result": result,
  "ui/notifications/tool-cancelled": () => say("The call was stopped."),
  "ui/notifications/host-context-changed": theme,
};
if (place) {
  id = place.id;
  look();
} else {
  addEventListener("message", ({ source, data }) => {
    if (source !== parent || data?.jsonrpc !== "2.0") return;
    if (data.method && data.id !== undefined) {
      if (data.method === "ui/resource-teardown") close();
      const known = ["ui/resource-teardown", "ping"].includes(data.method);
      post(known ? { id: data.id, result: {} } : { id: data.id, error: { code: -32601, message: "Unknown method." } });
    } else if (data.method) heard[data.method]?.(data.params || {});
    else if (open.has(data.id)) {
      const { resolve, reject } = open.get(data.id);
      open.delete(data.id);
      if (data.error) reject(new Error(data.error.message)); else resolve(data.result);
    }
  });
  request("ui/initialize", { protocolVersion: "2026-01-26", appInfo: { name: "songwright-player", version: "1" },
    appCapabilities: { availableDisplayModes: ["inline"] } }).then((answer) => {
    speaks = true;
    theme(answer.hostContext || {});
    post({ method: "ui/notifications/initialized" });
    measure();
  }, (error) => say(error.message));
}
const measure = () => {
  const width = Math.ceil(innerWidth), height = Math.ceil(ui.main.getBoundingClientRect().height);
  if (speaks && sized !== `${width} ${height}`) {
    sized = `${width} ${height}`;
    post({ method: "ui/notifications/size-changed", params: { width, height } });
  }
};
new ResizeObserver(() => { measure(); show(); }).observe(ui.main);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
addEventListener("pagehide", () => context?.suspend());
