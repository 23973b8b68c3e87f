// A host in a page, around the official AppBridge: one frame, with nothing allowed but what the frame brings along.
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { AppBridge, PostMessageTransport } from "@modelcontextprotocol/ext-apps/app-bridge";

const POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";
const UI = { "io.modelcontextprotocol/ui": { mimeTypes: ["text/html;profile=mcp-app"] } };

/** A process's pipes, as the driver relays them. */
class Relay {
  async start() { window.relayed = (line) => this.onmessage?.(JSON.parse(line)); }
  async send(message) { await window.relay(JSON.stringify(message)); }
  async close() { this.onclose?.(); }
}

window.connect = async ({ mode, token }) => {
  const headers = { Authorization: `Bearer ${token}` };
  const transport = token ? new StreamableHTTPClientTransport(new URL("/mcp", location), { requestInit: { headers } }) : new Relay();
  const client = new Client({ name: "gate-host", version: "1" }, { capabilities: { extensions: UI }, versionNegotiation: { mode } });
  await client.connect(transport);
  window.client = client;
  const { tools } = await client.listTools();
  return tools.map(({ name, _meta }) => ({ name, ui: _meta?.ui }));
};
window.ask = (name, given) => window.client.callTool({ name, arguments: given }, { timeout: 120000 });
window.page = async (uri) => (await window.client.readResource({ uri })).contents[0];

window.mount = async (html, { theme = "light", width = 720, styles, given = {} }) => {
  const seen = (window.seen = { calls: [], sizes: [], messages: [] });
  const frame = document.createElement("iframe");
  frame.sandbox.add("allow-scripts");
  frame.style.cssText = `width:${width}px;height:200px;border:0;display:block`;
  document.body.style.cssText = `margin:0;background:${theme === "dark" ? "#1f1d1b" : "#fdfbf8"}`;
  document.body.replaceChildren(frame);
  const offers = { openLinks: {}, serverTools: {}, message: { text: {} } };
  const bridge = (window.bridge = new AppBridge(window.client || null, { name: "gate-host", version: "1" }, offers, {
    hostContext: { theme, displayMode: "inline", availableDisplayModes: ["inline"], styles },
  }));
  bridge.onsizechange = ({ width: wide, height }) => { seen.sizes.push([wide, height]); frame.style.height = `${height}px`; };
  bridge.onmessage = async (message) => { seen.messages.push(message.content.map((part) => part.text).join("")); return {}; };
  if (!window.client) bridge.oncalltool = async ({ name, arguments: asked }) => { seen.calls.push(name); return JSON.parse(await window.tool(name, JSON.stringify(asked))); };
  const ready = new Promise((go) => { bridge.oninitialized = go; });
  await bridge.connect(new PostMessageTransport(frame.contentWindow, frame.contentWindow));
  frame.srcdoc = html.replace("<head>", `<head><meta http-equiv="Content-Security-Policy" content="${POLICY}">`);
  await ready;
  await bridge.sendToolInput({ arguments: given });
};
window.deliver = (result) => window.bridge.sendToolResult(result);
window.teardown = () => window.bridge.teardownResource({});
