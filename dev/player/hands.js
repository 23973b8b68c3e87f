// What a person does.
const loudness = () => (ui.volume.value / 100) ** 2;
const setLoop = (on) => {
  const second = now();
  if (on && !mark) {
    const part = take().sections.findLast((each) => each.start <= second + 0.05 && each.end > second);
    mark = part ? { start: part.start, end: part.end } : { start: second, end: Math.min(second + 8, span()) };
  }
  looping = on;
  set(ui.loop, "aria-pressed", on);
  if (on && (second < mark.start || second >= mark.end)) seek(mark.start);
  else if (wanted) again();
  show();
};
const setMark = (start, end) => {
  mark = start == null ? null : { start: clamp(start, 0, span() - 0.25), end: clamp(Math.max(end, start + 0.25), 0, span()) };
  if (looping) setLoop(!!mark);
  show();
};
const markFrom = () => setMark(now(), mark && mark.end > now() + 0.25 ? mark.end : now() + 8);
const markTo = () => setMark(mark && mark.start < now() ? mark.start : Math.max(0, now() - 8), now());
ui.play.onclick = toggle;
ui.loop.onclick = () => setLoop(!looping);
ui.clear.onclick = () => setMark(null);
ui.from.onclick = markFrom;
ui.to.onclick = markTo;
ui.open.onclick = unfold;
ui.volume.oninput = () => { if (master) master.gain.linearRampToValueAtTime(loudness(), context.currentTime + 0.02); };
for (const kind of ["wheel", "touchstart", "pointerdown"]) ui.lyrics.addEventListener(kind, () => { touched = Date.now(); }, { passive: true });
ui.wave.onpointerdown = (press) => {
  if (press.button) return;
  const wave = ui.wave, box = wave.getBoundingClientRect();
  const second = (event) => clamp((event.clientX - box.left) / box.width, 0, 1) * span();
  const first = second(press);
  let drag = false;
  wave.setPointerCapture(press.pointerId);
  wave.onpointermove = (event) => {
    drag ||= Math.abs(event.clientX - press.clientX) > 5;
    if (drag) { mark = { start: Math.min(first, second(event)), end: Math.max(first, second(event)) }; show(); }
  };
  wave.onpointercancel = wave.onpointerup = (event) => {
    wave.onpointermove = wave.onpointercancel = wave.onpointerup = null;
    if (event.type !== "pointerup") return;
    if (drag) return setMark(mark.start, mark.end);
    const row = waves.findIndex(({ canvas }) => canvas.parentNode === wave && event.clientY < canvas.getBoundingClientRect().bottom + 3);
    seek(first);
    if (row >= 0) choose(row);
  };
};
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || ui.player.hidden) return;
  const { key, target } = event, wave = target === ui.wave, input = target.matches?.("input");
  const step = event.shiftKey ? 1 : 5, parts = take().sections;
  const keys = {
    ArrowLeft: !input && (() => seek(now() - step)), ArrowRight: !input && (() => seek(now() + step)),
    ArrowDown: wave && (() => seek(now() - step)), ArrowUp: wave && (() => seek(now() + step)),
    Home: wave && (() => seek(0)), End: wave && (() => seek(length() - 1)),
    PageUp: wave && (() => seek(parts.findLast((part) => part.start < now() - 1)?.start ?? 0)),
    PageDown: wave && (() => seek(parts.find((part) => part.start > now() + 0.1)?.start ?? now() + 15)),
    " ": !target.closest?.("button") && toggle, l: () => setLoop(!looping), "[": markFrom, "]": markTo, Escape: mark && (() => setMark(null)),
  };
  const act = keys[key.length > 1 ? key : key.toLowerCase()] || (+key && sheet.takes[key - 1] && (() => choose(key - 1)));
  if (act) { event.preventDefault(); act(); }
});
