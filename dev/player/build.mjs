// Put the page together and make it small: node build.mjs PACKAGES STAMP; the page goes to standard output.
import fs from "node:fs";
import { createRequire } from "node:module";

const [packages, stamp] = process.argv.slice(2);
const esbuild = createRequire(`${packages}/package.json`)("esbuild");
const read = (name) => fs.readFileSync(new URL(name, import.meta.url), "utf8");
const PARTS = ["link", "recording", "clock", "view", "hands", "talk", "song"];
// Names of properties that only the page itself reads. None may be a name of the browser's or of the server's answers.
const OWN = [
  "aligned", "asked", "axis", "begin", "bus", "canvas", "chunk", "count", "cut", "ended", "forget", "form", "gains", "got", "grown", "holds", "index",
  "intro", "kind", "lead", "level", "live", "load", "more", "node", "opens", "piece", "pieces", "plain", "pos", "prepare", "rate", "reach",
  "read", "ready", "refresh", "rest", "samples", "scan", "scanned", "side", "sound", "sources", "span", "starts", "steady", "stride", "tagged", "total",
  "wait", "when",
];

const script = await esbuild.transform(`(() => { ${PARTS.map((part) => read(`${part}.js`)).join("\n")} })()`, {
  minify: true, target: "es2023", charset: "utf8", mangleProps: new RegExp(`^(${OWN.join("|")})$`),
});
const style = await esbuild.transform(read("style.css"), {
  loader: "css", minify: true, charset: "utf8", target: ["chrome123", "safari17.5", "firefox120"],
});
const page = read("page.html").replace(/\n\s*/g, "\n").replace(/>\n</g, "><")
  .replace("<html", `<!--dev/player ${stamp}--><html`)
  .replace("/*style*/", () => style.code.trim().replace(/([,:])\s+/g, "$1"))
  .replace("/*script*/", () => script.code.trim().replace(/\bconst /g, "let ")); // shorter, and nothing assigns to them
process.stdout.write(page);
