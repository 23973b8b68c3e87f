// Chromium with the host page in it, and ears: what a frame plays is kept sample by sample.
import { spawn } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

export const wait = (ms) => new Promise((go) => setTimeout(go, ms));
const HOST = '<!doctype html><html lang="en"><title>Host</title><body><script src="/host.js"></script>';

/** What a frame sends to the speakers, read by analysers, which need no permission; and what its policy refused. */
function ears() {
  const tape = (window.tape = { refused: [], left: [], right: [], lost: 0 });
  addEventListener("securitypolicyviolation", (event) => tape.refused.push(`${event.effectiveDirective} ${event.blockedURI}`));
  const SIZE = 32768, connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (to, ...rest) {
    if (to instanceof AudioDestinationNode && this.context instanceof AudioContext) {
      tape.context = this.context;
      const splitter = this.context.createChannelSplitter(2);
      tape.sides = [0, 1].map((side) => {
        const analyser = new AnalyserNode(this.context, { fftSize: SIZE });
        connect.call(splitter, analyser, side);
        return analyser;
      });
      connect.call(this, splitter);
    }
    return connect.call(this, to, ...rest);
  };
  let before = null, at = 0;
  tape.listen = () => {
    if (!tape.sides) return;
    const now = tape.context.currentTime, rate = tape.context.sampleRate;
    const [left, right] = tape.sides.map((side) => { const data = new Float32Array(SIZE); side.getFloatTimeDomainData(data); return data; });
    if (!before) {
      tape.first = Math.round(now * rate) - SIZE;
      tape.left.push(left);
      tape.right.push(right);
    } else {
      const guess = Math.round(((now - at) * rate) / 128), silent = left.every((value) => value === 0);
      let fresh = -1;
      for (let off = 0; off < 120 && fresh < 0; off = off > 0 ? -off : 1 - off) {
        const step = (guess + off) * 128;
        if (step < 0 || step >= SIZE) continue;
        let same = true;
        for (let i = 0; same && i < SIZE - step; i += 7) same = left[i] === before[i + step];
        if (same || silent) fresh = step;
      }
      if (fresh < 0) { tape.lost++; fresh = Math.min(SIZE, Math.max(0, guess * 128)); }
      if (!fresh) return;
      tape.left.push(left.slice(SIZE - fresh));
      tape.right.push(right.slice(SIZE - fresh));
    }
    before = left;
    at = now;
  };
  tape.record = () => { clearInterval(tape.timer); Object.assign(tape, { left: [], right: [], lost: 0 }); before = null; tape.timer = setInterval(tape.listen, 120); };
  tape.stop = () => {
    clearInterval(tape.timer);
    const text = (parts) => {
      const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
      parts.reduce((from, part) => { all.set(part, from); return from + part.length; }, 0);
      const bytes = new Uint8Array(all.buffer);
      let made = "";
      for (let i = 0; i < bytes.length; i += 32768) made += String.fromCharCode(...bytes.subarray(i, i + 32768));
      return btoa(made);
    };
    return { rate: tape.context.sampleRate, first: tape.first, lost: tape.lost, left: text(tape.left), right: text(tape.right) };
  };
}

