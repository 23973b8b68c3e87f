// Words to the assistant; nothing here spends.
const talk = (t) => {
  const plain = (t.title || sheet.title || "Song").replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\s]+/gu, " ").replace(/["“”]/g, "'").trim();
  const which = `"${[...plain].slice(0, 80).join("")}" take ${t.take} (clip_id ${t.clip_id})`, price = "Tell me the cost first.";
  const tenths = (s) => Math.round(s * 10) / 10;
  const asks = {
    "Keep this take": () => `Keep ${which}.`,
    "Longer from here": () => {
      const second = now() < 1 ? t.seconds || 0 : now();
      return `Make ${which} longer from ${clock(second)}: extend_song with continue_at ${tenths(second)}. ${price}`;
    },
    "Another style": () => `Make ${which} in another style: ask me which one, then cover_song. ${price}`,
    "Fix this stretch": () => mark && `Fix this stretch, ${clock(mark.start)} to ${clock(mark.end)} (${tenths(mark.start)} s to ${tenths(mark.end)} s), of ${which}. Ask me what should change. ${price}`,
    "Take apart": () => `Take ${which} apart into stems. ${price}`,
  };
  if (t.stems.length) delete asks["Take apart"];
  if (t.kept || (place && !place.keep)) delete asks["Keep this take"];
  ui.talk.replaceChildren(...Object.entries(asks).map(([name, words]) => make("button", { textContent: name, onclick: () => {
    const text = words();
    if (place && name === "Keep this take") call("song_keep", { clip_id: t.clip_id }).then(look, failed);
    else if (text) speak(text);
    else say("Mark the stretch first: drag over the waveform, or use Mark start and Mark end.");
  } })));
};
const speak = async (text) => {
  ui.ask.hidden = true;
  const sent = speaks && (await request("ui/message", { role: "user", content: [{ type: "text", text }] }).catch(() => null));
  if (sent && !sent.isError) {
    say("Sent to the assistant.");
    setTimeout(look, 15000);
    return;
  }
  ui.words.textContent = text;
  ui.ask.hidden = false;
  say("Say this to your assistant:");
};
ui.copy.onclick = () => {
  getSelection().selectAllChildren(ui.words);
  if (document.execCommand("copy")) say("Copied."); // the clipboard's own interface is closed to frames
};
