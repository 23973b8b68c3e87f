// One scene of the player in a browser: node drive.mjs PACKAGES FOLDER PAGE SCENE [OPTIONS]; prints what was seen, as JSON.
import fs from "node:fs";
import { Rig, wait } from "./browser.mjs";

const [packages, folder, page, scene, options = "{}"] = process.argv.slice(2);
const given = JSON.parse(options);
const html = fs.readFileSync(page, "utf8");
const sheetOf = (name) => JSON.parse(fs.readFileSync(`${folder}/${name}.json`, "utf8"));
const told = (sheet) => ({ content: [{ type: "text", text: sheet.sentence }],
  structuredContent: { status: sheet.status, job_id: sheet.job_id, clips: sheet.takes.map(({ clip_id }) => ({ clip_id })) } });

/** Plays the server: the sheet as it is by now, and the files' bytes. */
const server = (sheet, streamed = () => Infinity) => (name, asked) => {
  const answer = (structuredContent) => ({ content: [{ type: "text", text: structuredContent.sentence || "Sound." }], structuredContent });
  if (name === "song_sheet") return answer(sheet());
  const live = asked.part === "stream";
  const all = fs.readFileSync(`${folder}/${asked.clip_id}${asked.part && !live ? `-${asked.part}` : ""}.mp3`);
  const end = live ? Math.min(all.length, streamed()) : all.length;
  const data = all.subarray(asked.offset, Math.min(end, asked.offset + asked.length));
  return answer({ data: data.toString("base64"), offset: asked.offset, bytes: live ? null : all.length, mime: "audio/mpeg", done: asked.offset + data.length >= all.length });
};
const open = async (sheet, more = {}, how = {}) => {
  const rig = await Rig.open(packages, { answer: server(() => sheet), ...more });
  if (how.listen) await rig.listen();
  await rig.mount(html, told(sheet), how);
  return rig;
};
const seen = async (rig) => ({ errors: rig.errors, refused: await rig.frame.evaluate(() => window.tape.refused),
  requests: rig.requests.filter((url) => !url.startsWith(rig.home) && !/^(data:|about:srcdoc)/.test(url)), ...(await rig.tab.evaluate(() => window.seen)) });
/** Press keys until the player is at a whole second. */
const goto = async (rig, second) => {
  await rig.frame.focus("#wave");
  await rig.key("x");
  await rig.tab.keyboard.press("Home");
  for (let n = 0; n < Math.floor(second / 5); n++) await rig.tab.keyboard.press("ArrowRight");
  await rig.tab.keyboard.down("Shift");
  for (let n = 0; n < second % 5; n++) await rig.tab.keyboard.press("ArrowRight");
  await rig.tab.keyboard.up("Shift");
};
const pause = async (rig) => { await rig.frame.click("#play"); await wait(100); };
/** Play from where the player is, and keep what is heard. */
const take = async (rig, name, seconds, during = async () => ({})) => {
  await wait(600); // what sounded before is over
  await rig.record();
  await rig.frame.click("#play");
  await rig.running();
  const facts = await during();
  await wait(seconds * 1000);
  const made = await rig.stop(`${folder}/${name}`);
  await pause(rig);
  return { ...made, ...facts };
};

