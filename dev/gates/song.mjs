// One song over HTTP with the TypeScript SDK: node song.mjs PACKAGES (v1 | v2-legacy | v2-modern) URL TOKEN
// Prints one JSON object about what this client saw; dev/gates/typescript.py judges it.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [packages, generation, url, token] = process.argv.slice(2);
const require = createRequire(`${packages}/package.json`);
const load = (name) => import(pathToFileURL(require.resolve(name)).href);

async function client() {
  const transportOptions = { requestInit: { headers: { Authorization: `Bearer ${token}` } } };
  const about = { name: "gate", version: "1" };
  if (generation === "v1") {
    const { Client } = await load("@modelcontextprotocol/sdk/client/index.js");
    const { StreamableHTTPClientTransport } = await load("@modelcontextprotocol/sdk/client/streamableHttp.js");
    return [new Client(about), new StreamableHTTPClientTransport(new URL(url), transportOptions)];
  }
  const { Client, StreamableHTTPClientTransport } = await load("@modelcontextprotocol/client");
  const mode = generation === "v2-modern" ? { pin: "2026-07-28" } : "legacy";
  const made = new Client(about, { versionNegotiation: { mode } });
  return [made, new StreamableHTTPClientTransport(new URL(url), transportOptions)];
}

const seen = { generation, progress: 0 };
const [mcp, transport] = await client();
await mcp.connect(transport);
seen.server = mcp.getServerVersion()?.name;
seen.tools = (await mcp.listTools()).tools.length;
const call = async (name, given) => {
  const asked = { name, arguments: given };
  const options = { onprogress: () => seen.progress++, timeout: 120_000 };
  const result =
    generation === "v1" ? await mcp.callTool(asked, undefined, options) : await mcp.callTool(asked, options);
  return result.structuredContent ?? {};
};
let song = await call("create_song", { idea: `a shanty for ${generation}`, seconds: 20 });
// A client that the server does not know is answered within seconds, which a busy machine may need for the song.
for (let looks = 0; looks < 6 && ["working", "streaming"].includes(song.status); looks++) {
  song = await call("wait_for_song", { job_id: song.job_id });
}
seen.status = song.status;
const clips = song.clips ?? [];
seen.clips = clips.length;
if (clips.length) {
  const facts = await mcp.readResource({ uri: `song://clips/${clips[0].clip_id}` });
  seen.facts = JSON.parse(facts.contents[0].text).title;
  const file = await fetch(clips[0].url);
  seen.file = file.status;
  seen.type = file.headers.get("content-type");
  seen.bytes = (await file.arrayBuffer()).byteLength;
}
await mcp.close();
console.log(JSON.stringify(seen));
