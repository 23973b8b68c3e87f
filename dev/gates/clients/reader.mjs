// What a client of the TypeScript world sees of a song: node reader.mjs PACKAGES (sdk-1-0 | sdk-1-10 | sdk-1-32 | ai)
// GATE_SERVER says how the server is started; the story and the output are those of reader.py.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [packages, which] = process.argv.slice(2);
const require = createRequire(`${packages}/package.json`);
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const server = JSON.parse(process.env.GATE_SERVER);
const about = { name: "mcp", version: "1" };
const song = { lyrics: "[Verse]\nThe kettle hums a slow good night\n[Outro]\ngood night", style: "folk, 90 BPM", title: "Kettle" };

const find = (field, text) => text.replaceAll('\\"', '"').match(new RegExp(`"${field}"\\s*:\\s*"([^"]+)"`))?.[1] ?? "";
const version = (name) => JSON.parse(readFileSync(`${packages}/node_modules/${name}/package.json`, "utf8")).version;

async function sdk(name) {
  const { Client } = await load(`${name}/client/index.js`);
  const { StdioClientTransport } = await load(`${name}/client/stdio.js`);
  const { DEFAULT_REQUEST_TIMEOUT_MSEC: patience } = await load(`${name}/shared/protocol.js`);
  const client = new Client(about, { capabilities: {} });
  await client.connect(new StdioClientTransport(server));
  const { tools } = await client.listTools();
  return {
    version: version(name),
    timeout: patience ? patience / 1000 : null,
    names: tools.map((tool) => tool.name),
    call: async (tool, args) => (await client.callTool({ name: tool, arguments: args })).content[0].text,
    close: () => client.close(),
  };
}

async function ai() {
  const { createMCPClient } = await load("@ai-sdk/mcp");
  const { Experimental_StdioMCPTransport: Transport } = await load("@ai-sdk/mcp/mcp-stdio");
  const client = await createMCPClient({ transport: new Transport(server) });
  const tools = await client.tools();
  const call = async (tool, args) => {
    const output = await tools[tool].execute(args, { toolCallId: "1", messages: [] });
    const shown = (await tools[tool].toModelOutput?.({ toolCallId: "1", input: args, output })) ?? output;
    return JSON.stringify(shown);
  };
  return { version: version("@ai-sdk/mcp"), timeout: null, names: Object.keys(tools), call, close: () => client.close() };
}

const kinds = { "sdk-1-32": () => sdk("@modelcontextprotocol/sdk"), ai };
const client = await (kinds[which] ?? (() => sdk(which)))();
const seen = {};
const raised = [];

async function ask(what, tool, args) {
  try {
    seen[what] = await client.call(tool, args);
  } catch (error) {
    seen[what] = String(error);
    raised.push(what);
  }
  return seen[what];
}

let text = await ask("ordered", "create_song", song);
seen.song = text;
const order = find("job_id", text);
for (let tries = 0; order && tries < 12 && find("status", text) !== "done"; tries++) {
  text = await ask("song", "wait_for_song", { job_id: order });
}
await ask("confirmation", "separate_stems", { clip_id: find("clip_id", text), parts: "full" });
await ask("error", "create_song", { ...song, idea: "a kettle" });
await ask("guide", "songwriting_guide", { topic: "start" });
await client.close();
const converted = Object.fromEntries(client.names.map((name) => [name, ""]));
const { version: measured, timeout } = client;
console.log(JSON.stringify({ version: measured, timeout, converted, seen, raised }));