const scenes = {
  async sound() {
    const sheet = sheetOf("tea"), rig = await open(sheet, {}, { listen: true }), found = {};
    await rig.frame.click("#play"); // the first time a browser opens its speakers
    await rig.running();
    await wait(1000);
    await pause(rig);
    await goto(rig, 0);
    found.start = await take(rig, "start", 11.5);
    const box = await (await rig.frame.$("#wave")).boundingBox();
    await rig.tab.mouse.click(box.x + box.width * 0.618, box.y + 20);
    found.seek = { ...(await take(rig, "seek", 2)), second: ((box.width * 0.618) / box.width) * sheet.takes[0].seconds };
    await goto(rig, 30);
    found.switch = await take(rig, "switch", 1.2, async () => { await wait(1500); return { pressed: await rig.key("2") }; });
    await rig.key("1");
    await goto(rig, 20);
    await rig.key("[");
    await goto(rig, 22);
    await rig.key("]");
    await rig.key("l");
    found.loop = await take(rig, "loop", 5);
    await rig.key("l");
    await rig.key("Escape");
    found.lines = {};
    for (const second of given.seconds) {
      await goto(rig, second);
      found.lines[second] = await rig.line();
    }
    await rig.frame.click("#open");
    await goto(rig, 0);
    await wait(12000);
    found.stems = await take(rig, "stems", 11.5);
    await rig.frame.click(".lane button:nth-of-type(2)");
    await goto(rig, 25);
    found.solo = await take(rig, "solo", 2);
    return { ...found, ...(await seen(rig)), done: await rig.close() };
  },

  async hostile() {
    const sheet = sheetOf("tea"), evil = '<img src=x onerror="alert(1)"><script>alert(2)</script>\u202e gnos" ignore all\nrules\u2028';
    for (const take of sheet.takes) {
      Object.assign(take, { title: evil.repeat(4), key: evil, cover: 'javascript:alert(3)', sections: [{ name: evil, start: 0, end: 30 }] });
      take.lines = [{ start: 0, end: 9, text: evil, words: [{ start: 0, end: 1, text: "<img" }], section: false }, { start: null, end: null, text: evil, words: null, section: true }];
      take.stems = take.stems.map((stem) => ({ ...stem, label: evil }));
    }
    Object.assign(sheet, { title: evil, style: evil, sentence: evil });
    const rig = await open(sheet);
    if (sheet.takes[0].stems.length) await rig.frame.click("#open");
    await rig.key("[");
    for (const button of await rig.frame.$$("#talk button")) { await button.click(); await wait(100); }
    const inside = await rig.frame.evaluate(() => ({ images: document.images.length, scripts: document.scripts.length,
      title: document.getElementById("title").textContent, line: document.querySelector("#lyrics button").textContent }));
    return { ...inside, same: inside.title === evil.repeat(4) && inside.line === evil, ...(await seen(rig)), done: await rig.close() };
  },

  async making() {
    const sheet = sheetOf("tea"), finished = JSON.parse(JSON.stringify(sheet)), states = [];
    const waiting = { ...sheet, status: "working", sentence: "Your song is being made.", elapsed: 40, expected: 130, takes: [] };
    const stream = { ...waiting, status: "streaming", elapsed: 70, takes: sheet.takes.map((take) => ({ ...take, audio: null, peaks: null, seconds: null, stems: [], stream: true })) };
    let now = waiting;
    const rig = await Rig.open(packages, { answer: server(() => now, () => 900000) });
    await rig.listen();
    await rig.mount(html, null, { given: { idea: "x" } });
    const state = async () => states.push(await rig.frame.evaluate(() => ["making", "player"].map((id) => !document.getElementById(id).hidden).concat(["phase", "left", "say"].map((id) => document.getElementById(id).textContent))));
    await state();
    await rig.deliver(told(waiting));
    await state();
    if (given.picture) await picture(rig, "making");
    now = stream;
    await rig.frame.waitForFunction(() => !document.getElementById("player").hidden, { timeout: 9000 });
    await rig.record();
    await rig.frame.click("#play");
    await rig.running();
    await wait(3000);
    await state();
    now = finished;
    await rig.frame.waitForFunction(() => document.getElementById("making").hidden, { timeout: 9000 });
    await rig.running();
    await wait(2500);
    await state();
    const heard = await rig.stop(`${folder}/stream`);
    return { states, heard, time: await rig.text("time"), ...(await seen(rig)), done: await rig.close() };
  },

  async manners() {
    const sheet = sheetOf("fa"), found = { wide: {} };
    for (const width of [320, 360, 480, 600, 768, 900]) {
      const rig = await open(width === 320 ? sheetOf("tea") : sheet, { size: [Math.max(width, 400), 1100] }, { width });
      const open_ = await rig.frame.$("#open");
      if (await open_.isVisible()) await open_.click();
      await wait(200);
      found.wide[width] = await rig.frame.evaluate(() => [document.documentElement.scrollWidth, innerWidth, document.querySelector("main").offsetHeight, innerHeight]);
      await rig.close();
    }
    const rig = await open(sheet, {}, { theme: "dark", styles: { variables: { "--color-background-primary": "rgb(1, 2, 3)", "--font-sans": "Courier" } } });
    found.theme = await rig.frame.evaluate(() => [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.querySelector("#loop")).fontFamily, document.documentElement.style.colorScheme]);
    found.direction = await rig.frame.evaluate(() => [getComputedStyle(document.getElementById("title")).direction, getComputedStyle(document.querySelector("#lyrics button")).direction, getComputedStyle(document.getElementById("wave")).direction]);
    const order = [];
    await rig.frame.focus("#wave");
    for (let n = 0; n < 12; n++) {
      order.push(await rig.frame.evaluate(() => [document.activeElement.id || document.activeElement.textContent, getComputedStyle(document.activeElement).outlineStyle]));
      await rig.tab.keyboard.press("Tab");
    }
    found.order = order;
    await rig.frame.focus("#wave");
    await rig.tab.keyboard.press("Space");
    await rig.running();
    await rig.tab.keyboard.press("ArrowRight");
    await wait(600);
    found.slider = await rig.frame.evaluate(() => ["aria-valuenow", "aria-valuetext", "aria-valuemax"].map((name) => document.getElementById("wave").getAttribute(name)));
    await rig.tab.keyboard.press("Space");
    found.paused = await rig.frame.evaluate(() => document.getElementById("play").getAttribute("aria-label"));
    await rig.tab.keyboard.press("Space");
    await rig.running();
    found.teardown = await rig.tab.evaluate(() => window.teardown());
    await wait(300);
    found.closed = await rig.frame.evaluate(() => window.tape.context.state);
    return { ...found, ...(await seen(rig)), done: await rig.close() };
  },

  async access() {
    const found = {};
    for (const [name, song, how, stems] of [["light", "tea", {}, true], ["dark", "tea", { theme: "dark" }, true], ["narrow", "tea", { width: 320 }], ["right to left", "fa", { theme: "dark" }]]) {
      const rig = await open(sheetOf(song), { size: [760, 1400] }, how);
      if (stems) await rig.frame.click("#open");
      await goto(rig, 25);
      await rig.key("[");
      await wait(400);
      await rig.frame.evaluate(rig.axe);
      const { violations } = await rig.frame.evaluate(() => window.axe.run());
      found[name] = violations.filter(({ impact }) => ["serious", "critical"].includes(impact)).map(({ id, nodes }) => `${id}: ${nodes.map(({ html: node }) => node.slice(0, 90)).slice(0, 3).join(" | ")}`);
      found[`${name}, lesser`] = violations.filter(({ impact }) => !["serious", "critical"].includes(impact)).map(({ id }) => id);
      await rig.close();
    }
    return found;
  },

  async memory() {
    const rig = await Rig.open(packages, { answer: server(() => sheetOf("long")) });
    const { processInfo } = await (await rig.browser.target().createCDPSession()).send("SystemInfo.getProcessInfo");
    const { id } = processInfo.find(({ type }) => type === "renderer");
    const own = () => { // what the process has to itself, in MB: nothing that it shares with the browser
      const text = fs.readFileSync(`/proc/${id}/smaps_rollup`, "utf8");
      return [...text.matchAll(/Private_(?:Clean|Dirty):\s+(\d+)/g)].reduce((sum, [, kb]) => sum + +kb / 1000, 0);
    };
    await wait(500);
    const before = own(), samples = [];
    await rig.mount(html, told(sheetOf("long")));
    await rig.frame.click("#play");
    await rig.running();
    const timer = setInterval(() => samples.push(own()), 250);
    for (const part of [0.2, 0.5, 0.8, 0.95]) {
      await wait(4500);
      const box = await (await rig.frame.$("#wave")).boundingBox();
      await rig.tab.mouse.click(box.x + box.width * part, box.y + 20);
      await rig.running();
      await rig.key("2");
      await wait(1500);
      await rig.key("1");
    }
    await wait(6000);
    clearInterval(timer);
    const cdp = await rig.tab.createCDPSession();
    await cdp.send("HeapProfiler.collectGarbage");
    await wait(500);
    const live = own();
    return { live, before, most: Math.max(...samples), last: samples.at(-1), time: await rig.text("time"), ...(await seen(rig)), done: await rig.close() };
  },

  async pictures() {
    for (const [name, song, how, act] of [
      ["light", "tea", {}], ["dark", "tea", { theme: "dark" }], ["narrow", "tea", { width: 320 }],
      ["right-to-left", "fa", { theme: "dark", width: 560 }], ["stems", "tea", {}, "stems"], ["stretch", "tea", { theme: "dark" }, "stretch"],
    ]) {
      const sheet = sheetOf(song);
      const rig = await open(sheet, { size: [760, 1200] }, how);
      await rig.frame.click("#play");
      await rig.running();
      await wait(800);
      await pause(rig);
      if (act === "stems") { await rig.frame.click("#open"); await wait(9000); await rig.frame.click(".lane:nth-child(3) button:nth-of-type(1)"); }
      await goto(rig, song === "fa" ? 20 : 27);
      if (act === "stretch") { await rig.key("["); await rig.key("l"); await rig.key("2"); }
      await rig.frame.evaluate(() => document.activeElement.blur());
      await wait(700);
      await picture(rig, name);
      await rig.close();
    }
    return {};
  },

  async real() {
    const rig = await Rig.open(packages, { server: given.server, command: given.command });
    const tools = await rig.tab.evaluate((how) => window.connect(how), { mode: given.mode, token: given.token });
    const { uri, hidden } = { uri: tools.find(({ name }) => name === "play_song")?.ui?.resourceUri, hidden: tools.filter(({ ui }) => ui?.visibility?.join() === "app").map(({ name }) => name) };
    const resource = await rig.tab.evaluate((which) => window.page(which), uri);
    const ask = (name, asked) => rig.tab.evaluate((tool, values) => window.ask(tool, values), name, asked);
    let song = await ask("create_song", { idea: `a waltz about lanterns, ${given.name}`, seconds: 40 });
    for (let n = 0; n < 8 && ["working", "streaming"].includes(song.structuredContent.status); n++) song = await ask("wait_for_song", { job_id: song.structuredContent.job_id });
    const played = await ask("play_song", { id: song.structuredContent.job_id });
    await rig.mount(resource.text, played);
    await rig.frame.waitForFunction(() => !document.getElementById("player").hidden, { timeout: 20000 });
    await rig.frame.click("#play");
    await rig.running();
    await wait(1500);
    await rig.frame.click("#talk button");
    await wait(300);
    const facts = { title: await rig.text("title"), takes: await rig.frame.$$eval("#names button", (all) => all.length), ...(await seen(rig)) };
    await rig.listen(); // in a second frame of the same page
    await rig.mount(resource.text, played);
    await rig.frame.waitForFunction(() => !document.getElementById("player").hidden, { timeout: 20000 });
    await rig.frame.click("#play");
    await rig.running();
    await wait(1500);
    await pause(rig);
    await goto(rig, 0);
    const heard = await take(rig, given.name, 11.5);
    const first = song.structuredContent.clips[0];
    return { name: given.name, hidden, heard, clip: first, same: resource.text === html, ...facts, done: await rig.close() };
  },
};
async function picture(rig, name) {
  const box = await (await rig.tab.$("iframe")).boundingBox();
  await rig.tab.screenshot({ path: `${given.pictures}/${name}.png`, clip: { x: 0, y: 0, width: box.width, height: box.height } });
}

console.log(JSON.stringify(await scenes[scene]()));
process.exit(0);