export class Rig {
  /** Start a browser with a host page; `answer` plays the server where there is none, `server` is an address to pass on to. */
  static async open(packages, { answer, server, command, size = [760, 1100], media } = {}) {
    const rig = new Rig();
    const load = createRequire(`${packages}/package.json`);
    const puppeteer = (await import(pathToFileURL(load.resolve("puppeteer-core")).href)).default;
    const chromium = (await import(pathToFileURL(load.resolve("@sparticuz/chromium")).href)).default;
    const bundle = load("esbuild").buildSync({ entryPoints: [new URL("host.js", import.meta.url).pathname], bundle: true, write: false,
      format: "iife", nodePaths: [`${packages}/node_modules`], logLevel: "error" }).outputFiles[0].text;
    rig.axe = fs.readFileSync(load.resolve("axe-core/axe.min.js"), "utf8");
    rig.web = http.createServer((asked, reply) => {
      if (asked.url === "/mcp" && server) return pass(server, asked, reply);
      reply.setHeader("content-type", asked.url === "/host.js" ? "text/javascript" : "text/html; charset=utf-8");
      reply.end(asked.url === "/host.js" ? bundle : HOST);
    });
    await new Promise((go) => rig.web.listen(0, "127.0.0.1", go));
    rig.home = `http://127.0.0.1:${rig.web.address().port}`;
    rig.browser = await puppeteer.launch({ executablePath: await chromium.executablePath(), headless: "shell",
      args: ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required", "--force-color-profile=srgb"] });
    rig.tab = await rig.browser.newPage();
    await rig.tab.setViewport({ width: size[0], height: size[1] });
    if (media) await rig.tab.emulateMediaFeatures(media);
    rig.requests = [];
    rig.errors = [];
    rig.tab.on("request", (request) => rig.requests.push(request.url()));
    rig.tab.on("pageerror", (error) => rig.errors.push(String(error)));
    rig.tab.on("dialog", (dialog) => { rig.errors.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
    await rig.tab.evaluateOnNewDocument(ears);
    if (answer) await rig.tab.exposeFunction("tool", async (name, text) => JSON.stringify(await answer(name, JSON.parse(text))));
    if (command) await rig.pipe(command);
    await rig.tab.goto(rig.home);
    return rig;
  }
  async pipe([program, ...words]) {
    this.child = spawn(program, words, { stdio: ["pipe", "pipe", "inherit"] });
    await this.tab.exposeFunction("relay", (line) => { this.child.stdin.write(`${line}\n`); });
    let rest = "";
    this.child.stdout.setEncoding("utf8").on("data", (text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop();
      for (const line of lines) if (line.trim()) this.tab.evaluate((given) => window.relayed(given), line).catch(() => 0);
    });
  }
  async mount(html, result, options = {}) {
    await this.tab.evaluate((page, how) => window.mount(page, how), html, options);
    this.frame = this.tab.frames().find((frame) => frame !== this.tab.mainFrame());
    if (result) await this.deliver(result);
    return this.frame;
  }
  async deliver(result) {
    await this.tab.evaluate((given) => window.deliver(given), result);
    await this.frame.waitForFunction(() => !document.getElementById("player").hidden || document.getElementById("say").textContent, { timeout: 20000 });
    await wait(250);
  }
  /** A key, pressed in the frame. */
  key(name) { return this.frame.evaluate((key) => { document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })); return window.tape.context?.currentTime; }, name); }
  text(id) { return this.frame.evaluate((name) => document.getElementById(name).textContent, id); }
  line() { return this.frame.evaluate(() => document.querySelector("#lyrics [aria-current]")?.textContent ?? null); }
  /** Wait until sound runs. */
  running() { return this.frame.waitForFunction(() => document.getElementById("play").getAttribute("aria-label") === "Pause" && !document.getElementById("play").className, { timeout: 30000, polling: 50 }); }
  record() { return this.frame.evaluate(() => window.tape.record()); }
  async stop(path) {
    const { left, right, ...facts } = await this.frame.evaluate(() => window.tape.stop());
    fs.writeFileSync(`${path}.left`, Buffer.from(left, "base64"));
    fs.writeFileSync(`${path}.right`, Buffer.from(right, "base64"));
    return facts;
  }
  async close() {
    await this.browser.close();
    this.web.close();
    this.child?.kill();
  }
}

function pass(server, asked, reply) {
  const to = new URL(server), headers = { ...asked.headers, host: to.host };
  delete headers.origin;
  delete headers.referer;
  const onward = http.request(to, { method: asked.method, headers }, (answer) => { reply.writeHead(answer.statusCode, answer.headers); answer.pipe(reply); });
  onward.on("error", () => reply.destroy());
  asked.pipe(onward);
}
