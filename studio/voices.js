// The voices there are, by language, those of the browser's own first. Called again, it keeps what was chosen.

export async function listVoices(list) {
  const answer = await fetch("/v1/tts/voices");
  if (!answer.ok) return;
  const { voices } = await answer.json();
  const names = new Intl.DisplayNames([navigator.language, "en"], { type: "language" });
  const nameOf = (tag) => {
    try {
      return names.of(tag) ?? tag;
    } catch {
      return tag; // some engines have tags of their own
    }
  };
  const groups = new Map();
  for (const voice of voices) {
    const language = nameOf(voice.language.split("-")[0]);
    groups.set(language, [...(groups.get(language) ?? []), voice]);
  }
  const several = new Set(voices.map(({ engine }) => engine)).size > 1;
  const own = navigator.language.split("-")[0];
  const rank = ([name]) => (name === nameOf(own) ? 0 : 1);
  const sorted = [...groups].sort((a, b) => rank(a) - rank(b) || a[0].localeCompare(b[0]));
  const chosen = list.value;
  for (const group of list.querySelectorAll("optgroup")) group.remove();
  for (const [language, members] of sorted) {
    const group = document.createElement("optgroup");
    group.label = language;
    for (const { engine, id, name } of members) {
      group.append(new Option(several ? `${name} (${engine})` : name, `${engine}:${id}`));
    }
    list.append(group);
  }
  list.value = chosen;
  if (list.selectedIndex < 0) list.selectedIndex = 0; // that voice is gone
}
