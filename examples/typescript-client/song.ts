// Orders a song from Songwright and prints where its files are, with the TypeScript SDK of the Model Context Protocol.
// The server is the one of this folder, with the offline sandbox, which costs nothing.
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

interface Song {
  summary: string;
  status: string;
  job_id?: string;
  clips?: { file?: string }[];
}

const program = fileURLToPath(new URL("../../../.venv/bin/songwright", import.meta.url));

// The SDK starts a server with a handful of variables only, so settings have to be handed on.
const settings: Record<string, string> = {};
for (const [name, value] of Object.entries(process.env)) {
  if (name.startsWith("SONGWRIGHT_") && value !== undefined) settings[name] = value;
}

const client = new Client({ name: "songwright-example", version: "1.0.0" });
await client.connect(new StdioClientTransport({ command: program, args: ["serve", "--offline"], env: settings }));

// Every result is one block of text that holds JSON.
async function call(name: string, values: Record<string, unknown>): Promise<Song> {
  const { content } = await client.callTool({ name, arguments: values });
  const block = content[0];
  if (block?.type !== "text") throw new Error(`${name} answered without text`);
  const song = JSON.parse(block.text) as Song;
  console.log(song.summary);
  return song;
}

let song = await call("create_song", {
  title: "Kettle Song",
  style: "folk, warm female voice, acoustic guitar, 90 BPM",
  lyrics: "[Verse]\nThe kettle hums a slow good night\nthe kitchen window keeps its light\n[Outro]\ngood night",
});
// An order is answered within seconds, the song takes longer. Waiting is free; ordering again is not needed.
while (song.status === "working" || song.status === "streaming") {
  song = await call("wait_for_song", { job_id: song.job_id });
}
await client.close();

for (const clip of song.clips ?? []) console.log(clip.file);
process.exitCode = song.status === "done" ? 0 : 1;
