// Chromium with the host page in it, and ears: what a frame plays is kept sample by sample.
import { spawn } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

export const wait = (ms) => new Promise((go) => setTimeout(go, ms));
const HOST = '<!doctype html><html lang="en"><title>Host</title><body><script src="/host.js"></script>';

/** What a frame's policy refused, and, where somebody listens, what it sends to the speakers, quantum by quantum. */
function ears() {
  const tape = (window.tape = { refused: [], blocks: [] });
  addEventListener("securitypolicyviolation", (event) => tape.refused.push(`${event.effectiveDirective} ${event.blockedURI}`));
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (to, ...rest) {
    if (to instanceof AudioDestinationNode && this.context instanceof AudioContext) {
      tape.context = this.context;
      if (window.listened) record(this);
    }
    return connect.call(this, to, ...rest);
  };
  const record = async (node) => {
    const program = `registerProcessor("tape", class extends AudioWorkletProcessor {
      held = [];
      process([[left, right = left]]) {
        this.held.push(left?.slice(), right?.slice());
        if (this.held.length === 128) { this.port.postMessage([currentFrame - 63 * 128, this.held]); this.held = []; }
        return true;
      }
    })`;
    await node.context.audioWorklet.addModule(`data:text/javascript,${encodeURIComponent(program)}`);
    const worklet = new AudioWorkletNode(node.context, "tape", { numberOfOutputs: 0, channelCount: 2, channelCountMode: "explicit" });
    worklet.port.onmessage = ({ data }) => { if (tape.on) tape.blocks.push(data); };
    connect.call(node, worklet);
    tape.ready = true;
  };
  tape.stop = () => {
    tape.on = false;
    const silence = new Float32Array(128), quanta = tape.blocks.flatMap(([, held]) => held);
    const text = (side) => {
      const all = new Float32Array(quanta.length * 64);
      for (let n = side; n < quanta.length; n += 2) all.set(quanta[n] || silence, (n >> 1) * 128);
      const bytes = new Uint8Array(all.buffer);
      let made = "";
      for (let i = 0; i < bytes.length; i += 32768) made += String.fromCharCode(...bytes.subarray(i, i + 32768));
      return btoa(made);
    };
    return { rate: tape.context.sampleRate, first: tape.blocks[0][0], left: text(0), right: text(1) };
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
  /** Have what later frames play recorded. The recorder is a script of ours, which their policy would refuse. */
  async listen() {
    await this.tab.setBypassCSP(true);
    await this.tab.evaluateOnNewDocument(() => { window.listened = true; });
  }
  record() { return this.frame.evaluate(() => { window.tape.blocks = []; window.tape.on = true; }); }
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
