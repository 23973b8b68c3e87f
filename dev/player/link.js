const ui = Object.fromEntries([...document.querySelectorAll("[id]")].map((node) => [node.id, node]));
const set = (node, name, value) => node.setAttribute(name, value);
const make = (tag, facts = {}, ...inside) => {
  const made = Object.assign(document.createElement(tag), facts);
  made.append(...inside);
  return made;
};
const say = (text) => { if (ui.say.textContent !== text) ui.say.textContent = text; };
const clock = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;
const pause = (ms) => new Promise((go) => setTimeout(go, ms));
const clamp = (n, low, high) => Math.min(high, Math.max(low, n));

// The host, or the page's own server.
const place = JSON.parse(ui.place?.textContent || "null");
const open = new Map();
let counter = 0, speaks = false, closed = false;
const post = (message) => parent.postMessage({ jsonrpc: "2.0", ...message }, "*");
const request = (method, params) => new Promise((resolve, reject) => {
  open.set(++counter, { resolve, reject });
  post({ id: counter, method, params });
});

const call = async (tool, given) => {
  let found, failed;
  if (place) {
    const answer = await fetch(`${place.base}/${tool.slice(5)}`, { method: "POST", body: JSON.stringify(given),
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${place.token}` } });
    found = await answer.json();
    failed = !answer.ok;
  } else {
    const result = await request("tools/call", { name: tool, arguments: given });
    const text = result.content?.[0]?.text || "";
    found = result.structuredContent || (text[0] === "{" ? JSON.parse(text) : { sentence: text });
    failed = result.isError;
  }
  if (!failed) return found;
  const why = found.error || found;
  throw Object.assign(new Error(why.message || why.sentence || "The server did not answer."), { wait: why.retry_after });
};
